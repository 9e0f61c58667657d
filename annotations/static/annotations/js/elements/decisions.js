// @ts-check
/** Draws the acts that need the person's word: changed elsewhere meanwhile, or refused by the server. */
import { h, smallButton } from "../dom.js";
import { t } from "../messages.js";
import { shortened } from "../text/shortened.js";
import { hostOf } from "../text/urls.js";

/** @typedef {import("../types.js").Op} Op */
/** @typedef {"mine"|"theirs"|"both"|"drop"} Choice */

/** @param {any} item @param {(label: string) => string} labelName */
function summaryOf(item, labelName) {
  if (!item) return "–";
  if (item.withdrawn_at) return t("was-withdrawn");
  const parts = [];
  if (item.label) parts.push(labelName(item.label));
  if (item.stance) parts.push(t(item.stance));
  if (item.url) parts.push(hostOf(item.url));
  if (item.quote ?? item.text) parts.push(`“${shortened(item.quote ?? item.text)}”`);
  if (item.note) parts.push(shortened(item.note));
  return parts.join(" · ");
}

/**
 * @param {Op[]} ops
 * @param {import("../state/work.js").Work} work
 * @param {(label: string) => string} labelName
 * @param {(op: Op, choice: Choice) => void} decide
 */
export function decisionsOf(ops, work, labelName, decide) {
  return ops.map((op) => {
    const mine = work.get(op.sort, op.target);
    const choice = (/** @type {Choice} */ name, /** @type {string} */ word) =>
      smallButton(word, () => decide(op, name), { class: "button-small" });
    if (op.state === "refused") {
      const why = op.problems?.map(({ message, code }) => message || t("http-reason", { status: code.replace("http_", "") })).join(" ") ?? "";
      return h("section", { class: "decision" },
        h("h3", { class: "small-head" }, t("refused")),
        h("p", { dir: "auto" }, summaryOf(mine, labelName)),
        h("p", { class: "decision-why" }, t("refused-why", { why })),
        h("div", { class: "form-acts" }, choice("mine", t("try-again")), choice("drop", t("discard"))));
    }
    const canKeepBoth = op.sort === "annotation" && op.kind === "change";
    return h("section", { class: "decision" },
      h("h3", { class: "small-head" }, t("conflict")),
      h("dl", { class: "decision-sides" },
        h("dt", {}, t("mine")), h("dd", { dir: "auto" }, summaryOf(mine, labelName)),
        h("dt", {}, t("theirs")), h("dd", { dir: "auto" }, summaryOf(op.current, labelName))),
      h("div", { class: "form-acts" }, choice("mine", t("keep-mine")), choice("theirs", t("take-theirs")), canKeepBoth && choice("both", t("keep-both"))));
  });
}
