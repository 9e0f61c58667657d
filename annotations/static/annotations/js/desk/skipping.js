// @ts-check
/** Skipping an article with a reason: the buttons and the key for it, the question why, and going on to the next. */
import { h, smallButton } from "../dom.js";
import { t } from "../messages.js";
import { newKey } from "../state/new-key.js";
import { isSaved, nextAddress } from "./handing-in.js";

/** @typedef {import("./desk.js").Desk} Desk */

/** @param {Desk} desk @param {AbortSignal} signal */
export function prepareSkipping(desk, signal) {
  const buttons = /** @type {HTMLElement[]} */ ([...desk.root.querySelectorAll("[data-skip]")]);
  const show = () => buttons.forEach((button) => (button.hidden = !desk.mayHandIn));
  const ask = () => void askWhy(desk).then(show);
  for (const button of buttons) button.addEventListener("click", ask, { signal });
  const pressed = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== "Enter" || !event.shiftKey || !(event.ctrlKey || event.metaKey) || event.isComposing || !desk.mayHandIn) return;
    event.preventDefault();
    event.stopPropagation();
    if (!document.querySelector("dialog[open]")) ask();
  };
  document.addEventListener("keydown", pressed, { signal, capture: true });
  new MutationObserver(show).observe(desk.submitter, { attributes: true, attributeFilter: ["hidden"] });
  show();
}

/** Ask for the reason, and skip. @param {Desk} desk */
async function askWhy(desk) {
  const { api, data, root, voice } = desk;
  const path = `articles/${data.article.uuid}/skip/`;
  const { status, data: found } = await api.ask("GET", path);
  if (status !== 200) return voice.toast(t("submit-offline"));
  /** @type {string[]} */
  const reasons = found.reasons;
  const note = h("textarea", { id: "skip-note", rows: 3, maxlength: 2000 });
  const trouble = h("p", { class: "field-errors", role: "alert", hidden: true });
  const form = h("form", { method: "dialog", class: "stack" },
    h("h2", { id: "skip-title" }, t("skip-title")),
    h("fieldset", { class: "field" }, h("legend", {}, t("skip-why")),
      ...reasons.map((reason) => h("label", { class: "choice" }, h("input", { type: "radio", name: "reason", value: reason }), h("span", { dir: "auto" }, reason)))),
    h("div", { class: "field" }, h("label", { for: "skip-note" }, t("skip-note")), note),
    h("p", { class: "muted" }, t("skip-help")),
    trouble,
    h("div", { class: "row row-end" }, smallButton(t("cancel"), () => dialog.close(), { class: "button-quiet" }), h("button", { class: "button-primary" }, t("skip"))));
  const dialog = h("dialog", { class: "skip-dialog", "aria-labelledby": "skip-title" }, form);
  const key = newKey();
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const reason = String(new FormData(form).get("reason") ?? "");
    const refuse = (/** @type {string} */ why) => Object.assign(trouble, { textContent: why, hidden: false });
    if (!reason && !note.value.trim()) return refuse(t("skip-reason-missing"));
    if (!(await isSaved(desk))) return dialog.close();
    const answer = await api.ask("POST", path, { body: { reason, note: note.value }, key });
    if (answer.status !== 200) return refuse(answer.status ? answer.problems[0]?.message || t("http-reason", { status: answer.status }) : t("submit-offline"));
    desk.assignment = answer.data.assignment;
    desk.setEditable();
    dialog.close();
    const next = await nextAddress(desk);
    if (next) location.assign(next);
    else voice.toast(t("skipped-last"), t("to-list"), () => location.assign(data.urls.list));
  });
  root.append(dialog);
  dialog.showModal();
  dialog.addEventListener("keydown", (event) => {
    event.stopPropagation(); // the keys of the page behind it
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  await new Promise((resolve) => dialog.addEventListener("close", resolve, { once: true }));
  dialog.remove();
}
