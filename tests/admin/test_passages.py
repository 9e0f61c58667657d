"""Speech, shared passages, decisions and rules about words in the admin: read, by managers of the project alone."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from annotations.models import Attribution, QuotationDecision, QuoteDecision, QuoteLink, Speaker, Spelling, User
from tests import factories
from tests.exporters.test_last_in_files import filled

pytestmark = pytest.mark.django_db
TABLES = ("speaker", "attribution", "quotelink", "quotedecision", "quotationdecision", "spelling", "boilerplateruling")
TEXT = '"annotations_articleversion"."text"'


@pytest.fixture
def judged():
    """Let Mia and Ada judge all there is in a blind project."""
    mia, ada = filled("blind")
    User.objects.filter(pk__in=[mia.user_id, ada.user_id]).update(is_staff=True)
    return mia, ada


def page(client, table, what="changelist", *args):
    reply = client.get(reverse(f"admin:annotations_{table}_{what}", args=args))
    assert reply.status_code == 200
    return reply.content.decode()


def test_a_manager_reads_all_of_it_with_its_history_and_can_change_nothing(judged, logged_in):
    mia, ada = judged
    client = logged_in(mia)
    shown = {table: page(client, table) for table in TABLES}
    for table, words in (
        *(("speaker", "Erik Blom"), ("attribution", "Zoë Amsel"), ("quotelink", "One → Two")),
        *(("quotedecision", "One → Two"), ("quotationdecision", "the letter is a forgery")),
        *(("spelling", "Uyghur, Uighur, Uygur"), ("boilerplateruling", "Erstes 📈")),
    ):
        assert words in shown[table]
    for model in (model for model in admin.site._registry if model._meta.model_name in TABLES):
        table = model._meta.model_name
        row = model._default_manager.order_by("-version_number" if has_states(model) else "pk").first()
        told = page(client, table, "change", row.pk)
        assert 'type="submit" value' not in told
        if has_states(model) and table not in ("spelling", "boilerplateruling"):
            assert "Earlier states" in told
        assert f'href="{reverse("admin:index")}"' in page(client, table, "history", row.pk)
        assert client.post(reverse(f"admin:annotations_{table}_change", args=[row.pk]), {}).status_code == 403
        assert client.post(reverse(f"admin:annotations_{table}_add"), {}).status_code == 403
    link = QuoteLink.objects.get(made_by=ada)
    told = page(client, "quotelink", "change", link.pk)
    assert "the letter a forgery" in told
    assert "linked" in page(client, "quotelink", "history", link.pk)


def has_states(model):
    return any(field.name == "version_number" for field in model._meta.fields)


def test_managers_of_other_projects_and_annotators_see_none_of_it(judged, logged_in):
    _mia, ada = judged
    zed = factories.project("lake", manager="zed")
    User.objects.filter(pk=zed.user_id).update(is_staff=True)
    client = logged_in(zed)
    for table in TABLES:
        rows = admin.site._registry[next(m for m in admin.site._registry if m._meta.model_name == table)].model
        assert "0 " in page(client, table)
        for row in rows._default_manager.all():
            for what in ("change", "history"):
                assert client.get(reverse(f"admin:annotations_{table}_{what}", args=[row.pk])).status_code == 404
        assert logged_in(ada).get(reverse(f"admin:annotations_{table}_changelist")).status_code == 403


def test_an_administrator_who_annotates_in_a_blind_project_sees_their_own_there(judged, logged_in):
    _mia, ada = judged
    User.objects.filter(pk=ada.user_id).update(is_superuser=True)
    client = logged_in(ada)

    seen = dict.fromkeys((Attribution, QuoteDecision, QuotationDecision, Speaker), 0)
    for model in seen:
        for row in model.objects.all():
            address = reverse(f"admin:annotations_{model._meta.model_name}_change", args=[row.pk])
            seen[model] += client.get(address).status_code == 200

    assert seen == {Attribution: 1, QuoteDecision: 1, QuotationDecision: 1, Speaker: 1}
    assert Spelling.objects.count() == page(client, "spelling").count('class="field-listed"')


def test_their_lists_take_few_queries_and_no_text(judged, olga, logged_in):
    client = logged_in(olga)
    for table in TABLES:
        address = reverse(f"admin:annotations_{table}_changelist")
        client.get(address)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        assert len(queries) <= 12
        assert not any(TEXT in query["sql"] or '"annotations_capture"."text"' in query["sql"] for query in queries)
