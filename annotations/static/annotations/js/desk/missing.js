// @ts-check
/** What an article lacks before it can be submitted: a list beside the text, each entry of which leads to its place. */
import { arrowStep, h, need, smallButton, stepFocus } from "../dom.js";
import { t } from "../messages.js";

/** @typedef {import("./desk.js").Desk} Desk */
/** @typedef {{rule: string, level: "error"|"warning", message: string, kind: "article"|"annotation"|"suggestion"|"relation"|"article_label", key: string}} Lack */

/**
 * Show what is missing, and go to the first of it.
 * @param {Desk} desk
 * @param {Lack[]} missing
 * @param {(() => void)|null} submitAnyway where all of it may be set aside
 * @param {() => void} close
 */
export function showMissing(desk, missing, submitAnyway, close) {
  desk.root.querySelector(".missing")?.remove();
  const rows = missing.map((lack) => h("li", {},
    h("button", { type: "button", class: "missing-row", onclick: () => leadTo(desk, lack, true) },
      h("span", { class: `badge${lack.level === "error" ? " badge-warn" : ""}` }, t(`missing-${lack.level}`)), " ", h("span", { dir: "auto" }, lack.message))));
  const step = (/** @type {KeyboardEvent} */ event) => {
    const way = arrowStep(event);
    if (!way) return;
    event.preventDefault();
    stepFocus([.../** @type {NodeListOf<HTMLElement>} */ (section.querySelectorAll(".missing-row"))], way);
  };
  const section = h("section", { class: "missing decision", "aria-labelledby": "missing-title", onkeydown: step },
    h("h2", { class: "small-head", id: "missing-title" }, t("missing-n", { n: missing.length })),
    h("ol", { class: "missing-rows" }, ...rows),
    h("p", { class: "muted" }, t(submitAnyway ? "missing-ask" : "missing-refuse")),
    h("div", { class: "form-acts" },
      submitAnyway && smallButton(t("submit-anyway"), submitAnyway, { class: "button-small", "aria-keyshortcuts": "Control+Enter" }),
      smallButton(t("close"), () => {
        close();
        desk.focusText();
      })));
  need(desk.root, ".side").prepend(section);
  desk.side.open();
  desk.voice.say(t("missing-n", { n: missing.length }));
  leadTo(desk, missing[0]);
  section.scrollIntoView({ block: "nearest" });
  section.querySelector("button")?.focus({ preventScroll: true });
}

/** Show the place that an entry is about: in the text, or the tab about the whole article; whoever chose it gets the fields that lack a value. @param {Desk} desk @param {Lack} lack @param {boolean} [wantsFields] */
function leadTo(desk, { rule, kind, key }, wantsFields = false) {
  const from = /** @type {{from?: string}|undefined} */ (kind === "relation" ? desk.work.get("relation", key) : undefined)?.from;
  if (kind === "annotation" || from) {
    desk.side.show("span");
    desk.walk.select(from ?? key, { reveals: true });
  } else if (kind === "suggestion") desk.suggestions?.select(key);
  else desk.side.show("article");
  if (wantsFields && rule.includes("attribute")) desk.related?.fields?.focusOn(key);
}
