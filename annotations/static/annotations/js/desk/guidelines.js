// @ts-check
/** The guidelines beside the text: fetched once the page works, and kept by the browser, as they are the same for every article. */
import { need } from "../dom.js";
import { t } from "../messages.js";

/**
 * Put the guidelines into their panel; where they cannot be had, try again when the connection is back or the panel is asked for.
 * @param {HTMLElement} root
 * @param {AbortSignal} signal ends it
 */
export async function bringGuidelines(root, signal) {
  const panel = need(root, "#side-guidelines");
  const { address } = panel.dataset;
  if (!address) return;
  const ended = new AbortController();
  const bring = async () => {
    const found = await documentAt(address);
    if (signal.aborted || ended.signal.aborted) return;
    if (!found) return void (panel.textContent = t("needs-connection"));
    panel.replaceChildren(...found.body.childNodes);
    ended.abort();
  };
  await bring();
  if (ended.signal.aborted) return;
  for (const [target, name] of /** @type {[EventTarget, string][]} */ ([[window, "online"], [need(root, "#tab-guidelines"), "click"]])) {
    target.addEventListener(name, bring, { signal: AbortSignal.any([signal, ended.signal]) });
  }
}

/** Fetch a page as a document: so no text is made into markup here. @param {string} address @returns {Promise<Document|null>} null where it cannot be had */
function documentAt(address) {
  return new Promise((resolve) => {
    const asked = new XMLHttpRequest();
    asked.responseType = "document";
    asked.addEventListener("loadend", () => resolve(asked.status === 200 ? asked.response : null));
    asked.open("GET", address);
    asked.send();
  });
}
