// The account at a glance: contacts, lists, imports, the charts, and what came last.

import { Chart, SECONDS } from "./chart.js";
import { find, make, setText, showEach } from "./elements.js";
import { drawImport } from "./imports.js";
import { drawRequest } from "./requests.js";
import { look } from "./sandbox.js";
import { makeShare, showShare } from "./share.js";
import { count, plural, rate } from "./words.js";

const LATEST = 6;
const NEARLY_FULL = 0.95;
const SECONDS_IN_MINUTE = 60;
const pointed = { requests: null, imports: null };
let series = [];
let figures;
let latest;

const charts = {
  requests: new Chart(find("requests-chart"), ["--bad", "--accent"], (ago) => point("requests", ago)),
  imports: new Chart(find("imports-chart"), ["--accent"], (ago) => point("imports", ago)),
};

/** Shows new figures; asks for the latest imports and requests when something happened. */
export async function refresh(shown) {
  figures = shown;
  showContacts();
  showLists();
  showImports();
  showCharts();
  find("start").hidden = figures.lastRequest > 0 || figures.contacts > 0;
  if (latest === figures.importsToken) return;
  const [imports, requests] = await Promise.all([
    look("/imports", { brief: 1, limit: LATEST }), look("/requests", { brief: 1, limit: LATEST }),
  ]);
  latest = figures.importsToken;
  showEach(find("latest-imports"), imports.imports, (one) => one.batchId, (one) => drawImport(one, { isShort: true }));
  showEach(find("latest-requests"), requests.requests.reverse(), (one) => one.id, (one) => drawRequest(one, { isShort: true }));
}

function showContacts() {
  const { contacts, contactLimit } = figures;
  setText(find("contacts-total"), count(contacts));
  setText(find("contact-limit"), count(contactLimit));
  const share = contactLimit ? contacts / contactLimit : 1;
  showShare(find("contacts-share"), share);
  find("contacts-share").classList.toggle("full", share > NEARLY_FULL);
  const left = contactLimit - contacts;
  setText(find("contacts-left"), left > 0 ? `${plural(left, "more contact")} may come` : "The account's limit is reached");
}

function showLists() {
  showEach(find("lists"), figures.lists, (list) => list.id, (list) => make("li", {},
    make("span", {}, list.name), make("span", {}, count(list.subscribed)), makeShare(`Share of contacts on ${list.name}`)));
  const bars = find("lists").querySelectorAll(".share");
  figures.lists.forEach((list, index) => showShare(bars[index], list.subscribed / Math.max(figures.contacts, 1)));
}

function showImports() {
  for (const state of ["open", "completed", "failed", "interrupted"]) {
    const shown = find(`imports-${state}`);
    setText(shown, count(figures.imports[state]));
    shown.parentElement.classList.toggle("bad", state !== "open" && state !== "completed" && figures.imports[state] > 0);
  }
}

function showCharts() {
  series = fill(figures);
  const { requestsPerSecond, importsPerMinute } = figures.limits;
  const limits = {
    requests: requestsPerSecond && requestsPerSecond * figures.speed,
    imports: importsPerMinute && (importsPerMinute * figures.speed) / SECONDS_IN_MINUTE,
  };
  charts.requests.show([series.map((one) => (one.refused ? one.requests : null)), series.map((one) => one.requests - one.refused)], limits.requests);
  charts.imports.show([series.map((one) => one.imports)], limits.imports);
  for (const name of ["requests", "imports"]) {
    read(name);
    find(`${name}-chart`).setAttribute("aria-label", `The last two minutes. ${describe(name, limits[name])}`);
  }
}

/** Returns every second of the last two minutes, with zeros where nothing came. */
function fill({ now, series: came }) {
  const bySecond = new Map(came.map((one) => [one.second, one]));
  const seconds = Array.from({ length: SECONDS }, (_, index) => now - SECONDS + 1 + index);
  return seconds.map((second) => bySecond.get(second) ?? { second, requests: 0, imports: 0, refused: 0 });
}

function point(name, ago) {
  pointed[name] = ago;
  read(name);
}

function read(name) {
  if (!series.length) return;
  const ago = pointed[name];
  setText(find(`${name}-reading`), ago === null ? summary(name) : `${ago} s ago: ${reading(name, series[SECONDS - 1 - ago])}`);
}

function reading(name, second) {
  const refused = name === "requests" && second.refused ? `, ${count(second.refused)} refused` : "";
  return `${count(second[name])}${refused}`;
}

/** Tells what is not in the bars: the second just ended, the highest one, and what the limit is. */
function summary(name) {
  const { requestsPerSecond, importsPerMinute } = figures.limits;
  const limit = name === "requests" ? requestsPerSecond : importsPerMinute;
  const unit = name === "requests" ? "a second" : "a minute";
  const speed = figures.speed === 1 ? "" : ` at ${rate(figures.speed)}× speed`;
  return `now ${reading(name, series[SECONDS - 2])} · ${limit === null ? "no limit" : `limit ${count(limit)} ${unit}${speed}`}`;
}

function describe(name, limit) {
  const highest = Math.max(...series.map((one) => one[name]));
  return `${name}: ${reading(name, series[SECONDS - 2])} in the last second, ${count(highest)} at most, ${limit === null ? "no limit" : `limit ${rate(limit)} a second`}.`;
}
