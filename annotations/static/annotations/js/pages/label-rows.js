// @ts-check
/**
 * The label editor: rows are moved, added and said what clashes without a round trip; attributes get fields. Without this
 * script there are numbers for the order, one empty row at the end, and attributes as JSON.
 */
import { h, need } from "../dom.js";
import { distance, pairOf } from "../state/colours.js";
import { definitionFrom, filledFrom, keyFrom } from "../state/definitions.js";

/** @typedef {import("../state/definitions.js").Definition} Definition */
/** @typedef {{partners: Record<string, string>, near: number, shortcuts: string}} Editor */

const MOST_FREE = 8;
/** @param {string} sentence @param {Record<string, string|number>} values */
const filled = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (_whole, name) => String(values[name] ?? ""));

/** @param {ParentNode} row @param {string} name @returns {HTMLInputElement} */
const field = (row, name) => /** @type {HTMLInputElement} */ (need(row, `[name$="-${name}"]`));

/** @param {HTMLFormElement} form */
function connect(form) {
  const list = need(form, "ol.label-rows");
  const add = need(form, "[data-add-row]");
  const { partners, near, shortcuts } = /** @type {Editor} */ (JSON.parse(need(document, "#label-editor").textContent ?? "{}"));
  const said = form.dataset;
  const total = field(form, "TOTAL_FORMS");
  let isDirty = Boolean(form.querySelector(".label-row-errors, [role=alert]"));

  const rows = () => /** @type {HTMLElement[]} */ ([...list.children]);
  const nameOf = (/** @type {HTMLElement} */ row) => field(row, "name").value.trim() || said.nameless || "";
  const stays = (/** @type {HTMLElement} */ row) => Boolean(field(row, "name").value.trim()) && !field(row, "is_removed").checked;

  form.classList.add("has-script");
  add.hidden = false;
  add.addEventListener("click", addRow);
  const placeOf = (/** @type {HTMLElement} */ row) => Number(field(row, "position").value || Infinity);
  list.append(...rows().sort((one, other) => placeOf(one) - placeOf(other))); // a refused form comes back in its former order
  for (const row of rows()) prepare(row);
  refresh();
  form.addEventListener("input", () => { isDirty = true; });
  form.addEventListener("submit", () => { isDirty = false; });
  addEventListener("beforeunload", (event) => { if (isDirty) event.preventDefault(); });

  function addRow() {
    const row = importRow(total.value);
    total.value = String(Number(total.value) + 1);
    list.append(row);
    prepare(row);
    refresh();
    field(row, "name").focus();
  }

  /** @param {string} number */
  function importRow(number) {
    const template = /** @type {HTMLTemplateElement} */ (need(form, "[data-empty-row]"));
    const row = document.importNode(template.content, true);
    for (const element of row.querySelectorAll("[name], [id], [for]")) {
      for (const name of ["name", "id", "for", "aria-describedby"]) {
        const value = element.getAttribute(name);
        if (value) element.setAttribute(name, value.replaceAll("__prefix__", number));
      }
    }
    return /** @type {HTMLElement} */ (row.firstElementChild);
  }

  /** @param {HTMLElement} row */
  function prepare(row) {
    for (const button of /** @type {NodeListOf<HTMLButtonElement>} */ (row.querySelectorAll("[data-move]"))) {
      button.hidden = false;
      button.addEventListener("click", () => move(row, Number(button.dataset.move), button));
    }
    row.addEventListener("keydown", (event) => {
      const way = event.altKey && { ArrowUp: -1, ArrowDown: 1 }[event.key];
      if (!way) return;
      event.preventDefault();
      move(row, way, /** @type {HTMLElement} */ (document.activeElement));
    });
    let hasOwnKey = Boolean(field(row, "key").value);
    field(row, "key").addEventListener("input", () => { hasOwnKey = field(row, "key").value !== ""; });
    field(row, "name").addEventListener("input", () => {
      if (!hasOwnKey) field(row, "key").value = keyFrom(field(row, "name").value);
    });
    row.addEventListener("input", refresh);
    row.addEventListener("change", refresh);
    for (const choice of /** @type {NodeListOf<HTMLElement>} */ (row.querySelectorAll("[data-color]"))) {
      choice.style.setProperty("--label-color", lightDark(choice.dataset.color ?? ""));
      choice.addEventListener("click", () => {
        field(row, "color").value = choice.dataset.color ?? "";
        field(row, "color").dispatchEvent(new Event("input", { bubbles: true }));
      });
    }
    need(row, "[data-colours]").hidden = false;
    new AttributeRows(form, row);
  }

  /** @param {HTMLElement} row @param {number} way @param {HTMLElement} focused */
  function move(row, way, focused) {
    const other = way < 0 ? row.previousElementSibling : row.nextElementSibling;
    if (!other) return;
    if (way < 0) other.before(row);
    else other.after(row);
    isDirty = true;
    refresh();
    focused.focus();
    row.scrollIntoView({ block: "nearest" });
    const all = rows();
    need(form, "[data-said]").textContent = filled(said.moved ?? "", { name: nameOf(row), n: all.indexOf(row) + 1, all: all.length });
  }

  /** @param {string} color */
  function lightDark(color) {
    const [onLight, onDark] = pairOf(color, partners);
    return `light-dark(${onLight}, ${onDark})`;
  }

  /** Say everywhere what follows from what is written: order, clashes, near colours, labels to stand below. */
  function refresh() {
    const all = rows();
    all.forEach((row, n) => {
      field(row, "position").value = String(n + 1);
      for (const button of /** @type {NodeListOf<HTMLElement>} */ (row.querySelectorAll("[data-move]"))) {
        button.setAttribute("aria-label", filled((button.dataset.move === "1" ? said.down : said.up) ?? "", { name: nameOf(row) }));
      }
      show(row);
      hintShortcut(row, all);
      hintColour(row, all);
    });
    offerParents(all);
  }

  /** @param {HTMLElement} row */
  function show(row) {
    const shortcut = field(row, "shortcut").value.toUpperCase();
    const kbd = need(row, "[data-shown=shortcut]");
    need(row, "[data-shown=name]").textContent = nameOf(row);
    kbd.textContent = shortcut;
    kbd.hidden = !shortcut;
    need(row, "[data-chip]").style.setProperty("--label-color", lightDark(field(row, "color").value));
    const chosen = (/** @type {string} */ name) => /** @type {HTMLSelectElement} */ (/** @type {unknown} */ (field(row, name))).selectedOptions[0]?.text ?? "";
    const isRetired = field(row, "is_removed").checked;
    row.classList.toggle("is-retired", isRetired);
    const parent = field(row, "parent").value ? `↳ ${chosen("parent")}` : "";
    need(row, "[data-shown=facts]").textContent = [isRetired ? said.retired ?? "" : "", chosen("applies_to"), parent].filter(Boolean).join(" · ");
  }

  /** @param {HTMLElement} row @param {HTMLElement[]} all */
  function hintShortcut(row, all) {
    const wanted = field(row, "shortcut").value.toUpperCase();
    const hint = need(row, "[data-hint=shortcut]");
    const others = all.filter((each) => each !== row && stays(each));
    const holder = wanted && others.find((each) => field(each, "shortcut").value.toUpperCase() === wanted);
    const isKey = !wanted || shortcuts.includes(wanted);
    const taken = new Set(others.map((each) => field(each, "shortcut").value.toUpperCase()));
    const free = [...shortcuts].filter((each) => !taken.has(each)).slice(0, MOST_FREE).join(", ");
    write(hint, !isKey ? said.reserved ?? "" : holder && stays(row) ? filled(said.taken ?? "", { value: wanted, other: nameOf(holder), free }) : "");
    field(row, "shortcut").setAttribute("aria-invalid", String(!isKey || Boolean(holder && stays(row))));
  }

  /** @param {HTMLElement} row @param {HTMLElement[]} all */
  function hintColour(row, all) {
    const color = field(row, "color").value;
    const alike = all.filter((each) => each !== row && stays(each) && field(each, "applies_to").value === field(row, "applies_to").value);
    const tooNear = (/** @type {string} */ one) => alike.filter((each) => distance(one, field(each, "color").value, partners) < near);
    const found = stays(row) ? tooNear(color) : [];
    write(need(row, "[data-hint=color]"), found.length ? filled(said.near ?? "", { other: found.map(nameOf).join(", ") }) : "");
    if (!(/** @type {HTMLDetailsElement} */ (need(row, "details")).open)) return;
    for (const choice of /** @type {NodeListOf<HTMLElement>} */ (row.querySelectorAll("[data-color]"))) {
      const value = choice.dataset.color ?? "";
      choice.setAttribute("aria-pressed", String(value === color));
      choice.classList.toggle("is-taken", tooNear(value).length > 0);
    }
  }

  /** @param {HTMLElement[]} all */
  function offerParents(all) {
    const labels = all.filter((row) => stays(row) && field(row, "key").value).map((row) => ({ row, key: field(row, "key").value, parent: field(row, "parent").value, kind: field(row, "applies_to").value }));
    const parentOf = new Map(labels.map(({ key, parent }) => [key, parent]));
    const isBelow = (/** @type {string} */ key, /** @type {string} */ above) => {
      for (let n = 0, here = parentOf.get(key); here && n <= labels.length; n += 1, here = parentOf.get(here)) if (here === above) return true;
      return false;
    };
    for (const row of all) {
      const select = /** @type {HTMLSelectElement} */ (/** @type {unknown} */ (field(row, "parent")));
      const own = field(row, "key").value;
      const kind = field(row, "applies_to").value;
      const offered = labels.filter((each) => each.row !== row && (each.key === select.value || (each.kind === kind && !(own && isBelow(each.key, own)))));
      const sign = JSON.stringify(offered.map(({ row: each, key }) => [key, nameOf(each)]));
      if (select.dataset.sign === sign) continue;
      select.dataset.sign = sign;
      const { value } = select;
      select.replaceChildren(h("option", { value: "" }, said.none), ...offered.map(({ row: each, key }) => h("option", { value: key, selected: key === value }, nameOf(each))));
    }
  }

  /** @param {HTMLElement} place @param {string} sentence */
  function write(place, sentence) {
    if (place.textContent !== sentence) place.textContent = sentence;
  }

  list.addEventListener("toggle", () => refresh(), { capture: true });
}

/** The attributes of one label: fields, from which the JSON of the form is written. */
class AttributeRows {
  /** @param {HTMLFormElement} form @param {HTMLElement} row */
  constructor(form, row) {
    this.form = form;
    this.written = field(row, "attributes");
    this.place = need(row, "[data-attributes]");
    this.list = need(this.place, "ol");
    /** @type {Definition[]|null} */
    let found = null;
    try {
      found = JSON.parse(this.written.value || "[]");
    } catch {
      return; // what cannot be read stays as it was written, to be put right there
    }
    if (!Array.isArray(found)) return;
    this.place.hidden = false;
    need(row, ".label-row-attributes").hidden = true;
    for (const definition of found) this.#add(definition);
    need(this.place, "[data-add-attribute]").addEventListener("click", () => {
      const made = this.#add({ kind: "one" });
      need(made, "[data-part=name]").focus();
      this.#write();
    });
  }

  /** @param {Definition} definition */
  #add(definition) {
    const template = /** @type {HTMLTemplateElement} */ (need(this.form, "template[data-attribute]"));
    const made = /** @type {HTMLElement} */ (/** @type {DocumentFragment} */ (document.importNode(template.content, true)).firstElementChild);
    const start = filledFrom(definition);
    for (const part of this.#parts(made)) {
      const value = start[/** @type {keyof import("../state/definitions.js").Filled} */ (part.dataset.part)];
      if (typeof value === "boolean") part.checked = value;
      else if (part.dataset.part !== "chosen") part.value = value;
    }
    former.set(made, definition);
    this.list.append(made);
    this.#fit(made, start.chosen);
    made.addEventListener("input", () => {
      this.#fit(made);
      this.#write();
    });
    made.addEventListener("change", () => this.#write());
    need(made, "[data-attribute-remove]").addEventListener("click", () => {
      const next = /** @type {HTMLElement|null} */ (made.nextElementSibling ?? made.previousElementSibling);
      made.remove();
      (next?.querySelector("input") ?? need(this.place, "[data-add-attribute]")).focus();
      this.#tell();
    });
    need(made, "[data-attribute-up]").addEventListener("click", ({ currentTarget }) => {
      made.previousElementSibling?.before(made);
      /** @type {HTMLElement} */ (currentTarget).focus();
      this.#tell();
    });
    return made;
  }

  /** @param {HTMLElement} made @returns {NodeListOf<HTMLInputElement>} */
  #parts(made) {
    return made.querySelectorAll("[data-part]");
  }

  /** Show the fields of the chosen kind, and offer its values to begin with. @param {HTMLElement} made @param {string} [chosen] */
  #fit(made, chosen) {
    const now = this.#filled(made);
    for (const each of /** @type {NodeListOf<HTMLElement>} */ (made.querySelectorAll("[data-for]"))) each.hidden = !each.dataset.for?.split(" ").includes(now.kind);
    const select = /** @type {HTMLSelectElement} */ (need(made, "[data-part=chosen]"));
    const { none = "", yes = "", no = "" } = this.form.dataset;
    const values = definitionFrom({ ...now, kind: "one" }).values ?? [];
    const choices = now.kind === "yes_no" ? [["true", yes], ["false", no]] : values.map((each) => (typeof each === "string" ? [each, each] : [each.key, each.name ?? each.key]));
    const value = chosen ?? select.value;
    select.replaceChildren(h("option", { value: "" }, none), ...choices.map(([key, name]) => h("option", { value: key, selected: key === value }, name)));
  }

  /** @param {HTMLElement} made @returns {import("../state/definitions.js").Filled} */
  #filled(made) {
    const pairs = [...this.#parts(made)].map((part) => [part.dataset.part, part.type === "checkbox" ? part.checked : part.value]);
    return Object.fromEntries(pairs);
  }

  /** Say that something changed that no field told. */
  #tell() {
    this.#write();
    this.written.dispatchEvent(new Event("input", { bubbles: true }));
  }

  #write() {
    const made = /** @type {HTMLElement[]} */ ([...this.list.children]).map((each) => definitionFrom(this.#filled(each), former.get(each)));
    this.written.value = made.length ? JSON.stringify(made) : "";
  }
}

/** What a definition was when the page came. @type {WeakMap<HTMLElement, Definition>} */
const former = new WeakMap();

const editor = document.querySelector("[data-rows]");
if (editor instanceof HTMLFormElement) connect(editor);
