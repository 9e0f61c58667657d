// @ts-check
/**
 * Zones of the text by hand: named above the paragraphs they cover, folded, marked, moved, retyped, removed. Fetched once
 * the page works. A zone belongs to the text: others' changes are taken in when the page is looked at again.
 */
import { arrowStep, h, isField, need, placeAt, smallButton, stepFocus } from "../dom.js";
import { t } from "../messages.js";
import { commandOf } from "../state/keys.js";
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
  zones.draw();
  return zones;
}

/** Name a zone as the page does. @param {Region} zone */
export function nameOf({ kind, publisher }) {
  return kind === "excerpt" && publisher ? t("region-excerpt-of", { publisher }) : t(`region-${kind}`);
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
  /** @type {Map<string, number>} the version that one's own last act gave a zone */
  #stored = new Map();
  /** @type {Promise<unknown>} the act that is being sent: the next one waits, as it needs the version that this one makes */
  #sending = Promise.resolve();

  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.mayMark = Boolean(desk.data.me.marks_zones);
    this.place = need(desk.root, "[data-zones]");
    this.card = new ZoneCard(this);
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
    for (const { el } of desk.page.blocks) {
      delete el.dataset.region;
      delete el.dataset.regionName;
    }
    desk.data.regions = [...zones].sort((a, b) => a.start - b.start || b.end - a.end);
    const Extras = /** @type {typeof import("../extras.js").Extras} */ (desk.extras.constructor);
    desk.extras = new Extras(desk.page, desk.data.regions, desk.data.links);
    for (const n of desk.extras.strokes.keys()) touched.add(n);
    for (const n of touched) desk.painter.repaint(n);
    if (this.current && !this.get(this.current)) this.select(null);
    this.draw();
  }

  draw() {
    this.#drawHeads();
    this.#drawList();
    const zone = this.get(this.current) ?? null;
    if (zone || this.#isMarked) this.desk.painter.mark("cw-word", zone); // else a place that flashes would lose its mark
    this.#isMarked = Boolean(zone);
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
  async mark(kind, span) {
    const { desk } = this;
    const place = desk.placeOf(span.start, span.end);
    const url = kind === "citation_marker" ? desk.extras.linksNear(span)[0] ?? "" : "";
    const zone = { key: newKey(), kind, start: place.start, end: place.end, publisher: null, url, version: 0 };
    desk.words.end();
    this.put([...desk.data.regions, zone]);
    const body = { key: zone.key, version_uuid: desk.data.version.uuid, text_sha256: desk.data.version.text_sha256, kind, ...place, url };
    const made = await this.#send("POST", `articles/${desk.data.article.uuid}/zones/`, () => body);
    if (!made) return this.put(desk.data.regions.filter(({ key }) => key !== zone.key));
    this.#take(made);
    desk.voice.toast(t("zone-marked", { name: nameOf(made) }), t("undo"), () => this.remove(made, false));
    if (["excerpt", "citation_marker"].includes(kind)) {
      this.select(zone.key, { opens: true });
      this.card.focusFields();
    }
  }

  /** Change a zone. @param {Region} zone as it is @param {Change} change in code points @param {boolean} [offersUndo] */
  async change(zone, change, offersUndo = true) {
    const { desk } = this;
    const before = desk.data.regions.find(({ key }) => key === zone.key);
    if (!before) return;
    this.put(desk.data.regions.map((each) => (each === before ? { ...each, ...change } : each)));
    const made = await this.#send("PATCH", `zones/${zone.key}/`, () => ({ base_version: this.#version(before), ...change }), (current) =>
      this.change(current, change, offersUndo));
    if (!made) return this.put(desk.data.regions.map((each) => (each.key === zone.key && each.version === before.version ? before : each)));
    this.#take(made);
    const back = { kind: before.kind, publisher: before.publisher ?? "", url: before.url ?? "" };
    const { map } = desk.page;
    const undo = () => this.change(made, { ...back, ...desk.placeOf(map.toUnits(before.start), map.toUnits(before.end)) }, false);
    if (offersUndo) desk.voice.toast(t("zone-changed", { name: nameOf(made) }), t("undo"), undo);
    else desk.voice.say(t("undone"));
  }

  /** @param {Region} zone @param {boolean} [offersUndo] */
  async remove(zone, offersUndo = true) {
    const { desk } = this;
    const before = desk.data.regions.find(({ key }) => key === zone.key);
    if (!before) return;
    const hadFocus = this.place.contains(document.activeElement);
    this.put(desk.data.regions.filter((each) => each !== before));
    if (hadFocus) /** @type {HTMLElement|null} */ (this.place.querySelector("button"))?.focus();
    const gone = await this.#send("POST", `zones/${zone.key}/withdraw/`, () => ({ base_version: this.#version(before) }), (current) => this.remove(current, offersUndo));
    if (!gone) {
      if (!this.get(zone.key ?? "")) this.put([...desk.data.regions, before]);
      return;
    }
    const restore = async () => {
      const back = await this.#send("POST", `zones/${zone.key}/restore/`, () => ({ base_version: gone.version }));
      if (back) this.put([...desk.data.regions, back]);
    };
    if (offersUndo) desk.voice.toast(t("zone-removed", { name: nameOf(before) }), t("undo"), restore);
    else desk.voice.say(t("undone"));
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

  // --- Talking to the server

  /**
   * Send an act; give the zone as it is then, or null. Where somebody changed it meanwhile, theirs is shown, and one's own can be done all the same.
   * @param {string} method @param {string} path @param {() => object} body asked for when its turn has come
   * @param {(current: Region) => void} [again]
   * @returns {Promise<Region|null>}
   */
  #send(method, path, body, again) {
    this.desk.voice.endToast();
    const sent = this.#sending.then(() => this.#ask(method, path, body(), again));
    this.#sending = sent;
    return sent;
  }

  /** @param {string} method @param {string} path @param {object} body @param {(current: Region) => void} [again] @returns {Promise<Region|null>} */
  async #ask(method, path, body, again) {
    const { api, voice } = this.desk;
    const { status, data, problems } = await api.ask(method, path, { key: newKey(), body });
    if (status >= 200 && status < 300) {
      this.#stored.set(data.key, data.version);
      return data;
    }
    const current = status === 409 ? data?.current : null;
    if (current && again) {
      const others = this.desk.data.regions.filter(({ key }) => key !== current.key);
      this.put(current.withdrawn_at ? others : [...others, current]);
      const name = current.withdrawn_at ? t("was-withdrawn") : nameOf(current);
      if (current.withdrawn_at) voice.toast(t("zone-conflict", { name }));
      else voice.toast(t("zone-conflict", { name }), t("keep-mine"), () => again(current));
    } else {
      voice.toast(t("not-saved", { message: problems[0]?.message || t("zone-offline") }));
    }
    return null;
  }

  /** The version a change is made on: as the page has it by now, or as an act of one's own left it. @param {Region} before */
  #version(before) {
    const shown = this.desk.data.regions.find(({ key }) => key === before.key)?.version ?? 0;
    return Math.max(shown, before.version ?? 0, this.#stored.get(before.key ?? "") ?? 0);
  }

  /** @param {Region} zone as the server has it */
  #take(zone) {
    this.put(this.desk.data.regions.map((each) => (each.key === zone.key ? zone : each)));
  }

  /** Take in what others changed. */
  async refetch() {
    const { status, data } = await this.desk.api.ask("GET", `articles/${this.desk.data.article.uuid}/zones/`);
    if (status !== 200) return;
    const sign = (/** @type {Region[]} */ zones) => zones.map(({ key, version }) => `${key} ${version}`).sort().join();
    if (sign(data.results) !== sign(this.desk.data.regions)) this.put(data.results);
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
    const singleKeys = /** @type {HTMLInputElement|null} */ (desk.root.querySelector("[data-single-keys]"))?.checked ?? true;
    if (event.defaultPrevented || isField(target) || this.#menu?.contains(target) || /** @type {HTMLDialogElement} */ (desk.keyboard.dialog).open) return;
    const command = commandOf(event, { labels: desk.data.labels, keys: desk.keyboard.keys, singleKeys });
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
