// @ts-check
/** When it is said who says a quotation: what the page must know before it fetches the rest. */

/** The key that says it. */
export const SAY_WHO = "y";
const NAMES = /^(?:quotation|quote|zitat)$/i;

/** Whether a label marks quotations, by its key or its name. @param {{key: string, name: string}} label */
export function isOfQuotations({ key, name }) {
  return NAMES.test(key) || NAMES.test(name);
}
