// The header: whether the sandbox answers, what is not as usual, which account, and the counts on the tabs.

import { find, make, setText, showEach } from "./elements.js";
import { linkTo } from "./route.js";
import { chooseAccount } from "./sandbox.js";
import { count, plural, rate } from "./words.js";

/** Writes the sandbox's own address, and calls `onAccount` when another account was picked. */
export function startHeader(onAccount) {
  setText(find("address"), location.origin);
  setText(find("first-request"), `curl -H 'Api-Token: sandbox' ${location.origin}/api/3/lists`);
  find("account").addEventListener("change", (event) => {
    chooseAccount(Number(event.target.value));
    onAccount();
  });
}

/** Shows that the sandbox answers, or that it does not. */
export function showConnection(isLive) {
  find("connection").className = `connection ${isLive ? "live" : "lost"}`;
  setText(find("connection"), isLive ? "live" : "does not answer, trying again");
}

/** Shows new figures. */
export function showHeader(figures) {
  showEach(find("pills"), oddities(figures), (text) => text, (text) =>
    make("a", { class: "badge warn", href: linkTo("controls") }, text));
  setText(find("contacts-count"), count(figures.contacts));
  const { open, ...ended } = figures.imports;
  setText(find("imports-count"), count(open + Object.values(ended).reduce((sum, number) => sum + number, 0)));
  find("account-choice").hidden = figures.accounts < 2;
  const numbers = Array.from({ length: figures.accounts }, (_, index) => index + 1);
  showEach(find("account"), numbers, (number) => number, (number) => make("option", { value: number }, number));
}

/** Returns a few words for each thing that a client would not meet at the service. */
function oddities({ faults, readings, speed, limits }) {
  const changed = Object.keys(readings).length;
  return [
    faults.length ? `${plural(faults.length, "fault")} on` : null,
    changed ? `${plural(changed, "reading")} changed` : null,
    speed === 1 ? null : `${rate(speed)}× speed`,
    Object.values(limits).every((limit) => limit === null) ? "no limits" : null,
  ].filter(Boolean);
}
