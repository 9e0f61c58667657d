"""Files that no row names are removed after a day; all others stay."""

from __future__ import annotations

import os
import time
import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from annotations.jobs.cleaning import remove_orphans
from annotations.jobs.starting import start_export
from annotations.jobs.workers import clean
from annotations.models import Presence, RawFile
from tests.corpora import article, exported, imported, lines
from tests.factories import article as new_article
from tests.factories import project

pytestmark = pytest.mark.django_db
LONG_AGO = time.time() - 2 * 24 * 3600


def stored(name: str, *, is_old: bool = True) -> Path:
    path = Path(default_storage.path(default_storage.save(name, ContentFile(b"x"))))
    if is_old:
        age(path)
    return path


def age(path: Path) -> None:
    os.utime(path, (LONG_AGO, LONG_AGO))


def test_old_files_that_no_row_names_are_removed():
    orphans = [stored(name) for name in ("spool/a", "results/b.jsonl", "raw/project/c")]

    assert remove_orphans() == 3
    assert not any(path.exists() for path in orphans)


def test_pages_that_ended_without_a_word_are_forgotten():
    mia = project()
    of = {"project": mia.project, "article": new_article(mia), "member": mia}
    for minutes in (-1, 1):
        Presence.objects.create(tab=uuid.uuid4(), until=timezone.now() + timedelta(minutes=minutes), **of)

    clean()

    assert Presence.objects.get().until > timezone.now()


def test_young_files_stay_as_their_row_may_be_on_its_way():
    young = stored("spool/a", is_old=False)

    assert remove_orphans() == 0
    assert young.exists()


def test_files_that_a_row_names_stay_however_old():
    mia = project()
    imported(mia, {"a.jsonl": lines(article())})
    exported(mia)
    job = start_export(mia)
    job.spool.save("waiting", ContentFile(b"x"))
    files = [Path(default_storage.path(RawFile.objects.get().file.name)), Path(default_storage.path(job.spool.name))]
    for path in files:
        age(path)

    assert remove_orphans() == 0
    assert all(path.exists() for path in files)
