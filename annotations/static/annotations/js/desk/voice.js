// @ts-check
/** Tells the person what happened: aloud to screen readers, in passing on the screen, or for as long as it holds. */
import { h, need, smallButton } from "../dom.js";

const TOAST_LASTS = 7000;

export class Voice {
  #timer = 0;

  /** @param {HTMLElement} root @param {() => void} focusText gives the focus back to the text */
  constructor(root, focusText) {
    this.live = need(root, "[data-live]");
    this.bar = need(root, "[data-toast]");
    this.board = need(root, "[data-notice]");
    this.focusText = focusText;
  }

  /** Tell screen readers; the same words twice are said twice. @param {string} text */
  say(text) {
    this.live.textContent = this.live.textContent === text ? `${text}\u00a0` : text;
  }

  /** Show a passing word with an act beside it. @param {string} text @param {string} [act] @param {() => void} [onAct] */
  toast(text, act = "", onAct = () => {}) {
    const { bar } = this;
    this.say(text);
    const run = () => {
      bar.hidden = true;
      onAct();
      this.focusText();
    };
    bar.replaceChildren(h("span", { dir: "auto" }, text), ...(act ? [smallButton(act, run)] : []));
    bar.hidden = false;
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => this.endToast(), TOAST_LASTS);
  }

  endToast() {
    if (this.bar.contains(document.activeElement)) this.focusText();
    this.bar.hidden = true;
  }

  /** Show what holds for the whole page, or nothing. @param {string} text */
  notice(text) {
    this.board.textContent = text;
    this.board.hidden = !text;
  }

  get noticed() {
    return this.board.textContent ?? "";
  }
}
