import assert from "node:assert/strict";
import { test } from "node:test";
import { SuggestedStore } from "../../annotations/static/annotations/js/state/suggested.js";

const item = (key, start, end, more = {}) => ({ key, start, end, quote: key, label: "number", suggested_by: "t 1", score: null, state: "open", version: 0, ...more });

test("the next open suggestion comes after the current one, and around the end", () => {
  const store = new SuggestedStore([item("a", 0, 9), item("b", 2, 4, { label: "date" }), item("c", 12, 15, { state: "dismissed", version: 1 })]);

  assert.equal(store.after(null, 1).key, "b");
  assert.equal(store.after("a", 0).key, "b");
  assert.equal(store.after("b", 2).key, "a");
  assert.equal(store.after("c", 12).key, "a");
  assert.equal(store.at(3).key, "b");
  assert.equal(store.at(13), undefined);
  assert.deepEqual(store.open("date").map(({ key }) => key), ["b"]);
});

test("an answer that is older than what is known changes nothing", () => {
  const store = new SuggestedStore([item("a", 0, 9, { state: "accepted", version: 3 })]);

  store.absorb([{ key: "a", state: "open", version: 2 }, { key: "gone", state: "open", version: 9 }]);
  assert.deepEqual(store.counts(), { open: 0, accepted: 1, dismissed: 0 });
  store.absorb([{ key: "a", state: "open", version: 4 }]);
  assert.equal(store.after(null, 0).key, "a");
});
