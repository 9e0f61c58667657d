"""Imports of claims, passages and sources alone: in an order in which all is there, and undone like any other."""

from __future__ import annotations

import io
import uuid

import pytest
from django.apps import apps
from django.utils import timezone

from annotations.importers import importing
from annotations.jobs.leases import claim_chunk
from annotations.jobs.running import run_chunk, run_job
from annotations.jobs.starting import start_import
from annotations.jobs.steering import offers
from annotations.models import Capture, Chunk, Claim, EvidenceItem, QuoteLink, Source, SourceCheck
from annotations.reuse.finding import start_finding
from annotations.workflow.claiming import make_claim
from annotations.workflow.passages import PassageDecision, decide_passage
from annotations.workflow.sources import add_source, set_archive_address
from annotations.workflow.verdicts import NewVerdict, reach_verdict
from tests import factories
from tests.api.test_quotations import captured
from tests.capturing.world import cite, cite_passage
from tests.corpora import KINDS, article, imported, lines, undone
from tests.importers.test_undoing import STAYS, kept
from tests.reuse.test_finding import REPORT, done

pytestmark = pytest.mark.django_db
URL = "https://amt.example/report"
WHEN = "2024-03-18T08:14:52.000000Z"
A = "ab" * 32


def rows() -> dict[str, int]:
    models = apps.get_app_config("annotations").get_models()
    stay = STAYS - {"Source"}
    return {each.__name__: each._base_manager.count() for each in models if each.__name__ not in stay}


def source(url: str = URL):
    capture = {"fetched_at": WHEN, "sha256": A, "how": "pasted", "size": 9, "text": REPORT, "annotator": "Rosa"}
    looks = [
        {
            "checked_at": WHEN,
            "outcome": "captured",
            "annotator": "Rosa",
            "capture": {"fetched_at": WHEN, "sha256": A},
        },
        {"checked_at": "2024-03-19T08:14:52.000000Z", "outcome": "gone", "status": 404, "annotator": "Rosa"},
    ]
    return {"type": "source", "url": url, "title": "Report", "publisher": "Amt", "captures": [capture], "looks": looks}


def claim(n: int = 0):
    passage = {"capture": {"fetched_at": WHEN, "sha256": A}, "start": 3, "end": 9}
    item = {"key": str(uuid.uuid4()), "url": URL, "stance": "supports", "annotator": "Rosa", "passage": passage}
    item["quote"] = REPORT[3:9]
    group = {"n": 1, "items": [item]}
    return {
        "type": "claim",
        "key": str(uuid.uuid4()),
        "text": f"It {n}.",
        "annotator": "Rosa",
        "evidence_sets": [group],
    }


def test_an_import_of_claims_alone_goes_without_a_trace():
    mia = factories.project()
    before = rows()
    job = imported(mia, {"c.jsonl": lines(source(), claim())})
    assert (job.n_read, job.n_problems, Capture.objects.count()) == (0, 0, 1)
    assert "undo" in offers(job)

    made = undone(mia, job)

    assert rows() == before
    assert made.message.startswith("0 articles were removed; 1 claim was removed; 1 source was removed")


def test_a_claim_on_whose_evidence_a_verdict_rests_that_is_not_of_the_import_stays():
    mia = factories.project()
    job = imported(mia, {"c.jsonl": lines(source(), claim(), claim(1))})
    cited, _free = Claim.objects.order_by("text")
    own = make_claim(uuid.uuid4(), "It rose.", by=mia)
    verdict = reach_verdict(NewVerdict(uuid.uuid4(), own.key, "supported", "So."), by=mia)
    verdict.evidence_sets.set(cited.evidence_sets.all())  # as it came to rest on it before the claims were parted

    undone(mia, job)

    assert set(Claim.objects.all()) == {cited, own}
    assert [each.claim for each in verdict.evidence_sets.all()] == [cited]


def test_an_import_of_passages_alone_goes_but_for_those_that_somebody_judged():
    mia = factories.project()
    texts = [article(f"a-{n}", f"{n}. {REPORT}") for n in range(3)]
    imported(mia, {"a.jsonl": lines(*texts)})

    def shared(n):
        ends = [{"article": f"a-{m}", "start": 3, "end": 3 + len(REPORT)} for m in (n, n + 1)]
        return {
            "type": "shared_passage", "one": ends[0], "other": ends[1], "parts": [], "n_words": 20, "score": 1.0,
            "relation": "verbatim", "direction": "unknown", "ground": "", "found_by": "passim", "created_at": WHEN,
        }  # fmt: skip

    job = imported(mia, {"p.jsonl": lines(shared(0), shared(1))})
    assert (job.n_read, QuoteLink.objects.count()) == (0, 2)
    judged = QuoteLink.objects.latest("pk")
    decide_passage(judged.key, PassageDecision("confirmed", 0), by=mia)

    made = undone(mia, job)

    assert QuoteLink.objects.get() == judged
    assert kept(made) == {str(judged.key): "Somebody decided about it."}


def test_sources_and_captures_that_something_else_uses_stay_and_are_listed():
    mia = factories.project()
    used = [f"https://amt.example/{name}" for name in ("cited", "quoted", "shared", "archived", "looked-at", "free")]
    before = add_source("https://amt.example/known", by=mia)
    job = imported(mia, {"s.jsonl": lines(*(source(url) for url in [*used, "https://amt.example/known"]))})
    by_url = {capture.source.url: capture for capture in Capture.objects.select_related("source")}
    cite(mia, used[0])
    cite_passage(mia, by_url[used[1]], 3, 9)
    factories.article(mia, f"Other. {REPORT}")
    done(start_finding(mia))
    decide_passage(QuoteLink.objects.get(to_capture=by_url[used[2]]).key, PassageDecision("rejected", 0), by=mia)
    set_archive_address(by_url[used[3]].uuid, "https://archive.example/x", by=mia, base_version=1)
    captured(by_url[used[4]].source, mia, "Another text of it.")

    made = undone(mia, job)

    assert {row.source.url for row in Capture.objects.select_related("source")} == set(used[1:5])
    assert {row.url for row in Source.objects.all()} == {*used[:5], before.url}
    assert set(QuoteLink.objects.values_list("to_capture", flat=True)) == {by_url[url].pk for url in used[1:4]}
    states = dict(Source.objects.values_list("url", "state"))
    assert (states[used[0]], states[used[1]], states[before.url]) == ("never_captured", "live", "never_captured")
    assert len(kept(made)) == 3 + 5  # captures, and sources
    assert not SourceCheck.objects.filter(outcome="gone").exists()


def test_no_claim_is_written_before_the_source_that_it_cites_however_many_workers_there_are(monkeypatch):
    monkeypatch.setattr(importing, "ARTICLES_IN_A_CHUNK", {"postgresql": 1, "sqlite": 1})
    mia = factories.project()
    file = lines(*(claim(n) for n in range(3)), source())
    job = start_import(mia, [("c.jsonl", io.BytesIO(file))])
    reading = claim_chunk("reader", job.pk)
    assert reading is not None
    run_chunk(reading, KINDS, owner="reader")
    first = claim_chunk("one", job.pk)
    assert first is not None

    run_job(job.pk, KINDS, owner="two")  # all that another worker may take meanwhile
    assert Claim.objects.count() == 0
    Chunk.objects.filter(pk=first.pk).update(lease_until=timezone.now())
    run_job(job.pk, KINDS, owner="two")

    job.refresh_from_db()
    assert (job.state, job.n_problems) == ("done", 0), list(job.problems.values("message"))
    assert {item.capture for item in EvidenceItem.objects.all()} == {Capture.objects.get()}
    assert Source.objects.get().publisher.name == "Amt"
