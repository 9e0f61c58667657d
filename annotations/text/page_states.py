"""What state a page is in, told from the looks at it one after another. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

NEVER, LIVE, CHANGED, GONE, NOT_HELD = "never_captured", "live", "changed", "gone", "not_held"


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a page, or what a person said of it. `words` is the digest of the text that was captured.

    `is_fetched` tells a capture that the page itself gave from one that came by hand.
    """

    outcome: str
    words: bytes = b""
    is_fetched: bool = False


def state_of(looks: Iterable[Look]) -> str:
    """Return the state of a page after these looks, the first one first.

    A failure says nothing of the page, so the state stays. What came by hand says that there was a page, but its words
    are not compared: another program took them out of it.

    >>> state_of([Look("captured", b"a", True), Look("timeout"), Look("captured", b"b", True)])
    'changed'
    """
    state, first, has_capture = NEVER, b"", False
    for look in looks:
        if look.outcome in ("captured", "unchanged"):
            has_capture = True
            if look.is_fetched:
                first = first or look.words
                state = LIVE if look.words == first else CHANGED
            elif state in (NEVER, NOT_HELD):
                state = LIVE
        elif look.outcome == "gone":
            state = GONE
        elif look.outcome == "not_held":
            state = NOT_HELD
        elif look.outcome == "holdable" and state == NOT_HELD:
            state = LIVE if has_capture else NEVER
    return state
