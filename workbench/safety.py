"""What the workbench refuses to start with, each as one plain sentence. Reads the environment, not the settings."""

import ipaddress
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from workbench.environment import BASE_DIR, VARIABLES, Environment
from workbench.mail import mail_server

MODES = ("demo", "production")
CREATORS = ("", "anyone", "staff")
FACTORS = ("", "managers", "optional")
INVITED = ("anyone", "known")
SHORTEST_KEY = 50
FEWEST_CHARACTERS = 10
"""A key must have this many different characters; a random one of 50 has far more."""
PLACEHOLDERS = ("insecure", "change-me", "changeme", "change_me", "replace", "example", "password", "secret-key")
FILES_ANYONE_CAN_READ = ("docker-compose.yml", "Dockerfile", "README.md", "docs/settings.md", "Makefile")


class UnsafeSettings(ImproperlyConfigured):
    """The environment asks for something that must not run."""

    def __init__(self, faults: list[str]) -> None:
        lines = "\n".join(f"  - {fault}" for fault in faults)
        super().__init__(f"The workbench does not start, because of its settings:\n{lines}\ndocs/settings.md explains.")


def refuse_unsafe(environment: Environment) -> None:
    """Raise `UnsafeSettings` naming all faults at once, so that nobody mends them one start at a time."""
    faults = list(find_faults(environment))
    if faults:
        raise UnsafeSettings(faults)


def find_faults(environment: Environment) -> Iterator[str]:
    """Name everything that the chosen mode does not allow."""
    mode = environment.text("WORKBENCH_MODE")
    if mode not in MODES:
        yield f'WORKBENCH_MODE is "{mode}". Set it to demo or production.'
        return
    yield from _unreadable(environment)
    if mode == "production":
        yield from _key_faults(environment.text("SECRET_KEY"))
        yield from _production_host_faults(environment.names("ALLOWED_HOSTS"))
        yield from _switch_faults(environment)
    else:
        yield from _demo_host_faults(environment.names("ALLOWED_HOSTS"))


def generated_key(folder: Path) -> str:
    """Give the key of a demonstration; the first call makes it, readable by its owner only.

    Web and worker may start at the same moment: the key is written aside and linked into place, so that
    one of them wins and both read the same.
    """
    path = folder / "secret_key"
    if not path.exists():
        draft = folder / f"secret_key.{os.getpid()}"
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(64))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text()


def is_loopback(host: str) -> bool:
    """Tell whether a host name means this machine only.

    >>> is_loopback("127.0.0.1"), is_loopback("[::1]"), is_loopback("news.localhost"), is_loopback("example.org")
    (True, True, True, False)
    """
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _unreadable(environment: Environment) -> Iterator[str]:
    for name in ("WORKBENCH_HSTS_SECONDS", "WORKBENCH_DATABASE_POOL", "WORKBENCH_LEASE_SECONDS"):
        try:
            environment.number(name)
        except ValueError as problem:
            yield str(problem)
    creators = environment.text("WORKBENCH_PROJECT_CREATION")
    if creators not in CREATORS:
        yield f'WORKBENCH_PROJECT_CREATION is "{creators}". Set it to anyone or staff.'
    invited = environment.text("WORKBENCH_INVITATIONS")
    if invited not in INVITED:
        yield f'WORKBENCH_INVITATIONS is "{invited}". Set it to anyone or known.'
    factor = environment.text("WORKBENCH_SECOND_FACTOR")
    if factor not in FACTORS:
        yield f'WORKBENCH_SECOND_FACTOR is "{factor}". Set it to managers or optional.'
    issuer = environment.text("OIDC_ISSUER")
    if issuer and not is_safe_address(issuer):
        yield f'OIDC_ISSUER is "{issuer}". Write the address of the provider, beginning with https://.'
    if issuer and not environment.text("OIDC_CLIENT_ID"):
        yield "OIDC_ISSUER is set and OIDC_CLIENT_ID is not. Set it to what the provider knows the workbench by."
    try:
        mail_server(environment.text("EMAIL_URL"))
    except ValueError as problem:
        yield str(problem)
    for proxy in environment.names("WORKBENCH_TRUSTED_PROXIES"):
        try:
            ipaddress.ip_network(proxy)
        except ValueError:
            yield (
                f'WORKBENCH_TRUSTED_PROXIES names "{proxy}", which is neither an address nor a network. '
                "Write 10.0.0.5 or 10.0.0.0/24."
            )


def is_safe_address(address: str) -> bool:
    """Tell whether what is said to an address nobody on the way reads: over HTTPS, or on this machine.

    >>> is_safe_address("https://id.example/token"), is_safe_address("http://id.example/token")
    (True, False)
    """
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))


def _key_faults(key: str) -> Iterator[str]:
    remedy = "Set it to 50 or more random characters, for instance from `openssl rand -base64 48`."
    if not key:
        yield f"SECRET_KEY is not set. {remedy}"
        return
    if len(key) < SHORTEST_KEY or len(set(key)) < FEWEST_CHARACTERS:
        yield f"SECRET_KEY is too short or too regular to be secret. {remedy}"
    if any(word in key.lower() for word in PLACEHOLDERS):
        yield f"SECRET_KEY is a placeholder. {remedy}"
    for name in FILES_ANYONE_CAN_READ:
        path = BASE_DIR / name
        if path.is_file() and key in path.read_text(encoding="utf-8"):
            yield f"SECRET_KEY stands in {name}, where everyone can read it. {remedy}"


def _production_host_faults(hosts: list[str]) -> Iterator[str]:
    if not hosts:
        yield "ALLOWED_HOSTS is not set. Name the host that people type, for instance workbench.example.org."
    for host in hosts:
        if "*" in host or host.startswith("."):
            yield f'ALLOWED_HOSTS holds the wildcard "{host}". Name each host in full.'


def _demo_host_faults(hosts: list[str]) -> Iterator[str]:
    for host in hosts:
        if not is_loopback(host):
            yield (
                f'ALLOWED_HOSTS holds "{host}", but the demonstration is for this machine only: '
                "its passwords are public. Set WORKBENCH_MODE=production to serve others."
            )


def _switch_faults(environment: Environment) -> Iterator[str]:
    if environment.flag("DEBUG"):
        yield "DEBUG is on, which shows settings and source code to strangers. Unset it."
    if not environment.flag("WORKBENCH_SECURE_COOKIES", default=True):
        yield "WORKBENCH_SECURE_COOKIES is off, so log-ins would travel in plain text. Unset it and serve over HTTPS."
    if environment.text("WORKBENCH_FAILPOINTS"):
        yield "WORKBENCH_FAILPOINTS is set, which is for tests that kill the program. Unset it."
    if environment.text("WORKBENCH_HSTS_SECONDS").strip("0") == "":
        yield (
            "WORKBENCH_HSTS_SECONDS is 0, so browsers would not insist on HTTPS. "
            f"Unset it to get {VARIABLES['WORKBENCH_HSTS_SECONDS'].default}."
        )
