"""A reload right after a key press: what the person saw done is done (nothing waits in memory alone)."""

from __future__ import annotations

from annotations.models import Annotation
from tests import factories
from tests.browser.reading import click_on, label, open_article, wait_until_saved
from tests.browser.test_main_path import TEXT

WORDS = ["Oska valley", "12 March", "six metres", "42 leaks", "Fire crews", "premature"]


def test_a_reload_right_after_a_key_loses_nothing(page_of, watch):
    watch.dialogs_are_expected = True
    mia = factories.project()
    ada = factories.member(mia, "ada")
    article = factories.article(mia, TEXT)
    page = page_of(ada.user)
    open_article(page, article)

    for words in WORDS:
        label(page, words, "5")
        page.reload()
        wait_until_saved(page, timeout=40_000)
    made = sorted(Annotation.objects.filter(withdrawn_at__isnull=True).values_list("quote", flat=True))
    for words in WORDS:
        click_on(page, words)
        page.keyboard.press("Delete")
        page.reload()
        wait_until_saved(page, timeout=40_000)

    assert made == sorted(WORDS)
    assert not Annotation.objects.filter(withdrawn_at__isnull=True).exists()
    assert Annotation.objects.count() == len(WORDS)


def test_two_keys_and_a_reload_lose_neither(page_of, watch):
    watch.dialogs_are_expected = True
    mia = factories.project()
    ada = factories.member(mia, "ada")
    article = factories.article(mia, TEXT)
    page = page_of(ada.user)
    open_article(page, article)

    for words in WORDS[::2]:
        label(page, words, "5")
        page.keyboard.press("1")  # the label just given is changed at once
        page.reload()
        wait_until_saved(page, timeout=40_000)

    rows = Annotation.objects.select_related("label")
    assert sorted((row.quote, row.label.key) for row in rows) == sorted((words, "claim") for words in WORDS[::2])
