// @ts-check
/**
 * Reads what a person selected in the article, as a span in UTF-16 units. Never uses the selection's own text,
 * which differs from ours at line ends.
 */
import { snap } from "./text/snap.js";

/** @typedef {import("./page-text.js").PageText} PageText */

export class Selecting {
  /**
   * @param {PageText} page
   * @param {string} locale
   */
  constructor(page, locale) {
    this.page = page;
    this.locale = locale;
    this.isExact = false;
    /** Whether a selection widens to whole words; Alt turns it round for once. */
    this.snapsToWords = true;
  }

  /** Give the raw ends of the selection, clipped to the article, or null. */
  #raw() {
    const selection = getSelection();
    if (!selection || selection.isCollapsed || !selection.rangeCount) return null;
    const range = selection.getRangeAt(0);
    const { article } = this.page;
    if (!range.intersectsNode(article)) return null;
    const start = article.contains(range.startContainer) ? this.page.offsetOf(range.startContainer, range.startOffset) : 0;
    const end = article.contains(range.endContainer)
      ? this.page.offsetOf(range.endContainer, range.endOffset)
      : this.page.text.length;
    return start === null || end === null || end <= start ? null : { start, end };
  }

  /** Give the span that the selection means, or null. */
  span() {
    const raw = this.#raw();
    return raw && snap(this.page.text, raw.start, raw.end, { words: this.snapsToWords !== this.isExact, locale: this.locale });
  }

  clear() {
    getSelection()?.removeAllRanges();
  }
}
