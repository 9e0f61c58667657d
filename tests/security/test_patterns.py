"""RL-2: every compiled pattern of ours takes at most a second for 1 MiB of text that nearly matches it."""

from __future__ import annotations

import importlib
import pkgutil
import re
import signal
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import annotations
import workbench

PACKAGES = (annotations, workbench)

LENGTH = 1024 * 1024
SAMPLE = LENGTH // 32
"""A text of this length is tried first; only where that takes more than a quarter of its share, the whole."""
MOST_SECONDS = 1.0
USUAL = ("a", " ", "\n", "0", "a ", "a\n", "A", "Aa ", "<a ", "ä", '"', "\\", "((", "[[", "{", "0-", "..", "://", "=,")


MATCHED = {"_BLANK_START"}
"""Given to a function of its module that only matches."""


class Slow(Exception):
    """A pattern took longer than it may."""


@dataclass(frozen=True)
class Held:
    """A pattern, and whether it is looked for everywhere in a text or tried at one place only."""

    pattern: re.Pattern[Any]
    is_looked_for: bool


def held() -> dict[str, Held]:
    """Find every compiled pattern that a module holds, by itself or within a list, tuple or mapping.

    One under a name that is only ever asked to `match` or `fullmatch` is tried so; any other everywhere.
    """
    found: dict[str, Held] = {}
    for package in PACKAGES:
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if ".migrations" in module.name or module.name.endswith(("wsgi", "asgi", "demo_server")):
                continue
            imported = importlib.import_module(module.name)
            sources = Path(str(imported.__file__)).read_text(
                "utf-8"
            )  # its own: other modules have patterns of the same name
            for name, value in vars(imported).items():
                for pattern in _within(value):
                    found.setdefault(f"{pattern.pattern!r:.60}", Held(pattern, _is_looked_for(name, sources)))
    return found


def _is_looked_for(name: str, sources: str) -> bool:
    methods = set(re.findall(rf"\b{name}\.([a-z]+)\(", sources))
    return name not in MATCHED and (not methods or bool(methods - {"match", "fullmatch"}))


def _within(value: Any, depth: int = 0) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif depth < 3 and isinstance(value, dict):
        for inner in [*value.keys(), *value.values()]:
            yield from _within(inner, depth + 1)
    elif depth < 3 and isinstance(value, (list, tuple, set, frozenset)):
        for inner in value:
            yield from _within(inner, depth + 1)


def adversaries(pattern: re.Pattern[Any]) -> Iterator[str]:
    """Build texts that go on matching a part of the pattern: its own letters, and what texts are full of."""
    source = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    words = re.findall(r"[^\W\d_]{3,}", source)[:3]
    signs = sorted({sign for sign in source if not sign.isalnum() and sign.isprintable()})[:12]
    for part in dict.fromkeys(
        [*USUAL, *signs, *words, *(f"{word} " for word in words), *(f"a{sign}" for sign in signs)]
    ):
        yield (part * (LENGTH // len(part) + 1))[:LENGTH]


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raise `Slow` after so much time of the processor."""

    def stop(_number: int, _frame: Any) -> None:
        raise Slow

    earlier = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, earlier)


def seconds_for(one: Held, given: Any) -> float:
    """Return how long it takes to try the pattern, at most a little more than what is allowed."""
    started = time.process_time()
    try:
        with limited(MOST_SECONDS * 1.1):
            if one.is_looked_for:
                deque(one.pattern.finditer(given), maxlen=0)
            else:
                one.pattern.match(given)
                one.pattern.fullmatch(given)
    except Slow:
        pass
    return time.process_time() - started


PATTERNS = held()


def test_there_are_patterns_to_look_at():
    assert len(PATTERNS) > 20


@pytest.mark.long
@pytest.mark.parametrize("name", sorted(PATTERNS))
def test_a_pattern_takes_at_most_a_second_for_a_text_that_nearly_matches(name):
    one = PATTERNS[name]
    slow: list[str] = []
    for text in adversaries(one.pattern):
        given: Any = text if isinstance(one.pattern.pattern, str) else text.encode("utf-8")[:LENGTH]
        is_suspect = seconds_for(one, given[:SAMPLE]) > MOST_SECONDS * SAMPLE / LENGTH / 4
        if is_suspect and seconds_for(one, given) > MOST_SECONDS:
            slow.append(text[:12])

    assert not slow
