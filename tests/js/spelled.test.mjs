import assert from "node:assert/strict";
import { test } from "node:test";
import { placesOfAll, waysOf } from "../../annotations/static/annotations/js/state/spelled.js";

const GROUPS = [["Uighur", "Uyghur", "Uygur"], ["Zoë", "Soé"]];
const TEXT = "The Uighur town. An Uyghur poet, UYGUR songs; uygur bread, Uyghurs. Zoe's Soé 🌊 Zoë’s.";

test("each word is written in its other spellings, with capitals where it has them", () => {
  assert.deepEqual(waysOf("Uighur town", GROUPS), ["Uyghur town", "Uygur town"]);
  assert.deepEqual(waysOf("UYGUR", GROUPS), ["UIGHUR", "UYGHUR"]);
  assert.deepEqual(waysOf("an uyghur", GROUPS), ["an uighur", "an uygur"]);
  assert.deepEqual(waysOf("the town", GROUPS), []);
  assert.deepEqual(waysOf("Zoe’s Uygur", GROUPS), ["Zoe’s Uighur", "Zoe’s Uyghur", "Soé’s Uygur", "Soé’s Uighur", "Soé’s Uyghur"]);
});

test("the ways of many words come to an end", () => {
  const groups = [Array.from({ length: 20 }, (_, n) => `w${n}`)];
  assert.ok(waysOf(Array(30).fill("w1").join(" "), groups).length <= 64);
});

test("places in any spelling come in text order, whole words and never two on one another", () => {
  const read = (/** @type {boolean} */ whole) => placesOfAll(TEXT, ["Uighur", ...waysOf("Uighur", GROUPS)], { whole }).map(({ start, end }) => TEXT.slice(start, end));
  assert.deepEqual(read(true), ["Uighur", "Uyghur"]);
  assert.deepEqual(read(false), ["Uighur", "Uyghur", "Uyghur"]);
  assert.deepEqual(placesOfAll("w12 w1", ["w1", "w12"], { whole: false }).map(({ start, end }) => [start, end]), [[0, 3], [4, 6]]);
});
