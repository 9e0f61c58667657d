"""The health address tells load balancers what they need and strangers nothing else."""

from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from annotations.models import Worker


@pytest.mark.django_db
def test_health_tells_that_the_database_answers_and_no_worker_was_seen(client):
    reply = client.get("/healthz")

    assert reply.status_code == 200
    assert reply.json() == {"database": True, "worker": False}


@pytest.mark.django_db
def test_health_tells_of_a_worker_seen_just_now(client):
    Worker.objects.create(name="fresh", last_seen_at=timezone.now())

    assert client.get("/healthz").json()["worker"] is True


@pytest.mark.django_db
def test_health_does_not_count_a_worker_that_fell_silent(client):
    Worker.objects.create(name="silent", last_seen_at=timezone.now() - timedelta(minutes=5))

    assert client.get("/healthz").json()["worker"] is False


@pytest.mark.django_db
def test_health_answers_503_while_the_database_is_away(client, monkeypatch):
    def refuse(*args):
        raise OperationalError("no connection")

    monkeypatch.setattr(connection, "cursor", refuse)

    reply = client.get("/healthz")

    assert reply.status_code == 503
    assert reply.json() == {"database": False, "worker": False}
