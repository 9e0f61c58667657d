// @ts-check
/**
 * Fields for the typed attributes that a label declares: of the selected annotation, of its relations, of labels on the
 * whole article. Fetched only where a label has attributes or stands below another.
 */
import { h, smallButton } from "../dom.js";
import { t } from "../messages.js";
import { choicesOf, fits, isRequired, keyOf, nameOf } from "../state/attributes.js";

/** @typedef {import("./desk.js").Desk} Desk */
/** @typedef {import("../types.js").Annotation} Annotation */
/** @typedef {import("../types.js").Sort} Sort */
/** @typedef {{key: string, label: string, is_mine: boolean, attributes?: Record<string, unknown>}} Labelled */
/** @typedef {import("../state/attributes.js").Definition} Definition */
/** @typedef {Record<string, unknown>} Values */

const PAUSE = 800;
/** More choices than these come as a list to open. */
const MOST_BUTTONS = 6;

/** Write down what was typed before Ctrl and Enter hand it in. @param {() => void} save */
const beforeSubmit = (save) => (/** @type {KeyboardEvent} */ { key, ctrlKey, metaKey }) => { if (key === "Enter" && (ctrlKey || metaKey)) save(); };

/** The fields of one judgement at a time: of the selected annotation, or of one relation or label on the article. */
export class FieldSet {
  section = h("div", { class: "span-attributes" });
  #sign = "";
  #timer = 0;
  /** @type {(() => void)|null} writes down what is being typed */
  #typed = null;

  /** @param {Desk} desk @param {Sort} sort @param {string} [prefix] tells the fields of several judgements apart */
  constructor(desk, sort, prefix = "") {
    this.desk = desk;
    this.sort = sort;
    this.prefix = prefix;
  }

  /** Show the attributes of a judgement. @param {Labelled} item */
  draw(item) {
    const values = item.attributes ?? {};
    const definitions = this.#definitions(item.label).map((each) => ({ ...each, required: isRequired(each, values) }));
    const mayEdit = item.is_mine && this.desk.isEditable;
    const sign = JSON.stringify([item.key, item.label, values, mayEdit]);
    if (sign === this.#sign || (mayEdit && this.#isBeingTyped(item.key))) return;
    this.flush();
    this.#sign = sign;
    const name = /** @type {HTMLElement|null} */ (document.activeElement)?.dataset.focus ?? "";
    const hadFocus = this.section.contains(document.activeElement);
    this.section.dataset.key = item.key;
    this.section.replaceChildren(...(mayEdit ? this.#toEdit(item.key, definitions, values) : this.#toRead(definitions, values)));
    if (hadFocus) /** @type {HTMLElement|null} */ (this.section.querySelector(`[data-focus="${CSS.escape(name)}"]`))?.focus();
  }

  /** Whether the person writes in one of the fields: it is left alone then. @param {string} key */
  #isBeingTyped(key) {
    const active = document.activeElement;
    const isText = active instanceof HTMLTextAreaElement || (active instanceof HTMLInputElement && active.type === "number");
    return isText && this.section.contains(active) && this.section.dataset.key === key;
  }

  /** Give the focus to the first field, and tell whether there is one. */
  focusFirst() {
    const field = /** @type {HTMLElement|null} */ (this.section.isConnected && this.section.querySelector("input:checked, input:not([type=radio]), select, textarea, input"));
    if (!field) return false;
    this.desk.side.show(this.sort === "article_label" ? "article" : "span", true);
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
    const { data, labels } = this.desk;
    const others = this.sort === "relation" ? data.labels_of_relations : data.labels_of_articles;
    const found = this.sort === "annotation" ? labels.get(label) : others?.find(({ key }) => key === label);
    return (found?.attributes ?? []).filter((/** @type {Definition} */ each) => keyOf(each));
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

  /** Tell the fields of an attribute from all others. @param {Definition} definition */
  #nameIn(definition) {
    return `attribute-${this.prefix}${keyOf(definition)}`;
  }

  /** @param {Definition} definition @param {...(Node|null)} parts */
  #group(definition, ...parts) {
    return h("fieldset", { class: "attribute" }, h("legend", { class: "form-name", dir: "auto" }, ...this.#name(definition)), h("div", { class: "stance-choices" }, ...parts));
  }

  /** @param {Definition} definition @param {{key: unknown, name: string}[]} choices @param {unknown} value @param {(given: unknown) => void} set */
  #buttons(definition, choices, value, set) {
    const name = this.#nameIn(definition);
    const all = definition.required && value !== undefined ? choices : [...choices, { key: undefined, name: t("attribute-none") }];
    return this.#group(definition, ...all.map((choice) => h("label", { class: "stance" },
      h("input", { type: "radio", name, checked: choice.key === value, "data-focus": `${name}-${choice.key}`, onchange: () => set(choice.key) }), h("span", { dir: "auto" }, choice.name))));
  }

  /** @param {Definition} definition @param {{key: string, name: string}[]} choices @param {unknown[]} chosen @param {(given: unknown) => void} set */
  #ticks(definition, choices, chosen, set) {
    const name = this.#nameIn(definition);
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
      h("select", { "data-focus": this.#nameIn(definition), onchange: choose }, h("option", { value: "" }, t("attribute-none")), ...options));
  }

  /** @param {Definition} definition @param {unknown} value @param {(given: unknown) => void} set */
  #number(definition, value, set) {
    const save = () => { if (field.reportValidity()) set(field.value === "" ? undefined : field.valueAsNumber); };
    const field = h("input", { type: "number", step: "any", inputmode: "decimal", min: definition.min, max: definition.max, value: typeof value === "number" ? String(value) : "",
      "data-focus": this.#nameIn(definition), "aria-required": String(Boolean(definition.required)),
      onchange: save, onkeydown: beforeSubmit(save) });
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
    const field = h("textarea", { rows: "1", maxlength: "2000", dir: "auto", class: "note", value, "data-focus": this.#nameIn(definition),
      "aria-required": String(Boolean(definition.required)), oninput: wait, onblur: () => this.flush() });
    return h("label", { class: "form-field" }, h("span", { class: "form-name", dir: "auto" }, ...this.#name(definition)), field);
  }

  /** Let an attribute have this value, or none. What no longer fits the label goes. @param {string} judgement @param {string} key @param {unknown} value */
  #set(judgement, key, value) {
    const { desk, sort } = this;
    const found = sort === "annotation" ? desk.deeds.editable(judgement) : desk.work.get(sort, judgement);
    const item = /** @type {Labelled|undefined} */ (/** @type {unknown} */ (found));
    if (!item?.is_mine || !desk.isEditable) return;
    const definitions = new Map(this.#definitions(item.label).map((each) => [keyOf(each), each]));
    const stands = (/** @type {[string, unknown]} */ [name, given]) => given !== undefined && (!definitions.has(name) || fits(/** @type {Definition} */ (definitions.get(name)), given));
    const attributes = Object.fromEntries(Object.entries({ ...item.attributes, [key]: value }).filter(stands));
    desk.acts.change(sort, judgement, { attributes });
  }
}

/** The fields of all judgements that are shown: those of the selected annotation, its relations, labels on the article. */
export class Fields {
  /** @type {Map<string, FieldSet>} of relations and labels on the article, by their keys */
  #others = new Map();

  /** @param {Desk} desk @param {AbortSignal} signal ends it */
  constructor(desk, signal) {
    this.desk = desk;
    this.ofSpan = new FieldSet(desk, "annotation");
    addEventListener("pagehide", () => this.flush(), { signal });
    const flush = desk.panel.flush.bind(desk.panel);
    desk.panel.flush = () => { // as before submitting: what was typed last goes with the note
      this.flush();
      flush();
    };
  }

  /** Show the attributes of the selected annotation between its note and its claims. @param {Annotation} annotation @param {HTMLElement} card */
  draw(annotation, card) {
    this.#indent(card);
    this.ofSpan.draw(annotation);
    if (this.ofSpan.section.parentElement !== card) card.insertBefore(this.ofSpan.section, card.querySelector(".span-claims"));
  }

  /** Give the fields of a relation or a label on the article; they stay the same as long as it does. @param {Sort} sort @param {Labelled} item */
  of(sort, item) {
    const found = this.#others.get(item.key) ?? new FieldSet(this.desk, sort, `${item.key}-`);
    this.#others.set(item.key, found);
    found.draw(item);
    return found.section;
  }

  /** Draw anew those of what is shown. @param {Labelled[]} items */
  refresh(items) {
    for (const item of items) this.#others.get(item.key)?.draw(item);
  }

  /**
   * Give the focus to the first field: of the selected annotation or its relations, else of the labels on the article.
   * Tell whether there is one.
   */
  focusFirst() {
    if (!this.desk.walk.current) return this.#focusOnArticle();
    return this.ofSpan.focusFirst() || [...this.#others.values()].some((each) => each.sort === "relation" && each.focusFirst());
  }

  /** Where no label stands on the article yet, its boxes get the focus. */
  #focusOnArticle() {
    if ([...this.#others.values()].some((each) => each.sort === "article_label" && each.focusFirst())) return true;
    const box = /** @type {HTMLElement|null} */ (this.desk.root.querySelector("[data-article-label]:not(:disabled)"));
    if (!box) return false;
    this.desk.side.show("article", true);
    box.focus();
    return true;
  }

  /** Give the focus to the fields of one judgement. @param {string} key */
  focusOn(key) {
    return this.ofSpan.section.dataset.key === key ? this.ofSpan.focusFirst() : this.#others.get(key)?.focusFirst() ?? false;
  }

  /** Write down what is being typed. */
  flush() {
    for (const each of [this.ofSpan, ...this.#others.values()]) each.flush();
  }

  /** Show in the list of labels which stands below which. @param {HTMLElement} card */
  #indent(card) {
    for (const option of /** @type {NodeListOf<HTMLOptionElement>} */ (card.querySelectorAll(".span-label option"))) {
      const { name = "", depth = 0 } = this.desk.labels.get(option.value) ?? {};
      const text = `${"\u2003".repeat(depth)}${name}`;
      if (name && option.text !== text) option.textContent = text;
    }
  }
}
