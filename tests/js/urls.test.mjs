import assert from "node:assert/strict";
import { test } from "node:test";
import { checkSourceUrl, hostOf } from "../../annotations/static/annotations/js/text/urls.js";

test("a plain web address is taken, its stray spaces removed", () => {
  assert.equal(checkSourceUrl("  https://wire.example/a?b=1#c \n").url, "https://wire.example/a?b=1#c");
});

test("an address typed without its scheme is taken as https", () => {
  assert.equal(checkSourceUrl("www.wire.example/a?b=1").url, "https://www.wire.example/a?b=1");
  assert.equal(checkSourceUrl("wire.example").url, "https://wire.example");
  for (const raw of ["minutes of the council", "localhost/x", "javascript.example:alert(1)", "user@wire.example", "3.14"]) {
    assert.equal(checkSourceUrl(raw).problem, "scheme", raw);
  }
});

test("anything but http and https is refused, however it is dressed up", () => {
  for (const raw of ["javascript:alert(1)", "java\tscript:alert(1)", " data:text/html,x", "//host/x", "ftp://x.example", "\u0001javascript:1"]) {
    assert.equal(checkSourceUrl(raw).problem, "scheme", raw);
  }
});

test("an address without host, with a log-in or too long is refused", () => {
  assert.equal(checkSourceUrl("https://").problem, "host");
  assert.equal(checkSourceUrl("https://user:pw@x.example/").problem, "user");
  assert.equal(checkSourceUrl("https://x.example/" + "a".repeat(2000)).problem, "long");
  assert.equal(checkSourceUrl("  ").problem, "empty");
});

test("a source is named by its host", () => {
  assert.equal(hostOf("https://www.wire.example/a"), "wire.example");
});
