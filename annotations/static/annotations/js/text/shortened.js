// @ts-check
/** Brings a quote to one line of bearable length, for lists and for what is said aloud. */

const LONGEST = 140;

/** @param {string} quote @param {number} [longest] in UTF-16 units */
export function shortened(quote, longest = LONGEST) {
  const line = quote.replace(/\s+/g, " ");
  return line.length > longest ? `${line.slice(0, longest).replace(/[\ud800-\udbff]$/, "")}…` : line;
}
