// @ts-check
/** Definitions of typed attributes as the label editor shows and writes them. Pure; what it does not know it leaves. */
import { choicesOf } from "./attributes.js";

/** @typedef {import("./attributes.js").Definition & Record<string, unknown>} Definition */
/**
 * @typedef {object} Filled what stands in the fields of one attribute
 * @property {string} name
 * @property {string} key
 * @property {string} kind
 * @property {string} values one a line; `key = name` where a choice has a name of its own
 * @property {string} min
 * @property {string} max
 * @property {string} chosen
 * @property {string} ticked
 * @property {string} typed
 * @property {boolean} required
 * @property {string} needed "key = value, value": the attribute has to be given where another has one of these values
 */

export const CHOOSING = ["one", "ordinal", "many"];
const KINDS = [...CHOOSING, "yes_no", "number", "text"];

/** @param {Definition} definition @returns {Filled} */
export function filledFrom(definition) {
  const { kind = "", required, min, max, required_if: condition } = definition;
  const start = definition.default;
  const known = KINDS.includes(kind) ? kind : "text";
  return {
    name: String(definition.name ?? ""),
    key: String(definition.key ?? ""),
    kind: known,
    values: choicesOf(definition).map(({ key, name }) => (key === name ? key : `${key} = ${name}`)).join("\n"),
    min: min === undefined || min === null ? "" : String(min),
    max: max === undefined || max === null ? "" : String(max),
    chosen: typeof start === "string" || typeof start === "boolean" ? String(start) : "",
    ticked: Array.isArray(start) ? start.join(", ") : "",
    typed: typeof start === "string" || typeof start === "number" ? String(start) : "",
    required: Boolean(required),
    needed: condition ? `${condition.key} = ${(Array.isArray(condition.values) ? condition.values : []).map(said).join(", ")}` : "",
  };
}

/**
 * Give the definition that stands in the fields. What they do not show of the former one stays.
 * @param {Filled} filled
 * @param {Definition} [former]
 * @returns {Definition}
 */
export function definitionFrom(filled, former = {}) {
  const { values: _values, min: _min, max: _max, default: _default, required: _required, required_if: condition, name: _name, key: _key, kind: _kind, ...further } = former;
  /** @type {Definition} */
  const made = { key: filled.key || keyFrom(filled.name), ...(filled.name && { name: filled.name }), kind: filled.kind, ...further };
  if (CHOOSING.includes(filled.kind)) made.values = choicesIn(filled.values);
  if (filled.kind === "number") {
    if (filled.min !== "") made.min = Number(filled.min);
    if (filled.max !== "") made.max = Number(filled.max);
  }
  const start = startIn(filled);
  if (start !== undefined) made.default = start;
  if (filled.required) made.required = true;
  const needed = conditionIn(filled.needed ?? "", condition);
  if (needed) made.required_if = needed;
  return made;
}

/** Write a value as it is typed. @param {unknown} value */
function said(value) {
  return value === true ? "yes" : value === false ? "no" : String(value);
}

/**
 * Read "key = value, value". What reads as the former one stays as that was, numbers and truth values too.
 * @param {string} typed
 * @param {import("./attributes.js").Definition["required_if"]} former
 */
function conditionIn(typed, former) {
  const [, key = "", values = ""] = /^\s*(\S+)\s*=\s*(.*)$/s.exec(typed) ?? [];
  const words = values.split(",").map((word) => word.trim()).filter(Boolean);
  if (!typed.trim()) return undefined;
  const known = new Map((former?.values ?? []).map((value) => [said(value), value]));
  const read = (/** @type {string} */ word) => (known.has(word) ? known.get(word) : word === "yes" ? true : word === "no" ? false : word);
  return { key: key || typed.trim(), values: words.map(read) };
}

/** @param {string} lines */
export function choicesIn(lines) {
  return lines.split("\n").map((line) => line.trim()).filter(Boolean).map((line) => {
    const [, key, name] = /^(.*?\S)\s+=\s+(\S.*)$/.exec(line) ?? [];
    return key ? { key, name } : line;
  });
}

/** @param {Filled} filled @returns {unknown} */
function startIn({ kind, chosen, ticked, typed }) {
  if (kind === "one" || kind === "ordinal") return chosen || undefined;
  if (kind === "yes_no") return chosen === "" ? undefined : chosen === "true";
  if (kind === "many") {
    const keys = ticked.split(",").map((key) => key.trim()).filter(Boolean);
    return keys.length ? keys : undefined;
  }
  if (typed.trim() === "") return undefined;
  return kind === "number" ? (Number.isFinite(Number(typed)) ? Number(typed) : typed) : typed;
}

/** Make a key of a name. @param {string} name */
export function keyFrom(name) {
  const plain = name.toLowerCase().replace(/[^a-z0-9]+/g, "_").replace(/^_+|_+$/g, "");
  return (/^[a-z]/.test(plain) || !plain ? plain : `label_${plain}`).slice(0, 50).replace(/_+$/, "");
}
