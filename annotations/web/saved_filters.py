"""Filters of the article list that one keeps under a name, and searches: kept and removed there.

Filters are chosen for an export too.
"""

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
from annotations.search.everywhere import SearchFilters
from annotations.search.saved_filters import SEARCH, find_saved, remove_saved, save_filter, saved_filters

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
        is_search = isinstance(filters, SearchFilters)
        sentence = _("The search “%(name)s” is saved.") if is_search else _("The filter “%(name)s” is saved.")
        messages.success(request, sentence % {"name": saved.name})
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
    sentence = (
        _("The search “%(name)s” is removed.") if SEARCH in found.filters else _("The filter “%(name)s” is removed.")
    )
    messages.success(request, sentence % {"name": found.name})
    return _back(member, _filter_in_address(request, member))


def _filter_in_address(request: HttpRequest, member: Membership) -> ArticleFilters | SearchFilters:
    params = request.GET.dict()
    if SEARCH in params:
        return SearchFilters.parse_kindly(params, member)[0]
    return ArticleFilters.parse_kindly(params, member)[0]


def _back(member: Membership, filters: ArticleFilters | SearchFilters) -> HttpResponse:
    name = "search" if isinstance(filters, SearchFilters) else "articles"
    return HttpResponseRedirect(reverse(f"annotations:{name}", args=[member.project.slug]) + filters.as_query())
