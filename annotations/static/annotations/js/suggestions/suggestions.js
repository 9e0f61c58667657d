// @ts-check
/**
 * Suggestions on the article page: drawn dashed, walked with the space bar, accepted and rejected by key, one or many.
 * Loaded only where the text has any.
 */
import { h, keepingFocus, need, smallButton } from "../dom.js";
import { t } from "../messages.js";
import { newKey } from "../state/new-key.js";
import { SuggestedStore } from "../state/suggested.js";
import { shortened } from "../text/shortened.js";

/** @typedef {import("../desk/desk.js").Desk} Desk */
/** @typedef {import("../state/suggested.js").Suggested} Suggested */
/** @typedef {{suggestion: string, state: string, base_version?: number, annotation?: string, label?: string, start?: number, end?: number, quote?: string}} Wish */

const MOST_AT_ONCE = 200;
const LISTED = 200;
const PREVIEWED = 5;
const WORDS = { open: "suggestion-open", accepted: "suggestion-state-accepted", dismissed: "suggestion-state-dismissed" };

export class Suggestions {
  store = new SuggestedStore([]);
  /** @type {string|null} key of the one that is looked at */
  current = null;
  /** @type {Map<number, Suggested[]>} what is open, by paragraph */
  #blocks = new Map();
  #bulk = { label: "", tool: "" };

  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.place = need(desk.root, "[data-suggestions]");
    const { history } = desk.acts;
    const run = history.run;
    history.run = (step) => (step.sort === "decision" ? this.#again(step) : run(step));
  }

  async start() {
    const { api, data, page } = this.desk;
    const { status, data: found } = await api.ask("GET", `articles/${data.article.uuid}/suggestions/`);
    if (status !== 200 || !found) return;
    const { map } = page;
    this.store = new SuggestedStore(found.results.map((/** @type {Suggested} */ each) => ({ ...each, start: map.toUnits(each.start), end: map.toUnits(each.end) })));
    this.place.hidden = false;
    const { sync } = this.desk;
    const touch = sync.onTouched;
    sync.onTouched = (touched) => {
      touch(touched);
      if (touched.some(({ sort }) => sort === "decision")) this.#refresh();
    };
    this.#index(this.store.items);
    this.#refresh();
    this.#draw();
  }

  /** Show what the server has, with the decisions that are not saved yet. */
  #refresh() {
    const { work } = this.desk;
    const changed = this.store.absorb([...work.base.decision.values()], this.#unsaved());
    if (!changed.length) return;
    this.#index(changed);
    this.mark();
    this.#draw();
  }

  /** Give the unsaved decisions in their order: the last one about each. @returns {Map<string, Wish>} */
  #waiting() {
    const ops = this.desk.work.ops.filter(({ sort }) => sort === "decision");
    return new Map(ops.flatMap(({ body }) => /** @type {Wish[]} */ (body.decisions).map((wish) => [wish.suggestion, wish])));
  }

  /** @returns {Map<string, Suggested["state"]>} */
  #unsaved() {
    return new Map([...this.#waiting()].map(([key, { state }]) => [key, /** @type {any} */ (state)]));
  }

  /** Name the annotation that accepting made, saved or not. @param {Suggested} item */
  #annotationOf(item) {
    const wish = this.#waiting().get(item.key);
    return (wish ? wish.annotation : item.annotation) ?? null;
  }

  // --- In the text

  /** @param {number} n */
  inBlock(n) {
    const block = this.desk.page.blocks[n];
    return (this.#blocks.get(n) ?? []).map(({ start, end }) => ({
      name: "cw-suggested", part: /** @type {const} */ ("sign"), start: Math.max(start, block.start), end: Math.min(end, block.end),
    }));
  }

  /** Draw the paragraphs of some suggestions again. @param {Suggested[]} items */
  #index(items) {
    const { page, painter } = this.desk;
    /** @type {Set<number>} */
    const touched = new Set();
    for (const item of items) {
      for (let n = page.blockAt(item.start)?.n ?? Infinity; n < page.blocks.length && page.blocks[n].start < item.end; n++) {
        const others = (this.#blocks.get(n) ?? []).filter(({ key }) => key !== item.key);
        this.#blocks.set(n, item.state === "open" ? [...others, item] : others);
        touched.add(n);
      }
    }
    for (const n of touched) painter.repaint(n);
  }

  /** Mark the one that is looked at. */
  mark() {
    const item = this.current ? this.store.byKey.get(this.current) : undefined;
    this.desk.painter.mark("cw-cur", item ?? this.desk.walk.mark ?? null);
  }

  // --- Going from one to the next

  /** Do what a key asks for, and give false where the key is not ours after all. @param {string} name @param {KeyboardEvent} event */
  pressed(name, { target }) {
    if (name === "accept-suggestion") return this.accept();
    if (name === "reject-suggestion") return this.reject();
    const isOurs = name === "next-suggestion" && !(/** @type {HTMLElement} */ (target).closest("button, a, summary, [role=tab], input, select"));
    return isOurs && this.next();
  }

  next() {
    const item = this.store.after(this.current, this.desk.walk.offset);
    if (item) this.select(item.key);
    else this.desk.voice.say(t("suggestion-none"));
  }

  /** @param {string|null} key @param {{says?: boolean}} [how] */
  select(key, { says = true } = {}) {
    const item = key ? this.store.byKey.get(key) : undefined;
    this.current = item?.key ?? null;
    if (item) {
      const open = this.store.open();
      this.desk.walk.select(null, { says: false });
      this.desk.walk.offset = item.start;
      this.desk.page.reveal(item.start, item.end);
      if (says) this.desk.voice.say(t("suggestion-said", { label: this.desk.labelName(item.label), quote: shortened(item.quote), n: open.indexOf(item) + 1, all: open.length }));
    }
    this.mark();
    this.#draw();
  }

  /** Look at the one that was clicked. @param {number} offset @returns {boolean} whether there is one */
  clicked(offset) {
    const item = this.store.at(offset);
    if (item) {
      this.select(item.key);
      this.desk.side.open();
    } else if (this.current) this.select(null);
    return Boolean(item);
  }

  // --- Deciding

  /** The open one that is looked at, unless an annotation is selected. */
  get #open() {
    const item = this.current && !this.desk.walk.current ? this.store.byKey.get(this.current) : undefined;
    return item?.state === "open" ? item : undefined;
  }

  /** Accept: as it is, or for the words that are selected. @param {string} [label] */
  accept(label) {
    const { words } = this.desk;
    const item = this.#open;
    if (!item) return this.next();
    /** @type {Partial<Wish>} */
    const other = label && label !== item.label ? { label } : {};
    if (words.span) Object.assign(other, this.desk.placeOf(words.span.start, words.span.end));
    if (words.span) words.clear();
    this.#decide([item], "accepted", "suggestion-accepted", () => other);
    this.next();
  }

  reject() {
    const item = this.#open;
    if (!item) return this.next();
    this.#decide([item], "dismissed", "suggestion-rejected");
    this.next();
  }

  /** Accept the one that is looked at with another label. @param {string} label @returns {boolean} whether it was that */
  label(label) {
    if (!this.#open || this.desk.words.span) return false;
    this.accept(label);
    return true;
  }

  /** @param {string[]} keys */
  #takeBack(keys) {
    const items = keys.flatMap((key) => this.store.byKey.get(key) ?? []).filter(({ state }) => state !== "open");
    this.#decide(items, "open", items.length > 1 ? "suggestions-reopened" : "suggestion-reopened");
    this.select(items[0]?.key ?? null, { says: false });
  }

  /**
   * Decide: shown at once, kept, sent as soon as possible, and undone like any other act.
   * @param {Suggested[]} items @param {Suggested["state"]} state @param {string} word
   * @param {(item: Suggested) => Partial<Wish>} [others]
   */
  #decide(items, state, word, others = () => ({})) {
    const { desk } = this;
    if (!items.length) return;
    if (!desk.isEditable) return desk.voice.say(t("read-only"));
    const undo = this.#step(items.map((item) => ({ suggestion: item.key, state: item.state, ...this.#differing(item) })));
    const redo = this.#step(items.map((item) => ({ suggestion: item.key, state, ...others(item) })));
    this.#apply(redo);
    desk.acts.history.add({ name: "decided", undo: [undo], redo: [redo] });
    desk.voice.say(t(word, { quote: shortened(items[0].quote), n: items.length }));
  }

  /** Say how an accepted one differs from what was suggested. @param {Suggested} item @returns {Partial<Wish>} */
  #differing(item) {
    const made = item.state === "accepted" ? this.desk.work.get("annotation", this.#annotationOf(item) ?? "") : undefined;
    if (!made) return {};
    const { map } = this.desk.page;
    const isMoved = map.toUnits(made.start) !== item.start || map.toUnits(made.end) !== item.end;
    return { ...(made.label !== item.label && { label: made.label }), ...(isMoved && { start: made.start, end: made.end, quote: made.quote }) };
  }

  /** @param {Wish[]} decisions @returns {import("../state/history.js").Step} */
  #step(decisions) {
    return { sort: "decision", kind: "change", target: decisions[0].suggestion, body: { decisions } };
  }

  /** Do a step of an undo or a redo. @param {import("../state/history.js").Step} step */
  #again(step) {
    const items = this.#apply(step);
    const first = items.find(({ state }) => state === "open");
    if (first) this.select(first.key, { says: false });
  }

  /** Send what a step wishes: about one by itself, about several at once where nothing waits. @param {import("../state/history.js").Step} step */
  #apply({ body }) {
    const waiting = this.#waiting();
    const wished = /** @type {Wish[]} */ (body.decisions).flatMap(({ suggestion, state, ...other }) => {
      const item = this.store.byKey.get(suggestion);
      return item && item.state !== state ? [{ item, wish: this.#wish(item, /** @type {Suggested["state"]} */ (state), other) }] : [];
    });
    const together = wished.filter(({ item }) => !waiting.has(item.key));
    if (together.length > 1) this.#push(newKey(), together, null);
    for (const each of together.length > 1 ? wished.filter(({ item }) => waiting.has(item.key)) : wished) {
      this.#push(each.item.key, [each], waiting.has(each.item.key) ? null : each.item.version);
    }
    this.#refresh();
    return wished.map(({ item }) => item);
  }

  /**
   * Put decisions into the queue of unsaved acts: each knows the version before it, or takes the one that it leaves.
   * @param {string} target @param {{item: Suggested, wish: Wish}[]} wished @param {number|null} base
   */
  #push(target, wished, base) {
    const { sync, work } = this.desk;
    const { user, doc } = sync.where;
    const about = new Set(wished.map(({ item }) => item.key));
    const isBefore = (/** @type {import("../types.js").Op} */ { sort, body }) => sort === "decision" && /** @type {Wish[]} */ (body.decisions).some(({ suggestion }) => about.has(suggestion));
    const needs = work.ops.filter(isBefore).map((op) => op.target).filter((key) => key !== target);
    const decisions = wished.map(({ item, wish }) => (wished.length > 1 ? { ...wish, base_version: item.version } : wish));
    const shown = { makes: wished.flatMap(({ item, wish }) => (wish.annotation ? [this.#made(item, wish)] : [])), takes: wished.flatMap(({ item }) => this.#annotationOf(item) ?? []) };
    sync.push({ user, doc, id: newKey(), sort: "decision", kind: "change", target, needs, path: "suggestions/decide/", method: "POST", body: { decisions }, base, tries: 0, state: "waiting", shown, page: location.pathname });
  }

  /** Give the annotation as it will be, to be seen at once. @param {Suggested} item @param {Wish} wish */
  #made(item, { annotation, label = item.label, ...place }) {
    const { start, end, quote } = place.quote === undefined ? this.desk.placeOf(item.start, item.end) : place;
    return { key: annotation, label, start, end, quote, note: "", attributes: label === item.label ? item.attributes ?? {} : {}, layer: "annotator", fragments: [] };
  }

  /** @param {Suggested} item @param {Suggested["state"]} state @param {Partial<Wish>} other @returns {Wish} */
  #wish(item, state, other) {
    const wish = { suggestion: item.key, state };
    return state === "accepted" ? { ...wish, annotation: newKey(), ...other } : wish;
  }

  // --- Beside the text

  #draw() {
    keepingFocus(this.place, () => this.#fill(), () => this.place.querySelector("button"));
  }

  #fill() {
    const { open, accepted, dismissed } = this.store.counts();
    const details = [...this.place.querySelectorAll("details")].map((each) => each.open);
    this.place.replaceChildren(
      h("h2", { class: "small-head" }, t("suggestions")),
      h("p", { "data-suggestion-counts": true }, t("suggestions-count", { open, accepted, rejected: dismissed })),
      this.#card(),
      ...(open > 1 && this.desk.isEditable ? [this.#bulkForm(details[0])] : []),
      this.#list(details.at(-1)),
    );
  }

  #card() {
    const item = this.current ? this.store.byKey.get(this.current) : undefined;
    if (!item) return h("p", { class: "muted" }, t(this.store.open().length ? "suggestion-select" : "suggestion-none"));
    const by = [t("suggestion-by", { name: item.suggested_by }), item.score === null ? "" : t("suggestion-score", { score: item.score })];
    const { isEditable } = this.desk;
    return h("div", { class: `suggestion-card label-${this.desk.styleOf(item.label)}` },
      h("p", {}, h("span", { class: "swatch", "aria-hidden": "true" }), " ", h("strong", {}, this.desk.labelName(item.label)), ` · ${t(WORDS[item.state])}`),
      h("q", { class: "suggestion-quote", dir: "auto" }, shortened(item.quote)),
      h("p", { class: "muted" }, by.filter(Boolean).join(" · ")),
      isEditable && h("div", { class: "suggestion-acts" },
        ...(item.state === "open"
          ? [
              h("button", { type: "button", class: "button-small", "aria-keyshortcuts": "A", "data-focus": "accept", onclick: () => this.accept() }, t("suggestion-accept"), h("kbd", { "aria-hidden": "true" }, "A")),
              h("button", { type: "button", class: "button-small", "aria-keyshortcuts": "X", "data-focus": "reject", onclick: () => this.reject() }, t("suggestion-reject"), h("kbd", { "aria-hidden": "true" }, "X")),
            ]
          : [smallButton(t("suggestion-take-back"), () => this.#takeBack([item.key]), { "data-focus": "take-back" })]),
        smallButton(t("suggestion-next"), () => this.next(), { "data-focus": "next" })));
  }

  /** @param {boolean} [isOpen] */
  #bulkForm(isOpen = false) {
    const all = this.store.open();
    const chosen = this.store.open(this.#bulk.label, this.#bulk.tool).slice(0, MOST_AT_ONCE);
    const choose = (/** @type {"label"|"tool"} */ name, /** @type {string} */ word, /** @type {string} */ any, /** @type {string[]} */ values, /** @type {(value: string) => string} */ say) => {
      const select = h("select", { "aria-label": word, "data-focus": `bulk-${name}`, onchange: (/** @type {Event} */ { target }) => {
        this.#bulk[name] = /** @type {HTMLSelectElement} */ (target).value;
        this.#draw();
      } }, h("option", { value: "" }, any), ...[...new Set(values)].sort().map((value) => h("option", { value, selected: value === this.#bulk[name] }, say(value))));
      return select;
    };
    return h("details", { open: isOpen },
      h("summary", {}, t("suggestions-bulk")),
      h("div", { class: "suggestion-acts" },
        choose("label", t("suggestion-label"), t("suggestions-bulk-all"), all.map(({ label }) => label), (key) => this.desk.labelName(key)),
        choose("tool", t("suggestions-tool"), t("suggestions-bulk-tools"), all.map(({ suggested_by }) => suggested_by), (name) => name)),
      h("p", {}, t("suggestions-preview", { n: chosen.length })),
      h("ul", { class: "suggestion-rows" },
        ...chosen.slice(0, PREVIEWED).map(({ quote }) => h("li", {}, h("span", { class: "suggestion-quote", dir: "auto" }, shortened(quote)))),
        ...(chosen.length > PREVIEWED ? [h("li", { class: "muted" }, t("suggestions-more", { n: chosen.length - PREVIEWED }))] : [])),
      smallButton(t("suggestions-accept-n", { n: chosen.length }), () => this.#decide(chosen, "accepted", "suggestions-accepted"), { "data-focus": "bulk", disabled: !chosen.length }));
  }

  /** @param {boolean} [isOpen] */
  #list(isOpen = false) {
    return h("details", { open: isOpen },
      h("summary", {}, t("suggestions-list")),
      h("ol", { class: "suggestion-rows" }, ...this.store.items.slice(0, LISTED).map((item) =>
        h("li", { "data-state": item.state },
          h("button", { type: "button", "aria-current": item.key === this.current && "true", "data-focus": item.key, onclick: () => this.select(item.key) },
            h("span", { class: "muted" }, `${this.desk.labelName(item.label)} · ${t(WORDS[item.state])} `),
            h("span", { class: "suggestion-quote", dir: "auto" }, shortened(item.quote)))))));
  }
}
