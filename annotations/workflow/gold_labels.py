"""Gold that carries a label and has no place of its own: labels on texts, and relations between gold spans."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from annotations.errors import Refused
from annotations.models import Annotation, ArticleLabel, ArticleVersion, Label, Membership, Relation, RulingSource

from .annotating import begin_with
from .labels import label_ids_on

GOLD = Annotation.Layer.GOLD
Labelled = Relation | ArticleLabel


@dataclass(frozen=True, slots=True)
class GoldLabel:
    """What gold is to say: a label of the kind that is settled, and attributes or, without these, its label's first."""

    label: str
    attributes: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class GoldWanted:
    """A gold row that there is to be. `ends` are the ids of the gold spans that a relation leads from and to."""

    sources: tuple[Labelled, ...]
    label: Label
    attributes: dict[str, Any]
    ends: tuple[int, int] | None = None
    model: type[Any] = field(default=ArticleLabel)

    def is_there(self, gold: Labelled) -> bool:
        """Tell whether a gold row says just this."""
        ends = (gold.from_annotation_id, gold.to_annotation_id) if isinstance(gold, Relation) else None
        return gold.label.key == self.label.key and gold.attributes == self.attributes and ends == self.ends

    def made(self, version: ArticleVersion, key: UUID, by: Membership) -> Labelled:
        """Return a new row, not yet saved."""
        row = self.model(key=key, project_id=by.project_id, created_by=by, layer=GOLD, version=version)
        row.length, row.label, row.attributes = version.length, self.label, self.attributes
        if self.ends is not None:
            row.from_annotation_id, row.to_annotation_id = self.ends
        return row


def labelled_like(rows: Sequence[Labelled], ends: tuple[int, int] | None) -> GoldWanted:
    """Return the gold that says what these rows say alike."""
    return GoldWanted(tuple(rows), rows[0].label, rows[0].attributes, ends, type(rows[0]))


def labelled_by_all(rows: Sequence[Labelled], ends: tuple[int, int] | None) -> GoldWanted:
    """Return the gold that has what everybody said: of values that differ the first, of lists what any of them holds.

    The label is the first's, and so are the values of its attributes; other labels add none.
    """
    same = [row for row in rows if row.label.key == rows[0].label.key]
    values: dict[str, Any] = {}
    for row in same:
        for name, value in row.attributes.items():
            there = values.setdefault(name, value)
            if isinstance(there, list) and isinstance(value, list):
                values[name] = [*there, *(each for each in value if each not in there)]
    return GoldWanted(tuple(rows), rows[0].label, values, ends, type(rows[0]))


def labelled(
    version: ArticleVersion, rows: Sequence[Labelled], given: GoldLabel, ends: tuple[int, int] | None
) -> GoldWanted:
    """Return the gold that says what a reviewer wrote. Raises `Refused` for a label or a value that there is not."""
    used = next((row.label for row in rows if row.label.key == given.label), None)
    label = used or _label(version, type(rows[0]), given.label)
    return GoldWanted(tuple(rows), label, begin_with(label.attributes, given.attributes), ends, type(rows[0]))


def is_settled_here(row: Labelled) -> bool:
    """Tell whether a row is gold that came from a ruling, and is changed on the review's page alone."""
    gold = "gold_relation" if isinstance(row, Relation) else "gold_article_label"
    return row.layer == GOLD and RulingSource.objects.filter(**{gold: row}).exists()


def _label(version: ArticleVersion, model: type[Any], key: str) -> Label:
    place = Label.AppliesTo.RELATION if model is Relation else Label.AppliesTo.ARTICLE
    rows = Label.objects.filter(label_set__in=label_ids_on(version.pk, version.project_id), key=key, applies_to=place)
    found = rows.select_related("label_set").first()
    if found is None:
        message = _("“%(key)s” is no label of this kind in this project's label set.")
        raise Refused("label_unknown", message % {"key": key[:80]}, field="given.label")
    return found
