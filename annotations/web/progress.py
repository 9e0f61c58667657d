"""Progress: what the counters say of a round, and the matrix of its articles and people, page by page."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from annotations.access import Act
from annotations.models import Assignment, Membership, Round
from annotations.workflow.progress import (
    FILTERS,
    FREE,
    LATE,
    Matrix,
    PersonCounts,
    counts_of_round,
    matrix_of,
    places_of_round,
    shown_people,
)
from annotations.workflow.rounds import first_round, rounds_of

from .doors import page, project_page
from .problems import page_number


@require_safe
@project_page(Act.SEE_ALL_WORK)
def progress(request: HttpRequest, member: Membership) -> HttpResponse:
    """Show how far a round is, by person and by article; at most 10 queries, whatever the project's size."""
    rounds = rounds_of(member.project) or [first_round(member.project_id)]
    asked = {name: request.GET.get(name, "") for name in ("round", "state", "person", "after")}
    found = next((each for each in rounds if str(each.uuid) == asked["round"]), None) or _usual(rounds)
    counts = counts_of_round(found)
    person = next((each.person for each in counts if str(each.person.uuid) == asked["person"]), None)
    state = asked["state"] if asked["state"] in FILTERS else ""
    matrix = matrix_of(found, state=state, person=person, after=_uuid(asked["after"]))
    people, last = shown_people(counts, number := page_number(request))
    kept = {"round": str(found.uuid), "state": state, "person": str(person.uuid) if person else ""}
    others = ((FREE, _("lacks annotators")), (LATE, _("handed in late")))
    context = {
        "round": found,
        "rounds": rounds,
        "places": places_of_round(found),
        "people": counts,
        "columns": people,
        "rows": list(_rows(matrix, people)),
        "states": [(value, label) for value, label in (*Assignment.State.choices, *others)],
        "state_names": [label for _value, label in Assignment.State.choices],
        "state": state,
        "person": person,
        "narrows": bool(state or person),
        "next_query": _query(kept, after=str(matrix.next), page=str(min(number, last))) if matrix.next else "",
        "first_query": _query(kept, page=str(min(number, last))) if asked["after"] else "",
        "earlier_people": _query(kept, after=asked["after"], page=str(number - 1)) if 1 < number <= last else "",
        "later_people": _query(kept, after=asked["after"], page=str(number + 1)) if number < last else "",
    }
    return page(request, "progress.html", member, context)


def _usual(rounds: list[Round]) -> Round:
    """Return the round that is shown first: the open one that was opened last, else the last."""
    return next((each for each in reversed(rounds) if each.is_open), rounds[-1])


def _rows(matrix: Matrix, people: list[PersonCounts]) -> Any:
    for row in matrix.rows:
        yield row.article, [row.cells.get(each.person.pk) for each in people], len(row.cells)


def _uuid(raw: str) -> UUID | None:
    try:
        return UUID(raw)
    except ValueError:
        return None


def _query(kept: dict[str, str], **more: str) -> str:
    return f"?{urlencode({name: value for name, value in (kept | more).items() if value})}"
