// @ts-check
/**
 * The review: one difference at a time, settled by key or click, sent one after the other in the background. Without
 * this script every difference stands there with its form.
 */
import { Api } from "../api.js";
import { isField, need } from "../dom.js";
import { t, useMessages } from "../messages.js";
import { newKey } from "../state/new-key.js";
import { meaningOf, nextOpen, stepWord } from "../state/reviewing.js";

/** @typedef {{unit: HTMLElement, ruling: string|null, version: number, outcome: string, person: string|null}} Settled */

const found = document.querySelector("[data-review]");
if (found instanceof HTMLElement) connect(found);

/** @param {HTMLElement} root */
function connect(root) {
  const data = JSON.parse(need(document, "#review-data").textContent ?? "{}");
  useMessages(data.words, document.documentElement.lang);
  const api = new Api(data.api);
  const review = `articles/${data.article}/review/`;
  const cards = /** @type {HTMLElement[]} */ ([...root.querySelectorAll("[data-card]")]);
  const steps = /** @type {HTMLFormElement|null} */ (root.querySelector("[data-steps]"));
  const text = need(root, "[data-text]");
  const points = pointsOf(text);
  /** @type {HTMLElement[]} */
  const done = [];
  let here = 0;
  let waiting = 0;
  let isBroken = false;
  let isSending = false;
  /** @type {Promise<unknown>} */
  let last = Promise.resolve();

  for (const element of root.querySelectorAll("[data-nav], [data-step], [data-select-hint]")) element.removeAttribute("hidden");
  for (const element of root.querySelectorAll("[data-no-script]")) element.setAttribute("hidden", "");
  const people = cards[0]?.querySelectorAll("[data-digit]").length ?? 0;
  if (cards.length) goTo(startingPlace(), false);
  showProgress();

  root.addEventListener("submit", onSubmit);
  root.addEventListener("click", onClick);
  root.addEventListener("change", onChange);
  root.addEventListener("input", (event) => event.target instanceof Element && event.target.closest("[data-edit]") && preview());
  document.addEventListener("keydown", onKey);
  document.addEventListener("selectionchange", takeSelection);
  window.addEventListener("beforeunload", (event) => waiting > 0 && !isSending && event.preventDefault());

  function startingPlace() {
    const asked = cards.findIndex((card) => `#${card.id}` === location.hash);
    return asked >= 0 ? asked : nextOpen(settled(), cards.length - 1);
  }

  function settled() {
    return cards.map((card) => card.dataset.settled === "yes");
  }

  /** @param {number} place @param {boolean} [takesFocus] */
  function goTo(place, takesFocus = true) {
    here = place;
    cards.forEach((card, n) => (card.hidden = n !== place));
    const card = cards[place];
    need(root, "[data-here]").textContent = t("n-of", { n: place + 1, all: cards.length });
    for (const mark of text.querySelectorAll(".is-here")) mark.classList.remove("is-here");
    const marks = text.querySelectorAll(`[data-unit="${card.dataset.card}"], [data-spot="${card.dataset.card}"]`);
    for (const mark of marks) mark.classList.add("is-here");
    const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    marks[0]?.scrollIntoView({ block: "center", behavior: isCalm ? "auto" : "smooth" });
    if (takesFocus) card.focus({ preventScroll: true });
    preview();
  }

  function showProgress() {
    const n = settled().filter(Boolean).length;
    need(root, "[data-progress]").textContent = t("settled-of", { n, all: cards.length });
    if (cards.length) need(root, "[data-bar]").setAttribute("value", String(n));
    const isReady = n === cards.length && !steps?.querySelector("[data-key=t]");
    steps?.querySelector("[data-finish]")?.classList.toggle("button-primary", isReady);
    return isReady;
  }

  // What a person does

  /** @param {KeyboardEvent} event */
  function onKey(event) {
    if (event.defaultPrevented || (event.isComposing ?? false)) return;
    if (event.key === "Escape" && isField(event.target)) return cards[here]?.focus();
    if (event.key === "Enter" && event.ctrlKey && isField(event.target)) return leaveField(event);
    if (isField(event.target) || root.ownerDocument.querySelector("dialog[open]")) return;
    const asked = meaningOf(event, people);
    if (!asked || event.repeat) return;
    event.preventDefault();
    const card = cards[here];
    if (asked.act === "press" && steps?.querySelector(`[data-key="${asked.of}"]`)) press(steps, `[data-key="${asked.of}"]`);
    else if (!card) return;
    else if (asked.act === "choose") press(card, `[data-digit="${asked.of}"]`);
    else if (asked.act === "press") press(card, `[data-key="${asked.of}"]`);
    else if (asked.act === "move") goTo((here + (asked.step ?? 1) + cards.length) % cards.length);
    else if (asked.act === "undo") undo();
    else if (asked.act === "comment") enter(need(card, "[name=note]"));
    else if (asked.act === "unclear") need(card, "[data-unclear]").click();
    else if (asked.act === "edit") {
      need(card, "[data-edit]").setAttribute("open", "");
      enter(need(card, "[data-edit-first]"));
    }
  }

  /** Go to a field and leave the text where it is, as it is read while one writes. @param {HTMLElement} field */
  function enter(field) {
    const side = need(root, "[data-side]");
    field.focus({ preventScroll: true });
    const { top, bottom } = field.getBoundingClientRect();
    const frame = side.getBoundingClientRect();
    if (top < frame.top || bottom > Math.min(frame.bottom, innerHeight)) side.scrollTop += top - frame.top - frame.height / 3;
  }

  /** Keep what was written in a field, and go back to the keys. @param {KeyboardEvent} event */
  function leaveField(event) {
    event.preventDefault();
    cards[here]?.focus();
  }

  /** @param {ParentNode} place @param {string} selector */
  function press(place, selector) {
    const button = place.querySelector(selector);
    if (button instanceof HTMLButtonElement && !button.disabled) button.click();
  }

  /** @param {Event} event */
  function onClick(event) {
    const target = event.target instanceof Element ? event.target : null;
    const mark = target?.closest("[data-text] [data-unit]");
    const move = target?.closest("[data-move]");
    const step = target?.closest("[data-step]");
    if (mark instanceof HTMLElement && (getSelection()?.isCollapsed ?? true)) goTo(Number(mark.dataset.unit) - 1, false);
    else if (move instanceof HTMLElement) goTo((here + Number(move.dataset.move) + cards.length) % cards.length, false);
    else if (target?.closest("[data-undo]")) undo();
    else if (step instanceof HTMLElement) moveEnd(step.dataset.step ?? "");
  }

  /** @param {SubmitEvent} event */
  function onSubmit(event) {
    const button = event.submitter;
    if (!(button instanceof HTMLButtonElement)) return;
    if (button.name === "ruling") {
      const [outcome, person] = button.value.split(":");
      if (outcome === "edited" && cards[here].dataset.kind !== "span") return sendForm(event, button);
      event.preventDefault();
      settle(cards[here], outcome, person ?? null);
    } else if (button.value === "take_over") {
      event.preventDefault();
      takeOver(button);
    } else sendForm(event, button);
  }

  /** Let a form go as it is, once what was done before is kept. @param {SubmitEvent} event @param {HTMLButtonElement} button */
  function sendForm(event, button) {
    if (waiting > 0) {
      event.preventDefault();
      const form = button.form;
      last.then(() => !isBroken && form?.requestSubmit(button));
    } else isSending = true;
  }

  /** Fetch the page anew where something was settled on which other things wait, or changed on which some rest. @param {string} [kind] */
  function follow(kind = "span") {
    const resting = kind === "span" ? ["relation", "claim", "evidence"] : kind === "claim" ? ["evidence"] : [];
    const rests = cards.some((card) => resting.includes(card.dataset.kind ?? ""));
    if (!rests && !(data.pending > 0 && settled().every(Boolean) && !steps?.querySelector("[data-key=t]"))) return;
    last = last.then(() => {
      if (isBroken || waiting > 0 || isSending) return;
      isSending = true;
      location.replace(location.pathname);
    });
  }

  /** What is remarked on a difference is kept at once, and moves nothing. @param {Event} event */
  function onChange(event) {
    const card = cards[here];
    const field = event.target;
    if (!(field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement || field instanceof HTMLSelectElement)) return;
    if (!card?.contains(field) || !["note", "error_category", "guideline_unclear"].includes(field.name)) return;
    const outcome = card.dataset.outcome || "noted";
    send(card, bodyOf(card, outcome, card.dataset.person || null));
  }

  /** @param {HTMLElement} card @param {string} outcome @param {string|null} person */
  function settle(card, outcome, person) {
    for (const button of card.querySelectorAll("[aria-pressed]")) {
      const value = button.getAttribute("value");
      button.setAttribute("aria-pressed", String(value === outcome || value === `${outcome}:${person}`));
    }
    const body = bodyOf(card, outcome, person);
    card.dataset.outcome = outcome;
    card.dataset.person = person ?? "";
    mark(card, true);
    done.push(card);
    send(card, body);
    card.querySelector("[data-edit]")?.removeAttribute("open");
    follow(card.dataset.kind);
    const isReady = showProgress();
    const following = nextOpen(settled(), here);
    if (following !== here) goTo(following);
    if (settled().every(Boolean)) {
      say(t("all-settled"));
      if (isReady) finishing()?.focus();
    } else say(t("n-of", { n: here + 1, all: cards.length }));
  }

  /** @returns {HTMLElement|null} */
  function finishing() {
    return steps?.querySelector("[data-finish]") ?? null;
  }

  /** @param {HTMLElement} card @param {boolean} isSettled */
  function mark(card, isSettled) {
    card.dataset.settled = isSettled ? "yes" : "no";
    const badge = need(card, "[data-badge]");
    badge.textContent = t(isSettled ? "settled" : "open");
    badge.classList.toggle("badge-ok", isSettled);
    need(card, "[data-said]").hidden = true;
  }

  function undo() {
    const card = done.pop() ?? (cards[here]?.dataset.settled === "yes" ? cards[here] : null);
    if (!card) return say(t("nothing-to-undo"));
    mark(card, false);
    for (const button of card.querySelectorAll("[aria-pressed]")) button.setAttribute("aria-pressed", "false");
    card.dataset.outcome = card.dataset.person = "";
    queue(async () => {
      const answer = await api.ask("POST", `rulings/${card.dataset.ruling}/withdraw/`, {
        body: { base_version: Number(card.dataset.rulingVersion) },
        key: newKey(),
      });
      if (answer.status === 200) card.dataset.ruling = card.dataset.rulingVersion = "";
      return answer;
    });
    showProgress();
    goTo(cards.indexOf(card));
    follow(card.dataset.kind);
    say(t("undone"));
  }

  /** @param {HTMLButtonElement} button */
  function takeOver(button) {
    button.disabled = true;
    queue(async () => {
      const answer = await api.ask("POST", `${review}take-over/`, { key: newKey(), body: {} });
      if (answer.status === 200) {
        const back = steps?.querySelector("[data-take-back]");
        if (back instanceof HTMLElement) {
          back.hidden = false;
          back.textContent = t("take-back", { n: answer.data.review.taken_over });
        }
        button.remove();
        if (showProgress()) finishing()?.focus();
        follow();
      }
      return answer;
    });
    cards[here]?.focus({ preventScroll: true });
  }

  // What is sent

  /** @param {HTMLElement} card @param {string} outcome @param {string|null} person */
  function bodyOf(card, outcome, person) {
    const value = (/** @type {string} */ name) =>
      /** @type {HTMLInputElement} */ (need(card, `[name=${name}]`)).value;
    const isSpan = card.dataset.kind === "span";
    const place = isSpan ? { edited: ["start", "end"], merged: ["merged_start", "merged_end"] }[outcome] : null;
    return {
      unit: card.dataset.unitName,
      outcome,
      person,
      span: place ? { start: Number(value(place[0])), end: Number(value(place[1])), label: value("label") } : null,
      ...(!isSpan && outcome === "edited" ? JSON.parse(card.dataset.given ?? "{}") : {}),
      error_category: value("error_category"),
      guideline_unclear: /** @type {HTMLInputElement} */ (need(card, "[data-unclear]")).checked,
      note: value("note"),
    };
  }

  /** @param {HTMLElement} card @param {object} body */
  function send(card, body) {
    const key = newKey();
    queue(async () => {
      const whole = { ...body, key, replaces: card.dataset.ruling || null };
      const answer = await api.ask("POST", `${review}rulings/`, { body: whole, key });
      if (answer.status === 201) {
        card.dataset.ruling = answer.data.key;
        card.dataset.rulingVersion = String(answer.data.version);
      }
      return answer;
    });
  }

  /**
   * Send one act after the other: each rests on the one before. After one that failed nothing more is sent.
   * @param {() => Promise<import("../api.js").Answer>} act
   */
  function queue(act) {
    waiting += 1;
    need(root, "[data-state]").textContent = t("saving");
    last = last.then(async () => {
      const answer = isBroken ? null : await act();
      waiting -= 1;
      if (answer?.problems.length) refuse(answer);
      else if (!isBroken && waiting === 0) need(root, "[data-state]").textContent = t("saved");
    });
  }

  /** @param {import("../api.js").Answer} answer */
  function refuse(answer) {
    isBroken = true;
    waiting = 0;
    const why = answer.problems[0].message || t("no-answer");
    const place = need(root, "[data-problem]");
    const link = document.createElement("a");
    link.href = location.pathname;
    link.textContent = t("load-again");
    place.replaceChildren(`${t("not-saved", { why })} `, link);
    place.hidden = false;
    need(root, "[data-state]").textContent = "";
  }

  /** @param {string} words */
  function say(words) {
    need(document, "[data-live]").textContent = words;
  }

  // Editing

  function edited() {
    const card = cards[here];
    const edit = card?.querySelector("[data-edit]");
    if (!(edit instanceof HTMLDetailsElement) || card.dataset.kind !== "span") return null;
    const [start, end] = ["start", "end"].map((name) => /** @type {HTMLInputElement} */ (need(card, `[name=${name}]`)));
    return { edit, start, end, preview: need(card, "[data-preview]") };
  }

  function preview() {
    const now = edited();
    if (!now) return;
    now.preview.hidden = false;
    now.preview.textContent = points.slice(Number(now.start.value), Number(now.end.value)).join("") || "–";
  }

  /** @param {string} step such as "start:-1" */
  function moveEnd(step) {
    const now = edited();
    const [side, by] = step.split(":");
    if (!now || (side !== "start" && side !== "end")) return;
    const moved = stepWord(points, Number(now[side].value), Number(by), side);
    const fits = side === "start" ? moved < Number(now.end.value) : moved > Number(now.start.value);
    if (fits) now[side].value = String(moved);
    preview();
  }

  function takeSelection() {
    const now = edited();
    const selection = getSelection();
    if (!now?.edit.open || !selection || selection.isCollapsed || selection.rangeCount === 0) return;
    const range = selection.getRangeAt(0);
    if (!text.contains(range.startContainer) || !text.contains(range.endContainer)) return;
    const start = offsetAt(range.startContainer, range.startOffset);
    const end = offsetAt(range.endContainer, range.endOffset);
    if (start === null || end === null || start >= end) return;
    now.start.value = String(start);
    now.end.value = String(end);
    preview();
  }
}

/**
 * Give the article's text in code points, as far as paragraphs show it; gaps between them are line ends.
 * @param {HTMLElement} text
 */
function pointsOf(text) {
  /** @type {string[]} */
  const points = [];
  for (const paragraph of text.querySelectorAll("[data-start]")) {
    const start = Number(paragraph.getAttribute("data-start"));
    while (points.length < start) points.push("\n");
    for (const point of paragraph.textContent ?? "") points.push(point);
  }
  return points;
}

/**
 * Give the offset in code points of a place in a paragraph.
 * @param {Node} node
 * @param {number} offset
 * @returns {number|null}
 */
function offsetAt(node, offset) {
  const paragraph = (node instanceof Element ? node : node.parentElement)?.closest("[data-start]");
  if (!paragraph) return null;
  const range = document.createRange();
  range.setStart(paragraph, 0);
  range.setEnd(node, offset);
  return Number(paragraph.getAttribute("data-start")) + [...range.toString()].length;
}
