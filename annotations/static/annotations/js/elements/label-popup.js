// @ts-check
/** `<label-popup>`: the labels right under a selection. Sends `label-chosen`, or `bounds-chosen` to move the selected span. */
import { arrowStep, h, placeAt, stepFocus } from "../dom.js";
import { t } from "../messages.js";

/** @typedef {import("../types.js").Label} Label */

export class LabelPopup extends HTMLElement {
  /** @type {Label[]} */
  labels = [];

  connectedCallback() {
    this.className = "label-popup";
    this.hidden = true;
    this.setAttribute("role", "toolbar");
    this.setAttribute("aria-label", t("label-selection"));
    this.addEventListener("pointerdown", (event) => event.preventDefault());
    this.addEventListener("mousedown", (event) => event.preventDefault());
    this.addEventListener("keydown", (event) => this.#moved(event));
  }

  /**
   * @param {DOMRect} rect
   * @param {string|null} movable name of the label of the selected span, when it can be moved here
   * @param {string|null} [addable] the same, when it can take in these words
   */
  show(rect, movable, addable = null) {
    const buttons = this.labels.map(({ key, name, shortcut, depth }) =>
      h(
        "button",
        { type: "button", class: `label-button label-${key}`, "data-depth": depth, onclick: () => this.#send("label-chosen", { label: key }) },
        h("span", { class: "swatch", "aria-hidden": "true" }),
        h("span", { class: "label-name", dir: "auto" }, name),
        shortcut ? h("kbd", { "aria-hidden": "true" }, shortcut.toUpperCase()) : null,
      ),
    );
    if (movable) {
      const move = () => this.#send("bounds-chosen", {});
      buttons.push(h("button", { type: "button", class: "label-button label-move", onclick: move }, t("use-as-bounds", { label: movable })));
    }
    if (addable) {
      const add = () => this.#send("reshaping-wanted", { name: "include" });
      buttons.push(h("button", { type: "button", class: "label-button label-move", onclick: add }, t("include-here", { label: addable })));
    }
    if ("zones" in this.dataset) {
      const mark = () => this.#send("zone-wanted", {});
      buttons.push(h("button", { type: "button", class: "label-button label-move", onclick: mark }, t("zone-mark"), h("kbd", { "aria-hidden": "true" }, "Z")));
    }
    if ("passages" in this.dataset) {
      const ask = () => this.#send("where-else-wanted", {});
      buttons.push(h("button", { type: "button", class: "label-button label-move", onclick: ask }, t("passage-where"), h("kbd", { "aria-hidden": "true" }, "H")));
    }
    if ("asks" in this.dataset) {
      const ask = () => this.#send("ask-wanted", {});
      buttons.push(h("button", { type: "button", class: "label-button label-move", onclick: ask }, t("ask-manager"), h("kbd", { "aria-hidden": "true" }, this.dataset.asks ?? "")));
    }
    this.replaceChildren(...buttons);
    this.toggleAttribute("data-tree", this.labels.some(({ depth }) => depth));
    this.hidden = false;
    placeAt(this, rect);
  }

  focusFirst() {
    /** @type {HTMLElement|null} */ (this.querySelector("button"))?.focus();
  }

  /** @param {string} name @param {object} detail */
  #send(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
  }

  /** @param {KeyboardEvent} event */
  #moved(event) {
    const step = arrowStep(event);
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    stepFocus([...this.querySelectorAll("button")], step);
  }
}

customElements.define("label-popup", LabelPopup);
