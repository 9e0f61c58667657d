"""Who has an article open. Only those who see everybody's work are noted, and shown to each other.

A page that is open is one row; it is written again only when it would soon be forgotten.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from annotations.access import sees_all_work
from annotations.models import Article, Membership, Presence

Present = dict[int, set[tuple[int, int, str]]]
"""By article: project, membership and pseudonym of each who has it open."""

LASTS = timedelta(seconds=90)
"""A page that was not heard of for so long is taken for closed."""
RENEWED_BEFORE = timedelta(seconds=40)
"""So long before its end a row is written again: once in fifty seconds, however often the page is heard of."""


@dataclass(frozen=True)
class OpenPage:
    """A page that a member has open; its browser tab has a key."""

    article: Article
    tab: UUID
    by: Membership


def be_present(article: Article, tab: UUID, by: Membership) -> None:
    """Note that a page of the member is open; 1 query, rarely 3."""
    be_present_at([OpenPage(article, tab, by)])


def be_present_at(pages: Sequence[OpenPage]) -> None:
    """Note that pages are open; 1 query, and 2 for each page that was not noted for a while."""
    now = timezone.now()
    known = {row.tab: row for row in Presence.objects.filter(tab__in=[page.tab for page in pages])}
    for page in pages:
        row = known.get(page.tab)
        if row is not None and (row.member_id, row.article_id) != (page.by.pk, page.article.pk):
            continue  # a key of somebody else's page, or of another article
        if row is not None and row.until - now > RENEWED_BEFORE:
            continue
        Presence.objects.filter(article=page.article, until__lt=now).delete()
        lasting = {"project_id": page.by.project_id, "until": now + LASTS}
        Presence.objects.update_or_create(tab=page.tab, member=page.by, article=page.article, defaults=lasting)


def leave(tab: UUID, by: Membership) -> None:
    """Note that a page of the member is closed."""
    Presence.objects.filter(tab=tab, member=by).delete()


def people_at(article: Article, by: Membership) -> list[str]:
    """Return the pseudonyms of the others who have the article open, as far as the member sees them; 1 query."""
    return others_at(article.pk, by, present_at([article])) if sees_all_work(by) else []


def present_at(articles: Collection[Article]) -> Present:
    """Return who has each of the articles open; 1 query."""
    rows = Presence.objects.filter(article__in=articles, until__gte=timezone.now(), member__ended_at__isnull=True)
    present: Present = defaultdict(set)
    for article, project, member, name in rows.values_list(
        "article_id", "project_id", "member_id", "member__pseudonym"
    ):
        present[article].add((project, member, name))
    return present


def others_at(article: int, by: Membership, present: Present) -> list[str]:
    """Return the pseudonyms of those at the article, without the member's own, for one who sees everybody's work."""
    there = present.get(article, ())
    return sorted({name for project, member, name in there if project == by.project_id and member != by.pk})
