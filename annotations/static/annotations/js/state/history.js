// @ts-check
/**
 * Remembers what one person did on one text, so that it can be undone and redone, after a reload too. Pure: deeds are
 * plain data, and what a step does is known to whoever made it.
 */

/** @typedef {import("../types.js").Op} Op */
/** @typedef {Pick<Op, "sort"|"kind"|"target"|"body"> & Partial<Pick<Op, "needs"|"path"|"method"|"tries"|"shown">>} Step `path`: for what is sent just so */
/** @typedef {{name: string, target?: string, undo: Step[], redo: Step[]}} Deed `target`: what to look at once it is undone */
/** @typedef {{done: Deed[], undone: Deed[]}} Kept */

const MOST_KEPT = 200;

export class ActHistory {
  /** @type {Deed[]} */
  done = [];
  /** @type {Deed[]} */
  undone = [];
  /** @type {Deed[]|null} deeds that will be one */
  #group = null;

  /** @param {(step: Step) => void} run */
  constructor(run) {
    this.run = run;
    /** Called whenever there is something new to keep. */
    this.onChange = () => {};
  }

  /** @param {Deed} deed */
  add(deed) {
    if (this.#group) {
      this.#group.push(deed);
      return;
    }
    this.done.push(deed);
    if (this.done.length > MOST_KEPT) this.done.shift();
    this.undone = [];
    this.onChange();
  }

  /**
   * Let everything that an act does be undone at once.
   * @param {string} name
   * @param {() => void} act
   */
  together(name, act) {
    if (this.#group) return act();
    /** @type {Deed[]} */
    const deeds = (this.#group = []);
    try {
      act();
    } finally {
      this.#group = null;
    }
    if (!deeds.length) return;
    this.add({
      name,
      target: deeds[0].target,
      undo: deeds.flatMap((_, n) => deeds[deeds.length - 1 - n].undo),
      redo: deeds.flatMap(({ redo }) => redo),
    });
  }

  undo() {
    return this.#move(this.done, this.undone, "undo");
  }

  redo() {
    return this.#move(this.undone, this.done, "redo");
  }

  /** @param {Deed[]} from @param {Deed[]} to @param {"undo"|"redo"} way */
  #move(from, to, way) {
    const deed = from.pop();
    if (!deed) return null;
    deed[way].forEach(this.run);
    to.push(deed);
    this.onChange();
    return deed;
  }

  /** Take up what was kept, with what was done since the page came. @param {Kept} kept */
  adopt({ done, undone }) {
    this.undone = this.done.length ? this.undone : undone;
    this.done = [...done, ...this.done].slice(-MOST_KEPT);
  }
}
