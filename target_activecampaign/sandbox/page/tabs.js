// Tabs by the ARIA authoring practices: one of them in the tab order, arrows, Home and End move and choose.

import { goTo } from "./route.js";

const tabs = [...document.querySelectorAll('[role="tab"]')];
const nameOf = (tab) => tab.getAttribute("aria-controls");
const STEPS = { ArrowRight: 1, ArrowLeft: -1 };

/** Lets clicks and keys choose tabs. */
export function startTabs() {
  for (const tab of tabs) {
    tab.addEventListener("click", () => goTo(nameOf(tab)));
    tab.addEventListener("keydown", moveByKey);
  }
}

/** Shows the panel of that name, the first one for a name that there is not. Returns the name shown. */
export function showTab(name) {
  const chosen = tabs.find((tab) => nameOf(tab) === name) ?? tabs[0];
  for (const tab of tabs) {
    const isChosen = tab === chosen;
    tab.setAttribute("aria-selected", isChosen);
    tab.tabIndex = isChosen ? 0 : -1;
    document.getElementById(nameOf(tab)).hidden = !isChosen;
  }
  chosen.scrollIntoView({ block: "nearest", inline: "nearest" });
  return nameOf(chosen);
}

function moveByKey(event) {
  const from = tabs.indexOf(event.currentTarget);
  let to = from + (STEPS[event.key] ?? 0);
  if (event.key === "Home") to = 0;
  if (event.key === "End") to = tabs.length - 1;
  if (to === from) return;
  event.preventDefault();
  const tab = tabs.at(to % tabs.length);
  tab.focus();
  goTo(nameOf(tab));
}
