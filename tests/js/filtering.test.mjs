import assert from "node:assert/strict";
import { test } from "node:test";
import { NO_FILTER, facetsOf, isFilterEmpty, matcherOf } from "../../annotations/static/annotations/js/state/filtering.js";
import { SpanStore } from "../../annotations/static/annotations/js/state/spans.js";
import { rowsInView } from "../../annotations/static/annotations/js/state/windowing.js";
import { mark } from "./helpers.mjs";

const item = (key, more = {}) => ({ key, label: "claim", is_mine: false, annotator: "brisk-birch", layer: "annotator", withdrawn_at: null, quote: "", note: "", ...more });
const ITEMS = [
  item("a", { is_mine: true, annotator: "quick-tern", quote: "Zoe\u0308 sagte" }),
  item("b", { label: "number", note: "Très haut" }),
  item("c", { annotator: "calm-oak", layer: "imported" }),
  item("d", { is_mine: true, annotator: "quick-tern", withdrawn_at: "2026-11-27" }),
];
const KNOWN = { own: "open", others: { "brisk-birch": "submitted" }, tools: new Map([["b", "tagger 1"]]), unsaved: new Map([["a", "waiting"], ["c", "conflict"]]) };
const keys = (filter) => ITEMS.filter(matcherOf({ ...NO_FILTER, ...filter }, KNOWN)).map(({ key }) => key).join("");

test("annotations are found by label, by person, tool or layer, and by state", () => {
  assert.equal(keys({}), "abcd");
  assert.equal(keys({ label: "number" }), "b");
  assert.deepEqual([keys({ by: "me" }), keys({ by: "person:calm-oak" }), keys({ by: "tool:tagger 1" }), keys({ by: "layer:imported" })], ["ad", "c", "b", "c"]);
  assert.deepEqual(["open", "submitted", "none", "withdrawn", "unsaved", "decision"].map((state) => keys({ state })), ["a", "b", "c", "d", "a", "c"]);
  assert.equal(keys({ label: "claim", by: "me", state: "open" }), "a");
});

test("words are looked for in quote and note, whatever their case and accents", () => {
  assert.deepEqual([keys({ words: "zoë S" }), keys({ words: "TRES" }), keys({ words: " " })], ["a", "b", "abcd"]);
  assert.ok(isFilterEmpty({ ...NO_FILTER, words: " " }) && !isFilterEmpty({ ...NO_FILTER, by: "me" }));
});

test("what can be chosen is counted", () => {
  const { label, by, state } = facetsOf(ITEMS, KNOWN);
  assert.deepEqual(Object.fromEntries(label), { claim: 3, number: 1 });
  assert.deepEqual(Object.fromEntries(by), { me: 2, "person:brisk-birch": 1, "tool:tagger 1": 1, "person:calm-oak": 1, "layer:imported": 1 });
  assert.deepEqual(Object.fromEntries(state), { open: 1, unsaved: 1, submitted: 1, none: 1, decision: 1, withdrawn: 1 });
});

test("the next annotation is looked for among those that match, from one that does not too", () => {
  const store = new SpanStore([{ n: 0, start: 0, end: 100 }]);
  store.load([mark("a", 0, 5), mark("b", 10, 15), mark("c", 20, 25), mark("d", 30, 35)]);
  const order = store.ordered().filter(({ key }) => "ac".includes(key));
  const next = (key, direction) => store.neighbour({ key, offset: 0 }, direction, order)?.key;
  assert.deepEqual([next("a", 1), next("b", 1), next("d", 1), next("d", -1), next("b", -1), next("a", -1)], ["c", "c", "a", "c", "a", "c"]);
  assert.equal(store.neighbour({ key: "a", offset: 0 }, 1, []), undefined);
});

test("of a long list the rows in view are drawn and a few more", () => {
  assert.deepEqual(rowsInView({ count: 10_000, height: 80, top: 8000, bottom: 8800 }), { first: 94, last: 116 });
  assert.deepEqual(rowsInView({ count: 10_000, height: 80, top: -50, bottom: 700 }), { first: 0, last: 15 });
  assert.deepEqual(rowsInView({ count: 3, height: 80, top: 8000, bottom: 8800 }), { first: 3, last: 3 });
});
