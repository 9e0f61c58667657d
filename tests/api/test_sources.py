"""Sources and captures by API: add, look, upload, paste, cite, change; blind, refused, repeated."""

from __future__ import annotations

import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotations.models import Job, SourceCheck
from tests import factories
from tests.capturing.world import ADDRESS, WORDS, claim_of, page_of, run, source

pytestmark = pytest.mark.django_db
HOME = "/api/v1/projects/river/"


@pytest.fixture
def mia():
    return factories.project(visibility="open")


@pytest.fixture
def ask(client, mia):
    client.force_login(mia.user)

    def send(method: str, path: str, body=None, key: str = "", **options):
        headers = {"Idempotency-Key": key or str(uuid.uuid4())}
        call = getattr(client, method)
        if method == "get" or options.pop("is_form", False):
            return call(HOME + path, body, headers=headers)
        return call(HOME + path, body, content_type="application/json", headers=headers)

    return send


def test_a_source_is_added_captured_and_cited(mia, ask):
    key = str(uuid.uuid4())
    made = ask("post", "sources/", {"url": ADDRESS}, key=key)
    again = ask("post", "sources/", {"url": ADDRESS}, key=key)
    at = f"sources/{made.json()['uuid']}/"
    pasted = ask("post", f"{at}captures/", {"text": WORDS, "title": "Dam"}).json()
    passage = {"capture": pasted["uuid"], "start": 4, "end": 7}
    body = {"key": str(uuid.uuid4()), "claim": str(claim_of(mia).key), "passage": passage}
    cited = ask("post", "evidence/", body).json()["evidence"]

    assert (made.status_code, again.json()) == (201, made.json())
    assert made.json()["state"] == "never_captured"
    assert (cited["quote"], cited["source"]) == ("dam", made.json()["uuid"])
    assert cited["passage"] == {"article": None, **passage}
    (line,) = ask("get", "sources/").json()["results"]
    assert (line["state"], line["captures"], line["evidence"], line["title"]) == ("live", 1, 1, "Dam")
    assert [look["outcome"] for look in ask("get", f"{at}looks/").json()["results"]] == ["captured", "added"]


def test_a_file_is_read_by_a_worker_and_compared(mia, ask):
    at = f"sources/{source(mia).uuid}/"
    for words in (WORDS, WORDS.replace("held", "broke")):
        sent = {"file": SimpleUploadedFile("page.html", page_of(words))}
        reply = ask("post", f"{at}files/", sent, is_form=True)
        assert reply.status_code == 202
        run(Job.objects.get(uuid=reply.json()["uuid"]))

    newest = ask("get", f"{at}captures/").json()["results"][0]
    capture = ask("get", f"captures/{newest['uuid']}/").json()
    gone = [piece["text"] for piece in capture["difference"] if piece["kind"] == "gone"]
    new = [piece["text"] for piece in capture["difference"] if piece["kind"] == "new"]
    assert (gone, new) == (["held"], ["broke"])
    file = ask("get", f"captures/{newest['uuid']}/file/")
    assert b"".join(file.streaming_content) == page_of(WORDS.replace("held", "broke"))
    assert file["Content-Disposition"].startswith("attachment")
    assert "sandbox" in file["Content-Security-Policy"]


def test_facts_archive_and_not_held(mia, ask):
    made = source(mia)
    at = f"sources/{made.uuid}/"
    changes = {"base_version": 1, "title": "Dam", "published_at": "2024-03-02", "medium": "pdf", "publisher": "Post"}
    changed = ask("patch", at, changes).json()
    stale = ask("patch", at, {"base_version": 1, "title": "x"})
    held = ask("post", f"{at}not-held/", {"not_held": True, "note": "A book"}).json()
    pasted = ask("post", f"{at}captures/", {"text": WORDS}).json()
    archived = ask("patch", f"captures/{pasted['uuid']}/", {"base_version": 1, "archive_url": "https://a.example/"})

    assert (changed["published_at"], changed["published_precision"]) == ("2024-03-02T00:00:00.000000Z", "day")
    assert (changed["publisher"], changed["medium"], changed["version"]) == ("Post", "pdf", 2)
    assert stale.status_code == 409
    assert held["state"] == "not_held"
    assert archived.json()["archive_url"] == "https://a.example/"


def test_fetching_off_a_bad_address_and_a_bad_filter_are_refused(mia, ask):
    made = source(mia)
    assert ask("post", f"sources/{made.uuid}/fetch/", {}).json()["problems"][0]["code"] == "fetching_off"
    assert ask("post", "sources/", {"url": "javascript:alert(1)"}).json()["problems"][0]["code"] == "url_scheme"
    assert ask("get", "sources/", {"state": "dreaming"}).status_code == 422
    assert ask("get", "sources/", {"state": "live"}).json()["results"] == []


def test_fetching_is_limited_for_each_person(mia, ask, settings):
    settings.WORKBENCH_FETCHING, settings.WORKBENCH_FETCHES_PER_HOUR = True, 2
    made = [source(mia, f"https://page-{n}.example/") for n in range(3)]

    last = ask("post", f"sources/{made[2].uuid}/fetch/", {})

    assert last.status_code == 429
    assert int(last["Retry-After"]) > 0
    assert Job.objects.count() == 2


def test_an_article_is_asked_for_by_its_address(mia, ask, settings):
    settings.WORKBENCH_FETCHING = True
    key = str(uuid.uuid4())
    first, again = (ask("post", "articles/by-address/", {"url": ADDRESS}, key=key) for _n in range(2))

    assert (first.status_code, again.json()["uuid"]) == (202, first.json()["uuid"])
    assert Job.objects.count() == 1


def test_adding_what_others_have_tells_nothing(ask, client):
    rosa = factories.project("harbour", visibility="blind", manager="rosa")
    ada, ben = factories.member(rosa, "ada"), factories.member(rosa, "ben")
    source(ben)
    client.force_login(ada.user)
    replies = []
    for address in (ADDRESS, "https://new.example/report?utm_source=x"):
        headers = {"Idempotency-Key": str(uuid.uuid4())}
        body = {"url": address}
        path = "/api/v1/projects/harbour/sources/"
        replies.append(client.post(path, body, content_type="application/json", headers=headers).json())

    assert {**replies[0], "uuid": "", "url": "", "canonical_url": ""} == {
        **replies[1], "uuid": "", "url": "", "canonical_url": ""
    }  # fmt: skip
    assert [replies[n]["url"] for n in range(2)] == ["https://dam.example/report", "https://new.example/report"]


def test_a_list_takes_as_many_queries_however_many_sources(mia, ask):
    for n in range(2):
        source(mia, f"https://page-{n}.example/")
    ask("get", "sources/")
    with CaptureQueriesContext(connection) as few:
        ask("get", "sources/")
    for n in range(2, 12):
        source(mia, f"https://page-{n}.example/")
    with CaptureQueriesContext(connection) as many:
        ask("get", "sources/", {"limit": "12"})

    assert len(many) == len(few)
    assert SourceCheck.objects.count() == 12


def test_a_source_without_an_address_is_added_once_cited_and_said_what_it_is(mia, ask):
    key, claim = str(uuid.uuid4()), claim_of(mia)
    body = {"key": key, "title": "Der Damm 📈", "medium": "book", "publisher": "Tal", "published_at": "1998-05-01"}

    made = [ask("post", "sources/", body).json() for _time in range(2)]

    assert made[0] == made[1]
    assert (made[0]["url"], made[0]["title"], made[0]["medium"]) == ("", "Der Damm 📈", "book")
    assert (made[0]["published_at"], made[0]["published_precision"]) == ("1998-05-01T00:00:00.000000Z", "day")
    wrong = ask("post", "sources/", {"key": str(uuid.uuid4()), "title": ""})
    assert (wrong.status_code, b"title_empty" in wrong.content) == (422, True)
    cited = {"key": str(uuid.uuid4()), "claim": str(claim.key), "source": made[0]["uuid"], "quote": "It will hold."}
    reply = ask("post", "evidence/", cited).json()["evidence"]
    assert (reply["url"], reply["source"]) == ("", made[0]["uuid"])
    assert [row["uuid"] for row in ask("get", "sources/", {"q": "damm"}).json()["results"]] == [made[0]["uuid"]]
    assert ask("post", "evidence/", {**cited, "key": key, "source": str(uuid.uuid4())}).status_code == 404
    assert b"source_has_no_address" not in ask("post", f"sources/{made[0]['uuid']}/paste/", {"text": "x"}).content
