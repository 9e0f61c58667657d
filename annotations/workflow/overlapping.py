"""The project's rule on overlapping spans, held against one person's own annotations of a text.

Files may bring spans that the rule would not allow, and gold is written by reviews: both stay as they are.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from annotations.errors import Refused
from annotations.models import Annotation, Membership, Project
from annotations.text.spans import Span

from .parts import Part

ANY, OTHER_LABELS = Project.Overlaps.ANY, Project.Overlaps.OTHER_LABELS
SHOWN = 60


def refuse_overlap(
    by: Membership, version: int, span: Span, parts: Sequence[Part], *, label: str, but: int = 0
) -> None:
    """Raise `Refused` (`span_overlap`) where the span lies over another of the person's that the rule keeps apart.

    What lies in a gap of a discontinuous one does not lie over it. No query where all may overlap, else 2.
    """
    rule = by.project.overlaps
    if rule == ANY:
        return
    rows = Annotation.objects.filter(version_id=version, created_by=by, withdrawn_at__isnull=True)
    rows = rows.exclude(layer=Annotation.Layer.GOLD).filter(start__lt=span.end, end__gt=span.start)
    if rule == OTHER_LABELS:
        rows = rows.filter(label__key=label)
    own = [part.span for part in parts] or [span]
    for row in rows.exclude(pk=but).select_related("label").prefetch_related("fragments").order_by("start", "pk"):
        theirs = [Span(each.start, each.end) for each in row.fragments.all()] or [Span(row.start, row.end)]
        if any(one.start < other.end and other.start < one.end for one in own for other in theirs):
            _refuse(row, rule)


def _refuse(row: Annotation, rule: str) -> None:
    quote = row.quote if len(row.quote) <= SHOWN else f"{row.quote[: SHOWN - 1]}…"
    values = {"quote": quote, "label": row.label.name, "start": row.start, "end": row.end}
    if rule == OTHER_LABELS:
        message = _("This lies over “%(quote)s” (%(label)s, %(start)s to %(end)s), and has the same label.")
    else:
        message = _("This lies over “%(quote)s” (%(label)s, %(start)s to %(end)s). Spans do not overlap here.")
    raise Refused("span_overlap", message % values, field="end")
