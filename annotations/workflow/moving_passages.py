"""What people said of a text beside its judgements, moved to an equal text: zones by hand, and shared passages."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from annotations.models import ArticleVersion, QuoteDecision, QuoteLink, Region
from annotations.text.fingerprints import passage_key

from .zoning import lock_texts

_TURNED = {QuoteLink.Direction.FORWARD: QuoteLink.Direction.BACKWARD}
_TURNED |= {other: one for one, other in _TURNED.items()}


def move_zones(source: ArticleVersion, target: ArticleVersion) -> int:
    """Move the zones that somebody marked or changed, unless the other text has the same; 2 queries.

    Those that were found by their shape stay: they were found on the other text too.
    """
    lock_texts([source.pk, target.pk])
    same = Region.objects.filter(
        version=target,
        kind=OuterRef("kind"),
        start=OuterRef("start"),
        end=OuterRef("end"),
        withdrawn_at__isnull=True,
    )
    rows = Region.objects.filter(Q(created_by__isnull=False) | Q(version_number__gt=1), version=source)
    rows = rows.filter(Q(withdrawn_at__isnull=False) | ~Q(Exists(same)))
    return rows.order_by().update(version=target, stored_at=timezone.now())


def move_passages(source: ArticleVersion, target: ArticleVersion) -> int:
    """Move links that somebody made by hand and what people decided about shared passages; return how many passages.

    Where the same passage was found on the other text, the decisions go there; who decided there already keeps that
    decision alone in sight. A passage that the two texts share with each other stays. At most 6 queries a passage.
    """
    decided = Exists(QuoteDecision.objects.filter(link=OuterRef("pk")))
    rows = QuoteLink.objects.select_for_update(of=("self",)).select_related("from_version", "to_version", "to_capture")
    rows = rows.defer("from_version__text", "to_version__text", "to_capture__text").filter(
        Q(made_by__isnull=False) | decided, Q(from_version=source) | Q(to_version=source)
    )
    moved = 0
    for link in rows.exclude(Q(from_version=target) | Q(to_version=target)).order_by("pk"):
        key = link.key if link.made_by_id else _key_on(link, source, target)
        twin = QuoteLink.objects.filter(project_id=link.project_id, key=key).exclude(pk=link.pk).first()
        if twin is not None:
            moved += _move_decisions(link, twin, target, is_first=link.from_version_id == source.pk)
            continue
        side = "from_version" if link.from_version_id == source.pk else "to_version"
        QuoteLink.objects.filter(pk=link.pk).update(key=key, **{side: target})
        moved += 1
    return moved


def _key_on(link: QuoteLink, source: ArticleVersion, target: ArticleVersion) -> UUID:
    """Return the key under which the passage is found on the other text."""
    texts = (link.from_version, link.to_version or link.to_capture)
    one, other = (str((target if each == source else each).uuid) for each in texts if each is not None)
    ends = (one, link.from_start, link.from_end), (other, link.to_start, link.to_end)
    return passage_key(link.found_by, *ends)


def _move_decisions(link: QuoteLink, twin: QuoteLink, target: ArticleVersion, *, is_first: bool) -> bool:
    """Move decisions to the same passage of the other text, said in its direction; tell whether there were any."""
    is_turned = (twin.from_version_id == target.pk) != is_first
    found = _in_direction(link.direction, is_turned)
    there = QuoteDecision.objects.filter(link=twin, decided_by=OuterRef("decided_by"))
    decisions = list(QuoteDecision.objects.filter(~Exists(there), link=link))
    for each in decisions:
        meant = _in_direction(each.direction, is_turned) if each.direction else found
        each.link, each.direction = twin, "" if meant == twin.direction else meant
    QuoteDecision.objects.bulk_update(decisions, ["link", "direction"])
    return bool(decisions)


def _in_direction(direction: str, is_turned: bool) -> str:
    return str(_TURNED.get(QuoteLink.Direction(direction), direction)) if is_turned else direction
