// @ts-check
/** Where the person is: the selected annotation, the paragraph, the caret; and how to go on from there. */
import { t } from "../messages.js";
import { shortened } from "../text/shortened.js";

/** @typedef {import("./desk.js").Desk} Desk */
/** @typedef {import("../types.js").Mark} Mark */

const SHOWN_FOR = 2500;

export class Walk {
  /** @type {string|null} key of the selected annotation */
  current = null;
  /** Where the person is in the text, for going on from there. */
  offset = 0;

  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
  }

  /** Give the selected annotation's place. */
  get mark() {
    return this.current ? this.desk.spans.get(this.current) : undefined;
  }

  /**
   * Select an annotation, or none.
   * @param {string|null} key
   * @param {{reveals?: boolean, opens?: boolean, says?: boolean}} [how]
   */
  select(key, { reveals = false, opens = false, says = true } = {}) {
    const { desk } = this;
    const mark = key ? desk.spans.get(key) : undefined;
    this.current = mark?.key ?? null;
    desk.painter.mark("cw-cur", mark ?? null);
    if (mark) {
      this.offset = mark.start;
      if (opens) desk.side.show("span", true);
      if (reveals || (opens && desk.isNarrow)) desk.page.reveal(mark.start, mark.end);
      if (says) this.#say(mark);
    }
    desk.drawing.all();
  }

  /** @param {Mark} mark */
  #say(mark) {
    const { desk } = this;
    const item = desk.work.get("annotation", mark.key);
    if (!item) return;
    const order = desk.listing?.orderWith(mark) ?? desk.spans.ordered();
    const over = desk.spans.at(mark.start).filter(({ key }) => key !== mark.key);
    const labels = [...new Set(over.map(({ key }) => desk.labelName(desk.work.get("annotation", key)?.label ?? "")))].join(", ");
    const said = t("span-said", { label: desk.labelName(item.label), quote: shortened(item.quote), n: order.indexOf(mark) + 1, all: order.length });
    const by = item.is_mine ? "" : `${t("by", { name: item.annotator ?? t("someone") })}.`;
    desk.voice.say([said, by, labels && t("overlaps", { labels })].filter(Boolean).join(" "));
  }

  /** @param {1|-1} direction */
  step(direction) {
    const { spans, listing, voice } = this.desk;
    const mark = spans.neighbour({ key: this.current, offset: this.offset }, direction, listing?.order);
    if (mark) this.select(mark.key, { reveals: true });
    else voice.say(t(spans.size ? "none-match" : "none-yet"));
  }

  /** @param {1|-1} direction */
  stepParagraph(direction) {
    const { page, caret, root, spans, voice } = this.desk;
    if (!page.blocks.length) return;
    const here = page.blockAt(this.offset);
    const isThere = here.el.hasAttribute("data-here");
    const n = isThere ? Math.min(page.blocks.length - 1, Math.max(0, here.n + direction)) : here.n;
    const block = page.blocks[n];
    this.select(null, { says: false });
    this.offset = block.start;
    for (const old of root.querySelectorAll("[data-here]")) old.removeAttribute("data-here");
    block.el.setAttribute("data-here", "");
    page.reveal(block.start, block.end);
    if (caret.isOn) caret.start(block.start);
    const marks = spans.inBlock(n).length;
    const said = [t("paragraph-said", { n: n + 1, all: page.blocks.length }), marks && t("annotations-n", { n: marks }), page.text.slice(block.start, block.start + 80)];
    voice.say(said.filter(Boolean).join(" "));
  }

  /** Show a place of the text for a moment. @param {number} start @param {number} end */
  goTo(start, end) {
    const { side, page, painter } = this.desk;
    side.close();
    this.offset = start;
    page.reveal(start, end);
    painter.mark("cw-word", { start, end });
    setTimeout(() => painter.mark("cw-word", null), SHOWN_FOR);
  }

  toggleCaret() {
    const { caret, page, voice, article } = this.desk;
    if (!page.blocks.length) return;
    if (caret.isOn) {
      caret.stop();
      voice.say(t("caret-off"));
    } else {
      this.desk.focusText();
      caret.start(this.#caretStart());
      voice.say(t("caret-on"));
    }
    article.classList.toggle("has-caret", caret.isOn);
  }

  /** Begin at the selected span, else where the person was, else at the first paragraph in view. */
  #caretStart() {
    if (this.mark) return this.mark.start;
    const isSeen = (/** @type {HTMLElement} */ el) => {
      const { top, bottom } = el.getBoundingClientRect();
      return bottom > 80 && top < innerHeight;
    };
    const { page } = this.desk;
    const here = page.blockAt(this.offset);
    if (isSeen(here.el)) return Math.max(here.start, Math.min(this.offset, here.end - 1));
    return (page.blocks.find(({ el }) => isSeen(el)) ?? page.blocks[0]).start;
  }
}
