// The article page names its modules ahead; the list must be that of the imports.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const APP = new URL("../../annotations/", import.meta.url);
const SCRIPTS = new URL("static/annotations/js/", APP);
const LIST = readFileSync(new URL("templates/annotations/_annotate_modules.html", APP), "utf8");

function reachable(address, found = new Set()) {
  if (found.has(address.href)) return found;
  found.add(address.href);
  const source = readFileSync(address, "utf8");
  for (const match of source.matchAll(/^(?:import|export)\b[^;]*?"(\.[^"]+)"/gm)) reachable(new URL(match[1], address), found);
  return found;
}

test("every module that the page imports is named ahead, and no other", () => {
  const start = new URL("pages/annotate.js", SCRIPTS);
  const imported = [...reachable(start)].filter((href) => href !== start.href).sort();
  const named = [...LIST.matchAll(/annotations\/js\/([\w/-]+\.js)/g)].map((match) => new URL(match[1], SCRIPTS).href).sort();

  assert.deepEqual(named, imported);
});
