// @ts-check
/** Submitting the article and reopening it. Nothing is handed in before everything is saved. */
import { t } from "../messages.js";
import { newKey } from "../state/new-key.js";

/** @typedef {import("./desk.js").Desk} Desk */

const LONGEST_WAIT = 8000;
const TIME_TO_CONFIRM = 6000;

export class HandingIn {
  #confirmsEmpty = false;

  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
  }

  async submit() {
    const { panel, voice, sync, data, hasOwnSpans, submitter } = this.desk;
    panel.flush();
    if (!hasOwnSpans && !this.#confirmsEmpty) {
      this.#confirmsEmpty = true;
      setTimeout(() => (this.#confirmsEmpty = false), TIME_TO_CONFIRM);
      voice.toast(t("submit-empty"));
      return;
    }
    submitter.setAttribute("aria-busy", "true");
    voice.say(t("submitting"));
    if (!(await sync.settled(LONGEST_WAIT))) this.#sayUnsaved();
    else if (await this.#turn("submit")) {
      const next = data.urls.queue ? await this.#fromQueue() : data.urls.after_submit;
      if (next) return location.assign(next);
      voice.toast(t("submitted-last"), t("to-list"), () => location.assign(data.urls.list));
    }
    submitter.removeAttribute("aria-busy");
  }

  /** Get the next article from the queue and give its address; null where there is none. */
  async #fromQueue() {
    const { api, data } = this.desk;
    const { status, data: found } = await api.ask("POST", "next/", { body: {}, key: newKey() });
    return status === 200 && found.article ? location.pathname.replace(data.article.uuid, found.article) : null;
  }

  #sayUnsaved() {
    const { work, sync, voice, drawing } = this.desk;
    const needsMe = work.ops.some((op) => op.state !== "waiting");
    voice.toast(t(needsMe ? "submit-decisions" : sync.mood === "offline" ? "submit-offline" : "submit-unsaved"));
    if (needsMe) drawing.showDecisions();
  }

  reopen() {
    return this.#turn("reopen");
  }

  /** Move the assignment on or back. @param {"submit"|"reopen"} act */
  async #turn(act) {
    const { api, data, voice } = this.desk;
    const { status, data: found, problems } = await api.ask("POST", `articles/${data.article.uuid}/${act}/`, { body: {}, key: newKey() });
    if (status >= 200 && status < 300) {
      this.desk.assignment = found?.assignment ?? this.desk.assignment;
      this.desk.setEditable();
      voice.toast(t(act === "submit" ? "submitted" : "reopened"));
      return true;
    }
    const why = problems[0]?.message || t("http-reason", { status });
    voice.toast(status === 0 ? t("submit-offline") : t("submit-refused", { why }));
    return false;
  }
}
