import assert from "node:assert/strict";
import { test } from "node:test";
import { TextFinder, hitsIn, nextHit } from "../../annotations/static/annotations/js/state/finding.js";
import { OffsetMap } from "../../annotations/static/annotations/js/text/offsets.js";
import { seeded, someText } from "./helpers.mjs";

const blocksOf = (text) => {
  let start = 0;
  return text.split("\n\n").map((part, n) => {
    const block = { n, start, end: start + part.length };
    start = block.end + 2;
    return block;
  });
};
const hits = (text, words, matters) => [...new TextFinder(text, blocksOf(text)).hits(words, matters)].flat();
const find = (text, words, matters) => hits(text, words, matters).map(({ start, end }) => text.slice(start, end));

test("case and accents fall away unless they matter, however an accent is written", () => {
  const text = "Café CAFÉ cafe\u0301 cafe Straße ΟΔΟΣ οδός İl";
  assert.deepEqual(find(text, "cafe"), ["Café", "CAFÉ", "cafe\u0301", "cafe"]);
  assert.deepEqual(find(text, "CAFÉ", { accents: true }), ["Café", "CAFÉ", "cafe\u0301"]);
  assert.deepEqual(find(text, "cafe", { accents: true }), ["cafe"]);
  assert.deepEqual(find(text, "Café", { cases: true, accents: true }), ["Café"]);
  assert.deepEqual(find(text, "strasse"), ["Straße"]);
  assert.deepEqual(find(text, "οδοσ"), ["ΟΔΟΣ", "οδός"]);
  assert.deepEqual(find("שָׁלוֹם كِتاب", "שלום"), ["שָׁלוֹם"]);
  assert.deepEqual(find("שָׁלוֹם كِتاب", "كتاب"), ["كِتاب"]);
});

test("quotation marks, dashes, spaces and what nobody sees are found as they are typed", () => {
  assert.deepEqual(find("4\u202f%, 4  % – O’Neill: „hm“ Staats\u00adanwalt", "4 %"), ["4\u202f%", "4  %"]);
  assert.deepEqual(find("O’Neill: „hm“", `o'neill: "hm"`), ["O’Neill: „hm“"]);
  assert.deepEqual(find("ein Staats\u00adanwalt", "staatsanwalt"), ["Staats\u00adanwalt"]);
  assert.deepEqual(find("one\n\none", " one "), ["one", "one"]);
  assert.deepEqual(find("anything", "  "), []);
});

test("a hit never cuts what is seen as one character", () => {
  assert.deepEqual(find("👩‍🚒 and 👩", "👩"), ["👩"]);
  assert.equal(hits("👩‍🚒 and 👩", "👩")[0].start, 10);
  assert.deepEqual(find("🇩🇪🇺🇦", "🇪🇺"), []);
  assert.deepEqual(find("🇩🇪🇺🇦", "🇺🇦"), ["🇺🇦"]);
  assert.deepEqual(find("Straße", "s", { cases: true }), []);
});

test("hits in any text have offsets at the edges of characters, in code points too", () => {
  const random = seeded(7);
  const segmenter = new Intl.Segmenter();
  let found = 0;
  for (let round = 0; round < 300; round++) {
    const text = someText(random, 20);
    const edges = new Set([text.length, ...[...segmenter.segment(text)].map(({ index }) => index)]);
    const map = new OffsetMap(text);
    for (const words of ["e", "é", "a", "👍🏽", "1,200", "שלום", "4 %", "ﬁ", "𠮷", "👩", "m"]) {
      for (const { start, end } of hits(text, words)) {
        found += 1;
        assert.ok(edges.has(start) && edges.has(end), JSON.stringify([text, words, start, end]));
        assert.equal([...text].slice(map.toCodePoints(start), map.toCodePoints(end)).join(""), text.slice(start, end));
      }
    }
  }
  assert.ok(found > 1000);
});

test("the next hit is the one after, around the end, and at first the one from where one is", () => {
  const three = [{ start: 5, end: 6 }, { start: 15, end: 16 }, { start: 25, end: 26 }];
  assert.equal(nextHit(three, { current: -1, offset: 10 }, 1), 1);
  assert.equal(nextHit(three, { current: -1, offset: 30 }, 1), 0);
  assert.equal(nextHit(three, { current: -1, offset: 10 }, -1), 0);
  assert.equal(nextHit(three, { current: 2, offset: 0 }, 1), 0);
  assert.equal(nextHit(three, { current: 0, offset: 0 }, -1), 2);
  assert.equal(nextHit([], { current: -1, offset: 0 }, 1), -1);
  assert.deepEqual(hitsIn(three, { n: 1, start: 10, end: 25 }), [three[1]]);
});
