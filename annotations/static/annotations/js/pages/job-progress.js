// @ts-check
/**
 * Keeps a job's page fresh: by the live channel where one answers, else by asking every second. The part of the page that
 * shows the job (`[data-events]`) fetches itself anew when it hears `stale`; once the job has ended it no longer asks.
 */
const EVERY = 1000;
const EVERY_BESIDE_A_STREAM = 15_000; // a worker that died sends nothing

const place = () => document.querySelector("[data-events]");
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
