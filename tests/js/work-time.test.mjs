import assert from "node:assert/strict";
import { test } from "node:test";

import { dayOf, IDLE_AFTER, WorkTime } from "../../annotations/static/annotations/js/state/work-time.js";

const NOON = new Date(2026, 10, 27, 12, 0, 0).getTime();
const DAY = dayOf(NOON);

/** @param {[string, number][]} events name and seconds after noon */
function counted(events) {
  const time = new WorkTime();
  for (const [name, seconds] of events) time[name](NOON + seconds * 1000);
  return time.days;
}

test("time between acts counts, whole seconds of it", () => {
  assert.deepEqual(counted([["acted", 0], ["acted", 30], ["acted", 90.7]]), { [DAY]: 90 });
});

test("idle time is left out but for the two minutes after the last act", () => {
  assert.equal(IDLE_AFTER, 120_000);
  assert.deepEqual(counted([["acted", 0], ["count", 600], ["acted", 1000], ["acted", 1010]]), { [DAY]: 130 });
});

test("a page in the back counts nothing until something is done again", () => {
  assert.deepEqual(counted([["acted", 0], ["left", 20], ["count", 50], ["left", 60], ["acted", 70], ["count", 75]]), { [DAY]: 25 });
});

test("counting often counts nothing twice", () => {
  assert.deepEqual(counted([["acted", 0], ["count", 10], ["count", 10], ["count", 11], ["left", 11]]), { [DAY]: 11 });
});

test("what begins before midnight counts on its day, and what comes after on the next", () => {
  const time = new WorkTime();
  const midnight = new Date(2026, 10, 28).getTime();
  time.acted(midnight - 10_000);
  time.acted(midnight + 5_000);
  time.left(midnight + 25_000);

  assert.deepEqual(Object.values(time.days).sort(), [15, 20]);
});
