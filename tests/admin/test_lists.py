"""All lists and forms of the admin: a bounded number of queries, no long text, and no text that becomes markup."""

from __future__ import annotations

import uuid

import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from annotations.models import Annotation, Job, JobProblem, Label, Membership, Project, Publisher, User
from annotations.workflow.evidence import NewEvidence, SourceLink, attach_source
from tests import factories

MODELS = sorted(model._meta.model_name for model in admin.site._registry)
MARKUP = "\"'><img src=x onerror=alert(1)>{{7*7}}\u202e"
TEXT = '"annotations_articleversion"."text"'


def sourced(person: Membership, article, start: int, **values: str) -> Annotation:
    made = factories.annotation(person, article, start, start + 3, **values)
    keys = {"claim_key": uuid.uuid4(), "mention_key": uuid.uuid4()}
    link = SourceLink(f"https://tern.example/{start}", title=values.get("note", ""))
    attach_source(NewEvidence(uuid.uuid4(), link, annotation=made.key, **keys), by=person)
    return made


@pytest.mark.parametrize("model", MODELS)
def test_a_list_needs_at_most_12_queries_however_long_it_is(model, mia, ada, ben, olga, logged_in):
    for n in range(4):
        article = factories.article(mia, title=f"Meldung {n}", publisher=f"Bote {n}")
        for person in (ada, ben):
            sourced(person, article, 2 + n)
        Job.objects.create(project=mia.project, kind="import", requested_by=mia)
    client, address = logged_in(olga), reverse(f"admin:annotations_{model}_changelist")
    client.get(reverse("admin:annotations_job_progress"))  # the session notes its first use

    with CaptureQueriesContext(connection) as queries:
        reply = client.get(address)

    assert reply.status_code == 200
    assert len(queries) <= 12, [query["sql"][:150] for query in queries]
    assert not any(TEXT in query["sql"] for query in queries)


def test_no_text_of_a_person_or_a_file_becomes_markup(mia, ada, olga, logged_in):
    article = factories.article(mia, title=MARKUP, publisher=MARKUP)
    sourced(ada, article, 2, note=MARKUP)
    Project.objects.update(name=MARKUP, description=MARKUP)
    Label.objects.update(name=MARKUP, description=MARKUP)
    Membership.objects.filter(pk=ada.pk).update(pseudonym=MARKUP)
    User.objects.filter(pk=ada.user_id).update(display_name=MARKUP)
    job = Job.objects.create(project=mia.project, kind="import", requested_by=ada, message=MARKUP, result_name=MARKUP)
    JobProblem.objects.create(job=job, file=MARKUP, field=MARKUP, value=MARKUP, message=MARKUP)
    client = logged_in(olga)

    for model, table in admin.site._registry.items():
        name = f"admin:annotations_{model._meta.model_name}"
        pages = [client.get(reverse(f"{name}_changelist"))]
        for row in table.model._default_manager.all()[:3]:
            pages += [client.get(reverse(f"{name}_{what}", args=[row.pk])) for what in ("change", "history")]
        for page in pages:
            assert page.status_code == 200
            assert "<img src=x" not in page.content.decode(), page.request["PATH_INFO"]
    assert Publisher.objects.get().name in MARKUP
