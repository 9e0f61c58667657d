// @ts-check
/**
 * `<cw-annotator>`: the article page as a whole. Ties the text, its painters, the selection, the panels and the
 * saving of acts together. What may be done lives in `state/`, how it looks in `painters/` and the other elements.
 */
import { Api } from "../api.js";
import { Caret } from "../caret.js";
import { h, isField, need, placeAt } from "../dom.js";
import { Extras, regionName } from "../extras.js";
import { characterAt } from "../hit.js";
import { t, useMessages } from "../messages.js";
import { PageText } from "../page-text.js";
import { DomPainter } from "../painters/painter-dom.js";
import { HighlightPainter } from "../painters/painter-highlight.js";
import { NearViewport } from "../painters/near-viewport.js";
import { Selecting } from "../selection.js";
import { Acts } from "../state/acts.js";
import { commandOf } from "../state/keys.js";
import { newKey } from "../state/new-key.js";
import { countsOf } from "../state/queue.js";
import { isCrowded, strokesOf } from "../state/segments.js";
import { SpanStore } from "../state/spans.js";
import { Work } from "../state/work.js";
import { OpStore } from "../storage.js";
import { Sync, mayMissSomething } from "../sync.js";
import { nextEdge } from "../text/snap.js";
import { decisionsOf } from "./decisions.js";
import { LabelPopup } from "./label-popup.js";
import { linkRow } from "./span-panel.js";
import { shortened } from "./span-list.js";

/** @typedef {import("../types.js").Annotation} Annotation */
/** @typedef {import("../types.js").PageData} PageData */
/** @typedef {import("../types.js").Op} Op */
/** @typedef {import("../state/keys.js").Command} Command */
/** @typedef {import("../state/work.js").Touched} Touched */

const WRITABLE = ["open", "returned", "lapsed"];
const PAUSE_AFTER_SELECTING = 250;
const PAUSE_BEFORE_TIP = 350;
const STALE_AFTER = 30_000;
const PAUSE_AFTER_HASTE = 1500;
const NARROW = "(max-width: 899px)";

/** @param {string} id */
const jsonOf = (id) => JSON.parse(document.getElementById(id)?.textContent ?? "null");

export class CwAnnotator extends HTMLElement {
  #listening = new AbortController();
  /** @type {string|null} key of the selected annotation */
  #current = null;
  /** Where the person is in the text, for going on from there. */
  #offset = 0;
  /** @type {{start: number, end: number}|null} what is selected in the text */
  #span = null;
  /** @type {string|null} label that every selection gets at once */
  #armed = null;
  #isPointerDown = false;
  #selectTimer = 0;
  #toastTimer = 0;
  #tipTimer = 0;
  #hiddenAt = 0;
  /** What the tip is about. */
  #hovered = "";
  /** @type {{x: number, y: number}|null} where the pointer is, until the next frame */
  #pointer = null;
  #refreshes = false;
  #confirmsEmpty = false;
  #singleKeys = true;
  #narrow = matchMedia(NARROW);

  connectedCallback() {
    if (document.readyState === "loading") {
      addEventListener("DOMContentLoaded", () => this.#boot(), { once: true });
    } else this.#boot();
  }

  disconnectedCallback() {
    this.#listening.abort();
  }

  #boot() {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    this.data = /** @type {PageData} */ (jsonOf("annotate-data"));
    useMessages(jsonOf("annotate-strings"), document.documentElement.lang);
    const { data } = this;
    this.article = need(this, ".article");
    this.page = new PageText(this.article, data);
    this.labels = new Map(data.labels.map((label) => [label.key, label]));
    this.assignment = data.assignment;

    this.work = new Work(data.me.pseudonym);
    this.work.absorb(data);
    this.spans = new SpanStore(this.page.blocks);
    this.spans.load(this.work.standing("annotation").map((item) => this.#markOf(item)));
    this.extras = new Extras(this.page, data.regions, data.links);
    const Painter = HighlightPainter.isPossible ? HighlightPainter : DomPainter;
    this.painter = new Painter(this.page, (n) => this.#strokes(n));
    this.near = new NearViewport(this.article, this.page.blocks, { show: (n) => this.#showBlock(n), hide: (n) => this.painter?.hide(n) });
    this.selecting = new Selecting(this.page, data.article.language ?? "");
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
      onState: () => this.#refreshSoon(),
    });
    this.acts = new Acts({
      work: this.work,
      push: (op) => this.sync?.push({ ...op, page: location.pathname }),
      newKey,
      where: { ...where, article: data.article.uuid, sha256: data.version.text_sha256 },
    });

    this.picker = /** @type {import("./label-picker.js").LabelPicker} */ (need(this, "label-picker"));
    this.panel = /** @type {import("./span-panel.js").SpanPanel} */ (need(this, "span-panel"));
    this.list = /** @type {import("./span-list.js").SpanList} */ (need(this, "span-list"));
    this.saving = /** @type {import("./save-state.js").SaveState} */ (need(this, "save-state"));
    this.side = need(this, ".side");
    this.live = need(this, "[data-live]");
    this.popup = new LabelPopup();
    this.popup.labels = data.labels;
    this.tip = h("div", { class: "tip", hidden: true, "aria-hidden": "true" });
    this.append(this.popup, this.tip);

    this.#listen(signal);
    this.#drawArticleTab();
    this.#setEditable();
    this.#readPreferences();
    this.near.start(signal);
    this.#refresh();
    this.dataset.ready = "true";
    this.#start(signal);
  }

  /** @param {AbortSignal} signal */
  async #start(signal) {
    if (!(await this.page?.isTrue(this.data?.version.text_sha256 ?? ""))) {
      this.data = /** @type {PageData} */ ({ ...this.data, me: { ...this.data?.me, can_annotate: false } });
      this.#setEditable();
      this.#notice(t("wrong-text"));
      return;
    }
    await this.sync?.start(signal);
    if (!(await this.sync?.store.isDurable())) this.#notice(t("not-durable"));
    this.dataset.ready = "saving";
    if (mayMissSomething()) {
      this.#refetch();
      setTimeout(() => this.#refetch(), PAUSE_AFTER_HASTE);
    }
  }

  // --- What stands where

  /** @param {Annotation} item */
  #markOf({ key, start, end, label, is_mine }) {
    const { map } = /** @type {PageText} */ (this.page);
    const known = this.labels?.has(label) ? label : "other";
    return { key, start: map.toUnits(start), end: map.toUnits(end), label: known, other: !is_mine };
  }

  /** @param {number} n */
  #strokes(n) {
    if (!this.page || !this.spans) return [];
    return [...(this.extras?.inBlock(n) ?? []), ...strokesOf(this.spans.inBlock(n), this.page.blocks[n])];
  }

  /** @param {number} n */
  #showBlock(n) {
    this.painter?.show(n);
    this.#describe(n);
  }

  /** Tell the number of annotations of a paragraph, beside it and to screen readers. @param {number} n */
  #describe(n) {
    const { el } = this.page?.blocks[n] ?? {};
    const marks = this.spans?.inBlock(n) ?? [];
    if (!el) return;
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
    const { spans, work, painter } = this;
    if (!spans || !work || !painter) return;
    /** @type {Set<number>} */
    const blocks = new Set();
    for (const { sort, key } of touched) {
      if (sort !== "annotation") continue;
      const item = work.get("annotation", key);
      const old = spans.get(key);
      const mark = item && !item.withdrawn_at ? this.#markOf(item) : null;
      if (old && mark && old.start === mark.start && old.end === mark.end && old.label === mark.label) continue;
      if (!old && !mark) continue;
      for (const n of mark ? spans.put(mark) : spans.remove(key)) blocks.add(n);
      if (key === this.#current) painter.mark("cw-cur", mark);
      if (key === this.#current && !mark) this.#current = null;
    }
    for (const n of blocks) {
      painter.repaint(n);
      this.#describe(n);
    }
    this.#refreshSoon();
  }

  get isEditable() {
    const state = this.assignment?.state;
    return Boolean(this.data?.me.can_annotate) && (!state || WRITABLE.includes(state));
  }

  /** Whether there is something to hand in: who reviews or manages only looks, until the article is given or annotated. */
  get mayHandIn() {
    const { me } = this.data ?? {};
    return this.isEditable && (Boolean(this.assignment) || me?.role === "annotator" || this.#hasOwnSpans());
  }

  #hasOwnSpans() {
    return Boolean(this.spans?.ordered().some(({ other }) => !other));
  }

  #setEditable() {
    const state = this.assignment?.state ?? "";
    this.dataset.state = state;
    if (this.picker) this.picker.enabled = this.isEditable;
    this.article?.classList.toggle("draws-selection", this.isEditable && this.painter instanceof HighlightPainter);
    need(this, "[data-act=submit]").textContent = t(this.data?.urls.after_submit && !this.#narrow.matches ? "submit-next" : "submit");
    need(this, "[data-act=reopen]").hidden = !["submitted", "skipped"].includes(state);
    const reasons = /** @type {Record<string, string>} */ ({ submitted: "is-submitted", accepted: "is-accepted", skipped: "is-skipped" });
    this.#notice(this.isEditable ? "" : t(reasons[state] ?? "read-only"));
    this.#refreshSoon();
  }

  /** @param {string} text */
  #notice(text) {
    const notice = need(this, "[data-notice]");
    notice.textContent = text;
    notice.hidden = !text;
  }

  // --- Drawing the panels

  #refreshSoon() {
    if (this.#refreshes) return;
    this.#refreshes = true;
    queueMicrotask(() => this.#refresh());
  }

  #refresh() {
    this.#refreshes = false;
    const { work, spans, sync, panel, extras } = this;
    if (!work || !spans || !sync || !panel || !extras) return;
    const here = countsOf(work.ops);
    const other = sync.ops.find((op) => op.doc !== sync.where.doc);
    const decisions = here.conflict + here.refused;
    if (this.saving) this.saving.saving = { mood: sync.mood, waiting: here.waiting, decisions, elsewhere: other?.page ?? null };
    need(this, "[data-act=submit]").hidden = !this.mayHandIn;
    need(this, "[data-count]").textContent = spans.size ? String(spans.size) : "";

    const annotation = (this.#current && work.get("annotation", this.#current)) || null;
    const mark = annotation && spans.get(annotation.key);
    const claims = annotation ? work.claimsOf(annotation.key).map((card) => ({ ...card, evidence: work.evidenceOf(card.claim.key) })) : [];
    const linked = new Set(claims.map(({ claim }) => claim.key));
    panel.show({
      annotation,
      mayEdit: Boolean(annotation?.is_mine) && this.isEditable,
      mayAdd: this.isEditable,
      history: annotation?.version ? this.data?.urls.history?.replace("KEY", annotation.key) ?? "" : "",
      isUnsaved: Boolean(annotation && work.unsaved(annotation.key).length),
      isEmpty: spans.size === 0,
      labels: this.data?.labels ?? [],
      claims,
      otherClaims: annotation ? work.standing("claim").filter(({ key }) => !linked.has(key)) : [],
      links: mark ? extras.linksNear(mark) : [],
    });
    this.#drawDecisions();
    if (this.list && !this.list.hidden) this.#drawList();
  }

  #drawList() {
    const { work, spans, list } = this;
    if (!work || !spans || !list) return;
    const order = spans.ordered();
    const unsaved = new Map(work.ops.map((op) => [op.target, op.state]));
    const rowOf = (/** @type {string} */ key) => {
      const item = /** @type {Annotation} */ (work.get("annotation", key));
      const state = unsaved.get(key);
      return {
        key,
        label: this.labels?.has(item.label) ? item.label : "other",
        labelName: this.#labelName(item.label),
        quote: item.quote,
        other: item.is_mine ? null : item.annotator ?? t("someone"),
        trouble: state === "conflict" || state === "refused",
        unsaved: state === "waiting",
      };
    };
    list.show({
      count: order.length,
      row: (n) => rowOf(order[n].key),
      current: this.#current,
      place: this.#current ? order.findIndex(({ key }) => key === this.#current) : -1,
      withdrawn: this.isEditable ? work.withdrawn("annotation").map(({ key }) => rowOf(key)) : [],
    });
  }

  #drawDecisions() {
    const place = need(this, "[data-decisions]");
    const { work, sync } = this;
    if (!work || !sync) return;
    const ops = work.ops.filter((op) => op.state !== "waiting");
    const signature = ops.map((op) => `${op.id} ${op.state}`).join();
    if (place.dataset.signature === signature) return;
    place.dataset.signature = signature;
    place.hidden = !ops.length;
    place.replaceChildren(...decisionsOf(ops, work, (label) => this.#labelName(label), (op, choice) => this.#decide(op, choice)));
    if (ops.length) this.say(t("decisions-n", { n: ops.length }));
  }

  #drawArticleTab() {
    const { extras, page } = this;
    if (!extras || !page) return;
    const kinds = new Map(extras.regions.map((region) => [regionName(region), region]));
    const parts = [];
    if (kinds.size) {
      parts.push(h("h3", { class: "small-head" }, t("regions")), h("ul", { class: "region-rows" }, ...[...kinds].map(([name, region]) =>
        h("li", {}, h("span", { dir: "auto" }, name), h("button", { type: "button", class: "button-quiet button-small", onclick: () => this.#goTo(region.start, region.end) }, t("show-in-text"))))));
    }
    if (extras.links.length) {
      parts.push(h("h3", { class: "small-head" }, t("links-article")), h("ul", { class: "link-rows" }, ...extras.links.slice(0, 300).map((link) =>
        linkRow(link.url, () => this.#useLink(link.url), () => this.#goTo(link.start, link.end), shortened(page.text.slice(link.start, link.end))))));
    }
    need(this, "[data-article-parts]").replaceChildren(...parts);
  }

  /** @param {string} key */
  #labelName(key) {
    return this.labels?.get(key)?.name ?? key;
  }

  // --- Saying things

  /** Tell screen readers; the same words twice are said twice. @param {string} text */
  say(text) {
    if (!this.live) return;
    this.live.textContent = this.live.textContent === text ? `${text}\u00a0` : text;
  }

  /** Show a passing word with an act beside it. @param {string} text @param {string} [act] @param {() => void} [onAct] */
  #toast(text, act = "", onAct = () => {}) {
    this.say(text);
    const toast = need(this, "[data-toast]");
    const run = () => {
      toast.hidden = true;
      onAct();
      this.article?.focus({ preventScroll: true });
    };
    toast.replaceChildren(h("span", { dir: "auto" }, text), ...(act ? [h("button", { type: "button", class: "button-quiet button-small", onclick: run }, act)] : []));
    toast.hidden = false;
    clearTimeout(this.#toastTimer);
    this.#toastTimer = window.setTimeout(() => {
      if (toast.contains(document.activeElement)) this.article?.focus({ preventScroll: true });
      toast.hidden = true;
    }, 7000);
  }

  // --- Listening

  /** @param {AbortSignal} signal */
  #listen(signal) {
    const on = (/** @type {EventTarget} */ target, /** @type {string} */ name, /** @type {(event: any) => void} */ act) =>
      target.addEventListener(name, act, { signal });
    const article = /** @type {HTMLElement} */ (this.article);
    on(document, "keydown", (event) => this.#pressed(event));
    on(document, "selectionchange", () => this.#selectionChanged());
    on(article, "pointerdown", (event) => this.#pointerDown(event));
    on(document, "pointerup", (event) => this.#pointerUp(event));
    on(document, "pointercancel", () => (this.#isPointerDown = false));
    on(article, "click", (event) => this.#clicked(event));
    on(article, "pointermove", (event) => this.#pointerMoved(event));
    on(article, "pointerleave", () => this.#hover(null, 0, 0));
    on(document, "scroll", () => this.#scrolled());
    on(this, "click", (event) => this.#buttonPressed(event));
    on(this, "label-chosen", ({ detail, target }) => this.#label(detail.label, target === this.picker));
    on(this, "bounds-chosen", () => this.#moveHere());
    on(this, "search-ended", () => article.focus({ preventScroll: true }));
    on(this, "span-chosen", ({ detail }) => this.select(detail.key, { reveals: true, opens: true }));
    on(this, "span-restored", ({ detail }) => this.#restore(detail.key));
    on(this, "decision-wanted", () => this.#showDecisions());
    on(this, "act-wanted", ({ detail }) => this.#actWanted(detail));
    on(need(this, "[role=tablist]"), "keydown", (event) => this.#tabPressed(event));
    on(need(this, "[data-single-keys]"), "change", ({ target }) => this.#setSingleKeys(target.checked));
    on(document, "visibilitychange", () => this.#visibilityChanged());
    on(globalThis, "pageshow", (event) => event.persisted && this.#refetch());
    on(globalThis, "pagehide", () => this.panel?.flush());
  }

  /** @param {PointerEvent} event */
  #pointerDown(event) {
    if (event.button !== 0) return;
    this.#isPointerDown = true;
    this.popup?.hide();
    this.#hover(null, 0, 0);
  }

  /** @param {PointerEvent} event */
  #pointerUp(event) {
    if (!this.#isPointerDown) return;
    this.#isPointerDown = false;
    if (this.selecting) this.selecting.isExact = event.altKey;
    // The browser ends the selection after this event.
    if (event.pointerType === "mouse") setTimeout(() => this.#selected(true), 0);
  }

  #selectionChanged() {
    clearTimeout(this.#selectTimer);
    if (this.caret?.isOn) this.caret.draw();
    if (isField(document.activeElement)) return;
    this.#showSelection(this.selecting?.span() ?? null);
    if (!this.#isPointerDown) this.#selectTimer = window.setTimeout(() => this.#selected(false), PAUSE_AFTER_SELECTING);
  }

  /** Take in what is selected now. @param {boolean} byMouse */
  #selected(byMouse) {
    const { selecting, page, painter, popup } = this;
    if (!selecting || !page || !painter || !popup) return;
    const span = selecting.span();
    const isSame = span && this.#span && span.start === this.#span.start && span.end === this.#span.end;
    if (!span && !this.#span) return;
    this.#span = span;
    if (!byMouse) selecting.isExact = false;
    this.#showSelection(span);
    if (!span || !this.isEditable) {
      popup.hide();
      return;
    }
    this.#offset = span.start;
    if (this.#armed && byMouse) {
      this.#label(this.#armed);
      return;
    }
    const quote = shortened(page.text.slice(span.start, span.end));
    if (!isSame) this.say(t("selected", { quote }));
    if (!this.#narrow.matches) popup.show(page.rangeOf(span.start, span.end).getBoundingClientRect(), this.#movable(span));
  }

  /** Show which words a selection means: ours covers whole words, so the browser's own is not drawn. @param {{start: number, end: number}|null} span */
  #showSelection(span) {
    const shows = this.isEditable && span !== null;
    this.painter?.mark("cw-sel", shows ? span : null);
    this.toggleAttribute("data-selecting", shows);
  }

  /** Name the selected annotation's label when the selection could be its new place. @param {{start: number, end: number}} span */
  #movable(span) {
    const mark = this.#current ? this.spans?.get(this.#current) : undefined;
    const touches = mark && !mark.other && mark.start < span.end && mark.end > span.start;
    const isSame = mark && mark.start === span.start && mark.end === span.end;
    return touches && !isSame ? this.#labelName(mark.label) : null;
  }

  /** @param {MouseEvent} event */
  #clicked(event) {
    const { page, spans, extras } = this;
    if (!page || !spans || !extras || !getSelection()?.isCollapsed) return;
    const offset = characterAt(page, event.clientX, event.clientY);
    const marks = offset === null ? [] : spans.at(offset);
    const link = offset === null ? undefined : extras.linkAt(offset);
    if (offset !== null) this.#offset = offset;
    if (marks.length) {
      const here = marks.findIndex(({ key }) => key === this.#current);
      this.select(marks[(here + 1) % marks.length].key, { opens: true });
    } else if (link) this.#showLink(link);
    else {
      if (this.#current) this.select(null);
      this.#closeSide();
    }
  }

  /** @param {{url: string, start: number, end: number}} link */
  #showLink(link) {
    this.select(null);
    this.#showTab("article", true);
    const row = [...this.querySelectorAll("[data-article-parts] a")].find((a) => a.getAttribute("href") === link.url);
    row?.closest("li")?.scrollIntoView({ block: "center" });
    /** @type {HTMLElement|undefined} */ (row)?.focus();
  }

  /** @param {PointerEvent} event */
  #pointerMoved(event) {
    if (event.pointerType !== "mouse" || this.#isPointerDown) return;
    const { clientX, clientY } = event;
    const waits = this.#pointer;
    this.#pointer = { x: clientX, y: clientY };
    if (waits) return;
    requestAnimationFrame(() => {
      const { x, y } = this.#pointer ?? { x: 0, y: 0 };
      this.#pointer = null;
      if (!this.page || !this.spans) return;
      this.#hover(characterAt(this.page, x, y), x, y);
    });
  }

  /** @param {number|null} offset @param {number} x @param {number} y */
  #hover(offset, x, y) {
    const marks = offset === null ? [] : this.spans?.at(offset) ?? [];
    const link = offset === null ? undefined : this.extras?.linkAt(offset);
    const { tip } = this;
    this.article?.classList.toggle("over-mark", marks.length > 0 || Boolean(link));
    if (!tip) return;
    const signature = marks.map(({ key, label }) => key + label).join() + (link?.url ?? "");
    if (signature === this.#hovered) return;
    this.#hovered = signature;
    this.painter?.mark("cw-hov", marks[0] ?? null);
    tip.hidden = true;
    clearTimeout(this.#tipTimer);
    if (!signature || this.#span) return;
    tip.replaceChildren(
      ...marks.slice(0, 6).map((mark) => {
        const by = mark.other ? ` · ${this.work?.get("annotation", mark.key)?.annotator ?? t("someone")}` : "";
        return h("span", { class: `tip-row label-${mark.label}` }, h("span", { class: "swatch" }), this.#labelName(this.work?.get("annotation", mark.key)?.label ?? "") + by);
      }),
      ...(link ? [h("span", { class: "tip-row", dir: "ltr" }, `↗ ${link.url.slice(0, 60)}`)] : []),
    );
    this.#tipTimer = window.setTimeout(() => {
      tip.hidden = false;
      placeAt(tip, new DOMRect(x, y - 8, 0, 26));
    }, PAUSE_BEFORE_TIP);
  }

  #scrolled() {
    if (this.tip && !this.tip.hidden) this.#hover(null, 0, 0);
    if (this.popup && !this.popup.hidden && this.#span && this.page) {
      const rect = this.page.rangeOf(this.#span.start, this.#span.end).getBoundingClientRect();
      if (rect.bottom < 60 || rect.top > innerHeight) this.popup.hide();
      else placeAt(this.popup, rect);
    }
  }

  /** @param {Event} event */
  #buttonPressed(event) {
    const button = /** @type {HTMLElement} */ (event.target).closest("[data-act], [data-tab]");
    if (!(button instanceof HTMLElement)) return;
    const { act, tab } = button.dataset;
    if (tab) this.#showTab(tab);
    if (act === "help") this.#help();
    if (act === "side") this.#toggleSide();
    if (act === "submit") this.#submit();
    if (act === "reopen") this.#reopen();
  }

  // --- Keys

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    if (event.defaultPrevented || this.querySelector("dialog[open]")) return;
    const target = /** @type {HTMLElement} */ (event.target);
    const command = commandOf(event, {
      labels: this.data?.labels ?? [],
      singleKeys: this.#singleKeys,
      inField: isField(target),
      caret: Boolean(this.caret?.isOn),
    });
    if (!command || (event.repeat && !["next-span", "previous-span", "next-paragraph", "previous-paragraph", "move-edge", "move-caret"].includes(command.name))) return;
    // Enter and the arrows mean what they mean on a button, a tab or a link.
    if (command.name === "open" && target.closest("button, a, summary, [role=tab], input")) return;
    if (command.name === "move-caret" && target.closest("button, summary, [role=tab], input, select")) return;
    if (this.#run(command, event)) event.preventDefault();
  }

  /** @param {Command} command @param {KeyboardEvent} event @returns {boolean} whether it was ours */
  #run(command, event) {
    switch (command.name) {
      case "label": this.#label(command.label ?? ""); return true;
      case "next-span": this.#step(1); return true;
      case "previous-span": this.#step(-1); return true;
      case "next-paragraph": this.#stepParagraph(1); return true;
      case "previous-paragraph": this.#stepParagraph(-1); return true;
      case "withdraw": return this.#withdrawCurrent();
      case "move-edge": this.#moveEdge(command); return true;
      case "add-evidence": return this.#addEvidence();
      case "undo": this.#undo(); return true;
      case "redo": this.#redo(); return true;
      case "caret": this.#toggleCaret(); return true;
      case "move-caret": this.caret?.move(command.alter ?? "move", command.toward ?? "", command.by ?? ""); return true;
      case "find-label": this.picker?.find(); return true;
      case "show-guidelines": this.#showTab("guidelines", true); return true;
      case "help": this.#help(); return true;
      case "open": return this.#openCurrent();
      case "submit": return this.#submitFromKeys(event);
      case "escape": return this.#escape();
      default: return false;
    }
  }

  #openCurrent() {
    if (this.#span && this.popup && !this.popup.hidden) this.popup.focusFirst();
    else if (this.#current) {
      this.#showTab("span", true);
      this.panel?.focusFirst();
    } else return false;
    return true;
  }

  /** @param {KeyboardEvent} event */
  #submitFromKeys(event) {
    const form = /** @type {HTMLElement} */ (event.target).closest("form");
    if (form) form.requestSubmit();
    else if (this.mayHandIn) this.#submit();
    return true;
  }

  #escape() {
    if (this.popup && !this.popup.hidden && !this.popup.contains(document.activeElement)) this.popup.hide();
    else if (this.popup?.contains(document.activeElement)) {
      this.popup.hide();
      this.article?.focus({ preventScroll: true });
    } else if (isField(document.activeElement)) {
      const isInForm = Boolean(document.activeElement?.closest("evidence-form, .claim-form"));
      if (!(isInForm && this.panel?.closeOpen())) this.article?.focus({ preventScroll: true });
    } else if (this.#span) {
      this.selecting?.clear();
      this.#selected(false);
      this.say(t("selection-cleared"));
    } else if (this.caret?.isOn) this.#toggleCaret();
    else if (this.#armed) this.#arm(null);
    else if (this.side?.hasAttribute("data-open")) this.#closeSide();
    else if (this.#current) this.select(null);
    else return false;
    return true;
  }

  /** @param {KeyboardEvent} event */
  #tabPressed(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const tabs = /** @type {HTMLElement[]} */ ([...this.querySelectorAll("[role=tab]")]);
    const here = tabs.indexOf(/** @type {HTMLElement} */ (event.target));
    const isRtl = document.documentElement.dir === "rtl";
    const tab = tabs[(here + (isRtl ? -step : step) + tabs.length) % tabs.length];
    this.#showTab(tab.dataset.tab ?? "span");
    tab.focus();
    event.preventDefault();
  }

  #readPreferences() {
    try {
      this.#singleKeys = localStorage.getItem("cw-single-keys") !== "off";
    } catch {
      this.#singleKeys = true;
    }
    /** @type {HTMLInputElement} */ (need(this, "[data-single-keys]")).checked = this.#singleKeys;
  }

  /** @param {boolean} isOn */
  #setSingleKeys(isOn) {
    this.#singleKeys = isOn;
    try {
      localStorage.setItem("cw-single-keys", isOn ? "on" : "off");
    } catch {
      // The choice then lasts as long as the page.
    }
    this.say(t(isOn ? "keys-on" : "keys-off"));
  }

  // --- Acts

  /** Tell why nothing can be changed, or that it can. @param {Annotation|undefined|null} [item] */
  #mayEdit(item) {
    if (!this.isEditable) this.say(need(this, "[data-notice]").textContent || t("read-only"));
    else if (item && !item.is_mine) this.say(t("not-yours"));
    else return true;
    return false;
  }

  /**
   * Put a label on the selection; without one, on the selected annotation; else, from the column, on every
   * selection to come.
   * @param {string} label
   * @param {boolean} [arms]
   */
  #label(label, arms = false) {
    if (!this.#mayEdit() || !this.labels?.has(label)) return;
    if (!this.#span) this.#selected(false);
    if (this.#span) this.#annotate(this.#span, label);
    else if (this.#current) this.#changeLabel(this.#current, label);
    else if (arms) this.#arm(this.#armed === label ? null : label);
    else this.say(t("none-selected-help"));
  }

  /** @param {string|null} label */
  #arm(label) {
    this.#armed = label;
    if (this.picker) this.picker.armed = label;
    this.#toast(label ? t("armed", { label: this.#labelName(label) }) : t("disarmed"));
  }

  /** @param {{start: number, end: number}} span @param {string} label */
  #annotate({ start, end }, label) {
    const { page, acts, spans } = this;
    if (!page || !acts || !spans) return;
    const twin = spans.at(start).find((mark) => mark.start === start && mark.end === end && mark.label === label && !mark.other);
    this.#endSelection();
    if (twin) {
      this.select(twin.key);
      this.say(t("already-there"));
      return;
    }
    const quote = page.text.slice(start, end);
    const key = acts.annotate({ start: page.map.toCodePoints(start), end: page.map.toCodePoints(end), quote, label });
    this.select(key, { says: false });
    const said = t("made", { label: this.#labelName(label), quote: shortened(quote) });
    if (this.#narrow.matches) this.#toast(said, t("open"), () => this.select(key, { opens: true }));
    else this.say(said);
  }

  #endSelection() {
    this.#span = null;
    this.painter?.mark("cw-sel", null);
    this.popup?.hide();
    this.removeAttribute("data-selecting");
    const offset = this.caret?.isOn ? this.caret.offset() : null;
    if (this.popup?.contains(document.activeElement)) this.article?.focus({ preventScroll: true });
    this.selecting?.clear();
    if (offset !== null && offset !== undefined) this.caret?.start(offset);
  }

  /** @param {string} key @param {string} label */
  #changeLabel(key, label) {
    const item = this.work?.get("annotation", key);
    if (!item || !this.#mayEdit(item)) return;
    this.acts?.change("annotation", key, { label });
    this.say(t("label-changed", { label: this.#labelName(label) }));
  }

  /** Give the selected annotation the bounds of the selection. */
  #moveHere() {
    if (this.#span && this.#current) this.#setBounds(this.#current, this.#span.start, this.#span.end);
    this.#endSelection();
  }

  /** @param {string} key @param {number} start @param {number} end */
  #setBounds(key, start, end) {
    const { page, acts } = this;
    const item = this.work?.get("annotation", key);
    if (!page || !acts || !item || !this.#mayEdit(item)) return;
    const quote = page.text.slice(start, end);
    acts.change("annotation", key, { start: page.map.toCodePoints(start), end: page.map.toCodePoints(end), quote });
    this.say(t("moved", { quote: shortened(quote) }));
  }

  /** @param {Command} command */
  #moveEdge({ edge = "end", direction = 1, words = true }) {
    const mark = this.#current ? this.spans?.get(this.#current) : undefined;
    if (!mark || !this.page) return;
    const locale = this.data?.article.language ?? "";
    const place = nextEdge(this.page.text, mark[edge], direction, edge, { words, locale });
    const [start, end] = edge === "start" ? [place, mark.end] : [mark.start, place];
    if (start >= end || !this.page.text.slice(start, end).trim()) return;
    this.#setBounds(mark.key, start, end);
  }

  #withdrawCurrent() {
    if (!this.#current) return false;
    this.#withdraw("annotation", this.#current);
    return true;
  }

  /** @param {"annotation"|"claim"|"evidence"} sort @param {string} key */
  #withdraw(sort, key) {
    const item = /** @type {any} */ (this.work?.get(sort, key));
    if (!item || !this.#mayEdit(item)) return;
    const hadFocus = this.side?.contains(document.activeElement);
    this.panel?.flush();
    this.acts?.withdraw(sort, key);
    const words = { annotation: t("withdrawn", { label: this.#labelName(item.label) }), claim: t("claim-withdrawn"), evidence: t("source-withdrawn") };
    if (sort === "annotation") {
      this.select(null, { says: false });
      if (hadFocus) need(this, `[data-tab=${this.list?.hidden ? "span" : "list"}]`).focus();
      else this.article?.focus({ preventScroll: true });
    }
    this.#toast(words[sort], t("undo"), () => this.#undo());
  }

  /** @param {string} key */
  #restore(key) {
    const item = this.work?.get("annotation", key);
    if (!item || !this.#mayEdit(item)) return;
    this.acts?.restore("annotation", key);
    this.select(key, { reveals: true, says: false });
    this.say(t("restored", { label: this.#labelName(item.label) }));
  }

  #undo() {
    this.panel?.flush();
    need(this, "[data-toast]").hidden = true;
    const deed = this.acts?.history.undo();
    if (deed?.target && this.spans?.get(deed.target)) this.select(deed.target, { reveals: true, says: false });
    this.say(t(deed ? "undone" : "nothing-to-undo"));
  }

  #redo() {
    this.say(t(this.acts?.history.redo() ? "redone" : "nothing-to-redo"));
  }

  #addEvidence() {
    if (!this.#current) return false;
    const item = this.work?.get("annotation", this.#current);
    if (!this.#mayEdit(item)) return true;
    this.#showTab("span", true);
    this.panel?.openEvidence(this.work?.claimsOf(this.#current)[0]?.claim.key);
    return true;
  }

  /** Make a link of the original a source of the selected annotation. @param {string} url */
  #useLink(url) {
    const key = this.#current;
    const item = key ? this.work?.get("annotation", key) : undefined;
    if (!key || !item) {
      this.#toast(t("select-first"));
      return;
    }
    if (!this.#mayEdit(item)) return;
    const claim = this.work?.claimsOf(key)[0]?.claim.key ?? null;
    this.acts?.addEvidence(key, claim, { url, title: "", stance: "neutral", quote: "", note: "" });
    this.#showTab("span");
    this.#toast(t("link-used"), t("undo"), () => this.#undo());
  }

  /** Do what a panel asks for. @param {any} wish */
  #actWanted(wish) {
    const { acts, work } = this;
    if (!acts || !work) return;
    if (!this.isEditable) {
      this.#mayEdit();
      return;
    }
    const { key } = wish;
    switch (wish.name) {
      case "change-label": return this.#changeLabel(key, wish.label);
      case "change-note": return acts.change("annotation", key, { note: wish.note });
      case "withdraw": return this.#withdraw(wish.sort, key);
      case "add-claim": acts.addClaim(key, wish.text); return this.say(t("claim-added"));
      case "change-claim": acts.change("claim", key, { text: wish.text }); return this.say(t("claim-changed"));
      case "add-mention": if (wish.claim) acts.addMention(key, wish.claim); return;
      case "change-mention": return acts.change("mention", key, { stance: wish.stance });
      case "withdraw-mention": acts.withdraw("mention", key); return this.#toast(t("claim-taken-off"), t("undo"), () => this.#undo());
      case "add-evidence": acts.addEvidence(key, wish.claim, wish.fields); return this.say(t("source-added"));
      case "change-evidence": acts.change("evidence", key, wish.fields); return this.say(t("source-changed"));
      case "use-link": return this.#useLink(wish.url);
    }
  }

  /** @param {Op} op @param {"mine"|"theirs"|"both"|"drop"} choice */
  async #decide(op, choice) {
    const { work, acts, sync } = this;
    if (!work || !acts || !sync) return;
    if (choice === "both" && op.sort === "annotation") {
      const { start, end, quote, label, note } = /** @type {Annotation} */ (work.get("annotation", op.target));
      await sync.decide(op, "theirs");
      const key = acts.annotate({ start, end, quote, label, ...(note ? { note } : {}) });
      this.select(key, { reveals: true });
    } else {
      await sync.decide(op, choice === "both" ? "theirs" : choice);
    }
    if (!this.side?.contains(document.activeElement)) this.article?.focus({ preventScroll: true });
  }

  #showDecisions() {
    this.#openSide();
    const place = need(this, "[data-decisions]");
    place.scrollIntoView({ block: "nearest" });
    /** @type {HTMLElement|null} */ (place.querySelector("button"))?.focus();
  }

  // --- Going about

  /**
   * Select an annotation, or none.
   * @param {string|null} key
   * @param {{reveals?: boolean, opens?: boolean, says?: boolean}} [how]
   */
  select(key, { reveals = false, opens = false, says = true } = {}) {
    const mark = key ? this.spans?.get(key) : undefined;
    this.#current = mark ? mark.key : null;
    this.painter?.mark("cw-cur", mark ?? null);
    if (mark) {
      this.#offset = mark.start;
      if (opens) this.#showTab("span", true);
      if (reveals || (opens && this.#narrow.matches)) this.page?.reveal(mark.start, mark.end);
      if (says) this.#saySpan(mark);
    }
    this.#refresh();
  }

  /** @param {import("../types.js").Mark} mark */
  #saySpan(mark) {
    const item = this.work?.get("annotation", mark.key);
    const order = this.spans?.ordered() ?? [];
    if (!item) return;
    const over = (this.spans?.at(mark.start) ?? []).filter(({ key }) => key !== mark.key);
    const labels = [...new Set(over.map(({ key }) => this.#labelName(this.work?.get("annotation", key)?.label ?? "")))].join(", ");
    const said = t("span-said", { label: this.#labelName(item.label), quote: shortened(item.quote), n: order.indexOf(mark) + 1, all: order.length });
    const by = item.is_mine ? "" : ` ${t("by", { name: item.annotator ?? t("someone") })}.`;
    this.say(`${said}${by}${labels ? ` ${t("overlaps", { labels })}` : ""}`);
  }

  /** @param {1|-1} direction */
  #step(direction) {
    const mark = this.spans?.neighbour({ key: this.#current, offset: this.#offset }, direction);
    if (mark) this.select(mark.key, { reveals: true });
    else this.say(t("none-yet"));
  }

  /** @param {1|-1} direction */
  #stepParagraph(direction) {
    const { page } = this;
    if (!page?.blocks.length) return;
    const here = page.blockAt(this.#offset);
    const isThere = here.el.hasAttribute("data-here");
    const n = isThere ? Math.min(page.blocks.length - 1, Math.max(0, here.n + direction)) : here.n;
    const block = page.blocks[n];
    this.select(null, { says: false });
    this.#offset = block.start;
    for (const old of this.querySelectorAll("[data-here]")) old.removeAttribute("data-here");
    block.el.setAttribute("data-here", "");
    page.reveal(block.start, block.end);
    if (this.caret?.isOn) this.caret.start(block.start);
    const marks = this.spans?.inBlock(n).length ?? 0;
    this.say(`${t("paragraph-said", { n: n + 1, all: page.blocks.length })} ${marks ? t("annotations-n", { n: marks }) : ""} ${page.text.slice(block.start, block.start + 80)}`);
  }

  /** @param {number} start @param {number} end */
  #goTo(start, end) {
    this.#closeSide();
    this.#offset = start;
    this.page?.reveal(start, end);
    this.painter?.mark("cw-word", { start, end });
    setTimeout(() => this.painter?.mark("cw-word", null), 2500);
  }

  #toggleCaret() {
    const { caret, page } = this;
    if (!caret || !page?.blocks.length) return;
    if (caret.isOn) {
      caret.stop();
      this.say(t("caret-off"));
    } else {
      this.article?.focus({ preventScroll: true });
      caret.start(this.#caretStart());
      this.say(t("caret-on"));
    }
    this.article?.classList.toggle("has-caret", caret.isOn);
  }

  /** Begin at the selected span, else where the person was, else at the first paragraph in view. */
  #caretStart() {
    const mark = this.#current ? this.spans?.get(this.#current) : undefined;
    if (mark) return mark.start;
    const isSeen = (/** @type {HTMLElement} */ el) => {
      const { top, bottom } = el.getBoundingClientRect();
      return bottom > 80 && top < innerHeight;
    };
    const blocks = this.page?.blocks ?? [];
    const here = this.page?.blockAt(this.#offset);
    if (here && isSeen(here.el)) return Math.max(here.start, Math.min(this.#offset, here.end - 1));
    return blocks.find(({ el }) => isSeen(el))?.start ?? blocks[0].start;
  }

  // --- The side

  /** @param {string} name @param {boolean} [opens] */
  #showTab(name, opens = false) {
    for (const tab of /** @type {NodeListOf<HTMLElement>} */ (this.querySelectorAll("[data-tab]"))) {
      const isShown = tab.dataset.tab === name;
      tab.setAttribute("aria-selected", String(isShown));
      tab.tabIndex = isShown ? 0 : -1;
      need(this, `#side-${tab.dataset.tab}`).hidden = !isShown;
    }
    if (opens) this.#openSide();
    if (name === "list") this.#drawList();
  }

  #openSide() {
    if (!this.#narrow.matches) return;
    need(this, "[data-toast]").hidden = true;
    this.side?.setAttribute("data-open", "");
    need(this, ".bar-side").setAttribute("aria-expanded", "true");
  }

  #closeSide() {
    const { side } = this;
    if (!side?.hasAttribute("data-open")) return;
    const hadFocus = side.contains(document.activeElement);
    side.removeAttribute("data-open");
    need(this, ".bar-side").setAttribute("aria-expanded", "false");
    if (hadFocus) this.article?.focus({ preventScroll: true });
  }

  #toggleSide() {
    if (this.side?.hasAttribute("data-open")) this.#closeSide();
    else this.#openSide();
  }

  #help() {
    /** @type {HTMLDialogElement} */ (need(this, "[data-help]")).showModal();
  }

  // --- Submitting and keeping up

  async #submit() {
    const { sync, api, data } = this;
    if (!sync || !api || !data) return;
    this.panel?.flush();
    if (!this.#hasOwnSpans() && !this.#confirmsEmpty) {
      this.#confirmsEmpty = true;
      setTimeout(() => (this.#confirmsEmpty = false), 6000);
      this.#toast(t("submit-empty"));
      return;
    }
    const button = /** @type {HTMLButtonElement} */ (need(this, "[data-act=submit]"));
    button.setAttribute("aria-busy", "true");
    this.say(t("submitting"));
    const isSaved = await sync.settled(8000);
    if (!isSaved) {
      const needsMe = this.work?.ops.some((op) => op.state !== "waiting");
      this.#toast(t(needsMe ? "submit-decisions" : sync.mood === "offline" ? "submit-offline" : "submit-unsaved"));
      if (needsMe) this.#showDecisions();
    } else if (await this.#turn("submit") && data.urls.after_submit) {
      location.assign(data.urls.after_submit);
      return;
    }
    button.removeAttribute("aria-busy");
  }

  async #reopen() {
    await this.#turn("reopen");
  }

  /** Move the assignment on or back. @param {"submit"|"reopen"} act */
  async #turn(act) {
    const { api, data } = this;
    if (!api || !data) return false;
    const answer = await api.ask("POST", `articles/${data.article.uuid}/${act}/`, { body: {}, key: newKey() });
    if (answer.status >= 200 && answer.status < 300) {
      this.assignment = answer.data?.assignment ?? this.assignment;
      this.#setEditable();
      if (act === "submit" && !data.urls.after_submit) this.#toast(t("submitted-last"), t("to-list"), () => location.assign(data.urls.list));
      else this.#toast(t(act === "submit" ? "submitted" : "reopened"));
      return true;
    }
    const why = answer.problems[0]?.message || t("http-reason", { status: answer.status });
    this.#toast(answer.status === 0 ? t("submit-offline") : t("submit-refused", { why }));
    return false;
  }

  #visibilityChanged() {
    if (document.hidden) this.#hiddenAt = Date.now();
    else if (this.#hiddenAt && Date.now() - this.#hiddenAt > STALE_AFTER) this.#refetch();
  }

  /** Ask what changed elsewhere: in another browser, by other people. */
  async #refetch() {
    const { api, data, work } = this;
    if (!api || !data || !work) return;
    const { status, data: found } = await api.ask("GET", `articles/${data.article.uuid}/annotations/`);
    if (status !== 200 || !found) return;
    this.#touched(work.absorb({ annotations: found.results ?? [], claims: found.claims ?? [] }));
  }
}

customElements.define("cw-annotator", CwAnnotator);
