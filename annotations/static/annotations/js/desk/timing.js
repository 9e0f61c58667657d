// @ts-check
/**
 * Measures the time on this article and tells the server while somebody works on it, which keeps their place. What was
 * not told when the page went is told by the next one.
 */
import { t } from "../messages.js";
import { newKey } from "../state/new-key.js";
import { WorkTime } from "../state/work-time.js";

/** @typedef {import("./desk.js").Desk} Desk */
/** @typedef {{article: string, api: string, days: import("../state/work-time.js").Days}} Untold */

const TELL_EVERY = 60_000;
/** So many seconds are worth a request while the page goes; fewer are told by the next page. */
const WORTH_TELLING = 10;
const ACTS = ["keydown", "pointerdown", "pointermove", "wheel", "scroll", "touchmove"];

/** @param {Desk} desk @param {AbortSignal} signal */
export function measureTime(desk, signal) {
  const { api, data } = desk;
  if (!data.me.can_annotate) return;
  const prefix = `cw-time ${data.me.user_uuid} `;
  const visit = newKey();
  const time = new WorkTime();
  let told = "";
  let toldSeconds = 0;
  let isTelling = false;
  const isInFront = () => !document.hidden && document.hasFocus();

  /** @param {string} name @param {Untold} untold @param {boolean} [isLast] */
  const tell = async (name, { article, api: root, days }, isLast = false) => {
    const body = { visit: name, days: Object.entries(days).map(([day, seconds]) => ({ day, seconds })) };
    const answer = await api.ask("POST", `${root}articles/${article}/time/`, { body, keepalive: isLast });
    // who has no assignment has no time either: what is heard once is not told again by every page to come
    if (answer.status === 200 || (answer.status >= 400 && answer.status < 500 && ![401, 403, 429].includes(answer.status))) forget(name);
    return answer;
  };
  const forget = (/** @type {string} */ name) => kept((store) => store.removeItem(prefix + name));

  const report = async (isLast = false) => {
    time.count(Date.now());
    const { days } = time;
    const sign = JSON.stringify(days);
    if (sign === told || sign === "{}" || (isTelling && !isLast)) return;
    const untold = { article: data.article.uuid, api: data.urls.api, days };
    kept((store) => store.setItem(prefix + visit, JSON.stringify(untold)));
    const seconds = Object.values(days).reduce((sum, each) => sum + each, 0);
    if (isLast && seconds - toldSeconds < WORTH_TELLING) return;
    isTelling = true;
    const { status, data: found } = await tell(visit, untold, isLast);
    isTelling = false;
    if (status === 200 && found.round !== (data.round ?? null)) return desk.voice.notice(t("round-taken"));
    if (status === 200 && found.assignment) {
      told = sign;
      toldSeconds = seconds;
      hear(desk, found.assignment);
    }
  };

  const acted = () => isInFront() && time.acted(Date.now());
  const left = () => {
    time.left(Date.now());
    report(true);
  };
  for (const name of ACTS) document.addEventListener(name, acted, { signal, passive: true, capture: true });
  document.addEventListener("visibilitychange", () => document.hidden && left(), { signal });
  addEventListener("blur", () => time.left(Date.now()), { signal });
  addEventListener("pagehide", left, { signal });
  const timer = setInterval(() => report(), TELL_EVERY);
  signal.addEventListener("abort", () => clearInterval(timer));
  kept((store) => {
    for (const name of Object.keys(store).filter((each) => each.startsWith(prefix))) tell(name.slice(prefix.length), JSON.parse(store.getItem(name) ?? "{}"));
  });
}

/** Show what became of the person's place. @param {Desk} desk @param {import("../types.js").Assignment} found */
function hear(desk, found) {
  const before = desk.assignment?.state;
  if (before === found.state) return;
  desk.assignment = found;
  if (before === undefined && found.state === "open") return desk.drawing.soon();
  desk.setEditable();
  if (found.state === "lapsed") desk.voice.notice(t("lease-lapsed"));
}

/** Use the browser's storage where there is one. @param {(store: Storage) => void} act */
function kept(act) {
  try {
    act(localStorage);
  } catch {
    // Without storage what was not told is lost with the page.
  }
}
