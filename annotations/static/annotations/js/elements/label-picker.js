// @ts-check
/**
 * `<label-picker>`: the column of labels, on phones the bar at the bottom. Its buttons come with the page.
 * Sends `label-chosen` with the label's key, and `search-ended` when the field for finding labels is done with. A press leaves the selection in the text as it is.
 */
import { arrowStep, need, stepFocus } from "../dom.js";

/** @param {HTMLElement} button @param {string} wanted */
function matches(button, wanted) {
  return (button.textContent ?? "").toLowerCase().includes(wanted);
}

export class LabelPicker extends HTMLElement {
  #listening = new AbortController();

  connectedCallback() {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    const search = this.#search();
    this.addEventListener("pointerdown", (event) => event.target !== search && event.preventDefault(), { signal });
    this.addEventListener("mousedown", (event) => event.target !== search && event.preventDefault(), { signal });
    this.addEventListener("click", (event) => this.#clicked(event), { signal });
    this.addEventListener("keydown", (event) => this.#moved(event), { signal });
    search.addEventListener("input", () => this.#filter(search.value), { signal });
    search.addEventListener("blur", () => setTimeout(() => this.#endSearch(), 200), { signal });
  }

  disconnectedCallback() {
    this.#listening.abort();
  }

  /** @returns {HTMLButtonElement[]} */
  get buttons() {
    return [...this.querySelectorAll("button[data-label]")].map((button) => /** @type {HTMLButtonElement} */ (button));
  }

  /** Say which label every new selection gets, if any. @param {string|null} key */
  set armed(key) {
    for (const button of this.buttons) button.setAttribute("aria-pressed", String(button.dataset.label === key));
  }

  /** @param {boolean} isEnabled */
  set enabled(isEnabled) {
    for (const button of this.buttons) button.disabled = !isEnabled;
  }

  /** Open the field that finds labels by name. */
  find() {
    const search = this.#search();
    search.hidden = false;
    search.value = "";
    search.focus();
  }

  #search() {
    return /** @type {HTMLInputElement} */ (need(this, "[data-label-search]"));
  }

  /** @param {string} text */
  #filter(text) {
    const wanted = text.trim().toLowerCase();
    for (const button of this.buttons) {
      /** @type {HTMLElement} */ (button.parentElement).hidden = !matches(button, wanted);
    }
  }

  #endSearch() {
    this.#search().hidden = true;
    this.#filter("");
  }

  /** @param {Event} event */
  #clicked(event) {
    const button = /** @type {HTMLElement} */ (event.target).closest("button[data-label]");
    if (button instanceof HTMLElement && button.dataset.label) this.#choose(button.dataset.label);
  }

  /** @param {string} label */
  #choose(label) {
    this.dispatchEvent(new CustomEvent("label-chosen", { bubbles: true, detail: { label } }));
  }

  /** @param {KeyboardEvent} event */
  #moved(event) {
    const shown = this.buttons.filter((button) => !button.parentElement?.hidden);
    if (event.target === this.#search() && event.key === "Enter" && shown.length) {
      event.preventDefault();
      this.#choose(shown[0].dataset.label ?? "");
      this.dispatchEvent(new CustomEvent("search-ended", { bubbles: true }));
      this.#endSearch();
      return;
    }
    const step = arrowStep(event);
    if (!step || (event.target === this.#search() && !event.key.match(/Up|Down/))) return;
    event.preventDefault();
    stepFocus(shown, step);
  }
}

customElements.define("label-picker", LabelPicker);
