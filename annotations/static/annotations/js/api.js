// @ts-check
/** The only place that fetches. Adds the CSRF token and turns every failure into one shape. */
/** @typedef {import("./types.js").Problem} Problem */

/**
 * @typedef {object} Answer
 * @property {number} status 0 when the server was not reached
 * @property {any} data
 * @property {Problem[]} problems
 * @property {number} wait seconds that the server asks to wait, or 0
 */

const TIMEOUT = 20_000;
const AUTH_CODES = new Set(["not_authenticated", "authentication_failed", "csrf_failed", "invalid_token"]);

/** Give the CSRF token: from the cookie, else from the page. */
export function csrfToken() {
  const cookie = /(?:^|;\s*)(?:__Host-|__Secure-)?csrftoken=([^;]+)/.exec(document.cookie)?.[1];
  const meta = /** @type {HTMLMetaElement|null} */ (document.querySelector("meta[name=csrf-token]"));
  const field = /** @type {HTMLInputElement|null} */ (document.querySelector("input[name=csrfmiddlewaretoken]"));
  return cookie ?? meta?.content ?? field?.value ?? "";
}

/** @param {number} status @param {any} data @returns {Problem[]} */
function problemsIn(status, data) {
  if (Array.isArray(data?.problems) && data.problems.length) return data.problems;
  if (typeof data?.detail === "string") return [{ code: data.code ?? `http_${status}`, message: data.detail }];
  return [{ code: `http_${status}`, message: "" }];
}

/**
 * Tell whether an answer means "log in again" rather than "you may not".
 * @param {Answer} answer
 */
export function asksForLogIn({ status, data, problems }) {
  if (status === 401) return true;
  return status === 403 && (data === null || problems.some(({ code }) => AUTH_CODES.has(code)));
}

/** Tell whether it is worth asking again later. @param {Answer} answer */
export function mayPass({ status }) {
  return status === 0 || status === 408 || status === 425 || status === 429 || status >= 500;
}

export class Api {
  /** @param {string} root address of the project in the API, ending in a slash */
  constructor(root) {
    this.root = root;
  }

  /**
   * Ask the server. Never throws: a lost connection is an answer with status 0.
   * @param {string} method
   * @param {string} path under the project's root, or from `/`
   * @param {{body?: unknown, key?: string, keepalive?: boolean, token?: string}} [options]
   * @returns {Promise<Answer>}
   */
  async ask(method, path, { body, key, keepalive = false, token = csrfToken() } = {}) {
    /** @type {Record<string, string>} */
    const headers = { Accept: "application/json" };
    if (method !== "GET") headers["X-CSRFToken"] = token;
    if (body !== undefined) headers["Content-Type"] = "application/json";
    if (key) headers["Idempotency-Key"] = key;
    try {
      const response = await fetch(path.startsWith("/") ? path : this.root + path, {
        method,
        headers,
        keepalive,
        body: body === undefined ? undefined : JSON.stringify(body),
        credentials: "same-origin",
        redirect: "manual",
        signal: keepalive ? undefined : AbortSignal.timeout(TIMEOUT),
      });
      return await this.#answer(response);
    } catch {
      return { status: 0, data: null, problems: [{ code: "offline", message: "" }], wait: 0 };
    }
  }

  /** @param {Response} response @returns {Promise<Answer>} */
  async #answer(response) {
    const status = response.type === "opaqueredirect" ? 401 : response.status;
    const isJson = response.headers.get("content-type")?.includes("json");
    const data = isJson ? await response.json() : null;
    const wait = Number(response.headers.get("retry-after")) || 0;
    return { status, data, problems: response.ok ? [] : problemsIn(status, data), wait };
  }

  /**
   * Ask for this page again and read who it is for: after a new log-in it may be someone else.
   * @returns {Promise<import("./types.js").PageData|null>}
   */
  async page() {
    try {
      const response = await fetch(location.href, { credentials: "same-origin", redirect: "manual" });
      const found = /<script id="annotate-data"[^>]*>([\s\S]*?)<\/script>/.exec(await response.text());
      return found ? JSON.parse(found[1]) : null;
    } catch {
      return null;
    }
  }
}
