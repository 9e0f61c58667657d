"""Boilerplate in every article of a publisher: counted, marked once, undone as one."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotations.errors import Forbidden, Refused
from annotations.jobs.leases import owner_name
from annotations.jobs.running import run_to_the_end
from annotations.jobs.starting import start_undo
from annotations.models import Article, Job, Region
from annotations.tasks import KINDS
from annotations.text.spans import Span
from annotations.workflow import boilerplate
from annotations.workflow.boilerplate import Boilerplate, count_boilerplate, places_of, start_marking_boilerplate
from annotations.workflow.zoning import ZoneChange, change_zone
from tests import factories

pytestmark = pytest.mark.django_db

AD = "Lesen Sie auch: „Zoë 📈“\nMehr im Netz"


def done(job: Job) -> Job:
    run_to_the_end(job.pk, KINDS, owner=owner_name())
    job.refresh_from_db()
    assert job.state in (Job.State.DONE, Job.State.DONE_WITH_PROBLEMS), job.message
    return job


@pytest.fixture
def mia():
    return factories.project(visibility="open")


@pytest.fixture
def articles(mia):
    texts = [f"Eins.\n\n{AD}", f"{AD}\n\nZwei.\n\n{AD}", f"Drei {AD}", "Vier.", f"Fünf.\n\n{AD}\n\nEnde."]
    made = [factories.article(mia, text, publisher="Orn 24") for text in texts]
    factories.article(mia, f"Sechs.\n\n{AD}", publisher="Tern Wire")
    Region.objects.all().delete()
    return made


def passage(article: Article, words: str = AD) -> Boilerplate:
    version = article.current_version
    start = version.text.index(words)
    return Boilerplate(article.uuid, version.uuid, Span(start, start + len(words)), words)


def marked() -> set[tuple[int, str]]:
    rows = Region.objects.select_related("version").filter(withdrawn_at__isnull=True)
    return {(row.version.article_id, row.version.text[row.start : row.end]) for row in rows}


def test_it_is_counted_marked_wherever_it_stands_on_its_own_lines_and_undone_as_one(mia, articles, monkeypatch):
    monkeypatch.setattr(boilerplate, "ARTICLES_IN_A_CHUNK", 2)
    asked = passage(articles[0])

    count = count_boilerplate(asked, by=mia)
    job = done(start_marking_boilerplate(asked, by=mia))

    assert (count.publisher, count.articles, count.found, count.marked) == ("Orn 24", 5, 3, 0)
    assert (job.n_read, job.n_created, job.n_unchanged) == (3, 4, 0)
    assert marked() == {(articles[n].pk, AD) for n in (0, 1, 4)}
    assert count_boilerplate(asked, by=mia).marked == 3
    again = done(start_marking_boilerplate(asked, by=mia))
    assert (again.n_created, again.n_unchanged) == (0, 4)

    by_hand = Region.objects.filter(version=articles[1].current_version).first()
    change_zone(by_hand.uuid, ZoneChange(kind="caption"), by=mia, base_version=1)
    undo = done(start_undo(mia, job))

    assert undo.message == "3 zones were removed; 1 was kept, with its reason below."
    assert list(Region.objects.values_list("uuid", flat=True)) == [by_hand.uuid]


def test_a_place_on_lines_of_its_own_is_found_where_it_overlaps_one_that_is_not():
    assert [place.start for place in places_of("a\na", "ba\na\na")] == [3]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer")
def test_the_texts_are_locked_as_by_whoever_marks_a_zone_by_hand(mia, articles):
    with CaptureQueriesContext(connection) as queries:
        done(start_marking_boilerplate(passage(articles[0]), by=mia))

    locks = [query["sql"] for query in queries if "FOR NO KEY UPDATE" in query["sql"]]
    assert any('FROM "annotations_articleversion"' in sql for sql in locks)


def test_only_whole_lines_of_an_article_with_a_publisher_and_only_by_managers(mia, articles):
    rosa = factories.member(mia, "rosa", "reviewer")
    alone = factories.article(mia, f"Sieben.\n\n{AD}")

    with pytest.raises(Forbidden):
        start_marking_boilerplate(passage(articles[0]), by=rosa)
    with pytest.raises(Refused, match="whole lines"):
        count_boilerplate(passage(articles[2]), by=mia)
    with pytest.raises(Refused, match="no publisher"):
        count_boilerplate(passage(alone), by=mia)
    assert not Job.objects.exists()
