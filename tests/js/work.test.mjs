import assert from "node:assert/strict";
import { test } from "node:test";
import { Acts } from "../../annotations/static/annotations/js/state/acts.js";
import { enqueue, refused } from "../../annotations/static/annotations/js/state/queue.js";
import { Work } from "../../annotations/static/annotations/js/state/work.js";

const SAVED = {
  key: "s", start: 0, end: 4, quote: "Mehr", label: "claim", note: "", annotator: "Ada", is_mine: true, version: 3, withdrawn_at: null,
};

function desk() {
  const work = new Work("Ada");
  let n = 0;
  const push = (op) => work.replay(enqueue(work.ops, op));
  const where = { user: "ada", doc: "v1", article: "art", sha256: "00" };
  return { work, acts: new Acts({ work, push, newKey: () => `k${++n}`, where }) };
}

const fields = { start: 0, end: 4, quote: "Mehr", label: "claim" };
const link = { url: "https://a.example/", title: "", stance: "refutes", quote: "", note: "" };

test("an act is seen at once, before the server knows of it", () => {
  const { work, acts } = desk();
  const key = acts.annotate(fields);

  const seen = work.get("annotation", key);
  assert.equal(seen.quote, "Mehr");
  assert.equal(seen.is_mine, true);
  assert.equal("text_sha256" in seen, false);
  assert.equal(work.ops[0].body.version_uuid, "v1");
});

test("after a reload, waiting acts stand again on top of what the server has", () => {
  const { work, acts } = desk();
  work.absorb({ annotations: [SAVED] });
  acts.change("annotation", "s", { label: "number" });
  const reloaded = new Work("Ada");
  reloaded.absorb({ annotations: [SAVED] });
  reloaded.replay(work.ops);

  assert.equal(reloaded.get("annotation", "s").label, "number");
  assert.equal(work.ops[0].base, 3);
});

test("an older answer never replaces a newer state", () => {
  const { work } = desk();
  work.absorb({ annotations: [{ ...SAVED, version: 5, note: "new" }] });
  work.absorb({ annotations: [SAVED] });

  assert.equal(work.get("annotation", "s").note, "new");
});

test("a source link on a plain annotation makes a claim of its words", () => {
  const { work, acts } = desk();
  const key = acts.annotate(fields);
  acts.addEvidence(key, null, link);

  const [{ claim }] = work.claimsOf(key);
  assert.equal(claim.text, "Mehr");
  assert.equal(work.evidenceOf(claim.key)[0].url, "https://a.example/");
  assert.deepEqual(work.ops[1].needs, [key]);
});

test("further links go to the same claim, and wait for the act that makes it", () => {
  const { work, acts } = desk();
  const key = acts.annotate(fields);
  const first = acts.addEvidence(key, null, link);
  const [{ claim }] = work.claimsOf(key);
  acts.addEvidence(key, claim.key, { ...link, stance: "supports" });

  assert.equal(work.evidenceOf(claim.key).length, 2);
  assert.deepEqual(work.ops[2].needs, [claim.key, first]);
});

test("undo and redo bring back every state, sent or not", () => {
  const { work, acts } = desk();
  work.absorb({ annotations: [SAVED] });
  const key = acts.annotate(fields);
  acts.change("annotation", key, { note: "why" });
  acts.withdraw("annotation", "s");

  acts.history.undo();
  assert.equal(work.get("annotation", "s").withdrawn_at, null);
  acts.history.undo();
  assert.equal(work.get("annotation", key).note, "");
  acts.history.undo();
  assert.equal(work.get("annotation", key), undefined);
  assert.deepEqual(work.ops, []);
  acts.history.redo();
  assert.equal(work.get("annotation", key).quote, "Mehr");
});

test("undoing the withdrawal of something never sent makes it anew", () => {
  const { work, acts } = desk();
  const key = acts.annotate(fields);
  acts.withdraw("annotation", key);
  assert.equal(work.get("annotation", key), undefined);

  acts.history.undo();

  assert.equal(work.get("annotation", key).quote, "Mehr");
});

test("a change that changes nothing sends nothing", () => {
  const { work, acts } = desk();
  work.absorb({ annotations: [SAVED] });
  acts.change("annotation", "s", { label: "claim", note: "" });

  assert.deepEqual(work.ops, []);
});

test("a refused act stays on the screen until the person decides", () => {
  const { work, acts } = desk();
  const key = acts.annotate(fields);
  work.replay(refused(work.ops, work.ops[0].id, [{ code: "x", message: "No." }]));

  assert.equal(work.get("annotation", key).quote, "Mehr");
  assert.equal(work.unsaved(key)[0].state, "refused");
});

function withClaim(work) {
  work.absorb({
    annotations: [SAVED],
    claims: [{ key: "c", text: "Mehr", annotator: "Ada", is_mine: true, version: 1, withdrawn_at: null, evidence: [],
      mentions: [{ key: "m", annotation: "s", stance: "reports", annotator: "Ada", is_mine: true, version: 2, withdrawn_at: null }] }],
  });
}

test("taking a claim off an annotation can be undone", () => {
  const { work, acts } = desk();
  withClaim(work);
  acts.withdraw("mention", "m");
  assert.deepEqual(work.claimsOf("s"), []);
  assert.equal(work.ops[0].base, 2);

  acts.history.undo();

  assert.equal(work.claimsOf("s")[0].mention.stance, "reports");
  assert.deepEqual(work.ops, []);
});

test("saying the same claim again brings the old mention back instead of making a second", () => {
  const { work, acts } = desk();
  withClaim(work);
  work.absorb({ mentions: [{ ...work.get("mention", "m"), version: 3, withdrawn_at: "2026-01-01T00:00:00.000000Z" }] });

  assert.equal(acts.addMention("s", "c"), "m");
  assert.equal(work.ops[0].kind, "restore");
});

test("what is placed is sent just so, seen at once with what is known of it, and undone by its own act", () => {
  const { work, acts } = desk();
  const step = { sort: "annotation", target: "n", method: "POST", tries: 1, needs: [] };
  const redo = { ...step, kind: "create", path: "unplaced/k/place/", body: { start: 0, end: 4, quote: "Mehr" }, shown: { label: "claim", is_mine: false, annotator: "file 1" } };
  acts.history.run(redo);
  acts.history.add({ name: "placed", undo: [{ ...step, kind: "withdraw", path: "unplaced/k/wait/", body: {} }], redo: [redo] });
  const { label, quote, is_mine, withdrawn_at } = work.get("annotation", "n");
  assert.deepEqual({ label, quote, is_mine, withdrawn_at }, { label: "claim", quote: "Mehr", is_mine: false, withdrawn_at: null });

  acts.history.undo();
  assert.equal(work.get("annotation", "n").withdrawn_at, "now");
  assert.deepEqual(work.ops.map(({ path }) => path), ["unplaced/k/place/", "unplaced/k/wait/"]);
  acts.history.redo();
  assert.equal(work.get("annotation", "n").withdrawn_at, null);
});

test("a zone is marked, changed and undone like any judgement, and kept apart from annotations", () => {
  const { work, acts } = desk();
  work.absorb({ zone: [{ key: "z", kind: "body", start: 0, end: 4, version: 2, withdrawn_at: null }] });
  acts.withdraw("zone", "z");
  acts.make({ sort: "zone", target: "y", needs: [], body: { key: "y", kind: "caption", start: 0, end: 4, quote: "Mehr", version_uuid: "v1" } });
  assert.deepEqual(work.standing("zone").map(({ key, kind }) => [key, kind]), [["y", "caption"]]);
  assert.deepEqual(work.ops.map(({ path, base }) => [path, base]), [["zones/z/withdraw/", 2], ["articles/art/zones/", null]]);

  acts.history.undo();
  acts.history.undo();
  assert.deepEqual(work.standing("zone").map(({ key }) => key), ["z"]);
  assert.equal(work.ops.length, 0);
});

test("an annotation in brief has its words from the text, and what most have as one thing for all", () => {
  const work = new Work("Ada", (start, end) => "Mehr als 1.240 Menschen".slice(start, end));
  const brief = (key) => ({ key, start: 0, end: 4, label: "claim", annotator: "Ben", version: 2 });
  work.absorb({ annotations: [brief("a"), { ...brief("b"), note: "hm", fragments: [{ n: 0, start: 0, end: 2 }, { n: 1, start: 3, end: 4 }] }] });

  const [a, b] = ["a", "b"].map((key) => work.get("annotation", key));
  assert.deepEqual({ ...a }, { key: "a", start: 0, end: 4, quote: "Mehr", label: "claim", note: "", attributes: {}, layer: "annotator", annotator: "Ben", is_mine: false, version: 2, withdrawn_at: null, fragments: [] });
  assert.equal(a.attributes, b.attributes);
  assert.deepEqual(b.fragments.map(({ quote }) => quote), ["Me", "r"]);
  assert.equal(b.note, "hm");
});

test("an annotation that an act on something else makes is seen at once, and gone when the act takes it back", () => {
  const { work, acts } = desk();
  const decision = { id: "d1", user: "ada", doc: "v1", sort: "decision", kind: "change", target: "s", needs: [], path: "suggestions/decide/", method: "POST", base: null, tries: 1, state: "waiting" };
  const made = { key: "m", start: 0, end: 4, quote: "Mehr", label: "claim", note: "" };
  work.replay([{ ...decision, body: { decisions: [{ suggestion: "s", state: "accepted", annotation: "m" }] }, shown: { makes: [made], takes: [] } }]);
  assert.equal(work.standing("annotation").length, 1);

  acts.change("annotation", "m", { note: "hm" });
  assert.deepEqual(work.ops.at(-1).needs, ["s"]);
  assert.equal(work.get("annotation", "m").note, "hm");
  work.replay([...work.ops, { ...decision, id: "d2", body: { decisions: [{ suggestion: "s", state: "open" }] }, shown: { makes: [], takes: ["m"] } }]);
  assert.equal(work.standing("annotation").length, 0);
  work.replay([]);
  assert.equal(work.get("annotation", "m"), undefined);
});
