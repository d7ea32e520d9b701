// The one door to the sandbox: its controls. Knows their addresses and errors, nothing of the page.

const CONTROLS = "/_sandbox";
let account = 1;
let announceChange = () => {};

/** The sandbox answered, and the answer is no. Its message says why. */
export class Refused extends Error {}

/** Picks the account that everything is asked of, counted from 1. */
export function chooseAccount(number) {
  account = number;
}

/** Returns the address of a control, for links too. */
export function addressOf(path, query = {}) {
  const parameters = new URLSearchParams({ ...query, account });
  return `${CONTROLS}${path}?${parameters}`;
}

export const look = (path, query) => ask("GET", path, query);

/** Changes something, and lets it be known. */
export async function send(method, path, body = {}) {
  const shown = await ask(method, path, {}, body);
  announceChange();
  return shown;
}

/** Sets what is called after every change. */
export function whenChanged(listener) {
  announceChange = listener;
}

/** Asks a control and returns its answer. Throws `Refused` for a no, a `TypeError` when nobody answers. */
async function ask(method, path, query, body) {
  const options = { method, cache: "no-store" };
  if (body !== undefined) options.body = JSON.stringify(body);
  const answer = await fetch(addressOf(path, query), options);
  const shown = await answer.json();
  if (!answer.ok) throw new Refused(shown.message);
  return shown;
}
