"""Skipping an article with a reason, and giving what was skipped back."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Count, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from annotations.access import Act, require
from annotations.errors import NotThere, Refused
from annotations.models import Article, Assignment, Membership, Project

from .acts import Request, carry_out_once, record
from .assigning import lock_own
from .counting import count_places, lock_articles
from .queueing import on_present_texts

State = Assignment.State
LONGEST_REASON, LONGEST_NOTE, MOST_REASONS = 200, 2000, 30
#: offered where a project has no list of its own
USUAL_REASONS: tuple[Promise | str, ...] = (
    gettext_lazy("I cannot read its language"),
    gettext_lazy("It is no article"),
    gettext_lazy("It is damaged or incomplete"),
    gettext_lazy("It is here twice"),
    gettext_lazy("I am involved in what it tells"),
)


def reasons_of(project: Project) -> list[str]:
    """Return the reasons that people of a project choose from."""
    return project.skip_reasons or [str(reason) for reason in USUAL_REASONS]


def checked_reasons(sent: object) -> list[str]:
    """Return a project's reasons as they are stored, without empty and repeated ones; raise `Refused` for others."""
    if not isinstance(sent, list) or not all(isinstance(each, str) for each in sent):
        raise Refused("reasons_invalid", _("Give a list of reasons."), field="skip_reasons")
    found = list(dict.fromkeys(" ".join(each.split()) for each in sent if each.strip()))
    if len(found) > MOST_REASONS or any(len(each) > LONGEST_REASON for each in found):
        message = _("Give at most 30 reasons, each of at most 200 characters.")
        raise Refused("reasons_invalid", message, field="skip_reasons")
    return found


def skip(
    article: Article, reason: str, note: str = "", *, by: Membership, request: Request | None = None
) -> Assignment:
    """Put one's own article aside, with a reason of the project's list or words of one's own; its place is free.

    What was annotated stays, and is not handed in. Skipping it twice is no error.
    """

    def act() -> Assignment:
        lock_articles([article.pk])
        assignment = lock_own(article, by)
        if assignment.state == State.SKIPPED and assignment.skipped_at is not None:
            return assignment
        if not assignment.is_writable:
            message = _("This article is %(state)s; that can no longer be changed here.")
            raise Refused("assignment_state", message % {"state": assignment.get_state_display()})
        before = {"state": assignment.state}
        assignment.state, assignment.skipped_at = State.SKIPPED, timezone.now()
        assignment.skip_reason, assignment.skip_note = chosen, words
        assignment.state_number += 1
        assignment.save(update_fields=["state", "skipped_at", "skip_reason", "skip_note", "state_number"])
        count_places([article.pk])
        after, text = {"state": State.SKIPPED, "skip_reason": chosen}, {"skip_note": words} if words else None
        record(
            by,
            "assignment.skipped",
            "assignment",
            assignment.uuid,
            before=before,
            after=after,
            text=text,
            request=request,
        )
        return assignment

    require(by, Act.ANNOTATE)
    chosen, words = " ".join(reason.split()), note.strip()
    if not chosen and not words:
        raise Refused("reason_missing", _("Say why you skip this article."), field="reason")
    if chosen and chosen not in reasons_of(by.project):
        message = _("“%(reason)s” is no reason of this project. Choose one of its list, or write a note.")
        raise Refused("reason_unknown", message % {"reason": chosen[:80]}, field="reason")
    if len(words) > LONGEST_NOTE:
        raise Refused("note_too_long", _("A note may have 2,000 characters at most."), field="note")
    return carry_out_once(by, request, act, lambda: _own(article, by))


def skipped_in(project: Project) -> QuerySet[Assignment]:
    """Return what people skipped in a project, the newest first, without texts."""
    rows = Assignment.objects.filter(project=project, state=State.SKIPPED, skipped_at__isnull=False)
    rows = on_present_texts(rows).select_related("annotator")
    return rows.defer("version__text").order_by("-skipped_at", "-pk")


def counts_by_reason(project: Project) -> list[tuple[str, int]]:
    """Count what is skipped by its reason, the most frequent first; empty stands for words alone; 1 query."""
    counted = skipped_in(project).order_by().values_list("skip_reason").annotate(n=Count("pk"))
    return sorted(counted, key=lambda row: (-row[1], row[0]))


def give_back(assignment: UUID, *, by: Membership, request: Request | None = None) -> Assignment:
    """Give a skipped article back to who skipped it, open and for good, as if given by hand. Twice is no error."""

    def act() -> Assignment:
        found = _find(assignment, by)
        lock_articles([found.version.article_id])
        row = Assignment.objects.select_for_update(of=("self",)).select_related("version__article", "annotator")
        locked = row.defer("version__text").get(pk=found.pk)
        if locked.state == State.SKIPPED:
            locked.state, locked.skipped_at, locked.lease_until = State.OPEN, None, None
            locked.state_number += 1
            locked.save(update_fields=["state", "skipped_at", "lease_until", "state_number"])
            count_places([locked.version.article_id])
            before, after = {"state": State.SKIPPED}, {"state": State.OPEN}
            record(by, "assignment.given_back", "assignment", locked.uuid, before=before, after=after, request=request)
        return locked

    require(by, Act.ASSIGN)
    return carry_out_once(by, request, act, lambda: _find(assignment, by))


def _find(uuid: UUID, by: Membership) -> Assignment:
    rows = on_present_texts(Assignment.objects.filter(project_id=by.project_id, uuid=uuid))
    found = rows.select_related("annotator").defer("version__text").first()
    if found is None:
        raise NotThere("assignment_not_found", _("There is no such assignment in this project."))
    return found


def _own(article: Article, by: Membership) -> Assignment | None:
    return Assignment.objects.filter(version_id=article.current_version_id, annotator=by).first()
