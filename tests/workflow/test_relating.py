"""Relations and labels on whole texts: by their owner, on one text, once, with values their label allows."""

from __future__ import annotations

import uuid

import pytest

from annotations.access import visible_to
from annotations.access.requests import Request
from annotations.errors import Conflict, Forbidden, NotThere, Refused
from annotations.models import ArticleLabel, ArticleLabelRevision, AuditEvent, Relation, RelationRevision
from annotations.workflow.annotating import AnnotationChange, change_annotation
from annotations.workflow.assigning import submit
from annotations.workflow.relating import (
    LabelChange,
    NewArticleLabel,
    NewRelation,
    change_article_label,
    change_relation,
    label_article,
    relate,
    restore_article_label,
    restore_relation,
    withdraw_article_label,
    withdraw_relation,
)
from tests import factories

pytestmark = pytest.mark.django_db
CERTAINTY = {"key": "certainty", "name": "Certainty", "kind": "one", "values": ["low", "high"]}


@pytest.fixture
def mia():
    manager = factories.project(visibility="open")
    factories.label_for(manager.project, "topic", "article", attributes=[CERTAINTY])
    factories.label_for(manager.project, "answers", "relation")
    return manager


@pytest.fixture
def ada(mia):
    return factories.member(mia, "ada")


@pytest.fixture
def ben(mia):
    return factories.member(mia, "ben")


@pytest.fixture
def story(mia):
    return factories.article(mia)


@pytest.fixture
def ends(ada, story):
    return factories.annotation(ada, story, 2, 11).key, factories.annotation(ada, story, 12, 17).key


def test_every_state_of_a_relation_is_kept(ada, ends, django_assert_max_num_queries):
    new = NewRelation(uuid.uuid4(), *ends, "answers", note="deshalb")
    request = Request.of(uuid.uuid4(), "relate")
    with django_assert_max_num_queries(16):
        relation = relate(new, by=ada, request=request)
    again = relate(new, by=ada, request=request)
    change_relation(relation.key, LabelChange(note="darum"), by=ada, base_version=1)
    withdraw_relation(relation.key, by=ada, base_version=2)
    restored = restore_relation(relation.key, by=ada, base_version=3)

    assert (again.pk, restored.version_number, restored.note, restored.withdrawn_at) == (relation.pk, 4, "darum", None)
    assert list(RelationRevision.objects.values_list("version_number", "note")) == [
        (1, "deshalb"),
        (2, "darum"),
        (3, "darum"),
    ]
    verbs = AuditEvent.objects.filter(object_type="relation").order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == ["relation.created", "relation.changed", "relation.withdrawn", "relation.restored"]


@pytest.mark.parametrize("case", ["itself", "another text", "a label for spans", "nothing there"])
def test_a_relation_that_cannot_be_is_refused(case, mia, ada, ends):
    start, end = ends
    label = "claim" if case == "a label for spans" else "answers"
    if case == "itself":
        end = start
    if case == "another text":
        end = factories.annotation(ada, factories.article(mia, "Ein anderer Text."), 0, 3).key
    if case == "nothing there":
        end = uuid.uuid4()

    with pytest.raises((Refused, NotThere)):
        relate(NewRelation(uuid.uuid4(), start, end, label), by=ada)

    assert not Relation.objects.exists()


def test_only_its_owner_changes_a_relation_and_only_before_submitting(ada, ben, ends, story):
    relation = relate(NewRelation(uuid.uuid4(), *ends, "answers"), by=ada)

    with pytest.raises(Forbidden):
        change_relation(relation.key, LabelChange(note="x"), by=ben, base_version=1)
    with pytest.raises(Conflict):
        change_relation(relation.key, LabelChange(note="x"), by=ada, base_version=7)
    submit(story, by=ada)
    with pytest.raises(Refused):
        withdraw_relation(relation.key, by=ada, base_version=1)


def test_a_blind_project_shows_neither_relation_nor_label_nor_takes_an_end_of_another(mia, ada, ben, ends, story):
    relate(NewRelation(uuid.uuid4(), *ends, "answers"), by=ada)
    label_article(NewArticleLabel(uuid.uuid4(), story.current_version.uuid, "topic"), by=ada)
    own = factories.annotation(ben, story, 2, 11).key
    mia.project.visibility = "blind"
    mia.project.save()
    ben.project.visibility = "blind"

    assert not visible_to(ben, Relation.objects.all()).exists()
    assert not visible_to(ben, ArticleLabel.objects.all()).exists()
    with pytest.raises(NotThere):
        relate(NewRelation(uuid.uuid4(), own, ends[0], "answers"), by=ben)


def test_a_text_has_a_label_from_one_person_once(ada, ben, story):
    version = story.current_version.uuid
    first = label_article(NewArticleLabel(uuid.uuid4(), version, "topic"), by=ada)
    with pytest.raises(Refused, match="already"):
        label_article(NewArticleLabel(uuid.uuid4(), version, "topic"), by=ada)
    withdraw_article_label(first.key, by=ada, base_version=1)
    label_article(NewArticleLabel(uuid.uuid4(), version, "topic"), by=ada)
    with pytest.raises(Refused, match="already"):
        restore_article_label(first.key, by=ada, base_version=2)
    label_article(NewArticleLabel(uuid.uuid4(), version, "topic"), by=ben)

    assert ArticleLabel.objects.filter(withdrawn_at__isnull=True).count() == 2
    assert ArticleLabelRevision.objects.count() == 1


def test_values_of_attributes_are_held_against_their_definitions(mia, ada, story):
    new = NewArticleLabel(uuid.uuid4(), story.current_version.uuid, "topic", attributes={"certainty": "high"})
    made = label_article(new, by=ada)
    with pytest.raises(Refused) as refused:
        change_article_label(made.key, LabelChange(attributes={"certainty": "so so"}), by=ada, base_version=1)
    label = factories.label(mia.project)
    label.attributes = [CERTAINTY]
    label.save()
    with pytest.raises(Refused):
        factories.annotation(ada, story, 2, 11, attributes={"certainty": "so so"})
    span = factories.annotation(ada, story, 2, 11, attributes={"certainty": "low"})
    with pytest.raises(Refused):
        change_annotation(span.key, AnnotationChange(attributes={"certainty": 1}), by=ada, base_version=1)

    assert refused.value.field == "attributes.certainty"
