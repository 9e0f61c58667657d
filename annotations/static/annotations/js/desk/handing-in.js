// @ts-check
/** Submitting the article and reopening it, and going on to the next. Nothing is handed in before everything is saved. */
import { t } from "../messages.js";
import { newKey } from "../state/new-key.js";

/** @typedef {import("./desk.js").Desk} Desk */
/** @typedef {import("./missing.js").Lack} Lack */

const LONGEST_WAIT = 8000;
const TIME_TO_CONFIRM = 6000;

/** Give the address of an article whose page looks as this one does. @param {Desk} desk @param {string} uuid */
const addressOf = (desk, uuid) => location.pathname.replace(desk.data.article.uuid, uuid);

/** Get the next article, from those given or from the queue; null where there is none. @param {Desk} desk @returns {Promise<string|null>} its address */
export async function nextAddress(desk) {
  const { api, data } = desk;
  if (!data.urls.queue) return data.urls.after_submit;
  const { status, data: found } = await api.ask("POST", "next/", { body: {}, key: newKey() });
  return status === 200 && found.article && found.article !== data.article.uuid ? addressOf(desk, found.article) : null;
}

/** Wait until everything is saved, or say what is in the way. @param {Desk} desk */
export async function isSaved(desk) {
  desk.panel.flush();
  if (await desk.sync.settled(LONGEST_WAIT)) return true;
  const { work, sync, voice, drawing } = desk;
  const needsMe = work.ops.some((op) => op.state !== "waiting");
  voice.toast(t(needsMe ? "submit-decisions" : sync.mood === "offline" ? "submit-offline" : "submit-unsaved"));
  if (needsMe) drawing.showDecisions();
  return false;
}

export class HandingIn {
  #confirmsEmpty = false;
  /** Whether the warnings that the server gave were seen, so that submitting again sets them aside. */
  #confirmsWarnings = false;
  #isAtIt = false;

  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
  }

  async submit() {
    const { panel, voice, hasOwnSpans, submitter } = this.desk;
    if (this.#isAtIt) return;
    panel.flush();
    if (!hasOwnSpans && !this.#confirmsEmpty && !this.#confirmsWarnings) {
      this.#confirmsEmpty = true;
      setTimeout(() => (this.#confirmsEmpty = false), TIME_TO_CONFIRM);
      voice.toast(t("submit-empty"));
      return;
    }
    this.#isAtIt = true;
    submitter.setAttribute("aria-busy", "true");
    voice.say(t("submitting"));
    if ((await isSaved(this.desk)) && (await this.#turn("submit", this.#confirmsWarnings ? { sets_warnings_aside: true } : {})) && !this.desk.assignment?.is_late) await this.goOn();
    submitter.removeAttribute("aria-busy");
    this.#isAtIt = false;
  }

  /** Go to the next article, or say that there is none. */
  async goOn() {
    const { voice, data } = this.desk;
    const next = await nextAddress(this.desk);
    if (next) location.assign(next);
    else voice.toast(t("submitted-last"), t("to-list"), () => location.assign(data.urls.list));
  }

  reopen() {
    return this.#turn("reopen", {});
  }

  /** Move the assignment on or back. @param {"submit"|"reopen"} act @param {Record<string, unknown>} body */
  async #turn(act, body) {
    const { api, data, voice } = this.desk;
    const { status, data: found, problems } = await api.ask("POST", `articles/${data.article.uuid}/${act}/`, { body, key: newKey() });
    if (status >= 200 && status < 300) {
      this.desk.assignment = found?.assignment ?? this.desk.assignment;
      this.desk.setEditable();
      this.#forget();
      if (this.desk.assignment?.is_late) voice.notice(t("is-late"));
      voice.toast(t(act === "submit" ? "submitted" : "reopened"));
      return true;
    }
    if (Array.isArray(found?.missing)) {
      await this.#show(found.missing, found.can_be_set_aside);
      return false;
    }
    const why = problems[0]?.message || t("http-reason", { status });
    voice.toast(status === 0 ? t("submit-offline") : t("submit-refused", { why }));
    return false;
  }

  /** Name what is missing, beside the text, and lead to the first of it. @param {Lack[]} missing @param {boolean} canBeSetAside */
  async #show(missing, canBeSetAside) {
    this.#confirmsWarnings = canBeSetAside;
    const submitAnyway = () => this.submit();
    try {
      const { showMissing } = await import("./missing.js");
      showMissing(this.desk, missing, canBeSetAside ? submitAnyway : null, () => this.#forget());
    } catch {
      this.desk.voice.toast(t("submit-refused", { why: missing.map(({ message }) => message).join(" ") }));
    }
  }

  #forget() {
    this.#confirmsWarnings = false;
    this.desk.root.querySelector(".missing")?.remove();
  }
}
