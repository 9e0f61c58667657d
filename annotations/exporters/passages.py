"""Passages that two articles, or one and a capture, share, and places where quotations stand, as records.

Each comes with what members decided. Of places only those that somebody showed or decided about are written: the
others are found again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import F, Model, QuerySet
from django.db.models.functions import Substr

from annotations.models import (
    Capture,
    Quotation,
    QuotationDecision,
    QuotationDecisionRevision,
    QuotationMatch,
    QuoteDecision,
    QuoteDecisionRevision,
    QuoteLink,
)

from .captured import capture_named
from .scope import Scope, ids_in_order
from .values import moment

Row = dict[str, Any]
_ONE = ("from_version__article__external_id", "from_version__n", "from_start", "from_end")
_SIDES = (*_ONE, "to_version__article__external_id", "to_version__n", "to_start", "to_end")
_IN_CAPTURES = (
    *_ONE,
    *("to_capture__source__canonical_url", "to_capture__fetched_at", "to_capture__sha256", "to_start", "to_end"),
)
_PLACE = ("version__article__external_id", "version__n", "start", "end")


def passage_records(scope: Scope, *, with_text: bool) -> Iterator[Row]:
    """Yield the shared passages by their places, those in captures last; no query where there is none."""
    if not scope.holds(QuoteLink):
        return
    rows = scope.shared_passages()
    for ids in ids_in_order(rows.filter(to_capture__isnull=True), *_SIDES, "found_by", "key"):
        yield from _passages(ids, scope, with_text=with_text)
    for ids in ids_in_order(rows.filter(to_capture__isnull=False), *_IN_CAPTURES, "found_by", "key"):
        yield from _passages(ids, scope, with_text=with_text)


def _passages(ids: list[int], scope: Scope, *, with_text: bool) -> Iterator[Row]:
    """Yield one batch of shared passages; at most 3 queries, and no text is read but the passages."""
    decisions = _decisions(
        QuoteDecision, scope.passage_decisions().filter(link__among=ids), "link_id", ("relation", "direction"), scope
    )
    rows = QuoteLink.objects.filter(pk__among=ids).select_related("made_by", "to_capture__source")
    rows = rows.defer("to_capture__text")
    rows = rows.annotate(
        one_article=F("from_version__article__external_id"),
        one_n=F("from_version__n"),
        one_present=F("from_version__article__current_version__n"),
        other_article=F("to_version__article__external_id"),
        other_n=F("to_version__n"),
        other_present=F("to_version__article__current_version__n"),
    )
    if with_text:
        rows = rows.annotate(
            one_quote=_words("from_version__text", "from_start", "from_end"),
            other_quote=_words("to_version__text", "to_start", "to_end"),
            captured=_words("to_capture__text", "to_start", "to_end"),
        )
    by_id = {row.pk: row for row in rows}
    for pk in ids:
        row: Any = by_id[pk]
        yield {
            "type": "shared_passage",
            **({"key": str(row.key)} if row.made_by_id else {}),
            "one": {
                **_named(row.one_article, row.one_n, row.one_present),
                **_span(row.from_start, row.from_end, row.one_quote if with_text else None),
            },
            "other": {
                **(
                    _capture_of_source(row.to_capture)
                    if row.to_capture
                    else _named(row.other_article, row.other_n, row.other_present)
                ),
                **_span(row.to_start, row.to_end, _other_words(row) if with_text else None),
            },
            "parts": row.parts,
            "n_words": row.n_words,
            "score": row.score,
            "relation": row.relation,
            "direction": row.direction,
            "ground": row.ground,
            **({"boilerplate_share": row.boilerplate_share} if row.boilerplate_share is not None else {}),
            **({"annotator": row.made_by.pseudonym} if row.made_by_id else {"found_by": row.found_by}),
            "created_at": moment(row.created_at),
            **({"decisions": decisions[pk]} if decisions[pk] else {}),
        }


def quotation_records(scope: Scope, *, with_text: bool) -> Iterator[Row]:
    """Yield the quotations of which somebody judged a place, by their own places; no query where there is none."""
    if scope.holds(QuotationMatch):
        for ids in ids_in_order(scope.quotations(), *_PLACE, "origin", "annotation__key"):
            yield from _quotations(ids, scope, with_text=with_text)


def _quotations(ids: list[int], scope: Scope, *, with_text: bool) -> Iterator[Row]:
    """Yield one batch of quotations with their places; at most 4 queries."""
    places = _places(ids, scope, with_text=with_text)
    rows = Quotation.objects.filter(pk__among=ids).values_list(
        "pk", *_PLACE, "version__article__current_version__n", "quote", "origin", "annotation__key"
    )
    by_id = {
        pk: {
            "type": "quotation",
            **_named(article, n, present),
            **_span(start, end, quote if with_text else None),
            "origin": origin,
            **({"annotation": str(annotation)} if annotation else {}),
            "places": places[pk],
        }
        for pk, article, n, start, end, present, quote, origin, annotation in rows
    }
    yield from (by_id[pk] for pk in ids)


def _places(quotations: list[int], scope: Scope, *, with_text: bool) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = defaultdict(list)
    rows = scope.places().filter(quotation__among=quotations).order_by()
    rows = rows.select_related("capture__source", "made_by").defer("capture__text")
    rows = rows.annotate(
        article=F("version__article__external_id"),
        n=F("version__n"),
        present=F("version__article__current_version__n"),
    )
    if with_text:
        rows = rows.annotate(quote=_words("version__text"), captured=_words("capture__text"))
    listed: list[Any] = list(rows)
    decided = scope.place_decisions().filter(match__among=[row.pk for row in listed])
    decisions = _decisions(QuotationDecision, decided, "match_id", (), scope)
    for row in listed:
        where = _capture_of_source(row.capture) if row.capture else _named(row.article, row.n, row.present)
        words = (row.captured if row.capture else row.quote) if with_text else None
        found[row.quotation_id].append(
            {
                **({"key": str(row.key)} if row.made_by_id else {}),
                **where,
                **_span(row.start, row.end, words),
                "verbatim": row.is_verbatim,
                "score": row.score,
                **({"annotator": row.made_by.pseudonym} if row.made_by_id else {}),
                "created_at": moment(row.created_at),
                **({"decisions": decisions[row.pk]} if decisions[row.pk] else {}),
            }
        )
    for each in found.values():
        each.sort(key=_by_place)
    return found


def _by_place(place: Row) -> tuple[Any, ...]:
    capture = place.get("capture", {})
    return (
        *(place.get("article", ""), place.get("version", 0), capture.get("url", ""), capture.get("fetched_at", "")),
        *(capture.get("sha256", ""), place["start"], place["end"], place.get("key", "")),
    )


_REVISIONS: dict[type[Model], type[Model]] = {
    QuoteDecision: QuoteDecisionRevision,
    QuotationDecision: QuotationDecisionRevision,
}


def _decisions(
    model: type[Model], rows: QuerySet[Any], of: str, more: Sequence[str], scope: Scope
) -> dict[int, list[Row]]:
    """Return what was decided, by the column `of`, each by who decided; `more` names columns, absent where empty."""
    found: dict[int, list[Row]] = defaultdict(list)
    if not scope.holds(model):
        return found
    by_pk: dict[int, Row] = {}
    columns = ("state", *more, "note", "version_number", "decided_at")
    for pk, owner, by, *values in rows.order_by().values_list("pk", of, "decided_by__pseudonym", *columns):
        by_pk[pk] = {"decided_by": by, **_state(more, values)}
        found[owner].append(by_pk[pk])
    changed = [pk for pk, row in by_pk.items() if row["version"] > 1]
    if changed:
        former = _REVISIONS[model]._default_manager.filter(decision__among=changed)
        ordered = former.order_by("decision_id", "version_number")
        for pk, replaced_at, *values in ordered.values_list("decision_id", "replaced_at", *columns):
            state = {**_state(more, values), "replaced_at": moment(replaced_at)}
            by_pk[pk].setdefault("revisions", []).append(state)
    for each in found.values():
        each.sort(key=lambda row: row["decided_by"])
    return found


def _state(more: Sequence[str], values: list[Any]) -> Row:
    state, *rest, note, version, decided_at = values
    return {
        "state": state,
        **{name: value for name, value in zip(more, rest, strict=True) if value},
        "note": note,
        "version": version,
        "decided_at": moment(decided_at),
    }


def _named(article: str, n: int, present: int) -> Row:
    return {"article": article, **({"version": n} if n != present else {})}


def _capture_of_source(capture: Capture) -> Row:
    return {"capture": {"url": capture.source.canonical_url, **capture_named(capture)}}


def _other_words(row: Any) -> str:
    return row.captured if row.to_capture else row.other_quote


def _span(start: int, end: int, quote: str | None) -> Row:
    return {"start": start, "end": end, **({"quote": quote} if quote is not None else {})}


def _words(text: str, start: str = "start", end: str = "end") -> Substr:
    """Ask for the words of a passage: either database counts code points, from 1."""
    return Substr(text, F(start) + 1, F(end) - F(start))
