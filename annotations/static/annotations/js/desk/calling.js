// @ts-check
/** Completes names after `@` in a field: a list to choose from by arrows, Enter or a click. */
import { h } from "../dom.js";
import { t } from "../messages.js";
import { callAt, namesFor } from "../text/calls.js";

let number = 0;

export class Calling {
  #at = -1;
  #chosen = 0;
  /** @type {string[]} */
  #names = [];

  /** @param {HTMLTextAreaElement} area @param {() => string[]} people */
  constructor(area, people) {
    this.area = area;
    this.people = people;
    this.id = `calling-${number++}`;
    this.list = h("ul", { class: "calling", role: "listbox", id: this.id, "aria-label": t("comment-help"), hidden: true });
    for (const [name, value] of Object.entries({ "aria-autocomplete": "list", "aria-haspopup": "listbox", "aria-controls": this.id })) area.setAttribute(name, value);
    area.addEventListener("input", () => this.#look());
    area.addEventListener("click", () => this.#look());
    area.addEventListener("blur", () => this.#close());
    this.list.addEventListener("pointerdown", (event) => {
      event.preventDefault(); // the field keeps the focus
      const option = /** @type {HTMLElement} */ (event.target).closest("[role=option]");
      if (option) this.#take(Number(/** @type {HTMLElement} */ (option).dataset.n));
    });
  }

  /** Act on a key while names are offered; tell whether it was meant for the list. @param {KeyboardEvent} event */
  pressed(event) {
    if (this.list.hidden) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) this.#choose((this.#chosen + step + this.#names.length) % this.#names.length);
    else if (event.key === "Enter" || event.key === "Tab") this.#take(this.#chosen);
    else if (event.key === "Escape") this.#close();
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  #look() {
    const call = callAt(this.area.value, this.area.selectionStart);
    this.#names = call ? namesFor(call.begun, this.people()) : [];
    if (!call || !this.#names.length) return this.#close();
    this.#at = call.at;
    this.list.replaceChildren(...this.#names.map((name, n) => h("li", { role: "option", id: `${this.id}-${n}`, "data-n": n, dir: "auto" }, name)));
    this.list.hidden = false;
    this.#choose(0);
  }

  /** @param {number} n */
  #choose(n) {
    this.#chosen = n;
    for (const [place, option] of [...this.list.children].entries()) option.setAttribute("aria-selected", String(place === n));
    this.area.setAttribute("aria-activedescendant", `${this.id}-${n}`);
    this.list.children[n]?.scrollIntoView({ block: "nearest" });
  }

  /** @param {number} n */
  #take(n) {
    this.area.setRangeText(`@${this.#names[n]} `, this.#at, this.area.selectionStart, "end");
    this.#close();
  }

  #close() {
    this.list.hidden = true;
    this.area.removeAttribute("aria-activedescendant");
  }
}
