"""An external id that comes twice in one import: refused the second time, whatever it looks like, in flat memory."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator

import pytest

from annotations.importers.records import ImportedArticle, Problem, Record
from annotations.importers.repeated import refuse_repeated
from tests.importers.inputs import articles, problems
from tests.memory import taken_by

MILLION = """
from annotations.importers.records import ImportedArticle
from annotations.importers.repeated import refuse_repeated
from uuid import uuid5, NAMESPACE_URL
made = (ImportedArticle(str(uuid5(NAMESPACE_URL, str(n))), "", "") for n in range(1_000_000))
said = sum(isinstance(each, ImportedArticle) for each in refuse_repeated(made))
"""


def made(*ids: str) -> Iterator[Record]:
    for n, each in enumerate(ids, start=1):
        yield ImportedArticle(each, "", "", file="a.jsonl", line=n)


def test_a_second_article_with_an_id_is_named_with_its_line_and_the_others_pass():
    ids = ("a", "A", "a ", "é", "e\u0301", "\udcff", "1", "01", "", "a", "\udcff")

    found = list(refuse_repeated(made(*ids)))

    assert [each.external_id for each in articles(found)] == list(ids[:9])
    assert [(each.line, each.field) for each in problems(found)] == [(10, "external_id"), (11, "external_id")]


def test_what_is_no_article_is_passed_on():
    problem = Problem("a.jsonl", 1, "", "", "Bad.")

    assert list(refuse_repeated([problem, problem])) == [problem, problem]


def test_the_ids_met_are_not_kept_in_memory():
    tracemalloc.start()
    for _each in refuse_repeated(ImportedArticle(str(n), "", "") for n in range(20_000)):
        pass
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert most < 128 * 1024


@pytest.mark.long
def test_a_million_ids_take_no_more_than_eight_mebibytes():
    above, said = taken_by(MILLION)

    print(f"a million ids took {above:.1f} MiB")
    assert said == 1_000_000
    assert above < 8
