"""Withholding on a rights-holder's demand: no word is left anywhere, and what people judged stays as it was."""

from __future__ import annotations

import io
import uuid
from dataclasses import replace

import orjson
import pytest
from django.db import DatabaseError, transaction

from annotations.agreement.running import AGREEMENT, start_measuring
from annotations.errors import Forbidden, Refused
from annotations.jobs.leases import owner_name
from annotations.jobs.running import run_job
from annotations.jobs.starting import start_export, start_import
from annotations.models import (
    AccountCellRevision,
    AgreementFigure,
    Annotation,
    Article,
    ArticleVersion,
    Attribution,
    AuditEvent,
    Capture,
    CommentThread,
    Edition,
    Fragment,
    Job,
    NameInText,
    Project,
    Quotation,
    RawFile,
    SearchPassage,
    Statement,
    StorySuggestion,
    SuggestedArticle,
    Suggestion,
    Withholding,
)
from annotations.removing.withholding import Demand, reach_of_article, withhold_article, withhold_capture
from annotations.reuse.index import put
from annotations.search.indexing import rebuild
from annotations.text.spans import Span, text_sha256
from annotations.workflow.acts import record
from annotations.workflow.annotating import AnnotationChange, change_annotation
from annotations.workflow.announcing import announce, draft_of
from annotations.workflow.answering import NewAnswer, NewStatement, add_row, answer
from annotations.workflow.assigning import assign, submit
from annotations.workflow.attributing import speaker_named
from annotations.workflow.claiming import NewMention, make_claim
from annotations.workflow.correcting import correct_article
from annotations.workflow.desk import DeskChange, change_desk, desk_of
from annotations.workflow.discussing import NewThread, begin_thread
from annotations.workflow.evidence import NewEvidence, Passage, SourceLink, attach_source
from annotations.workflow.parts import Part
from annotations.workflow.projects import current_guidelines
from annotations.workflow.sealing import flaws
from annotations.workflow.sources import paste_capture
from annotations.workflow.stories import make_story
from annotations.workflow.verdicts import NewVerdict, reach_verdict
from annotations.workflow.verifying import findings
from annotations.workflow.wording_rules import rule_boilerplate
from annotations.workflow.wordless import GONE
from tests import factories
from tests.corpora import annotation, article, exported, imported, lines
from tests.exporters.test_round_trip import held, validator

from .canaries import places_with

pytestmark = pytest.mark.django_db
WORD = "Quarzkolibri"
TEXT = (
    f"Der {WORD} stieg um 4 %. „Das war abzusehen“, sagte Zoë.\n\n"
    f"Die Menge der {WORD}e wuchs auf 1.240 Menschen. Der {WORD} kam zuletzt."
)
DEMAND = Demand("Der Preis", "Verlag Nord, per Brief", "Die Rechte liegen bei uns.")


@pytest.fixture
def mia():
    made = factories.project(visibility="open")
    factories.set_project(made, publishes=True)
    return made


def place(words: str, text: str = TEXT) -> tuple[int, int]:
    start = text.index(words)
    return start, start + len(words)


@pytest.fixture
def rich(mia, django_capture_on_commit_callbacks) -> Article:
    """Return an article whose words lie everywhere that words of a text can lie."""
    record = article(
        "a-1",
        TEXT,
        title="Der Preis",
        url="https://nord.example/preis",
        metadata={"lead": f"Vom {WORD}"},
        annotations=[annotation(TEXT, f"{WORD} stieg"), annotation(TEXT, WORD) | {"quote": f"{WORD}xx"}],
        suggestions=[annotation(TEXT, f"{WORD}e wuchs") | {"suggested_by": "tagger 1"}],
    )
    with django_capture_on_commit_callbacks(execute=True):
        job = imported(mia, {"nord.jsonl": lines(record)})
    assert job.n_problems == 1
    start_import(mia, [("again.jsonl", io.BytesIO(lines(record) + b"\n"))], is_trial=True)
    Job.objects.filter(project=mia.project).exclude(state__in=Job.ENDED).update(state=Job.State.CANCELLED)
    made = Article.objects.get(external_id="a-1")
    ada, ben, rosa = (factories.member(mia, name, role) for name, role in ROLES)
    assign([made], [ada, ben], by=mia)
    first = factories.annotation(ada, made, *place(f"Der {WORD} stieg"), note="Woher?")
    parts = (Part(Span(*place(f"Der {WORD}")), f"Der {WORD}"), Part(Span(*place("um 4 %")), "um 4 %"))
    span = Span(parts[0].span.start, parts[1].span.end)
    change = AnnotationChange(span=span, quote=TEXT[span.start : span.end], parts=parts)
    change_annotation(first.key, change, by=ada, base_version=1)
    change_annotation(first.key, AnnotationChange(note="Noch einmal."), by=ada, base_version=2)
    other = factories.annotation(ben, made, *place(f"Der {WORD} stieg"))
    claim = make_claim(uuid.uuid4(), "Es wurde mehr.", by=ada, mention=NewMention(uuid.uuid4(), other.key))
    attach_source(
        NewEvidence(uuid.uuid4(), claim=claim.key, link=SourceLink(), passage=Passage(made.uuid, 0, 20)), by=rosa
    )
    item = attach_source(
        NewEvidence(uuid.uuid4(), claim=claim.key, link=SourceLink("https://nord.example/preis", quote=f"{WORD}!")),
        by=rosa,
    )
    paste_capture(item.source.uuid, TEXT, by=rosa)
    reach_verdict(NewVerdict(uuid.uuid4(), claim.key, "supported", "Gut belegt.", (1,)), by=rosa)
    change_desk(claim.key, DeskChange("in_second_review"), by=rosa, base_version=desk_of(claim).version_number)
    change_desk(claim.key, DeskChange("published"), by=mia, base_version=desk_of(claim).version_number)
    begin_thread(NewThread(uuid.uuid4(), uuid.uuid4(), "Und das?", made.uuid, other.key, is_question=True), by=ben)
    thread = CommentThread.objects.get(annotation=other)
    example = draft_of(thread) + "\n\nSo nicht."
    announce(thread.key, example, by=mia, base_version=current_guidelines(mia.project).version)
    submit(made, by=ada)
    submit(made, by=ben)
    rebuild(mia.project_id)
    put({made.current_version_id: [1, 2, 3]}, mia.project_id, "runs")
    told_and_quoted(made, other, mia)
    exported(mia)
    made.refresh_from_db()
    return made


def told_and_quoted(made: Article, noted: Annotation, mia) -> None:
    """Have a story ask what the article says, and quotations and who says them lie in it; own words are among them."""
    story = make_story(uuid.uuid4(), "Der Preis", by=mia, articles=[made.uuid])
    row = add_row(story.key, uuid.uuid4(), "Wer kam?", "name", by=mia)
    said = [
        NewStatement(f"Die Menge der {WORD}e", quote=f"Die Menge der {WORD}e"),
        NewStatement("Im Text steht es nicht so", quote="um 4 %"),
    ]
    answer(row.key, made.uuid, NewAnswer("unchecked", 0, said), by=mia)
    answer(row.key, made.uuid, NewAnswer("agrees", 1, said), by=mia)
    cue, (cue_start, cue_end) = f"Der {WORD}", place(f"Der {WORD}")
    Attribution.objects.create(
        project=mia.project,
        created_by=noted.created_by,
        annotation=noted,
        version=made.current_version,
        length=len(TEXT),
        speaker=speaker_named(mia.project, "Zoë"),
        speaker_name="Zoë",
        cue=cue,
        cue_start=cue_start,
        cue_end=cue_end,
    )
    record(mia, "attribution.made", "attribution", noted.key, text={"speaker": "Zoë", "cue": cue})
    start, end = place(f"{WORD} kam zuletzt")
    Quotation.objects.create(
        project=mia.project,
        version=made.current_version,
        length=len(TEXT),
        start=start,
        end=end,
        quote=TEXT[start:end],
        n_words=3,
        origin="rule",
        speaker=f"Der {WORD}",
        long_word=7,
        rule="test",
    )
    suggested = StorySuggestion.objects.create(project=mia.project, found_by="test")
    other = factories.article(mia, "Etwas anderes.", external_id="a-2", title="Anderes")
    for one, beside in ((made, other), (other, made)):
        ground = [{"article": str(beside.uuid), "passages": [], "words": 0, "names": [WORD.lower()], "days": 1}]
        SuggestedArticle.objects.create(project=mia.project, suggestion=suggested, article=one, ground=ground)
    NameInText.objects.create(project_id=mia.project_id, name=WORD.lower(), version_id=made.current_version_id)
    rule_boilerplate(f"Der {WORD} kam zuletzt.", True, [], by=mia)


ROLES = (("ada", "annotator"), ("ben", "annotator"), ("rosa", "reviewer"))


def withheld(made: Article, by) -> Withholding:
    """Withhold it, with what follows the commit."""
    return withhold_article(made, DEMAND, by=by)


def figures(mia) -> list[tuple]:
    job = start_measuring(mia, seed=7)
    run_job(job.pk, {Job.Kind.AGREEMENT: AGREEMENT}, owner=owner_name())
    rows = AgreementFigure.objects.filter(run__job=job).order_by("n")
    return list(rows.values_list("measure", "unit", "scope", "value", "n_items", "low", "high"))


def test_no_word_is_left_in_any_table_or_file(rich, mia, django_capture_on_commit_callbacks):
    assert len(places_with(WORD)) > 15
    judged = list(Annotation.every.order_by("pk").values("key", "start", "end", "label", "note", "created_by"))

    with django_capture_on_commit_callbacks(execute=True):
        done = withheld(rich, mia)

    assert places_with(WORD) == []
    assert list(Annotation.every.order_by("pk").values("key", "start", "end", "label", "note", "created_by")) == judged
    version = ArticleVersion.objects.get(pk=rich.current_version_id)
    assert (version.text, version.length, bytes(version.text_sha256)) == ("", len(TEXT), text_sha256(TEXT))
    assert version.raw_file is None
    assert not RawFile.objects.exists()
    assert not SearchPassage.objects.filter(version=version).exists()
    assert done.counts["annotations"] == 3
    assert (done.counts["quotations"], done.counts["statements"]) == (1, 2)
    assert list(Statement.objects.order_by("n").values_list("text", "quote", "value", "start")) == [
        (GONE, "", {"name": GONE}, TEXT.index("Die Menge")),
        ("Im Text steht es nicht so", "", {"name": "Im Text steht es nicht so"}, TEXT.index("um 4 %")),
    ]
    assert [each["text"] for each in AccountCellRevision.objects.get().statements] == [
        GONE,
        "Im Text steht es nicht so",
    ]
    assert Attribution.objects.values_list("speaker_name", "cue", "cue_start").get() == ("Zoë", "", 0)
    assert not list(flaws())
    assert done.counts["files"] == 2
    assert done.counts["results"] == 1
    assert AuditEvent.objects.get(verb="article.withheld").text.values["demanded_by"] == DEMAND.demanded_by
    assert list(findings()) == []


def test_agreement_counts_by_offsets_as_before(rich, mia):
    before = figures(mia)

    withheld(rich, mia)

    assert figures(mia) == before
    assert any(row[3] is not None and row[1] == "sentence" for row in before)


def test_an_export_comes_back_to_the_byte_with_a_withheld_article(rich, mia):
    withheld(rich, mia)
    export = exported(None, project=mia.project)
    Project.objects.filter(pk=mia.project_id).update(slug="river-first")

    again = exported(None, project=held(export, "river"))

    assert again == export
    row = orjson.loads(export.splitlines()[1])
    assert "text" not in row
    assert row["length"] == len(TEXT)
    assert row["withheld"]["demanded_by"] == DEMAND.demanded_by
    for line in export.splitlines():
        validator().validate(orjson.loads(line))


def test_a_file_does_not_bring_the_words_back(rich, mia):
    withheld(rich, mia)

    job = imported(mia, {"new.jsonl": lines(article("a-1", TEXT, annotations=[annotation(TEXT, "Zoë")]))})
    other = imported(mia, {"b.jsonl": lines(article("a-1", f"Ganz neu: {WORD}."))}, on_conflict="version")

    assert (job.n_unchanged, other.n_unchanged, other.n_updated) == (1, 1, 0)
    assert Annotation.objects.get(version=rich.current_version_id, start=TEXT.index("Zoë")).quote == ""
    assert not ArticleVersion.objects.filter(text__contains=WORD).exists()


def test_a_file_that_withholds_a_text_takes_no_words_from_one_that_is_here(mia):
    made = factories.article(mia, TEXT, external_id="a-1")
    start, end = place("Zoë")
    record = {
        **article("a-1"),
        "withheld_at": "2024-01-01T00:00:00Z",
        "length": len(TEXT),
        "text_sha256": text_sha256(TEXT).hex(),
        "annotations": [{"start": start, "end": end, "quote": "", "label": "claim", "annotator": "x-1"}],
    }
    del record["text"]

    job = imported(mia, {"a.jsonl": lines(record)})

    assert (job.n_unchanged, list(job.problems.values_list("message", flat=True))) == (1, [])
    assert Annotation.objects.get(version__article=made).quote == "Zoë"
    assert ArticleVersion.objects.get().text == TEXT


def test_a_file_that_holds_other_articles_stays_and_is_named(mia):
    records = lines(article("a-1", TEXT, title="Der Preis"), article("a-2", "Etwas anderes."))
    imported(mia, {"both.jsonl": records})
    made = Article.objects.get(external_id="a-1")

    reach = reach_of_article(made)
    done = withheld(made, mia)

    assert [each.name for each in reach.shared] == ["both.jsonl"]
    assert reach.removable == []
    assert RawFile.objects.count() == 1
    assert done.counts["files_kept"] == 1


def test_such_a_file_goes_where_that_is_asked_for(mia, client, django_capture_on_commit_callbacks):
    records = lines(article("a-1", TEXT, title="Der Preis"), article("a-2", "Etwas anderes."))
    imported(mia, {"both.jsonl": records})
    made, stored = Article.objects.get(external_id="a-1"), RawFile.objects.get()
    client.force_login(mia.user)
    page = f"/p/{mia.project.slug}/articles/{made.uuid}/withhold/"

    assert 'name="deletes_files"' in client.get(page).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        values = {"title": made.title, "demanded_by": "Verlag", "reason": "Rechte.", "deletes_files": "on"}
        assert client.post(page, values).status_code == 302

    assert not RawFile.objects.exists()
    assert not stored.file.storage.exists(stored.file.name)
    assert Withholding.objects.get().counts["files"] == 1
    assert ArticleVersion.objects.get(article__external_id="a-2").text == "Etwas anderes."


def test_other_articles_with_the_very_text_are_named(mia, client):
    made, other = factories.article(mia, TEXT), factories.article(mia, TEXT, title="Noch einmal: der Preis")
    factories.article(mia, f"{TEXT} Und mehr.")
    client.force_login(mia.user)

    named = client.get(f"/api/v1/projects/{mia.project.slug}/articles/{made.uuid}/withhold/").json()["same_text"]
    shown = client.get(f"/p/{mia.project.slug}/articles/{made.uuid}/withhold/").content.decode()

    assert named == [{"uuid": str(other.uuid), "title": "Noch einmal: der Preis"}]
    assert "Noch einmal: der Preis" in shown
    withhold_article(other, replace(DEMAND, title=other.title), by=mia)
    assert reach_of_article(made).same_text == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"title": "Der Preis!"}, "title_differs"),
        ({"reason": " "}, "reason_missing"),
        ({"demanded_by": ""}, "reason_missing"),
    ],
)
def test_the_title_is_typed_and_the_demand_is_said(mia, changes, code):
    made = factories.article(mia, TEXT)
    values = {"title": "Der Preis", "demanded_by": "Verlag", "reason": "Rechte."} | changes

    with pytest.raises(Refused) as refusal:
        withhold_article(made, Demand(**values), by=mia)

    assert refusal.value.code == code
    assert ArticleVersion.objects.get().text == TEXT


def test_nobody_but_a_manager_withholds_and_nothing_twice(mia):
    made, ada = factories.article(mia, TEXT), factories.member(mia, "ada")
    with pytest.raises(Forbidden):
        withhold_article(made, DEMAND, by=ada)
    withheld(made, mia)

    with pytest.raises(Refused, match="withheld already"):
        withheld(made, mia)


def test_nothing_is_withheld_while_an_export_has_the_texts_in_hand(mia):
    made = factories.article(mia, TEXT)
    start_export(mia)

    with pytest.raises(Refused) as refusal:
        withheld(made, mia)

    assert refusal.value.code == "job_running"


def test_a_withheld_text_takes_no_new_work(rich, mia):
    withheld(rich, mia)
    cy = factories.member(mia, "cy")

    with pytest.raises(Refused):
        factories.annotation(cy, rich, 0, 3, quote="")
    with pytest.raises(Refused):
        correct_article(rich, "Neu.", by=mia, base_version=rich.current_version.uuid)
    rich.refresh_from_db()
    assert rich.is_full


def test_one_capture_is_withheld_and_what_was_cited_of_it(mia):
    ada = factories.member(mia, "ada")
    claim = make_claim(uuid.uuid4(), "Es wurde mehr.", by=ada)
    item = attach_source(
        NewEvidence(uuid.uuid4(), claim=claim.key, link=SourceLink("https://amt.example/a", title="Amt")), by=ada
    )
    capture = paste_capture(item.source.uuid, TEXT, by=ada)
    Capture.objects.filter(pk=capture.pk).update(title="Amt")
    found = Capture.objects.get(pk=capture.pk)

    withhold_capture(found, Demand(found.source.title or found.source.url, "Amt", "Darum."), by=mia)

    found.refresh_from_db()
    assert (found.text, found.length, found.withheld_at is not None) == ("", len(TEXT), True)
    assert places_with(WORD) == []


@pytest.mark.parametrize("model", [Annotation, Suggestion, Fragment, Quotation, Statement])
def test_the_database_refuses_a_quote_without_words_on_a_text_that_has_them(rich, model):
    assert model._base_manager.exists()

    with pytest.raises(DatabaseError), transaction.atomic():
        model._base_manager.update(quote="")


def test_readers_are_told_that_a_passage_is_withheld(rich, mia, client):
    page = Edition.objects.get().publication
    assert WORD in client.get(f"/published/{page.uuid}/").content.decode()

    withheld(rich, mia)

    words = client.get(f"/published/{page.uuid}/").content.decode()
    assert WORD not in words
    assert "withheld" in words
