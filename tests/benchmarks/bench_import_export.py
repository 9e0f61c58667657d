"""How fast a corpus goes in and out, beside the least that the database itself needs for the same rows in the same run.

Imports and exports run in processes of their own, as workers do. The limit is measured before and after the product:
where the two differ much, the machine was busy with something else and the run says little. Nothing fails for being
slow. WORKBENCH_BENCH_ARTICLES sets the size (10,000; 1,000 and 100,000 are the other usual ones).
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from operator import itemgetter
from pathlib import Path
from typing import Any

import orjson
import psycopg
import pytest

from tests.benchmarks.generated_corpus import SPANS_IN_AN_ARTICLE, Corpus
from tests.benchmarks.limits import PostgresLimit, SqliteLimit, serialise
from tests.conftest import BASE_DIR

ARTICLES = int(os.environ.get("WORKBENCH_BENCH_ARTICLES", "10000"))
ADDED, TIMES = 1_000, 3
Figures = dict[str, Any]


class Bench:
    """A workbench of its own, its database and its files, and the processes that work on it."""

    def __init__(self, vendor: str, url: str, folder: Path) -> None:
        self.vendor = vendor
        self.folder = folder
        self.environment = os.environ | {
            "DATABASE_URL": url,
            "WORKBENCH_VAR_DIR": str(folder),
            "WORKBENCH_MEDIA_ROOT": str(folder / "media"),
            "WORKBENCH_LOG_LEVEL": "ERROR",
        }
        rows = folder / "rows"
        rows.mkdir()
        self.limit: PostgresLimit | SqliteLimit
        if vendor == "postgresql":
            self.limit = PostgresLimit(url, rows)
        else:
            self.limit = SqliteLimit(Path(url.removeprefix("sqlite:///")), rows)
        subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=BASE_DIR, env=self.environment, check=True)

    def corpus(self, count: int, first: int = 0) -> Path:
        path = self.folder / f"corpus-{first}-{count}.jsonl"
        return path if path.exists() else Corpus(count, first=first).write(path)

    def import_file(self, path: Path, slug: str, *, workers: int = 1) -> Figures:
        first = self._begin("import", str(path), slug)
        assert first.stdout
        job = orjson.loads(first.stdout.readline())["job"]
        others = [self._begin("join", str(job)) for _worker in range(1, workers)]
        figures = self._result(first)
        for other in others:
            joined = self._result(other)
            figures |= {name: figures[name] + joined[name] for name in ("processor", "server")}
        assert figures["state"] == "done", figures
        return figures

    def export(self, slug: str) -> Figures:
        return self.run("export", slug)

    def undo(self, job: int) -> Figures:
        return self.run("undo", str(job))

    def index(self) -> Figures:
        return self.run("index")

    def search(self, slug: str, times: int) -> Figures:
        return self.run("search", slug, str(times))

    def run(self, *arguments: str) -> Figures:
        return self._result(self._begin(*arguments))

    def _begin(self, *arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "tests.benchmarks.process", *arguments]
        return subprocess.Popen(command, cwd=BASE_DIR, env=self.environment, stdout=subprocess.PIPE, text=True)

    def _result(self, process: subprocess.Popen[str]) -> Figures:
        output, _errors = process.communicate()
        assert process.returncode == 0
        return dict(orjson.loads(output.splitlines()[-1]))


@pytest.fixture(params=["sqlite", "postgresql"])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    with contextlib.ExitStack() as stack:
        url = f"sqlite:///{tmp_path / 'bench.sqlite3'}"
        if request.param == "postgresql":
            server = os.environ.get("DATABASE_URL", "")
            if not server.startswith("postgres"):
                pytest.skip("no PostgreSQL on this machine")
            url = stack.enter_context(_database(server, f"bench_workbench_{os.getpid()}"))
        yield Bench(request.param, url, tmp_path)


@contextlib.contextmanager
def _database(server: str, name: str) -> Iterator[str]:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    try:
        yield server.rpartition("/")[0] + f"/{name}"
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def show(bench: Bench, name: str, figures: Figures, count: int) -> None:
    """Print one line: rates, processor time here and in the database, memory, and how busy the machine is."""
    seconds = figures["seconds"]
    memory = f", {figures['memory'] / 2**20:.0f} MiB above idle" if "memory" in figures else ""
    spans = count * SPANS_IN_AN_ARTICLE
    print(
        f"{bench.vendor:<10} {name:<42} {count / seconds:>8,.0f} articles/s {spans / seconds:>9,.0f} spans/s, "
        f"{seconds:.2f} s, processor {figures['processor']:.2f} s + {figures['server']:.2f} s in the database"
        f"{memory}; load {os.getloadavg()[0]:.1f}",
        flush=True,
    )


def compare(bench: Bench, name: str, before: Figures, found: Figures, after: Figures) -> None:
    """Print the share of the limit that was reached, by the clock and by processor time."""
    limits = [before["seconds"], after["seconds"]]
    spent = found["processor"] + found["server"]
    least = sum(each["processor"] + each["server"] for each in (before, after)) / 2
    differ = max(limits) / min(limits) - 1
    print(
        f"{bench.vendor:<10} {name}: {sum(limits) / 2 / found['seconds']:.2f} of the limit by the clock, "
        f"{least / max(spent, 1e-9):.2f} by processor time; the two limits differ by {differ:.0%}",
        flush=True,
    )


def test_import(bench: Bench):
    print(f"\n{ARTICLES:,} articles with {ARTICLES * SPANS_IN_AN_ARTICLE:,} spans")
    whole, tenth = bench.corpus(ARTICLES), bench.corpus(max(1, ARTICLES // 10))
    small = bench.import_file(tenth, "tenth")
    show(bench, "import of a tenth, one worker", small, max(1, ARTICLES // 10))
    bench.limit.empty()
    bench.import_file(whole, "prepared")
    bench.limit.keep_rows()

    before = bench.limit.write()
    show(bench, "limit: the same rows, raw", before, ARTICLES)
    bench.limit.empty()
    one = bench.import_file(whole, "one")
    show(bench, "import, one worker", one, ARTICLES)
    again = bench.import_file(whole, "one")
    show(bench, "import of the same file again", again, ARTICLES)
    after = bench.limit.write()
    show(bench, "limit: the same rows, raw", after, ARTICLES)
    bench.limit.empty()
    two = bench.import_file(whole, "two", workers=2)
    show(bench, "import, two workers", two, ARTICLES)

    compare(bench, "import, one worker", before, one, after)
    compare(bench, "import, two workers", before, two, after)
    print(f"{bench.vendor:<10} again / first: {again['seconds'] / one['seconds']:.2f}")
    print(f"{bench.vendor:<10} memory, whole / tenth: {one['memory'] / max(1, small['memory']):.2f}")


def test_adding_a_thousand_articles_to_many_and_to_none(bench: Bench):
    added = [bench.corpus(ADDED, first=ARTICLES + n * ADDED) for n in range(TIMES)]
    bench.import_file(added[0], "warm-up")
    to_none = []
    for corpus in added:
        bench.limit.empty()
        to_none.append(bench.import_file(corpus, "none"))
        show(bench, "1,000 articles into an empty project", to_none[-1], ADDED)
    bench.limit.empty()
    bench.import_file(bench.corpus(ARTICLES), "many")
    to_many = []
    for corpus in added:
        bench.limit.settle()
        to_many.append(bench.import_file(corpus, "many"))
        show(bench, f"1,000 articles beside {ARTICLES:,}", to_many[-1], ADDED)
    to_many, to_none = (sorted(each, key=itemgetter("seconds"))[TIMES // 2] for each in (to_many, to_none))
    spent = [each["processor"] + each["server"] for each in (to_many, to_none)]
    print(
        f"{bench.vendor:<10} beside many / into none: {to_many['seconds'] / to_none['seconds']:.2f} by the clock, "
        f"{spent[0] / spent[1]:.2f} by processor time"
    )


def test_export(bench: Bench):
    bench.import_file(bench.corpus(ARTICLES), "out")
    bench.export("out")

    before = bench.limit.read()
    show(bench, "limit: the same tables, raw", before, ARTICLES)
    found = bench.export("out")
    show(bench, "export, native JSON Lines", found, ARTICLES)
    after = bench.limit.read()
    show(bench, "limit: the same tables, raw", after, ARTICLES)
    show(bench, "serialising alone", serialise(Path(found["path"])), ARTICLES)
    compare(bench, "export", before, found, after)
    print(f"{bench.vendor:<10} {found['bytes'] / 2**20 / found['seconds']:.0f} MiB/s")


def test_undoing(bench: Bench):
    for name, count in (("tenth", max(1, ARTICLES // 10)), ("whole", ARTICLES)):
        imported = bench.import_file(bench.corpus(count), name)
        found = bench.undo(imported["job"])
        assert (found["removed"], found["kept"]) == (count, 0)
        show(bench, f"undoing of an import, {count:,} articles", found, count)
