// @ts-check
/** Where somebody begins to call a person in a text, and who may be meant. Pure. */

const MOST_NAMES = 8;
const LONGEST_BEGUN = 100;

/**
 * Find the `@` before a place, and what was written of a name since; null where nobody is being called.
 * @param {string} text
 * @param {number} place in UTF-16 units
 */
export function callAt(text, place) {
  const at = text.lastIndexOf("@", place - 1);
  if (at < 0 || place - at > LONGEST_BEGUN || /[\p{L}\p{N}_]$/u.test(text.slice(Math.max(0, at - 2), at))) return null;
  const begun = text.slice(at + 1, place);
  return /\n/.test(begun) ? null : { at, begun };
}

/**
 * Give the names that begin so, or of which a word does; none once one is complete.
 * @param {string} begun
 * @param {string[]} names
 */
export function namesFor(begun, names) {
  const wanted = begun.toLowerCase();
  const begins = (/** @type {string} */ name) => name.toLowerCase().startsWith(wanted);
  const inside = (/** @type {string} */ name) => name.toLowerCase().split(/[\s\-_.]+/).some((word) => word.startsWith(wanted));
  const found = [...names.filter(begins), ...names.filter((name) => !begins(name) && inside(name))];
  return found.slice(0, MOST_NAMES);
}
