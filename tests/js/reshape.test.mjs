import assert from "node:assert/strict";
import { test } from "node:test";
import { strokesOf } from "../../annotations/static/annotations/js/state/segments.js";
import { areNeighbours, cut, joined, placesOf, without } from "../../annotations/static/annotations/js/state/reshape.js";
import { SpanStore } from "../../annotations/static/annotations/js/state/spans.js";
import { sentenceAt } from "../../annotations/static/annotations/js/text/sentence.js";
import { seeded, someText } from "./helpers.mjs";

const TEXT = "The mayor said, and this is new, that 42 leaks were found. The mayor of Oska saw them.";
const at = (words, from = 0) => ({ start: TEXT.indexOf(words, from), end: TEXT.indexOf(words, from) + words.length });
const read = (pieces) => pieces.map(({ start, end }) => TEXT.slice(start, end));

test("a span takes in further words, and pieces with nothing but space between them become one", () => {
  assert.deepEqual(read(joined(TEXT, [at("42 leaks"), at("The mayor said")])), ["The mayor said", "42 leaks"]);
  assert.deepEqual(read(joined(TEXT, [at("mayor"), at("said"), at("mayor said")])), ["mayor said"]);
});

test("words are taken out of a span, at its edge and from within", () => {
  assert.deepEqual(read(without(TEXT, [at("The mayor said, and this is new")], at(", and this"))), ["The mayor said", "is new"]);
  assert.deepEqual(read(without(TEXT, [at("The mayor said")], at("The "))), ["mayor said"]);
  assert.deepEqual(without(TEXT, [at("mayor")], at("The mayor said")), []);
});

test("a span is cut at places without the space between", () => {
  assert.deepEqual(cut(TEXT, [at("The mayor said")], [9]).map(read), [["The mayor"], ["said"]]);
  assert.deepEqual(cut(TEXT, [at("The mayor"), at("42 leaks")], [at("leaks").start]).map(read), [["The mayor", "42"], ["leaks"]]);
  assert.deepEqual(cut(TEXT, [at("The mayor")], [0]).map(read), [["The mayor"]]);
});

test("neighbours overlap or have no word between them", () => {
  assert.equal(areNeighbours(TEXT, at("said"), at("and")), true);
  assert.equal(areNeighbours(TEXT, at("mayor said"), at("The mayor")), true);
  assert.equal(areNeighbours(TEXT, at("said"), at("this")), false);
});

test("the same words are found again as whole words, or anywhere", () => {
  assert.equal(placesOf(TEXT, "The mayor").length, 2);
  assert.equal(placesOf("Rain. Rainy rain: Rain", "Rain").length, 2);
  assert.equal(placesOf("Rain. Rainy rain: Rain", "Rain", { whole: false }).length, 3);
  assert.equal(placesOf("👩‍👩‍👧 👩 👩‍👩‍👧", "👩", { whole: false }).length, 1);
});

test("whatever is cut, joined or taken out keeps to the text and to order", () => {
  const random = seeded(41);
  for (let n = 0; n < 500; n++) {
    const text = someText(random);
    const any = () => Math.floor(random() * (text.length + 1));
    const piece = () => {
      const [start, end] = [any(), any()].sort((a, b) => a - b);
      return { start, end: Math.min(text.length, Math.max(end, start + 1)) };
    };
    const pieces = joined(text, [piece(), piece(), piece()].filter(({ start, end }) => start < end));
    if (!pieces.length) continue;
    for (const list of [without(text, pieces, piece()), ...cut(text, pieces, [any(), any()])]) {
      list.forEach(({ start, end }, i) => {
        assert.ok(start < end && end <= text.length && text.slice(start, end).trim());
        assert.ok(i === 0 || list[i - 1].end <= start);
        assert.ok(pieces.some((whole) => whole.start <= start && end <= whole.end));
      });
    }
  }
});

test("a span in parts is drawn in its parts, joined by a thin line, and hit in them only", () => {
  const block = { n: 0, start: 0, end: TEXT.length };
  const mark = { key: "a", label: "claim", ...at("The mayor said, and this is new, that 42 leaks"), parts: [at("The mayor said"), at("42 leaks")] };
  const store = new SpanStore([block]);
  store.load([mark]);

  const strokes = strokesOf(store.inBlock(0), block);
  assert.deepEqual(read(strokes.filter(({ part }) => part === "bg")), ["The mayor said", "42 leaks"]);
  assert.equal(strokes.filter(({ name }) => name === "cw-gap").length, 1);
  assert.equal(store.at(at("leaks").start).length, 1);
  assert.equal(store.at(at("new").start).length, 0);
});

test("a sentence goes on after Dr. and an initial", () => {
  const text = "First one. Then Dr. J. Smith spoke. Last.";
  const found = sentenceAt(text, 0, text.length, text.indexOf("Smith"), "en");
  assert.equal(text.slice(found.start, found.end), "Then Dr. J. Smith spoke.");
  const last = sentenceAt(text, 0, text.length, text.length - 1, "en");
  assert.equal(text.slice(last.start, last.end), "Last.");
});
