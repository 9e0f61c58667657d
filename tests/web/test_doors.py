"""Who gets through the door of which page, and that looking changes nothing."""

import pytest
from django.test import Client

from annotations.models import AuditEvent
from annotations.web import urls
from tests import factories

EVERYBODY = {
    "article_history",
    "articles",
    "annotate",
    "marks",
    "placing",
    "label_css",
    "export",
    "jobs",
    "guidelines",
    "labels",
    "guidelines_text",
    "guidelines_version",
    "search",
    "claims",
    "sources",
    "verdict_scale",
    "passages",
    "article_passages",
    "stories",
    "quotations",
    "speakers",
    "wording",
}
MANAGERS = {
    "article_add",
    "correct",
    "details",
    "import",
    "guidelines_edit",
    "labels_edit",
    "labels_merge",
    "members",
    "settings",
    "named",
    "project_delete",
    "suggest",
    "withhold",
    "audit",
    "give",
}
REVIEWERS = {"agreement", "dashboard", "progress", "review", "review_list", "rounds"}
POSTED = {"archive", "bulk", "filters", "invitation_new", "member", "merge"}
BY_OBJECT = {
    "agreement_csv",
    "agreement_figure",
    "agreement_json",
    "agreement_run",
    "agreement_text",
    "annotation_history",
    "audit_csv",
    "checkpoint",
    "claim_history",
    "assignment",
    "chart_csv",
    "chart_svg",
    "claim",
    "story",
    "story_csv",
    "story_cell",
    "source",
    "capture",
    "capture_file",
    "capture_withhold",
    "filter_remove",
    "hours_csv",
    "job",
    "job_act",
    "job_result",
    "job_problems",
    "job_problems_csv",
    "import_preview",
    "invitation_end",
    "next_article",
    "questions",
    "skipped",
}
OUTSIDE_PROJECTS = {
    "home",
    "login",
    "logout",
    "account",
    "password",
    "token_new",
    "token_revoke",
    "project_new",
    "words",
    "language",
    "mentions",
    "published_claim",
    "published_list",
    "method",
    "claim_feed",
    "preview",
    "inbox",
    "invitation",
    "invitation_link",
    "login_code",
    "provider",
    "provider_back",
    "provider_link",
    "provider_unlink",
    "reset",
    "reset_link",
    "reset_new",
    "second_factor",
    "second_factor_codes",
    "second_factor_confirm",
    "second_factor_off",
    "test_mail",
    "ask_erasing",
    "deleted_projects",
    "own_data",
    "own_data_file",
}


def path_of(name: str, team) -> str:
    article = team.project.articles.first()
    details = {"article": article.uuid, "version": 1, "uuid": team.ada.uuid}
    from django.urls import reverse

    pattern = next(one for one in urls.urlpatterns if one.name == name)
    wanted = pattern.pattern.converters
    return reverse(
        f"annotations:{name}", kwargs={"slug": "river"} | {key: details[key] for key in wanted if key in details}
    )


def test_ac1_every_page_stands_in_one_of_these_lists():
    named = EVERYBODY | MANAGERS | REVIEWERS | POSTED | BY_OBJECT | OUTSIDE_PROJECTS

    assert {pattern.name for pattern in urls.urlpatterns} == named


@pytest.mark.parametrize("name", sorted(EVERYBODY | MANAGERS | REVIEWERS))
def test_ac1_a_page_of_a_project_opens_for_those_it_is_for(team, browser, name):
    factories.article(team.mia)
    path = path_of(name, team)

    assert Client().get(path)["Location"].startswith("/login/?next=")
    assert browser("sam").get(path).status_code == 404
    assert browser("mia").get(path).status_code == 200
    expected = 200 if name in EVERYBODY else 403
    assert browser("ada").get(path).status_code == expected
    assert browser("rosa").get(path).status_code == (200 if name in REVIEWERS else expected)


@pytest.mark.parametrize("name", sorted(POSTED))
def test_xs5_a_page_that_changes_something_is_not_opened_by_a_link(team, browser, name):
    factories.article(team.mia)

    assert browser("mia").get(path_of(name, team)).status_code == 405


@pytest.mark.parametrize(
    "name", sorted(POSTED | {"article_add", "members", "settings", "labels_edit", "labels_merge", "import"})
)
def test_xs5_a_form_from_another_site_is_refused(team, name):
    factories.article(team.mia)
    client = Client(enforce_csrf_checks=True)
    client.force_login(team.mia.user)

    assert client.post(path_of(name, team), {"name": "x", "end": "yes"}).status_code == 403


def test_xs5_looking_at_every_page_records_and_changes_nothing(team, browser):
    factories.article(team.mia)
    before = AuditEvent.objects.count()
    mia = browser("mia")

    for name in sorted(EVERYBODY | MANAGERS | REVIEWERS):
        mia.get(path_of(name, team))
    mia.get("/p/river/next/")

    assert AuditEvent.objects.count() == before


def test_a_refusal_is_a_page_in_the_usual_frame(team, browser):
    forbidden = browser("ada").get("/p/river/members/").content.decode()
    missing = browser("ada").get("/p/nowhere/").content.decode()

    assert "Your part in this project" in forbidden
    assert "River" in forbidden
    assert "To my projects" in missing


def test_xs3_no_page_holds_inline_script_style_or_handlers(team, browser):
    import re

    factories.article(team.mia)
    mia = browser("mia")
    paths = [path_of(name, team) for name in sorted(EVERYBODY | MANAGERS | REVIEWERS) if name != "label_css"]

    for path in [*paths, "/", "/account/", "/account/password/", "/projects/new/", "/p/nowhere/"]:
        page = mia.get(path).content.decode()
        inline = re.findall(r"<script(?![^>]*\b(?:src=|type=\"application/json\"))[^>]*>", page)
        assert not inline, path
        assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", page), path


def test_an_address_that_does_not_exist_has_the_frame_for_members_only(team, browser):
    member, stranger = browser("ada").get("/nothing/here/"), Client().get("/nothing/here/")

    assert (member.status_code, stranger.status_code) == (404, 404)
    assert b"Log out" in member.content
    assert b"Log out" not in stranger.content


def test_a_form_that_has_expired_does_not_say_that_one_may_not(team):
    ada = Client(enforce_csrf_checks=True)
    ada.force_login(team.ada.user)

    response = ada.post("/logout/")

    assert response.status_code == 403
    assert "This form has expired." in response.content.decode()
    assert "You may not do this" not in response.content.decode()
