// @ts-check
/** Shows what lies under the mouse: the annotation lights up, and after a moment a tip names all that overlap there. */
import { h, placeAt } from "../dom.js";
import { characterAt } from "../hit.js";
import { t } from "../messages.js";

/** @typedef {import("./desk.js").Desk} Desk */

const PAUSE_BEFORE_TIP = 350;
const MOST_NAMED = 10;

export class Hover {
  #timer = 0;
  /** What the tip is about. */
  #shown = "";
  /** @type {{x: number, y: number}|null} where the pointer is, until the next frame */
  #pointer = null;
  tip = h("div", { class: "tip", hidden: true, "aria-hidden": "true" });

  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    desk.root.append(this.tip);
  }

  /** Follow the mouse, once a frame. @param {PointerEvent} event */
  moved({ clientX, clientY }) {
    const waits = this.#pointer;
    this.#pointer = { x: clientX, y: clientY };
    if (waits) return;
    requestAnimationFrame(() => {
      const { x, y } = this.#pointer ?? { x: 0, y: 0 };
      this.#pointer = null;
      this.#over(characterAt(this.desk.page, x, y), x, y);
    });
  }

  end() {
    this.#over(null, 0, 0);
  }

  scrolled() {
    if (!this.tip.hidden) this.end();
  }

  /** @param {number|null} offset @param {number} x @param {number} y */
  #over(offset, x, y) {
    const { tip, desk } = this;
    const marks = offset === null ? [] : desk.listing?.at(offset) ?? desk.spans.at(offset);
    const link = offset === null ? undefined : desk.extras.linkAt(offset);
    desk.article.classList.toggle("over-mark", marks.length > 0 || Boolean(link));
    const sign = marks.map(({ key, label }) => key + label).join() + (link?.url ?? "");
    if (sign === this.#shown) return;
    this.#shown = sign;
    desk.painter.mark("cw-hov", marks[0] ?? null);
    tip.hidden = true;
    clearTimeout(this.#timer);
    if (!sign || desk.words.span) return;
    tip.replaceChildren(...marks.slice(0, MOST_NAMED).map((mark) => this.#row(mark)), ...(link ? [h("span", { class: "tip-row", dir: "ltr" }, `↗ ${link.url.slice(0, 60)}`)] : []));
    this.#timer = window.setTimeout(() => {
      tip.hidden = false;
      placeAt(tip, new DOMRect(x, y - 8, 0, 26));
    }, PAUSE_BEFORE_TIP);
  }

  /** @param {import("../types.js").Mark} mark */
  #row({ key, label, other }) {
    const item = this.desk.work.get("annotation", key);
    const by = other ? ` · ${item?.annotator ?? t("someone")}` : "";
    return h("span", { class: `tip-row label-${label}` }, h("span", { class: "swatch" }), this.desk.labelName(item?.label ?? "") + by);
  }
}
