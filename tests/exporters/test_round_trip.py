"""Nothing is lost in our own format: what was imported is exported, and that can be imported and exported again."""

from __future__ import annotations

import json
import uuid
from functools import cache

import jsonschema
import orjson
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings

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
    assert [row for row in found if row["type"] in ("article", "claim")] == records
    for row in found:
        validator().validate(row)
