// @ts-check
/**
 * Several annotations chosen in the list, by Shift or Ctrl with a click or an arrow, or one press after the other, in the
 * text too, while "select several" is on; and what is done to all of them at once. Fetched with the list.
 */
import { h, smallButton } from "../dom.js";
import { t } from "../messages.js";
import { piecesOf } from "../state/segments.js";

/** @typedef {import("./desk.js").Desk} Desk */
/** @typedef {import("../types.js").Mark} Mark */

/** So many are marked in the text: a highlight of thousands of stretches is slow. */
const MOST_MARKED = 500;

export class Many {
  /** @type {Set<string>} */
  keys = new Set();
  /** Whether every press takes one more, or leaves one out. */
  isChoosing = false;
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
    return [...this.desk.listed.querySelectorAll("button.span-row")].map((row) => /** @type {HTMLElement} */ (row));
  }

  /** The keys of all rows of the list, in view or not. */
  get #listed() {
    return this.desk.listing?.order.map(({ key }) => key) ?? [];
  }

  /** Let every press choose one more, or be done with choosing. */
  toggleChoosing() {
    const { desk } = this;
    this.isChoosing = !this.isChoosing;
    desk.root.toggleAttribute("data-choosing", this.isChoosing);
    if (this.isChoosing && desk.side.isOpen) desk.voice.say(t("several-on")); // a toast would lie over the rows
    else if (this.isChoosing) desk.voice.toast(t("several-on"));
    else this.keys = new Set();
    this.#draw();
  }

  /** Take what was pressed in the text, and tell whether it was meant for the choice. @param {Mark[]} marks the innermost first */
  tapped(marks) {
    if (!this.isChoosing) return false;
    const mark = marks.find(({ other }) => !other);
    if (mark) this.#toggle(mark.key);
    return true;
  }

  /** @param {MouseEvent} event */
  #clicked(event) {
    const key = /** @type {HTMLElement} */ (event.target).closest("button.span-row")?.getAttribute("data-focus");
    if (!key) return;
    if (event.shiftKey) this.#choose(this.#between(this.#anchor ?? this.desk.walk.current ?? key, key));
    else if (event.ctrlKey || event.metaKey || this.isChoosing) this.#toggle(key);
    else {
      this.#anchor = key;
      return this.clear();
    }
    event.stopPropagation();
    event.preventDefault();
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    const row = /** @type {HTMLElement|null} */ (document.activeElement);
    const key = row?.matches("button.span-row") ? row.dataset.focus ?? "" : "";
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!key) return;
    if (step) {
      const keys = this.#listed;
      const here = keys.indexOf(key);
      const next = Math.max(0, Math.min(keys.length - 1, here + step));
      if (event.shiftKey) {
        if (!this.keys.size) this.#anchor = key;
        this.#choose(this.#between(this.#anchor ?? key, keys[next]));
      }
      this.desk.listed.focusRow(next);
    } else if (event.key === " " && event.ctrlKey) this.#toggle(key);
    else if (event.key === "a" && (event.ctrlKey || event.metaKey)) this.#choose(this.#listed);
    else if (event.key === "Escape" && (this.keys.size || this.isChoosing)) this.clear();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {string} from @param {string} to */
  #between(from, to) {
    const keys = this.#listed;
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
    if (this.isChoosing) return this.toggleChoosing();
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
    const { desk, keys, isChoosing } = this;
    this.#mark();
    this.#paint();
    desk.listing?.head.several.setAttribute("aria-pressed", String(isChoosing));
    for (const button of desk.root.querySelectorAll("[data-several]")) button.setAttribute("aria-pressed", String(isChoosing));
    const isShown = isChoosing || (keys.size > 0 && !desk.listed.hidden);
    this.#bar.hidden = !isShown || !desk.isEditable;
    if (this.#bar.hidden) return;
    if (desk.isNarrow && this.#bar.parentElement !== desk.root) desk.root.append(this.#bar);
    else if (!desk.isNarrow && this.#bar.nextElementSibling !== desk.listed) desk.listed.before(this.#bar);
    const choose = h("select", { "aria-label": t("many-label"), disabled: !keys.size, onchange: () => this.label(choose.value) },
      h("option", { value: "" }, t("many-label")), ...desk.data.labels.map(({ key, name }) => h("option", { value: key }, name)));
    this.#bar.replaceChildren(h("span", { class: "many-count" }, t("many-chosen", { n: keys.size })), choose,
      ...(keys.size > 1 ? [smallButton(t("merge"), () => desk.deeds.reshape("merge"))] : []),
      smallButton(t("many-withdraw"), () => this.withdraw(), { class: "button-quiet button-small danger", disabled: !keys.size }),
      smallButton(t("cancel"), () => this.clear()));
  }

  /** Show in the text which are chosen. */
  #paint() {
    const { spans, painter } = this.desk;
    const marks = [...this.keys].slice(0, MOST_MARKED).flatMap((key) => spans.get(key) ?? []);
    const parts = marks.flatMap(piecesOf).map(({ start, end }) => ({ start, end }));
    painter.mark("cw-chosen", parts.length ? { start: Math.min(...parts.map(({ start }) => start)), end: Math.max(...parts.map(({ end }) => end)), parts } : null);
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
