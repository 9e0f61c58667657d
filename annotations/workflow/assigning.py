"""Giving article versions to people, and the moves of an assignment: submit, reopen."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from annotations.access import Act, has_role_for, require, sees_all_work
from annotations.errors import NotThere, Refused
from annotations.jobs.recording import digest_of, note_articles
from annotations.models import (
    Adjudication,
    Article,
    ArticleVersion,
    Assignment,
    Membership,
    Project,
    ReviewOpening,
)

from .acts import Request, carry_out_once, counted_before, record
from .counting import count_places, lock_articles, places_wanted
from .differing import note_changed
from .queueing import has_free_place, has_place, lease_end
from .rounds import first_round, round_id_of
from .submit_checks import ERROR, Incomplete, missing_on

State = Assignment.State


class TooManyPeople(Refused):
    """Some articles would have more annotators than their round wants."""

    def __init__(self, n: int) -> None:
        """Say how many."""
        message = ngettext(
            "%(n)s article would have more annotators than its round wants. Confirm that it may.",
            "%(n)s articles would have more annotators than their rounds want. Confirm that they may.",
            n,
        )
        super().__init__("too_many_annotators", message % {"n": n}, field="goes_beyond")
        self.n = n


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
    had = Assignment.objects.filter(version_id=pk, annotator=by)
    if pk != current and not had.exists():
        message = _("You marked another wording of this article. Load the page again.")
        raise Refused("text_mismatch", message, field="version_uuid")
    assignment = had.first()
    if assignment is not None:
        return assignment
    if not has_free_place(pk, by.project_id):
        raise _no_place(by)
    stated = Article.objects.values_list("round_id", flat=True).get(pk=article)  # it may be in another round by now
    assignment, created = Assignment.objects.get_or_create(
        version_id=pk,
        annotator=by,
        defaults={
            "project_id": by.project_id,
            "round_id": round_id_of(stated, by.project_id),
            "lease_until": lease_end(by.project),
        },
    )
    if created:
        count_places([article])
        record(by, "assignment.opened", "assignment", assignment.uuid, after={"state": assignment.state})
    return assignment


def assign(
    articles: Iterable[Article],
    annotators: Iterable[Membership],
    *,
    by: Membership,
    request: Request | None = None,
    goes_beyond: bool = False,
) -> int:
    """Give the current versions of articles to people; return how many assignments are new.

    Who has one keeps it: giving them again changes nothing and is no act. With a `request` the count is the first one.
    Raises `TooManyPeople` where an article would have more than its round wants, unless that is asked for.
    """
    require(by, Act.ASSIGN)
    people = list(annotators)
    require_can_annotate(people, by)
    return carry_out_once(
        by,
        request,
        lambda: _assign(articles, people, by, request, goes_beyond),
        lambda: counted_before(by, request, "created"),
    )


def require_can_annotate(people: Iterable[Membership], by: Membership) -> None:
    """Raise `Refused` where one of them is no member of the project, or may not annotate."""
    for person in people:
        if person.project_id != by.project_id or not has_role_for(person, Act.ANNOTATE):
            raise Refused("not_a_member", _("Articles can be given only to members of this project who may annotate."))


def _assign(
    articles: Iterable[Article], people: list[Membership], by: Membership, request: Request | None, goes_beyond: bool
) -> int:
    # two who give the same articles at once take turns, so that each counts what it made
    Project.objects.select_for_update(no_key=True).values_list("pk").get(pk=by.project_id)
    with_text = [article for article in articles if article.current_version_id]
    ids = sorted(article.pk for article in with_text)
    lock_articles(ids)
    texts = Article.objects.filter(pk__among=ids, current_version__isnull=False).annotate(wanted=places_wanted())
    places = {
        version: (round_id, wanted, pk)
        for version, round_id, wanted, pk in texts.values_list("current_version_id", "round_id", "wanted", "pk")
    }
    versions = sorted(places)
    had: dict[int, set[int]] = defaultdict(set)
    held: Counter[int] = Counter()
    for version, person_id, state, late_at in Assignment.objects.filter(version__among=versions).values_list(
        "version_id", "annotator_id", "state", "late_at"
    ):
        held[version] += state in Assignment.HOLDING
        if state != State.LAPSED or late_at is not None:  # who lost it to time gets it back
            had[version].add(person_id)
    new = {version: [person for person in people if person.pk not in had[version]] for version in versions}
    over = [version for version in versions if new[version] and held[version] + len(new[version]) > places[version][1]]
    if over and not goes_beyond:
        raise TooManyPeople(len(over))
    first = first_round(by.project_id).pk
    lapsed = Assignment.objects.filter(version__among=versions, annotator__in=people, state=State.LAPSED)
    lapsed = lapsed.filter(late_at__isnull=True)
    among = {places[version][2] for version in (*lapsed.values_list("version_id", flat=True), *filter(new.get, new))}
    again = lapsed.update(state=State.OPEN, lease_until=None, state_number=F("state_number") + 1)
    rows = [
        Assignment(project_id=by.project_id, version_id=version, annotator=person, round_id=places[version][0] or first)
        for version in versions
        for person in new[version]
    ]
    Assignment.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)
    created = len(rows)
    if created or again:
        count_places(ids)
    after = {"articles": len(versions), "annotators": [str(person.uuid) for person in people], "created": created}
    after |= {"sha256": digest_of(article.uuid for article in with_text)} | ({"beyond": len(over)} if over else {})
    if created or request is not None:
        event = record(by, "assignment.given", "project", by.project.slug, after=after, request=request)
        note_articles(event, among)
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
    """Take back a submission that nobody has accepted yet. Reopening what is open, or was given back, is no error."""
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
        if assignment.state == to or (to == State.SUBMITTED and assignment.is_late):
            return assignment
        if to == State.OPEN and assignment.state == State.RETURNED:  # it can be changed as it is
            return assignment
        if to == State.OPEN and assignment.is_late:
            return _take_back_late(assignment, by, request)
        if assignment.state not in _MAY_BECOME[to]:
            message = _("This article is %(state)s; that can no longer be changed here.")
            raise Refused("assignment_state", message % {"state": assignment.get_state_display()})
        if assignment.state == State.SKIPPED and not has_place(assignment):
            raise _no_place(by)
        if assignment.state == State.LAPSED and not has_place(assignment):
            return _keep_late(assignment, by, check(), request)
        if assignment.state == State.SUBMITTED and to == State.OPEN:
            _require_unseen(assignment, by)
        before, seen = {"state": assignment.state}, check()
        assignment.state = to
        assignment.state_number += 1
        if to == State.SUBMITTED:
            assignment.submitted_at = timezone.now()
        else:
            if before["state"] == State.SUBMITTED:
                assignment.reopened_at = timezone.now()
            if before["state"] == State.SKIPPED or assignment.lease_until is not None:  # else it is theirs for good
                assignment.lease_until = lease_end(by.project)
            assignment.skipped_at = None
        columns = ["state", "state_number", "submitted_at", "reopened_at", "lease_until", "skipped_at"]
        assignment.save(update_fields=columns)
        if before["state"] not in Assignment.HOLDING:
            count_places([article.pk])
        if State.SUBMITTED in (to, before["state"]):
            note_changed([assignment.version_id], by.project_id)
        if to == State.OPEN and assignment.reopened_at:
            seen = {"submitted_at": _moment(assignment.submitted_at), "reopened_at": _moment(assignment.reopened_at)}
        record(by, verb, "assignment", assignment.uuid, before=before, after={"state": to, **seen}, request=request)
        return assignment

    require(by, Act.ANNOTATE)
    return carry_out_once(by, request, act, lambda: _own_assignment(article, by))


def _no_place(by: Membership) -> Refused:
    """Say that an article cannot be had; while work is blind, not that others have it."""
    if not sees_all_work(by):
        message = _("This article is not given to you. Take the next one, or ask a manager for it.")
        return Refused("not_given", message)
    message = _("This article has as many annotators as it needs. Take another one, or ask a manager for it.")
    return Refused("no_place_left", message)


def _keep_late(assignment: Assignment, by: Membership, seen: dict[str, Any], request: Request | None) -> Assignment:
    """Keep what was handed in when its place had gone to others: it counts once a manager confirms it."""
    assignment.late_at = timezone.now()
    assignment.state_number += 1
    assignment.save(update_fields=["late_at", "state_number"])
    before, after = {"state": assignment.state}, {"state": assignment.state, **seen}
    verb = "assignment.handed_in_late"
    record(by, verb, "assignment", assignment.uuid, before=before, after=after, request=request)
    return assignment


def _take_back_late(assignment: Assignment, by: Membership, request: Request | None) -> Assignment:
    before = {"handed_in_at": _moment(assignment.late_at)}
    assignment.late_at, assignment.reopened_at = None, timezone.now()
    assignment.state_number += 1
    assignment.save(update_fields=["late_at", "reopened_at", "state_number"])
    after = {"state": assignment.state}
    record(by, "assignment.reopened", "assignment", assignment.uuid, before=before, after=after, request=request)
    return assignment


def confirm_late(uuid: UUID, *, by: Membership, request: Request | None = None) -> Assignment:
    """Take in what somebody handed in after their place had gone to others; the article then has one more than asked.

    Confirming twice is no error. Raises `Refused` for what was not handed in so.
    """

    def find() -> Assignment | None:
        return Assignment.objects.filter(project_id=by.project_id, uuid=uuid).select_related("version").first()

    def act() -> Assignment:
        found = find()
        if found is None:
            raise NotThere("assignment_not_found", _("There is no such assignment in this project."))
        lock_articles([found.version.article_id])
        assignment = Assignment.objects.select_for_update().get(pk=found.pk)
        if assignment.state == State.SUBMITTED:
            return assignment
        if not assignment.is_late:
            raise Refused("not_late", _("Nothing was handed in here that waits to be confirmed."))
        assignment.state, assignment.submitted_at, assignment.late_at = State.SUBMITTED, assignment.late_at, None
        assignment.state_number += 1
        assignment.save(update_fields=["state", "submitted_at", "late_at", "state_number"])
        count_places([found.version.article_id])
        note_changed([assignment.version_id], by.project_id)
        before, after = {"state": State.LAPSED}, {"state": State.SUBMITTED}
        verb = "assignment.confirmed"
        record(by, verb, "assignment", assignment.uuid, before=before, after=after, request=request)
        return assignment

    require(by, Act.ASSIGN)
    return carry_out_once(by, request, act, find)


def _require_unseen(assignment: Assignment, by: Membership) -> None:
    """Raise `Refused` once a reviewer has opened the text, or the project was revealed; at most 2 queries."""
    assert assignment.submitted_at is not None
    if by.project.revealed_at is not None:
        message = _("This project was revealed, so what was handed in stays. Ask for it to be given back to you.")
        raise Refused("revealed", message)
    if Adjudication.objects.filter(version_id=assignment.version_id).exists():
        message = _("A reviewer has begun to settle this article. Ask for it to be given back to you.")
        raise Refused("under_review", message)
    opened = ReviewOpening.objects.filter(version_id=assignment.version_id, opened_at__gte=assignment.submitted_at)
    if opened.exists():
        message = _("A reviewer has opened this article. Ask for it to be given back to you.")
        raise Refused("under_review", message)


def _moment(value: datetime | None) -> str:
    return value.isoformat() if value else ""


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
