"""Rounds: what they take, what they fix, what becomes of earlier work, and what the queue serves."""

from __future__ import annotations

import pytest

from annotations.access import visible_to
from annotations.errors import Forbidden, Refused
from annotations.jobs.leases import owner_name
from annotations.jobs.running import run_to_the_end
from annotations.models import Adjudication, Annotation, Article, Assignment, Job, Round, SuggestionDecision
from annotations.tasks import KINDS
from annotations.workflow import opening
from annotations.workflow.annotating import annotate
from annotations.workflow.assigning import assign, submit
from annotations.workflow.counting import wrong_counters
from annotations.workflow.opening import NewRound, changed_since, open_round, preview_round
from annotations.workflow.projects import (
    current_labels,
    guidelines_fixed_for,
    guidelines_on,
    labels_on,
    new_label_of,
    publish_guidelines,
    revise_label_set,
)
from annotations.workflow.queueing import take_next
from annotations.workflow.rounds import close_round, first_round, reopen_round
from annotations.workflow.suggesting import Decided, decide, open_for
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def mia():
    return factories.project()


@pytest.fixture
def ada(mia):
    return factories.member(mia, "ada")


@pytest.fixture
def ben(mia):
    return factories.member(mia, "ben")


def pilot_of(mia, *articles, name="Pilot", kind=Round.Kind.PILOT, **values):
    rows = Article.objects.filter(pk__in=[made.pk for made in articles])
    return open_round(NewRound(name, kind, **values), rows, by=mia)


def test_a_round_takes_articles_and_fixes_labels_and_guidelines(mia):
    made, other = factories.article(mia), factories.article(mia)

    opened = pilot_of(mia, made, annotators_per_article=3).round
    publish_guidelines("Neu: Zahlen mit Einheit.", by=mia)
    revise_label_set([new_label_of(label) for label in current_labels(mia.project)][:2], by=mia)

    made.refresh_from_db()
    assert (made.round_id, other.round_id, opened.number, opened.n_articles) == (opened.pk, None, 2, 0)
    assert Round.objects.get(pk=opened.pk).n_articles == 1
    assert len(labels_on(made, mia.project)) > len(labels_on(other, mia.project)) == 2
    assert guidelines_on(made, mia.project).version == 1
    assert guidelines_on(other, mia.project).version == 2
    assert all(changed_since(opened))
    assert changed_since(first_round(mia.project_id)) == (None, None)


def test_only_the_labels_of_its_round_can_be_put_on_an_article(mia, ada):
    made, other = factories.article(mia), factories.article(mia)
    last = current_labels(mia.project)[-1].key
    pilot_of(mia, made)

    revise_label_set([new_label_of(label) for label in current_labels(mia.project)][:2], by=mia)

    assert annotate(factories.new_annotation(made.current_version, 0, 3, last), by=ada).label.key == last
    with pytest.raises(Refused, match=last):
        annotate(factories.new_annotation(other.current_version, 0, 3, last), by=ada)


def test_work_is_kept_apart_when_articles_are_annotated_again(mia, ada, ben):
    made = factories.article(mia)
    assign([made], [ada, ben], by=mia)
    before = factories.annotation(ada, made, 0, 3)
    for person in (ada, ben):
        submit(made, by=person)

    new = NewRound("Again", repeats=first_round(mia.project_id))
    counts = preview_round(new, Article.objects.none(), by=mia)
    opened = open_round(new, Article.objects.none(), by=mia)

    assert (counts.articles, counts.with_work, counts.assignments, counts.people) == (1, 1, 2, 2)
    assert opened.job is None
    assert opened.round.repeats == first_round(mia.project_id)
    assert not Annotation.objects.exists()
    kept = Annotation.every.get()
    assert (kept.key, kept.past_round_id) == (before.key, first_round(mia.project_id).pk)
    present = {row.annotator_id: (row.state, row.round) for row in Assignment.objects.all()}
    assert present == dict.fromkeys([ada.pk, ben.pk], ("open", opened.round))
    assert Assignment.every.filter(past_round__isnull=False, state="submitted").count() == 2
    again = factories.annotation(ada, made, 0, 3)
    assert again.past_round_id is None
    assert submit(made, by=ada).round == opened.round
    assert not wrong_counters(mia.project).exists()


def test_one_sees_ones_own_past_work_and_a_viewer_what_was_handed_in_of_it(mia, ada, ben):
    viewer, made = factories.member(mia, "vera", "viewer"), factories.article(mia)
    assign([made], [ada, ben], by=mia)
    factories.annotation(ada, made, 0, 3)
    factories.annotation(ben, made, 4, 7)
    submit(made, by=ada)

    pilot_of(mia, made)

    assert [row.created_by for row in visible_to(ben, Annotation.every.all())] == [ben]
    assert [row.created_by for row in visible_to(viewer, Annotation.every.all())] == [ada]


def test_a_calibration_takes_what_has_gold_and_keeps_it(mia, ada):
    made, without = factories.article(mia), factories.article(mia)
    gold = factories.annotation(mia, made, 0, 3)
    Annotation.objects.filter(pk=gold.pk).update(layer="gold")
    Adjudication.objects.create(project=mia.project, version=made.current_version, created_by=mia)

    counts = preview_round(NewRound("K", Round.Kind.CALIBRATION), Article.objects.all(), by=mia)
    pilot_of(mia, made, without, name="K", kind=Round.Kind.CALIBRATION)

    assert (counts.articles, counts.without_gold) == (1, 1)
    assert Annotation.objects.get().pk == gold.pk
    assert not Adjudication.objects.exists()
    without.refresh_from_db()
    assert without.round_id is None
    with pytest.raises(Refused, match="gold"):
        pilot_of(mia, without, name="L", kind=Round.Kind.CALIBRATION)


def test_the_queue_serves_open_rounds_the_last_opened_first(mia, ada):
    first, second = factories.article(mia), factories.article(mia)
    opened = pilot_of(mia, second, annotators_per_article=1).round

    taken = take_next(by=ada)
    assert taken.version.article == second
    assert taken.round == opened
    submit(second, by=ada)
    close_round(first_round(mia.project_id).uuid, by=mia)
    assert take_next(by=ada) is None
    reopen_round(first_round(mia.project_id).uuid, by=mia)

    assert take_next(by=ada).version.article == first


def test_the_rounds_own_number_of_annotators_counts(mia, ada, ben):
    made = factories.article(mia)
    pilot_of(mia, made, annotators_per_article=1)

    assert take_next(by=ada).version.article == made
    assert take_next(by=ben) is None


def test_many_articles_are_taken_by_a_job(mia, ada, monkeypatch):
    monkeypatch.setattr(opening, "AT_ONCE", 2)
    monkeypatch.setattr(opening, "ARTICLES_IN_A_CHUNK", 2)
    articles = [factories.article(mia) for _n in range(5)]
    assign(articles[:3], [ada], by=mia)

    opened = open_round(NewRound("Big", repeats=first_round(mia.project_id)), Article.objects.none(), by=mia)
    run_to_the_end(opened.job.pk, KINDS, owner=owner_name())

    job = Job.objects.get(pk=opened.job.pk)
    assert (job.state, job.n_updated, job.n_created) == (Job.State.DONE, 5, 3)
    assert Article.objects.filter(round=opened.round).count() == 5 == Round.objects.get(pk=opened.round.pk).n_articles
    assert Assignment.objects.filter(round=opened.round).count() == 3


def test_only_who_assigns_opens_and_closes_rounds(mia, ada):
    made = factories.article(mia)

    with pytest.raises(Forbidden):
        pilot_of(ada, made)
    with pytest.raises(Forbidden):
        close_round(first_round(mia.project_id).uuid, by=ada)
    with pytest.raises(Refused, match="name"):
        pilot_of(mia, made, name=" ")


def test_in_a_repeated_round_suggestions_are_open_again_and_the_earlier_decisions_kept(mia, ada):
    made = factories.article(mia)
    pilot = pilot_of(mia, made).round
    assign([made], [ada], by=mia)
    offered = factories.suggestion(made, "stieg")
    decide([Decided(offered.key, "dismissed", 0)], by=ada)
    submit(made, by=ada)
    assert not open_for(ada).exists()

    pilot_of(mia, made, name="Noch einmal", repeats=pilot)

    assert open_for(ada).count() == 1
    before = SuggestionDecision.every.get()
    assert (before.past_round, before.state) == (pilot, "dismissed")
    decide([Decided(offered.key, "dismissed", 0)], by=ada)
    assert (SuggestionDecision.every.count(), SuggestionDecision.objects.count()) == (2, 1)


def test_the_guidelines_of_ones_round_come_first_while_one_works_in_it(mia, ada, ben):
    made = factories.article(mia)
    pilot_of(mia, made)
    publish_guidelines("Neu: Zahlen mit Einheit.", by=mia)
    assign([made], [ada], by=mia)

    fixed = guidelines_fixed_for(ada)

    assert fixed is not None
    assert (fixed.version, guidelines_fixed_for(ben), guidelines_fixed_for(mia)) == (1, None, None)
    submit(made, by=ada)
    assert guidelines_fixed_for(ada) is None
