"""How long an annotator waits: saving a span, the list's first page and opening an article among 10,000 articles.

In one process, without a socket: what is measured is the program and its database. Each figure stands beside limits
measured in turn with it, the least that any program of this kind has to do; the ratio is what can be compared between
machines. Nothing here fails for being slow.
"""

import io
import itertools
import json
import statistics
import sys
import time
import uuid
from collections.abc import Callable

import pytest
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import include, path
from django.utils import timezone

from tests import factories

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls(__name__)]
TEXT = "📈 " + "Der Rat der Stadt beschloss am Montag, den Hafen bis 2031 auszubauen. " * 40
N_ARTICLES = 10_000
N_ANNOTATIONS = 10
TOKEN = "a" * 32
Act = Callable[[], object]


def nothing(request: HttpRequest) -> HttpResponse:
    """Answer without asking the database, behind all the middleware of a page."""
    return HttpResponse("ok")


urlpatterns = [path("nothing/", nothing), path("", include("workbench.urls"))]


class Browser:
    """Calls the WSGI application as a server does. Django's test client copies the context of each template."""

    def __init__(self, session: str = "") -> None:
        self.application = get_wsgi_application()
        self.cookies = f"sessionid={session}; csrftoken={TOKEN}" if session else ""

    def get(self, address: str) -> bytes:
        """Return the body of a page; fail where it does not come."""
        return self._ask("GET", address, b"", {}, "200")

    def post(self, address: str, body: dict[str, object]) -> bytes:
        """Send JSON that makes something."""
        headers = {"HTTP_X_CSRFTOKEN": TOKEN, "HTTP_IDEMPOTENCY_KEY": str(uuid.uuid4())}
        return self._ask("POST", address, json.dumps(body).encode(), headers, "201")

    def _ask(self, method: str, address: str, body: bytes, headers: dict[str, str], expected: str) -> bytes:
        said: list[str] = []
        environ = {
            "REQUEST_METHOD": method,
            "PATH_INFO": address,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_COOKIE": self.cookies,
            "HTTP_ACCEPT_LANGUAGE": "en",
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            **headers,
        }
        reply = self.application(environ, lambda status, _headers, _error=None: said.append(status))
        content = b"".join(reply)
        reply.close()
        assert said[0].startswith(expected), (said, content[:500])
        return content


@pytest.fixture
def mia():
    return factories.project("river")


@pytest.fixture
def ada(mia):
    return factories.member(mia, "ada")


@pytest.fixture
def browser_of_ada(ada) -> Browser:
    client = Client()
    client.force_login(ada.user)
    return Browser(client.cookies[settings.SESSION_COOKIE_NAME].value)


@pytest.fixture
def without_database(db) -> Act:
    stranger = Browser()
    return lambda: stranger.get("/nothing/")


def compare(name: str, act: Act, limits: dict[str, Act], *, times: int) -> None:
    """Run the act and its limits in turn, so that other work on the machine slows all alike; print what they took."""
    acts = {name: act, **limits}
    for _warm_up, each in itertools.product(range(5), acts.values()):
        each()
    with CaptureQueriesContext(connection) as queries:
        act()
    n_queries = len(queries)  # now: the next request empties the log
    taken: dict[str, list[tuple[float, float]]] = {each: [] for each in acts}
    for _run, each in itertools.product(range(times), acts):
        taken[each].append(_measured(acts[each]))
    wall, processor = zip(*taken[name], strict=True)
    own = statistics.median(processor)
    print(
        f"\n{name} ({connection.vendor}): {n_queries} queries; median {statistics.median(wall):.1f} ms, "
        f"p95 {statistics.quantiles(wall, n=20)[-1]:.1f}, processor {own:.2f}; {times} times"
    )
    for each in limits:
        least = statistics.median(processor for _wall, processor in taken[each])
        print(f"    processor {own / least:.1f} times that of {each} ({least:.2f} ms)")


def _measured(act: Act) -> tuple[float, float]:
    started, processor = time.perf_counter(), time.process_time()
    act()
    return (time.perf_counter() - started) * 1000, (time.process_time() - processor) * 1000


def write_one_row() -> None:
    """Do what no save can do without: one transaction with one insert."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO annotations_worker (name, started_at, last_seen_at) VALUES (%s, %s, %s)",
            [uuid.uuid4().hex, timezone.now(), timezone.now()],
        )


def test_saving_a_span(browser_of_ada, mia, without_database):
    article = factories.article(mia, TEXT)
    version = article.current_version
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
        browser_of_ada.post(f"/api/v1/projects/river/articles/{article.uuid}/annotations/", body)

    limits = {"a view without database": without_database, "one insert": write_one_row}
    compare("save a span", save, limits, times=300)


def test_the_first_page_of_the_list_and_one_article_among_many(browser_of_ada, ada, mia, without_database):
    factories.many_articles(mia, N_ARTICLES)
    article = factories.article(mia, TEXT)
    for number in range(N_ANNOTATIONS):
        factories.annotation(ada, article, number * 20, number * 20 + 12)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # what the database does by itself within minutes of an import

    limits = {
        "a view without database": without_database,
        "the plainest page": lambda: browser_of_ada.get("/account/password/"),
    }
    for name, address in {
        "first page of the list, API": "/api/v1/projects/river/articles/",
        "first page of the list": "/p/river/",
        "one article, API": f"/api/v1/projects/river/articles/{article.uuid}/",
        "one article": f"/p/river/articles/{article.uuid}/",
    }.items():
        compare(f"{name}, among {N_ARTICLES}", lambda to=address: browser_of_ada.get(to), limits, times=50)
