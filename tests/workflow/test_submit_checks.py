"""What a project wants before an article is submitted: each rule names what is missing, and where."""

from __future__ import annotations

import uuid
from dataclasses import replace

import pytest

from annotations.errors import Refused
from annotations.models import Assignment, AuditEvent, Suggestion
from annotations.workflow.annotating import AnnotationChange, change_annotation
from annotations.workflow.assigning import submit
from annotations.workflow.evidence import NewEvidence, SourceLink, attach_source
from annotations.workflow.projects import current_labels, new_label_of, revise_label_set
from annotations.workflow.relating import (
    LabelChange,
    NewArticleLabel,
    NewRelation,
    change_article_label,
    change_relation,
    label_article,
    relate,
)
from annotations.workflow.submit_checks import RULES, Incomplete, missing_on
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def mia():
    return factories.project()


@pytest.fixture
def ada(mia):
    return factories.member(mia, "ada")


def _wants(mia, ada, *rules) -> None:
    factories.set_project(mia, submit_rules=[dict(rule) for rule in rules])
    ada.project.refresh_from_db()


def _missing(made, by) -> list[tuple[str, str, str]]:
    return [(each.rule, each.kind, each.key) for each in missing_on(made.current_version, by=by)]


def test_an_error_refuses_and_names_each_thing_and_its_place(mia, ada):
    made = factories.article(mia)
    first, second = factories.annotation(ada, made, 12, 17), factories.annotation(ada, made, 2, 5, "number")
    _wants(mia, ada, {"rule": "spans_have_note", "label": "claim"}, {"rule": "claims_have_sources", "label": "claim"})

    with pytest.raises(Incomplete) as refusal:
        submit(made, by=ada)

    assert [(each.rule, each.key) for each in refusal.value.missing] == [
        ("spans_have_note", str(first.key)),
        ("claims_have_sources", str(first.key)),
    ]
    assert "“stieg” (Claim) has no note." in refusal.value.message
    assert (refusal.value.code, Assignment.objects.get().state) == ("submit_incomplete", "open")
    assert str(second.key) not in str(refusal.value.missing)


def test_a_warning_asks_and_can_be_set_aside_which_is_recorded(mia, ada):
    made = factories.article(mia)
    _wants(mia, ada, {"rule": "has_annotation", "level": "warning"})

    with pytest.raises(Incomplete) as asked:
        submit(made, by=ada)

    assert asked.value.can_be_set_aside
    assert submit(made, by=ada, sets_warnings_aside=True).state == "submitted"
    assert AuditEvent.objects.get(verb="assignment.submitted").after["warnings"] == ["has_annotation"]


def test_a_claim_with_a_source_of_its_own_lacks_none(mia, ada):
    made = factories.article(mia)
    span = factories.annotation(ada, made, 12, 17)
    _wants(mia, ada, {"rule": "claims_have_sources", "label": "claim"})
    before = _missing(made, ada)
    new = NewEvidence(
        key=uuid.uuid4(),
        link=SourceLink("https://amt.example/"),
        annotation=span.key,
        claim_key=uuid.uuid4(),
        mention_key=uuid.uuid4(),
    )
    attach_source(new, by=ada)

    assert (before, _missing(made, ada)) == ([("claims_have_sources", "annotation", str(span.key))], [])


def test_an_attribute_a_label_on_the_article_and_open_suggestions_are_looked_for(mia, ada):
    made, claim = factories.article(mia), factories.label(mia.project)
    factories.label_for(mia.project, "topic", "article")
    span = factories.annotation(ada, made, 12, 17)
    version = made.current_version
    proposed = Suggestion.objects.create(
        project=mia.project,
        version=version,
        length=version.length,
        start=2,
        end=5,
        quote=version.text[2:5],
        label=claim,
        suggested_by="rules 1",
    )
    _wants(
        mia,
        ada,
        {"rule": "spans_have_attribute", "label": "claim", "attribute": "kind"},
        {"rule": "article_has_label", "label": "topic"},
        {"rule": "no_open_suggestions", "level": "warning"},
        {"rule": "nothing_unplaced"},
    )

    before = _missing(made, ada)
    label_article(NewArticleLabel(key=uuid.uuid4(), version=version.uuid, label="topic"), by=ada)

    assert before == [
        ("spans_have_attribute", "annotation", str(span.key)),
        ("article_has_label", "article", ""),
        ("no_open_suggestions", "suggestion", str(proposed.key)),
    ]
    assert [rule for rule, _kind, _key in _missing(made, ada)] == ["spans_have_attribute", "no_open_suggestions"]


def test_only_one_s_own_work_is_looked_at(mia, ada):
    made = factories.article(mia)
    factories.annotation(factories.member(mia, "ben"), made, 12, 17)
    _wants(mia, ada, {"rule": "has_annotation"}, {"rule": "spans_have_note", "label": "claim"})

    assert [rule for rule, _kind, _key in _missing(made, ada)] == ["has_annotation"]


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ({"rule": "is_good"}, "rule_unknown"),
        ({"rule": "has_annotation", "level": "maybe"}, "level_unknown"),
        ({"rule": "spans_have_note"}, "label_missing"),
        ({"rule": "spans_have_attribute", "label": "claim"}, "attribute_missing"),
        ("has_annotation", "rule_unknown"),
    ],
)
def test_what_is_no_rule_is_refused_with_its_place(mia, rule, code):
    with pytest.raises(Refused) as refusal:
        factories.set_project(mia, submit_rules=[{"rule": "has_annotation"}, rule])

    assert (refusal.value.code, refusal.value.field) == (code, "submit_rules.1")
    assert len(RULES) == 8


def test_required_attributes_are_looked_for_on_spans_relations_and_the_article_by_the_labels_in_force(mia, ada):
    made = factories.article(mia)
    factories.label_for(mia.project, "mood", "article")
    factories.label_for(mia.project, "answers", "relation")
    span, other = factories.annotation(ada, made, 12, 17), factories.annotation(ada, made, 2, 5, "number")
    on_text = label_article(NewArticleLabel(key=uuid.uuid4(), version=made.current_version.uuid, label="mood"), by=ada)
    ends = {"from_annotation": span.key, "to_annotation": other.key}
    link = relate(NewRelation(key=uuid.uuid4(), label="answers", **ends), by=ada)
    sure = {"key": "sure", "name": "Sure?", "kind": "yes_no", "required": True}
    begins = {"key": "n", "kind": "number", "default": 1}
    labels = [new_label_of(label) for label in current_labels(mia.project)]
    asked = [
        replace(label, attributes=[sure, begins]) if label.key in ("claim", "mood", "answers") else label
        for label in labels
    ]
    revise_label_set(asked, by=mia)
    _wants(mia, ada, {"rule": "required_attributes"})

    found = missing_on(made.current_version, by=ada)
    change_annotation(span.key, AnnotationChange(attributes={"sure": False}), by=ada, base_version=1)
    change_relation(link.key, LabelChange(attributes={"sure": True}), by=ada, base_version=1)

    assert [(each.kind, each.key) for each in found] == [
        ("annotation", str(span.key)),
        ("relation", str(link.key)),
        ("article_label", str(on_text.key)),
    ]
    assert found[1].message == "“stieg” → “Der” (Answers) lacks “Sure?”."
    assert _missing(made, ada) == [("required_attributes", "article_label", str(on_text.key))]
    _wants(mia, ada, {"rule": "required_attributes", "label": "claim"})
    assert _missing(made, ada) == []


def test_questions_on_the_article_are_wanted_once_and_some_only_where_another_says_so(mia, ada):
    made = factories.article(mia)
    named = {"key": "names_source", "name": "Names a source?", "kind": "yes_no", "required": True}
    which = {"key": "which", "name": "Which?", "kind": "text", "required_if": {"key": "names_source", "values": [True]}}
    kinds = {"key": "kinds", "name": "Kinds", "kind": "many", "values": ["office", "person"]}
    who = {"key": "who", "name": "Who?", "kind": "text", "required_if": {"key": "kinds", "values": ["person"]}}
    factories.label_for(mia.project, "questions", "article", attributes=[named, which, kinds, who])
    rules = {"rule": "article_has_label", "label": "questions"}, {"rule": "required_attributes", "label": "questions"}
    _wants(mia, ada, *rules)
    without = _missing(made, ada)
    form = label_article(NewArticleLabel(uuid.uuid4(), made.current_version.uuid, "questions"), by=ada)
    found = []
    answers = (
        {},
        {"names_source": False},
        {"names_source": True},
        {"names_source": True, "which": "Amt", "kinds": ["office", "person"]},
        {"names_source": True, "which": "Amt", "kinds": ["office"]},
    )
    for version, given in enumerate(answers, start=1):
        change_article_label(form.key, LabelChange(attributes=given), by=ada, base_version=version - bool(version > 1))
        found.append([each.message.split("lacks ")[1] for each in missing_on(made.current_version, by=ada)])

    assert without == [("article_has_label", "article", "")]
    assert found == [["“Names a source?”."], [], ["“Which?”."], ["“Who?”."], []]
