"""Texts that came, or were met, as withheld: what was written on them loses its words; on whose demand, is noted."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from annotations.models import Article, Membership, Withholding
from annotations.workflow.wordless import take_words_out

from . import checking
from .context import Context
from .placing import Place


def withhold_imported(places: Iterable[Place], context: Context) -> None:
    """Take the words out of texts that a chunk brought as withheld, or met so; note on whose demand that was.

    No query where there are none.
    """
    found = [place for place in places if place.is_withheld]
    by_time: dict[datetime, list[int]] = {}
    for place in found:
        known = place.article.withheld
        at = checking.moment(known, "at", context.now) if known else context.now
        by_time.setdefault(at or context.now, []).append(place.version_id)
    for at, versions in by_time.items():
        take_words_out(versions, at=at)
    demands = {place.article.external_id: place.article.withheld["demand"] for place in found if place.article.withheld}
    _note({name: demand for name, demand in demands.items() if demand}, context)


def _note(demands: dict[str, dict[str, Any]], context: Context) -> None:
    if not demands:
        return
    people = dict(Membership.objects.filter(project=context.project).values_list("pseudonym", "pk"))
    rows = Article.objects.filter(project=context.project, external_id__in=demands, withholding__isnull=True)
    for pk, external_id in rows.values_list("pk", "external_id"):
        demand = demands[external_id]
        Withholding.objects.create(
            project=context.project,
            article_id=pk,
            demanded_by=demand["demanded_by"],
            reason=demand["reason"],
            made_by_id=people.get(demand["annotator"]),
            created_at=checking.moment(demand, "created_at") or context.now,
        )
