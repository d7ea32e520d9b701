// A bar that shows a share of a whole: a meter to screen readers, and drawn alike by all browsers.

import { make } from "./elements.js";

const PERCENT = 100;

/** Makes a bar with nothing in it. `label` says what it is the share of. */
export function makeShare(label) {
  return make("div", { class: "share", role: "meter", "aria-label": label, "aria-valuemin": 0, "aria-valuemax": PERCENT },
    make("span"));
}

/** Fills a bar up to a share from 0 to 1. */
export function showShare(bar, share) {
  const percent = Math.round(Math.min(share, 1) * PERCENT);
  bar.setAttribute("aria-valuenow", percent);
  bar.firstElementChild.style.width = `${percent}%`;
}
