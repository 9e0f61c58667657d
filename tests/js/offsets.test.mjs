import assert from "node:assert/strict";
import { test } from "node:test";
import { OffsetMap } from "../../annotations/static/annotations/js/text/offsets.js";
import { seeded, someText } from "./helpers.mjs";

test("an emoji before the span counts as one character", () => {
  const text = "📈 Der Preis stieg um 4 %.";
  const map = new OffsetMap(text);

  assert.equal(text.slice(map.toUnits(12), map.toUnits(17)), "stieg");
  assert.equal(map.toCodePoints(13), 12);
  assert.equal(map.length, [...text].length);
});

test("an offset inside a pair counts as the pair's start", () => {
  assert.equal(new OffsetMap("a😀b").toCodePoints(2), 1);
});

test("2,000 random texts agree both ways and quote the same words", () => {
  const random = seeded(20261123);
  for (let round = 0; round < 2000; round++) {
    const text = someText(random);
    const points = [...text];
    const map = new OffsetMap(text);
    let units = 0;
    for (let n = 0; n <= points.length; n++) {
      assert.equal(map.toUnits(n), units);
      assert.equal(map.toCodePoints(units), n);
      units += points[n]?.length ?? 0;
    }
    const start = Math.floor(random() * points.length);
    const end = start + Math.floor(random() * (points.length - start));
    assert.equal(text.slice(map.toUnits(start), map.toUnits(end)), points.slice(start, end).join(""));
  }
});
