// @ts-check
/** What people say to each other: the threads of the selected annotation, and in the tab of the article those about words and about all of it. Where work is blind, the person's own questions to the managers. */
import { h, keepingFocus, need, smallButton } from "../dom.js";
import { t } from "../messages.js";
import { CommentDrafts } from "../state/comment-drafts.js";
import { newKey } from "../state/new-key.js";
import { shortened } from "../text/shortened.js";
import { Calling } from "./calling.js";

/** @typedef {import("./desk.js").Desk} Desk */
/** @typedef {import("../types.js").Annotation} Annotation */
/** @typedef {{key: string, thread: string, text: string, calls: string[], is_unread: boolean, annotator: string, is_mine: boolean, version: number, created_at: string, updated_at: string, withdrawn_at: string|null}} Comment */
/** @typedef {{start: number, end: number, quote: string, is_earlier: boolean}} Place in code points; `is_earlier`: of a wording that was corrected since */
/** @typedef {{key: string, annotation: string|null, span: Place|null, is_question: boolean, version: number, resolved_at: string|null, resolved_by: string|null, comments: Comment[]}} Thread */

const LINK_TO_COMMENT = "#c=";
const WHOLE = "";
const SIGN = "cw-question";
const TRIES_AGAIN = 15_000;

/** @param {Desk} desk @param {Promise<{status: number, data: any}>} given what was said, as it was asked for already @param {AbortSignal} signal */
export async function startTalk(desk, given, signal) {
  const talk = new Talk(desk);
  await talk.load(signal, given);
  addEventListener("hashchange", () => talk.followLink(), { signal });
  need(desk.root, "#tab-article").addEventListener("click", () => talk.noteRead(null), { signal });
  return talk;
}

export class Talk {
  /** @type {Map<string, Thread>} */
  threads = new Map();
  /** @type {string[]} whom one can call */
  people = [];
  /** @type {Map<string, HTMLElement>} forms that somebody writes in, by what they are about: they outlive each drawing */
  #forms = new Map();
  /** @type {Annotation|null} */
  #shown = null;
  #sign = "";
  #isLoaded = false;

  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    /** Whether one can only ask the managers here, as work is blind. */
    this.asksOnly = !desk.data.live_since;
    this.drafts = new CommentDrafts({ user: desk.data.me.user_uuid, doc: desk.data.version.uuid });
    this.ofSpan = h("section", { class: "talk" });
    this.ofArticle = h("section", { class: "talk" });
    need(desk.root, "[data-article-labels]").before(this.ofArticle);
    this.when = new Intl.DateTimeFormat(document.documentElement.lang || "en", { dateStyle: "medium", timeStyle: "short" });
  }

  /** Fetch what was said, again and again until it is there; what is said later comes in beside it. @param {AbortSignal} signal @param {Promise<{status: number, data: any}>} [given] */
  async load(signal, given) {
    const { status, data } = await (given ?? this.desk.api.ask("GET", `articles/${this.desk.data.article.uuid}/threads/`));
    if (signal.aborted || status === 403 || status === 404) return;
    if (status !== 200) {
      setTimeout(() => signal.aborted || this.load(signal), TRIES_AGAIN);
      return;
    }
    this.people = data.people;
    this.#isLoaded = true;
    this.take(data.threads);
    for (const [name, draft] of Object.entries(this.drafts.all())) this.#open(name, draft);
    this.followLink();
  }

  /** Take in threads as the server has them; an older state never replaces a newer one. @param {Thread[]} threads */
  take(threads) {
    for (const thread of threads) {
      const old = this.threads.get(thread.key);
      const known = new Map(old?.comments.map((comment) => [comment.key, comment]));
      for (const comment of thread.comments) {
        const before = known.get(comment.key);
        if (!before || before.version <= comment.version) known.set(comment.key, comment);
      }
      const newest = old && old.version > thread.version ? old : thread;
      const comments = [...known.values()].sort((a, b) => (a.created_at < b.created_at ? -1 : 1));
      this.threads.set(thread.key, { ...newest, comments });
    }
    this.draw(this.#shown);
    this.#underline();
  }

  /** Whether a question of the person's is open, so that an answer may come. */
  get isWaiting() {
    return [...this.threads.values()].some(({ is_question, resolved_at }) => is_question && !resolved_at);
  }

  /** How much others have said. */
  get answers() {
    return [...this.threads.values()].flatMap(({ comments }) => comments).filter(({ is_mine, withdrawn_at }) => !is_mine && !withdrawn_at).length;
  }

  /** Underline the words that open threads are about. */
  #underline() {
    const { extras, page, painter } = this.desk;
    const touched = new Set();
    for (const [n, strokes] of extras.strokes) {
      if (!strokes.some(({ name }) => name === SIGN)) continue;
      extras.strokes.set(n, strokes.filter(({ name }) => name !== SIGN));
      touched.add(n);
    }
    for (const { span, resolved_at } of this.threads.values()) {
      if (!span || span.is_earlier || resolved_at) continue;
      const [start, end] = [page.map.toUnits(span.start), page.map.toUnits(span.end)];
      for (let n = page.blockAt(start)?.n ?? Infinity; n < page.blocks.length && page.blocks[n].start < end; n++) {
        const block = page.blocks[n];
        const stroke = { name: SIGN, part: /** @type {const} */ ("sign"), start: Math.max(start, block.start), end: Math.min(end, block.end) };
        if (stroke.start < stroke.end) extras.strokes.set(n, [...(extras.strokes.get(n) ?? []), stroke]);
        touched.add(n);
      }
    }
    for (const n of touched) painter.repaint(n);
  }

  /** Show the comment that the address names. */
  followLink() {
    if (!this.#isLoaded || !location.hash.startsWith(LINK_TO_COMMENT)) return;
    const key = location.hash.slice(LINK_TO_COMMENT.length);
    const thread = [...this.threads.values()].find(({ comments }) => comments.some((comment) => comment.key === key));
    const { spans, walk, side, voice } = this.desk;
    if (!thread) return voice.toast(t("comment-gone"));
    const mark = thread.annotation ? spans.get(thread.annotation) : null;
    if (thread.span) this.#showWords(thread.span);
    if (mark) walk.select(mark.key, { opens: true, reveals: true });
    else side.show("article", true);
    this.draw(mark ? this.desk.work.get("annotation", mark.key) ?? null : this.#shown);
    this.noteRead(thread.annotation);
    const place = /** @type {HTMLElement|null} */ (this.desk.root.querySelector(`[data-comment="${CSS.escape(key)}"]`));
    place?.closest("details")?.setAttribute("open", "");
    place?.scrollIntoView({ block: "center" });
    place?.focus({ preventScroll: true });
  }

  /** Draw what is said about an annotation, and about the article. @param {Annotation|null} annotation */
  draw(annotation) {
    this.#shown = annotation;
    const sign = JSON.stringify([annotation?.key, annotation?.version, [...this.threads.values()], [...this.#forms.keys()]]);
    const card = annotation?.version ? this.desk.panel.querySelector(".span-card") : null;
    if (card && this.ofSpan.parentElement !== card) card.insertBefore(this.ofSpan, card.querySelector(".span-foot"));
    if (sign === this.#sign) return;
    this.#sign = sign;
    if (annotation) keepingFocus(this.ofSpan, () => this.ofSpan.replaceChildren(...this.#partsOf(annotation.key)));
    keepingFocus(this.ofArticle, () => this.ofArticle.replaceChildren(...this.#partsOf(WHOLE), ...this.#onWords(), ...this.#elsewhere()));
    if (annotation) this.noteRead(annotation.key);
    this.noteRead(null);
  }

  /** @param {string} about an annotation's key, or that it is the whole article */
  #about(about) {
    return [...this.threads.values()].filter(({ annotation, span, comments }) => !span && (annotation ?? WHOLE) === about && comments.some(({ withdrawn_at }) => !withdrawn_at));
  }

  /** @param {string} about */
  #partsOf(about) {
    const threads = this.#about(about);
    const open = threads.filter(({ resolved_at }) => !resolved_at);
    const settled = threads.filter(({ resolved_at }) => resolved_at);
    const parts = [h("h3", { class: "small-head" }, t(this.asksOnly ? "questions" : "comments")), ...open.map((thread) => this.#thread(thread))];
    if (settled.length) parts.push(h("details", { class: "settled" }, h("summary", {}, t("settled-n", { n: settled.length })), ...settled.map((thread) => this.#thread(thread))));
    const name = `${this.asksOnly ? "ask" : "new"}:${about}`;
    const asked = this.asksOnly ? undefined : this.#forms.get(`ask:${about}`);
    const form = this.#forms.get(name);
    if (asked) parts.push(asked);
    if (form) parts.push(form);
    else if (this.mayTalk) parts.push(smallButton(t(this.asksOnly ? "ask-manager" : "comment-new"), () => this.#open(name), { "data-focus": name }));
    return parts.length > 1 ? parts : [];
  }

  get mayTalk() {
    return this.desk.mayAnnotate;
  }

  /** Give what is said and asked about words of the text, what is open first. */
  #onWords() {
    const threads = [...this.threads.values()].filter(({ span, comments }) => span && comments.some(({ withdrawn_at }) => !withdrawn_at));
    const forms = [...this.#forms].filter(([name]) => /^ask:\d+-\d+$/.test(name)).map(([, form]) => form);
    if (!threads.length && !forms.length) return [];
    const ordered = threads.sort((a, b) => Number(Boolean(a.resolved_at)) - Number(Boolean(b.resolved_at)) || (a.span?.start ?? 0) - (b.span?.start ?? 0));
    return [h("h3", { class: "small-head" }, t("questions-on-words")), ...forms, ...ordered.map((thread) => h("section", { class: "on-words" }, this.#wordsOf(/** @type {Place} */ (thread.span)), this.#thread(thread)))];
  }

  /** @param {Place} span */
  #wordsOf(span) {
    const show = () => this.#showWords(span);
    return h("div", { class: "link-row" }, h("span", { class: "link-row-text" }, h("q", { dir: "auto" }, shortened(span.quote))),
      span.is_earlier ? h("span", { class: "muted" }, t("question-earlier")) : smallButton(t("show-in-text"), show, { "data-focus": `show:${span.start}-${span.end}`, "aria-label": `${t("show-in-text")}: ${shortened(span.quote)}` }));
  }

  /** @param {Place} span */
  #showWords({ start, end, is_earlier }) {
    const { walk, page } = this.desk;
    if (!is_earlier) walk.goTo(page.map.toUnits(start), page.map.toUnits(end));
  }

  /** List where else on the text something is open. */
  #elsewhere() {
    const rows = [...this.threads.values()].filter(({ annotation, resolved_at, comments }) => annotation && !resolved_at && comments.some(({ withdrawn_at }) => !withdrawn_at));
    if (!rows.length) return [];
    return [h("h3", { class: "small-head" }, t("comments-on-spans")), h("ul", { class: "link-rows" }, ...rows.map(({ annotation, comments }) => {
      const last = comments.filter(({ withdrawn_at }) => !withdrawn_at).at(-1);
      const quote = this.desk.work.get("annotation", annotation ?? "")?.quote ?? "…";
      return h("li", { class: "link-row" }, h("span", { class: "link-row-text" }, h("q", { dir: "auto" }, shortened(quote)), h("span", { class: "muted", dir: "auto" }, `${last?.annotator}: ${shortened(last?.text ?? "")}`)),
        smallButton(t("show-in-text"), () => this.desk.walk.select(annotation, { reveals: true, opens: true })));
    }))];
  }

  /** @param {Thread} thread */
  #thread(thread) {
    const { key, resolved_at, resolved_by, comments } = thread;
    const name = `reply:${key}`;
    const form = this.#forms.get(name);
    const move = () => this.#send("POST", `threads/${key}/${resolved_at ? "reopen" : "resolve"}/`, { base_version: thread.version }, newKey());
    const acts = this.mayTalk && !form ? [smallButton(t("reply"), () => this.#open(name), { "data-focus": name }), smallButton(t(resolved_at ? "reopen-thread" : "resolve-thread"), move, { "data-focus": `move:${key}` })] : [];
    return h("div", { class: "thread" },
      h("ol", { class: "comments" }, ...comments.map((comment) => this.#comment(comment))),
      resolved_at ? h("p", { class: "muted" }, t("settled-by", { name: resolved_by ?? t("someone") })) : null,
      form ?? h("div", { class: "claim-acts" }, ...acts));
  }

  /** @param {Comment} comment */
  #comment(comment) {
    const { key, text, annotator, is_mine, created_at, withdrawn_at, version, calls } = comment;
    const head = h("p", { class: "comment-head" }, h("strong", { dir: "auto" }, annotator), " ", h("time", { datetime: created_at }, this.when.format(new Date(created_at))), version > 1 && !withdrawn_at ? ` · ${t("edited")}` : "");
    const form = this.#forms.get(`edit:${key}`);
    if (withdrawn_at) return h("li", { class: "comment", "data-comment": key, "data-focus": `comment:${key}`, tabindex: "-1" }, head, h("p", { class: "muted" }, t("comment-removed")));
    const edit = () => this.#open(`edit:${key}`);
    const remove = () => this.#send("POST", `comments/${key}/remove/`, { base_version: version }, newKey());
    const about = shortened(text);
    const acts = is_mine && this.mayTalk ? [
      smallButton(t("edit"), edit, { "data-focus": `edit:${key}`, "aria-label": `${t("edit")}: ${about}` }),
      smallButton(t("remove-comment"), remove, { "data-focus": `remove:${key}`, "aria-label": `${t("remove-comment")}: ${about}` })] : [];
    return h("li", { class: "comment", "data-comment": key, "data-focus": `comment:${key}`, tabindex: "-1" }, head,
      form ?? h("p", { class: "comment-text", dir: "auto" }, ...withCalls(text, calls)),
      acts.length && !form ? h("div", { class: "claim-edit" }, ...acts) : null);
  }

  // --- Writing

  /**
   * Say what a form is for; null where there is nothing any more that it could be for.
   * @param {string} name `new:`, `reply:` or `edit:`, and the key of what it is about
   * @returns {{label: string, text: string, quote?: string, send: (text: string, key: string, first: string) => Promise<boolean>}|null}
   */
  #formFor(name) {
    const [kind, about] = name.split(":", 2);
    if (kind === "ask") {
      const [, start, end] = /^(\d+)-(\d+)$/.exec(about) ?? [];
      const { length } = this.desk.data.version;
      const isThere = end ? Number(start) < Number(end) && Number(end) <= length : about === WHOLE || this.desk.isPartial || this.desk.spans.get(about);
      if (!isThere) return null;
      const span = end ? this.#placeAt(Number(start), Number(end)) : null;
      return { label: t("question-text"), text: "", quote: span?.quote, send: (text, key, first) => this.#begin(about, text, key, first, { is_question: true, ...(span ? { span, annotation: null } : {}) }) };
    }
    if (kind === "new") {
      const isThere = about === WHOLE || this.desk.isPartial || this.desk.spans.get(about);
      return isThere ? { label: t("comment-text"), text: "", send: (text, key, first) => this.#begin(about, text, key, first) } : null;
    }
    if (kind === "reply") {
      const send = (/** @type {string} */ text, /** @type {string} */ key) => this.#send("POST", `threads/${about}/comments/`, { key, text }, key);
      return this.threads.has(about) ? { label: t("reply-text"), text: "", send } : null;
    }
    const comment = [...this.threads.values()].flatMap(({ comments }) => comments).find(({ key, is_mine, withdrawn_at }) => key === about && is_mine && !withdrawn_at);
    return comment ? { label: t("comment-text"), text: comment.text, send: this.#changing(comment) } : null;
  }

  /**
   * Open a form; its words stay while others' comments come in, through a reload too, and until they are saved.
   * @param {string} name
   * @param {import("../state/comment-drafts.js").CommentDraft} [draft] what was written on an earlier visit
   */
  #open(name, draft) {
    const form = this.mayTalk ? this.#formFor(name) : null;
    if (!form) return this.drafts.forget(name);
    const { label, send, quote } = form;
    const text = draft?.text ?? form.text;
    const area = h("textarea", { rows: "2", dir: "auto", value: text, "aria-label": label, placeholder: this.people.length ? t("comment-help") : "", "data-focus": `form:${name}`, maxlength: "10000" });
    const calling = new Calling(area, () => this.people);
    const key = draft?.key ?? newKey(); // the same at each try, so that a lost answer says nothing twice
    const first = draft?.first ?? newKey();
    area.addEventListener("input", () => (area.value === form.text ? this.drafts.forget(name) : this.drafts.keep(name, { text: area.value, key, first })));
    const close = () => {
      this.drafts.forget(name);
      this.#forms.delete(name);
      this.draw(this.#shown);
      /** @type {HTMLElement|null} */ (this.desk.root.querySelector(`[data-focus="${CSS.escape(name)}"]`))?.focus();
    };
    const button = h("button", { class: "button-primary button-small" }, t("comment-send"));
    const submit = async (/** @type {Event} */ event) => {
      event.preventDefault();
      if (!area.value.trim() || button.disabled) return;
      button.disabled = true;
      const isSaved = await send(area.value.trim(), key, first);
      button.disabled = false;
      if (isSaved) close();
    };
    const pressed = (/** @type {KeyboardEvent} */ event) => {
      if (calling.pressed(event)) return;
      if (event.key === "Escape" && !area.value.trim()) close();
      else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) submit(event);
      else return;
      event.preventDefault();
      event.stopPropagation();
    };
    area.addEventListener("keydown", pressed);
    this.#forms.set(name, h("form", { class: "claim-form comment-form", onsubmit: submit }, quote ? h("q", { class: "asked-about", dir: "auto" }, shortened(quote)) : null, name.startsWith("ask:") ? h("p", { class: "muted" }, t("question-help")) : null, area, calling.list, h("div", { class: "form-acts" }, button, smallButton(t("cancel"), close))));
    this.draw(this.#shown);
    if (draft) return;
    area.focus();
    area.setSelectionRange(text.length, text.length);
  }

  /** Send a comment's new words over the version that is known then: another window may have been faster since the form was opened. @param {Comment} comment */
  #changing({ key, thread, version }) {
    /** @type {Map<string, string>} keys of requests by what is sent: the same again says nothing twice */
    const keys = new Map();
    return (/** @type {string} */ text) => {
      const now = this.threads.get(thread)?.comments.find((comment) => comment.key === key)?.version ?? version;
      const body = { base_version: now, text };
      const sign = JSON.stringify(body);
      keys.set(sign, keys.get(sign) ?? newKey());
      return this.#send("PATCH", `comments/${key}/`, body, keys.get(sign) ?? "");
    };
  }

  /** Open the form for a question to the managers. @param {string} about an annotation's key, offsets of words, or nothing for the whole article */
  ask(about) {
    const name = `ask:${about}`;
    const form = this.#forms.get(name);
    if (form) /** @type {HTMLElement|null} */ (form.querySelector("textarea"))?.focus();
    else this.#open(name);
  }

  /** @param {number} start @param {number} end in code points */
  #placeAt(start, end) {
    const { map, text } = this.desk.page;
    return { start, end, quote: text.slice(map.toUnits(start), map.toUnits(end)) };
  }

  /** @param {string} about @param {string} text @param {string} key @param {string} first of its first comment @param {object} [more] */
  #begin(about, text, key, first, more = {}) {
    const thread = { key, comment: first, annotation: about || null, text, ...more };
    return this.#send("POST", `articles/${this.desk.data.article.uuid}/threads/`, thread, key);
  }

  /** @param {string} method @param {string} path @param {object} body @param {string} key of the request */
  async #send(method, path, body, key) {
    const { api, voice } = this.desk;
    const { status, data, problems } = await api.ask(method, path, { body, key });
    const current = status === 409 ? data?.current : null;
    if (status > 0 && status < 300) this.#absorb(data);
    else voice.toast(status ? t("not-saved", { message: problems[0]?.message ?? "" }) : t("comment-offline"));
    if (current) this.#absorb(current);
    return status > 0 && status < 300;
  }

  /** @param {any} data a thread or a comment */
  #absorb(data) {
    if (Array.isArray(data.comments)) return this.take([data]);
    const thread = this.threads.get(data.thread);
    if (thread) this.take([{ ...thread, comments: [data] }]);
  }

  // --- Reading

  /** Note as read what calls the person and is shown. @param {string|null} about */
  async noteRead(about) {
    const place = about ? this.ofSpan : this.ofArticle;
    if (!place.offsetParent || document.hidden) return;
    const unread = this.#about(about ?? WHOLE).flatMap(({ comments }) => comments).filter(({ is_unread }) => is_unread);
    if (!unread.length) return;
    for (const comment of unread) comment.is_unread = false;
    await this.desk.api.ask("POST", "/api/v1/me/mentions/read/", { body: { comments: unread.map(({ key }) => key) } });
  }
}

/** Show whom a comment calls. @param {string} text @param {string[]} calls */
function withCalls(text, calls) {
  /** @type {(Node|string)[]} */
  const parts = [];
  let from = 0;
  const names = [...calls].sort((a, b) => b.length - a.length);
  for (let at = text.indexOf("@"); at >= 0; at = text.indexOf("@", at + 1)) {
    const name = names.find((each) => text.slice(at + 1, at + 1 + each.length).toLowerCase() === each.toLowerCase());
    if (!name) continue;
    parts.push(text.slice(from, at), h("strong", { class: "call" }, text.slice(at, at + 1 + name.length)));
    from = at + 1 + name.length;
  }
  return [...parts, text.slice(from)];
}
