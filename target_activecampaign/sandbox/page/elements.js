// Makes and updates elements. All that is shown goes in as text: nothing is ever read as markup.

/** Returns an element by its id. */
export const find = (id) => document.getElementById(id);

/** Makes an element. Properties are attributes, those that begin with `on` listeners; `null` leaves one out. */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

/** Returns the nodes of a text that may break between its parts alone. */
export const joinBreakable = (parts) => parts.flatMap((part, index) => (index ? [make("wbr"), part] : [part]));

/** Sets an element's text where it is another one, so that a reader's selection stays. */
export function setText(element, text) {
  if (element.textContent !== String(text)) element.textContent = text;
}

const drawn = new WeakMap();

/**
 * Lets `parent` show `items`, one child each. A child stays as it is, and keeps focus and selection, until its
 * item changes.
 */
export function showEach(parent, items, keyOf, draw) {
  const old = new Map([...parent.children].map((child) => [drawn.get(child)?.key, child]));
  const children = items.map((item) => keep(old.get(keyOf(item)), keyOf(item), item, draw));
  const focused = [...parent.children].find((child) => child.contains(document.activeElement));
  const wanted = new Set(children);
  for (const child of [...parent.children]) if (!wanted.has(child)) child.remove();
  let place = parent.firstElementChild;
  for (const child of children) {
    if (child === place) place = place.nextElementSibling;
    else parent.insertBefore(child, place);
  }
  if (focused && !wanted.has(focused)) refocus(parent, drawn.get(focused)?.key);
}

function keep(child, key, item, draw) {
  const print = JSON.stringify(item);
  if (child && drawn.get(child).print === print) return child;
  const made = draw(item);
  drawn.set(made, { key, print });
  return made;
}

function refocus(parent, key) {
  const child = [...parent.children].find((candidate) => drawn.get(candidate)?.key === key);
  child?.querySelector("a, button, select, input")?.focus();
}
