// @ts-check
/**
 * Says which act a key press means. Digits and brackets go by the physical key, so that every layout reaches
 * them; letters go by what they type. Pure: an event is only read.
 */

/**
 * @typedef {object} Press
 * @property {string} key
 * @property {string} code
 * @property {boolean} [ctrlKey]
 * @property {boolean} [metaKey]
 * @property {boolean} [altKey]
 * @property {boolean} [shiftKey]
 * @property {boolean} [isComposing]
 */
/**
 * @typedef {{name: string, label?: string, edge?: "start"|"end", direction?: 1|-1, words?: boolean,
 *   alter?: "move"|"extend", toward?: string, by?: string}} Command
 */
/** @typedef {{labels: {key: string, shortcut: string|null}[], singleKeys?: boolean, inField?: boolean, caret?: boolean}} Context */

/** @type {Record<string, string>} */
const LETTERS = {
  n: "next-span",
  p: "previous-span",
  j: "next-paragraph",
  k: "previous-paragraph",
  e: "add-evidence",
  g: "show-guidelines",
  u: "undo",
  v: "caret",
  a: "accept-suggestion",
  x: "reject-suggestion",
  " ": "next-suggestion",
  "?": "help",
  "/": "find-label",
};

/** @type {Record<string, [string, string]>} */
const CARET = {
  ArrowLeft: ["left", "word"],
  ArrowRight: ["right", "word"],
  ArrowUp: ["backward", "line"],
  ArrowDown: ["forward", "line"],
  Home: ["backward", "lineboundary"],
  End: ["forward", "lineboundary"],
  PageUp: ["backward", "paragraph"],
  PageDown: ["forward", "paragraph"],
};

/**
 * @param {Press} press
 * @returns {Command|null}
 */
function withControl(press) {
  const key = press.key.toLowerCase();
  if (key === "enter") return { name: "submit" };
  if (key === "z") return { name: press.shiftKey ? "redo" : "undo" };
  if (key === "y") return { name: "redo" };
  return null;
}

/**
 * @param {Press} press
 * @returns {Command|null}
 */
function bracket(press) {
  const opens = press.code === "BracketLeft" || press.key === "[" || press.key === "{";
  const closes = press.code === "BracketRight" || press.key === "]" || press.key === "}";
  if (!opens && !closes) return null;
  const onStart = press.key === "{" || press.key === "}" || (press.shiftKey && press.code.startsWith("Bracket"));
  return {
    name: "move-edge",
    edge: onStart ? "start" : "end",
    direction: closes ? 1 : -1,
    words: !(press.altKey && !press.ctrlKey),
  };
}

/**
 * @param {Press} press
 * @param {Context["labels"]} labels
 * @returns {Command|null}
 */
function labelKey(press, labels) {
  const digit = /^(?:Digit|Numpad)([0-9])$/.exec(press.code)?.[1];
  const letter = press.shiftKey && /^\p{L}$/u.test(press.key) ? press.key.toLowerCase() : null;
  const found = labels.find(({ shortcut }) => shortcut && (shortcut === digit || shortcut.toLowerCase() === letter));
  return found ? { name: "label", label: found.key } : null;
}

/**
 * @param {Press} press
 * @returns {Command|null}
 */
function caretKey(press) {
  const [toward, by] = CARET[press.key] ?? [];
  if (!toward) return null;
  const fine = by === "word" && press.altKey;
  return { name: "move-caret", alter: press.shiftKey ? "extend" : "move", toward, by: fine ? "character" : by };
}

/**
 * Give the act that a key press asks for, or null when the browser should have it.
 * @param {Press} press
 * @param {Context} context
 * @returns {Command|null}
 */
export function commandOf(press, { labels, singleKeys = true, inField = false, caret = false }) {
  if (press.isComposing) return null;
  if (press.key === "Escape") return { name: "escape" };
  const typesCharacter = press.ctrlKey && press.altKey; // AltGr on Windows
  if ((press.ctrlKey || press.metaKey) && !typesCharacter) {
    const command = withControl(press);
    return inField && command?.name !== "submit" ? null : command;
  }
  if (inField) return null;
  if (caret) {
    const moved = caretKey(press);
    if (moved) return moved;
  }
  if (!singleKeys) return null;
  const edge = bracket(press);
  if (edge) return edge;
  if (press.altKey && !typesCharacter) return null;
  if (press.key === "Delete" || press.key === "Backspace") return { name: "withdraw" };
  if (press.key === "Enter") return { name: "open" };
  const label = labelKey(press, labels);
  if (label) return label;
  const name = LETTERS[press.shiftKey ? press.key : press.key.toLowerCase()];
  return name ? { name } : null;
}
