// @ts-check
/**
 * Draws spans with the CSS Custom Highlight API, for blocks near the viewport only. The text's DOM stays as it
 * is. Names in the registry begin with `cw-`; rules for labels come in the project's own stylesheet.
 */
/** @typedef {import("../page-text.js").PageText} PageText */
/** @typedef {import("../state/segments.js").Stroke} Stroke */
/** @typedef {(n: number) => Stroke[]} Plan what to draw in a block */

/** @type {Record<string, number>} */
const PRIORITY = { bg: 0, sign: 1, ln: 2, mark: 10 };

export class HighlightPainter {
  static get isPossible() {
    return "highlights" in CSS && typeof Highlight === "function";
  }

  /** @param {PageText} page @param {Plan} plan */
  constructor(page, plan) {
    this.page = page;
    this.plan = plan;
    /** @type {Map<number, [Highlight, AbstractRange][]>} */
    this.shown = new Map();
  }

  /** @param {string} name @param {number} priority */
  #highlight(name, priority) {
    let found = CSS.highlights.get(name);
    if (!found) {
      found = new Highlight();
      found.priority = priority;
      CSS.highlights.set(name, found);
    }
    return found;
  }

  /** @param {number} n */
  show(n) {
    if (this.shown.has(n)) return;
    const block = this.page.blocks[n];
    /** @type {[Highlight, AbstractRange][]} */
    const drawn = [];
    for (const stroke of this.plan(n)) {
      const [startContainer, startOffset] = this.page.pointIn(block, stroke.start);
      const [endContainer, endOffset] = this.page.pointIn(block, stroke.end);
      const range = new StaticRange({ startContainer, startOffset, endContainer, endOffset });
      const highlight = this.#highlight(stroke.name, PRIORITY[stroke.part] + (stroke.lane ?? 0) / 10);
      highlight.add(range);
      drawn.push([highlight, range]);
    }
    this.shown.set(n, drawn);
  }

  /** @param {number} n */
  hide(n) {
    for (const [highlight, range] of this.shown.get(n) ?? []) highlight.delete(range);
    this.shown.delete(n);
  }

  /** @param {number} n */
  repaint(n) {
    if (!this.shown.has(n)) return;
    this.hide(n);
    this.show(n);
  }

  /**
   * Draw one passing mark (the selected span, the one under the pointer), or take it away.
   * @param {"cw-cur"|"cw-hov"|"cw-sel"|"cw-word"|"cw-found"|"cw-chosen"} name
   * @param {{start: number, end: number, parts?: {start: number, end: number}[]}|null} span
   */
  mark(name, span) {
    const highlight = this.#highlight(name, PRIORITY.mark);
    highlight.clear();
    if (!span) return;
    for (const { start, end } of span.parts ?? [span]) highlight.add(new StaticRange(this.page.rangeOf(start, end)));
  }
}
