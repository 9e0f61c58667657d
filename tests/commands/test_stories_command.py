"""`workbench stories`: what pages do with stories, from the command line."""

from __future__ import annotations

import csv
import io
import json
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from annotations.stories.asking import fill_row
from annotations.workflow.answering import add_row, find_row
from annotations.workflow.stories import make_story
from tests import factories
from tests.stories.made_up import tell

pytestmark = pytest.mark.django_db


def run(*arguments: object) -> str:
    out = io.StringIO()
    call_command("stories", *map(str, arguments), stdout=out)
    return out.getvalue()


@pytest.fixture
def mia():
    return factories.project()


@pytest.fixture
def story(mia):
    told = tell(mia)
    made = make_story(uuid4(), "The letter", by=mia, articles=[told[name].uuid for name in ("wire", "copy")])
    row = add_row(made.key, uuid4(), "How many moved out?", "number", by=mia)
    fill_row(find_row(mia, row.key), by=mia)
    return made


def test_stories_are_suggested_with_their_ground(mia):
    tell(mia)

    said = json.loads(run("suggest", "--project", "river", "--json").splitlines()[-1])

    assert (said["created"], said["updated"]) == (1, 0)
    [found] = said["suggestions"]
    related = {each["article"]: each["is_related"] for each in found["articles"]}
    assert related == {"wire": False, "copy": False, "third": False, "other": True}
    assert next(each["words"] for each in found["articles"] if each["article"] == "wire") >= 20
    again = run("suggest", "--project", "river")
    assert "wire: " in again
    assert "shared words" in again
    assert "related: other: 2 rare names (arlo, benna)" in again


def test_stories_are_listed(story):
    assert run("--project", "river") == f"{story.key}  2 articles  1 questions  The letter\n"
    listed = json.loads(run("list", "--project", "river", "--json"))
    assert listed["stories"] == [{"key": str(story.key), "name": "The letter", "articles": 2, "questions": 1}]


def test_a_matrix_is_written_as_csv_and_json(story, tmp_path):
    path = tmp_path / "matrix.csv"
    said = run("matrix", story.key, "--project", "river", "--output", path, "--json")
    assert json.loads(said.splitlines()[-1]) == {"output": str(path), "questions": 1, "articles": 2}
    rows = list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"))))
    assert [(row["article"], row["statement"]) for row in rows] == [("wire", "Up to 900"), ("copy", "At least 400")]

    matrix = json.loads(run("matrix", story.key, "--project", "river", "--format", "json"))
    [question] = matrix["questions"]
    assert [each["article"] for each in matrix["articles"]] == ["wire", "copy"]
    assert [each["statements"][0]["value"] for each in question["answers"]] == [
        {"low": None, "high": 900},
        {"low": 400, "high": None},
    ]


def test_who_may_not_see_stories_gets_none(mia, story):
    factories.member(mia, "ada")  # annotates in a blind project
    assert run("--project", "river", "--as", "ada") == ""
    for arguments in (
        ("matrix", story.key, "--project", "river", "--as", "ada"),
        ("suggest", "--project", "river", "--as", "ada"),
        ("matrix", uuid4(), "--project", "river"),
        ("matrix", "--project", "river"),
        ("--project", "elsewhere"),
        ("--project", "river", "--as", "nobody"),
    ):
        with pytest.raises(CommandError):
            run(*arguments)
