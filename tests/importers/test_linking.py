"""Relations, labels on articles, suggestions, sentences, verdicts and history of a file: kept, or named one by one."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest

from annotations.models import (
    Annotation,
    AnnotationRevision,
    Article,
    ArticleLabel,
    ArticleVersion,
    EvidenceItem,
    Job,
    LabelSet,
    Membership,
    Relation,
    Sentence,
    Suggestion,
    Verdict,
    VerdictScale,
)
from annotations.workflow.projects import NewLabel, revise_label_set
from tests.corpora import annotation, article, exported, imported, lines, undone
from tests.factories import GERMAN, member, project

pytestmark = pytest.mark.django_db
MOMENT = "2024-03-18T08:14:52.000000Z"


@pytest.fixture
def mia() -> Membership:
    manager = project()
    labels = [
        NewLabel(key="claim", name="Claim"),
        NewLabel(key="number", name="Number"),
        NewLabel(key="cause", name="Cause", applies_to="relation"),
        NewLabel(key="topic", name="Topic", applies_to="article"),
    ]
    revise_label_set(labels, by=manager)
    return manager


def spans() -> list[dict[str, Any]]:
    return [annotation(GERMAN, "Preis"), annotation(GERMAN, "4 %", label="number")]


def problems(job: Job) -> list[str]:
    return sorted(job.problems.values_list("field", flat=True))


def claim(**fields: Any) -> dict[str, Any]:
    made = {"type": "claim", "key": str(uuid.uuid4()), "text": "Der Preis stieg.", "annotator": "zoë"}
    return made | {"evidence_sets": [{"n": 1, "items": []}]} | fields


def verdict(value: str = "supported", **fields: Any) -> dict[str, Any]:
    return {"key": str(uuid.uuid4()), "value": value, "annotator": "zoë"} | fields


def test_everything_on_a_text_arrives_and_the_same_file_changes_nothing(mia):
    first, second = spans()
    record = article(
        text=GERMAN,
        annotations=[first, second],
        relations=[{"from": first["key"], "to": second["key"], "label": "cause", "annotator": "zoë"}],
        article_labels=[{"label": "topic", "annotator": "zoë"}],
        suggestions=[{"start": 6, "end": 11, "label": "claim", "suggested_by": "tagger 2.1", "score": 0.7}],
        sentences=[[0, 25], [26, 40]],
    )

    jobs = [imported(mia, {"a.jsonl": lines(record)}) for _n in range(2)]

    assert [job.state for job in jobs] == ["done", "done"]
    for model in (Relation, ArticleLabel, Suggestion):
        made = model.objects.get()
        assert made.created_by_job == jobs[0]
    assert Sentence.objects.filter(splitter="file").count() == 2
    for words in ("1 relation is", "1 label on articles", "1 suggestion is", "2 stated sentences"):
        assert words in jobs[0].message
        assert words not in jobs[1].message


def test_each_bad_row_is_left_out_and_named(mia):
    first, second = spans()
    record = article(
        text=GERMAN,
        annotations=[first, second],
        relations=[
            {"from": first["key"], "to": str(uuid.uuid4()), "label": "cause"},
            {"from": first["key"], "to": second["key"], "label": "claim"},
            {"from": first["key"], "to": second["key"], "label": "cause"},
        ],
        article_labels=[
            {"label": "topic", "annotator": "zoë"},
            {"label": "topic", "annotator": "zoë", "key": str(uuid.uuid4())},
        ],
        suggestions=[
            {"start": 6, "end": 11, "label": "claim", "score": "high"},
            {"start": 6, "end": 11, "label": "claim", "state": "accepted"},
        ],
    )

    job = imported(mia, {"a.jsonl": lines(record)})

    assert problems(job) == [
        "article_labels.1.label",
        "relations.0.to",
        "relations.1.label",
        "suggestions.0.score",
        "suggestions.1.annotation",
    ]
    assert (Relation.objects.count(), ArticleLabel.objects.count(), Suggestion.objects.count()) == (1, 1, 0)


def test_lists_that_another_tool_names_alike_are_kept_as_metadata(mia):
    record = article(text=GERMAN, sentences=["Der Preis stieg.", "Ja."], relations=[{"head": 1, "tail": 2}])

    job = imported(mia, {"a.jsonl": lines(record)})

    assert job.state == Job.State.DONE
    assert Article.objects.get().metadata == {
        "sentences": ["Der Preis stieg.", "Ja."],
        "relations": [{"head": 1, "tail": 2}],
    }


def test_a_bad_earlier_state_is_named_and_its_annotation_stays(mia):
    state = {"version": 1, "label": "claim", "start": 2, "end": 5, "replaced_by": "zoë", "replaced_at": MOMENT}
    marked = annotation(GERMAN, "Preis", version=3)
    marked["revisions"] = [state, state | {"version": 2, "quote": "not this"}, state | {"version": 3}]

    job = imported(mia, {"a.jsonl": lines(article(text=GERMAN, annotations=[marked]))})

    assert problems(job) == ["annotations.0.revisions.1.quote", "annotations.0.revisions.2.version"]
    assert AnnotationRevision.objects.get().replaced_by.pseudonym == "zoë"
    assert Annotation.objects.get().version_number == 3


def test_a_file_does_not_write_the_history_of_what_was_there(mia):
    marked = annotation(GERMAN, "Preis", version=2)
    imported(mia, {"a.jsonl": lines(article(text=GERMAN, annotations=[marked]))})
    state = {"version": 1, "label": "claim", "start": 2, "end": 5, "replaced_by": "zoë", "replaced_at": MOMENT}

    imported(mia, {"b.jsonl": lines(article(text=GERMAN, annotations=[marked | {"revisions": [state]}]))})

    assert not AnnotationRevision.objects.exists()


def test_an_earlier_text_whose_number_is_taken_is_named(mia):
    imported(mia, {"a.jsonl": lines(article(text="One."))})
    imported(mia, {"a.jsonl": lines(article(text="Two."))}, on_conflict="version")

    record = article(text="Two.", version=2, earlier_versions=[{"version": 1, "text": "Uno."}])
    job = imported(mia, {"b.jsonl": lines(record)})

    assert problems(job) == ["earlier_versions.version"]
    assert list(ArticleVersion.objects.order_by("n").values_list("text", flat=True)) == ["One.", "Two."]


def test_an_article_is_tied_to_one_that_stands_later_in_the_file(mia):
    records = [article("a", "One.", repost_of="b"), article("b", "One!"), article("c", "Two.", merged_into="nowhere")]

    job = imported(mia, {"a.jsonl": lines(*records)})

    assert Article.objects.get(external_id="a").repost_of.external_id == "b"
    assert problems(job) == ["merged_into"]


# Verdicts


def test_verdicts_supersede_one_another_whatever_their_order(mia):
    first = verdict()
    second = verdict("refuted", supersedes=first["key"], evidence_sets=[1], rationale="New figures.")

    job = imported(mia, {"a.jsonl": lines(claim(verdicts=[second, first]))})

    assert job.state == Job.State.DONE, list(job.problems.values())
    made = Verdict.objects.get(supersedes__isnull=False)
    assert (str(made.key), str(made.supersedes.key)) == (second["key"], first["key"])
    assert [each.n for each in made.evidence_sets.all()] == [1]
    assert "2 verdicts are new" in job.message


def test_a_verdict_rests_on_evidence_of_a_claim_that_stands_later_in_the_file(mia):
    other = claim(text="Um 4 % teurer.")
    cited, nowhere = {"claim": other["key"], "n": 1}, {"claim": other["key"], "n": 7}
    file = lines(claim(verdicts=[verdict(merged_sets=[cited, nowhere])]), other)

    job = imported(mia, {"a.jsonl": file})

    assert problems(job) == ["verdicts.merged_sets"]
    made = Verdict.objects.get()
    assert [str(each.claim.key) for each in made.evidence_sets.all()] == [other["key"]]
    rows = [json.loads(line) for line in exported(mia).splitlines()]
    assert [each["merged_sets"] for row in rows for each in row.get("verdicts", ())] == [[cited]]
    assert imported(mia, {"a.jsonl": file}).state == Job.State.DONE
    assert undone(mia, job).state == Job.State.DONE
    assert not Verdict.objects.exists()


def test_a_verdict_that_cannot_stand_is_named_and_its_claim_stays(mia):
    first = verdict()
    given = [
        first,
        verdict("nonsense"),
        verdict(evidence_sets=[4]),
        verdict(supersedes=str(uuid.uuid4())),
        verdict(supersedes=first["key"]),
        verdict(supersedes=first["key"]),
    ]

    job = imported(mia, {"a.jsonl": lines(claim(verdicts=given))})

    assert problems(job) == [
        "verdicts.2.evidence_sets",
        "verdicts.supersedes",
        "verdicts.supersedes",
        "verdicts.value",
    ]
    assert Verdict.objects.count() == 2


def test_an_enquiry_is_evidence_without_a_source(mia):
    item = {"key": str(uuid.uuid4()), "url": "", "question": "How much?", "quote": "4 %", "stance": "supports"}

    job = imported(mia, {"a.jsonl": lines(claim(evidence_sets=[{"n": 1, "items": [item]}]))})

    assert job.state == Job.State.DONE, list(job.problems.values())
    assert EvidenceItem.objects.get().source is None


SCALE = {"name": "Two", "version": 7, "values": [{"key": "yes", "name": "Yes"}, {"key": "supported", "name": "Other"}]}


def test_an_unused_project_takes_the_scale_of_the_file(mia):
    imported(mia, {"a.jsonl": lines({"type": "corpus", "verdict_scale": SCALE}, article())})

    scale = VerdictScale.objects.get()
    assert (scale.name, scale.version) == ("Two", 7)
    assert [value.key for value in scale.values.order_by("position")] == ["yes", "supported"]


def test_a_project_in_use_gets_the_missing_values_in_a_new_version_of_its_scale(mia):
    imported(mia, {"a.jsonl": lines(article())})

    imported(mia, {"b.jsonl": lines({"type": "corpus", "verdict_scale": SCALE}, claim(verdicts=[verdict("yes")]))})

    first, second = VerdictScale.objects.order_by("version")
    keys = [value.key for value in second.values.order_by("position")]
    assert (first.values.count(), second.name, keys[-1]) == (4, first.name, "yes")
    assert second.values.get(key="supported").name == "Supported"
    assert Verdict.objects.get().value.scale == second


def test_a_scale_with_a_bad_value_is_left_out_whole_and_named(mia):
    bad = {**SCALE, "values": [{"key": "Not A Key", "name": "x"}]}

    job = imported(mia, {"a.jsonl": lines({"type": "corpus", "verdict_scale": bad}, article())})

    assert set(problems(job)) == {"verdict_scale.key"}
    assert VerdictScale.objects.get().name == "Four values"
    assert LabelSet.objects.exists()


def test_a_blind_annotator_reads_decisions_of_others_on_suggestions_as_open(mia):
    ada = member(mia, "ada")
    decided = {"start": 6, "end": 11, "label": "claim", "suggested_by": "tagger", "state": "dismissed"}
    imported(mia, {"a.jsonl": lines(article(text=GERMAN, suggestions=[{**decided, "decided_by": "zoë"}]))})

    export = exported(ada)

    assert b'"tagger"' in export
    assert b'"dismissed"' not in export
    assert "zoë".encode() not in export
    assert "zoë".encode() in exported(mia)
