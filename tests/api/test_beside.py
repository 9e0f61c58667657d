"""What the article page fetches in brief, or at once: the same as the several replies say."""

from __future__ import annotations

import uuid

import pytest

from annotations.models import Presence
from annotations.workflow.annotating import withdraw_annotation
from annotations.workflow.discussing import NewThread, begin_thread
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def mia(db):
    return factories.project(visibility="open")


@pytest.fixture
def ada(mia):
    return factories.member(mia, "ada", pseudonym="ada")


@pytest.fixture
def story(mia):
    return factories.article(mia)


def test_work_in_brief_is_the_work_without_its_words_and_what_is_as_usual(api_of, mia, ada, story):
    theirs = factories.annotation(mia, story, 0, 3)
    own = factories.annotation(ada, story, 4, 9, note="hm")
    gone = factories.annotation(ada, story, 4, 9, "number")
    withdraw_annotation(gone.key, by=ada, base_version=1)

    reply = api_of(ada.user).get(f"projects/river/articles/{story.uuid}/annotations/", brief="1")
    whole = api_of(ada.user).get(f"projects/river/articles/{story.uuid}/annotations/").json()

    found = {each["key"]: each for each in reply.json()["results"]}
    assert found[str(theirs.key)] == {
        "key": str(theirs.key), "start": 0, "end": 3, "label": "claim", "annotator": mia.pseudonym, "version": 1,
    }  # fmt: skip
    assert found[str(own.key)] | {"is_mine": True, "note": "hm"} == found[str(own.key)]
    assert found[str(gone.key)]["withdrawn_at"]
    full = {each["key"]: each for each in whole["results"]}
    assert all(full[key][name] == value for key, each in found.items() for name, value in each.items())


def test_what_stands_beside_the_text_comes_at_once_and_the_page_counts_as_open(api_of, mia, ada, story):
    begin_thread(NewThread(uuid.uuid4(), uuid.uuid4(), "Woher?", story.uuid, None), by=mia)
    api, tab = api_of(ada.user), uuid.uuid4()

    found = api.get(f"projects/river/articles/{story.uuid}/beside/", tab=str(tab)).json()

    for name, path in (("related", "related"), ("talk", "threads"), ("passages", "passages")):
        alone = api.get(f"projects/river/articles/{story.uuid}/{path}/").json()
        alone.pop("not_held", None)  # of no use before somebody asks where else words stand
        assert found[name] == alone
    assert found["live"].keys() == api.get(f"projects/river/articles/{story.uuid}/live/").json().keys()
    assert list(Presence.objects.values_list("tab", "member__pseudonym")) == [(tab, "ada")]
    assert api_of(mia.user).get(f"projects/river/articles/{story.uuid}/beside/").json()["people"] == ["ada"]


def test_where_work_is_hidden_nothing_live_comes_and_nobody_is_noted(api_of, mia, ada, story):
    factories.set_project(mia, visibility="blind")

    found = api_of(ada.user).get(f"projects/river/articles/{story.uuid}/beside/", tab=str(uuid.uuid4())).json()

    assert (found["live"], found["people"], found["talk"]["people"]) == (None, None, [])
    assert not Presence.objects.exists()
    assert api_of(ada.user).get(f"projects/river/articles/{story.uuid}/beside/", tab="x").status_code == 200
