// @ts-check
/** What not every article needs, fetched once the page works: suggestions, relations, labels on the whole, links to a span, printing. */

/** @typedef {import("./desk.js").Desk} Desk */

/** Fetch each; one that cannot be had, as the connection is gone, leaves the others. @param {Desk} desk @param {AbortSignal} signal ends it */
export async function fetchMore(desk, signal) {
  await Promise.allSettled([suggestions(desk), related(desk, signal), printing(desk, signal)]);
}

/** @param {Desk} desk */
async function suggestions(desk) {
  if (!desk.data.suggestions) return;
  const { Suggestions } = await import("../suggestions/suggestions.js");
  desk.suggestions = new Suggestions(desk);
  await desk.suggestions.start();
}

/** @param {Desk} desk @param {AbortSignal} signal */
async function related(desk, signal) {
  const { labels, labels_of_articles, labels_of_relations, is_live } = desk.data;
  const isWanted = is_live || labels_of_articles?.length || labels_of_relations?.length || labels.some(({ attributes, parent }) => attributes || parent);
  if (!isWanted && !location.hash.startsWith("#a=")) return;
  const { start } = await import("./related.js");
  desk.related = await start(desk, signal);
  desk.drawing.soon();
}

/** @param {Desk} desk @param {AbortSignal} signal */
async function printing(desk, signal) {
  const { preparePrinting } = await import("./printing.js");
  if (!signal.aborted) preparePrinting(desk, signal);
}
