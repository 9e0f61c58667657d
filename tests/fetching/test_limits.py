"""SF-4: what a server may do to us: nothing, for longer than a moment."""

from __future__ import annotations

import gzip
import socket
import ssl
import subprocess
import time
import zlib

import pytest

from annotations.fetching.fetcher import Limits
from annotations.fetching.outcomes import FetchFailed, Outcome

from .network import PUBLIC, QUICK, Network, replying, serving


def dripping(head: bytes, drop: bytes) -> object:
    def answer(connection: socket.socket) -> None:
        connection.sendall(head)
        while True:
            connection.sendall(drop)
            time.sleep(0.05)

    return answer


def endless(head: bytes) -> object:
    def answer(connection: socket.socket) -> None:
        connection.sendall(head)
        while True:
            connection.sendall(b"x" * 65536)

    return answer


OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
BOMB = gzip.compress(b"0" * 50_000_000)
MANY = b"".join(b"X-%d: y\r\n" % n for n in range(500))


def raw(data: bytes) -> object:
    return lambda connection: connection.sendall(data)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (dripping(OK + b"\r\n", b"."), Outcome.TIMEOUT),
        (dripping(b"HTTP/1.1 200 OK\r\n", b"a"), Outcome.TIMEOUT),
        (dripping(b"HTTP/1.1 200 OK\r\n", b"A: b\r\n"), Outcome.TIMEOUT),
        (dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), Outcome.TIMEOUT),
        (lambda connection: time.sleep(3), Outcome.TIMEOUT),
        (endless(OK + b"\r\n"), Outcome.TOO_LARGE),
        (endless(b"HTTP/1.1 200 "), Outcome.BAD_REPLY),
        (raw(OK + MANY + b"\r\nx"), Outcome.BAD_REPLY),
        (raw(OK + b"Content-Length: 900\r\n\r\nshort"), Outcome.BAD_REPLY),
        (raw(OK + b"Transfer-Encoding: chunked\r\n\r\nFFFFFFFFF\r\nx"), Outcome.BAD_REPLY),
        (raw(b"SSH-2.0-OpenSSH_9.6\r\n"), Outcome.BAD_REPLY),
        (raw(b""), Outcome.BAD_REPLY),
        (replying(BOMB, Content_Encoding="gzip"), Outcome.TOO_LARGE),
        (replying(zlib.compress(b"0" * 5_000_000), Content_Encoding="deflate"), Outcome.TOO_LARGE),
        (replying(gzip.compress(b"whole")[:-9], Content_Encoding="gzip"), Outcome.BAD_REPLY),
        (replying(b"no gzip", Content_Encoding="gzip"), Outcome.BAD_REPLY),
        (replying(b"x", Content_Encoding="br"), Outcome.BAD_REPLY),
        (replying(b"x", Content_Encoding="gzip, gzip"), Outcome.BAD_REPLY),
        (replying(b"x", media_type="image/png"), Outcome.MEDIA_TYPE),
        (replying(b"x", media_type="text/html\x00"), Outcome.MEDIA_TYPE),
        (replying(b"x", media_type=""), Outcome.MEDIA_TYPE),
        (replying(b"x", status="404 No"), Outcome.GONE),
        (replying(b"x", status="410 No"), Outcome.GONE),
        (replying(b"x", status="403 No"), Outcome.NOT_GIVEN),
        (replying(b"x", status="451 No"), Outcome.NOT_GIVEN),
        (replying(b"x", status="206 Part"), Outcome.NOT_GIVEN),
        (replying(b"x", status="304 Same"), Outcome.NOT_GIVEN),
        (replying(b"x", status="301 Nowhere"), Outcome.NOT_GIVEN),
        (replying(b"x", status="500 Oh"), Outcome.SERVER_ERROR),
        (replying(b"x", status="429 Slow"), Outcome.SERVER_ERROR),
    ],
)
def test_a_misbehaving_server_is_left_in_time(answer, expected):
    network = Network()
    with serving(answer) as (port, _requests):
        network.servers[(PUBLIC, 80)] = port
        begun = time.monotonic()
        with pytest.raises(FetchFailed) as failed:
            network.fetcher().fetch("http://example.org/")
        took = time.monotonic() - begun

    assert failed.value.outcome == expected
    assert took < QUICK.total + 0.7


def test_a_page_comes_unpacked():
    network = Network()
    with serving(
        replying(gzip.compress("Grüße".encode()), Content_Encoding="gzip", media_type="Text/HTML; charset=utf-8")
    ) as (port, requests):
        network.servers[(PUBLIC, 80)] = port
        page = network.fetcher(agent="Probe/1").fetch("http://example.org/ä?b=ö")

    assert (page.body.decode(), page.media_type, page.status) == ("Grüße", "text/html", 200)
    assert requests[0].startswith(b"GET /%C3%A4?b=%C3%B6 HTTP/1.1\r\n")
    assert b"User-Agent: Probe/1\r\n" in requests[0]


def test_no_answer_of_the_network_is_no_deletion():
    network = Network()
    with pytest.raises(FetchFailed) as failed:
        network.fetcher().fetch("http://example.org/")

    assert failed.value.outcome == Outcome.UNREACHABLE


def test_a_slow_resolver_is_not_waited_for():
    network = Network()
    network.resolve = lambda host, port: time.sleep(2) or [PUBLIC]  # type: ignore[method-assign]
    begun = time.monotonic()
    with pytest.raises(FetchFailed) as failed:
        network.fetcher(limits=Limits(total=0.3)).fetch("http://example.org/")

    assert failed.value.outcome == Outcome.TIMEOUT
    assert time.monotonic() - begun < 1


def test_tls_is_verified_against_the_name(tmp_path):
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=example.org"),
            *("-addext", "subjectAltName=DNS:example.org"),
        ],
        check=True,
        capture_output=True,
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, key)
    listener = socket.create_server(("127.0.0.1", 0))
    names: list[str] = []
    server.sni_callback = lambda _socket, name, _context: names.append(name)

    def serve() -> None:
        for _n in range(3):
            connection, _place = listener.accept()
            try:
                with server.wrap_socket(connection, server_side=True) as safe:
                    safe.recv(4096)
                    replying(b"safe")(safe)
            except OSError:
                continue

    import threading

    threading.Thread(target=serve, daemon=True).start()
    network = Network()
    network.servers[(PUBLIC, 443)] = listener.getsockname()[1]
    trusting = ssl.create_default_context(cafile=str(certificate))

    assert network.fetcher(tls=trusting).fetch("https://example.org/").body == b"safe"
    for url, tls in (("https://other.example/", trusting), ("https://example.org/", None)):
        with pytest.raises(FetchFailed) as failed:
            network.fetcher(tls=tls).fetch(url)
        assert failed.value.outcome == Outcome.TLS
    assert names[0] == "example.org"
    listener.close()
