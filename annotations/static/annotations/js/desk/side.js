// @ts-check
/** The tabs beside the text; on narrow windows they lie over it, opened and closed. */
import { need, stepFocus } from "../dom.js";

/** @typedef {import("./desk.js").Desk} Desk */

export class Side {
  /** @param {Desk} desk @param {HTMLElement} root */
  constructor(desk, root) {
    this.desk = desk;
    this.root = root;
    this.element = need(root, ".side");
    this.opener = need(root, ".bar-side");
    this.tabs = /** @type {HTMLElement[]} */ ([...root.querySelectorAll("[data-tab]")]);
  }

  get hasFocus() {
    return this.element.contains(document.activeElement);
  }

  get isOpen() {
    return this.element.hasAttribute("data-open");
  }

  /** @param {string} name @param {boolean} [opens] */
  show(name, opens = false) {
    for (const tab of this.tabs) {
      const isShown = tab.dataset.tab === name;
      tab.setAttribute("aria-selected", String(isShown));
      tab.tabIndex = isShown ? 0 : -1;
      need(this.root, `#side-${tab.dataset.tab}`).hidden = !isShown;
    }
    if (opens) this.open();
    if (name === "list") this.desk.drawing.all();
  }

  /** Give the focus to the tab that is shown. */
  focusTab() {
    this.tabs.find((tab) => tab.tabIndex === 0)?.focus();
  }

  open() {
    if (!this.desk.isNarrow) return;
    this.desk.voice.endToast();
    this.element.setAttribute("data-open", "");
    this.opener.setAttribute("aria-expanded", "true");
  }

  close() {
    if (!this.isOpen) return;
    const { hasFocus } = this;
    this.element.removeAttribute("data-open");
    this.opener.setAttribute("aria-expanded", "false");
    if (hasFocus) this.desk.focusText();
  }

  toggle() {
    if (this.isOpen) this.close();
    else this.open();
  }

  /** Go from tab to tab by the arrows. @param {KeyboardEvent} event */
  pressed(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const tab = stepFocus(this.tabs, document.documentElement.dir === "rtl" ? -step : step);
    this.show(tab.dataset.tab ?? "span");
    event.preventDefault();
  }
}
