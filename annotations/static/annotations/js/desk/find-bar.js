// @ts-check
/**
 * The bar that finds words in the article: finds as one types, counts, goes from hit to hit, and selects one, so that a
 * label's key marks it. Fetched when first wanted.
 */
import { h, smallButton } from "../dom.js";
import { t } from "../messages.js";
import { TextFinder, hitsIn, nextHit } from "../state/finding.js";

/** @typedef {import("./desk.js").Desk} Desk */
/** @typedef {import("../state/finding.js").Hit} Hit */

/** So long, in milliseconds, the page may be busy with finding before it may draw. */
const SLICE = 12;
const PAUSE_BEFORE_SAYING = 600;
const LONGEST_TAKEN = 100;
const AROUND = 40;
/** Where the text begins to be in sight, below what sticks at the top. */
const TOP = 110;

/** Let the browser do what waits. @returns {Promise<void>} */
const pause = () => /** @type {any} */ (globalThis).scheduler?.yield?.() ?? new Promise((resolve) => setTimeout(resolve));

export class FindBar {
  /** @type {Hit[]} */
  #hits = [];
  #current = -1;
  /** Where the person was when the bar was opened: what had the focus, and the place in the text. */
  #from = { focus: /** @type {Element|null} */ (null), offset: 0 };
  /** Counts the searches: an earlier one ends when a later one begins. */
  #run = 0;
  #timer = 0;
  #matters = { cases: false, accents: false };
  #field = h("input", { type: "search", class: "find-field", "aria-label": t("find"), placeholder: t("find"), autocomplete: "off", autocapitalize: "off", spellcheck: "false", dir: "auto" });
  #count = h("span", { class: "find-count number" });
  #select = smallButton(t("find-select"), () => this.take(), { class: "button-small", title: t("find-select-help"), "aria-keyshortcuts": "Alt+Enter" });

  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.finder = new TextFinder(desk.page.text, desk.page.blocks, desk.locale);
    const step = (/** @type {1|-1} */ way, /** @type {string} */ sign, /** @type {string} */ name) => smallButton(sign, () => this.step(way), { "aria-label": t(name), title: t(name), class: "button-quiet button-small find-step" });
    this.steps = [step(-1, "↑", "find-previous"), step(1, "↓", "find-next")];
    this.element = h("div", { class: "find-bar", role: "search", "aria-label": t("find"), hidden: true },
      h("div", { class: "find-line" }, this.#field, this.#count, ...this.steps),
      h("div", { class: "find-acts" }, this.#toggle("cases", "Aa"), this.#toggle("accents", "é"), this.#select,
        smallButton("✕", () => this.close(), { "aria-label": t("close"), title: t("close"), class: "button-quiet button-small find-step" })));
    this.#field.addEventListener("input", () => this.#search());
    this.element.addEventListener("keydown", (event) => this.#pressed(event));
    const { plan } = desk.painter;
    desk.painter.plan = (n) => [...plan(n), ...this.#strokes(n)];
    desk.root.append(this.element);
  }

  /** @param {"cases"|"accents"} name @param {string} sign */
  #toggle(name, sign) {
    const turn = () => {
      this.#matters = { ...this.#matters, [name]: !this.#matters[name] };
      button.setAttribute("aria-pressed", String(this.#matters[name]));
      this.#search();
    };
    const button = smallButton(sign, turn, { "aria-pressed": "false", "aria-label": t(`find-${name}`), title: t(`find-${name}`), class: "button-small find-toggle" });
    return button;
  }

  /** Show the bar; words that are selected are what is looked for. @param {Element|null} before what had the focus */
  open(before) {
    const { words, page, side } = this.desk;
    const isNew = this.element.hidden;
    if (isNew || !this.element.contains(before)) this.#from = { focus: side.isOpen ? null : before, offset: this.#offset() };
    side.close();
    this.element.hidden = false;
    const taken = words.span ? page.text.slice(words.span.start, words.span.end) : "";
    if (words.span) this.#from.offset = words.span.start;
    if (taken && taken.length <= LONGEST_TAKEN && !taken.includes("\n")) {
      this.#field.value = taken;
      words.end();
    }
    this.#field.focus();
    this.#field.select();
    if (isNew || taken) this.#search();
    return this.#field;
  }

  /** Where the person is: the place they went to, if it is in sight, else the top of what is. */
  #offset() {
    const { walk, page, near } = this.desk;
    const isSeen = (/** @type {Element} */ element) => {
      const { top, bottom } = element.getBoundingClientRect();
      return bottom > TOP && top < innerHeight;
    };
    const here = page.blockAt(walk.offset);
    const section = here?.el.closest("[data-chunk]");
    if (!section || (isSeen(section) && isSeen(here.el))) return walk.offset;
    const first = [...near.sections].find(([each]) => isSeen(each));
    const n = first?.[1].find((each) => isSeen(page.blocks[each].el));
    return n === undefined ? walk.offset : page.blocks[n].start;
  }

  /** Put the bar away, and be where one was; from the text, with the hit selected. */
  close() {
    const { desk } = this;
    const hit = this.#hits[this.#current];
    const { focus } = this.#from;
    const wasInText = !focus || focus === document.body || desk.article.contains(focus) || !focus.isConnected;
    this.element.hidden = true;
    this.#run += 1;
    clearTimeout(this.#timer);
    this.#take([], -1);
    if (wasInText) {
      desk.focusText();
      if (hit) this.#mark(hit);
    } else /** @type {HTMLElement} */ (focus).focus({ preventScroll: true });
  }

  /** Step back by Escape from the text, when nothing else is to be left first; tell whether that was meant. */
  escape() {
    const { words, caret, side, walk, many } = this.desk;
    const isElsewhere = words.span || !words.popup.hidden || caret.isOn || side.isOpen || words.armed || walk.current || many?.keys.size || many?.isChoosing;
    if (this.element.hidden || isElsewhere) return false;
    this.#from.focus = null;
    this.#current = -1;
    this.close();
    return true;
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    if (event.isComposing) return;
    const isInField = event.target === this.#field;
    if (event.key === "Escape") this.close();
    else if (isInField && event.key === "Enter" && (event.altKey || event.ctrlKey || event.metaKey)) this.take();
    else if (isInField && event.key === "Enter") this.step(event.shiftKey ? -1 : 1);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  // --- Finding

  async #search() {
    const run = ++this.#run;
    const words = this.#field.value;
    /** @type {Hit[]} */
    const found = [];
    let since = performance.now();
    for (const hits of this.finder.hits(words, this.#matters)) {
      for (const hit of hits) found.push(hit);
      if (performance.now() - since < SLICE) continue;
      await pause();
      if (run !== this.#run) return;
      since = performance.now();
    }
    this.#take(found, nextHit(found, { current: -1, offset: this.#from.offset }, 1));
    this.#reveal();
    clearTimeout(this.#timer);
    if (words.trim()) this.#timer = window.setTimeout(() => this.#say(), PAUSE_BEFORE_SAYING);
  }

  /** @param {Hit[]} hits @param {number} current */
  #take(hits, current) {
    const { near, painter, page } = this.desk;
    const before = this.#hits;
    this.#hits = hits;
    for (const n of near.shown) if (hitsIn(before, page.blocks[n]).length || hitsIn(hits, page.blocks[n]).length) painter.repaint(n);
    this.#go(current);
  }

  /** @param {number} current */
  #go(current) {
    this.#current = current;
    const { painter } = this.desk;
    painter.mark("cw-found", this.#hits[current] ?? null);
    const all = this.#hits.length;
    const isAsked = Boolean(this.#field.value.trim());
    this.#count.textContent = !isAsked ? "" : all ? t("find-count", { n: current + 1, all }) : t("find-none");
    this.element.toggleAttribute("data-none", isAsked && !all);
    for (const button of [...this.steps, this.#select]) button.toggleAttribute("disabled", !all);
  }

  /** Go to the next hit, or the one before; tell whether there is any. @param {1|-1} direction */
  step(direction) {
    if (this.element.hidden || !this.#hits.length) return false;
    this.#go(nextHit(this.#hits, { current: this.#current, offset: this.#from.offset }, direction));
    this.#reveal();
    clearTimeout(this.#timer);
    this.#say();
    return true;
  }

  /** Bring the hit into view, out from under the bar. */
  #reveal() {
    const hit = this.#hits[this.#current];
    if (!hit) return;
    const { page, walk } = this.desk;
    walk.offset = hit.start;
    page.reveal(hit.start, hit.end);
    const { top, bottom } = page.rangeOf(hit.start, hit.end).getBoundingClientRect();
    const bar = this.element.getBoundingClientRect();
    if (top < bar.bottom && bottom > bar.top) scrollBy({ top: top - bar.bottom - bar.height, behavior: "instant" });
  }

  #say() {
    const hit = this.#hits[this.#current];
    const { voice, page } = this.desk;
    if (!hit) return voice.say(t("find-none"));
    const block = page.blockAt(hit.start);
    const around = page.text.slice(Math.max(block.start, hit.start - AROUND), Math.min(block.end, hit.end + AROUND)).replace(/\s+/g, " ");
    voice.say(`${t("find-count", { n: this.#current + 1, all: this.#hits.length })}: ${around}`);
  }

  /** @param {number} n */
  #strokes(n) {
    return hitsIn(this.#hits, this.desk.page.blocks[n]).map(({ start, end }) => ({ name: "cw-find", part: /** @type {const} */ ("sign"), start, end }));
  }

  // --- Marking

  /** Select the hit and go to the text: what is pressed next marks it. The bar stays. */
  take() {
    const hit = this.#hits[this.#current];
    if (!hit) return;
    this.#from = { focus: null, offset: hit.start };
    this.desk.focusText();
    this.#mark(hit);
  }

  /** @param {Hit} hit */
  #mark({ start, end }) {
    const { page, words, caret, walk } = this.desk;
    if (caret.isOn) walk.toggleCaret();
    const { selecting } = words;
    const range = page.rangeOf(start, end);
    getSelection()?.setBaseAndExtent(range.startContainer, range.startOffset, range.endContainer, range.endOffset);
    // the hit as it is, not the words around it: now, and when the browser tells of the selection
    selecting.isExact = selecting.snapsToWords;
    words.take(false);
    selecting.isExact = selecting.snapsToWords;
  }
}
