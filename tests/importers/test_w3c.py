"""Web Annotations read and written: the Recommendation's demands, where a target points, what bodies say."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given

from annotations.importers.attaching import JUDGEMENTS
from annotations.importers.formats import read_inputs
from annotations.importers.records import ImportedRecord, Problem
from annotations.models import Annotation, Job
from tests.corpora import annotation as native_annotation
from tests.corpora import article as native_article
from tests.corpora import exported, imported, lines
from tests.exporters.made_corpus import Row, annotation, article, articles, judgement, written
from tests.factories import project
from tests.importers import inputs
from tests.importers.inputs import problems, records

SAMPLES = inputs.SHARED / "data" / "w3c-web-annotation"
RECOGITO = inputs.SHARED / "data" / "recogito"
needs_samples = pytest.mark.skipif(
    not SAMPLES.is_dir() or not RECOGITO.is_dir(), reason="the shared data (W3C, Recogito) are not on this machine"
)
SCHEMA = json.loads((Path(__file__).parents[1] / "exporters" / "web_annotation.schema.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
CORRECT, INCORRECT = sorted(SAMPLES.glob("correct/*.json")), sorted(SAMPLES.glob("incorrect/*.json"))
CONTEXT = "http://www.w3.org/ns/anno.jsonld"
SOURCE = "https://tern.example/preis"
TEXT = "📈 Der Preis stieg. Der Preis fiel."


def anno(**fields: Any) -> Row:
    made: Row = {"@context": CONTEXT, "id": "https://notes.example/1", "type": "Annotation"}
    target = {"source": SOURCE, "selector": [{"type": "TextQuoteSelector", "exact": "stieg"}]}
    return made | {"target": target} | fields


def judged(*given_annotations: Row, name: str = "annotations") -> list[Row]:
    data = json.dumps(given_annotations[0] if len(given_annotations) == 1 else list(given_annotations))
    return [
        row
        for record in records("a.jsonld", data)
        if isinstance(record, ImportedRecord) and record.kind == JUDGEMENTS
        for row in record.data.get(name, ())
    ]


def test_a_quote_and_a_position_say_where_an_annotation_stands() -> None:
    selectors = [
        {"type": "TextQuoteSelector", "exact": "stieg", "prefix": "Preis ", "suffix": "."},
        {"type": "TextPositionSelector", "start": 12, "end": 17},
    ]

    found = records("a.jsonld", json.dumps(anno(target={"source": SOURCE, "selector": selectors})))

    [record] = found
    assert isinstance(record, ImportedRecord)
    assert record.data["article"] == SOURCE
    [row] = record.data["annotations"]
    assert (row["start"], row["end"], row["quote"], row["prefix"]) == (12, 17, "stieg", "Preis ")


def test_a_position_within_a_fragment_is_not_one_of_the_text() -> None:
    inner = {
        "type": "TextQuoteSelector",
        "exact": "stieg",
        "refinedBy": {"type": "TextPositionSelector", "start": 0, "end": 2},
    }
    outer = {"type": "FragmentSelector", "value": "para5", "refinedBy": inner}

    [row] = judged(anno(target={"source": SOURCE, "selector": outer}))

    assert (row["quote"], "start" in row) == ("stieg", False)


def test_bodies_give_label_note_and_links() -> None:
    bodies = [
        {"type": "TextualBody", "value": "claim", "purpose": "tagging"},
        {"type": "TextualBody", "value": "numbers", "purpose": "tagging"},
        {"type": "TextualBody", "value": "see the report", "purpose": "commenting"},
        {"type": "SpecificResource", "source": "https://stat.example/4", "purpose": "linking"},
        {"type": "SpecificResource", "source": "https://vocab.example/number", "purpose": "classifying"},
    ]

    [row] = judged(anno(body=bodies))

    assert (row["label_name"], row["note"]) == ("claim", "see the report")
    assert row["attributes"] == {
        "tags": ["numbers"],
        "links": ["https://stat.example/4"],
        "classified_as": ["https://vocab.example/number"],
    }


@pytest.mark.parametrize(
    ("fields", "label", "note"),
    [
        ({}, "highlighting", ""),
        ({"bodyValue": "so it is"}, "highlighting", "so it is"),
        ({"motivation": "commenting", "body": {"type": "TextualBody", "value": "no"}}, "commenting", "no"),
        ({"motivation": "tagging", "body": {"type": "TextualBody", "value": "claim"}}, "claim", ""),
        ({"motivation": "classifying", "body": "https://vocab.example/number"}, "classifying", ""),
    ],
)
def test_without_a_tag_the_motivation_is_the_label(fields: Row, label: str, note: str) -> None:
    [row] = judged(anno(**fields))

    assert (row["label_name"], row["note"]) == (label, note)


def test_creators_and_times_are_kept_and_unknown_fields_too() -> None:
    creator = {"id": "https://people.example/ada", "type": "Person", "name": "Ada A.", "nickname": "ada"}

    [row] = judged(anno(creator=creator, created="2024-03-18T09:14:52+01:00", audience={"id": "x:y"}))

    assert (row["annotator"], row["created_at"]) == ("ada", "2024-03-18T08:14:52+00:00")
    assert row["attributes"] == {"w3c": {"audience": {"id": "x:y"}}}


def test_several_targets_are_an_annotation_each() -> None:
    one = {"source": SOURCE, "selector": {"type": "TextQuoteSelector", "exact": "stieg"}}
    other = {"source": SOURCE, "selector": {"type": "TextQuoteSelector", "exact": "fiel"}}

    rows = judged(anno(target=[one, other]))

    assert [row["quote"] for row in rows] == ["stieg", "fiel"]
    assert len({uuid.UUID(row["key"]) for row in rows}) == 2


def test_the_same_file_gives_the_same_keys() -> None:
    assert judged(anno()) == judged(anno())


def test_an_annotation_of_a_whole_page_is_a_label_on_the_article() -> None:
    [row] = judged(
        anno(target=SOURCE, motivation="tagging", body={"type": "TextualBody", "value": "weather"}),
        name="article_labels",
    )

    assert row["label_name"] == "weather"


def test_what_is_no_passage_of_text_is_left_out_and_named() -> None:
    [problem] = records("a.jsonld", json.dumps(anno(target={"source": SOURCE, "selector": {"type": "SvgSelector"}})))

    assert isinstance(problem, Problem)
    assert (problem.leaves_out, problem.is_rejection, "SvgSelector" in problem.message) == ("annotations", False, True)


@pytest.mark.parametrize(
    "data",
    [
        lambda one: {"@context": CONTEXT, "id": "x:p", "type": "AnnotationPage", "items": [one]},
        lambda one: {
            "@context": CONTEXT,
            "id": "x:c",
            "type": "AnnotationCollection",
            "first": {"id": "x:p", "type": "AnnotationPage", "items": [one]},
        },
    ],
)
def test_pages_and_collections_lend_their_context(data: Any) -> None:
    inner = {name: value for name, value in anno().items() if name != "@context"}

    [record] = [each for each in records("a.jsonld", json.dumps(data(inner))) if isinstance(each, ImportedRecord)]

    assert record.data["annotations"][0]["quote"] == "stieg"


def test_lists_and_lines_are_read_and_name_the_line() -> None:
    good, bad = json.dumps(anno()), json.dumps(anno(created="yesterday"))

    for name, data in (("a.json", f"[{good},\n{bad},\n{good}]"), ("a.jsonl", f"{good}\n{bad}\n{good}\n")):
        found = records(name, data)
        [problem] = problems(found)
        assert (problem.line, problem.is_rejection) == (2, True)
        assert sum(len(each.data["annotations"]) for each in found if isinstance(each, ImportedRecord)) == 2


# Attached


@pytest.mark.django_db
def test_annotations_are_put_on_an_article_of_the_project_by_its_address() -> None:
    mia = project()
    imported(mia, {"a.jsonl": lines(native_article(text=TEXT, url=SOURCE))})

    job = imported(mia, {"b.jsonld": json.dumps(anno()).encode()})

    assert job.state == Job.State.DONE, list(job.problems.values())
    assert Annotation.objects.values_list("start", "end", "label__name").get() == (12, 17, "highlighting")


@pytest.mark.django_db
def test_annotations_are_put_on_a_page_that_lies_beside() -> None:
    mia = project()
    page = f"<html><body><article><h1>Preis</h1><p>{TEXT}</p></article></body></html>"

    imported(
        mia,
        {
            "a.jsonld": json.dumps(
                anno(
                    target={
                        "source": "https://elsewhere.example/",
                        "selector": {"type": "TextQuoteSelector", "exact": "fiel"},
                    }
                )
            ).encode(),
            "a.html": page.encode(),
        },
    )

    assert Annotation.objects.values_list("quote", flat=True).get() == "fiel"


@pytest.mark.django_db
def test_an_annotation_of_an_article_that_is_not_here_is_named() -> None:
    job = imported(project(), {"b.jsonld": json.dumps(anno()).encode()})

    assert job.state == Job.State.DONE_WITH_PROBLEMS
    assert job.problems.values_list("value", flat=True).get() == SOURCE


@pytest.mark.django_db
def test_an_export_can_be_imported_into_a_project_with_the_same_articles() -> None:
    mia, eva = project(), project("other")
    spans = [
        native_annotation(TEXT, "stieg", note="so?", attributes={"kind": "x"}, confidence=0.5),
        native_annotation(TEXT, "Preis", fragments=[{"start": 6, "end": 11}, {"start": 23, "end": 28}], end=28),
    ]
    spans[1] |= {"quote": TEXT[6:28]}
    text_alone = native_article(text=TEXT)
    imported(mia, {"a.jsonl": lines(native_article(text=TEXT, annotations=spans))})
    imported(eva, {"a.jsonl": lines(text_alone)})

    data = exported(mia, format="w3c")
    job = imported(eva, {"b.jsonld": data})

    assert job.state == Job.State.DONE, list(job.problems.values())
    rows = Annotation.objects.filter(project=eva.project).order_by("start")
    assert [(row.quote, row.note, row.fragments.count()) for row in rows] == [
        (TEXT[6:28], "", 2),
        ("stieg", "so?", 0),
    ]
    assert {str(row.key) for row in rows} == {span["key"] for span in spans}
    assert (rows[1].attributes, rows[1].confidence) == ({"kind": "x"}, 0.5)


# The schema: demands that none of the samples tries, as the published schemas have them


QUOTE = {"type": "TextQuoteSelector", "exact": "stieg"}
TIME = "2024-03-18T09:14:52Z"
SOUND = [
    {"target": {"source": SOURCE, "purpose": "tagging"}},
    {"target": {"type": "Choice", "items": [SOURCE, {"id": SOURCE, "type": "Text"}]}},
    {"target": {"source": {"id": SOURCE, "type": "Text"}, "selector": QUOTE}},
    {"target": {"source": SOURCE, "selector": {"type": "XPathSelector", "value": "/p", "refinedBy": QUOTE}}},
    {"target": {"source": SOURCE, "selector": {"type": "RangeSelector", "startSelector": QUOTE, "endSelector": QUOTE}}},
    {"target": {"source": SOURCE, "selector": {"type": "SvgSelector", "id": "https://notes.example/1.svg"}}},
    {"target": {"source": SOURCE, "state": {"type": "TimeState", "sourceDate": [TIME], "cached": SOURCE}}},
    {"target": {"source": SOURCE, "state": {"type": "TimeState", "sourceDateStart": TIME, "sourceDateEnd": TIME}}},
    {"target": {"source": SOURCE, "state": {"type": "HttpRequestState", "value": "Accept: text/plain"}}},
    {"target": {"source": SOURCE, "scope": SOURCE, "renderedVia": {"id": "https://notes.example/reader"}}},
    {"body": {"value": "no", "textDirection": "ltr", "created": TIME}, "created": [TIME]},
    {"stylesheet": {"type": "CssStylesheet", "value": ".a { color: red }"}, "canonical": "urn:uuid:1"},
]
UNSOUND = [
    {"target": {"source": SOURCE}},
    {"target": {"type": "Choice", "items": []}},
    {"target": {"type": "Choice", "items": [SOURCE], "purpose": "tagging"}},
    {"target": {"id": SOURCE, "items": [SOURCE]}},
    {"target": {"id": SOURCE, "purpose": "tagging"}},
    {"target": {"value": "stieg"}},
    {"target": {"source": {"type": "Text"}, "selector": QUOTE}},
    {"target": {"source": SOURCE, "selector": []}},
    {"target": {"source": SOURCE, "selector": {"type": "OwnSelector", "value": "a"}}},
    {"target": {"source": SOURCE, "selector": {"type": "XPathSelector"}}},
    {"target": {"source": SOURCE, "selector": {"type": "XPathSelector", "value": "/p", "refinedBy": {"type": "x"}}}},
    {"target": {"source": SOURCE, "selector": {"type": "SvgSelector", "value": "<svg/>", "id": SOURCE}}},
    {"target": {"source": SOURCE, "selector": {"type": "RangeSelector", "startSelector": QUOTE}}},
    {"target": {"source": SOURCE, "state": {"type": "TimeState", "sourceDate": "yesterday"}}},
    {"target": {"source": SOURCE, "state": {"type": "TimeState", "sourceDateStart": TIME}}},
    {"target": {"source": SOURCE, "state": {"type": "HttpRequestState"}}},
    {"body": {"value": "no", "textDirection": "up"}},
    {"body": {"value": "no", "source": SOURCE}},
    {"body": {"value": "no", "created": "yesterday"}},
    {"created": [TIME, TIME]},
    {"canonical": ["urn:uuid:1", "urn:uuid:2"]},
    {"via": []},
    {"motivation": []},
    {"stylesheet": {"type": "CssStylesheet"}},
]
COLLECTION = {"@context": CONTEXT, "id": "x:c", "type": "AnnotationCollection"}


@pytest.mark.parametrize("fields", SOUND, ids=str)
def test_our_schema_takes_what_the_published_ones_take(fields: Row) -> None:
    VALIDATOR.validate(anno(**fields))


@pytest.mark.parametrize("fields", UNSOUND, ids=str)
def test_our_schema_refuses_what_the_published_ones_refuse(fields: Row) -> None:
    assert not VALIDATOR.is_valid(anno(**fields))


@pytest.mark.parametrize(
    ("fields", "is_sound"),
    [
        ({"total": 0}, True),
        ({"total": 1}, False),
        ({"total": 1, "first": "x:p"}, True),
        ({"total": 1, "first": {"id": "x:p", "type": "AnnotationPage", "items": []}}, True),
        ({"total": 1, "first": {"id": "x:p", "type": "Page", "items": []}}, False),
        ({"total": 0, "last": {"id": "x:p"}}, False),
        ({"total": 0, "label": []}, False),
    ],
    ids=str,
)
def test_our_schema_holds_collections_as_the_published_ones_do(fields: Row, is_sound: bool) -> None:
    assert VALIDATOR.is_valid(COLLECTION | fields) == is_sound


# The real files


@needs_samples
@pytest.mark.parametrize("path", CORRECT, ids=[each.stem for each in CORRECT])
def test_a_correct_sample_is_taken_and_keeps_to_our_schema(path: Path) -> None:
    VALIDATOR.validate(json.loads(path.read_bytes()))

    found = list(read_inputs([path]))

    assert not any(each.is_rejection for each in problems(found))
    assert found


@needs_samples
@pytest.mark.parametrize("path", INCORRECT, ids=[each.stem for each in INCORRECT])
def test_an_incorrect_sample_is_refused_and_breaks_our_schema(path: Path) -> None:
    found = list(read_inputs([path], format_name="w3c"))

    assert [each.is_rejection for each in problems(found)] == [True]
    assert len(found) == 1
    try:
        value = json.loads(path.read_bytes())
    except ValueError:
        return
    assert not VALIDATOR.is_valid(value)


@needs_samples
@pytest.mark.django_db
def test_all_annotations_of_recogito_anchor_in_the_page_beside() -> None:
    mia = project()
    files = {each.name: each.read_bytes() for each in RECOGITO.iterdir() if each.suffix in (".json", ".html")}

    job = imported(mia, files)

    stated = [each["target"] for each in json.loads(files["annotations.w3c.json"])]
    quotes = [
        selector["exact"]
        for each in stated
        for selector in (each[0] if isinstance(each, list) else each)["selector"]
        if "exact" in selector
    ]
    found = list(Annotation.objects.values_list("quote", flat=True))
    assert sorted(" ".join(each.split()) for each in found) == sorted(" ".join(each.split()) for each in quotes)
    assert len(found) == 5
    assert not job.problems.filter(severity="problem").exists()


# Written


def test_what_is_written_keeps_to_the_recommendation_and_says_what_it_lacks() -> None:
    rows = [
        annotation(TEXT, 1, 12, 17, note="so?", attributes={"links": ["https://stat.example/4"], "n": 1}),
        annotation(TEXT, 2, 6, 28, fragments=[{"start": 6, "end": 11}, {"start": 23, "end": 28}]),
    ]
    links = [judgement(9, label="says", **{"from": rows[0]["key"], "to": rows[1]["key"]})]
    labels = [judgement(8, label="topic", confidence=None)]
    row = article(TEXT, url=SOURCE, annotations=rows, relations=links, article_labels=labels)

    data, lost = written("w3c", row)

    page = json.loads(data)
    VALIDATOR.validate(page)
    for each in page["items"]:
        VALIDATOR.validate({"@context": CONTEXT, **each})
    assert lost == {"texts": 1}
    assert page["partOf"]["total"] == len(page["items"]) == 4
    [quote, position] = page["items"][0]["target"]["selector"]
    assert (quote["exact"], position["start"], position["end"]) == ("stieg", 12, 17)


def test_relations_and_labels_of_articles_come_back_with_their_keys() -> None:
    rows = [annotation(TEXT, 1, 12, 17), annotation(TEXT, 2, 6, 11)]
    links = [judgement(9, label="says", **{"from": rows[0]["key"], "to": rows[1]["key"]})]
    labels = [judgement(8, label="topic", confidence=None)]

    data, _lost = written("w3c", article(TEXT, annotations=rows, relations=links, article_labels=labels))

    [record] = [each for each in records("a.jsonld", data) if isinstance(each, ImportedRecord)]
    assert record.data["article"] == "a-1"
    [relation], [label] = record.data["relations"], record.data["article_labels"]
    assert (relation["key"], relation["from"], relation["to"]) == (links[0]["key"], rows[0]["key"], rows[1]["key"])
    assert (relation["label_name"], label["label_name"]) == ("says", "Weather")


@given(articles())
def test_any_judgement_comes_back(rows: list[Row]) -> None:
    data, lost = written("w3c", *rows)

    VALIDATOR.validate(json.loads(data))
    found = {
        row["key"]: (record.data["article"], row.get("start"), row.get("end"), row.get("quote"), row["annotator"])
        for record in records("a.jsonld", data)
        if isinstance(record, ImportedRecord)
        for row in record.data.get("annotations", ())
    }
    expected = {}
    for row in rows:
        for each in row["annotations"]:
            expected[each["key"]] = (row["external_id"], each["start"], each["end"], each["quote"], each["annotator"])
    if len(expected) == sum(len(row["annotations"]) for row in rows):
        assert found == expected
    assert lost == {"texts": len(rows)}


def test_an_empty_export_is_an_empty_page() -> None:
    data, _lost = written("w3c")

    assert json.loads(data)["items"] == []
    assert [each for each in records("a.jsonld", data) if isinstance(each, ImportedRecord)] == []
