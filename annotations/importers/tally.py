"""What an import did, counted chunk by chunk, with the problems it met and a digest of what it wrote."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from django.db.models import F

from annotations.jobs.recording import record_chunk
from annotations.models import Chunk, Job, JobProblem

from .records import Problem

MOST_STORED_PROBLEMS = 1_000
"""Problems of one job that are kept with their words; all are counted."""


@dataclass
class Tally:
    """The counts of one chunk. `articles` has the keys created, updated, unchanged and rejected."""

    articles: Counter[str] = field(default_factory=Counter)
    others: Counter[str] = field(default_factory=Counter)
    problems: list[Problem] = field(default_factory=list)
    notices: list[Problem] = field(default_factory=list)
    written: list[str] = field(default_factory=list)

    def wrote(self, *identities: object) -> None:
        """Note what names the written rows, for the digest."""
        self.written += map(str, identities)

    def add(self, other: Tally) -> None:
        """Take over the counts of a part of the chunk."""
        self.articles += other.articles
        self.others += other.others
        self.problems += other.problems
        self.notices += other.notices
        self.written += other.written

    def take(self, problem: Problem) -> None:
        """Sort a reader's problem: a rejection counts as a record that was read, a remark does not."""
        if problem.leaves_out:
            self.leave_out(problem.leaves_out, problem)
        elif problem.is_rejection:
            self.articles["rejected"] += 1
            self.problems.append(problem)
        else:
            self.notices.append(problem)

    def reject(self, problem: Problem) -> None:
        """Count an article that is not imported."""
        self.articles["rejected"] += 1
        self.problems.append(problem)

    def leave_out(self, what: str, problem: Problem) -> None:
        """Count a part of a record (an annotation, a claim) that is not imported."""
        self.others[f"{what}_rejected"] += 1
        self.problems.append(problem)

    def counts(self) -> dict[str, int]:
        """Return the counts of everything."""
        return {**self.articles, **self.others}


def save_tally(tally: Tally, chunk: Chunk) -> None:
    """Write counts, problems and the one audit event of a chunk, in the chunk's transaction; 5 queries."""
    chunk.facts = tally.counts()
    Job.objects.filter(pk=chunk.job_id).update(
        done=F("done") + chunk.count,
        n_problems=F("n_problems") + len(tally.problems),
        **{name: F(name) + count for name, count in columns_of(tally).items()},
    )
    _save_problems(tally, chunk)
    record_chunk(chunk, "articles.imported", tally.written, tally.counts())


def save_trial(tally: Tally, n_problems: int, chunk: Chunk) -> None:
    """Write what a dry run found, in its one chunk's transaction: counts and problems, no event, as nothing changed."""
    chunk.facts = tally.counts()
    Job.objects.filter(pk=chunk.job_id).update(done=chunk.count, n_problems=n_problems, **columns_of(tally))
    _save_problems(tally, chunk)


def columns_of(tally: Tally) -> dict[str, int]:
    """Return the counts of articles under the names that they have on the job's row, and what else was written."""
    counts = {f"n_{name}": tally.articles[name] for name in ("created", "updated", "unchanged", "rejected")}
    n_others = sum(count for name, count in tally.others.items() if name.endswith("_created"))
    return {"n_read": sum(tally.articles.values()), "n_others": n_others, **counts}


def _save_problems(tally: Tally, chunk: Chunk) -> None:
    """Keep problems up to the cap. The update of the job's row before this lets no other chunk in between."""
    if not tally.problems and not tally.notices:
        return
    room = MOST_STORED_PROBLEMS - JobProblem.objects.filter(job_id=chunk.job_id).count()
    marked = [(problem, JobProblem.Severity.PROBLEM) for problem in tally.problems]
    marked += [(notice, JobProblem.Severity.NOTICE) for notice in tally.notices]
    JobProblem.objects.bulk_create(
        JobProblem(
            job_id=chunk.job_id,
            chunk=chunk,
            severity=severity,
            file=_storable(problem.file)[:500],
            line=problem.line,
            field=_storable(problem.field)[:100],
            value=_storable(problem.value)[:200],
            message=_storable(problem.message),
        )
        for problem, severity in marked[: max(0, room)]
    )


def _storable(text: str) -> str:
    return text.replace("\x00", "\\u0000").encode("utf-8", "backslashreplace").decode("utf-8")
