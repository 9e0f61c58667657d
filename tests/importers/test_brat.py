"""brat read and written: pairs of files, pieces, events, equals, notes, several annotators, names of labels."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given

from annotations.importers.formats import read_inputs
from annotations.importers.records import ImportedArticle
from tests.exporters.made_corpus import Row, annotation, article, articles, judgement, told, written
from tests.importers import inputs
from tests.importers.inputs import problems, records, zipped
from tests.importers.read_back import articles_told, as_row, graph, no_offset_is_wrong

SAMPLES = inputs.SHARED / "data"
needs_samples = pytest.mark.skipif(
    not (SAMPLES / "brat-tutorial-news").is_dir(), reason="the shared data (brat tutorials) are not on this machine"
)
_CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1f]")
TEXT = "😀 Ada lives\nin Ulm, says Ben."


def pair(ann: str | bytes, text: str | bytes = TEXT, **others: str) -> bytes:
    files = {"a.txt": text, "a.ann": ann} | {name.replace("_", "."): data for name, data in others.items()}
    return zipped((name, data.encode() if isinstance(data, str) else data) for name, data in files.items())


def read(ann: str | bytes, text: str | bytes = TEXT) -> tuple[ImportedArticle, list[Any]]:
    found = records("a.zip", pair(ann, text))
    [made] = inputs.articles(found)
    return made, problems(found)


def places(found: ImportedArticle) -> list[tuple[str, str]]:
    return [(found.text[each["start"] : each["end"]], each["label_name"]) for each in found.annotations]


def test_offsets_count_code_points_and_the_pair_is_one_article() -> None:
    found, said = read("T1\tPerson 2 5\tAda\n")

    assert (found.external_id, places(found), said) == ("a.txt", [("Ada", "Person")], [])


def test_an_empty_ann_gives_an_article_without_annotations(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(TEXT)
    (tmp_path / "a.ann").write_bytes(b"")

    [found] = read_inputs([tmp_path])

    assert isinstance(found, ImportedArticle)
    assert found.annotations == ()


def test_an_ann_without_its_text_is_named() -> None:
    [problem] = records("a.ann", "T1\tPerson 0 3\tAda\n")

    assert "text of these annotations is missing" in problem.message  # type: ignore[union-attr]


def test_a_text_without_ann_beside_is_plain_text() -> None:
    [found] = records("a.txt", TEXT)

    assert isinstance(found, ImportedArticle)


def test_settings_of_brat_are_left_out_with_a_remark() -> None:
    found = records("a.zip", pair("T1\tPerson 2 5\tAda\n", annotation_conf="[entities]\nPerson\n"))

    assert len(inputs.articles(found)) == 1
    [said] = problems(found)
    assert (said.file, said.is_rejection) == ("a.zip/annotation.conf", False)


def test_pieces_are_fragments_of_one_annotation_and_their_envelope() -> None:
    found, _said = read("T1\tPlace 6 11;15 18\tlives Ulm\n")

    [row] = found.annotations
    assert (row["start"], row["end"], row["quote"]) == (6, 18, "lives\nin Ulm")
    assert [each["quote"] for each in row["fragments"]] == ["lives", "Ulm"]


def test_words_that_do_not_stand_at_the_offsets_are_left_out_and_named_by_their_line() -> None:
    found, [said] = read("T1\tPerson 2 5\tAda\nT2\tPerson 3 6\tBen\n")

    assert places(found) == [("Ada", "Person")]
    assert (said.file, said.line, said.leaves_out) == ("a.zip/a.ann", 2, "annotations")


def test_offsets_of_a_text_with_windows_line_ends_count_both_characters() -> None:
    found, said = read("T1\tPlace 16 19\tUlm\n", TEXT.replace("\n", "\r\n"))

    assert (places(found), said) == ([("Ulm", "Place")], [])


@pytest.mark.parametrize("start", [2, 3])
def test_a_byte_order_mark_counts_or_not_as_the_words_tell(start: int) -> None:
    found, said = read(f"T1\tPerson {start} {start + 3}\tAda\n", b"\xef\xbb\xbf" + TEXT.encode())

    assert (places(found), said) == ([("Ada", "Person")], [])


def test_marks_that_combine_are_characters_of_their_own() -> None:
    found, _said = read("T1\tPerson 0 4\tZoe\u0308\n", "Zoe\u0308 left.")

    assert places(found) == [("Zoe\u0308", "Person")]


def test_relations_and_equals_link_annotations() -> None:
    ann = (
        "T1\tPerson 2 5\tAda\nT2\tPlace 15 18\tUlm\nT3\tPerson 25 28\tBen\nR1\tHome Arg1:T1 Arg2:T2\n*\tSame T1 T2 T3\n"
    )

    found, _said = read(ann)

    keys = [row["key"] for row in found.annotations]
    links = [(row["from"], row["to"], row["label_name"]) for row in found.relations]
    assert links == [(keys[0], keys[1], "Home"), (keys[0], keys[1], "Same"), (keys[1], keys[2], "Same")]


def test_an_event_is_its_trigger_with_relations_named_by_role() -> None:
    ann = (
        "T1\tPerson 2 5\tAda\nT2\tLive 6 11\tlives\nT3\tPlace 15 18\tUlm\nT4\tSay 20 24\tsays\n"
        "E1\tLive:T2 Who:T1 Where2:T3\nE2\tSay:T4 What:E1\nA1\tSure E1 High\n#1\tAnnotatorNotes E1\tor not\n"
    )

    found, said = read(ann)

    keys = {row["quote"]: row["key"] for row in found.annotations}
    links = [(row["from"], row["to"], row["label_name"], row["attributes"]) for row in found.relations]
    assert links == [
        (keys["lives"], keys["Ada"], "Who", {"event": "E1"}),
        (keys["lives"], keys["Ulm"], "Where", {"event": "E1", "role": "Where2"}),
        (keys["says"], keys["lives"], "What", {"event": "E2"}),
    ]
    assert (found.annotations[1]["attributes"], found.annotations[1]["note"]) == ({"Sure": "High"}, "or not")
    assert said == []


def test_attributes_normalisations_and_notes_stay_with_their_annotation() -> None:
    ann = (
        "T1\tPlace 15 18\tUlm\nA1\tNamed T1\nM1\tKind T1 city\nN1\tReference T1 Wikidata:Q3012\tUlm on the Danube\n"
        "#1\tAnnotatorNotes T1\tborn here?\n#2\tAnnotatorNotes T1\tno\n"
    )

    found, _said = read(ann)

    [row] = found.annotations
    assert row["note"] == "born here?\nno"
    assert row["attributes"] == {
        "Named": True,
        "Kind": "city",
        "normalizations": [{"type": "Reference", "reference": "Wikidata:Q3012", "text": "Ulm on the Danube"}],
    }


@pytest.mark.parametrize(
    ("line", "left_out"),
    [
        ("R1\tHome Arg1:T1 Arg2:T9", "relations"),
        ("E1\tLive:T9 Who:T1", "relations"),
        ("A1\tSure T9 High", ""),
        ("T2 Person 0 1", "annotations"),
        ("T2\tPerson 0 99\tAda", "annotations"),
        ("X1\tsomething", "lines"),
    ],
)
def test_a_line_that_cannot_be_taken_is_named_and_the_others_come(line: str, left_out: str) -> None:
    found, [said] = read(f"T1\tPerson 2 5\tAda\n{line}\n")

    assert places(found) == [("Ada", "Person")]
    assert (said.line, said.leaves_out) == (2, left_out)


def test_the_same_file_gives_the_same_keys() -> None:
    ann = "T1\tPerson 2 5\tAda\nT2\tPlace 15 18\tUlm\nR1\tHome Arg1:T1 Arg2:T2\n"

    assert read(ann)[0].annotations == read(ann)[0].annotations
    assert read(ann)[0].relations == read(ann)[0].relations


# The real files


@needs_samples
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("brat-tutorial-news", {"articles": 13, "spans": 119, "plain": 8, "roles": 52, "equals": 2, "notes": 4}),
        ("brat-tutorial-bio", {"articles": 13, "spans": 107, "plain": 6, "roles": 44, "equals": 2, "notes": 4}),
    ],
)
def test_the_tutorials_give_the_counts_of_their_note(name: str, expected: dict[str, int]) -> None:
    found = list(read_inputs([SAMPLES / name]))

    made = inputs.articles(found)
    relations = [row for each in made for row in each.relations]
    annotations = [row for each in made for row in each.annotations]
    of_events = [row for row in relations if "event" in row.get("attributes", {})]
    of_equals = [row for row in relations if "equals" in row.get("attributes", {})]
    sets = {
        (each.external_id, row["attributes"]["equals"]) for each in made for row in each.relations if row in of_equals
    }
    assert expected == {
        "articles": len(made),
        "spans": len(annotations),
        "plain": len(relations) - len(of_events) - len(of_equals),
        "roles": len(of_events),
        "equals": len(sets),
        "notes": sum(len(row["note"].split("\n")) for row in annotations + relations if row.get("note")),
    }
    assert no_offset_is_wrong(found)
    assert not any(each.leaves_out or each.is_rejection for each in problems(found))


@needs_samples
@pytest.mark.parametrize("name", ["brat-tutorial-news", "brat-tutorial-bio"])
def test_the_tutorials_written_and_read_again_give_the_same_graph(name: str) -> None:
    first = {each.external_id: each for each in inputs.articles(read_inputs([SAMPLES / name]))}

    data, lost = written("brat", *map(as_row, first.values()))

    again = {each.external_id: each for each in inputs.articles(records("x.zip", data))}
    assert lost == {}
    assert {key: graph(each) for key, each in again.items()} == {key: graph(each) for key, each in first.items()}


# Written


def test_each_annotator_has_a_folder_and_the_article_is_one() -> None:
    rows = [annotation(TEXT, 1, 2, 5, annotator="ada"), annotation(TEXT, 2, 15, 18, "b_per", annotator="ben")]

    data, lost = written("brat", article(TEXT, annotations=rows))

    found = records("x.zip", data)
    assert [each.file for each in inputs.articles(found)] == ["x.zip/imported/ada/a-1.txt"]
    assert articles_told(found) == {"a-1": {(2, 5, "Claim", "ada"), (15, 18, "B_PER", "ben")}}
    assert lost == {"renamed_labels": 1}


def test_an_annotation_over_a_line_end_is_divided_and_counted() -> None:
    data, lost = written("brat", article(TEXT, annotations=[annotation(TEXT, 1, 6, 14, annotator="ada")]))

    [found] = inputs.articles(records("x.zip", data))
    [row] = found.annotations
    assert [each["quote"] for each in row["fragments"]] == ["lives", "in"]
    assert lost == {"split": 1}


def test_attributes_that_brat_cannot_write_are_counted() -> None:
    row = annotation(TEXT, 1, 2, 5, attributes={"sure": "very much so", "n": 4, "named": True, "kind": "city"})

    data, lost = written("brat", article(TEXT, annotations=[row]))

    assert lost == {"attributes": 2}
    [found] = inputs.articles(records("x.zip", data))
    assert found.annotations[0]["attributes"] == {"named": True, "kind": "city"}


def test_notes_with_several_lines_come_back() -> None:
    row = annotation(TEXT, 1, 2, 5, note="one\n\nthree 📎")

    data, _lost = written("brat", article(TEXT, annotations=[row]))

    assert inputs.articles(records("x.zip", data))[0].annotations[0]["note"] == "one\n\nthree 📎"


def test_what_is_stated_of_the_article_comes_back() -> None:
    stated = {"title": "Regen", "publisher": "Tern Wire", "url": "https://tern.example/1", "metadata": {"n": 1}}
    data, _lost = written("brat", article(TEXT, "Köln/1", published_at="2024-03-12", **stated))

    [found] = inputs.articles(records("x.zip", data))

    assert (found.external_id, found.title, found.publisher, found.url) == ("Köln/1", *list(stated.values())[:3])
    assert (str(found.published_at), found.metadata) == ("2024-03-12", {"n": 1})


def test_the_settings_list_the_types_in_use() -> None:
    links = [judgement(9, label="says", **{"from": judgement(1)["key"], "to": judgement(2)["key"]})]
    rows = [annotation(TEXT, 1, 2, 5), annotation(TEXT, 2, 15, 18, "b_per")]

    data, _lost = written("brat", article(TEXT, annotations=rows, relations=links))

    settings = zipfile.ZipFile(io.BytesIO(data)).read("annotation.conf").decode()
    assert "[entities]\nB_PER\nClaim\n" in settings
    assert "says Arg1:<ANY>, Arg2:<ANY>" in settings


@given(articles())
def test_any_article_comes_back_but_for_what_the_report_says(rows: list[Row]) -> None:
    assume(not any(_CONTROL.search(row["text"]) for row in rows))  # such a text is refused as binary data
    expected = {row["external_id"]: told(row) for row in rows}

    data, lost = written("brat", *rows)

    found = articles_told(records("x.zip", data))
    for external_id, before in expected.items():
        after = {tuple("B PER" if part == "B_PER" else part for part in each) for each in found[external_id]}
        if not lost.keys() & {"split", "annotations"}:
            assert after == {each for each in before if len(each) != 2}
        else:
            assert len([each for each in after if len(each) == 4]) <= len([each for each in before if len(each) == 4])
