"""Represent a review for those who may settle it: people, units with each one's version, rulings, and the queue."""

from __future__ import annotations

from collections.abc import Iterable

from annotations.models import Annotation, Article, ClaimMention, EvidenceItem, Relation, Ruling
from annotations.workflow.reviewing import Review, Row, UnitState, state_number
from annotations.workflow.waiting import Waiting

from .representations import Json, utc


def review_json(review: Review, article: Article) -> Json:
    """Represent a text under review. People are numbered from 1 by their order, by which keys choose."""
    adjudication = review.adjudication
    return {
        "article": str(article.uuid),
        "version_uuid": str(review.version.uuid),
        "state": adjudication.state if adjudication else "new",
        "finished_by": adjudication.finished_by.pseudonym if adjudication and adjudication.finished_by else None,
        "finished_at": utc(adjudication.finished_at) if adjudication else None,
        "people": [{"uuid": str(person.uuid), "pseudonym": person.pseudonym} for person in review.people],
        **review.counted(),
        "other_gold": len(review.other_gold),
        "pending": review.pending,
        "units": [unit_json(review, state) for state in review.units],
    }


def unit_json(review: Review, state: UnitState) -> Json:
    """Represent one unit: each person's version, which may be nothing, and how it is settled."""
    unit = state.unit
    return {
        "unit": unit.name,
        "kind": unit.kind,
        "is_agreed": unit.is_agreed,
        "is_settled": state.is_settled,
        "was_changed": state.standing is None and bool(state.former),
        "start": unit.start,
        "end": unit.end,
        "versions": [
            {
                "person": str(person.uuid),
                "annotations": _rows(review.rows_of(unit.of(person.pk))),
            }
            for person in review.people
        ],
        "ruling": ruling_json(state.ruling) if state.ruling else None,
        "gold": _rows(review.gold_from(state.standing)),
    }


def ruling_json(ruling: Ruling) -> Json:
    """Represent a ruling; who made it and whose version it chose are loaded already."""
    return {
        "key": str(ruling.key),
        "outcome": ruling.outcome,
        "person": str(ruling.chosen.uuid) if ruling.chosen else None,
        "error_category": ruling.error_category,
        "guideline_unclear": ruling.guideline_unclear,
        "note": ruling.note,
        "reviewer": ruling.created_by.pseudonym,
        "version": ruling.version_number,
        "created_at": utc(ruling.created_at),
        "withdrawn_at": utc(ruling.withdrawn_at),
    }


def waiting_json(row: Waiting, article: Article) -> Json:
    """Represent a text that waits for its review."""
    return {
        "article": str(article.uuid),
        "title": article.title,
        "state": row.state,
        "people": row.n_people,
        "given": row.n_given,
        "missing": row.missing,
        "disagreement": round(row.share, 6),
    }


def _rows(rows: Iterable[Row]) -> list[Json]:
    return [{"key": str(row.key), "version": state_number(row), **_NOTHING, **_said(row)} for row in rows]


_NOTHING: Json = {
    **dict.fromkeys(("start", "end", "from", "to")),
    **dict.fromkeys(("quote", "label", "note"), ""),
    "attributes": {},
    "claim": None,
    "evidence": None,
}


def _said(row: Row) -> Json:
    """Say what a row says: a label on the article lies nowhere, a relation at the two annotations that it links."""
    if isinstance(row, ClaimMention):
        place = {"start": row.annotation.start, "end": row.annotation.end, "quote": row.annotation.quote}
        return {**place, "claim": _claim(row)}
    if isinstance(row, EvidenceItem):
        return {"quote": row.quote, "note": row.note, "evidence": _evidence(row)}
    said: Json = {"label": row.label.key, "note": row.note, "attributes": row.attributes}
    if isinstance(row, Annotation):
        return said | {"start": row.start, "end": row.end, "quote": row.quote}
    if isinstance(row, Relation):
        return said | {"from": str(row.from_annotation.key), "to": str(row.to_annotation.key)}
    return said


def _claim(row: ClaimMention) -> Json:
    claim = row.claim
    return {
        "key": str(claim.key),
        "text": claim.text,
        "claimant": claim.claimant,
        "claim_date": claim.claim_date.isoformat() if claim.claim_date else None,
        "stance": row.stance,
    }


def _evidence(row: EvidenceItem) -> Json:
    names = ("stance", "url", "title", "question", "asked_whom", "strength", "origin")
    return {name: getattr(row, name) for name in names} | {"evidence_set": row.evidence_set.n}
