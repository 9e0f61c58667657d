// @ts-check
/** The sheet of all keys: shows each person's own, and lets them be changed. Fetched when the sheet is first opened. */
import { h, need } from "../dom.js";
import { t } from "../messages.js";
import { USUAL_KEYS } from "../state/keys.js";

const PATH = "/api/v1/me/shortcuts/";

/**
 * @param {HTMLDialogElement} dialog
 * @param {{keys?: Record<string, string>}} me
 * @param {import("../api.js").Api} api
 * @param {() => void} onChange
 */
export function fillSheet(dialog, me, api, onChange) {
  const places = /** @type {HTMLElement[]} */ ([...dialog.querySelectorAll("[data-command]")]);
  const keyOf = (/** @type {string} */ command) => me.keys?.[command] ?? USUAL_KEYS[command];
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
    const input = h("input", { class: "key-field", maxlength: "1", value: keyOf(command), autocomplete: "off", autocapitalize: "off", spellcheck: "false",
      "aria-label": place.closest("div")?.querySelector("dd")?.textContent ?? command, onfocus: () => input.select(),
      onchange: () => (input.value ? wanted(command, input.value.toLowerCase()) : draw()) });
    return input;
  };
  const draw = () => {
    state.textContent = "";
    change.hidden = false;
    reset.hidden = !isChanging || !Object.keys(me.keys ?? {}).length;
    change.textContent = t(isChanging ? "keys-done" : "keys-change");
    change.setAttribute("aria-expanded", String(isChanging));
    for (const place of places) place.replaceChildren(isChanging ? field(place) : keyOf(place.dataset.command ?? "").toUpperCase());
  };
  change.onclick = () => {
    isChanging = !isChanging;
    draw();
  };
  reset.onclick = () => save({});
  draw();
}
