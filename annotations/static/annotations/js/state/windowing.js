// @ts-check
/** Which rows of a long list are to be drawn: those in view and some more. Pure; lengths in pixels. */

const MORE = 6;

/**
 * Give the first row to draw and the one after the last.
 * @param {{count: number, height: number, top: number, bottom: number}} given `height` of a row; `top` and `bottom` of the view, from the list's own top
 */
export function rowsInView({ count, height, top, bottom }) {
  const last = Math.min(count, Math.ceil(bottom / height) + MORE);
  const first = Math.max(0, Math.min(Math.floor(top / height) - MORE, last));
  return { first, last: Math.max(first, last) };
}
