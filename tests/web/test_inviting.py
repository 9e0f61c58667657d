"""Invitations by link: handed out by a manager, taken once, and worth nothing when wrong, late, used or withdrawn."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from annotations.models import AuditEvent, Invitation, Membership, User
from annotations.workflow.inviting import NewInvitation, invite, withdraw_invitation
from annotations.workflow.projects import change_role, end_membership
from tests import factories

NEW = {"username": "zoe", "password": factories.PASSWORD, "again": factories.PASSWORD}
API = "/api/v1/projects/river/invitations/"


def link_for(team, role: str = "annotator", **values) -> str:
    _row, secret = invite(NewInvitation(role, **values), by=team.mia)
    return f"/invitation/{secret}/"


def opened(link: str, client: Client | None = None) -> Client:
    """Open a link as a browser does, which is sent on to the page without the secret in its address."""
    client = client or Client()
    assert client.get(link)["Location"] == "/invitation/"
    return client


def test_a_manager_gets_a_link_that_is_shown_once_and_stored_nowhere(team, browser):
    mia = browser("mia")

    made = mia.post("/p/river/invitations/", {"role": "reviewer", "memo": "Zoe", "most_uses": "1", "days": "7"})
    link = re.search(r"http://testserver(/invitation/[\w-]{40,}/)", made.content.decode())[1]

    row, listed = Invitation.objects.get(), mia.get("/p/river/members/").content.decode()
    assert link not in listed
    assert "Zoe" in listed
    assert link.split("/")[2].encode() not in bytes(row.digest)
    assert timedelta(days=6) < row.expires_at - timezone.now() < timedelta(days=7, seconds=1)
    assert AuditEvent.objects.get(verb="invitation.made").after == {"role": "reviewer", "days": 7, "most_uses": 1}
    assert "reviewer" in opened(link).get("/invitation/").content.decode()


def test_somebody_new_makes_an_account_and_is_in(team):
    client = opened(link_for(team, "viewer"))

    reply = client.post("/invitation/", NEW)

    zoe = User.objects.get(username="zoe")
    assert reply["Location"] == "/p/river/"
    assert client.get("/p/river/").status_code == 200
    assert Membership.objects.get(user=zoe).role == "viewer"
    assert zoe.check_password(factories.PASSWORD)
    verbs = AuditEvent.objects.filter(verb__in=("member.joined", "account.added")).order_by("verb")
    assert [one.verb for one in verbs] == ["account.added", "member.joined"]
    assert client.cookies["workbench_invitation"].value == ""


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"password": "short", "again": "short"}, "at least 12"),
        ({"password": "passwordpassword1", "again": "passwordpassword2"}, "differ"),
        ({"password": "123456789012", "again": "123456789012"}, "numeric"),
        ({"username": "ADA"}, "has this name already"),
        ({"username": "no spaces"}, "valid username"),
        ({"username": ""}, "required"),
    ],
)
def test_what_somebody_new_gets_wrong_is_said_and_does_not_spend_the_link(team, wrong, words):
    client = opened(link_for(team))

    reply = client.post("/invitation/", NEW | wrong)

    assert reply.status_code == 422
    assert words in reply.content.decode()
    assert Invitation.objects.get().use_count == 0
    assert client.post("/invitation/", NEW).status_code == 302


def test_somebody_logged_in_joins_after_a_confirmation(team, browser):
    client = opened(link_for(team), browser("sam"))

    asked = client.get("/invitation/").content.decode()
    assert "sam" in asked
    assert not Membership.objects.filter(user__username="sam").exists()
    reply = client.post("/invitation/")

    assert reply["Location"] == "/p/river/"
    assert Membership.objects.get(user__username="sam").role == "annotator"


def test_a_link_leads_through_the_log_in_and_on(team):
    factories.user("sam")
    client = opened(link_for(team))

    form = {"username": "sam", "password": factories.PASSWORD, "next": "/invitation/"}
    assert client.post("/login/", form)["Location"] == "/invitation/"
    assert client.post("/invitation/")["Location"] == "/p/river/"


def test_who_sends_the_form_twice_is_told_that_they_are_in(team, browser):
    link = link_for(team)
    here, there = opened(link, browser("sam")), opened(link, browser("sam"))

    assert [one.post("/invitation/")["Location"] for one in (here, there)] == ["/p/river/"] * 2
    assert Invitation.objects.get().use_count == 1


@pytest.mark.parametrize("role", ["manager", "viewer"])
def test_a_member_keeps_the_role_they_have_and_the_link_is_not_spent(team, browser, role):
    client = opened(link_for(team, role), browser("ada"))

    assert "Nothing would change" in client.get("/invitation/").content.decode()
    client.post("/invitation/")

    team.ada.refresh_from_db()
    assert team.ada.role == "annotator"
    assert Invitation.objects.get().use_count == 0


def test_whose_part_was_ended_does_not_come_back_by_a_link(team, browser):
    link = link_for(team, "reviewer", most_uses=5)
    end_membership(team.ada, by=team.mia)

    reply = opened(link, browser("ada")).post("/invitation/")

    assert reply.status_code == 422
    assert "Ask one of its managers" in reply.content.decode()
    assert Membership.objects.get(pk=team.ada.pk).ended_at is not None


def test_a_wrong_late_used_or_withdrawn_link_says_so(team):
    spent, late, gone = link_for(team), link_for(team), link_for(team)
    assert opened(spent).post("/invitation/", NEW).status_code == 302
    rows = list(Invitation.objects.order_by("pk"))
    Invitation.objects.filter(pk=rows[1].pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    withdraw_invitation(rows[2].uuid, by=team.mia)

    told = {}
    for name, link in {"wrong": "/invitation/nothing/", "spent": spent, "late": late, "gone": gone}.items():
        client = opened(link)
        replies = client.get("/invitation/"), client.post("/invitation/", NEW | {"username": name})
        assert replies[0].content.decode().count("<h1>") == 1
        told[name] = (*[one.status_code for one in replies], replies[1].context["refusal"].code)

    assert told == {
        "wrong": (404, 404, "invitation_unknown"),
        "spent": (422, 422, "invitation_used"),
        "late": (422, 422, "invitation_expired"),
        "gone": (422, 422, "invitation_withdrawn"),
    }
    assert not User.objects.filter(username__in=told).exists()


def test_a_link_for_two_is_taken_by_two(team):
    link = link_for(team, most_uses=2)

    replies = [opened(link).post("/invitation/", NEW | {"username": name}).status_code for name in ("zoe", "yan", "xu")]

    assert replies == [302, 302, 422]


@pytest.mark.parametrize("how", ["demoted", "ended", "deactivated"])
def test_a_link_is_worth_nothing_once_its_maker_may_not_invite(team, how):
    otto = factories.member(team.mia, "otto", "manager")
    _row, secret = invite(NewInvitation("manager"), by=otto)
    if how == "demoted":
        change_role(otto, "viewer", by=team.mia)
    elif how == "ended":
        end_membership(otto, by=team.mia)
    else:
        User.objects.filter(pk=otto.user_id).update(is_active=False)

    assert opened(f"/invitation/{secret}/").post("/invitation/", NEW).status_code == 422
    assert not User.objects.filter(username="zoe").exists()


def test_au3_where_only_known_people_are_taken_somebody_new_is_sent_to_the_staff(team, settings):
    settings.WORKBENCH_INVITATIONS, settings.WORKBENCH_PROJECT_CREATION = "known", "staff"
    client = opened(link_for(team))

    assert "Make an account" not in client.get("/invitation/").content.decode()
    client.post("/invitation/", NEW)
    assert not User.objects.filter(username="zoe").exists()

    User.objects.filter(pk=team.mia.user_id).update(is_staff=True)
    assert client.post("/invitation/", NEW).status_code == 302


def test_a_link_is_mailed_where_a_server_is_set_up_and_an_address_is_given(team, browser, settings):
    form = {"role": "viewer", "memo": "zoe@bote.example", "most_uses": "1", "days": "3", "sends": "on"}
    settings.WORKBENCH_SENDS_MAIL = True

    reply = browser("mia").post("/p/river/invitations/", form)
    wrong = browser("mia").post("/p/river/invitations/", form | {"memo": "Zoe"})

    [letter] = mail.outbox
    link = re.search(r"http://testserver/invitation/[\w-]+/", letter.body)[0]
    assert letter.to == ["zoe@bote.example"]
    assert link in reply.content.decode()
    assert wrong.status_code == 422


def test_the_api_makes_lists_takes_and_withdraws(team, browser):
    mia, ada = browser("mia"), browser("ada")

    made = mia.post(API, {"role": "reviewer", "memo": "Zoe"}, content_type="application/json").json()
    token = made["link"].split("/")[-2]
    [listed] = mia.get(API).json()["results"]
    account = {"token": token, "username": "zoe", "password": factories.PASSWORD}
    joined = Client().post("/api/v1/invitations/account/", account, content_type="application/json")
    again = browser("sam").post("/api/v1/invitations/take/", {"token": token}, content_type="application/json")
    other = mia.post(API, {"role": "viewer"}, content_type="application/json").json()
    ended = mia.post(f"{API}{other['uuid']}/withdraw/", {}, content_type="application/json").json()

    assert "link" not in listed
    assert (listed["created_by"], listed["most_uses"]) == (team.mia.pseudonym, 1)
    assert (joined.status_code, joined.json()["me"]["role"]) == (201, "reviewer")
    assert (again.status_code, again.json()["problems"][0]["code"]) == (422, "invitation_used")
    assert ended["withdrawn_at"] is not None
    assert mia.get(API).json()["results"] == []
    assert ada.get(API).status_code == 403


def test_a_key_takes_no_invitation(team, browser):
    from annotations.workflow.accounts import issue_token

    _row, key = issue_token(factories.user("sam"), "x", expires_at=timezone.now() + timedelta(days=1))
    token = link_for(team).split("/")[2]

    reply = Client().post(
        "/api/v1/invitations/take/",
        {"token": token},
        content_type="application/json",
        headers={"Authorization": f"Bearer {key}"},
    )

    assert reply.status_code == 403


def test_the_list_of_open_links_costs_the_same_however_many(team, browser, django_assert_num_queries):
    mia = browser("mia")
    link_for(team)
    mia.get("/p/river/members/")
    with django_assert_num_queries(6):
        mia.get("/p/river/members/")
    for _n in range(5):
        link_for(team)
    with django_assert_num_queries(6):
        mia.get("/p/river/members/")
