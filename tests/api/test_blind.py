"""BL-1 and BL-3, small: an annotator of a blind project gets the same replies whatever the others do."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from django.db import transaction

from annotations.access.requests import Request
from annotations.models import Article, Membership
from annotations.workflow.assigning import submit
from annotations.workflow.evidence import NewEvidence, SourceLink, attach_source
from tests import factories

CANARY = "KANARIENVOGEL"
URL = "https://amt.example/preise"


@pytest.fixture
def shared_story(mia, ada, ben, story) -> Article:
    """An article given to both, on which Ada has begun."""
    for annotator in (ada, ben):
        factories.assigned(mia, annotator, story)
    keys = {"claim_key": uuid.UUID(int=1), "mention_key": uuid.UUID(int=2)}
    annotation = factories.annotation(ada, story, 2, 11, key=uuid.UUID(int=3))
    link = SourceLink(URL, title="Amt")
    attach_source(NewEvidence(uuid.UUID(int=4), link, annotation=annotation.key, **keys), by=ada)
    return story


def ben_works(ben: Membership, story: Article, *, many: bool) -> None:
    """Ben annotates, cites the source Ada cites and another, and hands in where he does much."""
    for n in range(5 if many else 1):
        annotation = factories.annotation(ben, story, 2 + n, 11 + n, "number", note=CANARY, key=uuid.UUID(int=100 + n))
        keys = {"claim_key": uuid.uuid4(), "mention_key": uuid.uuid4()}
        for url in (URL, f"https://{CANARY.lower()}.example/{n}"):
            link = SourceLink(url, title=CANARY, note=CANARY)
            attach_source(NewEvidence(uuid.uuid4(), link, annotation=annotation.key, **keys), by=ben)
    if many:
        submit(story, by=ben, request=Request.of(uuid.uuid4(), "submit"))


@pytest.fixture
def script(api_of, ada, shared_story) -> Callable[[], list[tuple[int, bytes]]]:
    """What Ada asks for, reading and writing."""

    def run() -> list[tuple[int, bytes]]:
        api, project = api_of(ada), "projects/river"
        article = f"{project}/articles/{shared_story.uuid}"
        readings = [
            api.get("me/"),
            api.get("projects/"),
            api.get(f"{project}/"),
            api.get(f"{project}/articles/"),
            api.get(f"{project}/articles/", has_annotations="yes"),
            api.get(f"{project}/articles/", mine="open"),
            api.get(f"{project}/articles/", state="submitted"),
            api.get(f"{article}/"),
            api.get(f"{article}/annotations/"),
            api.get(f"{project}/assignments/"),
            api.get(f"{project}/publishers/"),
            api.get(f"{project}/members/"),
            api.get(f"{project}/jobs/"),
            api.get(f"{project}/audit/"),
            api.get(f"{project}/annotations/{uuid.UUID(int=3)}/history/"),
            api.get(f"{project}/annotations/{uuid.UUID(int=100)}/history/"),
            api.patch(f"{project}/annotations/{uuid.UUID(int=100)}/", {"base_version": 1, "note": "x"}),
            api.post(f"{project}/claims/{uuid.UUID(int=7)}/withdraw/", {"base_version": 1}),
        ]
        return [(reply.status_code, reply.content) for reply in readings]

    return run


def test_replies_are_the_same_whatever_the_others_do(mia, ben, rosa, shared_story, script):
    factories.set_project(mia, annotators_per_article=3)  # that places are taken is all that shows of others
    worlds = []
    for many in (None, False, True):
        with transaction.atomic():
            if many is not None:
                ben_works(ben, shared_story, many=many)
                factories.annotation(rosa, shared_story, 2, 11, note=CANARY)
            worlds.append(script())
            transaction.set_rollback(True)

    assert worlds[0] == worlds[1] == worlds[2]
    assert CANARY not in str(worlds).upper()


def test_citing_a_source_tells_nothing_of_who_cited_it_before(api_of, ada, ben, shared_story):
    body = {
        "annotation": str(uuid.UUID(int=3)),
        "claim_key": str(uuid.uuid4()),
        "mention_key": str(uuid.uuid4()),
        "url": f"https://{CANARY.lower()}.example/0",
    }
    shapes = []
    for ben_was_first in (False, True):
        with transaction.atomic():
            if ben_was_first:
                ben_works(ben, shared_story, many=False)
            made = (
                api_of(ada).post("projects/river/evidence/", body | {"key": str(uuid.UUID(int=9))}).json()["evidence"]
            )
            made.pop("source")  # names a row that each world made anew
            shapes.append({name: value for name, value in made.items() if not name.endswith("_at")})
            transaction.set_rollback(True)

    assert shapes[0] == shapes[1]
    assert shapes[0]["title"] == ""


def test_a_key_that_somebody_else_took_is_a_conflict_without_their_work(api_of, ada, ben, story, span_of):
    taken = factories.annotation(ben, story, 4, 9, note=CANARY)

    response = api_of(ada).post(
        f"projects/river/articles/{story.uuid}/annotations/", span_of(2, 11, key=str(taken.key))
    )

    assert (response.status_code, response.json()["problems"][0]["code"]) == (409, "key_taken")
    assert response.json()["current"] is None
    assert CANARY not in response.content.decode()


def test_in_an_open_project_everybody_sees_everything(api_of, mia, ada, ben, shared_story):
    ben_works(ben, shared_story, many=False)
    api_of(mia).patch("projects/river/", {"base_revision": 1, "visibility": "open"})

    rows = api_of(ada).get(f"projects/river/articles/{shared_story.uuid}/annotations/").json()

    assert sorted(row["is_mine"] for row in rows["results"]) == [False, True]
    assert len(rows["claims"]) == 2


def test_a_viewer_of_a_blind_project_sees_what_was_handed_in(api_of, mia, ada, ben, shared_story):
    vera = factories.member(mia, "vera", Membership.Role.VIEWER)
    ben_works(ben, shared_story, many=True)

    rows = api_of(vera).get(f"projects/river/articles/{shared_story.uuid}/annotations/").json()

    assert {row["annotator"] for row in rows["results"]} == {ben.pseudonym}
