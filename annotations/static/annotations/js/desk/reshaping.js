// @ts-check
/**
 * The rarer acts on spans: cut and join them, let them take in or leave out words, mark the same words elsewhere.
 * Fetched when first wanted.
 */
import { t } from "../messages.js";
import { areNeighbours, cut, joined, without } from "../state/reshape.js";
import { piecesOf } from "../state/segments.js";

/** @typedef {import("./desk.js").Desk} Desk */
/** @typedef {import("../types.js").Mark} Mark */
/** @typedef {import("../types.js").Annotation} Annotation */

export class Reshaping {
  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
  }

  /** Give the selected span where it may be changed; else say why not. */
  #current() {
    const { walk, deeds, voice } = this.desk;
    const { mark } = walk;
    const item = mark && deeds.editable(mark.key);
    if (!mark) voice.say(t("none-selected-help"));
    return mark && item ? { mark, item } : null;
  }

  /** Give the selected words; else say that they are missing. */
  #selected() {
    const { words, voice } = this.desk;
    if (!words.span) words.take(false);
    if (!words.span) voice.toast(t("select-words-first"));
    return words.span;
  }

  /** Cut the selected span at the caret, or at both ends of the selection. */
  split() {
    const { words, caret, page, acts, walk, deeds, voice } = this.desk;
    const found = this.#current();
    if (!found) return;
    const { mark, item } = found;
    if (!words.span) words.take(false);
    const at = caret.isOn ? caret.offset() : this.#clicked();
    const places = words.span ? [words.span.start, words.span.end] : at === null ? [] : [at];
    const inside = places.filter((place) => place > mark.start && place < mark.end);
    const [first, ...more] = cut(page.text, piecesOf(mark), inside);
    if (!more.length) return voice.toast(t("split-where"));
    words.end();
    acts.history.together("split", () => {
      deeds.setPieces(mark.key, first);
      for (const pieces of more) acts.annotate({ ...this.#likeness(item), ...this.#place(pieces) });
    });
    walk.select(mark.key, { says: false });
    deeds.toastUndo(t("split-done", { n: more.length + 1 }));
  }

  /** Where the text was clicked without selecting anything. */
  #clicked() {
    const selection = getSelection();
    return selection?.isCollapsed && selection.focusNode ? this.desk.page.offsetOf(selection.focusNode, selection.focusOffset) : null;
  }

  /** What a new span has from the one it was made of. @param {Annotation} item */
  #likeness({ label, note, attributes }) {
    return { label, ...(note ? { note } : {}), ...(attributes && Object.keys(attributes).length ? { attributes } : {}) };
  }

  /** @param {import("../state/reshape.js").Piece[]} pieces */
  #place(pieces) {
    const { fragments, ...place } = this.desk.placeOfAll(pieces);
    return fragments.length ? { ...place, fragments } : place;
  }

  /** Join the spans chosen in the list, or the selected one with its neighbour of the same label. */
  merge() {
    const { many, spans, voice, work } = this.desk;
    if (many && many.keys.size > 1) return this.#join([...many.keys].flatMap((key) => spans.get(key) ?? []));
    const found = this.#current();
    if (!found) return;
    const { mark, item } = found;
    const alike = spans.ordered().filter(({ key, other }) => key !== mark.key && !other && work.get("annotation", key)?.label === item.label);
    const near = alike.filter((other) => areNeighbours(this.desk.page.text, mark, other));
    const next = near.find(({ start }) => start >= mark.start) ?? near.at(-1);
    if (next) this.#join([mark, next]);
    else voice.toast(t("merge-none"));
  }

  /** @param {Mark[]} marks */
  #join(marks) {
    const { acts, deeds, work, walk, page, voice, many } = this.desk;
    const order = marks.sort((a, b) => a.start - b.start || a.end - b.end);
    const items = order.map(({ key }) => deeds.editable(key));
    const kept = items[0];
    if (!kept || items.some((item) => !item)) return;
    let reach = order[0];
    for (const mark of order.slice(1)) {
      const fits = areNeighbours(page.text, reach, mark) && work.get("annotation", mark.key)?.label === kept.label;
      if (!fits) return voice.toast(t("merge-none"));
      reach = { ...reach, end: Math.max(reach.end, mark.end) };
    }
    const wide = order.some(({ parts }) => parts) ? joined(page.text, order.flatMap(piecesOf)) : [{ start: reach.start, end: reach.end }];
    const notes = [...new Set(items.flatMap((item) => item?.note || []))].join("\n");
    const claims = new Set(work.claimsOf(kept.key).map(({ claim }) => claim.key));
    many?.clear();
    acts.history.together("merge", () => {
      deeds.setPieces(kept.key, wide);
      if (notes !== (kept.note ?? "")) acts.change("annotation", kept.key, { note: notes });
      for (const { key } of order.slice(1)) {
        for (const { claim } of work.claimsOf(key)) {
          if (!claims.has(claim.key)) acts.addMention(kept.key, claim.key);
          claims.add(claim.key);
        }
        acts.withdraw("annotation", key);
      }
    });
    walk.select(kept.key, { says: false });
    deeds.toastUndo(t("merge-done", { n: order.length }));
  }

  /** Let the selected span take in the selected words too, with whatever lies between left out. */
  include() {
    const found = this.#current();
    const span = found && this.#selected();
    if (!found || !span) return;
    const { words, deeds, walk, page } = this.desk;
    words.end();
    deeds.setPieces(found.mark.key, joined(page.text, [...piecesOf(found.mark), span]));
    walk.select(found.mark.key, { says: false });
  }

  /** Take the selected words out of the selected span. */
  exclude() {
    const found = this.#current();
    const span = found && this.#selected();
    if (!found || !span) return;
    const { words, deeds, walk, page, voice } = this.desk;
    const rest = without(page.text, piecesOf(found.mark), span);
    if (!rest.length) return voice.toast(t("exclude-all"));
    words.end();
    deeds.setPieces(found.mark.key, rest);
    walk.select(found.mark.key, { says: false });
  }

  /** Show where the words of the selected span stand elsewhere, and mark those that the person leaves ticked. */
  async others() {
    const found = this.#current();
    if (!found) return;
    const { showOccurrences } = await import("../elements/occurrences.js");
    const { desk } = this;
    const { acts, deeds, spans, page, locale } = desk;
    const { item } = found;
    const isTaken = (/** @type {{start: number, end: number}} */ { start, end }) =>
      spans.at(start).some((mark) => !mark.other && mark.start === start && mark.end === end && desk.work.get("annotation", mark.key)?.label === item.label);
    showOccurrences(desk.root, { text: page.text, quote: item.quote, label: desk.labelName(item.label), locale, isTaken, spellings: this.#spellings(),
      mark: (places) => {
        acts.history.together("others", () => places.forEach((place) => acts.annotate({ label: item.label, ...desk.placeOf(place.start, place.end) })));
        deeds.toastUndo(t("others-done", { n: places.length }));
      } });
  }

  /** Ask for the spellings that the project counts as one; null where they cannot be had. @returns {Promise<string[][]|null>} */
  async #spellings() {
    const { status, data } = await this.desk.api.ask("GET", "spellings/");
    return status === 200 ? data.results.map((/** @type {{words: string[]}} */ { words }) => words) : null;
  }
}
