// @ts-check
/**
 * Several annotations chosen in the list, by Shift or Ctrl with a click or an arrow, and what is done to all of them at
 * once. Fetched when the list is first shown.
 */
import { h, smallButton } from "../dom.js";
import { t } from "../messages.js";

/** @typedef {import("./desk.js").Desk} Desk */

export class Many {
  /** @type {Set<string>} */
  keys = new Set();
  /** @type {string|null} where a stretch of rows begins */
  #anchor = null;
  #bar = h("div", { class: "many-bar", role: "toolbar", "aria-label": t("many-acts"), hidden: true });

  /** @param {Desk} desk @param {AbortSignal} [signal] */
  constructor(desk, signal) {
    this.desk = desk;
    const { listed } = desk;
    listed.before(this.#bar);
    listed.addEventListener("click", (event) => this.#clicked(event), { capture: true, signal });
    listed.addEventListener("keydown", (event) => this.#pressed(event), { signal });
    new MutationObserver(() => this.#mark()).observe(listed, { childList: true, subtree: true });
    new MutationObserver(() => this.#draw()).observe(listed, { attributes: true, attributeFilter: ["hidden"] });
  }

  /** @returns {HTMLElement[]} */
  get #rows() {
    return [...this.desk.listed.querySelectorAll(".span-rows button.span-row")].map((row) => /** @type {HTMLElement} */ (row));
  }

  /** @param {MouseEvent} event */
  #clicked(event) {
    const key = /** @type {HTMLElement} */ (event.target).closest("button.span-row")?.getAttribute("data-focus");
    if (!key) return;
    if (event.shiftKey) this.#choose(this.#between(this.#anchor ?? this.desk.walk.current ?? key, key));
    else if (event.ctrlKey || event.metaKey) this.#toggle(key);
    else {
      this.#anchor = key;
      return this.clear();
    }
    event.stopPropagation();
    event.preventDefault();
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    const rows = this.#rows;
    const here = rows.findIndex((row) => row === document.activeElement);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (here < 0) return;
    if (step) {
      const next = rows[Math.max(0, Math.min(rows.length - 1, here + step))];
      const [from, to] = [rows[here].dataset.focus ?? "", next.dataset.focus ?? ""];
      if (event.shiftKey) {
        if (!this.keys.size) this.#anchor = from;
        this.#choose(this.#between(this.#anchor ?? from, to));
      }
      next.focus();
    } else if (event.key === " " && event.ctrlKey) this.#toggle(rows[here].dataset.focus ?? "");
    else if (event.key === "a" && (event.ctrlKey || event.metaKey)) this.#choose(rows.map((row) => row.dataset.focus ?? ""));
    else if (event.key === "Escape" && this.keys.size) this.clear();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {string} from @param {string} to */
  #between(from, to) {
    const keys = this.#rows.map((row) => row.dataset.focus ?? "");
    const places = [keys.indexOf(from), keys.indexOf(to)].map((place) => Math.max(0, place)).sort((a, b) => a - b);
    return keys.slice(places[0], places[1] + 1);
  }

  /** @param {string} key */
  #toggle(key) {
    this.#anchor = key;
    const keys = new Set(this.keys.size ? this.keys : []);
    if (!keys.delete(key)) keys.add(key);
    this.#choose([...keys]);
  }

  /** @param {string[]} keys */
  #choose(keys) {
    this.keys = new Set(keys.filter((key) => this.desk.work.get("annotation", key)?.is_mine));
    this.#draw();
    this.desk.voice.say(t("many-chosen", { n: this.keys.size }));
  }

  clear() {
    if (!this.keys.size) return;
    this.keys = new Set();
    this.#draw();
  }

  #mark() {
    for (const row of this.#rows) {
      const isChosen = this.keys.has(row.dataset.focus ?? "");
      if (isChosen !== (row.getAttribute("aria-pressed") === "true")) row.setAttribute("aria-pressed", String(isChosen));
    }
  }

  #draw() {
    const { desk, keys } = this;
    this.#mark();
    this.#bar.hidden = !keys.size || !desk.isEditable || desk.listed.hidden;
    if (this.#bar.hidden) return;
    const choose = h("select", { "aria-label": t("many-label"), onchange: () => this.label(choose.value) },
      h("option", { value: "" }, t("many-label")), ...desk.data.labels.map(({ key, name }) => h("option", { value: key }, name)));
    this.#bar.replaceChildren(h("span", { class: "many-count" }, t("many-chosen", { n: keys.size })), choose,
      ...(keys.size > 1 ? [smallButton(t("merge"), () => desk.deeds.reshape("merge"))] : []),
      smallButton(t("many-withdraw"), () => this.withdraw(), { class: "button-quiet button-small danger" }),
      smallButton(t("cancel"), () => this.clear()));
  }

  /** Give all that are chosen a label, as one act. @param {string} label */
  label(label) {
    this.#all("many-labelled", (key) => this.desk.acts.change("annotation", key, { label }));
  }

  /** Withdraw all that are chosen, as one act. */
  withdraw() {
    this.#all("many-withdrawn", (key) => this.desk.acts.withdraw("annotation", key));
    return true;
  }

  /** @param {string} said @param {(key: string) => void} act */
  #all(said, act) {
    const { acts, deeds, work } = this.desk;
    if (!deeds.mayEdit()) return;
    const keys = [...this.keys].filter((key) => work.get("annotation", key)?.withdrawn_at === null);
    this.clear();
    acts.history.together(said, () => keys.forEach(act));
    deeds.toastUndo(t(said, { n: keys.length }));
  }
}
