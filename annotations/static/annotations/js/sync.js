// @ts-check
/**
 * Saves acts at once: keeps each in storage, sends them one at a time in order, and says how saving stands.
 * One tab sends at a time; all tabs of a person on one article show the same. What the rules are, `state/queue.js` knows.
 */
import { asksForLogIn, csrfToken, mayPass } from "./api.js";
import * as queue from "./state/queue.js";
import { newKey } from "./state/new-key.js";

/** @typedef {import("./types.js").Op} Op */
/** @typedef {import("./api.js").Answer} Answer */
/** @typedef {"saved"|"saving"|"offline"|"retrying"|"login"|"stranger"} Mood */

const MOST_AT_THE_END = 10;
const USUAL_DELAY = 1500;
const SAVED_AT = "cw-saved-at";

/** Read the judgements in an answer, whatever act it answers. @param {Op} op @param {any} data */
export function judgementsIn(op, data) {
  if (!data || typeof data !== "object") return {};
  /** @type {Record<string, any[]>} */
  const found = { annotations: [], claims: [], evidence: [], mentions: [] };
  if (data.claim?.key) found.claims.push(data.claim);
  if (data.evidence?.key) found.evidence.push({ ...data.evidence, claim: data.evidence.claim ?? data.claim?.key });
  if (data.mention?.key) found.mentions.push({ ...data.mention, claim: data.mention.claim ?? data.claim?.key });
  if (data.results) return { ...found, annotations: data.annotations, decision: data.results };
  if (!data.key) return found;
  if (op.sort === "annotation") found.annotations.push(data);
  else if (op.sort === "claim" || Array.isArray(data.mentions)) found.claims.push(data);
  else if (op.sort === "mention") found.mentions.push({ ...data, claim: data.claim ?? op.body.claim });
  else (found[op.sort] ??= []).push(data);
  return found;
}

/** @param {ReturnType<typeof judgementsIn>} found */
function versionsIn(found) {
  const parts = (/** @type {any} */ item) => [item, ...(item.mentions ?? []), ...(item.evidence ?? [])];
  const items = Object.values(found).flat().flatMap(parts);
  return new Map(items.filter(({ version }) => Number.isInteger(version)).map(({ key, version }) => [key, version]));
}

/** Note when something was last saved or sent from this browser. */
function noteSaving() {
  try {
    localStorage.setItem(SAVED_AT, String(Date.now()));
  } catch {
    // Without storage the next page shows what the server had when it was asked for.
  }
}

/**
 * Tell whether something was saved after this page was asked for: the page before it lives on until this one
 * arrives, so the server may have written this page before it had the last act.
 */
export function mayMissSomething() {
  try {
    const [page] = /** @type {PerformanceNavigationTiming[]} */ (performance.getEntriesByType("navigation"));
    return Number(localStorage.getItem(SAVED_AT)) > performance.timeOrigin + (page?.requestStart ?? 0);
  } catch {
    return false;
  }
}

/** Tell whether the server already has what an act wanted. @param {Op} op @param {any} current */
function isDoneAlready(op, current) {
  if (!current || typeof current !== "object") return false;
  if (op.kind === "withdraw") return Boolean(current.withdrawn_at);
  if (op.kind === "restore") return current.withdrawn_at === null;
  const { version_uuid, text_sha256, claim_key, mention_key, ...wanted } = op.body;
  return Object.entries(wanted).every(([name, value]) => JSON.stringify(current[name]) === JSON.stringify(value));
}

export class Sync {
  /**
   * @param {object} given
   * @param {import("./api.js").Api} given.api
   * @param {import("./storage.js").OpStore} given.store
   * @param {import("./state/work.js").Work} given.work
   * @param {{user: string, doc: string}} given.where
   * @param {(touched: import("./state/work.js").Touched[]) => void} given.onTouched judgements look different
   * @param {() => void} given.onState the state of saving is different
   */
  constructor({ api, store, work, where, onTouched, onState }) {
    this.api = api;
    this.store = store;
    this.work = work;
    this.where = where;
    this.onTouched = onTouched;
    this.onState = onState;
    /** @type {Op[]} all unsaved acts of the person, on this article and others */
    this.ops = [];
    /** @type {((ops: Op[]) => Op[])[]} changes not written to storage yet */
    this.unwritten = [];
    /** @type {Mood} */
    this.mood = navigator.onLine === false ? "offline" : "saved";
    this.tries = 0;
    this.busySince = 0;
    this.timer = 0;
    this.isDraining = false;
    this.verifiedToken = csrfToken();
    this.channel = "BroadcastChannel" in globalThis ? new BroadcastChannel(`cw-${where.user}`) : null;
    this.writing = Promise.resolve();
  }

  /** Take up what an earlier visit left unsaved. @param {AbortSignal} signal */
  async start(signal) {
    this.channel?.addEventListener("message", ({ data }) => this.#heard(data), { signal });
    addEventListener("online", () => this.wake(), { signal });
    addEventListener("offline", () => this.#feel("offline"), { signal });
    addEventListener("focus", () => this.ops.length && this.wake(), { signal });
    addEventListener("pagehide", () => this.#leave(), { signal });
    addEventListener("beforeunload", (event) => this.#isLeavingRisky() && event.preventDefault(), { signal });
    // The last visit may have sent these while it ended: they count as tried, so that none is cancelled unheard.
    this.#show(await this.store.change((ops) => ops.map((op) => (op.tries ? op : { ...op, tries: 1 }))));
    this.drain();
  }

  /** List the acts that still wait to be sent or decided on this page's article. */
  pending() {
    return this.ops.filter((op) => op.doc === this.where.doc && op.state === "waiting");
  }

  /** Leaving asks first, unless all goes well: what is on its way then arrives, or waits in storage. */
  #isLeavingRisky() {
    const goesWell = this.mood === "saving" && Date.now() - this.busySince < USUAL_DELAY;
    return this.pending().length > 0 && !goesWell;
  }

  /** Do an act: shown now, kept now, sent as soon as possible. @param {Op} op */
  push(op) {
    const full = { ...op, path: this.api.root + op.path };
    this.change((ops) => queue.enqueue(ops, full));
    if (this.mood === "saved") {
      this.busySince = Date.now();
      this.#feel("saving");
    }
    this.drain();
  }

  /**
   * Change the list here at once and in storage in turn.
   * @param {(ops: Op[]) => Op[]} rule
   * @returns {Promise<void>}
   */
  change(rule) {
    this.unwritten.push(rule);
    this.#take(rule(this.ops));
    this.writing = this.writing.then(async () => {
      let stored;
      try {
        stored = await this.store.change(rule);
      } catch {
        this.store.db = Promise.resolve(null);
        this.store.memory = this.ops;
        stored = null;
      }
      this.unwritten.shift();
      if (stored) this.#show(stored);
      this.channel?.postMessage({ type: "ops" });
    });
    return this.writing;
  }

  /** Show what storage holds, with the changes that are still on their way to it. @param {Op[]} stored */
  #show(stored) {
    this.#take(this.unwritten.reduce((ops, rule) => rule(ops), stored));
  }

  /** @param {Op[]} ops */
  #take(ops) {
    this.ops = ops;
    const touched = this.work.replay(ops.filter((op) => op.doc === this.where.doc));
    if (touched.length) this.onTouched(touched);
    this.onState();
  }

  /** @param {{type: string, op?: Op, data?: any}} message */
  async #heard(message) {
    if (message.type === "saved" && message.op?.doc === this.where.doc) this.absorb(message.op, message.data);
    if (message.type === "ops" || message.type === "saved") this.#show(await this.store.all());
    if (!this.ops.length && this.mood === "saving") this.#feel("saved");
  }

  /** @param {Op} op @param {any} data */
  absorb(op, data) {
    const found = judgementsIn(op, data);
    if (op.doc === this.where.doc) this.onTouched(this.work.absorb(found));
    return versionsIn(found);
  }

  /** @param {Mood} mood */
  #feel(mood) {
    this.mood = mood;
    this.onState();
  }

  wake() {
    this.tries = 0;
    this.drain();
  }

  /** Send what waits, unless another tab or call is at it. */
  async drain() {
    if (this.isDraining) return;
    this.isDraining = true;
    clearTimeout(this.timer);
    try {
      await this.writing;
      if ("locks" in navigator) await navigator.locks.request(`cw-drain-${this.where.user}`, () => this.#sendAll());
      else await this.#sendAll();
    } finally {
      this.isDraining = false;
    }
  }

  async #sendAll() {
    for (;;) {
      await this.writing;
      this.#show(await this.store.all());
      const op = queue.nextOf(this.ops);
      if (!op) return this.#feel("saved");
      if (!(await this.#isStillMe())) return;
      this.#feel("saving");
      await this.change((ops) => queue.attempted(ops, op.id));
      const fresh = this.ops.find(({ id }) => id === op.id);
      if (!fresh) continue;
      const answer = await this.#send(fresh);
      if (!(await this.#settle(fresh, answer))) return;
    }
  }

  /** @param {Op} op @param {boolean} [keepalive] */
  #send(op, keepalive = false) {
    const { claim, ...rest } = op.body;
    const fields = op.sort === "mention" ? rest : op.body;
    const body = op.kind === "create" ? fields : { ...fields, base_version: op.base };
    // with the token of who was asked for: the server refuses it under the name of whoever logged in since
    return this.api.ask(op.method, op.path, { body, key: op.id, keepalive, token: this.verifiedToken });
  }

  /**
   * Act on an answer, and say whether to go on with the next act.
   * @param {Op} op
   * @param {Answer} answer
   */
  async #settle(op, answer) {
    const { status, data, problems } = answer;
    if (asksForLogIn(answer)) {
      this.verifiedToken = "";
      this.#feel("login");
      return false;
    }
    if (mayPass(answer)) {
      this.tries += 1;
      this.#feel(status === 0 ? "offline" : "retrying");
      const pause = Math.max(queue.delayOf(this.tries, Math.random()), answer.wait * 1000);
      this.timer = window.setTimeout(() => this.drain(), pause);
      return false;
    }
    this.tries = 0;
    const current = data?.current ?? null;
    const isDone = status < 300 || (status === 410 && op.kind === "withdraw") || (status === 409 && isDoneAlready(op, current));
    if (isDone) {
      const answered = status < 300 ? data : current;
      const versions = this.absorb(op, answered);
      noteSaving();
      this.channel?.postMessage({ type: "saved", op, data: answered });
      await this.change((ops) => queue.acknowledged(ops, op.id, versions));
    } else if (status === 409 && current) {
      await this.change((ops) => queue.conflicted(ops, op.id, current, problems));
    } else {
      await this.change((ops) => queue.refused(ops, op.id, problems));
    }
    return true;
  }

  /** Make sure that a new log-in in another tab did not put someone else's name under these acts. */
  async #isStillMe() {
    const token = csrfToken();
    if (token === this.verifiedToken) return true;
    const page = await this.api.page();
    if (page && page.me.user_uuid === this.where.user) {
      this.verifiedToken = token;
      return true;
    }
    if (!page && navigator.onLine === false) this.#feel("offline");
    else this.#feel(page ? "stranger" : "login");
    return false;
  }

  /** Wait until nothing waits; false when that did not come about in time. @param {number} milliseconds */
  async settled(milliseconds) {
    const end = Date.now() + milliseconds;
    while (Date.now() < end) {
      if (!this.pending().length) return !this.ops.some((op) => op.doc === this.where.doc);
      if (this.mood === "login" || this.mood === "stranger") return false;
      this.drain();
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return false;
  }

  /** Give the browser a last chance to send while the page goes. The same keys make repeats harmless. */
  #leave() {
    const last = queue.independentOf(this.ops).slice(0, MOST_AT_THE_END);
    if (!last.length || this.mood === "login" || this.mood === "stranger") return;
    noteSaving();
    for (const op of last) {
      this.change((ops) => queue.attempted(ops, op.id));
      this.#send(op, true);
    }
  }
}
