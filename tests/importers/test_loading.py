"""From files to rows: what is created, kept, refused, and said about it."""

from __future__ import annotations

import io
import json
import uuid
import zipfile

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotations.errors import Forbidden, Refused
from annotations.jobs.starting import start_import
from annotations.models import (
    Annotation,
    Article,
    ArticleVersion,
    Assignment,
    AuditEvent,
    Claim,
    EvidenceItem,
    Fragment,
    Job,
    LabelSet,
    Membership,
    Publisher,
    RawFile,
    Region,
    Source,
    TextLink,
)
from annotations.workflow.assigning import submit
from tests import factories
from tests.corpora import annotation, article, counts, exported, imported, lines
from tests.factories import GERMAN, member, project

pytestmark = pytest.mark.django_db


@pytest.fixture
def mia() -> Membership:
    return project()


def problems(job: Job) -> list[tuple]:
    return list(job.problems.filter(severity="problem").values_list("file", "line", "field"))


def test_a_date_outside_the_calendar_in_one_file_does_not_end_the_import_of_the_others(mia):
    strange = "Rain\n\nPublished 0001-01-01T00:00:00+05:00\n\nIt rained in the valley all day long."
    plain = "Sun\n\nIt shone in the valley all day long."

    job = imported(mia, {"a.txt": strange.encode(), "b.txt": plain.encode()})

    assert counts(job) == (2, 2, 0, 0, 0)


@pytest.mark.parametrize("written", ["0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-05:00"])
def test_a_date_for_all_articles_that_cannot_be_read_back_is_refused(mia, written):
    with pytest.raises(Refused) as refusal:
        start_import(mia, [("a.txt", io.BytesIO(b"Rain."))], defaults={"published_at": written})

    assert refusal.value.field == "published_at"


def test_an_article_arrives_with_its_publisher_dates_links_and_regions(mia):
    text = "📈 Preis\n\nDer Preis stieg um 4 %, sagte Zoë."
    record = article(
        text=text,
        publisher="Tern Wire",
        published_at="2024-03-12",
        posted_at="2024-03-12T06:40:00Z",
        url="https://tern.example/preis",
        language="de",
        links=[{"start": 9, "end": 12, "url": "https://tern.example/x"}],
        regions=[{"kind": "headline", "start": 0, "end": 7}],
    )

    job = imported(mia, {"a.jsonl": lines(record)})

    made = Article.objects.select_related("publisher", "current_version").get()
    assert counts(job) == (1, 1, 0, 0, 0)
    assert job.state == Job.State.DONE
    assert (made.publisher.name, made.published_precision, made.posted_precision) == ("Tern Wire", "day", "second")
    assert made.current_version.text == text
    assert made.current_version.length == len(text)
    assert made.current_version.raw_file == RawFile.objects.get()
    assert made.created_by_job == job
    assert Region.objects.values_list("kind", "start", "end").get() == ("headline", 0, 7)
    assert TextLink.objects.values_list("start", "end", "url").get() == (9, 12, "https://tern.example/x")


def test_the_same_file_twice_gives_the_same_rows(mia):
    record = article(text=GERMAN, annotations=[annotation(GERMAN, "stieg um 4 %")])
    imported(mia, {"a.jsonl": lines(record)})

    job = imported(mia, {"renamed.jsonl": lines(record)})

    assert counts(job) == (1, 0, 0, 1, 0)
    assert (Article.objects.count(), ArticleVersion.objects.count(), Annotation.objects.count()) == (1, 1, 1)
    assert RawFile.objects.count() == 1


@pytest.mark.parametrize(
    ("answer", "expected", "texts"),
    [
        ("skip", (1, 0, 0, 1, 0), ["Alt."]),
        ("version", (1, 0, 1, 0, 0), ["Alt.", "Neu."]),
        ("reject", (1, 0, 0, 0, 1), ["Alt."]),
    ],
)
def test_another_text_of_a_known_article_is_answered_as_asked(mia, answer, expected, texts):
    imported(mia, {"a.jsonl": lines(article(text="Alt."))})

    job = imported(mia, {"b.jsonl": lines(article(text="Neu."))}, on_conflict=answer)

    assert counts(job) == expected
    assert list(ArticleVersion.objects.order_by("n").values_list("text", flat=True)) == texts
    assert Article.objects.get().current_version.text == texts[-1]


def test_broken_json_on_line_three_of_five_imports_four_and_names_line_three(mia):
    good = [article(f"a-{n}") for n in range(4)]

    job = imported(mia, {"five.jsonl": lines(good[0], good[1], '{"title": "cut off', good[2], good[3])})

    assert counts(job) == (5, 4, 0, 0, 1)
    assert job.state == Job.State.DONE_WITH_PROBLEMS
    problem = job.problems.get(severity="problem")
    assert (problem.file, problem.line) == ("five.jsonl", 3)
    assert problem.message.endswith(".")


def test_each_kind_of_bad_file_gets_a_clear_sentence(mia):
    files = {
        "latin.txt": "Der Bürgermeister sprach über die Brücke.".encode("latin-1"),
        "empty.txt": b"",
        "large.txt": b"Ein Satz. " * 2_000_000,
        "binary.txt": bytes(range(256)) * 40,
    }

    job = imported(mia, files)

    assert counts(job) == (4, 1, 0, 0, 3)
    assert Article.objects.get().current_version.text == "Der Bürgermeister sprach über die Brücke."
    said = dict(job.problems.values_list("file", "message"))
    assert "empty" in said["empty.txt"]
    assert "MiB" in said["large.txt"] or "large" in said["large.txt"]
    assert "binary" in said["binary.txt"]


def test_a_bad_neighbour_loses_no_good_row(mia):
    records = [article(f"a-{n}") for n in range(6)]
    records[2]["metadata"] = {"note": "a\u0000b"}
    records[4]["title"] = "x" * 1001

    job = imported(mia, {"a.jsonl": lines(*records)})

    assert counts(job) == (6, 4, 0, 0, 2)
    assert sorted(Article.objects.values_list("external_id", flat=True)) == ["a-0", "a-1", "a-3", "a-5"]
    assert sorted(line for _file, line, _field in problems(job)) == [3, 5]


def test_a_row_the_database_refuses_unforeseen_is_reported_alone(mia, monkeypatch):
    from annotations.importers import loading

    monkeypatch.setattr(loading, "dated", _dated_with_a_flaw(loading.dated))

    job = imported(mia, {"a.jsonl": lines(*(article(f"a-{n}", published_at=f"2024-01-0{n + 1}") for n in range(5)))})

    assert counts(job) == (5, 4, 0, 0, 1)
    assert job.problems.get(severity="problem").line == 3


def _dated_with_a_flaw(dated):
    def flawed(name, value):
        values = dated(name, value)
        if str(value) == "2024-01-03":
            values[f"{name}_precision"] = "week"
        return values

    return flawed


def test_annotations_keep_key_layer_owner_and_times(mia):
    given = annotation(
        GERMAN,
        "📈 Der Preis",
        layer="gold",
        note="",
        confidence=0.5,
        version=3,
        created_at="2024-03-12T06:40:00.123456Z",
        updated_at="2024-03-13T06:40:00.000000Z",
        withdrawn_at="2024-03-14T06:40:00.000000Z",
    )

    imported(mia, {"a.jsonl": lines(article(text=GERMAN, annotations=[given]))})

    made = Annotation.objects.select_related("created_by", "label").get()
    assert str(made.key) == given["key"]
    assert (made.layer, made.confidence, made.version_number) == ("gold", 0.5, 3)
    assert made.created_at.isoformat() == "2024-03-12T06:40:00.123456+00:00"
    assert made.withdrawn_at is not None
    assert (made.created_by.pseudonym, made.created_by.user) == ("amber-otter-101", None)
    assert made.suffix == GERMAN[11:43]


def test_a_discontinuous_annotation_keeps_its_fragments(mia):
    text = "Der Preis, so heißt es, stieg."
    whole = annotation(text, text[4:29])
    whole["fragments"] = [{"start": 4, "end": 9, "quote": "Preis"}, {"start": 24, "end": 29, "quote": "stieg"}]

    imported(mia, {"a.jsonl": lines(article(text=text, annotations=[whole]))})

    assert list(Fragment.objects.values_list("n", "start", "end", "quote")) == [
        (0, 4, 9, "Preis"),
        (1, 24, 29, "stieg"),
    ]


def test_an_annotation_that_does_not_fit_is_left_out_and_its_article_stays(mia):
    unknown_label = annotation(GERMAN, "Preis", label="nonsense")
    bad_key = annotation(GERMAN, "Preis", key="not-a-uuid")
    bad_layer = annotation(GERMAN, "Preis", layer="mine")
    good = annotation(GERMAN, "Preis")

    job = imported(mia, {"a.jsonl": lines(article(text=GERMAN, annotations=[unknown_label, bad_key, bad_layer, good]))})

    assert counts(job) == (1, 1, 0, 0, 0)
    assert job.state == Job.State.DONE_WITH_PROBLEMS
    assert str(Annotation.objects.get().key) == good["key"]
    fields = {problem.field: problem.message for problem in job.problems.all()}
    assert set(fields) == {"annotations.0.label", "annotations.1.key", "annotations.2.layer"}
    assert "label set" in fields["annotations.0.label"]


def test_new_annotations_join_an_article_that_is_there(mia):
    imported(mia, {"a.jsonl": lines(article(text=GERMAN))})

    job = imported(mia, {"b.jsonl": lines(article(text=GERMAN, annotations=[annotation(GERMAN, "Preis")]))})

    assert counts(job) == (1, 0, 0, 1, 0)
    assert Annotation.objects.get().version == Article.objects.get().current_version


def test_a_key_that_names_another_article_s_annotation_is_refused(mia):
    first = annotation(GERMAN, "Preis")
    imported(mia, {"a.jsonl": lines(article("a-1", GERMAN, annotations=[first]))})

    job = imported(mia, {"b.jsonl": lines(article("a-2", GERMAN, annotations=[first]))})

    assert Annotation.objects.count() == 1
    assert job.problems.get(severity="problem").field == "annotations.key"


def test_annotators_of_a_file_stay_apart_and_never_speak_for_a_member(mia):
    ada = member(mia, "ada", pseudonym="quiet-heron-1")
    given = [
        annotation(GERMAN, "Preis", annotator="quiet-heron-1"),
        annotation(GERMAN, "Preis", annotator="warm-pine-2"),
    ]

    imported(mia, {"a.jsonl": lines(article(text=GERMAN, annotations=given))})
    imported(
        mia,
        {"b.jsonl": lines(article("a-2", GERMAN, annotations=[annotation(GERMAN, "4", annotator="quiet-heron-1")]))},
    )

    owners = dict(Membership.objects.filter(user=None).values_list("pseudonym", "pk"))
    assert set(owners) == {"quiet-heron-1 (imported)", "warm-pine-2"}
    assert not Annotation.objects.filter(created_by=ada).exists()


def test_assignments_of_a_file_are_kept(mia):
    given = {"annotator": "warm-pine-2", "state": "submitted", "submitted_at": "2024-03-12T06:40:00.000000Z"}

    imported(mia, {"a.jsonl": lines(article(assignments=[given]))})

    made = Assignment.objects.select_related("annotator").get()
    assert (made.state, made.annotator.pseudonym) == ("submitted", "warm-pine-2")


def test_labels_that_the_file_brings_are_added_in_a_new_version_of_the_label_set(mia):
    imported(mia, {"a.jsonl": lines(article("first"))})
    header = {
        "type": "corpus",
        "label_set": {"name": "Other", "version": 7, "labels": [{"key": "claim"}, {"key": "rumour", "shortcut": "1"}]},
    }
    given = annotation(GERMAN, "Preis", label="rumour")

    job = imported(mia, {"b.jsonl": lines(header, article("second", GERMAN, annotations=[given]))})

    newest = LabelSet.objects.order_by("-version").first()
    assert (newest.name, newest.version) == ("News claims", 2)
    assert newest.labels.count() == 11
    assert newest.labels.get(key="rumour").shortcut == ""
    assert Annotation.objects.get().label == newest.labels.get(key="rumour")
    assert job.state == Job.State.DONE


def test_an_unused_project_takes_label_set_guidelines_and_settings_of_the_file(mia):
    header = {
        "type": "corpus",
        "project": {"name": "Theirs", "language": "de", "visibility": "open"},
        "label_set": {
            "name": "Theirs",
            "version": 4,
            "labels": [{"key": "thing", "parent": "whole"}, {"key": "whole"}],
        },
        "guidelines": {"version": 9, "text": "Read slowly."},
    }

    imported(mia, {"a.jsonl": lines(header, article())})

    mia.project.refresh_from_db()
    label_set = LabelSet.objects.get(project=mia.project)
    assert (mia.project.name, mia.project.language, mia.project.visibility) == ("River", "de", "open")
    assert (label_set.name, label_set.version) == ("Theirs", 4)
    assert label_set.labels.get(key="thing").parent.key == "whole"
    assert mia.project.guidelines_versions.values_list("version", "text").get() == (9, "Read slowly.")


def test_a_broken_part_of_a_header_is_said_and_leaves_everything_as_it_was(mia):
    header = {"type": "corpus", "label_set": {"labels": [{"key": "Not A Key"}]}}

    job = imported(mia, {"a.jsonl": lines(header, article())})

    assert LabelSet.objects.get(project=mia.project).labels.count() == 10
    assert all(problem.field.startswith("label_set") for problem in job.problems.all())
    assert job.n_created == 1


def claim_record(about: str, **fields) -> dict:
    item = {
        "key": str(uuid.uuid4()),
        "url": "HTTPS://Source.example/a?utm_source=x",
        "title": "A source",
        "stance": "refutes",
        "quote": "words",
        "annotator": "warm-pine-2",
    }
    mention = {"key": str(uuid.uuid4()), "annotation": about, "stance": "reports", "annotator": "warm-pine-2"}
    return {
        "type": "claim",
        "key": str(uuid.uuid4()),
        "text": "Der Preis stieg.",
        "annotator": "warm-pine-2",
        "mentions": [mention],
        "evidence_sets": [{"n": 1, "items": [item]}],
    } | fields


def test_claims_come_with_mentions_evidence_and_sources(mia):
    given = annotation(GERMAN, "Preis")
    records = [
        article(text=GERMAN, annotations=[given]),
        {"type": "source", "url": "https://source.example/a", "title": "The page"},
        claim_record(given["key"]),
    ]

    job = imported(mia, {"a.jsonl": lines(*records)})
    again = imported(mia, {"a.jsonl": lines(*records)})

    assert job.state == again.state == Job.State.DONE
    claim = Claim.objects.get()
    assert claim.mentions.get().annotation == Annotation.objects.get()
    item = EvidenceItem.objects.select_related("source").get()
    assert (item.stance, item.evidence_set.claim) == ("refutes", claim)
    assert item.source == Source.objects.get()
    assert item.source.title == "The page"


def test_a_mention_of_an_annotation_that_is_not_here_is_left_out_and_the_claim_stays(mia):
    job = imported(mia, {"a.jsonl": lines(article(), claim_record(str(uuid.uuid4())))})

    assert Claim.objects.count() == 1
    assert EvidenceItem.objects.count() == 1
    problem = job.problems.get(severity="problem")
    assert (problem.file, problem.line, problem.field) == ("a.jsonl", 2, "mentions.annotation")


def test_defaults_for_a_whole_import_fill_what_articles_leave_open(mia):
    records = [article("a-1"), article("a-2", publisher="Orn24", language="fr", published_at="2024-01-01")]

    imported(
        mia,
        {"a.jsonl": lines(*records)},
        defaults={"publisher": "Tern Wire", "language": "de", "published_at": "2024-03-12"},
    )

    rows = Article.objects.order_by("external_id").values_list("publisher__name", "language", "published_at__month")
    assert list(rows) == [("Tern Wire", "de", 3), ("Orn24", "fr", 1)]


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"on_conflict": "merge"}, "on_conflict"),
        ({"defaults": {"published_at": "31.02.2024"}}, "published_at"),
        ({"defaults": {"colour": "red"}}, "colour"),
    ],
)
def test_an_order_that_cannot_be_carried_out_is_refused_at_once(mia, options, field):
    with pytest.raises(Refused) as refusal:
        start_import(mia, [("a.txt", io.BytesIO(b"Ein Satz."))], **options)

    assert refusal.value.field == field


def test_only_a_manager_imports(mia):
    ada = member(mia, "ada")

    with pytest.raises(Forbidden):
        start_import(ada, [("a.txt", io.BytesIO(b"Ein Satz."))])


def test_members_of_an_archive_are_articles(mia):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("2024/eins.txt", "Eins\n\nDer erste Satz.")
        archive.writestr("2024/zwei.txt", "Zwei\n\nDer zweite Satz.")

    imported(mia, {"corpus.zip": buffer.getvalue()})

    assert list(Article.objects.order_by("pk").values_list("external_id", flat=True)) == [
        "2024/eins.txt",
        "2024/zwei.txt",
    ]
    version = ArticleVersion.objects.order_by("pk").first()
    assert (version.raw_member, version.raw_file.name) == ("2024/eins.txt", "corpus.zip")


def test_the_cost_of_a_chunk_depends_on_nothing_but_the_chunk(mia):
    def queries_for(first: int, count: int) -> int:
        records = [
            article(f"n-{n}", GERMAN, publisher="Orn24", annotations=[annotation(GERMAN, "Preis")])
            for n in range(first, first + count)
        ]
        with CaptureQueriesContext(
            connection,
        ) as captured:
            imported(mia, {"a.jsonl": lines(*records)})
        return len(captured)

    few, many = queries_for(0, 5), queries_for(5, 40)
    after = queries_for(45, 5)

    assert many <= few + 3  # batches
    assert after <= few


def test_each_chunk_is_one_act_with_counts_and_a_digest(mia):
    job = imported(mia, {"a.jsonl": lines(article("a-1"), article("a-2"))})

    chunk = AuditEvent.objects.get(verb="articles.imported", object_key=str(job.uuid), after__chunk=1)
    assert chunk.after["created"] == 2
    assert len(chunk.after["sha256"]) == 64
    assert chunk.actor == mia


def test_at_most_a_thousand_problems_are_kept_and_all_are_counted(mia):
    job = imported(mia, {"a.jsonl": lines(*(["{"] * 1200), article())})

    assert job.n_rejected == job.n_problems == 1200
    assert job.problems.count() == 1000
    assert job.n_created == 1


def test_a_publisher_is_made_once_however_many_articles_name_it(mia):
    imported(mia, {"a.jsonl": lines(*(article(f"a-{n}", publisher="Tern Wire") for n in range(3)))})

    assert Publisher.objects.get().articles.count() == 3


def test_the_five_outside_samples_become_five_articles(mia, shared_samples):
    files = {path.name: path.read_bytes() for path in sorted((shared_samples / "seeds").glob("*.txt"))}

    job = imported(mia, files)

    assert counts(job) == (5, 5, 0, 0, 0)
    plain = {name: data for name, data in files.items() if not data.lstrip().startswith(b"{")}
    for version in ArticleVersion.objects.select_related("raw_file").filter(raw_file__name__in=plain):
        raw = plain[version.raw_file.name].decode("utf-8-sig")
        assert version.text == raw.replace("\r\n", "\n").replace("\r", "\n")


def test_annotations_without_a_key_belong_to_each_text_they_come_with(mia):
    place = {"start": 0, "end": 5, "label": "claim"}
    imported(mia, {"a.jsonl": lines(article(text="Regen fiel.", annotations=[place]))})

    newer = lines(article(text="Regen fiel wieder.", annotations=[place]))
    for _time in range(2):
        imported(mia, {"a.jsonl": newer}, on_conflict="version")

    assert [each.annotations.count() for each in ArticleVersion.objects.order_by("n")] == [1, 1]


def test_an_annotation_whose_quote_does_not_stand_there_is_a_problem_of_the_import(mia):
    wrong = {"start": 0, "end": 5, "quote": "Sonne", "label": "claim"}

    job = imported(mia, {"a.jsonl": lines(article(text="Regen fiel.", annotations=[wrong]))})

    assert (job.state, counts(job), job.n_problems) == ("done_with_problems", (1, 1, 0, 0, 0), 1)
    assert problems(job) == [("a.jsonl", 1, "annotations")]


def test_evidence_is_not_put_on_other_words_than_it_quotes(mia):
    passage = {"article": "a-1", "start": 0, "end": 5}
    items = [
        {"key": str(uuid.uuid4()), "passage": passage, "stance": "supports", "quote": words}
        for words in ("Regen", "Sonne", "")
    ]
    claim = {"type": "claim", "key": str(uuid.uuid4()), "text": "Es regnete.", "evidence_sets": [{"items": items}]}

    job = imported(mia, {"a.jsonl": lines(article("a-1", "Regen fiel."), claim)})

    assert sorted(EvidenceItem.objects.values_list("quote", flat=True)) == ["", "Regen"]
    assert list(job.problems.values_list("field", "value")) == [("evidence.quote", "Sonne")]


def test_a_project_s_own_export_read_again_gives_nobody_an_article_twice():
    mia = factories.project("repeat")
    ada, ben = (factories.member(mia, name) for name in ("ada", "ben"))
    story = factories.article(mia)
    factories.annotation(ada, story, 4, 9)
    factories.assigned(mia, ben, story)
    file = exported(mia)
    submit(story, by=ben)

    job = imported(mia, {"a.jsonl": file})

    assert (job.state, job.n_created) == ("done", 0)
    assert set(Assignment.objects.values_list("annotator", "state")) == {(ada.pk, "open"), (ben.pk, "submitted")}
    story.refresh_from_db()
    assert (story.places_taken, story.is_full) == (2, True)

    record = json.loads(file.splitlines()[-1])
    record["annotations"][0]["key"] = str(uuid.uuid4())
    imported(mia, {"a.jsonl": lines(record)})
    new = Assignment.objects.exclude(annotator__in=[ada, ben])
    assert [row.annotator.pseudonym for row in new] == [f"{ada.pseudonym} (imported)"]
