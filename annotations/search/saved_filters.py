"""Filters of the article list under a name: each person's own, in one project. Pages and API ask here."""

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

MOST_SAVED = 50
NAME_LENGTH = 100
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def saved_filters(by: Membership) -> QuerySet[SavedFilter]:
    """Return the filters that a person keeps, by name; those of others are nobody else's matter."""
    return SavedFilter.objects.filter(owner=by).order_by("name", "pk")


def find_saved(by: Membership, uuid: UUID | str) -> SavedFilter:
    """Find a filter that the person keeps, or raise `NotThere`; 1 query."""
    found = saved_filters(by).filter(uuid=uuid).first()
    if found is None:
        raise NotThere("filter_not_found", _("You keep no such filter. Save it again."), field="saved_filter")
    return found


@transaction.atomic
def save_filter(name: str, filters: ArticleFilters, *, by: Membership) -> SavedFilter:
    """Keep a filter under a name; one that has the name already is replaced.

    Raises `Forbidden`, and `Refused` for a filter that asks for nothing, a bad name, or more than MOST_SAVED.
    """
    require(by, Act.SAVE_FILTERS)
    given = name.strip()
    if not given or len(given) > NAME_LENGTH or _CONTROL.search(given):
        message = _("Give the filter a name of at most %(most)s characters, on one line.")
        raise Refused("filter_name", message % {"most": NAME_LENGTH}, field="name")
    params = filters.as_params()
    if not params:
        raise Refused("filter_empty", _("Filter the list first: this would keep all articles."), field="filters")
    Membership.objects.select_for_update().get(pk=by.pk)  # two at once would both find room for one more
    if saved_filters(by).exclude(name=given).count() >= MOST_SAVED:
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
    if saved_filters(by).filter(pk=saved.pk).delete()[0]:
        record(by, "filter.removed", "filter", saved.uuid)


def filters_of(saved: SavedFilter, by: Membership) -> ArticleFilters:
    """Read a saved filter. Raises `Refused` where the person may no longer ask for it: it would hold other articles."""
    try:
        found = ArticleFilters.parse(saved.filters)
        found.articles(by)
    except Refused as refusal:
        message = _("“%(name)s” can no longer be used: %(why)s")
        values = {"name": saved.name, "why": refusal.message}
        raise Refused("saved_filter", message % values, field="saved_filter") from None
    return found
