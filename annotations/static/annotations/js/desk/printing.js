// @ts-check
/**
 * The article on paper: its text with each span named where it begins and numbered where it ends, and a list of notes
 * and sources, as the view with marks has them. Built when the browser is about to print, removed afterwards.
 */
import { h } from "../dom.js";
import { t } from "../messages.js";

/** @typedef {import("./desk.js").Desk} Desk */
/** @typedef {import("../types.js").Mark} Mark */
/** @typedef {import("../types.js").Evidence} Evidence */

/** @param {Desk} desk @param {AbortSignal} signal */
export function preparePrinting(desk, signal) {
  /** @type {HTMLElement|null} */
  let sheet = null;
  const put = () => {
    sheet?.remove();
    sheet = h("div", { class: "print-sheet" }, ...sheetOf(desk));
    desk.root.append(sheet);
  };
  addEventListener("beforeprint", put, { signal });
  addEventListener("afterprint", () => sheet?.remove(), { signal });
}

/** @param {Desk} desk @returns {HTMLElement[]} */
function sheetOf(desk) {
  const marks = desk.spans.ordered();
  const numbers = new Map(marks.map(({ key }, n) => [key, n + 1]));
  const { language, direction, title } = desk.data.article;
  const article = h("article", { class: "marks", lang: language, dir: direction ?? "auto" });
  let first = 0;
  /** @type {string|undefined} */
  let named;
  for (const block of desk.page.blocks) {
    while (first < marks.length && marks[first].end <= block.start) first++;
    const inside = [];
    for (let n = first; n < marks.length && marks[n].start < block.end; n++) {
      if (marks[n].end > block.start) inside.push(marks[n]);
    }
    const { region, regionName } = block.el.dataset;
    const isFirst = regionName !== named;
    named = regionName;
    if (regionName && isFirst) article.append(h("p", { class: "zone-title", lang: document.documentElement.lang }, regionName));
    article.append(h("p", { dir: "auto", "data-zone": region }, ...piecesOf(desk, block, inside, numbers)));
  }
  const head = desk.root.querySelector(".bar-meta")?.textContent ?? "";
  return [h("h1", { lang: language, dir: "auto" }, title), h("p", { class: "muted" }, head), article, listOf(desk, marks)];
}

/**
 * @param {Desk} desk
 * @param {{start: number, end: number}} block
 * @param {Mark[]} marks that touch the block, in reading order
 * @param {Map<string, number>} numbers
 */
function* piecesOf({ page, labels }, block, marks, numbers) {
  const cuts = new Set([block.start, block.end]);
  for (const { start, end } of marks) for (const cut of [start, end]) if (cut > block.start && cut < block.end) cuts.add(cut);
  const edges = [...cuts].sort((a, b) => a - b);
  for (let n = 0; n + 1 < edges.length; n++) {
    const [start, end] = [edges[n], edges[n + 1]];
    const over = marks.filter((mark) => mark.start < end && mark.end > start);
    for (const mark of over) {
      if (mark.start === start) yield h("span", { class: "mark-open" }, `[${labels.get(mark.label)?.name ?? mark.label} ${numbers.get(mark.key)}: `);
    }
    const words = page.text.slice(start, end);
    yield over.length ? h("mark", { class: `mark mark-${Math.min(over.length, 6)}` }, words) : words;
    for (const mark of over.reverse()) if (mark.end === end) yield h("sup", { class: "mark-number" }, String(numbers.get(mark.key)));
  }
}

/** @param {Desk} desk @param {Mark[]} marks */
function listOf({ work, labels }, marks) {
  /** @type {Map<string, Evidence[]>} */
  const ofClaim = new Map();
  for (const item of work.standing("evidence")) ofClaim.set(item.claim, [...(ofClaim.get(item.claim) ?? []), item]);
  /** @type {Map<string, Evidence[]>} */
  const sources = new Map();
  for (const { annotation, claim } of work.standing("mention")) {
    if (work.get("claim", claim)?.withdrawn_at) continue;
    sources.set(annotation, [...(sources.get(annotation) ?? []), ...(ofClaim.get(claim) ?? [])]);
  }
  const row = (/** @type {Mark} */ mark) => {
    const annotation = work.get("annotation", mark.key);
    const name = h("strong", {}, labels.get(mark.label)?.name ?? mark.label);
    const items = (sources.get(mark.key) ?? []).map(({ stance, title, url, quote, note }) => {
      const words = [t(stance), ": ", title ? `${title}, ` : "", url].join("");
      return h("li", {}, words, quote && h("q", { dir: "auto" }, quote), note && ` ${note}`);
    });
    return h("li", {}, name, " ", h("q", { dir: "auto" }, annotation?.quote ?? ""), annotation?.note && ` ${annotation.note}`, items.length > 0 && h("ul", { class: "marks-sources" }, ...items));
  };
  return h("ol", { class: "marks-list" }, ...marks.map(row));
}
