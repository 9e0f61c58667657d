import assert from "node:assert/strict";
import { test } from "node:test";
import { commandOf } from "../../annotations/static/annotations/js/state/keys.js";

const LABELS = [{ key: "claim", shortcut: "1" }, { key: "number", shortcut: "2" }, { key: "hedge", shortcut: "H" }];
const press = (key, code = "", more = {}) => ({ key, code, ...more });
const command = (event, context = {}) => commandOf(event, { labels: LABELS, ...context });

test("a label's digit goes by the physical key, so a French layout needs no Shift", () => {
  assert.deepEqual(command(press("&", "Digit1")), { name: "label", label: "claim" });
  assert.deepEqual(command(press("1", "Digit1", { shiftKey: true })), { name: "label", label: "claim" });
  assert.deepEqual(command(press("2", "Numpad2")), { name: "label", label: "number" });
  assert.equal(command(press("9", "Digit9")), null);
});

test("a label's letter is typed with Shift, and plain letters stay commands", () => {
  assert.deepEqual(command(press("H", "KeyH", { shiftKey: true })), { name: "label", label: "hedge" });
  assert.equal(command(press("h", "KeyH")).name, "where-else");
  assert.equal(command(press("n", "KeyN")).name, "next-span");
});

test("nothing but Escape and Ctrl+Enter acts while someone writes in a field", () => {
  for (const event of [press("1", "Digit1"), press("n", "KeyN"), press("Delete"), press("z", "KeyZ", { ctrlKey: true })]) {
    assert.equal(command(event, { inField: true }), null);
  }
  assert.equal(command(press("Escape"), { inField: true }).name, "escape");
  assert.equal(command(press("Enter", "Enter", { ctrlKey: true }), { inField: true }).name, "submit");
});

test("single keys can be switched off, chords stay", () => {
  assert.equal(command(press("n", "KeyN"), { singleKeys: false }), null);
  assert.equal(command(press("z", "KeyZ", { ctrlKey: true }), { singleKeys: false }).name, "undo");
});

test("undo and redo answer to the habits of each system", () => {
  assert.equal(command(press("z", "KeyZ", { metaKey: true })).name, "undo");
  assert.equal(command(press("Z", "KeyZ", { ctrlKey: true, shiftKey: true })).name, "redo");
  assert.equal(command(press("y", "KeyY", { ctrlKey: true })).name, "redo");
  assert.equal(command(press("u", "KeyU")).name, "undo");
});

test("brackets move the end, with Shift the start, with Alt by one character, on a German layout too", () => {
  assert.deepEqual(command(press("]", "BracketRight")), { name: "move-edge", edge: "end", direction: 1, words: true });
  assert.deepEqual(command(press("{", "BracketLeft", { shiftKey: true })), { name: "move-edge", edge: "start", direction: -1, words: true });
  assert.equal(command(press("“", "BracketLeft", { altKey: true })).words, false);
  assert.equal(command(press("ü", "BracketLeft")).name, "move-edge");
  assert.equal(command(press("[", "Digit8", { ctrlKey: true, altKey: true })).name, "move-edge");
});

test("arrows belong to the browser unless the caret is out", () => {
  assert.equal(command(press("ArrowRight")), null);
  assert.deepEqual(command(press("ArrowRight", "", { shiftKey: true }), { caret: true }), { name: "move-caret", alter: "extend", toward: "right", by: "word" });
  assert.equal(command(press("ArrowLeft", "", { altKey: true }), { caret: true }).by, "character");
});

test("keys pressed while composing are left alone", () => {
  assert.equal(command(press("n", "KeyN", { isComposing: true })), null);
});

test("the browser keeps its own chords", () => {
  assert.equal(command(press("f", "KeyF", { ctrlKey: true })), null);
  assert.equal(command(press("n", "KeyN", { ctrlKey: true })), null);
});
