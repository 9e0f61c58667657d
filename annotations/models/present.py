"""Work that stands, and work of a round that is past: the managers of the models that have both."""

from __future__ import annotations

from typing import TypeVar

from django.db import models

M = TypeVar("M", bound=models.Model)


class PresentManager(models.Manager[M]):
    """Find the rows that stand. What belongs to a past round is in none of them: `every` has it too.

    A past row is out of force wherever work is made, shown, reviewed or measured; it is read by who asks for a round,
    by exports, and by whoever looks for a key.
    """

    def get_queryset(self) -> models.QuerySet[M]:
        """Leave out what belongs to a past round."""
        return super().get_queryset().filter(past_round__isnull=True)


def past_round() -> models.ForeignKey:
    """Name the round whose work a row is since a later round has taken its text; empty while the row stands."""
    return models.ForeignKey(
        "annotations.Round", models.PROTECT, null=True, blank=True, related_name="+", db_index=False, editable=False
    )
