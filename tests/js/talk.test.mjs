// Comments: what could not be fetched is fetched again, and an edit goes over the version that is known when it is sent.
import assert from "node:assert/strict";
import { test } from "node:test";

/** As much of an element as the comments need. */
class Element {
  children = [];
  attributes = {};
  listeners = {};
  dataset = {};
  style = {};
  value = "";
  classList = { toggle() {}, add() {}, remove() {} };

  constructor(name) {
    this.name = name;
  }
  append(...children) {
    this.children.push(...children);
  }
  replaceChildren(...children) {
    this.children = children;
  }
  setAttribute(name, value) {
    this.attributes[name] = value;
  }
  removeAttribute(name) {
    delete this.attributes[name];
  }
  addEventListener(name, listener) {
    this.listeners[name] = listener;
  }
  before() {}
  focus() {}
  setSelectionRange() {}
  contains() {
    return false;
  }
  querySelector() {
    return null;
  }
  find(matches) {
    if (matches(this)) return this;
    return this.children.map((child) => child.find?.(matches)).find(Boolean);
  }
}

async function talkWith(ask) {
  globalThis.document = { createElement: (name) => new Element(name), documentElement: { lang: "en" }, activeElement: null, addEventListener() {}, querySelector: () => null, getElementById: () => null, hidden: false };
  globalThis.CSS = { escape: (name) => name };
  globalThis.location = { hash: "" };
  const { Talk } = await import("../../annotations/static/annotations/js/desk/talk.js");
  const root = { querySelector: () => new Element("root") };
  const extras = { strokes: new Map() };
  const desk = { root, extras, mayAnnotate: true, panel: { querySelector: () => null }, data: { article: { uuid: "a" }, version: { uuid: "v" }, me: { user_uuid: "u" } }, voice: { toast() {} }, api: { ask } };
  return new Talk(desk);
}

const comment = (version, text) => ({ key: "c", thread: "t", text, calls: [], is_unread: false, annotator: "Ada", is_mine: true, version, created_at: "2026-01-01T00:00:00Z", updated_at: "", withdrawn_at: null });
const threads = { status: 200, data: { people: ["Ben"], threads: [{ key: "t", annotation: null, version: 1, resolved_at: null, resolved_by: null, comments: [comment(1, "One")] }] }, problems: [] };

test("threads that could not be fetched come later, and an edit that met a newer version can be sent again", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const asked = [];
  const answers = [{ status: 0, data: null, problems: [] }, threads, { status: 409, data: { current: comment(2, "Two") }, problems: [] }, { status: 200, data: comment(3, "Three"), problems: [] }];
  const talk = await talkWith(async (method, _path, options) => {
    asked.push([method, options?.body?.base_version, options?.key]);
    return answers.shift();
  });
  const settle = async () => { for (let n = 0; n < 20; n++) await Promise.resolve(); };

  await talk.load(new AbortController().signal);
  assert.equal(talk.threads.size, 0);
  context.mock.timers.tick(15_000);
  await settle();
  assert.equal(talk.threads.get("t").comments[0].text, "One");

  talk.ofArticle.find(({ attributes }) => attributes["data-focus"] === "edit:c").listeners.click();
  const form = talk.ofArticle.find(({ name }) => name === "form");
  form.find(({ name }) => name === "textarea").value = "Three";
  for (let n = 0; n < 2; n++) await form.listeners.submit({ preventDefault() {} });

  assert.deepEqual(asked.slice(2).map(([method, base]) => [method, base]), [["PATCH", 1], ["PATCH", 2]]);
  assert.notEqual(asked[2][2], asked[3][2]);
  assert.equal(talk.threads.get("t").comments[0].text, "Three");
  assert.equal(talk.ofArticle.find(({ name }) => name === "form"), undefined);
});
