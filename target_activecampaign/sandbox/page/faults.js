// The fault switches: what is on and how often it struck, common faults at a click, and a line of one's own.

import { find, make, showEach } from "./elements.js";
import { attempt } from "./notice.js";
import { send } from "./sandbox.js";
import { count } from "./words.js";

const PRESETS = {
  "The next 3 imports are answered 503": "POST /import/bulk_import status=503 next=3",
  "429 for every 10th request": '* status=429 header="Retry-After: 2" every=10',
  "Cut once an import was taken": "POST /import/bulk_import cut effect next=1",
  "Login page instead of contacts": "GET /contacts* html next=1",
  "All answers 2.5 s late": "* delay=2.5",
  "The next import never ends": "import open next=1",
  "The next import fails after 100 contacts": "import fails applied=100 next=1",
  "Rights missing for the account's settings": "GET /settings/account status=403",
};

/** Shows what is on. */
export function showFaults(faults) {
  showEach(find("faults"), faults, (one) => one.id, draw);
  find("faults-empty").hidden = faults.length > 0;
  find("faults-clear").hidden = faults.length === 0;
}

/** Lets the buttons and the form switch faults. */
export function startFaults() {
  find("presets").replaceChildren(...Object.entries(PRESETS).map(([name, line]) => make("li", {},
    make("button", { type: "button", title: line, onclick: () => attempt(() => add(line), `On: ${line}`) }, name))));
  find("faults-clear").addEventListener("click", () => attempt(() => send("DELETE", "/faults"), "All faults are off."));
  find("fault-form").addEventListener("submit", addOwn);
}

const add = (fault) => send("POST", "/faults", { fault });

async function addOwn(event) {
  event.preventDefault();
  const input = find("fault");
  let message = "";
  try {
    await add(input.value);
    input.value = "";
  } catch (error) {
    message = error.message;
  }
  find("fault-wrong").textContent = message;
  input.setAttribute("aria-invalid", message !== "");
}

function draw(one) {
  const off = () => attempt(() => send("DELETE", `/faults/${one.id}`), `Off: ${one.fault}`);
  return make("li", {}, make("code", {}, one.fault),
    make("span", {}, `struck ${count(one.struck)} of ${count(one.seen)}`),
    make("button", { type: "button", "aria-label": `Switch off ${one.fault}`, onclick: off }, "Off"));
}
