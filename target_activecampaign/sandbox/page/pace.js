// Speed, when imports end, and the limits. What the reader has begun to change is left alone until it is applied.

import { find } from "./elements.js";
import { notify } from "./notice.js";
import { send } from "./sandbox.js";

const LIMITS = ["requestsPerSecond", "importsPerMinute", "singleImportsPerMinute"];
const WITH_AMOUNT = ["seconds", "looks"];
let isChanged = false;

/** Shows what is in force, unless the reader is changing it. */
export function showPace(figures) {
  if (isChanged) return;
  const [kind, amount] = figures.progress.split("=");
  const values = { speed: figures.speed, "progress-kind": kind, "progress-amount": amount ?? "", contactLimit: figures.contactLimit, ...figures.limits };
  for (const [id, value] of Object.entries(values)) {
    if (document.activeElement !== find(id)) find(id).value = value ?? "";
  }
  showAmount();
}

/** Lets the form apply what was changed. */
export function startPace() {
  for (const kind of ["input", "change"]) find("pace").addEventListener(kind, noteChange);
  find("pace").addEventListener("submit", apply);
}

function noteChange() {
  isChanged = true;
  showAmount();
}

function showAmount() {
  const isNeeded = WITH_AMOUNT.includes(find("progress-kind").value);
  find("progress-amount-label").hidden = !isNeeded;
  find("progress-amount").required = isNeeded;
}

async function apply(event) {
  event.preventDefault();
  try {
    await send("PUT", "/speed", { speed: Number(find("speed").value) });
    await send("PUT", "/progress", { progress: rule() });
    await send("PUT", "/limits", limits());
    isChanged = false;
    find("pace-wrong").textContent = "";
    notify("Applied.");
  } catch (error) {
    find("pace-wrong").textContent = error.message;
  }
}

function rule() {
  const kind = find("progress-kind").value;
  return WITH_AMOUNT.includes(kind) ? `${kind}=${find("progress-amount").value}` : kind;
}

function limits() {
  const chosen = LIMITS.map((id) => [id, find(id).value === "" ? null : Number(find(id).value)]);
  return { ...Object.fromEntries(chosen), contactLimit: Number(find("contactLimit").value) };
}
