// @ts-check
/** What not every article needs, fetched once the page works: suggestions, relations, labels on the whole, links to a span, zones, what waits to be placed, how the text is set, passages of other articles too, use as evidence, who says what, what is done together, printing, skipping, time, finding words. */
import { marksQuotations } from "../quoting/when.js";
import { t } from "../messages.js";
import { newKey } from "../state/new-key.js";

/** @typedef {import("./desk.js").Desk} Desk */
/** @typedef {{status: number, data: any}} Given */
/** @typedef {(name: "related"|"talk"|"passages"|"live"|"people") => Promise<Given>} Beside */

/** Fetch each; one that cannot be had, as the connection is gone, leaves the others. @param {Desk} desk @param {AbortSignal} signal ends it */
export async function fetchMore(desk, signal) {
  if (desk.assignment?.is_late) desk.voice.notice(t("is-late"));
  const follow = followPlace(desk, signal);
  const tab = newKey();
  const beside = askBeside(desk, tab);
  await Promise.allSettled([suggestions(desk), related(desk, beside, signal).catch(() => {}).then(() => together(desk, beside, tab, signal)), zones(desk, signal).then(() => (follow(true), placing(desk, signal))), passages(desk, beside, signal).then(() => citing(desk, signal)).then(() => quoting(desk, signal)), guidelines(desk, signal), printing(desk, signal), skipping(desk, signal), timing(desk, signal), finding(desk, signal)]);
  desk.root.dataset.more = "here";
  await fetchActs(signal);
  desk.root.dataset.more = "acts";
}

/** What the usual acts bring: fetched while nothing else is to do, so that a lost connection takes none of them away. */
const ACTS = [
  () => import("../elements/label-popup.js"),
  () => import("./handles.js"),
  () => import("./reshaping.js"),
  () => import("../elements/evidence-form.js"),
  () => import("./handing-in.js"),
  () => import("../elements/key-sheet.js"),
];

/** @param {AbortSignal} signal ends it */
async function fetchActs(signal) {
  for (const fetch of ACTS) {
    await new Promise((resolve) => (window.requestIdleCallback ?? setTimeout)(resolve));
    if (signal.aborted) return;
    await fetch().catch(() => {});
  }
}

/**
 * Ask once for what several parts show beside the text.
 * @param {Desk} desk
 * @param {string} tab names the page among those that are open
 * @returns {Beside}
 */
function askBeside({ api, data }, tab) {
  const query = data.live_since ? `?since=${encodeURIComponent(data.live_since)}&tab=${tab}` : "";
  const asked = api.ask("GET", `articles/${data.article.uuid}/beside/${query}`);
  return async (name) => {
    const { status, data: found } = await asked;
    return { status: status === 200 && !found[name] ? 404 : status, data: found?.[name] };
  };
}

/** What people say, and, where everybody's work is seen, who is here and what changes; questions to the managers can be asked by all. @param {Desk} desk @param {Beside} beside @param {string} tab @param {AbortSignal} signal */
async function together(desk, beside, tab, signal) {
  if (signal.aborted) return;
  const talk = desk.data.live_since ? await all(desk, beside, tab, signal) : null;
  if (!desk.root.querySelector("[data-ask]")) return;
  const { startAsking } = await import("./asking.js");
  if (!signal.aborted) await startAsking(desk, talk, beside, signal);
}

/** @param {Desk} desk @param {Beside} beside @param {string} tab @param {AbortSignal} signal */
async function all(desk, beside, tab, signal) {
  const [{ startTalk }, { startLive }] = await Promise.all([import("./talk.js"), import("./live.js")]);
  const talk = await startTalk(desk, beside("talk"), signal);
  if (desk.related) desk.related.talk = talk;
  await startLive(desk, { talk, tab, changes: beside("live"), people: beside("people") }, signal);
  desk.drawing.soon();
  return talk;
}

/** @param {Desk} desk */
async function suggestions(desk) {
  if (!desk.data.suggestions) return;
  const start = async () => {
    const { Suggestions } = await import("../suggestions/suggestions.js");
    desk.suggestions = new Suggestions(desk);
    await desk.suggestions.start();
  };
  // undoing may be about them: it waits until they are here
  const [remembered, started] = [desk.remembered, start()];
  desk.remembered = Promise.allSettled([remembered, started]).then(() => {});
  await started;
}

/** @param {Desk} desk @param {Beside} beside @param {AbortSignal} signal */
async function related(desk, beside, signal) {
  const { labels, labels_of_articles, labels_of_relations, live_since } = desk.data;
  const isWanted = live_since || labels_of_articles?.length || labels_of_relations?.length || labels.some(({ attributes, parent }) => attributes || parent);
  if (!isWanted && !location.hash.startsWith("#a=")) return;
  const { start } = await import("./related.js");
  desk.related = await start(desk, beside("related"), signal);
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
  desk.zones = start(desk, signal);
  offerReading(desk.root, desk.api, signal);
}

/** Where something waits, or undoing would let something wait again. @param {Desk} desk @param {AbortSignal} signal */
async function placing(desk, signal) {
  await desk.remembered;
  const { done, undone } = desk.acts.history;
  if (!desk.data.waiting && ![...done, ...undone].some(({ name }) => ["placed", "dropped"].includes(name))) return;
  const { startPlacing } = await import("../placing/placing.js");
  if (!signal.aborted) await startPlacing(desk, signal);
}

/** @param {Desk} desk @param {Beside} beside @param {AbortSignal} signal */
async function passages(desk, beside, signal) {
  const { start } = await import("../passages/passages.js");
  if (!signal.aborted) await start(desk, beside("passages"), signal);
}

/** @param {Desk} desk @param {AbortSignal} signal */
async function citing(desk, signal) {
  const { start } = await import("../citing/citing.js");
  if (!signal.aborted) start(desk, signal);
}

/** @param {Desk} desk @param {AbortSignal} signal */
async function guidelines(desk, signal) {
  const { bringGuidelines } = await import("./guidelines.js");
  if (!signal.aborted) await bringGuidelines(desk.root, signal);
}

/** The script once an annotation is chosen, what is known of the article once it is a quotation or the key is pressed. @param {Desk} desk @param {AbortSignal} signal */
async function quoting(desk, signal) {
  const panel = desk.root.querySelector("span-panel");
  if (!panel || signal.aborted) return;
  const fetch = () => import("../quoting/quoting.js");
  /** @type {Promise<import("../quoting/quoting.js").Quoting|null>|null} */
  let started = null;
  const start = () => (started ??= fetch().then(({ start }) => (watch.disconnect(), signal.aborted ? null : start(desk, signal)), () => (started = null)));
  const look = () => {
    const key = desk.walk.current;
    const annotation = key && desk.work.get("annotation", key);
    if (!annotation) return;
    if (marksQuotations(desk.data.labels, annotation.label) || desk.work.standing("attribution").some((said) => said.annotation === key)) start();
    else fetch().catch(() => {});
  };
  const watch = new MutationObserver(look);
  watch.observe(panel, { childList: true, subtree: true });
  signal.addEventListener("abort", () => watch.disconnect());
  const ask = async () => {
    const part = await start();
    if (part) part.ask();
    else if (!signal.aborted) desk.voice.toast(t("needs-connection"));
  };
  desk.quoting = { pressed: (command) => (command === "say-who" ? (ask(), true) : undefined) };
  look();
  await undoable(desk, () => start().then((part) => part?.load()));
}

/** What was said may be undone though nothing was looked at since the page came: it is fetched before. @param {Desk} desk @param {() => Promise<void>} load */
async function undoable(desk, load) {
  const { remembered } = desk;
  desk.remembered = (async () => {
    await remembered;
    const { done, undone } = desk.acts.history;
    if ([...done, ...undone].some(({ undo }) => undo.some(({ sort }) => sort === "attribution"))) await load();
  })();
  await desk.remembered;
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

/** @param {Desk} desk @param {AbortSignal} signal */
async function finding(desk, signal) {
  const { offerFinding } = await import("./opening.js");
  if (!signal.aborted) offerFinding(desk, signal);
}

/**
 * Show the place that the address names in code points, as search links to it.
 * @param {Desk} desk
 * @param {AbortSignal} signal
 * @returns {(onlyFolded: boolean) => void} shows it again, if asked for only where its zone was folded since
 */
function followPlace(desk, signal) {
  const follow = (onlyFolded = false) => {
    const [, start, end] = /^#at=(\d{1,9})-(\d{1,9})$/.exec(location.hash) ?? [];
    const [from, to] = [Number(start), Math.min(Number(end), desk.data.version.length)];
    if (from >= to) return;
    const [first, last] = [desk.page.map.toUnits(from), desk.page.map.toUnits(to)];
    if (!onlyFolded || desk.page.blockAt(first)?.el.hidden) desk.walk.goTo(first, last);
  };
  follow();
  addEventListener("hashchange", () => follow(), { signal });
  return follow;
}
