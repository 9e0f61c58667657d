"""The native export: its contract, its order, its scope, and that it can be imported again with nothing lost."""

from __future__ import annotations

import hashlib
import json
import string
import uuid
from datetime import UTC
from functools import cache

import jsonschema
import orjson
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from annotations.jobs.leases import owner_name
from annotations.jobs.running import run_job
from annotations.jobs.starting import start_export
from annotations.models import Annotation, Article, Job, Membership
from annotations.workflow.annotating import withdraw_annotation
from annotations.workflow.assigning import submit
from annotations.workflow.evidence import NewEvidence, SourceLink, attach_source
from annotations.workflow.projects import NewLabel, revise_label_set
from tests.conftest import BASE_DIR
from tests.corpora import KINDS, empty_project, exported, imported, lines, without_name
from tests.corpora import article as article_record
from tests.factories import COMBINING, GERMAN, HEBREW, annotation, article, member, project

pytestmark = pytest.mark.django_db


@cache
def validator() -> jsonschema.Draft202012Validator:
    schema = json.loads((BASE_DIR / "docs" / "native-format.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def records(export: bytes) -> list[dict]:
    return [orjson.loads(line) for line in export.splitlines()]


def filled() -> tuple[Membership, Membership, Membership]:
    """Make a blind project in which Ada and Ben worked on the same articles."""
    mia = project()
    ada, ben = member(mia, "ada"), member(mia, "ben")
    first = article(mia, GERMAN, external_id="b", publisher="Tern Wire", language="de")
    article(mia, HEBREW, external_id="a", language="he", title="ראש העיר")
    article(mia, COMBINING, external_id="Ä", url="https://orn24.example/josee")
    marked = annotation(ada, first, 2, 11)
    annotation(ada, first, 6, 17, "number", note="zwei\nZeilen")
    annotation(ben, first, 2, 11)
    link = SourceLink("https://stat.example/preise", "Preise", "supports", "4 %", "")
    attach_source(
        NewEvidence(
            key=uuid.uuid4(), link=link, annotation=marked.key, claim_key=uuid.uuid4(), mention_key=uuid.uuid4()
        ),
        by=ada,
    )
    submit(first, by=ada)
    return mia, ada, ben


def test_every_line_keeps_to_the_schema():
    mia, _ada, _ben = filled()

    found = records(exported(mia))

    assert [row["type"] for row in found] == ["corpus", "article", "article", "article", "source", "claim"]
    for row in found:
        validator().validate(row)


def test_the_one_object_keeps_to_the_schema_and_holds_the_same():
    mia, _ada, _ben = filled()

    whole = orjson.loads(exported(mia, as_json_object=True))

    validator().validate(whole)
    by_line = records(exported(mia))
    assert whole["articles"] == [row for row in by_line if row["type"] == "article"]
    assert whole["claims"] == [row for row in by_line if row["type"] == "claim"]
    assert {name: whole[name] for name in by_line[0]} == by_line[0]


def test_an_empty_project_exports_as_one_object_with_empty_lists():
    whole = orjson.loads(exported(project(), as_json_object=True))

    validator().validate(whole)
    assert (whole["articles"], whole["sources"], whole["claims"]) == ([], [], [])


def test_articles_stand_in_the_order_of_code_points_and_spans_by_place():
    mia, _ada, _ben = filled()

    found = [row for row in records(exported(mia)) if row["type"] == "article"]

    assert [row["external_id"] for row in found] == ["a", "b", "Ä"]
    spans = [(row["start"], row["end"]) for row in found[1]["annotations"]]
    assert spans == sorted(spans)
    for row in found:
        for each in row["annotations"]:
            assert row["text"][each["start"] : each["end"]] == each["quote"]


def test_an_annotator_of_a_blind_project_exports_their_own_work_only():
    _mia, ada, ben = filled()

    export = exported(ben)

    found = records(export)
    owners = {each["annotator"] for row in found if row["type"] == "article" for each in row["annotations"]}
    assert owners == {ben.pseudonym}
    assert ada.pseudonym.encode() not in export
    assert b"stat.example" not in export
    assert [each["pseudonym"] for each in found[0]["annotators"]] == [ben.pseudonym]


def test_a_filter_narrows_the_export_and_stands_in_its_header():
    mia, _ada, _ben = filled()

    found = records(exported(mia, filters={"language": "he"}))

    assert found[0]["filter"] == {"language": "he"}
    assert found[0]["annotators"] == []
    assert [row.get("external_id") for row in found[1:]] == ["a"]


def test_an_export_without_texts_has_none_and_says_so():
    mia, _ada, _ben = filled()

    export = exported(mia, with_text=False)

    assert all("text" not in row for row in records(export) if row["type"] == "article")
    assert "as asked" in Job.objects.get(kind="export").message


def test_the_same_rows_give_the_same_bytes():
    mia, _ada, _ben = filled()

    assert exported(mia) == exported(mia)


def test_the_job_knows_size_hash_and_end_of_its_file():
    mia, _ada, _ben = filled()

    export = exported(mia)

    job = Job.objects.get()
    assert (job.result_size, bytes(job.result_sha256)) == (len(export), hashlib.sha256(export).digest())
    assert job.result_name == "river.jsonl"
    assert (job.expires_at - job.finished_at).days in (6, 7)
    assert "Nothing was lost" in job.message


def test_an_export_in_an_unknown_format_or_with_an_unknown_filter_fails_with_a_sentence():
    mia = project()
    for options in ({"format": "xlsx"}, {"filters": {"colour": "red"}}):
        job = start_export(mia, **options)
        run_job(job.pk, KINDS, owner=owner_name())
        job.refresh_from_db()
        assert job.state == Job.State.FAILED
        assert job.message.endswith(".")
        assert not job.result


def round_trip(export: bytes, slug: str = "copy") -> bytes:
    copy = empty_project(slug)
    job = imported(None, {"export.jsonl": export}, project=copy)
    assert job.state == Job.State.DONE, list(job.problems.values())
    return exported(None, project=copy)


def test_an_import_of_an_export_into_an_empty_project_exports_the_same():
    mia, ada, _ben = filled()
    withdrawn = Annotation.objects.filter(created_by=ada).first()
    Annotation.objects.filter(pk=withdrawn.pk).update(withdrawn_at=withdrawn.created_at)
    export = exported(mia)

    assert without_name(round_trip(export)) == without_name(export)


def test_an_annotation_with_a_label_that_is_no_longer_in_force_comes_back():
    mia, _ada, _ben = filled()
    revise_label_set([NewLabel(key="number", name="Number")], by=mia)
    export = exported(mia)

    assert [row["key"] for row in records(export)[0]["label_set"]["former_labels"]] == ["claim"]
    assert without_name(round_trip(export)) == without_name(export)


def test_a_change_and_its_withdrawal_survive_the_round_trip():
    mia = project()
    ada = member(mia, "ada")
    made = annotation(ada, article(mia, external_id="x"), 2, 11)
    withdraw_annotation(made.key, by=ada, base_version=1)
    export = exported(mia)

    copied = round_trip(export)

    row = records(copied)[1]["annotations"][0]
    assert (row["version"], row["withdrawn_at"] is not None) == (2, True)
    assert without_name(copied) == without_name(export)


ALPHABET = st.one_of(
    st.sampled_from(list("aé ß„“\n\u0301\u200d😀👩🇺🇦אش٣\u2028\u00a0[]…")),
    st.characters(codec="utf-8", exclude_characters="\x00\r"),
)
TEXTS = st.text(ALPHABET, min_size=3, max_size=80).filter(str.strip)


@st.composite
def corpora(draw: st.DrawFn) -> list[dict]:
    """Draw articles with overlapping, nested and discontinuous spans, some with empty notes."""
    found = []
    for number in range(draw(st.integers(1, 4))):
        text = draw(TEXTS)
        spans = [_annotation(draw, text) for _n in range(draw(st.integers(0, 5)))]
        name = draw(st.text(string.ascii_letters, min_size=1, max_size=3))
        found.append(article_record(f"{name}-{number}", text, annotations=spans))
    return found


def _annotation(draw: st.DrawFn, text: str) -> dict:
    start = draw(st.integers(0, len(text) - 1))
    end = draw(st.integers(start + 1, len(text)))
    made = {
        "key": str(draw(st.uuids())),
        "start": start,
        "end": end,
        "quote": text[start:end],
        "label": draw(st.sampled_from(["claim", "number", "speaker"])),
        "annotator": draw(st.sampled_from(["amber-otter-101", "warm-pine-202", "zoë"])),
        "note": draw(st.sampled_from(["", "eine Notiz 📎"])),
        "layer": draw(st.sampled_from(["annotator", "gold", "imported"])),
        "attributes": draw(st.dictionaries(st.sampled_from("abc"), st.integers(0, 9) | st.booleans(), max_size=2)),
        "confidence": draw(st.sampled_from([None, 0.0, 0.25, 1.0])),
        "created_at": draw(st.datetimes(timezones=st.just(UTC))).isoformat(),
    }
    if end - start > 2 and draw(st.booleans()):
        cut = draw(st.integers(start + 1, end - 2))
        made["fragments"] = [{"start": s, "end": e, "quote": text[s:e]} for s, e in ((start, cut), (cut + 1, end))]
    return made


@hypothesis_settings(max_examples=100 if hypothesis_settings.default.max_examples > 100 else 10)
@given(corpora())
def test_any_corpus_comes_back_as_it_was(corpus):
    keys = [each["key"] for row in corpus for each in row["annotations"]]
    if len(set(keys)) < len(keys):
        return
    manager = project(f"p-{uuid.uuid4().hex[:8]}")
    job = imported(manager, {"corpus.jsonl": lines(*corpus)})
    assert job.state == Job.State.DONE, list(job.problems.values())
    export = exported(manager)

    copied = round_trip(export, f"c-{uuid.uuid4().hex[:8]}")

    assert without_name(copied) == without_name(export)
    for row in records(copied):
        validator().validate(row)
    assert Article.objects.filter(project__slug=records(copied)[0]["project"]["slug"]).count() == len(corpus)
