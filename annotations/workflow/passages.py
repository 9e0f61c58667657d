"""What people make of shared passages: confirm, reject, call it something else, or link two passages by hand.

Each member decides for themselves; a link is never changed, its decisions are versioned.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from annotations.access import Act, require, visible_to
from annotations.errors import Conflict, NotThere, Refused
from annotations.models import ArticleVersion, Capture, Membership, QuoteDecision, QuoteDecisionRevision, QuoteLink
from annotations.text.spans import Span

from .acts import Request, carry_out_once, record
from .annotating import check_note
from .source_sight import find_capture

State = QuoteDecision.State
VERBS = {
    State.CONFIRMED: "passage.confirmed",
    State.REJECTED: "passage.rejected",
    State.OPEN: "passage.reopened",
}


@dataclass(frozen=True, slots=True)
class PassageDecision:
    """What a member thinks of a shared passage.

    `base_version` is the number of the decision they saw, 0 where they had made none. An empty `relation` or
    `direction` says that it is as it was found.
    """

    state: str
    base_version: int
    relation: str = ""
    direction: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Quoted:
    """A passage as a client names it: the version or the capture, the span and the words that stand there."""

    text: UUID
    span: Span
    quote: str
    is_captured: bool = False


@dataclass(frozen=True, slots=True)
class NewLink:
    """Two passages that a member links by hand; only the target may be one of a capture."""

    key: UUID
    source: Quoted
    target: Quoted
    relation: str = QuoteLink.Relation.PARAPHRASED
    direction: str = QuoteLink.Direction.UNKNOWN
    note: str = ""


def passage_rows() -> QuerySet[QuoteLink]:
    """Return shared passages with their articles and captures, without the texts."""
    rows = QuoteLink.objects.select_related(
        "from_version__article__publisher", "to_version__article__publisher", "to_capture__source", "made_by"
    )
    return rows.defer("from_version__text", "to_version__text", "to_capture__text")


def find_passage(by: Membership, key: UUID) -> QuoteLink:
    """Find a shared passage that a member may see, or raise `NotThere`; 1 query."""
    found = visible_to(by, passage_rows()).filter(key=key).first()
    if found is None:
        raise NotThere("passage_not_found", _("There is no such shared passage, or you may not see it."))
    return found


def decide_passage(
    key: UUID, decision: PassageDecision, *, by: Membership, request: Request | None = None
) -> QuoteDecision:
    """Confirm, reject or reopen a shared passage as one's own judgement; at most 9 queries.

    Raises `NotThere`, and `Conflict` (`stale_version`) where one decided in another window meanwhile.
    """
    require(by, Act.ANNOTATE)

    def act() -> QuoteDecision:
        link = visible_to(by, QuoteLink.objects.select_for_update(of=("self",))).filter(key=key).first()
        if link is None:
            raise NotThere("passage_not_found", _("There is no such shared passage, or you may not see it."))
        return _decide(link, decision, by, request)

    rows = QuoteDecision.objects.filter(project_id=by.project_id, link__key=key, decided_by=by)
    return carry_out_once(by, request, act, rows.first)


def link_passages(new: NewLink, *, by: Membership, request: Request | None = None) -> QuoteLink:
    """Link a passage of an article with one of another, or of a capture, and confirm that; at most 12 queries.

    Raises `NotThere` for a text that is not there or not to be seen, `Refused` where words do not stand where they are
    said to.
    """
    require(by, Act.ANNOTATE)

    def act() -> QuoteLink:
        source = _version(new.source, "from", by)
        target = _capture(new.target, "to", by) if new.target.is_captured else _version(new.target, "to", by)
        if isinstance(target, ArticleVersion) and source.article_id == target.article_id:
            raise Refused("same_article", _("Choose passages of two different articles."), field="to")
        link = QuoteLink.objects.create(
            key=new.key,
            project_id=by.project_id,
            from_version=source,
            from_length=source.length,
            from_start=new.source.span.start,
            from_end=new.source.span.end,
            to_version=None if isinstance(target, Capture) else target,
            to_capture=target if isinstance(target, Capture) else None,
            to_length=target.length,
            to_start=new.target.span.start,
            to_end=new.target.span.end,
            parts=[[new.source.span.start, new.source.span.end, new.target.span.start, new.target.span.end]],
            relation=new.relation,
            direction=new.direction,
            ground=QuoteLink.Ground.NONE if new.direction == "unknown" else QuoteLink.Ground.PERSON,
            made_by=by,
        )
        QuoteDecision.objects.create(
            project_id=by.project_id, link=link, decided_by=by, state=State.CONFIRMED, note=check_note(new.note)
        )
        facts = {"relation": new.relation, "direction": new.direction}
        text = {"note": new.note} if new.note else None
        record(by, "passage.linked", "passage", link.key, after=facts, text=text, request=request)
        return link

    return carry_out_once(by, request, act, QuoteLink.objects.filter(made_by=by, key=new.key).first)


def _version(quoted: Quoted, name: str, by: Membership) -> ArticleVersion:
    found = ArticleVersion.objects.filter(project_id=by.project_id, uuid=quoted.text).first()
    if found is None:
        raise NotThere("version_not_found", _("There is no such article version in this project."), field=name)
    _compare_words(quoted, found, name)
    return found


def _capture(quoted: Quoted, name: str, by: Membership) -> Capture:
    found = find_capture(by, quoted.text)
    _compare_words(quoted, found, name)
    return found


def _compare_words(quoted: Quoted, found: ArticleVersion | Capture, name: str) -> None:
    if quoted.span.end > found.length or quoted.span.text_of(found.text) != quoted.quote:
        message = _("These words do not stand there in the text. Send text[start:end] as the quote.")
        raise Refused("quote_mismatch", message, field=name)


def _decide(link: QuoteLink, wish: PassageDecision, by: Membership, request: Request | None) -> QuoteDecision:
    before = QuoteDecision.objects.filter(link=link, decided_by=by).first()
    number = before.version_number if before else 0
    if wish.base_version != number:
        message = _("You have decided about this in another window meanwhile: it is at version %(now)s.")
        raise Conflict("stale_version", message % {"now": number}, field="base_version")
    values = {
        "state": wish.state,
        "relation": "" if wish.relation == link.relation else wish.relation,
        "direction": "" if wish.direction == link.direction else wish.direction,
        "note": check_note(wish.note),
    }
    was = {name: getattr(before, name) if before else "" for name in values}
    if before is None:
        decision = QuoteDecision.objects.create(project_id=by.project_id, link=link, decided_by=by, **values)
    elif was == values:
        return before
    else:
        QuoteDecisionRevision.objects.create(
            decision=before, version_number=number, decided_at=before.decided_at, **was
        )
        decision = before
        for name, value in values.items():
            setattr(decision, name, value)
        decision.version_number, decision.decided_at = number + 1, timezone.now()
        decision.save(update_fields=[*values, "version_number", "decided_at"])
    facts = {name: values[name] for name in ("state", "relation", "direction")}
    facts_before = {name: was[name] for name in facts} if before else {}
    text = {"note": wish.note} if wish.note else None
    after = {**facts, "version": decision.version_number}
    verb = VERBS[State(wish.state)]
    record(by, verb, "passage", link.key, before=facts_before, after=after, text=text, request=request)
    return decision
