// @ts-check
/**
 * Which annotations the list shows, and how the others look in the text: a filter by label, person, state and words, kept
 * while the page is open. Going to the next annotation keeps to it. Fetched when the list is first wanted.
 */
import { strokesOf } from "../state/segments.js";
import { NO_FILTER, isFilterEmpty, matcherOf } from "../state/filtering.js";
import { t } from "../messages.js";
import { FilterHead } from "./filter-head.js";
import { Many } from "./many.js";

/** @typedef {import("./desk.js").Desk} Desk */
/** @typedef {import("../types.js").Mark} Mark */
/** @typedef {import("../types.js").Annotation} Annotation */
/** @typedef {import("../state/filtering.js").Filter} Filter */

/** @param {Desk} desk */
export async function startListing(desk) {
  if (!customElements.get("span-list")) await import("../elements/span-list.js");
  desk.listing = new Listing(desk);
  desk.many = new Many(desk);
  return desk.listing;
}

export class Listing {
  /** @type {Filter} */
  filter = { ...NO_FILTER };
  /** @type {"dimmed"|"hidden"|"shown"} how the text shows what does not match */
  others = "dimmed";
  /** @type {Mark[]|null} what matches, in reading order; null while nothing is filtered */
  #matching = null;
  /** @type {(item: Annotation) => boolean} */
  #matches = () => true;

  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.head = new FilterHead(this);
    const { head } = desk.listed;
    head.replaceChildren(this.head.element);
  }

  /** What is known of annotations beside themselves. @returns {import("../state/filtering.js").Known} */
  known() {
    const { work, assignment, data, suggestions } = this.desk;
    /** @type {Map<string, string>} */
    const tools = new Map();
    for (const { suggested_by, annotation, decisions } of /** @type {any[]} */ ([...(suggestions?.store.items ?? []), ...work.standing("decision")])) {
      for (const key of [annotation, ...(decisions ?? []).map((/** @type {any} */ each) => each.annotation)]) if (key && suggested_by) tools.set(key, suggested_by);
    }
    return { own: assignment?.state ?? "", others: data.states ?? {}, tools, unsaved: new Map(work.ops.map(({ target, state }) => [target, state])) };
  }

  get isFiltering() {
    return !isFilterEmpty(this.filter);
  }

  /** Those that the list shows and the keys go to, in reading order. Do not change the list. */
  get order() {
    return this.#matching ?? this.desk.spans.ordered();
  }

  /** Give the list to count a mark in, or null where it is not in it. @param {Mark} mark */
  orderWith(mark) {
    return this.#matching?.includes(mark) ? this.#matching : null;
  }

  // --- In the text

  /** What to draw in a block while some do not match; null where all are drawn. @param {number} n */
  strokes(n) {
    if (!this.#matching || this.others === "shown") return null;
    const { spans, page } = this.desk;
    const block = page.blocks[n];
    const marks = spans.inBlock(n);
    const drawn = strokesOf(marks.filter(({ key }) => this.#isMatch(key)), block);
    if (this.others === "hidden") return drawn;
    const dimmed = marks.filter(({ key }) => !this.#isMatch(key)).map(({ start, end }) =>
      ({ name: "cw-dim", part: /** @type {const} */ ("sign"), start: Math.max(start, block.start), end: Math.min(end, block.end) }));
    return [...dimmed, ...drawn];
  }

  /** Give what can be met at a place, the innermost first; null where nothing is hidden. @param {number} offset */
  at(offset) {
    return this.#matching && this.others === "hidden" ? this.desk.spans.at(offset).filter(({ key }) => this.#isMatch(key)) : null;
  }

  /** @param {string} key */
  #isMatch(key) {
    const item = this.desk.work.get("annotation", key);
    return Boolean(item && this.#matches(item));
  }

  #repaint() {
    for (const n of this.desk.near.shown) this.desk.painter.repaint(n);
  }

  // --- Filtering

  /** @param {Partial<Filter>} change */
  set(change) {
    this.filter = { ...this.filter, ...change };
    this.draw();
  }

  clear() {
    this.set(NO_FILTER);
    this.head.focus();
  }

  /** @param {"dimmed"|"hidden"|"shown"} others */
  setOthers(others) {
    this.others = others;
    this.#repaint();
  }

  /** Find out anew what matches, and draw the text again where that is different now. @param {import("../state/filtering.js").Known} known */
  #refresh(known) {
    const { spans } = this.desk;
    const before = this.#matching;
    this.#matches = this.isFiltering ? matcherOf(this.filter, known) : () => true;
    this.#matching = this.isFiltering ? spans.ordered().filter(({ key }) => this.#isMatch(key)) : null;
    const now = this.#matching;
    const isSame = before === now || (before && now && before.length === now.length && before.every((mark, n) => mark.key === now[n].key));
    if (!isSame && this.others !== "shown") this.#repaint();
  }

  // --- The list

  draw() {
    const { work, walk, listed, isEditable, spans } = this.desk;
    const known = this.isFiltering || !listed.hidden ? this.known() : null;
    if (known) this.#refresh(known);
    if (!known || listed.hidden) return;
    const withdrawn = work.withdrawn("annotation").sort((a, b) => a.start - b.start);
    const showsWithdrawn = this.filter.state === "withdrawn";
    const row = (/** @type {string} */ key) => this.#row(key, known.unsaved);
    const struck = showsWithdrawn ? withdrawn.filter(this.#matches) : [];
    const { order } = this;
    const count = showsWithdrawn ? struck.length : order.length;
    this.head.draw({ items: [...work.seen.annotation.values()].filter((item) => !item.withdrawn_at || item.is_mine), known, count, all: showsWithdrawn ? withdrawn.length : spans.size });
    const isEmpty = spans.size === 0;
    listed.show({
      count,
      row: (n) => (showsWithdrawn ? { ...row(struck[n].key), isWithdrawn: true } : row(order[n].key)),
      current: walk.current,
      place: showsWithdrawn ? -1 : order.findIndex(({ key }) => key === walk.current),
      withdrawn: isEditable && !this.isFiltering ? withdrawn.map(({ key }) => row(key)) : [],
      empty: this.isFiltering ? { title: t("none-match"), help: t("none-match-help") } : { title: t("none-yet"), help: isEmpty ? t("none-yet-help") : "" },
    });
  }

  /** @param {string} key @param {Map<string, string>} states of what is not saved yet */
  #row(key, states) {
    const { desk } = this;
    const item = /** @type {Annotation} */ (desk.work.get("annotation", key));
    const state = states.get(key);
    return {
      key,
      label: desk.styleOf(item.label),
      labelName: desk.labelName(item.label),
      quote: item.quote,
      other: item.is_mine ? null : item.annotator ?? t("someone"),
      trouble: state === "conflict" || state === "refused",
      unsaved: state === "waiting",
    };
  }
}
