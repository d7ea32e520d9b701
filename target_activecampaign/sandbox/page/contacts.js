// The table of contacts: search, list, order, pages. Asks again when the account changed, rarely where that is slow.

import { find, joinBreakable, make, setText, showEach } from "./elements.js";
import { PAGE_ROWS, showPages } from "./pages.js";
import { goTo, here, linkTo } from "./route.js";
import { look } from "./sandbox.js";
import { addressParts, shortBatch, time } from "./words.js";

const TYPING_MILLISECONDS = 200;
const BUSY_SHARE = 10;
let token;
let offset = 0;
let lastAsked = 0;
let waitMilliseconds = 0;
let asked = 0;
let typing;
let ofImport = "";

/** Shows the contacts anew when the account changed, at most a tenth of the time. */
export async function refresh(figures) {
  showListChoice(figures.lists);
  chooseImport(here().parameters.get("import"));
  if (token === figures.token || performance.now() < lastAsked + waitMilliseconds) return;
  await load();
  token = figures.token;
}

/** Lets the form search. */
export function startContacts() {
  find("contacts-form").addEventListener("submit", (event) => event.preventDefault());
  find("contacts-search").addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(() => turn(0), TYPING_MILLISECONDS);
  });
  find("contacts-import").addEventListener("click", () => {
    showImport("");
    goTo("contacts");
    turn(0);
  });
  for (const id of ["contacts-list", "contacts-order"]) find(id).addEventListener("change", () => turn(0));
}

/** Shows the contacts of an import that the address names; a detail that is opened meanwhile names none. */
function chooseImport(batchId) {
  if (!batchId || batchId === ofImport) return;
  showImport(batchId);
  offset = 0;
  token = undefined;
}

function showImport(batchId) {
  ofImport = batchId;
  find("contacts-import").hidden = !batchId;
  setText(find("contacts-import"), `Of import ${shortBatch(batchId)}: show all`);
}

function turn(to) {
  offset = Math.max(to, 0);
  load().catch(() => { token = undefined; });
}

async function load() {
  const number = ++asked;
  const started = performance.now();
  const found = await look("/contacts", query());
  if (number !== asked) return;
  lastAsked = performance.now();
  waitMilliseconds = (lastAsked - started) * BUSY_SHARE;
  if (offset > 0 && offset >= found.total) return turn(Math.floor((found.total - 1) / PAGE_ROWS) * PAGE_ROWS);
  show(found);
}

function query() {
  return {
    search: find("contacts-search").value.trim(), listid: find("contacts-list").value,
    import: ofImport, newest: find("contacts-order").value, limit: PAGE_ROWS, offset,
  };
}

function show({ total, contacts }) {
  showEach(find("contacts-rows"), contacts, (contact) => contact.id, draw);
  showPages(find("contacts-pages"), total, offset, turn);
  const isFiltered = query().search || query().listid || ofImport;
  find("contacts-empty").hidden = total > 0;
  find("contacts-empty").textContent = isFiltered ? "No contact matches." : "No contacts yet.";
}

function draw(contact) {
  const cell = (text, kind) => make("td", { class: kind }, text);
  return make("tr", {},
    make("th", { scope: "row", class: "address-text" },
      drawLink(contact)),
    cell([contact.firstName, contact.lastName].filter(Boolean).join(" ") || "–"),
    cell(contact.phone || "–", "wide"), cell(time(contact.cdate), "wide time"), cell(time(contact.udate), "wide time"));
}

/** Draws an address that may break between its parts; a screen reader reads it as one word. */
function drawLink({ id, email }) {
  const address = email || "(no email)";
  return make("a", { href: linkTo("contacts", id), "aria-label": address }, joinBreakable(addressParts(address)));
}

function showListChoice(lists) {
  const options = [{ id: "", name: "Any" }, ...lists].map(({ id, name }) => ({ id, name }));
  showEach(find("contacts-list"), options, (list) => list.id, (list) => make("option", { value: list.id }, list.name));
}
