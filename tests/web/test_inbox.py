"""The inbox: what comes in, who sees it, what was read, and the daily mail of it."""

from __future__ import annotations

import uuid
from datetime import date, timedelta

import pytest
from django.core import mail
from django.utils import timezone
from django.utils.formats import date_format

from annotations.models import Membership, Notice, User
from annotations.workflow.assigning import submit
from annotations.workflow.claiming import make_claim
from annotations.workflow.desk import DeskChange, change_desk
from annotations.workflow.digests import send_digests
from annotations.workflow.discussing import NewThread, begin_thread
from annotations.workflow.inbox import inbox_of, parts_of
from annotations.workflow.projects import change_role, end_membership
from annotations.workflow.returning import return_work
from tests import factories

API = "/api/v1/me/inbox/"


def handed_back(team, title: str = "Der Preis", note: str = "Die Zahlen fehlen."):
    article = factories.article(team.mia, title=title)
    row = factories.assigned(team.mia, team.ada, article)
    submit(article, by=team.ada)
    return return_work(row.uuid, note, by=team.rosa)


def given_claim(team, to: Membership, text: str = "Der Preis stieg."):
    claim = make_claim(uuid.uuid4(), text, by=team.mia)
    change_desk(claim.key, DeskChange(assignee=str(to.uuid), due_on=date(2026, 12, 1)), by=team.mia, base_version=0)
    return claim


def call(team, who: Membership, words: str = "Stimmt das?") -> uuid.UUID:
    article, comment = factories.article(team.mia, title="Ein Artikel"), uuid.uuid4()
    begin_thread(NewThread(uuid.uuid4(), comment, f"@{who.pseudonym} {words}", article.uuid), by=team.mia)
    return comment


def test_work_given_back_claims_and_mentions_come_in_newest_first(team, browser):
    given_claim(team, team.rosa)
    call(team, team.rosa)
    handed_back(team)

    rosas = browser("rosa").get(API).json()["results"]
    adas = browser("ada").get(API).json()["results"]

    assert [(one["kind"], one["title"]) for one in rosas] == [("mention", "Ein Artikel"), ("claim", "Der Preis stieg.")]
    assert [(one["kind"], one["title"], one["text"]) for one in adas] == [
        ("returned", "Der Preis", "Die Zahlen fehlen.")
    ]
    page = browser("rosa").get("/inbox/").content.decode()
    assert "Der Preis stieg." in page
    assert f"{team.mia.pseudonym} called you" in page


def test_home_shows_what_is_new_what_was_given_back_and_claims_that_wait(team, browser):
    factories.assigned(team.mia, team.ada, factories.article(team.mia, title="Noch offen"))
    handed_back(team, "Noch einmal")
    given_claim(team, team.rosa)

    adas, rosas = (browser(name).get("/").content.decode() for name in ("ada", "rosa"))

    assert adas.index("Noch einmal") < adas.index("Noch offen")
    assert "Die Zahlen fehlen." in adas
    assert "Claims that wait for you" in rosas
    assert f"due {date_format(date(2026, 12, 1), 'SHORT_DATE_FORMAT')}" in rosas
    assert "Claims that wait for you" not in adas


def test_home_costs_the_same_however_much_waits(team, browser, django_assert_max_num_queries):
    for n in range(2):
        handed_back(team, f"Artikel {n}")
        given_claim(team, team.rosa, f"Behauptung {n}")
        call(team, team.rosa)
    for name in ("rosa", "ada"):
        client = browser(name)
        with django_assert_max_num_queries(15):
            client.get("/")
        with django_assert_max_num_queries(9):
            client.get("/inbox/")


def test_what_was_read_is_read_until_it_is_told_again(team, browser):
    row, client = handed_back(team), browser("ada")
    [item] = client.get(f"{API}?unread=true").json()["results"]

    first = client.post(f"{API}read/", {"items": [item["uuid"]]}, content_type="application/json").json()
    again = client.post(f"{API}read/", {"items": [item["uuid"]]}, content_type="application/json").json()

    assert (first, again) == ({"read": 1}, {"read": 0})
    assert client.get(f"{API}?unread=true").json()["results"] == []
    assert client.get(API).json()["results"][0]["read_at"] is not None
    submit(row.version.article, by=team.ada)
    return_work(row.uuid, "Noch eine fehlt.", by=team.rosa)
    [item] = client.get(f"{API}?unread=true").json()["results"]
    assert item["text"] == "Noch eine fehlt."
    assert Notice.objects.count() == 1


def test_nobody_reads_or_marks_the_items_of_others(team, browser):
    handed_back(team)
    key = str(Notice.objects.get().uuid)

    assert browser("ben").get(API).json()["results"] == []
    assert browser("ben").post(f"{API}read/", {"items": [key]}, content_type="application/json").json() == {"read": 0}
    assert browser("ben").post("/inbox/", {"item": key}).status_code == 302
    assert Notice.objects.get().read_at is None
    browser("ada").post("/inbox/", {"item": key})
    assert Notice.objects.get().read_at is not None


def test_bl1_what_one_may_not_see_any_more_is_not_shown_counted_or_mailed(team, browser, settings):
    settings.WORKBENCH_SENDS_MAIL = True
    given_claim(team, team.rosa)
    call(team, team.rosa)
    change_role(team.rosa, "annotator", by=team.mia)

    page = browser("rosa").get("/").content.decode()
    assert browser("rosa").get(API).json()["results"] == []
    assert "New in your inbox" not in page
    assert send_digests() == 0

    change_role(team.rosa, "reviewer", by=team.mia)
    assert len(browser("rosa").get(API).json()["results"]) == 2
    end_membership(team.rosa, by=team.mia)
    assert browser("rosa").get(API).json()["results"] == []
    assert send_digests() == 0


def test_a_claim_given_on_leaves_the_inbox(team, browser):
    claim = given_claim(team, team.rosa)

    change_desk(claim.key, DeskChange(assignee=str(team.mia.uuid)), by=team.mia, base_version=1)

    assert browser("rosa").get(API).json()["results"] == []
    assert browser("mia").get(API).json()["results"] == []  # who takes it themselves need not be told


def test_the_list_is_paged_over_both_kinds_without_gap_or_double(team, browser):
    for n in range(4):
        given_claim(team, team.rosa, f"Behauptung {n}")
        call(team, team.rosa, f"Frage {n}")
    Notice.objects.update(told_at=timezone.now())  # all at one moment: the keys decide
    whole = [one["uuid"] for one in browser("rosa").get(API).json()["results"]]

    found, address = [], f"{API}?limit=3"
    while address:
        page = browser("rosa").get(address).json()
        found += [one["uuid"] for one in page["results"]]
        address = f"{API}?limit=3&cursor={page['next']}" if page["next"] else ""

    assert found == whole
    assert len(set(found)) == 8
    assert browser("ada").get(f"{API}?cursor={page['next'] or 'x'}").status_code == 400


def test_a_key_of_one_project_reads_its_inbox_only(team, browser):
    from django.test import Client

    from annotations.workflow.accounts import issue_token

    otto = factories.project("lake", manager="otto")
    factories.member(otto, "ada")
    handed_back(team)
    _row, key = issue_token(team.ada.user, "x", expires_at=timezone.now() + timedelta(days=1), project=otto.project)
    headers = {"Authorization": f"Bearer {key}"}

    assert Client().get(API, headers=headers).json()["results"] == []
    assert Client().post(f"{API}read/", {}, content_type="application/json", headers=headers).json() == {"read": 0}


def test_the_daily_mail_names_what_is_new_once_and_quotes_nobody(team, settings):
    settings.WORKBENCH_SENDS_MAIL, settings.WORKBENCH_URL = True, "https://desk.example"
    handed_back(team)
    call(team, team.rosa, "ein vertrauliches Wort")

    assert send_digests() == 2
    assert send_digests() == 0
    User.objects.update(digested_at=timezone.now() - timedelta(days=1))
    assert send_digests() == 2  # unread, and newer than the mail of a day ago
    User.objects.update(digested_at=timezone.now() - timedelta(hours=21))
    Notice.objects.update(told_at=timezone.now() - timedelta(days=2))

    letters = {one.to[0]: one for one in mail.outbox}
    assert set(letters) == {"ada@newsroom.example", "rosa@newsroom.example"}
    assert "“Der Preis” was given back to you" in letters["ada@newsroom.example"].body
    assert "https://desk.example/inbox/" in letters["ada@newsroom.example"].body
    assert not any("vertraulich" in one.body or "Zahlen" in one.body for one in mail.outbox)
    assert send_digests() == 1


def test_the_daily_mail_goes_to_none_who_does_not_want_it_has_read_it_or_has_no_account(team, settings, browser):
    settings.WORKBENCH_SENDS_MAIL = True
    handed_back(team)
    ada = team.ada.user

    browser("ada").put("/api/v1/me/digest/", {"wants_digest": False}, content_type="application/json")
    assert send_digests() == 0
    form = {"display_name": "Ada", "email": ada.email, "language": "de", "wants_digest": "on"}
    browser("ada").post("/account/", form)
    User.objects.filter(pk=ada.pk).update(is_active=False)
    assert send_digests() == 0
    User.objects.filter(pk=ada.pk).update(is_active=True)
    settings.WORKBENCH_SENDS_MAIL = False
    assert send_digests() == 0
    settings.WORKBENCH_SENDS_MAIL = True
    browser("ada").post("/inbox/")
    assert send_digests() == 0
    Notice.objects.update(read_at=None)
    assert send_digests() == 1
    assert "zurückgegeben" in mail.outbox[-1].body


def test_a_mail_that_does_not_go_out_is_sent_the_next_time(team, settings, monkeypatch):
    settings.WORKBENCH_SENDS_MAIL = True
    handed_back(team)
    monkeypatch.setattr("django.core.mail.EmailMessage.send", lambda self: (_ for _ in ()).throw(OSError))

    assert send_digests() == 0
    monkeypatch.undo()
    assert send_digests() == 1


def test_managers_try_the_mail_server_and_others_do_not(team, settings, browser):
    settings.WORKBENCH_SENDS_MAIL = True

    assert browser("mia").post("/account/test-mail/").status_code == 302
    assert browser("ada").post("/account/test-mail/").status_code == 403
    assert browser("mia").post("/api/v1/me/test-mail/", {}, content_type="application/json").status_code == 202
    assert [one.to for one in mail.outbox] == [["mia@newsroom.example"]] * 2
    settings.WORKBENCH_SENDS_MAIL = False
    assert browser("mia").post("/api/v1/me/test-mail/", {}, content_type="application/json").status_code == 422
    assert "test mail" not in browser("ada").get("/account/").content.decode()


def test_nothing_about_an_inbox_is_asked_for_each_item(team):
    """The same number of queries for one item and for many of each kind."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counts = []
    for n in (1, 4):
        for i in range(n):
            given_claim(team, team.rosa, f"Behauptung {n} {i}")
            call(team, team.rosa)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            inbox_of(parts_of(team.rosa.user), most=50)
        counts.append(len(asked))

    assert counts[0] == counts[1]


pytestmark = pytest.mark.django_db
