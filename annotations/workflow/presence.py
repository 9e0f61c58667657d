"""Who has an article open. Only those who see everybody's work are noted, and shown to each other.

A page that is open is one row; it is written again only when it would soon be forgotten.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from annotations.access import visible_to
from annotations.models import Article, Membership, Presence

LASTS = timedelta(seconds=90)
"""A page that was not heard of for so long is taken for closed."""
RENEWED_BEFORE = timedelta(seconds=40)
"""So long before its end a row is written again: once in fifty seconds, however often the page is heard of."""


def be_present(article: Article, tab: UUID, by: Membership) -> None:
    """Note that a page of the member is open; 1 query, rarely 3."""
    now = timezone.now()
    known = Presence.objects.filter(tab=tab).first()
    if known is not None and (known.member_id, known.article_id) != (by.pk, article.pk):
        return  # a key of somebody else's page, or of another article
    if known is not None and known.until - now > RENEWED_BEFORE:
        return
    Presence.objects.filter(article=article, until__lt=now).delete()
    Presence.objects.update_or_create(
        tab=tab, member=by, article=article, defaults={"project_id": by.project_id, "until": now + LASTS}
    )


def leave(tab: UUID, by: Membership) -> None:
    """Note that a page of the member is closed."""
    Presence.objects.filter(tab=tab, member=by).delete()


def people_at(article: Article, by: Membership) -> list[str]:
    """Return the pseudonyms of the others who have the article open, as far as the member sees them; 1 query."""
    rows = visible_to(by, Presence.objects.filter(article=article, until__gte=timezone.now()))
    others = rows.filter(member__ended_at__isnull=True).exclude(member=by)
    return list(others.order_by("member__pseudonym").values_list("member__pseudonym", flat=True).distinct())
