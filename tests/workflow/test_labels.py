"""The labels of a project: typed attributes, keys, what was retired, and merging one label into another."""

from __future__ import annotations

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotations.errors import Conflict, Forbidden, Refused
from annotations.jobs.leases import claim_chunk, owner_name
from annotations.jobs.running import run_chunk, run_to_the_end
from annotations.jobs.starting import start_undo
from annotations.jobs.steering import cancel_job, continue_job
from annotations.models import Annotation, ArticleLabel, AuditEvent, Job, Label, LabelSet
from annotations.tasks import KINDS
from annotations.text.spans import Span
from annotations.workflow import merging_labels
from annotations.workflow.annotating import AnnotationChange, annotate, change_annotation, withdraw_annotation
from annotations.workflow.labels import near_labels, retired_labels, use_of_labels
from annotations.workflow.merging_labels import LabelMerge, count_label_merge, start_merging_labels
from annotations.workflow.parts import Part
from annotations.workflow.projects import NewLabel, current_labels, revise_label_set
from annotations.workflow.relating import NewArticleLabel, NewRelation, label_article, relate
from tests import factories

pytestmark = pytest.mark.django_db

SURE = {"key": "sure", "name": "Sure?", "kind": "one", "values": ["yes", "no"], "required": True}
COUNT = {"key": "count", "kind": "number", "min": 0, "default": 1}


@pytest.fixture
def mia():
    return factories.project()


@pytest.fixture
def ada(mia):
    return factories.member(mia, "ada")


def done(job: Job) -> Job:
    run_to_the_end(job.pk, KINDS, owner=owner_name())
    job.refresh_from_db()
    assert job.state == Job.State.DONE, job.message
    return job


def labelled(by, made, key: str) -> ArticleLabel:
    return label_article(NewArticleLabel(key=uuid.uuid4(), version=made.current_version.uuid, label=key), by=by)


def states(row) -> list[tuple[str, int]]:
    return [(each.label.key, each.version_number) for each in row.revisions.select_related("label")]


@pytest.mark.parametrize(
    ("attribute", "code"),
    [
        ({"name": "Sure?"}, "attribute_key"),
        ({"key": "sure"}, "attribute_kind"),
        (SURE | {"kind": "colour"}, "attribute_kind"),
        (SURE | {"values": []}, "attribute_values"),
        (SURE | {"values": ["yes", " "]}, "attribute_values"),
        (SURE | {"values": ["yes", "yes"]}, "attribute_values"),
        (SURE | {"required": "yes"}, "attribute_required"),
        (SURE | {"default": "perhaps"}, "attribute_default"),
        (COUNT | {"min": 5, "max": 2}, "attribute_bounds"),
        (COUNT | {"default": -1}, "attribute_default"),
        (SURE | {"required_if": {"key": "gone", "values": [1]}}, "attribute_condition"),
        (SURE | {"required_if": {"key": "n", "values": []}}, "attribute_condition"),
        (SURE | {"required_if": {"key": "n", "values": ["many"]}}, "attribute_condition"),
        (SURE | {"required_if": "n"}, "attribute_condition"),
    ],
)
def test_an_attribute_that_nobody_could_fill_in_is_refused_by_its_place(mia, attribute, code):
    with pytest.raises(Refused) as refusal:
        revise_label_set([NewLabel("claim", "Claim", attributes=[COUNT | {"key": "n"}, attribute])], by=mia)

    assert (refusal.value.code, refusal.value.field) == (code, "labels.0.attributes.1")
    assert LabelSet.objects.count() == 1


def test_an_attribute_that_came_with_a_file_may_stay_as_it_is(mia):
    Label.objects.filter(key="claim").update(attributes=[{"name": "From elsewhere", "x": 1}])

    made = revise_label_set([NewLabel("claim", "Fact", attributes=[{"name": "From elsewhere", "x": 1}, SURE])], by=mia)

    assert made.labels.get().attributes[1] == SURE


def test_a_key_that_is_taken_says_by_what_and_which_are_free(mia):
    labels = [
        NewLabel("a", "Eins", shortcut="1"),
        NewLabel("b", "Zwei", shortcut="x"),
        NewLabel("c", "C", shortcut="X"),
    ]

    with pytest.raises(Refused, match=r"“X” belongs to the label “Zwei” already\. Free are: 2, 3, 4"):
        revise_label_set(labels, by=mia)


def test_two_labels_of_one_kind_have_two_names(mia):
    same = [NewLabel("fact", "Fact"), NewLabel("truth", "fact")]
    with pytest.raises(Refused) as refused:
        revise_label_set(same, by=mia)

    assert (refused.value.code, refused.value.field) == ("label_name_taken", "labels.1.name")
    assert "“fact” is the name of “fact” too" in str(refused.value)
    revise_label_set([NewLabel("fact", "Fact"), NewLabel("truth", "Fact", applies_to="article")], by=mia)


def test_a_default_is_given_where_nobody_says_otherwise(mia, ada):
    revise_label_set([NewLabel("claim", "Claim", attributes=[SURE, COUNT])], by=mia)
    made = factories.article(mia)

    assert factories.annotation(ada, made, 12, 17).attributes == {"count": 1}
    assert factories.annotation(ada, made, 2, 5, attributes={}).attributes == {}


def test_what_a_label_is_for_stays_once_it_is_used(mia, ada):
    factories.annotation(ada, factories.article(mia), 12, 17)

    with pytest.raises(Refused, match="in use on a span already"):
        revise_label_set([NewLabel("claim", "Claim", applies_to="article")], by=mia)

    assert revise_label_set([NewLabel("number", "Number", applies_to="relation")], by=mia).version == 2


def test_a_retired_label_is_listed_with_its_use_and_can_come_back(mia, ada):
    factories.annotation(ada, factories.article(mia), 12, 17)
    revise_label_set([NewLabel("number", "Number")], by=mia)

    now = current_labels(mia.project)
    retired = {each.label.key: each.used for each in retired_labels(mia.project, now, use_of_labels(mia.project))}

    assert (retired["claim"], retired["date"], "number" in retired) == (1, 0, False)
    assert AuditEvent.objects.get(verb="label_set.revised").after["retired"][0] == "claim"
    revise_label_set([NewLabel("number", "Number"), NewLabel("claim", "Claim")], by=mia)
    assert "claim" not in [each.label.key for each in retired_labels(mia.project, current_labels(mia.project), {})]


def test_colours_too_near_each_other_are_named_with_both_labels(mia):
    labels = [
        NewLabel("a", "Eins", color="#1565c0"),
        NewLabel("b", "Zwei", color="#1666c0"),
        NewLabel("c", "Drei", color="#1565c0", applies_to="article"),
    ]
    assert near_labels(current_labels(mia.project)) == []

    revise_label_set(labels, by=mia)

    assert [(one.name, other.name) for one, other in near_labels(current_labels(mia.project))] == [("Eins", "Zwei")]


def test_a_merge_is_counted_then_done_and_every_state_before_is_kept(mia, ada, monkeypatch):
    monkeypatch.setattr(merging_labels, "ROWS_IN_A_CHUNK", 2)
    ben, made = factories.member(mia, "ben"), factories.article(mia)
    revise_label_set(
        [
            NewLabel("claim", "Claim", attributes=[SURE]),
            NewLabel("fact", "Fact", attributes=[SURE | {"values": ["yes", "maybe"]}]),
            NewLabel("sub", "Sub", parent="fact"),
        ],
        by=mia,
    )
    factories.set_project(mia, submit_rules=[{"rule": "spans_have_note", "label": "fact"}])
    first = factories.annotation(ada, made, 12, 17, "fact", attributes={"sure": "maybe", "else": 1})
    gone = factories.annotation(ben, made, 2, 5, "fact", attributes={"sure": "yes"})
    withdraw_annotation(gone.key, by=ben, base_version=1)
    text = made.current_version.text
    parts = tuple(Part(Span(start, end), text[start:end]) for start, end in ((2, 5), (12, 17)))
    pieces = annotate(factories.new_annotation(made.current_version, 2, 17, "fact", parts=parts), by=ada)
    factories.annotation(ada, made, 12, 17, "claim")
    merge = LabelMerge("fact", "claim")

    count = count_label_merge(merge, by=mia)
    job = done(start_merging_labels(merge, by=mia, base_version=2))

    assert (count.annotations, count.withdrawn, count.articles, count.people) == (3, 1, 1, 2)
    assert (count.unfitting, count.doubled, count.children, count.retires) == (1, 1, 1, True)
    first.refresh_from_db()
    gone.refresh_from_db()
    pieces.refresh_from_db()
    assert {(row.label.key, row.label.label_set.version) for row in (first, gone, pieces)} == {("claim", 3)}
    assert (first.attributes, first.version_number, states(first)) == ({"else": 1}, 2, [("fact", 1)])
    assert (gone.withdrawn_at is not None, states(gone)) == (True, [("fact", 1), ("fact", 2)])
    kept = first.revisions.get()
    assert (kept.attributes, kept.label_set_version, kept.replaced_by) == ({"sure": "maybe", "else": 1}, 2, mia)
    assert [part["quote"] for part in pieces.revisions.get().fragments] == [text[2:5], text[12:17]]
    assert [(label.key, label.parent and label.parent.key) for label in current_labels(mia.project)] == [
        ("claim", None),
        ("sub", "claim"),
    ]
    mia.project.refresh_from_db()
    assert mia.project.submit_rules[0]["label"] == "claim"
    assert (job.n_updated, job.total) == (3, 3)
    assert "3 judgements of “Fact” now have the label “Claim”" in job.message
    assert AuditEvent.objects.filter(verb="labels.merged").count() == 2


def test_a_merge_is_undone_with_place_attributes_checks_and_suggestions_and_later_words_stay(mia, ada, monkeypatch):
    monkeypatch.setattr(merging_labels, "ROWS_IN_A_CHUNK", 2)
    ben, made = factories.member(mia, "ben"), factories.article(mia)
    labels = [
        NewLabel("fact", "Fact", shortcut="f", attributes=[SURE | {"values": ["yes", "maybe"]}]),
        NewLabel("sub", "Sub", parent="fact"),
        NewLabel("claim", "Claim", attributes=[SURE]),
        NewLabel("other", "Other"),
    ]
    revise_label_set(labels, by=mia)
    rules = [{"rule": "spans_have_note", "label": name} for name in ("fact", "claim")]
    factories.set_project(mia, submit_rules=rules)
    plain = factories.annotation(ada, made, 12, 17, "fact", attributes={"sure": "maybe"})
    noted, moved, chosen, back = (factories.annotation(ada, made, n, n + 2, "fact") for n in (0, 3, 6, 9))
    gone = factories.annotation(ben, made, 2, 5, "fact")
    withdraw_annotation(gone.key, by=ben, base_version=1)
    own = factories.annotation(ben, made, 12, 17, "claim")
    proposed, third = factories.suggestion(made, "Preis", "fact"), factories.suggestion(made, "stieg", "other")

    merge = done(start_merging_labels(LabelMerge("fact", "claim"), by=mia))
    proposed.refresh_from_db()
    assert (proposed.label.key, "1 suggestion proposes the other label now." in merge.message) == ("claim", True)
    change_annotation(noted.key, AnnotationChange(note="Since."), by=ada, base_version=2)
    change_annotation(moved.key, AnnotationChange(label="other"), by=ada, base_version=2)
    change_annotation(chosen.key, AnnotationChange(label="other"), by=ada, base_version=2)
    change_annotation(chosen.key, AnnotationChange(label="claim"), by=ada, base_version=3)
    withdraw_annotation(back.key, by=ada, base_version=2)
    since = factories.annotation(ada, made, 19, 22, "claim")
    undoing = done(start_undo(mia, merge))

    rows = {row: Annotation.objects.get(pk=row.pk) for row in (plain, noted, moved, chosen, back, gone, own, since)}
    assert [row.label.key for row in rows.values()] == [
        *("fact", "fact", "other", "claim", "fact", "fact"),
        *("claim", "claim"),
    ]
    assert (rows[plain].attributes, rows[plain].version_number) == ({"sure": "maybe"}, 3)
    assert states(plain) == [("fact", 1), ("claim", 2)]
    assert (rows[noted].note, rows[gone].withdrawn_at is None, rows[back].withdrawn_at is None) == (
        "Since.",
        False,
        False,
    )
    current = current_labels(mia.project)
    assert [(label.key, label.parent and label.parent.key) for label in current] == [
        ("fact", None),
        ("sub", "fact"),
        ("claim", None),
        ("other", None),
    ]
    assert (current[0].shortcut, {row.label_id for row in (rows[plain], rows[gone])}) == ("f", {current[0].pk})
    mia.project.refresh_from_db()
    assert [rule["label"] for rule in mia.project.submit_rules] == ["fact", "claim"]
    for each, key in ((proposed, "fact"), (third, "other")):
        each.refresh_from_db()
        assert each.label.key == key
    assert (undoing.n_read, undoing.n_updated, undoing.n_unchanged) == (6, 4, 2)
    assert undoing.message == (
        "4 judgements have the label “Fact” again. 2 were given a label by somebody since and stay as they are. "
        "1 suggestion proposes it again."
    )
    assert AuditEvent.objects.filter(verb="labels.parted").count() == 4
    for job in (merge, undoing):
        with pytest.raises(Refused):
            start_undo(mia, job)
    again = done(start_merging_labels(LabelMerge("fact", "claim"), by=mia))
    assert again.n_updated == 4


def test_undoing_a_merge_brings_back_what_it_withdrew_on_articles_and_is_for_managers(mia, ada):
    made = factories.article(mia)
    for key, kind in (("cites", "relation"), ("quotes", "relation"), ("news", "article"), ("report", "article")):
        factories.label_for(mia.project, key, kind)
    ends = [factories.annotation(ada, made, *span).key for span in ((12, 17), (2, 5))]
    link = relate(NewRelation(key=uuid.uuid4(), from_annotation=ends[0], to_annotation=ends[1], label="cites"), by=ada)
    news, report = labelled(ada, made, "news"), labelled(ada, made, "report")
    merges = [
        done(start_merging_labels(merge, by=mia))
        for merge in (LabelMerge("news", "report"), LabelMerge("cites", "quotes"))
    ]

    with pytest.raises(Forbidden):
        start_undo(ada, merges[0])
    for merge in merges:
        done(start_undo(mia, merge))

    for row in (news, report, link):
        row.refresh_from_db()
    assert [(row.label.key, row.withdrawn_at) for row in (news, report, link)] == [
        ("news", None),
        ("report", None),
        ("cites", None),
    ]
    assert states(news) == [("news", 1), ("report", 2)]


def test_a_merge_that_was_cancelled_half_way_goes_on_and_is_undone_whole(mia, ada, monkeypatch):
    monkeypatch.setattr(merging_labels, "ROWS_IN_A_CHUNK", 1)
    made = factories.article(mia)
    for n in (0, 3, 6):
        factories.annotation(ada, made, n, n + 2)
    job = start_merging_labels(LabelMerge("claim", "number"), by=mia)
    for _chunk in range(2):
        run_chunk(claim_chunk("one", job.pk), KINDS, owner="one")
    cancel_job(mia, job)
    run_to_the_end(job.pk, KINDS, owner=owner_name())
    assert Annotation.objects.filter(label__key="number").count() == 1
    job.refresh_from_db()
    done(continue_job(mia, job))
    assert Annotation.objects.filter(label__key="number").count() == 3
    job.refresh_from_db()
    done(start_undo(mia, job))
    assert Annotation.objects.filter(label__key="claim").count() == 3


def test_merging_and_undoing_ask_as_often_for_many_rows_of_a_chunk_as_for_few(mia, ada):
    """SQLite takes 999 values a statement, so that there a chunk of 500 writes its earlier states in eight."""
    made = factories.article(mia, "x " * 100)
    counts = []
    for most in (3, 60):
        for n in range(Annotation.objects.count(), most):
            factories.annotation(ada, made, 2 * n, 2 * n + 1)
        merge = start_merging_labels(LabelMerge("claim", "number"), by=mia)
        counts.append(queries_of_the_first_chunk(merge))
        counts.append(queries_of_the_first_chunk(start_undo(mia, done(merge))))
        done(Job.objects.latest("pk"))
    assert counts[:2] == counts[2:]
    assert max(counts) <= 20


def queries_of_the_first_chunk(job: Job) -> int:
    run_chunk(claim_chunk("one", job.pk), KINDS, owner="one")
    chunk = claim_chunk("one", job.pk)
    with CaptureQueriesContext(connection) as asked:
        run_chunk(chunk, KINDS, owner="one")
    return len(asked)


def test_relations_and_labels_on_articles_go_along_and_none_stands_twice(mia, ada):
    made = factories.article(mia)
    for key, kind in (("cites", "relation"), ("quotes", "relation"), ("news", "article"), ("report", "article")):
        factories.label_for(mia.project, key, kind)
    ends = [factories.annotation(ada, made, *span).key for span in ((12, 17), (2, 5))]
    link = relate(NewRelation(key=uuid.uuid4(), from_annotation=ends[0], to_annotation=ends[1], label="cites"), by=ada)
    news, _report = labelled(ada, made, "news"), labelled(ada, made, "report")

    count = count_label_merge(LabelMerge("news", "report"), by=mia)
    done(start_merging_labels(LabelMerge("news", "report"), by=mia))
    done(start_merging_labels(LabelMerge("cites", "quotes"), by=mia))

    news.refresh_from_db()
    link.refresh_from_db()
    assert (count.already, news.withdrawn_at is not None, states(news)) == (1, True, [("news", 1)])
    assert ArticleLabel.objects.filter(withdrawn_at__isnull=True).count() == 1
    assert (link.label.key, states(link)) == ("quotes", [("cites", 1)])


def test_a_label_that_was_retired_long_ago_can_be_merged_still_and_twice_does_no_harm(mia, ada):
    old = factories.annotation(ada, factories.article(mia), 12, 17)
    revise_label_set([NewLabel("number", "Number")], by=mia)

    done(start_merging_labels(LabelMerge("claim", "number"), by=mia, base_version=2))
    again = done(start_merging_labels(LabelMerge("claim", "number"), by=mia, base_version=2))

    old.refresh_from_db()
    assert (old.label.key, old.version_number, again.n_updated) == ("number", 2, 0)
    assert LabelSet.objects.count() == 2


def test_what_cannot_be_merged_is_refused_and_a_stale_form_is_told(mia, ada):
    factories.label_for(mia.project, "cites", "relation")

    for pair in (("claim", "claim"), ("claim", "nothing"), ("nothing", "claim"), ("cites", "claim")):
        with pytest.raises(Refused):
            start_merging_labels(LabelMerge(*pair), by=mia)
    with pytest.raises(Conflict):
        start_merging_labels(LabelMerge("claim", "number"), by=mia, base_version=7)
    with pytest.raises(Forbidden):
        start_merging_labels(LabelMerge("claim", "number"), by=ada)
    assert (Job.objects.count(), LabelSet.objects.count(), Annotation.objects.count()) == (0, 1, 0)


def test_a_label_merged_into_one_below_it_leaves_that_at_its_place(mia):
    labels = [
        NewLabel("a", "A"),
        NewLabel("b", "B", parent="a"),
        NewLabel("c", "C", parent="b"),
        NewLabel("d", "D", parent="a"),
    ]
    revise_label_set(labels, by=mia)

    done(start_merging_labels(LabelMerge("a", "c"), by=mia))

    parents = {label.key: label.parent and label.parent.key for label in current_labels(mia.project)}
    assert parents == {"b": "c", "c": None, "d": "c"}
