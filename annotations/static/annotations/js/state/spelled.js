// @ts-check
/** Where the words of a span stand in other spellings, of those that a project counts as one. Pure; offsets in UTF-16 units. */
import { folded } from "../text/folded.js";
import { placesOf } from "./reshape.js";

/** @typedef {import("./reshape.js").Piece} Piece */

const WORD = /[\p{L}\p{N}][\p{L}\p{N}\p{M}]*/gu;
const MOST_WAYS = 64;

/** @param {string} word */
const plain = (word) => folded(word).text;

/** Write a word with capitals where another has them. @param {string} word @param {string} like */
function casedLike(word, like) {
  const [first, lower] = [like.slice(0, 1), like.toLowerCase()];
  if (like === lower) return word.toLowerCase();
  if (like.length > 1 && like === like.toUpperCase()) return word.toUpperCase();
  return first === lower.slice(0, 1) ? word : word.slice(0, 1).toUpperCase() + word.slice(1);
}

/**
 * Give the other ways to write some words, each word in its own spellings, with capitals where they have them.
 * @param {string} words
 * @param {string[][]} groups spellings that count as one
 */
export function waysOf(words, groups) {
  let ways = [""];
  let at = 0;
  for (const { 0: word, index } of words.matchAll(WORD)) {
    const group = groups.find((each) => each.some((one) => plain(one) === plain(word))) ?? [];
    const forms = [...new Set([word, ...group.filter((one) => plain(one) !== plain(word)).map((one) => casedLike(one, word))])];
    const between = words.slice(at, index);
    ways = ways.flatMap((way) => forms.map((form) => way + between + form)).slice(0, MOST_WAYS);
    at = index + word.length;
  }
  return ways.map((way) => way + words.slice(at)).filter((way) => way !== words);
}

/**
 * Find where words stand, in any of the ways to write them, in text order; of two that overlap the first.
 * @param {string} text
 * @param {string[]} ways
 * @param {{whole?: boolean, locale?: string}} options
 */
export function placesOfAll(text, ways, options) {
  const found = ways.flatMap((way) => placesOf(text, way, options)).sort((a, b) => a.start - b.start || b.end - a.end);
  /** @type {Piece[]} */
  const apart = [];
  for (const place of found) if (place.start >= (apart.at(-1)?.end ?? 0)) apart.push(place);
  return apart;
}
