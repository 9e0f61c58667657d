// @ts-check
/** Checks addresses of sources before they are sent. The server checks them again; its word counts. */

const LONGEST_URL = 2000;
/** What people type or copy without its scheme: a host with a dot, then nothing or a path. */
const BARE = /^(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]*[\p{L}\p{N}])?\.)+\p{L}{2,}(?=[/?#]|$)/u;

/**
 * Clean an address and give it, or the code of what is wrong with it.
 * @param {string} raw
 * @returns {{url: string, problem: null}|{url: null, problem: "empty"|"long"|"scheme"|"host"|"user"}}
 */
export function checkSourceUrl(raw) {
  // eslint-disable-next-line no-control-regex -- control characters are what is removed
  const given = raw.replace(/[\u0000-\u0020\u007f-\u00a0\u200b-\u200f\u2028-\u202e\u2060\ufeff]/g, "");
  if (!given) return { url: null, problem: "empty" };
  const url = BARE.test(given) ? `https://${given}` : given;
  if (url.length > LONGEST_URL) return { url: null, problem: "long" };
  if (!/^https?:\/\//i.test(url)) return { url: null, problem: "scheme" };
  let parsed;
  try {
    parsed = new URL(url);
  } catch {
    return { url: null, problem: "host" };
  }
  if (parsed.username || parsed.password) return { url: null, problem: "user" };
  if (!parsed.hostname) return { url: null, problem: "host" };
  return { url, problem: null };
}

/**
 * Name the host of an address for people, without `www.`.
 * @param {string} url
 */
export function hostOf(url) {
  try {
    return new URL(url).hostname.replace(/^www\./, "");
  } catch {
    return url;
  }
}
