// Zones: which hold a place, which paragraphs one covers, and its whole lines.
import assert from "node:assert/strict";
import { test } from "node:test";
import { coveredBy, wholeLines, zonesAt } from "../../annotations/static/annotations/js/state/zones.js";
import { goneFrom } from "../../annotations/static/annotations/js/zones/zones.js";

const TEXT = "Kopf 👩‍🚒\n\n  Erster Absatz.  \n\nZweiter\nAbsatz.";
const BLOCKS = [...TEXT.matchAll(/[^\n]+(?:\n[^\n]+)*/g)].map(({ index, 0: words }) => ({ start: index, end: index + words.length }));

test("the innermost zone that holds a place comes first, and an end is not held", () => {
  const outer = { key: "a", kind: "excerpt", start: 2, end: 30 };
  const inner = { key: "b", kind: "citation_marker", start: 10, end: 14 };

  assert.deepEqual(zonesAt([outer, inner], 10), [inner, outer]);
  assert.deepEqual(zonesAt([outer, inner], 14), [outer]);
  assert.deepEqual(zonesAt([outer, inner], 30), []);
});

test("a zone covers the paragraphs of which it leaves out nothing but space", () => {
  const from = TEXT.indexOf("Erster");

  assert.deepEqual(coveredBy(TEXT, BLOCKS, { start: from, end: TEXT.length }), [1, 2]);
  assert.deepEqual(coveredBy(TEXT, BLOCKS, { start: from + 1, end: TEXT.length }), [2]);
  assert.deepEqual(coveredBy(TEXT, BLOCKS, { start: 0, end: from }), [0]);
});

test("a stretch widens to whole lines without the empty ones at its ends", () => {
  const at = TEXT.indexOf("eiter");
  const words = ({ start, end }) => TEXT.slice(start, end);

  assert.equal(words(wholeLines(TEXT, { start: at, end: at + 2 })), "Zweiter");
  assert.equal(words(wholeLines(TEXT, { start: at, end: TEXT.length - 1 })), "Zweiter\nAbsatz.");
  assert.equal(words(wholeLines(TEXT, { start: at - 3, end: at + 2 })), "Zweiter");
  assert.equal(words(wholeLines(TEXT, { start: 0, end: 2 })), "Kopf 👩‍🚒");
});

test("only zones that stood before the question can be missing in the answer", () => {
  const [old, removed, gone] = [{ key: "a", withdrawn_at: null }, { key: "b", withdrawn_at: "2026" }, { key: "c", withdrawn_at: null }];

  assert.deepEqual(goneFrom([old, removed, gone], [{ key: "a" }]), [{ key: "c", withdrawn_at: "now" }]);
});
