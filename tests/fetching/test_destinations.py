"""SF-1, SF-2, SF-3: where connections may go, from any notation, over any redirect, whatever a resolver says."""

from __future__ import annotations

import socket

import pytest

from annotations.fetching.addresses import is_public
from annotations.fetching.dialling import Line, look_up, proxy_of
from annotations.fetching.fetcher import Fetcher
from annotations.fetching.outcomes import FetchFailed, Outcome
from annotations.fetching.targets import target_of

from .hostile import HARMLESS, hostile_urls, inside
from .network import OTHER, PUBLIC, QUICK, Network, leading_to, replying, serving


def outcome_of(fetcher: Fetcher, url: str) -> Outcome:
    with pytest.raises(FetchFailed) as failed:
        fetcher.fetch(url)
    return failed.value.outcome


def test_no_hostile_address_is_dialled():
    """Every name here resolves to a public address, so that only the address itself can be what is refused."""
    urls = [url for url in hostile_urls() if url not in HARMLESS]
    assert len(set(urls)) >= 150
    network = Network()

    outcomes = {url: outcome_of(network.fetcher(), url) for url in urls}

    assert network.dialled == []
    assert {url: outcome for url, outcome in outcomes.items() if outcome != Outcome.REFUSED} == {}


def test_what_looks_hostile_and_is_public_leads_nowhere_else():
    network = Network()
    for url in HARMLESS:
        outcome_of(network.fetcher(), url)

    assert set(network.dialled) == {(PUBLIC, 80)}


def test_no_canary_on_loopback_sees_a_connection():
    """The system's own resolver and dialler, and a listener that would hear them."""
    with socket.create_server(("127.0.0.1", 0)) as canary:
        port = canary.getsockname()[1]
        canary.settimeout(0.3)
        fetcher = Fetcher(Line(look_up, Network().dial), limits=QUICK, ports=[port])
        for host in ("127.0.0.1", "localhost", "2130706433", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "127.1"):
            assert outcome_of(fetcher, f"http://{host}:{port}/") == Outcome.REFUSED
        with pytest.raises(TimeoutError):
            canary.accept()


@pytest.mark.parametrize("answer", inside())
def test_a_name_that_resolves_inside_is_not_dialled(answer):
    network = Network({"example.org": [[answer]]})

    assert not is_public(answer)
    assert outcome_of(network.fetcher(), "https://example.org/") == Outcome.REFUSED
    assert network.dialled == []


@pytest.mark.parametrize("answers", [[PUBLIC, "10.0.0.1"], ["::1", PUBLIC], [PUBLIC, OTHER, "fe80::1%eth0"], []])
def test_one_bad_answer_among_good_ones_refuses_all(answers):
    network = Network({"example.org": [answers]})

    assert outcome_of(network.fetcher(), "http://example.org/") == Outcome.REFUSED
    assert network.dialled == []


def test_a_name_is_looked_up_once_and_dialled_where_it_was_checked():
    network = Network({"example.org": [[PUBLIC], ["127.0.0.1"]]})
    with serving(replying(b"<p>hello")) as (port, _requests):
        network.servers[(PUBLIC, 80)] = port
        page = network.fetcher().fetch("http://example.org/")

    assert page.body == b"<p>hello"
    assert (network.asked, network.dialled) == (["example.org"], [(PUBLIC, 80)])


def test_public_addresses_are_public():
    for address in ("8.8.8.8", PUBLIC, OTHER, "2606:4700:4700::1111", "2a00:1450:4001:80b::200e", "100.128.0.1"):
        assert is_public(address), address


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("http://127.0.0.1/", Outcome.REFUSED),
        ("http://169.254.169.254/latest/meta-data/", Outcome.REFUSED),
        ("//[::1]/", Outcome.REFUSED),
        ("http://inside.example/", Outcome.REFUSED),
        ("file:///etc/passwd", Outcome.REFUSED),
        ("gopher://example.org/", Outcome.REFUSED),
        ("http://example.org:22/", Outcome.REFUSED),
        ("http://user:secret@example.org/", Outcome.REFUSED),
        ("http://[", Outcome.REFUSED),
        ("http://2130706433/", Outcome.REFUSED),
        ("/again", Outcome.REDIRECTS),
    ],
)
def test_a_redirect_passes_the_whole_policy_again(location, expected):
    network = Network({"inside.example": [["10.0.0.1"]]})
    with serving(leading_to(location)) as (port, _requests):
        network.servers[(PUBLIC, 80)] = port
        assert outcome_of(network.fetcher(), "http://example.org/") == expected

    assert set(network.dialled) == {(PUBLIC, 80)}
    assert len(network.dialled) == (6 if expected == Outcome.REDIRECTS else 1)


def test_redirects_are_kept_and_bring_no_credentials_along():
    network = Network({"other.example": [[OTHER]]})
    first = leading_to("http://other.example/b?x=1#part", "301 Moved")
    with (
        serving(replying(status="308 Go", Location="/a", Set_Cookie="planted=1"), first) as (port, requests),
        serving(replying(b"there", media_type="text/plain")) as (other_port, others),
    ):
        network.servers |= {(PUBLIC, 80): port, (OTHER, 80): other_port}
        page = network.fetcher().fetch("http://example.org/")

    assert (page.url, page.body) == ("http://other.example/b?x=1", b"there")
    assert page.hops == (
        {"url": "http://example.org/", "status": 308},
        {"url": "http://example.org/a", "status": 301},
    )
    for head in (*requests, *others):
        assert not {b"cookie", b"authorization", b"referer"} & {
            line.partition(b":")[0].lower() for line in head.split(b"\r\n")
        }
    assert b"\r\nHost: other.example\r\n" in others[0]


def test_https_does_not_lead_to_http():
    from annotations.fetching.targets import followed

    with pytest.raises(FetchFailed):
        followed(target_of("https://example.org/"), "http://example.org/")
    assert followed(target_of("http://example.org/x/"), "../b").url == "http://example.org/b"


def test_the_proxy_is_asked_for_the_checked_address(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    seen: list[bytes] = []

    def proxy(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        seen.append(connection.recv(4096))
        replying(b"through")(connection)

    network = Network()
    with serving(proxy) as (port, requests):
        network.servers[("proxy.example", 3128)] = port
        line = Line(network.resolve, network.dial, proxy_of("http://proxy.example"))
        page = Fetcher(line, limits=QUICK).fetch("http://example.org/")

    assert page.body == b"through"
    assert requests[0].startswith(f"CONNECT {PUBLIC}:80 HTTP/1.1\r\n".encode())
    assert b"Host: example.org" in seen[0]
    assert network.dialled == [("proxy.example", 3128)]
