"""Keeping up: nothing that one may see is missed, however late it commits, and a cursor tells nothing of others."""

from __future__ import annotations

import base64
import threading
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from django.db import connection, transaction
from django.utils import timezone

from annotations.models import (
    Annotation,
    Article,
    ArticleLabel,
    Label,
    Membership,
    Relation,
    Suggestion,
    SuggestionDecision,
    settling,
)
from annotations.workflow.annotating import AnnotationChange, change_annotation, withdraw_annotation
from annotations.workflow.assigning import submit
from annotations.workflow.merging import merge_articles, split_articles
from tests import factories

LIST = "projects/river/annotations/"


def read(api: Any, path: str = LIST, since: str = "", limit: int = 200) -> tuple[list[dict[str, Any]], str]:
    """Read to the end, as a program does; return the rows and where to go on."""
    found: list[dict[str, Any]] = []
    while True:
        page = api.get(path, limit=limit, **({"changed_since": since} if since else {})).json()
        found += page["results"]
        since = page["changed_since"]
        if not page["has_more"]:
            return found, since


@pytest.fixture
def at_once(monkeypatch):
    """Let nothing be read twice for clocks alone, so that only what is new or late is sent."""
    monkeypatch.setattr(settling, "OVERLAP", timedelta())


def test_everything_comes_first_and_then_what_changed(api_of, ada, story, at_once):
    first, second = (factories.annotation(ada, story, start, start + 2) for start in (2, 4))
    api = api_of(ada)

    everything, since = read(api)
    nothing, since = read(api, since=since)
    change_annotation(first.key, AnnotationChange(note="anders"), base_version=1, by=ada)
    withdraw_annotation(second.key, base_version=1, by=ada)
    changed, _since = read(api, since=since)

    assert [row["key"] for row in everything] == [str(first.key), str(second.key)]
    assert nothing == []
    assert [(row["note"], row["version"], row["withdrawn_at"] is None) for row in changed] == [
        ("anders", 2, True),
        ("", 2, False),
    ]
    assert (everything[0]["article"], everything[0]["article_version"]) == (str(story.uuid), 1)


def test_pages_follow_without_gap_where_many_rows_were_stored_at_once(api_of, ada, story):
    for start in range(7):
        factories.annotation(ada, story, start, start + 2)
    Annotation.objects.update(stored_at=datetime(2026, 1, 1, tzinfo=UTC))

    found, _since = read(api_of(ada), limit=2)

    assert sorted(row["start"] for row in found) == list(range(7))


def test_a_row_stored_while_others_are_read_is_not_missed(api_of, ada, story):
    for start in range(4):
        factories.annotation(ada, story, start, start + 2)
    api = api_of(ada)
    page = api.get(LIST, limit=2).json()
    late = factories.annotation(ada, story, 8, 9)
    Annotation.objects.filter(pk=late.pk).update(stored_at=timezone.now() - timedelta(seconds=30))

    rest, since = read(api, since=page["changed_since"])
    again, _since = read(api, since=since)

    assert str(late.key) in {row["key"] for row in rest + again}


def test_a_change_of_the_row_at_which_a_page_ended_hides_none_of_the_others(api_of, ada, story):
    made = [factories.annotation(ada, story, start, start + 2) for start in range(5)]
    for n, row in enumerate(made):
        Annotation.objects.filter(pk=row.pk).update(stored_at=datetime(2026, 1, 1 + n, tzinfo=UTC))
    api = api_of(ada)
    page = api.get(LIST, limit=2).json()

    change_annotation(made[1].key, AnnotationChange(note="anders"), base_version=1, by=ada)
    rest, _since = read(api, since=page["changed_since"])

    assert {str(row.key) for row in made[2:]} <= {row["key"] for row in rest}


def test_rows_of_a_file_that_are_old_by_its_own_account_are_new_here(api_of, mia, ada, story, at_once):
    api = api_of(ada)
    _rows, since = read(api)
    made = factories.annotation(ada, story, 2, 11)
    Annotation.objects.filter(pk=made.pk).update(updated_at=datetime(2001, 1, 1, tzinfo=UTC))

    assert [row["key"] for row in read(api, since=since)[0]] == [str(made.key)]


@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_commits_late_is_not_missed(api_of, ada, story, at_once):
    if connection.vendor == "sqlite":
        pytest.skip("SQLite has one writer, which commits within the overlap")
    has_written, may_commit = threading.Event(), threading.Event()

    def annotate_slowly() -> None:
        try:
            with transaction.atomic():
                factories.annotation(ada, story, 2, 11)
                has_written.set()
                may_commit.wait(20)
        finally:
            has_written.set()
            connection.close()

    writer = threading.Thread(target=annotate_slowly)
    writer.start()
    has_written.wait(20)
    api = api_of(ada)
    before, since = read(api)
    may_commit.set()
    writer.join()

    after, _since = read(api, since=since)

    assert (len(before), len(after)) == (0, 1)


def test_a_blind_annotator_reads_their_own_rows_and_a_reviewer_all(api_of, ada, ben, rosa, story):
    own = factories.annotation(ada, story, 2, 11)
    other = factories.annotation(ben, story, 4, 9)
    withdraw_annotation(other.key, base_version=1, by=ben)

    assert [row["key"] for row in read(api_of(ada))[0]] == [str(own.key)]
    assert {row["key"] for row in read(api_of(rosa))[0]} == {str(own.key), str(other.key)}


def test_a_viewer_is_told_of_work_when_it_is_handed_in(api_of, mia, ada, story, at_once):
    vera = factories.member(mia, "vera", Membership.Role.VIEWER)
    made = factories.annotation(ada, story, 2, 11)
    api = api_of(vera)
    before, since = read(api)

    submit(story, by=ada)

    assert (before, [row["key"] for row in read(api, since=since)[0]]) == ([], [str(made.key)])


def test_a_new_role_begins_anew(api_of, mia, ben):
    _rows, since = read(api_of(ben))

    Membership.objects.filter(pk=ben.pk).update(role="reviewer")

    assert api_of(ben).get(LIST, changed_since=since).status_code == 400


def test_a_cursor_holds_times_and_a_row_of_its_reader_and_nothing_else(api_of, ada, ben, story):
    own = [factories.annotation(ada, story, start, start + 2) for start in (2, 4)]
    for start in range(5):
        factories.annotation(ben, story, start, start + 3)

    cursor = api_of(ada).get(LIST, limit=1).json()["changed_since"]

    body = cursor.split(":")[0].removeprefix(".")
    held = orjson.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    assert held.keys() == {"start", "key", "at", "settled"}
    assert (held["start"], held["key"]) == (None, str(own[0].key))
    assert datetime.fromisoformat(held["at"]) == Annotation.objects.get(pk=own[0].pk).stored_at
    assert datetime.fromisoformat(held["settled"]) < timezone.now() - timedelta(seconds=100)


@pytest.mark.parametrize("cursor", ["x", "x:y:z", "eyJhIjoxfQ:1:2"])
def test_a_cursor_that_nobody_was_given_is_refused(api_of, ada, cursor):
    assert api_of(ada).get(LIST, changed_since=cursor).status_code == 400


def other_judgements(by: Membership, story: Article) -> None:
    """Write a relation and a label on the article, which no page makes yet."""
    ends = [factories.annotation(by, story, start, start + 2) for start in (2, 8)]
    version = story.current_version
    assert version is not None
    first = Label.objects.filter(project=by.project).first()
    common: dict[str, Any] = {"project": by.project, "version": version, "length": version.length, "label": first}
    Relation.objects.create(created_by=by, from_annotation=ends[0], to_annotation=ends[1], **common)
    ArticleLabel.objects.create(created_by=by, **common)


@pytest.mark.parametrize("name", ["relations", "article-labels"])
def test_relations_and_article_labels_are_read_by_the_same_rule(api_of, ada, ben, rosa, story, name):
    for member in (ada, ben):
        other_judgements(member, story)

    path = f"projects/river/{name}/"
    own, everybodys = read(api_of(ada), path)[0], read(api_of(rosa), path, limit=1)[0]

    assert [row["is_mine"] for row in own] == [True]
    assert {row["annotator"] for row in everybodys} == {ada.pseudonym, ben.pseudonym}


def test_what_others_decided_on_a_suggestion_is_not_told_while_blind(api_of, ada, ben, rosa, story):
    version = story.current_version
    common: dict[str, Any] = {"project": ada.project, "version": version, "length": version.length}
    common |= {"label": factories.label(ada.project), "start": 2, "end": 5, "quote": "Der", "suggested_by": "ner/1"}
    decided = Suggestion.objects.create(**common)
    SuggestionDecision.objects.create(project=ben.project, suggestion=decided, state="dismissed", decided_by=ben)
    Suggestion.objects.create(**common, offered_to=ben)
    path = "projects/river/suggestions/"

    assert [row["state"] for row in read(api_of(ada), path)[0]] == ["open"]
    assert [row["state"] for row in read(api_of(ben), path)[0]] == ["dismissed", "open"]
    seen_by_ada, seen_by_rosa = (read(api_of(member), path)[0] for member in (ada, rosa))
    assert [row["decisions"] for row in seen_by_ada] == [[]]
    assert [each["decided_by"] for each in seen_by_rosa[0]["decisions"]] == [ben.pseudonym]
    assert len(seen_by_rosa) == 2


def test_articles_are_told_when_they_are_new_or_changed(api_of, mia, ada, story, at_once):
    path, api = "projects/river/articles/changes/", api_of(ada)
    everything, since = read(api, path)

    api_of(mia).patch(f"projects/river/articles/{story.uuid}/", {"base_revision": 1, "title": "Neu"})
    changed, since = read(api, path, since)
    new = f"projects/river/articles/by-external-id/?external_id={uuid.uuid4()}"
    api_of(mia).put(new, {"title": "Zweiter", "text": "Ein Text."})

    assert [row["title"] for row in everything] == ["Der Preis"]
    assert [row["title"] for row in changed] == ["Neu"]
    assert [row["title"] for row in read(api, path, since)[0]] == ["Zweiter"]


def test_a_page_takes_few_queries_however_many_rows(api_of, ada, story, django_assert_max_num_queries):
    for start in range(20):
        factories.annotation(ada, story, start, start + 2)
    api = api_of(ada)

    with django_assert_max_num_queries(8):
        assert len(api.get(LIST).json()["results"]) == 20


def test_a_merge_and_its_parting_are_told_with_all_that_moved(api_of, mia, ada, story, at_once):
    same = factories.article(mia, external_id="same", text=story.current_version.text)
    other = factories.article(mia, external_id="other", text="Der Preis stieg.")
    mark = factories.annotation(ada, same, 2, 4)
    api, articles = api_of(mia), "projects/river/articles/changes/"
    _all, since_articles = read(api, articles)
    [before], since = read(api)

    merge_articles(story, same, by=mia)
    merge_articles(story, other, by=mia)
    merged, since_articles = read(api, articles, since=since_articles)
    [moved], _since = read(api, since=since)
    split_articles(other, by=mia)
    parted, _since = read(api, articles, since=since_articles)

    kept = str(story.uuid)
    assert {row["uuid"]: row["merged_into"] for row in merged} == {
        kept: None,
        str(same.uuid): kept,
        str(other.uuid): kept,
    }
    assert (before["key"], before["article"]) == (str(mark.key), str(same.uuid))
    assert (moved["key"], moved["article"]) == (str(mark.key), kept)
    assert [(row["uuid"], row["merged_into"]) for row in parted] == [(str(other.uuid), None)]


def test_a_chain_of_merges_tells_of_its_beginning_too(api_of, mia, story, at_once):
    first, second = (factories.article(mia, external_id=name, text=f"Text {name}.") for name in ("x", "y"))
    merge_articles(second, first, by=mia)
    api, articles = api_of(mia), "projects/river/articles/changes/"
    _all, since = read(api, articles)

    merge_articles(story, second, by=mia)
    told, _since = read(api, articles, since=since)

    assert {row["uuid"]: row["merged_into"] for row in told}[str(first.uuid)] == str(story.uuid)
