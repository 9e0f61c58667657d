"""How many places of an article are taken: the counter that the queue searches by, and how it is counted anew.

The assignments are the truth. Whoever changes them calls `count_places` in the same transaction; the queue counts
what it is about to give once more, so that a counter that was left behind costs a look, never a place too many.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection
from django.db.models import Case, Count, Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.db.models.lookups import GreaterThanOrEqual

from annotations.models import Article, ArticleVersion, Assignment, Project, Round
from annotations.models.counters import REBUILD_WORK_COUNTS, WRONG_WORK_COUNTS


def places_held() -> Coalesce:
    """Return, as an expression for articles, how many assignments of the present text hold a place."""
    rows = Assignment.objects.filter(version_id=OuterRef("current_version_id"), state__in=Assignment.HOLDING)
    counted = rows.order_by().values("version_id").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), Value(0))


def places_wanted() -> Case:
    """Return, as an expression for articles, how many annotators each is to have: by its round, else its project.

    One whose text is withheld is to have none.
    """
    by_round = Round.objects.filter(pk=OuterRef("round_id")).values("annotators_per_article")
    by_project = Project.objects.filter(pk=OuterRef("project_id")).values("annotators_per_article")
    stated = Coalesce(Subquery(by_round), Subquery(by_project), output_field=IntegerField())
    withheld = ArticleVersion.objects.filter(pk=OuterRef("current_version_id"), withheld_at__isnull=False)
    return Case(When(Exists(withheld), then=Value(0)), default=stated)


def count_places(articles: Iterable[int]) -> None:
    """Count the places of some articles, in the caller's transaction; 2 queries.

    The rows are locked first: of two who change one article's assignments at once, the second counts both.
    """
    ids = sorted(set(articles))
    if ids:
        lock_articles(ids)
        _count(Article.objects.filter(pk__among=ids))


def lock_articles(ids: list[int]) -> None:
    """Lock articles in the order of their ids; 1 query."""
    rows = Article.objects.select_for_update(no_key=True).filter(pk__among=ids)
    list(rows.order_by("pk").values_list("pk"))


def count_all_places(project: Project) -> int:
    """Count the places of all articles of a project; return how many counters were wrong. 1 query."""
    return _count(wrong_counters(project))


def wrong_counters(project: Project) -> QuerySet[Article]:
    """Return the articles whose counter is not what their assignments say."""
    rows = Article.objects.filter(project=project).annotate(held=places_held(), wanted=places_wanted())
    is_told_right = Q(is_full=True, held__gte=F("wanted")) | Q(is_full=False, held__lt=F("wanted"))
    return rows.exclude(is_told_right, places_taken=F("held"))


def count_wrong_work() -> int:
    """Return how many counters of work by person, round and state are not what the assignments say; 1 query."""
    with connection.cursor() as cursor:
        cursor.execute(WRONG_WORK_COUNTS)
        return int(cursor.fetchone()[0])


def rebuild_work_counts() -> int:
    """Count anew how many assignments of each person have each state in each round; return how many were wrong.

    In the caller's transaction, which nobody's assignments may change meanwhile: the table is locked on PostgreSQL.
    """
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("LOCK TABLE annotations_assignment IN SHARE MODE")
        wrong = count_wrong_work()
        for statement in REBUILD_WORK_COUNTS if wrong else ():
            cursor.execute(statement)
    return wrong


def _count(rows: QuerySet[Article]) -> int:
    held = places_held()
    return rows.order_by().update(places_taken=held, is_full=GreaterThanOrEqual(held, places_wanted()))
