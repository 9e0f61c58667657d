"""BL-4: revealing is one way, and whatever people do afterwards, agreement is measured on the work as it was before."""

from __future__ import annotations

import random

import pytest

from annotations.agreement.measuring import measure
from annotations.errors import Refused
from annotations.models import AnnotationRevision, Assignment, AuditEvent, Project
from annotations.text.spans import Span
from annotations.workflow.annotating import (
    AnnotationChange,
    annotate,
    change_annotation,
    restore_annotation,
    withdraw_annotation,
)
from annotations.workflow.assigning import reopen, submit
from annotations.workflow.correcting import correct_article
from annotations.workflow.returning import return_work
from annotations.workflow.verifying import findings
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def mia():
    return factories.project()


@pytest.fixture
def people(mia):
    return [factories.member(mia, name) for name in ("ada", "ben")]


def figures(mia) -> dict[tuple[str, str], object]:
    runs = measure(Project.objects.get(pk=mia.project_id))
    return {(run.measure, run.scope): (run.figure.value, run.figure.n_items) for run in runs}


def left_out(mia) -> dict[str, int]:
    return measure(Project.objects.get(pk=mia.project_id))[0].left_out


def reveal(mia, *people) -> None:
    factories.set_project(mia, visibility="open")
    for person in people:
        person.project.refresh_from_db()


def test_the_reveal_is_recorded_with_its_time_and_is_not_taken_back(mia, people):
    story = factories.article(mia)
    factories.annotation(people[0], story, 2, 11)
    submit(story, by=people[0])

    reveal(mia, *people)

    event = AuditEvent.objects.get(verb="project.revealed")
    assert (event.actor, event.after) == (mia, {"assignments": 1})
    assert mia.project.revealed_at is not None
    for by, act in (
        (mia, lambda: factories.set_project(mia, visibility="blind")),
        (people[0], lambda: reopen(story, by=people[0])),
    ):
        with pytest.raises(Refused) as refusal:
            act()
        assert refusal.value.code == "revealed", by
    mia.project.refresh_from_db()
    assert not mia.project.is_blind


def test_a_project_that_was_open_from_the_beginning_may_become_blind(mia):
    started = factories.project("lake", visibility="open", manager="otto")

    factories.set_project(started, visibility="blind")

    assert started.project.revealed_at is None


def test_what_is_changed_made_and_taken_back_afterwards_is_marked_and_left_out_and_said_so(mia, people):
    ada, ben = people
    story, late = factories.article(mia), factories.article(mia)
    kept = [factories.annotation(by, story, 2, 11) for by in people]
    taken = factories.annotation(ada, story, 12, 17)
    for by in people:
        submit(story, by=by)
    factories.annotation(ben, late, 2, 11)
    before = figures(mia)
    reveal(mia, *people)
    for by in people:
        return_work(Assignment.objects.get(annotator=by, version=story.current_version).uuid, "Bitte prüfen.", by=mia)

    change_annotation(kept[0].key, AnnotationChange(label="number"), by=ada, base_version=1)
    change_annotation(kept[0].key, AnnotationChange(label="date"), by=ada, base_version=2)
    withdraw_annotation(taken.key, by=ada, base_version=1)
    factories.annotation(ada, story, 20, 22)
    submit(late, by=ben)

    assert AnnotationRevision.objects.filter(after_reveal=True).count() == 3
    assert figures(mia) == before
    told = left_out(mia)
    assert (told["changes_after_reveal"], told["spans_made_after_reveal"]) == (2, 1)
    assert told["texts_handed_in_after_reveal"] == 1


def test_a_correction_after_the_reveal_carries_the_work_on_as_it_was_before(mia, people):
    ada, ben = people
    story = factories.article(mia)
    kept = [factories.annotation(by, story, 2, 11) for by in people]
    moved = factories.annotation(ada, story, 12, 17)
    taken = factories.annotation(ben, story, 12, 17)
    for by in people:
        submit(story, by=by)
    before = figures(mia)
    reveal(mia, *people)
    for by in people:
        return_work(Assignment.objects.get(annotator=by, version=story.current_version).uuid, "Bitte prüfen.", by=mia)
    change_annotation(kept[0].key, AnnotationChange(label="number"), by=ada, base_version=1)
    text = story.current_version.text
    place = {"span": Span(12, 21), "quote": text[12:21]}
    change_annotation(moved.key, AnnotationChange(**place), by=ada, base_version=1)
    withdraw_annotation(taken.key, by=ben, base_version=1)

    story.refresh_from_db()
    correct_article(story, f"Heute: {text}", by=mia, base_version=story.current_version.uuid)

    assert figures(mia) == before
    assert left_out(mia)["changes_after_reveal"] == 3
    assert not list(findings())


@pytest.mark.parametrize("seed", [*range(3), *(pytest.param(n, marks=pytest.mark.long) for n in range(3, 40))])
def test_whatever_people_do_after_the_reveal_the_figures_stay_what_they_were(mia, people, seed):
    """A model of what people can do: any acts before, a reveal, any acts after it."""
    chance = random.Random(seed)
    stories = [factories.article(mia) for _n in range(2)]
    made = []

    def act() -> None:
        by, story = chance.choice(people), chance.choice(stories)
        own = [row for row in made if row.created_by_id == by.pk]
        row = chance.choice(own) if own else None
        if row is not None:
            row.refresh_from_db()
        start = chance.randrange(40)
        try:
            match chance.randrange(6):
                case 0 | 1:
                    new = factories.new_annotation(story.current_version, start, start + 5, "claim")
                    made.append(annotate(new, by=by))
                case 2 if row is not None:
                    label = chance.choice(["claim", "number", "date"])
                    change_annotation(row.key, AnnotationChange(label=label), by=by, base_version=row.version_number)
                case 3 if row is not None:
                    withdraw_annotation(row.key, by=by, base_version=row.version_number)
                case 4 if row is not None:
                    restore_annotation(row.key, by=by, base_version=row.version_number)
                case 5:
                    held = Assignment.objects.filter(annotator=by, version=story.current_version).first()
                    if held is not None and held.state == "submitted" and mia.project.revealed_at is not None:
                        return_work(held.uuid, "Bitte prüfen.", by=mia)
                    elif held is not None and held.state == "submitted":
                        reopen(story, by=by)
                    else:
                        submit(story, by=by)
        except Refused:
            pass

    for _n in range(30):
        act()
    for story in stories:
        for by in people:
            submit(story, by=by)
    before = figures(mia)
    reveal(mia, *people)
    for _n in range(30):
        act()

    assert figures(mia) == before
