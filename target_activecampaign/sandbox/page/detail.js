// The dialog beside the table that shows one contact, import or request, and keeps up with it.

import { contactDetail } from "./contact-detail.js";
import { find } from "./elements.js";
import { importDetail } from "./imports.js";
import { goTo, here } from "./route.js";
import { requestDetail } from "./requests.js";
import { Refused } from "./sandbox.js";

const SUBJECTS = { contacts: contactDetail, imports: importDetail, requests: requestDetail };
const dialog = find("detail");
let place = "";
let print;
let token;

/** Lets the dialog be closed: by its button, Escape, a click beside it, or the browser's way back. */
export function startDetail() {
  find("detail-close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  dialog.addEventListener("close", () => { if (here().id !== null) goTo(here().tab); });
}

/** Shows what the address asks for, or closes. Call it when the address or the account changed. */
export async function refreshDetail(newToken) {
  const { tab, id } = here();
  const subject = SUBJECTS[tab];
  const isNew = place !== location.hash;
  place = location.hash;
  if (id === null || !subject) return dialog.close();
  if (!isNew && token === newToken) return;
  token = newToken;
  const shown = await load(subject, id);
  if (place === location.hash) show(subject, shown, isNew);
}

async function load(subject, id) {
  try {
    return await subject.load(id);
  } catch (error) {
    if (error instanceof Refused) return null;
    throw error;
  }
}

function show(subject, shown, isNew) {
  const newPrint = JSON.stringify(shown);
  if (isNew || print !== newPrint) {
    find("detail-title").textContent = shown ? subject.title(shown) : "Not there any more";
    find("detail-content").replaceChildren(...(shown ? subject.draw(shown) : []));
  }
  print = newPrint;
  if (!dialog.open) dialog.showModal();
  if (isNew) {
    dialog.scrollTop = 0;
    find("detail-close").focus();
  }
}
