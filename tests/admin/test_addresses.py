"""The admin names rows without their numbers: a gap between two numbers tells that others worked meanwhile."""

from __future__ import annotations

import re

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import connection, models
from django.test import Client, override_settings
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from annotations.admin.addresses import NOWHERE, name_of, number_of
from annotations.models import Annotation, Comment, Job, User
from tests.security.world import build_world

FROM = 734_000_000
#: what is set up by those who manage, and tells nothing of anybody's work
SHOWN = {"project", "user", "membership", "labelset", "label", "guidelinesversion"}


@given(st.integers(1, 2**63 - 1), st.sampled_from([Annotation, Comment, Job]))
def test_a_name_leads_back_to_its_number_and_differs_by_table(number, model):
    name = name_of(model, number)

    assert number_of(model, name) == str(number)
    assert re.fullmatch("[0-9a-f]{16}", name)
    assert all(name_of(other, number) != name for other in (Annotation, Comment, Job) if other is not model)


@pytest.mark.parametrize("name", ["", "5", "734000001", "x" * 16, "0" * 15, "١" * 16, "0" * 17])
def test_what_is_no_name_leads_nowhere(name):
    assert number_of(Annotation, name) == NOWHERE


def test_a_name_is_of_one_installation():
    with override_settings(SECRET_KEY="another"):
        other = name_of(Annotation, 5)

    assert name_of(Annotation, 5) != other


def number_far_on() -> None:
    """Let rows of work be numbered from a number that stands nowhere else."""
    tables = [
        m._meta.db_table for m in apps.get_app_config("annotations").get_models() if m._meta.model_name not in SHOWN
    ]
    with connection.cursor() as cursor:
        for table in tables:
            if connection.vendor == "postgresql":
                cursor.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", [table, FROM])
            else:
                cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [table])
                cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, FROM])


@pytest.mark.django_db
def test_no_page_of_the_admin_shows_the_number_of_a_row_of_work():
    number_far_on()
    build_world()
    client, seen, told = Client(), 0, []
    client.force_login(User.objects.get(username="root"))
    for model in admin.site._registry:
        table = f"admin:annotations_{model._meta.model_name}"
        pages = [reverse(f"{table}_changelist")]
        row = model._default_manager.order_by("pk").first()
        if row is not None:
            pages += [reverse(f"{table}_{what}", args=[row.pk]) for what in ("change", "history")]
        for page in [*pages, reverse("admin:index")]:
            answer = client.get(page)
            assert answer.status_code == 200, page
            seen += str(FROM)[:6] in page or row is not None
            if f"{FROM // 1000}" in page + answer.content.decode():
                where = answer.content.decode()
                at = where.index(f"{FROM // 1000}") if f"{FROM // 1000}" in where else 0
                told.append((page, where[max(0, at - 80) : at + 20]))

    assert seen > 60
    assert not told, "\n".join(f"{page}: {shown!r}" for page, shown in told)


def test_every_table_names_its_rows_otherwise_than_by_number():
    shown = {
        model for table in admin.site._registry.values() for model in (table.model, *(i.model for i in table.inlines))
    }

    assert [model.__name__ for model in shown if model.__str__ is models.Model.__str__] == []


def test_tables_with_the_same_numbers_have_other_addresses():
    addresses = {
        reverse(f"admin:annotations_{model._meta.model_name}_change", args=[5]) for model in admin.site._registry
    }

    assert len({address.split("/")[-3] for address in addresses}) == len(addresses)
