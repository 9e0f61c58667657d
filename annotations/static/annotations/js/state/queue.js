// @ts-check
/**
 * Rules of the queue of unsaved acts: what merges, what goes next, what an answer does to the rest.
 * Pure: each function takes a list of acts in order and gives a new one. `storage.js` keeps the list.
 */
/** @typedef {import("../types.js").Op} Op */
/** @typedef {import("../types.js").Judgement} Judgement */
/** @typedef {import("../types.js").Problem} Problem */

const FIRST_DELAY = 500;
const LONGEST_DELAY = 30_000;

/** Let the later of two acts win, field by field. */
const merged = (/** @type {Op} */ old, /** @type {Op} */ op) => ({ ...old, shown: op.shown ?? old.shown, body: { ...old.body, ...op.body } });

/** @param {Op} op */
const isUnsent = (op) => op.tries === 0 && op.state === "waiting";

/**
 * Put an act at the end. One that was never sent takes later changes into itself;
 * making and withdrawing something the server never heard of leaves nothing.
 * @param {Op[]} ops
 * @param {Op} op
 * @returns {Op[]}
 */
export function enqueue(ops, op) {
  const before = ops.filter((other) => other.target === op.target);
  const last = before.at(-1);
  if (!last || !isUnsent(last)) return [...ops, before.length ? { ...op, base: null } : op];
  const isNeeded = ops.some((other) => other !== last && other.needs.includes(op.target));
  if (op.kind === "change" && (last.kind === "create" || last.kind === "change")) {
    return ops.map((other) => (other === last ? merged(last, op) : other));
  }
  if (op.kind === "withdraw" && before.length === 1 && last.kind === "create" && !isNeeded) {
    return ops.filter((other) => other !== last);
  }
  const undoesLast =
    (op.kind === "withdraw" && last.kind === "restore") || (op.kind === "restore" && last.kind === "withdraw");
  if (undoesLast) return ops.filter((other) => other !== last);
  return [...ops, { ...op, base: null }];
}

/**
 * Give the next act to send: the oldest that waits on nothing refused or undecided.
 * @param {Op[]} ops
 * @returns {Op|undefined}
 */
export function nextOf(ops) {
  /** @type {Set<string>} */
  const held = new Set();
  for (const op of ops) {
    if (op.state === "waiting" && !held.has(op.target) && !op.needs.some((key) => held.has(key))) return op;
    held.add(op.target);
  }
  return undefined;
}

/**
 * List the acts that may be sent at the same moment, for the last chance on leaving the page.
 * @param {Op[]} ops
 */
export function independentOf(ops) {
  /** @type {Set<string>} */
  const seen = new Set();
  return ops.filter((op) => {
    const free = op.state === "waiting" && !seen.has(op.target) && !op.needs.some((key) => seen.has(key));
    seen.add(op.target);
    return free;
  });
}

/** @param {Op[]} ops @param {string} id @param {Partial<Op>} fields */
function altered(ops, id, fields) {
  return ops.map((op) => (op.id === id ? { ...op, ...fields } : op));
}

/** @param {Op[]} ops @param {string} id */
export function attempted(ops, id) {
  return ops.map((op) => (op.id === id ? { ...op, tries: op.tries + 1 } : op));
}

/**
 * Take out a saved act; later ones on the judgements it touched now build on the versions it left.
 * @param {Op[]} ops
 * @param {string} id
 * @param {Map<string, number>} versions of the judgements in the answer
 */
export function acknowledged(ops, id, versions) {
  const saved = ops.find((op) => op.id === id);
  if (!saved) return ops;
  return ops
    .filter((op) => op !== saved)
    .map((op) => {
      const version = versions.get(op.target);
      const builds = version !== undefined && (op.target === saved.target || op.base === null);
      return builds ? { ...op, base: version } : op;
    });
}

/** @param {Op[]} ops @param {string} id @param {Judgement|null} current @param {Problem[]} problems */
export function conflicted(ops, id, current, problems) {
  return altered(ops, id, { state: "conflict", current, problems });
}

/** @param {Op[]} ops @param {string} id @param {Problem[]} problems */
export function refused(ops, id, problems) {
  return altered(ops, id, { state: "refused", problems });
}

/**
 * Count what people want to know: how much waits, how much needs them.
 * @param {Op[]} ops
 */
export function countsOf(ops) {
  const counts = { waiting: 0, conflict: 0, refused: 0 };
  for (const op of ops) counts[op.state] += 1;
  return counts;
}

/**
 * Give the pause in milliseconds before the next try: doubling, with jitter, at most half a minute.
 * @param {number} tries
 * @param {number} random between 0 and 1
 */
export function delayOf(tries, random) {
  const full = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** Math.max(0, tries - 1));
  return Math.round(full * (0.5 + random / 2));
}
