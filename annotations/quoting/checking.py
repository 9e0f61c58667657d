"""Checking quotations: as the last stage of the job that finds shared passages, and on demand for one article.

What is new is looked up in everything; of what was looked up before, only what may stand in a new text is compared with
that text. Places that somebody decided about, or showed, stay whatever the rule finds.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from annotations.access import Act, require
from annotations.errors import NotThere
from annotations.jobs.leases import Held
from annotations.jobs.recording import record_chunk
from annotations.models import (
    Article,
    ArticleVersion,
    IndexedText,
    Job,
    Membership,
    Quotation,
    QuotationMatch,
)
from annotations.quoting.gathering import Named, Wanted, annotated, gather, held
from annotations.quoting.looking import MOST_PLACES, Looked, Place, Shelf, compare, long_words, look_up, looked
from annotations.quoting.matching import LONG, RULE
from annotations.reuse import index
from annotations.reuse.texts import Text, load_texts
from annotations.search.indexing import index_waiting
from annotations.text.spans import Span

AT_ONCE = 500
SECONDS = 2.0
"""For so long texts are read for search at once, before quotations are looked up there."""
MOST_INVERSE = 2_000
"""Quotations that are compared with one new text."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A quotation with what was found."""

    looked: Looked
    places: Sequence[Place]
    is_held: bool
    long_words: tuple[int | None, int | None]


def texts_to_check(job: Job, but: Sequence[int]) -> list[int]:
    """Return the current texts whose quotations were not looked up by this rule, or were annotated since."""
    current = Article.objects.filter(project_id=job.project.pk, merged_into__isnull=True)
    checked = IndexedText.objects.filter(version_id=OuterRef("current_version_id"), quotations_by=RULE)
    rows = current.filter(~Exists(checked), current_version__isnull=False, current_version__withheld_at__isnull=True)
    found = set(rows.values_list("current_version_id", flat=True))
    same = Quotation.objects.filter(annotation=OuterRef("pk"), start=OuterRef("start"), end=OuterRef("end"), rule=RULE)
    new = annotated(job.project.pk).filter(~Exists(same), version__in=current.values("current_version"))
    found |= set(new.values_list("version_id", flat=True))
    gone = Quotation.objects.filter(project_id=job.project.pk, annotation__withdrawn_at__isnull=False)
    found |= set(gone.filter(~decided()).values_list("version_id", flat=True))
    return sorted(found - set(but))


def check_chunk(held_chunk: Held) -> None:
    """Look up the quotations of a chunk's texts, and what was looked up before in those texts."""
    while index_waiting(until=time.monotonic() + SECONDS):
        held_chunk.tick()
    job = held_chunk.job
    texts = load_texts(held_chunk.chunk.facts["texts"])
    own = {pk: text for pk, text in texts.items() if not text.is_capture}
    wanted, shelf = gather(own), Shelf()
    found: dict[int, list[Checked]] = {}
    for pk, text in own.items():
        held_chunk.tick()
        found[pk] = _checked(text, wanted[pk], shelf)
    later: dict[int, list[Place]] = defaultdict(list)
    for text in texts.values():
        held_chunk.tick()
        for quotation, place in _stands_in(text, job.created_at, shelf):
            later[quotation].append(place)
    with held_chunk.finishing():
        for pk, each in found.items():
            store(own[pk], each)
        n_more = _add(later)
        _mark_held(texts.values())
        n_all = sum(map(len, found.values()))
        held_chunk.chunk.facts = {"quotations_checked": n_all, "quotations_changed": n_more}
        Job.objects.filter(pk=job.pk).update(done=F("done") + held_chunk.chunk.count)
        record_chunk(held_chunk.chunk, "quotations.checked", list(found), {**held_chunk.chunk.facts, "rule": RULE})


def check_article(article: Article, by: Membership) -> None:
    """Look up the quotations of one article now. Raises `NotThere` for one without a text."""
    require(by, Act.ANNOTATE)
    text = load_texts([article.current_version_id or 0]).get(article.current_version_id or 0)
    if text is None:
        raise NotThere("version_not_found", _("This article has no text yet."))
    own = {text.version_id: text}
    found = _checked(text, gather(own)[text.version_id], Shelf())
    with transaction.atomic():
        store(text, found)


def _checked(text: Text, wanted: Sequence[Wanted], shelf: Shelf) -> list[Checked]:
    quotations = [each for one in wanted if (each := looked(text, one)).parts]
    places = look_up(text, quotations, shelf)
    is_held = held((each.wanted.named for each in quotations), text)
    return [
        Checked(each, places[each.wanted.key], is_held.get(each.wanted.named, False), long_words(each, text))
        for each in quotations
    ]


def decided(quotation: str = "pk") -> Exists:
    """Match quotations of which somebody showed or decided about a place."""
    rows = QuotationMatch.objects.filter(quotation=OuterRef(quotation))
    return Exists(rows.filter(Q(made_by__isnull=False) | Q(decisions__isnull=False)))


def store(text: Text, checked: Sequence[Checked]) -> None:
    """Write the quotations of a text and where they stand in place of what was known; in the caller's transaction.

    What is no more stays where somebody decided about it. At most 9 queries.
    """
    list(ArticleVersion.objects.select_for_update(no_key=True).filter(pk=text.version_id).values_list("pk"))
    keys = [each.looked.wanted.key for each in checked]
    known = {row.key: row for row in Quotation.objects.filter(project_id=text.project_id, key__in=keys)}
    rows = [_row(text, each, known.get(each.looked.wanted.key)) for each in checked]
    new = [row for row in rows if row.pk is None]
    Quotation.objects.bulk_create(new, batch_size=AT_ONCE)
    Quotation.objects.bulk_update([row for row in rows if row.key in known], _VALUES, batch_size=AT_ONCE)
    gone = Quotation.objects.filter(version_id=text.version_id).exclude(pk__in=[row.pk for row in rows])
    _forget(gone.filter(~decided()))
    _write_places({row.pk: (row, each.places) for row, each in zip(rows, checked, strict=True)})
    IndexedText.objects.filter(pk=text.version_id).update(quotations_by=RULE)


_VALUES = (
    *("version", "length", "start", "end", "quote", "n_words", "speaker", "named_publisher", "named_url"),
    *("named_url_sha256", "is_held", "long_word", "long_word_too", "rule", "checked_at"),
)


def _row(text: Text, each: Checked, row: Quotation | None) -> Quotation:
    wanted = each.looked.wanted
    if row is None:
        row = Quotation(
            key=wanted.key,
            project_id=text.project_id,
            version_id=text.version_id,
            length=text.length,
            origin=wanted.origin,
            annotation_id=wanted.annotation,
        )
    named = wanted.named
    row.version_id, row.length = text.version_id, text.length  # a merge may have moved the annotation
    row.start, row.end, row.quote = wanted.span.start, wanted.span.end, wanted.span.text_of(text.text)
    row.n_words, row.speaker = each.looked.n_words, wanted.speaker[:300]
    row.named_publisher_id, row.named_url, row.named_url_sha256 = named.publisher, named.url[:2000], named.url_sha256
    row.is_held, row.rule, row.checked_at = each.is_held, RULE, timezone.now()
    row.long_word, row.long_word_too = each.long_words
    return row


def _forget(gone: QuerySet[Quotation]) -> None:
    pks = list(gone.values_list("pk", flat=True))
    if pks:
        QuotationMatch.objects.filter(quotation__in=pks).delete()
        Quotation.objects.filter(pk__in=pks).delete()


def forget_quotations(version_ids: Iterable[int]) -> None:
    """Remove what was found of texts that are no longer current, unless somebody decided about it."""
    ids = list(version_ids)
    _forget(Quotation.objects.filter(~decided(), version__in=ids))
    QuotationMatch.objects.filter(version__in=ids, made_by__isnull=True, decisions__isnull=True).delete()


def _write_places(found: Mapping[int, tuple[Quotation, Sequence[Place]]]) -> None:
    """Write the places of quotations; undecided ones that are no more go; 3 queries."""
    of_machines = QuotationMatch.objects.filter(quotation__in=list(found))
    known = set(of_machines.values_list("quotation_id", "key"))
    wanted = {(pk, place.key(row.key)): place for pk, (row, places) in found.items() for place in places}
    gone = [key for pk, key in known - set(wanted)]
    if gone:
        rows = of_machines.filter(key__in=gone, made_by__isnull=True, decisions__isnull=True)
        rows.delete()
    QuotationMatch.objects.bulk_create(
        [_match(found[pk][0], key, place) for (pk, key), place in wanted.items() if (pk, key) not in known],
        batch_size=AT_ONCE,
        ignore_conflicts=True,
    )


def _match(row: Quotation, key: UUID, place: Place) -> QuotationMatch:
    text, match = place.text, place.match
    return QuotationMatch(
        key=key,
        project_id=row.project_id,
        quotation=row,
        version_id=None if text.is_capture else text.version_id,
        capture_id=-text.version_id if text.is_capture else None,
        length=text.length,
        start=match.span.start,
        end=match.span.end,
        is_verbatim=match.is_verbatim,
        score=match.score,
    )


# What was looked up before, in a text that is new


def _stands_in(text: Text, before: datetime, shelf: Shelf) -> list[tuple[int, Place]]:
    """Return the quotations that were looked up before a moment and stand in a new text, with their places there."""
    rows = _may_stand_in(text, before)
    shelf.load({row.version_id for row in rows})
    found = []
    for row in rows:
        if row.version_id not in shelf.texts or shelf.texts[row.version_id].article_id == text.article_id:
            continue
        wanted = Wanted(row.key, Span(row.start, row.end), row.origin, row.annotation_id)
        each = looked(shelf.texts[row.version_id], wanted)
        place = compare(each, text, shelf)
        if place is not None:
            found.append((row.pk, place))
    return found


def _may_stand_in(text: Text, before: datetime) -> list[Quotation]:
    """Return quotations that have a long word in common with a text, or stand in one that shares a run; 3 queries."""
    rows = Quotation.objects.filter(
        project_id=text.project_id, checked_at__lt=before, version__article__current_version=F("version")
    ).exclude(version=text.version_id)
    words = list(index.word_hashes(text.all_words.forms, text.project_id).values())
    sharing = index.texts_with(index.hashes_of(text.words, text.project_id)).of_articles().texts
    by_word = Q(pk__in=())
    for first in range(0, len(words), AT_ONCE):
        some = words[first : first + AT_ONCE]
        by_word |= Q(long_word__in=some) | Q(long_word_too__in=some)
    long = Q(n_words__gte=LONG, version__in=sorted(sharing))
    return list(rows.filter(by_word | long).order_by("pk")[:MOST_INVERSE])


def _add(later: Mapping[int, Sequence[Place]]) -> int:
    """Add places in new texts to quotations that were looked up before; return how many quotations got one."""
    rows = Quotation.objects.in_bulk(list(later))
    n_changed = 0
    for pk, places in later.items():
        known = set(QuotationMatch.objects.filter(quotation=pk).values_list("key", flat=True))
        row = rows[pk]
        new = [_match(row, place.key(row.key), place) for place in places if place.key(row.key) not in known]
        QuotationMatch.objects.bulk_create(new, ignore_conflicts=True)
        n_changed += bool(new)
        _keep_best(pk)
    Quotation.objects.filter(pk__in=list(later)).update(checked_at=timezone.now())
    return n_changed


def _keep_best(quotation: int) -> None:
    """Leave as many undecided places of a quotation in articles as a look-up would; captures are few."""
    rows = QuotationMatch.objects.filter(quotation=quotation, version__isnull=False).order_by(
        "-is_verbatim", "-score", F("version__article__published_at").asc(nulls_last=True), "version_id"
    )
    worse = list(rows.values_list("pk", flat=True))[MOST_PLACES:]
    if worse:
        gone = QuotationMatch.objects.filter(pk__in=worse, made_by__isnull=True, decisions__isnull=True)
        gone.delete()


def _mark_held(texts: Iterable[Text]) -> None:
    """Note of quotations that name a source that it is in the corpus now; 1 query."""
    new = [text for text in texts if not text.is_capture]
    if not new:
        return
    urls = [text.url_sha256 for text in new if text.url_sha256]
    publishers = {text.publisher_id for text in new if text.publisher_id}
    rows = Quotation.objects.filter(project_id=new[0].project_id, is_held=False)
    names = Q(named_url_sha256__in=urls) | Q(named_url_sha256__isnull=True, named_publisher__in=publishers)
    articles = {text.article_id for text in new}
    if len(articles) == 1:  # an article does not hold what it names itself
        rows = rows.exclude(version__article__in=articles)
    rows.filter(names).update(is_held=True)


__all__ = ["Checked", "Named", "check_article", "check_chunk", "forget_quotations", "store", "texts_to_check"]
