import assert from "node:assert/strict";
import { test } from "node:test";
import { USUAL_KEYS, commandOf, tableOf } from "../../annotations/static/annotations/js/state/keys.js";

// What the keys of three layouts send: [code, plain, with Shift, with AltGr]. Only what differs from its letter's own place.
const LETTERS = [..."abcdefghijklmnopqrstuvwxyz"];
const row = (letters, codes) => letters.map((letter, n) => [codes[n], letter, letter.toUpperCase(), ""]);
const PLACES = {
  german: { ...Object.fromEntries(LETTERS.map((l) => [l, `Key${l.toUpperCase()}`])), y: "KeyZ", z: "KeyY" },
  french: { ...Object.fromEntries(LETTERS.map((l) => [l, `Key${l.toUpperCase()}`])), a: "KeyQ", q: "KeyA", z: "KeyW", w: "KeyZ", m: "Semicolon" },
};
const letters = (layout) => row(LETTERS, LETTERS.map((letter) => PLACES[layout][letter]));
const LAYOUTS = {
  german: [
    ...letters("german"),
    ["Digit1", "1", "!", ""], ["Digit2", "2", '"', "²"], ["Digit3", "3", "§", "³"], ["Digit4", "4", "$", ""], ["Digit5", "5", "%", ""],
    ["Digit6", "6", "&", ""], ["Digit7", "7", "/", "{"], ["Digit8", "8", "(", "["], ["Digit9", "9", ")", "]"], ["Digit0", "0", "=", "}"],
    ["Minus", "ß", "?", "\\"], ["BracketLeft", "ü", "Ü", ""], ["BracketRight", "+", "*", "~"], ["Backslash", "#", "'", ""],
    ["Comma", ",", ";", ""], ["Period", ".", ":", ""], ["Slash", "-", "_", ""],
  ],
  french: [
    ...letters("french"),
    ["Digit1", "&", "1", ""], ["Digit2", "é", "2", "~"], ["Digit3", '"', "3", "#"], ["Digit4", "'", "4", "{"], ["Digit5", "(", "5", "["],
    ["Digit6", "-", "6", "|"], ["Digit7", "è", "7", "`"], ["Digit8", "_", "8", "\\"], ["Digit9", "ç", "9", "^"], ["Digit0", "à", "0", "@"],
    ["Minus", ")", "°", "]"], ["Equal", "=", "+", "}"], ["KeyM", ",", "?", ""], ["Comma", ";", ".", ""], ["Period", ":", "/", ""], ["Slash", "!", "§", ""],
  ],
};
const LABELS = [..."1234567890"].map((digit) => ({ key: `label${digit}`, shortcut: digit })).concat(LETTERS.map((letter) => ({ key: letter, shortcut: letter.toUpperCase() })));

/** Every press that a layout can send. */
function* presses(layout) {
  for (const [code, plain, shifted, third] of LAYOUTS[layout]) {
    yield { code, key: plain };
    yield { code, key: shifted, shiftKey: true };
    if (third) yield { code, key: third, ctrlKey: true, altKey: true };
  }
}
const nameOf = (command) => command && (command.name === "move-edge" ? `${command.edge}-${command.direction > 0 ? "on" : "back"}` : command.label ? `label ${command.label}` : command.name);

for (const layout of Object.keys(LAYOUTS)) {
  test(`every command and every label is reached on a ${layout} keyboard, though labels take all digits and letters`, () => {
    const reached = new Set([...presses(layout)].map((press) => nameOf(commandOf(press, { labels: LABELS }))));
    for (const command of Object.keys(USUAL_KEYS)) assert.ok(reached.has(command), `${command} on ${layout}`);
    for (const { key } of LABELS) assert.ok(reached.has(`label ${key}`), `label ${key} on ${layout}`);
    for (const [key, name] of [["Delete", "withdraw"], ["Enter", "open"], ["Escape", "escape"]]) assert.equal(commandOf({ key, code: key }, { labels: LABELS }).name, name);
  });

  test(`a key never means two things on a ${layout} keyboard: its plain digits are labels, its plain letters commands`, () => {
    for (const press of presses(layout)) {
      const command = commandOf(press, { labels: LABELS });
      if (/^Digit/.test(press.code) && !press.shiftKey && !press.altKey) assert.equal(command.name, "label");
      if (/^[a-z]$/.test(press.key) && command) assert.notEqual(command.name, "label");
    }
  });
}

test("a person's own keys mean what they say, and the old ones nothing", () => {
  const keys = tableOf({ split: "z", "end-on": "." });
  const labels = [{ key: "claim", shortcut: "1" }];
  assert.equal(commandOf({ key: "z", code: "KeyY" }, { labels, keys }).name, "split");
  assert.equal(commandOf({ key: "t", code: "KeyT" }, { labels, keys }), null);
  assert.equal(commandOf({ key: ".", code: "Period" }, { labels, keys }).direction, 1);
  assert.equal(commandOf({ key: "]", code: "Digit9", ctrlKey: true, altKey: true }, { labels, keys }), null);
});
