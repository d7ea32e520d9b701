// The account at a glance: contacts, lists, imports, the charts, and what came last.

import { Chart, SECONDS } from "./chart.js";
import { find, make, setText, showEach } from "./elements.js";
import { drawImport } from "./imports.js";
import { drawRequest } from "./requests.js";
import { look } from "./sandbox.js";
import { makeShare, showShare } from "./share.js";
import { clockOf, count, plural, rate, time, timeOf } from "./words.js";

const LATEST = 6;
const NEARLY_FULL = 0.95;
const SECONDS_IN_MINUTE = 60;

/** Seconds of figures that the charts take: those shown, and the minute that the first of them sums. */
export const SECONDS_ASKED = SECONDS + SECONDS_IN_MINUTE;

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
    imports: importsPerMinute && importsPerMinute * figures.speed,
  };
  const end = isLive() ? "now" : clockOf(figures.until);
  charts.requests.show([series.map((one) => (one.refused ? one.requests : null)), series.map((one) => one.requests - one.refused)], limits.requests, end);
  charts.imports.show([series.map((one) => one.imports)], limits.imports, end);
  for (const name of ["requests", "imports"]) {
    read(name);
    const span = isLive() ? "The last two minutes." : `Two minutes until ${timeOf(figures.until)}.`;
    find(`${name}-chart`).setAttribute("aria-label", `${span} ${describe(name, limits[name])}`);
  }
  setText(find("pace-since"), `Requests and pace are known since ${time(figures.since)}.`);
}

/** Tells whether the last second shown is the present one; else nothing came for a while, and the last is shown. */
const isLive = () => figures.until === figures.now;

/**
 * Returns every second of the two minutes shown, with zeros where nothing came. Its `imports` are those of the last
 * sixty seconds, as the importer's limit counts them.
 */
function fill({ until, series: came }) {
  const bySecond = new Map(came.map((one) => [one.second, one]));
  const seconds = Array.from({ length: SECONDS_ASKED }, (_, index) => until - SECONDS_ASKED + 1 + index);
  const all = seconds.map((second) => bySecond.get(second) ?? { second, requests: 0, imports: 0, refused: 0 });
  let ofMinute = 0;
  return all.map((one, index) => {
    ofMinute += one.imports - (all[index - SECONDS_IN_MINUTE]?.imports ?? 0);
    return { ...one, imports: ofMinute };
  }).slice(-SECONDS);
}

function point(name, ago) {
  pointed[name] = ago;
  read(name);
}

function read(name) {
  if (!series.length) return;
  const ago = pointed[name];
  const secondPointedAt = isLive() ? `${ago} s ago` : clockOf(figures.until - ago);
  setText(find(`${name}-reading`), ago === null ? summary(name) : `${secondPointedAt}: ${reading(name, series[SECONDS - 1 - ago])}`);
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
  const last = isLive() ? `now ${reading(name, lastSecond(name))}` : `last request ${timeOf(figures.until)}`;
  return `${last} · ${limit === null ? "no limit" : `limit ${count(limit)} ${unit}${speed}`}`;
}

/** Returns the last second that ended; the present one may be young, which matters where a second is counted alone. */
const lastSecond = (name) => series[SECONDS - (name === "imports" ? 1 : 2)];

function describe(name, limit) {
  const highest = Math.max(...series.map((one) => one[name]));
  const span = name === "imports" ? "minute" : "second";
  return `${name}: ${reading(name, lastSecond(name))} in the last ${span}, ${count(highest)} at most, ${limit === null ? "no limit" : `limit ${rate(limit)} a ${span}`}.`;
}
