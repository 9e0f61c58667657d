"""Cells of tables: nothing begins a formula, whatever separator a program expects, and every value comes back."""

from __future__ import annotations

import csv
import io
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from annotations.text.cells import is_risky, neutralise, restore

SIGNS = "=+-@\t\r＝＋－＠−﹦﹢﹣﹫"
CELLS = st.text(st.one_of(st.sampled_from(list("=+-@\t\r\n ;,'\"＝＠“a0\u200b")), st.characters(codec="utf-8")))


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("before", ["", " ", '"', "'", "\ufeff", "\u3000", "“ '"])
def test_what_could_begin_a_formula_gets_an_apostrophe(sign: str, before: str) -> None:
    assert neutralise(f"{before}{sign}1").startswith("'")


@pytest.mark.parametrize("value", ["", "a", "1+1", "a=b", "it's", "'tis", "“Rain”", "a, b; c\n\nd", "😀 e\u0301"])
def test_other_cells_stay_as_they_are(value: str) -> None:
    assert neutralise(value) == value


@given(CELLS)
@example("'\t;=1")
@example("\t\t\t=")
@example("''=1;'=2")
def test_every_value_comes_back(value: str) -> None:
    assert restore(neutralise(value)) == value
    assert is_risky(value) == (neutralise(value) != value)


@settings(max_examples=2_000, deadline=None)
@given(st.lists(CELLS, min_size=1, max_size=4), st.sampled_from(",\t"))
def test_no_field_is_unsafe_whatever_separator_a_reader_expects(values: list[str], written: str) -> None:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=written, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow([neutralise(each) for each in values])

    for separator in {written, ",", ";"}:
        unsafe = SIGNS if separator == written else SIGNS.replace("\t", "")  # a tab between cells begins none
        stream.seek(0)
        for row in csv.reader(stream, delimiter=separator):
            for field in row:
                assert field[:1] not in set(unsafe), field
                assert field.strip(' "“\u200b')[:1] not in set(unsafe), field


def test_a_cell_of_many_line_ends_is_looked_at_once() -> None:
    start = time.monotonic()

    assert restore(neutralise("\n" * 500_000 + "=" + "-\n" * 50_000))

    assert time.monotonic() - start < 20  # hours, where every line end looked at all that follow
