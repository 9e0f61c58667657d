"""Suggestions: each member decides for themselves, once, with a version; nothing is told of others' decisions."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from annotations.access.requests import Request
from annotations.errors import Conflict, NotThere, Refused
from annotations.models import Annotation, AuditEvent, Suggestion, SuggestionDecision
from annotations.text.spans import Span
from annotations.workflow.assigning import submit
from annotations.workflow.suggesting import Decided, decide, open_for, suggestions_on
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


@pytest.fixture
def article(mia):
    return factories.article(mia)


@pytest.fixture
def suggest(mia, article):
    def make(start: int = 2, end: int = 5, **more: Any) -> Suggestion:
        version = article.current_version
        values = {"label": factories.label(mia.project), "suggested_by": "tagger 1", "attributes": {"cue": "said"}}
        return Suggestion.objects.create(
            project=mia.project,
            version=version,
            length=version.length,
            start=start,
            end=end,
            quote=version.text[start:end],
            **values | more,
        )

    return make


def wish(of: Suggestion, state: str = "accepted", base_version: int = 0, **more: Any) -> Decided:
    annotation = uuid.uuid4() if state == "accepted" else None
    return Decided(of.key, state, base_version, **{"annotation": annotation, **more})


def test_accepting_makes_an_annotation_of_one_s_own_and_hides_nothing_from_others(ada, ben, article, suggest):
    one = suggest()

    rows, annotations = decide([wish(one)], by=ada)

    assert [(row.created_by, row.quote, row.attributes) for row in annotations] == [(ada, "Der", {"cue": "said"})]
    assert [row.key for row in rows] == [one.key]
    assert (open_for(ada).count(), open_for(ben).count()) == (0, 1)
    decide([wish(one, "dismissed")], by=ben)
    assert sorted(one.decisions.values_list("decided_by__pseudonym", "state")) == sorted(
        [(ada.pseudonym, "accepted"), (ben.pseudonym, "dismissed")]
    )
    assert set(AuditEvent.objects.filter(object_type="suggestion").values_list("verb", flat=True)) == {
        "suggestion.accepted",
        "suggestion.dismissed",
    }


def test_it_can_be_accepted_with_another_label_on_another_span(ada, mia, suggest):
    other = factories.label(mia.project, "quotation")

    _rows, [made] = decide([wish(suggest(), span=Span(2, 11), quote="Der Preis", label=other.key)], by=ada)

    assert (made.start, made.end, made.quote, made.label) == (2, 11, "Der Preis", other)
    with pytest.raises(Refused, match="reads"):
        decide([wish(suggest(), span=Span(2, 11), quote="Die Preis")], by=ada)


def test_a_decision_is_taken_back_and_made_anew_by_its_version(ada, suggest):
    one = suggest()
    decide([wish(one)], by=ada)

    with pytest.raises(Conflict):
        decide([wish(one, "open", 0)], by=ada)
    with pytest.raises(Refused):
        decide([wish(one, "dismissed", 1)], by=ada)
    _rows, [withdrawn] = decide([wish(one, "open", 1)], by=ada)
    assert withdrawn.withdrawn_at is not None
    decide([wish(one, "dismissed", 2)], by=ada)

    decision = one.decisions.get()
    assert (decision.state, decision.version_number, decision.annotation) == ("dismissed", 3, None)


def test_the_same_request_twice_decides_once_and_a_bad_one_of_many_decides_nothing(ada, ben, suggest):
    first, second, bens = suggest(), suggest(6, 11), suggest(12, 17, offered_to=ben)
    request = Request.of(uuid.uuid4(), "body")
    wishes = [wish(first), wish(second)]

    assert decide(wishes, by=ada, request=request) == decide(wishes, by=ada, request=request)
    assert Annotation.objects.count() == 2
    with pytest.raises(NotThere):
        decide([wish(first, "open", 1), wish(bens)], by=ada)
    assert SuggestionDecision.objects.filter(state="accepted").count() == 2


def test_nothing_is_decided_on_a_text_that_was_handed_in(ada, article, suggest):
    one, other = suggest(), suggest(6, 11)
    decide([wish(one)], by=ada)
    submit(article, by=ada)

    for refused in (wish(other, "dismissed"), wish(one, "open", 1)):
        with pytest.raises(Refused, match="handed"):
            decide([refused], by=ada)
    assert suggestions_on(article.current_version, ada).count() == 2
