import assert from "node:assert/strict";
import { test } from "node:test";
import { nextEdge, snap } from "../../annotations/static/annotations/js/text/snap.js";
import { seeded, someText } from "./helpers.mjs";

const snapped = (text, start, end, options) => {
  const span = snap(text, start, end, options);
  return span && text.slice(span.start, span.end);
};

test("a selection widens to whole words and loses the spaces at its edges", () => {
  const text = "The health ministry said on Monday";

  assert.equal(snapped(text, 6, 15), "health ministry");
  assert.equal(snapped(text, 3, 11), "health");
  assert.equal(snapped(text, 6, 15, { words: false }), "alth mini");
});

test("punctuation that was selected stays, and is not added", () => {
  assert.equal(snapped("“So it goes,” she said.", 0, 13), "“So it goes,”");
  assert.equal(snapped("“So it goes,” she said.", 2, 10), "So it goes");
});

test("a cluster of characters is never cut, even letter by letter", () => {
  const family = "👩‍👩‍👧‍👦";
  const text = `a ${family} b e\u0301t 🇺🇦`;

  assert.equal(snapped(text, 4, 6, { words: false }), family);
  assert.equal(snapped(text, text.indexOf("e\u0301"), text.indexOf("e\u0301") + 1, { words: false }), "e\u0301");
  assert.equal(snapped(text, text.length - 2, text.length, { words: false }), "🇺🇦");
});

test("white space alone is no span", () => {
  assert.equal(snap("a  \n\n b", 1, 6), null);
  assert.equal(snap("abc", 2, 2), null);
});

test("no end ever falls inside a cluster, whatever the text", () => {
  const random = seeded(7);
  const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });
  for (let round = 0; round < 300; round++) {
    const text = someText(random);
    const start = Math.floor(random() * text.length);
    const span = snap(text, start, start + Math.floor(random() * (text.length - start)), { words: round % 2 === 0 });
    if (!span) continue;
    const edges = new Set([...graphemes.segment(text)].map((part) => part.index).concat(text.length));
    assert.ok(edges.has(span.start), JSON.stringify([text, span]));
    assert.ok(edges.has(span.end), JSON.stringify([text, span]));
    assert.ok(span.start < span.end);
  }
});

test("an end moves word by word, and character by character", () => {
  const text = "one two, three";

  assert.equal(nextEdge(text, 3, 1, "end"), 7);
  assert.equal(nextEdge(text, 7, 1, "end"), 14);
  assert.equal(nextEdge(text, 7, -1, "end"), 3);
  assert.equal(nextEdge(text, 4, 1, "start"), 9);
  assert.equal(nextEdge(text, 9, -1, "start"), 4);
  assert.equal(nextEdge(text, 3, 1, "end", { words: false }), 4);
  assert.equal(nextEdge("a 👩‍👩‍👧 b", 2, 1, "end", { words: false }), 10);
});

test("an end moves on past the end of a line", () => {
  assert.equal(nextEdge("one\n\ntwo three", 3, 1, "end"), 8);
  assert.equal(nextEdge("one\n\ntwo", 5, -1, "start"), 0);
});

test("a comma before the first word is left out", () => {
  assert.equal(snapped("the statement, which was corrected", 13, 24), "which was");
  assert.equal(snapped("…so it goes", 0, 11), "…so it goes");
});
