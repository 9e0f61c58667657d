"""Zones by hand: marked, moved, retyped, removed, brought back; who may; what annotations feel of it."""

from __future__ import annotations

import uuid

import pytest

from annotations.access.requests import Request
from annotations.errors import Conflict, Forbidden, NotThere, Refused
from annotations.models import Annotation, AuditEvent, Publisher, Region, RegionRevision
from annotations.text.spans import Span
from annotations.workflow.correcting import carried_key, correct_article
from annotations.workflow.zoning import NewZone, ZoneChange, change_zone, mark_zone, restore_zone, withdraw_zone
from tests import factories

pytestmark = pytest.mark.django_db

TEXT = factories.GERMAN


@pytest.fixture
def mia():
    return factories.project(visibility="open")


@pytest.fixture
def ada(mia):
    return factories.member(mia, "ada")


@pytest.fixture
def story(mia):
    made = factories.article(mia)
    Region.objects.all().delete()
    return made


def new_zone(story, start, end, kind="caption", **values):
    version = story.current_version
    return NewZone(uuid.uuid4(), version.uuid, kind, Span(start, end), version.text[start:end], **values)


def test_a_zone_is_marked_once_and_every_change_keeps_the_state_before(ada, mia, story):
    once = Request.of(uuid.uuid4(), "mark")
    asked = new_zone(story, 0, 8, "excerpt", publisher="Tern Wire", url="https://tern.example/a b")

    zone = mark_zone(asked, by=ada, request=once)
    assert mark_zone(asked, by=ada, request=once).pk == zone.pk
    moved = change_zone(zone.uuid, ZoneChange(span=Span(4, 8), quote=TEXT[4:8]), by=mia, base_version=1)
    retyped = change_zone(zone.uuid, ZoneChange(kind="caption"), by=ada, base_version=2)

    assert (zone.url, zone.publisher.name, zone.created_by) == ("https://tern.example/a%20b", "Tern Wire", ada)
    assert (moved.start, moved.end, moved.version_number) == (4, 8, 2)
    assert (retyped.kind, retyped.publisher, retyped.url) == ("caption", None, "")
    states = RegionRevision.objects.filter(region=zone).values_list("version_number", "kind", "start", "replaced_by")
    assert list(states) == [(1, "excerpt", 0, mia.pk), (2, "excerpt", 4, ada.pk)]
    verbs = AuditEvent.objects.filter(object_key=str(zone.uuid)).order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == ["zone.marked", "zone.changed", "zone.changed"]


def test_a_stale_change_is_refused_and_names_the_present_row(ada, mia, story):
    zone = mark_zone(new_zone(story, 0, 8), by=ada)
    change_zone(zone.uuid, ZoneChange(kind="byline"), by=mia, base_version=1)

    with pytest.raises(Conflict) as refused:
        change_zone(zone.uuid, ZoneChange(kind="headline"), by=ada, base_version=1)

    assert refused.value.current.kind == "byline"


def test_a_removed_zone_can_be_brought_back_unless_another_took_its_place(ada, story):
    zone = mark_zone(new_zone(story, 0, 8), by=ada)
    gone = withdraw_zone(zone.uuid, by=ada, base_version=1)
    assert withdraw_zone(zone.uuid, by=ada, base_version=1).version_number == gone.version_number == 2
    mark_zone(new_zone(story, 0, 8), by=ada)

    with pytest.raises(Refused, match="marked as this already"):
        restore_zone(zone.uuid, by=ada, base_version=2)
    change_zone(zone.uuid, ZoneChange(kind="boilerplate"), by=ada, base_version=2)

    assert restore_zone(zone.uuid, by=ada, base_version=3).withdrawn_at is None


def test_what_happens_to_zones_leaves_annotations_alone(ada, story):
    factories.annotation(ada, story, 4, 9)
    before = Annotation.objects.values().get()

    zone = mark_zone(new_zone(story, 0, len(TEXT), "boilerplate"), by=ada)
    change_zone(zone.uuid, ZoneChange(span=Span(2, 6), quote=TEXT[2:6]), by=ada, base_version=1)
    withdraw_zone(zone.uuid, by=ada, base_version=2)

    assert Annotation.objects.values().get() == before


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"kind": "mood"}, "zone_kind_unknown"),
        ({"kind": "caption", "publisher": "Tern Wire"}, "zone_names_nothing"),
        ({"kind": "headline", "url": "https://tern.example/"}, "zone_names_nothing"),
        ({"kind": "citation_marker", "url": "javascript:alert(1)"}, "url_scheme"),
        ({"text_sha256": b"0" * 32}, "text_mismatch"),
    ],
)
def test_what_does_not_fit_is_refused_and_leaves_nothing_behind(ada, story, values, code):
    with pytest.raises(Refused) as refused:
        mark_zone(new_zone(story, 0, 8, **values), by=ada)

    assert refused.value.code == code
    assert not Region.objects.exists()
    assert not Publisher.objects.filter(name="Tern Wire").exists()


def test_a_quote_that_does_not_stand_there_is_refused(ada, story):
    version = story.current_version
    for span, words in ((Span(0, 3), "Das"), (Span(0, len(TEXT) + 1), TEXT)):
        with pytest.raises(Refused):
            mark_zone(NewZone(uuid.uuid4(), version.uuid, "body", span, words), by=ada)


def test_in_a_blind_project_only_those_mark_zones_who_see_everybody_s_work(story):
    blind = factories.project("blind", manager="bea")
    ada, rosa = factories.member(blind, "blind-ada"), factories.member(blind, "rosa", "reviewer")
    article = factories.article(blind)

    with pytest.raises(Forbidden):
        mark_zone(new_zone(article, 0, 8), by=ada)
    zone = mark_zone(new_zone(article, 0, 8), by=rosa)
    with pytest.raises(Forbidden):
        withdraw_zone(zone.uuid, by=ada, base_version=1)
    with pytest.raises(NotThere):
        mark_zone(new_zone(story, 0, 8), by=rosa)


def test_a_correction_takes_a_zone_along_with_its_key_and_person(ada, mia, story):
    marker = mark_zone(new_zone(story, 0, 9, "citation_marker", url="https://tern.example/"), by=ada)
    text = TEXT.replace("4 %", "fünf Prozent")

    done = correct_article(story, text, by=mia, base_version=story.current_version.uuid)

    (carried,) = Region.objects.filter(version=done.version)
    assert carried.uuid == carried_key(marker.uuid, done.version.uuid)
    assert (carried.url, carried.created_by, carried.version_number) == (marker.url, ada, 1)
    with pytest.raises(Refused, match="another wording"):
        mark_zone(new_zone(story, 10, 12), by=ada)
