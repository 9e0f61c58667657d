"""AP-1: every changing route and job leaves one event an act, in the transaction of the change; refusals leave one too.

What is written, and in which transaction, is read from the SQL that a request sends; the acts themselves are not asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.db.transaction import Atomic

from annotations.jobs.running import run_to_the_end
from annotations.models import AuditEvent, Chunk, Job
from annotations.tasks import KINDS
from annotations.workflow.refusing import MOST_A_MINUTE
from tests.security.test_access_matrix import rows
from tests.security.world import ADMIN, World, admin_body_of, body_of, build_world, content_of, path_of, send


def people(quick: str, *others: str) -> list[Any]:
    """Walk as one person in every run, as others in the full one."""
    return [quick, *(pytest.param(person, marks=pytest.mark.long) for person in others)]


#: what is nobody's act on the project's work, with the tables that it writes
UNRECORDED = {
    "timespent": "how long somebody had an article open",
    "presence": "who has an article open now",
    "notice": "what was read in an inbox",
    "loginthrottle": "failed log-ins, which are logged",
    "startcounter": "how many jobs somebody started this hour, refused ones too",
    "waitingupload": "files that wait a while to be imported or not",
    "waitingfile": "files that wait a while to be imported or not",
    "rawfile": "bytes that came, kept once; those that no job names are removed",
}
#: routes that write a column of that kind in a table of work
UNRECORDED_ROUTES = ("articles/<uuid:uuid>/time/", "articles/<uuid:uuid>/quotations/check/")
#: acts that another act brings along, each done to an object of its own
BROUGHT_ALONG = {
    "assignment.opened",  # who works on an article begins it
    "member.joined_as_admin",  # the first act of an administrator in a project
    "account.added",  # who takes an invitation makes an account first
    "label_set.revised",  # labels are merged by a new version of them, then by a job
    "articles.imported",  # what programs send directly is a job of one chunk, done at once
    "token.revoked",  # who is shut out loses their keys
}
Writes = list[tuple[str, str | None]]


@pytest.fixture
def world(db: None) -> World:
    return build_world()


@contextmanager
def watched(broken: bool = False) -> Iterator[Writes]:
    """Note each table written and the outermost transaction it was written in; with `broken`, fail its commit.

    The transaction is named by its savepoint, as the test has one around it.
    """
    found: Writes = []
    depth = len(connection.savepoint_ids)
    usual = Atomic.__exit__

    def write(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if match := re.match(r'\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+"annotations_(\w+)"', sql):
            opened = connection.savepoint_ids[depth:]
            found.append((match[1], opened[0] if opened else None))
        return execute(sql, params, many, context)

    def leave(self: Atomic, *error: Any) -> Any:
        is_act = len(connection.savepoint_ids) == depth + 1 and any(table == "auditevent" for table, _act in found)
        if not (broken and is_act and error[0] is None):
            return usual(self, *error)
        usual(self, BrokenCommit, BrokenCommit(), None)
        raise BrokenCommit

    with pytest.MonkeyPatch.context() as patch, connection.execute_wrapper(write):
        patch.setattr(Atomic, "__exit__", leave)
        yield found


class BrokenCommit(Exception):
    """What a test raises in the moment of a commit."""


def tables_in(writes: Writes) -> set[str]:
    return {table for table, _act in writes} - {"auditevent", "audittext"} - UNRECORDED.keys()


def rows_of(tables: set[str]) -> dict[str, list[Any]]:
    """Return what stands in some tables, without when an account was last seen."""
    models = {model._meta.model_name: model for model in apps.get_app_config("annotations").get_models()}
    found = {}
    for name in tables:
        model = models[name]
        columns = [each.attname for each in model._meta.concrete_fields if each.attname not in ("last_login",)]
        found[name] = list(model._base_manager.order_by("pk").values_list(*columns))
    return found


def changing(person: str) -> list[dict[str, str]]:
    """Return the routes that a person may change something by."""
    sent = [row for row in rows() if row["method"] != "GET" and row[person][0] in "23"]
    return [row for row in sent if not row["route"].endswith(UNRECORDED_ROUTES)]


def request(world: World, person: str, row: dict[str, str]) -> Any:
    body = admin_body_of if row["route"].startswith(ADMIN) else body_of
    filled = body(row["method"], row["route"], world.ours)
    response = send(world.clients[person], row["method"], path_of(row["route"], world.ours), filled)
    content_of(response)
    return response


@pytest.mark.parametrize("person", people("manager", "annotator", "admin"))
def test_every_changing_route_leaves_one_event_in_the_transaction_of_its_change(world, person):
    wrong, seen = [], 0
    for row in changing(person):
        name = f"{row['method']} {row['route']}"
        with transaction.atomic():
            last = AuditEvent.objects.order_by("-pk")[0].pk
            with watched() as writes:
                request(world, person, row)
            events = list(AuditEvent.objects.filter(pk__gt=last).values_list("verb", "request_id", "via"))
            written = tables_in(writes)
            after = rows_of(written) if not events else {}
            transaction.set_rollback(True)
        seen += bool(events)
        verbs = [verb for verb, _request, _via in events]
        if not events and after != rows_of(written):
            wrong.append(f"{name} changes {sorted(written)} without an event")
        if len(verbs) > 1 and len(set(verbs) - BROUGHT_ALONG) > 1:
            wrong.append(f"{name} leaves {verbs}")
        if len({request for _verb, request, _via in events} | {""}) > 2 or any(not one for _v, one, _via in events):
            wrong.append(f"{name} has no request id, or several")
        door = next((door for door in ("api", "admin") if row["route"].startswith(door)), "page")
        if any(via != door for _verb, _request, via in events):
            wrong.append(f"{name} came by {events}")
        acts = {act for table, act in writes if table not in UNRECORDED}
        recorded = {act for table, act in writes if table == "auditevent"}
        if events and (acts != recorded or None in acts):
            wrong.append(f"{name} writes in {len(acts)} transactions, and events in {len(recorded)}: {writes}")

    assert not wrong
    assert seen > 20


@pytest.mark.parametrize("person", people("annotator", "manager", "admin"))
def test_a_commit_that_fails_leaves_neither_change_nor_event(world, person):
    wrong, broken = [], 0
    for row in changing(person):
        with transaction.atomic():
            before = AuditEvent.objects.count()
            with watched(broken=True) as writes:
                try:
                    request(world, person, row)
                except BrokenCommit:
                    broken += 1
            left = AuditEvent.objects.count() - before
            after = rows_of(tables_in(writes))
            transaction.set_rollback(True)
        if left or ("auditevent" in dict(writes) and after != rows_of(tables_in(writes))):
            wrong.append(f"{row['method']} {row['route']}: {left} events, {sorted(tables_in(writes))}")

    assert not wrong
    assert broken > 20


def test_every_kind_of_job_leaves_one_event_a_chunk_with_count_and_digest(world, monkeypatch):
    monkeypatch.setattr("annotations.workflow.giving.AT_ONCE", 0)
    monkeypatch.setattr("annotations.workflow.opening.AT_ONCE", 0)
    met = set()
    for row in changing("manager"):
        with transaction.atomic():
            last = Job.objects.order_by("-pk")[0].pk
            request(world, "manager", row)
            for job in Job.objects.filter(pk__gt=last, state=Job.State.QUEUED):
                _run(job)
                met.add(job.kind)
                if job.kind == Job.Kind.IMPORT and Job.objects.get(pk=job.pk).n_created:
                    path = f"/api/v1/projects/river/jobs/{job.uuid}/undo/"
                    assert send(world.clients["manager"], "POST", path, {}).status_code in (201, 202)
                    _run(Job.objects.get(kind=Job.Kind.UNDO, undoes=job))
                    met.add(Job.Kind.UNDO)
            transaction.set_rollback(True)

    outside = {Job.Kind.ERASING, Job.Kind.REMOVAL}  # of no project: one act at their end, tests/removing
    assert met == set(KINDS) - outside


def _run(job: Job) -> None:
    last = AuditEvent.objects.order_by("-pk")[0].pk
    run_to_the_end(job.pk, KINDS, owner="test")
    events = list(AuditEvent.objects.filter(pk__gt=last).order_by("pk"))
    assert {event.via for event in events} == {"job"}
    assert {event.actor_id for event in events} == {job.requested_by_id}
    *chunks, ended = events
    assert (ended.verb, ended.after["state"][:4]) == (f"{job.kind}.ended", "done")
    if job.kind != Job.Kind.FETCH:  # one page, whose capture the event names
        assert all(len(event.after["sha256"]) == 64 for event in chunks)
    told = [event.after.get("chunk", 0) for event in chunks]
    assert len(told) == len(set(told))
    assert set(told) <= set(Chunk.objects.filter(job=job, done_at__isnull=False).values_list("n", flat=True))
    if Job.objects.get(pk=job.pk).n_created:
        assert chunks


# Refused attempts


@pytest.mark.parametrize("person", people("annotator", "stranger", "admin"))
def test_refused_attempts_are_recorded_whatever_the_door(world, person):
    wrong, user = [], world.clients[person].get("/api/v1/me/").json()["uuid"]
    for row in rows():
        if row["method"] == "GET" or row[person] not in ("403", "404"):
            continue
        with transaction.atomic():
            request(world, person, row)
            made = AuditEvent.objects.filter(verb="act.refused")
            told = [(str(event.user_uuid), event.after["method"], event.after["status"]) for event in made]
            projects = {event.project_id for event in made}
            transaction.set_rollback(True)
        if told != [(user, row["method"], int(row[person]))]:
            wrong.append(f"{row['method']} {row['route']}: {told}")
        if person == "stranger" and projects - {None}:
            wrong.append(f"{row['route']}: a stranger's attempt stands in a project's record")
    assert not wrong


def test_a_refused_attempt_names_who_what_where_and_why(world):
    path = f"/api/v1/projects/river/articles/{world.ours.values['article']}/"
    response = send(world.clients["annotator"], "PATCH", path, {"title": "x", "base_revision": 1})
    event = AuditEvent.objects.get(verb="act.refused")

    assert response.status_code == 403
    assert (event.project.slug, event.actor, event.via) == ("river", world.ours.annotator, "api")
    assert event.request_id == response["X-Request-ID"]
    assert event.after == {
        "code": "not_allowed",
        "method": "PATCH",
        "object": str(world.ours.values["article"]),
        "route": "api/v1/projects/<slug:slug>/articles/<uuid:uuid>/",
        "status": 403,
    }


def test_who_tries_doors_at_random_does_not_fill_the_record(world):
    for _n in range(MOST_A_MINUTE + 5):
        send(world.clients["annotator"], "POST", "/p/river/settings/", {})

    assert AuditEvent.objects.filter(verb="act.refused").count() == MOST_A_MINUTE


def test_looking_at_what_one_may_not_see_is_no_act(world):
    assert world.clients["annotator"].get("/p/river/settings/").status_code == 403

    assert not AuditEvent.objects.filter(verb="act.refused").exists()
