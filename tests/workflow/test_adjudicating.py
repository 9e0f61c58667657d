"""Review and adjudication: who may, what becomes gold and where it came from, two reviewers, undoing, finishing."""

from __future__ import annotations

import json
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotations.access import visible_to
from annotations.access.requests import Request
from annotations.errors import Conflict, Forbidden, Refused
from annotations.models import (
    Adjudication,
    Annotation,
    ArticleLabel,
    ArticleVersion,
    Assignment,
    AuditEvent,
    Membership,
    Relation,
    Ruling,
    RulingSource,
)
from annotations.text.spans import Span
from annotations.workflow.adjudicating import (
    GoldSpan,
    NewRuling,
    finish,
    reopen_adjudication,
    settle,
    take_over,
    undo_take_over,
    withdraw_ruling,
)
from annotations.workflow.annotating import withdraw_annotation
from annotations.workflow.assigning import reopen, submit
from annotations.workflow.correcting import correct_article
from annotations.workflow.gold_labels import GoldLabel
from annotations.workflow.merging import merge_articles
from annotations.workflow.projects import change_project
from annotations.workflow.relating import (
    NewArticleLabel,
    NewRelation,
    label_article,
    relate,
    withdraw_article_label,
)
from annotations.workflow.returning import return_work
from annotations.workflow.reviewing import review_of
from tests import factories
from tests.corpora import exported, imported, without_name

pytestmark = pytest.mark.django_db
TEXT = factories.GERMAN
GOLD = Annotation.Layer.GOLD


@pytest.fixture
def story(mia, ada, ben):
    """Ada and Ben agree on 4–9, differ in the end of 12–17 and in the label of 28–40; Ada alone has 68–73."""
    made = factories.article(mia)
    for by, marks in (
        (ada, ((4, 9, "claim"), (12, 17, "claim"), (28, 40, "quotation"), (68, 73, "actor"))),
        (ben, ((4, 9, "claim"), (12, 23, "claim"), (28, 40, "claim"))),
    ):
        for start, end, label in marks:
            factories.annotation(by, made, start, end, label)
        submit(made, by=by)
    return made


def differing(story):
    return review_of(story.current_version).differing


def ruling(unit, outcome="chosen", **values):
    return NewRuling(uuid.uuid4(), unit.unit.name, outcome, **values)


def gold(story):
    rows = Annotation.objects.filter(version=story.current_version, layer=GOLD, withdrawn_at__isnull=True)
    return [(row.start, row.end, row.label.key, row.created_by.pseudonym) for row in rows.order_by("start", "end")]


def settle_all(story, by, whose):
    take_over(story, by=by)
    for unit in differing(story):
        settle(story, ruling(unit, person=whose.uuid), by=by)


def test_what_agrees_becomes_gold_by_one_act_that_can_be_undone(story, rosa, ada, ben):
    once = Request.of(uuid.uuid4(), "take over")

    assert take_over(story, by=rosa, request=once) == 1
    assert take_over(story, by=rosa, request=once) == 1
    assert gold(story) == [(4, 9, "claim", rosa.pseudonym)]
    came_from = RulingSource.objects.filter(gold__layer=GOLD).values_list("annotation__created_by", "ruling__outcome")
    assert set(came_from) == {(ada.pk, "agreed"), (ben.pk, "agreed")}

    assert undo_take_over(story, by=rosa) == 1
    assert gold(story) == []
    assert take_over(story, by=rosa) == 1
    verbs = AuditEvent.objects.filter(object_key=str(story.uuid), verb__startswith="adjudication").order_by("pk")
    assert [each.verb.split(".")[1] for each in verbs] == ["taken_over", "take_over_undone", "taken_over"]


def test_each_difference_is_settled_by_choosing_editing_merging_or_rejecting(story, rosa, ada, ben):
    bounds, label, alone = differing(story)

    settle(
        story, ruling(bounds, "edited", person=ben.uuid, span=GoldSpan(Span(12, 19), "number", TEXT[12:19])), by=rosa
    )
    settle(story, ruling(label, person=ada.uuid, error_category="label", note="Es ist ein Zitat."), by=rosa)
    settle(story, ruling(alone, "rejected", guideline_unclear=True), by=rosa)

    assert gold(story) == [(12, 19, "number", rosa.pseudonym), (28, 40, "quotation", rosa.pseudonym)]
    sources = RulingSource.objects.filter(gold__isnull=False).values_list("gold__start", "annotation__created_by")
    assert set(sources) == {(12, ben.pk), (28, ada.pk)}
    assert [unit.is_settled for unit in differing(story)] == [True, True, True]
    (said,) = AuditEvent.objects.filter(verb="ruling.made", after__error_category="label")
    assert (said.actor, said.text.values) == (rosa, {"note": "Es ist ein Zitat."})

    chosen_before = label.unit.name
    state = review_of(story.current_version).named(bounds.unit.name)
    merged = GoldSpan(Span(12, 23), "claim")
    settle(story, ruling(bounds, "merged", span=merged, replaces=state.ruling.key), by=rosa)
    settle(story, ruling(alone, person=ben.uuid, replaces=differing(story)[2].ruling.key), by=rosa)

    assert gold(story) == [(12, 23, "claim", rosa.pseudonym), (28, 40, "quotation", rosa.pseudonym)]
    assert review_of(story.current_version).named(chosen_before).ruling.note == "Es ist ein Zitat."
    assert Ruling.objects.filter(withdrawn_at__isnull=True).count() == 3


def test_changing_only_the_remark_keeps_the_gold_row(story, rosa, ada):
    unit = differing(story)[0]
    first = settle(story, ruling(unit, person=ada.uuid), by=rosa)
    row = Annotation.objects.get(layer=GOLD)

    settle(story, ruling(unit, person=ada.uuid, note="So bleibt es.", replaces=first.key), by=rosa)

    assert Annotation.objects.get(layer=GOLD).version_number == row.version_number == 1
    of_row = RulingSource.objects.filter(gold=row)
    assert of_row.count() == 2
    assert of_row.filter(ruling__withdrawn_at__isnull=True).count() == 1


def test_two_reviewers_do_not_overrule_each_other_unseen(story, rosa, mia, ada, ben):
    unit = differing(story)[0]
    once = Request.of(uuid.uuid4(), "choose")
    first = ruling(unit, person=ada.uuid)
    made = settle(story, first, by=rosa, request=once)
    assert settle(story, first, by=rosa, request=once).pk == made.pk

    with pytest.raises(Conflict) as refused:
        settle(story, ruling(unit, person=ben.uuid), by=mia)
    assert (refused.value.code, refused.value.current) == ("ruling_stale", made)

    withdraw_ruling(made.key, by=mia, base_version=1)
    assert withdraw_ruling(made.key, by=mia, base_version=1).withdrawn_at is not None
    assert gold(story) == []
    settle(story, ruling(unit, person=ben.uuid), by=mia)
    assert [row[:2] for row in gold(story)] == [(12, 23)]


def test_only_reviewers_settle_only_what_was_handed_in_and_not_their_own(story, mia, rosa, ada, ben):
    for stranger in (ada, factories.member(mia, "vic", "viewer")):
        with pytest.raises(Forbidden):
            take_over(story, by=stranger)
    open_work = factories.article(mia)
    factories.annotation(ada, open_work, 4, 9)
    with pytest.raises(Refused, match="handed this article in"):
        take_over(open_work, by=rosa)
    submit(open_work, by=ada)
    factories.annotation(rosa, open_work, 4, 9)
    submit(open_work, by=rosa)
    with pytest.raises(Refused, match="annotated this article yourself"):
        take_over(open_work, by=rosa)


@pytest.mark.parametrize(
    ("outcome", "values", "code"),
    [
        ("agreed", {}, "outcome_unknown"),
        ("chosen", {}, "person_unknown"),
        ("edited", {}, "span_does_not_fit"),
        ("rejected", {"span": GoldSpan(Span(12, 17), "claim")}, "span_does_not_fit"),
        ("edited", {"span": GoldSpan(Span(12, 17), "claim", "steht")}, "quote_mismatch"),
        ("edited", {"span": GoldSpan(Span(12, 900), "claim")}, "span_outside_text"),
        ("edited", {"span": GoldSpan(Span(50, 60), "claim")}, "span_elsewhere"),
        ("edited", {"span": GoldSpan(Span(12, 17), "mood")}, "label_unknown"),
        ("rejected", {"error_category": "mood"}, "error_category_unknown"),
    ],
)
def test_a_ruling_that_does_not_fit_is_refused_and_leaves_nothing_behind(story, rosa, outcome, values, code):
    with pytest.raises(Refused) as refused:
        settle(story, ruling(differing(story)[0], outcome, **values), by=rosa)

    assert refused.value.code == code
    assert not Ruling.objects.exists()
    assert gold(story) == []


def test_finishing_wants_everything_settled_accepts_the_work_and_carries_what_lies_between(story, mia, rosa, ada, ben):
    factories.label_for(mia.project, "supports", "relation")
    factories.label_for(mia.project, "satire", "article")
    mine = list(Annotation.objects.filter(created_by=ada).order_by("start"))
    return_work(Assignment.objects.get(annotator=ada).uuid, "Bitte verbinden.", by=rosa)
    for n in (1, 3):
        relate(NewRelation(uuid.uuid4(), mine[0].key, mine[n].key, "supports"), by=ada)
    label_article(NewArticleLabel(uuid.uuid4(), story.current_version.uuid, "satire"), by=ada)
    submit(story, by=ada)
    return_work(Assignment.objects.get(annotator=ben).uuid, "Satire?", by=rosa)
    label_article(NewArticleLabel(uuid.uuid4(), story.current_version.uuid, "satire"), by=ben)
    submit(story, by=ben)

    with pytest.raises(Refused, match="3 of 3 differences"):
        finish(story, by=rosa)
    for unit in differing(story):
        settle(story, ruling(unit, person=(ada if unit.unit.start == 12 else ben).uuid), by=rosa)
    with pytest.raises(Refused, match="Take over first"):
        finish(story, by=rosa)
    assert take_over(story, by=rosa) == 2
    with pytest.raises(Refused, match="1 of 4 differences"):
        finish(story, by=rosa)
    settle(story, ruling(differing(story)[-1], person=ada.uuid), by=rosa)

    assert finish(story, by=rosa).finished_by == finish(story, by=rosa).finished_by == rosa
    assert set(Assignment.objects.values_list("state", flat=True)) == {"accepted"}
    (relation,) = Relation.objects.filter(layer=GOLD)
    assert (relation.from_annotation.start, relation.to_annotation.start) == (4, 12)
    assert ArticleLabel.objects.get(layer=GOLD).label.key == "satire"
    with pytest.raises(Refused, match="is adjudicated"):
        undo_take_over(story, by=rosa)

    reopen_adjudication(story, by=rosa)
    state = differing(story)[0]
    settle(story, ruling(state, "rejected", replaces=state.ruling.key), by=rosa)
    finish(story, by=rosa)

    assert not Relation.objects.filter(layer=GOLD, withdrawn_at__isnull=True).exists()
    assert ArticleLabel.objects.filter(layer=GOLD).count() == 1


def test_work_comes_back_with_a_note_and_what_changed_is_to_be_settled_again(story, rosa, mia, ada, ben):
    settle_all(story, rosa, ada)
    with pytest.raises(Refused, match="has begun to settle"):
        reopen(story, by=ada)
    assignment = Assignment.objects.get(annotator=ada)

    once = Request.of(uuid.uuid4(), "return")
    for _again in range(2):
        returned = return_work(assignment.uuid, " Bitte Zahlen prüfen. ", by=rosa, request=once)
    assert (returned.state, returned.return_note) == ("returned", "Bitte Zahlen prüfen.")
    assert reopen(story, by=ada).state == "returned"  # she can change it as it is
    mine = Annotation.objects.get(created_by=ada, start=68)
    withdraw_annotation(mine.key, by=ada, base_version=1)
    factories.annotation(ada, story, 80, 85)
    submit(story, by=ada)

    assert [(each.unit.start, each.is_settled) for each in differing(story)] == [(12, True), (28, True), (80, False)]
    assert gold(story)[-1][:2] == (68, 73)
    take_over(story, by=rosa)
    assert [row[0] for row in gold(story)] == [4, 12, 28]
    with pytest.raises(Refused, match="Say what is to be done"):
        return_work(assignment.uuid, " ", by=mia)


def test_reopening_a_review_that_nobody_began_begins_it_and_is_in_the_record(story, rosa, ada):
    for _again in range(2):
        assert reopen_adjudication(story, by=rosa).state == "open"

    assert AuditEvent.objects.filter(verb="adjudication.reopened", object_key=story.uuid).count() == 1
    with pytest.raises(Refused, match="has begun to settle"):
        reopen(story, by=ada)


def test_an_annotator_of_a_blind_project_sees_no_gold_and_gold_changes_by_review_alone(story, rosa, ada):
    settle_all(story, rosa, ada)

    assert not visible_to(ada, Annotation.objects.filter(layer=GOLD)).exists()
    row = Annotation.objects.filter(layer=GOLD).first()
    with pytest.raises(Refused, match="settled in a review"):
        withdraw_annotation(row.key, by=rosa, base_version=1)


def test_gold_that_stands_already_is_taken_up_and_not_doubled(story, rosa, ada):
    settle_all(story, rosa, ada)
    Ruling.objects.update(withdrawn_at="2026-01-01T00:00:00Z")
    before = set(Annotation.objects.filter(layer=GOLD).values_list("pk", flat=True))

    settle_all(story, rosa, ada)

    assert set(Annotation.objects.filter(layer=GOLD).values_list("pk", flat=True)) == before


def test_settling_asks_few_queries_however_many_units_there_are(story, rosa, ada):
    take_over(story, by=rosa)
    unit = differing(story)[0]

    with CaptureQueriesContext(connection) as queries:
        settle(story, ruling(unit, person=ada.uuid), by=rosa)

    assert len(queries) <= 24
    assert Adjudication.objects.get().state == "open"


def test_an_export_of_gold_holds_these_rows_and_comes_back_the_same(story, mia, rosa, ada):
    settle_all(story, rosa, ada)
    finish(story, by=rosa)

    first = exported(mia, layer="gold")
    (article,) = [row for row in map(json.loads, first.splitlines()) if row["type"] == "article"]

    places = [(row["start"], row["end"], row["label"], row["annotator"]) for row in article["annotations"]]
    assert places == [(*row[:3], rosa.pseudonym) for row in gold(story)]
    assert {row["layer"] for row in article["annotations"]} == {"gold"}
    whole = exported(mia)
    other = factories.project("lake", manager="otto")
    imported(other, {"a.jsonl": whole})
    assert without_name(exported(other)) == without_name(whole)


# Labels on the article, relations


@pytest.fixture
def labelled(mia, story, ada, ben):
    """Both say "topic", of different things; Ada alone says "satire". They link 4–9 to 12–17 (Ben's 23) differently."""
    kinds = [{"key": "of", "kind": "many", "values": ["prices", "grain", "war"]}]
    for key, applies_to in (("topic", "article"), ("satire", "article"), ("mood", "article"), ("supports", "relation")):
        factories.label_for(mia.project, key, applies_to, attributes=kinds if key == "topic" else [])
    factories.label_for(mia.project, "refutes", "relation")
    for by, of, link in ((ada, ["prices"], "supports"), (ben, ["grain", "prices"], "refutes")):
        reopen(story, by=by)
        version = story.current_version.uuid
        label_article(NewArticleLabel(uuid.uuid4(), version, "topic", attributes={"of": of}), by=by)
        first, second, *_others = Annotation.objects.filter(created_by=by).order_by("start")
        relate(NewRelation(uuid.uuid4(), first.key, second.key, link), by=by)
    label_article(NewArticleLabel(uuid.uuid4(), story.current_version.uuid, "satire"), by=ada)
    for by in (ada, ben):
        submit(story, by=by)
    return story


def kinds_of(story):
    return [(state.unit.kind, state.unit.spans[0].label) for state in differing(story) if state.unit.kind != "span"]


def of_kind(story, kind, label=None):
    return next(
        state for state in differing(story) if state.unit.kind == kind and label in (None, state.unit.spans[0].label)
    )


def gold_labels():
    rows = ArticleLabel.objects.filter(layer=GOLD, withdrawn_at__isnull=True).order_by("label__key")
    return [(row.label.key, row.attributes) for row in rows]


def gold_links():
    rows = Relation.objects.filter(layer=GOLD, withdrawn_at__isnull=True)
    return [(row.label.key, row.from_annotation.start, row.to_annotation.end) for row in rows]


def test_labels_on_the_article_are_chosen_merged_edited_and_rejected_and_name_their_origin(labelled, rosa, ada, ben):
    assert kinds_of(labelled) == [("article_label", "satire"), ("article_label", "topic")]

    made = settle(labelled, ruling(of_kind(labelled, "article_label", "topic"), person=ben.uuid), by=rosa)
    assert gold_labels() == [("topic", {"of": ["grain", "prices"]})]
    came_from = RulingSource.objects.filter(ruling=made).values_list(
        "article_label__created_by", "gold_article_label__created_by"
    )
    assert set(came_from) == {(ada.pk, None), (ben.pk, rosa.pk)}
    row = ArticleLabel.objects.get(layer=GOLD)
    with pytest.raises(Refused, match="settled in a review"):
        withdraw_article_label(row.key, by=rosa, base_version=1)

    merged = ruling(of_kind(labelled, "article_label", "topic"), "merged", replaces=made.key)
    made = settle(labelled, merged, by=rosa)
    assert gold_labels() == [("topic", {"of": ["prices", "grain"]})]
    given = GoldLabel("topic", {"of": ["war"]})
    made = settle(
        labelled,
        ruling(of_kind(labelled, "article_label", "topic"), "edited", given=given, replaces=made.key),
        by=rosa,
    )
    assert gold_labels() == [("topic", {"of": ["war"]})]
    again = ruling(of_kind(labelled, "article_label", "satire"), "edited", given=given)
    with pytest.raises(Refused, match="has this label in gold already"):
        settle(labelled, again, by=rosa)
    settle(labelled, ruling(of_kind(labelled, "article_label", "satire"), "rejected"), by=rosa)
    withdraw_ruling(made.key, by=rosa, base_version=1)

    assert gold_labels() == []
    settled = [state.is_settled for state in differing(labelled) if state.unit.kind == "article_label"]
    assert settled == [True, False]


def test_a_relation_is_settled_once_its_ends_are_and_goes_when_one_of_them_does(labelled, rosa, ada, ben):
    assert review_of(labelled.current_version).pending == 2
    take_over(labelled, by=rosa)
    first = settle(labelled, ruling(of_kind(labelled, "span"), person=ada.uuid), by=rosa)
    review = review_of(labelled.current_version)
    assert (review.pending, [state.unit.kind for state in review.differing][-1]) == (0, "relation")
    link = of_kind(labelled, "relation")
    assert {span.label for span in link.unit.spans} == {"supports", "refutes"}

    made = settle(labelled, ruling(link, person=ben.uuid), by=rosa)
    assert gold_links() == [("refutes", 4, 17)]
    edited = ruling(link, "edited", given=GoldLabel("supports"), replaces=made.key)
    settle(labelled, edited, by=rosa)
    assert gold_links() == [("supports", 4, 17)]

    again = settle(labelled, ruling(of_kind(labelled, "span"), person=ben.uuid, replaces=first.key), by=rosa)
    assert gold_links() == []
    assert not of_kind(labelled, "relation").is_settled
    settle(labelled, ruling(of_kind(labelled, "relation"), person=ada.uuid), by=rosa)
    assert gold_links() == [("supports", 4, 23)]
    settle(labelled, ruling(of_kind(labelled, "span"), "rejected", replaces=again.key), by=rosa)
    assert (gold_links(), review_of(labelled.current_version).pending) == ([], 0)
    assert "relation" not in dict(kinds_of(labelled))


@pytest.mark.parametrize(
    ("kind", "outcome", "values", "code"),
    [
        ("article_label", "edited", {}, "label_does_not_fit"),
        ("article_label", "merged", {"span": GoldSpan(Span(12, 17), "claim")}, "span_does_not_fit"),
        ("article_label", "edited", {"given": GoldLabel("supports")}, "label_unknown"),
        ("article_label", "edited", {"given": GoldLabel("topic", {"of": ["tea"]})}, "attribute_value"),
        ("span", "rejected", {"given": GoldLabel("topic")}, "label_does_not_fit"),
    ],
)
def test_a_ruling_on_another_kind_that_does_not_fit_is_refused(labelled, rosa, kind, outcome, values, code):
    with pytest.raises(Refused) as refused:
        settle(labelled, ruling(of_kind(labelled, kind), outcome, **values), by=rosa)

    assert (refused.value.code, Ruling.objects.exists()) == (code, False)


def test_all_kinds_are_settled_finished_exported_and_come_back(labelled, mia, rosa, ada):
    settle_all(labelled, rosa, ada)
    with pytest.raises(Refused, match="1 of 6 differences"):
        finish(labelled, by=rosa)
    link = ruling(of_kind(labelled, "relation"), person=ada.uuid)
    with CaptureQueriesContext(connection) as queries:
        settle(labelled, link, by=rosa)
    assert len(queries) <= 25
    finish(labelled, by=rosa)
    with CaptureQueriesContext(connection) as queries:
        review_of(labelled.current_version)
    assert len(queries) <= 14

    assert gold_links() == [("supports", 4, 17)]
    assert gold_labels() == [("satire", {}), ("topic", {"of": ["prices"]})]
    whole = exported(mia)
    other = factories.project("lake", manager="otto")
    imported(other, {"a.jsonl": whole})
    assert without_name(exported(other)) == without_name(whole)
    there = review_of(ArticleVersion.objects.get(project=other.project))
    assert (there.is_finished, there.counted()["settled"], there.counted()["differing"]) == (True, 6, 6)


# A corrected text, a merged article


def corrected(story, mia, before, after):
    version = story.current_version
    correct_article(story, version.text.replace(before, after), by=mia, base_version=version.uuid)
    story.refresh_from_db()
    return story


def test_after_a_correction_all_opens_again_and_gold_that_went_along_is_taken_up(labelled, mia, rosa, ada, ben):
    settle_all(labelled, rosa, ada)
    settle(labelled, ruling(of_kind(labelled, "relation"), person=ada.uuid), by=rosa)
    finish(labelled, by=rosa)

    story = corrected(labelled, mia, "1.240 Menschen", "1.250 Menschen")

    review = review_of(story.current_version)
    assert (review.is_finished, review.counted()["settled"], review.counted()["taken_over"]) == (False, 0, 0)
    before = {(type(row).__name__, row.pk) for row in review.other_gold}
    assert {name for name, _pk in before} == {"Annotation", "Relation", "ArticleLabel"}
    settle_all(story, rosa, ada)
    settle(story, ruling(of_kind(story, "relation"), person=ada.uuid), by=rosa)
    finish(story, by=rosa)
    review = review_of(story.current_version)
    after = {(type(row).__name__, row.pk) for kind in review.gold.values() for row in kind.values()}
    assert (after, review.other_gold) == (before, [])


def test_after_a_correction_of_its_words_a_relation_waits_with_its_end_and_labels_stay(labelled, mia, rosa, ada, ben):
    settle_all(labelled, rosa, ada)
    settle(labelled, ruling(of_kind(labelled, "relation"), person=ada.uuid), by=rosa)

    story = corrected(labelled, mia, "stieg", "fiel")
    for by in (ada, ben):
        if story.current_version.assignments.get(annotator=by).state == "open":
            submit(story, by=by)

    review = review_of(story.current_version)
    assert not any(isinstance(row, Relation) for row in (*review.rows.values(), *review.gold["relation"].values()))
    assert {row.label.key for row in review.gold["article_label"].values()} == {"satire", "topic"}
    settle_all(story, rosa, ada)
    finish(story, by=rosa)
    rows = Relation.objects.filter(version=story.current_version, layer=GOLD, withdrawn_at__isnull=True)
    assert (rows.count(), review_of(story.current_version).pending) == (0, 0)


def test_rulings_of_every_kind_move_with_what_they_looked_at_into_the_article_kept(labelled, mia, rosa, ada):
    settle_all(labelled, rosa, ada)
    settle(labelled, ruling(of_kind(labelled, "relation"), person=ada.uuid), by=rosa)
    before = review_of(labelled.current_version).counted()
    twin = factories.article(mia, labelled.current_version.text)

    merge_articles(twin, labelled, by=mia)

    review = review_of(twin.current_version)
    assert (review.counted(), review.baseless, review.other_gold) == (before, [], [])


# Viewers


def test_viewers_of_a_blind_project_see_gold_once_its_review_is_finished(labelled, mia, rosa, ada):
    vic = factories.member(mia, "vic", "viewer")
    settle_all(labelled, rosa, ada)
    settle(labelled, ruling(of_kind(labelled, "relation"), person=ada.uuid), by=rosa)

    def seen(by):
        return [
            visible_to(by, model.objects.filter(layer=GOLD)).count() for model in (Annotation, Relation, ArticleLabel)
        ]

    assert seen(vic) == [0, 0, 0]
    finish(labelled, by=rosa)
    assert (seen(vic), seen(ada)) == ([4, 1, 2], [0, 0, 0])
    assert not visible_to(vic, Ruling.objects.all()).exists()
    reopen_adjudication(labelled, by=rosa)
    assert seen(vic) == [0, 0, 0]
    mia.project.refresh_from_db()
    change_project(mia.project, {"visibility": "open"}, by=mia, base_revision=mia.project.revision)
    for member in (vic, ada):
        assert seen(Membership.objects.select_related("project").get(pk=member.pk)) == [4, 1, 2]
