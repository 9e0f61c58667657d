// @ts-check
/** Keeps the progress of running jobs fresh in the admin. Without it the page shows what was true when it was loaded. */
import { Api } from "../api.js";

const EVERY = 2000;
const MOST = 100;

/**
 * @typedef {object} Standing
 * @property {string} uuid
 * @property {string} state in the person's language
 * @property {boolean} ended
 * @property {number} done
 * @property {number|null} total
 * @property {string} counts
 */

const frame = /** @type {HTMLElement|null} */ (document.querySelector("[data-jobs-progress]"));
const api = new Api("/");

/** @returns {HTMLElement[]} */
function running() {
  return [.../** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-job][data-runs]"))].slice(0, MOST);
}

/** @param {HTMLElement} place @param {Standing} standing */
function show(place, standing) {
  const state = place.querySelector(".job-state");
  const counts = place.querySelector(".job-counts");
  const bar = place.querySelector("progress");
  if (state) state.textContent = standing.state;
  if (counts) counts.textContent = standing.counts;
  if (bar && standing.total) {
    bar.max = standing.total;
    bar.value = Math.min(standing.done, standing.total);
  }
  if (standing.ended) {
    bar?.remove();
    delete place.dataset.runs;
  }
}

async function refresh() {
  const places = running();
  if (!frame || places.length === 0) return;
  if (document.visibilityState === "visible") {
    const asked = places.map((place) => `job=${place.dataset.job}`).join("&");
    const answer = await api.ask("GET", `${frame.dataset.jobsProgress}?${asked}`);
    if (answer.status === 401 || answer.status === 403) return;
    /** @type {Standing[]} */
    const standings = answer.data?.jobs ?? [];
    for (const standing of standings) {
      for (const place of places.filter(({ dataset }) => dataset.job === standing.uuid)) show(place, standing);
    }
    // the result, the counts and the problems of a job are on its page only when it is loaded anew
    if (frame.dataset.reloadAtEnd !== undefined && standings.some(({ ended }) => ended)) location.reload();
  }
  setTimeout(refresh, EVERY);
}

setTimeout(refresh, EVERY);
