import assert from "node:assert/strict";
import { test } from "node:test";
import { SpanStore } from "../../annotations/static/annotations/js/state/spans.js";
import { inReadingOrder } from "../../annotations/static/annotations/js/state/segments.js";
import { mark, seeded } from "./helpers.mjs";

const BLOCKS = [{ n: 0, start: 0, end: 100 }, { n: 1, start: 102, end: 200 }, { n: 2, start: 202, end: 300 }];

test("a span that crosses paragraphs stands in each of them", () => {
  const store = new SpanStore(BLOCKS);

  assert.deepEqual(store.put(mark("a", 90, 210)), [0, 1, 2]);
  assert.deepEqual(store.inBlock(1).map((m) => m.key), ["a"]);
  assert.deepEqual(store.remove("a"), [0, 1, 2]);
  assert.equal(store.size, 0);
});

test("the shortest of the spans at a point comes first", () => {
  const store = new SpanStore(BLOCKS);
  store.load([mark("outer", 0, 50), mark("inner", 10, 20), mark("other", 30, 40)]);

  assert.deepEqual(store.at(15).map((m) => m.key), ["inner", "outer"]);
  assert.deepEqual(store.at(50).map((m) => m.key), []);
  assert.deepEqual(store.at(101), []);
});

test("a moved span leaves its old paragraph", () => {
  const store = new SpanStore(BLOCKS);
  store.put(mark("a", 10, 20));

  assert.deepEqual(store.put(mark("a", 110, 120)).sort(), [0, 1]);
  assert.equal(store.inBlock(0).length, 0);
});

test("going on from the last span starts over, from either side", () => {
  const store = new SpanStore(BLOCKS);
  store.load([mark("b", 40, 50), mark("a", 10, 20), mark("c", 110, 120)]);

  assert.equal(store.neighbour({ key: "a", offset: 0 }, 1).key, "b");
  assert.equal(store.neighbour({ key: "c", offset: 0 }, 1).key, "a");
  assert.equal(store.neighbour({ key: "a", offset: 0 }, -1).key, "c");
  assert.equal(store.neighbour({ key: null, offset: 60 }, 1).key, "c");
  assert.equal(store.neighbour({ key: null, offset: 60 }, -1).key, "b");
  assert.equal(new SpanStore(BLOCKS).neighbour({ key: null, offset: 0 }, 1), undefined);
});

test("single acts leave the same state as loading everything", () => {
  const random = seeded(3);
  const blocks = Array.from({ length: 50 }, (_, n) => ({ n, start: n * 102, end: n * 102 + 100 }));
  const store = new SpanStore(blocks);
  const kept = new Map();
  for (let i = 0; i < 2000; i++) {
    const key = `k${Math.floor(random() * 300)}`;
    if (random() < 0.3) {
      store.remove(key);
      kept.delete(key);
    } else {
      const start = Math.floor(random() * 5000);
      const item = mark(key, start, start + 1 + Math.floor(random() * 90));
      store.put(item);
      kept.set(key, item);
    }
  }
  const loaded = new SpanStore(blocks);
  loaded.load([...kept.values()]);

  assert.deepEqual(store.ordered(), [...kept.values()].sort(inReadingOrder));
  assert.deepEqual(store.buckets, loaded.buckets);
});
