// Starting over, after a question that says what will be lost.

import { find } from "./elements.js";
import { attempt } from "./notice.js";
import { send } from "./sandbox.js";
import { plural } from "./words.js";

let figures;

/** Notes what a reset would lose. */
export function showReset(shown) {
  figures = shown;
}

/** Lets the button ask and, when the reader agrees, reset. */
export function startReset() {
  const dialog = find("confirm");
  find("reset").addEventListener("click", () => {
    const imports = Object.values(figures.imports).reduce((sum, number) => sum + number, 0);
    find("confirm-text").textContent = `${plural(figures.contacts, "contact")} and ${plural(imports, "import")} will be forgotten, and the log of requests. Faults go off. Speed, limits and readings stay.`;
    dialog.showModal();
  });
  find("confirm-no").addEventListener("click", () => dialog.close());
  find("confirm-yes").addEventListener("click", async () => {
    dialog.close();
    await attempt(() => send("POST", "/reset"), "The account started over.");
  });
}
