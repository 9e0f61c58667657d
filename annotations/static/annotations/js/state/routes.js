// @ts-check
/**
 * The way of a line from one stretch of words to another: up into the gap above its words, along the gap, down the side
 * of the text where the other stands in another line, and down to it. Pure; pixels from the top left of the text.
 */

/** @typedef {{isFar: boolean, left: number, right: number, top: number}} Anchor the first line box of a span; `isFar`: only its height is known */

/** How high above the words the lowest line runs, how far lines stand apart, and how many find room. */
const GAP = 2;
const STEP = 3;
const LANES = 4;
const SAME_LINE = 4;

/**
 * @param {Anchor} from
 * @param {Anchor} to
 * @param {{n: number, side: number, outward: 1|-1}} where number of the line, the side that lines go down, and which way is out
 * @returns {{path: string, head: string, label: {x: number, y: number}|null}}
 */
export function routeOf(from, to, { n, side, outward }) {
  const lane = n % LANES;
  const shift = (lane - (LANES - 1) / 2) * STEP;
  const gutter = round(side + outward * (4 + lane * STEP));
  const [start, end] = [from, to].map((anchor) => {
    const middle = (anchor.left + anchor.right) / 2;
    const reach = Math.max(0, (anchor.right - anchor.left) / 2 - 1);
    return { x: round(middle + Math.max(-reach, Math.min(reach, shift))), top: round(anchor.top + 2), gap: round(anchor.top - GAP - lane * STEP) };
  });
  const isBeside = !from.isFar && !to.isFar && Math.abs(from.top - to.top) < SAME_LINE;
  const leave = from.isFar ? `M${gutter} ${round(from.top)}` : `M${start.x} ${start.top}V${start.gap}`;
  const aside = from.isFar || isBeside ? "" : `H${gutter}`;
  const along = isBeside ? "" : `V${end.gap}`;
  const arrive = to.isFar ? `V${round(to.top)}` : `${along}H${end.x}V${end.top}`;
  const head = to.isFar ? "" : `M${end.x - 3.5} ${end.top - 5}L${end.x} ${end.top}L${end.x + 3.5} ${end.top - 5}`;
  const near = from.isFar ? end : start;
  const label = { x: round((near.x + (isBeside ? end.x : gutter)) / 2), y: round(near.gap + 3) };
  return { path: leave + aside + arrive, head, label };
}

/** @param {number} n */
function round(n) {
  return Math.round(n * 2) / 2;
}
