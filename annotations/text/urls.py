"""Addresses of articles and sources: which are accepted, and when two of them are the same page."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from urllib.parse import SplitResult, urlsplit, urlunsplit
from uuid import UUID

MAX_LENGTH = 2_000
"""Longest accepted address, in characters, as it is written and in its canonical form."""
_MAY_GROW = 300
"""More than a canonical form is ever longer than what was written: a path of one slash, letters of the host."""

_INVISIBLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060\u2066-\u2069\ufeff]"
)
_SPACE = re.compile(r"\s")
_UNSAFE = re.compile(r'[<>"`{}|^]')
_HOST = re.compile(r"[\w-]{1,63}(?:\.[\w-]{1,63})*\.?|\[[0-9a-fA-F:.]+\]")
_ESCAPE = re.compile(r"%([0-9a-fA-F]{2})")
_PLAIN = re.compile(r"(?=.{1,250}\Z)https?://[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})*(?:/[A-Za-z0-9/._~?=&%+-]*)?")
"""The usual address, of which nothing is to be changed or refused."""
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_OWN_NAME = re.compile(r"urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_TRACKING = re.compile(
    r"(?:utm_\w*|fbclid|gclid|dclid|gbraid|wbraid|msclkid|mc_cid|mc_eid|igshid|yclid)\Z", re.IGNORECASE
)
_DEFAULT_PORTS = {"http": 80, "https": 443}


class BadUrl(ValueError):
    """An address that is not accepted; `code` is stable, `message` says what would be right."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def check_source_url(raw: str) -> str:
    """Return the address as it may be stored and linked to. Raises BadUrl.

    Control and invisible characters are removed, spaces inside are written as %20.

    >>> check_source_url(" https://example.org/a b ")
    'https://example.org/a%20b'
    """
    if _PLAIN.fullmatch(raw):
        return raw
    url = _SPACE.sub("%20", _INVISIBLE.sub("", raw).strip())
    url = _UNSAFE.sub(lambda found: f"%{ord(found.group()):02X}", url)
    if not url:
        raise BadUrl("url_empty", "The address is empty. Write one that begins with https:// or http://.")
    _refuse_too_long(url)
    if re.search("[\ud800-\udfff]", url):
        raise BadUrl("url_characters", "The address holds half of a surrogate pair. Copy it again from the page.")
    _refuse_wrong_parts(url)
    if len(url) > MAX_LENGTH - _MAY_GROW:
        _refuse_too_long(canonical_url(url))
    scheme, colon, rest = url.partition(":")
    return scheme.lower() + colon + rest


def _refuse_too_long(url: str) -> None:
    if len(url) > MAX_LENGTH:
        raise BadUrl("url_too_long", f"The address has {len(url)} characters; {MAX_LENGTH} is the most.")


def _refuse_wrong_parts(url: str) -> None:
    parts = _split(url)
    if parts.scheme not in ("http", "https"):
        raise BadUrl("url_scheme", "Only addresses that begin with https:// or http:// are accepted.")
    if "\\" in url:
        raise BadUrl("url_backslash", "The address holds a backslash. Write / instead.")
    if "@" in parts.netloc:
        raise BadUrl("url_user_info", "The address names a user before the host. Leave out the part up to and with @.")
    host, port = _host_and_port(parts)
    if not host:
        raise BadUrl("url_host", "The address has no host. Write it in full, as in https://example.org/page.")
    if len(host) > 253 or not _HOST.fullmatch(host):
        raise BadUrl("url_host", f'"{host[:100]}" is not a host name. Write it as in https://example.org/page.')
    if port is not None and port == 0:
        raise BadUrl("url_port", "0 is not a port. Leave it out or write one from 1 to 65535.")


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        raise BadUrl("url_form", "This is not a web address. Write it as in https://example.org/page.") from None


def _host_and_port(parts: SplitResult) -> tuple[str, int | None]:
    try:
        port = parts.port
    except ValueError:
        raise BadUrl("url_port", "The port is not a number from 1 to 65535.") from None
    host = parts.hostname or ""
    return (f"[{host}]" if ":" in host else host), port


@lru_cache(maxsize=4_096)
def canonical_url(url: str) -> str:
    """Return the form under which two addresses of one page are equal.

    Scheme and host in small letters, no default port, no fragment, no tracking parameters, escapes written one way.
    Takes an address that `check_source_url` returned.

    >>> canonical_url("HTTPS://Example.org:443/a%7eb?utm_source=x&id=3#top")
    'https://example.org/a~b?id=3'
    """
    parts = _split(url)
    host, port = _host_and_port(parts)
    if port is not None and port != _DEFAULT_PORTS.get(parts.scheme):
        host = f"{host}:{port}"
    path = _plain_escapes(parts.path) or "/"
    return urlunsplit((parts.scheme, host.rstrip("."), path, _without_tracking(parts.query), ""))


def _plain_escapes(part: str) -> str:
    def plain(found: re.Match[str]) -> str:
        character = chr(int(found.group(1), 16))
        return character if character in _UNRESERVED else found.group().upper()

    return _ESCAPE.sub(plain, part)


def _without_tracking(query: str) -> str:
    kept = [pair for pair in query.split("&") if pair and not _TRACKING.match(pair.partition("=")[0])]
    return _plain_escapes("&".join(kept))


def name_of_its_own(key: UUID) -> str:
    """Return the canonical address of what has none, such as a book.

    >>> name_of_its_own(UUID(int=1))
    'urn:uuid:00000000-0000-0000-0000-000000000001'
    """
    return f"urn:uuid:{key}"


def is_name_of_its_own(canonical: str) -> bool:
    """Tell whether a canonical address is that of something that has none.

    >>> is_name_of_its_own(name_of_its_own(UUID(int=1))), is_name_of_its_own("https://example.org/")
    (True, False)
    """
    return _OWN_NAME.fullmatch(canonical) is not None


def url_sha256(canonical: str) -> bytes:
    """Return the 32 bytes of the SHA-256 of a canonical address in UTF-8."""
    return hashlib.sha256(canonical.encode("utf-8")).digest()
