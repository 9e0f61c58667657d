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
    Membership,
    Region,
    Relation,
    SuggestionDecision,
    TextLink,
)
from annotations.text.spans import Span
from annotations.workflow.annotating import annotate, withdraw_annotation
from annotations.workflow.assigning import submit
from annotations.workflow.correcting import carried_key, correct_article, look_at_correction
from annotations.workflow.evidence import NewEvidence, SourceLink, attach_source
from annotations.workflow.placing import (
    count_waiting,
    drop_unplaced,
    place_annotation,
    unplaced,
    unplaced_zones,
    wait_again,
)
from annotations.workflow.suggesting import Decided, decide, open_for, suggestions_on
from annotations.workflow.zoning import NewZone, mark_zone, withdraw_zone
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


def place_of(words):
    return TEXT.index(words), TEXT.index(words) + len(words)


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


def test_placing_and_dropping_can_be_undone_and_what_is_only_withdrawn_does_not_wait(mia, ada, story):
    changed, gone = mark(ada, story, "4 %", note="Zahl"), mark(ada, story, "abzusehen")
    certain = mark(ada, story, "Zoë O’Neill")
    corrected(story, NEW.replace("abzusehen", "klar"), mia)
    place, text = unplaced(story, by=ada)[0].candidates[0], story.current_version.text
    made = place_annotation(story, changed.key, place, place.text_of(text), by=ada)
    drop_unplaced(story, gone.key, by=ada, base_version=1)
    with pytest.raises(Conflict):
        wait_again(story, changed.key, by=ada, base_version=9)
    with pytest.raises(NotThere):
        wait_again(story, changed.key, by=mia, base_version=1)

    lifted = wait_again(story, changed.key, by=ada, base_version=1)
    brought = wait_again(story, gone.key, by=ada, base_version=2)
    assert (lifted.pk, lifted.withdrawn_at is None, brought.pk) == (made.pk, False, gone.pk)
    assert [one.annotation.pk for one in unplaced(story, by=ada)] == [changed.pk, gone.pk]
    start = text.index("fünf")
    again = place_annotation(story, changed.key, Span(start, start + 4), "fünf", by=ada)
    assert (again.pk, again.quote, again.withdrawn_at, again.version_number) == (made.pk, "fünf", None, 3)

    withdraw_annotation(again.key, by=ada, base_version=3)
    copy = Annotation.objects.exclude(pk=certain.pk).get(quote="Zoë O’Neill")
    withdraw_annotation(copy.key, by=ada, base_version=1)
    assert [one.annotation.pk for one in unplaced(story, by=ada)] == [gone.pk]


def test_annotations_of_people_who_cannot_log_in_go_along_or_are_placed_by_those_who_see_all_work(mia, ada, story):
    rita = factories.member(mia, "rita", "reviewer")
    files = Membership.objects.create(project=mia.project, pseudonym="file 1", name_in_files="file 1")
    ben = factories.member(mia, "ben")
    certain, changed = mark(files, story, "Zoë O’Neill"), mark(files, story, "4 %")
    left = mark(ben, story, "4 %")
    Annotation.objects.filter(created_by=files).update(layer="imported", confidence=0.5)
    submit(story, by=ben)
    ben.user.is_active = False
    ben.user.save(update_fields=["is_active"])

    done = corrected(story, NEW, mia)

    assert Assignment.objects.get(version=done.version, annotator=ben).state == "submitted"
    copy = Annotation.objects.get(version=done.version)
    assert (copy.created_by, copy.layer, copy.confidence, copy.quote) == (files, "imported", 0.5, certain.quote)
    assert (unplaced(story, by=ada), count_waiting(story, by=ada)[0]) == ([], 0)
    assert [one.annotation.pk for one in unplaced(story, by=rita)] == [changed.pk, left.pk]
    assert count_waiting(story, by=rita)[0] == 2
    place, text = unplaced(story, by=rita)[0].candidates[0], done.version.text
    with pytest.raises(NotThere):
        place_annotation(story, changed.key, place, place.text_of(text), by=ada)
    made = place_annotation(story, changed.key, place, place.text_of(text), by=rita)
    assert (made.created_by, made.layer, made.quote) == (files, "imported", "fünf Prozent")
    assert not Assignment.objects.filter(version=done.version, annotator=rita).exists()
    drop_unplaced(story, left.key, by=rita, base_version=1)
    assert unplaced(story, by=rita) == []
    assert Annotation.objects.filter(version__n=1).count() == 3


def test_suggestions_go_along_with_what_each_member_decided(mia, ada, story):
    ben = factories.member(mia, "ben")
    name, number, gone = (factories.suggestion(story, words) for words in ("Zoë O’Neill", "Die Menge", "4 %"))
    taken = Decided(name.key, "accepted", 0, annotation=uuid.uuid4(), span=Span(*place_of("4 %")), quote="4 %")
    decide([taken, Decided(number.key, "dismissed", 0), Decided(gone.key, "dismissed", 0)], by=ada)

    done = corrected(story, NEW, mia)

    assert (done.carried["suggestions"], done.uncertain["suggestions"], done.dropped) == (2, 1, {"gone": 1})
    assert AuditEvent.objects.get(verb="article.corrected").after["suggestions_dropped"] == {"gone": 1}
    rows = list(suggestions_on(done.version, ben))
    assert [(row.quote, NEW[row.start : row.end]) for row in rows] == [(row.quote, row.quote) for row in rows]
    assert set(open_for(ben).filter(version=done.version)) == set(rows)
    assert not open_for(ada).filter(version=done.version).exists()
    [waiting] = unplaced(story, by=ada)
    made = place_annotation(story, waiting.annotation.key, waiting.candidates[0], "fünf Prozent", by=ada)
    assert SuggestionDecision.objects.get(suggestion__version=done.version, state="accepted").annotation == made
    assert SuggestionDecision.objects.filter(suggestion__version__n=1).count() == 3


def test_a_suggestion_whose_place_is_not_certain_is_dropped_and_the_reason_told(mia):
    made = factories.article(mia, "Der Preis stieg.\n\nZoë las den Wert 4 ab. Dann kam Regen.")
    for words in ("4", "Regen", "Preis"):
        factories.suggestion(made, words)

    text = "Der Preis stieg.\n\nGanz anders: 4 oder 4, wer weiß das, und niemand sonst las etwas davon."
    seen = look_at_correction(made, text, by=mia)
    done = correct_article(made, text, by=mia, base_version=made.current_version.uuid)

    assert seen.dropped == done.dropped == {"gone": 1, "unclear": 1}
    assert [row.quote for row in suggestions_on(done.version, mia)] == ["Preis"]


def test_zones_that_a_correction_left_uncertain_wait_to_be_marked_under_their_next_key_or_removed(mia, ada, story):
    Region.objects.all().delete()
    version = story.current_version
    same = {"project": mia.project, "version": version, "length": version.length, "created_by": mia}
    sure, moved, gone = (
        Region.objects.create(**same, kind=kind, start=place_of(words)[0], end=place_of(words)[1])
        for kind, words in (("excerpt", "Zoë O’Neill"), ("caption", "4 %"), ("byline", "abzusehen"))
    )
    done = corrected(story, NEW.replace("abzusehen", "klar"), mia)
    text = done.version.text

    waiting = unplaced_zones(story, by=mia)
    assert [one.zone for one in waiting] == [moved, gone]
    assert (unplaced_zones(story, by=ada), count_waiting(story, by=mia)) == ([], (0, 2))
    place = waiting[0].candidates[0]
    new = NewZone(waiting[0].becomes, done.version.uuid, "caption", place, place.text_of(text))
    made = mark_zone(new, by=mia)
    withdraw_zone(gone.uuid, by=mia, base_version=1)
    assert unplaced_zones(story, by=mia) == []
    withdraw_zone(made.uuid, by=mia, base_version=1)
    withdraw_zone(carried_key(sure.uuid, done.version.uuid), by=mia, base_version=1)
    assert [one.zone for one in unplaced_zones(story, by=mia)] == [moved]
    assert Region.objects.filter(version=version).count() == 3


def test_what_waited_before_a_second_correction_still_waits_after_it(mia, ada, story):
    changed = mark(ada, story, "4 %")
    corrected(story, NEW, mia)
    corrected(story, NEW + "\n\nEs regnet.", mia)

    assert [one.annotation.key for one in unplaced(story, by=ada)] == [changed.key]


def test_work_handed_in_stays_so_where_all_of_it_was_carried_and_opens_again_where_not(mia, ada, story):
    ben, cem = factories.member(mia, "ben"), factories.member(mia, "cem")
    factories.set_project(mia, annotators_per_article=3)
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


def test_a_page_that_was_loaded_before_a_correction_begins_no_work_on_the_old_words(mia, ada):
    ben = factories.member(mia, "ben")
    made = factories.article(mia, TEXT)
    old = made.current_version
    factories.annotation(ada, made, 2, 5)
    correct_article(made, NEW, by=mia, base_version=old.uuid)

    for who in (ada, ben):  # who worked on it before, and who did not
        with pytest.raises(Refused) as refused:
            annotate(factories.new_annotation(old, 6, 11), by=who)
        assert refused.value.code == "text_mismatch"

    assert not Assignment.objects.filter(version=old, annotator=ben).exists()
