// @ts-check
/**
 * `<span-list>`: annotations in text order. Of a long list only the rows in view stand in the page. Sends `span-chosen`, and
 * `span-restored` for withdrawn ones.
 */
import { h, keepingFocus, smallButton } from "../dom.js";
import { t } from "../messages.js";
import { rowsInView } from "../state/windowing.js";
import { shortened } from "../text/shortened.js";

/** So many rows all stand in the page, as high as they are. */
const MOST_AT_ONCE = 100;
const MOST_WITHDRAWN = 200;
const USUAL_HEIGHT = 80;

/** @typedef {{key: string, label: string, labelName: string, quote: string, other: string|null, trouble: boolean, unsaved: boolean, isWithdrawn?: boolean}} Row */
/** @typedef {{count: number, row: (n: number) => Row, current: string|null, place: number, withdrawn: Row[], empty: {title: string, help: string}}} Given */

export class SpanList extends HTMLElement {
  /** @type {string|null} */
  #followed = null;
  /** @type {Given|null} */
  #given = null;
  /** What stands above the rows. */
  head = h("div", { class: "list-head" });
  #empty = h("p", { class: "empty-side", hidden: true });
  #rows = h("ol", { class: "span-rows" });
  #foot = h("div");
  /** @type {Map<string, {item: HTMLElement, sign: string, n: number}>} what stands in the list, by key */
  #drawn = new Map();
  #frame = "";
  #waits = false;
  #listening = new AbortController();

  connectedCallback() {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    this.replaceChildren(this.head, this.#empty, this.#rows, this.#foot);
    this.#view.addEventListener("scroll", () => this.#soon(), { signal, passive: true });
    const size = new ResizeObserver(() => this.#soon());
    size.observe(this.#view);
    signal.addEventListener("abort", () => size.disconnect());
  }

  disconnectedCallback() {
    this.#listening.abort();
  }

  /** What is scrolled. */
  get #view() {
    return this.closest(".side") ?? this;
  }

  get #isLong() {
    return (this.#given?.count ?? 0) > MOST_AT_ONCE;
  }

  /** @param {Given} given `place` is that of the current one, or -1 */
  show(given) {
    const isNew = given.current !== this.#followed;
    this.#given = given;
    this.#followed = given.current;
    keepingFocus(this, () => this.#draw(), () => this.querySelector(".span-row"));
    if (isNew && given.place >= 0) this.#reveal(given.place);
  }

  /** Give the focus to a row, wherever it stands. @param {number} n */
  focusRow(n) {
    if (!this.#given || n < 0 || n >= this.#given.count) return;
    this.#reveal(n);
    const { key } = this.#given.row(n);
    /** @type {HTMLElement|null} */ (this.#drawn.get(key)?.item.querySelector("button"))?.focus({ preventScroll: true });
  }

  /** @param {number} n */
  #reveal(n) {
    if (!this.#isLong) return void this.#rows.children[n]?.scrollIntoView({ block: "nearest" });
    const height = this.#height();
    const view = this.#view.getBoundingClientRect();
    const top = this.#rows.getBoundingClientRect().top - view.top + n * height;
    const covered = this.#view.querySelector(".many-bar:not([hidden])")?.getBoundingClientRect().height ?? 0;
    const isSeen = top >= covered && top + height <= view.height;
    if (!isSeen) this.#view.scrollBy({ top: top < covered ? top - covered - height : top + 2 * height - view.height, behavior: "instant" });
    this.#draw();
  }

  /** Draw once before the next frame. */
  #soon() {
    if (this.#waits || !this.#isLong || this.hidden) return;
    this.#waits = true;
    requestAnimationFrame(() => {
      this.#waits = false;
      this.#draw();
    });
  }

  /** How high a row of a long list is: all are alike there. */
  #height() {
    return this.#rows.firstElementChild?.getBoundingClientRect().height || USUAL_HEIGHT;
  }

  /** Draw the rows that changed, and leave the others as they are. */
  #draw() {
    const given = this.#given;
    if (!given) return;
    const { count, row, current, withdrawn, empty } = given;
    const frame = JSON.stringify([count, withdrawn, count ? null : empty]);
    if (frame !== this.#frame) {
      this.#frame = frame;
      this.#empty.hidden = count > 0;
      this.#empty.replaceChildren(h("strong", {}, empty.title), h("span", {}, empty.help));
      this.#rows.classList.toggle("is-long", this.#isLong);
      if (!this.#isLong) this.#rows.style.blockSize = "";
      this.#foot.replaceChildren(...(withdrawn.length ? [this.#withdrawn(withdrawn)] : []));
    }
    const focused = document.activeElement?.closest("li");
    const drawn = new Map();
    const draw = (/** @type {number} */ n) => {
      const made = this.#item(row(n), n);
      drawn.set(made.key, made);
    };
    const { first, last } = this.#isLong ? this.#inView(count) : { first: 0, last: count };
    // a row that has the focus stays, however far one scrolls, so that the focus is not lost
    const kept = [...this.#drawn].find(([key, { item, n }]) => item === focused && (n < first || n >= last) && n < count && row(n).key === key)?.[1].n ?? -1;
    if (kept >= 0 && kept < first) draw(kept);
    for (let n = first; n < last; n++) draw(n);
    if (kept >= last) draw(kept);
    for (const [key, { item }] of this.#drawn) if (drawn.get(key)?.item !== item) item.remove();
    this.#drawn = drawn;
    let place = 0;
    for (const [key, { item, n }] of drawn) {
      const there = this.#rows.children[place++];
      if (there !== item) this.#rows.insertBefore(item, there ?? null);
      this.#place(item, n, count);
      const button = item.querySelector("button.span-row");
      if (key !== current) button?.removeAttribute("aria-current");
      else if (button && !button.hasAttribute("aria-current")) button.setAttribute("aria-current", "true");
    }
  }

  /** @param {number} count */
  #inView(count) {
    if (!this.#rows.firstElementChild) this.#rows.append(h("li", {})); // to be measured
    const height = this.#height();
    const size = `${count * height}px`;
    if (this.#rows.style.blockSize !== size) this.#rows.style.blockSize = size;
    const view = this.#view.getBoundingClientRect();
    const top = view.top - this.#rows.getBoundingClientRect().top;
    const found = rowsInView({ count, height, top, bottom: top + view.height });
    for (const item of [...this.#rows.children]) if (!item.firstElementChild) item.remove();
    return found;
  }

  /** Put a row of a long list where it belongs. @param {HTMLElement} item @param {number} n @param {number} count */
  #place(item, n, count) {
    const sign = this.#isLong ? `${n} ${count} ${this.#rows.style.blockSize}` : "";
    if ((item.dataset.place ?? "") === sign) return;
    item.dataset.place = sign;
    if (this.#isLong) {
      item.style.transform = `translateY(${(n * parseFloat(this.#rows.style.blockSize)) / count}px)`;
      item.setAttribute("aria-posinset", String(n + 1));
      item.setAttribute("aria-setsize", String(count));
    } else {
      item.style.transform = "";
      item.removeAttribute("aria-posinset");
      item.removeAttribute("aria-setsize");
    }
  }

  /** Give the row as it stands, or a new one when it says something else now. @param {Row} row @param {number} n */
  #item(row, n) {
    const sign = JSON.stringify(row);
    const kept = this.#drawn.get(row.key);
    if (kept?.sign === sign) return { ...kept, key: row.key, n };
    return { key: row.key, sign, n, item: h("li", {}, ...(row.isWithdrawn ? [this.#struck(row)] : [this.#button(row)])) };
  }

  /** @param {Row} row */
  #text({ labelName, quote, other, trouble, unsaved }) {
    const signs = [other ? t("by", { name: other }) : "", trouble ? t("needs-decision") : unsaved ? t("unsaved") : ""].filter(Boolean);
    return [
      h("span", { class: "swatch", "aria-hidden": "true" }),
      h("span", { class: "span-row-text" },
        h("span", { class: "span-row-label" }, labelName, signs.length ? ` · ${signs.join(" · ")}` : ""),
        h("span", { class: "span-row-quote", dir: "auto" }, shortened(quote))),
    ];
  }

  /** @param {Row} row */
  #button(row) {
    const { key, label, trouble } = row;
    const choose = () => this.dispatchEvent(new CustomEvent("span-chosen", { bubbles: true, detail: { key } }));
    return h("button", { type: "button", class: `span-row label-${label}${trouble ? " has-trouble" : ""}`, "data-focus": key, onclick: choose }, ...this.#text(row));
  }

  /** A withdrawn one, with the way to bring it back. @param {Row} row */
  #struck(row) {
    const restore = () => this.dispatchEvent(new CustomEvent("span-restored", { bubbles: true, detail: { key: row.key } }));
    return h("div", { class: `span-row is-withdrawn label-${row.label}` }, ...this.#text(row), smallButton(t("restore"), restore, { "data-focus": `restore-${row.key}` }));
  }

  /** @param {Row[]} rows */
  #withdrawn(rows) {
    return h("details", { class: "withdrawn" }, h("summary", {}, `${t("withdrawn-list")} (${rows.length})`),
      h("ul", { class: "span-rows" }, ...rows.slice(0, MOST_WITHDRAWN).map((row) => h("li", {}, this.#struck(row)))));
  }
}

customElements.define("span-list", SpanList);
