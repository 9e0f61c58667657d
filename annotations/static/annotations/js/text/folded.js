// @ts-check
/**
 * Brings a text to the form in which it is searched, and remembers where each of its units came from. White space is one
 * space, quotation marks and dashes are the plain ones; case and accents fall away unless they matter. Pure; UTF-16 units.
 */

/** @typedef {{cases?: boolean, accents?: boolean}} Exactness what matters: small and capital letters, accents */
/** @typedef {{text: string, from: Uint32Array|null}} Folded `from`: where each unit stood; null where each kept its place */

/** Accents of European letters, points of Hebrew, vowel signs of Arabic. Other scripts' marks are letters of their own. */
const ACCENTS = /[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]/g;
/** Seen by nobody: soft hyphen, zero width space, marks of direction, byte order mark. Joiners stay, they make emoji. */
const UNSEEN = /^[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\u0640]$/;
const SPACE = /^\s$/;
/** @type {Record<string, string>} */
const PLAIN = { "‘": "'", "’": "'", "‚": "'", "‛": "'", "ʼ": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‹": "'", "›": "'", "‐": "-", "‑": "-", "–": "-", "—": "-", "−": "-", "…": "..." };
/** @type {Record<string, string>} */
const BASE = { ß: "ss", ẞ: "SS", æ: "ae", Æ: "AE", œ: "oe", Œ: "OE", ø: "o", Ø: "O", ł: "l", Ł: "L", đ: "d", Đ: "D", ı: "i", ð: "d", þ: "th" };

/** @type {Map<string, string>[]} what a character becomes, for each of the four ways */
const known = [new Map(), new Map(), new Map(), new Map()];

/** @param {string} character @param {boolean} cases @param {boolean} accents */
function made(character, cases, accents) {
  if (SPACE.test(character)) return " ";
  if (UNSEEN.test(character)) return "";
  let form = PLAIN[character] ?? character.normalize("NFD");
  if (!accents) form = [...form.replace(ACCENTS, "").normalize("NFC")].map((each) => BASE[each] ?? each).join("");
  if (!cases) form = form.toLowerCase().replace(/ς/g, "σ");
  return accents || cases ? form : form.replace(ACCENTS, "");
}

/**
 * @param {string} text
 * @param {Exactness} [matters]
 * @returns {Folded}
 */
export function folded(text, { cases = false, accents = false } = {}) {
  const forms = known[Number(cases) + 2 * Number(accents)];
  /** @type {number[]|null} */
  let from = null;
  let result = "";
  for (let at = 0; at < text.length; ) {
    const unit = text.charCodeAt(at);
    const isPair = unit >= 0xd800 && unit < 0xdc00 && at + 1 < text.length;
    const character = isPair ? text.slice(at, at + 2) : text[at];
    let form = forms.get(character);
    if (form === undefined) forms.set(character, (form = made(character, cases, accents)));
    if (form === " " && result.endsWith(" ")) form = "";
    if (form.length !== character.length && !from) from = Array.from({ length: result.length }, (_, n) => n);
    if (from) for (let n = 0; n < form.length; n++) from.push(form.length === character.length ? at + n : at);
    result += form;
    at += character.length;
  }
  return { text: result, from: from && Uint32Array.from(from) };
}
