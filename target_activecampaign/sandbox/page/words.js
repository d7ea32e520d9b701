// How figures, times and states are written. Pure.

const numbers = new Intl.NumberFormat("en");
const rounded = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const calendar = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });
const BYTES_IN_KILOBYTE = 1000;
const MILLISECONDS = 1000;

export const count = (number) => numbers.format(number);
export const rate = (number) => rounded.format(number);
export const plural = (number, word) => `${count(number)} ${word}${number === 1 ? "" : "s"}`;

/** Writes bytes. */
export function size(bytes) {
  return bytes < BYTES_IN_KILOBYTE ? `${bytes} B` : `${rounded.format(bytes / BYTES_IN_KILOBYTE)} kB`;
}

/** Writes a date of the API with its time, in the reader's own time zone. */
export function time(text) {
  const date = new Date(text);
  return !text || Number.isNaN(date.getTime()) ? text || "–" : write(date);
}

/** Writes seconds since 1970 as `time` does. */
export const timeOf = (second) => write(new Date(second * MILLISECONDS));

/** Writes the time of day of seconds since 1970. */
export const clockOf = (second) => clock.format(new Date(second * MILLISECONDS));

const write = (date) => `${calendar.format(date)}, ${clock.format(date)}`;

/** Splits an address where a line may break: behind its @ and before its dots, never in a word. */
export const addressParts = (address) => address.split(/(?<=@)|(?=\.)/);

/** Shortens a batch id to what is enough to tell it from others. */
export const shortBatch = (batchId) => batchId.slice(0, 8);

export const SUBSCRIPTIONS = ["unconfirmed", "subscribed", "unsubscribed", "bounced"];

/** Returns how an import's state is coloured. */
export function moodOfImport(status) {
  if (status === "completed") return "good";
  return status === "failed" || status === "interrupted" ? "bad" : "";
}

/** Returns how an answer's status is coloured; `null` stands for a cut connection. */
export function moodOfAnswer(status) {
  if (status === null || status >= 500) return "bad";
  return status >= 400 ? "warn" : "good";
}
