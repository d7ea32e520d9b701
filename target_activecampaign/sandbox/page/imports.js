// The table of imports with their verdicts, and the detail of one with the addresses that it refused.

import { find, joinBreakable, make, setText, showEach } from "./elements.js";
import { drawFacts } from "./facts.js";
import { attempt } from "./notice.js";
import { PAGE_ROWS, showPages } from "./pages.js";
import { linkTo, linkToContactsOf } from "./route.js";
import { look, send } from "./sandbox.js";
import { addressParts, count, moodOfImport, shortBatch, time } from "./words.js";

const RULES = {
  "at-once": "Imports end at once.", never: "Imports stay open until they are ended here.",
  seconds: (amount) => `Imports end ${amount} s after they were accepted.`,
  looks: (amount) => `Imports end when they were looked at ${amount} times.`,
};
let token;
let offset = 0;

/** Shows the imports anew when something happened. */
export async function refresh(figures) {
  const [rule, amount] = figures.progress.split("=");
  setText(find("imports-rule"), amount === undefined ? RULES[rule] : RULES[rule](amount));
  if (token === figures.importsToken) return;
  await load();
  token = figures.importsToken;
}

/** Lets the button end imports. */
export function startImports() {
  find("settle").addEventListener("click", () => attempt(() => send("POST", "/settle"), "Open imports were ended, but for those that a fault holds open."));
}

async function load() {
  const { total, imports } = await look("/imports", { brief: 1, limit: PAGE_ROWS, offset });
  if (offset > 0 && offset >= total) return turn(0);
  showEach(find("imports-rows"), imports, (one) => one.batchId, drawImport);
  showPages(find("imports-pages"), total, offset, turn);
  find("imports-empty").hidden = total > 0;
}

function turn(to) {
  offset = Math.max(to, 0);
  load().catch(() => { token = undefined; });
}

/** Draws the row of an import; a short one has only what tells how it went. */
export function drawImport(one, { isShort = false } = {}) {
  const number = (value, kind = "number") => make("td", { class: kind }, count(value));
  const name = make("a", { href: linkTo("imports", one.batchId), "aria-label": `Import ${one.number}, ${shortBatch(one.batchId)}` },
    `${one.number} `, make("code", {}, shortBatch(one.batchId)));
  const row = make("tr", {}, make("th", { scope: "row" }, name), make("td", {}, badge(one.status)), number(one.contacts));
  if (!isShort) row.append(number(one.created, "number wide"), number(one.updated, "number wide"));
  row.append(number(one.refused));
  if (!isShort) {
    row.append(number(one.looks, "number wide"), make("td", { class: "time wide" }, time(one.queuedAt)),
      make("td", { class: "time wide" }, time(one.endedAt)));
  }
  return row;
}

const badge = (status) => make("span", { class: `badge ${moodOfImport(status)}` }, status);

/** The detail of an import. */
export const importDetail = {
  load: (batchId) => look(`/imports/${encodeURIComponent(batchId)}`),
  title: (one) => `Import ${one.number}`,
  draw(one) {
    const facts = {
      Status: badge(one.status), Batch: make("code", {}, one.batchId), Contacts: count(one.contacts),
      Created: count(one.created), Updated: count(one.updated), Refused: count(one.refused),
      "Neither of these": unaccounted(one), "Automations for": count(one.automations), Looks: count(one.looks),
      Accepted: time(one.queuedAt), Ended: time(one.endedAt),
    };
    const contacts = make("p", {}, make("a", { href: linkToContactsOf(one.batchId) }, "Contacts that hold its values"));
    return [drawFacts(facts), contacts, ...drawFailures(one.failures)];
  },
};

/** Says how many contacts of an ended import have no verdict of their own, `null` when all have. */
function unaccounted(one) {
  const rest = one.contacts - one.created - one.updated - one.refused;
  return one.endedAt === null || rest <= 0 ? null : `${count(rest)}: the same address again, left out silently, or not applied`;
}

function drawFailures(failures) {
  if (!failures.length) return [];
  const rows = failures.map(({ email, reason }) => make("tr", {}, make("th", { scope: "row", class: "address-text" }, joinBreakable(addressParts(email))), make("td", {}, reason)));
  return [make("h3", {}, "Refused addresses"), make("table", { class: "rows", "aria-label": "Refused addresses" },
    make("thead", {}, make("tr", {}, make("th", { scope: "col" }, "Address"), make("th", { scope: "col" }, "Reason"))),
    make("tbody", {}, rows))];
}
