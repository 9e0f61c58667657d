"""Correcting an article: a new version, what is carried over, what waits for its owner, who may."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from annotations.access.requests import Request
from annotations.errors import Conflict, Forbidden, NotThere, Refused
from annotations.models import (
    Annotation,
    ArticleLabel,
    ArticleVersion,
    Assignment,
    AuditEvent,
    ClaimMention,
    Fragment,
    Label,
    Region,
    Relation,
    TextLink,
)
from annotations.workflow.assigning import submit
from annotations.workflow.correcting import (
    correct_article,
    drop_unplaced,
    look_at_correction,
    place_annotation,
    unplaced,
)
from annotations.workflow.evidence import NewEvidence, SourceLink, attach_source
from tests import factories

pytestmark = pytest.mark.django_db

TEXT = factories.GERMAN
NEW = TEXT.replace("4 %", "fünf Prozent")


@pytest.fixture
def mia():
    return factories.project()


@pytest.fixture
def ada(mia):
    return factories.member(mia, "ada")


@pytest.fixture
def story(mia):
    return factories.article(mia)


def corrected(story, text, mia, **values):
    story.refresh_from_db()
    done = correct_article(story, text, by=mia, base_version=story.current_version.uuid, **values)
    story.refresh_from_db()
    return done


def mark(by, story, words, **values):
    at = story.current_version.text.index(words)
    return factories.annotation(by, story, at, at + len(words), **values)


def test_a_correction_is_a_version_of_its_own_and_what_is_certain_goes_along(mia, ada, story):
    certain, changed = mark(ada, story, "Zoë O’Neill", note="wer?"), mark(ada, story, "4 %")
    version = story.current_version
    same = {"project": mia.project, "version": version, "length": version.length, "created_by": ada}
    link = Label.objects.create(
        label_set=certain.label.label_set, project=mia.project, key="same", name="Same", applies_to="relation"
    )
    Relation.objects.create(**same, label=link, from_annotation=certain, to_annotation=changed)
    ArticleLabel.objects.create(**same, label=link)
    TextLink.objects.create(
        project=mia.project, version=version, length=version.length, start=2, end=11, url="https://a.example/"
    )
    source = NewEvidence(
        key=uuid.uuid4(),
        annotation=certain.key,
        claim_key=uuid.uuid4(),
        mention_key=uuid.uuid4(),
        link=SourceLink(url="https://b.example/"),
    )
    attach_source(source, by=ada)

    done = corrected(story, NEW, mia)

    assert (version.n, done.version.n, story.current_version) == (1, 2, done.version)
    assert ArticleVersion.objects.get(pk=version.pk).text == TEXT
    copy = Annotation.objects.get(version=done.version)
    assert (copy.created_by, copy.note, copy.quote) == (ada, "wer?", "Zoë O’Neill")
    assert NEW[copy.start : copy.end] == copy.quote
    assert ClaimMention.objects.filter(annotation=copy, created_by=ada).count() == 1
    assert done.carried["annotations"] == done.carried["article_labels"] == done.carried["links"] == 1
    assert done.uncertain == {"annotations": 1, "relations": 1} | {
        name: n for name, n in done.uncertain.items() if name == "regions"
    }
    assert Annotation.objects.filter(version=version, withdrawn_at__isnull=True).count() == 2
    act = AuditEvent.objects.get(verb="article.corrected")
    assert (act.after["carried"], act.after["uncertain"]) == (done.carried, done.uncertain)
    assert all(NEW[region.start : region.end] for region in Region.objects.filter(version=done.version))


def test_a_discontinuous_annotation_goes_along_with_all_its_parts_or_waits(mia, ada, story):
    version = story.current_version
    whole = mark(ada, story, "Zoë O’Neill")
    for n, words in enumerate(("Zoë", "O’Neill")):
        start = TEXT.index(words)
        Fragment.objects.create(
            annotation=whole,
            version=version,
            project=mia.project,
            length=version.length,
            n=n,
            start=start,
            end=start + len(words),
            quote=words,
        )

    done = corrected(story, NEW, mia)
    parts = Fragment.objects.filter(version=done.version).order_by("n")
    assert [(part.quote, NEW[part.start : part.end]) for part in parts] == [("Zoë", "Zoë"), ("O’Neill", "O’Neill")]

    corrected(story, NEW.replace("O’Neill", "Oneil"), mia)
    assert [one.annotation.quote for one in unplaced(story, by=ada)] == ["Zoë O’Neill"]


def test_what_is_uncertain_waits_for_its_owner_who_places_or_withdraws_it(mia, ada, story):
    changed, gone = mark(ada, story, "4 %", note="Zahl"), mark(ada, story, "abzusehen")
    corrected(story, NEW.replace("abzusehen", "klar"), mia)

    waiting = unplaced(story, by=ada)
    assert [one.annotation.key for one in waiting] == [changed.key, gone.key]
    assert unplaced(story, by=mia) == []
    place, text = waiting[0].candidates[0], waiting[0].new_text
    assert place.text_of(text) == "fünf Prozent"
    with pytest.raises(Refused):
        place_annotation(story, changed.key, place, "etwas anderes", by=ada)
    with pytest.raises(NotThere):
        place_annotation(story, changed.key, place, "fünf Prozent", by=mia)
    once = Request.of(uuid.uuid4(), "place")
    made = place_annotation(story, changed.key, place, "fünf Prozent", by=ada, request=once)
    again = place_annotation(story, changed.key, place, "fünf Prozent", by=ada, request=once)
    drop_unplaced(story, gone.key, by=ada, base_version=1)

    assert (made.pk, made.note, made.created_by) == (again.pk, "Zahl", ada)
    assert unplaced(story, by=ada) == []
    assert AuditEvent.objects.filter(verb="annotation.placed").count() == 1


def test_what_waited_before_a_second_correction_still_waits_after_it(mia, ada, story):
    changed = mark(ada, story, "4 %")
    corrected(story, NEW, mia)
    corrected(story, NEW + "\n\nEs regnet.", mia)

    assert [one.annotation.key for one in unplaced(story, by=ada)] == [changed.key]


def test_work_handed_in_stays_so_where_all_of_it_was_carried_and_opens_again_where_not(mia, ada, story):
    ben, cem = factories.member(mia, "ben"), factories.member(mia, "cem")
    mark(ada, story, "4 %")
    mark(ben, story, "Die Menge")
    mark(cem, story, "Die Menge")
    submit(story, by=ada)
    submit(story, by=ben)
    Assignment.objects.update(lease_until=timezone.now() - timedelta(days=3))

    done = corrected(story, NEW, mia)

    assert Assignment.objects.get(version=done.version, annotator=ada).lease_until > timezone.now()
    states = dict(Assignment.objects.filter(version=done.version).values_list("annotator", "state"))
    assert states == {ada.pk: "open", ben.pk: "submitted", cem.pk: "open"}
    old = dict(Assignment.objects.exclude(version=done.version).values_list("annotator", "state"))
    assert old == {ada.pk: "submitted", ben.pk: "submitted", cem.pk: "skipped"}


def test_looking_writes_nothing_and_only_managers_correct(mia, ada, story):
    seen = look_at_correction(story, NEW, by=mia)

    assert "".join(piece.text for piece in seen.pieces if piece.kind != "new") == TEXT
    assert ArticleVersion.objects.count() == 1
    with pytest.raises(Forbidden):
        corrected(story, NEW, ada)
    with pytest.raises(Refused):
        look_at_correction(story, TEXT, by=mia)


def test_a_correction_happens_once_and_never_on_a_text_that_moved_on(mia, story):
    base, once = story.current_version.uuid, Request.of(uuid.uuid4(), NEW)
    first = correct_article(story, NEW, by=mia, base_version=base, request=once)
    again = correct_article(story, NEW, by=mia, base_version=base, request=once)

    assert first.version == again.version
    with pytest.raises(Conflict):
        correct_article(story, TEXT + " Neu.", by=mia, base_version=base)


@settings(max_examples=8)
@given(st.data())
def test_after_random_edits_everything_carried_reads_as_quoted(data):
    mia = factories.project(f"p{uuid.uuid4().hex[:12]}")
    story = factories.article(mia)
    for _n in range(data.draw(st.integers(1, 8))):
        start = data.draw(st.integers(0, len(TEXT) - 2))
        factories.annotation(mia, story, start, data.draw(st.integers(start + 1, len(TEXT))))
    text = TEXT
    for _n in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text)))
        cut = data.draw(st.integers(0, 12))
        text = text[:at] + data.draw(st.sampled_from(["", " 🇩🇪", "Preis", "Die Menge ", "\n\n"])) + text[at + cut :]
    if text == TEXT:
        text += "!"

    done = corrected(story, text, mia)

    rows = Annotation.objects.filter(version=done.version)
    assert all(text[row.start : row.end] == row.quote for row in rows)
    assert (
        rows.count() + len(unplaced(story, by=mia))
        == Annotation.objects.filter(version__n=1).filter(version__article=story).count()
    )
    assert all(text[row.start : row.end] for row in Region.objects.filter(version=done.version))
