"""The names of labels as other tools show them: what a person reads, or the key where two labels share a name."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class LabelNames:
    """The names by key of one project's labels, former ones too. Other tools' files read back find them by name."""

    by_key: dict[str, str]

    @classmethod
    def of(cls, header: Row) -> LabelNames:
        """Take the names from the first record of an export."""
        label_set = header["label_set"] or {"labels": [], "former_labels": []}
        labels = [*label_set["labels"], *label_set["former_labels"]]
        shared = Counter((label["applies_to"], label["name"]) for label in labels)
        taken = {label["key"] for label in labels}
        return cls(
            {
                label["key"]: label["name"]
                for label in labels
                if shared[label["applies_to"], label["name"]] == 1
                and (label["name"] == label["key"] or label["name"] not in taken)
            }
        )

    def __getitem__(self, key: str) -> str:
        return self.by_key.get(key, key)
