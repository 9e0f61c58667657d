// @ts-check
/** Regions of the text and links of the original, as the page draws and finds them. Offsets in UTF-16 units. */

/** @typedef {import("./page-text.js").PageText} PageText */
/** @typedef {import("./types.js").Region} Region */
/** @typedef {import("./types.js").Link} Link */
/** @typedef {import("./state/segments.js").Stroke} Stroke */

/** How far from a span a link still counts as standing by it, in UTF-16 units. */
const NEAR = 200;

export class Extras {
  /**
   * @param {PageText} page
   * @param {Region[]} regions in code points
   * @param {Link[]} links in code points
   */
  constructor(page, regions, links) {
    this.page = page;
    const inUnits = (/** @type {{start: number, end: number}} */ { start, end }) => ({ start: page.map.toUnits(start), end: page.map.toUnits(end) });
    this.regions = regions.map((region) => ({ ...region, ...inUnits(region) }));
    this.links = links.map((link) => ({ ...link, ...inUnits(link) })).sort((a, b) => a.start - b.start);
    /** @type {Map<number, Stroke[]>} */
    this.strokes = new Map();
    for (const link of this.links) this.#draw("cw-link", link);
    for (const region of this.regions) this.#place(region);
  }

  /** @param {string} name @param {{start: number, end: number}} span */
  #draw(name, { start, end }) {
    for (let { n } = this.page.blockAt(start) ?? { n: Infinity }; n < this.page.blocks.length; n++) {
      const block = this.page.blocks[n];
      if (block.start >= end) break;
      const stroke = { name, part: /** @type {const} */ ("sign"), start: Math.max(start, block.start), end: Math.min(end, block.end) };
      if (stroke.start < stroke.end) this.strokes.set(n, [...(this.strokes.get(n) ?? []), stroke]);
    }
  }

  /** Draw where a region covers a part of a paragraph; whole ones are marked by their region. @param {Region} region */
  #place(region) {
    for (let { n } = this.page.blockAt(region.start) ?? { n: Infinity }; n < this.page.blocks.length; n++) {
      const block = this.page.blocks[n];
      if (block.start >= region.end) break;
      const inside = this.page.text.slice(block.start, block.end);
      const from = block.start + inside.length - inside.trimStart().length;
      if (region.start > from || region.end < block.start + inside.trimEnd().length) {
        this.#draw(`cw-region-${region.kind}`, { start: Math.max(region.start, block.start), end: Math.min(region.end, block.end) });
      }
    }
  }

  /** @param {number} n */
  inBlock(n) {
    return this.strokes.get(n) ?? [];
  }

  /** @param {number} offset */
  linkAt(offset) {
    return this.links.find(({ start, end }) => start <= offset && offset < end);
  }

  /**
   * List the addresses of links inside a span or shortly after it, each once.
   * @param {{start: number, end: number}} span
   */
  linksNear({ start, end }) {
    const block = this.page.blockAt(end - 1);
    const to = Math.min(end + NEAR, block?.end ?? end);
    return [...new Set(this.links.filter((link) => link.start < to && link.end > start).map(({ url }) => url))].slice(0, 6);
  }
}
