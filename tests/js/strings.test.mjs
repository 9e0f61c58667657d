// The words of the article page stand in its template; the script asks for them by key.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { t, useMessages } from "../../annotations/static/annotations/js/messages.js";

const APP = new URL("../../annotations/", import.meta.url);
const SCRIPTS = new URL("static/annotations/js/", APP);
const TEMPLATE = readFileSync(new URL("templates/annotations/_annotate_strings.html", APP), "utf8");

const source = readdirSync(SCRIPTS, { recursive: true })
  .filter((name) => name.endsWith(".js"))
  .map((name) => readFileSync(new URL(name, SCRIPTS), "utf8"))
  .join("\n");
const defined = new Set([...TEMPLATE.matchAll(/^ {2}"([\w-]+)":/gm)].map((match) => match[1]));
// The page of a review brings its own few words with it
const REVIEW = readFileSync(new URL("web/reviews.py", APP), "utf8");
const ofReview = new Set([...REVIEW.matchAll(/^ {4}"([\w-]+)": gettext_lazy/gm)].map((match) => match[1]));

test("every word that the script asks for stands in the template", () => {
  const asked = new Set([...source.matchAll(/\bt\("([\w-]+)"/g)].map((match) => match[1]));

  assert.ok(asked.size > 60);
  assert.deepEqual([...asked].filter((key) => !defined.has(key) && !ofReview.has(key)), []);
});

test("no word is left in the template that nothing asks for", () => {
  const made = [...source.matchAll(/`([\w-]+-)\$\{/g)].map((match) => match[1]);
  const isUsed = (key) => source.includes(`"${key}"`) || made.some((start) => key.startsWith(start)) || /\b(supports|refutes|neutral|asserts|reports|denies|url|title|quote|note|stance)\b/.test(key);

  assert.deepEqual([...defined].filter((key) => !isUsed(key)), []);
});

test("a number takes the plural form that the language has for it", () => {
  useMessages({ spans: { one: "{n} Spanne", other: "{n} Spannen" }, plain: "Von {name}" }, "de");

  assert.equal(t("spans", { n: 1 }), "1 Spanne");
  assert.equal(t("spans", { n: 3 }), "3 Spannen");
  assert.equal(t("plain", { name: "Ada" }), "Von Ada");
});

test("a language without its own form falls back to the general one", () => {
  useMessages({ spans: { one: "{n} a", other: "{n} b" } }, "pl");

  assert.equal(t("spans", { n: 3 }), "3 b");
});
