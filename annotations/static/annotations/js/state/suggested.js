// @ts-check
/** What is suggested on a text and what the person decided about it. Pure: offsets come in UTF-16 units. */

/**
 * @typedef {object} Suggested
 * @property {string} key
 * @property {number} start
 * @property {number} end
 * @property {string} quote
 * @property {string} label
 * @property {string} suggested_by
 * @property {number|null} score
 * @property {"open"|"accepted"|"dismissed"} state what the person decided, saved or not
 * @property {"open"|"accepted"|"dismissed"} [decided] what the server has of it
 * @property {number} version of the decision, 0 where there is none
 * @property {string|null} [annotation] key of the annotation that accepting it made
 * @property {Record<string, unknown>} [attributes]
 */

export class SuggestedStore {
  /** @param {Suggested[]} items in the order of the text */
  constructor(items) {
    this.items = items.map((item) => ({ ...item, decided: item.state }));
    this.byKey = new Map(this.items.map((item) => [item.key, item]));
  }

  /**
   * Take in what the server says now, and show each as it has it or as an unsaved decision says; give those that look different.
   * @param {Pick<Suggested, "key"|"state"|"version"|"annotation">[]} found
   * @param {Map<string, Suggested["state"]>} [unsaved]
   */
  absorb(found, unsaved = new Map()) {
    for (const { key, state, version, annotation } of found) {
      const item = this.byKey.get(key);
      if (item && version >= item.version) Object.assign(item, { decided: state, version, annotation });
    }
    return this.items.filter((item) => {
      const before = item.state;
      item.state = unsaved.get(item.key) ?? item.decided ?? before;
      return item.state !== before;
    });
  }

  /** Count by state. */
  counts() {
    const counts = { open: 0, accepted: 0, dismissed: 0 };
    for (const { state } of this.items) counts[state] += 1;
    return counts;
  }

  /** Give the open ones of a label and a tool; "" means any. @param {string} [label] @param {string} [tool] */
  open(label = "", tool = "") {
    return this.items.filter((item) => item.state === "open" && (!label || item.label === label) && (!tool || item.suggested_by === tool));
  }

  /** Give the open one that comes after a place, around the end. @param {string|null} current @param {number} offset */
  after(current, offset) {
    const open = this.open();
    const from = current ? this.items.findIndex(({ key }) => key === current) : -1;
    const rest = from >= 0 ? this.items.slice(from + 1).find(({ state }) => state === "open") : open.find(({ start }) => start >= offset);
    return rest ?? open.find(({ key }) => key !== current) ?? open[0];
  }

  /** Give the innermost open one at a place. @param {number} offset */
  at(offset) {
    const here = this.open().filter(({ start, end }) => start <= offset && offset < end);
    return here.sort((a, b) => a.end - a.start - (b.end - b.start))[0];
  }
}
