// @ts-check
/** `<save-state>`: says in one line how saving stands. Sends `decision-wanted` when its button is pressed. */
import { h, keepingFocus } from "../dom.js";
import { t } from "../messages.js";

/**
 * @typedef {object} Saving
 * @property {import("../sync.js").Mood} mood
 * @property {number} waiting
 * @property {number} decisions
 * @property {string|null} elsewhere address of another article with unsaved changes
 */

/** Tell whether nothing is sent because of who is logged in. @param {import("../sync.js").Mood} mood */
const isOut = (mood) => mood === "login" || mood === "stranger";

/** @param {Saving} saving @returns {{kind: string, text: string}} */
export function sayingOf({ mood, waiting, decisions }) {
  if (isOut(mood)) return { kind: "alert", text: t(mood) };
  if (mood === "offline") return { kind: "warn", text: waiting ? t("offline-n", { n: waiting }) : t("offline") };
  if (mood === "retrying") return { kind: "warn", text: t("retrying") };
  if (decisions) return { kind: "alert", text: t("decisions-n", { n: decisions }) };
  if (waiting) return { kind: "busy", text: t("saving", { n: waiting }) };
  return { kind: "ok", text: t("all-saved") };
}

export class SaveState extends HTMLElement {
  #last = "";

  /** @param {Saving} saving */
  set saving(saving) {
    const { kind, text } = sayingOf(saving);
    const sign = `${kind} ${text} ${saving.elsewhere}`;
    if (sign === this.#last) return;
    this.#last = sign;
    this.dataset.kind = kind;
    keepingFocus(this, () => this.replaceChildren(...this.#parts(saving, text)));
  }

  /** @param {Saving} saving @param {string} text */
  #parts({ mood, decisions, elsewhere }, text) {
    const parts = [h("span", { class: "save-dot", "aria-hidden": "true" })];
    const ask = () => this.dispatchEvent(new CustomEvent("decision-wanted", { bubbles: true }));
    if (decisions && !isOut(mood)) parts.push(h("button", { type: "button", class: "button-quiet save-text", "data-focus": "decide", onclick: ask }, text));
    else parts.push(h("span", { class: "save-text" }, text));
    if (isOut(mood)) parts.push(h("a", { href: location.href, target: "_blank", rel: "noopener" }, t("login-act")));
    if (elsewhere) parts.push(h("a", { href: elsewhere }, t("elsewhere")));
    return parts;
  }
}

customElements.define("save-state", SaveState);
