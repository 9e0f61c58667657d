"""Addresses of the admin that name a row without its number.

Rows are numbered in the order in which they were made, over all projects: whoever makes two of their own and finds a
gap between them knows that others worked meanwhile. So the admin shows no number: a row's name in it is its number
under a key of the installation, turned back where it is asked for. It is no secret that opens anything: who may see the
row is asked as ever.
"""

from __future__ import annotations

import hmac
from functools import lru_cache
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import unquote
from django.db.models import Model
from django.http import HttpRequest
from django.urls import URLPattern

ROUNDS = 4
HALF = 32
LENGTH = 16
NOWHERE = "0"
"""What stands for a name that is none: no row has this number, so that it is answered as a row that is not there."""


def name_of(model: type[Model], pk: Any) -> str:
    """Return a row's name: a permutation of the 64-bit numbers, another for each table."""
    number = int(pk)
    left, right = number >> HALF, number & (2**HALF - 1)
    for n in range(ROUNDS):
        left, right = right, left ^ _mixed(_key(settings.SECRET_KEY, model._meta.label_lower), n, right)
    return f"{left:08x}{right:08x}"


def number_of(model: type[Model], name: str) -> str:
    """Return the number of a row by its name, as a text, or `NOWHERE`."""
    if len(name) != LENGTH or not set(name) <= set("0123456789abcdef"):
        return NOWHERE
    left, right = int(name[:8], 16), int(name[8:], 16)
    for n in reversed(range(ROUNDS)):
        left, right = right ^ _mixed(_key(settings.SECRET_KEY, model._meta.label_lower), n, left), left
    number = left << HALF | right
    return str(number) if number < 2**63 else NOWHERE


class NamedRow:
    """Stands in for the converter of a route: `reverse` takes the number, the address has the name."""

    regex = "[^/]+"

    def __init__(self, model: type[Model]) -> None:
        self.model = model

    def to_python(self, value: str) -> str:
        """Return the number that the view looks for."""
        return number_of(self.model, value)

    def to_url(self, value: Any) -> str:
        """Return the name that stands in the address."""
        number = unquote(str(value))
        return name_of(self.model, number) if number.isascii() and number.isdigit() else str(value)


def chosen_names(request: HttpRequest) -> list[str]:
    """Return the names of the rows that an act was sent for, as they came."""
    names: list[str] = getattr(request, "admin_chosen", [])
    return names


def read_chosen(request: HttpRequest, model: type[Model]) -> None:
    """Put the numbers of the rows that an act was sent for where Django looks for them."""
    if ACTION_CHECKBOX_NAME not in request.POST:
        return
    request.admin_chosen = request.POST.getlist(ACTION_CHECKBOX_NAME)  # type: ignore[attr-defined]
    sent = request.POST.copy()
    sent.setlist(ACTION_CHECKBOX_NAME, [number_of(model, name) for name in chosen_names(request)])
    request.POST = sent  # type: ignore[assignment]


def name_rows(patterns: list[URLPattern], model: type[Model]) -> list[URLPattern]:
    """Let the routes of a table take and make names where they name a row."""
    for pattern in patterns:
        converters = getattr(pattern.pattern, "converters", {})
        if "object_id" in converters:  # Django shares these among all tables
            pattern.pattern.converters = {**converters, "object_id": NamedRow(model)}
    return patterns


def _mixed(key: bytes, n: int, half: int) -> int:
    return int.from_bytes(hmac.digest(key, b"%d %d" % (n, half), "sha256")[:4])


@lru_cache(maxsize=256)
def _key(secret: str, table: str) -> bytes:
    return sha256(f"admin row {table} {secret}".encode()).digest()
