// @ts-check
/** The key by which a person reaches a command, as they have the keys. */

/** @param {import("./desk.js").Desk} desk @param {string} command */
export function keyOf({ keyboard: { keys } }, command) {
  return Object.keys(keys).find((key) => keys[key] === command) ?? "";
}
