// The detail of a contact: every value, and which write it came from.

import { make } from "./elements.js";
import { drawFacts } from "./facts.js";
import { linkTo } from "./route.js";
import { look } from "./sandbox.js";
import { shortBatch, SUBSCRIPTIONS, time } from "./words.js";

const NAMES = { firstName: "First name", lastName: "Last name", phone: "Phone", orgname: "Organisation" };
const BARS = "||";

/** The detail of a contact. */
export const contactDetail = {
  load: (id) => look(`/contacts/${encodeURIComponent(id)}`),
  title: (contact) => contact.email || `Contact ${contact.id}`,
  draw(contact) {
    const facts = {
      Id: String(contact.id), Bounced: contact.bounced ? make("span", { class: "badge bad" }, "bounced") : null,
      Created: time(contact.cdate), Changed: time(contact.udate), From: drawSource(contact.source),
    };
    const attributes = contact.attributes.filter(({ value }) => value).map((one) => [NAMES[one.name] ?? one.name, one.value, one.source]);
    const lists = contact.lists.map((one) => [one.name, drawStatus(one.status), one.source]);
    const tags = contact.tags.map((one) => [one.tag, "", one.source]);
    const fields = contact.fields.map((one) => [one.title, drawValue(one.value), one.source]);
    const head = ["What", "Value", "Came from"].map((text) => make("th", { scope: "col" }, text));
    return [drawFacts(facts), make("table", { class: "rows", "aria-label": "Values" }, make("thead", {}, make("tr", {}, head)),
      drawPart("Attributes", attributes), drawPart("Lists", lists), drawPart("Tags", tags), drawPart("Custom fields", fields))];
  },
};

function drawPart(heading, rows) {
  const drawn = rows.map(([name, value, source]) => make("tr", {}, make("th", { scope: "row" }, name),
    make("td", {}, value), make("td", {}, drawSource(source))));
  const none = make("tr", {}, make("td", { colspan: 3, class: "muted" }, "None"));
  return make("tbody", {}, make("tr", {}, make("th", { scope: "rowgroup", colspan: 3 }, heading)), drawn.length ? drawn : none);
}

function drawStatus(status) {
  const mood = { 1: "good", 2: "warn", 3: "bad" }[status] ?? "";
  return make("span", { class: `badge ${mood}` }, SUBSCRIPTIONS[status] ?? status);
}

/** Draws several choices, which the API keeps as `||a||b||`, one by one. */
function drawValue(value) {
  if (!value.startsWith(BARS) || !value.endsWith(BARS) || value.length <= BARS.length) return value;
  const choices = value.slice(BARS.length, -BARS.length).split(BARS);
  return make("span", { class: "chips", title: value }, choices.map((choice) => make("span", { class: "badge" }, choice)));
}

/** Draws `import <batchId>, <date>` as a link to that import, other writes as they are. */
function drawSource(source) {
  const comma = source.lastIndexOf(", ");
  const [write, date] = [source.slice(0, comma), source.slice(comma + 2)];
  const batchId = write.startsWith("import ") ? write.slice("import ".length) : null;
  const shown = batchId ? make("a", { href: linkTo("imports", batchId) }, `import ${shortBatch(batchId)}`) : write;
  return make("span", { class: "source" }, shown, `, ${time(date)}`);
}
