"""The pages of the record: histories with bringing back, the acts of a project, the checkpoint of their chain."""

from __future__ import annotations

import csv
import html
import io
import json
import re
import uuid

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from annotations.models import Annotation, Article, AuditEvent, AuditSeal, Publisher
from annotations.workflow.annotating import AnnotationChange, change_annotation
from annotations.workflow.articles import MetadataChange, edit_article, set_metadata
from annotations.workflow.assigning import assign
from annotations.workflow.claiming import NewMention, change_claim, make_claim
from annotations.workflow.correcting import correct_article
from annotations.workflow.projects import archive_project
from annotations.workflow.relating import NewRelation, relate, withdraw_relation
from annotations.workflow.sealing import flaws, seal_waiting
from tests import factories

pytestmark = pytest.mark.django_db


def text_of(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, path
    return html.unescape(response.content.decode())


def forms_on(page: str) -> list[dict[str, str]]:
    """Return what each form that brings something back would send."""
    found = []
    for form in re.findall(r'<form method="post" action="[^"]*history/">(.*?)</form>', page, re.S):
        sent = dict(re.findall(r'name="(form_key|base)" value="([^"]*)"', form))
        found.append(sent | {"act": re.search(r'name="act" value="([^"]*)"', form)[1]})
    return found


@pytest.fixture
def story(team) -> Article:
    return factories.article(team.mia)


def test_an_annotator_brings_an_earlier_state_back_on_the_page_of_the_article(team, story, browser):
    made = factories.annotation(team.ada, story, 2, 11, note="eins")
    change_annotation(made.key, AnnotationChange(note="zwei"), by=team.ada, base_version=1)
    factories.annotation(team.ben, story, 12, 17)
    path = f"/p/river/articles/{story.uuid}/history/"
    ada = browser("ada")

    page = text_of(ada, path)
    assert "changed the annotation" in page
    assert team.ben.pseudonym not in page
    (form,) = forms_on(page)
    assert ada.post(path, form)["Location"] == path
    assert ada.post(path, form)["Location"] == path  # by a double click

    now = Annotation.objects.get(key=made.key)
    assert (now.note, now.version_number) == ("eins", 3)
    assert "current again" in text_of(ada, path)
    assert forms_on(text_of(browser("ben"), path)) == []


def test_a_relation_is_named_by_its_label_and_brought_back_on_the_page(team, story, browser):
    factories.label_for(team.mia.project, "answers", "relation")
    ends = [factories.annotation(team.ada, story, start, start + 3).key for start in (2, 12)]
    made = relate(NewRelation(uuid.uuid4(), *ends, "answers", note="eins"), by=team.ada)
    withdraw_relation(made.key, by=team.ada, base_version=1)
    path, ada = f"/p/river/articles/{story.uuid}/history/", browser("ada")

    page = text_of(ada, path)
    assert "withdrew the relation “\u2068Answers\u2069”" in page
    (form,) = forms_on(page)
    ada.post(path, form)
    made.refresh_from_db()
    assert (made.withdrawn_at, made.version_number) == (None, 3)
    assert forms_on(text_of(browser("ben"), path)) == []


def test_an_act_on_many_stands_in_the_history_of_each_article_it_changed(team, story, browser):
    others = [factories.article(team.mia) for _n in range(2)]
    edit_article(story, MetadataChange(publisher="Bote", language="de"), by=team.mia, base_revision=1)
    edit_article(others[1], MetadataChange(publisher="Post"), by=team.mia, base_revision=1)
    set_metadata(team.mia.project.articles.all(), MetadataChange(publisher="Post"), by=team.mia)
    assign([story, others[0]], [team.ada], by=team.mia)
    assign([story, others[0], others[1]], [team.ada], by=team.mia)
    base = "/api/v1/projects/river/articles"

    def acts(name: str, article: Article) -> list[tuple[str, dict]]:
        listed = browser(name).get(f"{base}/{article.uuid}/history/").json()["results"]
        return [(one["verb"], one["before"]) for one in listed if one["object_type"] == "project"]

    bote = str(Publisher.objects.get(name="Bote").uuid)
    assert acts("mia", story) == [("assignment.given", {}), ("articles.changed", {"publisher": bote})]
    assert [verb for verb, _before in acts("mia", others[0])] == ["assignment.given", "articles.changed"]
    assert acts("mia", others[1]) == [("assignment.given", {})]
    page = text_of(browser("mia"), f"/p/river/articles/{story.uuid}/history/?verb=articles.changed")
    assert re.search(r"Bote.*→.*Post", page, re.S)
    assert "changed what is known of many articles at once" in page
    assert acts("ada", story) == [("articles.changed", {})]  # work is blind: who got it is not told, nor what was set
    seal_waiting()
    assert list(flaws()) == []


def test_a_page_that_is_old_by_now_changes_nothing_and_says_so(team, story, browser):
    made = factories.annotation(team.ada, story, 2, 11, note="eins")
    change_annotation(made.key, AnnotationChange(note="zwei"), by=team.ada, base_version=1)
    path, ada = f"/p/river/articles/{story.uuid}/history/", browser("ada")
    (form,) = forms_on(text_of(ada, path))
    change_annotation(made.key, AnnotationChange(note="drei"), by=team.ada, base_version=2)

    ada.post(path, form)
    assert "in the meantime" in text_of(ada, path)
    assert Annotation.objects.get(key=made.key).note == "drei"
    ada.post(path, {"act": "x"})
    assert "not complete" in text_of(ada, path)
    archive_project(by=team.mia)
    assert ada.post(path, form).status_code == 403


def test_versions_of_a_text_are_compared(team, story, browser):
    text = story.current_version.text
    correct_article(story, text.replace("4 %", "5 %"), by=team.mia, base_version=story.current_version.uuid)
    path = f"/p/river/articles/{story.uuid}/history/"
    page = text_of(browser("mia"), path)
    (link,) = re.findall(r'href="([^"]+\?text=[^"]+)"', page)
    compared = text_of(browser("mia"), link)

    assert re.search(r"<del>[^<]*4[^<]*</del>", compared)
    assert re.search(r"<ins>[^<]*5[^<]*</ins>", compared)
    assert "<ins>" not in text_of(browser("mia"), f"{path}?text={uuid.uuid4()}")


def test_the_history_of_a_claim_is_filtered_and_brought_back(team, story, browser):
    factories.set_project(team.mia, visibility="open")
    for one in (team.ada, team.mia):
        one.project.refresh_from_db()
    made = factories.annotation(team.ada, story, 2, 11)
    claim = make_claim(uuid.uuid4(), "Eins", by=team.ada, mention=NewMention(uuid.uuid4(), made.key))
    change_claim(claim.key, {"text": "Zwei"}, by=team.mia, base_version=1)
    path, mia = f"/p/river/claims/{claim.key}/history/", browser("mia")

    page = text_of(mia, path)
    assert "Eins" in page
    assert "reworded the claim" in text_of(mia, f"{path}?person={team.mia.uuid}")
    assert "made the claim" not in text_of(mia, f"{path}?person={team.mia.uuid}")
    assert "No act matches." in text_of(mia, f"{path}?kind=verdict")
    assert "cannot be looked for" in text_of(mia, f"{path}?since=yesterday")
    (form,) = forms_on(page)
    mia.post(path, form)
    claim.refresh_from_db()
    assert (claim.text, claim.version_number) == ("Eins", 3)
    assert path in text_of(mia, f"/p/river/claims/{claim.key}/")


def test_histories_and_acts_go_page_by_page_in_as_many_queries(team, story, browser):
    mia, path = browser("mia"), f"/p/river/articles/{story.uuid}/history/"
    costs = []
    for n in range(1, 61):
        edit_article(Article.objects.get(pk=story.pk), MetadataChange(title=f"T{n}"), by=team.mia, base_revision=n)
        if n in (3, 60):
            for address in (path, "/p/river/acts/"):
                with CaptureQueriesContext(connection) as met:
                    text_of(mia, address)
                costs.append(len(met))
    assert costs[:2] == costs[2:]
    assert costs[0] <= 22
    assert costs[1] <= 12
    for address in (f"{path}?kind=article", "/p/river/acts/?verb=article.changed"):
        page = text_of(mia, address)
        (older,) = re.findall(r'rel="next" href="([^"]+)"', page)
        rest = text_of(mia, address.partition("?")[0] + older)
        titles = re.findall(r"→</span> \u2068(T\d+)\u2069", page + rest)
        assert titles == [f"T{n}" for n in range(60, 0, -1)]


def test_a_manager_searches_the_record_and_takes_it_away(team, story, browser):
    factories.annotation(team.ada, story, 2, 11, note="=1+1")
    mia = browser("mia")
    assert "annotated" in text_of(mia, f"/p/river/acts/?person={team.ada.uuid}&verb=annotation.created&via=command")
    assert "No act matches." in text_of(mia, "/p/river/acts/?via=api")
    assert "No act matches." in text_of(mia, "/p/river/acts/?until=2001-01-01")

    reply = mia.get(f"/p/river/acts/acts.csv?person={team.ada.uuid}")
    rows = list(csv.DictReader(io.StringIO(b"".join(reply.streaming_content).decode("utf-8-sig"))))
    assert [row["verb"] for row in rows] == list(
        AuditEvent.objects.filter(actor=team.ada).order_by("pk").values_list("verb", flat=True)
    )
    assert json.loads(rows[-1]["text"]) == {"note": "=1+1"}
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())


def test_the_checkpoint_is_shown_and_taken_away(team, browser):
    mia = browser("mia")
    assert "Nothing is sealed yet" in text_of(mia, "/p/river/acts/")
    assert mia.get("/api/v1/projects/river/audit/checkpoint/").json() == {"hash": "0" * 64, "sealed_at": None}
    seal_waiting()
    last = bytes(AuditSeal.objects.order_by("-n")[0].hash).hex()

    assert last in text_of(mia, "/p/river/acts/")
    assert mia.get("/p/river/acts/checkpoint.json").json()["hash"] == last
    assert mia.get("/api/v1/projects/river/audit/checkpoint/").json()["hash"] == last
    root = Client()
    root.force_login(factories.user("root", is_staff=True, is_superuser=True))
    assert last in text_of(root, "/admin/annotations/auditevent/")
    event = AuditEvent.objects.order_by("-pk")[0]
    assert last in text_of(root, reverse("admin:annotations_auditevent_change", args=[event.pk]))


def test_programs_read_histories_and_bring_back(team, story, browser):
    made = factories.annotation(team.ada, story, 2, 11, note="eins")
    claim = make_claim(uuid.uuid4(), "Eins", by=team.ada, mention=NewMention(uuid.uuid4(), made.key))
    change_annotation(made.key, AnnotationChange(note="zwei"), by=team.ada, base_version=1)
    ada, base = browser("ada"), "/api/v1/projects/river"

    listed = ada.get(f"{base}/articles/{story.uuid}/history/?kind=annotation").json()["results"]
    assert [one["verb"] for one in listed] == ["annotation.changed", "annotation.created"]
    assert listed[0]["text"] == {"note": "zwei", "earlier": {"note": "eins"}}
    assert [one["verb"] for one in ada.get(f"{base}/claims/{claim.key}/history/").json()["results"]] == [
        "claim.created"
    ]
    assert ada.get(f"{base}/articles/{story.uuid}/history/?until=never").status_code == 422
    assert ada.get(f"{base}/articles/{story.uuid}/history/?actor=1").status_code == 400
    assert browser("ben").get(f"{base}/claims/{claim.key}/history/").status_code == 404

    path, key = f"{base}/acts/{listed[0]['uuid']}/restore/", str(uuid.uuid4())
    for status, base_version in ((409, 1), (200, 2), (200, 2)):
        reply = ada.post(
            path,
            {"base_version": base_version},
            content_type="application/json",
            headers={"Idempotency-Key": key if status == 200 else str(uuid.uuid4())},
        )
        assert reply.status_code == status
    assert reply.json() == {"object_type": "annotation", "object_key": str(made.key), "version_number": 3}
    assert ada.post(path, {"base_version": 3}, content_type="application/json").status_code == 400
