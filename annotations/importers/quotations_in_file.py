"""Where quotations stand, as people showed or decided it, from a native file.

They come after articles, annotations and captures. A quotation or a place that is there already stays, and gets the
decisions of people who have none there. A place in a capture that is not here is left out and named.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from annotations.models import (
    Annotation,
    ArticleVersion,
    Quotation,
    QuotationDecision,
    QuotationDecisionRevision,
    QuotationMatch,
)
from annotations.reuse.words import words_of
from annotations.text.fingerprints import place_key, quotation_key

from . import checking
from .captured import CapturedPassage, CapturesThere, captured_in
from .checking import BadValue
from .context import PSEUDONYM_LENGTH, Context, ignores_conflicts
from .decisions_in_file import Decided, each_checked, leave, read_decisions, write_decisions
from .passages_in_file import Passage, Passages, look_up, number, place_in
from .records import ImportedRecord
from .tally import Tally

FROM_FILE = "file"
"""The rule by which a quotation was looked up that came with a file and was not looked up here yet."""
Values = dict[str, Any]
_STATES = QuotationDecision.State.values


@dataclass(slots=True)
class _Place:
    """A place of a quotation: in an article (`passage`), or in the capture that a source's address and a name tell."""

    passage: Passage | None
    capture: CapturedPassage | None
    quote: str
    values: Values
    made_by: str
    key: UUID | None
    decisions: list[Decided]
    where: str


@dataclass(slots=True)
class _Quotation:
    record: ImportedRecord
    passage: Passage
    origin: str
    annotation: UUID | None
    places: list[_Place] = field(default_factory=list)


@dataclass(slots=True)
class _There:
    """What a chunk's quotations name: passages of texts, and captures by (source, name), with their words."""

    found: Passages
    words: dict[Passage, str]
    texts: dict[int, str]
    annotations: dict[UUID, tuple[int, int]]
    captures: CapturesThere


def write_quotations(records: Sequence[ImportedRecord], context: Context, tally: Tally) -> None:
    """Write what is new of quotations, of their places, and of what people decided; at most 14 queries."""
    if not records:
        return
    gathered: list[_Quotation] = []
    each_checked("quotations", records, lambda record: gathered.append(_quotation(record, context, tally)), tally)
    there = _look_up(gathered, context)
    rows: dict[UUID, tuple[Quotation, _Quotation]] = {}

    def place(record: ImportedRecord) -> None:
        one = by_record[id(record)]
        row = _row(one, there, context)
        rows[row.key] = row, one

    by_record = {id(one.record): one for one in gathered}
    each_checked("quotations", [one.record for one in gathered], place, tally)
    ids = _write_rows(rows, context)
    _write_places({pk: rows[key] for key, pk in ids.items()}, there, context, tally)


def _quotation(record: ImportedRecord, context: Context, tally: Tally) -> _Quotation:
    data = record.data
    origin = checking.one_of(data, "origin", Quotation.Origin.values)
    annotation = checking.key(data, "annotation") if origin == Quotation.Origin.ANNOTATION else None
    one = _Quotation(record, place_in(data, ""), origin, annotation)
    for n, row in enumerate(checking.listed(data, "places")):
        try:
            one.places.append(_place(row, f"places.{n}", context))
        except BadValue as bad:
            leave("quotations", record, tally, BadValue(f"places.{n}.{bad.field}", bad.value, bad.message))
    return one


def _place(data: Values, where: str, context: Context) -> _Place:
    made_by = checking.text(data, "annotator", most=PSEUDONYM_LENGTH, default="").strip()
    is_captured = bool(data.get("capture"))
    score = number(data, "score")
    if score is None or not 0 <= score <= 1:
        raise BadValue("score", score, _("Write a number from 0 to 1."))
    return _Place(
        None if is_captured else place_in(data, ""),
        captured_in(data) if is_captured else None,
        checking.text(data, "quote", most=1_000_000, default=""),
        {
            "is_verbatim": data.get("verbatim") is True,
            "score": score,
            "created_at": checking.moment(data, "created_at", context.now),
        },
        made_by,
        checking.key(data, "key") if made_by else None,
        read_decisions(data, _STATES, context),
        where,
    )


def _look_up(gathered: Sequence[_Quotation], context: Context) -> _There:
    """Look up everything that the quotations name; at most 7 queries."""
    places = [place for one in gathered for place in one.places]
    wanted = {one.passage for one in gathered} | {place.passage for place in places if place.passage}
    found, words = look_up(wanted, context)
    versions = ArticleVersion.objects.filter(pk__in={columns["version_id"] for columns in found.values()})
    keys = {one.annotation for one in gathered if one.annotation}
    annotations = Annotation.every.filter(project=context.project, key__in=keys)
    return _There(
        found,
        words,
        {pk: str(uuid) for pk, uuid in versions.values_list("pk", "uuid")},
        {key: (pk, version) for key, pk, version in annotations.values_list("key", "pk", "version_id")} if keys else {},
        CapturesThere.of([place.capture for place in places if place.capture], context),
    )


def _row(one: _Quotation, there: _There, context: Context) -> Quotation:
    columns = _columns(one.passage, checking.text(one.record.data, "quote", most=1_000_000, default=""), there)
    annotation: int | None = None
    if one.annotation:
        annotation, version = there.annotations.get(one.annotation, (None, 0))
        if annotation is None or version != columns["version_id"]:
            raise BadValue("annotation", str(one.annotation), _("The text has no annotation with this key."))
    quote = there.words[one.passage]
    name = str(one.annotation or there.texts[columns["version_id"]])
    return Quotation(
        key=quotation_key(one.origin, name, columns["start"], columns["end"]),
        project=context.project,
        quote=quote,
        n_words=len(words_of(quote, []).forms),
        origin=one.origin,
        annotation_id=annotation,
        rule=FROM_FILE,
        **columns,
    )


def _columns(passage: Passage, quote: str, there: _There) -> Values:
    if passage not in there.found:
        message = _("The passage does not lie in an article of the project. Import the article too.")
        raise BadValue("article", passage[0], message)
    words = there.words[passage]
    if quote and words and quote != words:
        message = _("The text has “%(there)s” at this place. Offsets count code points from 0, the end excluded.")
        raise BadValue("quote", quote, message % {"there": words[:80]})
    return there.found[passage]


def _write_rows(rows: dict[UUID, tuple[Quotation, _Quotation]], context: Context) -> dict[UUID, int]:
    there = Quotation.objects.filter(project=context.project, key__in=list(rows))
    known = set(there.values_list("key", flat=True))
    new = [row for key, (row, _one) in rows.items() if key not in known]
    Quotation.objects.bulk_create(new, batch_size=500, ignore_conflicts=ignores_conflicts())
    return dict(there.values_list("key", "pk"))


def _write_places(rows: dict[int, tuple[Quotation, _Quotation]], there: _There, context: Context, tally: Tally) -> None:
    places = [place for _row, one in rows.values() for place in one.places]
    context.meet({place.made_by for place in places if place.made_by})
    context.meet({decision.by for place in places for decision in place.decisions})
    wanted: dict[tuple[int, UUID], tuple[QuotationMatch, _Place]] = {}
    for pk, (row, one) in rows.items():
        for place in one.places:
            try:
                match = _match(pk, row.key, place, there, context)
                wanted[pk, match.key] = match, place
            except BadValue as bad:
                bad = BadValue(f"{place.where}.{bad.field}", bad.value, bad.message)
                leave("quotations", one.record, tally, bad)
    known = QuotationMatch.objects.filter(quotation__in=list(rows))
    taken = set(known.values_list("quotation_id", "key"))
    new = [match for pair, (match, _place) in wanted.items() if pair not in taken]
    QuotationMatch.objects.bulk_create(new, batch_size=500, ignore_conflicts=ignores_conflicts())
    ids = {(quotation, key): pk for pk, quotation, key in known.values_list("pk", "quotation_id", "key")}
    decided = [(ids[pair], decision) for pair, (_match, place) in wanted.items() for decision in place.decisions]
    n = write_decisions(QuotationDecision, QuotationDecisionRevision, "match_id", decided, context)
    tally.others["places_created"] += len(new)
    tally.others["places_unchanged"] += len(wanted) - len(new)
    tally.others["quotation_decisions_created"] += n
    tally.wrote(*(match.key for match in new))


def _match(quotation: int, of: UUID, place: _Place, there: _There, context: Context) -> QuotationMatch:
    if place.passage is not None:
        columns = _columns(place.passage, place.quote, there)
        name = there.texts[columns["version_id"]]
    else:
        assert place.capture is not None
        columns, name = there.captures.place(place.capture, place.quote)
    return QuotationMatch(
        key=place.key or place_key(of, name, columns["start"], columns["end"]),
        project=context.project,
        quotation_id=quotation,
        made_by_id=context.person(place.made_by) if place.made_by else None,
        created_by_job_id=context.job.pk,
        **columns,
        **place.values,
    )
