// @ts-check
/** An answer beside the texts: both scroll to their passage, and words selected in the article go into a statement. */
import { OffsetMap } from "../text/offsets.js";

for (const pane of document.querySelectorAll(".story-text")) showPassage(/** @type {HTMLElement} */ (pane));
const form = document.querySelector("form[data-answer]");
const own = document.querySelector("[data-own]");
if (form instanceof HTMLFormElement && own instanceof HTMLElement) offer(form, own);

/** @param {HTMLElement} pane */
function showPassage(pane) {
  const mark = pane.querySelector("mark");
  if (mark) pane.scrollTop = mark.offsetTop - pane.offsetTop - pane.clientHeight / 3;
}

/** Put beside each quote a button that takes the words which are selected in the article. @param {HTMLFormElement} form @param {HTMLElement} pane */
function offer(form, pane) {
  for (const field of /** @type {NodeListOf<HTMLTextAreaElement>} */ (form.querySelectorAll("textarea[name$=-quote]"))) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button-small";
    button.textContent = form.dataset.useWords ?? "";
    button.addEventListener("mousedown", (event) => event.preventDefault()); // else the selection goes
    button.addEventListener("click", () => take(form, pane, field));
    field.insertAdjacentElement("afterend", button);
    field.addEventListener("input", () => put(form, field, "start", ""));
  }
}

/** @param {HTMLFormElement} form @param {HTMLElement} pane @param {HTMLTextAreaElement} field */
function take(form, pane, field) {
  const selection = document.getSelection();
  if (!selection || selection.isCollapsed || selection.rangeCount === 0) return;
  const range = selection.getRangeAt(0);
  if (!pane.contains(range.startContainer) || !pane.contains(range.endContainer)) return;
  const before = document.createRange();
  before.setStart(pane, 0);
  before.setEnd(range.startContainer, range.startOffset);
  const words = range.toString();
  const text = pane.textContent ?? "";
  field.value = words;
  put(form, field, "start", String(Number(pane.dataset.offset) + new OffsetMap(text).toCodePoints(before.toString().length)));
  put(form, field, "version", "");
  const said = form.elements.namedItem(field.name.replace(/quote$/, "text"));
  if (said instanceof HTMLInputElement) {
    if (!said.value) said.value = words.trim().slice(0, 1000);
    said.focus();
  }
}

/** @param {HTMLFormElement} form @param {HTMLTextAreaElement} field @param {string} name @param {string} value */
function put(form, field, name, value) {
  const hidden = form.elements.namedItem(field.name.replace(/quote$/, name));
  if (hidden instanceof HTMLInputElement) hidden.value = value;
}
