// @ts-check
/**
 * What goes beyond one label on one span: attributes, labels on the whole article, relations between annotations, links to an
 * annotation, and others' work while the page is open. Fetched only where a project has any of it.
 */
import { h, keepingFocus, need, smallButton } from "../dom.js";
import { t } from "../messages.js";
import { newKey } from "../state/new-key.js";
import { shortened } from "../text/shortened.js";

/** @typedef {import("./desk.js").Desk} Desk */
/** @typedef {import("../types.js").Annotation} Annotation */
/** @typedef {{key: string, label: string, is_mine: boolean, annotator: string|null, version: number, withdrawn_at: string|null}} Common */
/** @typedef {Common & {from: string, to: string, note?: string, attributes?: Record<string, unknown>}} Relation */

const LOOK_AGAIN = 15_000;
/** A text with more annotations is not read again by itself: that takes too long. */
const MOST_LOOKED_AT = 500;
const LINK = "#a=";

/** @param {Desk} desk @param {AbortSignal} signal */
export async function start(desk, signal) {
  const related = new Related(desk);
  const wantsFields = desk.data.labels.some(({ attributes, parent }) => attributes || parent);
  const [fields] = await Promise.all([wantsFields ? import("./fields.js").catch(() => null) : null, related.load()]);
  if (fields) related.fields = new fields.Fields(desk, signal);
  related.followLink();
  addEventListener("hashchange", () => related.followLink(), { signal });
  if (desk.data.is_live) {
    const timer = setInterval(() => !document.hidden && desk.spans.size <= MOST_LOOKED_AT && related.lookAgain(), LOOK_AGAIN);
    signal.addEventListener("abort", () => clearInterval(timer));
  }
  return related;
}

export class Related {
  /** @type {Relation[]} */
  relations = [];
  /** @type {Common[]} */
  articleLabels = [];
  /** @type {{from: string, label: string}|null} the relation that waits for its other end */
  #waiting = null;
  /** @type {import("./fields.js").Fields|null} where a label declares attributes */
  fields = null;
  /** @type {import("./lines.js").Lines|null} once they were wanted */
  lines = null;
  #sign = "";

  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.place = need(desk.root, "[data-article-labels]");
    this.section = h("section", { class: "related" });
  }

  async load() {
    const { status, data } = await this.desk.api.ask("GET", `articles/${this.desk.data.article.uuid}/related/`);
    if (status !== 200) return;
    this.relations = data.relations;
    this.articleLabels = data.article_labels;
    if (this.lines) this.lines.relations = this.#standing;
    this.#drawArticleLabels();
  }

  async lookAgain() {
    await Promise.all([this.load(), this.desk.refetch()]);
    this.desk.drawing.soon();
  }

  /** Select and show the annotation that the address names. */
  followLink() {
    if (!location.hash.startsWith(LINK)) return;
    const { spans, walk, voice } = this.desk;
    const mark = spans.get(location.hash.slice(LINK.length));
    if (!mark) {
      voice.toast(t("link-gone"));
      return;
    }
    walk.select(mark.key, { opens: true });
    walk.goTo(mark.start, mark.end);
  }

  // --- Relations

  /** Draw the attributes and relations of the selected annotation, and the lines between all. @param {Annotation|null} annotation */
  draw(annotation) {
    this.lines?.soon();
    const card = /** @type {HTMLElement|null} */ (annotation && this.desk.panel.querySelector(".span-card"));
    if (!card || !annotation) return;
    this.fields?.draw(annotation, card);
    const rows = this.#standing.filter(({ from, to }) => [from, to].includes(annotation.key));
    const sign = JSON.stringify([annotation.key, annotation.version > 0, rows, this.#waiting, this.desk.isEditable, this.lines?.isOn, this.#standing.length > 0]);
    if (sign !== this.#sign) {
      this.#sign = sign;
      keepingFocus(this.section, () => this.section.replaceChildren(...this.#parts(annotation, rows)), () => this.section.querySelector("select, button"));
    }
    if (this.section.parentElement !== card) card.insertBefore(this.section, card.querySelector(".span-foot"));
  }

  get #standing() {
    return this.relations.filter(({ withdrawn_at }) => !withdrawn_at);
  }

  /** @param {Annotation} annotation @param {Relation[]} rows */
  #parts({ key, version }, rows) {
    const isWaiting = this.#waiting && this.#waiting.from !== key;
    const mayRelate = this.desk.data.labels_of_relations?.length && this.desk.isEditable;
    return [
      ...(rows.length ? [h("h3", { class: "small-head" }, t("relations")), h("ul", { class: "link-rows" }, ...rows.map((row) => this.#row(row, key)))] : []),
      ...(isWaiting ? [smallButton(t("relate-here"), () => this.end(), { class: "button-primary button-small" })] : []),
      h("div", { class: "claim-acts" },
        mayRelate && this.#choice(key),
        this.#standing.length > 0 && this.#linesButton(),
        version > 0 && smallButton(t("copy-link"), () => this.#copyLink(key), { "data-focus": "copy-link" })),
    ];
  }

  #linesButton() {
    return smallButton(t("lines"), () => this.toggleLines(), { "aria-pressed": String(Boolean(this.lines?.isOn)), "aria-keyshortcuts": "l", "data-focus": "lines" });
  }

  /** @param {Relation} row @param {string} here */
  #row(row, here) {
    const { desk } = this;
    const other = row.from === here ? row.to : row.from;
    const quote = shortened(desk.work.get("annotation", other)?.quote ?? "…");
    const words = t(row.from === here ? "related-to" : "related-from", { label: this.#nameOf(row.label), quote });
    const named = (/** @type {string} */ act) => ({ "aria-label": `${act}: ${words}`, title: act });
    const mayChange = row.is_mine && desk.isEditable;
    return h("li", { class: "link-row" }, h("span", { class: "link-row-text", dir: "auto" }, words),
      smallButton(t("show-in-text"), () => desk.walk.select(other, { reveals: true }), { "data-focus": `show-${row.key}` }),
      mayChange && this.#relabel(row, words),
      mayChange && smallButton("⇄", () => this.#turn(row), { ...named(t("relation-turn")), "data-focus": `turn-${row.key}` }),
      mayChange && smallButton("✕", () => this.#withdraw("relations", row), { ...named(t("withdraw-relation")), "data-focus": `off-${row.key}` }));
  }

  /** A list to give a relation another label; none where there is only one. @param {Relation} row @param {string} words */
  #relabel(row, words) {
    const labels = this.desk.data.labels_of_relations ?? [];
    if (labels.length < 2) return null;
    const options = labels.map(({ key, name }) => h("option", { value: key, selected: key === row.label }, name));
    const choose = (/** @type {Event} */ { target }) =>
      this.#send(`relations/${row.key}/`, { label: /** @type {HTMLSelectElement} */ (target).value, base_version: row.version }, t("relation-changed"), "PATCH");
    return h("select", { class: "relate", "aria-label": `${t("relation-label")}: ${words}`, "data-focus": `label-${row.key}`, onchange: choose }, ...options);
  }

  /** Let a relation lead the other way: its ends stay what they are, so a new one takes the place of the old. @param {Relation} row */
  async #turn({ key, version, from, to, label, note = "", attributes = {} }) {
    const made = { key: newKey(), from: to, to: from, label, note, attributes };
    if (await this.#isTaken("relations/", made, "POST")) await this.#send(`relations/${key}/withdraw/`, { base_version: version }, t("relation-changed"));
  }

  /** Draw lines between the related annotations, or take them away. */
  async toggleLines() {
    const { drawing, voice } = this.desk;
    const found = await import("./lines.js").catch(() => null);
    if (!found) return voice.toast(t("needs-connection"));
    this.lines ??= new found.Lines(this.desk, (key) => this.#nameOf(key));
    this.lines.relations = this.#standing;
    this.lines.toggle(!this.lines.isOn && this.#standing.length > 0);
    voice.toast(this.lines.isOn ? t("lines-on", { n: this.#standing.length }) : t(this.#standing.length ? "lines-off" : "lines-none"));
    drawing.soon();
    this.#drawArticleLabels();
  }

  /** @param {string} from */
  #choice(from) {
    const options = (this.desk.data.labels_of_relations ?? []).map(({ key, name }) => h("option", { value: key }, name));
    const choose = (/** @type {Event} */ { target }) => {
      const { value } = /** @type {HTMLSelectElement} */ (target);
      if (value) this.#await(from, value);
    };
    return h("select", { class: "relate", "aria-label": t("relation-label"), "aria-keyshortcuts": "r", "data-focus": "relate", onchange: choose }, h("option", { value: "" }, t("relate")), ...options);
  }

  /** Do what a key means, and tell whether it did; undefined where it means nothing here. @param {string} command */
  pressed(command) {
    if (command === "relate") return this.#begin();
    if (command === "attributes") return this.fields?.focusFirst() ?? false;
    if (command !== "lines") return undefined;
    this.toggleLines();
    return true;
  }

  /** Begin a relation from the selected annotation: with one label at once, else after a choice. */
  #begin() {
    const labels = this.desk.data.labels_of_relations ?? [];
    const { current } = this.desk.walk;
    if (!current || !labels.length || !this.desk.isEditable) return false;
    if (labels.length === 1) this.#await(current, labels[0].key);
    else {
      this.desk.side.show("span", true);
      /** @type {HTMLElement|null} */ (this.section.querySelector("[data-focus=relate]"))?.focus();
    }
    return true;
  }

  /** @param {string} from @param {string} label */
  #await(from, label) {
    this.#waiting = { from, label };
    this.desk.focusText();
    this.desk.voice.toast(t("relating"));
    this.desk.drawing.soon();
  }

  cancel() {
    const was = this.#waiting !== null;
    this.#waiting = null;
    if (was) this.desk.drawing.soon();
    return was;
  }

  /** Tie the relation that waits to the selected annotation, and tell whether one waited. */
  end() {
    const { current } = this.desk.walk;
    if (!this.#waiting || !current || current === this.#waiting.from) return false;
    const { from, label } = this.#waiting;
    this.#waiting = null;
    this.#send("relations/", { key: newKey(), from, to: current, label, note: "", attributes: {} }, t("related", { label: this.#nameOf(label) }));
    return true;
  }

  // --- Labels on the whole article

  #drawArticleLabels() {
    const { data, isEditable } = this.desk;
    const labels = data.labels_of_articles ?? [];
    const standing = this.articleLabels.filter(({ withdrawn_at }) => !withdrawn_at);
    const lines = this.#standing.length ? [h("p", {}, this.#linesButton())] : [];
    if (!labels.length && !standing.length) return this.place.replaceChildren(...lines);
    const rows = labels.map(({ key, name, parent }) => {
      const mine = standing.find((row) => row.is_mine && row.label === key);
      const others = standing.filter((row) => !row.is_mine && row.label === key).map(({ annotator }) => annotator ?? t("someone"));
      const box = h("input", { type: "checkbox", checked: Boolean(mine), disabled: !isEditable, "data-article-label": key, onchange: () => (mine ? this.#withdraw("article-labels", mine) : this.#label(key)) });
      return h("li", parent ? { class: "label-child" } : {}, h("label", { class: "choice" }, box, " ", h("span", { dir: "auto" }, name)),
        others.length ? h("span", { class: "muted" }, ` ${t("by", { name: others.join(", ") })}`) : null);
    });
    const focused = /** @type {HTMLElement|null} */ (document.activeElement)?.dataset.articleLabel;
    this.place.replaceChildren(h("h3", { class: "small-head" }, t("article-labels")), h("ul", { class: "region-rows article-labels" }, ...rows), ...lines);
    if (focused) /** @type {HTMLElement|null} */ (this.place.querySelector(`[data-article-label="${CSS.escape(focused)}"]`))?.focus();
  }

  /** @param {string} label */
  #label(label) {
    const { article, version } = this.desk.data;
    return this.#send(`articles/${article.uuid}/labels/`, { key: newKey(), version_uuid: version.uuid, label, note: "", attributes: {} }, "");
  }

  // --- Sending

  /** @param {string} path @param {Common} row */
  #withdraw(path, { key, version }) {
    return this.#send(`${path}/${key}/withdraw/`, { base_version: version }, "");
  }

  /**
   * Send an act at once, say what came of it and show what holds now.
   * @param {string} path @param {Record<string, unknown>} body @param {string} said @param {"POST"|"PATCH"} [method]
   */
  async #send(path, body, said, method = "POST") {
    if ((await this.#isTaken(path, body, method)) && said) this.desk.voice.toast(said);
    await this.load();
    this.desk.drawing.soon();
  }

  /** Send an act and tell whether it was taken; say why not. @param {string} path @param {Record<string, unknown>} body @param {"POST"|"PATCH"} method */
  async #isTaken(path, body, method) {
    const { status, problems } = await this.desk.api.ask(method, path, { key: newKey(), body });
    const isTaken = status >= 200 && status < 300;
    if (!isTaken) this.desk.voice.toast(t("not-saved", { message: problems[0]?.message || t("offline") }));
    return isTaken;
  }

  /** @param {string} key */
  async #copyLink(key) {
    const url = new URL(location.href);
    url.hash = `a=${key}`;
    try {
      await navigator.clipboard.writeText(url.href);
      this.desk.voice.toast(t("link-copied"));
    } catch {
      location.hash = `a=${key}`; // the address can be copied from the browser then
    }
  }

  /** @param {string} key */
  #nameOf(key) {
    return (this.desk.data.labels_of_relations ?? []).find((label) => label.key === key)?.name ?? key;
  }
}
