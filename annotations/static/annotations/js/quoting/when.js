// @ts-check
/** When it is said who says a quotation: what the page must know before it fetches the rest. */

const NAMES = /^(?:quotation|quote|zitat)$/i;

/** Whether a label, or the one above it, marks quotations by its key or its name. @param {{key: string, name: string, parent?: string|null}[]} labels @param {string} key */
export function marksQuotations(labels, key) {
  const label = labels.find((each) => each.key === key);
  const above = labels.find((each) => each.key === label?.parent);
  return [label, above].some((each) => each && (NAMES.test(each.key) || NAMES.test(each.name)));
}
