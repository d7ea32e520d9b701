// Starts the page and keeps it up to date: asks for the figures once a second while the page can be seen, and hands
// them to the panel that is shown.

import { refresh as refreshContacts, startContacts } from "./contacts.js";
import { refresh as refreshControls, startControls } from "./controls.js";
import { refreshDetail, startDetail } from "./detail.js";
import { showConnection, showHeader, startHeader } from "./header.js";
import { refresh as refreshImports, startImports } from "./imports.js";
import { refresh as refreshOverview, SECONDS_ASKED } from "./overview.js";
import { refresh as refreshRequests, startRequests } from "./requests.js";
import { here } from "./route.js";
import { look, whenChanged } from "./sandbox.js";
import { showTab, startTabs } from "./tabs.js";

const PAUSE_MILLISECONDS = 1000;
const SPARE_SECONDS = 5;
const PANELS = {
  overview: refreshOverview, contacts: refreshContacts, imports: refreshImports,
  requests: refreshRequests, controls: refreshControls,
};
let timer;
let isAsking = false;
let isAskedAgain = false;

/** Asks and shows, then again after a pause. Called while it is at it, it goes round once more at once. */
async function keepUp() {
  isAskedAgain = isAsking;
  if (isAsking || document.hidden) return;
  isAsking = true;
  clearTimeout(timer);
  try {
    await show();
    showConnection(true);
  } catch (error) {
    showConnection(false);
    if (!(error instanceof TypeError)) console.error(error);
  }
  isAsking = false;
  timer = setTimeout(keepUp, isAskedAgain ? 0 : PAUSE_MILLISECONDS);
}

async function show() {
  const figures = await look("/figures", { seconds: SECONDS_ASKED + SPARE_SECONDS });
  figures.token = tokenOf(figures);
  // An open import changes its word as time passes, without anything else happening.
  figures.importsToken = figures.imports.open ? `${figures.token} ${figures.now}` : figures.token;
  showHeader(figures);
  const { tab } = here();
  await (PANELS[tab] ?? PANELS.overview)(figures);
  await refreshDetail(figures.importsToken);
}

/** Returns what differs whenever there can be something new in the tables. */
function tokenOf({ account, resets, lastRequest, contacts, imports }) {
  return [account, resets, lastRequest, contacts, ...Object.values(imports)].join(" ");
}

function move() {
  showTab(here().tab);
  keepUp();
}

whenChanged(keepUp);
startTabs();
startDetail();
startHeader(keepUp);
startContacts();
startImports();
startRequests();
startControls();
addEventListener("hashchange", move);
document.addEventListener("visibilitychange", keepUp);
move();
