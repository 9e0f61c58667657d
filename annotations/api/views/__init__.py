"""One module a topic. A view reads: find, allow, validate, act, answer."""
