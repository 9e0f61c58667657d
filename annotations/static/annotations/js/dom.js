// @ts-check
/** Small helpers to build and place elements without any HTML text. */

/** @typedef {Node|string|null|undefined|false} Child */

/**
 * Make an element: `h("button", {class: "chip", onclick: act}, "Save")`.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, unknown>} [attributes] functions become listeners, false and null are left out
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if ((value ?? false) === false) continue;
    if (typeof value === "function") element.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
    else if (name === "value" && "value" in element) /** @type {any} */ (element).value = value;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(.../** @type {(Node|string)[]} */ (children.filter((child) => (child ?? false) !== false)));
  return element;
}

/**
 * Make a small button.
 * @param {string} word
 * @param {() => void} onclick
 * @param {Record<string, unknown>} [more] attributes
 */
export function smallButton(word, onclick, more = {}) {
  return h("button", { type: "button", class: "button-quiet button-small", onclick, ...more }, word);
}

/**
 * Give the focus to the element that comes so many steps after the one that has it, around the end.
 * @param {HTMLElement[]} elements
 * @param {number} step
 */
export function stepFocus(elements, step) {
  const here = elements.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  const next = elements[(here + step + elements.length) % elements.length];
  next?.focus();
  return next;
}

/** Tell which way an arrow key leads: 1 onwards, -1 back, undefined for other keys. @param {KeyboardEvent} event */
export function arrowStep({ key }) {
  return { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[key];
}

/**
 * Find an element that the template promises.
 * @param {ParentNode} root
 * @param {string} selector
 * @returns {HTMLElement}
 */
export function need(root, selector) {
  const found = root.querySelector(selector);
  if (!found) throw new Error(`The page has no ${selector}.`);
  return /** @type {HTMLElement} */ (found);
}

/**
 * Draw part of the page again without losing the focus inside it: it stays with the same `data-focus`,
 * and goes to the fallback when that is gone.
 * @param {HTMLElement} root
 * @param {() => void} draw
 * @param {() => HTMLElement|null} [fallback]
 */
export function keepingFocus(root, draw, fallback = () => null) {
  const active = /** @type {HTMLElement|null} */ (document.activeElement);
  const hadFocus = active !== null && active !== root && root.contains(active);
  const name = active?.dataset.focus;
  draw();
  if (!hadFocus) return;
  if (active.isConnected && root.contains(active)) {
    if (document.activeElement !== active) active.focus();
    return;
  }
  const same = name ? root.querySelector(`[data-focus="${CSS.escape(name)}"]`) : null;
  (/** @type {HTMLElement|null} */ (same) ?? fallback())?.focus();
}

/**
 * Put a floating element below a place in the text, or above it where there is no room.
 * @param {HTMLElement} element position: fixed
 * @param {DOMRect} rect
 */
export function placeAt(element, rect) {
  const { width, height } = element.getBoundingClientRect();
  const gap = 10;
  const below = rect.bottom + gap;
  const top = below + height < innerHeight - gap ? below : Math.max(gap, rect.top - height - gap);
  const left = Math.min(Math.max(gap, rect.left + rect.width / 2 - width / 2), innerWidth - width - gap);
  element.style.top = `${Math.round(top)}px`;
  element.style.left = `${Math.round(Math.max(gap, left))}px`;
}

/** Tell whether a key press belongs to a field. @param {EventTarget|null} target */
export function isField(target) {
  return target instanceof HTMLElement && target.matches("input:not([type=radio]):not([type=checkbox]), textarea, select, [contenteditable]");
}
