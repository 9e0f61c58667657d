// @ts-check
/** How the text is set (face, size, measure) and what is folded: chosen beside the text, kept with the account; what could not be sent yet is kept in this browser, where `theme.js` reads it. */
import { h, need } from "../dom.js";
import { choices } from "../elements/choices.js";
import { t } from "../messages.js";

const PATH = "/api/v1/me/reading/";

/** @typedef {{face?: string, size?: string, measure?: string, folds?: string, isUnsent?: boolean}} Chosen */

/** What this browser keeps for the person who is logged in. @returns {Chosen|null} */
function kept() {
  try {
    return JSON.parse(localStorage.getItem(storedAs()) ?? "null");
  } catch {
    return null;
  }
}

/** @param {Chosen} chosen */
function keep(chosen) {
  try {
    localStorage.setItem(storedAs(), JSON.stringify(chosen));
  } catch {
    // a browser that keeps nothing: the account does
  }
}

const storedAs = () => `cw-reading-${document.documentElement.dataset.person ?? ""}`;

/** Keep a choice with the account, and note that it is. @param {import("../api.js").Api} api @param {Chosen} chosen */
async function send(api, { face = "", size = "", measure = "", folds = "" }) {
  const body = { face, size, measure, folds: folds.split(" ").filter(Boolean) };
  const sent = { face, size, measure, folds };
  const { status } = await api.ask("PUT", PATH, { body });
  const now = kept();
  const isStillIt = now && Object.entries(sent).every(([name, value]) => (now[/** @type {keyof Chosen} */ (name)] ?? "") === value);
  if (status === 200 && isStillIt) keep(sent);
}

/**
 * Tick what is chosen, and take in what is chosen anew; what an earlier visit could not send is sent now.
 * @param {HTMLElement} root
 * @param {import("../api.js").Api} api
 * @param {AbortSignal} signal
 */
export function offerReading(root, api, signal) {
  const before = kept();
  if (before && (before.isUnsent || !document.documentElement.dataset.reading)) send(api, before);
  const place = need(root, "[data-reading]");
  place.replaceChildren(
    h("h3", { class: "small-head" }, t("reading")),
    choices(t("reading-face"), { name: "face", type: "radio" }, [["", t("face-serif")], ["sans", t("face-sans")]]),
    choices(t("reading-size"), { name: "size", type: "radio" }, [["small", t("size-small")], ["", t("size-usual")], ["large", t("size-large")], ["larger", t("size-larger")]]),
    choices(t("reading-measure"), { name: "measure", type: "radio" }, [["narrow", t("measure-narrow")], ["", t("measure-usual")], ["wide", t("measure-wide")]]),
    choices(t("reading-folds"), { name: "folds", type: "checkbox" }, [["boilerplate", t("folds-boilerplate")], ["caption", t("folds-caption")]]),
  );
  const { dataset } = document.documentElement;
  for (const input of place.querySelectorAll("input")) {
    if (input.type === "checkbox") input.checked = (dataset.folds ?? "").split(" ").includes(input.value);
    else input.checked = (dataset[input.name] ?? "") === input.value;
  }
  place.hidden = false;
  const choose = () => {
    /** @type {Record<string, string>} */
    const chosen = { face: "", size: "", measure: "", folds: "" };
    for (const { type, name, value, checked } of place.querySelectorAll("input")) {
      if (type === "checkbox" && checked) chosen.folds = `${chosen.folds} ${value}`.trim();
      else if (type === "radio" && checked) chosen[name] = value;
    }
    const foldsBefore = dataset.folds ?? "";
    Object.assign(dataset, chosen);
    keep({ ...chosen, isUnsent: true });
    send(api, chosen);
    if (foldsBefore !== chosen.folds) document.dispatchEvent(new Event("cw-folds-changed"));
  };
  place.addEventListener("change", choose, { signal });
}
