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
/** @typedef {Record<string, string>} KeyTable command by the key that is typed */
/** @typedef {{labels: {key: string, shortcut: string|null}[], keys?: KeyTable, singleKeys?: boolean, inField?: boolean, caret?: boolean}} Context */

/** The keys that a person may change: command → key. `annotations/workflow/shortcuts.py` has the same. @type {Record<string, string>} */
export const USUAL_KEYS = {
  passages: "s",
  "where-else": "h",
  zone: "z",
  "say-who": "y",
  cite: "b",
  "find-text": "q",
  ask: "!",
  "next-hit": ".",
  "previous-hit": ",",
  "filter-list": "c",
  "next-span": "n",
  "previous-span": "p",
  "next-paragraph": "j",
  "previous-paragraph": "k",
  "add-evidence": "e",
  "show-guidelines": "g",
  relate: "r",
  attributes: "f",
  lines: "l",
  "accept-suggestion": "a",
  "reject-suggestion": "x",
  undo: "u",
  caret: "v",
  help: "?",
  "find-label": "/",
  split: "t",
  merge: "m",
  include: "i",
  exclude: "d",
  others: "o",
  "snap-words": "w",
  "end-back": "[",
  "end-on": "]",
  "start-back": "{",
  "start-on": "}",
};

/**
 * Turn a person's keys round: which command does a typed key mean?
 * @param {Record<string, string>} [own] commands with keys that differ from the usual
 * @returns {KeyTable}
 */
export function tableOf(own = {}) {
  return Object.fromEntries(Object.entries(USUAL_KEYS).map(([command, key]) => [own[command] ?? key, command]));
}

const USUAL_TABLE = tableOf();
/** @type {Record<string, [number, number]>} */
const BRACKETS = { BracketLeft: [0, 2], BracketRight: [1, 3] };
const EDGES = ["end-back", "end-on", "start-back", "start-on"];

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
 * Tell which end a key moves. Where a layout has no brackets of its own, the keys at their place do it.
 * @param {Press} press
 * @param {KeyTable} keys
 * @returns {Command|null}
 */
function edgeKey(press, keys) {
  const typed = keys[press.key];
  const name = typed ?? Object.values(keys).find((command) => command === EDGES[BRACKETS[press.code]?.[press.shiftKey ? 1 : 0]]);
  if (!EDGES.includes(name ?? "")) return null;
  const [edge, way] = /** @type {string} */ (name).split("-");
  return { name: "move-edge", edge: edge === "start" ? "start" : "end", direction: way === "on" ? 1 : -1, words: !(press.altKey && !press.ctrlKey) };
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
  return toward ? { name: "move-caret", alter: press.shiftKey ? "extend" : "move", toward, by: by === "word" && press.altKey ? "character" : by } : null;
}

/**
 * Give the act that a key press asks for, or null when the browser should have it.
 * @param {Press} press
 * @param {Context} context
 * @returns {Command|null}
 */
export function commandOf(press, { labels, keys = USUAL_TABLE, singleKeys = true, inField = false, caret = false }) {
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
  const edge = edgeKey(press, keys);
  if (edge) return edge;
  if (press.altKey && !typesCharacter) return null;
  if (press.key === "Delete" || press.key === "Backspace") return { name: "withdraw" };
  if (press.key === "Enter") return { name: "open" };
  if (press.key === " ") return { name: "next-suggestion" };
  // A sign is what it types, wherever it lies: on a German keyboard "/" is Shift and 7, and must not be the label 7.
  const sign = /[\p{L}\p{N}]/u.test(press.key) ? "" : keys[press.key];
  if (sign) return { name: sign };
  const label = labelKey(press, labels);
  if (label) return label;
  const name = keys[press.shiftKey ? press.key : press.key.toLowerCase()];
  return name ? { name } : null;
}
