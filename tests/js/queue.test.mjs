import assert from "node:assert/strict";
import { test } from "node:test";
import * as queue from "../../annotations/static/annotations/js/state/queue.js";
import * as settled from "../../annotations/static/annotations/js/state/settled.js";
import { op } from "./helpers.mjs";

const ids = (ops) => ops.map(({ id }) => id);

test("making and withdrawing something that was never sent leaves nothing", () => {
  assert.deepEqual(queue.enqueue([op()], op({ id: "w", kind: "withdraw" })), []);
});

test("once a try was made, the withdrawal is sent after it", () => {
  const ops = queue.enqueue(queue.attempted([op()], "id-a-create"), op({ id: "w", kind: "withdraw", base: 4 }));

  assert.deepEqual(ids(ops), ["id-a-create", "w"]);
  assert.equal(ops[1].base, null);
});

test("something that other acts stand on is not taken away before they are", () => {
  const ops = [op(), op({ id: "e", target: "e", needs: ["a"] })];

  assert.deepEqual(ids(queue.enqueue(ops, op({ id: "w", kind: "withdraw" }))), ["id-a-create", "e", "w"]);
});

test("unsent changes merge into one act with one key, and the later word wins", () => {
  let ops = [op({ body: { label: "claim", note: "" } })];
  ops = queue.enqueue(ops, op({ id: "2", kind: "change", body: { note: "a" } }));
  ops = queue.enqueue(ops, op({ id: "3", kind: "change", body: { note: "ab" } }));

  assert.deepEqual(ids(ops), ["id-a-create"]);
  assert.deepEqual(ops[0].body, { label: "claim", note: "ab" });
});

test("an act under way is not changed behind its back", () => {
  const sent = queue.attempted([op({ id: "1", kind: "change", body: { note: "a" }, base: 3 })], "1");
  const ops = queue.enqueue(sent, op({ id: "2", kind: "change", body: { note: "ab" }, base: 3 }));

  assert.deepEqual(ops.map(({ id, body, base }) => [id, body.note, base]), [["1", "a", 3], ["2", "ab", null]]);
});

test("withdrawing and at once restoring cancel out", () => {
  const ops = queue.enqueue([], op({ kind: "withdraw", base: 2 }));

  assert.deepEqual(queue.enqueue(ops, op({ id: "r", kind: "restore" })), []);
});

test("acts go out in the order they were done", () => {
  const ops = [op({ target: "a" }), op({ target: "b" }), op({ target: "c" })];

  assert.equal(queue.nextOf(ops).target, "a");
  assert.equal(queue.nextOf(queue.acknowledged(ops, "id-a-create", new Map([["a", 1]]))).target, "b");
});

test("a retry keeps its key and its place", () => {
  const ops = queue.attempted(queue.attempted([op(), op({ target: "b" })], "id-a-create"), "id-a-create");

  assert.equal(queue.nextOf(ops).id, "id-a-create");
  assert.equal(queue.nextOf(ops).tries, 2);
});

test("a later act builds on the version that the earlier one left", () => {
  const sent = queue.attempted([op({ id: "1", kind: "change", base: 3 })], "1");
  const ops = queue.enqueue(sent, op({ id: "2", kind: "withdraw", base: 3 }));

  assert.equal(queue.acknowledged(ops, "1", new Map([["a", 4]]))[0].base, 4);
});

test("a claim that came along with evidence tells its version to acts that wait for it", () => {
  const ops = [op({ id: "e", sort: "evidence", target: "e" }), op({ id: "c", sort: "claim", kind: "change", target: "c", needs: ["e"] })];

  assert.equal(queue.acknowledged(ops, "e", new Map([["e", 1], ["c", 1]]))[0].base, 1);
});

test("a refused act holds back what stands on it, and nothing else", () => {
  const ops = queue.refused(
    [op({ id: "1" }), op({ id: "2", kind: "change" }), op({ id: "3", target: "e", needs: ["a"] }), op({ id: "4", target: "b" })],
    "1",
    [{ code: "quote_mismatch", message: "The words differ." }],
  );

  assert.equal(queue.nextOf(ops).id, "4");
  assert.deepEqual(queue.countsOf(ops), { waiting: 3, conflict: 0, refused: 1 });
  assert.deepEqual(ids(settled.dropped(ops, "a", true)), ["4"]);
});

test("a disputed act is tried again on the version of the other, under a new key", () => {
  const ops = queue.conflicted([op({ id: "1", kind: "change", base: 3, tries: 1 })], "1", { key: "a", version: 7 }, []);
  const [again] = settled.retried(ops, "1", "fresh");

  assert.equal(queue.nextOf(ops), undefined);
  assert.deepEqual([again.id, again.base, again.state], ["fresh", 7, "waiting"]);
});

test("pauses double up to half a minute and differ by chance", () => {
  assert.deepEqual([1, 2, 3].map((tries) => queue.delayOf(tries, 1)), [500, 1000, 2000]);
  assert.equal(queue.delayOf(20, 1), 30_000);
  assert.equal(queue.delayOf(1, 0), 250);
});

test("on leaving, only acts that stand alone are sent at once", () => {
  const ops = [op({ id: "1" }), op({ id: "2", kind: "change" }), op({ id: "3", target: "e", needs: ["a"] }), op({ id: "4", target: "b" })];

  assert.deepEqual(ids(queue.independentOf(ops)), ["1", "4"]);
});
