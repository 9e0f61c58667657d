"""Bringing one page: hop by hop, each under the whole policy, within limits of time, size and kind."""

from __future__ import annotations

import http.client
import re
import ssl
import time
import zlib
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from socket import socket as Socket
from typing import Any

import certifi
from django.conf import settings
from django.utils import timezone
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.response import BaseHTTPResponse

from .dialling import Line, cut_at, dial, dial_by_name, look_up, proxy_of
from .outcomes import FetchFailed, Outcome
from .targets import PORTS, Target, followed, target_of

HTML = frozenset({"text/html", "application/xhtml+xml"})
PLAIN = frozenset({"text/plain"})
PDF = frozenset({"application/pdf"})
MEDIA_TYPES = HTML | PLAIN | PDF
REDIRECTS = frozenset({301, 302, 303, 307, 308})
GONE = frozenset({404, 410})
BLOCK = 64 * 1024
TOTAL = 15.0
"""Seconds for a page, all hops together; the waiting for a turn and for robots.txt is not counted."""
_MEDIA_TYPE = re.compile(r"\s*([\w.+-]+/[\w.+-]+)\s*(?:;.*)?", re.ASCII | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how much, in seconds and bytes; `total` is of all hops together."""

    connect: float = 5.0
    total: float = TOTAL
    body: int = 5 * 1024 * 1024
    hops: int = 5


@dataclass(frozen=True, slots=True)
class Fetched:
    """A page as it came. `hops` are the addresses that led here, each with the status it answered."""

    url: str
    status: int
    media_type: str
    body: bytes
    hops: tuple[dict[str, object], ...] = ()
    fetched_at: datetime = field(default_factory=timezone.now)


def no_turn(host: str) -> AbstractContextManager[None]:
    """Let every request go at once."""
    return nullcontext()


def anything(target: Target) -> None:
    """Forbid nothing."""


@dataclass(frozen=True, slots=True)
class Fetcher:
    """What brings pages. `turn` holds a host for the time of one request."""

    line: Line
    limits: Limits = Limits()
    ports: Collection[int] = PORTS
    agent: str = "ClaimWorkbench"
    tls: ssl.SSLContext | None = None
    turn: Callable[[str], AbstractContextManager[None]] = no_turn

    def fetch(
        self,
        url: str,
        *,
        media_types: Collection[str] = MEDIA_TYPES,
        may_ask: Callable[[Target], object] = anything,
    ) -> Fetched:
        """Bring a page. `may_ask` is called before each hop. Raises `FetchFailed`."""
        left = self.limits.total
        hops: list[dict[str, object]] = []
        status: int | None = None
        try:
            target = target_of(url, self.ports)
            while True:
                may_ask(target)
                with self.turn(target.host):
                    begun = time.monotonic()
                    found = self._ask(target, begun + left, media_types)
                    left -= time.monotonic() - begun
                if isinstance(found, Fetched):
                    return Fetched(found.url, found.status, found.media_type, found.body, tuple(hops))
                status, location = found
                hops.append({"url": target.url, "status": status})
                if len(hops) > self.limits.hops:
                    raise FetchFailed(Outcome.REDIRECTS, status=status)
                target = followed(target, location, self.ports)
        except FetchFailed as failure:
            failure.hops = tuple(hops)
            failure.status = failure.status if failure.status is not None else status
            raise

    def _ask(self, target: Target, until: float, media_types: Collection[str]) -> Fetched | tuple[int, str]:
        """Ask one host once; return the page, or status and address of where it leads on to."""
        opened = self.line.connect(target, at_most=self.limits.connect, until=until)
        try:
            with cut_at(opened, until):
                opened.settimeout(max(0.1, min(self.limits.connect, until - time.monotonic())))
                return self._talk(opened, target, until, media_types)
        except (HTTPError, http.client.HTTPException, ssl.SSLError, OSError, ValueError) as error:
            if time.monotonic() >= until or isinstance(error, TimeoutError) or "Timeout" in type(error).__name__:
                raise FetchFailed(Outcome.TIMEOUT) from None
            is_tls = isinstance(error, ssl.SSLError) or isinstance(error.__cause__, ssl.SSLError)
            raise FetchFailed(Outcome.TLS if is_tls else Outcome.BAD_REPLY) from None
        finally:
            opened.close()

    def _talk(
        self, opened: Socket, target: Target, until: float, media_types: Collection[str]
    ) -> Fetched | tuple[int, str]:
        connection = _connection(opened, target, self._tls())
        try:
            connection.request(
                "GET",
                target.path,
                headers={
                    "Host": target.authority,
                    "User-Agent": self.agent,
                    "Accept": "text/html,application/xhtml+xml,application/pdf;q=0.9,text/plain;q=0.8",
                    "Accept-Encoding": "gzip, deflate",
                    "Connection": "close",
                },
                preload_content=False,
                decode_content=False,
            )
            reply = connection.getresponse()
            if time.monotonic() >= until:  # it was cut amid its head, which then looks like a whole one
                raise FetchFailed(Outcome.TIMEOUT)
            if reply.status in REDIRECTS and reply.headers.get("Location"):
                return reply.status, _as_written(reply.headers["Location"])
            _refuse_status(reply.status)
            media_type = _media_type(reply)
            if media_type not in media_types:
                raise FetchFailed(Outcome.MEDIA_TYPE, status=reply.status)
            body = _body(reply, self.limits.body, until)
            return Fetched(target.url, reply.status, media_type, body)
        finally:
            connection.close()

    def _tls(self) -> ssl.SSLContext:
        return self.tls or ssl.create_default_context(cafile=certifi.where())


def usual_fetcher(turn: Callable[[str], AbstractContextManager[None]] = no_turn) -> Fetcher:
    """Build the fetcher that the settings describe."""
    proxy = proxy_of(settings.WORKBENCH_FETCH_PROXY)
    line = Line(look_up, dial_by_name if proxy else dial, proxy)
    return Fetcher(
        line,
        limits=Limits(body=settings.WORKBENCH_FETCH_MAX_SIZE),
        ports=settings.WORKBENCH_FETCH_PORTS,
        agent=settings.WORKBENCH_FETCH_AGENT,
        turn=turn,
    )


def _connection(opened: Socket, target: Target, tls: ssl.SSLContext) -> HTTPConnection:
    """Build a connection of the HTTP library over a socket that is open already: it looks no name up by itself."""

    class Plain(HTTPConnection):
        def _new_conn(self) -> Socket:
            return opened

    class Secure(HTTPSConnection):
        def _new_conn(self) -> Socket:
            return opened

    seconds: Any = opened.gettimeout()
    if target.scheme == "http":
        return Plain(target.host, target.port, timeout=seconds)
    return Secure(target.host, target.port, timeout=seconds, ssl_context=tls, cert_reqs="CERT_REQUIRED")


def _refuse_status(status: int) -> None:
    """Raise for whatever is no page. Only two answers say that a page is gone; of any other nothing follows."""
    if status in GONE:
        raise FetchFailed(Outcome.GONE, status=status)
    if status >= 500 or status == 429:
        raise FetchFailed(Outcome.SERVER_ERROR, status=status)
    if status != 200:
        raise FetchFailed(Outcome.NOT_GIVEN, status=status)


def _media_type(reply: BaseHTTPResponse) -> str:
    found = _MEDIA_TYPE.fullmatch(reply.headers.get("Content-Type", ""))
    return found[1].lower() if found else ""


def _as_written(header: str) -> str:
    """Read a header of bytes beyond ASCII as UTF-8, which is what sites send."""
    try:
        return header.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return header


def _body(reply: BaseHTTPResponse, most: int, until: float) -> bytes:
    """Read and unpack the page, never more of it than is allowed."""
    unpack = _unpacker(reply.headers.get("Content-Encoding", ""))
    body = bytearray()
    n_sent = 0
    while block := reply.read(BLOCK, decode_content=False):
        if time.monotonic() >= until:
            raise FetchFailed(Outcome.TIMEOUT)
        n_sent += len(block)
        body += unpack(block, most + 1 - len(body))
        if len(body) > most or n_sent > most:
            raise FetchFailed(Outcome.TOO_LARGE, status=reply.status)
    if time.monotonic() >= until:  # it was cut, and looks as if it had ended
        raise FetchFailed(Outcome.TIMEOUT)
    unpack(b"", 1)
    return bytes(body)


def _unpacker(encoding: str) -> Callable[[bytes, int], bytes]:
    """Return what unpacks a body block by block; called with nothing, it raises where the body was not whole."""
    name = encoding.strip().lower()
    if name in ("", "identity"):
        return lambda block, most: block
    if name not in ("gzip", "x-gzip", "deflate"):
        raise FetchFailed(Outcome.BAD_REPLY)
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS + 32)  # takes gzip and zlib

    def unpack(block: bytes, most: int) -> bytes:
        if not block:
            if not unpacker.eof:
                raise FetchFailed(Outcome.BAD_REPLY)
            return b""
        try:
            found = unpacker.decompress(block, max(1, most))
        except zlib.error:
            raise FetchFailed(Outcome.BAD_REPLY) from None
        if unpacker.unconsumed_tail:  # there is more than is allowed
            raise FetchFailed(Outcome.TOO_LARGE)
        return found

    return unpack
