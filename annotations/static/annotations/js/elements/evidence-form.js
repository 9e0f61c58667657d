// @ts-check
/**
 * `<evidence-form>`: the fields of one source link. Sends `evidence-given` with the fields, or `evidence-dropped`.
 * What is typed is kept as a draft in this tab until it is saved.
 */
import { h, smallButton } from "../dom.js";
import { t } from "../messages.js";
import { draftOf, keepDraft, STANCE_SIGNS } from "../state/drafts.js";
import { checkSourceUrl } from "../text/urls.js";

/** @typedef {import("../state/drafts.js").EvidenceFields} EvidenceFields */

export const STANCES = /** @type {const} */ (["supports", "refutes", "neutral"]);

export class EvidenceForm extends HTMLElement {
  /** Key of what the draft belongs to. */
  draft = "";
  /** @type {EvidenceFields} */
  fields = { url: "", title: "", stance: "supports", quote: "", note: "" };

  connectedCallback() {
    if (this.firstChild) return;
    const kept = draftOf(this.draft);
    if (kept) this.fields = kept;
    const { url, title, quote, note } = this.fields;
    const field = (/** @type {string} */ name, /** @type {HTMLElement} */ control, help = "") =>
      h("label", { class: "form-field" }, h("span", { class: "form-name" }, t(name), help ? h("small", {}, ` ${help}`) : null), control);
    const form = h(
      "form",
      { novalidate: true, onsubmit: (/** @type {Event} */ event) => this.#given(event), oninput: () => keepDraft(this.draft, this.#read()) },
      field("url", h("input", { name: "url", type: "url", inputmode: "url", autocomplete: "off", spellcheck: "false", maxlength: "2100", placeholder: "https://", value: url, dir: "ltr" })),
      h("p", { class: "form-problem", role: "alert", hidden: true }),
      this.#stances(),
      field("quote", h("textarea", { name: "quote", rows: "2", dir: "auto", value: quote }), t("quote-help")),
      h("details", { open: Boolean(title || note) }, h("summary", {}, `${t("title")}, ${t("note")}`),
        field("title", h("input", { name: "title", maxlength: "300", dir: "auto", autocomplete: "off", value: title }), t("title-help")),
        field("note", h("textarea", { name: "note", rows: "2", dir: "auto", value: note })),
      ),
      h("div", { class: "form-acts" },
        h("button", { class: "button-primary button-small" }, t("save")),
        smallButton(t("cancel"), () => this.close()),
      ),
    );
    this.append(form);
  }

  #stances() {
    return h("fieldset", { class: "stances" }, h("legend", { class: "form-name" }, t("stance")),
      h("div", { class: "stance-choices" }, ...STANCES.map((stance) =>
        h("label", { class: `stance stance-${stance}` },
          h("input", { type: "radio", name: "stance", value: stance, checked: stance === this.fields.stance }),
          h("span", { "aria-hidden": "true" }, STANCE_SIGNS[stance]), ` ${t(stance)}`))));
  }

  focusFirst() {
    /** @type {HTMLElement|null} */ (this.querySelector("[name=url]"))?.focus();
  }

  /** Leave the form without saving. */
  close() {
    keepDraft(this.draft, null);
    this.dispatchEvent(new CustomEvent("evidence-dropped", { bubbles: true }));
  }

  /** @returns {EvidenceFields} */
  #read() {
    const data = new FormData(/** @type {HTMLFormElement} */ (this.querySelector("form")));
    const text = (/** @type {string} */ name) => String(data.get(name) ?? "").trim();
    return { url: text("url"), title: text("title"), stance: text("stance"), quote: text("quote"), note: text("note") };
  }

  /** @param {Event} event */
  #given(event) {
    event.preventDefault();
    const fields = this.#read();
    const { url, problem } = checkSourceUrl(fields.url);
    const word = /** @type {HTMLElement} */ (this.querySelector(".form-problem"));
    const input = /** @type {HTMLElement} */ (this.querySelector("[name=url]"));
    word.hidden = !problem;
    input.toggleAttribute("aria-invalid", false);
    if (problem) {
      word.textContent = t(`url-${problem}`);
      input.setAttribute("aria-invalid", "true");
      input.focus();
      return;
    }
    keepDraft(this.draft, null);
    this.dispatchEvent(new CustomEvent("evidence-given", { bubbles: true, detail: { ...fields, url } }));
  }
}

customElements.define("evidence-form", EvidenceForm);
