"""Files that tell one text several times, once for each annotator: what follows one another becomes one article."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from annotations.importers.records import ImportedArticle, Record


def join_annotators(told: Iterable[tuple[str, list[Record]]]) -> Iterator[Record]:
    """Yield the records of each part of a file, given as the annotator and what was read of their work.

    Neighbours with the same id and text whose annotators are named and differ are joined. Memory: one article.
    """
    held: list[Record] = []
    people: list[str] = []
    for annotator, found in told:
        if annotator and people and "" not in people and annotator not in people and _is_same_text(held, found):
            held = _joined(held, found)
            people.append(annotator)
        else:
            yield from held
            held, people = found, [annotator]
    yield from held


def _is_same_text(held: list[Record], found: list[Record]) -> bool:
    first, second = held[0], found[0]
    if not isinstance(first, ImportedArticle) or not isinstance(second, ImportedArticle):
        return False
    return (first.external_id, first.text) == (second.external_id, second.text)


def _joined(held: list[Record], found: list[Record]) -> list[Record]:
    """Return the records of two lines as those of one article."""
    first, second = held[0], found[0]
    assert isinstance(first, ImportedArticle)
    assert isinstance(second, ImportedArticle)
    metadata = second.metadata | first.metadata
    for name, value in second.metadata.items():
        if isinstance(value, list) and isinstance(first.metadata.get(name), list) and value != first.metadata[name]:
            metadata[name] = first.metadata[name] + value
    both = replace(
        first,
        annotations=first.annotations + second.annotations,
        relations=first.relations + second.relations,
        article_labels=first.article_labels + second.article_labels,
        metadata=metadata,
    )
    return [both, *held[1:], *found[1:]]
