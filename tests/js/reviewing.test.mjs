import assert from "node:assert/strict";
import { test } from "node:test";
import { meaningOf, nextOpen, stepWord } from "../../annotations/static/annotations/js/state/reviewing.js";

test("settling goes on to the next open difference, around the end, and stays where none is", () => {
  assert.equal(nextOpen([true, false, true], 1), 1);
  assert.equal(nextOpen([false, true, true], 2), 0);
  assert.equal(nextOpen([true, true], 1), 1);
  assert.equal(nextOpen([], 0), 0);
});

test("the ends of a span move by words, counted in code points", () => {
  const points = [..."📈 Der Preis, josé stieg."];
  const at = (word) => [..."📈 Der Preis, josé stieg.".split(word)[0]].length;
  assert.equal(stepWord(points, at("Der"), 1, "start"), at("Preis"));
  assert.equal(stepWord(points, at("Preis"), -1, "start"), at("Der"));
  assert.equal(stepWord(points, at("Preis") + 5, 1, "end"), at("josé") + 4);
  assert.equal(stepWord(points, points.length - 1, 1, "end"), points.length - 1);
  assert.equal(stepWord(points, at("Der"), -1, "start"), at("Der"));
});

test("keys choose, act, move and undo; digits only of those who are there", () => {
  assert.deepEqual(meaningOf({ key: "2" }, 2), { act: "choose", of: "2" });
  assert.equal(meaningOf({ key: "3" }, 2), null);
  assert.deepEqual(meaningOf({ key: "X" }, 2), { act: "press", of: "x" });
  assert.deepEqual(meaningOf({ key: "a" }, 2), { act: "press", of: "a" });
  assert.deepEqual(meaningOf({ key: "ArrowLeft" }, 2), { act: "move", step: -1 });
  assert.deepEqual(meaningOf({ key: "z", ctrlKey: true }, 2), { act: "undo" });
  assert.equal(meaningOf({ key: "x", ctrlKey: true }, 2), null);
  assert.equal(meaningOf({ key: "Enter" }, 2), null);
});
