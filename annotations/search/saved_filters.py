"""Filters of the article list, and searches, under a name: each person's own, in one project. Pages and API ask here.

A search always names `what` is looked for, which no filter of articles does; by that the two are told apart.
"""

from __future__ import annotations

import re
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from annotations.access import Act, require
from annotations.errors import NotThere, Refused
from annotations.models import Membership, SavedFilter
from annotations.workflow.acts import record

from .article_filters import ArticleFilters
from .everywhere import SearchFilters

MOST_SAVED = 50
NAME_LENGTH = 100
SEARCH = "what"
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def saved_filters(by: Membership) -> QuerySet[SavedFilter]:
    """Return the filters of articles that a person keeps, by name; those of others are nobody else's matter."""
    return kept(by).exclude(filters__has_key=SEARCH)


def saved_searches(by: Membership) -> QuerySet[SavedFilter]:
    """Return the searches that a person keeps, by name."""
    return kept(by).filter(filters__has_key=SEARCH)


def kept(by: Membership) -> QuerySet[SavedFilter]:
    """Return all that a person keeps, filters and searches, by name."""
    return SavedFilter.objects.filter(owner=by).order_by("name", "pk")


def find_saved(by: Membership, uuid: UUID | str) -> SavedFilter:
    """Find a filter or a search that the person keeps, or raise `NotThere`; 1 query."""
    found = kept(by).filter(uuid=uuid).first()
    if found is None:
        raise NotThere("filter_not_found", _("You keep no such filter. Save it again."), field="saved_filter")
    return found


@transaction.atomic
def save_filter(name: str, filters: ArticleFilters | SearchFilters, *, by: Membership) -> SavedFilter:
    """Keep a filter or a search under a name; one of its kind that has the name already is replaced.

    Raises `Forbidden`, and `Refused` for one that asks for nothing, a bad name, or more than MOST_SAVED.
    """
    require(by, Act.SAVE_FILTERS)
    given = name.strip()
    if not given or len(given) > NAME_LENGTH or _CONTROL.search(given):
        message = _("Give the filter a name of at most %(most)s characters, on one line.")
        raise Refused("filter_name", message % {"most": NAME_LENGTH}, field="name")
    params = filters.as_params()
    is_search = SEARCH in params
    if is_search and not params.get("text"):
        raise Refused("filter_empty", _("Search for something first: this would keep no words."), field="filters")
    if not params:
        raise Refused("filter_empty", _("Filter the list first: this would keep all articles."), field="filters")
    Membership.objects.select_for_update().get(pk=by.pk)  # two at once would both find room for one more
    if (saved_filters(by) if is_search else saved_searches(by)).filter(name=given).exists():
        raise Refused("filter_name_taken", _("You keep something else under this name. Choose another."), field="name")
    if kept(by).exclude(name=given).count() >= MOST_SAVED:
        message = _("You keep %(most)s filters already. Remove one that you no longer need.")
        raise Refused("too_many_filters", message % {"most": MOST_SAVED}, field="name")
    saved, _made = SavedFilter.objects.update_or_create(
        owner=by, name=given, defaults={"filters": params}, create_defaults={"filters": params, "project": by.project}
    )
    record(by, "filter.saved", "filter", saved.uuid)
    return saved


@transaction.atomic
def remove_saved(saved: SavedFilter, *, by: Membership) -> None:
    """Remove a filter that the person keeps. Raises `Forbidden`."""
    require(by, Act.SAVE_FILTERS)
    if kept(by).filter(pk=saved.pk).delete()[0]:
        record(by, "filter.removed", "filter", saved.uuid)


def filters_of(saved: SavedFilter, by: Membership) -> ArticleFilters:
    """Read a saved filter of articles.

    Raises `Refused` where it is a search, or the person may no longer ask for it: it would hold other articles.
    """
    if SEARCH in saved.filters:
        message = _("“%(name)s” is a saved search. Choose a filter of articles.")
        raise Refused("saved_filter", message % {"name": saved.name}, field="saved_filter")
    try:
        found = ArticleFilters.parse(saved.filters)
        found.articles(by)
    except Refused as refusal:
        message = _("“%(name)s” can no longer be used: %(why)s")
        values = {"name": saved.name, "why": refusal.message}
        raise Refused("saved_filter", message % values, field="saved_filter") from None
    return found
