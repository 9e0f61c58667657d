"""The pages of sources: list, one source, one capture; every act as a plain form."""

from __future__ import annotations

import html
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from annotations.models import Capture, EvidenceItem, Job, Source
from tests import factories
from tests.capturing.world import WORDS, cite_passage, claim_of, page_of, pasted, run, source

pytestmark = pytest.mark.django_db
HOME = "/p/river/sources/"


@pytest.fixture
def mia():
    return factories.project(visibility="open")


@pytest.fixture
def browser(mia):
    client = Client()
    client.force_login(mia.user)
    return client


def text(reply) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", reply.content.decode()))


def test_a_source_goes_from_address_to_a_cited_passage(mia, browser):
    assert "There are no sources yet" in text(browser.get(HOME))
    claim = claim_of(mia)
    at = browser.post(HOME, {"url": "https://dam.example/report"})["Location"]
    browser.post(at, {"act": "paste-text", "text": WORDS, "title": "Dam holds"})
    capture = Capture.objects.get()
    page = f"{at}captures/{capture.uuid}/"
    cited = browser.post(
        page, {"act": "cite-passage", "words": "said the mayor", "claim": str(claim.key), "stance": "supports"}
    )
    shown = browser.get(page).content.decode()

    assert cited.status_code == 302
    assert EvidenceItem.objects.get().quote == "said the mayor"
    assert ">said the mayor</mark>" in shown
    assert bytes(capture.sha256).hex() in shown
    assert "Dam holds" in text(browser.get(HOME))
    assert "said the mayor" in text(browser.get(at))
    assert "live" in text(browser.get(f"/p/river/claims/{claim.key}/"))


@pytest.mark.parametrize(
    ("words", "sentence"), [("nowhere", "do not stand in the text"), ("the", "more than once"), (" ", "")]
)
def test_words_that_name_no_one_place_are_refused_beside_their_field(words, sentence, mia, browser):
    capture = pasted(mia)
    body = {"act": "cite-passage", "words": words, "claim": str(claim_of(mia).key), "stance": "supports"}

    reply = browser.post(f"{HOME}{capture.source.uuid}/captures/{capture.uuid}/", body)

    assert reply.status_code == 422
    assert sentence in text(reply)
    assert not EvidenceItem.objects.exists()


def test_the_link_of_a_passage_is_evidence_on_the_page_of_a_claim(mia, browser):
    capture, claim = pasted(mia), claim_of(mia)
    link = f"http://testserver{HOME}{capture.source.uuid}/captures/{capture.uuid}/"
    body = {"act": "evidence-add", "stance": "refutes"}

    without_place = browser.post(f"/p/river/claims/{claim.key}/", {**body, "url": link})
    added = browser.post(f"/p/river/claims/{claim.key}/", {**body, "url": f"{link}#at=4-7"})

    assert (without_place.status_code, added.status_code) == (422, 302)
    assert EvidenceItem.objects.get().quote == "dam"


def test_a_file_is_uploaded_and_the_page_tells_that_it_is_read(mia, browser):
    made = source(mia)
    at = f"{HOME}{made.uuid}/"
    sent = {"act": "file-upload", "file": SimpleUploadedFile("page.html", page_of(WORDS))}

    assert browser.post(at, sent).status_code == 302
    assert "A look at the page is under way" in text(browser.get(at))
    run(Job.objects.get())
    assert "under way" not in text(browser.get(at))
    assert "Dam holds" in text(browser.get(at))
    assert "Fetching of a page" not in text(browser.get("/p/river/jobs/"))


def test_facts_not_held_and_archive_by_form(mia, browser):
    capture = pasted(mia)
    at = f"{HOME}{capture.source.uuid}/"
    browser.post(at, {"act": "facts-change", "base": 1, "title": "Dam", "published_at": "2024-03-02", "medium": "pdf"})
    stale = browser.post(at, {"act": "facts-change", "base": 1, "title": "Other"})
    browser.post(at, {"act": "hold-not", "note": "gone to paper"})
    page = f"{at}captures/{capture.uuid}/"
    bad = browser.post(page, {"act": "archive-set", "base": 1, "archive_url": "ftp://x.example/"})
    browser.post(page, {"act": "archive-set", "base": 1, "archive_url": "https://archive.example/1"})

    made = Source.objects.get()
    assert (made.title, made.medium, made.published_precision, made.state) == ("Dam", "pdf", "day", "not_held")
    assert (stale.status_code, bad.status_code) == (409, 422)
    assert Capture.objects.get().archive_url == "https://archive.example/1"


def test_fetching_by_form_where_it_is_off_and_on(mia, browser, settings):
    made = source(mia)
    at = f"{HOME}{made.uuid}/"
    assert browser.post(at, {"act": "fetch-now"}).status_code == 422
    assert b"By its address" not in browser.get("/p/river/articles/add/").content

    settings.WORKBENCH_FETCHING = True
    assert browser.post(at, {"act": "fetch-now"}).status_code == 302
    job = browser.post("/p/river/articles/add/", {"fetch": "yes", "url": "https://dam.example/news"})
    assert Job.objects.filter(kind="fetch").count() == 2
    assert "/jobs/" in job["Location"]
    bad = browser.post("/p/river/articles/add/", {"fetch": "yes", "url": "file:///etc/passwd"})
    assert (bad.status_code, "https:// or http://" in text(bad)) == (422, True)


def test_hostile_words_of_a_capture_are_text(mia, browser):
    capture = pasted(mia, "<script>alert(1)</script> & </p><img src=x onerror=alert(1)>", title="<b>x</b>")
    cite_passage(mia, capture, 0, 8)
    for page in (HOME, f"{HOME}{capture.source.uuid}/", f"{HOME}{capture.source.uuid}/captures/{capture.uuid}/"):
        body = browser.get(page).content.decode()
        assert "<script>alert" not in body
        assert "<img src=x" not in body
        assert "<b>x</b>" not in body


def test_a_source_of_a_blind_project_is_not_there_for_others(browser):
    rosa = factories.project("harbour", visibility="blind", manager="rosa")
    ada, ben = factories.member(rosa, "ada"), factories.member(rosa, "ben")
    capture = pasted(ben)
    client = Client()
    client.force_login(ada.user)
    at = f"/p/harbour/sources/{capture.source.uuid}/"

    assert client.get(at).status_code == 404
    assert client.get(f"{at}captures/{capture.uuid}/").status_code == 404
    assert client.get(f"{at}captures/{capture.uuid}/file/").status_code == 404
    assert "There are no sources yet" in text(client.get("/p/harbour/sources/"))
    assert client.get(f"/p/harbour/sources/?state={'live'}").status_code == 200


def test_a_source_without_an_address_is_added_cited_and_named_on_the_claim(mia, browser):
    claim = claim_of(mia)
    refused = browser.post(HOME, {"act": "add-nameless", "title": ""})
    assert refused.status_code == 422
    facts = {"title": "Der Damm <b>", "medium": "book", "author": "Ann Bee", "published_at": "1998-05-01"}
    at = browser.post(HOME, {"act": "add-nameless", **facts})["Location"]

    shown = browser.get(at).content.decode()

    assert "Der Damm &lt;b&gt;" in shown
    assert "It has no address." in shown
    assert "urn:uuid" not in shown
    assert 'value="fetch-now"' not in shown
    cited = {"act": "cite-source", "claim": str(claim.key), "stance": "refutes", "quote": "It will not hold."}
    assert browser.post(at, cited).status_code == 302
    by_address = {"act": "evidence-add", "url": f"http://testserver{at}", "stance": "supports", "quote": "p. 12"}
    assert browser.post(f"/p/river/claims/{claim.key}/", by_address).status_code == 302
    assert {item.source.title for item in EvidenceItem.objects.all()} == {"Der Damm <b>"}
    on_claim = text(browser.get(f"/p/river/claims/{claim.key}/"))
    assert on_claim.count("Der Damm <b> book") == 2
    assert "Enquiry:" not in on_claim
    assert "Der Damm <b>" in text(browser.get(HOME))
