// @ts-check
/**
 * What a person can do to the judgements of an article: each act becomes one operation for the queue and one
 * entry in the history. Pure: operations leave through `push`.
 */
import { ActHistory } from "./history.js";

/** @typedef {import("../types.js").Op} Op */
/** @typedef {import("../types.js").Sort} Sort */
/** @typedef {import("../types.js").Annotation} Annotation */
/** @typedef {import("./history.js").Step} Step */
/** @typedef {Record<string, any>} Fields */

/** Name the part of the API that keeps judgements of a sort. @param {Sort} sort */
const pluralOf = (sort) => (sort === "evidence" ? sort : `${sort.replace("_", "-")}s`);

/** What a field that is not there is sent as. @param {string} name */
const emptyOf = (name) => (name === "attributes" ? {} : /^cue_/.test(name) ? null : "");

/** Give parts as they are sent. @param {{start: number, end: number, quote: string}[]} [parts] */
const bare = (parts = []) => parts.map(({ start, end, quote }) => ({ start, end, quote }));

export class Acts {
  /**
   * @param {object} given
   * @param {import("./work.js").Work} given.work
   * @param {(op: Op) => void} given.push
   * @param {() => string} given.newKey
   * @param {{user: string, doc: string, article: string, sha256: string}} given.where
   */
  constructor({ work, push, newKey, where }) {
    this.work = work;
    this.push = push;
    this.newKey = newKey;
    this.where = where;
    this.history = new ActHistory((step) => this.#run(step));
  }

  /** Do a step of an undo or redo: it touches only what is the person's own. @param {Step} step */
  #run(step) {
    const item = /** @type {{is_mine: boolean}|undefined} */ (this.work.get(step.sort, step.target));
    if (step.path) this.#send(/** @type {Step & {path: string}} */ (step));
    else if (step.kind === "create") this.#make(step);
    else if (!item || item.is_mine === false) return;
    else if (step.kind === "change") this.#change(step.sort, step.target, step.body);
    else this.#move(step.sort, step.target, step.kind);
  }

  /** Name the address under which a judgement is made. @param {Step} step */
  #placeFor({ sort, body }) {
    const ofArticle = { annotation: "annotations", article_label: "labels", zone: "zones" }[/** @type {string} */ (sort)];
    if (ofArticle) return `articles/${this.where.article}/${ofArticle}/`;
    return sort === "mention" ? `claims/${body.claim}/mentions/` : `${pluralOf(sort)}/`;
  }

  /** @param {Pick<Op, "sort"|"kind"|"target"|"path"|"body"> & Partial<Op>} op */
  #send(op) {
    const item = /** @type {{version?: number}|undefined} */ (this.work.get(op.sort, op.target));
    const base = op.kind === "create" ? null : item?.version || null;
    const method = op.kind === "change" ? "PATCH" : "POST";
    const { user, doc } = this.where;
    const needs = [...(op.needs ?? []), ...this.#makersOf(op.target), ...(op.needs ?? []).flatMap((key) => this.#makersOf(key))];
    this.push({ user, doc, method, base, tries: 0, state: "waiting", ...op, id: this.newKey(), needs });
  }

  /** Name the unsaved acts that bring a judgement along with them. @param {string} key */
  #makersOf(key) {
    const brings = (/** @type {any} */ { kind, body, shown }) => (kind === "create" && [body.claim_key, body.mention_key].includes(key)) || shown?.makes?.some((/** @type {any} */ item) => item.key === key);
    return this.work.ops.filter((op) => op.target !== key && brings(op)).map((op) => op.target);
  }

  /** @param {Sort} sort @param {string} key @param {"withdraw"|"restore"} kind */
  #move(sort, key, kind) {
    this.#send({ sort, kind, target: key, path: `${pluralOf(sort)}/${key}/${kind}/`, body: {} });
  }

  /** @param {Sort} sort @param {string} key @param {Fields} body */
  #change(sort, key, body) {
    this.#send({ sort, kind: "change", target: key, path: `${pluralOf(sort)}/${key}/`, body });
  }

  /** Make a judgement, or bring it back when it is known already. @param {Step} step */
  #make(step) {
    const { sort, target, body, needs } = step;
    if (this.work.get(sort, target)) this.#move(sort, target, "restore");
    else this.#send({ sort, target, body, needs, kind: "create", path: this.#placeFor(step) });
  }

  /** Make a judgement of any sort, to be undone. @param {Omit<Step, "kind">} given */
  make(given) {
    const { sort, target } = given;
    const step = { ...given, kind: /** @type {const} */ ("create") };
    this.#make(step);
    this.history.add({ name: `${sort}-made`, undo: [{ sort, target, kind: "withdraw", body: {} }], redo: [step] });
    return target;
  }

  /**
   * Put a label on a span given in code points.
   * @param {{start: number, end: number, quote: string, label: string, note?: string, attributes?: Fields, fragments?: object[]}} fields
   * @returns {string} key of the new annotation
   */
  annotate(fields) {
    const key = this.newKey();
    const { doc, sha256 } = this.where;
    const body = { key, version_uuid: doc, text_sha256: sha256, ...fields };
    return this.make({ sort: "annotation", target: key, body });
  }

  /**
   * Change fields of an annotation, a claim or evidence.
   * @param {Sort} sort
   * @param {string} key
   * @param {Fields} fields
   */
  change(sort, key, fields) {
    const item = /** @type {any} */ (this.work.get(sort, key));
    if (!item) return;
    const before = Object.fromEntries(Object.keys(fields).map((name) => [name, name === "fragments" ? bare(item[name]) : item[name] ?? emptyOf(name)]));
    if (Object.keys(fields).every((name) => JSON.stringify(before[name]) === JSON.stringify(fields[name]))) return;
    this.#change(sort, key, fields);
    const step = { sort, target: key, kind: /** @type {const} */ ("change") };
    this.history.add({ name: `${sort}-changed`, target: key, undo: [{ ...step, body: before }], redo: [{ ...step, body: fields }] });
  }

  /** @param {Sort} sort @param {string} key */
  withdraw(sort, key) {
    // Withdrawing what was never sent leaves nothing behind; undoing then makes it anew.
    const made = this.work.ops.find((op) => op.target === key && op.kind === "create");
    this.#turn(sort, key, "withdraw", "restore", made && { sort, target: key, kind: "create", body: made.body, needs: made.needs });
  }

  /** @param {Sort} sort @param {string} key */
  restore(sort, key) {
    this.#turn(sort, key, "restore", "withdraw");
  }

  /** @param {Sort} sort @param {string} target @param {"withdraw"|"restore"} kind @param {"withdraw"|"restore"} back @param {Step} [undo] */
  #turn(sort, target, kind, back, undo = { sort, target, kind: back, body: {} }) {
    this.#move(sort, target, kind);
    this.history.add({ name: `${sort}-${kind}`, target, undo: [undo], redo: [{ sort, target, kind, body: {} }] });
  }

  /**
   * Add a source link to a claim of an annotation; without a claim, one is made from the annotation's words.
   * @param {string} annotation
   * @param {string|null} claim
   * @param {{url: string, title: string, stance: string, quote: string, note: string}} fields
   */
  addEvidence(annotation, claim, fields) {
    const key = this.newKey();
    const known = claim ? { claim } : { annotation, claim_key: this.newKey(), mention_key: this.newKey() };
    const needs = claim ? [claim] : [annotation];
    return this.make({
      sort: "evidence",
      target: key,
      needs,
      body: { key, ...known, ...fields },
    });
  }

  /**
   * State a claim that an annotation expresses.
   * @param {string} annotation
   * @param {string} text
   */
  addClaim(annotation, text) {
    const key = this.newKey();
    const body = { key, text, annotation, mention_key: this.newKey(), stance: "asserts" };
    return this.make({ sort: "claim", target: key, needs: [annotation], body });
  }

  /**
   * Say that an annotation expresses a claim that is there already; what was taken back is brought back.
   * @param {string} annotation
   * @param {string} claim
   */
  addMention(annotation, claim) {
    const isIt = (/** @type {any} */ item) => item.annotation === annotation && item.claim === claim && item.is_mine;
    const old = this.work.withdrawn("mention").find(isIt);
    if (old) {
      this.restore("mention", old.key);
      return old.key;
    }
    const key = this.newKey();
    return this.make({
      sort: "mention",
      target: key,
      needs: [annotation, claim],
      body: { key, annotation, claim, stance: "asserts" },
    });
  }
}
