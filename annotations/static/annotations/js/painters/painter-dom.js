// @ts-check
/**
 * Draws spans by wrapping the text of visible blocks in elements, where the browser has no Custom Highlight API.
 * A live selection is put back after each drawing, since the text nodes are new.
 */
/** @typedef {import("../page-text.js").PageText} PageText */
/** @typedef {import("../state/segments.js").Stroke} Stroke */
/** @typedef {import("./painter-highlight.js").Plan} Plan */

/** @param {Stroke} stroke */
function classOf({ name, part, label, lane }) {
  if (part === "bg") return `cw-bg label-${label}`;
  if (part === "ln") return `cw-ln cw-ln-${lane} label-${label}`;
  return name;
}

export class DomPainter {
  /** @param {PageText} page @param {Plan} plan */
  constructor(page, plan) {
    this.page = page;
    this.plan = plan;
    /** @type {Set<number>} */
    this.shown = new Set();
    /** @type {Map<string, {start: number, end: number, parts?: {start: number, end: number}[]}>} */
    this.marks = new Map();
  }

  /** @param {number} n */
  show(n) {
    if (this.shown.has(n)) return;
    this.shown.add(n);
    this.#draw(n);
  }

  /** @param {number} n */
  hide(n) {
    if (!this.shown.delete(n)) return;
    const { el } = this.page.blocks[n];
    if (el.firstElementChild) this.#keepingSelection(() => el.replaceChildren(el.textContent ?? ""));
  }

  /** @param {number} n */
  repaint(n) {
    if (this.shown.has(n)) this.#draw(n);
  }

  /**
   * @param {"cw-cur"|"cw-hov"|"cw-sel"|"cw-word"|"cw-found"|"cw-chosen"} name
   * @param {{start: number, end: number}|null} span
   */
  mark(name, span) {
    if (name === "cw-sel" || name === "cw-hov") return; // the native selection shows itself; hovering must not redraw
    const old = this.marks.get(name);
    if (span) this.marks.set(name, span);
    else this.marks.delete(name);
    for (const n of this.shown) {
      const { start, end } = this.page.blocks[n];
      if ([old, span].some((place) => place && place.start < end && place.end > start)) this.#draw(n);
    }
  }

  /** @param {number} n */
  #draw(n) {
    const block = this.page.blocks[n];
    const strokes = this.plan(n);
    for (const [name, span] of this.marks) {
      for (const { start, end } of span.parts ?? [span]) {
        const [from, to] = [Math.max(start, block.start), Math.min(end, block.end)];
        if (from < to) strokes.push({ name, part: "sign", start: from, end: to });
      }
    }
    if (!strokes.length && !block.el.firstElementChild) return;
    const edges = [...new Set([block.start, block.end, ...strokes.flatMap(({ start, end }) => [start, end])])].sort((a, b) => a - b);
    const pieces = edges.slice(0, -1).map((start, i) => this.#piece(start, edges[i + 1], strokes));
    this.#keepingSelection(() => block.el.replaceChildren(...pieces));
  }

  /** @param {number} start @param {number} end @param {Stroke[]} strokes */
  #piece(start, end, strokes) {
    /** @type {Node} */
    let node = document.createTextNode(this.page.text.slice(start, end));
    for (const stroke of strokes) {
      if (stroke.start > start || stroke.end < end) continue;
      const wrap = document.createElement("span");
      wrap.className = classOf(stroke);
      wrap.append(node);
      node = wrap;
    }
    return node;
  }

  /** @param {() => void} draw */
  #keepingSelection(draw) {
    const selection = getSelection();
    const range = selection?.rangeCount ? selection.getRangeAt(0) : null;
    const isOurs = range && this.page.article.contains(range.commonAncestorContainer);
    const start = isOurs ? this.page.offsetOf(range.startContainer, range.startOffset) : null;
    const end = isOurs ? this.page.offsetOf(range.endContainer, range.endOffset) : null;
    draw();
    if (!selection || start === null || end === null) return;
    const again = this.page.rangeOf(start, end);
    selection.setBaseAndExtent(again.startContainer, again.startOffset, again.endContainer, again.endOffset);
  }
}
