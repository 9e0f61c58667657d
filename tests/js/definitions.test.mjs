import assert from "node:assert/strict";
import { test } from "node:test";
import { distance, pairOf } from "../../annotations/static/annotations/js/state/colours.js";
import { choicesIn, definitionFrom, filledFrom, keyFrom } from "../../annotations/static/annotations/js/state/definitions.js";

const DEFINITIONS = [
  { key: "sure", name: "Sure?", kind: "ordinal", values: ["low", { key: "high", name: "Very high" }], default: "low", required: true },
  { key: "about", name: "About", kind: "many", values: ["people", "money"], default: ["money"] },
  { key: "n", name: "n", kind: "number", min: 0, max: 2.5, default: 0 },
  { key: "yes", name: "Yes", kind: "yes_no", default: false },
  { key: "why", name: "Why?", kind: "text", default: "as told", "from elsewhere": [1] },
];

test("a definition that nobody touched is written as it was read", () => {
  for (const definition of DEFINITIONS) assert.deepEqual(definitionFrom(filledFrom(definition), definition), definition);
});

test("another kind leaves behind what it cannot have", () => {
  const made = definitionFrom({ ...filledFrom(DEFINITIONS[2]), kind: "yes_no", chosen: "true" }, DEFINITIONS[2]);
  assert.deepEqual(made, { key: "n", name: "n", kind: "yes_no", default: true });
});

test("values stand one a line, some with a name of their own, and a key is made of a name", () => {
  assert.deepEqual(choicesIn(" low \n\nh = Very high\na=b"), ["low", { key: "h", name: "Very high" }, "a=b"]);
  assert.deepEqual(["How sure?", "4 %", "—"].map(keyFrom), ["how_sure", "label_4", ""]);
});

test("colours are moved and compared as the server does", () => {
  assert.deepEqual(pairOf("#ffff00", {}), ["#808000", "#ffff00"]);
  assert.deepEqual(pairOf("#1565c0", { "#1565c0": "#64b5f6" })[1], "#64b5f6");
  assert.equal(distance("#1565c0", "#304ffe", { "#1565c0": "#64b5f6" }).toFixed(4), "0.0708");
  assert.ok(distance("#1565c0", "#1666c0", {}) < 0.01);
});
