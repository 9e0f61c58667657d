"""Tables: quotes, newlines, separators, and rows that do not fit."""

import json

import pytest

from annotations.importers import csv as table
from annotations.importers.opening import InputFile, open_inputs
from tests.importers.inputs import SHARED, articles, only_problem, problems, records, upload

SPECTRUM = SHARED / "data" / "csv-spectrum"


@pytest.mark.skipif(not SPECTRUM.is_dir(), reason="the shared data (csv-spectrum) are not on this machine")
def test_rows_equal_the_gold_of_csv_spectrum() -> None:
    for path in sorted((SPECTRUM / "csvs").glob("*.csv")):
        data = path.read_bytes()
        if path.stem.endswith("_crlf") and b"\r\n" not in data:
            data = data.replace(b"\n", b"\r\n")  # the copy at hand lost the line ends that its gold still has
        [source] = [each for each in open_inputs([upload(path.name, data)]) if isinstance(each, InputFile)]
        gold = json.loads((SPECTRUM / "json" / f"{path.stem}.json").read_text())

        rows = [row.cells for row in table.read_rows(source) if isinstance(row, table.Row)]

        assert rows == gold, path.name


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_table_gives_an_article_a_row(separator: str) -> None:
    header = separator.join(["id", "title", "text", "published", "desk"])
    row = separator.join(["7", "Dam leaks", '"One\n\nTwo ""x"""', "2024-03-12", "valley"])

    [article] = articles(records("a.csv", f"\ufeff{header}\r\n{row}\r\n"))

    assert (article.external_id, article.text, article.metadata) == ("7", 'One\n\nTwo "x"', {"desk": "valley"})
    assert str(article.published_at) == "2024-03-12"


def test_columns_are_renamed_by_a_map() -> None:
    names = {"Überschrift": "title", "Inhalt": "text"}

    [article] = articles(records("a.csv", "Überschrift,Inhalt,text\nDamm,Es regnet.,3\n", names=names))

    assert (article.title, article.text, article.metadata) == ("Damm", "Es regnet.", {"text": "3"})


def test_bad_rows_name_their_first_line_and_leave_their_neighbours() -> None:
    data = 'id,text\n1,"One\nmore"\n2,two,three\n3\n4,"a"b\n5,five\n'

    found = records("a.csv", data)

    assert [article.external_id for article in articles(found)] == ["1", "5"]
    assert [problem.line for problem in problems(found)] == [4, 5, 6]


def test_a_quotation_mark_that_is_never_closed_is_a_problem_with_its_line() -> None:
    found = records("a.csv", 'id,text\n1,One\n2,"two\n3,three\n')

    assert [article.external_id for article in articles(found)] == ["1"]
    assert [problem.line for problem in problems(found)] == [3]


def test_a_table_in_windows_1252_is_read_with_a_remark() -> None:
    found = records("a.csv", "id,text\n1,Größe in Köln\n".encode("cp1252"))

    assert articles(found)[0].text == "Größe in Köln"
    assert [problem.is_rejection for problem in problems(found)] == [False]


def test_a_table_whose_utf_16_is_only_guessed_is_read_and_where_it_is_damaged_refused() -> None:
    data = f"id,text\n1,{'雨が山に雪が' * 400}\n".encode("utf-16-le")

    whole, damaged = records("a.csv", data), records("a.csv", data + b"\n")

    assert [each.external_id for each in articles(whole)] == ["1"]
    assert articles(damaged) == []
    assert {each.field for each in problems(damaged)} == {"encoding"}


def test_a_table_in_utf_16_is_read() -> None:
    assert articles(records("a.csv", "id\ttext\n1\tGröße\n".encode("utf-16")))[0].text == "Größe"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("a,a\n1,2\n", "same name"),
        (",".join(f"c{n}" for n in range(50_000)), "50000 columns"),
    ],
)
def test_a_table_that_cannot_be_read_is_one_problem(data: str, words: str) -> None:
    assert words in only_problem("a.csv", data).message
