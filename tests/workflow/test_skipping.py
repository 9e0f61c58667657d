"""Skipping with a reason: the place is free, the manager sees why, and gives it back."""

from __future__ import annotations

import pytest

from annotations.errors import Forbidden, NotThere, Refused
from annotations.models import Article, Assignment, AuditEvent
from annotations.workflow.assigning import assign, submit
from annotations.workflow.correcting import correct_article
from annotations.workflow.queueing import take_next
from annotations.workflow.rounds import first_round
from annotations.workflow.skipping import counts_by_reason, give_back, skip, skipped_in
from tests import factories

pytestmark = pytest.mark.django_db
TWICE = "It is here twice"


@pytest.fixture
def mia():
    return factories.project()


@pytest.fixture
def ada(mia):
    return factories.member(mia, "ada")


def test_what_is_skipped_goes_to_another_and_does_not_come_again(mia, ada):
    ben = factories.member(mia, "ben")
    factories.set_project(mia, annotators_per_article=1)
    made = factories.article(mia)
    take_next(by=ada)

    first, again = skip(made, TWICE, "wie 12", by=ada), skip(made, TWICE, by=ada)

    assert (first, first.state_number, again.skip_note) == (again, again.state_number, "wie 12")
    assert take_next(by=ada) is None
    assert take_next(by=ben).version_id == made.current_version_id
    event = AuditEvent.objects.get(verb="assignment.skipped")
    assert (event.after["skip_reason"], event.text.values) == (TWICE, {"skip_note": "wie 12"})


def test_the_manager_sees_what_was_skipped_with_counts_and_gives_it_back(mia, ada):
    factories.set_project(mia, skip_reasons=["zu lang", " zu  lang ", "fremd", ""])
    ada.project.refresh_from_db()
    made = [factories.article(mia) for _n in range(3)]
    for article, reason, note in zip(made, ["zu lang", "zu lang", ""], ["", "", "doppelt"], strict=True):
        skip(article, reason, note, by=ada)

    back = give_back(skipped_in(mia.project).last().uuid, by=mia)
    again = give_back(back.uuid, by=mia)

    assert mia.project.skip_reasons == ["zu lang", "fremd"]
    assert counts_by_reason(mia.project) == [("", 1), ("zu lang", 1)]
    assert (back.state, back.lease_until, again.state_number) == ("open", None, back.state_number)
    assert take_next(by=ada).version_id == made[0].current_version_id
    assert Article.objects.get(pk=made[0].pk).places_taken == 1


def test_what_was_skipped_or_opened_on_an_earlier_text_is_neither_listed_nor_given(mia, ada):
    ben = factories.member(mia, "ben")
    made = factories.article(mia)
    earlier, before = skip(made, TWICE, by=ada), made.current_version

    correct_article(made, factories.GERMAN + "!", by=mia, base_version=before.uuid)
    Assignment.objects.create(
        project=mia.project, round=first_round(mia.project_id), version=before, annotator=ben
    )  # as an earlier release let one

    present = Article.objects.get().current_version_id
    assert [row.version_id for row in skipped_in(mia.project)] == [present]
    assert counts_by_reason(mia.project) == [(TWICE, 1)]
    with pytest.raises(NotThere):
        give_back(earlier.uuid, by=mia)
    assert take_next(by=ben).version_id == present


@pytest.mark.parametrize(
    ("reason", "note", "code"),
    [("", " ", "reason_missing"), ("keine Lust", "", "reason_unknown"), ("", "x" * 2001, "note_too_long")],
)
def test_without_a_known_reason_nothing_is_skipped(mia, ada, reason, note, code):
    with pytest.raises(Refused) as refusal:
        skip(factories.article(mia), reason, note, by=ada)

    assert refusal.value.code == code


def test_what_was_submitted_is_not_skipped_and_only_who_assigns_gives_back(mia, ada):
    made, other = factories.article(mia), factories.article(mia)
    assign([made], [ada], by=mia)
    submit(made, by=ada)

    with pytest.raises(Refused):
        skip(made, TWICE, by=ada)
    with pytest.raises(Forbidden):
        give_back(skip(other, TWICE, by=ada).uuid, by=ada)
