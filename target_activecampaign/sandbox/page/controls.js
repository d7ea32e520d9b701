// The panel that steers the sandbox: puts faults, readings, pace and reset together.

import { find } from "./elements.js";
import { showFaults, startFaults } from "./faults.js";
import { showPace, startPace } from "./pace.js";
import { showReadings } from "./readings.js";
import { showReset, startReset } from "./reset.js";
import { addressOf, look } from "./sandbox.js";

/** Shows what is in force. */
export async function refresh(figures) {
  showFaults(figures.faults);
  showPace(figures);
  showReset(figures);
  find("snapshot").href = addressOf("/snapshot");
  showReadings(await look("/switches"));
}

/** Lets everything be switched. */
export function startControls() {
  startFaults();
  startPace();
  startReset();
}
