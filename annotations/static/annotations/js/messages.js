// @ts-check
/** Gives the interface's words. A script before this one brings them translated; a plural is an object of CLDR categories. */

/** @type {Record<string, string|Record<string, string>>} */
let words = {};
let plural = new Intl.PluralRules("en");

const { workbenchWords } = /** @type {{workbenchWords?: typeof words}} */ (globalThis);
if (workbenchWords) useMessages(workbenchWords, document.documentElement.lang);

/**
 * Take in words: those that the page came with are there from the start.
 * @param {Record<string, string|Record<string, string>>} strings
 * @param {string} language
 */
export function useMessages(strings, language) {
  words = strings;
  plural = new Intl.PluralRules([language, "en"].filter(Boolean));
}

/**
 * Say something in the person's language: `t("annotations-n", {n: 3})`.
 * @param {string} key
 * @param {Record<string, string|number>} [values]
 * @returns {string}
 */
export function t(key, values = {}) {
  const entry = words[key] ?? key;
  const form = typeof entry === "string" ? entry : entry[plural.select(Number(values.n ?? 0))] ?? entry.other;
  return form.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}
