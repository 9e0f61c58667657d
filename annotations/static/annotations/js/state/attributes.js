// @ts-check
/**
 * Typed attributes of labels: what a label's definition says of a value, and whether a value keeps to it. Pure;
 * `annotations/text/attributes.py` says the same.
 */

/**
 * @typedef {object} Definition
 * @property {string} [key]
 * @property {string} [name]
 * @property {string} [kind] one, many, ordinal, number, text, yes_no; others are written as text
 * @property {(string|{key: string, name?: string})[]} [values]
 * @property {number} [min]
 * @property {number} [max]
 * @property {boolean} [required]
 * @property {{key: string, values: unknown[]}} [required_if] has to be given where another attribute has one of these values
 */

/** Give the name under which a value is kept. @param {Definition} definition */
export function keyOf({ key, name }) {
  return String(key || name || "");
}

/** @param {Definition} definition */
export function nameOf(definition) {
  return String(definition.name || keyOf(definition));
}

/** List what can be chosen. @param {Definition} definition */
export function choicesOf({ values }) {
  return (Array.isArray(values) ? values : []).map((choice) => (typeof choice === "object" ? { key: String(choice.key ?? ""), name: String(choice.name || choice.key) } : { key: String(choice), name: String(choice) }));
}

/** Tell whether an attribute has to be given, beside what the others are. @param {Definition} definition @param {Record<string, unknown>} values */
export function isRequired({ required, required_if: condition }, values) {
  if (required || !condition) return Boolean(required);
  const given = values[condition.key];
  const chosen = Array.isArray(given) ? given : [given];
  return Array.isArray(condition.values) && chosen.some((value) => condition.values.includes(value));
}

/** Tell whether a value keeps to its definition; none at all does not. @param {Definition} definition @param {unknown} value */
export function fits(definition, value) {
  const keys = choicesOf(definition).map(({ key }) => key);
  switch (definition.kind) {
    case "one":
    case "ordinal": return typeof value === "string" && keys.includes(value);
    case "many": return Array.isArray(value) && new Set(value).size === value.length && value.every((each) => keys.includes(each));
    case "number": return typeof value === "number" && Number.isFinite(value) && !(value < (definition.min ?? -Infinity)) && !(value > (definition.max ?? Infinity));
    case "text": return typeof value === "string" && value.length <= 2000;
    case "yes_no": return typeof value === "boolean";
    default: return value !== undefined && value !== null;
  }
}
