"""What `EMAIL_URL` says about the server that takes our mail."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

PORTS = {"smtp": 25, "smtp+tls": 587, "smtps": 465}


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed over, and how."""

    host: str
    port: int
    user: str
    password: str
    starts_tls: bool
    is_tls: bool


def mail_server(url: str) -> MailServer | None:
    """Read an address; nothing is no server.

    >>> mail_server("smtp+tls://desk:s%40fe@mail.news.test").port
    587

    Raises `ValueError` with a sentence for what is no such address; it does not repeat the address, which may hold a
    password.
    """
    if not url:
        return None
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = 0
    if parts.scheme not in PORTS or not parts.hostname or port == 0:
        raise ValueError(
            "EMAIL_URL is no address of a mail server. Write smtp+tls://user:password@host:587 (or smtps://, smtp://)."
        )
    return MailServer(
        host=parts.hostname,
        port=port or PORTS[parts.scheme],
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        starts_tls=parts.scheme == "smtp+tls",
        is_tls=parts.scheme == "smtps",
    )
