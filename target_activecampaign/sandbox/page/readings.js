// The readings of what the API's reference leaves open, each with its question.

import { find, make, showEach } from "./elements.js";
import { attempt } from "./notice.js";
import { send } from "./sandbox.js";

/** Shows the switches with the reading in force. */
export function showReadings(switches) {
  showEach(find("readings"), Object.entries(switches), ([name]) => name, ([name, one]) => draw(name, one));
}

function draw(name, { value, values, question }) {
  const id = `reading-${name}`;
  const choose = (event) => attempt(() => send("PUT", "/switches", { [name]: event.target.value }), `${name}: ${event.target.value}`);
  const options = values.map((one, index) => make("option", { value: one, selected: one === value }, index ? one : `${one} (default)`));
  return make("li", { class: value === values[0] ? null : "changed" },
    make("label", { for: id }, name),
    make("select", { id, onchange: choose, "aria-describedby": `${id}-question` }, options),
    make("p", { id: `${id}-question` }, withCode(question)));
}

/** Parts a text at its backticks: what stands between two is code. */
function withCode(text) {
  return text.split("`").map((part, index) => (index % 2 ? make("code", {}, part) : part));
}
