"""What changed on an article since a page looked last: for those who see everybody's work.

Rows may come twice, none is missed: a reading ends where nothing can appear any more (`models.settling`), and pages
tell by key and version what they have already.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, Q
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from annotations.access import sees_all_work, visible_to
from annotations.errors import NotThere, Refused
from annotations.models import (
    Annotation,
    Article,
    ArticleVersion,
    Assignment,
    ClaimMention,
    Comment,
    EvidenceItem,
    Fragment,
    Membership,
    RemovedRow,
)
from annotations.models.removals import TOLD_FOR
from annotations.models.settling import settled_at
from annotations.workflow.annotating import annotation_rows
from annotations.workflow.claiming import claim_rows
from annotations.workflow.discussing import on_text, thread_rows
from annotations.workflow.relating import article_label_rows, relation_rows

from .representations import annotation_json, article_label_json, claim_json, relation_json, round_of, thread_json, utc

MOST_REMOVED = 1000
"""Removals are noted by project. Where there are more, they are not told one by one: the page has to be loaded anew."""


def now_for(by: Membership) -> str | None:
    """Return the moment from which a page that is made now has to ask, or None for whom nothing is live."""
    return utc(settled_at()) if sees_all_work(by) else None


def live_of(article: Article, by: Membership, since: str) -> dict[str, Any]:
    """Return what was stored on the present text since a moment, withdrawn judgements too; at most 20 queries.

    Raises `NotThere` where others' work is hidden from the membership: for it there is no such thing.
    """
    require_live(by)
    moment = settled_at()
    start, settled = _moment(since) if since else moment, utc(moment)
    version = article.current_version
    nothing: dict[str, Any] = {name: [] for name in ("annotations", "claims", "relations", "article_labels")}
    if version is None:
        nothing |= {"threads": [], "removed": [], "removed_too_many": False, "states": {}}
        return nothing | {"version": None, "since": settled, "round": round_of(article)}
    removed = _removed(by, start)
    return {
        "version": str(version.uuid),
        "since": settled,
        "annotations": _annotations(version, by, start),
        "claims": _claims(version, by, start),
        "relations": [
            relation_json(row, by)
            for row in visible_to(by, relation_rows()).filter(version=version, stored_at__gte=start)
        ],
        "article_labels": [
            article_label_json(row, by)
            for row in visible_to(by, article_label_rows()).filter(version=version, stored_at__gte=start)
        ],
        "threads": _threads(version, by, start),
        "removed": removed or [],
        "removed_too_many": removed is None,
        "states": states_on(version, by),
        "round": round_of(article),
    }


def states_on(version: ArticleVersion, by: Membership) -> dict[str, str]:
    """Return how far those are whose annotations on the text the person may see, by pseudonym; 1 query."""
    seen = visible_to(by, Annotation.objects.filter(version=version)).values("created_by")
    rows = Assignment.objects.filter(version=version, annotator__in=seen)
    return dict(rows.values_list("annotator__pseudonym", "state"))


def require_live(by: Membership) -> None:
    """Raise `NotThere` where the membership does not see everybody's work."""
    if not sees_all_work(by):
        raise NotThere("not_live", _("Work in this project is hidden from you."))


def _moment(since: str) -> datetime:
    try:
        found = parse_datetime(since)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None or found < timezone.now() - TOLD_FOR:
        message = _("Send the value of “since” that came with the last reply.")
        raise Refused("since_unknown", message, field="since")
    return found


def _annotations(version: ArticleVersion, by: Membership, start: datetime) -> list[dict[str, Any]]:
    fragments = Prefetch("fragments", Fragment.objects.order_by("n"), to_attr="pieces")
    rows = visible_to(by, annotation_rows().filter(version=version, stored_at__gte=start))
    found: Any = rows.prefetch_related(fragments).order_by("start", "end", "pk")
    return [annotation_json(row, by, fragments=row.pieces) for row in found]


def _claims(version: ArticleVersion, by: Membership, start: datetime) -> list[dict[str, Any]]:
    here = visible_to(by, ClaimMention.objects.filter(annotation__version=version))
    mentions = ClaimMention.objects.filter(claim=OuterRef("pk"), stored_at__gte=start)
    items = EvidenceItem.objects.filter(evidence_set__claim=OuterRef("pk"), stored_at__gte=start)
    rows = claim_rows(by).filter(pk__in=here.values("claim_id"))
    changed = rows.filter(Q(stored_at__gte=start) | Exists(mentions) | Exists(items))
    return [claim_json(row, by, shows=lambda row, by: True) for row in changed]


def _threads(version: ArticleVersion, by: Membership, start: datetime) -> list[dict[str, Any]]:
    said = Comment.objects.filter(thread=OuterRef("pk"), stored_at__gte=start)
    rows = visible_to(by, thread_rows().filter(on_text(version)))
    changed = rows.filter(Q(stored_at__gte=start) | Exists(said))
    return [thread_json(row, by) for row in changed.order_by("created_at", "pk")]


def _removed(by: Membership, start: datetime) -> list[str] | None:
    rows = RemovedRow.objects.filter(kind=RemovedRow.Kind.ANNOTATION, stored_at__gte=start)
    there = Annotation.every.filter(project_id=OuterRef("project_id"), key=OuterRef("key"))
    told = visible_to(by, rows).filter(~Exists(there)).order_by()
    keys = [str(key) for key in told.values_list("key", flat=True)[: MOST_REMOVED + 1]]
    return keys if len(keys) <= MOST_REMOVED else None
