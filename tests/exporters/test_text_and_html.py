"""Texts and pages to read: their names, their marks, nothing that runs, and the same text when read again."""

from __future__ import annotations

import csv
import hashlib
import io
import re
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from tests.exporters.made_corpus import TEXTS, annotation, article, written
from tests.exporters.made_corpus import articles as made_articles
from tests.importers.inputs import articles, problems, records

LONG = "Rain over the valley\n\nThe water rose by 3 m 🌊 in e\u0301very town.\nIt fell again.\n\n" + "More words. " * 40


def members(name: str, *rows: dict) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(written(name, *rows)[0])) as archive:
        return {member: archive.read(member).decode() for member in archive.namelist()}


def page(*rows: dict) -> html.HtmlElement:
    found = members("html", *rows)
    return html.document_fromstring(next(page for name, page in found.items() if name.endswith(".html")))


# Texts


def test_each_article_is_a_file_and_the_index_says_which() -> None:
    digest = hashlib.sha256(LONG.encode()).hexdigest()

    found = members("text", article(LONG, "https://a.example/rain?x", title="=Rain", text_sha256=digest))

    assert found["a.example-rain-x.txt"] == LONG
    [row] = csv.DictReader(io.StringIO(found["index.csv"], newline=""))
    assert (row["file"], row["external_id"]) == ("a.example-rain-x.txt", "https://a.example/rain?x")
    assert (row["title"], row["text_sha256"], row["neutralised"]) == ("'=Rain", digest, "title")


def test_files_never_share_a_name_and_never_lead_out() -> None:
    ids = ["a/b", "a b", "A-B", "../../x", "x", "index", "CON", "...", "\\x", "ä" * 400, "👩"]

    found = members("text", *(article("Rain", each) for each in ids))

    names = [name.casefold() for name in found]
    assert len(set(names)) == len(ids) + 1
    assert not any("/" in name or "\\" in name or name.startswith(".") for name in names)
    assert all(len(name.encode()) < 330 for name in names)


PRINTABLE = TEXTS.map(lambda text: re.sub("[\x00-\x08\x0b-\x1f\ufeff]", "", text)).filter(str.strip)
"""Files with many control characters are taken for binary, and a mark at their beginning for that of their order."""


@given(st.lists(PRINTABLE, min_size=1, max_size=3))
def test_texts_come_back(texts: list[str]) -> None:
    rows = [article(text, f"a-{n}") for n, text in enumerate(texts)]

    found = records("export.zip", written("text", *rows)[0])

    assert sorted(each.text for each in articles(found)) == sorted(texts)
    assert not any(each.is_rejection for each in problems(found))


def test_what_texts_cannot_carry_is_counted() -> None:
    _data, lost = written("text", article("Rain", annotations=[annotation("Rain", 1, 0, 4)]))

    assert lost == {"annotations": 1}


# Pages


def test_a_page_marks_nested_and_overlapping_spans_by_their_pieces() -> None:
    text = "abcdefgh"
    spans = [annotation(text, n, start, end) for n, (start, end) in enumerate([(0, 5), (1, 3), (4, 8)])]

    marks = page(article(text, annotations=spans)).xpath("//mark")

    pieces: dict[str, str] = {}
    for mark in marks:
        key = mark.get("data-annotation")
        pieces[key] = pieces.get(key, "") + mark.text_content()
    assert [pieces[span["key"]] for span in spans] == ["abcde", "bc", "efgh"]


@given(made_articles())
def test_every_span_is_marked_whole_but_for_line_breaks(rows: list[dict]) -> None:
    for row in rows:
        found = page(row)
        for span in row["annotations"]:
            marks = found.xpath(f'//mark[@data-annotation="{span["key"]}"]')
            words = "".join("".join(mark.text_content().split()) for mark in marks)
            expected = "".join(span["quote"].split())
            assert "".join(char for char in words if char.isalnum()) == "".join(
                char for char in expected if char.isalnum()
            )


def test_a_discontinuous_annotation_is_marked_without_its_gap() -> None:
    text = "switch the light off"
    parts = [{"n": 1, "start": 0, "end": 6, "quote": "switch"}, {"n": 2, "start": 17, "end": 20, "quote": "off"}]

    marks = page(article(text, annotations=[annotation(text, 1, 0, 20, fragments=parts)])).xpath("//mark")

    assert [mark.text for mark in marks] == ["switch", "off"]


def test_nothing_in_a_page_runs_or_reaches_outside() -> None:
    evil = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
    text = f"{evil}\n\nRain"
    spans = [annotation(text, 1, 0, 4, note=evil, annotator=evil)]
    row = article(text, title=evil, publisher=evil, language=evil, url="https://a.example/\"onload='x'")
    row |= {"annotations": spans, "links": [{"start": 0, "end": 2, "url": 'https://a.example/"x'}]}

    found = page(row)

    assert found.xpath("//script | //img | //iframe | //link[@rel!='canonical'] | //@onerror | //@onload") == []
    assert "default-src 'none'" in found.xpath("//meta[@http-equiv]/@content")[0]
    assert evil in found.xpath("//mark/@title")[0]


def test_a_page_read_again_gives_the_same_text_title_and_facts() -> None:
    facts = {"publisher": "Tern Wire", "published_at": "2024-03-11", "url": "https://a.example/x", "language": "en"}
    row = article(LONG.strip(), "a", title="Rain over the valley", **facts)
    row |= {"annotations": [annotation(LONG, 1, 0, 30)], "links": [{"start": 2, "end": 4, "url": "https://b.example/"}]}

    [again] = articles(records("export.zip", written("html", row)[0]))

    assert (again.text, again.title) == (row["text"], row["title"])
    assert (again.publisher, str(again.published_at), again.url, again.language) == tuple(facts.values())
    assert [(link.start, link.end) for link in again.links] == [(2, 4)]


@pytest.mark.parametrize("text", ["Rain 🌊", "שלום e\u0301", "One\ntwo\n\nthree"])
def test_a_short_page_read_again_gives_its_words(text: str) -> None:
    [again] = articles(records("export.zip", written("html", article(text, title=text.split("\n")[0]))[0]))

    assert again.text.endswith(text)
