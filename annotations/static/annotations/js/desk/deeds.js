// @ts-check
/** Everything a person does to judgements on this page: asks whether it may be, does it, and says what was done. */
import { t } from "../messages.js";
import { shortened } from "../text/shortened.js";
import { piecesOf } from "../state/segments.js";
import { nextEdge } from "../text/snap.js";

/** @typedef {import("./desk.js").Desk} Desk */

export class Deeds {
  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
  }

  /** Tell why nothing can be changed, or that it can. @param {Annotation|undefined} [item] */
  mayEdit(item) {
    const { desk } = this;
    if (!desk.isEditable) desk.voice.say(desk.voice.noticed || t("read-only"));
    else if (item && !item.is_mine) desk.voice.say(t("not-yours"));
    else return true;
    return false;
  }

  /** Give an annotation that may be changed. @param {string|null} key */
  editable(key) {
    const item = key ? this.desk.work.get("annotation", key) : undefined;
    return item && this.mayEdit(item) ? item : undefined;
  }

  /**
   * Put a label on the selection; without one, on the selected annotation; else, from the column, on every
   * selection to come.
   * @param {string} label
   * @param {boolean} [arms]
   */
  label(label, arms = false) {
    const { words, walk, voice, labels } = this.desk;
    if (!this.mayEdit() || !labels.has(label)) return;
    if (this.desk.many?.keys.size) return this.desk.many.label(label);
    if (!words.span) words.take(false);
    if (words.span) this.#annotate(words.span, label);
    else if (walk.current) this.#changeLabel(walk.current, label);
    else if (arms) words.arm(words.armed === label ? null : label);
    else voice.say(t("none-selected-help"));
  }

  /** @param {{start: number, end: number}} span @param {string} label */
  #annotate({ start, end }, label) {
    const { acts, spans, walk, voice, words, isNarrow } = this.desk;
    const twin = spans.at(start).find((mark) => mark.start === start && mark.end === end && mark.label === label && !mark.other);
    words.end();
    if (twin) {
      walk.select(twin.key);
      return voice.say(t("already-there"));
    }
    const place = this.desk.placeOf(start, end);
    const key = acts.annotate({ ...place, label });
    walk.select(key, { says: false });
    const said = t("made", { label: this.desk.labelName(label), quote: shortened(place.quote) });
    if (isNarrow) voice.toast(said, t("open"), () => walk.select(key, { opens: true }));
    else voice.say(said);
  }

  /** @param {string} key @param {string} label */
  #changeLabel(key, label) {
    if (!this.editable(key)) return;
    this.desk.acts.change("annotation", key, { label });
    this.desk.voice.say(t("label-changed", { label: this.desk.labelName(label) }));
  }

  /** Give the selected annotation the bounds of the selection. */
  moveHere() {
    const { words, walk } = this.desk;
    if (words.span && walk.current) this.setPieces(walk.current, [words.span]);
    words.end();
  }

  /** Let an annotation stand on these stretches of the text. @param {string} key @param {import("./words.js").Span[]} pieces */
  setPieces(key, pieces) {
    const item = this.editable(key);
    if (!item || !pieces.length) return;
    const place = this.desk.placeOfAll(pieces);
    if (!place.fragments.length && !item.fragments?.length) delete /** @type {any} */ (place).fragments;
    this.desk.acts.change("annotation", key, place);
    this.desk.voice.say(t("moved", { quote: pieces.map(({ start, end }) => shortened(this.desk.page.text.slice(start, end))).join(" … ") }));
  }

  /** @param {import("../state/keys.js").Command} command */
  moveEdge({ edge = "end", direction = 1, words = true }) {
    const { page, walk, locale } = this.desk;
    const { mark } = walk;
    if (!mark) return;
    const place = nextEdge(page.text, mark[edge], direction, edge, { words, locale });
    const pieces = piecesOf(mark).map(({ start, end }) => ({ start, end }));
    const piece = pieces[edge === "start" ? 0 : pieces.length - 1];
    piece[edge] = place;
    if (piece.start < piece.end && page.text.slice(piece.start, piece.end).trim()) this.setPieces(mark.key, pieces);
  }

  /**
   * Do one of the rarer acts, which are fetched when first wanted.
   * @param {"split"|"merge"|"include"|"exclude"|"others"} name
   */
  async reshape(name) {
    const found = await import("./reshaping.js").catch(() => null);
    if (found) await new found.Reshaping(this.desk)[name]();
    else this.desk.voice.toast(t("needs-connection"));
  }

  withdrawCurrent() {
    if (this.desk.many?.keys.size) return this.desk.many.withdraw();
    if (!this.desk.walk.current) return false;
    this.#withdraw("annotation", this.desk.walk.current);
    return true;
  }

  /** @param {"annotation"|"claim"|"evidence"} sort @param {string} key */
  #withdraw(sort, key) {
    const { work, panel, acts, walk, side, voice } = this.desk;
    const item = /** @type {any} */ (work.get(sort, key));
    if (!item || !this.mayEdit(item)) return;
    const { hasFocus } = side;
    panel.flush();
    acts.withdraw(sort, key);
    const words = { annotation: t("withdrawn", { label: this.desk.labelName(item.label) }), claim: t("claim-withdrawn"), evidence: t("source-withdrawn") };
    if (sort === "annotation") {
      walk.select(null, { says: false });
      if (hasFocus) side.focusTab();
      else this.desk.focusText();
    }
    this.toastUndo(words[sort]);
  }

  /** @param {string} text */
  toastUndo(text) {
    this.desk.voice.toast(text, t("undo"), () => this.undo());
  }

  /** @param {string} key */
  restore(key) {
    const item = this.editable(key);
    if (!item) return;
    this.desk.acts.restore("annotation", key);
    this.desk.walk.select(key, { reveals: true, says: false });
    this.desk.voice.say(t("restored", { label: this.desk.labelName(item.label) }));
  }

  async undo() {
    await this.desk.remembered;
    const { panel, voice, acts, spans, walk } = this.desk;
    panel.flush();
    voice.endToast();
    const deed = acts.history.undo();
    if (deed?.target && spans.get(deed.target)) walk.select(deed.target, { reveals: true, says: false });
    voice.say(t(deed ? "undone" : "nothing-to-undo"));
  }

  async redo() {
    await this.desk.remembered;
    this.desk.voice.say(t(this.desk.acts.history.redo() ? "redone" : "nothing-to-redo"));
  }

  addEvidence() {
    const { walk, work, side, panel } = this.desk;
    if (!walk.current) return false;
    if (!this.editable(walk.current)) return true;
    side.show("span", true);
    panel.openEvidence(work.claimsOf(walk.current)[0]?.claim.key);
    return true;
  }

  /** Make a link of the original a source of the selected annotation. @param {string} url */
  useLink(url) {
    const { walk, work, acts, side, voice } = this.desk;
    const key = walk.current;
    if (!key) {
      voice.toast(t("select-first"));
      return;
    }
    if (!this.editable(key)) return;
    const claim = work.claimsOf(key)[0]?.claim.key ?? null;
    acts.addEvidence(key, claim, { url, title: "", stance: "neutral", quote: "", note: "" });
    side.show("span");
    this.toastUndo(t("link-used"));
  }

  /** Do what a panel asks for. @param {any} wish */
  grant(wish) {
    if (!this.mayEdit()) return;
    const { acts, voice } = this.desk;
    const { key } = wish;
    switch (wish.name) {
      case "reshape": return this.reshape(wish.act);
      case "change-label": return this.#changeLabel(key, wish.label);
      case "change-note": return acts.change("annotation", key, { note: wish.note });
      case "withdraw": return this.#withdraw(wish.sort, key);
      case "add-claim": acts.addClaim(key, wish.text); return voice.say(t("claim-added"));
      case "change-claim": acts.change("claim", key, { text: wish.text }); return voice.say(t("claim-changed"));
      case "add-mention": if (wish.claim) acts.addMention(key, wish.claim); return;
      case "change-mention": return acts.change("mention", key, { stance: wish.stance });
      case "withdraw-mention": acts.withdraw("mention", key); return this.toastUndo(t("claim-taken-off"));
      case "add-evidence": acts.addEvidence(key, wish.claim, wish.fields); return voice.say(t("source-added"));
      case "change-evidence": acts.change("evidence", key, wish.fields); return voice.say(t("source-changed"));
      case "use-link": return this.useLink(wish.url);
    }
  }
}
