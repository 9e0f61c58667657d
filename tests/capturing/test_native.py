"""Sources in our own format: captures, looks and cited passages come back; without texts no captured word goes out."""

from __future__ import annotations

import json
import uuid

import jsonschema
import orjson
import pytest

from annotations.models import Capture, EvidenceItem, Job, Project, Source, SourceCheck
from annotations.workflow.evidence import change_evidence
from annotations.workflow.sources import change_source, set_archive_address, set_not_held
from annotations.workflow.verifying import findings
from tests import factories
from tests.conftest import BASE_DIR
from tests.corpora import empty_project, exported, imported

from .world import WORDS, cite, cite_passage, once, page_of, pasted, source, uploaded

pytestmark = pytest.mark.django_db


def records(file: bytes, kind: str) -> list[dict]:
    return [row for row in map(orjson.loads, file.splitlines()) if row["type"] == kind]


@pytest.fixture
def mia():
    """Give the manager of a project with a source that was captured twice and cited, and one that is not held."""
    mia = factories.project(visibility="open")
    made = source(mia)
    uploaded(mia, page_of(WORDS), of=made)
    paste = pasted(mia, WORDS.replace("the mayor", "Quendolyn"), of=made)
    set_archive_address(paste.uuid, "https://archive.example/1", by=mia, base_version=1, request=once())
    item = cite_passage(mia, paste, 4, 8)
    change_evidence(item.key, {"note": "Look"}, by=mia, base_version=1, request=once())
    cite(mia, "https://other.example/")
    set_not_held(source(mia, "https://paper.example/").uuid, True, by=mia, note="A book", request=once())
    change_source(made.uuid, {"medium": "table"}, by=mia, base_version=1, request=once())
    return mia


def test_captures_and_looks_come_back_to_the_byte(mia):
    first = exported(None, project=mia.project)
    Project.objects.filter(pk=mia.project_id).update(slug=uuid.uuid4().hex[:12])
    made = empty_project("river")
    job = imported(None, {"corpus.jsonl": first}, project=made)
    assert job.state == Job.State.DONE, list(job.problems.values())

    assert exported(None, project=made) == first
    schema = json.loads((BASE_DIR / "docs" / "native-format.schema.json").read_text(encoding="utf-8"))
    for row in map(orjson.loads, first.splitlines()):
        jsonschema.Draft202012Validator(schema).validate(row)
    assert list(findings()) == []
    assert dict(Source.objects.filter(project=made).values_list("canonical_url", "state")) == {
        "https://dam.example/report": "live",
        "https://other.example/": "never_captured",
        "https://paper.example/": "not_held",
    }
    item = EvidenceItem.objects.get(project=made, capture__isnull=False)
    assert (item.quote, item.capture.archive_url) == ("dam ", "https://archive.example/1")

    again = imported(None, {"corpus.jsonl": first}, project=made)
    assert again.state == Job.State.DONE
    assert (Capture.objects.filter(project=made).count(), SourceCheck.objects.filter(project=made).count()) == (2, 5)


def test_without_texts_no_captured_word_goes_out(mia):
    file = exported(None, project=mia.project, with_text=False)

    assert b"Quendolyn" not in file
    assert b'"dam ' not in file
    (of_dam,) = [row for row in records(file, "source") if "captures" in row]
    assert [capture["length"] for capture in of_dam["captures"]] == [len(WORDS) + 11, len(WORDS)]
    made = empty_project("other")
    job = imported(None, {"corpus.jsonl": file}, project=made)
    assert "The capture with this passage is not here" in job.problems.get().message
    item = EvidenceItem.objects.get(project=made, url="https://dam.example/report")
    assert (item.capture, item.start, item.source.canonical_url) == (None, None, "https://dam.example/report")


def test_an_export_from_a_blind_project_holds_ones_own_captures_only():
    rosa = factories.project("harbour", visibility="blind", manager="rosa")
    ada, ben = factories.member(rosa, "ada"), factories.member(rosa, "ben")
    uploaded(ben, page_of("Ben captured these words of the page, and nobody else knows them."), of=source(ben))
    cite(ada)

    (row,) = records(exported(ada), "source")

    assert row == {
        "type": "source",
        "url": "https://dam.example/report",
        "canonical_url": "https://dam.example/report",
        "title": "",
        "publisher": None,
    }
    assert "captures" in records(exported(ben), "source")[0]


@pytest.mark.parametrize(
    ("field", "value"),
    [("sha256", "00"), ("text", "other"), ("how", "dreamt"), ("fetched_at", "once"), ("final_url", "javascript:x")],
)
def test_a_damaged_capture_is_refused_with_its_field(mia, field, value):
    file = exported(None, project=mia.project)
    (row,) = [row for row in records(file, "source") if "captures" in row]
    row["captures"][0][field] = value
    made = empty_project("other")
    job = imported(None, {"corpus.jsonl": b"\n".join(map(orjson.dumps, [*records(file, "corpus"), row]))}, project=made)

    assert job.problems.get().field.startswith(field[:4])
    assert not Capture.objects.filter(project=made).exists()
