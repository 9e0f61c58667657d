// @ts-check
/** What each command of the keyboard does on this page. Which keys mean a command is said in `state/keys.js`. */
import { isField, need } from "../dom.js";
import { t } from "../messages.js";
import { commandOf, tableOf } from "../state/keys.js";

/** @typedef {import("./desk.js").Desk} Desk */
/** @typedef {import("../state/keys.js").Command} Command */

const MAY_REPEAT = ["next-span", "previous-span", "next-paragraph", "previous-paragraph", "move-edge", "move-caret"];
const STORED = "cw-single-keys";
const SNAPPING = "cw-snap-words";

/** Read a choice that is on unless it was put off. @param {string} name */
function isKept(name) {
  try {
    return localStorage.getItem(name) !== "off";
  } catch {
    return true;
  }
}

/** @param {string} name @param {boolean} isOn */
function keep(name, isOn) {
  try {
    localStorage.setItem(name, isOn ? "on" : "off");
  } catch {
    // The choice then lasts as long as the page.
  }
}

export class Keyboard {
  #singleKeys = true;
  /** @type {HTMLInputElement} */
  #snapping;

  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.keys = tableOf(desk.data.me.keys);
    this.dialog = /** @type {HTMLDialogElement} */ (need(desk.root, "[data-help]"));
    this.#singleKeys = isKept(STORED);
    desk.words.selecting.snapsToWords = isKept(SNAPPING);
    this.#snapping = /** @type {HTMLInputElement} */ (need(desk.root, "[data-snap-words]"));
    this.#snapping.checked = desk.words.selecting.snapsToWords;
    this.#snapping.addEventListener("change", () => this.setSnapping(this.#snapping.checked));
    /** @type {HTMLInputElement} */ (need(desk.root, "[data-single-keys]")).checked = this.#singleKeys;
  }

  /** @param {boolean} isOn */
  setSingleKeys(isOn) {
    this.#singleKeys = isOn;
    keep(STORED, isOn);
    this.desk.voice.say(t(isOn ? "keys-on" : "keys-off"));
  }

  /** @param {boolean} isOn */
  setSnapping(isOn) {
    this.desk.words.selecting.snapsToWords = isOn;
    this.#snapping.checked = isOn;
    keep(SNAPPING, isOn);
    this.desk.voice.toast(t(isOn ? "words-on" : "words-off"));
  }

  /** Show all keys, as they are for this person. */
  help() {
    this.dialog.showModal();
    import("../elements/key-sheet.js").then(({ fillSheet }) => fillSheet(this.dialog, this.desk.data, this.desk.api, () => (this.keys = tableOf(this.desk.data.me.keys))), () => (need(this.dialog, ".help-columns").textContent = t("needs-connection")));
  }

  /** Tell which command a key press asks for, as this person has the keys. @param {KeyboardEvent} event */
  meaningOf(event) {
    const { data, caret } = this.desk;
    return commandOf(event, { labels: data.labels, keys: this.keys, singleKeys: this.#singleKeys, inField: isField(event.target), caret: caret.isOn });
  }

  /** @param {KeyboardEvent} event */
  pressed(event) {
    if (event.defaultPrevented || document.querySelector("dialog[open]")) return;
    const target = /** @type {HTMLElement} */ (event.target);
    const command = this.meaningOf(event);
    if (!command || (event.repeat && !MAY_REPEAT.includes(command.name))) return;
    // Enter and the arrows mean what they mean on a button, a tab or a link.
    if (command.name === "open" && target.closest("button, a, summary, [role=tab], input")) return;
    if (command.name === "move-caret" && target.closest("button, summary, [role=tab], input, select")) return;
    if (this.#run(command, event) !== false) event.preventDefault();
  }

  /** Do it, and give false where the key is not ours after all. @param {Command} command @param {KeyboardEvent} event */
  #run(command, event) {
    const { deeds, walk, caret, picker, side, words, suggestions } = this.desk;
    switch (command.name) {
      case "label": return suggestions?.label(command.label ?? "") || deeds.label(command.label ?? "");
      case "next-span": return walk.step(1);
      case "previous-span": return walk.step(-1);
      case "next-paragraph": return walk.stepParagraph(1);
      case "previous-paragraph": return walk.stepParagraph(-1);
      case "withdraw": return deeds.withdrawCurrent();
      case "move-edge": return deeds.moveEdge(command);
      case "add-evidence": return deeds.addEvidence();
      case "undo": return deeds.undo();
      case "redo": return deeds.redo();
      case "caret": return walk.toggleCaret();
      case "move-caret": return caret.move(command.alter ?? "move", command.toward ?? "", command.by ?? "");
      case "find-label": return picker.find();
      case "split":
      case "merge":
      case "include":
      case "exclude":
      case "others": deeds.reshape(command.name); return;
      case "snap-words": return this.setSnapping(!words.selecting.snapsToWords);
      case "show-guidelines": return side.show("guidelines", true);
      case "help": return this.help();
      case "open": return this.#open();
      case "submit": return this.#submit(event);
      case "escape": return this.#escape();
      default: return this.desk.quoting?.pressed(command.name) ?? this.desk.related?.pressed(command.name) ?? suggestions?.pressed(command.name, event) ?? false;
    }
  }

  #open() {
    if (this.desk.related?.end()) return;
    const { words, walk, side, panel } = this.desk;
    if (words.span && !words.popup.hidden) words.popup.focusFirst();
    else if (walk.current) {
      side.show("span", true);
      panel.focusFirst();
    } else return false;
  }

  /** @param {KeyboardEvent} event */
  #submit(event) {
    const form = /** @type {HTMLElement} */ (event.target).closest("form");
    if (form) form.requestSubmit();
    else if (this.desk.mayHandIn) this.desk.handIn("submit");
  }

  #escape() {
    const { words, walk, side, panel, caret, suggestions } = this.desk;
    const active = document.activeElement;
    if (!words.popup.hidden || words.popup.contains(active)) {
      const hadFocus = words.popup.contains(active);
      words.popup.hidden = true;
      if (hadFocus) this.desk.focusText();
    } else if (isField(active)) {
      const isInForm = Boolean(active?.closest("evidence-form, .claim-form"));
      if (!(isInForm && panel.closeOpen())) this.desk.focusText();
    } else if (this.desk.related?.cancel()) return;
    else if (words.span) words.clear();
    else if (caret.isOn) walk.toggleCaret();
    else if (words.armed) words.arm(null);
    else if (side.isOpen) side.close();
    else if (walk.current) walk.select(null);
    else if (suggestions?.current) suggestions.select(null);
    else return false;
  }
}
