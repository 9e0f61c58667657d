// @ts-check
/** `<cw-annotator>`: the article page. Puts a desk to work on it; a module runs when the whole page is there. */
import { Desk } from "../desk/desk.js";
import { HighlightPainter } from "../painters/painter-highlight.js";

/** The painter for older browsers is fetched by them only. */
const painterOf = async () => (HighlightPainter.isPossible ? HighlightPainter : (await import("../painters/painter-dom.js")).DomPainter);

export class CwAnnotator extends HTMLElement {
  #listening = new AbortController();
  /** @type {Desk|undefined} */
  desk;

  connectedCallback() {
    this.#listening = new AbortController();
    this.#boot(this.#listening.signal);
  }

  disconnectedCallback() {
    this.#listening.abort();
  }

  /** @param {AbortSignal} signal */
  async #boot(signal) {
    const data = JSON.parse(document.getElementById("annotate-data")?.textContent ?? "null");
    this.desk = new Desk(this, data, await painterOf());
    this.desk.start(signal);
  }
}

customElements.define("cw-annotator", CwAnnotator);
