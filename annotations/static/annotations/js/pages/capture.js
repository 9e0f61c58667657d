// @ts-check
/**
 * The text of a capture: what is selected goes into the forms with its place, and an address with `#at=12-48` (code
 * points) leads to its passage. A passage of an article that was kept there can be linked with one selected here.
 * Without it the form for evidence takes copied words.
 */
import { kept, released } from "../passages/kept.js";
import { OffsetMap } from "../text/offsets.js";
import { shortened } from "../text/shortened.js";

const text = /** @type {HTMLElement|null} */ (document.querySelector("[data-capture-text]"));
const same = /** @type {HTMLElement|null} */ (document.querySelector("[data-same]"));

if (same) offered(same);
if (text) {
  const forms = /** @type {HTMLFormElement[]} */ ([...document.querySelectorAll("form[data-cite], [data-same] form")]);
  document.addEventListener("selectionchange", () => forms.forEach((form) => taken(text, form)));
  globalThis.addEventListener("hashchange", () => landed(text));
  landed(text);
}

/** Put what is selected into the form. @param {HTMLElement} within @param {HTMLFormElement} into */
function taken(within, into) {
  const selection = document.getSelection();
  if (!selection || selection.isCollapsed || selection.rangeCount === 0) return;
  const range = selection.getRangeAt(0);
  if (!within.contains(range.startContainer) || !within.contains(range.endContainer)) return;
  const start = offsetOf(range.startContainer, range.startOffset);
  const end = offsetOf(range.endContainer, range.endOffset);
  if (start === null || end === null || start >= end) return;
  const words = selection.toString();
  field(into, "words").value = words;
  // Between paragraphs the browser writes other line ends than the text has: then the server looks for the words.
  const isInOne = paragraphOf(range.startContainer) === paragraphOf(range.endContainer);
  field(into, "start").value = isInOne ? String(start) : "";
  field(into, "end").value = isInOne ? String(end) : "";
}

/** Offer to link the passage that waits, once one is selected here. @param {HTMLElement} section */
function offered(section) {
  const form = /** @type {HTMLFormElement} */ (section.querySelector("form"));
  const { user = "", project = "", articles = "" } = form.dataset;
  const waiting = kept({ user, project });
  if (!waiting) return;
  const link = /** @type {HTMLAnchorElement} */ (section.querySelector("[data-same-quote]"));
  link.textContent = `“${shortened(waiting.quote, 300)}” · ${shortened(waiting.title, 80)}`;
  link.href = `${articles}articles/${waiting.article}/`;
  const values = { from_version: waiting.version, from_start: waiting.start, from_end: waiting.end, from_quote: waiting.quote };
  for (const [name, value] of Object.entries(values)) field(form, name).value = String(value);
  section.hidden = false;
  form.addEventListener("submit", () => released()); // refused, it comes back in the form itself
  section.querySelector("[data-same-drop]")?.addEventListener("click", () => {
    released();
    section.hidden = true;
  });
}

/** @param {HTMLFormElement} of @param {string} name */
function field(of, name) {
  return /** @type {HTMLInputElement|HTMLTextAreaElement} */ (of.elements.namedItem(name));
}

/** @param {Node} node */
function paragraphOf(node) {
  const element = node instanceof Element ? node : node.parentElement;
  return /** @type {HTMLElement|null} */ (element?.closest("[data-start]") ?? null);
}

/** The offset in code points of a place in the page, or null between paragraphs. @param {Node} node @param {number} units */
function offsetOf(node, units) {
  const paragraph = paragraphOf(node);
  if (!paragraph) return null;
  const before = document.createRange();
  before.setStart(paragraph, 0);
  before.setEnd(node, units);
  const words = paragraph.textContent ?? "";
  return Number(paragraph.dataset.start) + new OffsetMap(words).toCodePoints(before.toString().length);
}

/** Show the passage that the address names. @param {HTMLElement} within */
function landed(within) {
  const named = /^#at=(\d{1,9})-(\d{1,9})$/.exec(location.hash);
  if (!named) return;
  const start = Number(named[1]);
  const paragraphs = /** @type {HTMLElement[]} */ ([...within.querySelectorAll("[data-start]")]);
  const paragraph = paragraphs.filter((each) => Number(each.dataset.start) <= start).pop();
  if (!paragraph) return;
  const words = paragraph.textContent ?? "";
  const map = new OffsetMap(words);
  const from = Number(paragraph.dataset.start);
  const range = rangeOf(paragraph, map.toUnits(start - from), Math.min(words.length, map.toUnits(Number(named[2]) - from)));
  paragraph.scrollIntoView({ block: "center" });
  document.getSelection()?.removeAllRanges();
  document.getSelection()?.addRange(range);
}

/** @param {HTMLElement} within @param {number} start @param {number} end in UTF-16 units */
function rangeOf(within, start, end) {
  const range = document.createRange();
  const walker = document.createTreeWalker(within, NodeFilter.SHOW_TEXT);
  let passed = 0;
  range.selectNodeContents(within);
  for (let node = /** @type {Text|null} */ (walker.nextNode()); node; node = /** @type {Text|null} */ (walker.nextNode())) {
    if (start >= passed && start <= passed + node.length) range.setStart(node, start - passed);
    if (end >= passed && end <= passed + node.length) {
      range.setEnd(node, end - passed);
      break;
    }
    passed += node.length;
  }
  return range;
}
