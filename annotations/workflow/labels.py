"""Questions about a project's labels: how much each is used, which were retired, what one version changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet, Subquery
from django.db.models.functions import Coalesce

from annotations.colours import near_pairs
from annotations.models import Annotation, ArticleLabel, ArticleVersion, Label, LabelSet, Project, Relation
from workbench.ready_query import Given

PUT_ON: tuple[type[Any], ...] = (Annotation, Relation, ArticleLabel)
"""What has a label, in the order in which it is counted."""
COMPARED = ("name", "color", "shortcut", "description", "applies_to", "attributes")


@dataclass(frozen=True, slots=True)
class Retired:
    """A label that is in force no more, as it was last, and on how much it stands still."""

    label: Label
    used: int


def current_label_ids(project_id: int | Given) -> QuerySet[LabelSet, int]:
    """Return the id of the label set in force, as a subquery."""
    return LabelSet.objects.filter(project_id=project_id).order_by("-version").values_list("pk", flat=True)[:1]


def label_ids_on(version: int, project_id: int) -> QuerySet[LabelSet, int]:
    """Return, as a subquery, the id of the label set that holds on a text: the one its round fixes, else the newest."""
    fixed = ArticleVersion.objects.filter(pk=version).values("article__round__label_set")
    rows = LabelSet.objects.filter(pk=Coalesce(Subquery(fixed), Subquery(current_label_ids(project_id))))
    return rows.values_list("pk", flat=True)


def use_of_labels(project: Project, keys: Iterable[str] | None = None) -> dict[str, int]:
    """Count what stands under each label, whatever its version; those without use are left out; 3 queries.

    For who sees all work: in a blind project the numbers tell of others.
    """
    used: Counter[str] = Counter()
    for model in PUT_ON:
        rows = model._default_manager.filter(project=project, withdrawn_at__isnull=True)
        rows = rows if keys is None else rows.filter(label__in=Label.objects.filter(project=project, key__in=keys))
        by_row = rows.order_by().values_list("label").annotate(n=Count("pk"))
        counts = dict(by_row)
        for pk, key in Label.objects.filter(pk__in=list(counts)).values_list("pk", "key"):
            used[key] += counts[pk]
    return dict(used)


def retired_labels(project: Project, in_force: Iterable[Label], used: dict[str, int]) -> list[Retired]:
    """List the labels that earlier versions of the set had, as each was last, by name; 1 query."""
    rows = Label.objects.filter(project=project).exclude(key__in=[label.key for label in in_force])
    last = {label.key: label for label in rows.select_related("label_set", "parent").order_by("label_set__version")}
    ordered = sorted(last.values(), key=lambda label: (label.name.casefold(), label.key))
    return [Retired(label, used.get(label.key, 0)) for label in ordered]


def near_labels(labels: Iterable[Label]) -> list[tuple[Label, Label]]:
    """List the labels of one kind whose colours are hard to tell apart, on light pages or on dark ones."""
    found: list[tuple[Label, Label]] = []
    rows = list(labels)
    for kind in Label.AppliesTo.values:
        alike = [label for label in rows if label.applies_to == kind]
        found += [(alike[n], alike[m]) for n, m in near_pairs(label.color for label in alike)]
    return found


def changes_between(before: Iterable[Label], after: Iterable[Label]) -> dict[str, list[str]]:
    """Say by their keys which labels one version added to another, which it retired and which it changed."""
    old, new = {label.key: label for label in before}, {label.key: label for label in after}
    changed = [key for key in new if key in old and _is_changed(old[key], new[key])]
    found = {
        "added": [key for key in new if key not in old],
        "retired": [key for key in old if key not in new],
        "changed": changed,
    }
    return {name: keys for name, keys in found.items() if keys}


def _is_changed(one: Label, other: Label) -> bool:
    parents = [label.parent.key if label.parent else None for label in (one, other)]
    return parents[0] != parents[1] or any(getattr(one, name) != getattr(other, name) for name in COMPARED)
