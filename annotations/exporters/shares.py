"""One annotator's share of an article, for formats that keep each person's work in a line or a document of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .corpus import Row


@dataclass(frozen=True, slots=True)
class Share:
    """What one annotator did in one layer of an article. `relations` have both their ends among `annotations`."""

    annotator: str
    layer: str
    annotations: list[Row]
    relations: list[Row]
    article_labels: list[Row]
    n_relations_lost: int = 0


def shares_of(article: Row, *, by_layer: bool = False) -> Iterator[Share]:
    """Yield the shares by annotator (and layer). An article on which nobody worked has one that is empty."""
    groups = [article["annotations"], article.get("relations", []), article.get("article_labels", [])]
    owners = sorted({_owner(row, by_layer) for rows in groups for row in rows})
    for owner in owners or [("", "")]:
        annotations, relations, labels = ([row for row in rows if _owner(row, by_layer) == owner] for rows in groups)
        keys = {row["key"] for row in annotations}
        within = [row for row in relations if row["from"] in keys and row["to"] in keys]
        yield Share(*owner, annotations, within, labels, len(relations) - len(within))


def _owner(row: Row, by_layer: bool) -> tuple[str, str]:
    return row["annotator"], row["layer"] if by_layer else ""
