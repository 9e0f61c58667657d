"""What an export could not carry, said in a sentence."""

from __future__ import annotations

import uuid

import pytest

from annotations.exporters.exporting import counts_of
from annotations.exporters.losses import APART, COUNTED, FEATURES, sentence_of
from annotations.models import Assignment, Job
from annotations.text.spans import Span
from annotations.workflow.passages import NewLink, Quoted, link_passages
from annotations.workflow.rounds import first_round
from tests import factories
from tests.corpora import exported


def test_a_loss_is_said_in_the_singular_and_the_largest_comes_first():
    assert sentence_of({"relations": 1, "notes": 12}) == "12 notes, 1 relation"


@pytest.mark.parametrize("feature", FEATURES)
def test_every_loss_has_words_for_one_and_for_many(feature):
    one, many = COUNTED[feature] % {"n": 1}, COUNTED[feature] % {"n": 2}

    assert "1 " in one
    assert one.replace("1 ", "2 ") != many


def test_a_loss_of_an_earlier_release_is_said_by_its_key():
    assert sentence_of({"footnotes": 3}) == "3 footnotes"


@pytest.mark.django_db
def test_what_no_format_has_a_place_for_is_counted_in_our_own_too():
    mia = factories.project()
    texts = [factories.article(mia).current_version for _n in range(2)]
    link_passages(NewLink(uuid.uuid4(), *(Quoted(each.uuid, Span(2, 5), each.text[2:5]) for each in texts)), by=mia)
    for made in texts:
        Assignment.objects.create(
            project=mia.project,
            round=first_round(mia.project_id),
            version=made,
            annotator=mia,
            seconds_spent=7,
            skip_note="?",
        )

    exported(mia)
    exported(mia, format="doccano")

    ours, theirs = (counts_of(job)["left_out"] for job in Job.objects.order_by("pk"))
    assert ours == {"assignment_notes": 2, "times": 2}
    assert {name: theirs[name] for name in APART if name in theirs} == ours | {"passages": 1, "passage_decisions": 1}
