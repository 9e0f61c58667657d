// @ts-check
/**
 * Holds the spans of one text: by key, by block and in reading order. Pure; offsets in UTF-16 units.
 * Buckets per block are enough at 100,000 words with 10,000 spans; loading sorts once.
 */
import { firstPlace } from "../text/first-place.js";
import { inReadingOrder, innermostFirst, piecesOf } from "./segments.js";

/** @typedef {import("../types.js").Mark} Mark */
/** @typedef {import("../types.js").Block} Block */

/**
 * Find the first place of a sorted list that comes after an item.
 * @param {Mark[]} list
 * @param {Mark} item
 */
function placeFor(list, item) {
  return firstPlace(list, (other) => inReadingOrder(other, item) < 0);
}

/** @param {Mark[]} list @param {Mark} item */
function takeOut(list, item) {
  const place = placeFor(list, item);
  if (list[place] === item) list.splice(place, 1);
}

export class SpanStore {
  /** @param {Block[]} blocks in text order */
  constructor(blocks) {
    this.blocks = blocks;
    /** @type {Map<string, Mark>} */
    this.byKey = new Map();
    /** @type {Mark[][]} */
    this.buckets = blocks.map(() => []);
    /** @type {Mark[]} */
    this.order = [];
  }

  get size() {
    return this.byKey.size;
  }

  /** @param {string} key */
  get(key) {
    return this.byKey.get(key);
  }

  /** Give all spans in reading order. Do not change the list. */
  ordered() {
    return this.order;
  }

  /** @param {number} n */
  inBlock(n) {
    return this.buckets[n] ?? [];
  }

  /**
   * Find the last block that begins at or before an offset (the first one, for an offset before it).
   * @param {number} offset
   */
  blockAt(offset) {
    return Math.max(0, firstPlace(this.blocks, ({ start }) => start <= offset) - 1);
  }

  /**
   * List the blocks that a span touches.
   * @param {{start: number, end: number}} span
   */
  blocksOf({ start, end }) {
    const touched = [];
    for (let n = this.blockAt(start); n < this.blocks.length && this.blocks[n].start < end; n++) {
      if (this.blocks[n].end > start) touched.push(n);
    }
    return touched;
  }

  /**
   * Take in many spans at once, instead of what was there.
   * @param {Mark[]} marks
   */
  load(marks) {
    this.order = [...marks].sort(inReadingOrder);
    this.byKey = new Map(this.order.map((mark) => [mark.key, mark]));
    this.buckets = this.blocks.map(() => []);
    for (const mark of this.order) {
      for (const n of this.blocksOf(mark)) this.buckets[n].push(mark);
    }
  }

  /**
   * Add a span or replace it, and give the blocks to draw again.
   * @param {Mark} mark
   * @returns {number[]}
   */
  put(mark) {
    const touched = new Set(this.remove(mark.key));
    this.byKey.set(mark.key, mark);
    this.order.splice(placeFor(this.order, mark), 0, mark);
    for (const n of this.blocksOf(mark)) {
      this.buckets[n].splice(placeFor(this.buckets[n], mark), 0, mark);
      touched.add(n);
    }
    return [...touched];
  }

  /**
   * Take a span out, and give the blocks to draw again.
   * @param {string} key
   * @returns {number[]}
   */
  remove(key) {
    const mark = this.byKey.get(key);
    if (!mark) return [];
    this.byKey.delete(key);
    takeOut(this.order, mark);
    const touched = this.blocksOf(mark);
    for (const n of touched) takeOut(this.buckets[n], mark);
    return touched;
  }

  /**
   * List the spans that cover the character at an offset, the innermost first.
   * @param {number} offset
   */
  at(offset) {
    const found = [];
    for (const mark of this.inBlock(this.blockAt(offset))) {
      if (mark.start > offset) break;
      if (piecesOf(mark).some(({ start, end }) => start <= offset && end > offset)) found.push(mark);
    }
    return found.sort(innermostFirst);
  }

  /**
   * Give the span that follows one (or the offset), or precedes it, in reading order; past the end it starts over.
   * @param {{key: string|null, offset: number}} from
   * @param {1|-1} direction
   * @param {Mark[]} [order] those to choose from, in reading order
   */
  neighbour({ key, offset }, direction, order = this.order) {
    const here = key === null ? undefined : this.byKey.get(key);
    const place = placeFor(order, here ?? { key: "", start: offset, end: Infinity, label: "" });
    const n = direction > 0 ? place + (here && order[place] === here ? 1 : 0) : place - 1;
    return order[(n + order.length) % order.length];
  }
}
