"""What a person may see in the admin: a superuser every project, other staff the projects they manage.

Blindness holds here too. A superuser who annotates in a blind project sees of its work what an annotator sees.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar, cast

from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest

from annotations.access import Act, allows, may_see, sees_all_work
from annotations.models import Membership, Project, User
from annotations.workflow.administrating import manager_part_of

M = TypeVar("M", bound=Model)
NOTHING = Q(pk__in=[])


@dataclass(frozen=True, slots=True)
class Sight:
    """One person's sight; `managed` counts for staff, `blinkers` are a superuser's parts that see less than all."""

    user: User
    managed: tuple[Membership, ...]
    blinkers: tuple[Membership, ...]

    @property
    def is_empty(self) -> bool:
        """Tell whether there is no project to look at."""
        return not self.user.is_superuser and not self.managed

    def projects(self) -> QuerySet[Project]:
        """Return the projects that can be looked at."""
        return self.inside(Project.objects.all(), "pk")

    def inside(self, rows: QuerySet[M], path: str) -> QuerySet[M]:
        """Narrow rows that belong to a project and tell nothing of anybody's work."""
        if self.user.is_superuser:
            return rows
        return rows.filter(**{f"{path}__in": [part.project_id for part in self.managed]})

    def judgements(self, rows: QuerySet[M]) -> QuerySet[M]:
        """Narrow judgements, and what is known through them, by the one rule of `visible_to`."""
        if self.user.is_superuser:
            condition = ~Q(project_id__in=self._blinkered()) if self.blinkers else Q()
            parts = self.blinkers
        else:
            condition, parts = NOTHING, self.managed
        for part in parts:
            condition |= may_see(part, rows.model)
        return rows.filter(condition)

    def records(self, rows: QuerySet[M], path: str) -> QuerySet[M]:
        """Narrow rows that tell of everybody's work: acts, jobs, results."""
        return self.inside(rows, path).exclude(**{f"{path}__in": self._blinkered()})

    def part_in(self, project: Project) -> Membership:
        """Return the part through which this person acts in the project; see `manager_part_of`."""
        return manager_part_of(self.user, project)

    def _blinkered(self) -> list[int]:
        return [part.project_id for part in self.blinkers]


def sight_of(request: HttpRequest) -> Sight:
    """Find out once per request; 1 query."""
    known = getattr(request, "admin_sight", None)
    if known is None:
        known = request.admin_sight = _find(cast(User, request.user))  # type: ignore[attr-defined]
    return cast(Sight, known)


def _find(user: User) -> Sight:
    parts = Membership.objects.filter(user_id=user.pk, ended_at__isnull=True).select_related("project")
    if user.is_superuser:
        return Sight(user, (), tuple(part for part in parts if not sees_all_work(part)))
    return Sight(user, tuple(part for part in parts if allows(part, Act.MANAGE_PROJECT)), ())
