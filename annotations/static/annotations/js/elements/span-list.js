// @ts-check
/** `<span-list>`: the annotations in text order, 200 at a time. Sends `span-chosen`, and `span-restored` for withdrawn ones. */
import { h, keepingFocus, smallButton } from "../dom.js";
import { t } from "../messages.js";
import { shortened } from "../text/shortened.js";

const PAGE = 200;

/** @typedef {{count: number, row: (n: number) => Row, current: string|null, place: number, withdrawn: Row[]}} Given */
/** @typedef {{key: string, label: string, labelName: string, quote: string, other: string|null, trouble: boolean, unsaved: boolean}} Row */

export class SpanList extends HTMLElement {
  #start = 0;
  /** @type {string|null} */
  #followed = null;
  /** @type {Given|null} */
  #given = null;
  #rows = h("ol", { class: "span-rows" });
  /** @type {Map<string, {item: HTMLElement, sign: string}>} what stands in the list, by key */
  #drawn = new Map();
  /** What stands around the rows. */
  #frame = "";

  /** @param {Given} given `place` is that of the current one, or -1 */
  show(given) {
    const isNew = given.current !== this.#followed;
    this.#given = given;
    if (given.place >= 0 && isNew) this.#start = Math.floor(given.place / PAGE) * PAGE;
    this.#followed = given.current;
    this.#start = Math.max(0, Math.min(this.#start, given.count - 1));
    this.#start -= this.#start % PAGE;
    this.#drawAgain(given);
    if (isNew) this.#rows.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
  }

  /** @param {Given} given */
  #drawAgain(given) {
    keepingFocus(this, () => this.#draw(given), () => this.querySelector("button"));
  }

  /** Draw the rows that changed, and leave the others as they are. @param {Given} given */
  #draw({ count, row, current, withdrawn }) {
    const end = Math.min(count, this.#start + PAGE);
    const frame = JSON.stringify([count, this.#start, withdrawn]);
    if (frame !== this.#frame || !this.#rows.isConnected) {
      this.#frame = frame;
      this.#rows.setAttribute("start", String(this.#start + 1));
      this.replaceChildren(
        ...(count ? [] : [h("p", { class: "empty-side" }, h("strong", {}, t("none-yet")), h("span", {}, t("none-yet-help")))]),
        ...(count > PAGE ? [this.#pager(count, end)] : []),
        this.#rows,
        ...(withdrawn.length ? [this.#withdrawn(withdrawn)] : []),
      );
    }
    const drawn = new Map();
    for (let n = this.#start; n < end; n++) {
      const given = row(n);
      drawn.set(given.key, this.#item(given));
    }
    for (const [key, { item }] of this.#drawn) if (drawn.get(key)?.item !== item) item.remove();
    this.#drawn = drawn;
    let place = 0;
    for (const [key, { item }] of drawn) {
      const there = this.#rows.children[place++];
      if (there !== item) this.#rows.insertBefore(item, there ?? null);
      const button = /** @type {HTMLElement} */ (item.firstElementChild);
      if (key !== current) button.removeAttribute("aria-current");
      else if (!button.hasAttribute("aria-current")) button.setAttribute("aria-current", "true");
    }
  }

  /** Give the row as it stands, or a new one when it says something else now. @param {Row} row */
  #item(row) {
    const sign = JSON.stringify(row);
    const kept = this.#drawn.get(row.key);
    return kept?.sign === sign ? kept : { sign, item: h("li", {}, this.#button(row)) };
  }

  /** @param {number} count @param {number} end */
  #pager(count, end) {
    const turn = (/** @type {number} */ by) => () => {
      this.#start += by * PAGE;
      const given = this.#given;
      if (given) this.#drawAgain(given);
    };
    return h("div", { class: "pager" },
      smallButton(t("earlier"), turn(-1), { class: "button-small", "data-focus": "earlier", disabled: this.#start === 0 }),
      h("span", { class: "muted number" }, `${this.#start + 1}–${end} / ${count}`),
      smallButton(t("later"), turn(1), { class: "button-small", "data-focus": "later", disabled: end === count }));
  }

  /** @param {Row} row */
  #button({ key, label, labelName, quote, other, trouble, unsaved }) {
    const choose = () => this.dispatchEvent(new CustomEvent("span-chosen", { bubbles: true, detail: { key } }));
    const signs = [other ? t("by", { name: other }) : "", trouble ? t("needs-decision") : unsaved ? t("unsaved") : ""].filter(Boolean);
    return h("button", { type: "button", class: `span-row label-${label}${trouble ? " has-trouble" : ""}`, "data-focus": key, onclick: choose },
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
          smallButton(t("restore"), restore(row.key), { "data-focus": `restore-${row.key}` })))));
  }
}

customElements.define("span-list", SpanList);
