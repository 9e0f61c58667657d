// @ts-check
/**
 * Decides how the spans of one block are drawn: as tints with underlines in lanes, or, where they crowd,
 * flattened into stretches that do not overlap. Pure; offsets in UTF-16 units.
 */
/** @typedef {import("../types.js").Mark} Mark */
/** @typedef {import("../types.js").Block} Block */
/**
 * @typedef {object} Stroke one thing to draw on one stretch
 * @property {string} name name of the highlight
 * @property {"bg"|"ln"|"sign"} part
 * @property {string} [label]
 * @property {number} [lane]
 * @property {number} start
 * @property {number} end
 */

export const MOST_LANES = 4;
const MOST_DEPTH = 3;
const MOST_SPANS = 40;

/**
 * Compare for reading order: earlier first, and the wider of two that begin together.
 * @param {Mark} a
 * @param {Mark} b
 */
export function inReadingOrder(a, b) {
  return a.start - b.start || b.end - a.end || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);
}

/**
 * Compare for "which one is meant here": the shortest, then the one that begins last.
 * @param {Mark} a
 * @param {Mark} b
 */
export function innermostFirst(a, b) {
  return a.end - a.start - (b.end - b.start) || b.start - a.start || (a.key < b.key ? -1 : 1);
}

/**
 * Give each span the lowest free lane, and the greatest depth found.
 * @param {Mark[]} marks in reading order
 */
export function lanesOf(marks) {
  /** @type {number[]} */
  const ends = [];
  /** @type {Map<string, number>} */
  const lanes = new Map();
  for (const mark of marks) {
    let lane = ends.findIndex((end) => end <= mark.start);
    if (lane < 0) lane = ends.length;
    ends[lane] = mark.end;
    lanes.set(mark.key, lane);
  }
  return { lanes, depth: ends.length };
}

/**
 * Cut overlapping spans into stretches that do not overlap, each with the spans that cover it, innermost first.
 * @template {Mark} T
 * @param {T[]} marks
 * @returns {{start: number, end: number, marks: T[]}[]}
 */
export function flatten(marks) {
  /** @type {Map<number, {open: T[], close: T[]}>} */
  const edges = new Map();
  const edge = (/** @type {number} */ at) => {
    let found = edges.get(at);
    if (!found) edges.set(at, (found = { open: [], close: [] }));
    return found;
  };
  for (const mark of marks) {
    if (mark.end <= mark.start) continue;
    edge(mark.start).open.push(mark);
    edge(mark.end).close.push(mark);
  }
  const places = [...edges.keys()].sort((a, b) => a - b);
  /** @type {Set<T>} */
  const active = new Set();
  const segments = [];
  for (let i = 0; i < places.length; i++) {
    const { open, close } = edge(places[i]);
    for (const mark of close) active.delete(mark);
    for (const mark of open) active.add(mark);
    if (active.size) {
      segments.push({ start: places[i], end: places[i + 1], marks: [...active].sort(innermostFirst) });
    }
  }
  return segments;
}

/**
 * Say whether a block is drawn flattened.
 * @param {Mark[]} marks in reading order
 */
export function isCrowded(marks) {
  return marks.length > MOST_SPANS || lanesOf(marks).depth > MOST_DEPTH;
}

/** @template {{start: number, end: number}} T @param {T} mark @param {Block} block @returns {T} */
function clipped(mark, block) {
  return { ...mark, start: Math.max(mark.start, block.start), end: Math.min(mark.end, block.end) };
}

/** List the stretches of a span that its words stand in. @param {Mark} mark @returns {Mark[]} */
export function piecesOf(mark) {
  return mark.parts?.map((part) => ({ ...mark, ...part, parts: undefined })) ?? [mark];
}

/**
 * List what to draw for the spans of one block.
 * @param {Mark[]} marks those that touch the block, in reading order
 * @param {Block} block
 * @returns {Stroke[]}
 */
export function strokesOf(marks, block) {
  const inside = marks.map((mark) => clipped(mark, block)).sort(inReadingOrder);
  const { lanes, depth } = lanesOf(inside);
  const pieces = inside.flatMap(piecesOf).map((piece) => clipped(piece, block)).filter(({ start, end }) => start < end);
  /** @type {Stroke[]} */
  const strokes = [];
  const add = (
    /** @type {"bg"|"ln"} */ part,
    /** @type {Mark} */ { label },
    /** @type {{start: number, end: number}} */ { start, end },
    lane = 0,
  ) => {
    const name = part === "bg" ? `cw-bg-${label}` : `cw-ln-${label}-${lane}`;
    strokes.push({ name, part, label, lane, start, end });
  };
  if (depth <= MOST_DEPTH && inside.length <= MOST_SPANS) {
    for (const mark of pieces) {
      add("bg", mark, mark);
      add("ln", mark, mark, Math.min(lanes.get(mark.key) ?? 0, MOST_LANES - 1));
    }
  } else {
    for (const segment of flatten(pieces)) {
      add("bg", segment.marks[0], segment);
      add("ln", segment.marks[0], segment);
      if (segment.marks.length > 1) {
        strokes.push({ name: "cw-more", part: "sign", start: segment.start, end: segment.end });
      }
    }
  }
  for (const mark of inside) {
    if (mark.parts) strokes.push({ name: "cw-gap", part: "sign", start: mark.start, end: mark.end });
    if (mark.other) strokes.push({ name: "cw-other", part: "sign", start: mark.start, end: mark.end });
  }
  return strokes;
}
