"""From an address that a person wrote to what may be asked of whom, before anything is looked up."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from urllib.parse import quote, urldefrag, urljoin, urlsplit

import idna

from annotations.text.urls import BadUrl, check_source_url

from .addresses import is_public
from .outcomes import FetchFailed, Outcome

PORTS = (80, 443)
_DEFAULT = {"http": 80, "https": 443}
_NUMBER = re.compile(r"\d+|0x[0-9a-f]*", re.ASCII)
_HOST = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]{1,59})", re.ASCII)
_INSIDE = (
    *("localhost", "local", "localdomain", "internal", "intranet", "private", "corp", "home", "lan", "arpa"),
    *("onion", "i2p", "alt", "invalid", "test"),
)
"""Names that end so are never those of a public host, whatever the server's own resolver says."""


@dataclass(frozen=True, slots=True)
class Target:
    """What is asked of whom. `literal` holds the host where it is an address itself; `path` is sent as it stands."""

    url: str
    scheme: str
    host: str
    port: int
    path: str
    literal: str = ""

    @property
    def authority(self) -> str:
        """Return host and port as they stand in an address."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT[self.scheme] else f"{host}:{self.port}"

    @property
    def robots_url(self) -> str:
        """Return where the host says what programs may ask for."""
        return f"{self.scheme}://{self.authority}/robots.txt"


def target_of(url: str, ports: Collection[int] = PORTS) -> Target:
    """Return what an address leads to. Raises `FetchFailed` of one kind for whatever may not be asked.

    >>> target_of("https://Bücher.example/a b?q=ü#top").url
    'https://xn--bcher-kva.example/a%20b?q=%C3%BC'
    """
    try:
        parts = urlsplit(check_source_url(url))
        given_port = parts.port
    except (BadUrl, ValueError):
        raise FetchFailed(Outcome.REFUSED) from None
    port = _DEFAULT[parts.scheme] if given_port is None else given_port
    if port not in ports or "%" in parts.netloc:
        raise FetchFailed(Outcome.REFUSED)
    host, literal = _host_of(parts.hostname or "")
    path = _sent(parts.path) or "/"
    if parts.query:
        path += "?" + _sent(parts.query)
    target = Target("", parts.scheme, host, port, path, literal)
    return Target(f"{parts.scheme}://{target.authority}{path}", parts.scheme, host, port, path, literal)


def followed(target: Target, location: str, ports: Collection[int] = PORTS) -> Target:
    """Return where a reply leads on to. Raises `FetchFailed`, also where it leads from https to http."""
    try:
        url = urldefrag(urljoin(target.url, location.strip()))[0]
    except ValueError:
        raise FetchFailed(Outcome.REFUSED) from None
    following = target_of(url, ports)
    if target.scheme == "https" and following.scheme != "https":
        raise FetchFailed(Outcome.REFUSED)
    return following


def _host_of(written: str) -> tuple[str, str]:
    """Return the host as it is asked for, and the same where it is an address."""
    host = unicodedata.normalize("NFKC", written).casefold().removesuffix(".")
    if ":" in host:
        return _literal(host)
    if _NUMBER.fullmatch(host.rpartition(".")[2]):  # browsers read a host that ends so as a number, in many notations
        return _literal(host)
    try:
        name = host if host.isascii() else idna.encode(host, uts46=True, std3_rules=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        raise FetchFailed(Outcome.REFUSED) from None
    if len(name) > 253 or not _HOST.fullmatch(name) or name.rpartition(".")[2] in _INSIDE:
        raise FetchFailed(Outcome.REFUSED)
    return name, ""


def _literal(host: str) -> tuple[str, str]:
    """Take an address in its one usual notation only."""
    try:
        address = str(IPv6Address(host) if ":" in host else IPv4Address(host))
    except AddressValueError:
        raise FetchFailed(Outcome.REFUSED) from None
    if not is_public(address):
        raise FetchFailed(Outcome.REFUSED)
    return address, address


def _sent(part: str) -> str:
    """Write a path or query in the characters that a request may hold."""
    return quote(part, safe="%/:?#[]@!$&'()*+,;=-._~")
