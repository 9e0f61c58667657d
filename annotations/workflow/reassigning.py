"""Passing an article on: who had it keeps what they made of it, somebody else begins anew."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from annotations.access import Act, require
from annotations.errors import NotThere, Refused
from annotations.models import Assignment, Membership

from .acts import Request, carry_out_once, record
from .assigning import require_can_annotate
from .counting import count_places, lock_articles
from .queueing import on_present_texts

State = Assignment.State
PASSED_ON_FROM = (State.OPEN, State.RETURNED, State.LAPSED, State.SKIPPED)


def reassign(assignment: UUID, to: Membership, *, by: Membership, request: Request | None = None) -> Assignment:
    """Give an article that one person has not handed in to another; return the other's assignment.

    The first one's drafts stay theirs, and are never shown to the second. The number of people stays the same.
    Raises `Refused` for work that is handed in, or a person who has or had the article.
    """

    def act() -> Assignment:
        found = find_assignment(assignment, by)
        lock_articles([found.version.article_id])
        first = Assignment.objects.select_for_update().get(pk=found.pk)
        if first.state not in PASSED_ON_FROM or first.is_late:
            message = _("This article is %(state)s: only what is not handed in can be passed on.")
            raise Refused(
                "assignment_state",
                message % {"state": State.SUBMITTED.label if first.is_late else first.get_state_display()},
            )
        if Assignment.objects.filter(version_id=first.version_id, annotator=to).exists():
            message = _("%(name)s has this article, or had it before. Choose somebody else.")
            raise Refused("has_it_already", message % {"name": to.pseudonym}, field="to")
        before = {"state": first.state, "annotator": str(found.annotator.uuid)}
        first.state, first.lease_until, first.late_at = State.SKIPPED, None, None
        first.state_number += 1
        first.save(update_fields=["state", "lease_until", "late_at", "state_number"])
        second = Assignment.objects.create(
            project_id=by.project_id, version_id=first.version_id, annotator=to, round_id=first.round_id
        )
        count_places([found.version.article_id])
        after = {"state": State.OPEN, "annotator": str(to.uuid), "assignment": str(second.uuid)}
        record(by, "assignment.reassigned", "assignment", first.uuid, before=before, after=after, request=request)
        return find_assignment(second.uuid, by)

    require(by, Act.ASSIGN)
    require_can_annotate([to], by)
    return carry_out_once(by, request, act, lambda: _given_before(assignment, to, by))


def find_assignment(uuid: UUID, by: Membership) -> Assignment:
    """Find a present assignment of the project with its article, person and round, without the text; 1 query."""
    found = _rows(by).filter(uuid=uuid).first()
    if found is None:
        raise NotThere("assignment_not_found", _("There is no such assignment in this project."))
    return found


def _rows(by: Membership) -> QuerySet[Assignment]:
    rows = on_present_texts(Assignment.objects.filter(project_id=by.project_id))
    return rows.select_related("annotator__user", "round", "version__article").defer("version__text")


def _given_before(assignment: UUID, to: Membership, by: Membership) -> Assignment | None:
    version = Assignment.objects.filter(project_id=by.project_id, uuid=assignment).values("version")
    return _rows(by).filter(version__in=version, annotator=to).first()
