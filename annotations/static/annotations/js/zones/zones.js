// @ts-check
/**
 * Zones of the text by hand: named above the paragraphs they cover, folded, marked, moved, retyped, removed. Fetched once
 * the page works. What is done is kept, sent and undone as what is done to annotations is. A zone belongs to the text:
 * others' changes are taken in when the page is looked at again.
 */
import { arrowStep, h, isField, need, placeAt, smallButton, stepFocus } from "../dom.js";
import { t } from "../messages.js";
import { newKey } from "../state/new-key.js";
import { FOLDABLE, KINDS, coveredBy, zonesAt } from "../state/zones.js";
import { shortened } from "../text/shortened.js";
import { nextEdge, trim } from "../text/snap.js";
import { ZoneCard } from "./zone-card.js";

/** @typedef {import("../desk/desk.js").Desk} Desk */
/** @typedef {import("../types.js").Region} Region */
/** @typedef {{kind?: string, start?: number, end?: number, quote?: string, publisher?: string, url?: string}} Change */

const STALE_AFTER = 30_000;
const MOST_LISTED = 300;

/** @param {Desk} desk @param {AbortSignal} signal */
export function start(desk, signal) {
  const zones = new Zones(desk);
  zones.listen(signal);
  return zones;
}

/** Name a zone as the page does. @param {Region} zone */
export function nameOf({ kind, publisher }) {
  return kind === "excerpt" && publisher ? t("region-excerpt-of", { publisher }) : t(`region-${kind}`);
}

/** Give those that stood before and are not among the zones found, as removed. @param {any[]} before @param {{key: string}[]} found */
export function goneFrom(before, found) {
  const known = new Set(found.map(({ key }) => key));
  return before.filter(({ key, withdrawn_at }) => !withdrawn_at && !known.has(key)).map((zone) => ({ ...zone, withdrawn_at: "now" }));
}

export class Zones {
  /** @type {string|null} key of the selected zone */
  current = null;
  /** @type {Set<string>} keys of the zones that were opened or folded apart from the others of their kind */
  #turned = new Set();
  /** @type {HTMLElement|null} */
  #menu = null;
  #isMarked = false;
  #hiddenAt = 0;
  /** What the zones looked like when they were last shown. */
  #sign = "";
  /** @type {import("../desk/handles.js").Handles|null} at the ends of the selected zone, once there was one that may be moved */
  #handles = null;
  #isFetching = false;

  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.mayMark = Boolean(desk.data.me.marks_zones);
    this.place = need(desk.root, "[data-zones]");
    this.card = new ZoneCard(this);
    desk.work.absorb({ zone: desk.data.regions.map((zone) => ({ withdrawn_at: null, ...zone })) });
    const reveal = desk.page.reveal.bind(desk.page);
    desk.page.reveal = (start, end) => {
      this.#unfoldAt(start, end);
      reveal(start, end);
    };
  }

  /** The zones as they lie on the page, in UTF-16 units. @returns {Region[]} */
  get all() {
    return this.desk.extras.regions;
  }

  /** @param {string|null} key */
  get(key) {
    return key ? this.all.find((zone) => zone.key === key) : undefined;
  }

  // --- Showing

  /** Draw again after zones changed. @param {Region[]} zones in code points */
  put(zones) {
    const { desk } = this;
    const touched = new Set(desk.extras.strokes.keys());
    desk.data.regions = [...zones].sort((a, b) => a.start - b.start || b.end - a.end);
    const Extras = /** @type {typeof import("../extras.js").Extras} */ (desk.extras.constructor);
    desk.extras = new Extras(desk.page, desk.data.regions, desk.data.links);
    for (const n of desk.extras.strokes.keys()) touched.add(n);
    for (const n of touched) desk.painter.repaint(n);
    this.#markParagraphs();
    if (this.current && !this.get(this.current)) this.select(null);
    this.draw();
  }

  draw() {
    this.#drawHeads();
    this.#drawList();
    const zone = this.get(this.current) ?? null;
    if (zone || this.#isMarked) this.desk.painter.mark("cw-word", zone); // else a place that flashes would lose its mark
    this.#isMarked = Boolean(zone);
    this.drawHandles();
  }

  /** Put handles at the ends of the selected zone; an annotation that is selected has its own. */
  drawHandles() {
    const { desk } = this;
    const mark = () => (this.mayMark && !desk.walk.current && this.get(this.current)) || null;
    const set = (/** @type {{start: number, end: number}[]} */ [{ start, end }]) => {
      const zone = this.get(this.current);
      if (zone) this.change(zone, desk.placeOf(start, end));
    };
    if (this.#handles) this.#handles.draw();
    else if (mark() && !this.#isFetching) {
      this.#isFetching = true;
      import("../desk/handles.js").then(({ Handles }) => (this.#handles = new Handles(desk, { name: "cw-word", mark, set })).draw(), () => (this.#isFetching = false));
    }
  }

  /** Mark each paragraph by the innermost zone that covers it whole, as the page came. */
  #markParagraphs() {
    const { article, page } = this.desk;
    /** @type {Map<HTMLElement, string>} */
    const kinds = new Map();
    for (const zone of [...this.all].sort((a, b) => b.end - b.start - (a.end - a.start))) {
      for (const n of coveredBy(page.text, page.blocks, zone)) kinds.set(page.blocks[n].el, zone.kind);
    }
    for (const el of /** @type {NodeListOf<HTMLElement>} */ (article.querySelectorAll("p[data-region]"))) if (!kinds.has(el)) el.removeAttribute("data-region");
    for (const [el, kind] of kinds) if (el.getAttribute("data-region") !== kind) el.setAttribute("data-region", kind);
  }

  /** Name each zone once, above the first paragraph that it covers whole. */
  #drawHeads() {
    const { article, page } = this.desk;
    const focused = /** @type {HTMLElement|null} */ (document.activeElement)?.dataset.zoneFocus;
    for (const old of article.querySelectorAll(".zone-head")) old.remove();
    for (const el of article.querySelectorAll("p[data-b][hidden]")) el.removeAttribute("hidden");
    article.classList.add("has-zone-heads");
    for (const zone of this.all) {
      const covered = coveredBy(page.text, page.blocks, zone);
      if (!covered.length) continue;
      const blocks = covered.map((n) => page.blocks[n]);
      const isFolded = this.#isFolded(zone);
      blocks[0].el.before(this.#head(zone, isFolded, shortened(page.text.slice(blocks[0].start, zone.end).trim(), 60)));
      if (isFolded) for (const { el } of blocks) el.setAttribute("hidden", "until-found");
    }
    if (focused) /** @type {HTMLElement|null} */ (article.querySelector(`[data-zone-focus="${CSS.escape(focused)}"]`))?.focus();
  }

  /** @param {Region} zone @param {boolean} isFolded @param {string} words */
  #head(zone, isFolded, words) {
    const key = zone.key ?? "";
    const parts = [];
    if (FOLDABLE.includes(zone.kind)) {
      parts.push(h("button", { type: "button", class: "zone-fold", "aria-expanded": String(!isFolded), "aria-label": t("zone-fold", { name: nameOf(zone) }), "data-zone-focus": `fold-${key}`, onclick: () => this.#turn(key) },
        h("span", { "aria-hidden": "true" }, isFolded ? "▸" : "▾")));
    }
    parts.push(h("button", { type: "button", class: "zone-name", "aria-pressed": String(key === this.current), "data-zone-focus": `name-${key}`, onclick: () => this.select(key, { opens: true }) }, nameOf(zone)));
    if (isFolded) parts.push(h("span", { class: "zone-words", dir: "auto" }, words));
    return h("div", { class: "zone-head", "data-zone-kind": zone.kind, "data-folded": isFolded, lang: document.documentElement.lang }, ...parts);
  }

  #drawList() {
    const { page } = this.desk;
    const focused = /** @type {HTMLElement|null} */ (document.activeElement)?.dataset.zoneFocus;
    const rows = this.all.slice(0, MOST_LISTED).map((zone) => {
      const isOpen = zone.key === this.current;
      const button = h("button", { type: "button", class: "span-row zone-row", "aria-expanded": String(isOpen), "data-zone-focus": `row-${zone.key}`, onclick: () => (isOpen ? this.select(null) : this.select(zone.key ?? null, { reveals: true })) },
        h("span", { class: "span-row-text" }, h("span", { class: "span-row-label" }, nameOf(zone)), h("span", { class: "span-row-quote", dir: "auto" }, shortened(page.text.slice(zone.start, zone.end)))));
      return h("li", {}, button, isOpen && this.card.element);
    });
    const acts = this.mayMark ? [h("p", {}, smallButton(t("zone-mark"), () => this.openMenu(), { "data-zone-focus": "mark", "aria-keyshortcuts": "z", onpointerdown: (/** @type {Event} */ event) => event.preventDefault() }))] : [];
    if (!rows.length && !acts.length) return this.place.replaceChildren();
    const current = this.get(this.current);
    if (current) this.card.show(current);
    const fields = this.card.element.contains(document.activeElement) ? /** @type {HTMLElement} */ (document.activeElement) : null;
    this.place.replaceChildren(h("h3", { class: "small-head" }, t("regions")), h("ul", { class: "span-rows zone-rows" }, ...rows), ...acts);
    if (fields?.isConnected) fields.focus();
    else if (focused) /** @type {HTMLElement|null} */ (this.place.querySelector(`[data-zone-focus="${CSS.escape(focused)}"]`))?.focus();
  }

  /**
   * Select a zone, or none.
   * @param {string|null} key
   * @param {{opens?: boolean, reveals?: boolean}} [how]
   */
  select(key, { opens = false, reveals = false } = {}) {
    const { desk } = this;
    this.current = key;
    const zone = this.get(key);
    if (zone) {
      if (desk.walk.current) desk.walk.select(null, { says: false });
      if (opens) desk.side.show("article", true);
      desk.walk.offset = zone.start;
      if (reveals || (opens && desk.isNarrow)) desk.page.reveal(zone.start, zone.end);
      desk.voice.say(t("zone-said", { name: nameOf(zone), quote: shortened(desk.page.text.slice(zone.start, zone.end)) }));
    }
    this.draw();
    if (zone && opens) this.place.querySelector(".zone-card")?.scrollIntoView({ block: "nearest" });
  }

  // --- Folding

  /** @param {Region} zone */
  #isFolded(zone) {
    if (!FOLDABLE.includes(zone.kind)) return false;
    const folds = (document.documentElement.dataset.folds ?? "").split(" ").includes(zone.kind);
    return folds !== this.#turned.has(zone.key ?? "");
  }

  /** @param {string} key */
  #turn(key) {
    if (!this.#turned.delete(key)) this.#turned.add(key);
    this.draw();
  }

  /** All zones of a kind are folded now, or none. */
  refold() {
    this.#turned.clear();
    this.draw();
  }

  /** @param {number} start @param {number} end */
  #unfoldAt(start, end) {
    const folded = this.all.filter((zone) => zone.start < end && start < zone.end && this.#isFolded(zone));
    for (const zone of folded) if (!this.#turned.delete(zone.key ?? "")) this.#turned.add(zone.key ?? "");
    if (folded.length) this.draw();
  }

  // --- Marking

  get #selected() {
    const { words } = this.desk;
    return words.span ?? words.selecting.span(); // right after letting go, the words are not taken in yet
  }

  /** What would be marked now: the selection, else the paragraph where the person is. */
  stretch() {
    const { words, walk, page } = this.desk;
    if (this.#selected) return this.#selected;
    const block = page.blockAt(walk.offset);
    return block ? trim(page.text, block.start, block.end) : null;
  }

  /** Offer what the selection can be; from the keyboard with the focus on the first. @param {boolean} [byKey] */
  openMenu(byKey = false) {
    this.closeMenu();
    const span = this.stretch();
    const { desk } = this;
    if (!this.mayMark || !span) return;
    desk.words.popup.hidden = true;
    const current = this.get(this.current);
    const buttons = KINDS.map((kind) => this.#menuButton(t(`region-${kind}`), () => this.mark(kind, span)));
    if (current) buttons.push(this.#menuButton(t("zone-set-here", { name: nameOf(current) }), () => this.change(current, desk.placeOf(span.start, span.end)), "label-move"));
    const words = shortened(desk.page.text.slice(span.start, span.end), 60);
    const menu = h("div", { class: "label-popup zone-menu", role: "toolbar", "aria-label": t("zone-as", { quote: words }) }, h("p", { class: "zone-menu-head", "aria-hidden": "true", dir: "auto" }, t("zone-as", { quote: words })), ...buttons);
    for (const name of ["pointerdown", "mousedown"]) menu.addEventListener(name, (event) => event.preventDefault());
    menu.addEventListener("keydown", (event) => {
      const step = arrowStep(event);
      if (event.key === "Escape") {
        this.closeMenu();
        desk.focusText();
      } else if (step) stepFocus([...menu.querySelectorAll("button")], step);
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    this.#menu = menu;
    desk.root.append(menu);
    desk.side.close();
    if (!desk.isNarrow) placeAt(menu, desk.page.rangeOf(span.start, span.end).getBoundingClientRect());
    if (byKey) buttons[0].focus();
  }

  closeMenu() {
    this.#menu?.remove();
    this.#menu = null;
  }

  /** @param {string} word @param {() => void} act @param {string} [more] */
  #menuButton(word, act, more = "") {
    const run = () => {
      const had = this.#menu?.contains(document.activeElement);
      this.closeMenu();
      if (had) this.desk.focusText();
      act();
    };
    return h("button", { type: "button", class: `label-button ${more}`, onclick: run }, word);
  }

  /** @param {string} kind @param {{start: number, end: number}} span in UTF-16 units */
  mark(kind, span) {
    const { desk } = this;
    const twin = this.all.find((zone) => zone.kind === kind && zone.start === span.start && zone.end === span.end);
    desk.words.end();
    if (twin) return this.select(twin.key ?? null, { opens: true });
    const { uuid: version_uuid, text_sha256 } = desk.data.version;
    const url = kind === "citation_marker" ? desk.extras.linksNear(span)[0] ?? "" : "";
    const key = newKey();
    desk.acts.make({ sort: "zone", target: key, needs: [], body: { key, version_uuid, text_sha256, kind, ...desk.placeOf(span.start, span.end), url } });
    this.#toastUndo(t("zone-marked", { name: t(`region-${kind}`) }));
    if (["excerpt", "citation_marker"].includes(kind)) {
      this.select(key, { opens: true });
      this.card.focusFields();
    }
  }

  /** Change a zone. @param {Region} zone as it is @param {Change} change in code points */
  change(zone, change) {
    const { desk } = this;
    const target = zone.key ?? "";
    const item = desk.work.get("zone", target);
    if (!item) return;
    const { map } = desk.page;
    const place = desk.placeOf(map.toUnits(item.start), map.toUnits(item.end));
    /** @type {Record<string, unknown>} */
    const before = { kind: item.kind, publisher: item.publisher ?? "", url: item.url ?? "", ...place };
    /** @type {Record<string, unknown>} */
    const now = { ...before, ...change };
    // a kind that names nothing drops what the one before it named
    if (now.kind !== "excerpt") now.publisher = "";
    if (!["excerpt", "citation_marker"].includes(String(now.kind))) now.url = "";
    const isMoved = now.start !== before.start || now.end !== before.end;
    const names = [...(isMoved ? ["start", "end", "quote"] : []), ...["kind", "publisher", "url"].filter((name) => now[name] !== before[name])];
    if (!names.length) return;
    const step = (/** @type {Record<string, unknown>} */ values) => ({ sort: /** @type {const} */ ("zone"), kind: /** @type {const} */ ("change"), target, body: Object.fromEntries(names.map((name) => [name, values[name]])) });
    const [redo, undo] = [step(now), step(before)];
    desk.acts.history.run(redo);
    desk.acts.history.add({ name: "zone-changed", undo: [undo], redo: [redo] });
    this.#toastUndo(t("zone-changed", { name: nameOf(this.get(target) ?? zone) }));
  }

  /** @param {Region} zone */
  remove(zone) {
    const hadFocus = this.place.contains(document.activeElement);
    this.desk.acts.withdraw("zone", zone.key ?? "");
    if (hadFocus) /** @type {HTMLElement|null} */ (this.place.querySelector("button"))?.focus();
    this.#toastUndo(t("zone-removed", { name: nameOf(zone) }));
  }

  /** @param {string} text */
  #toastUndo(text) {
    this.desk.deeds.toastUndo(text);
  }

  /** Move an end of the selected zone by a word. @param {"start"|"end"} edge @param {1|-1} direction @param {boolean} [words] */
  moveEdge(edge, direction, words = true) {
    const zone = this.get(this.current);
    const { page, locale } = this.desk;
    if (!zone) return;
    const moved = { start: zone.start, end: zone.end };
    moved[edge] = nextEdge(page.text, zone[edge], direction, edge, { words, locale });
    if (moved.start < moved.end && page.text.slice(moved.start, moved.end).trim()) this.change(zone, this.desk.placeOf(moved.start, moved.end));
  }

  // --- Keeping up

  /** Take in what others changed. */
  async refetch() {
    const { api, data, work } = this.desk;
    const before = [...work.base.zone.values()]; // one that is saved while this is asked may be missing in the answer
    const { status, data: found } = await api.ask("GET", `articles/${data.article.uuid}/zones/`);
    if (status !== 200) return;
    work.absorb({ zone: [...found.results, ...goneFrom(before, found.results)] });
    this.#show();
  }

  /** Show the zones that stand, unless they are shown. */
  #show() {
    const zones = this.desk.work.standing("zone");
    const sign = JSON.stringify(zones);
    if (sign === this.#sign) return;
    this.#sign = sign;
    this.put(zones);
  }

  // --- Listening

  /** @param {AbortSignal} signal */
  listen(signal) {
    const { desk } = this;
    document.addEventListener("keydown", (event) => this.#pressed(event), { signal, capture: true });
    document.addEventListener("pointerdown", ({ target }) => this.#menu && !this.#menu.contains(/** @type {Node} */ (target)) && this.closeMenu(), { signal, capture: true });
    desk.article.addEventListener("beforematch", ({ target }) => {
      const block = desk.page.byElement.get(/** @type {Element} */ (target));
      if (block) this.#unfoldAt(block.start, block.end);
    }, { signal });
    const { sync, walk } = desk;
    const touch = sync.onTouched;
    sync.onTouched = (touched) => {
      touch(touched);
      if (touched.some(({ sort }) => sort === "zone")) this.#show();
    };
    const select = walk.select.bind(walk);
    walk.select = (...what) => {
      select(...what);
      this.drawHandles();
    };
    this.#show();
    this.draw();
    document.addEventListener("cw-folds-changed", () => this.refold(), { signal });
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) this.#hiddenAt = Date.now();
      else if (Date.now() - this.#hiddenAt > STALE_AFTER) this.refetch();
    }, { signal });
    if (!this.mayMark) return;
    desk.root.addEventListener("zone-wanted", () => this.openMenu(), { signal });
    desk.words.popup.dataset.zones = "";
    const button = h("button", { type: "button", class: "label-button zone-button", "data-zone-button": true, "aria-keyshortcuts": "z", onclick: () => this.openMenu() },
      h("span", { class: "label-name" }, t("zone-mark")), h("kbd", { "aria-hidden": "true" }, "Z"));
    need(desk.root, ".label-list").append(h("li", {}, button));
  }

  /** The keys that zones take before the annotations do. @param {KeyboardEvent} event */
  #pressed(event) {
    const { desk } = this;
    const target = /** @type {HTMLElement} */ (event.target);
    if (event.defaultPrevented || isField(target) || this.#menu?.contains(target) || /** @type {HTMLDialogElement} */ (desk.keyboard.dialog).open) return;
    const command = desk.keyboard.meaningOf(event);
    if (!command || !this.#run(command)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {import("../state/keys.js").Command} command */
  #run(command) {
    const { desk } = this;
    const zone = desk.walk.current ? undefined : this.get(this.current);
    switch (command.name) {
      case "zone":
        if (this.#selected || !this.#openHere()) this.openMenu(true);
        return true;
      case "escape":
        if (this.#menu) this.closeMenu();
        else if (zone && !desk.words.span && !desk.side.isOpen) this.select(null);
        else return false;
        return true;
      case "move-edge":
        if (!zone || !this.mayMark) return false;
        this.moveEdge(command.edge ?? "end", command.direction ?? 1, command.words);
        return true;
      case "withdraw":
        if (!zone || !this.mayMark) return false;
        this.remove(zone);
        return true;
      default:
        return false;
    }
  }

  /** Open the innermost zone where the person is, and tell whether there is one that is not open yet. */
  #openHere() {
    const { walk, page } = this.desk;
    const block = page.blockAt(walk.offset);
    const zone = zonesAt(this.all, walk.offset)[0] ?? (block && this.all.find(({ start, end }) => start >= block.start && end <= block.end));
    if (!zone || zone.key === this.current) return false;
    this.select(zone.key ?? null, { opens: true, reveals: true });
    /** @type {HTMLElement|null} */ (this.place.querySelector(`[data-zone-focus="row-${CSS.escape(zone.key ?? "")}"]`))?.focus();
    return true;
  }
}
