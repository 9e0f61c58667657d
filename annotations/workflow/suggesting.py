"""Deciding about suggestions: accept, dismiss, take back; each member for themselves, one or many at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Prefetch, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from annotations.access import Act, require, visible_to
from annotations.errors import Conflict, NotThere, Refused
from annotations.models import Annotation, ArticleVersion, Membership, Suggestion, SuggestionDecision
from annotations.text.spans import Span

from .acts import Request, carry_out_once, record
from .annotating import NewAnnotation, annotate_within, annotation_rows
from .judging import refuse_after_submission, supersede

MOST_AT_ONCE = 200
State = SuggestionDecision.State
VERBS = {
    State.ACCEPTED: "suggestion.accepted",
    State.DISMISSED: "suggestion.dismissed",
    State.OPEN: "suggestion.reopened",
}


@dataclass(frozen=True, slots=True)
class Decided:
    """What a member decides about one suggestion.

    `base_version` is the number of the decision they saw, 0 where they had made none. Accepting names the key of the
    `annotation` to be made; `label`, or `span` with its `quote`, where it is to differ from what was suggested.
    """

    suggestion: UUID
    state: str
    base_version: int
    annotation: UUID | None = None
    label: str | None = None
    span: Span | None = None
    quote: str | None = None


def suggestion_rows() -> QuerySet[Suggestion]:
    """Return suggestions with their labels and all decisions about them; 2 queries."""
    decisions = SuggestionDecision.objects.select_related("decided_by", "annotation").order_by("decided_at", "pk")
    return Suggestion.objects.select_related("label").prefetch_related(Prefetch("decisions", decisions))


def suggestions_on(version: ArticleVersion, by: Membership) -> QuerySet[Suggestion]:
    """Return what is suggested to a member on a text, in the order of the text; 2 queries."""
    rows = visible_to(by, suggestion_rows().filter(version=version)).filter(_offered(by))
    return rows.order_by("start", "end", "pk")


def open_for(by: Membership) -> QuerySet[Suggestion]:
    """Return what is suggested to a member and they have not decided about."""
    decided = SuggestionDecision.objects.filter(decided_by=by).exclude(state=State.OPEN)
    rows = Suggestion.objects.filter(_offered(by), project_id=by.project_id)
    return rows.exclude(pk__in=decided.values("suggestion"))


def decide(
    wishes: Sequence[Decided], *, by: Membership, request: Request | None = None
) -> tuple[list[Suggestion], list[Annotation]]:
    """Decide about one suggestion or many, all or none; about 8 queries each.

    Returns them as they are now, with the annotations that were made or withdrawn. Raises `NotThere`, `Conflict`
    (`stale_version`) where one was decided about in another tab, `Refused` for what cannot be accepted so, or a text
    that is handed in.
    """
    require(by, Act.ANNOTATE)
    if not 0 < len(wishes) <= MOST_AT_ONCE or len({wish.suggestion for wish in wishes}) != len(wishes):
        message = _("Decide about at least one and at most %(most)s suggestions at once, about each once.")
        raise Refused("suggestions_count", message % {"most": MOST_AT_ONCE}, field="decisions")

    def act() -> tuple[list[Suggestion], list[Annotation]]:
        rows = _locked(wishes, by)
        made = [
            _decide(wish, rows[wish.suggestion], by, request if number == 0 else None)
            for number, wish in enumerate(wishes)
        ]
        return _found(wishes, by, {pk for pk in made if pk is not None})

    return carry_out_once(by, request, act, lambda: _found(wishes, by, set()))


def _offered(by: Membership) -> Q:
    return Q(offered_to__isnull=True) | Q(offered_to=by)


def _locked(wishes: Sequence[Decided], by: Membership) -> dict[UUID, Suggestion]:
    """Lock one's assignments, then the suggestions, which no two decisions of one member then share."""
    keys = [wish.suggestion for wish in wishes]
    offered = Suggestion.objects.filter(_offered(by), project_id=by.project_id, key__in=keys)
    for version in sorted(set(offered.values_list("version", flat=True))):
        refuse_after_submission(by, version)
    rows = offered.select_for_update(of=("self",)).select_related("label", "version").defer("version__text")
    found = {row.key: row for row in rows.order_by("pk")}
    if len(found) < len(keys):
        raise NotThere("suggestion_not_found", _("There is no such suggestion, or it is offered to somebody else."))
    return found


def _decide(wish: Decided, suggestion: Suggestion, by: Membership, request: Request | None) -> int | None:
    """Write a decision; return the annotation it made or withdrew."""
    before = SuggestionDecision.objects.filter(suggestion=suggestion, decided_by=by).first()
    _check_version(wish, before, suggestion)
    state = before.state if before else State.OPEN
    if state == wish.state:
        return before.annotation_id if before else None
    if State.OPEN not in (state, wish.state):
        raise Refused("suggestion_decided", _("You have decided about this already. Take that back first."))
    touched = made = None
    if wish.state == State.ACCEPTED:
        touched = made = _accepted(wish, suggestion, by)
    elif state == State.ACCEPTED and before and before.annotation_id:
        touched = _withdrawn(before.annotation_id, by)
    number = (before.version_number if before else 0) + 1
    SuggestionDecision.objects.update_or_create(
        suggestion=suggestion,
        decided_by=by,
        defaults={
            "project_id": by.project_id,
            "state": wish.state,
            "version_number": number,
            "decided_at": timezone.now(),
            "annotation": made,
        },
    )
    after = {"state": str(wish.state), "version": number, "suggested_by": suggestion.suggested_by}
    if touched is not None:
        after |= {"annotation": str(touched.key)}
    record(
        by,
        VERBS[State(wish.state)],
        "suggestion",
        suggestion.key,
        before={"state": str(state)},
        after=after,
        request=request,
    )
    return touched.pk if touched else None


def _check_version(wish: Decided, before: SuggestionDecision | None, suggestion: Suggestion) -> None:
    now = before.version_number if before else 0
    if wish.base_version != now:
        message = _("You have decided about this in another window meanwhile: it is at version %(now)s.")
        raise Conflict("stale_version", message % {"now": now}, current=suggestion, field="base_version")


def _accepted(wish: Decided, suggestion: Suggestion, by: Membership) -> Annotation:
    if wish.annotation is None:
        raise Refused("annotation_key_missing", _("Name the key of the annotation to be made."), field="annotation")
    new = NewAnnotation(
        key=wish.annotation,
        version=suggestion.version.uuid,
        span=wish.span or Span(suggestion.start, suggestion.end),
        quote=suggestion.quote if wish.span is None else wish.quote or "",
        label=wish.label or suggestion.label.key,
        attributes=suggestion.attributes or None,
    )
    return annotate_within(new, by)


def _withdrawn(pk: int, by: Membership) -> Annotation:
    annotation = annotation_rows().select_for_update(of=("self",)).get(pk=pk)
    if annotation.withdrawn_at is None and annotation.created_by_id == by.pk:
        supersede(annotation, by=by, withdrawn_at=timezone.now())
    return annotation


def _found(wishes: Sequence[Decided], by: Membership, touched: set[int]) -> tuple[list[Suggestion], list[Annotation]]:
    rows = suggestion_rows().filter(_offered(by), project_id=by.project_id)
    found = list(rows.filter(key__in=[wish.suggestion for wish in wishes]).order_by("start", "end", "pk"))
    accepted = SuggestionDecision.objects.filter(decided_by=by, suggestion__in=found, annotation__isnull=False)
    ids = touched | set(accepted.values_list("annotation", flat=True))
    return found, list(annotation_rows().filter(pk__in=ids, created_by=by).order_by("start", "pk"))
