// @ts-check
/**
 * Finds words in the blocks of a text, in stretches, so that whoever draws can pause between them. A hit is a stretch of the
 * text as it is stored, and never begins or ends within what is seen as one character. Pure; offsets in UTF-16 units.
 */
import { firstPlace } from "../text/first-place.js";
import { folded } from "../text/folded.js";
import { snap } from "../text/snap.js";

/** @typedef {import("../types.js").Block} Block */
/** @typedef {{start: number, end: number}} Hit */
/** @typedef {import("../text/folded.js").Folded} Folded */

/** Between two of these a character always ends; of others the browser is asked. */
const SIMPLE = /[\x20-\u02ff\u0370-\u0482\u048a-\u0590\u05d0-\u05f4\u0620-\u064a\u0660-\u066f\u0671-\u06d3\u2010-\u2027\u3041-\u3096\u30a1-\u30ff\u4e00-\u9fff]/;

export class TextFinder {
  /** @type {Folded[]} the blocks as they were searched last */
  #blocks = [];
  #way = "";

  /** @param {string} text @param {Block[]} blocks in text order @param {string} [locale] */
  constructor(text, blocks, locale = "") {
    this.text = text;
    this.blocks = blocks;
    this.locale = locale;
  }

  /**
   * Give the hits block by block; a block without any gives an empty list.
   * @param {string} words
   * @param {import("../text/folded.js").Exactness} [matters]
   * @returns {Generator<Hit[], void, void>}
   */
  *hits(words, matters = {}) {
    const wanted = folded(words.trim(), matters).text.trim();
    if (!wanted) return;
    const way = JSON.stringify(matters);
    if (way !== this.#way) this.#blocks = [];
    this.#way = way;
    for (const { n, start, end } of this.blocks) {
      this.#blocks[n] ??= folded(this.text.slice(start, end), matters);
      yield this.#inBlock(n, wanted);
    }
  }

  /** @param {number} n @param {string} wanted */
  #inBlock(n, wanted) {
    const { text, from } = this.#blocks[n];
    const { start: offset, end: limit } = this.blocks[n];
    const place = (/** @type {number} */ at) => offset + (from ? from[at] : at);
    /** @type {Hit[]} */
    const found = [];
    for (let at = text.indexOf(wanted); at >= 0; ) {
      const after = at + wanted.length;
      const start = place(at);
      const last = place(after - 1);
      const next = after < text.length ? place(after) : limit;
      const cutsOne = (at > 0 && place(at - 1) === start) || (after < text.length && next === last);
      const hit = cutsOne ? null : this.#whole(start, this.#after(last), next);
      if (hit) found.push(hit);
      at = text.indexOf(wanted, hit ? after : at + 1);
    }
    return found;
  }

  /** Give where the character that begins at a place ends; inside a pair, where the pair ends. @param {number} at */
  #after(at) {
    const unit = this.text.charCodeAt(at);
    return at + (unit >= 0xd800 && unit < 0xdc00 ? 2 : 1);
  }

  /**
   * Give the hit that ends at `end`, or a little later with the marks on its last letter but before `next`; null where it
   * would cut what is seen as one character.
   * @param {number} start @param {number} end @param {number} next
   */
  #whole(start, end, next) {
    const { text } = this;
    const isEdge = (/** @type {number} */ at) => at <= 0 || at >= text.length || (SIMPLE.test(text[at - 1]) && SIMPLE.test(text[at]));
    if (isEdge(start) && isEdge(end)) return { start, end };
    const snapped = snap(text, start, end, { words: false, locale: this.locale });
    return snapped && snapped.start === start && snapped.end >= end && snapped.end <= next ? { start, end: snapped.end } : null;
  }
}

/**
 * Give the number of the hit that comes next: from one hit to another, else the first that begins at a place or later;
 * past the last it starts over. -1 where there is none.
 * @param {Hit[]} hits in text order
 * @param {{current: number, offset: number}} from `current`: the number of the hit one is at, or -1
 * @param {1|-1} direction
 */
export function nextHit(hits, { current, offset }, direction) {
  if (!hits.length) return -1;
  if (current >= 0) return (current + direction + hits.length) % hits.length;
  const place = firstPlace(hits, ({ start }) => start < offset);
  return (direction > 0 ? place : place - 1 + hits.length) % hits.length;
}

/**
 * Give the part of sorted hits that begins within a block.
 * @param {Hit[]} hits @param {Block} block
 */
export function hitsIn(hits, { start, end }) {
  return hits.slice(firstPlace(hits, (hit) => hit.start < start), firstPlace(hits, (hit) => hit.start < end));
}
