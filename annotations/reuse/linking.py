"""From two texts to rows: the passages that they share, what kind of taking over it is, and who took it from whom."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from django.db.models import Q

from annotations.models import QuoteLink
from annotations.reuse.aligning import LEAST, Passage, shared_passages
from annotations.reuse.texts import Text, links_in
from annotations.reuse.words import METHOD
from annotations.text.fingerprints import passage_key

AT_ONCE = 500
FACTS = ("from_version_id", "direction", "ground", "relation", "n_words")
"""What may have changed of a passage that is found again: it is written anew then."""
Direction, Ground = QuoteLink.Direction, QuoteLink.Ground
Linked = Mapping[int, list[tuple[int, int, bytes]]]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two texts that share passages, seen from the first."""

    one: Text
    other: Text
    passages: tuple[Passage, ...]


def compare(one: Text, other: Text, *, least: int = LEAST) -> Pair | None:
    """Compare two texts; None where they share nothing."""
    passages = shared_passages(one.words, other.words, least=least)
    return Pair(one, other, tuple(passages)) if passages else None


def links_of(pairs: Iterable[Pair]) -> list[QuoteLink]:
    """Return the rows for what pairs of texts share, not stored yet; 1 query for the links that the texts have."""
    pairs = list(pairs)
    linked = links_in({text.version_id for pair in pairs for text in (pair.one, pair.other)}) if pairs else {}
    made: dict[uuid.UUID, QuoteLink] = {}
    for pair in pairs:
        for link in _links(pair, linked):
            made[link.key] = link
    return list(made.values())


def store(links: Iterable[QuoteLink], version_ids: Iterable[int]) -> tuple[int, int]:
    """Write what was found of some texts; what was found before and is no more goes, unless somebody decided about it.

    What another tool found stays. Returns how many are new, and how many were there. 4 queries and one for 500 rows.
    """
    new = {link.key: link for link in links}
    ids = list(version_ids)
    rows = QuoteLink.objects.filter(_at(ids), made_by__isnull=True)
    rows = rows.filter(Q(created_by_job__isnull=True) | Q(found_by=METHOD))
    known, gone = {}, []
    for pk, key, *facts in rows.values_list("pk", "key", *FACTS):
        known[key] = pk
        link = new.get(key)
        if link is None or [getattr(link, name) for name in FACTS] != facts:
            gone.append(pk)
    QuoteLink.objects.filter(pk__in=gone, decisions__isnull=True).delete()
    stays = set(rows.values_list("key", flat=True))
    created = [link for key, link in new.items() if key not in stays]
    QuoteLink.objects.bulk_create(created, batch_size=AT_ONCE, ignore_conflicts=True)
    n_new = len(new.keys() - known.keys())
    return n_new, len(new) - n_new


def forget(version_ids: Iterable[int]) -> None:
    """Remove what was found of texts that are no longer current, unless somebody decided about it."""
    rows = QuoteLink.objects.filter(_at(list(version_ids)), made_by__isnull=True)
    rows.filter(decisions__isnull=True).delete()


def _at(texts: list[int]) -> Q:
    """Match passages at either end of which one of the texts stands; captures have their ids counted down from zero."""
    versions, captures = [pk for pk in texts if pk > 0], [-pk for pk in texts if pk < 0]
    return Q(from_version__in=versions) | Q(to_version__in=versions) | Q(to_capture__in=captures)


def _links(pair: Pair, linked: Linked) -> Iterator[QuoteLink]:
    # the same row, from whichever side it is found; a capture is always the second
    is_turned = pair.one.is_capture or (not pair.other.is_capture and pair.other.version_id < pair.one.version_id)
    if is_turned:
        pair = Pair(pair.other, pair.one, tuple(passage.turned() for passage in pair.passages))
    for passage in pair.passages:
        direction, ground = direction_of(pair.one, pair.other, passage, linked)
        one, other = pair.one, pair.other
        if direction == Direction.BACKWARD and not other.is_capture:
            one, other, passage, direction = other, one, passage.turned(), Direction.FORWARD
        yield _row(one, other, passage, direction, ground)


def _row(one: Text, other: Text, passage: Passage, direction: str, ground: str) -> QuoteLink:
    a, b = one.words.span(passage.a_first, passage.a_end), other.words.span(passage.b_first, passage.b_end)
    parts = []
    for run in passage.runs:
        x, y = one.words.span(run.a_first, run.a_end), other.words.span(run.b_first, run.b_end)
        parts.append([x.start, x.end, y.start, y.end])
    return QuoteLink(
        key=passage_key(METHOD, (one.uuid, a.start, a.end), (other.uuid, b.start, b.end)),
        project_id=one.project_id,
        from_version_id=one.version_id,
        from_length=one.length,
        from_start=a.start,
        from_end=a.end,
        to_version_id=None if other.is_capture else other.version_id,
        to_capture_id=-other.version_id if other.is_capture else None,
        to_length=other.length,
        to_start=b.start,
        to_end=b.end,
        parts=parts,
        n_words=passage.equal,
        score=round(passage.score, 4),
        relation=passage.relation,
        direction=direction,
        ground=ground,
        found_by=METHOD,
    )


def direction_of(one: Text, other: Text, passage: Passage, linked: Linked) -> tuple[str, str]:
    """Say which of two texts took a passage from the other, and on what ground: a stated citation before a date."""
    a, b = one.words.span(passage.a_first, passage.a_end), other.words.span(passage.b_first, passage.b_end)
    forward, backward = _cites(other, b.start, b.end, one), _cites(one, a.start, a.end, other)
    if forward != backward:
        return (Direction.FORWARD if forward else Direction.BACKWARD), Ground.CITATION
    forward, backward = _links_to(other, one, linked), _links_to(one, other, linked)
    if forward != backward:
        return (Direction.FORWARD if forward else Direction.BACKWARD), Ground.LINK
    if one.published_at and other.published_at and one.published_at.date() != other.published_at.date():
        return (Direction.FORWARD if one.published_at < other.published_at else Direction.BACKWARD), Ground.DATE
    return Direction.UNKNOWN, Ground.NONE


def _cites(text: Text, start: int, end: int, other: Text) -> bool:
    """Tell whether the passage stands in an excerpt that names the other text's publisher."""
    return other.publisher_id is not None and any(
        s < end and start < e and publisher == other.publisher_id for s, e, publisher in text.excerpts
    )


def _links_to(text: Text, other: Text, linked: Linked) -> bool:
    return other.url_sha256 is not None and any(each[2] == other.url_sha256 for each in linked.get(text.version_id, ()))
