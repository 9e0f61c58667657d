// @ts-check
/** What stands above the list of annotations: fields to filter it, how many match, and the way to choose several. */
import { h, smallButton } from "../dom.js";
import { t } from "../messages.js";
import { facetsOf, prepared } from "../state/filtering.js";

/** @typedef {import("./listing.js").Listing} Listing */
/** @typedef {"label"|"by"|"state"} Facet */

const PAUSE_BEFORE_SAYING = 600;
/** So long, in milliseconds, the page may be busy with preparing a search before it may draw. */
const SLICE = 10;
/** States in the order in which they are offered. */
const STATES = ["open", "returned", "lapsed", "submitted", "accepted", "skipped", "none", "unsaved", "decision", "withdrawn"];

/** @param {string} value */
function nameOfBy(value) {
  const [kind, ...rest] = value.split(":");
  const name = rest.join(":");
  if (kind === "me") return t("filter-me");
  if (kind === "person") return name || t("someone");
  return kind === "tool" ? t("filter-tool", { name }) : t(`layer-${name}`);
}

export class FilterHead {
  #sign = "";
  #timer = 0;
  #said = "";
  #isPrepared = false;
  #search = h("input", { type: "search", class: "filter-words", "aria-label": t("filter-words"), placeholder: t("filter-words"), autocomplete: "off", dir: "auto" });
  /** @type {Record<Facet, HTMLSelectElement>} */
  #selects;
  #others = h("select", { "aria-label": t("filter-others") }, ...["dimmed", "hidden", "shown"].map((name) => h("option", { value: name }, t(`others-${name}`))));
  #count = h("span", { class: "number filter-count" });
  #clear = smallButton(t("filter-clear"), () => this.listing.clear(), { "data-focus": "filter-clear" });
  #result = h("p", { class: "filter-result" }, this.#count, this.#clear);
  #partial = h("p", { class: "muted filter-partial", hidden: true }, t("list-partial"));
  /** The fields that are seldom needed; what they offer is counted while they are open. @type {HTMLDetailsElement} */
  #fields;
  #summary = h("summary", {}, t("filter-more"));

  /** @param {Listing} listing */
  constructor(listing) {
    this.listing = listing;
    const select = (/** @type {Facet} */ name) => h("select", { "aria-label": t(name === "label" ? "label" : `filter-${name}`), onchange: () => this.#set({ [name]: this.#selects[name].value }) });
    this.#selects = { label: select("label"), by: select("by"), state: select("state") };
    this.#search.addEventListener("focus", () => this.#prepare());
    this.#search.addEventListener("input", () => this.#set({ words: this.#search.value }));
    this.#search.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown") this.listing.desk.listed.focusRow(0);
      else if (event.key === "Escape" && this.#search.value) this.#set({ words: "" });
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    this.#others.addEventListener("change", () => this.listing.setOthers(/** @type {any} */ (this.#others.value)));
    const several = () => {
      const { desk } = this.listing;
      desk.many?.toggleChoosing();
    };
    /** Choosing several by touch: each press takes one more. */
    this.several = smallButton(t("several"), several, { class: "button-small", "aria-pressed": "false", "data-focus": "several" });
    const field = (/** @type {string} */ name, /** @type {HTMLElement} */ control) => h("label", { class: "form-field" }, h("span", { class: "form-name" }, name), control);
    this.#fields = h("details", { class: "filter-more", ontoggle: () => this.listing.draw() }, this.#summary,
      h("div", { class: "filter-fields" }, field(t("label"), this.#selects.label), field(t("filter-by"), this.#selects.by), field(t("filter-state"), this.#selects.state), field(t("filter-others"), this.#others)));
    this.element = h("div", { class: "filter-head", role: "search", "aria-label": t("filter") },
      h("div", { class: "filter-line" }, this.#search, this.several),
      this.#fields,
      this.#result, this.#partial);
  }

  /** Prepare for a search by words, while nothing else is to be done. */
  async #prepare() {
    if (this.#isPrepared) return;
    this.#isPrepared = true;
    let since = performance.now();
    for (const _ of prepared(this.listing.desk.work.standing("annotation"))) {
      if (performance.now() - since < SLICE) continue;
      await new Promise((resolve) => setTimeout(resolve));
      since = performance.now();
    }
  }

  focus() {
    this.#search.focus();
    this.#search.select();
    return this.#search;
  }

  /** @param {Partial<import("../state/filtering.js").Filter>} change */
  #set(change) {
    this.listing.set(change);
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => this.listing.desk.voice.say(this.#said), PAUSE_BEFORE_SAYING);
  }

  /**
   * @param {{items: import("../types.js").Annotation[], known: import("../state/filtering.js").Known, count: number, all: number}} given
   *   `items`: all there are, withdrawn ones too; `count` of `all` match
   */
  draw({ items, known, count, all }) {
    const { listing } = this;
    const { filter, isFiltering, desk } = listing;
    this.element.hidden = !items.length;
    if (this.several.hidden === desk.isEditable) this.several.hidden = !desk.isEditable;
    if (this.#fields.open) this.#offer(facetsOf(items, known));
    if (this.#search.value !== filter.words) this.#search.value = filter.words;
    const chosen = [filter.label, filter.by, filter.state].filter(Boolean).length;
    const words = chosen ? `${t("filter-more")} (${chosen})` : t("filter-more");
    if (this.#summary.textContent !== words) this.#summary.textContent = words;
    this.#said = isFiltering ? t("filter-count", { n: count, all }) : t("annotations-n", { n: all });
    const sign = `${isFiltering} ${this.#said}`;
    if (sign !== this.#sign) {
      this.#sign = sign;
      this.#count.textContent = this.#said;
      this.#result.hidden = !isFiltering;
    }
    if (this.#partial.hidden === desk.isPartial) this.#partial.hidden = !desk.isPartial;
  }

  /** Fill the fields with what there is. @param {ReturnType<typeof facetsOf>} facets */
  #offer(facets) {
    const { desk } = this.listing;
    const labels = desk.data.labels.map(({ key }) => key);
    const order = (/** @type {string} */ value) => labels.indexOf(value) + 1 || Infinity;
    this.#fill("label", facets.label, (a, b) => order(a) - order(b), (key) => desk.labelName(key));
    this.#fill("by", facets.by, (a, b) => Number(b === "me") - Number(a === "me") || a.localeCompare(b), nameOfBy);
    this.#fill("state", facets.state, (a, b) => STATES.indexOf(a) - STATES.indexOf(b), (state) => t(`state-${state}`));
  }

  /**
   * Fill a field with what there is, each with its number; what is chosen stays though nothing has it any more.
   * @param {Facet} facet @param {Map<string, number>} counts @param {(a: string, b: string) => number} order @param {(value: string) => string} nameOf
   */
  #fill(facet, counts, order, nameOf) {
    const select = this.#selects[facet];
    const chosen = this.listing.filter[facet];
    const values = [...new Set([...counts.keys(), ...(chosen ? [chosen] : [])])].sort(order);
    const sign = JSON.stringify(values.map((value) => [value, counts.get(value)]));
    if (select.dataset.sign !== sign) {
      select.dataset.sign = sign;
      select.replaceChildren(h("option", { value: "" }, t("filter-any")), ...values.map((value) => h("option", { value }, `${nameOf(value)} (${counts.get(value) ?? 0})`)));
    }
    if (select.value !== chosen) select.value = chosen;
  }
}
