// @ts-check
/** The sheet of all keys: shows each person's own, and lets them be changed. Fetched when the sheet is first opened. */
import { h, need } from "../dom.js";
import { t } from "../messages.js";
import { choices } from "./choices.js";
import { USUAL_KEYS } from "../state/keys.js";

const PATH = "/api/v1/me/shortcuts/";

/** Each row in two columns: the word that says what the keys do, then the keys: `:` and a command, `~` and a word, else as it is printed. */
const SHEET = [
  [
    ["sheet-labels", "1", "–", "9", "0"],
    ["sheet-caret", ":caret"],
    ["sheet-next-span", ":next-span", ":previous-span"],
    ["sheet-next-paragraph", ":next-paragraph", ":previous-paragraph"],
    ["sheet-panel", "Enter"],
    ["sheet-add-evidence", ":add-evidence"],
    ["sheet-cite", ":cite"],
    ["sheet-relate", ":relate"],
    ["sheet-say-who", ":say-who"],
    ["sheet-attributes", ":attributes"],
    ["sheet-lines", ":lines"],
    ["sheet-space", "~space"],
    ["sheet-accept-suggestion", ":accept-suggestion", ":reject-suggestion"],
    ["sheet-del", "~delete"],
    ["sheet-undo", ":undo", "~ctrl-z"],
    ["sheet-ctrl-shift-z", "~ctrl-shift-z"],
    ["sheet-find-text", ":find-text"],
    ["sheet-next-hit", ":next-hit", ":previous-hit"],
    ["sheet-alt-enter", "~alt-enter"],
    ["sheet-filter-list", ":filter-list"],
    ["sheet-find-label", ":find-label"],
    ["sheet-show-guidelines", ":show-guidelines"],
  ],
  [
    ["sheet-end-back", ":end-back", ":end-on"],
    ["sheet-start-back", ":start-back", ":start-on"],
    ["sheet-split", ":split"],
    ["sheet-merge", ":merge"],
    ["sheet-include", ":include"],
    ["sheet-exclude", ":exclude"],
    ["sheet-others", ":others"],
    ["sheet-zone", ":zone"],
    ["sheet-passages", ":passages"],
    ["sheet-where-else", ":where-else"],
    ["sheet-ask-manager", ":ask"],
    ["sheet-snap-words", ":snap-words"],
    ["sheet-ctrl-enter", "~ctrl-enter"],
    ["sheet-ctrl-shift-enter", "~ctrl-shift-enter"],
    ["sheet-help", ":help"],
    ["sheet-esc", "Esc"],
  ],
];
const OF_SUGGESTIONS = ["sheet-space", "sheet-accept-suggestion"];

/** @param {string} key @param {number} n which of the row's @param {string[]} keys */
function keyOf(key, n, keys) {
  const space = n && keys[n - 1] !== "–" ? " " : "";
  if (key === "–") return [key];
  return [space, key.startsWith(":") ? h("kbd", { "data-command": key.slice(1) }) : h("kbd", {}, key.startsWith("~") ? t(`key-${key.slice(1)}`) : key)];
}

/** Write the sheet, once. @param {HTMLDialogElement} dialog @param {boolean} hasSuggestions */
function write(dialog, hasSuggestions) {
  const place = need(dialog, ".help-columns");
  if (place.childElementCount) return;
  const shown = (/** @type {string[]} */ [word]) => hasSuggestions || !OF_SUGGESTIONS.includes(word);
  place.replaceChildren(...SHEET.map((rows) => h("dl", {}, ...rows.filter(shown).map(([word, ...keys]) => h("div", {}, h("dt", {}, ...keys.flatMap(keyOf)), h("dd", {}, t(word)))))));
  place.after(
    h("p", { class: "row" },
      h("button", { type: "button", class: "button-small", "data-keys-change": true, "aria-expanded": "false" }), " ",
      h("button", { type: "button", class: "button-quiet button-small", "data-keys-reset": true, hidden: true }, t("keys-usual")), " ",
      h("span", { role: "status", "data-keys-state": true })),
    h("p", { class: "muted" }, t("keys-list")));
  const look = /** @type {[string, string][]} */ ([["auto", t("look-auto")], ["light", t("look-light")], ["dark", t("look-dark")], ["contrast", t("look-contrast")]]);
  need(dialog, "form").before(choices(t("look"), { name: "look", type: "radio", more: { "data-look": true, hidden: true } }, look));
  dispatchEvent(new Event("storage")); // lets `theme.js` tick what is chosen
}

/**
 * @param {HTMLDialogElement} dialog
 * @param {import("../types.js").PageData} data
 * @param {import("../api.js").Api} api
 * @param {() => void} onChange
 */
export function fillSheet(dialog, data, api, onChange) {
  /** @type {{keys?: Record<string, string>}} */
  const me = data.me;
  write(dialog, Boolean(data.suggestions));
  const places = /** @type {HTMLElement[]} */ ([...dialog.querySelectorAll("[data-command]")]);
  const ownKey = (/** @type {string} */ command) => me.keys?.[command] ?? USUAL_KEYS[command];
  const state = need(dialog, "[data-keys-state]");
  const change = need(dialog, "[data-keys-change]");
  const reset = need(dialog, "[data-keys-reset]");
  let isChanging = false;

  const save = async (/** @type {Record<string, string>} */ own) => {
    const { status, data, problems } = await api.ask("PUT", PATH, { body: { own } });
    if (status === 200) {
      me.keys = data.own;
      onChange();
    }
    draw();
    state.textContent = status === 200 ? t("keys-saved") : problems[0]?.message || t("needs-connection");
  };
  const wanted = (/** @type {string} */ command, /** @type {string} */ key) => {
    const own = { ...me.keys, [command]: key };
    if (key === USUAL_KEYS[command]) delete own[command];
    return save(own);
  };
  const field = (/** @type {HTMLElement} */ place) => {
    const command = place.dataset.command ?? "";
    const input = h("input", { class: "key-field", maxlength: "1", value: ownKey(command), autocomplete: "off", autocapitalize: "off", spellcheck: "false",
      "aria-label": place.closest("div")?.querySelector("dd")?.textContent ?? command, onfocus: () => input.select(),
      onchange: () => (input.value ? wanted(command, input.value.toLowerCase()) : draw()) });
    return input;
  };
  const draw = () => {
    state.textContent = "";
    reset.hidden = !isChanging || !Object.keys(me.keys ?? {}).length;
    change.textContent = t(isChanging ? "keys-done" : "keys-change");
    change.setAttribute("aria-expanded", String(isChanging));
    for (const place of places) place.replaceChildren(isChanging ? field(place) : ownKey(place.dataset.command ?? "").toUpperCase());
  };
  change.onclick = () => {
    isChanging = !isChanging;
    draw();
  };
  reset.onclick = () => save({});
  draw();
}
