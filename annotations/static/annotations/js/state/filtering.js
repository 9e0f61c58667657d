// @ts-check
/** Which annotations the list shows: by label, by whom, by state and by words. Pure. */
import { folded } from "../text/folded.js";

/** @typedef {import("../types.js").Annotation} Annotation */
/** @typedef {{label: string, by: string, state: string, words: string}} Filter each "" where it does not matter */
/**
 * @typedef {object} Facts what is asked of an annotation
 * @property {string} label
 * @property {string[]} by `me`, `person:…`, `tool:…`, `layer:gold`, `layer:imported`
 * @property {string[]} states the state of its annotator's assignment, and whether it waits to be saved
 */
/**
 * @typedef {object} Known what the annotations themselves do not say
 * @property {string} own state of one's own assignment, "" without one
 * @property {Record<string, string>} others state of others' assignments, by pseudonym
 * @property {Map<string, string>} tools key of an annotation → the tool whose suggestion was accepted
 * @property {Map<string, string>} unsaved key → `waiting`, `conflict`, `refused`
 */

/** @type {Filter} */
export const NO_FILTER = Object.freeze({ label: "", by: "", state: "", words: "" });

/** @param {Filter} filter */
export function isFilterEmpty({ label, by, state, words }) {
  return !label && !by && !state && !words.trim();
}

/** @param {Annotation} item @param {Known} known @returns {Facts} */
export function factsOf({ key, label, is_mine, annotator, layer, withdrawn_at }, { own, others, tools, unsaved }) {
  const tool = tools.get(key);
  const by = [is_mine ? "me" : `person:${annotator ?? ""}`];
  if (layer && layer !== "annotator") by.push(`layer:${layer}`);
  if (tool) by.push(`tool:${tool}`);
  const states = [withdrawn_at ? "withdrawn" : (is_mine ? own : others[annotator ?? ""]) || "none"];
  const waits = unsaved.get(key);
  if (waits) states.push(waits === "waiting" ? "unsaved" : "decision");
  return { label, by, states };
}

/** @type {WeakMap<Annotation, string>} */
const searched = new WeakMap();

/** Give the words of an annotation as they are searched: its quote and its note. @param {Annotation} item */
function wordsOf(item) {
  let found = searched.get(item);
  if (found === undefined) searched.set(item, (found = folded(`${item.quote} ${item.note ?? ""}`).text));
  return found;
}

/**
 * Bring the words of annotations to the form in which they are searched, some at a time, so that the first search is quick.
 * @param {Annotation[]} items
 */
export function* prepared(items) {
  for (const [n, item] of items.entries()) {
    wordsOf(item);
    if (n % 100 === 99) yield;
  }
}

/**
 * Make the question that a filter asks of each annotation.
 * @param {Filter} filter
 * @param {Known} known
 * @returns {(item: Annotation) => boolean}
 */
export function matcherOf({ label, by, state, words }, known) {
  const wanted = folded(words.trim()).text;
  return (item) => {
    if (label && item.label !== label) return false;
    if (by || state) {
      const facts = factsOf(item, known);
      if ((by && !facts.by.includes(by)) || (state && !facts.states.includes(state))) return false;
    }
    return !wanted || wordsOf(item).includes(wanted);
  };
}

/**
 * Count what can be chosen: value → number of annotations.
 * @param {Iterable<Annotation>} items
 * @param {Known} known
 */
export function facetsOf(items, known) {
  /** @type {{label: Map<string, number>, by: Map<string, number>, state: Map<string, number>}} */
  const counts = { label: new Map(), by: new Map(), state: new Map() };
  const add = (/** @type {Map<string, number>} */ map, /** @type {string} */ value) => map.set(value, (map.get(value) ?? 0) + 1);
  for (const item of items) {
    const facts = factsOf(item, known);
    add(counts.label, facts.label);
    for (const value of facts.by) add(counts.by, value);
    for (const value of facts.states) add(counts.state, value);
  }
  return counts;
}
