"""A dry run: it tells what the import would tell, and changes nothing."""

from __future__ import annotations

import io
import uuid
from datetime import timedelta

import pytest
from django.apps import apps
from django.utils import timezone

from annotations.errors import Refused
from annotations.jobs import workers
from annotations.jobs.running import run_job
from annotations.jobs.starting import start_import, start_tried_import
from annotations.jobs.steering import cancel_job, continue_job, offers
from annotations.models import Article, AuditEvent, Job, Label, Membership, Publisher, RawFile
from tests.corpora import KINDS, annotation, article, counts, imported, lines
from tests.factories import project

pytestmark = pytest.mark.django_db
TEXT = "Der Preis stieg um 4 %."
OF_THE_JOB = {"Job", "Chunk", "JobFile", "JobProblem", "RawFile", "AuditEvent", "AuditWaiting"}
HEADER = {
    "type": "corpus",
    "format": "claim-workbench",
    "version": 1,
    "label_set": {"name": "Weather", "version": 1, "labels": [{"key": "storm", "name": "Storm"}]},
}


def rows() -> dict[str, int]:
    """Count the rows of every table but those that tell of the job."""
    models = apps.get_app_config("annotations").get_models()
    return {each.__name__: each._default_manager.count() for each in models if each.__name__ not in OF_THE_JOB}


def corpus() -> bytes:
    noted = annotation(TEXT, "Preis", annotator="Rosa", label="storm")
    claim = {
        "type": "claim",
        "key": "5a0be7cb-4af5-4a8c-a4b2-2d14a1ed3ad9",
        "text": "Prices rose.",
        "annotator": "Rosa",
        "mentions": [{"key": "7c0be7cb-4af5-4a8c-a4b2-2d14a1ed3ad9", "annotation": noted["key"], "annotator": "Rosa"}],
    }
    return lines(
        HEADER,
        article("a-1", TEXT, publisher="Bote", annotations=[noted]),
        article("a-2", TEXT, published_at="31.02.2024"),
        claim,
    )


def test_a_dry_run_tells_what_the_import_tells_and_changes_nothing():
    mia = project()
    before = rows()

    tried = imported(mia, {"a.jsonl": corpus()}, is_trial=True)

    assert rows() == before
    done = imported(mia, {"a.jsonl": corpus()})
    assert (counts(tried), tried.n_problems, tried.state) == (counts(done), done.n_problems, done.state)
    assert (
        tried.message.removeprefix("This was a dry run; nothing was changed. ").replace("1 label is new; ", "")
        == done.message
    )
    told = [list(job.problems.exclude(field="label").values_list("line", "message")) for job in (tried, done)]
    assert told[0] == told[1]


def test_a_dry_run_names_the_labels_that_would_be_added():
    tried = imported(project(), {"a.jsonl": corpus()}, is_trial=True)

    assert tried.problems.get(field="label").value == "Storm"
    assert "1 label is new" in tried.message
    assert not Label.objects.filter(key="storm").exists()


def test_a_dry_run_of_another_tool_s_file_names_the_labels_of_all_kinds_that_would_be_added():
    row = '{"text": "Ada spricht.", "entities": [{"id": 1, "start_offset": 0, "end_offset": 3, "label": "Person"}], '
    row += '"relations": [{"id": 1, "from_id": 1, "to_id": 1, "type": "Same"}], "cats": ["Person"]}'

    tried = imported(project(), {"a.jsonl": row.encode()}, format="doccano", is_trial=True)

    assert not tried.message.startswith("This stopped")
    named = tried.problems.filter(field="label").values_list("value", flat=True)
    assert sorted(named) == ["Person", "Person", "Same"]
    assert not Label.objects.filter(name="Same").exists()


def test_a_claim_is_tried_with_the_article_far_before_it_that_it_rests_on():
    mia = project()
    noted = annotation(TEXT, "Preis", annotator="Rosa")
    mention = {"key": str(uuid.uuid4()), "annotation": noted["key"], "annotator": "Rosa"}
    claim = {"type": "claim", "key": str(uuid.uuid4()), "text": "Prices rose.", "annotator": "Rosa"}
    others = (article(f"a-{n}") for n in range(1, 1_300))
    data = lines(article("a-0", TEXT, annotations=[noted]), *others, claim | {"mentions": [mention]})

    tried = imported(mia, {"a.jsonl": data}, is_trial=True)

    assert (tried.state, tried.n_problems, counts(tried)) == ("done", 0, (1_300, 1_300, 0, 0, 0))
    assert "1 claim is new" in tried.message
    assert not Article.objects.exists()


def test_a_dry_run_of_another_text_leaves_the_present_one():
    mia = project()
    imported(mia, {"a.jsonl": lines(article("a-1", "Old."))})
    before = rows()

    tried = imported(mia, {"b.jsonl": lines(article("a-1", "New."))}, is_trial=True, on_conflict="version")

    assert counts(tried) == (1, 0, 1, 0, 0)
    assert rows() == before
    assert Article.objects.get().current_version.text == "Old."


def test_a_dry_run_writes_no_event_but_that_it_ran():
    imported(project(), {"a.jsonl": corpus()}, is_trial=True)

    verbs = set(AuditEvent.objects.filter(object_type="job").values_list("verb", flat=True))
    assert verbs == {"import.requested", "import.ended"}


def test_what_was_tried_can_be_imported_without_sending_it_again():
    mia = project()
    tried = imported(mia, {"a.jsonl": corpus()}, is_trial=True, defaults={"language": "de"})
    assert offers(tried) == ("import",)

    job = start_tried_import(mia, tried)
    run_job(job.pk, KINDS, owner="one")

    job.refresh_from_db()
    assert not job.is_trial
    assert counts(job) == (2, 1, 0, 0, 1)
    assert Article.objects.get().language == "de"
    assert Publisher.objects.filter(name="Bote").exists()
    assert Membership.objects.filter(pseudonym="Rosa").exists()


def test_files_that_only_a_dry_run_read_are_removed_after_some_days():
    mia = project()
    kept = imported(mia, {"kept.jsonl": lines(article())})
    for name in ("kept.jsonl", "gone.jsonl"):
        imported(mia, {name: lines(article(name if name == "gone.jsonl" else "a-1"))}, is_trial=True)
    Job.objects.exclude(pk=kept.pk).update(finished_at=timezone.now() - timedelta(days=8))

    workers.sweep(KINDS)

    assert list(RawFile.objects.values_list("name", flat=True)) == ["kept.jsonl"]
    tried = Job.objects.filter(parameters__is_trial=True).latest("pk")
    with pytest.raises(Refused, match="no longer kept"):
        start_tried_import(mia, tried)


def test_a_cancelled_dry_run_is_started_again():
    mia = project()
    job = start_import(mia, [("a.jsonl", io.BytesIO(corpus()))], is_trial=True)
    cancel_job(mia, job)

    continue_job(mia, job)
    run_job(job.pk, KINDS, owner="one")

    job.refresh_from_db()
    assert counts(job) == (2, 1, 0, 0, 1)
