"""The queue: one's next article, and the lease under which a place is kept.

Places are given one after the other, under the project's lock, so that many who ask at once get each another one.
A place whose lease has run out is free for others; its annotator goes on writing, and gets it back while it is free.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Exists, F, OuterRef, QuerySet, Value
from django.db.models.expressions import CombinedExpression, OrderBy
from django.utils import timezone

from annotations.access import Act, allows, require
from annotations.access.requests import earlier_act
from annotations.models import Article, Assignment, Membership, Project, Round

from .acts import Request, carry_out_once, record
from .counting import count_places, lock_articles, places_held, places_wanted
from .rounds import first_round, rounds_of

State = Assignment.State
Order = Project.QueueOrder
MOST_LAPSED = 200
"""So many leases end at most in one call; the next call ends the others."""
MOST_LOOKS = 20
_PRIME = 2_147_483_647


def take_next(*, by: Membership, request: Request | None = None) -> Assignment | None:
    """Return the article to go on with: one that is open already, else one from the queue; None where there is none.

    At most 14 queries, however large the project. The same request is answered with the same article.
    """
    require(by, Act.ANNOTATE)
    return carry_out_once(by, request, lambda: _take(by, request), lambda: _taken_before(by, request))


def takes_from_queue(by: Membership) -> bool:
    """Tell whether somebody may get articles from the project's queue."""
    return by.project.queue_order != Order.NONE and allows(by, Act.ANNOTATE)


def own_open(by: Membership) -> QuerySet[Assignment]:
    """Return what is open for somebody on present texts, what came back to them first, in the order it was given.

    The texts are not read.
    """
    rows = Assignment.objects.filter(annotator=by, state__in=(State.OPEN, State.RETURNED))
    return on_present_texts(rows).defer("version__text").order_by(F("state").desc(), "pk")


def on_present_texts(rows: QuerySet[Assignment]) -> QuerySet[Assignment]:
    """Narrow assignments to those that can be worked on: on the present texts of articles that were not merged."""
    present = rows.filter(version__article__current_version=F("version"), version__article__merged_into__isnull=True)
    return present.select_related("version__article")


def keep_place(assignment: Assignment, *, by: Membership) -> Assignment:
    """Renew the lease of one's own assignment, or take it up again after it ran out, while there is a place.

    In the caller's transaction, 1 query; to take it up again, 5.
    """
    until = lease_end(by.project)
    if assignment.state == State.OPEN and assignment.lease_until is not None:
        renewed = Assignment.objects.filter(pk=assignment.pk, state=State.OPEN).update(lease_until=until)
        assignment.lease_until = until if renewed else assignment.lease_until
    elif assignment.state == State.LAPSED and not assignment.is_late:
        _take_up_again(assignment, until)
    return assignment


def lease_end(project: Project) -> datetime | None:
    """Return until when a place is kept that somebody takes now; None where the project keeps it for good."""
    return timezone.now() + timedelta(hours=project.lease_hours) if project.lease_hours else None


def _take(by: Membership, request: Request | None) -> Assignment | None:
    before = _taken_before(by, request)
    if before is not None:
        return before
    # everybody who takes from this project's queue comes one after the other
    project = Project.objects.select_for_update(no_key=True).get(pk=by.project_id)
    end_leases(project)
    found = own_open(by).first()
    if found is not None or project.queue_order == Order.NONE:
        return found
    for each in _open_rounds(project):
        article = _free_article(each, project, by)
        if article is not None:
            return _give(article, each, project, by, request)
    return None


def end_leases(project: Project) -> int:
    """Free the places whose lease ran out; 1 query where there are none, else 5."""
    rows = Assignment.objects.filter(project=project, state=State.OPEN, lease_until__lt=timezone.now())
    expired = dict(rows.order_by("lease_until").values_list("pk", "version__article_id")[:MOST_LAPSED])
    if not expired:
        return 0
    names = _lapse(rows.filter(pk__among=sorted(expired)), expired.values())
    record(None, "assignments.lapsed", "project", project.slug, after={"assignments": names}, project=project)
    return len(names)


def free_places_of(member: Membership) -> list[str]:
    """Free the places of a person who leaves, those kept for good too; return the assignments; at most 5 queries."""
    rows = Assignment.objects.filter(annotator=member, state=State.OPEN)
    articles = list(rows.order_by().values_list("version__article_id", flat=True))
    return _lapse(rows, articles) if articles else []


def _lapse(rows: QuerySet[Assignment], articles: Iterable[int]) -> list[str]:
    lock_articles(sorted(set(articles)))
    names = sorted(str(uuid) for uuid in rows.values_list("uuid", flat=True))
    rows.update(state=State.LAPSED, state_number=F("state_number") + 1)
    count_places(articles)
    return names


def _open_rounds(project: Project) -> list[Round]:
    """Return the open rounds, the one opened last first; the one that takes what is new comes last."""
    rounds = rounds_of(project) or [first_round(project.pk)]
    return sorted((each for each in rounds if each.is_open), key=lambda each: (each.takes_new, -each.number))


def _free_article(found_in: Round, project: Project, by: Membership) -> Article | None:
    """Return a round's first article with a free place that the person has not had; what they lost they get again."""
    own = Assignment.objects.filter(version_id=OuterRef("current_version_id"), annotator=by)
    had = own.exclude(state=State.LAPSED, late_at__isnull=True)
    rows = Article.objects.filter(project=project, round=None if found_in.takes_new else found_in)
    rows = rows.filter(~Exists(had), is_full=False, merged_into__isnull=True, current_version__isnull=False)
    rows = rows.annotate(held=places_held(), wanted=places_wanted())
    rows = rows.only("pk", "uuid", "current_version_id", "round_id")
    for _look in range(MOST_LOOKS):
        found = rows.order_by(*_terms(project, by)).first()
        if found is None or found.held < found.wanted:
            return found
        count_places([found.pk])  # somebody wrote assignments past the counter
    return None


def _terms(project: Project, by: Membership) -> list[str | OrderBy]:
    match project.queue_order:
        case Order.OLDEST:
            return [F("published_at").asc(nulls_last=True), "pk"]
        case Order.FEWEST:
            return ["places_taken", "pk"]
        case Order.SHUFFLED:
            return [OrderBy(_shuffled(project.queue_seed, by)), "pk"]
    return ["pk"]


def _shuffled(seed: int, by: Membership) -> CombinedExpression:
    """Return a number for each article that the person's seed decides: the same each time, for each person others.

    It is worked out in whole numbers that both databases have: a product of two lines modulo a prime.
    """
    digest = hashlib.sha256(f"{seed} {by.uuid}".encode()).digest()
    a, b, c, d = (int.from_bytes(digest[n : n + 4]) % (_PRIME - 1) + 1 for n in (0, 4, 8, 12))
    place = F("pk") % Value(_PRIME)
    first, second = ((place * Value(times) + Value(plus)) % Value(_PRIME) for times, plus in ((a, b), (c, d)))
    return (first * second) % Value(_PRIME)


def _give(article: Article, given_in: Round, project: Project, by: Membership, request: Request | None) -> Assignment:
    version, until = article.current_version_id, lease_end(project)
    defaults = {"project": project, "lease_until": until, "round": given_in}
    assignment, is_new = Assignment.objects.get_or_create(version_id=version, annotator=by, defaults=defaults)
    if not is_new:
        _reopen(assignment, until)
    count_places([article.pk])
    record(by, "assignment.taken", "assignment", assignment.uuid, after={"state": State.OPEN}, request=request)
    return own_open(by).get(pk=assignment.pk)


def _take_up_again(assignment: Assignment, until: datetime | None) -> None:
    if has_place(assignment):
        _reopen(assignment, until)
        count_places([assignment.version.article_id])


def has_place(assignment: Assignment) -> bool:
    """Tell whether the text has a place left, and keep others from taking it in this transaction; 2 queries."""
    return has_free_place(assignment.version_id, assignment.project_id)


def has_free_place(version: int, project: int) -> bool:
    """Tell the same of a text that one has no assignment of."""
    Project.objects.select_for_update(no_key=True).values_list("pk").get(pk=project)
    rows = Article.objects.filter(current_version=version, merged_into__isnull=True)
    return rows.annotate(held=places_held(), wanted=places_wanted()).filter(held__lt=F("wanted")).exists()


def _reopen(assignment: Assignment, until: datetime | None) -> None:
    assignment.state, assignment.lease_until, assignment.late_at = State.OPEN, until, None
    assignment.state_number += 1
    assignment.save(update_fields=["state", "lease_until", "late_at", "state_number"])


def _taken_before(by: Membership, request: Request | None) -> Assignment | None:
    event = earlier_act(by, request)
    rows = Assignment.objects.select_related("version__article").defer("version__text")
    return rows.filter(annotator=by, uuid=event.object_key).first() if event is not None else None
