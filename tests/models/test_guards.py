"""What the database itself refuses, tried by raw SQL past every Python check (checks DI-3, DI-5)."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.db.models import ForeignKey, Model

from annotations.models import (
    AccountCell,
    AccountRow,
    Annotation,
    Article,
    ArticleVersion,
    Assignment,
    AuditEvent,
    Claim,
    CommentThread,
    EvidenceItem,
    EvidenceSet,
    Fragment,
    GuidelinesVersion,
    Job,
    Label,
    LabelSet,
    Quotation,
    QuotationMatch,
    RawFile,
    Region,
    Sentence,
    Statement,
    Story,
    Suggestion,
    SuggestionDecision,
    TextLink,
    WaitingUpload,
    guards,
)
from tests import factories

pytestmark = pytest.mark.django_db
SPANNED = [
    Annotation,
    Fragment,
    Region,
    TextLink,
    EvidenceItem,
    Suggestion,
    Sentence,
    Statement,
    Quotation,
    QuotationMatch,
    CommentThread,
]


@pytest.fixture
def manager():
    return factories.project()


@pytest.fixture
def version(manager):
    return factories.article(manager).current_version


@contextmanager
def _transaction() -> Iterator[None]:
    """Carry out a transaction of its own, at whose end the rules that wait are looked at."""
    with transaction.atomic():
        yield
        connection.check_constraints()


def _row_with_span(model: type[Model], manager, version) -> Model:
    common = {"project": manager.project, "version": version, "length": version.length, "start": 2, "end": 5}
    annotation = Annotation(
        **common, created_by=manager, label=factories.label(manager.project), quote=version.text[2:5]
    )
    annotation.save()
    match model.__name__:
        case "Annotation":
            return annotation
        case "Fragment":
            return Fragment.objects.create(**common, annotation=annotation, n=0, quote=version.text[2:5])
        case "Region":
            return Region.objects.create(**common, kind="caption")
        case "TextLink":
            return TextLink.objects.create(**common, url="https://example.org/")
        case "Suggestion":
            label = factories.label(manager.project)
            return Suggestion.objects.create(**common, label=label, quote=version.text[2:5], suggested_by="tagger 1")
        case "CommentThread":
            return CommentThread.objects.create(**common, created_by=manager, quote=version.text[2:5])
        case "Sentence":
            return Sentence.objects.create(**common, n=0, splitter="file")
        case "Statement":
            owned = {"project": manager.project, "created_by": manager}
            row = AccountRow.objects.create(
                **owned, story=Story.objects.create(**owned, name="Preise"), text="Wie viel?", kind="number"
            )
            cell = AccountCell.objects.create(**owned, row=row, article=version.article)
            return Statement.objects.create(**common, cell=cell, n=0, text="4", quote=version.text[2:5])
        case "Quotation" | "QuotationMatch":
            found = {"n_words": 1, "origin": "rule", "rule": "quotations-1", "quote": version.text[2:5]}
            quotation = Quotation.objects.create(**common, **found)
            if model is Quotation:
                return quotation
            return QuotationMatch.objects.create(**common, quotation=quotation, is_verbatim=True, score=1.0)
        case _:
            claim = Claim.objects.create(project=manager.project, created_by=manager, text="Der Preis stieg.")
            evidence_set = EvidenceSet.objects.create(project=manager.project, claim=claim)
            return EvidenceItem.objects.create(**common, created_by=manager, evidence_set=evidence_set)


def test_every_table_that_holds_spans_is_guarded():
    holding = {model._meta.db_table.removeprefix(guards.PREFIX) for model in SPANNED}
    with_spans = {
        model._meta.db_table.removeprefix(guards.PREFIX)
        for model in apps.get_app_config("annotations").get_models()
        if {"start", "end", "length"} <= {field.name for field in model._meta.get_fields()}
        and "version" in {field.name for field in model._meta.get_fields()}
        and model is not ArticleVersion
    }
    guarded = {reference.table for reference in guards.REFERENCES if reference.columns == guards.VERSION_OF_TEXT}

    assert with_spans == holding <= guarded


@pytest.mark.parametrize("model", SPANNED)
@pytest.mark.parametrize(
    "assignment",
    [
        'length = length + 1000, "end" = length + 1',  # a made-up length, so that the end would fit
        '"end" = length + 1',
        '"end" = start',
        '"end" = start - 1',
        "start = -1",
    ],
)
def test_a_span_outside_its_text_is_refused_by_raw_sql(model, assignment, manager, version):
    row = _row_with_span(model, manager, version)

    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE {model._meta.db_table} SET {assignment} WHERE id = %s", [row.pk])


@pytest.mark.parametrize("model", SPANNED)
def test_a_new_row_with_a_made_up_length_is_refused_by_raw_sql(model, manager, version):
    row = _row_with_span(model, manager, version)
    table = model._meta.db_table
    columns = [field.column for field in model._meta.concrete_fields if field.column != "id"]
    named = ", ".join(f'"{column}"' for column in columns)
    replaced = {"length": "999999", "end": "999999", "key": "''", "uuid": "''", "n": "7"}
    if connection.vendor == "postgresql":
        replaced |= {"key": "gen_random_uuid()", "uuid": "gen_random_uuid()"}
    if "quote" in columns and model is not EvidenceItem:
        replaced["quote"] = (
            "repeat('x', 999997)" if connection.vendor == "postgresql" else "replace(hex(zeroblob(999997)), '00', 'x')"
        )
    values = ", ".join(replaced.get(column, f'"{column}"') for column in columns)

    with (
        pytest.raises(IntegrityError, match=r"guard_|FOREIGN KEY"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"INSERT INTO {table} ({named}) SELECT {values} FROM {table} WHERE id = %s", [row.pk])


@pytest.mark.parametrize(
    "assignment", ["text = 'anders'", "text = text || '!'", "length = length + 1", "text_sha256 = '\\x00'"]
)
def test_the_text_of_a_version_cannot_be_changed_by_raw_sql(assignment, version):
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE annotations_articleversion SET {assignment} WHERE id = %s", [version.pk])


def test_withholding_empties_a_text_and_keeps_its_hash_and_length(version):
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE annotations_articleversion SET text = '', withheld_at = created_at WHERE id = %s", [version.pk]
        )

    after = ArticleVersion.objects.get(pk=version.pk)
    assert (after.text, after.length) == ("", version.length)
    assert bytes(after.text_sha256) == bytes(version.text_sha256)


@pytest.mark.parametrize(
    ("table", "column"),
    [
        (reference.table, reference.columns[0])
        for reference in guards.REFERENCES
        if reference.columns[1:] == ("project_id",) and not reference.outlives
    ],
)
def test_every_reference_into_another_project_is_guarded(table, column):
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s::regclass",
                [guards.PREFIX + table],
            )
            rules = " ".join(row[0] for row in cursor.fetchall())
            assert f"FOREIGN KEY ({column}, project_id)" in rules
        else:
            cursor.execute(
                "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s", [guards.PREFIX + table]
            )
            rules = " ".join(row[0] for row in cursor.fetchall())
            assert f"NEW.{column}" in rules


def test_no_reference_from_one_project_to_another_was_forgotten():
    guarded = {(reference.table, reference.columns[0]) for reference in guards.REFERENCES}

    forgotten = {
        (model._meta.db_table.removeprefix(guards.PREFIX), field.column)
        for model in apps.get_app_config("annotations").get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, ForeignKey)
        and field.name not in ("project", "created_by_job")  # the job that wrote a row is named by imports alone
        and "project" in {each.name for each in model._meta.concrete_fields}
        and "project" in {each.name for each in field.related_model._meta.concrete_fields}
    } - guarded

    assert not forgotten


def _job_of(manager, **values) -> Job:
    return Job.objects.create(project=manager.project, kind="import", requested_by=manager, **values)


def _row_naming(model: type[Model], manager) -> Model:
    """Make a row that names another row of its project in the column that is tried."""
    version = factories.article(manager).current_version
    match model.__name__:
        case "Assignment":
            return factories.assigned(manager, manager, version.article)
        case "ArticleVersion":
            raw_file = RawFile.objects.create(project=manager.project, sha256=b"1" * 32, name="a", size=1, file="raw/a")
            ArticleVersion.objects.filter(pk=version.pk).update(raw_file=raw_file)
            return ArticleVersion.objects.get(pk=version.pk)
        case "Article":
            return version.article
        case "Job":
            return _job_of(manager, undoes=_job_of(manager))
        case "WaitingUpload":
            return WaitingUpload.objects.create(project=manager.project, sent_by=manager)
        case "Suggestion":
            return _row_with_span(Suggestion, manager, version)
        case "SuggestionDecision":
            row = _row_with_span(Suggestion, manager, version)
            return SuggestionDecision.objects.create(
                project=manager.project, suggestion=row, state="dismissed", decided_by=manager
            )
        case "Label":
            child = factories.label(manager.project, "quotation")
            Label.objects.filter(pk=child.pk).update(parent=factories.label(manager.project))
            return Label.objects.get(pk=child.pk)
        case _:
            return model._default_manager.filter(project=manager.project).order_by("pk").first()


def _write_copy(row: Model) -> None:
    """Write a row once more, with keys of its own."""
    row.pk = None
    for name, value in {"uuid": uuid.uuid4(), "key": uuid.uuid4(), "external_id": "neu"}.items():
        if hasattr(row, name):
            setattr(row, name, value)
    match row:
        case Label():
            row.key, row.shortcut = "neu", ""
        case GuidelinesVersion():
            row.version += 1
        case ArticleVersion():
            row.n += 1
    row.save(force_insert=True)


NAMING = [
    (Assignment, "version"),
    (ArticleVersion, "raw_file"),
    (Article, "current_version"),
    (Job, "requested_by"),
    (Job, "undoes"),
    (GuidelinesVersion, "created_by"),
    (SuggestionDecision, "suggestion"),
    (WaitingUpload, "sent_by"),
    (AuditEvent, "actor"),
    (Label, "parent"),
]


@pytest.mark.parametrize(("model", "field"), NAMING)
def test_a_row_changed_to_name_one_of_another_project_is_refused_by_raw_sql(model, field, manager):
    row = _row_naming(model, manager)
    foreign = getattr(_row_naming(model, factories.project("harbour")), f"{field}_id")
    statement = f"UPDATE {model._meta.db_table} SET {field}_id = %s WHERE id = %s"

    with pytest.raises(IntegrityError, match=r"guard_|only added to"), _transaction(), connection.cursor() as cursor:
        cursor.execute(statement, [foreign, row.pk])


@pytest.mark.parametrize(("model", "field"), NAMING)
def test_a_new_row_that_names_one_of_another_project_is_refused(model, field, manager):
    row = _row_naming(model, manager)
    setattr(row, f"{field}_id", getattr(_row_naming(model, factories.project("harbour")), f"{field}_id"))

    with pytest.raises(IntegrityError, match=r"guard_"), _transaction():
        _write_copy(row)


def test_an_article_cannot_show_the_text_of_another_article(manager):
    one, other = factories.article(manager), factories.article(manager)

    with pytest.raises(IntegrityError, match=r"guard_"), _transaction():
        Article.objects.filter(pk=one.pk).update(current_version=other.current_version)


def test_a_text_that_an_article_shows_cannot_become_another_article_s(manager):
    one, other = factories.article(manager), factories.article(manager)

    with pytest.raises(IntegrityError, match=r"guard_"), _transaction():
        ArticleVersion.objects.filter(article=one).update(article=other, n=2)


def _write_article_before_its_text(version: ArticleVersion, owner: Article | None) -> Article:
    """Write an article that names a text, then the text: its own, or that of another owner."""
    made = Article.objects.create(project=version.project, external_id="neu", title="Neu", current_version_id=1_000_000)
    version.pk, version.uuid, version.n, version.article = 1_000_000, uuid.uuid4(), 2, owner or made
    version.save(force_insert=True)
    return made


def test_an_article_may_name_its_text_before_that_is_written(version):
    with _transaction():
        made = _write_article_before_its_text(version, None)

    assert ArticleVersion.objects.get(article=made).pk == 1_000_000


def test_an_article_cannot_wait_for_the_text_of_another_article(manager, version):
    other = factories.article(manager)

    with pytest.raises(IntegrityError, match=r"guard_"), _transaction():
        _write_article_before_its_text(version, other)


def test_a_label_cannot_stand_below_one_of_another_version_of_the_label_set(manager):
    label = factories.label(manager.project)
    later = LabelSet.objects.create(project=manager.project, name="Später", version=2)
    other = Label.objects.create(project=manager.project, label_set=later, key="claim", name="Claim")

    with pytest.raises(IntegrityError, match=r"guard_"), _transaction():
        Label.objects.filter(pk=label.pk).update(parent=other)


def test_a_label_cannot_stand_below_itself(manager):
    label = factories.label(manager.project)

    with pytest.raises(IntegrityError, match="label_parent_another"), transaction.atomic():
        Label.objects.filter(pk=label.pk).update(parent=label)


def test_a_label_of_another_project_is_refused_by_raw_sql(manager, version):
    other = factories.project("harbour")
    row = _row_with_span(Annotation, manager, version)
    foreign = factories.label(other.project)

    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE annotations_annotation SET label_id = %s WHERE id = %s", [foreign.pk, row.pk])


def test_a_quote_of_another_length_is_refused(manager, version):
    row = _row_with_span(Annotation, manager, version)

    with pytest.raises(IntegrityError), transaction.atomic():
        Annotation.objects.filter(pk=row.pk).update(quote="zu lang hierfür")


def test_a_guard_of_sqlite_does_not_walk_through_the_text_to_find_its_length():
    if connection.vendor != "sqlite":
        pytest.skip("the foreign keys of PostgreSQL look into the index by themselves")
    with connection.cursor() as cursor:
        looks = "%NOT EXISTS (SELECT 1 FROM annotations_articleversion %"
        cursor.execute("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND sql LIKE %s", [looks])
        found = [row[0] for row in cursor.fetchall()]
        # those that look at a quote without words look at a text that is withheld, of which nothing is left to walk
        triggers = [sql for sql in found if "withheld_at" not in sql]
        for sql in triggers:
            question = re.sub(r"NEW\.\w+", "1", sql.partition("NOT EXISTS (")[2].rpartition(")")[0])
            cursor.execute(f"EXPLAIN QUERY PLAN {question}")
            assert "COVERING INDEX" in cursor.fetchone()[3], question

    assert len(triggers) == 2 * sum(each.target == "articleversion" and not each.waits for each in guards.REFERENCES)


def test_installing_the_guards_again_changes_nothing():
    def names() -> set[str]:
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("SELECT conname FROM pg_constraint WHERE conname LIKE 'guard_%'")
            else:
                cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            return {row[0] for row in cursor.fetchall()}

    before = names()

    guards.install_guards()

    assert names() == before
    kept_by_constraint = [each for each in guards.REFERENCES if not each.outlives]
    assert len(before) >= len(kept_by_constraint)


@pytest.mark.parametrize("model", [TextLink, EvidenceItem])
def test_an_address_that_is_no_web_address_is_refused_by_raw_sql(model, manager, version):
    row = _row_with_span(model, manager, version)

    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE {model._meta.db_table} SET url = 'javascript:alert(1)' WHERE id = %s", [row.pk])
