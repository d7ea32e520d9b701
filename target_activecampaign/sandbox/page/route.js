// Where the reader is, kept in the address so that it can be bookmarked: `#/imports/5c0e…` is a tab and a detail,
// `#/contacts?import=5c0e…` a tab with what it is to show.

const FIRST = "overview";

/** Returns the tab, the id of the detail that is open or `null`, and the parameters behind a `?`. */
export function here() {
  const [path, parameters] = location.hash.split("?");
  const [, tab, id] = path.split("/").map(decode);
  return { tab: tab || FIRST, id: id || null, parameters: new URLSearchParams(parameters) };
}

/** Returns a link's address. The slash keeps the browser from scrolling to an element of that name. */
export const linkTo = (tab, id) => (id === undefined ? `#/${tab}` : `#/${tab}/${encodeURIComponent(id)}`);

/** Returns the address of the contacts that hold values of an import. */
export const linkToContactsOf = (batchId) => `#/contacts?${new URLSearchParams({ import: batchId })}`;

/** Goes to a tab, with no detail open. */
export function goTo(tab) {
  location.hash = linkTo(tab);
}

function decode(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return "";
  }
}
