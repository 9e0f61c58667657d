"""What the index of shared passages takes and gives: a corpus with planted passages, and what is measured on it."""

from __future__ import annotations

import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import count as numbers_from
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from tests.benchmarks.process import seconds_of_backends
from tests.reuse import planted

if TYPE_CHECKING:
    from annotations.jobs.leases import Held

SEED, SHARES = 7, 0.2
STAGES = ("plan", "index", "compare", "quotations")
WARM_UP = 5
ADDED = "added-"


def write_corpus(path: Path, count: int) -> None:
    """Write texts of 450 words, a fifth of which have a passage of an earlier one, and say what was planted where."""
    made = planted.corpus(SEED, count, shares=SHARES)
    by_target = {each.target: each for each in made.planted}
    with path.open("wb") as file:
        for n, text in enumerate(made.texts):
            each = by_target.get(n)
            found = each and [each.source, each.source_span, each.target_span, each.n_words, each.n_changed]
            file.write(orjson.dumps([text, found]) + b"\n")


def store_corpus(path: Path, slug: str) -> None:
    """Write the texts of a corpus into a project of their own."""
    from django.db import connection, transaction

    from tests import factories
    from tests.benchmarks.storing import store

    project = factories.project(slug, manager=f"mia-{slug}").project_id
    with path.open("rb") as file:
        numbers = numbers_from()
        while lines := file.readlines(4 * 1024 * 1024):
            with transaction.atomic():
                store([(f"{next(numbers):08}", orjson.loads(line)[0]) for line in lines], project)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def index_bytes() -> int:
    """Return how large the tables and indexes are that only reuse reads."""
    from django.db import connection

    tables = ("annotations_fingerprint", "annotations_indexedtext")
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT sum(pg_total_relation_size(name::regclass)) FROM unnest(%s::text[]) name", [list(tables)]
            )
        else:
            names = ", ".join(f"'{name}'" for name in tables)
            cursor.execute(
                "SELECT sum(pgsize) FROM dbstat WHERE name IN"
                f" (SELECT name FROM sqlite_schema WHERE tbl_name IN ({names}))"
            )
        return int(cursor.fetchone()[0])


def build(slug: str, last: str, most: int) -> dict[str, Any]:
    """Find shared passages as a worker does, up to the stage of that name, and say what each stage took.

    Seconds: by the clock, of our processor, and of the server's. `most` are the texts after which it is left.
    """
    from annotations.jobs.leases import Interrupted, owner_name
    from annotations.jobs.running import run_job
    from annotations.models import IndexedText, Job, Project, QuoteLink
    from annotations.reuse.finding import start_finding
    from annotations.tasks import KINDS
    from tests.benchmarks.process import Meter

    kind = KINDS[Job.Kind.REUSE]
    begun: dict[str, tuple[float, float, float]] = {}
    done: Counter[str] = Counter()

    def is_past() -> bool:
        return len(begun) > STAGES.index(last) + 1 or done.total() >= most

    def marked(name: str, act: Callable[[Held], None]) -> Callable[[Held], None]:
        def stage(held: Held) -> None:
            if name not in begun:
                begun[name] = _spent()
            if is_past():
                raise Interrupted
            act(held)
            done[name] += held.chunk.count

        return stage

    marking = replace(kind, stages=tuple(map(marked, STAGES, kind.stages)))
    with Meter() as meter:
        job = start_finding(None, project=Project.objects.get(slug=slug))
        run_job(job.pk, {Job.Kind.REUSE: marking}, owner=owner_name(), should_stop=is_past)
        marks = [*begun.values(), _spent()]
    job.refresh_from_db()
    stages = [[b - a for a, b in zip(one, other, strict=True)] for one, other in pairwise(marks)]
    return meter.as_dict() | {
        "state": job.state,
        "stages": dict(zip(begun, stages, strict=True)),
        "done": done,
        "indexed": IndexedText.objects.filter(project__slug=slug).count(),
        "bytes": index_bytes(),
        "links": QuoteLink.objects.filter(project__slug=slug).count(),
    }


def pad(slug: str) -> int:
    """Give texts that the job has not come to as many made-up hashes each as the others have; return how many texts.

    The index is then as large as that of all texts, which it would take the job hours to read.
    """
    from django.db import connection, transaction
    from django.db.models import Exists, OuterRef

    from annotations.models import ArticleVersion, Fingerprint, IndexedText, Project

    project = Project.objects.get(slug=slug).pk
    each = round(Fingerprint.objects.count() / IndexedText.objects.count())
    indexed = IndexedText.objects.filter(version_id=OuterRef("pk"))
    waiting = ArticleVersion.objects.filter(~Exists(indexed), project=project).order_by("pk")
    ids = list(waiting.values_list("pk", flat=True))
    hashed, numbers = "hashint8extended(v * 1000 + n, 7)", f"generate_series(1, {each}) n"
    key = "annotations_fingerprint_pkey"
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"ALTER TABLE annotations_fingerprint DROP CONSTRAINT {key}")
            cursor.execute(
                f"INSERT INTO annotations_fingerprint (hash, version_id) SELECT {hashed}, v"
                f" FROM unnest(%s::bigint[]) v, {numbers}",
                [ids],
            )
            cursor.execute(f"ALTER TABLE annotations_fingerprint ADD CONSTRAINT {key} PRIMARY KEY (hash, version_id)")
        else:
            cursor.execute(
                f"WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {each})"
                " INSERT OR IGNORE INTO annotations_fingerprint (hash, version_id)"
                " SELECT random() AS h, v.value FROM json_each(%s) v, s ORDER BY h",
                [orjson.dumps(ids).decode()],
            )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE annotations_fingerprint")
    return len(ids)


def ask(path: Path, slug: str, times: int) -> dict[str, Any]:
    """Ask where planted passages stand too, and count which were found by the job; milliseconds."""
    from annotations.models import Article, ArticleVersion, IndexedText, Membership
    from annotations.reuse.asking import where_else
    from annotations.text.spans import Span

    by = Membership.objects.select_related("project", "user").get(project__slug=slug, role="manager")
    rows = Article.objects.filter(project__slug=slug).exclude(external_id__startswith=ADDED)
    rows = rows.filter(current_version__in=IndexedText.objects.values("version_id"))
    ids = {int(name): pk for name, pk in rows.values_list("external_id", "current_version_id")}
    made = [each for each in _planted(path) if each.source in ids and each.target in ids]
    chosen = made[:: max(1, len(made) // times)][:times]
    texts = ArticleVersion.objects.in_bulk([ids[each.target] for each in chosen])
    watch, found = _Watch(), 0
    for n, each in enumerate([*chosen[:WARM_UP], *chosen]):
        version = texts[ids[each.target]]
        with watch.act():
            answer = where_else(by, version=version, span=Span(*each.target_span))
        found += n >= WARM_UP and any(place.version_id == ids[each.source] for place in answer.places)
    return {
        **watch.as_dict(warm_up=WARM_UP),
        "asked": len(chosen),
        "found": found,
        **_found_by_job(made, ids, slug),
    }


def add(slug: str, times: int) -> dict[str, Any]:
    """Put further texts into the index one by one, as they come; milliseconds of an article."""
    from django.db import transaction

    from annotations.models import Project
    from annotations.reuse.finding import index_texts
    from annotations.reuse.texts import load_texts, method_of
    from tests.benchmarks.storing import store

    project = Project.objects.get(slug=slug)
    texts = planted.corpus(SEED + 1, times, shares=0).texts
    versions = store([(f"{ADDED}{time.time_ns()}-{n}", text) for n, text in enumerate(texts)], project.pk)
    method, watch = method_of(project.pk), _Watch()
    for version in versions:
        with watch.act(), transaction.atomic():
            index_texts(list(load_texts([version.pk]).values()), method)
    return watch.as_dict(warm_up=WARM_UP)


def _middle_and_p95(values: Sequence[float]) -> tuple[float, float]:
    return statistics.median(values), statistics.quantiles(values, n=20)[-1]


def _spent() -> tuple[float, float, float]:
    """Return seconds by the clock, of our processor, and of the server's processes."""
    return time.perf_counter(), time.process_time(), sum(seconds_of_backends().values())


class _Watch:
    """Measures many single acts, in milliseconds: by the clock, and of the processors, ours and the server's."""

    def __init__(self) -> None:
        from django.db import connection

        connection.ensure_connection()
        is_server = connection.vendor == "postgresql"
        self._server = Path(f"/proc/{connection.connection.info.backend_pid}/schedstat") if is_server else None
        self._clock: list[float] = []
        self._processors: list[float] = []
        self._servers: list[float] = []

    @contextmanager
    def act(self) -> Iterator[None]:
        """Measure what is done inside."""
        server, ours, began = self._of_server(), time.process_time_ns(), time.perf_counter_ns()
        yield
        clock, ours = time.perf_counter_ns() - began, time.process_time_ns() - ours
        self._clock.append(clock / 1e6)
        self._servers.append((self._of_server() - server) / 1e6)
        self._processors.append(ours / 1e6 + self._servers[-1])

    def as_dict(self, *, warm_up: int) -> dict[str, tuple[float, float]]:
        """Return the median and the 95th percentile of all acts but the first; `processor` is both sides' together."""
        rows = {"clock": self._clock, "processor": self._processors, "server": self._servers}
        return {name: _middle_and_p95(values[warm_up:]) for name, values in rows.items()}

    def _of_server(self) -> int:
        return int(self._server.read_text().split()[0]) if self._server else 0


def _planted(path: Path) -> list[planted.Planted]:
    found = []
    with path.open("rb") as file:
        for n, line in enumerate(file):
            each = orjson.loads(line)[1]
            if each:
                source, source_span, target_span, n_words, n_changed = each
                found.append(planted.Planted(source, source_span, n, target_span, n_words, n_changed))
    return found


def _found_by_job(made: Sequence[planted.Planted], ids: Mapping[int, int], slug: str) -> dict[str, float]:
    """Return which share of the pairs of texts with a planted passage was found, and which share of what was is one.

    Copies of one text share what they took with each other too.
    """
    from annotations.models import QuoteLink

    links = QuoteLink.objects.filter(project__slug=slug).values_list("from_version", "to_version")
    found = {tuple(sorted(pair)) for pair in links}
    pairs = {tuple(sorted((ids[each.source], ids[each.target]))): each for each in made}
    exact = {pair for pair, each in pairs.items() if not each.n_changed}
    near: dict[int, set[int]] = defaultdict(set)
    for one, other in pairs:
        near[one].add(other)
        near[other].add(one)
    right = sum(other in near[one] or bool(near[one] & near[other]) for one, other in found)
    return {
        "recall": len(found & pairs.keys()) / len(pairs),
        "recall_exact": len(found & exact) / max(1, len(exact)),
        "precision": right / max(1, len(found)),
    }
