"""What the index of shared passages costs, and how fast it says where else a passage stands, verified word by word.

Texts of 450 words, a fifth of which have a passage of an earlier one. WORKBENCH_BENCH_REUSE sets their number (10,000),
WORKBENCH_BENCH_REUSE_READ how many of them the job reads (all): the index of the others is made up, as large as theirs
would be. Nothing fails for being slow.
"""

from __future__ import annotations

import os

from tests.benchmarks.bench_import_export import Bench, bench  # noqa: F401 -- a fixture

TEXTS = int(os.environ.get("WORKBENCH_BENCH_REUSE", "10000"))
READ = min(TEXTS, int(os.environ.get("WORKBENCH_BENCH_REUSE_READ", str(TEXTS))))
ASKED, ADDED = 400, 200


def test_reuse(bench: Bench):  # noqa: F811
    corpus = str(bench.folder / "planted.jsonl")
    bench.run("planted", corpus, str(TEXTS))
    bench.run("store", corpus, "reuse")
    is_whole = READ == TEXTS
    built = bench.run("reuse", "reuse", "compare" if is_whole else "index", str(2 * TEXTS if is_whole else READ))
    print(f"\n{bench.vendor}: {TEXTS:,} articles, {built['indexed']:,} of them read; load {os.getloadavg()[0]:.1f}")
    for stage, (clock, ours, server) in built["stages"].items():
        if texts := built["done"].get(stage):
            ms = [1000 * each / texts for each in (clock, ours, server)]
            print(f"{stage:<10} {ms[0]:.2f} ms an article by the clock, processor {ms[1]:.2f} + {ms[2]:.2f} ms")
    print(f"index      {built['bytes'] / built['indexed']:,.0f} bytes an article")
    if not is_whole:
        bench.run("pad", "reuse")
    asked, added = bench.run("ask", corpus, "reuse", str(ASKED)), bench.run("add", "reuse", str(ADDED))
    for name, found in (("where else (asked: 20 ms)", asked), ("adding one, alone", added)):
        figures = (f"{key} p50 {found[key][0]:.1f}, p95 {found[key][1]:.1f} ms" for key in ("clock", "processor"))
        print(f"{name:<26} {'; '.join(figures)}; of it the database's processor {found['server'][0]:.1f} ms")
    print(f"{asked['found']} of {asked['asked']} planted passages answered")
    if is_whole:
        print(
            f"found by the job: exact {asked['recall_exact']:.4f} of the pairs (asked: 1), "
            f"changed or not {asked['recall']:.4f} (0.95); right {asked['precision']:.4f} (0.95)"
        )
