// @ts-check
/**
 * Converts between code points (server, files) and UTF-16 units (browser).
 * The only place that does. The map is sparse: it remembers where the characters of two units stand.
 */

import { firstPlace } from "./first-place.js";

/** @param {string} text */
function pairsIn(text) {
  const places = [];
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0xd800 && unit <= 0xdbff) {
      places.push(i);
      i += 1;
    }
  }
  return Uint32Array.from(places);
}

export class OffsetMap {
  /** @param {string} text well-formed: no lone surrogates */
  constructor(text) {
    this.pairs = pairsIn(text);
    /** Length in code points. */
    this.length = text.length - this.pairs.length;
  }

  /**
   * Give the code point offset of a unit offset; inside a pair, that of the pair's start.
   * @param {number} units
   */
  toCodePoints(units) {
    return units - firstPlace(this.pairs, (at) => at < units);
  }

  /**
   * Give the unit offset of a code point offset.
   * @param {number} points
   */
  toUnits(points) {
    return points + firstPlace(this.pairs, (at, n) => at - n < points);
  }
}
