"""A network that never leaves this machine: names resolve as a test says, allowed ones lead to loopback servers."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from annotations.fetching.dialling import Line
from annotations.fetching.fetcher import Fetcher, Limits

PUBLIC = "93.184.216.34"
OTHER = "151.101.1.69"
QUICK = Limits(connect=0.4, total=1.0, body=200_000)
Answer = Callable[[socket.socket], None]


@dataclass
class Network:
    """What was asked and dialled. `answers` says what each lookup of a name gives, the last one for ever."""

    answers: dict[str, list[list[str]]] = field(default_factory=dict)
    servers: dict[tuple[str, int], int] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    dialled: list[tuple[str, int]] = field(default_factory=list)

    def resolve(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        given = self.answers.get(host, [[PUBLIC]])
        return given.pop(0) if len(given) > 1 else given[0]

    def dial(self, address: str, port: int, seconds: float) -> socket.socket:
        self.dialled.append((address, port))
        place = self.servers.get((address, port))
        if place is None:
            raise ConnectionRefusedError
        return socket.create_connection(("127.0.0.1", place), timeout=seconds)

    def fetcher(self, **options: object) -> Fetcher:
        return Fetcher(Line(self.resolve, self.dial), **({"limits": QUICK} | options))


@contextmanager
def serving(*answers: Answer) -> Iterator[tuple[int, list[bytes]]]:
    """Answer connection after connection, the last answer for ever; give the port and the requests that came."""
    listener = socket.create_server(("127.0.0.1", 0))
    requests: list[bytes] = []
    waiting = list(answers)

    def one(connection: socket.socket, answer: Answer) -> None:
        with connection:
            try:
                connection.settimeout(5)
                requests.append(_head(connection))
                answer(connection)
            except OSError:
                return

    def serve() -> None:
        while True:
            try:
                connection, _place = listener.accept()
            except OSError:
                return
            answer = waiting.pop(0) if len(waiting) > 1 else waiting[0]
            threading.Thread(target=one, args=(connection, answer), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listener.getsockname()[1], requests
    finally:
        listener.close()


def _head(connection: socket.socket) -> bytes:
    found = b""
    while b"\r\n\r\n" not in found:
        block = connection.recv(4096)
        if not block:
            break
        found += block
    return found


def replying(body: bytes = b"", *, status: str = "200 OK", media_type: str = "text/html", **headers: str) -> Answer:
    """Reply with a body."""

    def answer(connection: socket.socket) -> None:
        lines = {"Content-Type": media_type, "Content-Length": str(len(body))}
        lines |= {name.replace("_", "-"): value for name, value in headers.items()}
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        connection.sendall(f"HTTP/1.1 {status}\r\n{head}\r\n".encode("latin-1") + body)

    return answer


def leading_to(location: str, status: str = "302 Found") -> Answer:
    """Lead on to another address."""
    return replying(status=status, Location=location)
