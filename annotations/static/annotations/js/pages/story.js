// @ts-check
/** The account matrix by arrow keys: one cell is in the order of Tab, arrows, Home and End go on from it. Without it every cell is a link. */

const matrix = document.querySelector("[data-matrix]");
if (matrix instanceof HTMLTableElement) begin(matrix);

/** @param {HTMLTableElement} table */
function begin(table) {
  const rows = [...table.tBodies[0].rows].map((row) => /** @type {HTMLAnchorElement[]} */ ([...row.querySelectorAll("td > a")]));
  for (const cell of rows.flat()) cell.tabIndex = -1;
  const landed = rows.flat().find((cell) => location.hash === `#${cell.id}`);
  let current = landed ?? rows[0]?.[0];
  if (!current) return;
  current.tabIndex = 0;
  landed?.focus();
  table.addEventListener("focusin", (event) => {
    const cell = event.target instanceof Element ? event.target.closest("td > a") : null;
    if (cell instanceof HTMLAnchorElement && current) {
      current.tabIndex = -1;
      current = cell;
      current.tabIndex = 0;
    }
  });
  table.addEventListener("keydown", (event) => {
    const cell = event.target instanceof Element ? event.target.closest("td > a") : null;
    if (!cell || event.altKey || event.ctrlKey || event.metaKey) return;
    const y = rows.findIndex((row) => row.includes(/** @type {HTMLAnchorElement} */ (cell)));
    const x = rows[y].indexOf(/** @type {HTMLAnchorElement} */ (cell));
    const isRtl = getComputedStyle(table).direction === "rtl";
    const next = follow(event.key, rows, x, y, isRtl);
    if (!next) return;
    event.preventDefault();
    next.focus();
    next.scrollIntoView({ block: "nearest", inline: "nearest" });
  });
}

/**
 * @param {string} key
 * @param {HTMLAnchorElement[][]} rows
 * @param {number} x
 * @param {number} y
 * @param {boolean} isRtl
 * @returns {HTMLAnchorElement|undefined}
 */
function follow(key, rows, x, y, isRtl) {
  const forward = isRtl ? "ArrowLeft" : "ArrowRight";
  const backward = isRtl ? "ArrowRight" : "ArrowLeft";
  if (key === forward) return rows[y][x + 1];
  if (key === backward) return rows[y][x - 1];
  if (key === "ArrowDown") return rows[y + 1]?.[x];
  if (key === "ArrowUp") return rows[y - 1]?.[x];
  if (key === "Home") return rows[y][0];
  if (key === "End") return rows[y].at(-1);
  return undefined;
}
