"""What people make of where a quotation was found: this is the original, this is not, or the original is here.

Each member decides for themselves; a place does not change, what is decided about it is versioned.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from annotations.access import Act, require, visible_to
from annotations.errors import Conflict, NotThere
from annotations.models import (
    ArticleVersion,
    Capture,
    Membership,
    Quotation,
    QuotationDecision,
    QuotationDecisionRevision,
    QuotationMatch,
)
from annotations.text.spans import Span

from .acts import Request, carry_out_once, record
from .annotating import check_note

State = QuotationDecision.State
VERBS = {
    State.ORIGINAL: "quotation.original",
    State.NOT_ORIGINAL: "quotation.not_original",
    State.OPEN: "quotation.reopened",
}


@dataclass(frozen=True, slots=True)
class PlaceDecision:
    """What a member thinks of a place; `base_version` numbers the decision they saw, 0 where there was none."""

    state: str
    base_version: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class NewPlace:
    """A place that a member shows: a text or a capture, the span in it, and how like the quotation it is."""

    key: UUID
    where: ArticleVersion | Capture
    span: Span
    is_verbatim: bool
    score: float
    note: str = ""


def place_rows() -> QuerySet[QuotationMatch]:
    """Return places of quotations with what their representation needs, without the texts."""
    rows = QuotationMatch.objects.select_related(
        "quotation", "version__article__publisher", "capture__source", "made_by"
    )
    return rows.defer("version__text", "capture__text")


def find_quotation(by: Membership, key: UUID) -> Quotation:
    """Find a quotation one may see, or raise `NotThere`; 1 query."""
    rows = Quotation.objects.select_related("version__article__publisher", "named_publisher", "annotation")
    found = visible_to(by, rows.defer("version__text")).filter(key=key).first()
    if found is None:
        raise NotThere("quotation_not_found", _("There is no such quotation, or you may not see it."))
    return found


def decide_place(
    quotation: UUID, place: UUID, decision: PlaceDecision, *, by: Membership, request: Request | None = None
) -> QuotationDecision:
    """Say that a place is the original of a quotation, or is not, as one's own judgement; at most 9 queries.

    Raises `NotThere`, and `Conflict` (`stale_version`) where one decided in another window meanwhile.
    """
    require(by, Act.ANNOTATE)

    def act() -> QuotationDecision:
        rows = QuotationMatch.objects.select_for_update(of=("self",)).filter(quotation__key=quotation, key=place)
        match = visible_to(by, rows).first()
        if match is None:
            raise NotThere("place_not_found", _("There is no such place of this quotation, or you may not see it."))
        return _decide(match, decision, by, request)

    decisions = QuotationDecision.objects.filter(project_id=by.project_id, decided_by=by)
    return carry_out_once(by, request, act, decisions.filter(match__key=place, match__quotation__key=quotation).first)


def show_place(
    quotation: Quotation, new: NewPlace, *, by: Membership, request: Request | None = None
) -> QuotationMatch:
    """Show where the original of a quotation stands, which no rule found; at most 8 queries."""
    require(by, Act.ANNOTATE)

    def act() -> QuotationMatch:
        match = QuotationMatch.objects.create(
            key=new.key,
            project_id=by.project_id,
            quotation=quotation,
            version=new.where if isinstance(new.where, ArticleVersion) else None,
            capture=new.where if isinstance(new.where, Capture) else None,
            length=new.where.length,
            start=new.span.start,
            end=new.span.end,
            is_verbatim=new.is_verbatim,
            score=new.score,
            made_by=by,
        )
        QuotationDecision.objects.create(
            project_id=by.project_id, match=match, decided_by=by, state=State.ORIGINAL, note=check_note(new.note)
        )
        after = {"place": str(match.key), "verbatim": new.is_verbatim}
        text = {"note": new.note} if new.note else None
        record(by, "quotation.shown", "quotation", quotation.key, after=after, text=text, request=request)
        return match

    return carry_out_once(
        by, request, act, QuotationMatch.objects.filter(quotation=quotation, key=new.key, made_by=by).first
    )


def _decide(match: QuotationMatch, wish: PlaceDecision, by: Membership, request: Request | None) -> QuotationDecision:
    before = QuotationDecision.objects.filter(match=match, decided_by=by).first()
    number = before.version_number if before else 0
    if wish.base_version != number:
        message = _("You have decided about this in another window meanwhile: it is at version %(now)s.")
        raise Conflict("stale_version", message % {"now": number}, field="base_version")
    values = {"state": wish.state, "note": check_note(wish.note)}
    was = {name: getattr(before, name) if before else "" for name in values}
    if before is None:
        decision = QuotationDecision.objects.create(project_id=by.project_id, match=match, decided_by=by, **values)
    elif was == values:
        return before
    else:
        QuotationDecisionRevision.objects.create(
            decision=before, version_number=number, decided_at=before.decided_at, **was
        )
        decision = before
        decision.state, decision.note = values["state"], values["note"]
        decision.version_number, decision.decided_at = number + 1, timezone.now()
        decision.save(update_fields=["state", "note", "version_number", "decided_at"])
    after = {"state": wish.state, "place": str(match.key), "version": decision.version_number}
    text = {"note": wish.note} if wish.note else None
    before_facts = {"state": was["state"]} if before else {}
    key = Quotation.objects.values_list("key", flat=True).get(pk=match.quotation_id)
    record(by, VERBS[State(wish.state)], "quotation", key, before=before_facts, after=after, text=text, request=request)
    return decision
