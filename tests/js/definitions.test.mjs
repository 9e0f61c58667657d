import assert from "node:assert/strict";
import { test } from "node:test";
import { distance, pairOf } from "../../annotations/static/annotations/js/state/colours.js";
import { isRequired } from "../../annotations/static/annotations/js/state/attributes.js";
import { choicesIn, definitionFrom, filledFrom, keyFrom } from "../../annotations/static/annotations/js/state/definitions.js";

const DEFINITIONS = [
  { key: "sure", name: "Sure?", kind: "ordinal", values: ["low", { key: "high", name: "Very high" }], default: "low", required: true },
  { key: "about", name: "About", kind: "many", values: ["people", "money"], default: ["money"] },
  { key: "n", name: "n", kind: "number", min: 0, max: 2.5, default: 0 },
  { key: "yes", name: "Yes", kind: "yes_no", default: false },
  { key: "why", name: "Why?", kind: "text", default: "as told", "from elsewhere": [1] },
  { key: "which", name: "Which?", kind: "text", required_if: { key: "yes", values: [true, 2, "low"] } },
];

test("a definition that nobody touched is written as it was read", () => {
  for (const definition of DEFINITIONS) assert.deepEqual(definitionFrom(filledFrom(definition), definition), definition);
});

test("when an attribute has to be given is typed, and what it was stays what it was", () => {
  const [sure] = DEFINITIONS;
  const needed = (typed, former) => definitionFrom({ ...filledFrom(sure), needed: typed }, former).required_if;
  assert.deepEqual(needed("about = people, money"), { key: "about", values: ["people", "money"] });
  assert.deepEqual(needed("yes = no"), { key: "yes", values: [false] });
  assert.deepEqual(needed("yes = no, 2", { required_if: { key: "yes", values: [2] } }), { key: "yes", values: [false, 2] });
  assert.equal(needed(" "), undefined);
  const which = { kind: "text", required_if: { key: "about", values: ["money"] } };
  assert.deepEqual([["money", "law"], ["law"], undefined].map((about) => isRequired(which, { about })), [true, false, false]);
  assert.ok(isRequired({ required: true }, {}));
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
