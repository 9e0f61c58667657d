import assert from "node:assert/strict";
import { test } from "node:test";
import { CommentDrafts } from "../../annotations/static/annotations/js/state/comment-drafts.js";

function storage() {
  const held = new Map();
  return { held, getItem: (name) => held.get(name) ?? null, setItem: (name, text) => held.set(name, text), removeItem: (name) => held.delete(name) };
}

const draft = { text: "Woher? 📈", key: "k", first: "f" };

test("a draft is there for the same person and text alone, until it is forgotten", () => {
  const kept = storage();
  const drafts = new CommentDrafts({ user: "ada", doc: "v1" }, kept);
  drafts.keep("new:", draft);
  drafts.keep("reply:t", { ...draft, text: "  " });

  assert.deepEqual(Object.keys(new CommentDrafts({ user: "ada", doc: "v1" }, kept).all()), ["new:"]);
  assert.equal(drafts.all()["new:"].text, draft.text);
  assert.deepEqual(new CommentDrafts({ user: "ben", doc: "v1" }, kept).all(), {});
  assert.deepEqual(new CommentDrafts({ user: "ada", doc: "v2" }, kept).all(), {});
  drafts.forget("new:");
  assert.equal(kept.held.size, 0);
});

test("what is old, broken, or cannot be stored does no harm", () => {
  const kept = storage();
  kept.setItem("cw-talk ada v1", JSON.stringify({ old: { ...draft, at: 1 }, broken: 3 }));
  assert.deepEqual(new CommentDrafts({ user: "ada", doc: "v1" }, kept).all(), {});
  kept.setItem("cw-talk ada v1", "{");
  assert.deepEqual(new CommentDrafts({ user: "ada", doc: "v1" }, kept).all(), {});
  const full = { ...kept, setItem: () => { throw new Error("full"); } };
  new CommentDrafts({ user: "ada", doc: "v1" }, full).keep("new:", draft);
});
