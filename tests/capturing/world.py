"""Sources and captures for tests, and pages of a network that never leaves this machine."""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from annotations.access.requests import Request
from annotations.capturing import running
from annotations.fetching.fetcher import Fetcher
from annotations.jobs.running import run_job
from annotations.models import Capture, Claim, EvidenceItem, Job, Membership, Source
from annotations.tasks import KINDS
from annotations.workflow.claiming import make_claim
from annotations.workflow.evidence import NewEvidence, Passage, SourceLink, attach_source
from annotations.workflow.sources import add_source, capture_file, paste_capture, start_fetching
from tests.fetching.network import PUBLIC, QUICK, Answer, Network, serving

ADDRESS = "https://dam.example/report?utm_source=x"
HTTP = "http://dam.example/report"
WORDS = "The dam at Brenik held on Monday 📈, said the mayor of the town, who had read the report of the engineers."


def page_of(*paragraphs: str, title: str = "Dam holds") -> bytes:
    inside = "".join(f"<p>{each}</p>" for each in paragraphs)
    head = (
        f"<title>{title}</title><meta name=author content='Ann Bee'>"
        "<meta property='og:site_name' content='The Valley Post'>"
        "<meta property='article:published_time' content='2024-03-02T08:00:00Z'>"
    )
    return f"<!doctype html><html lang=en><head>{head}</head><body><article>{inside}</article></body></html>".encode()


def claim_of(by: Membership, text: str = "The dam held.") -> Claim:
    return make_claim(uuid.uuid4(), text, by=by)


def cite(by: Membership, url: str = ADDRESS, *, claim: Claim | None = None) -> EvidenceItem:
    """Cite a page for a claim."""
    new = NewEvidence(uuid.uuid4(), SourceLink(url), claim=(claim or claim_of(by)).key)
    return attach_source(new, by=by, request=once())


def cite_passage(by: Membership, capture: Capture, start: int, end: int, claim: Claim | None = None) -> EvidenceItem:
    """Cite a passage of a capture."""
    passage = Passage(None, start, end, capture=capture.uuid)
    new = NewEvidence(uuid.uuid4(), SourceLink(""), passage=passage, claim=(claim or claim_of(by)).key)
    return attach_source(new, by=by, request=once())


def once() -> Request:
    return Request.of(uuid.uuid4(), uuid.uuid4().hex)


def source(by: Membership, url: str = ADDRESS) -> Source:
    return add_source(url, by=by, request=once())


def pasted(by: Membership, text: str = WORDS, *, of: Source | None = None, title: str = "") -> Capture:
    return paste_capture((of or source(by)).uuid, text, by=by, title=title, request=once())


def run(job: Job) -> Job:
    """Do a job to its end, the waits between its tries left out."""
    for _try in range(10):
        if run_job(job.pk, KINDS, owner="test"):
            break
        job.chunks.update(lease_until=None)
    return Job.objects.get(pk=job.pk)


def uploaded(by: Membership, data: bytes, *, of: Source | None = None, name: str = "page.html") -> Job:
    return run(capture_file((of or source(by)).uuid, name, io.BytesIO(data), by=by, request=once()))


def fetched(by: Membership, of: Source) -> Job:
    return run(start_fetching(of.uuid, by=by, request=once()))


@contextmanager
def outside(settings, monkeypatch: pytest.MonkeyPatch, *answers: Answer) -> Iterator[Network]:
    """Switch fetching on, over a network where every name is a server of ours."""
    settings.WORKBENCH_FETCHING = True
    settings.WORKBENCH_FETCH_ROBOTS = False
    network = Network()
    made = network.fetcher(limits=replace(QUICK, body=5_000_000))
    monkeypatch.setattr(running, "the_fetcher", lambda: Fetcher(made.line, limits=made.limits))
    with serving(*answers) as (port, _requests):
        network.servers |= {(PUBLIC, 80): port}
        yield network
