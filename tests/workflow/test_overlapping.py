"""The project's rule on overlapping spans, for what is made, moved, relabelled and brought back."""

from __future__ import annotations

import pytest

from annotations.errors import Refused
from annotations.text.spans import Span
from annotations.workflow.annotating import (
    AnnotationChange,
    annotate,
    change_annotation,
    restore_annotation,
    withdraw_annotation,
)
from annotations.workflow.parts import Part
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def mia():
    return factories.project()


@pytest.fixture
def ada(mia):
    return factories.member(mia, "ada")


@pytest.fixture
def story(mia):
    return factories.article(mia)


def rule(mia, ada, name: str) -> None:
    factories.set_project(mia, overlaps=name)
    ada.project.refresh_from_db()


def refused(act) -> str:
    with pytest.raises(Refused) as refusal:
        act()
    assert refusal.value.field == "end"
    return f"{refusal.value.code}: {refusal.value.message}"


@pytest.mark.parametrize(
    ("name", "same", "other"), [("any", True, True), ("other_labels", False, True), ("none", False, False)]
)
def test_each_rule_lets_overlap_what_it_says_and_never_anything_of_others(mia, ada, story, name, same, other):
    ben = factories.member(mia, "ben")
    rule(mia, ada, name)
    factories.annotation(ben, story, 2, 30)
    factories.annotation(ada, story, 2, 11)

    for is_allowed, label in ((same, "claim"), (other, "number")):
        if is_allowed:
            factories.annotation(ada, story, 6, 17, label)
        else:
            said = refused(lambda label=label: factories.annotation(ada, story, 6, 17, label))
            assert said.startswith("span_overlap: This lies over “Der Preis” (Claim, 2 to 11)")
    factories.annotation(ada, story, 20, 22)
    factories.annotation(ada, story, 22, 24)  # they touch


def test_moving_relabelling_and_bringing_back_keep_to_the_rule(mia, ada, story):
    rule(mia, ada, "other_labels")
    first, second = factories.annotation(ada, story, 2, 11), factories.annotation(ada, story, 12, 17)
    over = AnnotationChange(span=Span(6, 17), quote=story.current_version.text[6:17])

    moved = refused(lambda: change_annotation(second.key, over, by=ada, base_version=1))
    withdraw_annotation(first.key, by=ada, base_version=1)
    change_annotation(second.key, over, by=ada, base_version=1)
    back = refused(lambda: restore_annotation(first.key, by=ada, base_version=2))
    change_annotation(second.key, AnnotationChange(label="number", note="x"), by=ada, base_version=2)
    restore_annotation(first.key, by=ada, base_version=2)
    named = refused(lambda: change_annotation(second.key, AnnotationChange(label="claim"), by=ada, base_version=3))
    change_annotation(second.key, AnnotationChange(note="only a note"), by=ada, base_version=3)

    assert all(said.startswith("span_overlap") for said in (moved, back, named))


def test_what_lies_in_a_gap_does_not_overlap(mia, ada, story):
    rule(mia, ada, "none")
    text = story.current_version.text
    parts = tuple(Part(Span(start, end), text[start:end]) for start, end in ((2, 5), (12, 17)))
    annotate(factories.new_annotation(story.current_version, 2, 17, parts=parts), by=ada)

    factories.annotation(ada, story, 6, 11, "number")

    assert refused(lambda: factories.annotation(ada, story, 4, 7, "date")).startswith("span_overlap")
