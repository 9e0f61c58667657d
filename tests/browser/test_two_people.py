"""Two people on one article for a minute, at random, with one reload each: nothing lost, nothing doubled."""

from __future__ import annotations

import os
import random
import time

import pytest
from playwright.sync_api import expect

from annotations.models import Annotation, AnnotationRevision, ArticleVersion, AuditEvent
from tests import factories
from tests.browser.reading import click_on, label, open_article, wait_until_saved
from tests.browser.test_main_path import TEXT

SECONDS = 60 if os.environ.get("HYPOTHESIS_PROFILE") == "long" else 15
WORDS = ["Oska valley", "12 March", "six metres", "42 leaks", "Fire crews", "premature", "nine leaks", "reservoir"]


@pytest.mark.long
@pytest.mark.parametrize("visibility", ["blind", "open"])
def test_two_people_lose_and_double_nothing(page_of, watch, visibility):
    watch.dialogs_are_expected = True  # a reload amid a save asks first
    mia = factories.project(visibility=visibility)
    people = [factories.member(mia, "ada"), factories.member(mia, "ben")]
    article = factories.article(mia, TEXT)
    pages = [page_of(person.user) for person in people]
    for page in pages:
        open_article(page, article)
    chance, made, withdrawn = random.Random(11), [0, 0], [0, 0]
    standing: list[dict[str, int]] = [{}, {}]

    deadline, reloaded = time.monotonic() + SECONDS, [False, False]
    while time.monotonic() < deadline:
        who = chance.randrange(2)
        # in an open project a click may hit the other's span of the same words, so each keeps to their own
        words = chance.choice(WORDS if visibility == "blind" else WORDS[who::2])
        page = pages[who]
        page.bring_to_front()
        if standing[who].get(words):
            click_on(page, words)
            page.keyboard.press("Delete")
            standing[who][words] -= 1
            withdrawn[who] += 1
        else:
            label(page, words, chance.choice("13578"))
            standing[who][words] = 1
            made[who] += 1
        if not reloaded[who] and time.monotonic() > deadline - SECONDS / 2:
            page.reload()  # at once: what is not sent yet must survive
            expect(page.locator("cw-annotator[data-ready=saving]")).to_be_visible()
            own = sum(standing[who].values())
            if visibility == "blind":  # what was saved during the reload is shown too, after a moment
                expect(page.locator("[data-count]")).to_have_text(str(own) if own else "")
            else:
                wait_until_saved(page, timeout=40_000)
                page.reload()
                wait_until_saved(page)
            reloaded[who] = True
    for page in pages:
        page.bring_to_front()
        wait_until_saved(page, timeout=40_000)

    text = ArticleVersion.objects.get().text
    for person, n_made, n_withdrawn, left in zip(people, made, withdrawn, standing, strict=True):
        rows = Annotation.objects.filter(created_by=person)
        remaining = sorted(rows.filter(withdrawn_at__isnull=True).values_list("quote", flat=True))
        assert remaining == sorted(words for words, n in left.items() if n)
        unsent = n_made - rows.count()  # made and withdrawn before either was sent
        assert 0 <= unsent == n_withdrawn - rows.filter(withdrawn_at__isnull=False).count()
        assert all(text[row.start : row.end] == row.quote for row in rows)
    assert AuditEvent.objects.filter(verb="annotation.created").count() == Annotation.objects.count()
    assert AuditEvent.objects.filter(verb="annotation.withdrawn").count() == AnnotationRevision.objects.count()
