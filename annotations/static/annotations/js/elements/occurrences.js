// @ts-check
/** The dialog that shows where the same words stand again, each with what is around it; all are ticked at first. */
import { h } from "../dom.js";
import { t } from "../messages.js";
import { placesOfAll, waysOf } from "../state/spelled.js";

/** @typedef {import("../state/reshape.js").Piece} Piece */

const AROUND = 40;
const MOST_NAMED = 6;

/**
 * @param {HTMLElement} root
 * @param {{text: string, quote: string, label: string, locale: string, spellings: Promise<string[][]|null>, isTaken: (place: Piece) => boolean, mark: (places: Piece[]) => void}} given
 */
export function showOccurrences(root, { text, quote, label, locale, spellings, isTaken, mark }) {
  const whole = h("input", { type: "checkbox", checked: true });
  const spelled = h("input", { type: "checkbox", checked: true });
  const spelling = h("p", { class: "muted", hidden: true });
  const list = h("ol", { class: "occurrence-rows" });
  const submit = h("button", { class: "button-primary", value: "mark" });
  /** @type {Piece[]} */
  let places = [];
  /** @type {string[]} */
  let otherWays = [];
  /** @type {Set<number>} where those start that are not wanted */
  const unwanted = new Set();
  const boxes = () => /** @type {HTMLInputElement[]} */ ([...list.querySelectorAll("input")]);
  const count = () => {
    const n = boxes().filter(({ checked }) => checked).length;
    submit.textContent = t("others-mark", { n });
    submit.disabled = n === 0;
  };
  const draw = () => {
    places = placesOfAll(text, [quote, ...(spelled.checked ? otherWays : [])], { whole: whole.checked, locale }).filter((place) => !isTaken(place));
    list.replaceChildren(...(places.length ? places.map(row) : [h("li", { class: "muted" }, t("others-none"))]));
    count();
  };
  const choose = (/** @type {number} */ start, /** @type {boolean} */ isWanted) => {
    if (isWanted) unwanted.delete(start);
    else unwanted.add(start);
    count();
  };
  const row = (/** @type {Piece} */ { start, end }) => h("li", {}, h("label", { class: "choice" },
    h("input", { type: "checkbox", checked: !unwanted.has(start), onchange: (/** @type {Event} */ { target }) => choose(start, /** @type {HTMLInputElement} */ (target).checked) }),
    h("span", { dir: "auto" }, `…${text.slice(Math.max(0, start - AROUND), start).replace(/\s+/g, " ").trimStart()}`, h("mark", {}, text.slice(start, end)),
      `${text.slice(end, end + AROUND).replace(/\s+/g, " ").trimEnd()}… `,
      text.slice(start, end) !== quote && h("span", { class: "badge" }, t("others-spelled")))));
  for (const box of [whole, spelled]) box.addEventListener("change", draw);
  spellings.then((groups) => {
    otherWays = waysOf(quote, groups ?? []);
    spelling.hidden = Boolean(groups) && !otherWays.length;
    if (!groups) spelling.textContent = t("others-no-spellings");
    else spelling.replaceChildren(h("label", { class: "choice" }, spelled, ` ${t("others-spellings")} `, h("span", { class: "muted", dir: "auto" }, otherWays.slice(0, MOST_NAMED).join(", "))));
    if (otherWays.length) draw();
  });
  const close = () => dialog.close();
  const dialog = h("dialog", { class: "help occurrences", "aria-labelledby": "occurrences-title" },
    h("form", { method: "dialog" },
      h("h2", { id: "occurrences-title" }, t("others-title", { label })),
      h("label", { class: "choice" }, whole, ` ${t("others-whole")}`),
      spelling,
      list,
      h("div", { class: "row row-end" }, h("button", { type: "button", class: "button-quiet", onclick: close }, t("cancel")), submit)));
  dialog.addEventListener("close", () => {
    const chosen = places.filter((_, n) => boxes()[n]?.checked);
    dialog.remove();
    if (dialog.returnValue === "mark" && chosen.length) mark(chosen);
  });
  root.append(dialog);
  draw();
  dialog.showModal();
  submit.focus();
}
