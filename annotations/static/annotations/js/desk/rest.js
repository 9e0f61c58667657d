// @ts-check
/** The work on a long text, fetched stretch by stretch: the page brings only what begins near its top. */

/** @typedef {import("./desk.js").Desk} Desk */

const MOST = 1000;
const FIRST_WAIT = 1000;
const LONGEST_WAIT = 30_000;

/**
 * Fetch the work that begins at an offset or later, and hand over each stretch as it comes; tries again until it is there.
 * @param {Desk} desk
 * @param {number|null} from offset in code points; null where there is none
 * @param {AbortSignal} [signal] ends it
 */
export async function fetchFrom(desk, from, signal) {
  let wait = FIRST_WAIT;
  for (let next = from; next !== null && !signal?.aborted; ) {
    const { status, data } = await desk.api.ask("GET", `articles/${desk.data.article.uuid}/annotations/?from=${next}&most=${MOST}&brief=1`);
    if (status === 200 && data) {
      next = data.next;
      desk.isPartial = next !== null;
      wait = FIRST_WAIT;
      desk.takeIn({ annotations: data.results, claims: data.claims });
    } else if (status >= 400 && status < 500 && status !== 429) {
      return;
    } else {
      await new Promise((resolve) => setTimeout(resolve, wait));
      wait = Math.min(2 * wait, LONGEST_WAIT);
    }
  }
}
