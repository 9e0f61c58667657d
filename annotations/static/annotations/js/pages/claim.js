// @ts-check
/**
 * Comments on a claim as they arrive. A live channel says when to look; where none answers, the page looks again and
 * again. What is looked at is the page itself, fetched by `[data-fresh]` when it hears `stale`; of it, what is new is
 * put in place, and nothing that somebody is writing is touched.
 */
const EVERY = 15_000;
const EVERY_BESIDE_A_STREAM = 60_000;

const section = document.querySelector("[data-talk]");
const list = section?.querySelector("#talk-threads");
const fresh = section?.querySelector("[data-fresh]");
if (section instanceof HTMLElement && list && fresh) begin(section, list, fresh);

/** @param {HTMLElement} section @param {Element} list @param {Element} fresh */
function begin(section, list, fresh) {
  let isMissed = false;
  const look = () => {
    isMissed = document.hidden;
    if (!document.hidden) fresh.dispatchEvent(new Event("stale"));
  };
  document.addEventListener("visibilitychange", () => isMissed && look());
  fresh.addEventListener("htmx:afterSwap", () => {
    const found = fresh.querySelector("#talk-threads");
    const hasNew = found ? take(found, list) : false;
    const count = found && section.querySelector("[data-count]");
    if (count) count.textContent = found.getAttribute("data-threads") || "";
    fresh.replaceChildren();
    const told = section.querySelector("[role=status]");
    if (hasNew && told) told.textContent = section.getAttribute("data-new-word");
  });
  fresh.addEventListener("htmx:responseError", () => stop()); // logged out, or it may not be seen any more
  let timer = setInterval(look, EVERY);
  const stream = new EventSource(section.getAttribute("data-talk") ?? "");
  const stop = () => {
    clearInterval(timer);
    stream.close();
  };
  stream.addEventListener("open", () => every(EVERY_BESIDE_A_STREAM));
  stream.addEventListener("message", look);
  stream.addEventListener("error", () => every(EVERY));

  /** @param {number} milliseconds */
  function every(milliseconds) {
    clearInterval(timer);
    timer = setInterval(look, milliseconds);
  }
  addEventListener("pagehide", () => {
    stream.close();
    every(EVERY); // for when the page is taken up again
  });
}

/**
 * Put what is new in its place; tell whether a comment came.
 * @param {Element} found @param {Element} list
 */
function take(found, list) {
  const known = new Set([...list.querySelectorAll("li")].map(({ id }) => id));
  const hasNew = [...found.querySelectorAll("li")].some(({ id }) => !known.has(id));
  renew(found, list, (thread, there) => {
    const [rows, rowsThere] = [thread.querySelector("ol"), there.querySelector("ol")];
    if (rows && rowsThere) renew(rows, rowsThere, () => {});
  });
  return hasNew;
}

/**
 * Make one list of elements with ids like another; what somebody is at stays, and `within` may renew parts of it.
 * @param {Element} found @param {Element} list @param {(each: Element, there: Element) => void} within
 */
function renew(found, list, within) {
  const wanted = [...found.children];
  const ids = new Set(wanted.map(({ id }) => id));
  for (const there of [...list.children]) if (!ids.has(there.id) && !isUsed(there)) there.remove();
  for (const each of wanted) {
    const there = [...list.children].find(({ id }) => id === each.id);
    if (!there) list.append(each);
    else if (words(there) !== words(each)) isUsed(there) ? within(each, there) : there.replaceWith(each);
  }
}

/** @param {Element} element */
function isUsed(element) {
  return element.contains(document.activeElement) || Boolean(element.querySelector("details[open]"));
}

/** @param {Element} element */
function words(element) {
  return (element.textContent ?? "").replace(/\s+/g, " ");
}
