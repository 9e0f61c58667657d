"""What an import does to the project before its first article: what headers say, and labels that files name."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from annotations.models import Job, Project

from .context import Context
from .headers import apply_headers, roles_in
from .labels_met import LabelsMet
from .records import CorpusHeader, Problem

MOST_HEADERS = 100


@dataclass
class Setup:
    """The headers of an import's files, and the labels met in their articles."""

    headers: list[CorpusHeader] = field(default_factory=list)
    labels: LabelsMet = field(default_factory=LabelsMet)

    def take(self, header: CorpusHeader) -> None:
        """Take one more header, up to a cap."""
        if len(self.headers) < MOST_HEADERS:
            self.headers.append(header)

    def to_line(self) -> bytes:
        """Write it as one line of a spool."""
        told = {"headers": [header.data for header in self.headers], "labels": list(self.labels.names)}
        return json.dumps(told).encode() + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> Setup:
        """Read it back."""
        told = json.loads(line)
        made = cls([CorpusHeader(data) for data in told["headers"]])
        made.labels.names = dict.fromkeys((applies_to, name) for applies_to, name in told["labels"])
        return made

    def labels_alone(self) -> Setup:
        """Return what it says of labels: all that reading an article needs."""
        headers = [
            CorpusHeader({"label_set": header.data["label_set"]})
            for header in self.headers
            if header.data.get("label_set")
        ]
        return Setup(headers, self.labels)


def set_up(setup: Setup, job: Job) -> list[Problem]:
    """Change the project as headers and labels ask, in the caller's transaction; return what could not be taken."""
    people = Context.of(job)
    people.roles = roles_in(setup.headers)

    def meet(name: str) -> int:
        people.meet({name})
        return people.person(name)

    problems = apply_headers(setup.headers, job, meet)
    if setup.labels.names:
        setup.labels.add_missing(Project.objects.select_for_update().get(pk=job.project.pk))
    return problems
