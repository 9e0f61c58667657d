// Small makers of test data, shared by the tests of the browser modules.

/** A seeded generator, so that a failing case can be run again. */
export function seeded(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state * 1664525 + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const PIECES = [
  "Der Preis stieg um 4 %. ", "“More than 1,200 were treated,” ", "👩‍👩‍👧‍👦", "🇺🇦", "👍🏽", "e\u0301", "ö", "ﬁ", "مرحبا بالعالم ",
  "שלום ", "日本語の文章", "𠮷野家", "\u200f", "\u202eabc\u202c", "\ufeff", "\u00ad", "\n", "\n\n", " ", "a", "📈", "\u2028", "𝒜",
];

export function someText(random, pieces = 12) {
  let text = "";
  for (let i = 0; i < pieces; i++) text += PIECES[Math.floor(random() * PIECES.length)];
  return text;
}

export function op(fields = {}) {
  return {
    id: `id-${fields.target ?? "a"}-${fields.kind ?? "create"}`,
    user: "ada", doc: "v1", sort: "annotation", kind: "create", target: "a", needs: [], path: "x/", method: "POST",
    body: {}, base: null, tries: 0, state: "waiting", ...fields,
  };
}

export const mark = (key, start, end, label = "claim") => ({ key, start, end, label });
