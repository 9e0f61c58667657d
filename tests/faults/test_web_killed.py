"""The web process dies at the worst moment (check FT-1), and the network loses replies (check DI-2)."""

from __future__ import annotations

import os
import uuid
from http.client import HTTPException

import pytest
from django.conf import settings

from .kit import LossyProxy, Workbench

IS_LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
KILLS = 20 if IS_LONG else 1
SAVES = 1000 if IS_LONG else 40
once_when_quick = pytest.mark.skipif(
    settings.DATABASE_IS_SQLITE and not IS_LONG, reason="on SQLite at length only: HYPOTHESIS_PROFILE=long"
)


@once_when_quick
def test_a_kill_at_any_point_of_a_save_loses_and_doubles_nothing(workbench: Workbench):
    bodies = []
    for point in ("act.between_writes", "act.before_commit", "act.after_commit"):
        for n in range(KILLS):
            body = workbench.annotation(n % 20, n % 20 + 5)
            workbench.arm(point)
            attempts = workbench.save_until_acknowledged(body)
            assert attempts > 1, f"{point} did not kill"
            bodies.append(body)

    keys = sorted(body["key"] for body in bodies)
    assert workbench.stored_keys(bodies) == keys
    assert workbench.count(f"AuditEvent.objects.filter(object_key__in={keys}).count()") == len(keys)


@pytest.mark.long
def test_what_was_committed_before_the_kill_is_there_and_what_was_not_is_wholly_absent(workbench: Workbench):
    expected = {"act.between_writes": 0, "act.before_commit": 0, "act.after_commit": 1}
    for point, rows in expected.items():
        body = workbench.annotation(0, 5)
        workbench.arm(point)
        with pytest.raises((OSError, HTTPException)):
            workbench.post_annotation(body, str(uuid.uuid4()))

        key = body["key"]
        assert workbench.count(f"Annotation.objects.filter(key='{key}').count()") == rows
        assert workbench.count(f"AuditEvent.objects.filter(object_key='{key}').count()") == rows


def test_after_a_power_cut_every_acknowledged_save_is_there(workbench: Workbench):
    acknowledged = [workbench.annotation(n, n + 3) for n in range(10)]
    for body in acknowledged:
        workbench.save_until_acknowledged(body)

    workbench.kill()
    workbench.start()

    status, reply = workbench.get(
        f"/api/v1/projects/river/articles/{workbench.facts['article']}/annotations/", workbench.facts["ada"]
    )
    assert status == 200
    assert {body["key"] for body in acknowledged} <= {row["key"] for row in reply["results"]}


@once_when_quick
def test_lost_replies_and_repeated_requests_leave_one_row_a_key(workbench: Workbench):
    proxy = LossyProxy(workbench.port, loses=0.3, repeats=0.2, seed=7)

    bodies = [workbench.annotation(n % 50, n % 50 + 4) for n in range(SAVES)]
    attempts = sum(workbench.save_until_acknowledged(body, port=proxy.port) for body in bodies)
    proxy.shutdown()

    assert proxy.lost == attempts - SAVES > 0
    assert proxy.repeated > 0
    assert workbench.stored_keys(bodies) == sorted(body["key"] for body in bodies)
