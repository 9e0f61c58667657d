"""One annotator's acts on a text: exact offsets, safe repetition, no silent overwriting (checks DI-1, DI-2, DI-3)."""

from __future__ import annotations

import random
import re
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from annotations.access.requests import Request
from annotations.errors import Conflict, Forbidden, NotThere, Refused
from annotations.models import Annotation, AnnotationRevision, ArticleVersion, AuditEvent, Fragment
from annotations.text.spans import CONTEXT, Span
from annotations.workflow.annotating import (
    AnnotationChange,
    annotate,
    change_annotation,
    restore_annotation,
    withdraw_annotation,
)
from annotations.workflow.assigning import reopen, submit
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


def request(key: uuid.UUID | None = None, *body: str) -> Request:
    return Request.of(key or uuid.uuid4(), *body)


def test_an_emoji_before_the_span_counts_as_one_character(ada, article):
    annotation = factories.annotation(ada, article, 12, 17)

    assert annotation.quote == "stieg"
    assert annotation.prefix == "📈 Der Preis "
    assert annotation.suffix == article.current_version.text[17 : 17 + CONTEXT]


def test_a_quote_that_does_not_stand_at_its_span_is_refused_and_says_what_stands_there(ada, article):
    with pytest.raises(Refused, match=r"reads “stieg”, not “fiel!”") as refusal:
        factories.annotation(ada, article, 12, 17, quote="fiel!")

    assert (refusal.value.code, refusal.value.field) == ("quote_mismatch", "quote")
    assert not Annotation.objects.exists()


@pytest.mark.parametrize("end", [106, 5000])
def test_a_span_past_the_end_of_the_text_is_refused(ada, article, end):
    assert article.current_version.length < end

    with pytest.raises(Refused) as refusal:
        factories.annotation(ada, article, 100, end)

    assert refusal.value.code == "span_outside_text"


def test_another_wording_of_the_article_is_refused(ada, article):
    with pytest.raises(Refused) as refusal:
        factories.annotation(ada, article, 12, 17, text_sha256=b"x" * 32)

    assert refusal.value.code == "text_mismatch"


def test_an_unknown_label_is_refused_by_name(ada, article):
    with pytest.raises(Refused, match="“rumour” is no label"):
        factories.annotation(ada, article, 12, 17, "rumour")


def test_a_strangers_version_is_not_there(ada):
    other = factories.project("harbour", manager="sam")
    foreign = factories.article(other)

    with pytest.raises(NotThere):
        factories.annotation(ada, foreign, 12, 17)


def test_making_a_span_takes_five_queries(ada, article, django_assert_num_queries):
    factories.annotation(ada, article, 0, 5)
    new = factories.new_annotation(article.current_version, 12, 17)

    with django_assert_num_queries(5):  # savepoint, assignment with passage and label, annotation, act, release
        annotate(new, by=ada, request=request())


def test_no_query_of_making_a_span_reads_the_whole_text(ada, article):
    new = factories.new_annotation(article.current_version, 12, 17)

    with CaptureQueriesContext(connection) as queries:
        annotate(new, by=ada)

    column = re.compile(r'(?<!SUBSTR\()(?<!SUBSTRING\()"annotations_articleversion"."text"(?!_)', re.IGNORECASE)
    assert not [each["sql"] for each in queries if column.search(each["sql"])]


def test_a_repeated_request_makes_one_row_and_gets_the_same_reply(ada, article):
    new = factories.new_annotation(article.current_version, 12, 17)
    first_request = request(uuid.uuid4(), "claim")

    first = annotate(new, by=ada, request=first_request)
    again = annotate(new, by=ada, request=first_request)

    assert again.pk == first.pk
    assert Annotation.objects.count() == 1
    assert AuditEvent.objects.filter(verb="annotation.created").count() == 1


def test_a_repeated_request_is_answered_even_after_the_article_was_handed_in(ada, article):
    new = factories.new_annotation(article.current_version, 12, 17)
    first_request = request(uuid.uuid4(), "claim")
    first = annotate(new, by=ada, request=first_request)
    submit(article, by=ada)

    assert annotate(new, by=ada, request=first_request).pk == first.pk


def test_another_body_under_a_used_key_is_refused(ada, article):
    key = uuid.uuid4()
    annotate(factories.new_annotation(article.current_version, 12, 17), by=ada, request=request(key, "claim"))

    with pytest.raises(Conflict) as conflict:
        annotate(factories.new_annotation(article.current_version, 0, 5), by=ada, request=request(key, "number"))

    assert conflict.value.code == "key_reused"
    assert Annotation.objects.count() == 1


def test_another_request_for_the_key_of_an_annotation_is_refused(ada, article):
    made = factories.annotation(ada, article, 12, 17)

    with pytest.raises(Conflict) as conflict:
        annotate(factories.new_annotation(article.current_version, 0, 5, key=made.key), by=ada, request=request())

    assert conflict.value.code == "key_taken"


def test_a_stale_change_is_refused_with_what_is_there_now(ada, article):
    made = factories.annotation(ada, article, 12, 17)
    change_annotation(made.key, AnnotationChange(note="erste"), by=ada, base_version=1)

    with pytest.raises(Conflict) as conflict:
        change_annotation(made.key, AnnotationChange(note="zweite"), by=ada, base_version=1)

    assert conflict.value.current.note == "erste"
    assert conflict.value.current.version_number == 2


def test_a_repeated_change_is_answered_and_not_done_twice(ada, article):
    made = factories.annotation(ada, article, 12, 17)
    same = request(uuid.uuid4(), "note")
    change_annotation(made.key, AnnotationChange(note="erste"), by=ada, base_version=1, request=same)

    again = change_annotation(made.key, AnnotationChange(note="erste"), by=ada, base_version=1, request=same)

    assert again.version_number == 2
    assert AnnotationRevision.objects.count() == 1


def test_a_change_keeps_the_state_before_it(ada, article):
    made = factories.annotation(ada, article, 12, 17, note="vielleicht")

    change_annotation(
        made.key, AnnotationChange(span=Span(6, 17), quote="Preis stieg", label="quotation"), by=ada, base_version=1
    )

    after = Annotation.objects.get(key=made.key)
    kept = AnnotationRevision.objects.get(annotation=after)
    assert (after.start, after.end, after.quote, after.label.key) == (6, 17, "Preis stieg", "quotation")
    assert (kept.start, kept.end, kept.quote, kept.label.key, kept.note) == (12, 17, "stieg", "claim", "vielleicht")
    assert (kept.version_number, kept.replaced_by) == (1, ada)


def test_withdrawing_and_restoring_keep_the_row_and_its_history(ada, article):
    made = factories.annotation(ada, article, 12, 17)

    withdrawn = withdraw_annotation(made.key, by=ada, base_version=1)
    restored = restore_annotation(made.key, by=ada, base_version=2)

    assert withdrawn.withdrawn_at is not None
    assert restored.withdrawn_at is None
    assert list(AnnotationRevision.objects.values_list("version_number", flat=True)) == [1, 2]


def test_withdrawing_twice_is_no_error(ada, article):
    made = factories.annotation(ada, article, 12, 17)

    withdraw_annotation(made.key, by=ada, base_version=1)
    again = withdraw_annotation(made.key, by=ada, base_version=1)

    assert again.version_number == 2


def test_in_a_blind_project_anothers_annotation_is_not_there(ada, ben, article):
    made = factories.annotation(ada, article, 12, 17)

    with pytest.raises(NotThere):
        withdraw_annotation(made.key, by=ben, base_version=1)


def test_a_manager_sees_an_annotation_but_cannot_change_it(mia, ada, article):
    made = factories.annotation(ada, article, 12, 17)

    with pytest.raises(Forbidden) as refusal:
        change_annotation(made.key, AnnotationChange(note="nein"), by=mia, base_version=1)

    assert refusal.value.code == "not_yours"


def test_a_viewer_makes_no_annotation(mia, article):
    sam = factories.member(mia, "sam", factories.Role.VIEWER)

    with pytest.raises(Forbidden):
        factories.annotation(sam, article, 12, 17)


def test_after_submission_nothing_changes_until_it_is_reopened(ada, article):
    made = factories.annotation(ada, article, 12, 17)
    submit(article, by=ada)

    with pytest.raises(Refused) as refusal:
        factories.annotation(ada, article, 0, 5)
    with pytest.raises(Refused):
        withdraw_annotation(made.key, by=ada, base_version=1)
    reopen(article, by=ada)
    withdraw_annotation(made.key, by=ada, base_version=1)

    assert refusal.value.code == "assignment_closed"


def test_every_change_leaves_one_act_that_says_who_and_what(ada, article):
    made = factories.annotation(ada, article, 12, 17, note="Name der Quelle")
    change_annotation(made.key, AnnotationChange(label="number"), by=ada, base_version=1)
    withdraw_annotation(made.key, by=ada, base_version=2)

    acts = AuditEvent.objects.filter(object_key=str(made.key)).order_by("id")

    assert [act.verb for act in acts] == ["annotation.created", "annotation.changed", "annotation.withdrawn"]
    assert {act.actor_id for act in acts} == {ada.pk}
    assert acts[1].before["label"] == "claim"
    assert acts[1].after["label"] == "number"
    assert "Name der Quelle" not in str([(act.before, act.after) for act in acts])
    assert acts[0].text.values == {"note": "Name der Quelle"}


def test_a_thousand_random_spans_equal_their_slices(ada, mia):
    """“Must show”: 100 % of annotations after 1,000 random ones over emoji, CRLF and combining marks."""
    chance = random.Random(20261123)
    texts = [
        factories.GERMAN,
        factories.COMBINING,
        factories.HEBREW,
        "Zeile\r\nZeile\rZ\u0301eile\r\n👩‍👩‍👧‍👦\u2028e\u0301nd\r\n",
    ]
    articles = [factories.article(mia, text) for text in texts]
    for n in range(1000):
        version = articles[n % len(articles)].current_version
        start = chance.randrange(version.length)
        end = chance.randint(start + 1, version.length)
        factories.annotation(ada, articles[n % len(articles)], start, end)

    rows = Annotation.objects.values_list("version_id", "start", "end", "quote", "prefix", "suffix")
    slices = {version.pk: version.text for version in ArticleVersion.objects.all()}

    assert len(rows) == 1000
    for version_id, start, end, quote, prefix, suffix in rows:
        text = slices[version_id]
        assert text[start:end] == quote
        assert text[:start].endswith(prefix)
        assert text[end:].startswith(suffix)
    assert "\r" not in "".join(slices.values())


@given(data=st.data())
def test_whatever_the_text_a_span_keeps_its_words(data, ada, mia):
    characters = st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00")
    text = data.draw(st.text(characters, min_size=1, max_size=200).filter(str.strip))
    article = factories.article(mia, text)
    version = article.current_version
    start = data.draw(st.integers(0, version.length - 1))
    end = data.draw(st.integers(start + 1, version.length))

    annotation = factories.annotation(ada, article, start, end)

    stored = Annotation.objects.get(pk=annotation.pk)
    assert ArticleVersion.objects.get(pk=version.pk).text[start:end] == stored.quote == version.text[start:end]


def test_an_annotation_in_parts_stays_where_it_is_and_its_history_keeps_the_parts(ada, article):
    annotation = factories.annotation(ada, article, 2, 11)
    place = {"project": annotation.project, "version": annotation.version, "length": annotation.length}
    text = annotation.version.text
    for n, (start, end) in enumerate([(2, 5), (6, 11)]):
        Fragment.objects.create(**place, annotation=annotation, n=n, start=start, end=end, quote=text[start:end])

    with pytest.raises(Refused) as refusal:
        change_annotation(annotation.key, AnnotationChange(span=Span(2, 5), quote=text[2:5]), by=ada, base_version=1)
    change_annotation(annotation.key, AnnotationChange(note="zwei Teile"), by=ada, base_version=1)

    assert refusal.value.code == "has_parts"
    [kept] = AnnotationRevision.objects.filter(annotation=annotation)
    assert [part["quote"] for part in kept.fragments] == [text[2:5], text[6:11]]
