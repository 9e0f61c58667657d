"""Label Studio's JSON read: who annotated, UTF-16 offsets, choices, relations, predictions, what is left out."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import given

from annotations.importers.formats import read_inputs
from annotations.importers.records import ImportedArticle
from tests.exporters.made_corpus import Row, annotation, article, articles, judgement, told, written
from tests.importers import inputs
from tests.importers.inputs import only_article, only_problem, problems, records

SAMPLES = inputs.SHARED / "data" / "label-studio"
needs_samples = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason="the shared data (label-studio) are not on this machine"
)
TEXT = "😀 Ada lives in Ulm."


def region(start: int, end: int, words: str | None, label: str = "Person", **more: Any) -> Row:
    value = {"start": start, "end": end, "labels": [label]} | ({} if words is None else {"text": words})
    return {"id": "r1", "from_name": "label", "to_name": "text", "type": "labels", "value": value} | more


def tasks(*results: Row, text: str = TEXT, data: Row | None = None, **more: Any) -> str:
    done = {"id": 5, "completed_by": 3, "result": list(results)}
    task = {"id": 1, "data": {"text": text} | (data or {}), "annotations": [done | more.pop("annotation", {})]}
    return json.dumps([task | more])


def places(found: ImportedArticle) -> list[tuple[str, str]]:
    return [(found.text[each["start"] : each["end"]], each["label_name"]) for each in found.annotations]


def article_and_problem(data: str) -> tuple[ImportedArticle, Any]:
    first, problem = records("a.json", data)
    assert isinstance(first, ImportedArticle)
    return first, problem


def test_offsets_in_utf_16_units_become_code_points() -> None:
    found = only_article("a.json", tasks(region(3, 6, "Ada")))

    assert places(found) == [("Ada", "Person")]
    assert (found.annotations[0]["start"], found.annotations[0]["annotator"]) == (2, "annotator-3")


def test_offsets_without_words_are_taken_as_utf_16_units() -> None:
    assert places(only_article("a.json", tasks(region(3, 6, None)))) == [("Ada", "Person")]


def test_offsets_in_code_points_are_recognised_by_the_words() -> None:
    assert places(only_article("a.json", tasks(region(2, 5, "Ada")))) == [("Ada", "Person")]


def test_offsets_of_a_text_with_windows_line_ends_are_read_in_either_way() -> None:
    for start in (4, 3):
        found = only_article("a.json", tasks(region(start, start + 3, "Ada"), text="a,\r\nAda"))
        assert places(found) == [("Ada", "Person")]


def test_a_region_whose_words_stand_elsewhere_is_put_there_and_that_is_said() -> None:
    found, problem = article_and_problem(tasks(region(0, 3, "Ulm")))

    assert places(found) == [("Ulm", "Person")]
    assert "other words" in problem.message


def test_a_region_whose_words_stand_nowhere_is_left_out_and_named() -> None:
    found, problem = article_and_problem(tasks(region(3, 6, "Eva")))

    assert found.annotations == ()
    assert (problem.value, problem.is_rejection) == ("Eva", False)


def test_a_region_that_cuts_an_emoji_is_left_out_and_named() -> None:
    _found, problem = article_and_problem(tasks(region(1, 3, None)))

    assert "UTF-16" in problem.message


def test_annotators_stay_apart_by_number_or_else_by_address() -> None:
    given = [
        {"completed_by": {"id": 1, "email": "ada@newsroom.example"}, "result": [region(3, 6, "Ada")]},
        {"completed_by": {"email": "ben@newsroom.example"}, "result": [region(3, 6, "Ada")]},
    ]

    found = only_article("a.json", json.dumps([{"data": {"text": TEXT}, "annotations": given}]))

    assert [each["annotator"] for each in found.annotations] == ["annotator-1", "ben@newsroom.example"]
    assert len({each["key"] for each in found.annotations}) == 2


def test_a_cancelled_annotation_is_left_out_and_named() -> None:
    found, problem = article_and_problem(tasks(region(3, 6, "Ada"), annotation={"was_cancelled": True}))

    assert found.annotations == ()
    assert "cancelled" in problem.message


def test_ground_truth_is_the_gold_layer() -> None:
    found = only_article("a.json", tasks(region(3, 6, "Ada"), annotation={"ground_truth": True}))

    assert found.annotations[0]["layer"] == "gold"


def test_choices_are_labels_on_the_article_with_the_name_of_their_question() -> None:
    choice = {"id": "c", "type": "choices", "from_name": "tone", "to_name": "text", "value": {"choices": ["calm"]}}

    [label] = only_article("a.json", tasks(choice)).article_labels

    assert (label["label_name"], label["attributes"]) == ("calm", {"from_name": "tone"})


def test_a_choice_and_a_number_about_a_region_are_attributes_of_its_annotation() -> None:
    place = {"start": 3, "end": 6, "text": "Ada"}
    choice = {"id": "r1", "type": "choices", "from_name": "kind", "value": place | {"choices": ["known"]}}
    number = {"id": "r1", "type": "number", "from_name": "age", "value": place | {"number": 36}}

    found = only_article("a.json", tasks(region(3, 6, "Ada", meta={"text": ["born here"]}), choice, number))

    assert found.annotations[0]["attributes"] == {"kind": "known", "age": 36}
    assert found.annotations[0]["note"] == "born here"
    assert found.article_labels == ()


def test_relations_run_in_the_direction_that_they_state() -> None:
    both = (region(3, 6, "Ada"), region(16, 19, "Ulm", "Place", id="r2"))
    link = {"type": "relation", "from_id": "r1", "to_id": "r2", "direction": "left", "labels": ["home of"]}

    found = only_article("a.json", tasks(*both, link))

    keys = [each["key"] for each in found.annotations]
    [relation] = found.relations
    assert (relation["from"], relation["to"], relation["label_name"]) == (keys[1], keys[0], "home of")


def test_predictions_are_suggestions_with_model_and_score() -> None:
    guess = {"model_version": "ner-2", "score": 0.75, "result": [region(3, 6, "Ada")]}

    [found] = only_article("a.json", tasks(predictions=[guess])).suggestions

    assert (found["quote"], found["suggested_by"], found["score"]) == ("Ada", "ner-2", 0.75)


def test_results_of_other_types_are_named_by_their_type() -> None:
    _found, problem = article_and_problem(tasks({"id": "b", "type": "rectanglelabels", "value": {"x": 1}}))

    assert problem.value == "rectanglelabels"


def test_a_region_of_a_page_is_read_where_the_page_is_plain_text() -> None:
    value = {"start": "/text()[1]", "end": "/text()[1]", "globalOffsets": {"start": 3, "end": 6}, "text": "Ada"}
    given = {"id": "h", "type": "hypertextlabels", "value": value | {"hypertextlabels": ["Person"]}}

    plain = only_article("a.json", tasks(given))
    marked, problem = article_and_problem(tasks(given, text="<p>😀 Ada lives in Ulm.</p>"))

    assert places(plain) == [("Ada", "Person")]
    assert marked.annotations == ()
    assert "HTML" in problem.message


def test_the_text_may_stand_under_another_name() -> None:
    task = {"data": {"comment_body": "Rain in Ulm"}, "annotations": []}
    two = {"data": {"first": "Rain in Ulm", "second": "Sun"}, "annotations": []}

    assert only_article("a.json", json.dumps([task])).text == "Rain in Ulm"
    assert only_problem("a.json", json.dumps([two])).field == "text"
    [mapped] = records("a.json", json.dumps([two]), names={"first": "text"})
    assert isinstance(mapped, ImportedArticle)
    assert (mapped.text, mapped.metadata) == ("Rain in Ulm", {"second": "Sun"})


def test_what_else_a_task_says_is_kept_in_the_metadata() -> None:
    found = only_article("a.json", tasks(region(3, 6, "Ada"), data={"desk": "south"}, annotation={"lead_time": 2.5}))

    assert found.metadata["desk"] == "south"
    assert found.metadata["label_studio"]["annotations"] == [{"lead_time": 2.5, "annotator": "annotator-3"}]


def test_a_task_without_data_is_named() -> None:
    [problem] = problems(records("a.json", '[{"id": 1, "annotations": []}]', format_name="label-studio"))

    assert problem.field == "data"


def test_tasks_that_nobody_has_worked_on_are_recognised() -> None:
    assert only_article("a.json", '[{"data": {"text": "Rain in Ulm", "desk": "south"}}]').metadata == {"desk": "south"}


@pytest.mark.parametrize("odd", [None, [1], {"a": 1}, True, "\ud800", "a\x00b"])
def test_values_of_the_wrong_kind_are_named_and_the_task_stays(odd: object) -> None:
    given = [
        region(3, 6, "Ada", id=odd),
        region(3, 6, "Ada", odd),  # type: ignore[arg-type]
        region(3, 6, "Ada", meta={"text": [odd]}),
        {"type": "relation", "from_id": odd, "to_id": "r1"},
        {"type": odd, "id": odd, "value": odd},
    ]

    found = records("a.json", tasks(*given), format_name="label-studio")

    assert isinstance(found[0], ImportedArticle)
    assert problems(found)
    assert all(each["quote"] == "Ada" for each in found[0].annotations)


@needs_samples
def test_the_samples_give_the_counts_of_their_note() -> None:
    for name, n_tasks in (
        ("csv_test_colliding_keys", 1),
        ("csv_test_colliding_keys_mixed", 2),
        ("csv_test_history", 1),
    ):
        found = list(read_inputs([SAMPLES / f"{name}.json"]))
        assert problems(found) == []
        kept = [each for each in found if isinstance(each, ImportedArticle)]
        assert Counter(len(each.article_labels) for each in kept) == Counter([1] + [0] * (n_tasks - 1))


@needs_samples
def test_the_samples_can_be_imported_together() -> None:
    assert (
        problems(read_inputs([SAMPLES / f"{name}.json" for name in ("csv_test_colliding_keys", "csv_test_history")]))
        == []
    )


# Out, and in again


def test_an_export_counts_utf_16_units_and_names_the_annotator() -> None:
    data, lost = written("label-studio", article(TEXT, annotations=[annotation(TEXT, 1, 2, 5, attributes={"age": 36})]))

    [task] = json.loads(data)
    [done] = task["annotations"]
    assert done["annotator"] == "ada"
    assert "completed_by" not in done
    assert [each["type"] for each in done["result"]] == ["labels", "number"]
    assert done["result"][0]["value"] == {"start": 3, "end": 6, "text": "Ada", "labels": ["Claim"]}
    assert lost == {}


def test_an_export_gives_gold_and_an_annotators_own_work_apart() -> None:
    rows = [annotation(TEXT, 1, 2, 5, layer="gold"), annotation(TEXT, 2, 2, 5, layer="annotator")]

    data, _lost = written("label-studio", article(TEXT, annotations=rows))

    assert [each["ground_truth"] for each in json.loads(data)[0]["annotations"]] == [False, True]


def test_open_suggestions_are_predictions_and_decided_ones_are_counted() -> None:
    row = {
        "start": 2,
        "end": 5,
        "quote": "Ada",
        "label": "claim",
        "attributes": {},
        "suggested_by": "ner-2",
        "score": 0.5,
    }
    made = article(TEXT, suggestions=[row | {"key": "k"}, row | {"key": "m", "decisions": [{"state": "dismissed"}]}])

    data, lost = written("label-studio", made)

    [guess] = json.loads(data)[0]["predictions"]
    assert (guess["model_version"], len(guess["result"]), guess["result"][0]["score"]) == ("ner-2", 1, 0.5)
    assert lost == {"suggestions": 1}


def test_what_a_choice_cannot_hold_is_counted() -> None:
    rows = [annotation(TEXT, 1, 2, 5, attributes={"sure": True, "few": ["a"]})]
    label = judgement(2, label="topic", note="why", confidence=0.5)

    _data, lost = written("label-studio", article(TEXT, annotations=rows, article_labels=[label]))

    assert lost == {"attributes": 2, "confidence": 1, "notes": 1}


def test_an_annotation_keeps_its_key_on_the_way_out_and_in() -> None:
    data, _lost = written("label-studio", article(TEXT, annotations=[annotation(TEXT, 1, 2, 5)]))

    [found] = only_article("a.json", data).annotations

    assert found["key"] == annotation(TEXT, 1, 2, 5)["key"]


@given(articles())
def test_any_corpus_comes_back_from_label_studio(corpus: list[Row]) -> None:
    data, _lost = written("label-studio", *corpus)

    found = records("a.json", data, format_name="label-studio")

    assert problems(found) == []
    for row, each in zip(corpus, found, strict=True):
        assert isinstance(each, ImportedArticle)
        assert (row["external_id"], row["text"]) == (each.external_id, each.text)
        rows = {name: getattr(each, name) for name in ("annotations", "relations", "article_labels")}
        assert told(rows) == told(row)
