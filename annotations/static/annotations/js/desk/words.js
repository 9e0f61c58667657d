// @ts-check
/** What words are selected in the text, how that is shown, and the label that every selection gets at once, if any. */
import { isField, placeAt } from "../dom.js";
import { t } from "../messages.js";
import { Selecting } from "../selection.js";
import { shortened } from "../text/shortened.js";

/** @typedef {import("./desk.js").Desk} Desk */
/** @typedef {{start: number, end: number}} Span */

const PAUSE_AFTER_SELECTING = 250;

/** @param {Span|null|undefined} one @param {Span|null|undefined} other */
const isThere = (one, other) => one && one.start === other?.start && one.end === other.end;

export class Words {
  /** @type {Span|null} what is selected in the text, in UTF-16 units */
  span = null;
  /** @type {string|null} label that every selection gets at once */
  armed = null;
  isPointerDown = false;
  /** The labels under a selection; what it can do is fetched with the first selection. */
  popup = /** @type {import("../elements/label-popup.js").LabelPopup} */ (document.createElement("label-popup"));
  #timer = 0;

  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.popup.hidden = true;
    this.selecting = new Selecting(desk.page, desk.locale);
  }

  pointerDown() {
    this.isPointerDown = true;
    this.popup.hidden = true;
  }

  /** @param {PointerEvent} event */
  pointerUp(event) {
    if (!this.isPointerDown) return;
    this.isPointerDown = false;
    this.selecting.isExact = event.altKey;
    // The browser ends the selection after this event.
    if (event.pointerType === "mouse") setTimeout(() => this.take(true), 0);
  }

  changed() {
    clearTimeout(this.#timer);
    if (this.desk.caret.isOn) this.desk.caret.draw();
    if (isField(document.activeElement)) return;
    this.#show(this.selecting.span());
    if (!this.isPointerDown) this.#timer = window.setTimeout(() => this.take(false), PAUSE_AFTER_SELECTING);
  }

  /** Take in what is selected now. @param {boolean} byMouse */
  take(byMouse) {
    const { selecting, popup, desk } = this;
    const span = selecting.span();
    const isSame = isThere(span, this.span);
    if (!span && !this.span) return;
    this.span = span;
    if (!byMouse) selecting.isExact = false;
    this.#show(span);
    if (!span || !desk.isEditable) {
      popup.hidden = true;
      return;
    }
    desk.walk.offset = span.start;
    if (this.armed && byMouse) {
      desk.deeds.label(this.armed);
      return;
    }
    if (!isSame) desk.voice.say(t("selected", { quote: shortened(desk.page.text.slice(span.start, span.end)) }));
    if (!desk.isNarrow) this.#showPopup(span);
  }

  /** @param {Span} span */
  async #showPopup(span) {
    if (!customElements.get("label-popup")) await import("../elements/label-popup.js").catch(() => {});
    if (!isThere(this.span, span) || !customElements.get("label-popup")) return;
    this.popup.labels = this.desk.data.labels;
    this.popup.show(this.#place(span), this.#movable(span), this.#addable(span));
  }

  /** @param {Span} span */
  #place({ start, end }) {
    return this.desk.page.rangeOf(start, end).getBoundingClientRect();
  }

  /** Show which words a selection means: ours covers whole words, so the browser's own is not drawn. @param {Span|null} span */
  #show(span) {
    const shows = this.desk.isEditable && span !== null;
    this.desk.painter.mark("cw-sel", shows ? span : null);
    this.desk.root.toggleAttribute("data-selecting", shows);
  }

  /** Name the selected annotation's label when the selection could be its new place. @param {Span} span */
  #movable(span) {
    const mark = this.desk.walk.mark;
    const touches = mark && !mark.other && mark.start < span.end && mark.end > span.start;
    return touches && !isThere(mark, span) ? this.desk.labelName(mark.label) : null;
  }

  /** Name the selected annotation's label when it could take in these words too. @param {Span} span */
  #addable(span) {
    const mark = this.desk.walk.mark;
    const holds = mark && !mark.parts && mark.start <= span.start && mark.end >= span.end;
    return mark && !mark.other && !holds ? this.desk.labelName(mark.label) : null;
  }

  scrolled() {
    if (this.popup.hidden || !this.span) return;
    const rect = this.#place(this.span);
    if (rect.bottom < 60 || rect.top > innerHeight) this.popup.hidden = true;
    else placeAt(this.popup, rect);
  }

  /** Be done with the selection; a caret stays where it is. */
  end() {
    const { desk, popup } = this;
    this.span = null;
    this.#show(null);
    popup.hidden = true;
    const offset = desk.caret.isOn ? desk.caret.offset() : null;
    if (popup.contains(document.activeElement)) desk.focusText();
    this.selecting.clear();
    if (offset !== null) desk.caret.start(offset);
  }

  /** Select the sentence that was clicked three times, where the browser took the paragraph. @param {number|null} offset */
  async takeSentence(offset) {
    this.selecting.clear();
    if (offset !== null) (await import("./sentence.js")).takeSentence(this.desk, offset);
  }

  clear() {
    this.selecting.clear();
    this.take(false);
    this.desk.voice.say(t("selection-cleared"));
  }

  /** @param {string|null} label */
  arm(label) {
    this.armed = label;
    this.desk.picker.armed = label;
    this.desk.voice.toast(label ? t("armed", { label: this.desk.labelName(label) }) : t("disarmed"));
  }
}
