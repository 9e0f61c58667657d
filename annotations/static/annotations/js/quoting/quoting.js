// @ts-check
/**
 * Who says a quotation and through whom, and where its words stand too: told quietly in the panel of an annotation, and said there by one key.
 * What one says is kept, sent and undone as annotations are; the server is asked only when a quotation is looked at.
 */
import { keyOf } from "../desk/key-of.js";
import { h, smallButton } from "../dom.js";
import { t } from "../messages.js";
import { newKey } from "../state/new-key.js";
import { shortened } from "../text/shortened.js";
import { marksQuotations } from "./when.js";

/** @typedef {import("../desk/desk.js").Desk} Desk */
/** @typedef {{key: string, annotation: string, annotator: string, is_mine: boolean, speaker?: {name: string}|null, speaker_name: string, cue: string, cue_start: number|null, cue_end: number|null, mode: string, voice: string, voice_name: string, version: number}} Attribution */
/** @typedef {{kind: string, text: string}} Piece */
/** @typedef {{article: {uuid: string, title: string}|null, capture: {uuid: string, source: string, title: string, url: string}|null, start: number, end: number, is_verbatim: boolean, state: string, quote: string, other_pieces: Piece[]}} Place */
/** @typedef {{annotation: string|null, start: number, end: number, state: string, speaker: string, places: Place[]}} Quotation offsets in code points */

const MODES = ["direct", "indirect", "mixed"];
const VOICES = ["own", "excerpt", "named_source"];
/** So many UTF-16 units around a quotation its cue is looked for. */
const NEAR = 200;
const MOST_PLACES = 3;

/** @param {Desk} desk @param {AbortSignal} signal */
export function start(desk, signal) {
  const panel = /** @type {HTMLElement|null} */ (desk.root.querySelector("span-panel"));
  if (!panel) return null;
  const quoting = new Quoting(desk, panel);
  quoting.listen(signal);
  return quoting;
}

export class Quoting {
  /** @type {Quotation[]} */
  quotations = [];
  /** @type {Promise<void>|null} */
  #loading = null;
  /** The annotation whose form is open. */
  #open = "";
  #drawn = "";

  /** @param {Desk} desk @param {HTMLElement} panel */
  constructor(desk, panel) {
    this.desk = desk;
    this.panel = panel;
  }

  /** What people say, with what is not saved yet. @returns {Attribution[]} */
  get attributions() {
    return this.desk.work.standing("attribution");
  }

  /** @param {AbortSignal} signal */
  listen(signal) {
    const watch = new MutationObserver(() => this.draw());
    watch.observe(this.panel, { childList: true, subtree: true });
    signal.addEventListener("abort", () => watch.disconnect());
    const { sync } = this.desk;
    const touch = sync.onTouched;
    sync.onTouched = (touched) => {
      touch(touched);
      if (touched.some(({ sort }) => sort === "attribution")) this.draw();
    };
    this.draw();
  }

  /** Open the form for the annotation at hand. */
  async ask() {
    const { desk } = this;
    const key = desk.walk.current;
    if (!key) return desk.voice.toast(t("quoting-select"));
    if (!desk.deeds.mayEdit()) return;
    desk.walk.select(key, { opens: true });
    await this.load();
    this.#open = key;
    this.draw();
    /** @type {HTMLElement|null} */ (this.panel.querySelector(".span-quoting input"))?.focus();
  }

  /** Ask once for what is known of the article. @param {boolean} [again] */
  load(again = false) {
    const { api, data } = this.desk;
    if (again || !this.#loading) {
      const here = `articles/${data.article.uuid}/`;
      this.#loading = Promise.all([api.ask("GET", `${here}attributions/`), api.ask("GET", `${here}quotations/`)]).then(([said, found]) => {
        if (said.status === 200) this.desk.takeIn({ attribution: said.data.results });
        if (found.status === 200) this.quotations = found.data.results;
        if (said.status === 0) this.#loading = null;
        this.draw();
      });
    }
    return this.#loading;
  }

  // --- In the panel

  /** Draw the part of the annotation that the panel shows. */
  draw() {
    const { desk, panel } = this;
    const foot = panel.querySelector(".span-foot");
    const key = desk.walk.current;
    const annotation = /** @type {import("../types.js").Annotation|undefined} */ (key ? desk.work.get("annotation", key) : undefined);
    if (!foot || !key || !annotation) return;
    const isQuotation = marksQuotations(desk.data.labels, annotation.label);
    const said = this.attributions.filter((each) => each.annotation === key);
    if (!isQuotation && !said.length && this.#open !== key) {
      panel.querySelector(".span-quoting")?.remove();
      return;
    }
    if (!this.#loading) this.load();
    const found = this.quotations.find((each) => each.annotation === key) ?? this.quotations.find((each) => each.start >= annotation.start - 1 && each.end <= annotation.end + 1 && each.start <= annotation.start + 1 && each.end >= annotation.end - 1);
    const sign = JSON.stringify([key, said, found, this.#open, desk.isEditable, keyOf(desk, "say-who")]);
    const old = panel.querySelector(".span-quoting");
    if (old && sign === this.#drawn) return;
    this.#drawn = sign;
    const part = h("div", { class: "span-quoting" }, ...this.#state(found, isQuotation), ...said.map((each) => this.#line(each, key)), this.#form(key, annotation, said, found));
    if (old) old.replaceWith(part);
    else foot.before(part);
  }

  /** @param {Quotation|undefined} found @param {boolean} isQuotation */
  #state(found, isQuotation) {
    if (!isQuotation) return [];
    if (!found) {
      const look = this.desk.mayAnnotate && smallButton(t("quoting-look"), () => this.#look());
      return [h("p", { class: "muted" }, t("quoting-unknown"), " ", look)];
    }
    const places = found.places.filter(({ state }) => state !== "not_original").slice(0, MOST_PLACES);
    return [h("p", { class: "muted" }, t(`quoting-${found.state}`)), places.length > 0 && h("ul", { class: "link-rows" }, ...places.map((place) => this.#place(place)))];
  }

  /** @param {Place} place */
  #place({ article, capture, start, end, is_verbatim, other_pieces }) {
    const { article: own } = this.desk.data;
    const address = article ? location.pathname.replace(own.uuid, article.uuid) : `${location.pathname.replace(/articles\/[^/]+\/$/, "sources/")}${capture?.source}/captures/${capture?.uuid}/`;
    const words = other_pieces.map(({ kind, text }) => (kind === "same" ? text : h("ins", {}, text)));
    return h("li", {}, h("a", { href: `${address}#at=${start}-${end}` }, h("bdi", {}, shortened(article?.title || capture?.title || capture?.url || ""))), !is_verbatim && h("q", { class: "wording", dir: "auto" }, ...words));
  }

  /** @param {Attribution} said @param {string} key */
  #line(said, key) {
    const { desk } = this;
    const isUnsaved = desk.work.unsaved(said.key).length > 0;
    const name = isUnsaved ? said.speaker_name : said.speaker?.name ?? said.speaker_name;
    const facts = [t(`quoting-${said.mode}`), said.cue && `“${said.cue}”`, said.voice === "own" ? "" : t("quoting-through", { name: said.voice_name || t(`quoting-${said.voice}`) }), said.is_mine ? "" : t("by", { name: said.annotator })].filter(Boolean);
    return h("p", {}, h("strong", { dir: "auto" }, name || t("quoting-nobody")), h("span", { class: "muted" }, " · ", h("bdi", {}, facts.join(" · "))),
      said.is_mine && desk.isEditable && this.#open !== key && smallButton(t("quoting-withdraw"), () => this.#withdraw(said)));
  }

  /** @param {string} key @param {import("../types.js").Annotation} annotation @param {Attribution[]} said @param {Quotation|undefined} found */
  #form(key, annotation, said, found) {
    const { desk } = this;
    if (!desk.isEditable) return null;
    const mine = said.find((each) => each.is_mine);
    if (this.#open !== key) {
      const shortcut = keyOf(desk, "say-who");
      const word = `${t(mine ? "quoting-change" : "quoting-ask")} (${shortcut.toUpperCase()})`;
      return h("p", {}, smallButton(word, () => this.ask(), { "aria-keyshortcuts": shortcut, "data-focus": "quoting" }));
    }
    const known = annotation.attributes ?? {};
    const speaker = h("input", { name: "speaker", maxlength: "300", dir: "auto", list: "quoting-speakers", autocomplete: "off", value: mine?.speaker_name ?? String(known.speaker ?? found?.speaker ?? "") });
    const cue = h("input", { name: "cue", maxlength: "300", dir: "auto", autocomplete: "off", value: mine?.cue ?? String(known.cue ?? "") });
    const mode = h("select", { name: "mode" }, ...MODES.map((value) => h("option", { value, selected: value === (mine?.mode ?? "direct") }, t(`quoting-${value}`))));
    const voice = h("select", { name: "voice" }, ...VOICES.map((value) => h("option", { value, selected: value === (mine?.voice ?? "own") }, t(`quoting-${value}`))));
    const name = h("input", { name: "voice_name", maxlength: "300", dir: "auto", autocomplete: "off", value: mine?.voice_name ?? "" });
    const nameField = h("label", { class: "form-field", hidden: voice.value === "own" }, h("span", { class: "form-name" }, t("quoting-voice-name")), name);
    voice.addEventListener("change", () => (nameField.hidden = voice.value === "own"));
    const names = [...new Set([...this.attributions.map((each) => each.speaker_name), ...this.quotations.map((each) => each.speaker)])].filter(Boolean);
    const field = (/** @type {string} */ word, /** @type {HTMLElement} */ input) => h("label", { class: "form-field" }, h("span", { class: "form-name" }, t(word)), input);
    const close = () => this.#close();
    const form = h("form", { class: "claim-form" }, field("quoting-speaker", speaker), h("datalist", { id: "quoting-speakers" }, ...names.map((value) => h("option", { value }))),
      field("quoting-cue", cue), field("quoting-mode", mode), field("quoting-voice", voice), nameField,
      h("div", { class: "row" }, h("button", { class: "button-primary button-small" }, t("quoting-save")), smallButton(t("cancel"), close)));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#save(key, { speaker_name: speaker.value.trim(), cue: cue.value.trim(), mode: mode.value, voice: voice.value, voice_name: voice.value === "own" ? "" : name.value.trim() }, mine);
    });
    form.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      event.stopPropagation();
      close();
    });
    return form;
  }

  #close() {
    this.#open = "";
    this.draw();
    /** @type {HTMLElement|null} */ (this.panel.querySelector(".span-quoting [data-focus=quoting]"))?.focus();
  }

  // --- Saving

  /** Where the cue stands near the quotation, in code points: behind it first. @param {string} cue @param {import("../types.js").Annotation} annotation */
  #placeOf(cue, { start, end }) {
    const { map, text } = this.desk.page;
    const [from, to] = [map.toUnits(start), map.toUnits(end)];
    const behind = cue ? text.slice(to, to + NEAR).indexOf(cue) : -1;
    const before = cue ? text.slice(Math.max(0, from - NEAR), from).lastIndexOf(cue) : -1;
    if (behind < 0 && before < 0) return { cue_start: null, cue_end: null };
    const at = behind >= 0 ? to + behind : Math.max(0, from - NEAR) + before;
    return { cue_start: map.toCodePoints(at), cue_end: map.toCodePoints(at + cue.length) };
  }

  /** @param {string} key @param {Record<string, string>} values @param {Attribution|undefined} mine */
  #save(key, values, mine) {
    const { acts, deeds, work } = this.desk;
    const annotation = work.get("annotation", key);
    if (!annotation || !deeds.mayEdit()) return;
    const fields = { ...values, ...this.#placeOf(values.cue, annotation) };
    if (mine) acts.change("attribution", mine.key, changedOf(mine, fields));
    else {
      const target = newKey();
      acts.make({ sort: "attribution", target, needs: [key], body: { key: target, annotation: key, ...fields } });
    }
    this.#close();
    deeds.toastUndo(t("quoting-saved", { name: values.speaker_name || t("quoting-nobody") }));
  }

  /** @param {Attribution} said */
  #withdraw(said) {
    const { acts, deeds } = this.desk;
    if (!deeds.mayEdit()) return;
    acts.withdraw("attribution", said.key);
    deeds.toastUndo(t("quoting-withdrawn"));
    /** @type {HTMLElement|null} */ (this.panel.querySelector(".span-quoting [data-focus=quoting]"))?.focus();
  }

  /** Look the quotations of the article up now. */
  async #look() {
    const { desk } = this;
    const { status, data, problems } = await desk.api.ask("POST", `articles/${desk.data.article.uuid}/quotations/check/`, { key: newKey(), body: {} });
    if (status !== 200) return desk.voice.toast(t("not-saved", { message: problems[0]?.message || t("needs-connection") }));
    this.quotations = data.results;
    this.draw();
  }
}

/** Give the fields that differ from what was said; the cue goes with its place. @param {Attribution} said @param {Record<string, string|number|null>} fields */
function changedOf(said, fields) {
  const known = /** @type {Record<string, any>} */ (said);
  const names = Object.keys(fields).filter((name) => (known[name] ?? null) !== fields[name]);
  const isCue = names.some((name) => name.startsWith("cue"));
  return Object.fromEntries(Object.entries(fields).filter(([name]) => names.includes(name) || (isCue && name.startsWith("cue"))));
}
