"""Filters of the article list that one keeps under a name: kept and removed there, chosen for an export."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from annotations.access import Act
from annotations.errors import Forbidden, WorkbenchError
from annotations.models import Membership, SavedFilter
from annotations.search.article_filters import ArticleFilters
from annotations.search.saved_filters import find_saved, remove_saved, save_filter, saved_filters

from .doors import project_page, say


@dataclass(frozen=True, slots=True)
class Shown:
    """A saved filter as the list of articles shows it."""

    saved: SavedFilter
    query: str
    is_current: bool


def shown_filters(member: Membership, current: ArticleFilters) -> list[Shown]:
    """Return the filters that the member keeps; 1 query."""
    now = current.as_params()
    return [Shown(one, f"?{urlencode(one.filters)}", one.filters == now) for one in saved_filters(member)]


@require_POST
@project_page(Act.SAVE_FILTERS)
def save(request: HttpRequest, member: Membership) -> HttpResponse:
    """Keep the filter in the address under the name that was sent."""
    filters = _filter_in_address(request, member)
    try:
        saved = save_filter(request.POST.get("name", ""), filters, by=member)
        messages.success(request, _("The filter “%(name)s” is saved.") % {"name": saved.name})
    except Forbidden:
        raise
    except WorkbenchError as refusal:
        say(request, refusal)
    return _back(member, filters)


@require_POST
@project_page(Act.SAVE_FILTERS)
def remove(request: HttpRequest, member: Membership, *, saved: UUID) -> HttpResponse:
    """Remove a filter that one keeps."""
    found = find_saved(member, saved)
    remove_saved(found, by=member)
    messages.success(request, _("The filter “%(name)s” is removed.") % {"name": found.name})
    return _back(member, _filter_in_address(request, member))


def _filter_in_address(request: HttpRequest, member: Membership) -> ArticleFilters:
    return ArticleFilters.parse_kindly(request.GET.dict(), member)[0]


def _back(member: Membership, filters: ArticleFilters) -> HttpResponse:
    return HttpResponseRedirect(reverse("annotations:articles", args=[member.project.slug]) + filters.as_query())
