"""Stories in our own format: back to the byte, with the texts apart, undone; and one story, one part of a split."""

from __future__ import annotations

import json
from uuid import uuid4

import orjson
import pytest

from annotations.models import AccountCell, Project, Statement, Story, StoryArticle, StorySuggestion
from annotations.stories.asking import fill_row
from annotations.stories.finding import start_finding_stories
from annotations.workflow.answering import NewAnswer, NewStatement, RowChange, add_row, answer, change_row
from annotations.workflow.stories import (
    Decision,
    StoryChange,
    change_articles,
    change_story,
    decide_suggestion,
    make_story,
    merge_stories,
)
from tests import factories
from tests.corpora import empty_project, exported, imported, undone
from tests.exporters.test_round_trip import held, validator
from tests.reuse.test_finding import done
from tests.stories.made_up import TEXTS, tell

pytestmark = pytest.mark.django_db


@pytest.fixture
def filled():
    """Give a project with a confirmed suggestion, a refused one, a merged story, and answers with earlier states."""
    mia = factories.project("river", visibility="open")
    rosa = factories.member(mia, "rosa", "reviewer")
    made = tell(mia)
    done(start_finding_stories(mia))
    suggestion = StorySuggestion.objects.get()
    decision = Decision("confirmed", 1, key=uuid4(), name="The letter")
    story = decide_suggestion(suggestion.key, decision, by=rosa).story
    change_story(story.key, StoryChange(name="The mayors’ letter", note="A note."), by=mia, base_version=1)
    change_articles(story.key, by=mia, remove=[made["third"].uuid])
    row = add_row(story.key, uuid4(), "How many moved?", "number", by=rosa, cues="moved")
    sent = add_row(story.key, uuid4(), "Was it sent?", "yes_no", by=rosa)
    change_row(sent.key, RowChange(position=1), by=mia, base_version=1)
    fill_row(row, by=rosa)
    annotation = factories.annotation(rosa, made["copy"], 4, 9)
    said = [
        NewStatement("400 to 500", "source", "the mayors", "2024-05", quote="400 moved out"),
        NewStatement("some", annotation=annotation.key),
    ]
    answer(row.key, made["copy"].uuid, NewAnswer("differs", 1, said, "Looked up."), by=mia)
    answer(sent.key, made["wire"].uuid, NewAnswer("agrees", 0, [NewStatement("yes")]), by=mia)
    other = make_story(uuid4(), "A road", by=mia, articles=[made["other"].uuid])
    merge_stories(other.key, story.key, by=mia, base_version=1)
    return mia


def records(file, *kinds):
    return [row for line in file.splitlines() if (row := orjson.loads(line))["type"] in kinds]


def test_stories_come_back_to_the_byte_and_once(filled):
    export = exported(None, project=filled.project)
    Project.objects.filter(pk=filled.project_id).update(slug="river-first")

    again = held(export, "river")

    assert exported(None, project=again) == export
    for row in records(export, "story", "story_suggestion"):
        validator().validate(row)
    kinds = [row["type"] for row in records(export, "story", "story_suggestion")]
    assert kinds == ["story", "story", "story_suggestion"]
    job = imported(None, {"corpus.jsonl": export}, project=again)
    assert Story.objects.filter(project=again).count() == 2
    assert job.n_problems == 0
    as_object = exported(None, project=again, as_json_object=True)
    assert [row["type"] for row in orjson.loads(as_object)["stories"]] == kinds
    lake = empty_project("lake")
    assert imported(None, {"corpus.json": as_object}, project=lake).n_problems == 0
    assert Story.objects.filter(project=lake).count() == 2


def test_without_texts_no_words_of_an_article_stand_in_it_and_they_come_back_with_the_texts(filled, tmp_path):
    export = exported(None, project=filled.project, with_text=False)
    (told,) = [row for row in records(export, "story") if row["rows"]]
    assert "quote" not in json.dumps(told["rows"])
    assert "Up to 900" not in json.dumps(told)  # read from the text, as it stands there
    whole = exported(None, project=filled.project)
    Project.objects.filter(pk=filled.project_id).update(slug="river-first")
    made = held(whole, "river")
    kept = set(Statement.objects.filter(project=filled.project).values_list("text", "quote", "start"))
    assert set(Statement.objects.filter(project=made).values_list("text", "quote", "start")) == kept


def test_what_does_not_fit_is_left_out_and_named(filled):
    export = exported(None, project=filled.project)
    rows = [orjson.loads(line) for line in export.splitlines()]
    told = next(row for row in rows if row["type"] == "story" and row["rows"])
    told["articles"][0]["article"] = "nowhere"
    cells = next(row["cells"] for row in told["rows"] if row["kind"] == "number")
    cells[0]["statements"][0]["quote"] = "not there"
    Project.objects.filter(pk=filled.project_id).update(slug="river-first")

    made = empty_project("river")
    job = imported(None, {"corpus.jsonl": b"\n".join(orjson.dumps(row) for row in rows)}, project=made)

    assert sorted(job.problems.values_list("field", "value")) == [
        ("articles.0.article", "nowhere"),
        ("rows.1.cells.0.statements.quote", "not there"),
    ]
    assert (
        AccountCell.objects.filter(project=made).count()
        == AccountCell.objects.filter(project=filled.project).count() - 1
    )
    assert (
        StoryArticle.objects.filter(project=made).count()
        == StoryArticle.objects.filter(project=filled.project).count() - 1
    )


def test_an_import_with_stories_is_undone_but_what_somebody_worked_on(filled):
    export = exported(None, project=filled.project)
    mia = factories.project("lake", manager="lea")
    job = imported(mia, {"corpus.jsonl": export})
    assert Story.objects.filter(project=mia.project).count() == 2
    undone(mia, job)
    for model in (Story, StorySuggestion, Statement, AccountCell):
        assert not model.objects.filter(project=mia.project).exists()

    job = imported(mia, {"corpus.jsonl": export})
    story = Story.objects.get(project=mia.project, merged_into=None)
    change_story(story.key, StoryChange(note="Mine."), by=mia, base_version=story.version_number)
    undo = undone(mia, job)

    assert list(Story.objects.filter(project=mia.project)) == [story]
    kept = dict(undo.problems.filter(field="article").values_list("value", "message"))
    assert (kept["wire"], kept["third"]) == ("A story refers to it.", "A story has it.")
    assert "far" not in kept


def test_a_story_lies_in_one_part_of_a_split(filled):
    texts = {f"t{n}": f"Only number {n} is in it." for n in range(8)}
    made = [factories.article(filled, text=text, external_id=name) for name, text in texts.items()]
    before = records(exported(None, project=filled.project, split="50/25/25"), "corpus")[0]["split"]["groups"]
    make_story(uuid4(), "Numbers", by=filled, articles=[each.uuid for each in made])

    export = exported(None, project=filled.project, split="50/25/25")

    parts = {row["external_id"]: row["split"] for row in records(export, "article")}
    assert len({parts[name] for name in texts}) == 1
    assert records(export, "corpus")[0]["split"]["groups"] == before - 7
    assert len(TEXTS) == 5
