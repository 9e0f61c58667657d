"""The texts that wait for a review, those first on which people differ most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from annotations.models import Adjudication, Article, Project, ReviewCount
from annotations.models.among import Many

from .differing import count_differences

MOST_AT_ONCE = 400
"""So many texts are counted by whoever reads the list, in half a second; workers count the rest."""
NEW = "new"
"""The state of a text that nobody began to settle."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A text that two or more people handed in. `missing` counts what somebody has and another has not, of every kind.

    `share` is that number divided by all that there would be if everybody had everything, from 0 to 1.
    """

    version_id: int
    n_people: int
    n_given: int
    missing: int
    state: str

    @property
    def share(self) -> float:
        """Return how much people differ, from 0 to 1."""
        whole = self.missing + self.n_given
        return self.missing / whole if whole else 0.0


@dataclass(frozen=True, slots=True)
class Queue:
    """The texts of a project that wait; `n_uncounted` are those whose differences are still to be counted."""

    rows: QuerySet[Any]
    n_uncounted: int

    def __len__(self) -> int:
        """Return how many they are; 1 query."""
        return self.rows.count()

    def between(self, start: int, end: int) -> list[Waiting]:
        """Return some of them, in their order; 1 query."""
        rows = self.rows.order_by("-n_missing", "n_given", "version_id")
        columns = rows.values_list("version_id", "n_people", "n_given", "n_missing", "state")
        return [Waiting(*values) for values in columns[start:end]]


def waiting(project: Project, *, with_finished: bool = False) -> Queue:
    """Count what changed, and return the texts to review; 1 query, and more only in proportion to what changed."""
    n_uncounted = count_differences(project.pk, most=MOST_AT_ONCE)
    present = Q(version__article__current_version_id=F("version_id"), version__article__merged_into__isnull=True)
    begun = Adjudication.objects.filter(version=OuterRef("version"))
    rows = ReviewCount.objects.filter(present, project=project, n_people__gt=1)
    rows = rows.annotate(state=Coalesce(Subquery(begun.values("state")[:1]), Value(NEW)))
    if not with_finished:
        rows = rows.filter(~Exists(begun.filter(state=Adjudication.State.FINISHED)))
    return Queue(rows, n_uncounted)


def articles_of(rows: Sequence[Waiting]) -> dict[int, Article]:
    """Return the articles of some texts by the ids of these; 1 query."""
    found = Article.objects.select_related("publisher").filter(
        current_version__among=Many([r.version_id for r in rows])
    )
    return {article.current_version_id: article for article in found if article.current_version_id} if rows else {}
