"""How far a round is: a row an article, a column a person, and what the counters say of all of it.

For who sees everybody's work: callers ask for that permission.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum

from annotations.models import Article, ArticleVersion, Assignment, Membership, Project, Round, WorkCount
from annotations.models.among import Many

State = Assignment.State
FREE = "free"
"""The articles that lack annotators."""
LATE = "late"
"""What was handed in when its place had gone to others, and waits for a manager."""
FILTERS = (*State.values, FREE, LATE)
ROWS_A_PAGE, MOST_COLUMNS = 50, 12


@dataclass(frozen=True, slots=True)
class PersonCounts:
    """How many assignments of one person have each state in a round."""

    person: Membership
    states: dict[str, int]

    @property
    def total(self) -> int:
        """Return how many there are."""
        return sum(self.states.values())

    @property
    def handed_in(self) -> int:
        """Return how many are out of the person's hands."""
        return sum(self.states.get(state, 0) for state in Assignment.HANDED_IN)

    @property
    def cells(self) -> list[tuple[str, int]]:
        """Return the counts in the order of the states."""
        return [(state, self.states.get(state, 0)) for state in State.values]


@dataclass(slots=True)
class MatrixRow:
    """One article with the assignments on its text, by person."""

    version_id: int
    article: Article
    cells: dict[int, Assignment] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Matrix:
    """A page of a round's articles; `next` names the text after which the next page begins."""

    rows: list[MatrixRow]
    next: UUID | None


def counts_of_round(found: Round) -> list[PersonCounts]:
    """Return the counters of everybody who has work in a round, by pseudonym; 1 query."""
    states: dict[Membership, dict[str, int]] = defaultdict(dict)
    rows = WorkCount.objects.filter(round=found, n__gt=0).select_related("annotator__user")
    for row in rows.order_by("annotator__pseudonym", "annotator_id"):
        states[row.annotator][row.state] = row.n
    return [PersonCounts(person, counts) for person, counts in states.items()]


def counts_of_rounds(project: Project) -> dict[int, dict[str, int]]:
    """Return how many assignments have each state, by round; 1 query, from the counters."""
    found: dict[int, dict[str, int]] = defaultdict(dict)
    rows = WorkCount.objects.filter(project=project).order_by().values_list("round_id", "state")
    for pk, state, n in rows.annotate(all=Sum("n")):
        found[pk][state] = n
    return found


def articles_in(found: Round) -> QuerySet[Article]:
    """Return the articles that are in a round now."""
    own = {"round__isnull": True} if found.takes_new else {"round": found}
    rows = Article.objects.filter(project_id=found.project_id, merged_into__isnull=True, **own)
    return rows.filter(current_version__isnull=False)


def places_of_round(found: Round) -> dict[str, int]:
    """Count the articles that are in a round now, those with all their annotators, and those nobody has; 1 query."""
    return articles_in(found).aggregate(
        articles=Count("pk"), full=Count("pk", filter=Q(is_full=True)), untouched=Count("pk", filter=Q(places_taken=0))
    )


def matrix_of(
    found: Round,
    *,
    state: str = "",
    person: Membership | None = None,
    after: UUID | None = None,
    size: int = ROWS_A_PAGE,
) -> Matrix:
    """Return a page of the matrix, by the order in which texts came; at most 5 queries, whatever the project's size.

    `after` is the version at which the page before ended. With a state, only articles that somebody, or the person,
    has in that state; with a person alone, those that they have.
    """
    texts = ArticleVersion.objects.filter(project_id=found.project_id)
    place = texts.filter(uuid=after).values_list("pk", flat=True).first() if after else None
    versions = list(_versions(found, state, person, place or 0)[: size + 1])
    is_last = len(versions) <= size
    versions = versions[:size]
    articles = Article.objects.filter(current_version__in=versions).select_related("current_version")
    articles = articles.only("uuid", "title", "current_version__uuid")
    rows = {
        article.current_version.pk: MatrixRow(article.current_version.pk, article)
        for article in articles
        if article.current_version
    }
    following = None if is_last else _uuid_of(versions[-1], rows, texts)
    given = Assignment.every.filter(version__among=Many(versions), round=found) if versions else Assignment.every.none()
    for assignment in given.order_by("pk"):
        if assignment.version_id in rows:
            rows[assignment.version_id].cells[assignment.annotator_id] = assignment
    return Matrix([rows[pk] for pk in versions if pk in rows], following)


def _uuid_of(version: int, rows: dict[int, MatrixRow], texts: QuerySet[ArticleVersion]) -> UUID:
    """Return what names a text; 1 query where a newer one has taken its place."""
    present = rows[version].article.current_version if version in rows else None
    return present.uuid if present else texts.values_list("uuid", flat=True).get(pk=version)


def _versions(found: Round, state: str, person: Membership | None, after: int) -> QuerySet[Any, int]:
    """Return the texts of a page's articles: through the assignments where a state or a person is asked for."""
    if state in State.values or state == LATE or person is not None:
        given = Assignment.every.filter(round=found, version_id__gt=after)
        given = given.filter(state=state) if state in State.values else given
        given = given.filter(state=State.LAPSED, late_at__isnull=False) if state == LATE else given
        given = given.filter(annotator=person) if person is not None else given
        given = given.filter(version__article__is_full=False) if state == FREE else given
        return given.order_by("version_id").values_list("version_id", flat=True).distinct()
    rows = articles_in(found).filter(current_version_id__gt=after)
    rows = rows.filter(is_full=False) if state == FREE else rows
    return rows.order_by("current_version_id").values_list("current_version_id", flat=True)


def shown_people(counts: Sequence[PersonCounts], number: int) -> tuple[list[PersonCounts], int]:
    """Return the people of one page of columns, and how many such pages there are."""
    last = max(1, -(-len(counts) // MOST_COLUMNS))
    first = (min(max(1, number), last) - 1) * MOST_COLUMNS
    return list(counts[first : first + MOST_COLUMNS]), last
