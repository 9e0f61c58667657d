import assert from "node:assert/strict";
import { test } from "node:test";
import { flatten, isCrowded, lanesOf, strokesOf } from "../../annotations/static/annotations/js/state/segments.js";
import { mark, seeded } from "./helpers.mjs";

const BLOCK = { n: 0, start: 0, end: 1000 };

test("overlapping spans lie in different lanes, and a free lane is used again", () => {
  const { lanes, depth } = lanesOf([mark("a", 0, 10), mark("b", 5, 15), mark("c", 10, 20)]);

  assert.deepEqual([...lanes], [["a", 0], ["b", 1], ["c", 0]]);
  assert.equal(depth, 2);
});

test("flattening cuts spans at every edge, innermost first", () => {
  const found = flatten([mark("a", 0, 30), mark("b", 10, 20)]);

  assert.deepEqual(found.map((s) => [s.start, s.end, s.marks.map((m) => m.key).join()]), [[0, 10, "a"], [10, 20, "b,a"], [20, 30, "a"]]);
});

test("flattened stretches cover exactly the covered characters, without overlap", () => {
  const random = seeded(11);
  for (let round = 0; round < 200; round++) {
    const marks = Array.from({ length: 12 }, (_, n) => {
      const start = Math.floor(random() * 100);
      return mark(`m${n}`, start, start + 1 + Math.floor(random() * 30));
    });
    const depth = Array.from({ length: 140 }, (_, i) => marks.filter((m) => m.start <= i && m.end > i).length);
    const seen = new Array(140).fill(0);
    for (const { start, end, marks: over } of flatten(marks)) {
      for (let i = start; i < end; i++) seen[i] += over.length;
    }
    assert.deepEqual(seen, depth);
  }
});

test("a calm block is drawn with one tint and one underline for each span", () => {
  const strokes = strokesOf([mark("a", 0, 30, "claim"), mark("b", 10, 20, "number")], BLOCK);

  assert.deepEqual(strokes.map((s) => s.name), ["cw-bg-claim", "cw-ln-claim-0", "cw-bg-number", "cw-ln-number-1"]);
});

test("a block four spans deep is flattened and says that there is more below", () => {
  const marks = [1, 2, 3, 4].map((n) => mark(`m${n}`, n, 50 - n));
  const strokes = strokesOf(marks, BLOCK);
  const tints = strokes.filter((s) => s.part === "bg").sort((a, b) => a.start - b.start);

  assert.ok(isCrowded(marks));
  assert.ok(tints.every((tint, i) => i === 0 || tints[i - 1].end <= tint.start));
  assert.ok(strokes.some((s) => s.name === "cw-more"));
});

test("what crosses the edge of a block is drawn up to the edge", () => {
  const [tint] = strokesOf([mark("a", 990, 1200)], BLOCK);

  assert.deepEqual([tint.start, tint.end], [990, 1000]);
});

test("another person's annotation carries a sign of its own", () => {
  assert.ok(strokesOf([{ ...mark("a", 0, 5), other: true }], BLOCK).some((s) => s.name === "cw-other"));
});
