// @ts-check
/**
 * Others' work as it happens, and who is here. A live channel says when to look; where none answers, the page looks again
 * and again. What is looked at begins where the last look ended, so a lost connection loses nothing.
 */
import { h, need } from "../dom.js";
import { t } from "../messages.js";

/** @typedef {import("./desk.js").Desk} Desk */
/** @typedef {import("./related.js").Related} Related */
/** @typedef {import("./talk.js").Talk} Talk */

const EVERY = 15_000;
const LOOKS_BESIDE_A_STREAM = 4; // every fourth time, for what a channel may have missed
const LEAVES_WHEN_HIDDEN = 30_000;
const TRIES_STREAM_AGAIN = 60_000;

/** @typedef {{status: number, data: any}} Answer */

/**
 * @param {Desk} desk
 * @param {{talk: Talk|null, tab: string, changes: Promise<Answer>, people: Promise<Answer>}} given with what was asked for already
 * @param {AbortSignal} signal
 */
export async function startLive(desk, { talk, tab, changes, people }, signal) {
  const live = new Live(desk, talk, tab);
  const [changed, here] = await Promise.all([changes, people]);
  if (!signal.aborted) live.start(signal, changed, here);
  return live;
}

export class Live {
  /** @type {EventSource|null} */
  #stream = null;
  #hasStreamed = false;
  #isLooking = false;
  #isStale = false;
  #ticks = 0;
  #hideTimer = 0;
  #isOver = false;

  /** @param {Desk} desk @param {Talk|null} talk @param {string} tab */
  constructor(desk, talk, tab) {
    this.tab = tab;
    this.desk = desk;
    this.talk = talk;
    this.since = desk.data.live_since ?? "";
    this.here = h("span", { class: "bar-here", hidden: true });
    need(desk.root, ".bar-meta").prepend(this.here);
  }

  /** @param {AbortSignal} signal @param {Answer} changed @param {Answer} here */
  start(signal, changed, here) {
    const timer = setInterval(() => this.#tick(), EVERY);
    signal.addEventListener("abort", () => {
      clearInterval(timer);
      this.#leave();
    });
    document.addEventListener("visibilitychange", () => this.#visibilityChanged(), { signal });
    addEventListener("online", () => this.#arrive(), { signal });
    addEventListener("pagehide", () => this.#leave(), { signal });
    addEventListener("pageshow", (event) => event.persisted && this.#arrive(), { signal });
    if (changed.status !== 200 || here.status !== 200) return this.#arrive();
    this.#take(changed.data);
    this.#showPeople(here.data);
    if (!document.hidden && !this.#isOver) this.#openStream();
  }

  get isStreaming() {
    return this.#stream?.readyState === 1;
  }

  #arrive() {
    if (document.hidden || this.#isOver) return;
    this.#openStream();
    this.look();
    if (!this.#hasStreamed) this.#sayHere();
  }

  #openStream() {
    if (this.#stream && this.#stream.readyState !== 2) return;
    const { project, article, has_streams } = this.desk.data;
    if (!has_streams) return;
    const stream = new EventSource(`/events/projects/${project.slug}/articles/${article.uuid}/?tab=${this.tab}`);
    this.#stream = stream;
    stream.addEventListener("open", () => (this.#hasStreamed = true));
    stream.addEventListener("message", ({ data }) => {
      const said = JSON.parse(data);
      this.#showPeople(said.people);
      if (said.changed) this.look();
    });
    stream.addEventListener("error", () => {
      // 2: the server will not have it, or has none; the browser tries again by itself otherwise
      if (stream.readyState === 2 && this.#hasStreamed) setTimeout(() => this.#stream === stream && !document.hidden && this.#openStream(), TRIES_STREAM_AGAIN);
    });
  }

  #tick() {
    if (document.hidden || this.#isOver) return;
    this.#ticks += 1;
    if (!this.isStreaming || this.#ticks % LOOKS_BESIDE_A_STREAM === 0) this.look();
    if (!this.isStreaming && this.#ticks % 2 === 0) this.#sayHere();
  }

  #visibilityChanged() {
    clearTimeout(this.#hideTimer);
    if (document.hidden) this.#hideTimer = window.setTimeout(() => this.#leave(), LEAVES_WHEN_HIDDEN);
    else this.#arrive();
  }

  #leave() {
    const wasStreaming = this.isStreaming;
    this.#stream?.close();
    this.#stream = null;
    if (!wasStreaming) this.#present(true);
  }

  async #sayHere() {
    const { status, data } = await this.#present(false);
    if (status === 200) this.#showPeople(data.people);
  }

  /** @param {boolean} closes */
  #present(closes) {
    const path = `articles/${this.desk.data.article.uuid}/presence/`;
    return this.desk.api.ask("POST", path, { body: { tab: this.tab, closes }, keepalive: closes });
  }

  /** @param {string[]} people */
  #showPeople(people) {
    this.here.hidden = !people.length;
    this.here.textContent = people.length ? `${t("here-too", { names: people.join(", ") })} · ` : "";
  }

  /** Fetch what changed since the last look; looks that come meanwhile are one more. */
  async look() {
    this.#isStale = true;
    if (this.#isLooking) return;
    this.#isLooking = true;
    while (this.#isStale && !this.#isOver) {
      this.#isStale = false;
      const path = `articles/${this.desk.data.article.uuid}/live/?since=${encodeURIComponent(this.since)}`;
      const { status, data } = await this.desk.api.ask("GET", path);
      if (status === 200) this.#take(data);
      else if (status === 403 || status === 404) this.#end();
    }
    this.#isLooking = false;
  }

  /** @param {any} found */
  #take(found) {
    const { desk } = this;
    if (found.version !== desk.data.version.uuid) {
      desk.voice.notice(t("text-corrected"));
      return this.#end();
    }
    if (found.round !== (desk.data.round ?? null)) {
      desk.voice.notice(t("round-taken"));
      return this.#end();
    }
    if (found.removed_too_many) desk.voice.notice(t("much-removed"));
    const gone = found.removed.flatMap((/** @type {string} */ key) => {
      const item = desk.work.get("annotation", key);
      return item && !item.withdrawn_at ? [{ ...item, withdrawn_at: this.since }] : [];
    });
    const known = (/** @type {"annotation"|"claim"} */ sort) => (/** @type {any} */ item) => desk.work.base[sort].get(item.key)?.version !== item.version;
    const annotations = [...found.annotations.filter(known("annotation")), ...gone];
    if (annotations.length || found.claims.length) desk.takeIn({ annotations, claims: found.claims });
    desk.related?.take(found.relations, found.article_labels);
    this.talk?.take(found.threads);
    if (found.states && JSON.stringify(found.states) !== JSON.stringify(desk.data.states)) {
      desk.data.states = found.states;
      desk.drawing.soon();
    }
    this.since = found.since;
  }

  /** Others' work is hidden now, or stands on another text: nothing of it is asked for any more. */
  #end() {
    this.#isOver = true;
    this.#stream?.close();
    this.#showPeople([]);
  }
}
