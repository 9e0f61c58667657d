// @ts-check
/**
 * What becomes of spans that are cut, joined, extended by further words or freed of some, and where the same words
 * stand again. Pure; offsets in UTF-16 units. A span is a list of pieces in text order that do not overlap.
 */
import { snap, trim } from "../text/snap.js";

/** @typedef {{start: number, end: number}} Piece */

/** Put pieces in order and join those that overlap, touch or have nothing but space between them. @param {string} text @param {Piece[]} pieces */
export function joined(text, pieces) {
  /** @type {Piece[]} */
  const found = [];
  for (const { start, end } of [...pieces].sort((a, b) => a.start - b.start || a.end - b.end)) {
    const last = found.at(-1);
    if (last && (start <= last.end || !text.slice(last.end, start).trim())) last.end = Math.max(last.end, end);
    else found.push({ start, end });
  }
  return found;
}

/** Take words out of a span; nothing is left when they were all of it. @param {string} text @param {Piece[]} pieces @param {Piece} out */
export function without(text, pieces, out) {
  const rest = pieces.flatMap(({ start, end }) => [{ start, end: Math.min(end, out.start) }, { start: Math.max(start, out.end), end }]);
  return rest.flatMap(({ start, end }) => (start < end ? trim(text, start, end) ?? [] : []));
}

/**
 * Cut a span at places into several, each a list of pieces.
 * @param {string} text
 * @param {Piece[]} pieces
 * @param {number[]} places
 */
export function cut(text, pieces, places) {
  const edges = [pieces[0].start, ...new Set([...places].sort((a, b) => a - b)), pieces[pieces.length - 1].end];
  return edges.slice(1).flatMap((end, n) => {
    const start = edges[n];
    const inside = pieces.map((piece) => ({ start: Math.max(piece.start, start), end: Math.min(piece.end, end) }));
    const found = inside.flatMap((piece) => (piece.start < piece.end ? trim(text, piece.start, piece.end) ?? [] : []));
    return found.length ? [found] : [];
  });
}

/** Tell whether two spans overlap, or have nothing between them but space and punctuation. @param {string} text @param {Piece} one @param {Piece} other */
export function areNeighbours(text, one, other) {
  const [first, second] = one.start <= other.start ? [one, other] : [other, one];
  return second.start <= first.end || !/[\p{L}\p{N}\p{S}]/u.test(text.slice(first.end, second.start));
}

/**
 * Find where the words of a span stand in the text, itself included.
 * @param {string} text
 * @param {string} words
 * @param {{whole?: boolean, locale?: string, most?: number}} [options] whole: not within a longer word (the default)
 */
export function placesOf(text, words, { whole = true, locale = "", most = 1000 } = {}) {
  /** @type {Piece[]} */
  const found = [];
  if (!words) return found;
  for (let start = text.indexOf(words); start >= 0 && found.length < most; start = text.indexOf(words, start + words.length)) {
    const end = start + words.length;
    const snapped = snap(text, start, end, { words: whole, locale });
    if (snapped?.start === start && snapped.end === end) found.push({ start, end });
  }
  return found;
}
