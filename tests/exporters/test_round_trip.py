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
from annotations.models import Adjudication, Annotation, Article, Assignment, Job, Project, Round, SuggestionDecision
from annotations.workflow.adjudicating import NewRuling, finish, settle, take_over
from annotations.workflow.assigning import assign, reopen, submit
from annotations.workflow.opening import NewRound, open_round
from annotations.workflow.projects import publish_guidelines
from annotations.workflow.relating import NewArticleLabel, NewRelation, label_article, relate
from annotations.workflow.reviewing import review_of
from annotations.workflow.rounds import close_round, first_round
from annotations.workflow.suggesting import Decided, decide
from tests import factories
from tests.conftest import BASE_DIR
from tests.corpora import empty_project, exported, imported, lines
from tests.exporters.whole_projects import HEADER, whole_projects

pytestmark = pytest.mark.django_db
EXAMPLES = 200 if hypothesis_settings.default.max_examples > 100 else 6
"""A project has some fifty rows: six of them are enough for a quick run."""


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
    assert [row for row in found if row["type"] not in ("corpus", "source")] == records
    assert [row for row in records if row["type"] == "article"] == list(values_of(first))
    for row in found:
        validator().validate(row)


def test_rounds_with_present_and_past_work_come_back_to_the_byte():
    mia = factories.project("rounds")
    ada, ben = factories.member(mia, "ada"), factories.member(mia, "ben")
    first, second = factories.article(mia), factories.article(mia)
    assign([first, second], [ada, ben], by=mia)
    one, other = factories.annotation(ada, first, 0, 3), factories.annotation(ada, first, 4, 7)
    factories.label_for(mia.project, "answers", "relation")
    factories.label_for(mia.project, "mood", "article")
    relate(NewRelation(uuid.uuid4(), one.key, other.key, "answers"), by=ada)
    label_article(NewArticleLabel(uuid.uuid4(), first.current_version.uuid, "mood"), by=ada)
    submit(first, by=ada)
    reopen(first, by=ada)
    submit(first, by=ada)
    rows = Article.objects.filter(pk=first.pk)
    rosa, offered = factories.member(mia, "rosa", "reviewer"), factories.suggestion(first, "stieg")
    decide([Decided(offered.key, "dismissed", 0)], by=ben)
    factories.annotation(ben, first, 4, 7, "number")
    submit(first, by=ben)
    take_over(first, by=rosa)
    for state in review_of(first.current_version).differing:
        settle(first, NewRuling(uuid.uuid4(), state.unit.name, "rejected"), by=rosa)
    finish(first, by=rosa)
    Assignment.objects.filter(annotator=ben, version=second.current_version).update(
        state="lapsed", late_at=first.current_version.created_at
    )
    opened = open_round(NewRound("Pilot", "pilot", 3), rows, by=mia).round
    factories.annotation(ben, first, 0, 3)
    publish_guidelines("Neu.", by=mia)
    again = open_round(NewRound("Noch einmal", repeats=opened), rows, by=mia).round
    factories.annotation(ben, first, 4, 7)
    close_round(opened.uuid, by=mia)
    export = exported(None, project=mia.project)
    Project.objects.filter(pk=mia.project_id).update(slug="rounds-first")

    made = held(export, "rounds")

    assert exported(None, project=made) == export
    for line in export.splitlines():
        validator().validate(orjson.loads(line))
    assert Assignment.objects.get(project=made, late_at__isnull=False).is_late
    assert SuggestionDecision.every.get(project=made).past_round.number == 1
    past = Adjudication.every.get(project=made)
    assert (past.state, past.past_round.number) == ("finished", 1)
    openers = Round.objects.filter(project=made).order_by("number").values_list("created_by__pseudonym", flat=True)
    assert list(openers) == [None, mia.pseudonym, mia.pseudonym]
    assert [row.number for row in Round.objects.filter(project=made)] == [1, 2, 3]
    assert Article.objects.get(project=made, external_id=first.external_id).round.number == again.number
    numbers = Annotation.every.filter(project=made).values_list("past_round__number", flat=True)
    assert sorted(numbers, key=str)[-2:] == [2, None]
    assert {row.guidelines.version for row in Round.objects.filter(project=made, number__gt=1)} == {1, 2}


@pytest.mark.long
def test_an_export_of_a_round_holds_its_work_alone_and_other_formats_leave_past_work_out():
    mia = factories.project("rounds")
    ada, made = factories.member(mia, "ada"), factories.article(mia)
    factories.annotation(ada, made, 0, 3)
    opened = open_round(NewRound("Pilot", "pilot"), Article.objects.filter(pk=made.pk), by=mia).round
    factories.annotation(ada, made, 4, 9)

    def spans(**options) -> list[int]:
        row = orjson.loads(exported(None, project=mia.project, **options).splitlines()[1])
        return [each["start"] for each in row["annotations"]]

    assert spans() == [0, 4]
    assert spans(filters={"round": str(opened.uuid)}) == [4]
    assert spans(filters={"round": str(first_round(mia.project_id).uuid)}) == [0]
    table = exported(None, project=mia.project, format="doccano").decode()
    assert '"label":[[4,9,"Claim"]]' in table
