"""A filled database of the first release is migrated to the newest one; nothing is lost, and pages open."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.jobs.installation import Installation, empty_installation

from .earlier_release import PERSON, PROJECT

pytestmark = pytest.mark.long


@pytest.fixture
def upgraded(tmp_path: Path) -> Iterator[Installation]:
    with empty_installation(tmp_path) as made:
        (made.folder / "media" / "raw").mkdir(parents=True)
        (made.folder / "media" / "raw" / "a.txt").touch()
        made.python("from tests.migrations.earlier_release import make", "make()")
        made.run("migrate", "-v0")
        yield made


def test_a_database_of_the_first_release_is_filled_and_sound_after_migrating(upgraded):
    assert upgraded.run("verify").strip() == "All invariants hold."
    assert upgraded.run("seal_audit").startswith("Acts sealed: 1. Checkpoint: ")  # what was recorded before waited
    assert upgraded.run("verify_audit").startswith("The record is whole. Acts sealed: 1, waiting: 0.")
    said = upgraded.python(
        "from django.test import Client",
        "from annotations.models import Article, User, VerdictScale",
        "article = Article.objects.get()",
        "print(article.url_sha256 is not None, VerdictScale.objects.get().values.count())",
        "browser = Client(SERVER_NAME='localhost')",
        f"browser.force_login(User.objects.get(username='{PERSON}'))",
        f"page = browser.get(f'/p/{PROJECT}/articles/{{article.uuid}}/')",
        "print(page.status_code, 'Der Preis stieg' in page.content.decode())",
        f"print(browser.get('/api/v1/projects/{PROJECT}/annotations/').json()['results'][0]['quote'])",
    )
    assert said.splitlines() == ["True 4", "200 True", "Preis"]
