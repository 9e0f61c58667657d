// @ts-check
/** How the text is set (face, size, measure) and what is folded: chosen beside the text, kept in this browser for each person by `theme.js`. */
import { h, need } from "../dom.js";
import { choices } from "../elements/choices.js";
import { t } from "../messages.js";

/** Tick what is chosen, and take in what is chosen anew. @param {HTMLElement} root @param {AbortSignal} signal */
export function offerReading(root, signal) {
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
    const chosen = { folds: "" };
    for (const { type, name, value, checked } of place.querySelectorAll("input")) {
      if (type === "checkbox" && checked) chosen.folds = `${chosen.folds} ${value}`.trim();
      else if (type === "radio" && checked) chosen[name] = value;
    }
    const foldsBefore = dataset.folds ?? "";
    Object.assign(dataset, chosen);
    try {
      localStorage.setItem(`cw-reading-${document.documentElement.dataset.person ?? ""}`, JSON.stringify(chosen));
    } catch {
      // a browser that keeps nothing: the choice holds for this page
    }
    if (foldsBefore !== chosen.folds) document.dispatchEvent(new Event("cw-folds-changed"));
  };
  place.addEventListener("change", choose, { signal });
}
