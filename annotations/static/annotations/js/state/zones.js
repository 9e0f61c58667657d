// @ts-check
/** Where zones lie: which hold a place, which paragraphs one covers, what its lines are. Pure; offsets in UTF-16 units. */

/** @typedef {{key: string, kind: string, start: number, end: number}} Placed */
/** @typedef {{start: number, end: number}} Stretch */

/** The kinds that can be folded away. */
export const FOLDABLE = ["boilerplate", "caption"];
/** The kinds in the order in which they are offered. */
export const KINDS = ["headline", "byline", "date_line", "body", "caption", "excerpt", "citation_marker", "editors_insertion", "boilerplate"];

/**
 * Give the zones that hold a place, the innermost first.
 * @template {Placed} Z
 * @param {Z[]} zones
 * @param {number} offset
 */
export function zonesAt(zones, offset) {
  return zones.filter(({ start, end }) => start <= offset && offset < end).sort((a, b) => a.end - a.start - (b.end - b.start));
}

/**
 * Give the numbers of the paragraphs that a zone covers from their first to their last character; space does not count.
 * @param {string} text
 * @param {Stretch[]} blocks in text order
 * @param {Stretch} zone
 */
export function coveredBy(text, blocks, zone) {
  /** @type {number[]} */
  const found = [];
  for (const [n, { start, end }] of blocks.entries()) {
    if (start >= zone.end) break;
    if (end <= zone.start) continue;
    const inside = text.slice(start, end);
    const from = start + inside.length - inside.trimStart().length;
    if (inside.trim() && zone.start <= from && zone.end >= start + inside.trimEnd().length) found.push(n);
  }
  return found;
}

/** Widen a stretch to whole lines, without empty ones at its ends. @param {string} text @param {Stretch} stretch */
export function wholeLines(text, { start, end }) {
  let from = text.lastIndexOf("\n", start - 1) + 1;
  const next = text.indexOf("\n", Math.max(start, end - 1));
  let to = next < 0 ? text.length : next;
  while (from < to && text[from] === "\n") from++;
  while (to > from && text[to - 1] === "\n") to--;
  return { start: from, end: to };
}
