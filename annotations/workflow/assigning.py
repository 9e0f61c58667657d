"""Giving article versions to people, and the moves of an assignment: submit, reopen."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from annotations.access import Act, has_role_for, require
from annotations.errors import NotThere, Refused
from annotations.models import Adjudication, Article, ArticleVersion, Assignment, Membership, Project

from .acts import Request, carry_out_once, counted_before, record
from .counting import count_places
from .queueing import has_place, lease_end
from .submit_checks import ERROR, Incomplete, missing_on

State = Assignment.State
_MAY_BECOME = {
    State.OPEN: {State.SUBMITTED, State.SKIPPED},
    State.SUBMITTED: {State.OPEN, State.RETURNED, State.LAPSED, State.SKIPPED},
}
#: the states that some act leads to; a file may bring others along
REACHED = (*_MAY_BECOME, State.RETURNED, State.ACCEPTED)


def open_own_assignment(version: UUID, *, by: Membership) -> Assignment:
    """Take a version to work on; harmless where one has it already. Raises `Refused` for a replaced text."""
    rows = ArticleVersion.objects.filter(project_id=by.project_id, uuid=version)
    found = rows.values_list("pk", "article", "article__merged_into", "article__current_version").first()
    if found is None:
        raise NotThere("version_not_found", _("There is no such article version in this project."))
    pk, article, merged_into, current = found
    if merged_into is not None:
        message = _("This article was merged into another in the meantime. Load the page again to get there.")
        raise Refused("article_merged", message)
    if pk != current and not Assignment.objects.filter(version_id=pk, annotator=by).exists():
        message = _("You marked another wording of this article. Load the page again.")
        raise Refused("text_mismatch", message, field="version_uuid")
    assignment, created = Assignment.objects.get_or_create(
        version_id=pk, annotator=by, defaults={"project_id": by.project_id, "lease_until": lease_end(by.project)}
    )
    if created:
        count_places([article])
        record(by, "assignment.opened", "assignment", assignment.uuid, after={"state": assignment.state})
    return assignment


def assign(
    articles: Iterable[Article], annotators: Iterable[Membership], *, by: Membership, request: Request | None = None
) -> int:
    """Give the current versions of articles to people; return how many assignments are new.

    Who has one keeps it: giving them again changes nothing and is no act. With a `request` the count is the first one.
    """
    require(by, Act.ASSIGN)
    people = list(annotators)
    for person in people:
        if person.project_id != by.project_id or not has_role_for(person, Act.ANNOTATE):
            raise Refused("not_a_member", _("Articles can be given only to members of this project who may annotate."))
    return carry_out_once(
        by,
        request,
        lambda: _assign(articles, people, by, request),
        lambda: counted_before(by, request, "created"),
    )


def _assign(articles: Iterable[Article], people: list[Membership], by: Membership, request: Request | None) -> int:
    # two who give the same articles at once take turns, so that each counts what it made
    Project.objects.select_for_update(no_key=True).values_list("pk").get(pk=by.project_id)
    with_text = [article for article in articles if article.current_version_id]
    versions = [article.current_version_id for article in with_text if article.current_version_id]
    before = Assignment.objects.filter(version_id__in=versions, annotator__in=people).count()
    rows = [
        Assignment(project_id=by.project_id, version_id=version, annotator=person)
        for version in sorted(versions)
        for person in people
    ]
    Assignment.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)
    created = len(rows) - before
    if created:
        count_places(article.pk for article in with_text)
    after = {"articles": len(versions), "annotators": [str(person.uuid) for person in people], "created": created}
    if created or request is not None:
        record(by, "assignment.given", "project", by.project.slug, after=after, request=request)
    return created


def submit(
    article: Article, *, by: Membership, request: Request | None = None, sets_warnings_aside: bool = False
) -> Assignment:
    """Hand one's work on the current version in. Submitting twice is no error.

    Raises `Incomplete` where something is missing that the project wants; mere warnings can be set aside.
    """

    def check() -> dict[str, Any]:
        missing = missing_on(version_of(article), by=by)
        if any(each.level == ERROR for each in missing) or (missing and not sets_warnings_aside):
            raise Incomplete(missing)
        return {"warnings": sorted({each.rule for each in missing})} if missing else {}

    return _move(article, by, request, to=State.SUBMITTED, verb="assignment.submitted", check=check)


def reopen(article: Article, *, by: Membership, request: Request | None = None) -> Assignment:
    """Take back a submission that nobody has accepted yet. Reopening an open one is no error."""
    return _move(article, by, request, to=State.OPEN, verb="assignment.reopened")


def _move(
    article: Article,
    by: Membership,
    request: Request | None,
    *,
    to: State,
    verb: str,
    check: Callable[[], dict[str, Any]] = dict,
) -> Assignment:
    def act() -> Assignment:
        assignment = lock_own(article, by)
        if assignment.state == to:
            return assignment
        if assignment.state not in _MAY_BECOME[to]:
            message = _("This article is %(state)s; that can no longer be changed here.")
            raise Refused("assignment_state", message % {"state": assignment.get_state_display()})
        if assignment.state == State.SKIPPED and not has_place(assignment):
            message = _("This article has as many annotators as it needs by now. Take another one.")
            raise Refused("no_place_left", message)
        if assignment.state == State.SUBMITTED and to == State.OPEN and by.project.revealed_at is not None:
            message = _("This project was revealed, so what was handed in stays. Ask for it to be given back to you.")
            raise Refused("revealed", message)
        if (
            assignment.state == State.SUBMITTED
            and to == State.OPEN
            and Adjudication.objects.filter(version_id=assignment.version_id).exists()
        ):
            message = _("A reviewer has begun to settle this article. Ask for it to be given back to you.")
            raise Refused("under_review", message)
        before, seen = {"state": assignment.state}, check()
        assignment.state = to
        assignment.state_number += 1
        if to == State.SUBMITTED:
            assignment.submitted_at = timezone.now()
        else:
            if before["state"] == State.SKIPPED or assignment.lease_until is not None:  # else it is theirs for good
                assignment.lease_until = lease_end(by.project)
            assignment.skipped_at = None
        assignment.save(update_fields=["state", "state_number", "submitted_at", "lease_until", "skipped_at"])
        if before["state"] not in Assignment.HOLDING:
            count_places([article.pk])
        record(by, verb, "assignment", assignment.uuid, before=before, after={"state": to, **seen}, request=request)
        return assignment

    require(by, Act.ANNOTATE)
    return carry_out_once(by, request, act, lambda: _own_assignment(article, by))


def version_of(article: Article) -> ArticleVersion:
    """Return the present text of an article; raise `NotThere` where it has none."""
    if article.current_version is None:
        raise NotThere("version_not_found", _("This article has no text yet."))
    return article.current_version


def lock_own(article: Article, by: Membership) -> Assignment:
    """Lock one's own assignment to an article's present text, which is opened where there is none."""
    open_own_assignment(version_of(article).uuid, by=by)
    return Assignment.objects.select_for_update().get(version_id=article.current_version_id, annotator=by)


def _own_assignment(article: Article, by: Membership) -> Assignment | None:
    return Assignment.objects.filter(version_id=article.current_version_id, annotator=by).first()
