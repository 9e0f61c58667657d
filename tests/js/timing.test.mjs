import assert from "node:assert/strict";
import { test } from "node:test";

/** Stand in for the little of a browser that the module asks for. */
class Store {
  getItem(name) {
    return this[name] ?? null;
  }
  setItem(name, value) {
    this[name] = value;
  }
  removeItem(name) {
    delete this[name];
  }
}
for (const name of ["getItem", "setItem", "removeItem"]) Object.defineProperty(Store.prototype, name, { enumerable: false });
const stub = (name, value) => Object.defineProperty(globalThis, name, { value, configurable: true });
stub("localStorage", new Store());
stub("document", { hidden: false, hasFocus: () => true, addEventListener() {} });
stub("addEventListener", () => {});

const { measureTime } = await import("../../annotations/static/annotations/js/desk/timing.js");

test("what earlier visits left is told once, also where the person has no assignment, and kept while nobody answers", async () => {
  const answers = { looked: { status: 200, data: { assignment: null } }, worked: { status: 200, data: { assignment: { state: "open" } } }, old: { status: 422 }, lost: { status: 0 } };
  for (const visit of Object.keys(answers)) localStorage.setItem(`cw-time me ${visit}`, JSON.stringify({ article: "a", api: "/", days: { "2026-11-27": 60 } }));
  const asked = [];
  const api = { ask: async (method, path, { body }) => (asked.push(body.visit), answers[body.visit]) };
  const over = new AbortController();

  measureTime({ api, data: { me: { can_annotate: true, user_uuid: "me" }, article: { uuid: "b" }, urls: { api: "/" } } }, over.signal);
  await new Promise((resolve) => setTimeout(resolve));
  over.abort();

  assert.deepEqual(asked.sort(), ["looked", "lost", "old", "worked"]);
  assert.deepEqual(Object.keys(localStorage), ["cw-time me lost"]);
});
