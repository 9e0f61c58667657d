// @ts-check
/** Remembers what was done in this tab, so that it can be undone and redone. Pure. */

/** @typedef {{name: string, target?: string, undo: () => void, redo: () => void}} Deed `target`: what to look at once it is undone */

const MOST_KEPT = 200;

export class ActHistory {
  constructor() {
    /** @type {Deed[]} */
    this.done = [];
    /** @type {Deed[]} */
    this.undone = [];
  }

  /** @param {Deed} deed */
  add(deed) {
    this.done.push(deed);
    if (this.done.length > MOST_KEPT) this.done.shift();
    this.undone = [];
  }

  undo() {
    const deed = this.done.pop();
    if (!deed) return null;
    deed.undo();
    this.undone.push(deed);
    return deed;
  }

  redo() {
    const deed = this.undone.pop();
    if (!deed) return null;
    deed.redo();
    this.done.push(deed);
    return deed;
  }
}
