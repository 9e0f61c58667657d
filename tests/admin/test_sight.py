"""Who sees what in the admin: managers their projects, administrators all, and nobody behind a blind project."""

from __future__ import annotations

import uuid

import pytest
from django.contrib import admin
from django.urls import reverse

from annotations.models import Annotation, Claim, EvidenceItem, Membership
from annotations.workflow.annotating import AnnotationChange, change_annotation
from annotations.workflow.evidence import NewEvidence, SourceLink, attach_source
from tests import factories

READ_ONLY = ("annotation", "claim", "claimmention", "evidenceitem", "assignment", "source", "job", "auditevent")


def page(client, model: str, what: str = "changelist", *args, **query) -> str:
    reply = client.get(reverse(f"admin:annotations_{model}_{what}", args=args), query)
    assert reply.status_code == 200
    return reply.content.decode()


@pytest.fixture
def judged(mia, ada, ben):
    """Have Ada and Ben each annotate an article and bring evidence."""
    article = factories.article(mia, title="Der Preis")
    for person, start, words in ((ada, 2, "ada-claim"), (ben, 6, "ben-claim")):
        made = factories.annotation(person, article, start, start + 5)
        link = SourceLink(f"https://{words}.example/a", title=f"{words} title")
        keys = {"claim_key": uuid.uuid4(), "mention_key": uuid.uuid4()}
        attach_source(NewEvidence(uuid.uuid4(), link, annotation=made.key, **keys), by=person)
    return article


def test_a_manager_sees_everybodys_work_of_their_own_project(mia, judged, logged_in):
    client = logged_in(mia)

    assert page(client, "annotation").count('class="field-short_quote"') == 2
    assert "ben-claim title" in page(client, "evidenceitem")


def test_a_manager_sees_nothing_of_another_project(mia, judged, logged_in):
    other = factories.project("canary", manager="zed")
    article = factories.article(other, title="CANARY-TITLE")
    made = factories.annotation(other, article, 2, 7)
    client = logged_in(mia)

    for model in ("project", "article", "annotation", "labelset", "membership", "auditevent"):
        text = page(client, model)
        assert "CANARY" not in text
        assert "Canary" not in text
    for model, row in (("article", article), ("annotation", made), ("project", other.project), ("membership", other)):
        for what in ("change", "history"):
            assert client.get(reverse(f"admin:annotations_{model}_{what}", args=[row.pk])).status_code == 404
    labels = reverse("admin:annotations_labelset_change", args=[other.project.label_sets.get().pk])
    assert client.get(labels).status_code == 404


def test_an_annotator_with_the_staff_mark_sees_no_work_and_no_project(ada, judged, logged_in):
    client = logged_in(ada)
    made = Annotation.objects.exclude(created_by=ada).get()

    assert "River" not in page(client, "project")
    for model in READ_ONLY:
        assert client.get(reverse(f"admin:annotations_{model}_changelist")).status_code == 403
    assert client.get(reverse("admin:annotations_annotation_change", args=[made.pk])).status_code == 403


def test_an_administrator_who_annotates_in_a_blind_project_sees_only_their_own_work_there(mia, judged, olga, logged_in):
    factories.set_project(mia, annotators_per_article=3)
    part = factories.member(mia, "olga")
    own = factories.annotation(part, judged, 20, 25)
    client = logged_in(olga)

    rows = page(client, "annotation")

    assert rows.count('class="field-short_quote"') == 1
    assert "ben-claim" not in page(client, "evidenceitem")
    assert "annotated “" not in page(client, "auditevent")
    assert client.get(reverse("admin:annotations_annotation_change", args=[own.pk])).status_code == 200
    for other in Annotation.objects.exclude(pk=own.pk):
        assert client.get(reverse("admin:annotations_annotation_change", args=[other.pk])).status_code == 404
    for claim in Claim.objects.all():
        assert client.get(reverse("admin:annotations_claim_change", args=[claim.pk])).status_code == 404


def test_an_administrator_without_a_part_sees_all_and_looking_makes_no_part(olga, judged, logged_in):
    client = logged_in(olga)

    assert page(client, "annotation").count('class="field-short_quote"') == 2
    assert not Membership.objects.filter(user=olga).exists()


@pytest.mark.parametrize("model", READ_ONLY)
def test_rows_of_work_and_record_can_be_neither_added_nor_changed_nor_deleted(model, olga, judged, logged_in):
    client = logged_in(olga)
    admin_of = next(one for row, one in admin.site._registry.items() if row._meta.model_name == model)
    row = admin_of.model.objects.first()

    assert client.post(reverse(f"admin:annotations_{model}_add"), {}).status_code == 403
    if row is not None:
        assert client.post(reverse(f"admin:annotations_{model}_change", args=[row.pk]), {}).status_code == 403
        deletion = reverse(f"admin:annotations_{model}_delete", args=[row.pk])
        assert client.post(deletion, {"post": "yes"}).status_code == 403


def test_no_table_of_the_admin_offers_deletion(rf, olga):
    request = rf.get("/admin/")
    request.user = olga

    for table in admin.site._registry.values():
        assert not table.has_delete_permission(request)
        assert "delete_selected" not in table.get_actions(request)


def test_the_page_of_an_annotation_shows_its_earlier_states(mia, ada, judged, logged_in):
    made = Annotation.objects.get(created_by=ada)
    change_annotation(made.key, AnnotationChange(note="a second thought"), by=ada, base_version=1)

    text = page(logged_in(mia), "annotation", "change", made.pk)

    assert "Earlier states" in text
    assert "a second thought" in text
    assert "changed the annotation" in page(logged_in(mia), "annotation", "history", made.pk)


def test_the_page_of_a_claim_shows_its_mentions_and_evidence(mia, judged, logged_in):
    claim = Claim.objects.first()

    text = page(logged_in(mia), "claim", "change", claim.pk)

    assert EvidenceItem.objects.get(evidence_set__claim=claim).title in text
    assert "asserts" in text
