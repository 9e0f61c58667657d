"""BL-1 and BL-3, wide: nothing that Ben did can be read, counted or guessed on any page, reply or export of Ada's.

Ada annotates in a blind project, as a plain member, as staff and as a superuser. The work of Ben is made of canaries.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.contrib import admin
from django.db import transaction
from django.test import Client
from django.urls import reverse

from annotations.jobs.running import run_job
from annotations.jobs.starting import start_export
from annotations.models import Annotation, Article, EvidenceItem, Membership, Publisher, Source, User
from annotations.tasks import KINDS
from annotations.workflow.annotating import AnnotationChange, change_annotation, withdraw_annotation
from annotations.workflow.claiming import NewMention, make_claim
from annotations.workflow.desk import DeskChange, change_desk, merge_claims
from annotations.workflow.discussing import NewThread, answer, begin_thread, remove_comment, resolve_thread
from annotations.workflow.evidence import NewEvidence, SourceLink, attach_source
from annotations.workflow.presence import be_present
from annotations.workflow.verdicts import NewVerdict, reach_verdict
from tests import factories

from .test_access_matrix import rows
from .world import World, build_world, content_of, path_of, send

CANARY = "KANARIENVOGEL"
RANKS = {"member": {}, "staff": {"is_staff": True}, "superuser": {"is_staff": True, "is_superuser": True}}
#: who is swept at length only
SWEPT = ["member", *(pytest.param(rank, marks=pytest.mark.long) for rank in ("staff", "superuser"))]
FILTERS = [
    "has_annotations=yes",
    "has_annotations=no",
    "open_suggestions=yes",
    f"q={CANARY[3:-1]}",
    "sort=-added",
    "mine=open",
    "state=submitted",
]
#: what differs between two equal replies: tokens of forms, the identifier of the request, and cursors, which hold
#: the time (`tests/api/test_changes.py` looks into them)
VOLATILE = [
    (rb'name="csrfmiddlewaretoken" value="\w+"', b"TOKEN"),
    (rb'name="form_key" value="[0-9a-f-]+"', b"TOKEN"),
    (rb'"request_id": ?"\w+"', b"REQUEST"),
    (rb'"changed_since":"[^"]+"', b"TIME"),
    (rb"\b[0-9a-f]{32}\b(?=</code>)", b"REQUEST"),
]
VOLATILE_HEADERS = {"X-Request-ID", "Set-Cookie", "Date", "Expires"}


@pytest.fixture
def world(db) -> World:
    """Give both Ada and Ben the same article; Ada has begun."""
    world = build_world()
    story = Article.objects.get(uuid=world.ours.values["article"])
    for member in (world.ours.annotator, ben_of(world)):
        factories.assigned(world.ours.manager, member, story)
    return world


def ben_of(world: World) -> Membership:
    return Membership.objects.select_related("project").get(project=world.ours.manager.project, user__username="ben")


def ben_works(world: World, count: int) -> list[str]:
    """Have Ben annotate, claim, cite, change and withdraw; return the keys of what he made."""
    ben, story = ben_of(world), Article.objects.get(uuid=world.ours.values["article"])
    keys: list[str] = []
    for n in range(count):
        made = factories.annotation(ben, story, 1 + n, 10 + n, "number", note=f"{CANARY} Notiz {n}")
        change_annotation(made.key, AnnotationChange(note=f"{CANARY} anders"), base_version=1, by=ben)
        claim = make_claim(uuid.uuid4(), f"{CANARY} sagt {n}", by=ben, mention=NewMention(uuid.uuid4(), made.key))
        cited = ("https://amt.example/", f"https://{CANARY.lower()}-{n}.example/bericht")
        for url in cited:
            link = SourceLink(url, title=f"{CANARY} Titel", quote=f"{CANARY} Zitat", note=f"{CANARY} Grund")
            evidence = attach_source(NewEvidence(uuid.uuid4(), link, claim=claim.key), by=ben)
            keys.append(str(evidence.key))
        keys += [str(made.key), str(claim.key)]
        talk(world, made)
    if count:
        judge(world, keys)
        withdraw_annotation(made.key, base_version=2, by=ben)
        outlet = Publisher.objects.create(
            project=ben.project, name=f"{CANARY} Verlag", domain=f"{CANARY.lower()}.example"
        )
        own = EvidenceItem.objects.filter(created_by=ben).values("source")
        Source.objects.filter(pk__in=own, title__startswith=CANARY).update(publisher=outlet)
    return keys


def judge(world: World, keys: list[str]) -> None:
    """Have the reviewer work on Ada's own claim, and merge another of hers into it."""
    rosa = Membership.objects.select_related("project").get(user__username="rosa")
    claim, other = world.ours.values["claim"], world.ours.values["other_claim"]
    link = SourceLink(f"https://{CANARY.lower()}.example/", title=f"{CANARY} Titel")
    for n in (1, 0, 0):
        keys.append(str(attach_source(NewEvidence(uuid.uuid4(), link, evidence_set=n, claim=claim), by=rosa).key))
    new = NewVerdict(uuid.uuid4(), claim, "refuted", f"{CANARY} sagt es.", (1, 2, 3))
    keys.append(str(reach_verdict(new, by=rosa).key))
    due = DeskChange(state="in_second_review", assignee=str(rosa.uuid), due_on=date(2026, 12, 1))
    change_desk(claim, due, by=rosa, base_version=1)
    merge_claims(other, claim, by=rosa, base_version=0)


def talk(world: World, about: Annotation) -> None:
    """Have manager and reviewer talk about Ben's work, calling Ada too (BL-2)."""
    mia, rosa = world.ours.manager, Membership.objects.select_related("project").get(user__username="rosa")
    story = Article.objects.get(uuid=world.ours.values["article"])
    words = f"@{world.ours.annotator.pseudonym} {CANARY} sagt: @{rosa.pseudonym}"
    for annotation in (about.key, None):
        thread = begin_thread(NewThread(uuid.uuid4(), uuid.uuid4(), words, story.uuid, annotation), by=mia)
        said = answer(thread.key, uuid.uuid4(), words, by=rosa)
        remove_comment(said.key, by=rosa, base_version=1)
        resolve_thread(thread.key, by=rosa, base_version=1)
        be_present(story, uuid.uuid4(), rosa)


def addresses(world: World, *, with_admin: bool) -> Iterator[str]:
    """Return every address that can be read: pages, API, lists with filters, the admin's lists and rows."""
    for row in rows():
        if row["method"] == "GET":
            yield path_of(row["route"], world.ours)
    for query in FILTERS:
        yield f"/p/river/?{query}"
        yield f"/api/v1/projects/river/articles/?{query}"
    if not with_admin:
        return
    yield reverse("admin:index")
    for model in admin.site._registry:
        name = f"admin:annotations_{model._meta.model_name}"
        for query in ("", f"?q={CANARY[3:-1]}"):
            yield f"{reverse(f'{name}_changelist')}{query}"
        for row in model._default_manager.order_by("pk")[:1]:
            yield from (reverse(f"{name}_{what}", args=[row.pk]) for what in ("change", "history"))


def ada_as(world: World, rank: str) -> Client:
    User.objects.filter(username="ada").update(**RANKS[rank])
    return world.clients["annotator"]


def shown(client: Client, address: str) -> tuple[int, dict[str, str], bytes]:
    """Return a reply without what differs each time."""
    response = send(client, "GET", address, {})
    content = content_of(response)
    for pattern, word in VOLATILE:
        content = re.sub(pattern, word, content)
    headers = {name: value for name, value in response.headers.items() if name not in VOLATILE_HEADERS}
    return response.status_code, headers, content


@pytest.mark.parametrize("rank", SWEPT)
def test_bl1_no_canary_of_ben_is_on_any_page_of_ada(world, rank):
    keys = ben_works(world, 2)
    if rank != "superuser":  # who, as an administrator, sees the list of members
        Membership.objects.filter(pk=ben_of(world).pk).update(pseudonym=f"{CANARY}-ben")
    client, found = ada_as(world, rank), []
    # what Ben made has no address of Ada's
    of_ben = [f"/p/river/annotations/{key}/history/" for key in keys]
    of_ben += [f"/api/v1/projects/river/annotations/{key}/history/" for key in keys]

    read = [*addresses(world, with_admin=rank != "member"), *of_ben]
    for address in read:
        status, headers, content = shown(client, address)
        text = (content.decode(errors="replace") + str(headers)).upper()
        if status < 500 and (CANARY in text or any(key.upper() in text for key in keys if key not in address)):
            found.append(f"{address}: {text[max(0, text.find(CANARY) - 80) :][:200]}")

    assert len(read) > 60
    assert found == []


@pytest.mark.long  # two worlds that differ in random acts are compared in every run: test_two_worlds.py
@pytest.mark.parametrize("rank", SWEPT)
def test_bl3_all_replies_to_ada_are_equal_whatever_ben_did(world, rank):
    client = ada_as(world, rank)
    read = list(addresses(world, with_admin=rank != "member"))
    worlds: list[dict[str, Any]] = []
    for count in (0, 5):
        with transaction.atomic():
            ben_works(world, count)
            worlds.append({address: shown(client, address) for address in read})
            transaction.set_rollback(True)

    assert [address for address in read if worlds[0][address] != worlds[1][address]] == []


@pytest.mark.parametrize("name", ["with_text", pytest.param("as_json_object", marks=pytest.mark.long)])
def test_bl3_an_export_of_adas_is_equal_whatever_ben_did(world, name):
    exports = []
    for count in (0, 5):
        with transaction.atomic():
            ben_works(world, count)
            job = start_export(world.ours.annotator, **{name: True})
            assert run_job(job.pk, KINDS, owner="this test")
            job.refresh_from_db()
            assert job.state == "done", job.message
            with job.result.open("rb") as file:
                exports.append((file.read(), job.done, job.total))
            transaction.set_rollback(True)

    assert exports[0] == exports[1]
    assert CANARY.encode() not in exports[1][0].upper()


def test_bl1_the_canaries_are_there_for_who_may_see_them(world):
    """Otherwise the sweep would find nothing because there is nothing."""
    ben_works(world, 1)
    path = f"/api/v1/projects/river/articles/{world.ours.values['article']}/annotations/"

    for person in ("peer", "reviewer", "manager"):
        assert CANARY in send(world.clients[person], "GET", path, {}).content.decode()
    assert CANARY not in send(world.clients["annotator"], "GET", path, {}).content.decode()
