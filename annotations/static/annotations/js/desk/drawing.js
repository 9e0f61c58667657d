// @ts-check
/** Gives the elements beside the text what they show, whenever something changed. */
import { h, need } from "../dom.js";
import { linkRow } from "../elements/span-panel.js";
import { t } from "../messages.js";
import { countsOf } from "../state/queue.js";
import { shortened } from "../text/shortened.js";

/** @typedef {import("./desk.js").Desk} Desk */
/** @typedef {import("../types.js").Annotation} Annotation */

const MOST_LINKS = 300;

export class Drawing {
  #waits = false;
  #isFetching = false;
  /** @type {Promise<import("./listing.js").Listing>|null} */
  #listing = null;
  /** @type {import("./handles.js").Handles|null} at the ends of the selected span, once there was one */
  handles = null;

  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.count = need(desk.root, "[data-count]");
    this.decisions = need(desk.root, "[data-decisions]");
    this.articleParts = need(desk.root, "[data-article-parts]");
  }

  /** Draw once, however many changes come together. */
  soon() {
    if (this.#waits) return;
    this.#waits = true;
    queueMicrotask(() => this.all());
  }

  all() {
    this.#waits = false;
    const { work, spans, sync, submitter, listed } = this.desk;
    const { waiting, conflict, refused } = countsOf(work.ops);
    const other = sync.ops.find((op) => op.doc !== sync.where.doc);
    this.desk.saving.saving = { mood: sync.mood, waiting, decisions: conflict + refused, elsewhere: other?.page ?? null };
    submitter.hidden = !this.desk.mayHandIn;
    this.count.textContent = spans.size ? spans.size + (this.desk.isPartial ? "…" : "") : "";
    this.#panel();
    this.#decisions();
    this.#lend();
    if (this.#listing || !listed.hidden) this.list();
  }

  /** Fetch what this selection needs for the first time. */
  #lend() {
    const { desk } = this;
    const { mark } = desk.walk;
    if (this.handles) this.handles.draw();
    else if (mark && !mark.other && desk.isEditable && !this.#isFetching) {
      this.#isFetching = true;
      import("./handles.js").then(({ Handles }) => (this.handles = new Handles(desk)).draw(), () => (this.#isFetching = false));
    }
  }

  #panel() {
    const { work, spans, extras, walk, data, isEditable } = this.desk;
    const annotation = (walk.current && work.get("annotation", walk.current)) || null;
    const mark = annotation && walk.mark;
    const claims = annotation ? work.claimsOf(annotation.key).map((card) => ({ ...card, evidence: work.evidenceOf(card.claim.key) })) : [];
    const linked = new Set(claims.map(({ claim }) => claim.key));
    this.desk.panel.show({
      annotation,
      mayEdit: Boolean(annotation?.is_mine) && isEditable,
      mayAdd: isEditable,
      history: annotation?.version ? data.urls.history?.replace("KEY", annotation.key) ?? "" : "",
      isUnsaved: Boolean(annotation && work.unsaved(annotation.key).length),
      isEmpty: spans.size === 0,
      labels: data.labels,
      claims,
      otherClaims: annotation ? work.standing("claim").filter(({ key }) => !linked.has(key)) : [],
      links: mark ? extras.linksNear(mark) : [],
    });
    this.desk.related?.draw(annotation);
  }

  /** Draw the list of annotations, by a part that is fetched when it is first wanted. */
  async list() {
    this.#listing ??= import("./listing.js").then(({ startListing }) => startListing(this.desk), () => (this.#listing = null));
    (await this.#listing)?.draw();
    return this.desk.listing;
  }

  /** Draw what needs the person's word. */
  #decisions() {
    const { decisions: place, desk } = this;
    const ops = desk.work.ops.filter((op) => op.state !== "waiting");
    const sign = ops.map((op) => `${op.id} ${op.state}`).join();
    if (place.dataset.sign === sign) return;
    place.dataset.sign = sign;
    place.hidden = !ops.length;
    if (ops.length) desk.voice.say(t("decisions-n", { n: ops.length }));
    if (!ops.length) return place.replaceChildren();
    import("../elements/decisions.js").then(({ decisionsOf }) => {
      if (place.dataset.sign === sign) place.replaceChildren(...decisionsOf(ops, desk));
    }, () => (place.dataset.sign = ""));
  }

  showDecisions() {
    this.desk.side.open();
    this.decisions.scrollIntoView({ block: "nearest" });
    /** @type {HTMLElement|null} */ (this.decisions.querySelector("button"))?.focus();
  }

  /** The links of the original. Drawn once. */
  articleTab() {
    const { extras, page, walk, deeds } = this.desk;
    const parts = [];
    if (extras.links.length) {
      parts.push(h("h3", { class: "small-head" }, t("links-article")), h("ul", { class: "link-rows" }, ...extras.links.slice(0, MOST_LINKS).map(({ url, start, end }) =>
        linkRow(url, () => deeds.useLink(url), () => walk.goTo(start, end), shortened(page.text.slice(start, end))))));
    }
    this.articleParts.replaceChildren(...parts);
  }

  /** Lead to a link of the original in the list of all. @param {string} url */
  showLink(url) {
    this.desk.side.show("article", true);
    const row = [...this.articleParts.querySelectorAll("a")].find((a) => a.getAttribute("href") === url);
    row?.closest("li")?.scrollIntoView({ block: "center" });
    row?.focus();
  }
}
