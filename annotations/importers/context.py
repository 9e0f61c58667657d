"""What every chunk of an import has to know: the project, the answers given at its start, its labels and people."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any

from django.db import connection
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from annotations.jobs.starting import parse_date
from annotations.models import Job, Label, Membership, Project, Round

from .checking import BadValue
from .labels_met import label_of

PSEUDONYM_LENGTH = 100
ANNOTATOR_UNNAMED = "imported"
IMPORTED = " (imported)"
"""Added to a pseudonym that a member of the project has: a file does not speak for a person who can log in, unless a
manager has matched that person to an annotator of a file."""


@dataclass
class Context:
    """The fixed facts of one import, loaded once for each chunk."""

    job: Job
    project: Project
    on_conflict: str
    on_duplicate: str
    publisher: str
    language: str
    published_at: date | datetime | None
    roles: dict[str, str]
    now: datetime = field(default_factory=timezone.now)
    annotators_met: set[str] = field(default_factory=set)
    """Names of annotators that were checked, as they stand in a file."""
    _labels: dict[tuple[str, str, str], int] | None = None
    _rounds: dict[int, int] | None = None
    _people: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, job: Job) -> Context:
        """Read the answers from the job's parameters."""
        defaults = job.parameters.get("defaults", {})
        return cls(
            job=job,
            project=job.project,
            on_conflict=job.parameters.get("on_conflict", "skip"),
            on_duplicate=job.parameters.get("on_duplicate", "keep"),
            publisher=defaults.get("publisher", ""),
            language=defaults.get("language", ""),
            published_at=parse_date(defaults["published_at"]) if defaults.get("published_at") else None,
            roles=job.parameters.get("annotators", {}),
        )

    @cached_property
    def project_id(self) -> int:
        """Return the project's id; a million rows have it."""
        return self.project.pk

    @cached_property
    def job_id(self) -> int:
        """Return the import's id; a million rows have it."""
        return self.job.pk

    @cached_property
    def span_labels(self) -> dict[Any, int]:
        """Return the labels on spans by key, as `label` finds them."""
        self.label({})
        assert self._labels is not None
        return {key: pk for (kind, by, key), pk in self._labels.items() if kind == Label.AppliesTo.SPAN and by == "key"}

    @property
    def is_trial(self) -> bool:
        """Tell whether all of it is rolled back in the end: then nobody else is to wait for it."""
        return self.job.is_trial

    def label(self, data: dict[str, Any], applies_to: str = Label.AppliesTo.SPAN) -> int | None:
        """Return the label that a record names by key or name: of the newest label set that has it; one query for all.

        A name that another tool gave counts as a key where no label has it as its name.
        """
        if self._labels is None:
            rows = Label.objects.filter(project=self.project).order_by("label_set__version")
            self._labels = {}
            for pk, kind, key, name in rows.values_list("pk", "applies_to", "key", "name"):
                self._labels[kind, "key", key] = self._labels[kind, "name", name] = pk
        by, value = label_of(data)
        found = self._labels.get((applies_to, by, value))
        return found if found is not None or by == "key" else self._labels.get((applies_to, "key", value))

    def round(self, data: dict[str, Any], name: str) -> int | None:
        """Return the round that a record names by its number; None where it names none. Raises `BadValue`."""
        number = data.get(name)
        if number is None:
            return None
        if self._rounds is None:
            rows = Round.objects.filter(project=self.project)
            self._rounds = dict(rows.values_list("number", "pk"))
        if not isinstance(number, int) or number not in self._rounds:
            message = _("The project has no round of this number. Import the file with its header.")
            raise BadValue(name, number, message)
        return self._rounds[number]

    def person(self, pseudonym: str) -> int:
        """Return the membership of an annotator that `meet` was told of."""
        return self._people[pseudonym]

    def forget_people(self) -> None:
        """Look everybody up again: memberships made in a transaction that was rolled back are gone."""
        self._people = {}

    def meet(self, pseudonyms: set[str]) -> None:
        """Find or make the memberships of a file's annotators, several staying apart; at most 3 queries."""
        unknown = pseudonyms - self._people.keys()
        if not unknown:
            return
        self._find(unknown)
        missing = sorted(unknown - self._people.keys())
        if missing:
            self._make(missing)

    def _find(self, pseudonyms: set[str]) -> None:
        names = pseudonyms | {_imported(name) for name in pseudonyms}
        of_files = Q(user__isnull=True) | ~Q(name_in_files="")
        rows = Membership.objects.filter(
            Q(name_in_files__in=pseudonyms) | Q(pseudonym__in=names) & of_files, project=self.project
        )
        by_name, by_pseudonym = {}, {}
        for pk, pseudonym, name in rows.values_list("pk", "pseudonym", "name_in_files"):
            by_name[name], by_pseudonym[pseudonym] = pk, pk
        for name in pseudonyms:
            found = by_name.get(name) or by_pseudonym.get(name) or by_pseudonym.get(_imported(name))
            if found is not None:
                self._people[name] = found

    def _make(self, pseudonyms: list[str]) -> None:
        taken = set(
            Membership.objects.filter(project=self.project, pseudonym__in=pseudonyms).values_list(
                "pseudonym", flat=True
            )
        )
        rows = [
            Membership(
                project=self.project,
                pseudonym=_imported(name) if name in taken else name,
                name_in_files="" if name == ANNOTATOR_UNNAMED else name,
                role=self._role(name),
            )
            for name in pseudonyms
        ]
        Membership.objects.bulk_create(rows, ignore_conflicts=ignores_conflicts())
        self._find(set(pseudonyms))

    def _role(self, pseudonym: str) -> str:
        role = self.roles.get(pseudonym)
        return role if role in Membership.Role.values else Membership.Role.ANNOTATOR


def _imported(name: str) -> str:
    return name[: PSEUDONYM_LENGTH - len(IMPORTED)] + IMPORTED


def ignores_conflicts() -> bool:
    """Tell whether bulk inserts should pass over rows that somebody else wrote in the same moment.

    On SQLite nobody can, as there is one writer, and `INSERT OR IGNORE` would pass over broken constraints too.
    """
    return connection.vendor == "postgresql"
