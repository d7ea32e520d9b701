// Says what was done, or that it could not be: a line that goes away and that screen readers speak.

import { find } from "./elements.js";

const SHOWN_MILLISECONDS = 5000;
let timer;

/** Shows a line. */
export function notify(text) {
  find("notice").textContent = text;
  clearTimeout(timer);
  timer = setTimeout(() => { find("notice").textContent = ""; }, SHOWN_MILLISECONDS);
}

/** Does something, and says what became of it. Returns whether it went well. */
export async function attempt(action, success) {
  try {
    await action();
    notify(success);
    return true;
  } catch (error) {
    notify(error.message);
    return false;
  }
}
