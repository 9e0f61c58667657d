"""A dry run: everything is read, checked and written part by part, and each part is taken back at once.

Nobody waits long for it: each part holds its locks for about as long as a chunk of an import. What a claim refers to in
earlier parts (the annotations and articles that it names) is written before it and taken back with it.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any, BinaryIO, cast

from django.db import connection, transaction
from django.utils.translation import gettext as _

from annotations.jobs.leases import Held
from annotations.jobs.running import PAUSE_ON_SQLITE
from annotations.models import Job
from annotations.workflow.projects import current_labels

from .context import Context
from .gathering import load_records
from .loading import load_articles
from .records import ImportedArticle, ImportedRecord, Problem
from .setting_up import Setup, set_up
from .spooling import Spooled, from_line, weight_of
from .tally import MOST_STORED_PROBLEMS, Tally, columns_of, save_trial

TRIAL = 3
"""The stage of the one chunk of a dry run."""
HEAVIEST = {"postgresql": 500, "sqlite": 100}
MOST_BYTES = 8 * 1024 * 1024
MOST_NAMED_LABELS = 50
IN_ONE_QUERY = 500

Part = list[tuple[int, Spooled]]
"""Records with their places in the spool."""


class Found:
    """What a dry run found so far; of the problems it keeps those that will be stored, and counts all."""

    def __init__(self) -> None:
        self.tally = Tally()
        self.n_problems = 0
        self.done = 0

    def add(self, part: Tally, count: int) -> None:
        """Take over what was found in a part."""
        self.n_problems += len(part.problems)
        self.done += count
        self.tally.articles += part.articles
        self.tally.others += part.others
        room = MOST_STORED_PROBLEMS - len(self.tally.problems) - len(self.tally.notices)
        self.tally.problems += part.problems[: max(0, room)]
        self.tally.notices += part.notices[: max(0, room - len(part.problems))]


class Seen:
    """Where in the spool articles and annotations stand, by name: a nameless database on the disk, gone when closed."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("")
        self._database.execute("CREATE TABLE seen (name TEXT, start INTEGER)")
        self._database.execute("CREATE INDEX by_name ON seen (name, start)")

    def add(self, part: Part) -> None:
        """Note the articles of a part and their annotations."""
        rows = ((name, start) for start, record in part for name in _names_of(record))
        self._database.executemany("INSERT INTO seen VALUES (?, ?)", rows)

    def before(self, start: int, names: list[str]) -> list[int]:
        """Return the places before `start` at which something of these names stands, in order."""
        places: set[int] = set()
        for first in range(0, len(names), IN_ONE_QUERY):
            some = names[first : first + IN_ONE_QUERY]
            marks = ",".join("?" * len(some))
            query = f"SELECT DISTINCT start FROM seen WHERE start < ? AND name IN ({marks})"  # noqa: S608 -- marks only
            places.update(place for (place,) in self._database.execute(query, [start, *some]))
        return sorted(places)

    def close(self) -> None:
        """Let it go."""
        self._database.close()


def try_out(held: Held) -> None:
    """Try an import whose records are in the spool; write what was found, and nothing else."""
    found = Found()
    with held.kept(), held.job.spool.open("rb") as file, closing(Seen()) as seen:
        spool = cast(BinaryIO, file)
        spool.seek(held.chunk.start)
        setup = Setup.from_line(spool.read(held.chunk.end - held.chunk.start))
        with _taken_back():
            found.add(_try_setup(setup, held.job), 0)
        setup = setup.labels_alone()
        for part in _parts(spool, held.chunk.start):
            with _taken_back():
                set_up(setup, held.job)
                found.add(_try_part(part, spool, seen, held.job), len(part))
            seen.add(part)
            held.tick(done=found.done, **columns_of(found.tally))
            if connection.vendor == "sqlite" and not connection.in_atomic_block:
                time.sleep(PAUSE_ON_SQLITE)
    with held.finishing():
        save_trial(found.tally, found.n_problems, held.chunk)


@contextmanager
def _taken_back() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def _try_setup(setup: Setup, job: Job) -> Tally:
    tally = Tally()
    before = {(label.applies_to, label.key) for label in current_labels(job.project)}
    for problem in set_up(setup, job):
        tally.leave_out("header", problem)
    added = [label for label in current_labels(job.project) if (label.applies_to, label.key) not in before]
    tally.others["labels_created"] += len(added)
    message = _("The project has no such label. The import would add it to the label set.")
    for label in added[:MOST_NAMED_LABELS]:
        tally.notices.append(Problem("", None, "label", label.name, message, is_rejection=False))
    return tally


def _try_part(part: Part, spool: BinaryIO, seen: Seen, job: Job) -> Tally:
    context, tally = Context.of(job), Tally()
    place = spool.tell()
    earlier = [_read_at(spool, start) for start in seen.before(part[0][0], _names_in(part))]
    spool.seek(place)
    load_articles([each for each in earlier if isinstance(each, ImportedArticle)], context, Tally())
    records = [record for _start, record in part]
    for problem in records:
        if isinstance(problem, Problem):
            tally.take(problem)
    load_articles([each for each in records if isinstance(each, ImportedArticle)], context, tally)
    load_records([each for each in records if isinstance(each, ImportedRecord)], context, tally)
    return tally


def _parts(spool: BinaryIO, end: int) -> Iterator[Part]:
    """Yield the records of the spool up to `end`, some at a time, articles apart from what follows them."""
    part: Part = []
    weight, size, start = 0.0, 0, 0
    spool.seek(0)
    while start < end:
        line = spool.readline()
        if not line:
            raise OSError("the spool file ends before its records")
        record = from_line(line)
        is_full = weight >= HEAVIEST[connection.vendor] or size + len(line) > MOST_BYTES
        if part and (is_full or isinstance(record, ImportedRecord) != isinstance(part[0][1], ImportedRecord)):
            yield part
            part, weight, size = [], 0.0, 0
        part.append((start, record))
        weight, size, start = weight + weight_of(record), size + len(line), start + len(line)
    if part:
        yield part


def _read_at(spool: BinaryIO, start: int) -> Spooled:
    spool.seek(start)
    return from_line(spool.readline())


def _names_of(record: Spooled) -> Iterator[str]:
    """Yield the names under which later records find this one."""
    if isinstance(record, ImportedArticle):
        yield f"article {record.external_id}"
        for each in record.annotations:
            if each.get("key"):
                yield f"annotation {each['key']}"


def _names_in(part: Part) -> list[str]:
    """Return the names that the claims of a part refer to; that articles are there once, the readers see to."""
    names: set[str] = set()
    for _start, record in part:
        if isinstance(record, ImportedRecord):
            names.update(_references(record.data))
    return sorted(names)


def _references(value: Any) -> Iterator[str]:
    """Yield what a claim refers to, wherever in it: `annotation` names one by its key, `article` one by its id."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name in ("annotation", "article") and isinstance(inner, str):
                yield f"{name} {inner}"
            else:
                yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)
