"""Finding what may be labelled in an English text, by the rules beside. Pure; offsets are code points."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from annotations.text.spans import Span

from . import rules


@dataclass(frozen=True, slots=True, order=True)
class Proposal:
    """A passage with what it may be; `attributes` says what belongs to it."""

    start: int
    end: int
    kind: str
    attributes: tuple[tuple[str, str], ...] = ()


def propose(text: str, *, kinds: Iterable[str] = rules.KINDS, left_out: Sequence[Span] = ()) -> list[Proposal]:
    """Return proposals in the order of the text, none inside the zones left out.

    >>> text = 'Two engineers disputed that. "It was put in a drawer," said the engineer.'
    >>> [(one.kind, text[one.start : one.end]) for one in propose(text, kinds=("quotation", "speaker"))][1:]
    [('quotation', '"It was put in a drawer,"'), ('speaker', 'the engineer')]
    """
    wanted = frozenset(kinds)
    zones = sorted(left_out, key=lambda span: span.start)
    found = {one for one in _all(text) if one.kind in wanted and not _is_inside(one, zones)}
    return sorted(found)


def _all(text: str) -> Iterator[Proposal]:
    attributed = list(_attributions(text))
    yield from _quotations(text, attributed)
    for speaker, cue in attributed:
        yield Proposal(*speaker, "speaker", (("cue", text[slice(*cue)]),))
        yield Proposal(*cue, "attribution_cue", (("speaker", text[slice(*speaker)]),))
    dates = [match.span() for match in rules.DATE.finditer(text)]
    numbers = list(_numbers(text, dates))
    for start, end in dates:
        yield Proposal(start, end, "date")
    for start, end in numbers:
        yield Proposal(start, end, "number")
    yield from _places(text)


Bounds = tuple[int, int]


def _quotations(text: str, attributed: list[tuple[Bounds, Bounds]]) -> Iterator[Proposal]:
    """Yield what stands between marks, with the speaker nearest after it, else before it, in its paragraph."""
    for match in rules.QUOTES.finditer(text):
        if "\n\n" in match[0] or len(match[0].split()) < rules.LEAST_WORDS_OF_QUOTE:
            continue
        before = text.rfind("\n\n", 0, match.start()) + 2
        after = text.find("\n\n", match.end())
        near = [
            (cue[0] < match.end(), abs(cue[0] - match.end()), speaker, cue)
            for speaker, cue in attributed
            if before - 2 <= speaker[0] and (after < 0 or cue[1] <= after)
        ]
        if near:
            _side, _distance, speaker, cue = min(near)
            said = (("cue", text[slice(*cue)]), ("speaker", text[slice(*speaker)]))
            yield Proposal(*match.span(), "quotation", said)
        else:
            yield Proposal(*match.span(), "quotation")


def _attributions(text: str) -> Iterator[tuple[Bounds, Bounds]]:
    """Yield the bounds of speaker and cue, each cue once; a speaker after a quotation wins over one before it."""
    seen: set[int] = set()
    quoted = [match.span() for match in rules.QUOTES.finditer(text)]
    for pattern in (rules.AFTER, rules.ACCORDING, rules.BEFORE):
        for match in pattern.finditer(text):
            speaker = _trimmed(text, *match.span("speaker"))
            first = text[slice(*speaker)].split()[0].casefold()
            is_quoted = any(start < match.start("cue") < end for start, end in quoted)
            if match.start("cue") not in seen and not is_quoted and first not in rules.NO_SPEAKERS:
                seen.add(match.start("cue"))
                yield speaker, match.span("cue")


def _trimmed(text: str, start: int, end: int) -> Bounds:
    """End a role where its clause goes on: "the engineer who asked" is the engineer."""
    rest = rules.ENDS_SPEAKER.search(text[start:end])
    return (start, start + rest.start()) if rest and rest.start() > 3 else (start, end)


def _numbers(text: str, dates: list[Bounds]) -> Iterator[Bounds]:
    taken = iter([*dates, (len(text) + 1, len(text) + 1)])
    date = next(taken)
    for match in rules.NUMBER.finditer(text):
        while date[1] <= match.start():
            date = next(taken)
        if match.end() <= date[0] and not match[0].casefold().startswith("some "):
            yield match.span()


def _places(text: str) -> Iterator[Proposal]:
    for pattern in rules.PLACES:
        for match in pattern.finditer(text):
            if not rules.NO_PLACES.match(match["place"]):
                yield from _with_list(text, match)


def _with_list(text: str, match: re.Match[str]) -> Iterator[Proposal]:
    """Yield a place, and those that stand after it in a list of at least three."""
    yield Proposal(*match.span("place"), "place")
    listed: list[Bounds] = []
    at = match.end("place")
    while (following := rules.LISTED.match(text, at)) and not rules.NO_PLACES.match(following["place"]):
        listed.append(following.span("place"))
        at = following.end()
    if len(listed) >= 2:
        for start, end in listed:
            yield Proposal(start, end, "place")


def _is_inside(one: Proposal, zones: Sequence[Span]) -> bool:
    return any(zone.start < one.end and one.start < zone.end for zone in zones)
