"""What the agreement of 20 people costs as one job, from the request to its end: 120 s of the processors are allowed.

10,000 articles of ten spans, which two of twenty people have each, as is usual; and which all twenty have.
WORKBENCH_BENCH_TEXTS sets the number. A tenth of them says whether the memory grows. Nothing fails for being slow.
"""

from __future__ import annotations

import os

import pytest

from tests.benchmarks.annotated_corpus import PEOPLE
from tests.benchmarks.bench_import_export import Bench, Figures, bench  # noqa: F401 -- a fixture

TEXTS = int(os.environ.get("WORKBENCH_BENCH_TEXTS", "10000"))
LIMIT = 120.0
PARTS = {"read_texts": "reading", "count": "counting", "Totals": "adding up", "summed_up": "drawing"}


@pytest.mark.parametrize("each", [2, PEOPLE])
def test_agreement(bench: Bench, each: int):  # noqa: F811
    print(f"\n{bench.vendor}: {each} of {PEOPLE} people an article; load {os.getloadavg()[0]:.1f}")
    for slug, count in (("tenth", max(2, TEXTS // 10)), ("whole", TEXTS)):
        bench.run("annotate", slug, str(count), str(each))
        found = bench.run("agreement", slug)
        assert found["state"] == "done"
        _show(count, found)
    for measure, value, low, high in found["overall"]:
        print(f"{measure:<14} {value:.4f} ({low:.4f} to {high:.4f})")


def _show(count: int, found: Figures) -> None:
    spent = found["processor"] + found["server"]
    named = ", ".join(f"{name} {found['parts'][key]:.1f}" for key, name in PARTS.items())
    rest = found["processor"] - sum(found["parts"].values())
    print(
        f"{count:>7,} articles: {spent:.1f} s of the processors (asked: {LIMIT:.0f}), {found['server']:.1f} of them in "
        f"the database; {named}, packing, writing and the rest {rest:.1f}; {found['seconds']:.1f} s by the clock; "
        f"{found['memory'] / 2**20:.0f} MiB above idle; {found['figures']} figures",
        flush=True,
    )
