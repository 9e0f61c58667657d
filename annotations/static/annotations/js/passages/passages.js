// @ts-check
/**
 * Passages that stand in other articles too: a sign beside each, the places it leads to, and “where else?” asked of any words.
 * Fetched once the page works. The text's own elements stay as they are: signs stand between the paragraphs.
 */
import { h, isField, need, placeAt, smallButton, stepFocus } from "../dom.js";
import { t } from "../messages.js";
import { newKey } from "../state/new-key.js";
import { shortened } from "../text/shortened.js";
import { keep, kept, released } from "./kept.js";

/** @typedef {import("../desk/desk.js").Desk} Desk */
/** @typedef {{uuid: string, title: string, publisher: string|null, published_at: string|null, start: number, end: number}} Other */
/** @typedef {{uuid: string, source: string, url: string, title: string, fetched_at: string, start: number, end: number}} Captured */
/** @typedef {{key: string, start: number, end: number, other: Other|null, capture: Captured|null, relation: string, state: string}} Passage */
/** @typedef {{start: number, end: number, n_articles: number, n_sources: number, passages: string[]}} Sign `start` and `end` in UTF-16 units */
/** @typedef {{start: number, end: number}} Span in UTF-16 units */

const MOST_LISTED = 30;
const MOST_ROWS = 200;

/** Write the day of a time as the page's language does. @param {string} time */
function dayOf(time) {
  return new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeZone: "UTC" }).format(new Date(time));
}

/** Say in how many articles, and captured sources, a passage stands too. @param {Sign} sign */
function also({ n_articles: articles, n_sources: sources }) {
  return [articles && t("passage-also", { n: articles }), sources && t("passage-also-sources", { n: sources })].filter(Boolean).join(", ");
}

/** @param {Desk} desk @param {Promise<{status: number, data: any}>} given what is shared, as it was asked for already @param {AbortSignal} signal */
export async function start(desk, given, signal) {
  const passages = new Passages(desk);
  passages.listen(signal);
  await passages.load(given);
  return passages;
}

export class Passages {
  /** @type {Sign[]} */
  signs = [];
  /** @type {Map<string, Passage>} */
  byKey = new Map();
  /** @type {Map<number, Sign[]>} signs by the paragraphs that they reach into */
  #blocks = new Map();
  /** @type {HTMLElement|null} */
  #card = null;
  /** @type {Sign|null} the sign whose places are shown */
  #open = null;
  #asked = 0;

  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.place = need(desk.root, "[data-passages]");
    const { painter } = desk;
    const plan = painter.plan;
    painter.plan = (n) => [...plan(n), ...this.inBlock(n)];
  }

  /** @param {Promise<{status: number, data: any}>} [given] */
  async load(given) {
    const { desk } = this;
    const { status, data } = await (given ?? desk.api.ask("GET", `articles/${desk.data.article.uuid}/passages/`));
    if (status !== 200) return;
    const { map } = desk.page;
    this.byKey = new Map(data.results.map((/** @type {Passage} */ each) => [each.key, each]));
    this.signs = data.signs.map((/** @type {Sign} */ sign) => ({ ...sign, start: map.toUnits(sign.start), end: map.toUnits(sign.end) }));
    this.#draw();
  }

  // --- In the text

  /** @param {number} n */
  inBlock(n) {
    const block = this.desk.page.blocks[n];
    return (this.#blocks.get(n) ?? []).map(({ start, end }) => ({ name: "cw-shared", part: /** @type {const} */ ("sign"), start: Math.max(start, block.start), end: Math.min(end, block.end) }));
  }

  #draw() {
    const { page, painter, article } = this.desk;
    const touched = new Set(this.#blocks.keys());
    for (const old of article.querySelectorAll(".passage-signs")) old.remove();
    for (const n of touched) page.blocks[n].el.removeAttribute("data-shared");
    this.#blocks = new Map();
    for (const sign of this.signs) {
      const first = page.blockAt(sign.start);
      if (!first) continue;
      for (let { n } = first; n < page.blocks.length && page.blocks[n].start < sign.end; n++) {
        this.#blocks.set(n, [...(this.#blocks.get(n) ?? []), sign]);
        page.blocks[n].el.setAttribute("data-shared", "");
        touched.add(n);
      }
      this.#holder(first.el).append(this.#button(sign));
    }
    for (const n of touched) painter.repaint(n);
    this.#drawList();
  }

  /** Where the signs of a paragraph stand: right behind it. @param {HTMLElement} paragraph */
  #holder(paragraph) {
    const next = paragraph.nextElementSibling;
    if (next instanceof HTMLElement && next.matches(".passage-signs")) return next;
    const made = h("div", { class: "passage-signs", lang: document.documentElement.lang });
    paragraph.after(made);
    return made;
  }

  /** @param {Sign} sign */
  #button(sign) {
    const mark = (/** @type {boolean} */ isOn) => this.desk.painter.mark("cw-word", isOn ? sign : this.#open);
    return h("button", { type: "button", class: "passage-sign", "aria-haspopup": "dialog", "aria-expanded": "false", "data-passage-sign": sign.passages[0],
      onclick: (/** @type {Event} */ event) => {
        event.stopPropagation();
        if (this.#open === sign) this.close();
        else this.open(sign, /** @type {MouseEvent} */ (event).detail === 0);
      },
      onpointerenter: () => mark(true), onpointerleave: () => mark(false), onfocus: () => mark(true), onblur: () => mark(false) }, also(sign));
  }

  /** @param {Sign} sign */
  #buttonOf(sign) {
    return /** @type {HTMLElement|null} */ (this.desk.article.querySelector(`[data-passage-sign="${CSS.escape(sign.passages[0])}"]`));
  }

  // --- Beside the text

  #drawList() {
    const { page } = this.desk;
    const rows = this.signs.slice(0, MOST_ROWS).map((sign) =>
      h("li", {}, h("button", { type: "button", class: "span-row", onclick: () => this.open(sign, true) },
        h("span", { class: "span-row-text" }, h("span", { class: "span-row-label" }, also(sign)), h("span", { class: "span-row-quote", dir: "auto" }, shortened(page.text.slice(sign.start, sign.end)))))));
    const ask = smallButton(t("passage-where"), () => this.ask(), { "aria-keyshortcuts": "h", onpointerdown: (/** @type {Event} */ event) => event.preventDefault() });
    this.place.replaceChildren(
      h("h3", { class: "small-head" }, t("passages")),
      ...(rows.length ? [h("ul", { class: "span-rows" }, ...rows)] : []),
      h("p", {}, ask, " ", h("a", { href: `${location.pathname}passages/` }, t("passage-sides"))),
    );
  }

  // --- The places of a passage

  /** Show where a passage stands too. @param {Sign} sign @param {boolean} [byKey] the focus goes to the first place */
  open(sign, byKey = false) {
    const { desk } = this;
    this.close();
    const places = sign.passages.flatMap((key) => this.byKey.get(key) ?? []);
    desk.walk.offset = sign.start;
    desk.page.reveal(sign.start, sign.end);
    this.#open = sign;
    this.#buttonOf(sign)?.setAttribute("aria-expanded", "true");
    const more = h("a", { class: "button button-small", href: `${location.pathname}passages/?passage=${sign.passages[0]}#p-${sign.passages[0]}` }, t("passage-sides"));
    this.#show(also(sign), sign, [this.#list(places.map(({ other, capture, relation }) => (other ? this.#row(other, relation) : this.#captured(/** @type {Captured} */ (capture), relation)))), h("p", { class: "passage-acts" }, more)]);
    desk.painter.mark("cw-word", sign);
    desk.voice.say(`${also(sign)}: ${shortened(desk.page.text.slice(sign.start, sign.end))}`);
    if (byKey) this.#focus();
  }

  /** @param {Other} other @param {string} relation @param {string} [quote] */
  #row(other, relation, quote) {
    const facts = [other.publisher, other.published_at && dayOf(other.published_at), t(`passage-${relation}`)].filter(Boolean);
    const address = location.pathname.replace(this.desk.data.article.uuid, other.uuid);
    return h("li", {}, h("a", { href: `${address}#at=${other.start}-${other.end}` }, h("bdi", {}, other.title || other.uuid)), h("span", { class: "muted" }, h("bdi", {}, facts.join(" · "))),
      quote !== undefined && h("q", { dir: "auto" }, shortened(quote)));
  }

  /** @param {Captured} capture @param {string} relation @param {string} [quote] */
  #captured(capture, relation, quote) {
    const sources = location.pathname.replace(/articles\/[^/]+\/$/, "sources/");
    const facts = [t("passage-captured", { day: dayOf(capture.fetched_at) }), t(`passage-${relation}`)];
    return h("li", {}, h("a", { href: `${sources}${capture.source}/captures/${capture.uuid}/#at=${capture.start}-${capture.end}` }, h("bdi", {}, capture.title || capture.url)), h("span", { class: "muted" }, h("bdi", {}, facts.join(" · "))),
      quote !== undefined && h("q", { dir: "auto" }, shortened(quote)));
  }

  /** @param {HTMLElement[]} rows */
  #list(rows) {
    const rest = rows.length - MOST_LISTED;
    return h("ul", {}, ...rows.slice(0, MOST_LISTED), rest > 0 && h("li", { class: "muted" }, t("passage-more", { n: rest })));
  }

  /** @param {string} title @param {Span} span @param {import("../dom.js").Child[]} parts */
  #show(title, span, parts) {
    const { desk } = this;
    this.#card?.remove();
    const close = h("button", { type: "button", class: "button-quiet button-small passage-close", title: t("close"), onclick: () => this.close(true) }, h("span", { "aria-hidden": "true" }, "✕"), h("span", { class: "visually-hidden" }, t("close")));
    const card = h("div", { class: "label-popup passage-card", role: "dialog", "aria-label": title, tabindex: "-1" }, h("div", { class: "passage-card-head" }, h("strong", {}, title), close), ...parts);
    card.addEventListener("keydown", (event) => this.#keyInCard(event, card));
    this.#card = card;
    desk.words.popup.hidden = true;
    desk.root.append(card);
    desk.side.close();
    if (!desk.isNarrow) placeAt(card, desk.page.rangeOf(Math.max(span.start, span.end - 1), span.end).getBoundingClientRect());
  }

  /** @param {KeyboardEvent} event @param {HTMLElement} card */
  #keyInCard(event, card) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") this.close(true);
    else if (step) stepFocus([.../** @type {NodeListOf<HTMLElement>} */ (card.querySelectorAll("li a, .passage-acts :is(a, button)"))], step);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #focus() {
    /** @type {HTMLElement|null} */ (this.#card?.querySelector("li a, .passage-acts :is(a, button)") ?? this.#card)?.focus();
  }

  /** Take the places away. @param {boolean} [byKey] the focus goes back to the sign */
  close(byKey = false) {
    const sign = this.#open;
    if (!this.#card) return;
    const hadFocus = this.#card.contains(document.activeElement);
    this.#asked += 1;
    this.#open = null;
    this.#card.remove();
    this.#card = null;
    this.desk.painter.mark("cw-word", null);
    const button = sign && this.#buttonOf(sign);
    button?.setAttribute("aria-expanded", "false");
    if (hadFocus || byKey) (button ?? this.desk.article).focus({ preventScroll: true });
  }

  /** Show the places of the passage here, or of the next one. */
  next() {
    const { signs } = this;
    const { offset } = this.desk.walk;
    const here = signs.find(({ start, end }) => start <= offset && offset < end);
    const found = this.#open ? signs[signs.indexOf(this.#open) + 1] : here ?? signs.find(({ start }) => start >= offset);
    const sign = found ?? signs[0];
    if (sign) this.open(sign, true);
    else this.desk.voice.toast(t("passage-none-here"));
  }

  // --- Where else?

  /** What is asked for: the selection, else the annotation that is selected. @returns {Span|null} */
  get #wanted() {
    const { words, walk } = this.desk;
    return words.span ?? words.selecting.span() ?? (walk.mark ? { start: walk.mark.start, end: walk.mark.end } : null);
  }

  /** Ask where else the selected words stand. @param {boolean} [byKey] */
  async ask(byKey = false) {
    const { desk } = this;
    const span = this.#wanted;
    if (!span) return desk.voice.toast(t("select-words-first"));
    this.close();
    const place = desk.placeOf(span.start, span.end);
    const title = t("passage-where");
    const acts = () => h("p", { class: "passage-acts" }, ...this.#linking(place));
    this.#show(title, span, [h("p", { class: "muted" }, t("passage-asking")), acts()]);
    const mine = ++this.#asked;
    const { data, problems } = await desk.api.ask("GET", `where-else/?article=${desk.data.article.uuid}&start=${place.start}&end=${place.end}`);
    if (mine !== this.#asked) return;
    const results = data?.results ?? [];
    const said = problems.length ? problems[0].message || t("needs-connection") : t(results.length ? "passage-places" : "passage-nowhere", { n: results.length });
    const parts = [h("p", { class: "muted" }, said)];
    if (results.length) parts.push(this.#list(results.map((/** @type {any} */ each) => this.#row(each.article, each.relation, each.quote))));
    const more = [
      ...(data?.captures ?? []).map((/** @type {any} */ { capture, relation, quote }) => this.#captured(capture, relation, quote)),
      ...(data?.not_held ?? []).map((/** @type {any} */ { name, cited_by }) => h("li", { class: "muted" }, h("bdi", {}, name), ` · ${t("passage-not-held", { n: cited_by.length })}`)),
    ];
    if (more.length) parts.push(h("ul", {}, ...more));
    if (data?.n_common) parts.push(h("p", { class: "muted" }, t("passage-common", { n: data.n_common })));
    this.#show(title, span, [...parts, acts()]);
    desk.voice.say(said);
    if (byKey) this.#focus();
  }

  // --- Linking by hand

  /** The acts by which two passages are said to be the same. @param {{start: number, end: number, quote: string}} place in code points */
  #linking(place) {
    const { desk } = this;
    if (!desk.mayAnnotate) return [];
    const { project, article, version, me } = desk.data;
    const owner = { user: me.user_uuid, project: project.slug };
    const other = kept(owner);
    const remember = () => {
      keep({ ...owner, version: version.uuid, article: article.uuid, title: article.title, ...place });
      this.close(true);
      desk.voice.toast(t("passage-kept"));
    };
    const acts = [smallButton(t("passage-same"), remember)];
    if (other && other.article !== article.uuid) {
      const word = t("passage-same-as", { quote: shortened(other.quote, 40), title: shortened(other.title, 40) });
      acts.unshift(h("button", { type: "button", class: "button-small passage-link", onclick: () => this.#link(other, place) }, word));
    }
    return acts;
  }

  /** @param {import("./kept.js").Kept} other @param {{start: number, end: number, quote: string}} place */
  async #link(other, place) {
    const { desk } = this;
    const key = newKey();
    const from = { from_version: other.version, from_start: other.start, from_end: other.end, from_quote: other.quote };
    const to = { to_version: desk.data.version.uuid, to_start: place.start, to_end: place.end, to_quote: place.quote };
    this.close(true);
    const { status, problems } = await desk.api.ask("POST", "passages/", { key, body: { key, ...from, ...to } });
    if (status !== 201) {
      desk.voice.toast(t("not-saved", { message: problems[0]?.message || t("needs-connection") }));
      return;
    }
    released();
    await this.load();
    desk.voice.toast(t("passage-linked", { title: other.title }));
  }

  // --- Listening

  /** @param {AbortSignal} signal */
  listen(signal) {
    const { desk } = this;
    document.addEventListener("keydown", (event) => this.#pressed(event), { signal, capture: true });
    document.addEventListener("pointerdown", ({ target }) => {
      const isOutside = !this.#card?.contains(/** @type {Node} */ (target)) && !(/** @type {Element} */ (target).closest?.(".passage-sign"));
      if (this.#card && isOutside) this.close();
    }, { signal, capture: true });
    desk.root.addEventListener("where-else-wanted", () => this.ask(), { signal });
    desk.words.popup.dataset.passages = "";
    const button = h("button", { type: "button", class: "label-button zone-button", "data-where-else": true, "aria-keyshortcuts": "h", onclick: () => this.ask() },
      h("span", { class: "label-name" }, t("passage-where")), h("kbd", { "aria-hidden": "true" }, "H"));
    need(desk.root, ".label-list").append(h("li", {}, button));
  }

  /** The keys that are ours, wherever the focus is but in a field. @param {KeyboardEvent} event */
  #pressed(event) {
    const { desk } = this;
    if (event.defaultPrevented || event.repeat || isField(event.target) || document.querySelector("dialog[open]")) return;
    const command = desk.keyboard.meaningOf(event);
    if (command?.name === "passages") this.next();
    else if (command?.name === "where-else") this.ask(true);
    else if (command?.name === "escape" && this.#card) this.close(true);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
