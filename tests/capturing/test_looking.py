"""A look at a page: what it writes, what failures say, what is the same, and who learns of it."""

from __future__ import annotations

import time

import pytest
from django.db import IntegrityError, connection, transaction

from annotations.capturing import pdf_text
from annotations.errors import Conflict, Forbidden, NotThere, Refused, TooMany
from annotations.fetching import turns
from annotations.fetching.outcomes import FetchFailed
from annotations.models import Article, AuditEvent, Capture, FetchHost, Job, RawFile, Source, SourceCheck
from annotations.workflow.evidence import change_evidence, set_evidence_withdrawn
from annotations.workflow.source_sight import capture_before, captures_of, find_capture, find_source, looks_at, shown
from annotations.workflow.sources import (
    add_source,
    change_source,
    paste_capture,
    set_archive_address,
    set_not_held,
    start_article_by_address,
    start_fetching,
)
from annotations.workflow.verifying import findings
from tests import factories
from tests.fetching.network import PUBLIC, Network, leading_to, replying, serving

from .world import (
    ADDRESS,
    HTTP,
    WORDS,
    cite,
    cite_passage,
    fetched,
    once,
    outside,
    page_of,
    pasted,
    run,
    source,
    uploaded,
)

pytestmark = pytest.mark.django_db


def pdf_of(words: str) -> bytes:
    """Write a PDF of one page."""
    stream = f"BT /F1 12 Tf 20 100 Td ({words}) Tj ET".encode()
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        b"<</Title(Report on the dam)/Author(Engineers)>>",
    ]
    data, places = b"%PDF-1.4\n", []
    for number, each in enumerate(objects, start=1):
        places.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    data, start = data + b"xref\n0 7\n0000000000 65535 f \n" + table, len(data)
    return data + b"trailer<</Size 7/Root 1 0 R/Info 6 0 R>>\nstartxref\n%d\n%%%%EOF\n" % start


PDF = pdf_of("The dam held, the report says.")


@pytest.fixture
def mia():
    return factories.project(visibility="open")


@pytest.fixture
def blind():
    return factories.project("harbour", visibility="blind", manager="rosa")


def states(of: Source) -> tuple[str, list[str]]:
    row = Source.objects.get(pk=of.pk)
    return row.state, [look.outcome for look in row.checks.order_by("pk") if look.outcome != "added"]


def test_a_page_is_captured_whole(mia, settings, monkeypatch):
    made = source(mia, HTTP)
    with outside(settings, monkeypatch, leading_to("/there"), replying(page_of(WORDS))) as network:
        job = fetched(mia, made)

    capture = Capture.objects.get()
    assert (job.state, job.n_created) == ("done", 1)
    assert (capture.how, capture.status, capture.media_type) == ("fetched", 200, "text/html")
    assert capture.final_url == "http://dam.example/there"
    assert WORDS in capture.text
    assert capture.raw_file.file.open().read() == page_of(WORDS)
    assert bytes(capture.sha256) == bytes(capture.raw_file.sha256)
    look = capture.checks.get()
    assert look.hops == [{"url": HTTP, "status": 302}]
    made.refresh_from_db()
    assert (made.state, made.title, made.author, made.medium) == ("live", "Dam holds", "Ann Bee", "web_text")
    assert (made.publisher.name, made.published_at.isoformat()) == ("The Valley Post", "2024-03-02T08:00:00+00:00")
    assert network.dialled == [(PUBLIC, 80)] * 2
    assert list(findings()) == []
    assert AuditEvent.objects.filter(verb="source.captured").count() == 1


def test_the_state_follows_the_page_and_no_failure_is_a_deletion(mia, settings, monkeypatch):
    made = source(mia, HTTP)
    steps = [
        (replying(status="503 Oh"), "never_captured", "server_error"),
        (replying(page_of(WORDS)), "live", "captured"),
        (replying(page_of(WORDS) + b"<!-- 2 -->"), "live", "unchanged"),
        (replying(status="500 Oh"), "live", "server_error"),
        (replying(status="403 No"), "live", "not_given"),
        (replying(page_of(WORDS.replace("held", "broke"))), "changed", "captured"),
        (lambda connection: time.sleep(2), "changed", "timeout"),
        (replying(b"x", media_type="image/png"), "changed", "media_type"),
        (replying(status="404 No"), "gone", "gone"),
        (lambda connection: connection.close(), "gone", "bad_reply"),
        (replying(page_of(WORDS)), "live", "captured"),
    ]
    monkeypatch.setattr("annotations.capturing.running.MOST_LOOKS", 1)
    for number, (answer, state, outcome) in enumerate(steps):
        with outside(settings, monkeypatch, answer):
            job = fetched(mia, made)
        assert states(made)[0] == state, number
        assert states(made)[1][-1] == outcome, number
        assert job.state in ("done", "done_with_problems")
    assert Capture.objects.count() == 3
    assert RawFile.objects.count() == 2
    assert list(findings()) == []


def test_a_passing_failure_is_tried_again(mia, settings, monkeypatch):
    made = source(mia, HTTP)
    with outside(settings, monkeypatch, replying(status="503 Oh"), replying(status="502 Oh"), replying(page_of(WORDS))):
        fetched(mia, made)

    assert states(made) == ("live", ["captured"])


def test_files_and_pasted_texts_are_captured_too(mia):
    made = source(mia)
    pdf = uploaded(mia, PDF, of=made, name="report.pdf")
    page = uploaded(mia, page_of(WORDS), of=made)
    paste = pasted(mia, "Pasted\r\nwords", of=made)
    again = pasted(mia, "Pasted\r\nwords", of=made)
    junk = uploaded(mia, b"%PDF-1.7 nonsense", of=made, name="x.pdf")

    found = list(Capture.objects.order_by("pk"))
    assert [(each.how, each.media_type) for each in found] == [
        ("uploaded", "application/pdf"),
        ("uploaded", "text/html"),
        ("pasted", "text/plain"),
        ("uploaded", "application/pdf"),
    ]
    assert (found[0].text, found[0].title, found[0].author) == (
        "The dam held, the report says.",
        "Report on the dam",
        "Engineers",
    )
    assert (paste, paste.text) == (again, "Pasted\nwords")
    assert (pdf.state, page.state, junk.state) == ("done", "done", "done_with_problems")
    assert (found[3].text, found[3].raw_file.size) == ("", 17)
    assert states(made)[0] == "live"
    assert list(findings()) == []


def test_a_pdf_that_hangs_ends_its_own_process_only(monkeypatch):
    monkeypatch.setattr(pdf_text, "_CHILD", "import time; time.sleep(60)")
    begun = time.monotonic()
    with pytest.raises(pdf_text.UnreadablePdf):
        pdf_text.read_pdf(PDF, seconds=0.5)
    assert time.monotonic() - begun < 5


def test_what_was_captured_never_changes(mia):
    capture = pasted(mia)
    statements = ("text = 'anders'", "length = length + 1", "sha256 = text_sha256 || text_sha256")
    for statement in statements:
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE annotations_capture SET {statement} WHERE id = %s", [capture.pk])


@pytest.mark.parametrize(
    "assignment",
    ['"end" = length + 1', '"end" = start', 'length = length + 1000, "end" = length + 1', "quote = 'x'"],
)
def test_a_passage_outside_its_capture_is_refused_by_raw_sql(assignment, mia):
    item = cite_passage(mia, pasted(mia), 4, 8)

    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE annotations_evidenceitem SET {assignment} WHERE id = %s", [item.pk])


def test_a_passage_is_of_a_capture_of_its_own_source(mia):
    item = cite_passage(mia, pasted(mia), 4, 8)
    other = source(mia, "https://other.example/")

    with pytest.raises(IntegrityError), transaction.atomic():
        type(item).objects.filter(pk=item.pk).update(source=other)


def test_a_passage_of_a_capture_is_evidence_in_code_points(mia):
    capture = pasted(mia)
    start = WORDS.index("said")
    item = cite_passage(mia, capture, start, start + 14)

    assert (item.quote, item.url, item.capture) == ("said the mayor", "https://dam.example/report", capture)
    for changes in ({"quote": "said the baker"}, {"url": "https://other.example/"}):
        with pytest.raises(Refused):
            change_evidence(item.key, changes, by=mia, base_version=1, request=once())
    changed = change_evidence(item.key, {"stance": "refutes", "note": "see"}, by=mia, base_version=1, request=once())
    assert (changed.stance, changed.quote) == ("refutes", "said the mayor")
    set_evidence_withdrawn(item.key, True, by=mia, base_version=2, request=once())
    for start, end in ((0, 10_000), (5, 5), (-1, 3)):
        with pytest.raises(Refused):
            cite_passage(mia, capture, start, end)
    assert list(findings()) == []


def test_citing_a_page_has_it_looked_at_where_the_server_fetches(mia, settings, monkeypatch):
    cite(mia, "http://quiet.example/")
    assert not Job.objects.exists()

    with outside(settings, monkeypatch, replying(page_of(WORDS))):
        item = cite(mia, HTTP)
        run(Job.objects.get())
        cite(mia, HTTP)

    assert Job.objects.count() == 1
    assert states(item.source)[0] == "live"


def test_where_the_limit_is_reached_evidence_is_saved_all_the_same(mia, settings, monkeypatch):
    settings.WORKBENCH_FETCHING, settings.WORKBENCH_FETCHES_PER_HOUR = True, 1
    cite(mia, "http://one.example/")
    item = cite(mia, "http://two.example/")

    assert Job.objects.count() == 1
    with pytest.raises(TooMany):
        start_fetching(item.source.uuid, by=mia, request=once())


def test_fetching_is_refused_where_it_is_off(mia):
    made = source(mia)
    with pytest.raises(Refused, match="fetches no pages"):
        start_fetching(made.uuid, by=mia, request=once())
    with pytest.raises(Refused, match="fetches no pages"):
        start_article_by_address(ADDRESS, by=mia, request=once())


def test_a_look_that_waits_is_not_asked_for_twice(mia, settings):
    settings.WORKBENCH_FETCHING = True
    made = source(mia)

    assert start_fetching(made.uuid, by=mia, request=once()) == start_fetching(made.uuid, by=mia, request=once())


def test_an_article_is_added_by_its_address(mia, settings, monkeypatch):
    with outside(settings, monkeypatch, leading_to("/news?utm_source=x"), replying(page_of(WORDS))):
        job = run(start_article_by_address(HTTP, by=mia, request=once()))
        started = Job.objects.get(uuid=job.parameters["import"])
        run(started)

    article = Article.objects.get()
    assert (job.state, Job.objects.get(pk=started.pk).state) == ("done", "done")
    assert (article.title, article.url) == ("Dam holds", "http://dam.example/news?utm_source=x")
    assert article.external_id == "http://dam.example/news"
    assert article.publisher.name == "The Valley Post"


def test_a_fetched_page_cannot_pass_for_one_of_another_host(mia, settings, monkeypatch):
    page = page_of(WORDS).replace(b"<head>", b"<head><link rel=canonical href='https://other.example/true'>")
    with outside(settings, monkeypatch, replying(page)):
        job = run(start_article_by_address(HTTP, by=mia, request=once()))
        run(Job.objects.get(uuid=job.parameters["import"]))

    assert Article.objects.get().external_id == HTTP


def test_an_article_that_does_not_come_says_why(mia, settings, monkeypatch):
    with outside(settings, monkeypatch, replying(status="404 No")):
        job = run(start_article_by_address(HTTP, by=mia, request=once()))

    assert (job.state, job.message) == ("done_with_problems", "The page is not there any more (404).")


def test_facts_are_written_by_people_and_kept_from_captures(mia):
    made = source(mia)
    changed = change_source(made.uuid, {"title": " My  title "}, by=mia, base_version=1, request=once())
    uploaded(mia, page_of(WORDS), of=made)
    made.refresh_from_db()

    assert changed.version_number == 2
    assert (made.title, made.author) == ("My title", "Ann Bee")
    with pytest.raises(Conflict):
        change_source(made.uuid, {"author": "x"}, by=mia, base_version=1, request=once())
    with pytest.raises(Refused):
        change_source(made.uuid, {"medium": "smoke"}, by=mia, base_version=2, request=once())


def test_not_held_is_said_and_taken_back(mia):
    made = source(mia)
    set_not_held(made.uuid, True, by=mia, note="A book", request=once())
    set_not_held(made.uuid, True, by=mia, note="A book", request=once())
    assert states(made) == ("not_held", ["not_held"])
    set_not_held(made.uuid, False, by=mia, request=once())
    assert states(made)[0] == "never_captured"
    set_not_held(made.uuid, True, by=mia, request=once())
    pasted(mia, of=made)
    assert states(made)[0] == "live"


def test_an_archive_address_is_kept_with_a_version(mia):
    capture = pasted(mia)
    set_archive_address(capture.uuid, "https://archive.example/1", by=mia, base_version=1, request=once())
    with pytest.raises(Conflict):
        set_archive_address(capture.uuid, "", by=mia, base_version=1, request=once())
    with pytest.raises(Refused):
        set_archive_address(capture.uuid, "javascript:alert(1)", by=mia, base_version=2, request=once())
    assert find_capture(mia, capture.uuid).archive_url == "https://archive.example/1"


def test_acts_are_repeated_without_harm(mia):
    first = once()
    made = add_source(ADDRESS, by=mia, request=first)
    assert add_source(ADDRESS, by=mia, request=first) == made
    key = once()
    one = paste_capture(made.uuid, WORDS, by=mia, request=key)
    assert paste_capture(made.uuid, WORDS, by=mia, request=key) == one
    assert SourceCheck.objects.count() == 2


def test_a_blind_project_shows_ones_own_looks_only(blind, settings, monkeypatch):
    """Ada adds what Ben had captured, and sees what she would see if nobody had."""
    ada, ben = factories.member(blind, "ada"), factories.member(blind, "ben")
    new = source(ada, "https://new.example/")
    untouched = shown([find_source(ada, new.uuid)], ada)[0]
    of_ben = source(ben)
    theirs = uploaded(ben, page_of(WORDS), of=of_ben)
    with pytest.raises(NotThere):
        find_source(ada, of_ben.uuid)

    added = source(ada)
    seen = shown([find_source(ada, added.uuid)], ada)[0]

    assert added == of_ben
    assert seen.url == "https://dam.example/report"  # not as Ben wrote it
    assert (seen.title, seen.state, seen.checked_at, seen.publisher, seen.version_number) == (
        untouched.title,
        untouched.state,
        untouched.checked_at,
        untouched.publisher,
        untouched.version_number,
    )
    assert not captures_of(added, ada).exists()
    assert [look.outcome for look in looks_at(added, ada)] == ["added"]
    with pytest.raises(NotThere):
        find_capture(ada, Capture.objects.get().uuid)
    with pytest.raises(Forbidden):
        change_source(added.uuid, {"title": "x"}, by=ada, base_version=1, request=once())
    mine = uploaded(ada, page_of(WORDS), of=added)
    assert (mine.n_created, theirs.n_created) == (1, 1)  # the same bytes are a capture of her own
    capture = captures_of(added, ada).get()
    assert capture_before(capture, ada) is None
    assert capture_before(capture, blind) is not None
    assert shown([added], ada)[0].title == "Dam holds"
    with pytest.raises(NotThere):
        cite_passage(ada, Capture.objects.exclude(pk=capture.pk).get(), 0, 3)


def test_viewers_and_strangers_capture_nothing(mia):
    vera = factories.member(mia, "vera", role="viewer")
    made = source(mia)
    for act in (
        lambda: add_source(ADDRESS, by=vera, request=once()),
        lambda: start_fetching(made.uuid, by=vera, request=once()),
        lambda: paste_capture(made.uuid, WORDS, by=vera, request=once()),
        lambda: set_not_held(made.uuid, True, by=vera, request=once()),
    ):
        with pytest.raises(Forbidden):
            act()
    stranger = factories.project("harbour", visibility="open", manager="sam")
    with pytest.raises(NotThere):
        find_source(stranger, made.uuid)


def test_a_host_is_asked_by_one_at_a_time(monkeypatch):
    monkeypatch.setattr(turns, "LONGEST_WAIT", 0.2)
    with turns.turn("dam.example"):
        with pytest.raises(FetchFailed, match="busy"), turns.turn("dam.example"):
            pass
        with turns.turn("other.example"):
            pass
    with pytest.raises(FetchFailed), turns.turn("dam.example"):  # a pause between two
        pass
    FetchHost.objects.update(free_at=None)
    with turns.turn("dam.example"):
        pass


def test_robots_are_asked_once_and_heeded():
    rules = replying(b"User-agent: *\nDisallow: /private\n", media_type="text/plain")
    network = Network()
    with serving(rules, replying(b"hello")) as (port, requests):
        network.servers[(PUBLIC, 80)] = port
        fetcher = network.fetcher()
        ask = turns.robots_asker(fetcher)
        fetcher.fetch("http://example.org/open", may_ask=ask)
        with pytest.raises(FetchFailed, match="robots"):
            fetcher.fetch("http://example.org/private/x", may_ask=ask)
        fetcher.fetch("http://example.org/open", may_ask=ask)

    assert [head.split()[1] for head in requests] == [b"/robots.txt", b"/open", b"/open"]


@pytest.mark.parametrize(("status", "is_asked"), [("404 No", True), ("403 No", True), ("503 Oh", False)])
def test_no_robots_forbid_nothing_and_broken_ones_everything(status, is_asked):
    network = Network()
    with serving(replying(status=status), replying(b"hello")) as (port, requests):
        network.servers[(PUBLIC, 80)] = port
        fetcher = network.fetcher()
        try:
            fetcher.fetch("http://example.org/", may_ask=turns.robots_asker(fetcher))
        except FetchFailed:
            assert not is_asked
    assert (len(requests) == 2) == is_asked
