// @ts-check
/** Where a review stands and where it goes on. Pure: no document, no server. */

/**
 * Find the difference to go on with after one: the next that is open, around the end; itself where none is.
 * @param {boolean[]} settled of each difference, in the order of the text
 * @param {number} from its place
 * @returns {number}
 */
export function nextOpen(settled, from) {
  for (let step = 1; step <= settled.length; step++) {
    const place = (from + step) % settled.length;
    if (!settled[place]) return place;
  }
  return from;
}

/**
 * Find where a word begins or ends, one word further on or back. Offsets are code points.
 * @param {string[]} points the text in code points
 * @param {number} offset
 * @param {number} step 1 onwards, -1 back
 * @param {"start"|"end"} side of which kind the offset is
 * @returns {number} the same where there is no further word
 */
export function stepWord(points, offset, step, side) {
  const isEdge = (/** @type {number} */ place) =>
    side === "start"
      ? isWord(points[place]) && !isWord(points[place - 1])
      : isWord(points[place - 1]) && !isWord(points[place]);
  for (let place = offset + step; place >= 0 && place <= points.length; place += step) if (isEdge(place)) return place;
  return offset;
}

/** @param {string|undefined} point */
function isWord(point) {
  return point !== undefined && /[\p{L}\p{N}\p{M}]/u.test(point);
}

/**
 * What a key asks for, or null.
 * @param {{key: string, ctrlKey?: boolean, metaKey?: boolean, altKey?: boolean}} event
 * @param {number} people how many versions there are to choose from
 * @returns {{act: "choose"|"press"|"edit"|"comment"|"unclear"|"move"|"undo", of?: string, step?: number}|null}
 */
export function meaningOf({ key, ctrlKey, metaKey, altKey }, people) {
  if (metaKey || altKey) return null;
  if (ctrlKey) return key.toLowerCase() === "z" ? { act: "undo" } : null;
  if (/^[1-9]$/.test(key)) return Number(key) <= people ? { act: "choose", of: key } : null;
  switch (key.length === 1 ? key.toLowerCase() : key) {
    case "a":
    case "x":
    case "m":
    case "t":
    case "f":
      return { act: "press", of: key.toLowerCase() };
    case "e":
      return { act: "edit" };
    case "c":
      return { act: "comment" };
    case "u":
      return { act: "unclear" };
    case "ArrowLeft":
    case "ArrowUp":
      return { act: "move", step: -1 };
    case "ArrowRight":
    case "ArrowDown":
      return { act: "move", step: 1 };
    case "Backspace":
      return { act: "undo" };
    default:
      return null;
  }
}
