// @ts-check
/**
 * `<span-panel>`: one annotation with its label, note, claims and source links. It asks for acts by events and
 * never changes anything itself: `act-wanted` with a name and what belongs to it.
 */
import { h, keepingFocus, smallButton } from "../dom.js";
import { t } from "../messages.js";
import { hostOf } from "../text/urls.js";
import { shortened } from "../text/shortened.js";
import { draftOf, STANCE_SIGNS } from "../state/drafts.js";

/** @typedef {import("./evidence-form.js").EvidenceForm} EvidenceForm */
/** @typedef {import("../types.js").Annotation} Annotation */
/** @typedef {import("../types.js").Claim} Claim */
/** @typedef {import("../types.js").Mention} Mention */
/** @typedef {import("../types.js").Evidence} Evidence */
/** @typedef {import("../types.js").Label} Label */
/** @typedef {{claim: Claim, mention: Mention, evidence: Evidence[]}} ClaimCard */
/**
 * @typedef {object} Shown
 * @property {Annotation|null} annotation
 * @property {boolean} mayEdit
 * @property {boolean} mayAdd whether words can be selected and labelled
 * @property {string} history address of every state the annotation had, empty before it is saved
 * @property {boolean} isUnsaved
 * @property {boolean} isEmpty no annotation on the article at all
 * @property {Label[]} labels
 * @property {ClaimCard[]} claims
 * @property {Claim[]} otherClaims
 * @property {string[]} links addresses of the original in or near the span
 */

const NOTE_PAUSE = 800;

export class SpanPanel extends HTMLElement {
  /** @type {Shown|null} */
  #shown = null;
  /** What stands open for editing: `evidence:new:<claim>`, `evidence:<key>` or `claim:<key>`. */
  #open = "";
  #noteTimer = 0;
  #sign = "";

  disconnectedCallback() {
    this.flush();
  }

  /** @param {Shown} shown */
  show(shown) {
    const before = this.#shown?.annotation?.key ?? null;
    const key = shown.annotation?.key ?? null;
    if (before !== key) {
      this.flush();
      this.#open = key && draftOf(key) ? "evidence:new:" : "";
    }
    const sign = JSON.stringify([shown, this.#open]);
    if (sign === this.#sign) return;
    this.#shown = shown;
    this.#sign = sign;
    if (before === key && key && this.querySelector(".span-card")) this.#refresh(shown);
    else keepingFocus(this, () => this.#draw(shown), () => this.querySelector("select, button"));
  }

  /** Fetch the form for source links, and tell whether it is there. */
  async #fetchForm() {
    await import("./evidence-form.js").catch(() => {});
    return Boolean(customElements.get("evidence-form"));
  }

  /** Open the form for a new source link. @param {string} [claim] */
  async openEvidence(claim = "") {
    if (!customElements.get("evidence-form")) await this.#fetchForm();
    if (!this.#shown?.annotation || !this.#shown.mayEdit) return;
    this.#openPart(`evidence:new:${claim}`);
    const form = /** @type {EvidenceForm|null} */ (this.querySelector("evidence-form"));
    form?.scrollIntoView({ block: "nearest" });
    form?.focusFirst();
  }

  /** Close what stands open, and tell whether something did. */
  closeOpen() {
    const form = /** @type {EvidenceForm|null} */ (this.querySelector("evidence-form"));
    if (!this.#open) return false;
    if (form) form.close();
    else this.#openPart("");
    return true;
  }

  /** Save the note that is being written. */
  flush() {
    clearTimeout(this.#noteTimer);
    const area = /** @type {HTMLTextAreaElement|null} */ (this.querySelector("textarea.note"));
    const annotation = this.#shown?.annotation;
    if (!area || !annotation || !this.#shown?.mayEdit || area.value === (annotation.note ?? "")) return;
    this.#want("change-note", { key: annotation.key, note: area.value });
  }

  focusFirst() {
    /** @type {HTMLElement|null} */ (this.querySelector("select, textarea, button, a"))?.focus();
  }

  /** @param {string} name @param {object} detail */
  #want(name, detail) {
    this.dispatchEvent(new CustomEvent("act-wanted", { bubbles: true, detail: { name, ...detail } }));
  }

  /** @param {string} part */
  #openPart(part) {
    this.#open = part;
    if (!this.#shown) return;
    this.#sign = JSON.stringify([this.#shown, part]);
    const shown = this.#shown;
    keepingFocus(this, () => this.#drawClaims(shown), () => this.querySelector("[data-focus=add-source]"));
    const area = /** @type {HTMLTextAreaElement|null} */ (this.querySelector(".claim-form textarea"));
    area?.focus();
  }

  /** @param {Shown} shown */
  #draw(shown) {
    const { annotation } = shown;
    if (!annotation) {
      const head = shown.isEmpty ? "none-yet" : "none-selected";
      const help = shown.mayAdd ? `${head}-help` : shown.isEmpty ? "" : "none-selected-read";
      this.replaceChildren(h("p", { class: "empty-side" }, h("strong", {}, t(head)), help ? h("span", {}, t(help)) : null));
      return;
    }
    this.replaceChildren(
      h("div", { class: "span-card" },
        h("div", { class: "span-head" }),
        h("blockquote", { class: "span-quote", dir: "auto" }),
        h("p", { class: "span-meta" }),
        h("div", { class: "span-note" }),
        h("div", { class: "span-claims" }),
        h("div", { class: "span-foot" })),
    );
    this.#refresh(shown);
  }

  /** @param {string} selector */
  #part(selector) {
    return /** @type {HTMLElement} */ (this.querySelector(selector));
  }

  /** @param {Shown} shown */
  #refresh(shown) {
    const annotation = /** @type {Annotation} */ (shown.annotation);
    const { key, start, end, quote, annotator, is_mine } = annotation;
    const head = this.#part(".span-head");
    keepingFocus(head, () => head.replaceChildren(this.#labelChoice(annotation, shown)));
    this.#part(".span-quote").textContent = quote.length > 600 ? `${quote.slice(0, 400)} … ${quote.slice(-150)}` : quote;
    const signs = [is_mine ? "" : t("by", { name: annotator ?? t("someone") }), t("characters", { start, end }), shown.isUnsaved ? t("unsaved") : ""];
    const meta = this.#part(".span-meta");
    keepingFocus(meta, () => meta.replaceChildren(signs.filter(Boolean).join(" · "), ...(shown.history ? [" · ", h("a", { href: shown.history, "data-focus": "history" }, t("history"))] : [])));
    this.#drawNote(annotation, shown);
    if (shown.mayEdit) this.#fetchForm();
    this.#drawClaims(shown);
    const foot = this.#part(".span-foot");
    keepingFocus(foot, () => foot.replaceChildren(...(shown.mayEdit
      ? [...["split", "merge", "others"].map((act) => smallButton(t(act), () => this.#want("reshape", { act }), { "data-focus": act })),
        smallButton(t("withdraw-annotation"), () => this.#want("withdraw", { sort: "annotation", key }), { class: "button-quiet button-small danger", "data-focus": "withdraw", "aria-keyshortcuts": "Delete" })]
      : [])));
  }

  /** @param {Annotation} annotation @param {Shown} shown */
  #labelChoice({ key, label }, { labels, mayEdit }) {
    const known = labels.find((item) => item.key === label);
    const swatch = h("span", { class: "swatch", "aria-hidden": "true" });
    const name = known?.name ?? `${label} (${t("unknown-label")})`;
    if (!mayEdit) return h("span", { class: `span-label label-${label}` }, swatch, h("strong", { dir: "auto" }, name));
    const options = labels.map((item) => h("option", { value: item.key, selected: item.key === label }, item.name));
    if (!known) options.unshift(h("option", { value: label, selected: true, disabled: true }, name));
    return h("label", { class: `span-label label-${label}` }, swatch, h("span", { class: "visually-hidden" }, t("label")),
      choice("label", options, (chosen) => this.#want("change-label", { key, label: chosen })));
  }

  /** @param {Annotation} annotation @param {Shown} shown */
  #drawNote({ key, note = "" }, { mayEdit }) {
    const part = this.#part(".span-note");
    const area = /** @type {HTMLTextAreaElement|null} */ (part.querySelector("textarea"));
    if (area && mayEdit) {
      if (document.activeElement !== area) area.value = note;
      return;
    }
    if (!mayEdit) {
      part.replaceChildren(...(note ? [h("p", { class: "note-read", dir: "auto" }, note)] : []));
      return;
    }
    const wait = () => {
      clearTimeout(this.#noteTimer);
      this.#noteTimer = window.setTimeout(() => this.flush(), NOTE_PAUSE);
    };
    const field = h("textarea", { class: "note", rows: "1", dir: "auto", placeholder: t("note-help"), value: note, "data-focus": `note-${key}`, oninput: wait, onblur: () => this.flush() });
    part.replaceChildren(h("label", { class: "form-field" }, h("span", { class: "form-name" }, t("note")), field));
  }

  /** @param {Shown} shown */
  #drawClaims(shown) {
    const part = this.#part(".span-claims");
    if (!part) return;
    const form = part.querySelector("evidence-form");
    const isFormOpen = form && this.#open === /** @type {HTMLElement} */ (form).dataset.part;
    keepingFocus(part, () => {
      part.replaceChildren(...shown.claims.map((card) => this.#claim(card, shown)), ...this.#loose(shown));
      const place = part.querySelector("[data-form]");
      if (place) place.replaceWith(isFormOpen ? form : this.#newForm(shown));
    }, () => this.querySelector("[data-focus=add-source]"));
  }

  /** What stands below the claims: ways to add more. @param {Shown} shown */
  #loose(shown) {
    const { annotation, claims, otherClaims, links, mayEdit } = shown;
    if (!annotation) return [];
    const key = annotation.key;
    /** @type {HTMLElement[]} */
    const parts = [];
    const isNew = this.#open === "evidence:new:" || (claims.length === 0 && this.#open.startsWith("evidence:new"));
    if (isNew && mayEdit) parts.push(h("div", { "data-form": "" }));
    if (this.#open === "claim:new") parts.push(this.#claimForm("", annotation.quote, (text) => this.#want("add-claim", { key, text })));
    if (mayEdit) {
      const acts = [];
      if (!claims.length && !isNew) acts.push(this.#addSource(""));
      if (this.#open !== "claim:new") acts.push(smallButton(t("add-claim"), () => this.#openPart("claim:new"), { "data-focus": "add-claim" }));
      if (otherClaims.length) acts.push(this.#sameClaim(key, otherClaims));
      parts.push(h("div", { class: "claim-acts" }, ...acts));
    }
    if (links.length) parts.push(this.#links(links, mayEdit, key));
    return parts;
  }

  /** @param {string} claim */
  #addSource(claim) {
    return smallButton(`+ ${t("add-source")}`, () => this.openEvidence(claim), { class: "button-small add-source", "data-focus": "add-source", "aria-keyshortcuts": "e" });
  }

  /** @param {string} key @param {Claim[]} claims */
  #sameClaim(key, claims) {
    const options = claims.slice(0, 100).map((claim) => h("option", { value: claim.key }, shortened(claim.text)));
    return choice("same-claim", [h("option", { value: "" }, t("same-claim")), ...options], (claim) => this.#want("add-mention", { key, claim }),
      { class: "same-claim", "aria-label": t("same-claim") });
  }

  /** @param {string[]} links @param {boolean} mayEdit @param {string} key */
  #links(links, mayEdit, key) {
    return h("div", { class: "near-links" }, h("h3", { class: "small-head" }, t("links-here")),
      h("ul", { class: "link-rows" }, ...links.map((url) => linkRow(url, mayEdit ? () => this.#want("use-link", { key, url }) : null))));
  }

  /** @param {ClaimCard} card @param {Shown} shown */
  #claim({ claim, mention, evidence }, { mayEdit }) {
    const mine = mayEdit && claim.is_mine;
    const isEditing = this.#open === `claim:${claim.key}`;
    const head = isEditing
      ? this.#claimForm(claim.key, claim.text, (text) => this.#want("change-claim", { key: claim.key, text }))
      : h("p", { class: "claim-text", dir: "auto" }, claim.text);
    const acts = [
      mine && !isEditing && actButton(`edit-${claim.key}`, t("edit-claim"), claim.text, () => this.#openPart(`claim:${claim.key}`)),
      mayEdit && mention.is_mine && actButton(`off-${mention.key}`, t("take-claim-off"), claim.text, () => this.#want("withdraw-mention", { key: mention.key })),
      mine && actButton(`withdraw-${claim.key}`, t("withdraw-claim"), claim.text, () => this.#want("withdraw", { sort: "claim", key: claim.key })),
    ];
    const isNew = this.#open === `evidence:new:${claim.key}`;
    return h("section", { class: "claim-card", "data-claim": claim.key },
      h("div", { class: "claim-head" }, h("h3", { class: "small-head" }, t("claim"), claim.is_mine ? "" : ` · ${t("by", { name: claim.annotator ?? t("someone") })}`), this.#mentionChoice(mention, mayEdit)),
      head,
      h("div", { class: "claim-edit" }, ...acts),
      h("ul", { class: "evidence-rows" }, ...evidence.map((item) => this.#evidence(item, mayEdit))),
      isNew && mayEdit ? h("div", { "data-form": "" }) : null,
      h("div", { class: "claim-acts" }, mayEdit && !isNew ? this.#addSource(claim.key) : null));
  }

  /** @param {Mention} mention @param {boolean} mayEdit */
  #mentionChoice(mention, mayEdit) {
    if (!mayEdit || !mention.is_mine) return h("span", { class: "muted" }, `${t("mention-stance")} ${t(mention.stance)}`);
    return h("label", { class: "mention-stance" }, `${t("mention-stance")} `,
      choice(`stance-${mention.claim}`, ["asserts", "reports", "denies"].map((stance) => h("option", { value: stance, selected: stance === mention.stance }, t(stance))),
        (stance) => this.#want("change-mention", { key: mention.key, stance })));
  }

  /** @param {string} key @param {string} text @param {(text: string) => void} give */
  #claimForm(key, text, give) {
    const area = h("textarea", { rows: "2", dir: "auto", value: text, "aria-label": t("claim-text"), "data-focus": `claim-text-${key}` });
    const send = (/** @type {Event} */ event) => {
      event.preventDefault();
      const given = area.value.trim();
      this.#openPart("");
      if (given && (!key || given !== text)) give(given);
    };
    return h("form", { class: "claim-form", onsubmit: send }, area,
      h("div", { class: "form-acts" }, h("button", { class: "button-primary button-small" }, t("save")),
        smallButton(t("cancel"), () => this.#openPart(""))));
  }

  /** @param {Evidence} item @param {boolean} mayEdit */
  #evidence(item, mayEdit) {
    if (this.#open === `evidence:${item.key}`) return h("li", {}, h("div", { "data-form": item.key }));
    const { key, url, title, stance, quote, note, is_mine, annotator } = item;
    const mine = mayEdit && is_mine;
    return h("li", { class: `evidence stance-${stance}` },
      h("span", { class: "stance-word" }, h("span", { "aria-hidden": "true" }, STANCE_SIGNS[stance]), ` ${t(stance)}`),
      h("div", { class: "evidence-body" },
        outLink(url, title || hostOf(url)),
        title ? h("span", { class: "muted host", dir: "ltr" }, hostOf(url)) : null,
        quote ? h("q", { class: "evidence-quote", dir: "auto" }, quote) : null,
        note ? h("p", { class: "evidence-note", dir: "auto" }, note) : null,
        is_mine ? null : h("span", { class: "muted" }, t("by", { name: annotator ?? t("someone") })),
        mine ? h("span", { class: "evidence-acts" },
          actButton(`edit-${key}`, t("edit-source"), title || hostOf(url), () => this.#openPart(`evidence:${key}`), t("edit")),
          actButton(`withdraw-${key}`, t("withdraw-source"), title || hostOf(url), () => this.#want("withdraw", { sort: "evidence", key }))) : null));
  }

  /** @param {Shown} shown */
  #newForm({ annotation, claims }) {
    if (!customElements.get("evidence-form")) {
      this.#fetchForm().then((isThere) => isThere && this.#shown && this.#drawClaims(this.#shown));
      return h("p", { class: "muted", "data-form": "" }, "…");
    }
    const form = /** @type {EvidenceForm} */ (document.createElement("evidence-form"));
    const [, what, claim = ""] = this.#open.split(":");
    const edited = claims.flatMap(({ evidence }) => evidence).find(({ key }) => key === what);
    form.dataset.part = this.#open;
    form.draft = edited?.key ?? annotation?.key ?? "";
    if (edited) form.fields = { title: "", quote: "", note: "", ...edited };
    form.addEventListener("evidence-given", (event) => {
      const fields = /** @type {CustomEvent} */ (event).detail;
      this.#openPart("");
      if (edited) this.#want("change-evidence", { key: edited.key, fields });
      else this.#want("add-evidence", { key: annotation?.key, claim: claim || claims[0]?.claim.key || null, fields });
      /** @type {HTMLElement|null} */ (this.querySelector("[data-focus=add-source]"))?.focus();
    });
    form.addEventListener("evidence-dropped", () => this.#openPart(""));
    return form;
  }
}

/**
 * A list to choose one from.
 * @param {string} name of the list, for keeping the focus
 * @param {HTMLOptionElement[]} options
 * @param {(value: string) => void} choose
 * @param {Record<string, unknown>} [more] attributes
 */
function choice(name, options, choose, more = {}) {
  const onchange = (/** @type {Event} */ { target }) => choose(/** @type {HTMLSelectElement} */ (target).value);
  return h("select", { "data-focus": name, onchange, ...more }, ...options);
}

/**
 * A small button whose full name says what it is about, since the same act stands beside each claim and source.
 * @param {string} name of the button, for keeping the focus
 * @param {string} word
 * @param {string} about
 * @param {() => void} act
 * @param {string} [shown] a part of the word, where all of it takes too much room
 */
function actButton(name, word, about, act, shown = word) {
  return smallButton(shown, act, { "data-focus": name, "aria-label": `${word}: ${shortened(about)}` });
}

/**
 * A link that leaves the page: only http and https become links, whatever the server sent.
 * @param {string} url
 * @param {string} text
 */
export function outLink(url, text) {
  if (!/^https?:\/\//i.test(url)) return h("span", { dir: "auto" }, text);
  return h("a", { href: url, target: "_blank", rel: "noopener noreferrer nofollow", dir: "auto", title: url }, text);
}

/**
 * @param {string} url
 * @param {(() => void)|null} use
 * @param {(() => void)|null} [reveal]
 * @param {string} [words] what the link says in the text
 */
export function linkRow(url, use, reveal = null, words = "") {
  return h("li", { class: "link-row" },
    h("span", { class: "link-row-text" }, outLink(url, words || hostOf(url)), words ? h("span", { class: "muted host", dir: "ltr" }, hostOf(url)) : null),
    reveal && smallButton(t("show-in-text"), reveal),
    use && smallButton(t("use-as-source"), use, { class: "button-small", "data-focus": `use-${url}` }));
}

customElements.define("span-panel", SpanPanel);
