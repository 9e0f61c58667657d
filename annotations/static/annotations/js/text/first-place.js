// @ts-check
/** Finds places in sorted lists. */

/**
 * Find, by halving, the first place of a list where something no longer holds; it must hold for all before.
 * @template T
 * @param {ArrayLike<T>} list
 * @param {(item: T, place: number) => boolean} holds
 */
export function firstPlace(list, holds) {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(list[middle], middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}
