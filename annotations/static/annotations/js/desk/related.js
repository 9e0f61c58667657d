// @ts-check
/**
 * What goes beyond one label on one span: labels on the whole article, relations between annotations, links to an
 * annotation. Fetched only where a project has any of it, or others' work is seen.
 */
import { h, need, smallButton } from "../dom.js";
import { t } from "../messages.js";
import { newKey } from "../state/new-key.js";
import { shortened } from "../text/shortened.js";

/** @typedef {import("./desk.js").Desk} Desk */
/** @typedef {import("../types.js").Annotation} Annotation */
/** @typedef {{key: string, label: string, is_mine: boolean, annotator: string|null, version: number, withdrawn_at: string|null}} Common */
/** @typedef {Common & {from: string, to: string}} Relation */

const LINK = "#a=";

/** @param {Desk} desk @param {AbortSignal} signal */
export async function start(desk, signal) {
  const related = new Related(desk);
  await related.load();
  related.followLink();
  addEventListener("hashchange", () => related.followLink(), { signal });
  return related;
}

export class Related {
  /** @type {{from: string, label: string}|null} the relation that waits for its other end */
  #waiting = null;
  /** @type {import("./talk.js").Talk|undefined} what is said about the annotation, which stands below */
  talk;
  /** What the labels on the article were drawn for. */
  #drawn = "";

  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.place = need(desk.root, "[data-article-labels]");
    this.section = h("section", { class: "related" });
  }

  async load() {
    const { status, data } = await this.desk.api.ask("GET", `articles/${this.desk.data.article.uuid}/related/`);
    if (status === 200) this.desk.takeIn({ relation: data.relations, article_label: data.article_labels });
    this.#drawArticleLabels();
  }

  /** Take in what changed elsewhere; an older state never replaces a newer one. @param {Relation[]} relations @param {Common[]} articleLabels */
  take(relations, articleLabels) {
    if (!relations.length && !articleLabels.length) return;
    this.desk.takeIn({ relation: relations, article_label: articleLabels });
    this.#drawArticleLabels();
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

  /** Draw the relations of the selected annotation below its claims. @param {Annotation|null} annotation */
  draw(annotation) {
    this.#drawRelations(annotation);
    this.talk?.draw(annotation);
  }

  /** @param {Annotation|null} annotation */
  #drawRelations(annotation) {
    this.#drawArticleLabels();
    const card = annotation && this.desk.panel.querySelector(".span-card");
    if (!card || !annotation) return;
    const labels = this.desk.data.labels_of_relations ?? [];
    const rows = this.relations.filter(({ from, to }) => [from, to].includes(annotation.key));
    /** @type {(Node|string)[]} */
    const parts = [];
    if (rows.length) parts.push(h("h3", { class: "small-head" }, t("relations")), h("ul", { class: "link-rows" }, ...rows.map((row) => this.#row(row, annotation.key))));
    if (this.#waiting && this.#waiting.from !== annotation.key) parts.push(smallButton(t("relate-here"), () => this.end(), { class: "button-primary button-small" }));
    const acts = [];
    if (labels.length && this.desk.isEditable) acts.push(this.#choice(annotation.key));
    if (annotation.version) acts.push(smallButton(t("copy-link"), () => this.#copyLink(annotation.key)));
    parts.push(h("div", { class: "claim-acts" }, ...acts));
    const isFocused = this.section.contains(document.activeElement);
    if (!isFocused) this.section.replaceChildren(...parts);
    if (this.section.parentElement !== card) card.insertBefore(this.section, card.querySelector(".span-foot"));
  }

  /** @param {Relation} row @param {string} here */
  #row(row, here) {
    const { desk } = this;
    const other = row.from === here ? row.to : row.from;
    const quote = shortened(desk.work.get("annotation", other)?.quote ?? "…");
    const words = t(row.from === here ? "related-to" : "related-from", { label: this.#nameOf(row.label), quote });
    return h("li", { class: "link-row" }, h("span", { class: "link-row-text", dir: "auto" }, words),
      smallButton(t("show-in-text"), () => desk.walk.select(other, { reveals: true })),
      row.is_mine && desk.isEditable && smallButton("✕", () => this.#withdraw("relation", row), { "aria-label": `${t("withdraw-relation")}: ${words}` }));
  }

  /** @param {string} from */
  #choice(from) {
    const options = (this.desk.data.labels_of_relations ?? []).map(({ key, name }) => h("option", { value: key }, name));
    const choose = (/** @type {Event} */ { target }) => {
      const { value } = /** @type {HTMLSelectElement} */ (target);
      if (value) this.#await(from, value);
    };
    return h("select", { class: "relate", "aria-label": t("relation-label"), "aria-keyshortcuts": "r", onchange: choose }, h("option", { value: "" }, t("relate")), ...options);
  }

  /** Begin a relation from the selected annotation: with one label at once, else after a choice. */
  pressed() {
    const labels = this.desk.data.labels_of_relations ?? [];
    const { current } = this.desk.walk;
    if (!current || !labels.length || !this.desk.isEditable) return false;
    if (labels.length === 1) this.#await(current, labels[0].key);
    else {
      this.desk.side.show("span", true);
      /** @type {HTMLElement|null} */ (this.section.querySelector("select.relate"))?.focus();
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
    const key = newKey();
    this.desk.acts.make({ sort: "relation", target: key, needs: [from, current], body: { key, from, to: current, label, note: "", attributes: {} } });
    this.desk.deeds.toastUndo(t("related", { label: this.#nameOf(label) }));
    return true;
  }

  // --- Labels on the whole article

  #drawArticleLabels() {
    const { data, isEditable } = this.desk;
    const labels = data.labels_of_articles ?? [];
    const standing = this.articleLabels;
    const sign = JSON.stringify([isEditable, standing.map(({ key, label }) => [key, label])]);
    if (sign === this.#drawn || (!labels.length && !standing.length)) return;
    this.#drawn = sign;
    const rows = labels.map(({ key, name, parent }) => {
      const mine = standing.find((row) => row.is_mine && row.label === key);
      const others = standing.filter((row) => !row.is_mine && row.label === key).map(({ annotator }) => annotator ?? t("someone"));
      const box = h("input", { type: "checkbox", checked: Boolean(mine), disabled: !isEditable, "data-article-label": key, onchange: () => (mine ? this.#withdraw("article_label", mine) : this.#label(key)) });
      return h("li", parent ? { class: "label-child" } : {}, h("label", { class: "choice" }, box, " ", h("span", { dir: "auto" }, name)),
        others.length ? h("span", { class: "muted" }, ` ${t("by", { name: others.join(", ") })}`) : null);
    });
    const focused = /** @type {HTMLElement|null} */ (document.activeElement)?.dataset.articleLabel;
    this.place.replaceChildren(h("h3", { class: "small-head" }, t("article-labels")), h("ul", { class: "region-rows article-labels" }, ...rows));
    if (focused) /** @type {HTMLElement|null} */ (this.place.querySelector(`[data-article-label="${CSS.escape(focused)}"]`))?.focus();
  }

  /** @param {string} label */
  #label(label) {
    const key = newKey();
    this.desk.acts.make({ sort: "article_label", target: key, body: { key, version_uuid: this.desk.data.version.uuid, label, note: "", attributes: {} } });
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
