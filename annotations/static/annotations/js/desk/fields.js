// @ts-check
/**
 * Fields for the typed attributes that a label declares, between the note and the claims of the selected annotation.
 * Fetched only where a label has attributes or stands below another.
 */
import { h, smallButton } from "../dom.js";
import { t } from "../messages.js";
import { choicesOf, fits, keyOf, nameOf } from "../state/attributes.js";

/** @typedef {import("./desk.js").Desk} Desk */
/** @typedef {import("../types.js").Annotation} Annotation */
/** @typedef {import("../state/attributes.js").Definition} Definition */
/** @typedef {Record<string, unknown>} Values */

const PAUSE = 800;
/** More choices than these come as a list to open. */
const MOST_BUTTONS = 6;

export class Fields {
  #section = h("div", { class: "span-attributes" });
  #sign = "";
  #timer = 0;
  /** @type {(() => void)|null} writes down what is being typed */
  #typed = null;

  /** @param {Desk} desk @param {AbortSignal} signal ends it */
  constructor(desk, signal) {
    this.desk = desk;
    addEventListener("pagehide", () => this.flush(), { signal });
    const flush = desk.panel.flush.bind(desk.panel);
    desk.panel.flush = () => { // as before submitting: what was typed last goes with the note
      this.flush();
      flush();
    };
  }

  /** Show the attributes of the selected annotation. @param {Annotation} annotation @param {HTMLElement} card */
  draw(annotation, card) {
    const definitions = this.#definitions(annotation.label);
    const values = annotation.attributes ?? {};
    const mayEdit = annotation.is_mine && this.desk.isEditable;
    this.#indent(card);
    const sign = JSON.stringify([annotation.key, annotation.label, values, mayEdit]);
    if (sign !== this.#sign && !this.#isBeingTyped(annotation.key)) {
      this.flush();
      this.#sign = sign;
      const name = /** @type {HTMLElement|null} */ (document.activeElement)?.dataset.focus ?? "";
      const hadFocus = this.#section.contains(document.activeElement);
      this.#section.dataset.key = annotation.key;
      this.#section.replaceChildren(...(mayEdit ? this.#toEdit(annotation.key, definitions, values) : this.#toRead(definitions, values)));
      if (hadFocus) /** @type {HTMLElement|null} */ (this.#section.querySelector(`[data-focus="${CSS.escape(name)}"]`))?.focus();
    }
    if (this.#section.parentElement !== card) card.insertBefore(this.#section, card.querySelector(".span-claims"));
  }

  /** Whether the person writes in one of the fields: it is left alone then. @param {string} key */
  #isBeingTyped(key) {
    const active = document.activeElement;
    const isText = active instanceof HTMLTextAreaElement || (active instanceof HTMLInputElement && active.type === "number");
    return isText && this.#section.contains(active) && this.#section.dataset.key === key;
  }

  /** Give the focus to the first field, and tell whether there is one. */
  focusFirst() {
    const field = /** @type {HTMLElement|null} */ (this.#section.isConnected && this.#section.querySelector("input:checked, input:not([type=radio]), select, textarea, input"));
    if (!field || !this.desk.walk.current) return false;
    this.desk.side.show("span", true);
    field.focus();
    return true;
  }

  /** Write down what is being typed. */
  flush() {
    clearTimeout(this.#timer);
    const typed = this.#typed;
    this.#typed = null;
    typed?.();
  }

  /** @param {string} label @returns {Definition[]} */
  #definitions(label) {
    const { attributes = [] } = this.desk.labels.get(label) ?? {};
    return attributes.filter((each) => keyOf(each));
  }

  /** Show in the list of labels which stands below which. @param {HTMLElement} card */
  #indent(card) {
    for (const option of /** @type {NodeListOf<HTMLOptionElement>} */ (card.querySelectorAll(".span-label option"))) {
      const { name = "", depth = 0 } = this.desk.labels.get(option.value) ?? {};
      const text = `${"\u2003".repeat(depth)}${name}`;
      if (name && option.text !== text) option.textContent = text;
    }
  }

  /** @param {Definition[]} definitions @param {Values} values @returns {HTMLElement[]} */
  #toRead(definitions, values) {
    const known = new Map(definitions.map((each) => [keyOf(each), each]));
    const rows = Object.entries(values).map(([key, value]) => {
      const definition = known.get(key);
      return [h("dt", { dir: "auto" }, definition ? nameOf(definition) : key), h("dd", { dir: "auto" }, this.#words(definition, value))];
    });
    return rows.length ? [h("dl", { class: "facts" }, ...rows.flat())] : [];
  }

  /** @param {Definition|undefined} definition @param {unknown} value @returns {string} */
  #words(definition, value) {
    if (typeof value === "boolean") return t(value ? "yes" : "no");
    if (Array.isArray(value)) return value.map((each) => this.#words(definition, each)).join(", ");
    const choice = definition && choicesOf(definition).find(({ key }) => key === value);
    return choice?.name ?? (typeof value === "object" ? JSON.stringify(value) : String(value));
  }

  /** @param {string} annotation @param {Definition[]} definitions @param {Values} values */
  #toEdit(annotation, definitions, values) {
    const known = new Set(definitions.map(keyOf));
    const missing = definitions.filter((each) => each.required && !fits(each, values[keyOf(each)])).length;
    const further = Object.entries(values).filter(([key]) => !known.has(key));
    return [
      ...definitions.map((each) => this.#field(annotation, each, values[keyOf(each)])),
      ...(missing ? [h("p", { class: "form-problem" }, t("attributes-missing", { n: missing }))] : []),
      ...(further.length ? [h("dl", { class: "facts" }, ...further.flatMap(([key, value]) => [h("dt", { dir: "auto" }, key),
        h("dd", { dir: "auto" }, this.#words(undefined, value), " ", smallButton("✕", () => this.#set(annotation, key, undefined), { "aria-label": t("attribute-remove", { name: key }) }))]))] : []),
    ];
  }

  /** @param {string} annotation @param {Definition} definition @param {unknown} value */
  #field(annotation, definition, value) {
    const key = keyOf(definition);
    const set = (/** @type {unknown} */ given) => this.#set(annotation, key, given);
    const choices = choicesOf(definition);
    switch (definition.kind) {
      case "one":
      case "ordinal": return choices.length > MOST_BUTTONS ? this.#list(definition, choices, value, set) : this.#buttons(definition, choices, value, set);
      case "yes_no": return this.#buttons(definition, [{ key: true, name: t("yes") }, { key: false, name: t("no") }], value, set);
      case "many": return this.#ticks(definition, choices, Array.isArray(value) ? value : [], set);
      case "number": return this.#number(definition, value, set);
      default: return this.#text(definition, typeof value === "string" ? value : "", set);
    }
  }

  /** The name of an attribute, and whether it has to be given. @param {Definition} definition */
  #name(definition) {
    return [nameOf(definition), definition.required ? h("small", {}, ` (${t("attribute-required")})`) : null];
  }

  /** @param {Definition} definition @param {...(Node|null)} parts */
  #group(definition, ...parts) {
    return h("fieldset", { class: "attribute" }, h("legend", { class: "form-name", dir: "auto" }, ...this.#name(definition)), h("div", { class: "stance-choices" }, ...parts));
  }

  /** @param {Definition} definition @param {{key: unknown, name: string}[]} choices @param {unknown} value @param {(given: unknown) => void} set */
  #buttons(definition, choices, value, set) {
    const name = `attribute-${keyOf(definition)}`;
    const all = definition.required && value !== undefined ? choices : [...choices, { key: undefined, name: t("attribute-none") }];
    return this.#group(definition, ...all.map((choice) => h("label", { class: "stance" },
      h("input", { type: "radio", name, checked: choice.key === value, "data-focus": `${name}-${choice.key}`, onchange: () => set(choice.key) }), h("span", { dir: "auto" }, choice.name))));
  }

  /** @param {Definition} definition @param {{key: string, name: string}[]} choices @param {unknown[]} chosen @param {(given: unknown) => void} set */
  #ticks(definition, choices, chosen, set) {
    const name = `attribute-${keyOf(definition)}`;
    const toggle = (/** @type {string} */ key) => {
      const now = choices.map((each) => each.key).filter((each) => chosen.includes(each) !== (each === key));
      set(now.length ? now : undefined);
    };
    return this.#group(definition, ...choices.map(({ key, name: word }) => h("label", { class: "stance" },
      h("input", { type: "checkbox", checked: chosen.includes(key), "data-focus": `${name}-${key}`, onchange: () => toggle(key) }), h("span", { dir: "auto" }, word))));
  }

  /** @param {Definition} definition @param {{key: string, name: string}[]} choices @param {unknown} value @param {(given: unknown) => void} set */
  #list(definition, choices, value, set) {
    const options = choices.map(({ key, name }) => h("option", { value: key, selected: key === value }, name));
    const choose = (/** @type {Event} */ { target }) => set(/** @type {HTMLSelectElement} */ (target).value || undefined);
    return h("label", { class: "form-field" }, h("span", { class: "form-name", dir: "auto" }, ...this.#name(definition)),
      h("select", { "data-focus": `attribute-${keyOf(definition)}`, onchange: choose }, h("option", { value: "" }, t("attribute-none")), ...options));
  }

  /** @param {Definition} definition @param {unknown} value @param {(given: unknown) => void} set */
  #number(definition, value, set) {
    const field = h("input", { type: "number", step: "any", inputmode: "decimal", min: definition.min, max: definition.max, value: typeof value === "number" ? String(value) : "",
      "data-focus": `attribute-${keyOf(definition)}`, "aria-required": String(Boolean(definition.required)),
      onchange: () => field.reportValidity() && set(field.value === "" ? undefined : field.valueAsNumber) });
    return h("label", { class: "form-field" }, h("span", { class: "form-name", dir: "auto" }, ...this.#name(definition)), field);
  }

  /** @param {Definition} definition @param {string} value @param {(given: unknown) => void} set */
  #text(definition, value, set) {
    const save = () => set(field.value.trim() ? field.value : undefined);
    const wait = () => {
      clearTimeout(this.#timer);
      this.#typed = save;
      this.#timer = window.setTimeout(() => this.flush(), PAUSE);
    };
    const field = h("textarea", { rows: "1", maxlength: "2000", dir: "auto", class: "note", value, "data-focus": `attribute-${keyOf(definition)}`,
      "aria-required": String(Boolean(definition.required)), oninput: wait, onblur: () => this.flush() });
    return h("label", { class: "form-field" }, h("span", { class: "form-name", dir: "auto" }, ...this.#name(definition)), field);
  }

  /** Let an attribute have this value, or none. What no longer fits the label goes. @param {string} annotation @param {string} key @param {unknown} value */
  #set(annotation, key, value) {
    const item = this.desk.deeds.editable(annotation);
    if (!item) return;
    const definitions = new Map(this.#definitions(item.label).map((each) => [keyOf(each), each]));
    const stands = (/** @type {[string, unknown]} */ [name, given]) => given !== undefined && (!definitions.has(name) || fits(/** @type {Definition} */ (definitions.get(name)), given));
    const attributes = Object.fromEntries(Object.entries({ ...item.attributes, [key]: value }).filter(stands));
    this.desk.acts.change("annotation", annotation, { attributes });
  }
}
