"""The one filter of acts: of the project's record and of the history of an article or a claim, by page, API, CSV.

Only the parameters named in `FIELDS` exist.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from annotations.errors import Refused
from annotations.models import AuditEvent, Membership

NAMES = {
    "person": gettext_lazy("Who"),
    "kind": gettext_lazy("What about"),
    "verb": gettext_lazy("Act"),
    "key": gettext_lazy("Key of what it was done to"),
    "via": gettext_lazy("Came by"),
    "since": gettext_lazy("From"),
    "until": gettext_lazy("To"),
}
LONGEST = {"verb": 60, "kind": 30, "key": 60}


@dataclass(frozen=True, slots=True)
class ActFilters:
    """What is looked for; empty means "any". `since` and `until` are days in UTC, the last one included."""

    person: str = ""
    kind: str = ""
    verb: str = ""
    key: str = ""
    via: str = ""
    since: str = ""
    until: str = ""

    @classmethod
    def parse(cls, params: Mapping[str, Any]) -> ActFilters:
        """Read parameters; others than ours are passed over. Raises `Refused` for a value that is none."""
        given = {name: str(params[name]).strip() for name in FIELDS if params.get(name)}
        found = cls(**given)
        if found.person:
            _read("person", found.person, UUID)
        for name in ("since", "until"):
            if getattr(found, name):
                _read(name, getattr(found, name), _day)
        if found.via and found.via not in AuditEvent.Via.values:
            raise _refusal("via", found.via)
        for name, most in LONGEST.items():
            if len(getattr(found, name)) > most or "\x00" in getattr(found, name):
                raise _refusal(name, getattr(found, name))
        return found

    @classmethod
    def parse_kindly(cls, params: Mapping[str, Any]) -> tuple[ActFilters, list[str]]:
        """Read parameters and leave out what cannot be read; return a sentence for each left out."""
        left = {name: params[name] for name in FIELDS if params.get(name)}
        sentences: list[str] = []
        while True:
            try:
                return cls.parse(left), sentences
            except Refused as refusal:
                sentences.append(refusal.message)
                left.pop(str(refusal.field))

    def of(self, rows: QuerySet[AuditEvent], by: Membership) -> QuerySet[AuditEvent]:
        """Narrow acts to those that are looked for."""
        if self.person:
            rows = rows.filter(actor__uuid=UUID(self.person), actor__project_id=by.project_id)
        if self.kind:
            rows = rows.filter(object_type=self.kind)
        if self.verb:
            rows = rows.filter(verb=self.verb)
        if self.key:
            rows = rows.filter(object_key=self.key)
        if self.via:
            rows = rows.filter(via=self.via)
        if self.since:
            rows = rows.filter(created_at__gte=_midnight(_day(self.since)))
        if self.until:
            rows = rows.filter(created_at__lt=_midnight(_day(self.until)) + timedelta(days=1))
        return rows

    def as_query(self, **more: str) -> str:
        """Write what is looked for as the query of an address, with its question mark; empty where nothing is."""
        values = {name: value for name in FIELDS if (value := getattr(self, name))} | more
        return f"?{urlencode(values)}" if values else ""

    def without(self, name: str) -> ActFilters:
        """Ask for less."""
        return replace(self, **{name: ""})


FIELDS = tuple(field.name for field in fields(ActFilters))


def _day(raw: str) -> date:
    found = date.fromisoformat(raw)
    if not date(2, 1, 1) <= found <= date(9998, 12, 31):
        raise ValueError
    return found


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _read(name: str, raw: str, read: Any) -> None:
    try:
        read(raw)
    except ValueError:
        raise _refusal(name, raw) from None


def _refusal(name: str, raw: str) -> Refused:
    message = _("%(name)s: “%(value)s” cannot be looked for.")
    return Refused("filter_value", message % {"name": NAMES[name], "value": raw[:80]}, field=name)
