"""Looking a host up and opening the connection: once each, to an address that was checked, within a time."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from .addresses import is_public
from .outcomes import FetchFailed, Outcome
from .targets import Target

Resolve = Callable[[str, int], list[str]]
Dial = Callable[[str, int, float], socket.socket]
MOST_ADDRESSES_TRIED = 3
LONGEST_GREETING = 8 * 1024
"""Bytes of a proxy's answer to CONNECT."""


@dataclass(frozen=True, slots=True)
class Line:
    """How the outside is reached; tests give a resolver and a dialler of their own.

    `proxy` (host and port) is a second line: it is asked for the very address that was checked, never for a name.
    """

    resolve: Resolve
    dial: Dial
    proxy: tuple[str, int] | None = None

    def addresses_of(self, target: Target, until: float) -> list[str]:
        """Return the addresses of a host, all of them checked. Raises `FetchFailed` where any may not be dialled."""
        if target.literal:
            return [target.literal]
        found = list(dict.fromkeys(_within(lambda: self.resolve(target.host, target.port), until)))
        if not found or not all(map(is_public, found)):
            raise FetchFailed(Outcome.REFUSED)
        return found

    def connect(self, target: Target, *, at_most: float, until: float) -> socket.socket:
        """Open a connection to one of the host's addresses. Raises `FetchFailed`."""
        is_slow = False
        for address in self.addresses_of(target, until)[:MOST_ADDRESSES_TRIED]:
            seconds = min(at_most, until - time.monotonic())
            if seconds <= 0:
                break
            try:
                return self._open(address, target.port, seconds)
            except TimeoutError:
                is_slow = True
            except OSError:
                continue
        raise FetchFailed(Outcome.TIMEOUT if is_slow or time.monotonic() >= until else Outcome.UNREACHABLE)

    def _open(self, address: str, port: int, seconds: float) -> socket.socket:
        if self.proxy is None:
            return self.dial(address, port, seconds)
        connection = self.dial(*self.proxy, seconds)
        try:
            _ask_proxy(connection, address, port)
        except BaseException:
            connection.close()
            raise
        return connection


def look_up(host: str, port: int) -> list[str]:
    """Ask the system for the addresses of a host; none where it has none."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return [str(place[0]) for _family, _type, _protocol, _name, place in found]


def dial(address: str, port: int, seconds: float) -> socket.socket:
    """Open a connection to an address; no name is looked up."""
    family = socket.AF_INET6 if ip_address(address).version == 6 else socket.AF_INET
    connection = socket.socket(family, socket.SOCK_STREAM)
    try:
        connection.settimeout(seconds)
        connection.connect((address, port))
    except BaseException:
        connection.close()
        raise
    return connection


def dial_by_name(host: str, port: int, seconds: float) -> socket.socket:
    """Open a connection to the proxy, which the server's operator named."""
    return socket.create_connection((host, port), timeout=seconds)


def proxy_of(written: str) -> tuple[str, int] | None:
    """Return host and port of a proxy, as the setting names it: http://proxy.internal:3128."""
    if not written:
        return None
    parts = urlsplit(written)
    if parts.scheme != "http" or not parts.hostname or parts.username or parts.path.strip("/"):
        raise ValueError(f'WORKBENCH_FETCH_PROXY is "{written}". Write it as http://host:port.')
    return parts.hostname, parts.port or 3128


@contextmanager
def cut_at(connection: socket.socket, until: float) -> Iterator[None]:
    """End a connection at a moment, whatever it is doing: a reply by drops resets every other time limit."""
    other = connection.dup()  # the first is taken over where TLS begins

    def cut() -> None:
        try:
            other.shutdown(socket.SHUT_RDWR)
        except OSError:  # it was closed already
            return

    timer = threading.Timer(max(0.0, until - time.monotonic()), cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        other.close()


def _within(look_up: Callable[[], list[str]], until: float) -> list[str]:
    """Ask for addresses, and wait no longer than until a moment; the system's own resolver knows no time limit."""
    found: list[str] = []
    thread = threading.Thread(target=lambda: found.extend(look_up()), daemon=True)
    thread.start()
    thread.join(max(0.0, until - time.monotonic()))
    if thread.is_alive():
        raise FetchFailed(Outcome.TIMEOUT)
    return found


def _ask_proxy(connection: socket.socket, address: str, port: int) -> None:
    """Have the proxy go on to an address. Raises `OSError` where it does not."""
    place = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
    connection.sendall(f"CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n\r\n".encode("ascii"))
    answer = b""
    while not answer.endswith(b"\r\n\r\n"):
        byte = connection.recv(1)  # one by one: what comes after belongs to the page
        if not byte or len(answer) > LONGEST_GREETING:
            raise ConnectionError("the proxy gave no answer")
        answer += byte
    if answer.split(b" ", 2)[1:2] != [b"200"]:
        raise ConnectionError("the proxy did not go on")
