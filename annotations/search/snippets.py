"""What stands around the words that were found: a few passages of each text, and its title, marked in code points."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.db.models import F
from django.db.models.functions import Substr

from annotations.models import SearchPassage
from annotations.text.words import Word, words

from .matching import passages_matching
from .query import All, Either, Node, Term

AROUND = 90
"""Code points before and after what was found, cut at words."""
LONGEST = 300
"""Code points from the first to the last place in one snippet: of a frequent word it would be the whole passage."""
MOST_IN_A_TEXT = 3
PASSAGES_IN_A_TEXT = 3


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a snippet: found, or around it."""

    text: str
    is_hit: bool = False


@dataclass(frozen=True, slots=True)
class Snippet:
    """A stretch of a text around what was found; `hits` are offsets in the text, too."""

    start: int
    text: str
    hits: tuple[tuple[int, int], ...]

    @property
    def pieces(self) -> Iterator[Piece]:
        """Yield what was found and what stands between, in order.

        >>> [piece.text for piece in Snippet(10, "one two three", ((14, 17),)).pieces]
        ['one ', 'two', ' three']
        """
        at = 0
        for start, end in self.hits:
            yield Piece(self.text[at : start - self.start])
            yield Piece(self.text[start - self.start : end - self.start], is_hit=True)
            at = end - self.start
        yield Piece(self.text[at:])


def marked(text: str, terms: Iterable[Term]) -> Snippet:
    """Return all of a short text, a title, with the places of the terms, which may be none.

    >>> [piece.text for piece in marked("Der Préis stieg", [Term(("prei",), True)]).pieces]
    ['Der ', 'Préis', ' stieg']
    """
    return Snippet(0, text, tuple(_places(list(words(text)), list(terms))))


def holds(node: Node, texts: Iterable[str]) -> bool:
    """Tell whether one of some texts holds each part of what is looked for; a phrase stands in one of them.

    >>> from annotations.search.query import parse
    >>> holds(parse('préis -"stieg der"'), ["Der Preis stieg."]), holds(parse("preis zwei"), ["Preis", "eins"])
    (True, False)
    """
    return _holds(node, [list(words(text)) for text in texts])


def _holds(node: Node, texts: list[list[Word]]) -> bool:
    match node:
        case Term():
            return any(_places(there, [node]) for there in texts)
        case Either():
            return any(_holds(part, texts) for part in node.parts)
        case All():
            return all(_holds(part, texts) for part in node.wanted) and not any(
                _holds(part, texts) for part in node.unwanted
            )


def snippets_of(terms: Iterable[Term], project_id: int, versions: Sequence[int]) -> dict[int, list[Snippet]]:
    """Return at most MOST_IN_A_TEXT snippets of each version that holds one of the terms; 2 queries."""
    sought = list(terms)
    ids: dict[int, list[int]] = {}
    for pk, version in passages_matching(sought, project_id, versions):
        if len(ids.setdefault(version, [])) < PASSAGES_IN_A_TEXT:
            ids[version].append(pk)
    rows = SearchPassage.objects.filter(pk__in=[pk for some in ids.values() for pk in some]).order_by("version", "n")
    texts = rows.annotate(part=Substr("version__text", F("start") + 1, F("end") - F("start")))
    found: dict[int, list[Snippet]] = {}
    for version, start, text in texts.values_list("version_id", "start", "part"):
        known = found.setdefault(version, [])
        last = known[-1].hits[-1][1] if known else 0
        known += [one for one in snippets(text, sought, start) if one.hits[0][0] >= last]
    return {version: some[:MOST_IN_A_TEXT] for version, some in found.items()}


def snippets(text: str, terms: Iterable[Term], offset: int = 0) -> list[Snippet]:
    """Return what stands around each place of the terms in a part of a text that begins at `offset`.

    >>> [(one.text, one.hits) for one in snippets("Der Préis stieg.", [Term(("prei",), True)], 5)]
    [('Der Préis stieg', ((9, 14),))]
    """
    there = list(words(text))
    found: list[Snippet] = []
    hits: list[tuple[int, int]] = []
    for start, end in _places(there, list(terms)):
        if hits and (start - hits[-1][1] > AROUND or end - hits[0][0] > LONGEST):
            found.append(_snippet(text, there, hits, offset))
            hits = []
        hits.append((start, end))
    return [*found, _snippet(text, there, hits, offset)] if hits else found


def _places(there: list[Word], terms: list[Term]) -> list[tuple[int, int]]:
    """Return where terms stand, in order; places that overlap are one. All terms take one walk through the words."""
    forms: dict[str, list[int]] = {}
    for at, word in enumerate(there):
        forms.setdefault(word.folded, []).append(at)
    ordered = sorted(forms) if any(term.is_beginning for term in terms) else []
    spans = sorted(
        (there[at].start, there[at + len(term.words) - 1].end)
        for term in terms
        for at in _beginnings(term, forms, ordered)
        if at + len(term.words) <= len(there) and _stands_at(term, there, at)
    )
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        if merged and start < merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


def _beginnings(term: Term, forms: dict[str, list[int]], ordered: list[str]) -> Iterator[int]:
    """Yield the words at which a term may begin."""
    first = term.words[0]
    if not term.is_beginning or len(term.words) > 1:
        yield from forms.get(first, ())
        return
    for n in range(bisect_left(ordered, first), len(ordered)):
        if not ordered[n].startswith(first):
            break
        yield from forms[ordered[n]]


def _stands_at(term: Term, there: list[Word], at: int) -> bool:
    *first, last = term.words
    if any(there[at + n].folded != word for n, word in enumerate(first)):
        return False
    end = there[at + len(first)].folded
    return end.startswith(last) if term.is_beginning else end == last


def _snippet(text: str, there: list[Word], hits: list[tuple[int, int]], offset: int) -> Snippet:
    first, last = hits[0][0] - AROUND, hits[-1][1] + AROUND
    start = next(word.start for word in there if word.start >= first)
    end = max(word.end for word in there if word.end <= last or word.end <= hits[-1][1])
    return Snippet(offset + start, text[start:end], tuple((offset + a, offset + b) for a, b in hits))
