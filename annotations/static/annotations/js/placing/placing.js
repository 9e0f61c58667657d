// @ts-check
/**
 * What a corrected text left without a certain place, to be placed within it: annotations and zones, one after the other,
 * by key or by mouse. What is proposed is drawn in the text. Fetched where something waits. Placing and dropping are kept,
 * sent and undone as everything else is.
 */
import { arrowStep, h, isField, keepingFocus, need, smallButton } from "../dom.js";
import { characterAt } from "../hit.js";
import { t } from "../messages.js";
import { shortened } from "../text/shortened.js";

/** @typedef {import("../desk/desk.js").Desk} Desk */
/** @typedef {import("../state/history.js").Step} Step */
/** @typedef {{start: number, end: number, quote: string, prefix: string, suffix: string}} Place in code points */
/**
 * @typedef {object} Waiting
 * @property {"annotation"|"zone"} sort
 * @property {string} key of the earlier wording
 * @property {string} becomes key it has once it is placed
 * @property {number} version_number
 * @property {string} [label]
 * @property {string} [note]
 * @property {string} [annotator]
 * @property {boolean} [is_mine]
 * @property {string} [kind]
 * @property {string} [publisher]
 * @property {string} [url]
 * @property {string} quote
 * @property {string} prefix
 * @property {string} suffix
 * @property {Place[]} candidates
 */

const HASH = "#placing";
const PAINTED = /** @type {any} */ (["cw-place", "cw-here"]);

/** @param {Desk} desk @param {AbortSignal} signal */
export async function startPlacing(desk, signal) {
  const placing = new Placing(desk);
  placing.listen(signal); // what is undone while it is fetched counts too
  await placing.fetch();
  if (signal.aborted) return;
  placing.draw();
  if (location.hash === HASH) placing.open();
}

export class Placing {
  /** @type {Waiting[]} */
  #found = [];
  /** @type {string|null} key of the one that is looked at */
  #current = null;
  #chosen = 0;
  #isOpen = false;
  #isFetching = false;
  #isStale = false;
  #button = h("li", {}, h("button", { type: "button", class: "label-button zone-button", onclick: () => this.place() }, h("span", { class: "label-name" }, t("placing-here"))));

  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.notice = /** @type {HTMLElement|null} */ (desk.root.querySelector("[data-placing-notice]"));
    this.element = h("section", { class: "placing", "data-placing": true, "aria-label": t("placing"), hidden: true });
    need(desk.root, ".side-tabs").before(this.element);
  }

  // --- What waits

  /** Fetch what waits; asked for meanwhile, once more. */
  async fetch() {
    this.#isStale = true;
    if (this.#isFetching) return;
    this.#isFetching = true;
    while (this.#isStale) {
      this.#isStale = false;
      await this.#ask();
    }
    this.#isFetching = false;
  }

  async #ask() {
    const { api, data, work } = this.desk;
    const { status, data: found } = await api.ask("GET", `articles/${data.article.uuid}/unplaced/`);
    if (status !== 200) return;
    const rows = [
      ...found.results.map((/** @type {object} */ row) => ({ ...row, sort: "annotation" })),
      ...found.zones.map((/** @type {object} */ row) => ({ ...row, sort: "zone" })),
    ];
    const known = new Set(rows.map(({ key }) => key));
    // what an act that is not saved yet brings back is not in the list of the server
    this.#found = [...rows, ...this.#found.filter(({ key, becomes }) => !known.has(key) && this.#isUnsaved([key, becomes]))];
    work.absorb({ unplaced: rows.map(({ key, version_number }) => ({ key, version: version_number, withdrawn_at: null })) });
  }

  /** @param {string[]} keys */
  #isUnsaved(keys) {
    return keys.some((key) => this.desk.work.unsaved(key).length > 0);
  }

  /** Give what waits now, with what was done and is not saved yet. */
  get waiting() {
    const { work } = this.desk;
    const stands = (/** @type {Waiting} */ { sort, becomes }) => {
      const placed = work.get(sort, becomes);
      return Boolean(placed && !placed.withdrawn_at);
    };
    return this.#found.filter((item) => !work.get("unplaced", item.key)?.withdrawn_at && !stands(item));
  }

  get #item() {
    return this.waiting.find(({ key }) => key === this.#current);
  }

  /** Take in what was done here, undone or saved. @param {import("../state/work.js").Touched[]} touched */
  async #touched(touched) {
    const keys = new Set(touched.map(({ key }) => key));
    const about = this.#found.filter(({ key, becomes }) => keys.has(key) || keys.has(becomes));
    if (!about.length && !this.#doneBefore().some((key) => keys.has(key))) return;
    const before = this.#current;
    const back = about.find((item) => item.key !== before && this.waiting.includes(item) && this.desk.work.get("unplaced", item.key));
    if (back && this.#isOpen) this.#look(back.key);
    else if (!this.#item && this.#isOpen) this.#look(this.waiting[0]?.key ?? null);
    this.draw();
    if (this.#isUnsaved([...keys, ...about.flatMap(({ key, becomes }) => [key, becomes])])) return;
    if (about.some(({ sort, becomes }) => sort === "annotation" && this.desk.work.base.annotation.has(becomes))) this.desk.refetch(); // its claims
    await this.fetch();
    this.draw();
  }

  /** The keys of what was placed or dropped, before the page came too: when it is undone, it waits again. */
  #doneBefore() {
    const { done, undone } = this.desk.acts.history;
    return [...done, ...undone].filter(({ name }) => ["placed", "dropped"].includes(name)).flatMap(({ redo }) => redo.map(({ target }) => target));
  }

  // --- Going from one to the next

  open() {
    const { desk } = this;
    desk.side.open();
    if (this.#isOpen || !this.waiting.length) return;
    this.#isOpen = true;
    if (desk.isNarrow) need(desk.root, ".label-list").prepend(this.#button); // beside the labels, while the text is seen
    desk.root.setAttribute("data-is-placing", "");
    desk.walk.select(null, { says: false });
    desk.zones?.select(null);
    this.#look(this.#item?.key ?? this.waiting[0]?.key ?? null);
    this.element.scrollIntoView({ block: "nearest" });
    if (desk.isNarrow) this.element.querySelector("button")?.focus({ preventScroll: true });
    else desk.focusText();
  }

  close() {
    this.#isOpen = false;
    this.#button.remove();
    this.desk.root.removeAttribute("data-is-placing");
    const hadFocus = this.element.contains(document.activeElement);
    this.draw();
    if (hadFocus) this.desk.focusText();
  }

  /** @param {1|-1} direction */
  step(direction) {
    const { waiting } = this;
    const here = waiting.findIndex(({ key }) => key === this.#current);
    this.#look(waiting[(here + direction + waiting.length) % waiting.length]?.key ?? null);
  }

  /** @param {string|null} key */
  #look(key) {
    this.#current = key;
    this.#choose(0, true);
  }

  /** Choose one of the places that are proposed. @param {number} n @param {boolean} [isNew] whether another one is looked at */
  #choose(n, isNew = false) {
    const { desk, waiting } = this;
    const item = this.#item;
    const count = item?.candidates.length ?? 0;
    this.#chosen = count ? (n + count) % count : 0;
    const place = item?.candidates[this.#chosen];
    if (place) {
      const { start, end } = this.#units(place);
      desk.walk.offset = start;
      desk.page.reveal(start, end);
    }
    const said = [
      item && isNew && t("placing-said", { n: waiting.indexOf(item) + 1, all: waiting.length, name: this.#nameOf(item), quote: shortened(item.quote) }),
      place && t("placing-place", { n: this.#chosen + 1, all: count, quote: shortened(place.quote) }),
      item && !place && t("placing-nowhere"),
    ];
    desk.voice.say(said.filter(Boolean).join(" ") || t("placing-none"));
    this.draw();
  }

  /** @param {Place} place */
  #units({ start, end }) {
    const { map } = this.desk.page;
    return { start: map.toUnits(start), end: map.toUnits(end) };
  }

  /** @param {Waiting} item */
  #nameOf({ label, kind = "", publisher }) {
    if (label) return this.desk.labelName(label);
    return kind === "excerpt" && publisher ? t("region-excerpt-of", { publisher }) : t(`region-${kind}`);
  }

  // --- Placing and dropping

  /** Tell whether the person may place it; where not, say why. @param {Waiting} item */
  #may({ sort, is_mine }) {
    const { desk } = this;
    const may = sort === "zone" || (is_mine ? desk.isEditable : desk.mayAnnotate);
    if (!may) desk.voice.say(desk.voice.noticed || t("read-only"));
    return may;
  }

  /** Place it on the words that are selected, else on the place that is chosen. */
  place() {
    const { words } = this.desk;
    const item = this.#item;
    if (!item || !this.#may(item)) return;
    const span = words.span ?? words.selecting.span();
    const proposed = item.candidates[this.#chosen];
    if (!span && !proposed) return this.desk.voice.toast(t("placing-select"));
    const place = span ? this.desk.placeOf(span.start, span.end) : { start: proposed.start, end: proposed.end, quote: proposed.quote };
    if (span) words.end();
    const next = this.#after(item);
    if (item.sort === "zone") this.#markZone(item, place);
    else this.#annotate(item, place);
    this.#ended(t("placing-placed", { name: this.#nameOf(item), quote: shortened(place.quote) }), next);
  }

  drop() {
    const item = this.#item;
    if (!item || !this.#may(item)) return;
    const next = this.#after(item);
    const root = item.sort === "zone" ? `zones/${item.key}` : this.#root(item);
    const step = (/** @type {"withdraw"|"restore"} */ kind, /** @type {string} */ act) => this.#step({ sort: "unplaced", kind, target: item.key, path: `${root}/${act}/`, body: {} });
    this.#do("dropped", step("withdraw", "withdraw"), step("restore", item.sort === "zone" ? "restore" : "wait"));
    this.#ended(t("placing-dropped", { name: this.#nameOf(item), quote: shortened(item.quote) }), next);
  }

  /** The key of what comes after one that is done with. @param {Waiting} item */
  #after(item) {
    const { waiting } = this;
    const here = waiting.indexOf(item);
    return (waiting[here + 1] ?? waiting[here - 1])?.key ?? null;
  }

  /** @param {string} said @param {string|null} next */
  #ended(said, next) {
    this.#look(next);
    const { waiting } = this;
    this.desk.deeds.toastUndo(`${said} ${this.#count()}`);
    if (!waiting.length) this.close();
  }

  /** @param {Waiting} item */
  #root({ key }) {
    return `articles/${this.desk.data.article.uuid}/unplaced/${key}`;
  }

  /** It is sent just so, and never merged with another act. @param {Partial<Step>} given @returns {Step} */
  #step(given) {
    return /** @type {Step} */ ({ method: "POST", tries: 1, needs: [], ...given });
  }

  /** @param {string} name @param {Step} redo @param {Step} undo */
  #do(name, redo, undo) {
    const { history } = this.desk.acts;
    history.run(redo);
    history.add({ name, undo: [undo], redo: [redo] });
  }

  /** @param {Waiting} item @param {{start: number, end: number, quote: string}} body */
  #annotate(item, body) {
    const { label, note, annotator, is_mine, becomes: target } = item;
    const shown = { label, note, annotator, is_mine };
    const redo = this.#step({ sort: "annotation", kind: "create", target, path: `${this.#root(item)}/place/`, body, shown, needs: [item.key] });
    this.#do("placed", redo, this.#step({ sort: "annotation", kind: "withdraw", target, path: `${this.#root(item)}/wait/`, body: {} }));
  }

  /** Mark it under the key it becomes, or bring back what was marked so. @param {Waiting} item @param {{start: number, end: number, quote: string}} place */
  #markZone({ becomes: target, kind, publisher = "", url = "" }, place) {
    const { acts, work, data } = this.desk;
    const { uuid: version_uuid, text_sha256 } = data.version;
    acts.history.together("placed", () => {
      if (!work.get("zone", target)) return acts.make({ sort: "zone", target, needs: [], body: { key: target, version_uuid, text_sha256, kind, ...place, publisher, url } });
      const step = /** @type {Step} */ ({ sort: "zone", kind: "change", target, body: place });
      this.#do("placed", step, step);
      acts.restore("zone", target);
    });
  }

  // --- Showing

  draw() {
    const { waiting, element, notice } = this;
    const { painter } = this.desk;
    const item = this.#isOpen ? this.#item : undefined;
    const places = item?.candidates.map((place) => this.#units(place)) ?? [];
    const [all, chosen] = PAINTED;
    painter.mark(all, places.length > 1 ? { start: Math.min(...places.map(({ start }) => start)), end: Math.max(...places.map(({ end }) => end)), parts: places.filter((_, n) => n !== this.#chosen) } : null);
    painter.mark(chosen, places[this.#chosen] ?? null);
    if (notice) {
      notice.hidden = !waiting.length;
      need(notice, "a").textContent = `${t("placing-corrected")} ${this.#count()}`;
    }
    element.hidden = !waiting.length;
    keepingFocus(element, () => element.replaceChildren(...(item ? this.#card(item) : this.#sign())), () => element.querySelector("button"));
  }

  /** Say how much waits. */
  #count() {
    const zones = this.waiting.filter(({ sort }) => sort === "zone").length;
    const annotations = this.waiting.length - zones;
    return [annotations && t("placing-annotations", { n: annotations }), zones && t("placing-zones", { n: zones })].filter(Boolean).join(" ") || t("placing-none");
  }

  /** That something waits, while it is not looked at. */
  #sign() {
    return [h("p", {}, this.#count()), smallButton(t("placing-open"), () => this.open(), { class: "button-small", "data-focus": "open" })];
  }

  /** @param {Waiting} item */
  #card(item) {
    const { waiting } = this;
    const quoted = (/** @type {{prefix: string, quote: string, suffix: string}} */ { prefix, quote, suffix }) => [h("span", { class: "muted" }, `…${prefix}`), h("mark", {}, quote), h("span", { class: "muted" }, `${suffix}…`)];
    const choice = (/** @type {Place} */ place, /** @type {number} */ n) => h("li", {}, h("button", { type: "button", class: "placing-words", dir: "auto", "aria-pressed": String(n === this.#chosen), "data-focus": `place-${n}`, onclick: () => this.#choose(n) }, ...quoted(place)));
    const keep = (/** @type {Event} */ event) => event.preventDefault(); // words that are selected stay so
    const act = (/** @type {string} */ word, /** @type {string} */ key, /** @type {string} */ name, /** @type {() => void} */ run, kind = "button-quiet button-small") =>
      h("button", { type: "button", class: kind, "aria-keyshortcuts": name, "data-focus": word, onclick: run, onpointerdown: keep, onmousedown: keep }, t(word), " ", h("kbd", { "aria-hidden": "true" }, key));
    const name = [h("strong", {}, this.#nameOf(item)), item.sort === "annotation" && !item.is_mine && ` · ${t("by", { name: item.annotator ?? t("someone") })}`];
    return [
      h("h2", { class: "small-head" }, `${t("placing")} · ${t("placing-count", { n: waiting.indexOf(item) + 1, all: waiting.length })}`),
      h("p", { class: item.label ? `label-${this.desk.styleOf(item.label)}` : "" }, item.label ? h("span", { class: "swatch", "aria-hidden": "true" }) : null, " ", ...name),
      h("blockquote", { class: "placing-words", dir: "auto", "aria-label": t("placing-earlier") }, ...quoted(item)),
      item.candidates.length ? h("ol", { class: "placing-places", "aria-label": t("placing-places") }, ...item.candidates.map(choice)) : h("p", { class: "muted" }, t("placing-nowhere")),
      h("div", { class: "claim-acts" },
        act("placing-here", "Enter", "Enter", () => this.place(), "button-small button-primary"),
        act("placing-drop", t("key-delete"), "Delete", () => this.drop()),
        waiting.length > 1 && act("placing-previous", "K", "K", () => this.step(-1)),
        waiting.length > 1 && act("placing-next", "J", "J", () => this.step(1)),
        smallButton(t("placing-later"), () => this.close(), { "aria-keyshortcuts": "Escape", "data-focus": "later" })),
      h("p", { class: "muted placing-help" }, t("placing-help")),
    ];
  }

  // --- Listening

  /** @param {AbortSignal} signal */
  listen(signal) {
    const { desk } = this;
    const touch = desk.sync.onTouched;
    desk.sync.onTouched = (touched) => {
      touch(touched);
      this.#touched(touched);
    };
    document.addEventListener("keydown", (event) => this.#pressed(event), { signal, capture: true });
    desk.article.addEventListener("click", (event) => this.#clicked(event), { signal, capture: true });
    this.notice?.addEventListener("click", (event) => {
      if (!this.waiting.length || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      this.open();
    }, { signal });
    addEventListener("hashchange", () => location.hash === HASH && this.open(), { signal });
  }

  /** Choose the place that was clicked. @param {MouseEvent} event */
  #clicked(event) {
    const item = this.#isOpen ? this.#item : undefined;
    if (!item || !getSelection()?.isCollapsed) return;
    const offset = characterAt(this.desk.page, event.clientX, event.clientY);
    const isHere = (/** @type {Place} */ place) => {
      const { start, end } = this.#units(place);
      return offset !== null && start <= offset && offset < end;
    };
    const n = item.candidates.findIndex(isHere);
    if (n < 0) return;
    event.stopPropagation();
    this.#choose(n);
  }

  /** The keys that mean something else while something is being placed. @param {KeyboardEvent} event */
  #pressed(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    if (!this.#isOpen || event.defaultPrevented || isField(target) || document.querySelector("dialog[open]")) return;
    if (target.closest("[role=tab], [role=toolbar], .toast, summary, a")) return;
    if (!this.#act(event, target)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {KeyboardEvent} event @param {HTMLElement} target */
  #act(event, target) {
    const { desk } = this;
    const isPlain = !event.shiftKey && !event.ctrlKey && !event.altKey && !event.metaKey;
    const arrow = isPlain && !desk.caret.isOn ? arrowStep(event) : undefined;
    if (arrow) return this.#done(() => this.#choose(this.#chosen + arrow));
    const command = desk.keyboard.meaningOf(event);
    switch (command?.name) {
      case "open": return !target.closest("button") && this.#done(() => this.place());
      case "next-span": return this.#done(() => this.#choose(this.#chosen + 1));
      case "previous-span": return this.#done(() => this.#choose(this.#chosen - 1));
      case "next-paragraph": return this.#done(() => this.step(1));
      case "previous-paragraph": return this.#done(() => this.step(-1));
      case "reject-suggestion":
      case "withdraw": return this.#done(() => this.drop());
      case "escape": return !desk.words.span && !desk.caret.isOn && this.#done(() => this.close());
      default: return false;
    }
  }

  /** @param {() => void} act */
  #done(act) {
    act();
    return true;
  }
}
