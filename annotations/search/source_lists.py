"""The list of sources: what is looked for, what a line shows, how many are in each state. Page and API read the same.

Ordered by address, which tells nobody which of them was there first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from annotations.access import sees_all_work, visible_to
from annotations.errors import Refused
from annotations.models import Capture, EvidenceItem, Membership, Source
from annotations.workflow.source_sight import ShownSource, shown, states_shown

FIELDS = ("q", "state")
LONGEST_QUERY = 200


@dataclass(frozen=True, slots=True)
class SourceFilters:
    """What is looked for. Empty means "any"."""

    q: str = ""
    state: str = ""

    @classmethod
    def parse(cls, params: Mapping[str, Any]) -> SourceFilters:
        """Read parameters; raise `Refused` at the first that has an unknown value."""
        q, state = (str(params.get(name, "")).strip() for name in FIELDS)
        if len(q) > LONGEST_QUERY or "\x00" in q:
            message = _("%(name)s: write at most %(most)s characters.")
            raise Refused("filter_value", message % {"name": "q", "most": LONGEST_QUERY}, field="q")
        if state and state not in Source.State.values:
            message = _("%(name)s: “%(value)s” is not known. Choose one of: %(all)s.")
            values = {"name": "state", "value": state[:40], "all": ", ".join(Source.State.values)}
            raise Refused("filter_value", message % values, field="state")
        return cls(q, state)

    @property
    def narrows(self) -> bool:
        """Tell whether anything is asked for."""
        return bool(self.q or self.state)

    def as_query(self, **more: str) -> str:
        """Return them as the query part of an address, with "?" where there are any."""
        params = {"q": self.q, "state": self.state} | more
        written = urlencode({name: value for name, value in params.items() if value})
        return f"?{written}" if written else ""

    def sources(self, by: Membership) -> QuerySet[Source]:
        """Return the sources that match, by address; where work is blind, at most 3 queries more."""
        return _in_state(_with_words(self.q, by), self.state, by).order_by("canonical_url")

    def state_counts(self, by: Membership) -> list[tuple[str, str, int]]:
        """Return each state with its name and how many of the sources with these words are in it; 1 query, or 2."""
        rows = _with_words(self.q, by)
        if sees_all_work(by):
            counts = dict(rows.order_by().values_list("state").annotate(n=Count("pk")))
        else:
            found = list(states_shown(list(rows), by).values())
            counts = {state: found.count(state) for state in set(found)}
        return [(state.value, str(state.label), counts.get(state.value, 0)) for state in Source.State]


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A source as its line in a list shows it; counts are of what its reader may see."""

    shown: ShownSource
    n_captures: int
    n_evidence: int


def lines_of(sources: Sequence[Source], by: Membership) -> list[SourceLine]:
    """Return lines for sources, in their order; 2 queries, 4 where work is blind."""
    captures = _counted(visible_to(by, Capture.objects.filter(source__in=sources)))
    items = EvidenceItem.objects.filter(source__in=sources, withdrawn_at__isnull=True)
    evidence = _counted(visible_to(by, items))
    return [
        SourceLine(each, captures.get(each.source.pk, 0), evidence.get(each.source.pk, 0))
        for each in shown(sources, by)
    ]


def _counted(rows: QuerySet[Any]) -> dict[int, int]:
    return dict(rows.order_by().values_list("source_id").annotate(n=Count("pk")))


def _with_words(q: str, by: Membership) -> QuerySet[Source]:
    rows = visible_to(by, Source.objects.select_related("publisher"))
    for word in q.split()[:10]:
        known = Q(canonical_url__icontains=word) | Q(url__icontains=word)
        if sees_all_work(by):
            known |= Q(title__icontains=word) | Q(author__icontains=word) | Q(publisher__name__icontains=word)
        else:
            own = visible_to(by, Capture.objects.filter(title__icontains=word))
            known |= Q(pk__in=own.values("source_id")) | Q(url="", title__icontains=word)
        rows = rows.filter(known)
    return rows


def _in_state(rows: QuerySet[Source], state: str, by: Membership) -> QuerySet[Source]:
    if not state:
        return rows
    if sees_all_work(by):
        return rows.filter(state=state)
    found = states_shown(list(rows), by)
    return rows.filter(pk__in=[pk for pk, known in found.items() if known == state])
