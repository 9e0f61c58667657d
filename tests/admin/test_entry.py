"""The way into the admin and out of it: the same throttled log-in as everywhere, staff only."""

from __future__ import annotations

from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from annotations.models import User
from tests import factories


def test_a_stranger_is_sent_to_the_log_in_of_the_pages(db):
    client = Client()

    reply = client.get("/admin/annotations/article/", follow=True)

    assert reply.redirect_chain[-1][0].startswith("/login/?next=")
    assert b"this_is_the_login_form" not in reply.content


def test_guessing_at_the_admins_log_in_is_counted_where_all_log_ins_are(db):
    client = Client()

    reply = client.post("/admin/login/", {"username": "olga", "password": "guess"})

    assert reply.status_code == 302
    assert reply["Location"].startswith("/login/")


def test_a_person_who_is_no_staff_is_refused(db, logged_in):
    sam = factories.user("sam")

    reply = logged_in(sam).get("/admin/", follow=True)

    assert reply.status_code == 403


def test_logging_in_leads_back_to_the_page_that_was_asked_for(olga):
    client = Client()

    reply = client.post("/login/", {"username": "olga", "password": factories.PASSWORD, "next": "/admin/"})

    assert reply["Location"] == "/admin/"


def test_logging_out_needs_a_form_and_ends_the_session(olga, logged_in):
    client = logged_in(olga)

    assert client.get("/admin/logout/").status_code == 405
    client.post("/admin/logout/")

    assert client.get("/admin/").status_code == 302


def test_the_own_password_is_changed_on_the_page_for_it(olga, logged_in):
    assert logged_in(olga).get("/admin/password_change/")["Location"] == reverse("annotations:password")


def test_the_front_page_names_the_workbench_and_leads_back(olga, logged_in):
    page = logged_in(olga).get("/admin/").content.decode()

    assert "Claim Workbench" in page
    assert f'href="{reverse("annotations:home")}"' in page
    assert "Django administration" not in page


def test_the_audit_is_the_only_history(olga, logged_in):
    client = logged_in(olga)

    client.post("/admin/annotations/user/add/", {"username": "sam", "usable_password": "false"})

    assert User.objects.filter(username="sam").exists()
    assert not LogEntry.objects.exists()
