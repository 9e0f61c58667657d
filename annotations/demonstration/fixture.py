"""The Django fixture `fixtures/articles.json`: the demonstration's articles for `manage.py loaddata`.

It is made by the importers, so its texts are theirs; ids and times are fixed, so the same input gives the same bytes.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.core import serializers
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import ForeignKey, JSONField, Model

from annotations.models import (
    Article,
    ArticleVersion,
    GuidelinesVersion,
    Label,
    LabelSet,
    Project,
    Publisher,
    RawFile,
    Region,
    SearchBacklog,
    TextLink,
    User,
    VerdictScale,
    VerdictValue,
)
from annotations.workflow.projects import NewProject, set_up_project

from .loading import FIXTURES, NAMESPACE, describe_articles, import_articles, read_json

SLUG = "brenik-dam-articles"
NAME = "The Brenik dam letter (articles only)"
FIRST_ID = 900_001
"""High, so that loading the fixture beside other work does not overwrite rows with small ids."""
WRITTEN_AT = datetime(2024, 7, 1, tzinfo=UTC)


class _TakenBack(Exception):
    """Carries the fixture out of the transaction that made its rows."""

    def __init__(self, fixture: str) -> None:
        super().__init__()
        self.fixture = fixture


def article_fixture() -> str:
    """Import the demonstration's files, write the rows as a fixture, and take everything back."""
    stored: list[str] = []
    try:
        with transaction.atomic():
            project = _imported(stored)
            rows = list(_rows(project))
            _fix(rows)
            raise _TakenBack(serializers.serialize("json", rows, indent=1))
    except _TakenBack as made:
        return made.fixture
    finally:
        for name in stored:
            default_storage.delete(name)


def _imported(stored: list[str]) -> Project:
    passing = uuid.uuid4().hex[:8]
    user = User.objects.create(username=f"fixture-{passing}")
    facts = read_json(FIXTURES / "demo_metadata.json")
    given = facts["project"]
    new = NewProject(name=NAME, slug=f"{SLUG}-{passing}", language=given["language"], starter=given["label_set"])
    manager = set_up_project(new, user=user)
    import_articles(manager, FIXTURES)
    stored += RawFile.objects.filter(project=manager.project).values_list("file", flat=True)
    describe_articles(manager, facts)
    return Project.objects.get(pk=manager.project_id)


def _rows(project: Project) -> Iterator[Model]:
    """Yield the rows in an order in which each finds what the database's guards look for."""
    project.slug = SLUG
    yield project
    for model in (GuidelinesVersion, LabelSet, Label, VerdictScale, VerdictValue):
        yield from model._default_manager.filter(project=project).order_by("pk")
    yield from Publisher.objects.filter(project=project).order_by("name")
    yield from Article.objects.filter(project=project).order_by("external_id")
    versions = ArticleVersion.objects.filter(project=project).order_by("article__external_id")
    yield from versions
    in_place = ("version__article__external_id", "start", "end", "pk")
    yield from Region.objects.filter(project=project).order_by(*in_place)
    yield from TextLink.objects.filter(project=project).order_by(*in_place)
    yield SearchBacklog(project=project, first=FIRST_ID, last=FIRST_ID + len(versions) - 1)


def _fix(rows: list[Model]) -> None:
    """Give the rows ids, UUIDs and times that are the same each time; what points outside them points nowhere."""
    ids: dict[tuple[type[Model], Any], int] = {}
    counts: dict[type[Model], int] = {}
    for row in rows:
        nth = counts[type(row)] = counts.get(type(row), 0) + 1
        ids[type(row), row.pk] = FIRST_ID + nth - 1
    for row in rows:
        new_id = ids[type(row), row.pk]
        for field in row._meta.concrete_fields:
            if isinstance(field, ForeignKey):
                setattr(row, field.attname, ids.get((field.related_model, getattr(row, field.attname))))
            elif field.name == "uuid":
                row.uuid = uuid.uuid5(NAMESPACE, f"{row._meta.model_name}/{new_id}")  # type: ignore[attr-defined]
            elif isinstance(field, JSONField):  # PostgreSQL keeps the keys of an object in an order of its own
                value = json.loads(json.dumps(getattr(row, field.name), sort_keys=True))
                setattr(row, field.name, value)
            elif field.name in ("created_at", "stored_at"):
                setattr(row, field.name, WRITTEN_AT)
        if isinstance(row, Article):
            row.revision = 1
    for row, new_id in [(row, ids[type(row), row.pk]) for row in rows]:
        row.pk = new_id
