// @ts-check
/** Finds the character under a point, by the browser's caret and the glyph's own box. */

/** @typedef {import("./page-text.js").PageText} PageText */

const LANES_BELOW = 14;

/** @param {number} x @param {number} y @returns {{node: Node, offset: number}|null} */
export function caretAt(x, y) {
  if (document.caretPositionFromPoint) {
    const found = document.caretPositionFromPoint(x, y);
    return found && { node: found.offsetNode, offset: found.offset };
  }
  const found = document.caretRangeFromPoint?.(x, y);
  return found ? { node: found.startContainer, offset: found.startOffset } : null;
}

/** @param {Range} range @param {number} x @param {number} y */
function holds(range, x, y) {
  for (const box of range.getClientRects()) {
    if (x >= box.left && x <= box.right && y >= box.top - 2 && y <= box.bottom + LANES_BELOW) return true;
  }
  return false;
}

/**
 * Give the offset of the character at a point, or null where there is none: the caret alone would name the
 * nearest one, even from the margin.
 * @param {PageText} page
 * @param {number} x
 * @param {number} y
 * @returns {number|null}
 */
export function characterAt(page, x, y) {
  const caret = caretAt(x, y);
  if (!caret || !page.article.contains(caret.node)) return null;
  const offset = page.offsetOf(caret.node, caret.offset);
  if (offset === null) return null;
  const block = page.blockAt(offset);
  for (const place of [offset - 1, offset]) {
    if (place < block.start || place >= block.end) continue;
    if (holds(page.rangeOf(place, place + 1), x, y)) return place;
  }
  return null;
}
