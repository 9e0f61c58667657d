"""AP-2: a chain over the record of acts. Each edit behind the guards is planted by raw SQL, and found by name."""

from __future__ import annotations

import hashlib
import io
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, ProgrammingError, connection, transaction

from annotations import tasks
from annotations.models import AuditEvent, AuditSeal, AuditText, AuditWaiting, Membership
from annotations.models.guards import install_guards, remove_triggers
from annotations.workflow.acts import record
from annotations.workflow.sealing import (
    BATCH,
    checkpoint,
    flaws,
    forget_personal,
    let_missed_wait,
    replace_personal,
    seal_batch,
    seal_waiting,
)
from annotations.workflow.verifying import findings
from tests import factories
from tests.concurrency.test_parallel_changes import at_once

pytestmark = pytest.mark.django_db
E, S, T, W = (f"annotations_audit{name}" for name in ("event", "seal", "text", "waiting"))
ON_POSTGRESQL = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer, and no roles")


@pytest.fixture
def mia() -> Membership:
    """Make a project; what that recorded is sealed, and with five more acts there is a chain to break."""
    mia = factories.project()
    acts(mia, 5)
    seal_waiting()
    return mia


def acts(by: Membership, count: int) -> list[AuditEvent]:
    """Record acts with a text each."""
    return [
        record(by, "claim.changed", "claim", f"key-{n}", after={"n": n}, text={"text": f"T{n}"}) for n in range(count)
    ]


@contextmanager
def past_the_guards() -> Iterator[Callable[[str], None]]:
    """Run SQL with no trigger on, as who owns the tables can."""
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL session_replication_role = replica")
        else:
            remove_triggers()
        yield cursor.execute
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL session_replication_role = origin")
        else:
            install_guards()


def rows() -> list[str]:
    return [flaw.row for flaw in flaws()]


def nth(n: int) -> int:
    """Return the id of the act under seal number `n`."""
    return AuditSeal.objects.get(pk=n).event_id


def test_every_act_is_sealed_once_and_the_chain_is_whole(mia):
    assert AuditSeal.objects.count() == AuditEvent.objects.count() > 5
    assert list(AuditSeal.objects.order_by("n").values_list("n", flat=True)) == list(
        range(1, AuditEvent.objects.count() + 1)
    )
    assert not AuditWaiting.objects.exists()
    assert list(flaws()) == []


def test_a_seal_is_what_the_documentation_says(mia):
    """The hash of the last act, computed from its columns and from nothing of the sealer."""
    event = AuditEvent.objects.order_by("-pk")[0]
    seal = AuditSeal.objects.get(event=event)
    before = AuditSeal.objects.get(n=seal.n - 1)

    def written(value):
        return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()

    columns = [
        event.pk, str(event.uuid), mia.project_id, mia.pk, None, None, "claim.changed", "claim", "key-4", {}, {"n": 4},
        None, None, event.request_id, event.via,
        event.created_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f+00:00"),
    ]  # fmt: skip
    text = hashlib.sha256(bytes(event.text.salt) + b'{"text":"T4"}').digest()
    covered = bytes(before.hash) + seal.n.to_bytes(8, "big") + hashlib.sha256(written(columns)).digest() + text
    assert bytes(seal.hash) == hashlib.sha256(covered).digest()
    assert bytes(seal.text_digest) == text


@pytest.mark.parametrize("table", [E, S])
@pytest.mark.parametrize("statement", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_the_database_refuses_to_change_or_remove_what_was_recorded(mia, table, statement):
    if connection.vendor == "sqlite" and statement.startswith("TRUNCATE"):
        pytest.skip("SQLite has no TRUNCATE")
    column = "verb" if table == E else "hash"
    if connection.vendor == "postgresql":
        connection.check_constraints()  # what they wait for would keep TRUNCATE from being tried
    with pytest.raises(IntegrityError, match="only added to"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(table, column, column))


@pytest.mark.parametrize("change", ['"values" = \'{"text": "other"}\'', "event_id = event_id + 1", "erased_at = NULL"])
def test_a_text_is_erased_and_never_reworded(mia, change):
    with pytest.raises(IntegrityError, match="only added to"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE {T} SET {change}")
    with pytest.raises(IntegrityError, match="only added to"), transaction.atomic():
        AuditText.objects.all().delete()


def test_a_changed_act_is_named(mia):
    with past_the_guards() as run:
        run(f"UPDATE {E} SET verb = 'claim.created' WHERE id = {nth(2)}")
        run(f"UPDATE {E} SET object_key = 'other' WHERE id = {nth(4)}")

    assert rows() == [f"auditevent {nth(2)}", f"auditevent {nth(4)}"]


def test_a_deleted_act_is_named(mia):
    gone = nth(3)
    with past_the_guards() as run:
        run(f"DELETE FROM {T} WHERE event_id = {gone}")
        run(f"DELETE FROM {E} WHERE id = {gone}")

    assert rows() == [f"auditevent {gone}"]


def test_an_act_deleted_with_its_seal_is_named(mia):
    last = AuditSeal.objects.count()
    gone = nth(3)
    with past_the_guards() as run:
        run(f"DELETE FROM {T} WHERE event_id = {gone}")
        run(f"DELETE FROM {S} WHERE n = 3")
        run(f"DELETE FROM {E} WHERE id = {gone}")
    assert rows() == ["auditseal 3", f"auditevent {nth(4)}"]

    with past_the_guards() as run:  # and those behind it moved up
        for n in range(4, last + 1):
            run(f"UPDATE {S} SET n = {n - 1} WHERE n = {n}")
    assert rows()[0] == f"auditevent {nth(3)}"


def test_two_acts_in_the_other_order_are_named(mia):
    first, second = nth(2), nth(3)
    with past_the_guards() as run:
        run(f"UPDATE {S} SET event_id = -1 WHERE n = 2")
        run(f"UPDATE {S} SET event_id = {first} WHERE n = 3")
        run(f"UPDATE {S} SET event_id = {second} WHERE n = 2")

    assert rows()[0] == f"auditevent {second}"
    assert f"auditevent {first}" in rows()


def test_an_act_put_into_the_middle_is_named(mia):
    copied = nth(3)
    columns = "project_id, verb, object_type, object_key, before, after, request_id, via, created_at"
    uuid = "gen_random_uuid()" if connection.vendor == "postgresql" else "lower(hex(randomblob(16)))"
    with past_the_guards() as run:
        run(f"INSERT INTO {E} (id, uuid, {columns}) SELECT -5, {uuid}, {columns} FROM {E} WHERE id = {copied}")
    assert rows() == ["auditevent -5"]

    with past_the_guards() as run:  # with a seal of its own between two others
        run(f"UPDATE {S} SET n = 1000 + n WHERE n > 3")
        run(f"UPDATE {S} SET n = n - 999 WHERE n > 1000")
        run(f"INSERT INTO {S} (n, event_id, hash, sealed_at) SELECT 4, -5, hash, sealed_at FROM {S} WHERE n = 3")
    assert rows()[0] == "auditevent -5"


def test_a_changed_and_a_removed_text_are_named(mia):
    with past_the_guards() as run:
        run(f'UPDATE {T} SET "values" = \'{{"text": "other"}}\' WHERE event_id = {nth(4)}')
        run(f"DELETE FROM {T} WHERE event_id = {nth(5)}")

    assert rows() == [f"audittext of auditevent {nth(4)}", f"audittext of auditevent {nth(5)}"]


@pytest.mark.parametrize("keeps", [0, 2])
def test_a_chain_cut_off_shows_against_an_earlier_checkpoint(mia, keeps):
    known = checkpoint().hash
    assert list(flaws(known)) == []
    with past_the_guards() as run:
        run(f"DELETE FROM {T} WHERE event_id IN (SELECT event_id FROM {S} WHERE n > {keeps})")
        run(f"DELETE FROM {E} WHERE id IN (SELECT event_id FROM {S} WHERE n > {keeps})")
        run(f"DELETE FROM {S} WHERE n > {keeps}")

    assert list(flaws()) == []  # what is left is whole: nothing in the database tells
    assert [flaw.row for flaw in flaws(known)] == [f"auditseal {keeps}"]


def test_a_chain_written_anew_shows_against_an_earlier_checkpoint(mia):
    known = checkpoint().hash
    with past_the_guards() as run:
        run(f"UPDATE {E} SET verb = 'claim.created' WHERE id = {nth(2)}")
        run(f"DELETE FROM {S}")
    let_missed_wait()
    seal_waiting()

    assert list(flaws()) == []
    assert len(list(flaws(known))) == 1


def test_an_act_deleted_before_it_was_sealed_is_named(mia):
    (made,) = acts(mia, 1)
    with past_the_guards() as run:
        run(f"DELETE FROM {T} WHERE event_id = {made.pk}")
        run(f"DELETE FROM {E} WHERE id = {made.pk}")

    seal_waiting()
    assert rows() == [f"auditevent {made.pk}"]


def test_erased_texts_leave_the_chain_whole_sealed_or_not(mia):
    sealed = AuditEvent.objects.filter(verb="claim.changed")
    assert sealed.count() == 5
    assert forget_personal(sealed) == 5
    waiting = acts(mia, 2)
    assert forget_personal(AuditEvent.objects.filter(pk__in=[act.pk for act in waiting])) == 2
    seal_waiting()

    assert list(flaws()) == []
    texts = AuditText.objects.filter(event__verb="claim.changed")
    assert {(str(text.values), bytes(text.salt)) for text in texts} == {("{}", b"")}
    assert forget_personal(AuditEvent.objects.filter(verb="claim.changed")) == 0


def test_a_name_taken_out_of_texts_leaves_the_chain_whole_sealed_or_not(mia):
    acts(mia, 1)
    texts = list(AuditText.objects.filter(event__verb="claim.changed"))
    assert replace_personal((text, {"text": "somebody"}) for text in texts) == 6
    seal_waiting()
    assert replace_personal((text, {"text": "nobody"}) for text in texts) == 6

    assert list(flaws()) == []
    assert {str(text.values) for text in AuditText.objects.filter(event__verb="claim.changed")} == {
        "{'text': 'nobody'}"
    }


def test_acts_outlive_the_people_and_the_project_that_they_name(mia):
    other = factories.project("lake", manager="otto")
    (made,) = acts(other, 1)
    seal_waiting()
    with connection.cursor() as cursor:
        for table in ("round", "label", "labelset", "guidelinesversion", "verdictvalue", "verdictscale"):
            cursor.execute(f"DELETE FROM annotations_{table} WHERE project_id = %s", [other.project_id])
        cursor.execute("DELETE FROM annotations_membership WHERE project_id = %s", [other.project_id])
        cursor.execute("DELETE FROM annotations_project WHERE id = %s", [other.project_id])
    connection.check_constraints()

    event = AuditEvent.objects.select_related("project", "actor").get(pk=made.pk)
    assert (event.project, event.actor, event.actor_id) == (None, None, other.pk)
    assert list(findings()) == []


def test_a_text_of_an_earlier_release_gets_its_salt_when_sealed(mia):
    (made,) = acts(mia, 1)
    with past_the_guards() as run:
        run(f"UPDATE {T} SET salt = {chr(39) * 2 if connection.vendor == 'postgresql' else 'x' + chr(39) * 2}"
            f" WHERE event_id = {made.pk}")  # fmt: skip
    seal_waiting()

    assert len(bytes(AuditText.objects.get(event=made).salt)) == 16
    assert list(flaws()) == []


def test_sealing_costs_the_same_for_few_and_many(mia, django_assert_num_queries):
    acts(mia, 3)
    with django_assert_num_queries(4 + 2 + (connection.vendor == "postgresql")):  # with the savepoint
        assert seal_batch() == 3
    acts(mia, 30)
    with django_assert_num_queries(4 + 2 + (connection.vendor == "postgresql")):
        assert seal_batch() == 30
    assert BATCH >= 30


def test_a_recorded_act_costs_no_more_queries_than_before(mia, django_assert_num_queries):
    with django_assert_num_queries(1):
        record(mia, "claim.changed", "claim", "key")
    with django_assert_num_queries(2):
        record(mia, "claim.changed", "claim", "key", text={"text": "T"})


def test_workers_seal_embedded_and_with_a_broker(mia):
    acts(mia, 3)
    assert tasks.do_chores(float("inf")) is False
    assert not AuditWaiting.objects.exists()

    acts(mia, 3)
    tasks.seal_audit()
    assert not AuditWaiting.objects.exists()
    assert list(flaws()) == []


def test_acts_that_nothing_was_noted_of_are_sealed_by_and_by(mia):
    acts(mia, 2)
    with past_the_guards() as run:
        run(f"DELETE FROM {W}")
    assert len(rows()) == 2

    assert let_missed_wait() == 2
    seal_waiting()
    assert rows() == []


def test_commands_seal_verify_and_name_the_first_bad_record(mia):
    acts(mia, 1)
    out = io.StringIO()
    call_command("seal_audit", "--json", stdout=out)
    noted = json.loads(out.getvalue())
    assert noted["sealed"] == AuditEvent.objects.count()
    call_command("verify_audit", "--checkpoint", noted["hash"], stdout=(out := io.StringIO()))
    assert "The record is whole." in out.getvalue()
    assert noted["hash"] in out.getvalue()

    with past_the_guards() as run:
        run(f"UPDATE {E} SET verb = 'x' WHERE id = {nth(2)}")
    with pytest.raises(SystemExit):
        call_command("verify_audit", stdout=io.StringIO(), stderr=(err := io.StringIO()))
    assert err.getvalue().startswith(f"auditevent {nth(2)}: ")
    assert [found.rule for found in findings()] == ["audit"]
    with pytest.raises(CommandError, match="no checkpoint"):
        call_command("verify_audit", "--checkpoint", "abc")


@pytest.mark.django_db(transaction=True)
def test_writers_beside_sealers_lose_nothing():
    mia = factories.project()
    stop = threading.Event()

    def write() -> None:
        for n in range(15):
            with transaction.atomic():
                record(mia, "claim.changed", "claim", f"key-{n}", text={"text": "T"})

    def write_all() -> None:
        try:
            at_once(write, write, write)
        finally:
            stop.set()

    def seal() -> None:
        while not stop.is_set():
            seal_batch()

    results = at_once(write_all, seal, seal)
    assert results == [None] * 3
    seal_waiting()
    assert AuditEvent.objects.filter(verb="claim.changed").count() == 45
    assert AuditSeal.objects.count() == AuditEvent.objects.count()
    assert list(flaws()) == []


@ON_POSTGRESQL
@pytest.mark.django_db(transaction=True)
def test_an_act_that_commits_late_with_a_lower_number_is_sealed():
    mia = factories.project()
    seal_waiting()
    written, may_commit, made = threading.Event(), threading.Event(), []

    def late() -> None:
        with transaction.atomic():
            made.append(record(mia, "claim.changed", "claim", "late").pk)
            written.set()
            may_commit.wait(10)
        connection.close()

    thread = threading.Thread(target=late)
    thread.start()
    written.wait(10)
    early = record(mia, "claim.changed", "claim", "early")
    seal_waiting()
    assert early.pk > made[0]
    assert AuditSeal.objects.order_by("-n")[0].event_id == early.pk
    may_commit.set()
    thread.join()
    seal_waiting()

    assert AuditSeal.objects.order_by("-n")[0].event_id == made[0]
    assert list(flaws()) == []


@ON_POSTGRESQL
def test_the_role_of_the_documentation_may_add_and_read_and_nothing_else(mia):
    page = (Path(__file__).parents[2] / "docs" / "audit.md").read_text()
    statements = re.search(r"```sql\n(.*?)```", page, re.S)
    assert statements
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE workbench_app")
        cursor.execute(statements[1])
        cursor.execute("SET LOCAL ROLE workbench_app")
        try:
            record(mia, "claim.changed", "claim", "key", text={"text": "T"})
            seal_waiting()
            assert list(flaws()) == []
            assert forget_personal(AuditEvent.objects.filter(object_key="key")) == 1
            for table in (E, S, T):
                for statement in (
                    f"DELETE FROM {table}",
                    f"TRUNCATE {table}",
                    f"ALTER TABLE {table} DISABLE TRIGGER USER",
                ):
                    with (
                        pytest.raises(ProgrammingError, match=r"permission denied|must be owner"),
                        transaction.atomic(),
                    ):
                        cursor.execute(statement)
            for statement in (f"UPDATE {E} SET verb = 'x'", f"UPDATE {S} SET n = 0"):
                with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
                    cursor.execute(statement)
        finally:
            cursor.execute("RESET ROLE")
