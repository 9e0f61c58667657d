"""How long a page takes while an import runs beside it, and how long when nothing does: the import must not be felt.

The web server and the import are processes of their own, as in the embedded default and with Celery.
"""

from __future__ import annotations

import http.client
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.benchmarks.bench_import_export import ARTICLES, Bench, bench
from tests.conftest import BASE_DIR
from tests.faults.kit import free_port

__all__ = ["bench"]
IDLE_SECONDS = 20
PAUSE_SECONDS = 0.02
"""Between two requests: somebody reads, too."""
LOG_IN = """
import json
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client
from django.conf import settings
from annotations.models import Article, Membership, Project, User
project = Project.objects.get(slug="pages")
user = User.objects.create_user("ada", password="nobody needs it here")
Membership.objects.create(project=project, user=user, pseudonym="ada", role="manager")
browser = Client()
browser.force_login(user)
article = Article.objects.filter(project=project).first()
print(json.dumps({"session": browser.cookies[settings.SESSION_COOKIE_NAME].value, "article": str(article.uuid)}))
"""


@contextmanager
def served(bench: Bench, port: int) -> Iterator[None]:
    """Run the web server."""
    environment = bench.environment | {"PORT": str(port), "WEB_CONCURRENCY": "1"}
    command = [sys.executable, "-m", "gunicorn", "workbench.wsgi:application"]
    with Path(bench.folder / "server.log").open("wb") as log:
        server = subprocess.Popen(command, cwd=BASE_DIR, env=environment, stdout=log, stderr=log)
        try:
            yield
        finally:
            server.terminate()
            server.wait()


def milliseconds(port: int, address: str, session: str) -> float:
    """Fetch a page whole; return how long it took."""
    started = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", address, headers={"Cookie": f"sessionid={session}"})
    reply = connection.getresponse()
    reply.read()
    connection.close()
    assert reply.status == 200, reply.status
    return (time.perf_counter() - started) * 1000


def p99(taken: list[float]) -> float:
    return statistics.quantiles(taken, n=100)[-1]


def show(vendor: str, name: str, taken: list[float]) -> None:
    print(
        f"{vendor:<10} {name:<28} median {statistics.median(taken):6.1f} ms, p99 {p99(taken):6.1f}; {len(taken)} times"
    )


@pytest.mark.parametrize("page", ["list", "article"])
def test_a_page_during_an_import(bench: Bench, page: str):
    bench.import_file(bench.corpus(1_000), "pages")
    command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", LOG_IN]
    told = subprocess.run(command, cwd=BASE_DIR, env=bench.environment, stdout=subprocess.PIPE, check=True)
    facts = json.loads(told.stdout.splitlines()[-1])
    address = "/p/pages/" if page == "list" else f"/p/pages/articles/{facts['article']}/"
    corpus, port = bench.corpus(ARTICLES), free_port()
    with served(bench, port):
        deadline = time.monotonic() + 30
        while True:
            try:
                milliseconds(port, address, facts["session"])
                break
            except OSError:
                assert time.monotonic() < deadline
                time.sleep(0.2)
        idle, busy = [], []
        until = time.monotonic() + IDLE_SECONDS
        while time.monotonic() < until:
            idle.append(milliseconds(port, address, facts["session"]))
            time.sleep(PAUSE_SECONDS)
        importing = bench._begin("import", str(corpus), "beside")
        while importing.poll() is None:
            busy.append(milliseconds(port, address, facts["session"]))
            time.sleep(PAUSE_SECONDS)
        bench._result(importing)

    print()
    show(bench.vendor, f"{page}, nothing beside it", idle)
    show(bench.vendor, f"{page}, beside an import", busy)
    print(f"{bench.vendor:<10} {page}, p99 beside / alone: {p99(busy) / p99(idle):.2f}")
