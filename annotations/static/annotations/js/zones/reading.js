// @ts-check
/** How the text is set (face, size, measure) and what is folded: chosen beside the text, kept in this browser for each person by `theme.js`. */
import { need } from "../dom.js";

/** Tick what is chosen, and take in what is chosen anew. @param {HTMLElement} root @param {AbortSignal} signal */
export function offerReading(root, signal) {
  const place = need(root, "[data-reading]");
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
