"""How differences were settled comes back from a file: rulings, where gold came from, how far each text is."""

from __future__ import annotations

import uuid

import orjson
import pytest

from annotations.models import Adjudication, Annotation, Article, Membership, Project, Ruling, RulingSource
from annotations.workflow.adjudicating import NewRuling, finish, settle, take_over, withdraw_ruling
from annotations.workflow.assigning import submit
from annotations.workflow.reviewing import review_of
from tests import factories
from tests.corpora import annotation, article, empty_project, exported, imported, lines, undone, without_name

pytestmark = pytest.mark.django_db
TEXT = "Der Preis stieg um 4 %."


def settled(mia, *, is_finished=True):
    """Have two people differ in one of two spans, and a reviewer settle it, once taken back."""
    rosa = factories.member(mia, "rosa", "reviewer")
    story = factories.article(mia)
    people = [factories.member(mia, name) for name in ("ada", "ben")]
    for by, end in zip(people, (17, 23), strict=True):
        factories.annotation(by, story, 4, 9, "claim")
        factories.annotation(by, story, 12, end, "claim")
        submit(story, by=by)
    take_over(story, by=rosa)
    for outcome in ("rejected", "chosen"):
        (unit,) = review_of(story.current_version).differing
        person = people[1].uuid if outcome == "chosen" else None
        new = NewRuling(uuid.uuid4(), unit.unit.name, outcome, person=person, error_category="boundary", note="ganz")
        made = settle(story, new, by=rosa)
        if outcome == "rejected":
            withdraw_ruling(made.key, by=rosa, base_version=made.version_number)
    if is_finished:
        finish(story, by=rosa)
    return story


@pytest.mark.parametrize("is_finished", [True, False])
def test_what_was_settled_is_settled_where_it_is_imported_and_is_exported_as_it_was(is_finished):
    mia = factories.project()
    settled(mia, is_finished=is_finished)
    file = exported(None, project=mia.project)
    Project.objects.filter(pk=mia.project_id).update(slug="before")

    there = empty_project("after")
    job = imported(None, {"a.jsonl": file}, project=there)

    assert job.state == "done", list(job.problems.values())
    assert "3 rulings are new" in job.message
    review = review_of(Article.objects.get(project=there).current_version)
    assert (review.is_finished, len(review.differing), len(review.agreed)) == (is_finished, 1, 1)
    assert all(state.is_settled for state in (*review.differing, *review.agreed))
    assert without_name(exported(None, project=there)) == without_name(file)
    again = imported(None, {"a.jsonl": file}, project=there)
    assert (again.state, Ruling.objects.filter(project=there).count()) == ("done", 3)


def test_who_does_not_see_others_work_gets_nothing_of_it_and_one_layer_goes_without():
    mia = factories.project(visibility="blind")
    settled(mia)
    ada = Membership.objects.get(user__username="ada")

    for by, options in ((ada, {}), (mia, {"layer": "gold"})):
        rows = [orjson.loads(line) for line in exported(by, **options).splitlines()]
        assert not any("rulings" in row or "adjudications" in row for row in rows)


def ruling(*sources, **values):
    looked_at = [{"annotation": each, "version": 1, "gold": None} for each in sources]
    return {"key": str(uuid.uuid4()), "annotator": "Rosa", "outcome": "noted", "sources": looked_at} | values


def test_a_bad_ruling_is_named_and_left_out_while_the_others_are_taken():
    mia = factories.project()
    here, there = (annotation(TEXT, "Preis", annotator="Ada") for _n in range(2))
    gold = {"annotation": here["key"], "version": 1, "gold": here["key"]}
    bad = [
        ruling(there["key"]),
        ruling(sources=[gold]),
        ruling(here["key"], outcome="perhaps"),
        ruling(here["key"], here["key"]),
        ruling(sources=[]),
    ]
    good = ruling(here["key"])
    unfinished = {"annotator": "Rosa", "state": "finished"}
    one = article("a-1", TEXT, annotations=[here], rulings=[*bad, good], adjudications=[unfinished])

    job = imported(mia, {"a.jsonl": lines(one, article("a-2", TEXT + " ", annotations=[there]))})

    assert list(job.problems.order_by("id").values_list("field", flat=True)) == [
        "adjudications.0.finished_by",
        "rulings.0.sources.annotation",
        "rulings.1.sources.gold",
        "rulings.2.outcome",
        "rulings.3.sources",
        "rulings.4.sources",
    ]
    assert [str(key) for key in Ruling.objects.values_list("key", flat=True)] == [good["key"]]
    assert (Adjudication.objects.count(), Annotation.objects.count()) == (0, 2)


def test_an_undone_import_takes_its_rulings_along_unless_somebody_went_on():
    mia = factories.project()
    noted = annotation(TEXT, "Preis", annotator="Ada")
    state = {"annotator": "Rosa", "state": "open"}
    file = lines(article("a-1", TEXT, annotations=[noted], rulings=[ruling(noted["key"])], adjudications=[state]))

    undone(mia, imported(mia, {"a.jsonl": file}))
    assert not any(model.objects.exists() for model in (Article, Ruling, RulingSource, Adjudication))

    job = imported(mia, {"a.jsonl": file})
    Ruling.objects.update(created_by_job=None)  # as one that was made here
    kept = undone(mia, job)
    assert [problem.message for problem in kept.problems.all()] == ["A reviewer began to settle it."]
    assert Article.objects.exists()
    assert RulingSource.objects.exists()


def test_rulings_that_came_later_than_their_article_go_alone():
    mia = factories.project()
    noted = annotation(TEXT, "Preis", annotator="Ada")
    imported(mia, {"a.jsonl": lines(article("a-1", TEXT, annotations=[noted]))})
    state = {"annotator": "Rosa", "state": "open"}
    later = article("a-1", TEXT, annotations=[noted], rulings=[ruling(noted["key"])], adjudications=[state])
    job = imported(mia, {"b.jsonl": lines(later)})
    assert Ruling.objects.exists()
    assert Adjudication.objects.exists()

    undone(mia, job)

    assert not any(model.objects.exists() for model in (Ruling, RulingSource, Adjudication))
    assert Annotation.objects.exists()
