"""Which captures of sources hold what is looked for: read from the newest on, as many as their length allows.

They are few beside articles and in no index of search. A text that cannot hold the words is passed over by looking for
them in its folded signs, which takes a tenth of the time of reading it word by word.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import QuerySet

from annotations.models import Capture
from annotations.text.words import fold_signs

from .query import All, Either, Node, Term
from .snippets import holds

MOST_SIGNS = 4_000_000
"""Code points that are looked through for one search."""
MOST_CAPTURES = 20_000
"""So many are looked through at most, however short they are."""
READ_AT_ONCE = 50


def captures_holding(node: Node, rows: QuerySet[Capture]) -> tuple[list[Capture], bool]:
    """Return the captures that hold what is looked for in their text or title, of each source the newest one alone,
    without their texts; and whether there are older ones that were not looked through. 2 queries, one for 50 more.
    """
    found: list[Capture] = []
    met: set[int] = set()
    left = MOST_SIGNS
    newest = rows.filter(withheld_at__isnull=True).order_by("-fetched_at", "-pk")
    for capture, length in _by_length(newest):
        left -= length
        if left < 0:
            return found, True
        if capture.source_id in met:
            continue
        signs = _signs_of(f"{capture.text} {capture.title}")
        if _may_hold(node, signs) and holds(node, [capture.text, capture.title]):
            found.append(capture)
            met.add(capture.source_id)
    return found, False


def _by_length(rows: QuerySet[Capture]) -> Iterator[tuple[Capture, int]]:
    """Yield captures, some at a time, so that those beyond the bound are never read."""
    lengths = list(rows.values_list("pk", "length")[:MOST_CAPTURES])
    for first in range(0, len(lengths), READ_AT_ONCE):
        some = lengths[first : first + READ_AT_ONCE]
        known = Capture.objects.select_related("source", "requested_by").in_bulk([pk for pk, _length in some])
        yield from ((known[pk], length) for pk, length in some if pk in known)


def _signs_of(text: str) -> str:
    """Return signs in which each folded word of a text stands somewhere: what is plain is only written small.

    >>> _signs_of("The Préfet, the préfet")
    'the préfet, the préfet prefet prefet'
    """
    other = sorted({each for each in text.split() if not each.isascii()})
    return " ".join((text.lower(), *map(fold_signs, other)))


def _may_hold(node: Node, signs: str) -> bool:
    """Tell whether the folded signs of a text have those of the words; what is not wanted is not looked at.

    >>> from annotations.search.query import parse
    >>> _may_hold(parse("préis (eins OR zwei)"), "der preis, zwei"), _may_hold(parse("preis drei"), "der preis")
    (True, False)
    """
    match node:
        case Term():
            return all(word in signs for word in node.words)
        case Either():
            return any(_may_hold(part, signs) for part in node.parts)
        case All():
            return all(_may_hold(part, signs) for part in node.wanted)
