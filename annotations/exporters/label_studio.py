"""Label Studio's JSON: a task an article, an annotation each annotator and layer, suggestions as predictions.

Offsets count UTF-16 units. Label Studio refuses a `completed_by` it does not know, so the pseudonym stands in a field
of ours, `annotator`, which it passes over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import orjson

from annotations.text.utf16 import Utf16Offsets

from .corpus import Corpus, Row
from .label_names import LabelNames
from .losses import Losses
from .shares import Share, shares_of

CARRIES = frozenset(
    {
        "annotations",
        "annotators",
        "layers",
        "overlaps",
        "notes",
        "attributes",
        "confidence",
        "relations",
        "article_labels",
        "suggestions",
        "metadata",
    }
)
_DATA = (
    "external_id",
    "title",
    "publisher",
    "published_at",
    "posted_at",
    "url",
    "language",
    "direction",
    "metadata",
)
_OWN_NAMES = frozenset({"label", "choice", "note", "from_name", ""})


def write(corpus: Corpus, write_bytes: Callable[[bytes], None]) -> None:
    """Write the list of tasks."""
    names = LabelNames.of(corpus.header())
    numbers = count(1)
    write_bytes(b"[")
    for n, article in enumerate(corpus.articles()):
        task = _Task(article, names, corpus.losses).written(n + 1, numbers)
        write_bytes((b",\n" if n else b"\n") + orjson.dumps(task))
    write_bytes(b"\n]\n")


class _Task:
    """One article on its way out."""

    def __init__(self, article: Row, names: LabelNames, losses: Losses) -> None:
        self._article = article
        self._names = names
        self._losses = losses
        self._units = Utf16Offsets(article.get("text", ""))

    def written(self, number: int, numbers: Iterator[int]) -> Row:
        data = {"text": self._article.get("text", "")}
        data |= {name: self._article[name] for name in _DATA if self._article[name] not in (None, "", {})}
        shares = [share for share in shares_of(self._article, by_layer=True) if share.annotator]
        return {
            "id": number,
            "data": data,
            "annotations": [{"id": next(numbers), **self._annotation(share)} for share in shares],
            "predictions": list(self._predictions()),
        }

    def _annotation(self, share: Share) -> Row:
        self._losses.lose("relations", share.n_relations_lost)
        rows = [*share.annotations, *share.relations, *share.article_labels]
        results = [result for row in share.annotations for result in self._region(row)]
        results += [self._relation(row) for row in share.relations]
        results += [self._choice(n, row) for n, row in enumerate(share.article_labels)]
        return {
            "annotator": share.annotator,
            "result": results,
            "was_cancelled": False,
            "ground_truth": share.layer == "gold",
            "created_at": min(row["created_at"] for row in rows),
            "updated_at": max(row["updated_at"] for row in rows),
        }

    def _region(self, row: Row) -> Iterator[Row]:
        attributes = dict(row["attributes"])
        note = {"meta": {"text": [row["note"]]}} if row["note"] else {}
        score = {"score": row["confidence"]} if row["confidence"] is not None else {}
        value = self._value(row)
        yield {
            "id": row["key"],
            "from_name": _source_in(attributes) or "label",
            "to_name": "text",
            "type": "labels",
            "value": value,
            "origin": "manual",
            **note,
            **score,
        }
        place = {"start": value["start"], "end": value["end"], "text": value["text"]}
        for name, given in attributes.items():
            kind = _kind_of(given)
            if name in _OWN_NAMES or kind is None:
                self._losses.lose("attributes")
                continue
            written = [given] if isinstance(given, str) else given
            yield {
                "id": row["key"],
                "from_name": name,
                "to_name": "text",
                "type": kind,
                "value": place | {kind: written},
                "origin": "manual",
            }

    def _value(self, row: Row) -> Row:
        start, end = self._units.to_units(row["start"]), self._units.to_units(row["end"])
        return {"start": start, "end": end, "text": row["quote"], "labels": [self._names[row["label"]]]}

    def _relation(self, row: Row) -> Row:
        attributes = dict(row["attributes"])
        direction = "bi" if attributes.pop("direction", None) == "bi" else "right"
        self._lose_rest(row, attributes)
        return {
            "type": "relation",
            "from_id": row["from"],
            "to_id": row["to"],
            "direction": direction,
            "labels": [self._names[row["label"]]],
        }

    def _choice(self, n: int, row: Row) -> Row:
        attributes = dict(row["attributes"])
        source = _source_in(attributes) or "choice"
        self._lose_rest(row, attributes)
        if row["confidence"] is not None:
            self._losses.lose("confidence")
        return {
            "id": f"choice-{n + 1}",
            "from_name": source,
            "to_name": "text",
            "type": "choices",
            "value": {"choices": [self._names[row["label"]]]},
            "origin": "manual",
        }

    def _lose_rest(self, row: Row, attributes: Row) -> None:
        self._losses.lose("attributes", bool(attributes))
        self._losses.lose("notes", bool(row["note"]))

    def _predictions(self) -> Iterator[Row]:
        by: dict[str, list[Row]] = {}
        for row in self._article.get("suggestions", []):
            if all(decision["state"] == "open" for decision in row.get("decisions", ())):
                by.setdefault(row["suggested_by"], []).append(row)
            else:
                self._losses.lose("suggestions")
        for model, rows in sorted(by.items()):
            yield {"model_version": model, "result": [self._suggestion(row) for row in rows]}

    def _suggestion(self, row: Row) -> Row:
        self._losses.lose("attributes", bool(row["attributes"]))
        return {
            "id": f"suggestion-{row['key']}",
            "from_name": "label",
            "to_name": "text",
            "type": "labels",
            "value": self._value(row),
            **({"score": row["score"]} if row["score"] is not None else {}),
        }


def _source_in(attributes: Row) -> str:
    """Take out the name of the control that an imported judgement came from."""
    found = attributes.get("from_name")
    return str(attributes.pop("from_name")) if isinstance(found, str) and found else ""


def _kind_of(value: Any) -> str | None:
    """Return the type of result that holds an attribute's value, None where there is none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "choices"
    is_several = isinstance(value, list) and len(value) > 1 and all(isinstance(each, str) for each in value)
    return "choices" if is_several else None
