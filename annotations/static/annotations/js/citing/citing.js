// @ts-check
/**
 * “Use as evidence for…”: the selected words, or those of the annotation at hand, become evidence for a claim that is chosen from a list,
 * those used last first, with the stance by a key. Also leads from a claim in the panel to its page. Fetched once the page works.
 */
import { h, isField, need, placeAt, stepFocus } from "../dom.js";
import { t } from "../messages.js";
import { STANCE_SIGNS } from "../state/drafts.js";
import { keyOf } from "../desk/key-of.js";
import { newKey } from "../state/new-key.js";
import { shortened } from "../text/shortened.js";

/** @typedef {import("../desk/desk.js").Desk} Desk */
/** @typedef {{key: string, text: string, claimant: string}} Claim */
/** @typedef {{start: number, end: number}} Span in UTF-16 units */
/** @typedef {"supports"|"refutes"|"neutral"} Stance */

/** Stances by the key that chooses them, as long as the list is open. @type {Record<string, Stance>} */
const STANCE_KEYS = { "+": "supports", "-": "refutes", "?": "neutral" };
const MOST_SHOWN = 8;
const MOST_KEPT = 8;
const PAUSE = 250;

/** @param {Desk} desk @param {AbortSignal} signal */
export function start(desk, signal) {
  const citing = new Citing(desk);
  citing.listen(signal);
  leadToClaims(desk, signal);
  return citing;
}

/** The address of a claim's page. @param {string} key */
function addressOf(key) {
  return `${location.pathname.replace(/articles\/[^/]+\/$/, "claims/")}${key}/`;
}

/** Put a link to its page into each claim of the panel, whenever the panel is drawn. @param {Desk} desk @param {AbortSignal} signal */
function leadToClaims(desk, signal) {
  const panel = desk.root.querySelector("span-panel");
  if (!panel) return;
  const lead = () => {
    for (const card of /** @type {NodeListOf<HTMLElement>} */ (panel.querySelectorAll("[data-claim]"))) {
      if (card.querySelector(".claim-page")) continue;
      const link = h("a", { class: "claim-page", href: addressOf(card.dataset.claim ?? ""), "data-focus": `page-${card.dataset.claim}` }, t("claim-page"));
      card.querySelector(".claim-acts")?.append(link);
    }
  };
  const watch = new MutationObserver(lead);
  watch.observe(panel, { childList: true, subtree: true });
  signal.addEventListener("abort", () => watch.disconnect());
  lead();
}

export class Citing {
  /** @type {HTMLElement|null} */
  #card = null;
  /** @type {Stance} */
  #stance = "supports";
  #asked = 0;
  #timer = 0;

  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.store = `cw-cited-${desk.data.project.slug}`;
  }

  /** @param {AbortSignal} signal */
  listen(signal) {
    const { desk } = this;
    if (!desk.mayAnnotate) return;
    document.addEventListener("keydown", (event) => this.#pressed(event), { signal, capture: true });
    document.addEventListener("pointerdown", ({ target }) => {
      if (this.#card && !this.#card.contains(/** @type {Node} */ (target))) this.close();
    }, { signal, capture: true });
    const key = keyOf(desk, "cite");
    const button = h("button", { type: "button", class: "label-button zone-button", "data-use-as-evidence": true, "aria-keyshortcuts": key, onclick: () => this.open() },
      h("span", { class: "label-name" }, t("cite-for")), h("kbd", { "aria-hidden": "true" }, key.toUpperCase()));
    need(desk.root, ".label-list").append(h("li", {}, button));
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    const { desk } = this;
    if (event.defaultPrevented || event.repeat || document.querySelector("dialog[open]")) return;
    if (this.#card && event.key === "Escape") this.close(true);
    else if (!this.#card && desk.keyboard.meaningOf(event)?.name === "cite") this.open();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** What is cited: the selection, else the annotation that is selected. @returns {Span|null} */
  get #wanted() {
    const { words, walk } = this.desk;
    return words.span ?? words.selecting.span() ?? (walk.mark ? { start: walk.mark.start, end: walk.mark.end } : null);
  }

  async open() {
    const { desk } = this;
    const span = this.#wanted;
    if (!span) return desk.voice.toast(t("select-words-first"));
    this.close();
    this.#stance = "supports";
    const place = desk.placeOf(span.start, span.end);
    const list = h("ul", { class: "cite-claims" }, h("li", { class: "muted" }, t("passage-asking")));
    const find = h("input", { type: "search", class: "cite-find", maxlength: "200", dir: "auto", "aria-label": t("cite-find"), placeholder: t("cite-find"),
      oninput: () => {
        clearTimeout(this.#timer);
        this.#timer = window.setTimeout(() => this.#list(list, place, find.value), PAUSE);
      } });
    const stances = h("div", { class: "cite-stances", role: "radiogroup", "aria-label": t("stance") },
      ...Object.entries(STANCE_KEYS).map(([key, stance]) =>
        h("button", { type: "button", role: "radio", class: `button-quiet button-small stance-${stance}`, "data-stance": stance, tabindex: "-1", onclick: () => this.#choose(stance) },
          h("span", { "aria-hidden": "true" }, STANCE_SIGNS[stance]), ` ${t(stance)} `, h("kbd", { "aria-hidden": "true" }, key))));
    const close = h("button", { type: "button", class: "button-quiet button-small passage-close", title: t("close"), onclick: () => this.close(true) },
      h("span", { "aria-hidden": "true" }, "✕"), h("span", { class: "visually-hidden" }, t("close")));
    const card = h("div", { class: "label-popup passage-card cite-card", role: "dialog", "aria-label": t("cite-for"), tabindex: "-1" },
      h("div", { class: "passage-card-head" }, h("strong", {}, t("cite-for")), close), h("q", { dir: "auto" }, shortened(place.quote, 120)), stances, list, find);
    card.addEventListener("keydown", (event) => this.#keyInCard(event));
    this.#card = card;
    desk.words.popup.hidden = true;
    desk.root.append(card);
    desk.side.close();
    this.#choose(this.#stance);
    if (!desk.isNarrow) placeAt(card, desk.page.rangeOf(Math.max(span.start, span.end - 1), span.end).getBoundingClientRect());
    card.focus();
    await this.#list(list, place, "");
    if (this.#card === card && (document.activeElement === card || document.activeElement === document.body)) /** @type {HTMLElement} */ (list.querySelector("button") ?? find).focus();
  }

  /** @param {boolean} [byKey] the focus goes back to the text */
  close(byKey = false) {
    if (!this.#card) return;
    const hadFocus = this.#card.contains(document.activeElement);
    clearTimeout(this.#timer);
    this.#asked += 1;
    this.#card.remove();
    this.#card = null;
    if (hadFocus || byKey) this.desk.article.focus({ preventScroll: true });
  }

  /** @param {Stance} stance */
  #choose(stance) {
    this.#stance = stance;
    for (const each of this.#card?.querySelectorAll("[data-stance]") ?? []) each.setAttribute("aria-checked", String(/** @type {HTMLElement} */ (each).dataset.stance === stance));
  }

  /** @param {KeyboardEvent} event */
  #keyInCard(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const stance = isField(event.target) ? undefined : STANCE_KEYS[event.key];
    if (step) stepFocus([.../** @type {NodeListOf<HTMLElement>} */ (this.#card?.querySelectorAll(".cite-claims button, .cite-find"))], step);
    else if (stance) {
      this.#choose(stance);
      this.desk.voice.say(t(stance));
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /**
   * Show the claims that hold some words; without words the newest, those used last before them.
   * @param {HTMLElement} list @param {{start: number, end: number, quote: string}} place @param {string} asked
   */
  async #list(list, place, asked) {
    const mine = ++this.#asked;
    const query = asked.trim() ? `&q=${encodeURIComponent(asked.trim())}` : "";
    const { data, problems } = await this.desk.api.ask("GET", `claims/?limit=50${query}`);
    if (mine !== this.#asked) return;
    /** @type {Claim[]} */
    const claims = data?.results ?? [];
    const used = this.#used();
    const rank = (/** @type {Claim} */ { key }) => (used.includes(key) ? used.indexOf(key) : MOST_KEPT);
    const shown = [...claims].sort((a, b) => rank(a) - rank(b)).slice(0, MOST_SHOWN);
    const word = problems.length ? problems[0].message || t("needs-connection") : t(asked.trim() ? "cite-none-found" : "cite-none");
    list.replaceChildren(...(shown.length
      ? shown.map((claim) => h("li", {}, h("button", { type: "button", class: "cite-claim", "data-claim-key": claim.key, onclick: () => this.#cite(claim, place) },
        h("span", { dir: "auto" }, shortened(claim.text, 140)), claim.claimant ? h("bdi", { class: "muted" }, claim.claimant) : null)))
      : [h("li", { class: "muted" }, word)]));
  }

  /** @param {Claim} claim @param {{start: number, end: number, quote: string}} place */
  async #cite(claim, place) {
    const { desk } = this;
    const [stance, key] = [this.#stance, newKey()];
    this.close(true);
    const passage = { article: desk.data.article.uuid, start: place.start, end: place.end };
    const { status, problems } = await desk.api.ask("POST", "evidence/", { key, body: { key, claim: claim.key, passage, stance } });
    if (status !== 201) {
      desk.voice.toast(t("not-saved", { message: problems[0]?.message || t("needs-connection") }));
      return;
    }
    this.#keep(claim.key);
    desk.voice.toast(t("cited-for", { stance: t(stance), claim: shortened(claim.text, 80) }), t("claim-page"), () => location.assign(addressOf(claim.key)));
  }

  /** Keys of the claims that were used last, the latest first. @returns {string[]} */
  #used() {
    try {
      const kept = JSON.parse(localStorage.getItem(this.store) ?? "[]");
      return Array.isArray(kept) ? kept.filter((key) => typeof key === "string") : [];
    } catch {
      return [];
    }
  }

  /** @param {string} key */
  #keep(key) {
    try {
      localStorage.setItem(this.store, JSON.stringify([key, ...this.#used().filter((each) => each !== key)].slice(0, MOST_KEPT)));
    } catch {
      // The order then is that of the list.
    }
  }
}
