"""Giving by rule and by hand, passing on, taking back, and the counters of all of it."""

from __future__ import annotations

from collections import Counter

import pytest
from django.core.management import call_command
from django.db import connection

from annotations.access import visible_to
from annotations.errors import Refused
from annotations.jobs.leases import owner_name
from annotations.jobs.running import run_to_the_end
from annotations.models import Annotation, Article, Assignment, Job, WorkCount
from annotations.models.counters import WRONG_WORK_COUNTS
from annotations.tasks import KINDS
from annotations.workflow import giving
from annotations.workflow.assigning import TooManyPeople, assign, reopen, submit
from annotations.workflow.counting import rebuild_work_counts, wrong_counters
from annotations.workflow.giving import Rule, give_by_rule, preview_giving
from annotations.workflow.projects import change_project
from annotations.workflow.queueing import take_next
from annotations.workflow.reassigning import reassign
from annotations.workflow.reviewing import note_opened
from annotations.workflow.skipping import skip
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def mia():
    return factories.project()


@pytest.fixture
def people(mia):
    return tuple(factories.member(mia, name) for name in ("ada", "ben", "cem"))


def who_has() -> dict[int, list[str]]:
    rows = Assignment.objects.order_by("version_id", "annotator__user__username")
    found: dict[int, list[str]] = {}
    for version, name in rows.values_list("version_id", "annotator__user__username"):
        found.setdefault(version, []).append(name)
    return found


def n_wrong() -> int:
    with connection.cursor() as cursor:
        cursor.execute(WRONG_WORK_COUNTS)
        return int(cursor.fetchone()[0])


def test_a_rule_gives_n_people_an_article_in_turns_and_the_same_once_more(mia, people):
    articles = [factories.article(mia) for _n in range(6)]
    rule = Rule(2, people, 7)

    expected = preview_giving(rule, Article.objects.all(), by=mia)
    first = give_by_rule(rule, Article.objects.all(), by=mia)
    given = who_has()
    second = give_by_rule(rule, Article.objects.all(), by=mia)

    assert (expected.articles, expected.with_room, expected.assignments, expected.each_person) == (6, 6, 12, 4)
    assert (first.created, second.created) == (12, 0)
    assert Counter(name for names in given.values() for name in names) == {"ada": 4, "ben": 4, "cem": 4}
    assert {len(names) for names in given.values()} == {2}
    assert len(given) == len(articles)
    Assignment.objects.all().delete()
    give_by_rule(rule, Article.objects.all(), by=mia)
    assert who_has() == given


def test_a_rule_never_goes_beyond_what_the_round_wants(mia, people):
    made = factories.article(mia)
    take_next(by=people[0])

    given = give_by_rule(Rule(3, people), Article.objects.all(), by=mia)

    assert given.created == 1
    assert Assignment.objects.filter(version=made.current_version).count() == 2


def test_many_articles_are_given_by_a_job_in_turns_over_its_chunks(mia, people, monkeypatch):
    monkeypatch.setattr(giving, "AT_ONCE", 1)
    monkeypatch.setattr(giving, "ARTICLES_IN_A_CHUNK", 2)
    for _n in range(7):
        factories.article(mia)

    given = give_by_rule(Rule(1, people), Article.objects.all(), by=mia)
    run_to_the_end(given.job.pk, KINDS, owner=owner_name())

    job = Job.objects.get(pk=given.job.pk)
    assert (job.state, job.n_created) == (Job.State.DONE, 7)
    assert sorted(Counter(name for names in who_has().values() for name in names).values()) == [2, 2, 3]


def test_giving_by_hand_beyond_n_wants_to_be_confirmed(mia, people):
    made = factories.article(mia)

    with pytest.raises(TooManyPeople, match="1 article"):
        assign([made], people, by=mia)
    assert not Assignment.objects.exists()

    assert assign([made], people, by=mia, goes_beyond=True) == 3


def test_an_article_that_is_full_is_not_opened_freely(mia, people):
    made = factories.article(mia)
    assign([made], people[:2], by=mia)

    with pytest.raises(Refused, match="not given to you") as blind:
        factories.annotation(people[2], made, 0, 3)
    factories.set_project(mia, visibility="open")
    people[2].project.refresh_from_db()
    with pytest.raises(Refused, match="as many annotators") as seen:
        factories.annotation(people[2], made, 0, 3)

    assert (blind.value.code, seen.value.code) == ("not_given", "no_place_left")


def test_passing_on_leaves_the_drafts_with_the_first(mia, people):
    ada, ben, _cem = people
    made = factories.article(mia)
    assign([made], [ada], by=mia)
    draft = factories.annotation(ada, made, 0, 3)

    second = reassign(Assignment.objects.get().uuid, ben, by=mia)

    assert (second.annotator, second.state) == (ben, "open")
    assert Assignment.objects.get(annotator=ada).state == "skipped"
    assert Annotation.objects.get().created_by == ada
    assert not visible_to(ben, Annotation.objects.filter(key=draft.key)).exists()
    made.refresh_from_db()
    assert made.places_taken == 1
    submit(made, by=ben)
    with pytest.raises(Refused, match="submitted"):
        reassign(second.uuid, people[2], by=mia)


def test_one_takes_back_what_no_reviewer_has_opened_and_both_times_are_kept(mia, people):
    ada, made = people[0], factories.article(mia)
    assign([made], [ada], by=mia)
    handed_in = submit(made, by=ada).submitted_at

    taken_back = reopen(made, by=ada)
    submit(made, by=ada)
    note_opened(made.current_version, by=mia)

    assert (taken_back.submitted_at, taken_back.reopened_at > handed_in) == (handed_in, True)
    with pytest.raises(Refused, match="opened"):
        reopen(made, by=ada)


def test_nobody_takes_work_back_after_it_was_shown_to_everybody(mia, people):
    ada, made = people[0], factories.article(mia)
    assign([made], [ada], by=mia)
    submit(made, by=ada)

    mia.project.refresh_from_db()
    change_project(mia.project, {"visibility": "open"}, by=mia, base_revision=mia.project.revision)

    with pytest.raises(Refused, match="was revealed"):
        reopen(made, by=ada)


def test_counters_of_work_follow_every_act_and_are_rebuilt(mia, people, capsys):
    ada, ben, cem = people
    articles = [factories.article(mia) for _n in range(3)]
    assign(articles, [ada, ben], by=mia)
    submit(articles[0], by=ada)
    reopen(articles[0], by=ada)
    skip(articles[1], "", "zu lang", by=ben)
    reassign(Assignment.objects.get(version=articles[2].current_version, annotator=ben).uuid, cem, by=mia)
    assert n_wrong() == 0

    WorkCount.objects.filter(annotator=ada, state="open").update(n=9)
    Article.objects.filter(pk=articles[0].pk).update(places_taken=9)
    assert (n_wrong(), wrong_counters(mia.project).count()) == (1, 1)
    call_command("rebuild_counters")

    assert "1 articles, 0 counts of differences and 1 counters" in capsys.readouterr().out
    assert (n_wrong(), rebuild_work_counts(), wrong_counters(mia.project).count()) == (0, 0, 0)
