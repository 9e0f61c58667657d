// @ts-check
/**
 * The article page as a whole: makes its parts, tells each what happens, and keeps what several of them ask for.
 * What may be done lives in `state/`, how it looks in `painters/` and `elements/`, each topic of the page beside this file.
 */
import { Api } from "../api.js";
import { Caret } from "../caret.js";
import { h, need } from "../dom.js";
import { Extras } from "../extras.js";
import { characterAt } from "../hit.js";
import { t } from "../messages.js";
import { PageText } from "../page-text.js";
import { HighlightPainter } from "../painters/painter-highlight.js";
import { NearViewport } from "../painters/near-viewport.js";
import { Acts } from "../state/acts.js";
import { newKey } from "../state/new-key.js";
import { isCrowded, strokesOf } from "../state/segments.js";
import { SpanStore } from "../state/spans.js";
import { Work } from "../state/work.js";
import { OpStore } from "../storage.js";
import { Sync, mayMissSomething } from "../sync.js";
import { Deeds } from "./deeds.js";
import { Drawing } from "./drawing.js";
import { Keyboard } from "./keyboard.js";
import { Side } from "./side.js";
import { Voice } from "./voice.js";
import { Walk } from "./walk.js";
import { Words } from "./words.js";

/** @typedef {import("../types.js").Annotation} Annotation */
/** @typedef {import("../types.js").PageData} PageData */
/** @typedef {import("../state/work.js").Touched} Touched */
/** @typedef {typeof HighlightPainter|typeof import("../painters/painter-dom.js").DomPainter} AnyPainter */

const WRITABLE = ["open", "returned", "lapsed"];
const STALE_AFTER = 30_000;
const PAUSE_AFTER_HASTE = 1500;
const NARROW = "(max-width: 899px)";
const REOPENABLE = ["submitted", "skipped"];

export class Desk {
  /** @type {import("./hover.js").Hover|null} once the mouse was over the text */
  hover = null;
  /** @type {Promise<import("./hover.js").Hover|null>|null} */
  #hovering = null;
  /** @type {Promise<import("./handing-in.js").HandingIn|null>|null} */
  #handingIn = null;
  /** @type {import("./many.js").Many|null} several annotations chosen in the list */
  many = null;
  /** @type {import("./listing.js").Listing|null} which annotations the list shows, once it was shown */
  listing = null;
  /** @type {Promise<void>|undefined} fulfilled once it is known what was done before */
  remembered;
  /** @type {import("../zones/zones.js").Zones|null} */
  zones = null;
  /** @type {import("../suggestions/suggestions.js").Suggestions|null} there when the text has any */
  suggestions = null;
  #hiddenAt = 0;
  /** @type {AbortSignal|undefined} */
  #signal;
  #narrow = matchMedia(NARROW);
  /** @type {import("./related.js").Related|undefined} */
  related;
  /** @type {{pressed(command: string): true|undefined}|undefined} */
  quoting;

  /** @param {HTMLElement} root @param {PageData} data @param {AnyPainter} Painter */
  constructor(root, data, Painter) {
    this.root = root;
    this.data = data;
    this.mayAnnotate = data.me.can_annotate;
    /** Whether annotations further down are still to come. */
    this.isPartial = data.next !== null;
    this.assignment = data.assignment;
    this.locale = data.article.language ?? "";
    this.labels = new Map(data.labels.map((label) => [label.key, label]));

    this.article = need(root, ".article");
    this.page = new PageText(this.article, data);
    this.work = new Work(data.me.pseudonym, (start, end) => this.page.text.slice(this.page.map.toUnits(start), this.page.map.toUnits(end)));
    this.work.absorb(data);
    this.spans = new SpanStore(this.page.blocks);
    this.spans.load(this.work.standing("annotation").map((item) => this.#markOf(item)));
    this.extras = new Extras(this.page, data.regions, data.links);
    this.painter = new Painter(this.page, (n) => [...this.extras.inBlock(n), ...(this.suggestions?.inBlock(n) ?? []), ...(this.listing?.strokes(n) ?? strokesOf(this.spans.inBlock(n), this.page.blocks[n]))]);
    this.near = new NearViewport(this.article, this.page.blocks, { show: (n) => this.#showBlock(n), hide: (n) => this.painter.hide(n) });
    const caret = h("span", { class: "caret", "aria-hidden": "true", hidden: true });
    this.article.append(caret);
    this.caret = new Caret(this.page, caret);

    const where = { user: data.me.user_uuid, doc: data.version.uuid };
    this.api = new Api(data.urls.api);
    this.sync = new Sync({
      api: this.api,
      store: new OpStore(where.user),
      work: this.work,
      where,
      onTouched: (touched) => this.#touched(touched),
      onState: () => this.drawing.soon(),
    });
    this.acts = new Acts({
      work: this.work,
      push: (op) => this.sync.push({ ...op, page: location.pathname }),
      newKey,
      where: { ...where, article: data.article.uuid, sha256: data.version.text_sha256 },
    });

    this.picker = /** @type {import("../elements/label-picker.js").LabelPicker} */ (need(root, "label-picker"));
    this.panel = /** @type {import("../elements/span-panel.js").SpanPanel} */ (need(root, "span-panel"));
    this.listed = /** @type {import("../elements/span-list.js").SpanList} */ (need(root, "span-list"));
    this.saving = /** @type {import("../elements/save-state.js").SaveState} */ (need(root, "save-state"));
    this.submitter = need(root, "[data-act=submit]");
    this.reopener = need(root, "[data-act=reopen]");
    this.voice = new Voice(root, () => this.focusText());
    this.side = new Side(this, root);
    this.walk = new Walk(this);
    this.words = new Words(this);
    this.deeds = new Deeds(this);
    this.drawing = new Drawing(this);
    this.keyboard = new Keyboard(this);
    root.append(this.words.popup);
  }

  /** @param {AbortSignal} signal ends all listening */
  async start(signal) {
    this.#signal = signal;
    this.remembered = import("./remembering.js").then(({ remember }) => remember(this.acts.history, this.data, signal), () => {});
    this.#listen(signal);
    this.drawing.articleTab();
    this.setEditable();
    this.near.start(signal);
    this.drawing.all();
    if (!(await this.page.isTrue(this.data.version.text_sha256))) {
      this.mayAnnotate = false;
      this.setEditable();
      this.voice.notice(t("wrong-text"));
      return;
    }
    await this.sync.start(signal);
    this.#fetchFrom(this.data.next);
    if (!(await this.sync.store.isDurable())) this.voice.notice(t("not-durable"));
    this.root.dataset.ready = "saving";
    import("./more.js").then((more) => more.fetchMore(this, signal), () => {});
    if (mayMissSomething()) {
      this.refetch();
      setTimeout(() => this.refetch(), PAUSE_AFTER_HASTE);
    }
  }

  // --- What several parts ask for

  get isNarrow() {
    return this.#narrow.matches;
  }

  get isEditable() {
    const state = this.assignment?.state;
    return this.mayAnnotate && (!state || WRITABLE.includes(state));
  }

  get hasOwnSpans() {
    return this.spans.ordered().some(({ other }) => !other);
  }

  /** Whether there is something to hand in: who reviews or manages only looks, until the article is given or annotated. */
  get mayHandIn() {
    return this.isEditable && (Boolean(this.assignment) || this.data.me.role === "annotator" || this.hasOwnSpans);
  }

  /** Show what the state of the assignment allows now. */
  setEditable() {
    const { isEditable } = this;
    const state = this.assignment?.state ?? "";
    this.picker.enabled = isEditable;
    this.article.classList.toggle("draws-selection", isEditable && this.painter instanceof HighlightPainter);
    this.submitter.textContent = t(this.data.urls.after_submit && !this.isNarrow ? "submit-next" : "submit");
    this.reopener.hidden = !REOPENABLE.includes(state);
    this.voice.notice(isEditable ? "" : t([...REOPENABLE, "accepted"].includes(state) ? `is-${state}` : "read-only"));
    this.drawing.soon();
  }

  focusText() {
    this.article.focus({ preventScroll: true });
  }

  /** @param {string} key */
  labelName(key) {
    return this.labels.get(key)?.name ?? key;
  }

  /** Name the label whose colours to use. @param {string} key */
  styleOf(key) {
    return this.labels.has(key) ? key : "other";
  }

  /** Give a place of the page as it is stored. @param {number} start @param {number} end in UTF-16 units */
  placeOf(start, end) {
    const { map, text } = this.page;
    return { start: map.toCodePoints(start), end: map.toCodePoints(end), quote: text.slice(start, end) };
  }

  /** Give a span of one piece or several as it is stored. @param {import("./words.js").Span[]} pieces */
  placeOfAll(pieces) {
    const place = this.placeOf(pieces[0].start, pieces[pieces.length - 1].end);
    return { ...place, fragments: pieces.length > 1 ? pieces.map(({ start, end }) => this.placeOf(start, end)) : [] };
  }

  /** @param {Annotation} item @returns {import("../types.js").Mark} */
  #markOf({ key, start, end, label, is_mine, fragments }) {
    const place = (/** @type {{start: number, end: number}} */ each) => ({ start: this.page.map.toUnits(each.start), end: this.page.map.toUnits(each.end) });
    const parts = fragments?.length ? fragments.map(place) : undefined;
    return { key, ...place({ start, end }), label: this.styleOf(label), other: !is_mine, parts };
  }

  // --- Drawing in the text

  /** @param {number} n */
  #showBlock(n) {
    this.painter.show(n);
    this.#describe(n);
  }

  /** Tell the number of annotations of a paragraph, beside it and to screen readers. @param {number} n */
  #describe(n) {
    const { el } = this.page.blocks[n];
    const marks = this.spans.inBlock(n);
    if (!marks.length) {
      el.removeAttribute("data-marks");
      el.removeAttribute("aria-description");
    } else if (el.dataset.marks !== String(marks.length)) {
      el.dataset.marks = String(marks.length);
      el.setAttribute("aria-description", t("annotations-n", { n: marks.length }));
    }
    el.toggleAttribute("data-crowded", isCrowded(marks));
  }

  /** Draw again what acts or answers changed. @param {Touched[]} touched */
  #touched(touched) {
    const { spans, work, painter, walk } = this;
    /** @type {Set<number>} */
    const blocks = new Set();
    for (const { sort, key } of touched) {
      if (sort !== "annotation") continue;
      const item = work.get("annotation", key);
      const old = spans.get(key);
      const mark = item && !item.withdrawn_at ? this.#markOf(item) : null;
      if (old && mark && JSON.stringify(old) === JSON.stringify(mark)) continue;
      if (!old && !mark) continue;
      for (const n of mark ? spans.put(mark) : spans.remove(key)) blocks.add(n);
      if (key !== walk.current) continue;
      painter.mark("cw-cur", mark);
      if (!mark) walk.current = null;
    }
    for (const n of blocks) {
      painter.repaint(n);
      this.#describe(n);
    }
    this.drawing.soon();
  }

  // --- Listening

  /** @param {AbortSignal} signal */
  #listen(signal) {
    const { root, article, words, deeds, walk, side, keyboard } = this;
    const on = (/** @type {EventTarget} */ target, /** @type {string} */ name, /** @type {(event: any) => void} */ act) =>
      target.addEventListener(name, act, { signal });
    on(document, "keydown", (event) => {
      this.hover?.end();
      keyboard.pressed(event);
    });
    on(document, "selectionchange", () => words.changed());
    on(article, "pointerdown", ({ button }) => {
      if (button !== 0) return;
      words.pointerDown();
      this.hover?.end();
    });
    on(document, "pointerup", (event) => words.pointerUp(event));
    on(document, "pointercancel", () => (words.isPointerDown = false));
    on(article, "click", (event) => this.#clicked(event));
    on(article, "pointermove", (event) => event.pointerType === "mouse" && !words.isPointerDown && this.#hovered(event));
    on(article, "pointerleave", () => this.hover?.end());
    on(document, "scroll", () => {
      this.hover?.scrolled();
      words.scrolled();
    });
    on(root, "click", (event) => this.#buttonPressed(event));
    on(root, "label-chosen", ({ detail, target }) => deeds.label(detail.label, target === this.picker));
    on(root, "bounds-chosen", () => deeds.moveHere());
    on(root, "search-ended", () => this.focusText());
    on(root, "span-chosen", ({ detail }) => walk.select(detail.key, { reveals: true, opens: true }));
    on(root, "span-restored", ({ detail }) => deeds.restore(detail.key));
    on(root, "decision-wanted", () => this.drawing.showDecisions());
    on(root, "act-wanted", ({ detail }) => deeds.grant(detail));
    on(need(root, "[role=tablist]"), "keydown", (event) => side.pressed(event));
    on(need(root, "[data-single-keys]"), "change", ({ target }) => keyboard.setSingleKeys(target.checked));
    on(root, "reshaping-wanted", ({ detail }) => deeds.reshape(detail.name));
    on(document, "visibilitychange", () => this.#visibilityChanged());
    on(globalThis, "pageshow", (event) => event.persisted && this.refetch());
    on(globalThis, "pagehide", () => this.panel.flush());
  }

  /** Show what lies under the mouse, by a part that is fetched when it first moves over the text. @param {PointerEvent} event */
  async #hovered(event) {
    this.#hovering ??= import("./hover.js").then(({ Hover }) => (this.hover = new Hover(this)), () => (this.#hovering = null));
    (await this.#hovering)?.moved(event);
  }

  /** Submit the article or reopen it. @param {"submit"|"reopen"} act */
  async handIn(act) {
    this.#handingIn ??= import("./handing-in.js").then(({ HandingIn }) => new HandingIn(this), () => (this.#handingIn = null));
    const part = await this.#handingIn;
    if (part) part[act]();
    else this.voice.toast(t("submit-offline"));
  }

  /** Select what was clicked, the innermost first and then outwards. @param {MouseEvent} event */
  #clicked(event) {
    const { page, spans, extras, walk } = this;
    if (event.detail === 2) import("./sentence.js").catch(() => {});
    if (!getSelection()?.isCollapsed && event.detail !== 3) return;
    const offset = characterAt(page, event.clientX, event.clientY);
    if (event.detail === 3) return void this.words.takeSentence(offset);
    const marks = offset === null ? [] : this.listing?.at(offset) ?? spans.at(offset);
    if (this.many?.tapped(marks)) return;
    const link = offset === null ? undefined : extras.linkAt(offset);
    if (offset !== null) walk.offset = offset;
    if (marks.length) {
      const here = marks.findIndex(({ key }) => key === walk.current);
      walk.select(marks[(here + 1) % marks.length].key, { opens: true });
    } else if (link) {
      walk.select(null);
      this.drawing.showLink(link.url);
    } else if (offset === null || !this.suggestions?.clicked(offset)) {
      if (walk.current) walk.select(null);
      this.side.close();
    }
  }

  /** @param {Event} event */
  #buttonPressed(event) {
    const button = /** @type {HTMLElement|null} */ (/** @type {HTMLElement} */ (event.target).closest("[data-act], [data-tab]"));
    if (!button) return;
    const { act, tab } = button.dataset;
    if (tab) this.side.show(tab);
    if (act === "help") this.keyboard.help();
    if (act === "side") this.side.toggle();
    if (act === "submit" || act === "reopen") this.handIn(act);
  }

  // --- Keeping up

  #visibilityChanged() {
    if (document.hidden) this.#hiddenAt = Date.now();
    else if (this.#hiddenAt && Date.now() - this.#hiddenAt > STALE_AFTER) this.refetch();
  }

  /** Ask what changed elsewhere: in another browser, by other people. */
  refetch() {
    return this.#fetchFrom(0);
  }

  /** Fetch the work from an offset on. @param {number|null} offset in code points; null where all is here */
  async #fetchFrom(offset) {
    if (offset !== null) await (await import("./rest.js")).fetchFrom(this, offset, this.#signal);
  }

  /** @param {Parameters<Work["absorb"]>[0]} found what the server has */
  takeIn(found) {
    this.#touched(this.work.absorb(found));
  }
}
