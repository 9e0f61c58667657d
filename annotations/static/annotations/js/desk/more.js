// @ts-check
/** What not every article needs, fetched once the page works: suggestions, relations, labels on the whole, links to a span, zones, how the text is set, passages of other articles too, what is done together, printing, skipping, time. */

/** @typedef {import("./desk.js").Desk} Desk */

/** Fetch each; one that cannot be had, as the connection is gone, leaves the others. @param {Desk} desk @param {AbortSignal} signal ends it */
export async function fetchMore(desk, signal) {
  followPlace(desk, signal);
  await Promise.allSettled([suggestions(desk), related(desk, signal).catch(() => {}).then(() => together(desk, signal)), zones(desk, signal), passages(desk, signal), printing(desk, signal), skipping(desk, signal), timing(desk, signal)]);
}

/** What there is only where everybody's work is seen: what people say, who is here, what changes. @param {Desk} desk @param {AbortSignal} signal */
async function together(desk, signal) {
  if (!desk.data.live_since || signal.aborted) return;
  const [{ startTalk }, { startLive }] = await Promise.all([import("./talk.js"), import("./live.js")]);
  const talk = await startTalk(desk, signal);
  if (desk.related) desk.related.talk = talk;
  startLive(desk, talk, signal);
  desk.drawing.soon();
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
  const { labels, labels_of_articles, labels_of_relations, live_since } = desk.data;
  const isWanted = live_since || labels_of_articles?.length || labels_of_relations?.length || labels.some(({ attributes, parent }) => attributes || parent);
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

/** @param {Desk} desk @param {AbortSignal} signal */
async function zones(desk, signal) {
  const [{ start }, { offerReading }] = await Promise.all([import("../zones/zones.js"), import("../zones/reading.js")]);
  if (signal.aborted) return;
  start(desk, signal);
  offerReading(desk.root, signal);
}

/** @param {Desk} desk @param {AbortSignal} signal */
async function passages(desk, signal) {
  const { start } = await import("../passages/passages.js");
  if (!signal.aborted) await start(desk, signal);
}

/** @param {Desk} desk @param {AbortSignal} signal */
async function skipping(desk, signal) {
  const { prepareSkipping } = await import("./skipping.js");
  if (!signal.aborted) prepareSkipping(desk, signal);
}

/** @param {Desk} desk @param {AbortSignal} signal */
async function timing(desk, signal) {
  const { measureTime } = await import("./timing.js");
  if (!signal.aborted) measureTime(desk, signal);
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
