// The log of requests, and the detail of one with body and answer. The sandbox never keeps the key.

import { find, make, showEach } from "./elements.js";
import { drawFacts } from "./facts.js";
import { indentJson } from "./json-text.js";
import { linkTo } from "./route.js";
import { look } from "./sandbox.js";
import { count, moodOfAnswer, size, time } from "./words.js";

const KEPT_ROWS = 200;
const FIRST_REFUSAL = 400;
const PREFIX = "/api/3";
const KINDS = {
  all: () => true,
  writes: (one) => one.method !== "GET",
  refused: (one) => one.status === null || one.status >= FIRST_REFUSAL,
  struck: (one) => one.faults.length > 0,
};
let token;
let requests = [];

/** Shows the requests anew when some came, unless the reader holds the list still. */
export async function refresh(figures) {
  const isHeld = !find("requests-follow").checked && requests.length > 0;
  if (isHeld || token === figures.token) return;
  requests = (await look("/requests", { brief: 1, limit: KEPT_ROWS })).requests.reverse();
  token = figures.token;
  show();
}

/** Lets the form filter. */
export function startRequests() {
  find("requests-form").addEventListener("submit", (event) => event.preventDefault());
  find("requests-filter").addEventListener("input", show);
  find("requests-kind").addEventListener("change", show);
}

function show() {
  const words = find("requests-filter").value.toLowerCase().split(/\s+/);
  const isKind = KINDS[find("requests-kind").value];
  const shown = requests.filter((one) => isKind(one) && words.every((word) => textOf(one).includes(word)));
  showEach(find("requests-rows"), shown, (one) => one.id, drawRequest);
  find("requests-empty").hidden = shown.length > 0;
  find("requests-empty").textContent = requests.length ? "No request matches." : "No requests yet.";
}

const textOf = (one) => `${one.method} ${one.path}?${one.query} ${one.status ?? "cut"} ${one.faults.join(" ")}`.toLowerCase();

/** Draws the row of a request; a short one leaves sizes out. */
export function drawRequest(one, { isShort = false } = {}) {
  const row = make("tr", {},
    make("td", { class: "time" }, time(one.at)),
    make("th", { scope: "row", class: "path" }, make("a", { href: linkTo("requests", one.id) },
      make("span", { class: "method" }, `${one.method} `), one.path.replace(PREFIX, "") || "/",
      one.query && !isShort ? make("span", { class: "query" }, `?${one.query}`) : null)),
    make("td", {}, answerBadge(one), one.faults.length ? [" ", make("span", { class: "badge warn" }, "fault")] : null));
  if (!isShort) {
    const cells = [one.bodyBytes ? size(one.bodyBytes) : "–", size(one.answerBytes), `${one.milliseconds} ms`];
    row.append(...cells.map((text) => make("td", { class: "number wide time" }, text)));
  }
  return row;
}

function answerBadge(one) {
  return make("span", { class: `badge ${moodOfAnswer(one.status)}` }, one.status === null ? "cut" : one.status);
}

/** The detail of a request. */
export const requestDetail = {
  load: (id) => look(`/requests/${encodeURIComponent(id)}`),
  title: (one) => `${one.method} ${one.path}`,
  draw(one) {
    const facts = {
      Answer: answerBadge(one), Received: time(one.at), Took: `${one.milliseconds} ms`,
      Account: one.account === null ? "none: unknown key" : count(one.account), Query: one.query || null,
      Faults: one.faults.length ? make("code", {}, one.faults.join("\n")) : null, ...one.headers,
    };
    return [drawFacts(facts), ...drawText("Body", one.body, one.bodyBytes), ...drawText("Answer", one.answer, one.answerBytes)];
  },
};

function drawText(heading, text, bytes) {
  if (!bytes) return [];
  const kept = new TextEncoder().encode(text).length;
  const cut = kept < bytes ? `, the first ${size(kept)} of ${size(bytes)}` : `, ${size(bytes)}`;
  return [make("h3", {}, `${heading}${cut}`), make("pre", { tabindex: 0, "aria-label": heading }, make("code", {}, indentJson(text)))];
}
