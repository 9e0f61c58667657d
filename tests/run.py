"""Runs everything that `make test` means, in two lanes side by side, and sums up at the end.

Each lane does one step after the other. Many tests wait for a process or a lease: two lanes keep the processors busy.

python -m tests.run [--full | --bench] [--only STEP] …; steps are lint, python, browser, javascript.
"""

import argparse
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from tests import services, template

BASE_DIR = Path(__file__).resolve().parent.parent
STEPS = ("lint", "javascript", "python", "browser")
CLOSING_LINE = re.compile(
    r"=* ?\d+ (passed|failed|skipped|errors?|deselected)\b.* in [\d.]+s|ℹ (tests|pass|fail|skipped) |Skipped: "
    r"|(FAILED|ERROR) tests/"
)
FAILED_TEST = re.compile(r"(FAILED|ERROR) (tests/\S+)")
#: with more failures than this, something is broken rather than unsteady
MOST_TRIED_AGAIN = 5
#: what touches no database, or SQLite only; run once, with SQLite
NO_DATABASE = (
    "tests/agreement",
    "tests/text",
    "tests/workbench",
    "tests/test_layers.py",
    "tests/test_docstring_examples.py",
    "tests/test_formats_documented.py",
    "tests/fixtures/test_demo_corpus.py",
    "tests/security/test_patterns.py",
    "tests/security/test_static_rules.py",
)
READERS = (
    *("brat", "claim_datasets", "columns", "conll", "csv", "csv_tables", "decoding", "doccano", "json_items"),
    *("label_studio", "odd_values", "opening", "pages", "parquet", "real_data", "safe_xml", "spacy", "uima_xmi"),
    *("claimreview", "linking", "native", "passim", "w3c", "w3c_claims", "webanno_tsv", "wxr"),
)
WRITERS = ("archive", "for_a_paper", "formats", "losses", "native", "round_trip", "stories_in_files", "text_and_html")
#: what needs a broker is the same on either database; a quick run tries it on the one that servers use
ONCE_ON_POSTGRESQL = ("tests/faults/test_brokers.py",)
#: pages, the admin and sweeps over every route: what they show does not depend on the database, whose part in it has
#: tests of its own (models, workflow, access, search). A quick run tries them with SQLite, the full one with both
ONCE_WHEN_QUICK = (
    "tests/access",
    "tests/admin",
    "tests/commands",
    "tests/faults/test_web_killed.py",
    "tests/fetching",
    "tests/fixtures",
    "tests/quoting",
    "tests/removing",
    "tests/stories",
    "tests/suggesters",
    "tests/web",
    # a format is read into records, or written from them, without a query of its own
    *(f"tests/importers/test_{name}.py" for name in READERS),
    *(f"tests/exporters/test_{name}.py" for name in WRITERS),
    *(
        str(path.relative_to(BASE_DIR))
        for path in sorted((BASE_DIR / "tests").glob("*/test_*.py"))
        if path.parent.name in ("api", "security", "workflow")
    ),
)
ON_EITHER = (
    "tests/api/test_changes.py",
    "tests/security/test_password_guessing.py",
    "tests/security/test_rate_limits.py",
    *(
        f"tests/workflow/test_{name}.py"
        for name in (
            *("adjudicating", "annotating", "assigning", "correcting", "giving", "queueing"),
            *("review_queue", "rounds", "sealing"),
        )
    ),
)
"""Of these, what the database itself decides: what others commit meanwhile, and how long a statement may take."""
COLOUR = re.compile(r"\x1b\[[\d;]*m")
_running: list[subprocess.Popen[str]] = []
_is_stopped = threading.Event()
WORKERS = ("-n", str(min(os.cpu_count() or 1, 4)), "--dist", "worksteal")


Step = Callable[[ExitStack, bool], "Iterator[Outcome]"]


@dataclass
class Outcome:
    """What one command said last and whether it succeeded."""

    name: str
    ok: bool
    seconds: float
    closing_lines: list[str] = field(default_factory=list)


def main() -> int:
    """Run the chosen steps; a failing one does not keep the next from running."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that services are stopped in order
    options = _parse()
    started = time.monotonic()
    if options.bench:
        with ExitStack() as stack:
            outcomes = list(_bench(stack))
    else:
        outcomes = _side_by_side(options.only or STEPS, options.full)
    _sum_up(outcomes, time.monotonic() - started)
    return 0 if all(outcome.ok for outcome in outcomes) else 1


def _side_by_side(steps: Sequence[str], full: bool) -> list[Outcome]:
    """Run the lanes; a failing step does not keep the next from running."""
    chosen = [[run for step, run in lane if step in steps] for lane in LANES]
    with ThreadPoolExecutor(len(chosen)) as pool:
        lanes = [pool.submit(_one_after_the_other, lane, full) for lane in chosen]
        try:
            return [outcome for lane in lanes for outcome in lane.result()]
        except BaseException:  # stopped from outside: take the commands along
            _is_stopped.set()
            for process in _running:
                process.terminate()
            raise


def _one_after_the_other(lane: list[Step], full: bool) -> list[Outcome]:
    outcomes: list[Outcome] = []
    with ExitStack() as stack:
        for run in lane:
            for outcome in run(stack, full):
                outcomes.append(outcome)
                if _is_stopped.is_set():
                    return outcomes
    return outcomes


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="run the long tests too")
    parser.add_argument("--bench", action="store_true", help="run the benchmarks only")
    parser.add_argument("--only", action="append", choices=STEPS, help="run this step only; may be repeated")
    return parser.parse_args()


def _lint(stack: ExitStack, full: bool) -> Iterator[Outcome]:
    python = sys.executable
    yield _run("ruff check", [python, "-m", "ruff", "check", "."])
    yield _run("ruff format", [python, "-m", "ruff", "format", "--check", "."])
    yield _run("mypy", [python, "-m", "mypy"])
    yield _run("migrations", [python, "manage.py", "makemigrations", "--check", "--dry-run"])
    yield _run("system check", [python, "manage.py", "check", "--fail-level", "WARNING"])


def _javascript(stack: ExitStack, full: bool) -> Iterator[Outcome]:
    files = sorted(str(path.relative_to(BASE_DIR)) for path in (BASE_DIR / "tests/js").rglob("*.test.*js"))
    node = services.find_node()
    if not node:
        _shout("No Node: neither on PATH nor in Playwright's wheel. The JavaScript tests cannot run.")
        yield Outcome("JavaScript", ok=False, seconds=0)
    elif files:
        yield _run("JavaScript", [node, "--test", "--test-reporter=spec", *files])


def _sqlite(stack: ExitStack, full: bool) -> Iterator[Outcome]:
    migrated = {template.VARIABLE: stack.enter_context(template.template())}
    without = [] if full else [f"--ignore={path}" for path in ONCE_ON_POSTGRESQL]
    yield _pytest("Python on SQLite", [*_selection(full), *without], full, DATABASE_URL="", **migrated)


def _selection(full: bool) -> list[str]:
    return ["-m", "not browser" if full else "not browser and not long", *WORKERS]


def _postgresql(stack: ExitStack, full: bool) -> Iterator[Outcome]:
    url = stack.enter_context(services.postgresql())
    if url:
        left_out = NO_DATABASE if full else NO_DATABASE + tuple(set(ONCE_WHEN_QUICK) - set(ON_EITHER))
        without = [f"--ignore={path}" for path in left_out]
        migrated = {template.VARIABLE: stack.enter_context(template.template(url))}
        chosen = [*_selection(full), "--database-only", *without]
        yield _pytest("Python on PostgreSQL", chosen, full, DATABASE_URL=url, **migrated)
        return
    _shout("SKIPPED: all tests on PostgreSQL. No server answers and no binaries are installed to start one.")
    yield Outcome("Python on PostgreSQL", ok=True, seconds=0, closing_lines=["SKIPPED: no PostgreSQL on this machine"])


def _browser(stack: ExitStack, full: bool) -> Iterator[Outcome]:
    if not services.find_chromium():
        services.fetch_chromium()
    selection = ["-m", "browser" if full else "browser and not long", *WORKERS]
    migrated = {template.VARIABLE: stack.enter_context(template.template())}
    yield _pytest("Browser on SQLite", selection, full, DATABASE_URL="", **migrated)


def _bench(stack: ExitStack) -> Iterator[Outcome]:
    url = stack.enter_context(services.postgresql()) or ""
    wanted = os.environ.get("WORKBENCH_BENCH_ONLY", "")
    selection = ["tests/benchmarks", "-o", "python_files=bench_*.py", "-s", *(["-k", wanted] if wanted else [])]
    yield _pytest("Benchmarks", selection, True, DATABASE_URL=url)


LANES: tuple[tuple[tuple[str, Step], ...], ...] = (
    (("lint", _lint), ("javascript", _javascript), ("python", _sqlite)),
    (("python", _postgresql), ("browser", _browser)),
)


def _pytest(name: str, arguments: list[str], full: bool, **environment: str) -> Outcome:
    """Run the tests; try the few that failed once more, alone.

    Two lanes share the processors, so a test that waits may come too late. One that passes alone is named as unsteady
    in the summary, and is to be mended; one that fails twice fails the step.
    """
    profile = {"HYPOTHESIS_PROFILE": "long" if full else "quick"}
    with tempfile.TemporaryDirectory() as cache:
        command = [sys.executable, "-m", "pytest", "-o", f"cache_dir={cache}"]
        outcome = _run(name, [*command, *arguments], **profile, **environment)
        failed = [found[2] for line in outcome.closing_lines if (found := FAILED_TEST.search(COLOUR.sub("", line)))]
        if outcome.ok or not 0 < len(failed) <= MOST_TRIED_AGAIN:
            return outcome
        again = _run(
            name,
            [*command, *arguments, "-n", "0", "--last-failed", "--last-failed-no-failures=none"],
            **profile,
            **environment,
        )
    unsteady = [f"UNSTEADY {test}" for test in failed] if again.ok else []
    closing_lines = [*outcome.closing_lines, *again.closing_lines, *unsteady]
    return Outcome(name, again.ok, outcome.seconds + again.seconds, closing_lines)


def _run(name: str, command: list[str], **environment: str) -> Outcome:
    """Run one command, show its output as it comes, after its name, and keep its closing lines."""
    _say(name, f"──── {' '.join(command[1:])}")
    started, closing_lines = time.monotonic(), []
    process = subprocess.Popen(
        command,
        cwd=BASE_DIR,
        env=os.environ | {"PYTHONUNBUFFERED": "1"} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    assert process.stdout
    _running.append(process)
    for line in process.stdout:
        _say(name, line.rstrip("\n"))
        if CLOSING_LINE.match(COLOUR.sub("", line.strip())):
            closing_lines.append(line.strip())
    return Outcome(name, process.wait() == 0, time.monotonic() - started, closing_lines)


def _say(name: str, line: str) -> None:
    print(f"{name:<20} │ {line}", flush=True)


def _sum_up(outcomes: list[Outcome], seconds: float) -> None:
    print(f"\n════ {seconds:.0f} s in all")
    for outcome in outcomes:
        print(f"{'ok    ' if outcome.ok else 'FAILED'}  {outcome.name} ({outcome.seconds:.0f} s)")
        for line in outcome.closing_lines:
            print(f"        {line}")


def _shout(message: str) -> None:
    print(f"\n{'!' * 78}\n{message}\n{'!' * 78}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
