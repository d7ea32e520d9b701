// The line below a table that says which part of it is shown and leads to the others.

import { make } from "./elements.js";
import { count } from "./words.js";

/** Rows of a table on one page. */
export const PAGE_ROWS = 50;

/** Shows where the reader is in `total` rows; `turn` is called with another offset. Hidden where one page is all. */
export function showPages(nav, total, offset, turn) {
  nav.hidden = total === 0;
  const print = `${total} ${offset}`;
  if (nav.dataset.print === print) return;
  nav.dataset.print = print;
  const last = Math.max(Math.ceil(total / PAGE_ROWS) - 1, 0) * PAGE_ROWS;
  const focused = document.activeElement?.textContent;
  const hadFocus = nav.contains(document.activeElement);
  const button = (text, to, isOff) => make("button", { type: "button", disabled: isOff, onclick: () => turn(to) }, text);
  nav.replaceChildren(
    make("span", {}, `${count(offset + 1)} to ${count(Math.min(offset + PAGE_ROWS, total))} of ${count(total)}`),
    ...(last === 0 ? [] : [
      button("First", 0, offset === 0), button("Previous", offset - PAGE_ROWS, offset === 0),
      button("Next", offset + PAGE_ROWS, offset >= last), button("Last", last, offset >= last),
    ]),
  );
  if (hadFocus) refocus(nav, focused);
}

function refocus(nav, text) {
  const buttons = [...nav.querySelectorAll("button:not(:disabled)")];
  (buttons.find((button) => button.textContent === text) ?? buttons[0])?.focus();
}
