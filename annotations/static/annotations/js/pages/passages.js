// @ts-check
/** The shared passages of an article by key: step from one to the next, decide, open either text. Without it every form works as plain HTML. */
import { isField } from "../dom.js";

/** Which button of the passage a key presses. @type {Record<string, string>} */
const STATES = { a: "confirmed", x: "rejected", u: "open" };

document.addEventListener("keydown", pressed);
landed();

/** The focus goes to the passage that the address names, so that the next key is about it. */
function landed() {
  const named = location.hash ? document.getElementById(location.hash.slice(1)) : null;
  if (named?.matches("[data-passage]")) named.focus();
}

/** Whether single keys are wanted, as was chosen on the page of an article. */
function areKeysOn() {
  try {
    return localStorage.getItem("cw-single-keys") !== "off";
  } catch {
    return true;
  }
}

/** @param {KeyboardEvent} event */
function pressed(event) {
  const target = /** @type {HTMLElement} */ (event.target);
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || !areKeysOn()) return;
  if (event.key === "Escape" && isField(target)) return current()?.focus();
  if (isField(target)) return;
  if (run(event.key.length === 1 ? event.key.toLowerCase() : event.key, target)) event.preventDefault();
}

/** @param {string} key @param {HTMLElement} target @returns {boolean} whether the key was ours */
function run(key, target) {
  if (key === "j" || key === "k") return step(key === "j" ? 1 : -1);
  const passage = current();
  if (!passage) return false;
  const links = passage.querySelectorAll("figcaption a");
  if (key === "Enter" && target === passage) return press(links[0]);
  if (key === "o") return press(links[1]);
  if (key === "d") {
    const direction = /** @type {HTMLElement|null} */ (passage.querySelector("[data-direction]"));
    direction?.focus();
    return direction !== null;
  }
  return key in STATES && press(passage.querySelector(`button[name=state][value=${STATES[key]}]`));
}

/** @param {Element|null|undefined} element */
function press(element) {
  /** @type {HTMLElement|null|undefined} */ (element)?.click();
  return Boolean(element);
}

/** @returns {HTMLElement[]} */
function passages() {
  return [...document.querySelectorAll("[data-passage]")].filter((each) => each instanceof HTMLElement);
}

/** The passage that has the focus. */
function current() {
  return /** @type {HTMLElement|null|undefined} */ (document.activeElement?.closest("[data-passage]"));
}

/** @param {1|-1} by */
function step(by) {
  const all = passages();
  const here = current();
  const next = here ? all[all.indexOf(here) + by] : all[by > 0 ? 0 : all.length - 1];
  next?.focus();
  return true;
}
