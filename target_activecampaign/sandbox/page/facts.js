// A short list of names and values, as details begin with.

import { make } from "./elements.js";

/** Draws names and values; a value of `null` is left out. */
export function drawFacts(facts) {
  const pairs = Object.entries(facts).filter(([, value]) => value !== null);
  return make("dl", { class: "facts" }, pairs.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]));
}
