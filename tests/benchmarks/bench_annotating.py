"""How long an annotator waits: saving a span, the list's first page and opening an article among 10,000 articles.

In one process, without a socket: what is measured is the program and its database. Each figure stands beside a limit
measured in the same run, the least that any program of this kind has to do; the ratio is what can be compared between
machines. Nothing here fails for being slow.
"""

import json
import statistics
import time
import uuid
from collections.abc import Callable

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)
TEXT = "📈 " + "Der Rat der Stadt beschloss am Montag, den Hafen bis 2031 auszubauen. " * 40
N_ARTICLES = 10_000


@pytest.fixture
def mia():
    return factories.project("river")


@pytest.fixture
def client_of_ada(mia) -> Client:
    client = Client()
    client.force_login(factories.member(mia, "ada").user)
    return client


def measure(act: Callable[[], object], *, times: int) -> tuple[float, float, float]:
    """Run an act many times after a warm-up; return median, 95th percentile and processor time, in ms."""
    for _warm_up in range(5):
        act()
    taken, processor = [], time.process_time()
    for _run in range(times):
        started = time.perf_counter()
        act()
        taken.append((time.perf_counter() - started) * 1000)
    processor = (time.process_time() - processor) * 1000 / times
    return statistics.median(taken), statistics.quantiles(taken, n=20)[-1], processor


def compare(name: str, act: Callable[[], object], limit_name: str, limit: Callable[[], object], *, times: int) -> None:
    """Measure the limit, the act and the limit again, and print the figures with their ratio."""
    before, found, after = (measure(each, times=times) for each in (limit, act, limit))
    least = min(before[2], after[2])
    print(
        f"\n{name} ({connection.vendor}): median {found[0]:.1f} ms, p95 {found[1]:.1f}, processor {found[2]:.2f}; "
        f"limit ({limit_name}): median {before[0]:.1f} and {after[0]:.1f}, processor {least:.2f}; "
        f"processor ratio {found[2] / least:.1f}; {times} times"
    )


def write_one_row() -> None:
    """Do what no save can do without: one transaction with one insert."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO annotations_worker (name, started_at, last_seen_at) VALUES (%s, %s, %s)",
            [uuid.uuid4().hex, timezone.now(), timezone.now()],
        )


def read_session(client: Client) -> Callable[[], None]:
    """Return the least a page for somebody logged in can do: find out who asks."""

    def act() -> None:
        assert client.get("/account/password/").status_code == 200

    return act


def test_saving_a_span(client_of_ada, mia):
    article = factories.article(mia, TEXT)
    version = article.current_version
    address = f"/api/v1/projects/river/articles/{article.uuid}/annotations/"
    starts = iter(range(len(TEXT) - 3))

    def save() -> None:
        start = next(starts)
        body = {
            "key": str(uuid.uuid4()),
            "version_uuid": str(version.uuid),
            "text_sha256": bytes(version.text_sha256).hex(),
            "start": start,
            "end": start + 3,
            "quote": TEXT[start : start + 3],
            "label": "claim",
        }
        headers = {"Idempotency-Key": str(uuid.uuid4())}
        reply = client_of_ada.post(address, json.dumps(body), content_type="application/json", headers=headers)
        assert reply.status_code == 201, reply.content

    compare("save a span", save, "one insert", write_one_row, times=300)


def test_the_first_page_of_the_list_and_one_article_among_many(client_of_ada, mia):
    factories.many_articles(mia, N_ARTICLES)
    article = factories.article(mia, TEXT)

    def read(address: str) -> Callable[[], None]:
        def act() -> None:
            assert client_of_ada.get(address).status_code == 200

        return act

    least = read_session(client_of_ada)
    for name, address in {
        "first page of the list, API": "/api/v1/projects/river/articles/",
        "first page of the list": "/p/river/",
        "one article, API": f"/api/v1/projects/river/articles/{article.uuid}/",
        "one article": f"/p/river/articles/{article.uuid}/",
    }.items():
        compare(f"{name}, among {N_ARTICLES}", read(address), "a page that only asks who reads", least, times=50)
