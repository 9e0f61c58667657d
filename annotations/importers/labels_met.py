"""Labels that other tools' files name: collected while the files are read, added to the label set before loading."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any

from django.utils.translation import gettext as _

from annotations.models import Label, Project
from annotations.workflow.projects import NewLabel, current_label_set, current_labels, write_label_set

from .headers import COLOUR, as_new_label
from .records import ImportedArticle, ImportedRecord

NAME_LENGTH = 100
KEY_LENGTH = 50
MOST_LABELS = 2_000
SPAN, ARTICLE, RELATION = Label.AppliesTo.SPAN, Label.AppliesTo.ARTICLE, Label.AppliesTo.RELATION
LISTS = (("annotations", SPAN), ("suggestions", SPAN), ("relations", RELATION), ("article_labels", ARTICLE))


class LabelsMet:
    """The names under `label_name` in the articles of an import, with what each is put on. Memory: one entry a name."""

    def __init__(self) -> None:
        self.names: dict[tuple[str, str], None] = {}

    def meet(self, article: ImportedArticle) -> None:
        """Note the labels of one article."""
        for attribute, applies_to in LISTS:
            for each in getattr(article, attribute):
                self._note(each, applies_to)

    def meet_apart(self, record: ImportedRecord) -> None:
        """Note the labels of judgements that come apart from their article."""
        if record.kind == "annotation":
            self._note(record.data, SPAN)
        elif record.kind == "judgements":
            for name, applies_to in LISTS:
                given = record.data.get(name)
                for each in given if isinstance(given, list) else ():
                    self._note(each, applies_to)

    def _note(self, row: Any, applies_to: str) -> None:
        name = row.get("label_name") if isinstance(row, dict) else None
        if isinstance(name, str) and name and len(self.names) < MOST_LABELS:
            self.names[applies_to, name[:NAME_LENGTH]] = None

    def add_missing(self, project: Project) -> int:
        """Write a new version of the label set with the labels that are missing, in the caller's transaction.

        Return how many there were. The project's row has to be locked.
        """
        labels = current_labels(project)
        known = {(label.applies_to, label.name) for label in labels} | {
            (label.applies_to, label.key) for label in labels
        }
        missing = sorted(found for found in self.names if found not in known)
        if not missing:
            return 0
        current = current_label_set(project)
        made = [*map(as_new_label, labels), *new_labels(missing, taken={label.key for label in labels})]
        write_label_set(
            project,
            current.name if current else _("Labels"),
            made,
            version=current.version + 1 if current else 1,
        )
        return len(missing)


def new_labels(missing: Iterable[tuple[str, str]], *, taken: set[str]) -> Iterator[NewLabel]:
    """Yield a label for each (applies to, name), with a key that is free."""
    used = set(taken)
    for applies_to, name in missing:
        key = free_key(name, used)
        used.add(key)
        yield NewLabel(key=key, name=name, color=COLOUR, applies_to=applies_to)


def free_key(name: str, taken: set[str]) -> str:
    """Return a key that resembles the name and is not taken.

    >>> free_key("B-PER", set()), free_key("b per", {"b_per"}), free_key("数", set())
    ('b_per', 'b_per_2', 'label')
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().casefold()
    base = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")
    base = base if base[:1].isalpha() else f"label_{base}".rstrip("_")
    base = base[: KEY_LENGTH - 5]
    n = 1
    while (key := base if n == 1 else f"{base}_{n}") in taken:
        n += 1
    return key


def label_of(data: dict[str, Any]) -> tuple[str, str]:
    """Return by what a record names its label ("name" or "key"), and the value as it is looked up."""
    name = data.get("label_name")
    return ("name", name[:NAME_LENGTH]) if isinstance(name, str) and name else ("key", str(data.get("label") or ""))
