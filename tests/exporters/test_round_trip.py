"""Nothing is lost in our own format: what was imported is exported, and that can be imported and exported again."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from functools import cache
from typing import Any

import jsonschema
import orjson
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings

from annotations.exporters.corpus import Corpus
from annotations.exporters.losses import Losses
from annotations.exporters.scope import Scope
from annotations.models import Job, Project
from tests.conftest import BASE_DIR
from tests.corpora import empty_project, exported, imported, lines
from tests.exporters.whole_projects import HEADER, whole_projects

pytestmark = pytest.mark.django_db
EXAMPLES = 200 if hypothesis_settings.default.max_examples > 100 else 15
"""A project has some fifty rows: fifteen of them are enough for a quick run."""


@cache
def validator() -> jsonschema.Draft202012Validator:
    schema = json.loads((BASE_DIR / "docs" / "native-format.schema.json").read_text(encoding="utf-8"))
    return jsonschema.Draft202012Validator(schema)


def held(file: bytes, slug: str) -> Project:
    """Import a file into a new project of this name, all of it."""
    made = empty_project(slug)
    job = imported(None, {"corpus.jsonl": file}, project=made)
    assert job.state == Job.State.DONE, list(job.problems.values())
    return made


def values_of(project: Project) -> Iterator[dict[str, Any]]:
    """Return the articles as the other formats get them, with sentences as JSON has them."""
    for article in Corpus(Scope.of(project, None, {}), Losses()).articles():
        yield orjson.loads(orjson.dumps(article))


@hypothesis_settings(max_examples=EXAMPLES)
@given(whole_projects())
def test_any_project_comes_back_to_the_byte(records):
    slug = f"p-{uuid.uuid4().hex[:8]}"
    first = held(lines(HEADER, *records), slug)
    export = exported(None, project=first)
    Project.objects.filter(pk=first.pk).update(slug=f"{slug}-first")

    again = exported(None, project=held(export, slug))

    assert again == export
    found = [orjson.loads(line) for line in again.splitlines()]
    assert again.splitlines() == [orjson.dumps(row) for row in found]
    assert [row for row in found if row["type"] in ("article", "claim")] == records
    assert [row for row in records if row["type"] == "article"] == list(values_of(first))
    for row in found:
        validator().validate(row)
