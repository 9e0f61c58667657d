"""A whole workbench in processes of its own, that a test may kill, and a proxy that loses replies."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import socket
import socketserver
import struct
import subprocess
import sys
import threading
import time
import uuid
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

BASE_DIR = Path(__file__).resolve().parent.parent.parent
SETTING_UP = """
import json, sys
from datetime import timedelta
from django.utils import timezone
from tests import factories
from annotations.workflow.accounts import issue_token

mia = factories.project()
ada = factories.member(mia, "ada")
article = factories.article(mia)
version = article.current_version
token, secret = issue_token(ada.user, "test", expires_at=timezone.now() + timedelta(days=1))
manager_token, manager_secret = issue_token(mia.user, "test", expires_at=timezone.now() + timedelta(days=1))
print(json.dumps({
    "article": str(article.uuid), "version": str(version.uuid), "text": version.text,
    "text_sha256": bytes(version.text_sha256).hex(),
    "ada": secret, "mia": manager_secret,
}))
"""


@dataclass
class Workbench:
    """One workbench on a database of its own; `environment` is what every process of it gets."""

    folder: Path
    database_url: str
    port: int
    facts: dict[str, str] = field(default_factory=dict)
    server: subprocess.Popen | None = None

    @property
    def environment(self) -> dict[str, str]:
        """Give the environment of its processes."""
        return {
            **os.environ,
            "DATABASE_URL": self.database_url,
            "WORKBENCH_VAR_DIR": str(self.folder / "var"),
            "WORKBENCH_MEDIA_ROOT": str(self.folder / "media"),
            "WORKBENCH_FAILPOINTS": str(self.armed),
            "SECRET_KEY": "only-for-this-test-run-" + "x" * 40,
            "PORT": str(self.port),
            "WEB_CONCURRENCY": "1",
            "GUNICORN_CMD_ARGS": "--timeout 600",  # a busy machine may stand still; nothing here waits for a restart
        }

    @property
    def armed(self) -> Path:
        """Give the folder in which a file arms the fail-point of its name."""
        return self.folder / "armed"

    def set_up(self) -> None:
        """Migrate, and make a project with Ada, an article and keys to the API."""
        (self.folder / "var").mkdir()
        self.armed.mkdir()
        self.manage("migrate", "--no-input", "--verbosity=0")
        self.facts = json.loads(self.manage("shell", "--no-imports", "-c", SETTING_UP).splitlines()[-1])

    def manage(self, *arguments: str) -> str:
        """Run a command of the workbench to its end and return what it printed."""
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(
            command, cwd=BASE_DIR, env=self.environment, capture_output=True, text=True, timeout=600, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def count(self, expression: str) -> Any:
        """Evaluate an expression over the models in a fresh process."""
        code = f"import json; from annotations.models import *; print(json.dumps({expression}))"
        return json.loads(self.manage("shell", "--no-imports", "-c", code).splitlines()[-1])

    def start(self) -> None:
        """Start the server and wait until it answers."""
        log = (self.folder / "server.log").open("ab")
        command = [sys.executable, "-m", "gunicorn", "workbench.wsgi:application"]
        self.server = subprocess.Popen(
            command, cwd=BASE_DIR, env=self.environment, stdout=log, stderr=log, start_new_session=True
        )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                if self.get("/healthz")[0] == 200:
                    return
            except (OSError, HTTPException):
                time.sleep(0.1)
        raise AssertionError((self.folder / "server.log").read_text()[-4000:])

    def kill(self) -> None:
        """Kill the server and all its children, as a power cut would."""
        assert self.server is not None
        os.killpg(self.server.pid, signal.SIGKILL)
        self.server.wait()

    def stop(self) -> None:
        """End the server at the end of a test."""
        if self.server is not None and self.server.poll() is None:
            self.kill()

    def arm(self, point: str) -> None:
        """Have the next process that passes this fail-point die there."""
        (self.armed / point).touch()

    def get(self, path: str, token: str = "") -> tuple[int, Any]:
        """Send one GET."""
        return self._send("GET", path, None, {"Authorization": f"Bearer {token}"} if token else {}, self.port)

    def post_annotation(self, body: dict[str, Any], request_key: str, *, port: int | None = None) -> tuple[int, Any]:
        """Send one annotation as Ada. Raises OSError or HTTPException where the connection breaks."""
        headers = {
            "Authorization": f"Bearer {self.facts['ada']}",
            "Content-Type": "application/json",
            "Idempotency-Key": request_key,
        }
        path = f"/api/v1/projects/river/articles/{self.facts['article']}/annotations/"
        return self._send("POST", path, json.dumps(body), headers, port or self.port)

    def annotation(self, start: int, end: int, label: str = "claim") -> dict[str, Any]:
        """Build the body of a new annotation on the article."""
        return {
            "key": str(uuid.uuid4()),
            "version_uuid": self.facts["version"],
            "text_sha256": self.facts["text_sha256"],
            "start": start,
            "end": end,
            "quote": self.facts["text"][start:end],
            "label": label,
        }

    def save_until_acknowledged(self, body: dict[str, Any], *, port: int | None = None) -> int:
        """Send an annotation again and again under one key, as the browser does; return how often it took.

        A reply that the database cannot be reached is one to try again after.
        """
        request_key = str(uuid.uuid4())
        for attempt in range(1, 200):
            try:
                status, reply = self.post_annotation(body, request_key, port=port)
            except (OSError, HTTPException):
                time.sleep(0.05)
                continue
            if status == 503 and reply["problems"][0]["code"] == "busy":
                time.sleep(0.1)
                continue
            assert status == 201, reply
            assert reply["quote"] == body["quote"]
            return attempt
        raise AssertionError("never acknowledged")

    def stored_keys(self, bodies: list[dict[str, Any]]) -> list[str]:
        """Return the keys of those annotations that are in the database, one for each row."""
        sent = {body["key"] for body in bodies}  # too many to be named in a command
        stored = self.count("[str(key) for key in Annotation.objects.values_list('key', flat=True)]")
        return sorted(key for key in stored if key in sent)

    def _send(self, method: str, path: str, body: str | None, headers: dict[str, str], port: int) -> tuple[int, Any]:
        connection = HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return response.status, json.loads(response.read() or b"null")
        finally:
            connection.close()


class LossyProxy(socketserver.ThreadingTCPServer):
    """Pass requests on; lose a share of the replies, and send a share of the requests twice."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, target: int, *, loses: float, repeats: float, seed: int) -> None:
        super().__init__(("127.0.0.1", 0), _Relay)
        self.target, self.loses, self.repeats = target, loses, repeats
        self.chance = random.Random(seed)
        self.lost = self.repeated = 0
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def port(self) -> int:
        """Give the port it listens on."""
        return self.server_address[1]


class _Relay(socketserver.BaseRequestHandler):
    server: LossyProxy

    def handle(self) -> None:
        request = self._whole_request()
        if not request:
            return
        reply = self._ask(request)
        if self.server.chance.random() < self.server.repeats:
            self.server.repeated += 1
            reply = self._ask(request)
        if self.server.chance.random() < self.server.loses:
            self.server.lost += 1
            return
        self.request.sendall(reply)

    def _whole_request(self) -> bytes:
        data = b""
        while b"\r\n\r\n" not in data:
            data += (more := self.request.recv(65536))
            if not more:
                return b""
        head, _, body = data.partition(b"\r\n\r\n")
        lengths = [line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")]
        while len(body) < int(lengths[0] if lengths else 0):
            body += self.request.recv(65536)
        return head.replace(b"\r\n", b"\r\nConnection: close\r\n", 1) + b"\r\n\r\n" + body

    def _ask(self, request: bytes) -> bytes:
        with socket.create_connection(("127.0.0.1", self.server.target), timeout=30) as server:
            server.sendall(request)
            reply = b""
            while more := server.recv(65536):
                reply += more
            return reply


def free_port() -> int:
    """Find a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def sibling_database(url: str, name: str) -> str:
    """Give the address of another database on the same server."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


class FaultProxy:
    """A TCP proxy before a broker, whose wire can be made bad: `mode` is one of `MODES`.

    down: nobody listens, and what was open breaks; delay: each block comes late; reset: connections are reset after a
    while; cut: they end in the middle of a message.
    """

    MODES = ("down", "delay", "reset", "cut")

    def __init__(self, target: int) -> None:
        self.target = target
        self.mode = "well"
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def turn(self, mode: str) -> None:
        """Change the mode; connections that are open feel it too."""
        self.mode = mode
        if mode in ("down", "reset", "cut"):
            for each in list(self._open):
                self._break(each)

    def close(self) -> None:
        """End it."""
        self.turn("down")
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _address = self._listener.accept()
            except OSError:
                return
            if self.mode == "down":
                self._break(near)
                continue
            try:
                far = socket.create_connection(("127.0.0.1", self.target), timeout=5)
            except OSError:
                self._break(near)
                continue
            far.settimeout(None)
            self._open |= {near, far}
            for source, goal in ((near, far), (far, near)):
                threading.Thread(target=self._forward, args=(source, goal), daemon=True).start()

    def _forward(self, source: socket.socket, goal: socket.socket) -> None:
        blocks = 0
        try:
            while data := source.recv(4096):
                blocks += 1
                if self.mode == "delay":
                    time.sleep(0.3)
                if self.mode == "cut" and blocks > 2:
                    goal.sendall(data[: len(data) // 2])
                    break
                if self.mode == "reset" and blocks > 2:
                    self._break(goal)
                    break
                goal.sendall(data)
        except OSError:
            pass
        finally:
            for each in (source, goal):
                self._open.discard(each)
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
                each.close()

    def _break(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            if self.mode != "cut":
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.shutdown(socket.SHUT_RDWR)
        connection.close()
