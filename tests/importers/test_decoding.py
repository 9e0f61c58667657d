"""Encodings: what a file states counts, a guess is reported as one."""

import pytest

from tests.importers.inputs import articles, only_article, problems, records

GERMAN = (
    "Größere Schäden in Ulm\n\nDie Brücke über die Donau wurde „gesperrt“, teilte die Stadt mit. Das kostet 4 Mio. €."
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_a_stated_encoding_is_read_and_named_where_it_is_not_utf_8(encoding: str) -> None:
    found = records("a.txt", GERMAN.encode(encoding))

    assert [problem.value for problem in problems(found)] == ([] if encoding.startswith("utf-8") else [encoding])
    assert not any(problem.is_rejection for problem in problems(found))
    assert articles(found)[0].text == GERMAN


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252"])
def test_a_western_file_is_read_and_the_guess_is_reported(encoding: str) -> None:
    text = GERMAN if encoding == "cp1252" else "Größere Schäden in Ulm\n\nDie Brücke über die Donau wurde gesperrt."

    found = records("a.txt", text.encode(encoding))

    assert articles(found)[0].text == text
    assert articles(found)[0].metadata["encoding"] == "cp1252"
    assert [(problem.field, problem.is_rejection) for problem in problems(found)] == [("encoding", False)]


def test_a_russian_file_in_an_old_encoding_is_read() -> None:
    text = "Плотина течёт\n\nМэры просят министра снизить уровень воды в водохранилище до весны. " * 4

    assert only_article("a.txt", text.encode("cp1251")).text == text


def test_a_page_that_declares_its_encoding_is_read_in_it() -> None:
    page = (
        '<html><head><meta charset="iso-8859-1"><title>Schäden</title></head><body><p>Größe und Maß.</p></body></html>'
    )

    found = records("a.html", page.encode("latin-1"))

    assert articles(found)[0].text == "Schäden\n\nGröße und Maß."
    assert [(problem.field, problem.value) for problem in problems(found)] == [("encoding", "iso8859-1")]
