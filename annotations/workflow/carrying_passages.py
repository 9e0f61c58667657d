"""Shared passages and places of quotations that people judged, carried onto a corrected text where that is certain."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.db.models import Q

from annotations.models import (
    Annotation,
    ArticleVersion,
    Attribution,
    Quotation,
    QuotationDecision,
    QuotationMatch,
    QuoteDecision,
    QuoteLink,
)
from annotations.text.fingerprints import passage_key, place_key, quotation_key
from annotations.text.spans import Span
from annotations.text.wording import Comparison

Key = Callable[[Any, Any], Any]
DECIDED = ("state", "note", "version_number", "decided_at", "decided_by_id", "project_id")


def carry_passages(comparison: Comparison, source: ArticleVersion, target: ArticleVersion, key_of: Key) -> int:
    """Copy the shared passages of a text that somebody linked or decided about; return how many; 4 queries.

    Runs that are not certain are left out of a joined one; the decisions stay as they were, without earlier states.
    """
    judged = Q(made_by__isnull=False) | Q(decisions__isnull=False)
    rows = QuoteLink.objects.filter(judged, Q(from_version=source) | Q(to_version=source)).distinct()
    rows = rows.select_related("from_version", "to_version", "to_capture")
    rows = rows.defer("from_version__text", "to_version__text", "to_capture__text")
    copies: dict[int, QuoteLink] = {}
    for row in rows.order_by("pk"):
        side = "from" if row.from_version_id == source.pk else "to"
        span = comparison.carry(Span(getattr(row, f"{side}_start"), getattr(row, f"{side}_end"))).span
        if span is None:
            continue
        fields = [field.attname for field in QuoteLink._meta.concrete_fields if field.attname not in ("id", "key")]
        values = {name: getattr(row, name) for name in fields}
        values |= {f"{side}_version_id": target.pk, f"{side}_length": target.length}
        values |= {f"{side}_start": span.start, f"{side}_end": span.end}
        values["parts"] = list(_carried_parts(row.parts, comparison, side == "from"))
        copy = QuoteLink(**values)
        if row.made_by_id:
            copy.key = key_of(row.key, target.uuid)
        else:
            there = (row.to_version or row.to_capture) if side == "from" else row.from_version
            other = str(there.uuid) if there else ""
            names = (str(target.uuid), other) if side == "from" else (other, str(target.uuid))
            ends = (names[0], copy.from_start, copy.from_end), (names[1], copy.to_start, copy.to_end)
            copy.key = passage_key(row.found_by, *ends)
        copies[row.pk] = copy
    QuoteLink.objects.bulk_create(copies.values(), batch_size=500, ignore_conflicts=True)
    known = dict(QuoteLink.objects.filter(key__in=[c.key for c in copies.values()]).values_list("key", "pk"))
    decisions = QuoteDecision.objects.filter(link__in=list(copies)).order_by("pk")
    QuoteDecision.objects.bulk_create(
        (
            QuoteDecision(
                link_id=known[copies[each.link_id].key],
                relation=each.relation,
                direction=each.direction,
                **{name: getattr(each, name) for name in DECIDED},
            )
            for each in decisions
        ),
        batch_size=500,
        ignore_conflicts=True,
    )
    return len(copies)


def _carried_parts(parts: Iterable[list[int]], comparison: Comparison, is_from: bool) -> Iterable[list[int]]:
    for a, b, c, d in parts:
        place = comparison.carry(Span(a, b) if is_from else Span(c, d)).span
        if place is not None:
            yield [place.start, place.end, c, d] if is_from else [a, b, place.start, place.end]


def carry_quotations(
    comparison: Comparison, source: ArticleVersion, target: ArticleVersion, made: dict[int, Annotation]
) -> int:
    """Copy the quotations of a text, and the places in it, of which somebody decided a place; return how many places.

    An annotated quotation goes with its annotation's copy. At most 8 queries.
    """
    judged = Q(made_by__isnull=False) | Q(decisions__isnull=False)
    rows = QuotationMatch.objects.filter(judged, Q(quotation__version=source) | Q(version=source)).distinct()
    n = 0
    for match in rows.select_related("quotation", "version", "capture").defer("version__text", "capture__text"):
        quotation: Quotation | None = match.quotation
        if match.quotation.version_id == source.pk:
            quotation = _quotation_on(match.quotation, comparison, target, made)
        span: Span | None = Span(match.start, match.end)
        if match.version_id == source.pk:
            span = comparison.carry(Span(match.start, match.end)).span
        if quotation is None or span is None:
            continue
        where = target if match.version_id == source.pk else match.version or match.capture
        assert where is not None
        values = {name: getattr(match, name) for name in ("project_id", "is_verbatim", "score", "made_by_id")}
        copy, _is_new = QuotationMatch.objects.get_or_create(
            quotation=quotation,
            key=place_key(quotation.key, str(where.uuid), span.start, span.end),
            defaults={
                **values,
                "version": where if isinstance(where, ArticleVersion) else None,
                "capture": match.capture,
                "length": where.length,
                "start": span.start,
                "end": span.end,
            },
        )
        for each in match.decisions.all():
            same = {name: getattr(each, name) for name in DECIDED}
            QuotationDecision.objects.get_or_create(match=copy, decided_by_id=each.decided_by_id, defaults=same)
        n += 1
    return n


def _quotation_on(
    row: Quotation, comparison: Comparison, target: ArticleVersion, made: dict[int, Annotation]
) -> Quotation | None:
    place = comparison.carry(Span(row.start, row.end)).span
    annotation = made.get(row.annotation_id) if row.annotation_id else None
    if place is None or (row.annotation_id and annotation is None):
        return None
    name = str(annotation.key) if annotation else str(target.uuid)
    fields = ("id", "key", "version_id", "length", "start", "end", "quote", "annotation_id")
    same = {f.attname: getattr(row, f.attname) for f in Quotation._meta.concrete_fields if f.attname not in fields}
    values = same | {"version": target, "length": target.length, "start": place.start, "end": place.end}
    values |= {"quote": place.text_of(target.text), "annotation": annotation}
    key = quotation_key(row.origin, name, place.start, place.end)
    return Quotation.objects.get_or_create(project_id=row.project_id, key=key, defaults=values)[0]


def attributions_on(
    made: dict[int, Annotation], target: ArticleVersion, key_of: Key, comparison: Comparison | None = None
) -> list[Attribution]:
    """Return copies of the attributions of annotations for their copies; the cue's place goes where it is certain."""
    rows = Attribution.objects.filter(annotation__in=list(made), withdrawn_at__isnull=True).order_by("pk")
    same = ("speaker_id", "speaker_name", "cue", "mode", "voice", "voice_name", "note", "project_id", "created_by_id")
    found = []
    for row in rows:
        place = None
        if comparison is not None and row.cue_start is not None and row.cue_end is not None:
            place = comparison.carry(Span(row.cue_start, row.cue_end)).span
        found.append(
            Attribution(
                key=key_of(row.key, target.uuid),
                annotation=made[row.annotation_id],
                version=target,
                length=target.length,
                cue_start=place.start if place else None,
                cue_end=place.end if place else None,
                created_at=row.created_at,
                **{name: getattr(row, name) for name in same},
            )
        )
    return found
