"""One process of a benchmark: runs an import or an export as a worker would and prints what it cost, as JSON.

python -m tests.benchmarks.process import FILE SLUG | join JOB | export SLUG | undo JOB | index | search SLUG TIMES
    | annotate SLUG ARTICLES EACH | agreement SLUG
    | planted FILE ARTICLES | store FILE SLUG | reuse SLUG STAGE TEXTS | pad SLUG | ask FILE SLUG TIMES | add SLUG TIMES
"""

from __future__ import annotations

import os
import resource
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from hashlib import sha256
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import Any

import django
import orjson

SAMPLE_SECONDS = 0.05
LOOKS_BETWEEN = 10


class Meter:
    """Wall time, processor time here and in the database's processes, and private memory above what was idle."""

    def __enter__(self) -> Meter:
        self._before = seconds_of_backends()
        self._last = dict(self._before)
        self._idle = self._peak = private_bytes()
        self._ended = threading.Event()
        self._sampler = threading.Thread(target=self._sample, daemon=True)
        self._sampler.start()
        self._processor = processor_seconds()
        self._started = time.perf_counter()
        return self

    def __exit__(self, *_error: object) -> None:
        self.seconds = time.perf_counter() - self._started
        self.processor = processor_seconds() - self._processor
        self._ended.set()
        self._sampler.join()
        self.processor -= self._spent_on_looking
        self._last |= seconds_of_backends()
        self.server = sum(seconds - self._before.get(pid, 0.0) for pid, seconds in self._last.items())

    def as_dict(self) -> dict[str, Any]:
        """Return the figures; memory in bytes."""
        return {
            "seconds": self.seconds,
            "processor": self.processor,
            "server": self.server,
            "memory": max(self._peak, private_bytes()) - self._idle,
        }

    def _sample(self) -> None:
        """Look at the memory often, and now and then at the database: a thread's connection is gone at the end."""
        for n in count():
            self._spent_on_looking = time.thread_time()
            if self._ended.wait(SAMPLE_SECONDS):
                return
            self._peak = max(self._peak, private_bytes())
            if n % LOOKS_BETWEEN == 0:
                self._last |= seconds_of_backends()


class Shares:
    """The processor time of this process that functions of a module take while this is entered, by their names."""

    def __init__(self, module: ModuleType, names: tuple[str, ...]) -> None:
        self.seconds: Counter[str] = Counter()
        self._module, self._names = module, names
        self._before: dict[str, Callable[..., Any]] = {}

    def __enter__(self) -> Shares:
        for name in self._names:
            self._before[name] = getattr(self._module, name)
            setattr(self._module, name, self._timed(name, self._before[name]))
        return self

    def __exit__(self, *_error: object) -> None:
        for name, before in self._before.items():
            setattr(self._module, name, before)

    def _timed(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*given: Any, **named: Any) -> Any:
            began = time.thread_time()
            found = function(*given, **named)
            self.seconds[name] += time.thread_time() - began
            return self._timed_steps(name, found) if isinstance(found, Iterator) else found

        return timed

    def _timed_steps(self, name: str, steps: Iterator[Any]) -> Iterator[Any]:
        while True:
            began = time.thread_time()
            found = next(steps, self)
            self.seconds[name] += time.thread_time() - began
            if found is self:
                return
            yield found


def private_bytes() -> int:
    """Return the memory that only this process has."""
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(("Private_Clean", "Private_Dirty")))


def processor_seconds() -> float:
    """Return the processor time of this process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def seconds_of(pid: int | None) -> float:
    """Return the processor time of another process; 0 where it cannot be read."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def seconds_of_backends() -> dict[int, float]:
    """Return the processor time of each of the database's processes that serve our database on this machine."""
    return {int(path.name): seconds_of(int(path.name)) for path in _backends()}


def _backends() -> list[Path]:
    from django.db import connection

    if connection.vendor != "postgresql":
        return []
    ours = f" {connection.settings_dict['NAME']} ".encode()
    return [path for path in Path("/proc").glob("[0-9]*") if _is_backend(path, ours)]


def _is_backend(path: Path, name: bytes) -> bool:
    try:
        title = (path / "cmdline").read_bytes()
    except OSError:
        return False
    return title.startswith(b"postgres:") and name in title


def run_import(path: str, slug: str) -> dict[str, Any]:
    """Import a file into a project, from the request to the job's end."""
    from annotations.importers.importing import IMPORT
    from annotations.jobs.leases import owner_name
    from annotations.jobs.running import run_job
    from annotations.jobs.starting import start_import
    from annotations.models import Job, Project

    project, _made = Project.objects.get_or_create(slug=slug, defaults={"name": slug})
    with Meter() as meter:
        with Path(path).open("rb") as file:
            job = start_import(None, [(Path(path).name, file)], project=project)
        print(orjson.dumps({"job": job.pk}).decode(), flush=True)
        while not run_job(job.pk, {Job.Kind.IMPORT: IMPORT}, owner=owner_name()):
            time.sleep(0.02)  # the other worker's last chunk
    job.refresh_from_db()
    counts = {"created": job.n_created, "unchanged": job.n_unchanged, "rejected": job.n_rejected}
    return meter.as_dict() | counts | {"state": job.state, "message": job.message, "job": job.pk}


def join_import(job: str) -> dict[str, Any]:
    """Help with an import that another process began, until it has ended."""
    from annotations.importers.importing import IMPORT
    from annotations.jobs.leases import owner_name
    from annotations.jobs.running import run_job
    from annotations.models import Job

    with Meter() as meter:
        while not run_job(int(job), {Job.Kind.IMPORT: IMPORT}, owner=owner_name()):
            time.sleep(0.02)
    return meter.as_dict()


def run_export(slug: str) -> dict[str, Any]:
    """Export a project in the native format."""
    from annotations.exporters.exporting import EXPORT
    from annotations.jobs.leases import owner_name
    from annotations.jobs.running import run_job
    from annotations.jobs.starting import start_export
    from annotations.models import Job, Project

    project = Project.objects.get(slug=slug)
    with Meter() as meter:
        job = start_export(None, project=project)
        run_job(job.pk, {Job.Kind.EXPORT: EXPORT}, owner=owner_name())
    job.refresh_from_db()
    return meter.as_dict() | {
        "bytes": job.result_size,
        "sha256": bytes(job.result_sha256 or b"").hex(),
        "path": job.result.path,
    }


def run_undo(job: str) -> dict[str, Any]:
    """Undo an import, from the request to the job's end."""
    from annotations.importers.undoing import UNDO
    from annotations.jobs.leases import owner_name
    from annotations.jobs.running import run_job
    from annotations.jobs.starting import start_undo
    from annotations.models import Job

    with Meter() as meter:
        made = start_undo(None, Job.objects.select_related("project").get(pk=int(job)))
        run_job(made.pk, {Job.Kind.UNDO: UNDO}, owner=owner_name())
    made.refresh_from_db()
    return meter.as_dict() | {"removed": made.n_updated, "kept": made.n_unchanged}


def run_index() -> dict[str, Any]:
    """Read all texts that wait for search, and say how large what it reads is."""
    from annotations.search.indexing import index_waiting
    from tests.benchmarks.searching import index_bytes

    with Meter() as meter:
        index_waiting()
    return meter.as_dict() | {"bytes": index_bytes()}


def run_search(slug: str, times: str) -> dict[str, Any]:
    """Look for words and phrases of every kind in a project."""
    from tests.benchmarks.searching import measure

    return {"kinds": measure(slug, int(times))}


def run_annotate(slug: str, articles: str, each: str) -> dict[str, Any]:
    """Make a project of which `each` people handed in every article."""
    from tests.benchmarks.annotated_corpus import fill

    with Meter() as meter:
        fill(slug, int(articles), int(each))
    return meter.as_dict()


def run_agreement(slug: str) -> dict[str, Any]:
    """Measure the agreement of a project as its people ask for it, and say what each part of that took."""
    from annotations.agreement import running
    from annotations.jobs.leases import owner_name
    from annotations.jobs.running import run_to_the_end
    from annotations.models import AgreementFigure, Job, Project

    project = Project.objects.get(slug=slug)
    with Meter() as meter, Shares(running, ("read_texts", "count", "Totals", "summed_up")) as shares:
        job = running.start_measuring(None, project=project)
        run_to_the_end(job.pk, {Job.Kind.AGREEMENT: running.AGREEMENT}, owner=owner_name())
    job.refresh_from_db()
    figures = AgreementFigure.objects.filter(run__job=job)
    columns = ("measure", "unit", "scope", "value", "low", "high", "observed", "expected", "n_items", "why", "matrix")
    found = orjson.dumps(list(figures.order_by("n").values_list(*columns)))
    return meter.as_dict() | {
        "parts": shares.seconds,
        "state": job.state,
        "figures": figures.count(),
        "overall": list(
            figures.filter(scope="all", question=None).order_by("n").values_list("measure", "value", "low", "high")
        ),
        "sha256": sha256(found).hexdigest(),
    }


def run_planted(path: str, articles: str) -> dict[str, Any]:
    """Write a corpus with planted passages."""
    from tests.benchmarks.reusing import write_corpus

    write_corpus(Path(path), int(articles))
    return {}


def run_store(path: str, slug: str) -> dict[str, Any]:
    """Write such a corpus into the database."""
    from tests.benchmarks.reusing import store_corpus

    store_corpus(Path(path), slug)
    return {}


def run_reuse(slug: str, last: str, most: str) -> dict[str, Any]:
    """Find the shared passages of a project, up to a stage of the job and so many texts."""
    from tests.benchmarks.reusing import build

    return build(slug, last, int(most))


def run_pad(slug: str) -> dict[str, Any]:
    """Make the index as large as that of all texts."""
    from tests.benchmarks.reusing import pad

    return {"texts": pad(slug)}


def run_ask(path: str, slug: str, times: str) -> dict[str, Any]:
    """Ask where planted passages stand too."""
    from tests.benchmarks.reusing import ask

    return ask(Path(path), slug, int(times))


def run_add(slug: str, times: str) -> dict[str, Any]:
    """Put more texts into the index one by one."""
    from tests.benchmarks.reusing import add

    return add(slug, int(times))


def main() -> None:
    """Run what the command line names."""
    django.setup()
    acts = {
        "import": run_import,
        "join": join_import,
        "export": run_export,
        "undo": run_undo,
        "index": run_index,
        "search": run_search,
        "annotate": run_annotate,
        "agreement": run_agreement,
        "planted": run_planted,
        "store": run_store,
        "reuse": run_reuse,
        "pad": run_pad,
        "ask": run_ask,
        "add": run_add,
    }
    name, *arguments = sys.argv[1:]
    print(orjson.dumps(acts[name](*arguments)).decode())


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "workbench.settings")
    main()
