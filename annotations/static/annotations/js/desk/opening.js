// @ts-check
/** The keys and buttons that lead to the find bar, to the filter of the list, and to choosing several annotations. Fetched once the page works. */
import { h, isField, need } from "../dom.js";
import { t } from "../messages.js";

/** @typedef {import("./desk.js").Desk} Desk */

/** @param {Desk} desk @param {AbortSignal} signal */
export function offerFinding(desk, signal) {
  /** @type {Promise<import("./find-bar.js").FindBar|null>|null} */
  let fetching = null;
  /** @type {import("./find-bar.js").FindBar|null} */
  let bar = null;
  /** @type {string|null} what is typed while a field is on its way, which must not be taken for commands */
  let typed = null;
  /** Type into a field what was typed since it was asked for. @param {() => Promise<HTMLInputElement|undefined>} show */
  const typeInto = async (show) => {
    typed = "";
    const field = await show();
    const words = typed;
    typed = null;
    if (!field || !words) return;
    field.value = words;
    field.dispatchEvent(new Event("input"));
  };
  const open = () => typeInto(async () => {
    const before = document.activeElement;
    fetching ??= import("./find-bar.js").then(({ FindBar }) => (bar = new FindBar(desk)), () => (fetching = null));
    const found = await fetching;
    if (!found) desk.voice.toast(t("needs-connection"));
    return found?.open(before);
  });
  const filter = () => typeInto(async () => {
    desk.side.show("list", true);
    return (await desk.drawing.list())?.head.focus();
  });
  const several = async () => {
    await desk.drawing.list();
    desk.many?.toggleChoosing();
  };
  /** @param {string} name */
  const run = (name) => {
    if (name === "find-text") open();
    else if (name === "filter-list") filter();
    else if (name === "next-hit") return bar?.step(1) ?? false;
    else if (name === "previous-hit") return bar?.step(-1) ?? false;
    else if (name === "escape") return bar?.escape() ?? false;
    else return false;
    return true;
  };
  document.addEventListener("keydown", (event) => {
    if (typed !== null && event.key.length === 1 && !event.ctrlKey && !event.metaKey) {
      typed += event.key;
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    if (event.defaultPrevented || isField(event.target) || document.querySelector("dialog[open]")) return;
    const command = desk.keyboard.meaningOf(event);
    if (!command || !run(command.name)) return;
    event.preventDefault();
    event.stopPropagation();
  }, { signal, capture: true });

  const button = need(desk.root, "[data-find]");
  button.hidden = false;
  button.addEventListener("click", open, { signal });
  if (!desk.isEditable) return;
  need(desk.root, ".label-list").append(h("li", { class: "several-item" }, h("button", { type: "button", class: "label-button", "data-several": true, "aria-pressed": "false", onclick: several }, h("span", { class: "label-name" }, t("several")))));
}
