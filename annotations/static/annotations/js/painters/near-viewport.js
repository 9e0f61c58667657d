// @ts-check
/**
 * Keeps the blocks near the viewport painted and no others. What should be painted is worked out anew from the
 * set of visible sections each time, so that the order of the observer's news does not matter.
 */

/** @typedef {{show(n: number): void, hide(n: number): void}} Shower */

const MARGIN = "80% 0px";

export class NearViewport {
  /**
   * @param {HTMLElement} article
   * @param {{n: number, el: HTMLElement}[]} blocks
   * @param {Shower} painter
   */
  constructor(article, blocks, painter) {
    this.painter = painter;
    /** @type {Map<Element, number[]>} */
    this.sections = new Map();
    for (const { n, el } of blocks) {
      const section = el.closest("[data-chunk]") ?? el;
      const list = this.sections.get(section);
      if (list) list.push(n);
      else this.sections.set(section, [n]);
    }
    /** @type {Set<Element>} */
    this.visible = new Set();
    /** @type {Set<number>} */
    this.shown = new Set();
    this.showsAll = false;
    this.observer = new IntersectionObserver((entries) => this.#noticed(entries), { rootMargin: MARGIN });
  }

  /** @param {AbortSignal} signal */
  start(signal) {
    for (const section of this.sections.keys()) this.observer.observe(section);
    addEventListener("beforeprint", () => this.#print(true), { signal });
    addEventListener("afterprint", () => this.#print(false), { signal });
    signal.addEventListener("abort", () => this.observer.disconnect());
  }

  /** @param {IntersectionObserverEntry[]} entries */
  #noticed(entries) {
    for (const { isIntersecting, target } of entries) {
      if (isIntersecting) this.visible.add(target);
      else this.visible.delete(target);
    }
    this.reconcile();
  }

  /** @param {boolean} showsAll */
  #print(showsAll) {
    this.showsAll = showsAll;
    this.reconcile();
  }

  reconcile() {
    const wanted = new Set([...(this.showsAll ? this.sections.keys() : this.visible)].flatMap((section) => this.sections.get(section) ?? []));
    for (const n of this.shown) if (!wanted.has(n)) this.painter.hide(n);
    for (const n of wanted) if (!this.shown.has(n)) this.painter.show(n);
    this.shown = wanted;
  }
}
