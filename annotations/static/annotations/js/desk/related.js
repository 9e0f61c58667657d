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

/**
 * @template {Common} R
 * @param {R[]} known
 * @param {R[]} found
 */
function merged(known, found) {
  const rows = new Map(known.map((row) => [row.key, row]));
  for (const row of found) if ((rows.get(row.key)?.version ?? 0) <= row.version) rows.set(row.key, row);
  return [...rows.values()];
}

export class Related {
  /** @type {Relation[]} */
  relations = [];
  /** @type {Common[]} */
  articleLabels = [];
  /** @type {{from: string, label: string}|null} the relation that waits for its other end */
  #waiting = null;
  /** @type {import("./talk.js").Talk|undefined} what is said about the annotation, which stands below */
  talk;

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
    this.#drawArticleLabels();
  }

  /** Take in what changed elsewhere; an older state never replaces a newer one. @param {Relation[]} relations @param {Common[]} articleLabels */
  take(relations, articleLabels) {
    if (!relations.length && !articleLabels.length) return;
    this.relations = merged(this.relations, relations);
    this.articleLabels = merged(this.articleLabels, articleLabels);
    this.#drawArticleLabels();
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

  /** Draw the relations of the selected annotation below its claims. @param {Annotation|null} annotation */
  draw(annotation) {
    this.#drawRelations(annotation);
    this.talk?.draw(annotation);
  }

  /** @param {Annotation|null} annotation */
  #drawRelations(annotation) {
    const card = annotation && this.desk.panel.querySelector(".span-card");
    if (!card || !annotation) return;
    const labels = this.desk.data.labels_of_relations ?? [];
    const rows = this.relations.filter(({ from, to, withdrawn_at }) => !withdrawn_at && [from, to].includes(annotation.key));
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
      row.is_mine && desk.isEditable && smallButton("✕", () => this.#withdraw("relations", row), { "aria-label": `${t("withdraw-relation")}: ${words}` }));
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
    this.#send("relations/", { key: newKey(), from, to: current, label, note: "", attributes: {} }, t("related", { label: this.#nameOf(label) }));
    return true;
  }

  // --- Labels on the whole article

  #drawArticleLabels() {
    const { data, isEditable } = this.desk;
    const labels = data.labels_of_articles ?? [];
    const standing = this.articleLabels.filter(({ withdrawn_at }) => !withdrawn_at);
    if (!labels.length && !standing.length) return;
    const rows = labels.map(({ key, name, parent }) => {
      const mine = standing.find((row) => row.is_mine && row.label === key);
      const others = standing.filter((row) => !row.is_mine && row.label === key).map(({ annotator }) => annotator ?? t("someone"));
      const box = h("input", { type: "checkbox", checked: Boolean(mine), disabled: !isEditable, "data-article-label": key, onchange: () => (mine ? this.#withdraw("article-labels", mine) : this.#label(key)) });
      return h("li", parent ? { class: "label-child" } : {}, h("label", { class: "choice" }, box, " ", h("span", { dir: "auto" }, name)),
        others.length ? h("span", { class: "muted" }, ` ${t("by", { name: others.join(", ") })}`) : null);
    });
    const focused = /** @type {HTMLElement|null} */ (document.activeElement)?.dataset.articleLabel;
    this.place.replaceChildren(h("h3", { class: "small-head" }, t("article-labels")), h("ul", { class: "region-rows article-labels" }, ...rows));
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

  /** @param {string} path @param {Record<string, unknown>} body @param {string} said */
  async #send(path, body, said) {
    const { api, voice, drawing } = this.desk;
    const { status, problems } = await api.ask("POST", path, { key: newKey(), body });
    if (status >= 300 || status === 0) voice.toast(t("not-saved", { message: problems[0]?.message || t("offline") }));
    else if (said) voice.toast(said);
    await this.load();
    drawing.soon();
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
