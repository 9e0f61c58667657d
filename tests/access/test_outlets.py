"""Outlet blinding: no page, reply, list, search or export names an article's outlet before it is handed in."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.urls import reverse

from annotations.access import hide_outlets
from annotations.errors import Refused
from annotations.jobs.running import run_job
from annotations.jobs.starting import start_export
from annotations.models import Article, Assignment, QuoteLink, Region, TextLink
from annotations.search.article_filters import ArticleFilters
from annotations.search.indexing import index_waiting
from annotations.tasks import KINDS
from annotations.workflow.articles import MetadataChange, edit_article
from annotations.workflow.assigning import reopen, submit
from tests import factories
from tests.security.test_access_matrix import rows
from tests.security.world import build_world, content_of, path_of, send

CANARY = "KANARIENBOTE"
HOST = "kanarienbote.example"
DAY = datetime(2019, 8, 17, 6, 30, tzinfo=UTC)
#: how the day may be written
DAYS = ("2019-08-17", "17.08.2019", "08/17/2019", "17 Aug", "Aug 17", "Aug. 17")


@pytest.fixture
def world(db):
    """Make a project that hides outlets, every one of which is a canary; Ada was given its articles."""
    world = build_world()
    mia, ada = world.ours.manager, world.ours.annotator
    factories.set_project(mia, hides_outlets=True)
    other = factories.article(mia, f"{factories.GERMAN} Noch mehr.", title="Die Menge")
    for n, story in enumerate(Article.objects.filter(project=mia.project).order_by("pk")):
        change = MetadataChange(
            title=f"Der Preis {n} | {CANARY}", publisher=CANARY, url=f"https://www.{HOST}/{n}", published_at=DAY
        )
        edit_article(story, change, by=mia, base_revision=story.revision)
        metadata = {"author": f"{CANARY} Müller"}
        Article.objects.filter(pk=story.pk).update(external_id=f"https://{HOST}/{n}", metadata=metadata, posted_at=DAY)
        version = story.current_version
        TextLink.objects.create(
            project=mia.project, version=version, length=version.length, start=0, end=2, url=f"https://{HOST}/mehr"
        )
    QuoteLink.objects.filter(project=mia.project).update(direction="forward", ground="date")
    factories.assigned(mia, ada, other)
    Article.objects.filter(project=mia.project).update(candidates={"publisher": [{"value": CANARY}]})
    world.ours.values["external_id"] = Article.objects.get(uuid=world.ours.values["article"]).external_id
    index_waiting()
    return world


def named_in(text: str) -> list[str]:
    return [word for word in (CANARY, HOST.upper(), *(day.upper() for day in DAYS)) if word in text.upper()]


@pytest.mark.parametrize("visibility", ["blind", pytest.param("open", marks=pytest.mark.long)])
def test_nothing_that_ada_reads_names_the_outlet_of_what_she_has_not_handed_in(world, visibility):
    factories.set_project(world.ours.manager, visibility=visibility)
    read = [path_of(row["route"], world.ours) for row in rows() if row["method"] == "GET"]
    read += [f"/p/river/search/?text={CANARY}", f"/p/river/?q={CANARY}", "/p/river/?q=Preis", "/p/river/claims/?find=P"]
    read += ["/api/v1/projects/river/search/?text=Preis", "/p/river/search/?text=Preis"]
    found = []

    for path in read:
        response = send(world.clients["annotator"], "GET", path, {})
        asked = path.upper()
        shown = content_of(response).decode(errors="replace").upper().replace(asked, "")
        # what one asked for stands in the field again, and by-external-id gives back what was looked for
        words = [word for word in named_in(shown) if word not in asked]
        found += [f"{response.status_code} {path}: {words}"] if words else []

    assert found == []


def test_the_canaries_are_there_for_the_reviewer_and_for_ada_once_she_handed_the_article_in(world):
    story = Article.objects.select_related("project", "current_version").get(uuid=world.ours.values["article"])
    path = f"/api/v1/projects/river/articles/{story.uuid}/"
    page = reverse("annotations:annotate", args=["river", story.uuid])

    hidden = send(world.clients["annotator"], "GET", path, {}).json()
    reviewed = send(world.clients["reviewer"], "GET", path, {}).json()
    submit(story, by=world.ours.annotator, sets_warnings_aside=True)
    shown = send(world.clients["annotator"], "GET", path, {}).json()
    reopen(story, by=world.ours.annotator)
    again = send(world.clients["annotator"], "GET", path, {}).json()

    assert hidden["outlet_hidden"]
    assert hidden["publisher"] is None
    assert hidden["external_id"] == str(story.uuid)
    assert (hidden["title"], hidden["metadata"], hidden["links"]) == ("Der Preis 0", {}, [])
    for one in (reviewed, shown, again):
        assert one["publisher"]["name"] == CANARY
        assert one["published_at"].startswith("2019-08-17")
        assert one["metadata"] == {"author": f"{CANARY} Müller"}
        assert not one["outlet_hidden"]
    assert CANARY in send(world.clients["annotator"], "GET", page, {}).content.decode()


@pytest.mark.parametrize("asked", [{"sort": "-published"}, {"sort": "publisher"}, {"publisher": "none"}])
def test_the_list_is_neither_sorted_nor_filtered_by_what_is_hidden(world, asked):
    filters = ArticleFilters.parse(asked | {"published_after": "2019-01-01"})

    with pytest.raises(Refused) as refusal:
        filters.articles(world.ours.annotator)
    found = filters.articles(world.ours.manager)

    assert refusal.value.code == "filter_not_allowed"
    assert found.count() >= 0


def test_words_of_the_title_are_found_but_not_the_outlets_name_behind_them(world):
    ada, mia = world.ours.annotator, world.ours.manager

    for name in ("q", "text"):
        assert ArticleFilters.parse({"q": "Preis"}).articles(ada).count() == 2
        assert not ArticleFilters.parse({name: CANARY}).articles(ada).exists()
        assert ArticleFilters.parse({name: CANARY}).articles(mia).count() == 2


@pytest.mark.long
def test_an_export_of_adas_holds_only_what_she_handed_in(world):
    ada = world.ours.annotator
    story = Article.objects.select_related("project", "current_version").get(uuid=world.ours.values["article"])
    held = []
    for _n in range(2):
        job = start_export(ada)
        assert run_job(job.pk, KINDS, owner="this test")
        job.refresh_from_db()
        with job.result.open("rb") as file:
            held.append(file.read().decode())
        submit(story, by=ada, sets_warnings_aside=True)

    assert named_in(held[0]) == []
    assert '"type":"article"' not in held[0]
    assert held[1].count('"type":"article"') == 1
    assert CANARY in held[1]


def test_an_article_that_was_emptied_for_a_reader_is_never_stored(world):
    story = Article.objects.select_related("publisher").get(uuid=world.ours.values["article"])
    hide_outlets(world.ours.annotator, [story])

    with pytest.raises(ValueError, match="emptied"):
        story.save()

    assert Article.objects.get(pk=story.pk).publisher.name == CANARY


def test_a_zone_that_names_the_outlet_itself_does_not_say_so(world):
    story = Article.objects.get(uuid=world.ours.values["article"])
    Region.objects.filter(version=story.current_version).update(publisher=story.publisher, url=f"https://{HOST}/x")
    assert Assignment.objects.filter(annotator=world.ours.annotator).exists()

    path = f"/api/v1/projects/river/articles/{story.uuid}/"
    zones = [send(world.clients[who], "GET", path, {}).json()["regions"][0] for who in ("annotator", "manager")]

    assert [zone["publisher"] for zone in zones] == [None, CANARY]
    assert [zone["url"] for zone in zones] == ["", f"https://{HOST}/x"]
