// @ts-check
/**
 * Counts the time that a person works on an article, by one rule: a second counts while the page is in front and
 * something was done in the two minutes before it. Pure: it is told what happens and when.
 */

export const IDLE_AFTER = 120_000;
const MOST_A_DAY = 86_400;

/** @typedef {Record<string, number>} Days seconds by date, as YYYY-MM-DD */

/** Give the person's own date. @param {number} at milliseconds */
export function dayOf(at) {
  const date = new Date(at);
  return [date.getFullYear(), date.getMonth() + 1, date.getDate()].map((n) => String(n).padStart(2, "0")).join("-");
}

export class WorkTime {
  /** @type {Days} in milliseconds */
  #counted = {};
  /** Up to when the time is counted, or null while nothing counts. @type {number|null} */
  #since = null;
  #lastAct = 0;

  /** Something was done: a key, the pointer, the wheel. @param {number} now */
  acted(now) {
    this.count(now);
    this.#lastAct = now;
    this.#since ??= now;
  }

  /** The page went to the back, or another window to the front. @param {number} now */
  left(now) {
    this.count(now);
    this.#since = null;
  }

  /** Count up to now, but no further than the last act allows. @param {number} now */
  count(now) {
    if (this.#since === null) return;
    const end = Math.min(now, this.#lastAct + IDLE_AFTER);
    const day = dayOf(this.#since);
    if (end > this.#since) this.#counted[day] = (this.#counted[day] ?? 0) + end - this.#since;
    this.#since = now > end ? null : end;
  }

  /** Give the whole seconds of each day. @returns {Days} */
  get days() {
    return Object.fromEntries(Object.entries(this.#counted).map(([day, counted]) => [day, Math.min(MOST_A_DAY, Math.floor(counted / 1000))]));
  }
}
