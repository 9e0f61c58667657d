// @ts-check
/** What not every article needs, fetched once the page works: suggestions, relations, labels on the whole, links to a span, printing. */

/** @typedef {import("./desk.js").Desk} Desk */

/** Fetch each; one that cannot be had, as the connection is gone, leaves the others. @param {Desk} desk @param {AbortSignal} signal ends it */
export async function fetchMore(desk, signal) {
  followPlace(desk, signal);
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
  const { labels_of_articles, labels_of_relations, is_live } = desk.data;
  if (!location.hash.startsWith("#a=") && !is_live && !labels_of_articles?.length && !labels_of_relations?.length) return;
  const { start } = await import("./related.js");
  desk.related = await start(desk, signal);
  desk.drawing.soon();
}

/** @param {Desk} desk @param {AbortSignal} signal */
async function printing(desk, signal) {
  const { preparePrinting } = await import("./printing.js");
  if (!signal.aborted) preparePrinting(desk, signal);
}

/** Show the place that the address names in code points, as search links to it. @param {Desk} desk @param {AbortSignal} signal */
function followPlace(desk, signal) {
  const follow = () => {
    const [, start, end] = /^#at=(\d{1,9})-(\d{1,9})$/.exec(location.hash) ?? [];
    const [from, to] = [Number(start), Math.min(Number(end), desk.data.version.length)];
    if (from < to) desk.walk.goTo(desk.page.map.toUnits(from), desk.page.map.toUnits(to));
  };
  follow();
  addEventListener("hashchange", follow, { signal });
}
