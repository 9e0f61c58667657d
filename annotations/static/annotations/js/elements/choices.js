// @ts-check
/** A group of boxes or circles of which some are ticked. */
import { h } from "../dom.js";

/**
 * @param {string} legend
 * @param {{name: string, type: "radio"|"checkbox", more?: Record<string, unknown>}} group
 * @param {[value: string, word: string][]} options
 */
export function choices(legend, { name, type, more = {} }, options) {
  const choice = (/** @type {[string, string]} */ [value, word]) => h("label", { class: "choice" }, h("input", { type, name, value }), h("span", {}, word));
  return h("fieldset", { class: "look", ...more }, h("legend", {}, legend), h("div", { class: "row" }, ...options.map(choice)));
}
