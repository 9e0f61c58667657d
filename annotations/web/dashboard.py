"""The dashboard: charts with the table behind each, narrowed by time, person, label and round, to be taken away."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from annotations.access import Act
from annotations.agreement.dashboard import PERIODS, TITLES, chart, charts, hours
from annotations.errors import NotThere
from annotations.models import Membership
from annotations.text.cells import neutralise

from .charts import as_svg
from .doors import page, project_page
from .forms.rounds import DashboardForm


@require_safe
@project_page(Act.SEE_ALL_WORK)
def dashboard(request: HttpRequest, member: Membership) -> HttpResponse:
    """Show all charts; at most 20 queries, whatever the project's size."""
    form = DashboardForm(request.GET or None, by=member)
    asked = form.asked()
    found = [(each, as_svg(each), [(row, address) for row, address in _with_addresses(each)]) for each in charts(asked)]
    context = {"form": form, "asked": asked, "charts": found, "query": request.GET.urlencode()}
    context["kept"] = [(name, value) for name, value in request.GET.items() if name in form.fields]
    return page(request, "dashboard.html", member, context, status=422 if form.errors else 200)


@require_safe
@project_page(Act.SEE_ALL_WORK)
def chart_csv(request: HttpRequest, member: Membership, *, name: str) -> HttpResponse:
    """Send the rows of a chart as CSV, in which no cell is a formula."""
    if name not in TITLES:
        raise NotThere("chart_not_found", _("There is no such chart."))
    found = chart(name, DashboardForm(request.GET or None, by=member).asked())
    return _csv(found.columns, found.rows, f"{member.project.slug}-{name}.csv")


@require_safe
@project_page(Act.SEE_ALL_WORK)
def chart_svg(request: HttpRequest, member: Membership, *, name: str) -> HttpResponse:
    """Send a chart as a picture."""
    if name not in TITLES:
        raise NotThere("chart_not_found", _("There is no such chart."))
    found = chart(name, DashboardForm(request.GET or None, by=member).asked())
    reply = HttpResponse(as_svg(found, is_file=True), content_type="image/svg+xml; charset=utf-8")
    return _as_file(reply, f"{member.project.slug}-{name}.svg")


@require_safe
@project_page(Act.SEE_ALL_WORK)
def hours_csv(request: HttpRequest, member: Membership) -> HttpResponse:
    """Send hours by person and period as CSV; idle time is left out."""
    period = request.GET.get("period", "day")
    if period not in PERIODS:
        raise NotThere("period_unknown", _("Choose one of: %(all)s.") % {"all": ", ".join(PERIODS)})
    asked = DashboardForm(request.GET or None, by=member).asked()
    rows = [(at, name, round(seconds / 3600, 4)) for at, name, seconds in hours(asked, period)]
    return _csv((_("From"), _("Person"), _("Hours")), rows, f"{member.project.slug}-hours-{period}.csv")


def _with_addresses(found: Any) -> Iterable[tuple[tuple[Any, ...], str]]:
    addresses = found.addresses or [""] * len(found.rows)
    return zip(found.rows, addresses, strict=True)


def _csv(columns: Iterable[str], rows: Iterable[Iterable[Any]], name: str) -> HttpResponse:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow([neutralise(column) for column in columns])
    for row in rows:
        writer.writerow([_cell(value) for value in row])
    reply = HttpResponse("\ufeff" + buffer.getvalue(), content_type="text/csv; charset=utf-8")
    return _as_file(reply, name)


def _cell(value: Any) -> Any:
    if isinstance(value, int | float):
        return value
    return value.isoformat() if isinstance(value, date) else neutralise(str(value))


def _as_file(reply: HttpResponse, name: str) -> HttpResponse:
    reply["Content-Disposition"] = f'attachment; filename="{name}"'
    reply["Content-Security-Policy"] = "sandbox; default-src 'none'"
    reply["X-Content-Type-Options"] = "nosniff"
    reply["Cache-Control"] = "private, no-store"
    return reply
