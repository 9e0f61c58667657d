// @ts-check
/** Rules of the queue for acts that were refused or disputed, once the person has decided. Pure, like `queue.js`. */
/** @typedef {import("../types.js").Op} Op */

/**
 * Drop every act on one judgement, and those that cannot stand without it.
 * @param {Op[]} ops
 * @param {string} target
 * @param {boolean} isGone nothing of it is on the server
 */
export function dropped(ops, target, isGone) {
  const gone = new Set([target]);
  return ops.filter((op) => {
    if (op.target !== target && !(isGone && op.needs.some((key) => gone.has(key)))) return true;
    if (isGone) gone.add(op.target);
    return false;
  });
}

/**
 * Try a refused or disputed act again, built on what the server has now. The request differs, so its key is new.
 * @param {Op[]} ops
 * @param {string} id
 * @param {string} freshId
 */
export function retried(ops, id, freshId) {
  return ops.map((op) => {
    if (op.id !== id) return op;
    const base = op.current && "version" in op.current ? op.current.version ?? op.base : op.base;
    return { ...op, id: freshId, base, state: /** @type {const} */ ("waiting"), tries: 0, current: null, problems: [] };
  });
}
