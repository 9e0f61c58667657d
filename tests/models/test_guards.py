"""What the database itself refuses, tried by raw SQL past every Python check (checks DI-3, DI-5)."""

from __future__ import annotations

import re

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Model

from annotations.models import (
    Annotation,
    ArticleVersion,
    Claim,
    EvidenceItem,
    EvidenceSet,
    Fragment,
    Region,
    Sentence,
    Suggestion,
    TextLink,
    guards,
)
from tests import factories

pytestmark = pytest.mark.django_db
SPANNED = [Annotation, Fragment, Region, TextLink, EvidenceItem, Suggestion, Sentence]


@pytest.fixture
def manager():
    return factories.project()


@pytest.fixture
def version(manager):
    return factories.article(manager).current_version


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
        case "Sentence":
            return Sentence.objects.create(**common, n=0, splitter="file")
        case _:
            claim = Claim.objects.create(project=manager.project, created_by=manager, text="Der Preis stieg.")
            evidence_set = EvidenceSet.objects.create(project=manager.project, claim=claim)
            return EvidenceItem.objects.create(**common, created_by=manager, evidence_set=evidence_set)


def test_every_table_that_holds_spans_is_guarded():
    holding = {model._meta.db_table.removeprefix(guards.PREFIX) for model in SPANNED}
    from django.apps import apps

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
        if reference.columns[1:] == ("project_id",)
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
        cursor.execute(
            "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND sql LIKE '%FROM annotations_articleversion %'"
        )
        triggers = [row[0] for row in cursor.fetchall()]
        for sql in triggers:
            question = re.sub(r"NEW\.\w+", "1", sql.partition("NOT EXISTS (")[2].rpartition(")")[0])
            cursor.execute(f"EXPLAIN QUERY PLAN {question}")
            assert "COVERING INDEX" in cursor.fetchone()[3], question

    assert len(triggers) == 2 * sum(each.target == "articleversion" for each in guards.REFERENCES)


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
    assert len(before) >= len(guards.REFERENCES)


@pytest.mark.parametrize("model", [TextLink, EvidenceItem])
def test_an_address_that_is_no_web_address_is_refused_by_raw_sql(model, manager, version):
    row = _row_with_span(model, manager, version)

    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE {model._meta.db_table} SET url = 'javascript:alert(1)' WHERE id = %s", [row.pk])
