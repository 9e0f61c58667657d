// @ts-check
/**
 * Who says a quotation and through whom, and where its words stand too: told quietly in the panel of an annotation, and said there by one key.
 * Fetched once a quotation is chosen or the key is pressed; asks the server only when a quotation is looked at.
 */
import { h, isField, smallButton } from "../dom.js";
import { t } from "../messages.js";
import { newKey } from "../state/new-key.js";
import { shortened } from "../text/shortened.js";
import { SAY_WHO, marksQuotations } from "./when.js";

/** @typedef {import("../desk/desk.js").Desk} Desk */
/** @typedef {{key: string, annotation: string, annotator: string, speaker: {name: string}|null, speaker_name: string, cue: string, mode: string, voice: string, voice_name: string, version: number}} Attribution */
/** @typedef {{kind: string, text: string}} Piece */
/** @typedef {{article: {uuid: string, title: string}|null, capture: {uuid: string, source: string, title: string, url: string}|null, start: number, end: number, is_verbatim: boolean, state: string, quote: string, other_pieces: Piece[]}} Place */
/** @typedef {{annotation: string|null, start: number, end: number, state: string, speaker: string, places: Place[]}} Quotation offsets in code points */

const MODES = ["direct", "indirect", "mixed"];
const VOICES = ["own", "excerpt", "named_source"];
/** So many UTF-16 units around a quotation its cue is looked for. */
const NEAR = 200;
const MOST_PLACES = 3;
const WAIT = 250;
const TRIES = 40;

/** @param {Desk} desk @param {AbortSignal} signal */
export function start(desk, signal) {
  const panel = /** @type {HTMLElement|null} */ (desk.root.querySelector("span-panel"));
  if (!panel) return null;
  const quoting = new Quoting(desk, panel);
  quoting.listen(signal);
  return quoting;
}

export class Quoting {
  /** @type {Attribution[]} */
  attributions = [];
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

  /** A key that a person gave to a command of their own is that command's. */
  get #hasKey() {
    return !(SAY_WHO in this.desk.keyboard.keys);
  }

  /** @param {AbortSignal} signal */
  listen(signal) {
    const watch = new MutationObserver(() => this.draw());
    watch.observe(this.panel, { childList: true, subtree: true });
    signal.addEventListener("abort", () => watch.disconnect());
    document.addEventListener("keydown", (event) => this.pressed(event), { signal, capture: true });
    this.draw();
  }

  /** @param {KeyboardEvent} event */
  pressed(event) {
    const { desk } = this;
    const singleKeys = /** @type {HTMLInputElement|null} */ (desk.root.querySelector("[data-single-keys]"))?.checked ?? true;
    const isOther = event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || event.isComposing;
    if (!singleKeys || isOther || event.defaultPrevented || event.repeat || event.key.toLowerCase() !== SAY_WHO || !this.#hasKey || isField(event.target) || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    event.stopPropagation();
    this.ask();
  }

  /** Open the form for the annotation at hand. */
  async ask() {
    const { desk } = this;
    const key = desk.walk.current;
    if (!key || !desk.mayAnnotate) return desk.voice.toast(t("quoting-select"));
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
        if (said.status === 200) this.attributions = said.data.results;
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
    const sign = JSON.stringify([key, said, found, this.#open]);
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
    const facts = [t(`quoting-${said.mode}`), said.cue && `“${said.cue}”`, said.voice === "own" ? "" : t("quoting-through", { name: said.voice_name || t(`quoting-${said.voice}`) }), this.#isMine(said) ? "" : t("by", { name: said.annotator })].filter(Boolean);
    return h("p", {}, h("strong", { dir: "auto" }, said.speaker?.name || t("quoting-nobody")), h("span", { class: "muted" }, " · ", h("bdi", {}, facts.join(" · "))),
      this.#isMine(said) && desk.mayAnnotate && this.#open !== key && smallButton(t("quoting-withdraw"), () => this.#withdraw(said)));
  }

  /** @param {Attribution} said */
  #isMine(said) {
    return said.annotator === this.desk.data.me.pseudonym;
  }

  /** @param {string} key @param {import("../types.js").Annotation} annotation @param {Attribution[]} said @param {Quotation|undefined} found */
  #form(key, annotation, said, found) {
    const { desk } = this;
    if (!desk.mayAnnotate) return null;
    const mine = said.find((each) => this.#isMine(each));
    if (this.#open !== key) {
      const named = mine ? t("quoting-change") : t("quoting-ask");
      const word = this.#hasKey ? named : named.replace(/ \(Y\)$/, "");
      return h("p", {}, smallButton(word, () => this.ask(), { "aria-keyshortcuts": this.#hasKey && SAY_WHO, "data-focus": "quoting" }));
    }
    const known = annotation.attributes ?? {};
    const speaker = h("input", { name: "speaker", maxlength: "300", dir: "auto", list: "quoting-speakers", autocomplete: "off", value: mine?.speaker_name ?? String(known.speaker ?? found?.speaker ?? "") });
    const cue = h("input", { name: "cue", maxlength: "300", dir: "auto", autocomplete: "off", value: mine?.cue ?? String(known.cue ?? "") });
    const mode = h("select", { name: "mode" }, ...MODES.map((value) => h("option", { value, selected: value === (mine?.mode ?? "direct") }, t(`quoting-${value}`))));
    const voice = h("select", { name: "voice" }, ...VOICES.map((value) => h("option", { value, selected: value === (mine?.voice ?? "own") }, t(`quoting-${value}`))));
    const name = h("input", { name: "voice_name", maxlength: "300", dir: "auto", autocomplete: "off", value: mine?.voice_name ?? "" });
    const nameField = h("label", { class: "form-field", hidden: voice.value === "own" }, h("span", { class: "form-name" }, t("quoting-voice-name")), name);
    voice.addEventListener("change", () => (nameField.hidden = voice.value === "own"));
    const names = [...new Set([...this.attributions.map((each) => each.speaker?.name ?? ""), ...this.quotations.map((each) => each.speaker)])].filter(Boolean);
    const field = (/** @type {string} */ word, /** @type {HTMLElement} */ input) => h("label", { class: "form-field" }, h("span", { class: "form-name" }, t(word)), input);
    const close = () => this.#close();
    const form = h("form", { class: "claim-form" }, field("quoting-speaker", speaker), h("datalist", { id: "quoting-speakers" }, ...names.map((value) => h("option", { value }))),
      field("quoting-cue", cue), field("quoting-mode", mode), field("quoting-voice", voice), nameField,
      h("div", { class: "row" }, h("button", { class: "button-primary button-small" }, t("quoting-save")), smallButton(t("cancel"), close)));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#save(key, { speaker: speaker.value, cue: cue.value, mode: mode.value, voice: voice.value, voice_name: voice.value === "own" ? "" : name.value }, mine);
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
    if (behind < 0 && before < 0) return {};
    const at = behind >= 0 ? to + behind : Math.max(0, from - NEAR) + before;
    return { cue_start: map.toCodePoints(at), cue_end: map.toCodePoints(at + cue.length) };
  }

  /** @param {string} key @param {Record<string, string>} values @param {Attribution|undefined} mine */
  async #save(key, values, mine) {
    const { desk } = this;
    for (let tries = 0; tries < TRIES && !(/** @type {any} */ (desk.work.get("annotation", key))?.version); tries++) await new Promise((resolve) => setTimeout(resolve, WAIT));
    const annotation = /** @type {import("../types.js").Annotation|undefined} */ (desk.work.get("annotation", key));
    if (!annotation) return;
    const body = { ...values, ...this.#placeOf(values.cue, annotation) };
    const id = newKey();
    const { status, problems } = mine
      ? await desk.api.ask("PATCH", `attributions/${mine.key}/`, { key: newKey(), body: { ...body, base_version: mine.version } })
      : await desk.api.ask("POST", "attributions/", { key: newKey(), body: { ...body, key: id, annotation: key } });
    if (status !== 200 && status !== 201) {
      desk.voice.toast(t("not-saved", { message: problems[0]?.message || t("needs-connection") }));
      if (status === 409) await this.load(true);
      return;
    }
    await this.load(true);
    this.#close();
    desk.voice.say(t("quoting-saved", { name: values.speaker || t("quoting-nobody") }));
  }

  /** @param {Attribution} said */
  async #withdraw(said) {
    const { desk } = this;
    const { status, data, problems } = await desk.api.ask("POST", `attributions/${said.key}/withdraw/`, { key: newKey(), body: { base_version: said.version } });
    if (status !== 200) return desk.voice.toast(t("not-saved", { message: problems[0]?.message || t("needs-connection") }));
    await this.load(true);
    const back = smallButton(t("quoting-restore"), async () => {
      await desk.api.ask("POST", `attributions/${said.key}/restore/`, { key: newKey(), body: { base_version: data.version } });
      await this.load(true);
    }, { "data-focus": "quoting-restore" });
    this.panel.querySelector(".span-quoting")?.append(h("p", { role: "status" }, t("quoting-withdrawn"), " ", back));
    back.focus();
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
