"""What search costs and how fast it answers: reading an import, the size of the index, words and phrases of all kinds.

Each kind of query stands beside its limit, the bare full-text query, measured in the same run. Nothing fails for being
slow. WORKBENCH_BENCH_ARTICLES sets the size (10,000), WORKBENCH_BENCH_TIMES how many queries of each kind (60).
"""

from __future__ import annotations

import os

from tests.benchmarks.bench_import_export import ARTICLES, Bench, Figures, bench  # noqa: F401 -- a fixture

TIMES = int(os.environ.get("WORKBENCH_BENCH_TIMES", "60"))


def test_search(bench: Bench):  # noqa: F811
    print(f"\n{bench.vendor}: {ARTICLES:,} articles; load {os.getloadavg()[0]:.1f}")
    imported = bench.import_file(bench.corpus(ARTICLES), "found")
    read = bench.index()
    _show_cost("import, which only notes what is new", imported)
    _show_cost("reading it for search afterwards", read)
    print(f"index {read['bytes'] / ARTICLES:,.0f} bytes an article")
    heads = " | ".join(f"{name:^26}" for name in ("page", "found", "limit"))
    print(f"{'milliseconds: p50, p95, CPU':<28}{'articles':>9} | {heads} | CPU / limit")
    for each in bench.search("found", TIMES)["kinds"]:
        found, page, limit = each["found"], each["page"], each["limit"]
        figures = (f"{one['p50']:8.1f} {one['p95']:8.1f} {one['processor']:8.2f}" for one in (page, found, limit))
        ratio = found["processor"] / max(limit["processor"], 0.01)
        print(f"{each['kind']:<28}{each['articles']:>9,} | {' | '.join(figures)} | {ratio:6.1f}", flush=True)


def _show_cost(name: str, figures: Figures) -> None:
    spent = figures["processor"] + figures["server"]
    print(
        f"{name}: {1000 * figures['seconds'] / ARTICLES:.2f} ms an article by the clock, processor "
        f"{1000 * figures['processor'] / ARTICLES:.2f} + {1000 * figures['server'] / ARTICLES:.2f} in the database "
        f"({spent:.1f} s in all), {figures['memory'] / 2**20:.0f} MiB above idle; load {os.getloadavg()[0]:.1f}",
        flush=True,
    )
