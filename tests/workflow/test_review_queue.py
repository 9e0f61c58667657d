"""The list of reviews: differences of every kind, counted where something changed, right whatever happened."""

from __future__ import annotations

import uuid
from itertools import count

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from annotations.models import Annotation, Article, Claim, ReviewCount
from annotations.workflow.adjudicating import finish, take_over
from annotations.workflow.assigning import reopen, submit
from annotations.workflow.claiming import change_claim
from annotations.workflow.correcting import correct_article
from annotations.workflow.differing import AT_ONCE, count_all_differences, count_differences, count_waiting_differences
from annotations.workflow.merging import merge_articles
from annotations.workflow.opening import NewRound, open_round
from annotations.workflow.relating import NewArticleLabel, NewRelation, label_article, relate
from annotations.workflow.returning import return_work
from annotations.workflow.waiting import MOST_AT_ONCE, waiting
from tests import factories
from tests.corpora import annotation, article, imported, lines, undone
from tests.workflow.test_settling_claims import claim, evidence

pytestmark = pytest.mark.django_db
TEXT = factories.GERMAN


def listed(mia, **options):
    """Return what the list shows of each text: people, given, missing. What is counted anew is the same."""
    queue = waiting(mia.project, **options)
    found = [(row.version_id, row.n_people, row.n_given, row.missing) for row in queue.between(0, 1_000)]
    assert (queue.n_uncounted, len(queue)) == (0, len(found))
    assert count_all_differences(mia.project) == 0
    return found


def handed_in(mia, *people, **values):
    made = factories.article(mia, **values)
    for person in people:
        factories.annotation(person, made, 4, 9)
        submit(made, by=person)
    return made


def test_differences_of_every_kind_count_and_the_greatest_come_first(mia, ada, ben, rosa):
    factories.label_for(mia.project, "mood", "article")
    factories.label_for(mia.project, "supports", "relation")
    story, alike, of_one = factories.article(mia), handed_in(mia, ada, ben), handed_in(mia, ada)
    for by, text, stance in ((ada, "Brot wird teurer.", "supports"), (ben, "Brot wird teurer.", "refutes")):
        first, second = factories.annotation(by, story, 4, 9), factories.annotation(by, story, 12, 17)
        evidence(by, claim(by, second, text), stance=stance)
        relate(NewRelation(uuid.uuid4(), first.key, second.key, "supports"), by=by)
    label_article(NewArticleLabel(uuid.uuid4(), story.current_version.uuid, "mood"), by=ada)
    for by in (ada, ben):
        submit(story, by=by)

    # alike: two spans, a relation, a claim; a label that Ben has not; both cite one page, for and against
    assert listed(mia) == [(story.current_version_id, 2, 11, 3), (alike.current_version_id, 2, 2, 0)]
    take_over(alike, by=rosa)
    finish(alike, by=rosa)
    assert len(listed(mia)) == 1
    assert [row.state for row in waiting(mia.project, with_finished=True).between(0, 9)] == ["new", "finished"]
    assert ReviewCount.objects.get(version=of_one.current_version_id).n_people == 1


def test_it_follows_work_that_is_taken_back_given_back_and_changed(mia, ada, ben, rosa):
    story = handed_in(mia, ada, ben)
    assert listed(mia)[0][1:] == (2, 2, 0)

    reopen(story, by=ada)
    assert listed(mia) == []
    factories.annotation(ada, story, 12, 17)
    submit(story, by=ada)
    assert listed(mia)[0][1:] == (2, 3, 1)
    work = story.current_version.assignments.get(annotator=ben)
    return_work(work.uuid, "Bitte auch die Zahlen.", by=rosa)
    assert listed(mia) == []


def test_a_claim_that_changes_after_both_were_handed_in_is_counted_anew(ada):
    mia = factories.project("open", visibility="open", manager="max")
    ada, ben = (factories.member(mia, name) for name in ("eva", "tom"))
    story = factories.article(mia)
    for by in (ada, ben):
        claim(by, factories.annotation(by, story, 12, 17), "Brot wird teurer.")
        submit(story, by=by)
    assert listed(mia)[0][1:] == (2, 4, 0)

    draft = Claim.objects.get(created_by=ben)
    change_claim(draft.key, {"text": "Brot ist teuer."}, by=mia, base_version=1)

    assert listed(mia)[0][1:] == (2, 4, 2)


def test_corrected_merged_and_again_opened_articles_are_counted_by_what_stands_there(mia, ada, ben):
    story, twin = handed_in(mia, ada, ben), handed_in(mia, ben)
    corrected = correct_article(story, TEXT + " Mehr dazu morgen.", by=mia, base_version=story.current_version.uuid)
    assert [row[0] for row in listed(mia)] == [corrected.version.pk]
    story.refresh_from_db()

    third = handed_in(mia, ada)
    merge_articles(third, twin, by=mia)
    assert {row[0] for row in listed(mia)} == {corrected.version.pk, third.current_version_id}

    open_round(NewRound("Noch einmal"), Article.objects.filter(pk=third.pk), by=mia)
    assert [row[0] for row in listed(mia)] == [corrected.version.pk]


def test_what_a_file_brings_is_counted_and_goes_with_its_import(mia):
    text = "Der Preis stieg um 4 %."
    marks = [
        annotation(text, words, annotator=by) for by, words in (("Ada", "Preis"), ("Ben", "Preis"), ("Ben", "4 %"))
    ]
    file = lines(article("a-1", text, annotations=marks[:1]), article("a-2", text + " ", annotations=[]))
    imported(mia, {"a.jsonl": file})
    assert listed(mia) == []

    job = imported(mia, {"b.jsonl": lines(article("a-1", text, annotations=marks))})
    assert [row[1:] for row in listed(mia)] == [(2, 3, 1)]
    undone(mia, job)

    assert (listed(mia), Annotation.objects.count()) == ([], 1)


def test_reading_the_list_costs_two_queries_and_more_only_for_what_changed(mia, ada, ben, rosa):
    stories = [handed_in(mia, ada, ben) for _n in range(6)]
    count_differences(mia.project_id)

    def queries():
        with CaptureQueriesContext(connection) as found:
            queue = waiting(mia.project)
            assert (len(queue), len(queue.between(0, 50))) == (6, 6)
        return len(found)

    assert queries() == 3
    of_one, of_all = [], []
    for counted, changed in ((of_one, stories[:1]), (of_all, stories)):
        ReviewCount.objects.filter(version__in=[story.current_version_id for story in changed]).update(is_stale=True)
        counted.append(queries())
    assert of_one == of_all
    assert of_all[0] <= 3 + 14


def test_many_that_wait_are_counted_a_part_at_a_time_by_readers_and_the_rest_by_workers(mia, ada, ben, monkeypatch):
    monkeypatch.setattr("annotations.workflow.differing.AT_ONCE", 1)
    monkeypatch.setattr("annotations.workflow.waiting.MOST_AT_ONCE", 2)
    for _n in range(5):
        handed_in(mia, ada, ben)
    assert MOST_AT_ONCE % AT_ONCE == 0

    assert (waiting(mia.project).n_uncounted, len(waiting(mia.project))) == (3, 4)
    ticks = count(1)
    monkeypatch.setattr("annotations.workflow.differing.time.monotonic", lambda: next(ticks))
    assert count_waiting_differences(until=1) is False or ReviewCount.objects.filter(is_stale=True).exists()
    assert count_waiting_differences(until=100) is False
    assert len(listed(mia)) == 5


def test_a_wrong_count_is_put_right_by_the_command(mia, ada, ben, capsys):
    story = handed_in(mia, ada, ben)
    listed(mia)
    ReviewCount.objects.update(n_missing=F("n_missing") + 7)

    call_command("rebuild_counters", "--project", mia.project.slug, "--json")

    assert '"differences_corrected": 1' in capsys.readouterr().out
    assert listed(mia) == [(story.current_version_id, 2, 2, 0)]
