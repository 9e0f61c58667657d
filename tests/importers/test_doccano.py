"""doccano's JSON Lines read: its forms, its offsets, its mistakes."""

from __future__ import annotations

import json

import pytest
from hypothesis import given

from annotations.importers import limits
from annotations.importers.formats import read_inputs
from annotations.importers.records import ImportedArticle
from tests.exporters.made_corpus import Row, annotation, article, articles, judgement, told, written
from tests.importers import inputs
from tests.importers.inputs import only_article, problems, records

SAMPLES = inputs.SHARED / "data" / "doccano"
needs_samples = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the shared data (doccano) are not on this machine")


def line(**fields: object) -> str:
    return json.dumps(fields) + "\n"


def spans(found: ImportedArticle) -> list[tuple[str, str]]:
    return [(found.text[each["start"] : each["end"]], each["label_name"]) for each in found.annotations]


def row_of(found: ImportedArticle) -> Row:
    return {name: getattr(found, name) for name in ("annotations", "relations", "article_labels")}


def test_spans_are_annotations_and_other_fields_metadata() -> None:
    found = only_article("a.jsonl", line(id=7, text="Rain in Ulm", label=[[8, 11, "Place"]], desk="south"))

    assert found.external_id == "7"
    assert spans(found) == [("Ulm", "Place")]
    assert found.metadata == {"desk": "south"}


def test_more_annotations_on_one_article_than_memory_has_room_for_are_left_out_and_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "JUDGEMENTS", 3)
    lines = line(id=7, text="Rain", label=[[0, 4, "X"]] * 3) + line(id=8, text="Rain", label=[[0, 4, "X"]] * 4)

    found = records("a.jsonl", lines)

    assert [len(each.annotations) for each in found if isinstance(each, ImportedArticle)] == [3, 3]
    assert [(each.line, each.leaves_out) for each in problems(found)] == [(2, "annotations")]


def test_offsets_after_an_emoji_and_a_combining_mark_count_code_points() -> None:
    found = only_article("a.jsonl", line(text="👩‍👩‍👧 e\u0301 Ulm", label=[[9, 12, "Place"]]))

    assert spans(found) == [("Ulm", "Place")]


def test_offsets_after_windows_line_ends_move_with_the_text() -> None:
    found = only_article("a.jsonl", line(text="a\r\nb\r\nUlm", label=[[6, 9, "Place"]]))

    assert spans(found) == [("Ulm", "Place")]


def test_entities_and_relations_are_tied_by_their_ids() -> None:
    entities = [
        {"id": 31, "start_offset": 0, "end_offset": 3, "label": "Person"},
        {"id": 12, "start_offset": 9, "end_offset": 12, "label": "Place"},
    ]
    relations = [{"id": 1, "from_id": 31, "to_id": 12, "type": "lives in"}]

    found = only_article("a.jsonl", line(text="Ada lives Ulm", entities=entities, relations=relations))

    keys = [each["key"] for each in found.annotations]
    [relation] = found.relations
    assert (relation["from"], relation["to"], relation["label_name"]) == (keys[0], keys[1], "lives in")


def test_classes_alone_and_beside_spans_are_labels_on_the_article() -> None:
    alone = only_article("a.jsonl", line(text="Rain in Ulm", label=["weather", "south"]))
    beside = only_article("b.jsonl", line(text="Rain in Ulm", entities=[[8, 11, "Place"]], cats=["weather"]))

    assert [each["label_name"] for each in alone.article_labels] == ["weather", "south"]
    assert [each["label_name"] for each in beside.article_labels] == ["weather"]
    assert spans(beside) == [("Ulm", "Place")]


def test_columns_of_other_names_are_read_by_a_map() -> None:
    [found] = records(
        "a.jsonl",
        line(sentence="Rain in Ulm", tags=[[8, 11, "Place"]]),
        format_name="doccano",
        names={"sentence": "text", "tags": "label"},
    )

    assert isinstance(found, ImportedArticle)
    assert spans(found) == [("Ulm", "Place")]
    assert found.metadata == {}


def test_two_equal_spans_are_two_annotations_with_the_same_keys_each_time() -> None:
    data = line(text="Ulm", label=[[0, 3, "Place"], [0, 3, "Place"]])

    first, again = only_article("a.jsonl", data), only_article("a.jsonl", data)

    assert len({each["key"] for each in first.annotations}) == 2
    assert first == again


def test_a_span_outside_the_text_is_named_and_the_others_stay() -> None:
    found = records("a.jsonl", line(text="Ulm", label=[[0, 3, "Place"], [2, 9, "Place"]]))

    [problem] = problems(found)
    assert (problem.line, problem.field, problem.is_rejection) == (1, "label", False)
    assert "2 to 9" in problem.message
    assert isinstance(found[0], ImportedArticle)
    assert len(found[0].annotations) == 1


def test_lines_of_several_annotators_on_one_text_are_one_article() -> None:
    both = line(id=1, text="Ulm", label=[[0, 3, "Place"]], annotator="ada") + line(
        id=1, text="Ulm", label=[[0, 3, "Person"]], annotator="ben"
    )

    found = only_article("a.jsonl", both)

    assert [(each["annotator"], each["label_name"]) for each in found.annotations] == [
        ("ada", "Place"),
        ("ben", "Person"),
    ]


def test_a_file_of_one_user_says_whose_work_it_is_by_its_name() -> None:
    data = line(id=1, text="Ulm", label=[[0, 3, "Place"]], Comments=[])

    assert only_article("ben.jsonl", data).annotations[0]["annotator"] == "ben"
    assert only_article("all.jsonl", data).annotations[0]["annotator"] == ""


def test_a_label_that_is_no_name_is_named() -> None:
    [problem] = problems(records("a.jsonl", line(text="Ulm", label=[[0, 3, "Place"], [0, 3, None]])))

    assert "not a name" in problem.message


@needs_samples
def test_the_samples_give_the_counts_of_their_note() -> None:
    counts = {}
    for path in sorted(SAMPLES.rglob("*.jsonl")):
        found = [each for each in read_inputs([path]) if isinstance(each, ImportedArticle)]
        counts[path.name, path.parent.name] = (
            len(found),
            sum(len(each.annotations) for each in found),
            sum(len(each.relations) for each in found),
        )

    assert counts == {
        ("example.jsonl", "relation_extraction"): (1, 4, 3),
        ("example.jsonl", "sequence_labeling"): (2, 1, 0),  # the third line has a span and no text
        ("example_overlapping.jsonl", "sequence_labeling"): (1, 2, 0),
    }


@needs_samples
def test_the_line_without_a_text_is_named() -> None:
    [problem] = problems(read_inputs([SAMPLES / "sequence_labeling" / "example.jsonl"]))

    assert (problem.line, problem.field) == (3, "text")


# Out, and in again


def test_an_export_with_spans_alone_has_them_under_label() -> None:
    data, lost = written("doccano", article("Ulm ☔", annotations=[annotation("Ulm ☔", 1, 0, 3, note="sure?")]))

    [row] = [json.loads(each) for each in data.splitlines()]
    assert (row["id"], row["text"], row["label"], row["annotator"]) == ("a-1", "Ulm ☔", [[0, 3, "Claim"]], "ada")
    assert lost == {"layers": 1, "notes": 1}


def test_an_export_has_a_line_for_each_annotator_all_in_one_form() -> None:
    text = "Ada lives in Ulm."
    ben = [annotation(text, 1, 0, 3, annotator="ben"), annotation(text, 2, 13, 16, annotator="ben")]
    link = judgement(9, "ben", **{"from": ben[0]["key"], "to": ben[1]["key"], "label": "says"})
    made = article(text, annotations=[annotation(text, 3, 0, 3), *ben], relations=[link])

    data, _lost = written("doccano", made, article("Rain.", "b"))

    rows = [json.loads(each) for each in data.splitlines()]
    assert [row.get("annotator") for row in rows] == ["ada", "ben", None]
    assert all("entities" in row and "relations" in row for row in rows)
    assert [len(row["relations"]) for row in rows] == [0, 1, 0]


def test_a_relation_between_two_annotators_has_no_place_and_is_counted() -> None:
    text = "Ada lives in Ulm."
    ends = [annotation(text, 1, 0, 3), annotation(text, 2, 13, 16, annotator="ben")]
    link = judgement(9, "ben", **{"from": ends[0]["key"], "to": ends[1]["key"], "label": "says"})

    _data, lost = written("doccano", article(text, annotations=ends, relations=[link]))

    assert lost["relations"] == 1


@given(articles())
def test_any_corpus_comes_back_from_doccano(corpus: list[Row]) -> None:
    data, _lost = written("doccano", *corpus)

    found = records("a.jsonl", data, format_name="doccano")

    assert problems(found) == []
    assert [(row["external_id"], row["text"]) for row in corpus] == [
        (each.external_id, each.text) for each in found if isinstance(each, ImportedArticle)
    ]
    for row, each in zip(corpus, found, strict=True):
        assert isinstance(each, ImportedArticle)
        assert told(row_of(each)) == told(row)
