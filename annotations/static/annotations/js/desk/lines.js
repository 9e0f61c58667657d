// @ts-check
/**
 * Lines between related annotations, drawn when asked for. They run in the gaps between the lines of the text and down
 * its side, so that no word is crossed. Only what lies near the viewport is measured.
 */
import { need } from "../dom.js";
import { piecesOf } from "../state/segments.js";
import { routeOf } from "../state/routes.js";

/** @typedef {import("./desk.js").Desk} Desk */
/** @typedef {import("./related.js").Relation} Relation */
/** @typedef {import("../state/routes.js").Anchor} Anchor */

const MOST_LINES = 200;
const MOST_NAMES = 20;

export class Lines {
  #waits = 0;
  #stop = new AbortController();
  isOn = false;

  /** @param {Desk} desk @param {(key: string) => string} nameOf the label of a relation */
  constructor(desk, nameOf) {
    this.desk = desk;
    this.nameOf = nameOf;
    /** Comes with the page, which names the kind of its elements too. */
    this.svg = need(desk.root, "[data-lines]");
    this.svg.classList.add("relation-lines");
    this.svg.removeAttribute("hidden");
    /** @type {Relation[]} */
    this.relations = [];
  }

  /** Show the lines or take them away. @param {boolean} isOn */
  toggle(isOn) {
    this.isOn = isOn;
    this.#stop.abort();
    if (!isOn) {
      cancelAnimationFrame(this.#waits);
      this.#waits = 0;
      this.svg.remove();
      return;
    }
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    const size = new ResizeObserver(() => this.soon());
    size.observe(this.desk.article);
    signal.addEventListener("abort", () => size.disconnect());
    document.addEventListener("scroll", () => this.soon(), { signal, passive: true });
    this.desk.article.append(this.svg);
    this.#draw();
  }

  /** Draw once before the next frame. */
  soon() {
    if (!this.isOn || this.#waits) return;
    this.#waits = requestAnimationFrame(() => {
      this.#waits = 0;
      this.#draw();
    });
  }

  #draw() {
    const { desk } = this;
    const { current } = desk.walk;
    const frame = desk.article.getBoundingClientRect();
    const isLeftward = getComputedStyle(desk.article).direction === "rtl";
    const drawn = this.relations.flatMap((relation) => {
      const [from, to] = [this.#anchor(relation.from, frame), this.#anchor(relation.to, frame)];
      return from && to && !(from.isFar && to.isFar) ? [{ relation, from, to }] : [];
    }).slice(0, MOST_LINES);
    const namesAll = drawn.length <= MOST_NAMES;
    this.svg.replaceChildren(...drawn.map(({ relation, from, to }, n) => {
      const isCurrent = [relation.from, relation.to].includes(current ?? "");
      const { path, head, label } = routeOf(from, to, { n, side: isLeftward ? 0 : frame.width, outward: isLeftward ? -1 : 1 });
      const name = (isCurrent || (namesAll && !current)) && label ? [this.#shape("text", { x: label.x, y: label.y, "text-anchor": "middle" }, this.nameOf(relation.label))] : [];
      const chosen = isCurrent ? " is-current" : "";
      return this.#shape("g", { class: `label-${relation.label}${chosen}` }, this.#shape("path", { d: path, class: "relation-line" }), ...(head ? [this.#shape("path", { d: head, class: "relation-head" })] : []), ...name);
    }));
    this.svg.toggleAttribute("data-chosen", this.svg.querySelector(".is-current") !== null);
  }

  /** @param {string} tag @param {Record<string, string|number>} attributes @param {...(Node|string)} children */
  #shape(tag, attributes, ...children) {
    const element = document.createElementNS(this.svg.namespaceURI, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
    element.append(...children);
    return element;
  }

  /**
   * Say where a line meets an annotation: at the first line of its first piece; of one far away only how high it lies,
   * since measuring there would lay out what the browser skips.
   * @param {string} key @param {DOMRect} frame @returns {Anchor|null}
   */
  #anchor(key, frame) {
    const { spans, page, near } = this.desk;
    const mark = spans.get(key);
    if (!mark) return null;
    const [{ start, end }] = piecesOf(mark);
    const section = page.blockAt(start).el.closest("[data-chunk]");
    if (section && !near.visible.has(section)) {
      const { top, height } = section.getBoundingClientRect();
      return { isFar: true, left: 0, right: 0, top: top + height / 2 - frame.top };
    }
    const box = [...page.rangeOf(start, end).getClientRects()].find(({ width }) => width > 1);
    return box ? { isFar: false, left: box.left - frame.left, right: box.right - frame.left, top: box.top - frame.top } : null;
  }
}
