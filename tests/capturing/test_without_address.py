"""Sources without an address: a book, a call, a paper by hand. Added once, cited, captured, told to readers, filed."""

from __future__ import annotations

import uuid
from datetime import date

import orjson
import pytest
from django.db import IntegrityError, transaction

from annotations.access.requests import Request
from annotations.errors import Refused
from annotations.models import EvidenceItem, Project, Source
from annotations.text.claim_review import cited
from annotations.workflow.editions import contents_of
from annotations.workflow.evidence import NewEvidence, SourceLink, attach_source, change_evidence, revert_evidence
from annotations.workflow.source_sight import shown
from annotations.workflow.sources import add_source_without_address, change_source, start_fetching
from annotations.workflow.verdicts import NewVerdict, reach_verdict
from annotations.workflow.verifying import findings
from tests import factories
from tests.corpora import exported, imported, lines
from tests.exporters.test_round_trip import held, validator

from .world import cite_passage, claim_of, once, page_of, pasted, uploaded

pytestmark = pytest.mark.django_db
BOOK = {"title": "Der Damm 📈", "author": "Ann Bee", "publisher": "Tal Verlag", "medium": "book"}
BOOK |= {"published_at": date(1998, 5, 1)}


def book(by, **facts) -> Source:
    return add_source_without_address(uuid.uuid4(), BOOK | facts, by=by, request=once())


def cite(by, source, claim, **more) -> EvidenceItem:
    link = SourceLink(quote="It will hold.", source=source.uuid, **more)
    return attach_source(NewEvidence(uuid.uuid4(), link, claim=claim.key), by=by, request=once())


def test_it_is_made_once_and_tells_what_it_is():
    mia = factories.project()
    key, request = uuid.uuid4(), Request.of(uuid.uuid4(), "digest")

    made = [add_source_without_address(key, BOOK, by=mia, request=request) for _time in range(2)]

    assert Source.objects.get() == made[0] == made[1]
    (known,) = shown([made[0]], mia)
    assert (known.url, known.name, known.publisher, known.medium_name) == ("", "Der Damm 📈", "Tal Verlag", "book")
    assert (known.published_precision, made[0].canonical_url) == ("day", f"urn:uuid:{made[0].uuid}")
    with pytest.raises(Refused, match="title"):
        add_source_without_address(uuid.uuid4(), {"title": " "}, by=mia, request=once())
    with pytest.raises(Refused, match="title"):
        change_source(made[0].uuid, {"title": ""}, by=mia, base_version=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        Source.objects.filter(pk=made[0].pk).update(canonical_url="https://x.example/")
    assert not list(findings())


def test_evidence_names_it_and_keeps_it(settings):
    settings.WORKBENCH_FETCHING = True
    mia = factories.project()
    source, claim = book(mia), claim_of(mia)

    item = cite(mia, source, claim)

    assert (item.source, item.url, item.capture) == (source, "", None)
    with pytest.raises(Refused) as refused:
        change_evidence(item.key, {"url": "https://a.example/"}, by=mia, base_version=1)
    assert refused.value.code == "source_has_no_address"
    change_evidence(item.key, {"note": "p. 12"}, by=mia, base_version=1)
    revert_evidence(item.key, 1, by=mia, base_version=2)
    item.refresh_from_db()
    assert (item.note, item.source) == ("", source)
    with pytest.raises(Refused) as refused:
        start_fetching(source.uuid, by=mia)
    assert refused.value.code == "source_has_no_address"


def test_a_paper_is_captured_by_hand_and_quoted_from():
    mia = factories.project()
    source = book(mia, title="Minutes", medium="document")
    uploaded(mia, page_of("The dam held on Monday, said the mayor of the town to all."), of=source)
    capture = pasted(mia, "It will hold, they say.", of=source)

    item = cite_passage(mia, capture, 0, 13)

    assert (item.url, item.source, item.quote) == ("", source, "It will hold,")


def test_readers_and_claimreview_are_told():
    mia = factories.project("river", visibility="open")
    claim = claim_of(mia)
    cite(mia, book(mia), claim)
    cite(mia, book(mia, title="Call with the mayor", medium="spoken", publisher=""), claim)
    verdict = reach_verdict(NewVerdict(uuid.uuid4(), claim.key, "supported", "It held.", (1,)), by=mia)

    contents = contents_of(claim, verdict, mia)

    told = [row for rows in contents["grounds"] for row in rows] + contents["others"]
    assert [(row["kind"], row["title"], row["medium"]) for row in told] == [
        ("source", "Der Damm 📈", "book"),
        ("source", "Call with the mayor", "spoken"),
    ]
    assert (told[0]["publisher"], told[0]["author"]) == ("Tal Verlag", "Ann Bee")
    assert "author" not in told[1]  # who said something may not want to be named
    assert told[0]["date"] == "1998-05-01"
    assert len(cited(contents)) == 2


def test_where_work_is_blind_nobody_else_learns_of_it():
    mia = factories.project(visibility="blind")
    ada, ben = factories.member(mia, "ada"), factories.member(mia, "ben")
    source = book(ada)
    cite(ada, source, claim_of(ada))

    assert (shown([source], ada)[0].title, exported(ada).count(b"Der Damm")) == ("Der Damm 📈", 1)
    assert b"urn:uuid" not in exported(ben)
    with pytest.raises(Exception, match="no such source"):
        cite(ben, source, claim_of(ben))


def test_it_comes_back_from_a_file_to_the_byte_with_the_evidence_that_names_it():
    mia = factories.project("river", visibility="open")
    source, claim = book(mia), claim_of(mia)
    item = cite(mia, source, claim)
    change_evidence(item.key, {"note": "p. 12"}, by=mia, base_version=1)
    cite_passage(mia, pasted(mia, "It will hold, they say.", of=source), 0, 13, claim)
    export = exported(None, project=mia.project)
    for line in export.splitlines():
        validator().validate(orjson.loads(line))
    Project.objects.filter(pk=mia.project_id).update(slug="river-first")

    again = held(export, "river")

    assert exported(None, project=again) == export
    items = EvidenceItem.objects.filter(project=again)
    assert {(each.url, each.source.canonical_url) for each in items} == {("", source.canonical_url)}
    assert {state.source_id for each in items for state in each.revisions.all()} == {items[0].source_id}


def test_evidence_that_names_one_which_is_not_in_the_file_is_left_out_and_named():
    mia = factories.project()
    named = {"key": str(uuid.uuid4()), "url": f"urn:uuid:{uuid.uuid4()}", "stance": "supports", "annotator": "Rosa"}
    claim = {"type": "claim", "key": str(uuid.uuid4()), "text": "It held.", "annotator": "Rosa"}
    nameless = {"type": "source", "url": f"urn:uuid:{uuid.uuid4()}", "title": ""}

    job = imported(mia, {"c.jsonl": lines(claim | {"evidence_sets": [{"n": 1, "items": [named]}]}, nameless)})

    assert sorted(job.problems.values_list("field", flat=True)) == ["evidence.url", "title"]
    assert not EvidenceItem.objects.exists()
    assert not Source.objects.exists()
