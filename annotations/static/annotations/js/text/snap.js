// @ts-check
/**
 * Moves the ends of a span to places where people mean them to be: never inside what is seen as one character,
 * by default not inside a word, without white space at the edges. Offsets in UTF-16 units.
 */

const WINDOW = 1000;

/** @type {Map<string, Intl.Segmenter>} */
const segmenters = new Map();

/**
 * @param {"grapheme"|"word"} granularity
 * @param {string} locale
 */
function segmenter(granularity, locale) {
  const name = `${granularity} ${locale}`;
  let found = segmenters.get(name);
  if (!found) {
    try {
      found = new Intl.Segmenter(locale || undefined, { granularity });
    } catch {
      found = new Intl.Segmenter(undefined, { granularity });
    }
    segmenters.set(name, found);
  }
  return found;
}

/**
 * Give the stretch of text that is enough to judge what stands around an offset.
 * It begins and ends at a line end where one is near, else at a space, so that no cluster is cut.
 * @param {string} text
 * @param {number} offset
 */
function windowAround(text, offset) {
  let from = text.lastIndexOf("\n", offset - 1) + 1;
  if (offset - from > WINDOW) {
    const space = text.lastIndexOf(" ", offset - WINDOW);
    from = space > from ? space : from;
  }
  let to = text.indexOf("\n", offset);
  if (to < 0) to = text.length;
  if (to - offset > WINDOW) {
    const space = text.indexOf(" ", offset + WINDOW);
    to = space >= 0 && space < to ? space : to;
  }
  return { from, to };
}

/**
 * Find the segment that holds an offset strictly inside it, or null where the offset is already an edge.
 * @param {string} text
 * @param {number} offset
 * @param {"grapheme"|"word"} granularity
 * @param {string} locale
 */
function segmentSplitBy(text, offset, granularity, locale) {
  if (offset <= 0 || offset >= text.length) return null;
  const { from, to } = windowAround(text, offset);
  if (offset <= from || offset >= to) return null;
  const segment = segmenter(granularity, locale).segment(text.slice(from, to)).containing(offset - from);
  if (!segment || segment.index === offset - from) return null;
  if (granularity === "word" && !segment.isWordLike) return null;
  return { start: from + segment.index, end: from + segment.index + segment.segment.length };
}

/** @param {string} text @param {number} start @param {number} end */
export function trim(text, start, end) {
  const inner = text.slice(start, end);
  const left = inner.length - inner.trimStart().length;
  const right = inner.length - inner.trimEnd().length;
  return left + right >= inner.length ? null : { start: start + left, end: end - right };
}

/**
 * Give the span that a selection means, or null when it holds no text.
 * @param {string} text
 * @param {number} start
 * @param {number} end
 * @param {{words?: boolean, locale?: string}} [options] words: widen to whole words (the default)
 * @returns {{start: number, end: number}|null}
 */
export function snap(text, start, end, { words = true, locale = "" } = {}) {
  const bounded = trim(text, Math.max(0, start), Math.min(text.length, end));
  if (!bounded) return null;
  // A caret that goes from word end to word end takes the comma before the first word along.
  const stray = words ? /^[,;:.!?…،؛。、]+\s+(?=\S)/u.exec(text.slice(bounded.start, bounded.end)) : null;
  if (stray) bounded.start += stray[0].length;
  /** @type {("grapheme"|"word")[]} */
  const granularities = words ? ["grapheme", "word"] : ["grapheme"];
  for (const granularity of granularities) {
    bounded.start = segmentSplitBy(text, bounded.start, granularity, locale)?.start ?? bounded.start;
    bounded.end = segmentSplitBy(text, bounded.end, granularity, locale)?.end ?? bounded.end;
  }
  return bounded;
}

/**
 * Give the next edge after an offset (or before it), by word or by visible character.
 * @param {string} text
 * @param {number} offset
 * @param {1|-1} direction
 * @param {"start"|"end"} edge a span's end stops after words, its start before them
 * @param {{words?: boolean, locale?: string}} [options]
 */
export function nextEdge(text, offset, direction, edge, { words = true, locale = "" } = {}) {
  let from = offset;
  let to = offset;
  for (;;) {
    if (direction > 0 ? to >= text.length : from <= 0) return direction > 0 ? text.length : 0;
    if (direction > 0) to = windowAround(text, to + 1).to;
    else from = windowAround(text, from - 1).from;
    const places = [...segmenter(words ? "word" : "grapheme", locale).segment(text.slice(from, to))]
      .filter((part) => !words || part.isWordLike)
      .map((part) => from + part.index + (edge === "end" ? part.segment.length : 0));
    const found = direction > 0 ? places.find((place) => place > offset) : places.findLast((place) => place < offset);
    if (found !== undefined) return found;
  }
}
