// @ts-check
/**
 * Handles at the ends of the selected span or zone, to be dragged by mouse, pen or finger. Fetched when one that may be
 * changed is first selected. What they do can be done by keys too, so screen readers pass them by.
 */
import { h } from "../dom.js";
import { caretAt } from "../hit.js";
import { piecesOf } from "../state/segments.js";
import { snap } from "../text/snap.js";

/** @typedef {import("./desk.js").Desk} Desk */
/** @typedef {import("../state/reshape.js").Piece} Piece */
/** @typedef {import("../types.js").Mark} Mark */
/** @typedef {{n: number, edge: "start"|"end"}} Place which piece of the span, and which end */

/** @typedef {{name: "cw-cur"|"cw-word", mark: () => Span|null, set: (pieces: Piece[]) => void}} Held what is dragged: how it is drawn, where it is, what to do in the end */
/** @typedef {{start: number, end: number, parts?: Piece[]}} Span */

const MOST_PIECES = 12;

/** The selected annotation. @param {Desk} desk @returns {Held} */
function annotationOf(desk) {
  const mark = () => {
    const { mark: found } = desk.walk;
    return found && !found.other && desk.isEditable ? found : null;
  };
  return { name: "cw-cur", mark, set: (pieces) => desk.walk.current && desk.deeds.setPieces(desk.walk.current, pieces) };
}

export class Handles {
  /** @type {{place: Place, pieces: Piece[], pointer: number, below: number}|null} `below`: how far the pointer is from its line */
  #drag = null;
  #box = h("div", { class: "handles", "aria-hidden": "true" });

  /** @param {Desk} desk @param {Held} [held] @param {AbortSignal} [signal] */
  constructor(desk, held = annotationOf(desk), signal) {
    this.desk = desk;
    this.held = held;
    desk.article.append(this.#box);
    const size = new ResizeObserver(() => this.draw());
    size.observe(desk.article);
    signal?.addEventListener("abort", () => size.disconnect());
    document.addEventListener("keydown", (event) => event.key === "Escape" && this.#cancel(event), { capture: true, signal });
  }

  /** Put the handles where what is held begins and ends, or away. */
  draw() {
    if (this.#drag) return;
    const mark = this.held.mark();
    const pieces = mark ? piecesOf(/** @type {Mark} */ (mark)) : [];
    const places = pieces.length > MOST_PIECES ? [] : pieces;
    if (this.#box.childElementCount !== 2 * places.length) {
      this.#box.replaceChildren(...places.flatMap((_, n) => [this.#handle({ n, edge: "start" }), this.#handle({ n, edge: "end" })]));
    }
    this.#put(pieces);
  }

  /** @param {Piece[]} pieces */
  #put(pieces) {
    const frame = this.desk.article.getBoundingClientRect();
    for (const element of /** @type {NodeListOf<HTMLElement>} */ (this.#box.querySelectorAll("[data-edge]"))) {
      const piece = pieces[Number(element.dataset.n)];
      const isStart = element.dataset.edge === "start";
      const at = isStart ? piece.start : piece.end - 1;
      const boxes = this.desk.page.rangeOf(at, at + 1).getClientRects();
      const box = boxes[isStart ? 0 : boxes.length - 1];
      element.hidden = !box;
      if (!box) continue;
      const isLeftward = getComputedStyle(this.desk.page.blockAt(at).el).direction === "rtl";
      const x = isStart === isLeftward ? box.right : box.left;
      element.style.transform = `translate(${x - frame.left}px, ${box.top - frame.top}px)`;
      element.style.height = `${box.height}px`;
    }
  }

  /** @param {Place} place */
  #handle(place) {
    /** @type {HTMLElement} */
    const element = h("span", { class: "handle", "data-n": place.n, "data-edge": place.edge,
      onpointerdown: (/** @type {PointerEvent} */ event) => this.#begin(event, place, element),
      onpointermove: (/** @type {PointerEvent} */ event) => this.#move(event),
      onpointerup: (/** @type {PointerEvent} */ event) => this.#end(event),
      onpointercancel: () => this.#cancel(),
      onclick: (/** @type {Event} */ event) => event.stopPropagation() });
    return element;
  }

  /** @param {PointerEvent} event @param {Place} place @param {HTMLElement} element */
  #begin(event, place, element) {
    const mark = this.held.mark();
    if (event.button !== 0 || !mark) return;
    event.preventDefault();
    event.stopPropagation();
    element.setPointerCapture(event.pointerId);
    const { top, height } = element.getBoundingClientRect();
    this.#drag = { place, pointer: event.pointerId, below: event.clientY - top - height / 2, pieces: piecesOf(/** @type {Mark} */ (mark)).map(({ start, end }) => ({ start, end })) };
    this.#box.setAttribute("data-dragging", "");
    this.desk.words.popup.hidden = true;
  }

  /** @param {PointerEvent} event */
  #move(event) {
    const { desk } = this;
    const drag = this.#drag;
    if (!drag || event.pointerId !== drag.pointer) return;
    // the handle itself lies under the pointer: look past it for the text
    this.#box.setAttribute("data-through", "");
    const caret = caretAt(event.clientX, event.clientY - drag.below);
    this.#box.removeAttribute("data-through");
    const offset = caret && desk.article.contains(caret.node) ? desk.page.offsetOf(caret.node, caret.offset) : null;
    if (offset === null) return;
    const { n, edge } = drag.place;
    const before = drag.pieces[n];
    const words = desk.words.selecting.snapsToWords !== event.altKey;
    const [least, most] = [drag.pieces[n - 1]?.end ?? 0, drag.pieces[n + 1]?.start ?? desk.page.text.length];
    const wanted = edge === "start" ? { start: Math.min(Math.max(offset, least), before.end - 1), end: before.end } : { start: before.start, end: Math.max(Math.min(offset, most), before.start + 1) };
    const snapped = snap(desk.page.text, wanted.start, wanted.end, { words, locale: desk.locale });
    if (!snapped) return;
    const piece = edge === "start" ? { start: Math.max(snapped.start, least), end: before.end } : { start: before.start, end: Math.min(snapped.end, most) };
    if (piece.start >= piece.end) return;
    drag.pieces[n] = piece;
    desk.painter.mark(this.held.name, { start: drag.pieces[0].start, end: drag.pieces[drag.pieces.length - 1].end, parts: drag.pieces });
    this.#put(drag.pieces);
  }

  /** @param {PointerEvent} event */
  #end(event) {
    const drag = this.#drag;
    if (!drag || event.pointerId !== drag.pointer) return;
    this.#stop();
    this.held.set(drag.pieces);
    this.draw();
  }

  /** @param {Event} [event] */
  #cancel(event) {
    if (!this.#drag) return;
    event?.stopPropagation();
    event?.preventDefault();
    this.#stop();
    this.desk.painter.mark(this.held.name, this.held.mark());
    this.draw();
  }

  #stop() {
    this.#drag = null;
    this.#box.removeAttribute("data-dragging");
  }
}
