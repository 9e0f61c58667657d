// @ts-check
/** What becomes of an act that was refused or disputed, by the person's word. */
import { newKey } from "../state/new-key.js";
import { dropped, retried } from "../state/settled.js";

/** @typedef {import("./desk.js").Desk} Desk */
/** @typedef {import("../types.js").Annotation} Annotation */
/** @typedef {import("../types.js").Op} Op */

/**
 * Send it again, built on what the server has, or let it go.
 * @param {import("../sync.js").Sync} sync
 * @param {Op} op
 * @param {"mine"|"theirs"|"drop"} choice
 */
export async function settle(sync, op, choice) {
  if (choice === "mine") {
    const id = newKey();
    await sync.change((ops) => retried(ops, op.id, id));
  } else {
    if (op.current) sync.absorb(op, op.current);
    const isGone = !sync.work.base[op.sort].has(op.target);
    await sync.change((ops) => dropped(ops, op.target, isGone));
  }
  sync.wake();
}

/** @param {Desk} desk @param {Op} op @param {"mine"|"theirs"|"both"|"drop"} choice */
export async function decideOn(desk, op, choice) {
  const { work, acts, sync, walk, side } = desk;
  if (choice === "both" && op.sort === "annotation") {
    const { start, end, quote, label, note } = /** @type {Annotation} */ (work.get("annotation", op.target));
    await settle(sync, op, "theirs");
    const key = acts.annotate({ start, end, quote, label, ...(note ? { note } : {}) });
    walk.select(key, { reveals: true });
  } else {
    await settle(sync, op, choice === "both" ? "theirs" : choice);
  }
  if (!side.hasFocus) desk.focusText();
}
