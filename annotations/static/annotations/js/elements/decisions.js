// @ts-check
/** Draws the acts that need the person's word: changed elsewhere meanwhile, or refused by the server. */
import { h, smallButton } from "../dom.js";
import { decideOn } from "../desk/settling.js";
import { t } from "../messages.js";
import { shortened } from "../text/shortened.js";
import { hostOf } from "../text/urls.js";

/** @typedef {import("../desk/desk.js").Desk} Desk */
/** @typedef {import("../types.js").Op} Op */
/** @typedef {"mine"|"theirs"|"both"|"drop"} Choice */

/** @type {Record<string, string>} */
const STATES = { open: "suggestion-open", accepted: "suggestion-state-accepted", dismissed: "suggestion-state-dismissed" };

/** Name a label of a span, a relation or the whole article. @param {Desk} desk @param {string} key */
function nameOf({ data, labels }, key) {
  const others = [...(data.labels_of_relations ?? []), ...(data.labels_of_articles ?? [])];
  return labels.get(key)?.name ?? others.find((label) => label.key === key)?.name ?? key;
}

/** @param {any} item @param {Desk} desk */
function summaryOf(item, desk) {
  if (!item) return "–";
  if (item.withdrawn_at) return t("was-withdrawn");
  const parts = [];
  if (STATES[item.state]) parts.push(t(STATES[item.state]));
  if (item.kind) parts.push(t(`region-${item.kind}`));
  if (item.label) parts.push(nameOf(desk, item.label));
  if (item.stance) parts.push(t(item.stance));
  if (item.url) parts.push(hostOf(item.url));
  if (item.quote ?? item.text) parts.push(`“${shortened(item.quote ?? item.text)}”`);
  if (item.voice) parts.push(item.speaker_name || t("quoting-nobody"), t(`quoting-${item.mode}`));
  if (item.cue) parts.push(`“${shortened(item.cue)}”`);
  if (item.voice_name) parts.push(t("quoting-through", { name: item.voice_name }));
  if (item.note) parts.push(shortened(item.note));
  return parts.join(" · ");
}

/** Tell what the person wanted: a judgement as it looks with the act, or what they decided about suggestions. @param {Op} op @param {Desk} desk */
function wantedBy(op, desk) {
  if (op.sort !== "decision") return summaryOf(desk.work.get(op.sort, op.target), desk);
  const decisions = /** @type {{suggestion: string, state: string, label?: string}[]} */ (op.body.decisions);
  return decisions.map(({ suggestion, state, label }) => {
    const item = desk.suggestions?.store.byKey.get(suggestion);
    return summaryOf({ state, label: label ?? item?.label, quote: item?.quote }, desk);
  }).join("; ");
}

/** @param {Op[]} ops @param {Desk} desk */
export function decisionsOf(ops, desk) {
  return ops.map((op) => {
    const mine = wantedBy(op, desk);
    const choice = (/** @type {Choice} */ name, /** @type {string} */ word) =>
      smallButton(word, () => decideOn(desk, op, name), { class: "button-small" });
    if (op.state === "refused") {
      const why = op.problems?.map(({ message, code }) => message || t("http-reason", { status: code.replace("http_", "") })).join(" ") ?? "";
      return h("section", { class: "decision" },
        h("h3", { class: "small-head" }, t("refused")),
        h("p", { dir: "auto" }, mine),
        h("p", { class: "decision-why" }, t("refused-why", { why })),
        h("div", { class: "form-acts" }, choice("mine", t("try-again")), choice("drop", t("discard"))));
    }
    const canKeepBoth = op.sort === "annotation" && op.kind === "change";
    return h("section", { class: "decision" },
      h("h3", { class: "small-head" }, t("conflict")),
      h("dl", { class: "decision-sides" },
        h("dt", {}, t("mine")), h("dd", { dir: "auto" }, mine),
        h("dt", {}, t("theirs")), h("dd", { dir: "auto" }, summaryOf(op.current, desk))),
      h("div", { class: "form-acts" }, choice("mine", t("keep-mine")), choice("theirs", t("take-theirs")), canKeepBoth && choice("both", t("keep-both"))));
  });
}
