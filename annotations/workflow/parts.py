"""The parts of a discontinuous annotation: checked against the text between its ends, and written anew as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from django.utils.translation import gettext as _

from annotations.errors import Refused
from annotations.models import Annotation, Fragment
from annotations.text.spans import Span

MOST_PARTS = 1_000


@dataclass(frozen=True, slots=True)
class Part:
    """One stretch of an annotation that leaves words out, as a client sends it."""

    span: Span
    quote: str


def check_parts(parts: Sequence[Part], span: Span, text: str) -> None:
    """Raise `Refused` unless the parts follow one another from end to end of the span; `text` is the span's own.

    No parts at all is an annotation in one piece; a single part would say the same in two ways.
    """
    if not parts:
        return
    follow = all(before.span.end <= after.span.start for before, after in pairwise(parts))
    ends = (parts[0].span.start, parts[-1].span.end)
    if not 2 <= len(parts) <= MOST_PARTS or not follow or ends != (span.start, span.end):
        message = _(
            "Two or more parts follow one another; the first begins and the last ends the annotation, at most %(most)s."
        )
        raise Refused("parts_do_not_fit", message % {"most": MOST_PARTS}, field="fragments")
    for part in parts:
        there = text[part.span.start - span.start : part.span.end - span.start]
        if there != part.quote:
            message = _("The text at %(start)s to %(end)s reads “%(there)s”, not “%(sent)s”.")
            reading = {"start": part.span.start, "end": part.span.end, "there": there[:80], "sent": part.quote[:80]}
            raise Refused("quote_mismatch", message % reading, field="fragments")


def put_parts(annotation: Annotation, parts: Sequence[Part]) -> list[Fragment]:
    """Let these be the parts of an annotation, in the caller's transaction."""
    annotation.fragments.all().delete()
    return add_parts(annotation, parts)


def add_parts(annotation: Annotation, parts: Sequence[Part]) -> list[Fragment]:
    """Write the parts of an annotation that has none, in the caller's transaction; a query if there are any."""
    rows = [
        Fragment(
            annotation=annotation,
            version_id=annotation.version_id,
            project_id=annotation.project_id,
            length=annotation.length,
            n=n,
            start=part.span.start,
            end=part.span.end,
            quote=part.quote,
        )
        for n, part in enumerate(parts)
    ]
    return Fragment.objects.bulk_create(rows) if rows else []
