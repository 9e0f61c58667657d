"""The admin in a real browser: stock pages and our own run under the site's policy, in light, dark and on a phone."""

from __future__ import annotations

import os
import re
import uuid

import pytest
from django.contrib import admin
from django.urls import reverse
from playwright.sync_api import Page, expect

from annotations.models import Job, JobProblem, LabelSet, Membership, Project, User
from annotations.workflow.evidence import NewEvidence, SourceLink, attach_source
from tests import factories

IS_LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
LOOKS = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True},
}


@pytest.fixture
def filled() -> Membership:
    """Give a project with an article, an annotation with evidence, and jobs."""
    mia = factories.project("river", name="The flood at Ivel", manager="mia")
    ada = factories.member(mia, "ada")
    article = factories.article(mia, title="Preise steigen nach der Flut", publisher="Niederauer Bote", language="de")
    factories.article(mia, text=factories.HEBREW, title="ראש העיר", language="he")
    made = factories.annotation(ada, article, 2, 25, note="ob das stimmt?")
    link = SourceLink("https://tern.example/wire", title="Tern Wire")
    keys = {"claim_key": uuid.uuid4(), "mention_key": uuid.uuid4()}
    attach_source(NewEvidence(uuid.uuid4(), link, annotation=made.key, **keys), by=ada)
    job = Job.objects.create(project=mia.project, kind="import", requested_by=mia, state="done_with_problems", done=5)
    JobProblem.objects.create(job=job, file="a.jsonl", line=3, field="published", value="31.02.", message="Not a date.")
    Job.objects.create(project=mia.project, kind="import", requested_by=mia, state="running", done=30, total=90)
    return mia


@pytest.fixture
def olga() -> User:
    """Give an administrator."""
    return factories.user("olga", is_staff=True, is_superuser=True)


def addresses() -> list[str]:
    """Return every list, every form and every page of a row."""
    found = [reverse("admin:index"), reverse("admin:annotations_project_import")]
    found += [reverse("admin:annotations_project_export"), reverse("admin:app_list", args=["annotations"])]
    for model in admin.site._registry:
        name = f"admin:annotations_{model._meta.model_name}"
        found.append(reverse(f"{name}_changelist"))
        row = model._default_manager.first()
        if row is not None:
            found.append(reverse(f"{name}_change", args=[row.pk]))
            found += [reverse(f"{name}_history", args=[row.pk])] if IS_LONG or row._meta.model_name == "project" else []
    adding = ("project", "membership", "guidelinesversion", "article", "user")
    found += [reverse(f"admin:annotations_{name}_add") for name in adding]
    return [*found, reverse("admin:auth_user_password_change", args=[User.objects.first().pk])]


@pytest.mark.long
def test_no_page_of_the_admin_breaks_the_policy_or_scrolls_sideways(filled, olga, page_of):
    page: Page = page_of(olga, **LOOKS["phone"])

    wide = []
    for address in addresses():
        page.goto(address)
        expect(page.locator("#site-name")).to_contain_text("Claim Workbench")
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth + 1"):
            wide.append(address)

    assert not wide


def test_a_manager_sets_a_project_up_with_mouse_and_keys(filled, olga, page_of):
    factories.user("rosa")
    page: Page = page_of(olga)

    page.goto(reverse("admin:annotations_project_add"))
    page.locator("#id_name").fill("Ivel bridge")
    page.locator("#memberships-group .add-row a").click()
    page.locator("#id_memberships-3-person").fill("rosa")
    page.locator("#id_memberships-3-role").select_option("reviewer")
    page.get_by_role("button", name="Save and continue editing").click()

    expect(page.locator(".messagelist")).to_contain_text("was added successfully")
    expect(page.locator(".setup")).to_contain_text("Rosa")
    page.get_by_role("link", name=re.compile("Change “News claims”")).click()
    page.locator("#id_labels-0-name").fill("Assertion")
    page.get_by_role("button", name="Put in force").click()
    expect(page.locator(".messagelist")).to_contain_text("Version 2 of the labels is in force.")
    assert LabelSet.objects.get(project=Project.objects.get(slug="ivel-bridge"), version=2)


def test_articles_are_chosen_in_the_list_and_assigned(filled, page_of):
    mia = filled.user
    User.objects.filter(pk=mia.pk).update(is_staff=True)
    page: Page = page_of(mia)

    page.goto(reverse("admin:annotations_article_changelist"))
    page.locator("#action-toggle").check()
    expect(page.locator(".action-counter")).to_contain_text("2 of 2 selected")
    page.locator("select[name=action]").select_option(label="Assign…")
    page.get_by_role("button", name="Run").or_(page.get_by_role("button", name="Go")).click()
    page.get_by_role("checkbox", name=re.compile("Ada ·")).check()
    page.get_by_role("button", name="Assign articles").click()

    expect(page.locator(".messagelist")).to_contain_text("1 new assignment is made.")


def test_the_progress_of_a_running_job_is_kept_fresh(filled, olga, page_of):
    job = Job.objects.get(state="running")
    page: Page = page_of(olga)
    page.goto(reverse("admin:annotations_job_changelist"))
    place = page.locator(f'[data-job="{job.uuid}"]')
    expect(place).to_contain_text("30 / 90")

    Job.objects.filter(pk=job.pk).update(done=60)
    expect(place).to_contain_text("60 / 90")
    Job.objects.filter(pk=job.pk).update(done=90, state="done")

    expect(place).to_contain_text("done")
    expect(place.locator("progress")).to_have_count(0)


def test_the_page_of_a_job_is_loaded_anew_when_the_job_ends(filled, olga, page_of):
    job = Job.objects.get(state="running")
    page: Page = page_of(olga)
    page.goto(reverse("admin:annotations_job_change", args=[job.pk]))

    Job.objects.filter(pk=job.pk).update(done=90, n_created=90, state="done")

    expect(page.locator(".field-tally")).to_contain_text("90 created")


@pytest.mark.parametrize("look", ["light", "dark"])
def test_the_admin_has_the_page_colour_of_the_workbench(look, filled, olga, page_of):
    page: Page = page_of(olga, **LOOKS[look])

    page.goto(reverse("admin:index"))

    colour = {"light": "rgb(251, 250, 247)", "dark": "rgb(22, 24, 28)"}[look]
    expect(page.locator("body")).to_have_css("background-color", colour)
