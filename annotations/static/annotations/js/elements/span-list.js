// @ts-check
/** `<span-list>`: the annotations in text order, 200 at a time. Sends `span-chosen`, and `span-restored` for withdrawn ones. */
import { h, keepingFocus } from "../dom.js";
import { t } from "../messages.js";

const PAGE = 200;
const LONGEST = 140;

/** @typedef {{count: number, row: (n: number) => Row, current: string|null, place: number, withdrawn: Row[]}} Given */
/** @typedef {{key: string, label: string, labelName: string, quote: string, other: string|null, trouble: boolean, unsaved: boolean}} Row */

/** @param {string} quote */
export function shortened(quote) {
  const line = quote.replace(/\s+/g, " ");
  return line.length > LONGEST ? `${line.slice(0, LONGEST).replace(/[\ud800-\udbff]$/, "")}…` : line;
}

export class SpanList extends HTMLElement {
  #start = 0;
  /** @type {string|null} */
  #followed = null;
  /** @type {Given|null} */
  #given = null;

  /** @param {Given} given `place` is that of the current one, or -1 */
  show(given) {
    this.#given = given;
    if (given.place >= 0 && given.current !== this.#followed) this.#start = Math.floor(given.place / PAGE) * PAGE;
    this.#followed = given.current;
    this.#start = Math.max(0, Math.min(this.#start, given.count - 1));
    this.#start -= this.#start % PAGE;
    keepingFocus(this, () => this.#draw(given), () => this.querySelector("button"));
  }

  /** @param {Given} given */
  #draw({ count, row, current, withdrawn }) {
    const end = Math.min(count, this.#start + PAGE);
    const rows = [];
    for (let n = this.#start; n < end; n++) rows.push(h("li", {}, this.#button(row(n), current)));
    this.replaceChildren(
      ...(count ? [] : [h("p", { class: "empty-side" }, h("strong", {}, t("none-yet")), h("span", {}, t("none-yet-help")))]),
      ...(count > PAGE ? [this.#pager(count, end)] : []),
      h("ol", { class: "span-rows", start: String(this.#start + 1) }, ...rows),
      ...(withdrawn.length ? [this.#withdrawn(withdrawn)] : []),
    );
  }

  /** @param {number} count @param {number} end */
  #pager(count, end) {
    const turn = (/** @type {number} */ by) => () => {
      this.#start += by * PAGE;
      const given = this.#given;
      if (given) keepingFocus(this, () => this.#draw(given), () => this.querySelector("button"));
    };
    return h("div", { class: "pager" },
      h("button", { type: "button", class: "button-small", "data-focus": "earlier", disabled: this.#start === 0, onclick: turn(-1) }, t("earlier")),
      h("span", { class: "muted number" }, `${this.#start + 1}–${end} / ${count}`),
      h("button", { type: "button", class: "button-small", "data-focus": "later", disabled: end === count, onclick: turn(1) }, t("later")));
  }

  /** @param {Row} row @param {string|null} current */
  #button({ key, label, labelName, quote, other, trouble, unsaved }, current) {
    const choose = () => this.dispatchEvent(new CustomEvent("span-chosen", { bubbles: true, detail: { key } }));
    const signs = [other ? t("by", { name: other }) : "", trouble ? t("needs-decision") : unsaved ? t("unsaved") : ""].filter(Boolean);
    return h("button", { type: "button", class: `span-row label-${label}${trouble ? " has-trouble" : ""}`, "data-focus": key, "aria-current": key === current ? "true" : null, onclick: choose },
      h("span", { class: "swatch", "aria-hidden": "true" }),
      h("span", { class: "span-row-text" },
        h("span", { class: "span-row-label" }, labelName, signs.length ? ` · ${signs.join(" · ")}` : ""),
        h("span", { class: "span-row-quote", dir: "auto" }, shortened(quote))));
  }

  /** @param {Row[]} rows */
  #withdrawn(rows) {
    const restore = (/** @type {string} */ key) => () => this.dispatchEvent(new CustomEvent("span-restored", { bubbles: true, detail: { key } }));
    return h("details", { class: "withdrawn" }, h("summary", {}, `${t("withdrawn-list")} (${rows.length})`),
      h("ul", { class: "span-rows" }, ...rows.slice(0, PAGE).map((row) =>
        h("li", { class: `span-row label-${row.label}` },
          h("span", { class: "swatch", "aria-hidden": "true" }),
          h("span", { class: "span-row-text" }, h("span", { class: "span-row-label" }, row.labelName), h("span", { class: "span-row-quote", dir: "auto" }, shortened(row.quote))),
          h("button", { type: "button", class: "button-quiet button-small", "data-focus": `restore-${row.key}`, onclick: restore(row.key) }, t("restore"))))));
  }
}

customElements.define("span-list", SpanList);
