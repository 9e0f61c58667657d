// @ts-check
/** The passage that waits to be linked with one of another article: kept in the browser, for its person and project alone. */

/** @typedef {{user: string, project: string}} Owner */
/** @typedef {Owner & {version: string, article: string, title: string, start: number, end: number, quote: string}} Kept offsets in code points */

const NAME = "cw-same-as";

/** @param {Kept} passage */
export function keep(passage) {
  try {
    localStorage.setItem(NAME, JSON.stringify(passage));
  } catch {
    // Without storage nothing is kept, and nothing is offered on the other page.
  }
}

/** Give what this person kept in this project, or null. @param {Owner} owner @returns {Kept|null} */
export function kept({ user, project }) {
  try {
    const found = JSON.parse(localStorage.getItem(NAME) ?? "null");
    return found?.user === user && found.project === project ? found : null;
  } catch {
    return null;
  }
}

/** It is linked and waits no longer. */
export function released() {
  try {
    localStorage.removeItem(NAME);
  } catch {
    // It then waits until another takes its place.
  }
}
