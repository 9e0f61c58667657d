import assert from "node:assert/strict";
import { test } from "node:test";
import { callAt, namesFor } from "../../annotations/static/annotations/js/text/calls.js";

const NAMES = ["ada", "amber-otter-101", "Ben K."];

test("a call begins at an @ that stands before a name, not within an address", () => {
  assert.deepEqual(callAt("ask @be", 7), { at: 4, begun: "be" });
  assert.deepEqual(callAt("(@", 2), { at: 1, begun: "" });
  assert.deepEqual(callAt("@Ben K", 6), { at: 0, begun: "Ben K" });
  assert.equal(callAt("mail x@be", 9), null);
  assert.equal(callAt("@ada\nnew", 8), null);
  assert.equal(callAt("nobody", 3), null);
});

test("names are found by their beginning or a word of theirs, and none once more than a name is written", () => {
  assert.deepEqual(namesFor("", NAMES), NAMES);
  assert.deepEqual(namesFor("A", NAMES), ["ada", "amber-otter-101"]);
  assert.deepEqual(namesFor("otter", NAMES), ["amber-otter-101"]);
  assert.deepEqual(namesFor("ada ", NAMES), []);
});
