// @ts-check
/**
 * Colours of labels: what a light and a dark page make of one, and how far apart two look. Pure; `annotations/colours.py`
 * says the same, which a test compares.
 */

/** @typedef {[number, number, number]} Triple */

const LIGHT_PAGE = "#fbfaf7";
const DARK_PAGE = "#16181c";
const LEAST_ON_LIGHT = 4;
const LEAST_ON_DARK = 7.2;

/** @param {string} color @returns {Triple} */
const channels = (color) => [Number.parseInt(color.slice(1, 3), 16), Number.parseInt(color.slice(3, 5), 16), Number.parseInt(color.slice(5, 7), 16)];

/** @param {number} channel */
const linear = (channel) => (channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4);

/** @param {string} color @returns {Triple} */
const light = (color) => /** @type {Triple} */ (channels(color).map((channel) => linear(channel / 255)));

/** @param {string} color */
function luminance(color) {
  const [red, green, blue] = light(color);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** @param {string} one @param {string} other */
function contrast(one, other) {
  const [a, b] = [luminance(one), luminance(other)];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

/** @param {string} color @param {string} towards @param {string} page @param {number} least */
function moved(color, towards, page, least) {
  const [from, to] = [channels(color), channels(towards)];
  for (let percent = 0; percent <= 100; percent += 2) {
    const mixed = `#${from.map((channel, n) => Math.round(channel + (to[n] - channel) * (percent / 100)).toString(16).padStart(2, "0")).join("")}`;
    if (contrast(mixed, page) >= least) return mixed;
  }
  return towards;
}

/** @param {string} color @returns {Triple} lightness, green to red, blue to yellow */
function oklab(color) {
  const [red, green, blue] = light(color);
  const long = Math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue);
  const middle = Math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue);
  const short = Math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue);
  return [
    0.2104542553 * long + 0.793617785 * middle - 0.0040720468 * short,
    1.9779984951 * long - 2.428592205 * middle + 0.4505937099 * short,
    0.0259040371 * long + 0.7827717662 * middle - 0.808675766 * short,
  ];
}

/**
 * Give what light and dark pages make of a colour.
 * @param {string} color
 * @param {Record<string, string>} partners colours with a partner of their own on dark pages
 */
export function pairOf(color, partners) {
  return [moved(color, "#000000", LIGHT_PAGE, LEAST_ON_LIGHT), partners[color] ?? moved(color, "#ffffff", DARK_PAGE, LEAST_ON_DARK)];
}

/** The places of colours met so far, on light and on dark pages. @type {Map<string, Triple[]>} */
const places = new Map();

/** @param {string} color @param {Record<string, string>} partners */
function placesOf(color, partners) {
  const found = places.get(color) ?? pairOf(color, partners).map(oklab);
  places.set(color, found);
  return found;
}

/**
 * Say how far apart two colours look where they are nearest: on light pages or on dark ones.
 * @param {string} one
 * @param {string} other
 * @param {Record<string, string>} partners
 */
export function distance(one, other, partners) {
  const those = placesOf(other, partners);
  return Math.min(...placesOf(one, partners).map((a, n) => Math.hypot(a[0] - those[n][0], a[1] - those[n][1], a[2] - those[n][2])));
}
