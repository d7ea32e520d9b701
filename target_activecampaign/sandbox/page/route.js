// Where the reader is, kept in the address so that it can be bookmarked: `#/imports/5c0e…` is a tab and a detail.

const FIRST = "overview";

/** Returns the tab, and the id of the detail that is open or `null`. */
export function here() {
  const [, tab, id] = location.hash.split("/").map(decode);
  return { tab: tab || FIRST, id: id || null };
}

/** Returns a link's address. The slash keeps the browser from scrolling to an element of that name. */
export const linkTo = (tab, id) => (id === undefined ? `#/${tab}` : `#/${tab}/${encodeURIComponent(id)}`);

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
