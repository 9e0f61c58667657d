// @ts-check
/**
 * Keeps what one person did on one text in the browser's storage, so that it can be undone after a reload and from any
 * tab. The oldest texts give way when there are many.
 */

/** @typedef {import("../state/history.js").ActHistory} ActHistory */

const PREFIX = "cw-done ";
const MOST_TEXTS = 20;

/** @param {string} name @returns {{at: number, done: any[], undone: any[]}|null} */
function read(name) {
  try {
    const kept = JSON.parse(localStorage.getItem(name) ?? "null");
    return Array.isArray(kept?.done) && Array.isArray(kept?.undone) ? kept : null;
  } catch {
    return null;
  }
}

/** Make room: forget the texts that were worked on longest ago. @param {number} most */
function forgetAllBut(most) {
  const names = Object.keys(localStorage).filter((name) => name.startsWith(PREFIX));
  const dated = names.map((name) => ({ name, at: read(name)?.at ?? 0 })).sort((a, b) => b.at - a.at);
  for (const { name } of dated.slice(most)) localStorage.removeItem(name);
}

/**
 * Take up the history of an earlier visit, and keep it from now on.
 * @param {ActHistory} history
 * @param {Pick<import("../types.js").PageData, "me"|"version">} data
 * @param {AbortSignal} [signal]
 */
export function remember(history, { me, version }, signal) {
  const name = `${PREFIX}${me.user_uuid} ${version.uuid}`;
  const write = () => {
    const { done, undone } = history;
    const text = JSON.stringify({ at: Date.now(), done, undone });
    try {
      localStorage.setItem(name, text);
    } catch {
      try {
        forgetAllBut(1);
        localStorage.setItem(name, text);
      } catch {
        // Without storage the history lasts as long as the page.
      }
    }
  };
  history.adopt(read(name) ?? { done: [], undone: [] });
  if (history.done.length) write();
  history.onChange = write;
  const heard = (/** @type {StorageEvent} */ event) => {
    if (event.key !== name) return;
    const { done, undone } = read(name) ?? { done: [], undone: [] };
    Object.assign(history, { done, undone });
  };
  globalThis.addEventListener("storage", heard, { signal });
  try {
    forgetAllBut(MOST_TEXTS);
  } catch {
    // Nothing to make room in.
  }
}
