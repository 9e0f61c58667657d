// @ts-check
/** Keeps a source link that is being written in this tab until it is saved, and knows the signs of its stances. */

/** @typedef {{url: string, title: string, stance: string, quote: string, note: string}} EvidenceFields */

/** @type {Record<string, string>} */
export const STANCE_SIGNS = { supports: "✓", refutes: "✕", neutral: "?" };

/** @param {string} name */
const draftName = (name) => `cw-draft-${name}`;

/** @param {string} name @returns {EvidenceFields|null} */
export function draftOf(name) {
  try {
    return JSON.parse(sessionStorage.getItem(draftName(name)) ?? "null");
  } catch {
    return null;
  }
}

/** @param {string} name @param {EvidenceFields|null} fields */
export function keepDraft(name, fields) {
  try {
    if (fields) sessionStorage.setItem(draftName(name), JSON.stringify(fields));
    else sessionStorage.removeItem(draftName(name));
  } catch {
    // No storage: the draft lives as long as the form.
  }
}
