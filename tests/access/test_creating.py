"""Who makes projects and accounts: anyone, or staff only; the same through pages, API, admin and commands."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.test import Client

from annotations.access import may_create
from annotations.models import Membership, Project, User
from tests import factories

NEW = {"name": "Tal", "starter": "blank", "visibility": "blind", "language": ""}


@pytest.fixture
def mia(db) -> Membership:
    """Give a manager who is no staff."""
    return factories.project("river", manager="mia")


@pytest.fixture
def staff_only(settings) -> None:
    """Leave projects and accounts to the staff, as production does."""
    settings.WORKBENCH_PROJECT_CREATION = "staff"


def browser(username: str) -> Client:
    client = Client()
    client.force_login(User.objects.get(username=username))
    return client


def post_json(username: str, path: str, body: dict) -> int:
    return browser(username).post(f"/api/v1{path}", body, content_type="application/json").status_code


def test_everybody_who_can_log_in_creates_where_anyone_may(mia):
    assert may_create(mia.user)
    assert post_json("mia", "/projects/", {"name": "Tal"}) == 201
    assert (
        post_json("mia", "/projects/river/members/", {"username": "new", "role": "viewer", "creates_account": True})
        == 201
    )


@pytest.mark.parametrize("rights", [{"is_staff": True}, {"is_superuser": True}])
def test_staff_create_where_only_they_may(staff_only, mia, rights):
    User.objects.filter(username="mia").update(**rights)

    assert browser("mia").post("/projects/new/", NEW).status_code == 302
    assert Project.objects.filter(name="Tal").exists()


def test_nobody_creates_whose_account_was_ended(mia):
    User.objects.filter(username="mia").update(is_active=False)

    assert not may_create(User.objects.get(username="mia"))


def test_a_manager_who_is_no_staff_makes_no_project_by_page_or_program(staff_only, mia):
    answers = [browser("mia").get("/projects/new/"), browser("mia").post("/projects/new/", NEW)]

    assert [answer.status_code for answer in answers] == [403, 403]
    assert "Only the staff of this installation make projects" in answers[0].content.decode()
    assert post_json("mia", "/projects/", {"name": "Tal"}) == 403
    assert Project.objects.count() == 1


def test_a_manager_who_is_no_staff_makes_no_account_by_page_or_program(staff_only, mia):
    page = browser("mia").post("/p/river/members/", {"person": "new", "role": "viewer", "creates": "on"})
    body = {"username": "new", "role": "viewer", "creates_account": True}

    assert "Only the staff of this installation make accounts" in page.content.decode()
    assert post_json("mia", "/projects/river/members/", body) == 403
    assert not User.objects.filter(username="new").exists()


def test_a_manager_adds_people_who_have_an_account_whoever_makes_accounts(staff_only, mia):
    factories.user("sam")

    answer = browser("mia").post("/p/river/members/", {"person": "sam", "role": "viewer"})

    assert answer.status_code == 302
    assert Membership.objects.filter(project=mia.project, user__username="sam").exists()


def test_pages_offer_nobody_what_they_may_not_do(staff_only, mia):
    factories.user("sam")

    assert "/projects/new/" not in browser("mia").get("/").content.decode()
    assert "/projects/new/" not in browser("sam").get("/").content.decode()
    assert 'name="creates"' not in browser("mia").get("/p/river/members/").content.decode()


def test_a_manager_with_the_staff_mark_makes_a_project_in_the_admin(staff_only, mia):
    User.objects.filter(username="mia").update(is_staff=True)

    assert browser("mia").get("/admin/annotations/project/add/").status_code == 200


def test_who_runs_a_command_makes_projects_for_anybody(staff_only, mia, tmp_path):
    (tmp_path / "a.txt").write_text("Der Preis\n\nDer Preis stieg.")

    call_command("import_corpus", str(tmp_path), project="tal", create_project=True, username="mia")

    assert Membership.objects.filter(project__slug="tal", user=mia.user, role="manager").exists()
