// @ts-check
/** Comments that are being written, kept in the browser until they are said or given up: for one person and one text alone. */

/** @typedef {{text: string, key: string, first: string, at: number}} CommentDraft `key` and `first` as they were sent, so that a second try says nothing twice */

const PREFIX = "cw-talk ";
const LASTS = 30 * 24 * 3600 * 1000;

export class CommentDrafts {
  /** @param {{user: string, doc: string}} where @param {Pick<Storage, "getItem"|"setItem"|"removeItem">} [storage] the browser's, where none is given */
  constructor({ user, doc }, storage) {
    this.name = `${PREFIX}${user} ${doc}`;
    this.given = storage;
  }

  /** Where it is kept; a browser may refuse to tell. */
  get storage() {
    return this.given ?? localStorage;
  }

  /** Give what is kept and not too old, by what it is about. @returns {Record<string, CommentDraft>} */
  all() {
    try {
      const found = Object.entries(JSON.parse(this.storage.getItem(this.name) ?? "{}") ?? {});
      return Object.fromEntries(found.filter(([, draft]) => typeof draft?.text === "string" && typeof draft.key === "string" && draft.at > Date.now() - LASTS));
    } catch {
      return {};
    }
  }

  /** Keep what is written so far; nothing written is nothing to keep. @param {string} name @param {Omit<CommentDraft, "at">} draft */
  keep(name, draft) {
    const kept = this.all();
    delete kept[name];
    if (draft.text.trim()) kept[name] = { ...draft, at: Date.now() };
    try {
      if (Object.keys(kept).length) this.storage.setItem(this.name, JSON.stringify(kept));
      else this.storage.removeItem(this.name);
    } catch {
      // Without storage the draft lives as long as the form.
    }
  }

  /** @param {string} name */
  forget(name) {
    this.keep(name, { text: "", key: "", first: "" });
  }
}
