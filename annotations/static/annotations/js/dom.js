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
    if (value === false || value === null || value === undefined) continue;
    if (typeof value === "function") element.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
    else if (name === "value" && "value" in element) /** @type {any} */ (element).value = value;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return element;
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
