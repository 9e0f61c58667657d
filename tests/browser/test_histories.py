"""The history of an article, by keyboard, in light and dark, on a phone's width, in German, with long texts."""

from __future__ import annotations

import uuid

import pytest
from playwright.sync_api import Page, expect

from annotations.models import Annotation
from annotations.workflow.annotating import AnnotationChange, change_annotation
from annotations.workflow.articles import MetadataChange, edit_article, set_metadata
from annotations.workflow.assigning import assign
from annotations.workflow.claiming import NewMention, change_claim, make_claim
from annotations.workflow.correcting import correct_article
from annotations.workflow.sealing import seal_waiting
from tests import factories
from tests.browser.conftest import PICTURES
from tests.browser.test_accessibility import violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LONG = "Donaudampfschifffahrtsgesellschaftskapitänswitwe " * 6


def picture(page: Page, name: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    for look, width, scheme in (("light", 1280, "light"), ("dark", 1280, "dark"), ("390", 390, "light")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} at {width}"
        page.screenshot(path=PICTURES / f"history-{name}-{look}.png", full_page=True)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.emulate_media(color_scheme="light")


def test_what_was_before_an_act_is_brought_back_by_keyboard(page_of):
    mia = factories.project()
    ada = factories.member(mia, "ada")
    story = factories.article(mia, title=LONG)
    made = factories.annotation(ada, story, 2, 11, note="eins")
    change_annotation(made.key, AnnotationChange(note=LONG), by=ada, base_version=1)
    edit_article(story, MetadataChange(publisher=LONG[:150], language="de"), by=mia, base_revision=1)
    claim = make_claim(uuid.uuid4(), LONG, by=ada, mention=NewMention(uuid.uuid4(), made.key))
    change_claim(claim.key, {"text": "Kurz."}, by=ada, base_version=1)
    text = story.current_version.text
    page = page_of(ada.user)
    page.goto(f"/p/river/articles/{story.uuid}/history/")
    picture(page, "own")
    assert violations(page) == []

    row = page.get_by_role("row").filter(has_text="changed the annotation")
    row.get_by_role("button", name="Bring back what was before").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("What was there before is current again")).to_be_visible()
    assert Annotation.objects.get(key=made.key).note == "eins"

    set_metadata(mia.project.articles.all(), MetadataChange(publisher="Bote"), by=mia)
    assign([story], [factories.member(mia, "ben")], by=mia)
    correct_article(story, text.replace("4 %", "5 %"), by=mia, base_version=story.current_version.uuid)
    seal_waiting()
    manager = page_of(mia.user)
    manager.goto(f"/p/river/articles/{story.uuid}/history/")
    manager.get_by_role("link", name="What it changed").first.click()
    expect(manager.locator("ins")).to_have_count(1)
    picture(manager, "article")
    manager.goto(f"/p/river/claims/{claim.key}/history/")
    picture(manager, "claim")
    manager.goto(f"/p/river/claims/{claim.key}/history/?kind=verdict&since=x")
    picture(manager, "nothing")
    manager.goto("/p/river/acts/")
    manager.get_by_text("Checkpoint of the record").click()
    picture(manager, "acts")
    assert violations(manager) == []
    manager = page_of(mia.user, locale="de-DE")
    manager.goto(f"/p/river/articles/{story.uuid}/history/")
    picture(manager, "german")
    manager.goto("/p/river/acts/")
    picture(manager, "acts-german")
