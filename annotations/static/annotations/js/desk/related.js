// @ts-check
/**
 * What goes beyond one label on one span: attributes, labels on the whole article, relations between annotations, links to
 * an annotation. Fetched only where a project has any of it, or others' work is seen.
 */
import { h, keepingFocus, need, smallButton } from "../dom.js";
import { t } from "../messages.js";
import { newKey } from "../state/new-key.js";
import { shortened } from "../text/shortened.js";

/** @typedef {import("./desk.js").Desk} Desk */
/** @typedef {import("../types.js").Annotation} Annotation */
/** @typedef {{key: string, label: string, is_mine: boolean, annotator: string|null, version: number, withdrawn_at: string|null, attributes?: Record<string, unknown>}} Common */
/** @typedef {Common & {from: string, to: string, note?: string}} Relation */

const LINK = "#a=";

/** @param {Desk} desk @param {Promise<{status: number, data: any}>} given relations and labels of the text @param {AbortSignal} signal */
export async function start(desk, given, signal) {
  const related = new Related(desk);
  const { labels, labels_of_articles = [], labels_of_relations = [] } = desk.data;
  const wantsFields = labels.some(({ parent }) => parent) || [...labels, ...labels_of_articles, ...labels_of_relations].some(({ attributes }) => attributes);
  const [fields] = await Promise.all([wantsFields ? import("./fields.js").catch(() => null) : null, related.load(given)]);
  if (fields) {
    related.fields = new fields.Fields(desk, signal);
    related.drawAnew();
  }
  related.followLink();
  addEventListener("hashchange", () => related.followLink(), { signal });
  return related;
}

export class Related {
  /** @type {{from: string, label: string}|null} the relation that waits for its other end */
  #waiting = null;
  /** @type {import("./fields.js").Fields|null} where a label declares attributes, or stands below another */
  fields = null;
  /** @type {import("./lines.js").Lines|null} once they were wanted */
  lines = null;
  /** @type {import("./talk.js").Talk|undefined} what is said about the annotation, which stands below */
  talk;
  /** What the relations of the selected annotation were drawn for. */
  #sign = "";
  /** What the labels on the article were drawn for. */
  #drawn = "";

  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.place = need(desk.root, "[data-article-labels]");
    this.section = h("section", { class: "related" });
  }

  /** @param {Promise<{status: number, data: any}>} given */
  async load(given) {
    const { status, data } = await given;
    if (status === 200) this.desk.takeIn({ relation: data.relations, article_label: data.article_labels });
    this.#drawArticleLabels();
  }

  /** Draw the labels on the article once there are fields for them. */
  drawAnew() {
    this.#drawn = "";
    this.#drawArticleLabels();
  }

  /** Take in what changed elsewhere; an older state never replaces a newer one. @param {Relation[]} relations @param {Common[]} articleLabels */
  take(relations, articleLabels) {
    if (!relations.length && !articleLabels.length) return;
    this.desk.takeIn({ relation: relations, article_label: articleLabels });
    this.#drawArticleLabels();
    this.desk.drawing.soon();
  }

  /** The relations as the person sees them, with what is not saved yet. @returns {Relation[]} */
  get relations() {
    return this.desk.work.standing("relation");
  }

  /** @returns {Common[]} */
  get articleLabels() {
    return this.desk.work.standing("article_label");
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
    this.#drawSelected(annotation);
    this.talk?.draw(annotation);
  }

  /** @param {Annotation|null} annotation */
  #drawSelected(annotation) {
    this.#drawArticleLabels();
    const { relations } = this;
    if (this.lines) {
      this.lines.relations = relations;
      this.lines.soon();
    }
    const card = /** @type {HTMLElement|null} */ (annotation && this.desk.panel.querySelector(".span-card"));
    if (!card || !annotation) return;
    this.fields?.draw(annotation, card);
    const rows = relations.filter(({ from, to }) => [from, to].includes(annotation.key));
    this.fields?.refresh(rows);
    const places = rows.map(({ attributes: _attributes, version: _version, ...place }) => place);
    const sign = JSON.stringify([annotation.key, annotation.version > 0, places, this.#waiting, this.desk.isEditable, this.lines?.isOn, this.relations.length > 0]);
    if (sign !== this.#sign) {
      this.#sign = sign;
      keepingFocus(this.section, () => this.section.replaceChildren(...this.#parts(annotation, rows)), () => this.section.querySelector("select, button"));
    }
    if (this.section.parentElement !== card) card.insertBefore(this.section, card.querySelector(".span-foot"));
  }

  /** @param {Annotation} annotation @param {Relation[]} rows */
  #parts({ key, version }, rows) {
    const isWaiting = this.#waiting && this.#waiting.from !== key;
    const mayRelate = Boolean(this.desk.data.labels_of_relations?.length) && this.desk.isEditable;
    return [
      ...(rows.length ? [h("h3", { class: "small-head" }, t("relations")), h("ul", { class: "link-rows" }, ...rows.map((row) => this.#row(row, key)))] : []),
      ...(isWaiting ? [smallButton(t("relate-here"), () => this.end(), { class: "button-primary button-small" })] : []),
      h("div", { class: "claim-acts" },
        mayRelate && this.#choice(key),
        this.relations.length > 0 && this.#linesButton(),
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
      mayChange && smallButton("✕", () => this.#withdraw("relation", row), { ...named(t("withdraw-relation")), "data-focus": `off-${row.key}` }),
      this.fields?.of("relation", row));
  }

  /** A list to give a relation another label; none where there is only one. @param {Relation} row @param {string} words */
  #relabel(row, words) {
    const labels = this.desk.data.labels_of_relations ?? [];
    if (labels.length < 2) return null;
    const options = labels.map(({ key, name }) => h("option", { value: key, selected: key === row.label }, name));
    const choose = (/** @type {Event} */ { target }) => {
      this.desk.acts.change("relation", row.key, { label: /** @type {HTMLSelectElement} */ (target).value });
      this.desk.deeds.toastUndo(t("relation-changed"));
    };
    return h("select", { class: "relate", "aria-label": `${t("relation-label")}: ${words}`, "data-focus": `label-${row.key}`, onchange: choose }, ...options);
  }

  /** Let a relation lead the other way: its ends stay what they are, so a new one takes the place of the old. @param {Relation} row */
  #turn({ key, from, to, label, note = "", attributes = {} }) {
    this.#make({ from: to, to: from, label, note, attributes });
    this.desk.acts.withdraw("relation", key);
    this.desk.voice.toast(t("relation-changed"));
  }

  /** Without attributes it gets those that its label begins with. @param {{from: string, to: string, label: string, note: string, attributes?: Record<string, unknown>}} given */
  #make(given) {
    const key = newKey();
    this.desk.acts.make({ sort: "relation", target: key, needs: [given.from, given.to], body: { key, ...given } });
  }

  /** Draw lines between the related annotations, or take them away. */
  async toggleLines() {
    const { drawing, voice } = this.desk;
    const found = await import("./lines.js").catch(() => null);
    if (!found) return voice.toast(t("needs-connection"));
    this.lines ??= new found.Lines(this.desk, (key) => this.#nameOf(key));
    this.lines.relations = this.relations;
    this.lines.toggle(!this.lines.isOn && this.relations.length > 0);
    voice.toast(this.lines.isOn ? t("lines-on", { n: this.relations.length }) : t(this.relations.length ? "lines-off" : "lines-none"));
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
    this.#make({ from, to: current, label, note: "" });
    this.desk.deeds.toastUndo(t("related", { label: this.#nameOf(label) }));
    return true;
  }

  // --- Labels on the whole article

  #drawArticleLabels() {
    const { data, isEditable } = this.desk;
    const labels = data.labels_of_articles ?? [];
    const standing = this.articleLabels;
    const sign = JSON.stringify([isEditable, standing.map(({ key, label }) => [key, label]), this.relations.length > 0, this.lines?.isOn]);
    this.fields?.refresh(standing);
    if (sign === this.#drawn) return;
    this.#drawn = sign;
    const lines = this.relations.length ? [h("p", {}, this.#linesButton())] : [];
    if (!labels.length && !standing.length) return this.place.replaceChildren(...lines);
    const rows = labels.map(({ key, name, parent }) => {
      const mine = standing.find((row) => row.is_mine && row.label === key);
      const others = standing.filter((row) => !row.is_mine && row.label === key).map(({ annotator }) => annotator ?? t("someone"));
      const box = h("input", { type: "checkbox", checked: Boolean(mine), disabled: !isEditable, "data-article-label": key, onchange: () => (mine ? this.#withdraw("article_label", mine) : this.#label(key)) });
      return h("li", parent ? { class: "label-child" } : {}, h("label", { class: "choice" }, box, " ", h("span", { dir: "auto" }, name)),
        others.length ? h("span", { class: "muted" }, ` ${t("by", { name: others.join(", ") })}`) : null,
        mine && this.fields?.of("article_label", mine));
    });
    const focused = /** @type {HTMLElement|null} */ (document.activeElement)?.dataset.articleLabel;
    this.place.replaceChildren(h("h3", { class: "small-head" }, t("article-labels")), h("ul", { class: "region-rows article-labels" }, ...rows), ...lines);
    if (focused) /** @type {HTMLElement|null} */ (this.place.querySelector(`[data-article-label="${CSS.escape(focused)}"]`))?.focus();
  }

  /** @param {string} label */
  #label(label) {
    const key = newKey();
    this.desk.acts.make({ sort: "article_label", target: key, body: { key, version_uuid: this.desk.data.version.uuid, label, note: "" } });
  }

  /** @param {"relation"|"article_label"} sort @param {Common} row */
  #withdraw(sort, { key }) {
    this.desk.acts.withdraw(sort, key);
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
