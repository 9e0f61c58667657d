"""Undoing an import: what nobody judged or changed goes, the rest stays and is listed with the reason."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotations.access.jobs import find_job
from annotations.errors import Forbidden, Refused
from annotations.importers import undoing, writing
from annotations.importers.undoing import ON_A_VERSION
from annotations.jobs.running import run_job
from annotations.jobs.starting import start_undo
from annotations.jobs.steering import cancel_job, continue_job, offers
from annotations.models import (
    Annotation,
    Article,
    ArticleVersion,
    AuditEvent,
    Claim,
    ClaimMention,
    Job,
    Membership,
    Presence,
    Quotation,
    QuotationMatch,
    QuoteLink,
    Region,
    Withholding,
)
from annotations.workflow.articles import MetadataChange, edit_article
from annotations.workflow.presence import be_present
from annotations.workflow.verifying import findings
from tests import factories
from tests.corpora import KINDS, annotation, article, exported, imported, lines, undone

pytestmark = pytest.mark.django_db
TEXT = "Der Preis stieg um 4 %."
STAYS = {
    "SearchBacklog",
    "Job",
    "Chunk",
    "JobFile",
    "JobProblem",
    "RawFile",
    "AuditArticle",
    "AuditEvent",
    "AuditWaiting",
    "Publisher",
    "Membership",
    "Source",
    "RemovedRow",
    "WorkCount",  # counters that stand at none
}


def rows() -> dict[str, int]:
    models = apps.get_app_config("annotations").get_models()
    return {each.__name__: each._base_manager.count() for each in models if each.__name__ not in STAYS}


def corpus(count: int = 3) -> bytes:
    """Write articles with annotations by Rosa, and a claim with evidence that rests on the first."""
    records, first = [], ""
    for n in range(count):
        noted = annotation(TEXT, "Preis", annotator="Rosa")
        first = first or noted["key"]
        work = [{"annotator": "Rosa", "state": "submitted", "submitted_at": "2024-03-18T08:14:52Z"}]
        records.append(article(f"a-{n}", TEXT, publisher="Bote", annotations=[noted], assignments=work))
    mention = {"key": str(uuid.uuid4()), "annotation": first, "annotator": "Rosa"}
    item = {"key": str(uuid.uuid4()), "url": "https://amt.example/", "stance": "supports", "annotator": "Rosa"}
    claim = {"type": "claim", "key": str(uuid.uuid4()), "text": "Prices rose.", "annotator": "Rosa"}
    return lines(*records, claim | {"mentions": [mention], "evidence": [item]})


def kept(job: Job) -> dict[str, str]:
    return dict(job.problems.values_list("value", "message"))


def test_an_import_that_nobody_touched_goes_without_a_trace_in_the_work():
    mia = factories.project()
    before = rows()
    job = imported(mia, {"a.jsonl": corpus()})
    assert Claim.objects.count() == 1

    made = undone(mia, job)

    assert rows() == before
    assert (made.state, made.n_updated, made.n_unchanged) == ("done", 4, 0)
    assert made.message.startswith("3 articles were removed; 1 claim was removed.")
    assert not list(findings())


def test_an_article_that_came_withheld_goes_with_the_demand_that_came_with_it():
    mia = factories.project()
    record = {
        **article("a-1"),
        "withheld_at": "2024-01-01T00:00:00Z",
        "length": 12,
        "text_sha256": "00" * 32,
        "withheld": {
            "demanded_by": "Verlag",
            "reason": "Rechte.",
            "annotator": "mia",
            "created_at": "2024-01-01T00:00:00Z",
        },
    }
    del record["text"]
    job = imported(mia, {"a.jsonl": lines(record)})
    assert Withholding.objects.get().article.external_id == "a-1"

    assert undone(mia, job).state == "done"

    assert not Withholding.objects.exists()
    assert not Article.objects.exists()


def test_an_article_that_somebody_has_open_goes_like_any_other():
    mia = factories.project()
    job = imported(mia, {"a.jsonl": corpus(1)})
    be_present(Article.objects.get(), uuid.uuid4(), mia)

    assert undone(mia, job).state == "done"
    assert not Article.objects.exists()
    assert not Presence.objects.exists()


def queries_of_undoing(by: Membership, data: bytes) -> int:
    job = imported(by, {"a.jsonl": data})
    with CaptureQueriesContext(connection) as found:
        undone(by, job)
    return len(found)


def test_a_chunk_takes_as_many_queries_however_many_rows_it_has(monkeypatch):
    mia = factories.project()
    of_one, of_many = (queries_of_undoing(mia, corpus(count)) for count in (1, 25))
    monkeypatch.setattr(undoing, "ARTICLES_IN_A_CHUNK", dict.fromkeys(("sqlite", "postgresql"), 5))
    of_five_chunks = queries_of_undoing(mia, corpus(25))

    assert of_one == of_many
    assert (of_five_chunks - of_many) / 4 == 104


def test_texts_that_go_back_take_as_many_queries_however_many_they_are():
    mia = factories.project()
    imported(mia, {"a.jsonl": lines(*(article(f"a-{n}", "Old.") for n in range(25)))})

    def newer(count: int) -> int:
        later = lines(*(article(f"a-{n}", f"New, {count}.") for n in range(count)))
        job = imported(mia, {"b.jsonl": later}, on_conflict="version")
        with CaptureQueriesContext(connection) as found:
            undone(mia, job)
        return len(found)

    assert newer(2) == newer(25)
    assert set(Article.objects.values_list("current_version__text", flat=True)) == {"Old."}


@pytest.mark.postgresql
def test_tables_that_have_grown_are_looked_at_before_rows_go(monkeypatch):
    if connection.vendor != "postgresql":
        pytest.skip("only PostgreSQL makes its plans from what it knows of a table")
    mia = factories.project()
    job = imported(mia, {"a.jsonl": corpus()})
    monkeypatch.setattr(writing, "SMALL", 0)
    monkeypatch.setattr(writing, "GROWTH", 0)  # what was looked at in this database before is not known

    with CaptureQueriesContext(connection) as found:
        undone(mia, job)

    analysed = [query["sql"] for query in found if query["sql"].startswith("ANALYZE")]
    assert len(analysed) == 1
    assert '"annotations_annotation"' in analysed[0]


def test_an_undone_import_can_be_made_again():
    mia = factories.project()
    data = corpus()
    first = exported_after(mia, data)
    undone(mia, Job.objects.filter(kind="import").latest("pk"))

    assert exported_after(mia, data) == first


def exported_after(mia: Membership, data: bytes) -> bytes:
    imported(mia, {"a.jsonl": data})
    return re.sub(rb"_at\":\"[^\"]+", b"_at", exported(mia).partition(b"\n")[2])


def test_an_article_that_somebody_annotated_stays_whole():
    mia = factories.project()
    ada = factories.member(mia, "ada")
    job = imported(mia, {"a.jsonl": corpus()})
    factories.annotation(ada, Article.objects.get(external_id="a-1"), 0, 3)

    made = undone(mia, job)

    left = Article.objects.get()
    assert left.external_id == "a-1"
    assert Annotation.objects.filter(version__article=left).count() == 2
    assert made.state == Job.State.DONE_WITH_PROBLEMS
    assert kept(made) == {"a-1": "Somebody annotated it."}


def test_what_was_edited_assigned_or_got_another_text_stays_with_its_reason():
    mia = factories.project()
    ada = factories.member(mia, "ada")
    job = imported(mia, {"a.jsonl": lines(*(article(f"a-{n}", TEXT) for n in range(5)))})
    edited, assigned, newer, reposted, _gone = Article.objects.order_by("external_id")
    edit_article(edited, MetadataChange(title="Better"), by=mia, base_revision=1)
    factories.assigned(mia, ada, assigned)
    imported(mia, {"b.jsonl": lines(article("a-2", "Another text."))}, on_conflict="version")
    imported(mia, {"c.jsonl": lines(article("b-0", TEXT, repost_of="a-3"))})

    made = undone(mia, job)

    assert set(Article.objects.values_list("external_id", flat=True)) == {"a-0", "a-1", "a-2", "a-3", "b-0"}
    assert kept(made) == {
        "a-0": "Somebody edited what is known of it.",
        "a-1": "It was assigned to somebody, or worked on.",
        "a-2": "It got another text since.",
        "a-3": "It is tied to another article.",
    }
    assert newer.versions.count() == 2
    assert reposted.reposts.count() == 1


@pytest.mark.parametrize("size", [1, 100])
def test_reposts_that_an_import_linked_go_with_what_they_repost(monkeypatch, size):
    monkeypatch.setattr(
        "annotations.importers.undoing.ARTICLES_IN_A_CHUNK", dict.fromkeys(("sqlite", "postgresql"), size)
    )
    mia = factories.project()
    factories.article(mia, "Older.", external_id="old")
    texts = {"a-0": TEXT, "a-1": TEXT, "a-2": TEXT, "b-0": "Older."}
    data = lines(*(article(name, text) for name, text in texts.items()))
    job = imported(mia, {"a.jsonl": data}, on_duplicate="repost")
    assert Article.objects.filter(repost_of__isnull=False).count() == 3

    made = undone(mia, job)

    assert (kept(made), made.n_updated) == ({}, 4)
    assert Article.objects.get().reposts.count() == 0


@pytest.mark.parametrize("size", [1, 100])
def test_what_an_annotated_article_reposts_stays_and_its_other_reposts_go(monkeypatch, size):
    monkeypatch.setattr(
        "annotations.importers.undoing.ARTICLES_IN_A_CHUNK", dict.fromkeys(("sqlite", "postgresql"), size)
    )
    mia = factories.project()
    ada = factories.member(mia, "ada")
    data = lines(*(article(f"a-{n}", TEXT) for n in range(3)))
    job = imported(mia, {"a.jsonl": data}, on_duplicate="repost")
    factories.annotation(ada, Article.objects.get(external_id="a-2"), 0, 3)

    made = undone(mia, job)

    assert kept(made) == {"a-0": "It is tied to another article.", "a-2": "Somebody annotated it."}
    assert Article.objects.get(external_id="a-2").repost_of.external_id == "a-0"


def test_a_claim_that_somebody_worked_on_stays_with_the_article_it_rests_on():
    mia = factories.project()
    job = imported(mia, {"a.jsonl": corpus()})
    Claim.objects.update(created_by_job=None)
    ClaimMention.objects.update(created_by_job=None)

    made = undone(mia, job)

    assert Article.objects.get().external_id == "a-0"
    assert kept(made)["a-0"] == "A claim refers to it."


def test_an_article_that_was_there_before_goes_back_to_its_earlier_text():
    mia = factories.project()
    imported(mia, {"a.jsonl": lines(article("a-1", "Old."), article("a-2", "Old too."))})
    later = lines(article("a-1", "New."), article("a-2", "New too."), article("a-1", "Newer."))
    job = imported(mia, {"b.jsonl": later}, on_conflict="version")
    factories.annotation(mia, Article.objects.get(external_id="a-2"), 0, 3)

    made = undone(mia, job)

    texts = dict(Article.objects.values_list("external_id", "current_version__text"))
    assert texts == {"a-1": "Old.", "a-2": "New too."}
    assert ArticleVersion.objects.count() == 3
    assert kept(made) == {"a-2": "Somebody annotated it."}


def test_annotations_that_were_added_to_known_articles_go_and_those_changed_since_stay():
    mia = factories.project()
    imported(mia, {"a.jsonl": lines(article("a-1", TEXT))})
    notes = [annotation(TEXT, word, annotator="Rosa") for word in ("Der", "Preis", "stieg")]
    job = imported(mia, {"b.jsonl": lines(article("a-1", TEXT, annotations=notes))})
    ada = factories.member(mia, "ada")
    own = factories.annotation(ada, Article.objects.get(), 0, 3)
    revise(Annotation.objects.get(key=notes[1]["key"]), mia)

    made = undone(mia, job)

    assert {str(key) for key in Annotation.objects.values_list("key", flat=True)} == {notes[1]["key"], str(own.key)}
    assert list(kept(made)) == [notes[1]["key"]]


def test_earlier_states_that_came_with_the_file_are_no_changes_and_go_too():
    mia = factories.project()
    job = imported(mia, {"a.jsonl": corpus()})
    for row in Annotation.objects.all():
        revise(row, mia, replaced_at=job.created_at - timedelta(days=1))

    made = undone(mia, job)

    assert (made.state, Article.objects.count(), Annotation.objects.count()) == ("done", 0, 0)


def revise(row: Annotation, by: Membership, **values) -> None:
    row.revisions.create(
        **values,
        version_number=row.version_number,
        replaced_by=by,
        label=row.label,
        label_set_version=1,
        start=row.start,
        end=row.end,
        quote=row.quote,
    )
    Annotation.objects.filter(pk=row.pk).update(version_number=row.version_number + 1)


def test_undoing_goes_on_after_it_was_cancelled():
    mia = factories.project()
    job = imported(mia, {"a.jsonl": corpus(5)})
    made = start_undo(mia, job)
    cancel_job(mia, made)
    assert Article.objects.count() == 5

    continue_job(mia, made)
    run_job(made.pk, KINDS, owner="one")

    assert not Article.objects.exists()


def test_undoing_is_recorded_and_offered_once():
    mia = factories.project()
    job = imported(mia, {"a.jsonl": corpus()})

    made = undone(mia, job)

    event = AuditEvent.objects.filter(verb="import.undone", after__has_key="article_removed").get()
    assert (event.actor, event.object_key, event.after["article_removed"]) == (mia, str(job.uuid), 3)
    assert made.undoes == job
    assert offers(job) == ()
    with pytest.raises(Refused, match="was not undone yet"):
        start_undo(mia, job)


def test_only_whoever_may_import_undoes():
    mia = factories.project()
    ada, rosa = factories.member(mia, "ada"), factories.member(mia, "rosa", Membership.Role.MANAGER)
    job = imported(mia, {"a.jsonl": corpus()})

    with pytest.raises(Forbidden):
        start_undo(ada, job)

    made = start_undo(rosa, job)
    assert find_job(mia, made.uuid) == made


def test_a_dry_run_and_an_export_cannot_be_undone():
    mia = factories.project()

    with pytest.raises(Refused):
        start_undo(mia, imported(mia, {"a.jsonl": corpus()}, is_trial=True))


def test_everything_that_points_at_a_text_is_known_to_undoing():
    pointing = {relation.related_model for relation in ArticleVersion._meta.related_objects}
    hidden = {
        model
        for model in apps.get_app_config("annotations").get_models()
        for column in model._meta.get_fields()
        if column.is_relation and column.related_model is ArticleVersion and column.concrete
    }

    kept_for = {"Article", "EvidenceItem", "EvidenceRevision", "AgreementText", "Statement", "RulingSource"}
    assert {each.__name__ for each in pointing | hidden} - {
        each.__name__ for each in (*ON_A_VERSION, Quotation, QuotationMatch, QuoteLink)
    } <= kept_for


def test_a_zone_that_the_file_says_somebody_marked_goes_and_stays_with_its_text():
    mia = factories.project()
    marked = [{"kind": "caption", "start": 0, "end": 3, "marked_by": "Rosa"}]
    imported(mia, {"a.jsonl": lines(article("kept"))})
    new = "Der Wert stieg um 4 %."
    files = {"b.jsonl": lines(article("gone", regions=marked), article("kept", new, regions=marked))}
    job = imported(mia, files, on_conflict="version")
    assert set(Region.objects.values_list("created_by_job", flat=True)) == {job.pk}
    factories.annotation(mia, Article.objects.get(external_id="kept"), 4, 8)

    undone(mia, job)

    assert list(Article.objects.values_list("external_id", flat=True)) == ["kept"]
    assert Region.objects.get().version.text == new
