// @ts-check
/**
 * The article's text as the page shows it: its blocks, and the way between a place in the DOM and an offset
 * in UTF-16 units. Reads the DOM, never changes it.
 */
import { firstPlace } from "./text/first-place.js";
import { OffsetMap } from "./text/offsets.js";

/** @typedef {import("./types.js").PageData} PageData */
/** @typedef {{n: number, start: number, end: number, el: HTMLElement}} TextBlock offsets in UTF-16 units */

export class PageText {
  /**
   * @param {HTMLElement} article
   * @param {Pick<PageData, "lead"|"gaps"|"version">} data
   */
  constructor(article, { lead, gaps, version }) {
    this.article = article;
    const paragraphs = /** @type {NodeListOf<HTMLElement>} */ (article.querySelectorAll("p[data-b]"));
    /** @type {TextBlock[]} */
    this.blocks = [];
    /** @type {Map<Element, TextBlock>} */
    this.byElement = new Map();
    let text = lead ?? "";
    paragraphs.forEach((el, n) => {
      if (el.firstChild !== el.lastChild) el.normalize();
      const own = el.textContent ?? "";
      const block = { n, start: text.length, end: text.length + own.length, el };
      this.blocks.push(block);
      this.byElement.set(el, block);
      const isLast = n === paragraphs.length - 1;
      text += own + (gaps?.[el.getAttribute("data-b") ?? ""] ?? (isLast ? "" : "\n\n"));
    });
    // A last gap of the usual kind is not sent either: the length tells.
    if (new OffsetMap(text).length === version.length - 2) text += "\n\n";
    this.text = text;
    this.map = new OffsetMap(text);
    this.length = version.length;
  }

  /** Tell whether the page shows the very text that the offsets count in. @param {string} sha256 in hex */
  async isTrue(sha256) {
    if (this.map.length !== this.length) return false;
    if (!crypto.subtle) return true;
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(this.text));
    return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("") === sha256;
  }

  /**
   * Give the offset of a place in the DOM, or null outside the article's text.
   * @param {Node} node
   * @param {number} offset
   * @returns {number|null}
   */
  offsetOf(node, offset) {
    const element = node.nodeType === Node.TEXT_NODE ? node.parentElement : /** @type {Element} */ (node);
    const paragraph = element?.closest("p[data-b]");
    const block = paragraph && this.byElement.get(paragraph);
    if (!block) return this.#between(node, offset);
    if (node === block.el.firstChild && node.nodeType === Node.TEXT_NODE) return block.start + offset;
    const range = document.createRange();
    range.setStart(block.el, 0);
    range.setEnd(node, offset);
    return block.start + range.toString().length;
  }

  /** @param {Node} node @param {number} offset */
  #between(node, offset) {
    if (!this.article.contains(node)) return null;
    const place = document.createRange();
    place.setStart(node, offset);
    const follows = (/** @type {TextBlock} */ { el }) => place.comparePoint(el, 0) >= 0;
    return this.blocks.find(follows)?.start ?? this.text.length;
  }

  /**
   * Find the text node and place for an offset.
   * @param {number} offset
   * @param {TextBlock} block
   * @returns {[Node, number]}
   */
  pointIn(block, offset) {
    let rest = Math.max(0, Math.min(offset, block.end) - block.start);
    const first = block.el.firstChild;
    if (first?.nodeType === Node.TEXT_NODE && first.nextSibling === null) return [first, rest];
    const walker = document.createTreeWalker(block.el, NodeFilter.SHOW_TEXT);
    let node = /** @type {Text|null} */ (walker.nextNode());
    let last = node;
    while (node && rest > node.length) {
      rest -= node.length;
      last = node;
      node = /** @type {Text|null} */ (walker.nextNode());
    }
    if (node) return [node, rest];
    return last ? [last, last.length] : [block.el, 0];
  }

  /** @param {number} offset */
  blockAt(offset) {
    return this.blocks[Math.max(0, firstPlace(this.blocks, ({ start }) => start <= offset) - 1)];
  }

  /**
   * Give a live range for measuring and selecting.
   * @param {number} start
   * @param {number} end
   */
  rangeOf(start, end) {
    const range = document.createRange();
    range.setStart(...this.pointIn(this.blockAt(start), start));
    range.setEnd(...this.pointIn(this.blockAt(Math.max(start, end - 1)), end));
    return range;
  }

  /** Bring a span into view unless it can be read there already. @param {number} start @param {number} end */
  reveal(start, end) {
    const block = this.blockAt(start);
    if (!block) return;
    const isSeen = () => {
      const { top, bottom } = this.rangeOf(start, Math.min(end, start + 200)).getBoundingClientRect();
      return top > 90 && Math.min(bottom, top + 40) < innerHeight * (innerWidth < 900 ? 0.4 : 0.85);
    };
    const near = block.el.getBoundingClientRect();
    if (near.bottom > 0 && near.top < innerHeight && isSeen()) return;
    block.el.scrollIntoView({ block: "nearest" });
    const rect = this.rangeOf(start, Math.min(end, start + 1)).getBoundingClientRect();
    scrollBy({ top: rect.top - innerHeight * (innerWidth < 900 ? 0.2 : 0.33) });
  }
}
