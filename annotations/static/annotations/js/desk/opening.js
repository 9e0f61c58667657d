// @ts-check
/** The keys and buttons that lead to the find bar, to the filter of the list, and to choosing several annotations. Fetched once the page works. */
import { h, isField, need } from "../dom.js";
import { t } from "../messages.js";
import { commandOf } from "../state/keys.js";

/** @typedef {import("./desk.js").Desk} Desk */

/** @param {Desk} desk @param {AbortSignal} signal */
export function offerFinding(desk, signal) {
  /** @type {Promise<import("./find-bar.js").FindBar|null>|null} */
  let fetching = null;
  /** @type {import("./find-bar.js").FindBar|null} */
  let bar = null;
  const open = async () => {
    const before = document.activeElement;
    fetching ??= import("./find-bar.js").then(({ FindBar }) => (bar = new FindBar(desk)), () => (fetching = null));
    const found = await fetching;
    if (found) found.open(before);
    else desk.voice.toast(t("needs-connection"));
  };
  const filter = async () => {
    desk.side.show("list", true);
    (await desk.drawing.list())?.head.focus();
  };
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
    if (event.defaultPrevented || isField(event.target) || document.querySelector("dialog[open]")) return;
    const singleKeys = /** @type {HTMLInputElement|null} */ (desk.root.querySelector("[data-single-keys]"))?.checked ?? true;
    const command = commandOf(event, { labels: desk.data.labels, keys: desk.keyboard.keys, singleKeys });
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
