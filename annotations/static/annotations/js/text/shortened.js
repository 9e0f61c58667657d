// @ts-check
/** Brings a quote to one line of bearable length, for lists and for what is said aloud. */

const LONGEST = 140;

/** @param {string} quote */
export function shortened(quote) {
  const line = quote.replace(/\s+/g, " ");
  return line.length > LONGEST ? `${line.slice(0, LONGEST).replace(/[\ud800-\udbff]$/, "")}…` : line;
}
