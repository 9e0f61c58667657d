"""UP-4: our own fields in JSON. A bad record is named by line and field, its neighbours are kept."""

import json
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.importers.records import CorpusHeader, ImportedRecord
from tests.importers.inputs import articles, only_article, only_problem, problems, records

STORY = "📈 Dam leaks\n\nThe water rose on Friday."


def lines(*values: object) -> str:
    return "\n".join(value if isinstance(value, str) else json.dumps(value) for value in values)


def test_broken_json_on_line_three_of_five_gives_four_records_and_names_line_three() -> None:
    good = [{"external_id": str(n), "text": STORY} for n in range(4)]
    data = lines(good[0], good[1], '{"external_id": "x", "text": "Dam', good[2], good[3])

    found = records("articles.jsonl", data)

    assert [article.external_id for article in articles(found)] == ["0", "1", "2", "3"]
    assert [(problem.file, problem.line) for problem in problems(found)] == [("articles.jsonl", 3)]


def test_all_fields_are_read_and_unknown_ones_kept() -> None:
    article = only_article(
        "a.json",
        json.dumps(
            {
                "external_id": 7,
                "title": "Dam leaks",
                "text": STORY,
                "publisher": "Tern Wire",
                "published_at": "2024-03-12T08:00:00+01:00",
                "posted_at": "2024-03-12",
                "url": "https://ternwire.example/dam",
                "language": "en_gb",
                "section": "valley",
                "metadata": {"desk": 4},
            }
        ),
    )

    assert (article.external_id, article.publisher, article.language) == ("7", "Tern Wire", "en-GB")
    assert article.published_at == datetime(2024, 3, 12, 7, tzinfo=UTC)
    assert article.posted_at == date(2024, 3, 12)
    assert article.text == STORY
    assert article.metadata == {"section": "valley", "desk": 4}


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("published_at", "31.02.2024", '"31.02.2024" is not a date. Write YYYY-MM-DD.'),
        ("published_at", "2024-02-30", "is not a date"),
        ("published_at", 20240312, "is not a date"),
        ("published_at", "0001-01-01T00:00:00+14:00", "is not a date"),
        ("text", None, "has no text"),
        ("text", 5, "not a string"),
        ("text", " \n", "empty"),
        ("text", "Dam\x00leaks", "offset 3 is NUL"),
        ("title", ["a"], "not a string"),
        ("title", "a" * 1_001, "longer than 1000"),
        ("title", "a\x00", "NUL"),
        ("external_id", "a" * 501, "longer than 500"),
        ("url", "javascript:alert(1)", "https://"),
        ("url", {}, "not a string"),
        ("language", "English", "language tag"),
        ("direction", "up", "ltr or rtl"),
        ("metadata", [1], "not an object"),
        ("metadata", {"a": "\x00"}, "NUL"),
        ("text_sha256", "00", "SHA-256"),
    ],
)
def test_a_wrong_value_rejects_its_record_alone(field: str, value: object, words: str) -> None:
    bad = {"external_id": "bad", "text": STORY, field: value}
    found = records("a.jsonl", lines(bad, {"external_id": "good", "text": STORY}))

    assert [article.external_id for article in articles(found)] == ["good"]
    assert [problem.is_rejection for problem in problems(found)] == [True]
    assert problems(found)[0].line == 1
    assert words in problems(found)[0].message


def test_a_record_with_three_faults_is_one_rejection_and_three_problems() -> None:
    found = problems(records("a.jsonl", lines({"text": "", "url": "x", "published_at": "x"})))

    assert [problem.field for problem in found] == ["text", "url", "published_at"]
    assert [problem.is_rejection for problem in found] == [True, False, False]


@pytest.mark.parametrize("text", ['"Dam \\ud83d leaks"', '"\\udc00"'])
def test_half_of_a_surrogate_pair_rejects_the_record(text: str) -> None:
    assert "surrogate" in only_problem("a.jsonl", f'{{"text": {text}}}').message


def test_spans_move_with_the_line_ends_and_bad_ones_are_remarks() -> None:
    raw = "📈 Dam\r\nleaks\r\n\r\nThe water rose."
    start = raw.index("water")
    annotation = {"key": "k1", "start": start, "end": start + 5, "quote": "water", "label": "claim", "note": "n"}
    shifted = {**annotation, "key": "k2", "start": start + 1, "end": start + 6}
    across = {"start": raw.index("Dam"), "end": raw.index("leaks") + 5, "quote": "Dam\r\nleaks", "label": "claim"}
    link = {"start": 2, "end": 5, "url": "https://example.org/"}
    record = {
        "text": raw,
        "annotations": [annotation, shifted, across, annotation, {"start": 0}, "x"],
        "links": [link, {**link, "url": "javascript:x"}, {**link, "end": 99}],
        "regions": [{"kind": "headline", "start": 0, "end": 12}, {"kind": "weather", "start": 0, "end": 1}],
    }

    found = records("a.jsonl", lines(record))
    [article] = articles(found)

    assert [article.text[each["start"] : each["end"]] for each in article.annotations] == ["water", "Dam\nleaks"]
    assert [each["quote"] for each in article.annotations] == ["water", "Dam\nleaks"]
    assert article.annotations[0]["note"] == "n"
    assert [article.text[each.start : each.end] for each in article.links] == ["Dam"]
    assert [(zone.kind, article.text[zone.start : zone.end]) for zone in article.zones] == [
        ("headline", "📈 Dam\nleaks")
    ]
    assert sorted(problem.field for problem in problems(found)) == ["annotations"] * 4 + ["links"] * 2 + ["regions"]
    assert not any(problem.is_rejection for problem in problems(found))


def test_offsets_in_utf_16_units_are_recognised_and_named() -> None:
    annotation = {"start": 3, "end": 6, "quote": "Dam", "label": "claim"}

    found = problems(records("a.jsonl", lines({"text": STORY, "annotations": [annotation]})))

    assert "UTF-16" in found[0].message


def test_a_fragment_outside_its_annotation_is_a_remark() -> None:
    whole = {"start": 2, "end": 5, "quote": "Dam", "label": "claim", "fragments": [{"start": 6, "end": 11}]}

    assert "fragment" in problems(records("a.jsonl", lines({"text": STORY, "annotations": [whole]})))[0].message


def test_a_date_given_as_unknown_is_not_read_from_the_text() -> None:
    text = "Dam leaks\n\nPosted at 7:40 AM, Mar 14, 2024\n\nRain."

    unknown = only_article("a.jsonl", lines({"text": text, "published_at": None}))
    left_out = only_article("a.jsonl", lines({"text": text}))

    assert unknown.published_at is None
    assert left_out.published_at == date(2024, 3, 14)


def test_the_second_article_of_one_id_is_refused() -> None:
    found = records("a.jsonl", lines({"id": "x", "text": STORY}, {"id": "x", "text": "Rain."}))

    assert len(articles(found)) == 1
    assert (problems(found)[0].line, problems(found)[0].value) == (2, "x")


def test_records_without_an_id_keep_theirs_in_any_order() -> None:
    there = [each.external_id for each in articles(records("a.jsonl", lines({"text": "One."}, {"text": "Two."})))]
    back = [each.external_id for each in articles(records("a.jsonl", lines({"text": "Two."}, {"text": "One."})))]

    assert there == back[::-1]


def test_lines_and_one_object_give_the_same_corpus() -> None:
    header = {"type": "corpus", "format": "claim-workbench", "format_version": 1}
    story = {"type": "article", "external_id": "x", "text": STORY}
    claim = {"type": "claim", "key": "c", "text": "The dam leaks."}
    one = {**header, "articles": [story], "claims": [{"key": "c", "text": "The dam leaks."}]}

    for found in (records("a.jsonl", lines(header, story, claim)), records("a.json", json.dumps(one, indent=1))):
        assert [type(each).__name__ for each in found] == ["CorpusHeader", "ImportedArticle", "ImportedRecord"]
        assert isinstance(found[0], CorpusHeader)
        assert isinstance(found[2], ImportedRecord)
        assert (found[2].kind, found[2].data["key"]) == ("claim", "c")


def test_a_newer_format_version_is_refused() -> None:
    assert "version 2" in only_problem("a.jsonl", lines({"type": "corpus", "format_version": 2})).message


def test_every_article_points_to_its_own_bytes() -> None:
    data = lines({"id": "a", "text": STORY}, {"id": "b", "text": "Regen in Köln."}).encode()

    for article in articles(records("a.jsonl", data)):
        assert article.raw is not None
        assert json.loads(data[article.raw.start : article.raw.end])["id"] == article.external_id


@given(st.binary(max_size=30), st.integers(0, 400))
def test_a_damaged_file_never_crashes_and_accounts_for_every_line(damage: bytes, at: int) -> None:
    data = lines(*({"external_id": str(n), "text": STORY, "published_at": "2024-03-12"} for n in range(4))).encode()

    found = records("a.jsonl", data[:at] + damage + data[at + len(damage) :])

    assert len(articles(found)) <= 4 + damage.count(b"\n")
    assert all(problem.message for problem in problems(found))
