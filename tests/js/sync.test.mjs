// Saving, with a made-up server and clock; storage is the one in memory that browsers without IndexedDB get.
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

let online = true;
globalThis.document = { cookie: "csrftoken=one", querySelector: () => null };
globalThis.window = globalThis;
delete globalThis.BroadcastChannel;
Object.defineProperty(globalThis, "navigator", { value: { get onLine() { return online; } }, configurable: true });
const timers = [];
globalThis.setTimeout = (act) => timers.push(act);
globalThis.clearTimeout = () => {};

const { OpStore } = await import("../../annotations/static/annotations/js/storage.js");
const { Sync } = await import("../../annotations/static/annotations/js/sync.js");
const { Work } = await import("../../annotations/static/annotations/js/state/work.js");
const { settle: decided } = await import("../../annotations/static/annotations/js/desk/settling.js");
const { op } = await import("./helpers.mjs");

afterEach(() => {
  timers.length = 0;
  globalThis.document.cookie = "csrftoken=one";
});

const settle = async () => {
  for (let n = 0; n < 200; n++) await Promise.resolve();
};

/** A desk whose server gives the answers listed, then says yes to everything. */
function desk(answers = [], page = null) {
  const asked = [];
  const api = {
    root: "/api/",
    async ask(method, path, { body, key, token }) {
      asked.push({ path, body, key, token });
      const answer = answers.shift() ?? { status: 200, data: { key: path.split("/").at(-2), version: 1, withdrawn_at: null } };
      return { problems: [], data: null, wait: 0, ...answer };
    },
    page: async () => page,
  };
  const work = new Work("Ada");
  const sync = new Sync({ api, store: new OpStore("ada"), work, where: { user: "ada", doc: "v1" }, onTouched: () => {}, onState: () => {} });
  return { sync, asked, work };
}

const create = (target) => op({ id: `id-${target}`, target, path: `${target}/` });

test("acts are sent one after the other, in the order they were done", async () => {
  const { sync, asked } = desk();
  sync.push(create("a"));
  sync.push(create("b"));
  await settle();

  assert.deepEqual(asked.map(({ path }) => path), ["/api/a/", "/api/b/"]);
  assert.equal(sync.mood, "saved");
  assert.deepEqual(sync.ops, []);
});

test("a lost connection keeps the act, and the retry carries the same key", async () => {
  const { sync, asked } = desk([{ status: 0 }, { status: 503 }]);
  sync.push(create("a"));
  await settle();
  assert.equal(sync.mood, "offline");
  timers.shift()();
  await settle();
  assert.equal(sync.mood, "retrying");
  timers.shift()();
  await settle();

  assert.deepEqual(asked.map(({ key }) => key), ["id-a", "id-a", "id-a"]);
  assert.equal(sync.mood, "saved");
});

test("a refused act stays with its reason, and the next goes on", async () => {
  const { sync, asked } = desk([{ status: 422, problems: [{ code: "quote_mismatch", message: "Other words stand there." }] }]);
  sync.push(create("a"));
  sync.push(create("b"));
  await settle();

  assert.equal(asked.length, 2);
  assert.deepEqual(sync.ops.map(({ target, state }) => [target, state]), [["a", "refused"]]);
  assert.equal(sync.ops[0].problems[0].message, "Other words stand there.");
});

test("after a log-out nothing is sent until the same person is back", async () => {
  const { sync, asked } = desk([{ status: 401 }], { me: { user_uuid: "ben" } });
  sync.push(create("a"));
  await settle();
  assert.equal(sync.mood, "login");

  globalThis.document.cookie = "csrftoken=two";
  sync.drain();
  await settle();

  assert.equal(sync.mood, "stranger");
  assert.equal(asked.length, 1);
  assert.equal(sync.ops.length, 1);
});

test("an act goes with the token of who did it, though somebody logs in between the question and the sending", async () => {
  const { sync, asked } = desk([{ status: 403, data: { code: "csrf_failed" }, problems: [{ code: "csrf_failed" }] }]);
  sync.push(create("a"));
  const { change } = sync;
  sync.change = (act) => {
    globalThis.document.cookie = "csrftoken=two";
    return change.call(sync, act);
  };
  await settle();

  assert.deepEqual(asked.map(({ token }) => token), ["one"]);
  assert.equal(sync.mood, "login");
  assert.equal(sync.ops.length, 1);
});

test("a refusal that is no log-out is not mistaken for one", async () => {
  const { sync } = desk([{ status: 403, data: {}, problems: [{ code: "not_yours", message: "No." }] }]);
  sync.push(create("a"));
  await settle();

  assert.equal(sync.mood, "saved");
  assert.equal(sync.ops[0].state, "refused");
});

test("a conflict waits for a decision; keeping mine sends it on the version of the other", async () => {
  const theirs = { key: "a", version: 7, label: "number", withdrawn_at: null };
  const { sync, asked, work } = desk([{ status: 409, data: { current: theirs }, problems: [] }]);
  work.absorb({ annotations: [{ ...theirs, version: 3, label: "claim" }] });
  sync.push({ ...create("a"), kind: "change", method: "PATCH", base: 3, body: { label: "place" } });
  await settle();
  assert.equal(sync.ops[0].state, "conflict");

  await decided(sync, sync.ops[0], "mine");
  await settle();

  assert.deepEqual(asked.map(({ body }) => body), [{ label: "place", base_version: 3 }, { label: "place", base_version: 7 }]);
  assert.notEqual(asked[0].key, asked[1].key);
});

test("taking theirs shows what the server has", async () => {
  const theirs = { key: "a", version: 7, label: "number", withdrawn_at: null };
  const { sync, work } = desk([{ status: 409, data: { current: theirs }, problems: [] }]);
  work.absorb({ annotations: [{ ...theirs, version: 3, label: "claim" }] });
  sync.push({ ...create("a"), kind: "change", method: "PATCH", base: 3, body: { label: "place" } });
  await settle();
  await decided(sync, sync.ops[0], "theirs");

  assert.equal(work.get("annotation", "a").label, "number");
  assert.deepEqual(sync.ops, []);
});

test("withdrawing what was withdrawn elsewhere is no conflict", async () => {
  const gone = { key: "a", version: 7, withdrawn_at: "2026-01-01T00:00:00.000000Z" };
  const { sync } = desk([{ status: 409, data: { current: gone }, problems: [] }]);
  sync.push({ ...create("a"), kind: "withdraw", base: 3 });
  await settle();

  assert.deepEqual(sync.ops, []);
  assert.equal(sync.mood, "saved");
});

/** What suggestions do: one decision, or several together. */
const decision = (id, target, state, more = {}) => op({ id, sort: "decision", kind: "change", method: "POST", target, path: "suggestions/decide/", body: { decisions: [{ suggestion: target, state }] }, base: null, ...more });

test("decisions about suggestions wait for a connection, and the later builds on the version of the earlier", async () => {
  const answers = [{ status: 0 }, { status: 200, data: { results: [{ key: "s1", version: 1, state: "accepted" }], annotations: [{ key: "a1", version: 1, withdrawn_at: null }] } }];
  const { sync, asked, work } = desk(answers);
  sync.push(decision("1", "s1", "accepted", { base: 0 }));
  await settle();
  sync.push(decision("2", "s1", "open"));
  timers.pop()();
  await settle();

  assert.deepEqual(asked.map(({ key, body }) => [key, body.base_version]), [["1", 0], ["1", 0], ["2", 1]]);
  assert.equal(work.get("annotation", "a1").version, 1);
  assert.deepEqual(sync.ops, []);
});

test("a relation and a label on the article are kept and shown before they are saved", async () => {
  const { sync, work } = desk([{ status: 0 }]);
  sync.push(op({ id: "1", sort: "relation", target: "r", path: "relations/", body: { key: "r", from: "a", to: "b", label: "answers" } }));
  await settle();
  assert.deepEqual(work.standing("relation").map(({ from, version }) => [from, version]), [["a", 0]]);

  timers.pop()();
  await settle();
  sync.push(op({ id: "2", sort: "article_label", kind: "withdraw", target: "l", path: "article-labels/l/withdraw/" }));
  await settle();

  assert.deepEqual([sync.ops, work.base.relation.size, work.base.article_label.size], [[], 1, 1]);
});
