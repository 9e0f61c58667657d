// @ts-check
/**
 * Keeps the pages of jobs fresh: by the live channel where one answers, else by asking again and again. The part of the
 * page that changes (`[data-renews]`, which may say after how many milliseconds) fetches itself anew when it hears
 * `stale`; once all jobs have ended it no longer asks.
 */
const EVERY_BESIDE_A_STREAM = 5_000; // a worker that died sends nothing

const place = () => /** @type {HTMLElement|null} */ (document.querySelector("[data-renews]"));
const EVERY = Number(place()?.dataset.renews) || 1000;
const ask = () => place()?.dispatchEvent(new Event("stale"));

let timer = setInterval(ask, EVERY);
const address = place()?.getAttribute("data-events");

/** @param {number} milliseconds */
function askEvery(milliseconds) {
  clearInterval(timer);
  timer = setInterval(ask, milliseconds);
}

if (address) {
  const stream = new EventSource(address);
  stream.addEventListener("open", () => askEvery(EVERY_BESIDE_A_STREAM));
  stream.addEventListener("message", () => {
    ask();
    if (!place()) stream.close();
  });
  stream.addEventListener("error", () => {
    stream.close();
    askEvery(EVERY);
  });
}

export {};
