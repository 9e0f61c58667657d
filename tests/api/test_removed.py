"""Keeping up with what an undoing removes: everybody hears of the rows they could see, and of no others."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from annotations.api import changes
from annotations.jobs import cleaning
from annotations.models import (
    Annotation,
    Article,
    ArticleLabel,
    Comment,
    CommentThread,
    Job,
    Label,
    LabelSet,
    Membership,
    Relation,
    RemovedRow,
    Suggestion,
    settling,
)
from annotations.models.removals import TOLD_FOR
from annotations.workflow.people import match_person
from tests import factories
from tests.corpora import annotation, article, imported, lines, undone

pytestmark = pytest.mark.django_db
TEXT = "Der Preis stieg um 4 %."
LISTS = {
    "annotations/": Annotation,
    "relations/": Relation,
    "article-labels/": ArticleLabel,
    "suggestions/": Suggestion,
    "threads/": CommentThread,
    "comments/": Comment,
    "articles/changes/": Article,
}


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    """Let nothing be told twice for clocks alone."""
    monkeypatch.setattr(settling, "OVERLAP", settling.timedelta())


class Follower:
    """A program that keeps a copy of one list as it was told to, a few rows at a time."""

    def __init__(self, api: Any, path: str = "annotations/") -> None:
        self.api, self.path = api, f"projects/river/{path}"
        self.rows: dict[str, Any] = {}
        self.removed: list[str] = []
        self.since = ""

    def page(self) -> bool:
        """Read one page; tell whether there is more."""
        given = {"changed_since": self.since} if self.since else {}
        reply = self.api.get(self.path, limit=2, **given).json()
        for one in reply["removed"]:
            self.removed.append(one["key"])
            self.rows.pop(one["key"], None)
        self.rows |= {row.get("key") or row["uuid"]: row for row in reply["results"]}
        self.since = reply["changed_since"]
        return reply["has_more"]

    def catch_up(self) -> set[str]:
        """Read to the end; return the keys of what there is."""
        while self.page():
            pass
        return set(self.rows)


def corpus(annotator: str = "amber-otter-101", count: int = 3) -> bytes:
    records = []
    for n in range(count):
        ends = [annotation(TEXT, quote, annotator=annotator) for quote in ("Preis", "stieg")]
        link = {"key": str(uuid.uuid4()), "label": "supports", "annotator": annotator}
        link |= {"from": ends[0]["key"], "to": ends[1]["key"]}
        kind = {"key": str(uuid.uuid4()), "label": "report", "annotator": annotator}
        proposed = {**annotation(TEXT, "Der"), "suggested_by": "ner/1"}
        said = {"key": str(uuid.uuid4()), "annotator": annotator, "text": "Stimmt das?", "calls": ["zoë"]}
        talk = {"key": str(uuid.uuid4()), "annotation": ends[0]["key"], "annotator": annotator, "comments": [said]}
        work = {"threads": [talk]}
        work |= {"annotations": ends, "relations": [link], "article_labels": [kind], "suggestions": [proposed]}
        records.append(article(f"a-{n}", TEXT, **work))
    return lines(*records)


def there(model: Any) -> set[str]:
    name = "uuid" if model is Article else "key"
    return {str(key) for key in model.objects.values_list(name, flat=True)}


@pytest.mark.parametrize("path", LISTS)
def test_who_follows_a_list_ends_with_what_is_there(api_of, mia, path):
    factories.annotation(factories.member(mia, "ada"), factories.article(mia), 0, 3)
    for key, kind in (("supports", Label.AppliesTo.RELATION), ("report", Label.AppliesTo.ARTICLE)):
        label_set = LabelSet.objects.get(project=mia.project)
        Label.objects.create(project=mia.project, label_set=label_set, key=key, name=key, applies_to=kind)
    follower, data = Follower(api_of(mia), path), corpus()

    for _time in range(2):  # the second time the rows come back and go again
        job = imported(mia, {"a.jsonl": data})
        assert follower.catch_up() == there(LISTS[path])
        undone(mia, job)
        assert follower.catch_up() == there(LISTS[path])

    assert follower.removed


def test_rows_that_go_while_they_are_read_are_told_in_the_next_reading(api_of, mia):
    job = imported(mia, {"a.jsonl": corpus()})
    follower = Follower(api_of(mia))
    follower.page()

    undone(mia, job)
    follower.catch_up()

    assert follower.catch_up() == set()


def test_rows_that_are_there_again_are_not_told_as_removed(api_of, mia):
    data = corpus()
    job = imported(mia, {"a.jsonl": data})
    follower = Follower(api_of(mia))
    follower.catch_up()

    undone(mia, job)
    imported(mia, {"a.jsonl": data})

    assert follower.catch_up() == there(Annotation)
    assert follower.removed == []


def test_a_first_reading_is_told_of_nothing_removed(api_of, mia):
    undone(mia, imported(mia, {"a.jsonl": corpus()}))
    follower = Follower(api_of(mia))

    assert (follower.catch_up(), follower.removed) == (set(), [])


def test_a_blind_annotator_is_told_of_their_own_rows_only(api_of, mia, ben, rosa):
    imported(mia, {"first.jsonl": lines(article("b", TEXT, annotations=[annotation(TEXT, "Preis")]))})
    ada = match_person(Membership.objects.get(pseudonym="amber-otter-101"), factories.user("ada"), by=mia)
    job = imported(mia, {"a.jsonl": corpus(), "b.jsonl": corpus("warm-pine-2").replace(b"a-", b"b-")})
    own = {
        str(key) for key in Annotation.objects.filter(created_by=ada, created_by_job=job).values_list("key", flat=True)
    }
    everybodys = {str(key) for key in Annotation.objects.filter(created_by_job=job).values_list("key", flat=True)}
    followers = {member.pk: Follower(api_of(member)) for member in (ada, ben, rosa)}
    for follower in followers.values():
        follower.catch_up()

    undone(mia, job)
    for follower in followers.values():
        follower.catch_up()

    assert (len(own), len(everybodys)) == (6, 12)
    assert {pk: set(follower.removed) for pk, follower in followers.items()} == {
        ada.pk: own,
        ben.pk: set(),
        rosa.pk: everybodys,
    }


def test_a_viewer_is_told_of_what_had_been_handed_in(api_of, mia):
    vera = factories.member(mia, "vera", Membership.Role.VIEWER)
    work = [{"annotator": "amber-otter-101", "state": "submitted", "submitted_at": "2024-03-18T08:14:52Z"}]
    marks = {name: [annotation(TEXT, quote)] for name, quote in (("done", "Preis"), ("open", "stieg"))}
    done = article("done", TEXT, annotations=marks["done"], assignments=work)
    job = imported(mia, {"a.jsonl": lines(done, article("open", TEXT, annotations=marks["open"]))})
    follower = Follower(api_of(vera))
    assert follower.catch_up() == {marks["done"][0]["key"]}

    undone(mia, job)

    assert follower.catch_up() == set()
    assert follower.removed == [marks["done"][0]["key"]]


def test_a_suggestion_that_was_one_person_s_is_removed_for_nobody_else(api_of, mia, ada, ben):
    job = imported(mia, {"a.jsonl": corpus(count=1)})
    Suggestion.objects.update(offered_to=ben)
    followers = [Follower(api_of(member), "suggestions/") for member in (ada, ben)]
    for follower in followers:
        follower.catch_up()

    undone(mia, job)

    assert [(follower.catch_up(), len(follower.removed)) for follower in followers] == [(set(), 0), (set(), 1)]


def test_an_article_that_goes_back_to_its_earlier_text_is_told_with_it(api_of, mia):
    imported(mia, {"a.jsonl": lines(article("a-1", "Old."))})
    job = imported(mia, {"b.jsonl": lines(article("a-1", "New."))}, on_conflict="version")
    follower = Follower(api_of(mia), "articles/changes/")
    follower.catch_up()
    assert [row["version"]["n"] for row in follower.rows.values()] == [2]

    undone(mia, job)
    follower.catch_up()

    assert [row["version"]["n"] for row in follower.rows.values()] == [1]


def test_rows_that_an_undoing_keeps_are_not_told_as_removed(api_of, mia, ada):
    job = imported(mia, {"a.jsonl": corpus()})
    follower = Follower(api_of(mia))
    follower.catch_up()
    factories.annotation(ada, Article.objects.get(external_id="a-1"), 0, 3)

    undone(mia, job)

    assert follower.catch_up() == there(Annotation)
    assert Job.objects.filter(kind="undo").get().n_unchanged == 1


@pytest.mark.parametrize(("age", "is_refused"), [(timedelta(hours=-1), False), (timedelta(hours=1), True)])
def test_a_cursor_older_than_removals_are_told_begins_anew(api_of, mia, monkeypatch, age, is_refused):
    follower = Follower(api_of(mia))
    monkeypatch.setattr(changes, "settled_at", lambda: timezone.now() - TOLD_FOR - age)
    follower.catch_up()

    reply = follower.api.get("projects/river/annotations/", changed_since=follower.since)

    assert (reply.status_code != 200) == is_refused
    if is_refused:
        problem = reply.json()["problems"][0]
        assert (problem["code"], problem["field"]) == ("cursor_too_old", "changed_since")
        assert "older than 90 days" in problem["message"]


def test_removals_are_forgotten_once_no_cursor_asks_for_them(mia, monkeypatch):
    undone(mia, imported(mia, {"a.jsonl": corpus()}))
    noted = RemovedRow.objects.count()
    old = RemovedRow.objects.filter(kind=RemovedRow.Kind.ANNOTATION)
    n_old = old.update(stored_at=timezone.now() - TOLD_FOR - timedelta(days=1, minutes=1))
    RemovedRow.objects.exclude(kind=RemovedRow.Kind.ANNOTATION).update(stored_at=timezone.now() - TOLD_FOR)
    monkeypatch.setattr(cleaning, "REMOVALS_AT_ONCE", 4)

    assert (cleaning.forget_old_removals(), n_old) == (6, 6)
    assert cleaning.forget_old_removals() == 0
    assert RemovedRow.objects.count() == noted - n_old
