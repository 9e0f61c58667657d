// @ts-check
/**
 * Caret mode: a visible caret that moves through the article by keys, so that a span can be selected without a
 * mouse. Movement is the browser's own, which knows lines and the direction of writing.
 */

/** @typedef {import("./page-text.js").PageText} PageText */

export class Caret {
  /** @param {PageText} page @param {HTMLElement} element the drawn caret, position: absolute in the article */
  constructor(page, element) {
    this.page = page;
    this.element = element;
    this.isOn = false;
  }

  /** Show the caret at an offset. @param {number} offset */
  start(offset) {
    this.isOn = true;
    this.page.reveal(offset, offset + 1);
    const [node, place] = this.page.pointIn(this.page.blockAt(offset), offset);
    getSelection()?.collapse(node, place);
    this.draw();
  }

  stop() {
    this.isOn = false;
    this.element.hidden = true;
  }

  /**
   * @param {"move"|"extend"} alter
   * @param {string} toward
   * @param {string} by
   */
  move(alter, toward, by) {
    const selection = getSelection();
    if (!selection?.focusNode) return;
    const { anchorNode, anchorOffset, focusNode, focusOffset } = selection;
    selection.modify(alter, /** @type {any} */ (toward), /** @type {any} */ (by));
    const isInside = selection.focusNode && this.page.offsetOf(selection.focusNode, selection.focusOffset) !== null;
    if (!isInside && anchorNode) selection.setBaseAndExtent(anchorNode, anchorOffset, focusNode, focusOffset);
    this.draw();
    this.element.scrollIntoView({ block: "nearest" });
  }

  /** Give the offset where the caret stands. */
  offset() {
    const selection = getSelection();
    return selection?.focusNode ? this.page.offsetOf(selection.focusNode, selection.focusOffset) : null;
  }

  draw() {
    const offset = this.offset();
    this.element.hidden = !this.isOn || offset === null;
    if (this.element.hidden || offset === null) return;
    const block = this.page.blockAt(offset);
    const isAtEnd = offset >= block.end;
    const start = isAtEnd ? Math.max(block.start, block.end - 1) : offset;
    const boxes = this.page.rangeOf(start, Math.min(start + 1, block.end)).getClientRects();
    const box = boxes[boxes.length - 1];
    if (!box) return;
    const frame = this.page.article.getBoundingClientRect();
    const isLeftward = getComputedStyle(block.el).direction === "rtl";
    const x = isAtEnd !== isLeftward ? box.right : box.left;
    this.element.style.transform = `translate(${x - frame.left - 1}px, ${box.top - frame.top}px)`;
    this.element.style.height = `${box.height}px`;
  }
}
