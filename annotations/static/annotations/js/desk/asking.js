// @ts-check
/** Asking the managers about the selected words, the selected annotation or the article, and hearing their answers where no other talk is shown. */
import { h, isField, need } from "../dom.js";
import { t } from "../messages.js";
import { USUAL_KEYS } from "../state/keys.js";

/** @typedef {import("./desk.js").Desk} Desk */
/** @typedef {import("./talk.js").Talk} Talk */
/** @typedef {(name: "related"|"talk") => Promise<{status: number, data: any}>} Beside */

const COMMAND = "ask";
const EVERY = 15_000;

/** @param {Desk} desk @param {Talk|null} talk where everybody's talk is shown @param {Beside} beside @param {AbortSignal} signal */
export async function startAsking(desk, talk, beside, signal) {
  const asking = new Asking(desk, talk, beside, signal);
  asking.listen();
  if (!talk) await asking.showOwn();
}

class Asking {
  /** @type {EventSource|null} */
  #stream = null;

  /** @param {Desk} desk @param {Talk|null} talk @param {Beside} beside @param {AbortSignal} signal */
  constructor(desk, talk, beside, signal) {
    this.desk = desk;
    this.talk = talk;
    this.beside = beside;
    this.signal = signal;
    /** Whether only own questions are shown here, as work is blind. */
    this.isAlone = !talk;
  }

  listen() {
    const { desk, signal } = this;
    const key = (desk.data.me.keys?.[COMMAND] ?? USUAL_KEYS[COMMAND]).toUpperCase();
    document.addEventListener("keydown", (event) => this.#pressed(event), { signal, capture: true });
    desk.root.addEventListener("ask-wanted", () => this.ask(), { signal });
    desk.words.popup.dataset.asks = key;
    const button = h("button", { type: "button", class: "label-button zone-button", "data-asks": true, "aria-keyshortcuts": key, onclick: () => this.ask() },
      h("span", { class: "label-name" }, t("ask-manager")), h("kbd", { "aria-hidden": "true" }, key));
    need(desk.root, ".label-list").append(h("li", {}, button));
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    if (event.defaultPrevented || event.repeat || isField(event.target) || document.querySelector("dialog[open]")) return;
    if (this.desk.keyboard.meaningOf(event)?.name !== COMMAND) return;
    event.preventDefault();
    event.stopPropagation();
    this.ask();
  }

  /** Open the form for a question about what is selected, else about the article. */
  async ask() {
    const { desk } = this;
    const { words, walk } = desk;
    const span = words.span ?? words.selecting.span();
    const talk = await this.#started().catch(() => null);
    if (!talk) return desk.voice.toast(t("needs-connection"));
    words.popup.hidden = true;
    const place = span ? desk.placeOf(span.start, span.end) : null;
    const annotation = !place && walk.mark && !walk.mark.other ? walk.mark.key : "";
    desk.side.show(annotation ? "span" : "article", true);
    talk.ask(place ? `${place.start}-${place.end}` : annotation);
  }

  /** Show the questions that the person asked here, with the answers. */
  async showOwn() {
    const { status, data } = await this.beside("talk");
    if (status === 200 && data.threads.length) await this.#started(data);
  }

  /** @param {any} [data] what was said already */
  async #started(data = { threads: [], people: [] }) {
    if (this.talk) return this.talk;
    const { desk, signal } = this;
    const [{ startTalk }, { start }] = await Promise.all([import("./talk.js"), import("./related.js")]);
    desk.related ??= await start(desk, this.beside("related"), signal);
    this.talk = await startTalk(desk, Promise.resolve({ status: 200, data }), signal);
    desk.related.talk = this.talk;
    desk.drawing.soon();
    this.#hear();
    return this.talk;
  }

  /** Look for answers while a question is open: when a live channel says so, else again and again. */
  #hear() {
    const { desk, signal } = this;
    const timer = setInterval(() => this.#stream?.readyState !== 1 && this.#look(), EVERY);
    signal.addEventListener("abort", () => {
      clearInterval(timer);
      this.#stream?.close();
    });
    addEventListener("pagehide", () => this.#stream?.close(), { signal });
    document.addEventListener("visibilitychange", () => this.#look(), { signal });
    if (!desk.data.has_streams) return;
    this.#stream = new EventSource(`/events/projects/${desk.data.project.slug}/questions/`);
    this.#stream.addEventListener("message", () => this.#look());
  }

  async #look() {
    const { desk, talk, signal } = this;
    if (document.hidden || signal.aborted || !talk?.isWaiting) return;
    const known = talk.answers;
    const { status, data } = await desk.api.ask("GET", `articles/${desk.data.article.uuid}/threads/`);
    if (status !== 200 || signal.aborted) return;
    talk.take(data.threads);
    if (talk.answers > known) desk.voice.toast(t("question-answered"));
  }
}
