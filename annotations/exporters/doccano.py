"""doccano's JSON Lines: one line an article and annotator, in the one form that fits all lines of the file.

With relations: entities with ids, and relations; with spans and classes: entities and cats; else label.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import orjson

from .corpus import Corpus, Row
from .label_names import LabelNames
from .shares import shares_of

CARRIES = frozenset({"annotations", "annotators", "overlaps", "relations", "article_labels", "metadata"})
_STATED = ("title", "publisher", "published_at", "posted_at", "url", "language", "direction", "metadata")
_IN_MEMORY = 1024 * 1024


def write(corpus: Corpus, write_bytes: Callable[[bytes], None]) -> None:
    """Write the lines. They are held in a scratch file until it is known what all of them have to carry."""
    names = LabelNames.of(corpus.header())
    met: set[str] = set()
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as scratch:
        for article in corpus.articles():
            for line in _lines(article, names, corpus):
                met.update(name for name in ("spans", "relations", "cats") if line[name])
                scratch.write(orjson.dumps(line) + b"\n")
        scratch.seek(0)
        for data in scratch:
            write_bytes(orjson.dumps(_in_form(orjson.loads(data), met)) + b"\n")


def _lines(article: Row, names: LabelNames, corpus: Corpus) -> Iterator[Row]:
    stated = {name: article[name] for name in _STATED if article[name] not in (None, "", {})}
    for share in shares_of(article):
        ids = {row["key"]: n for n, row in enumerate(share.annotations)}
        corpus.losses.lose("relations", share.n_relations_lost)
        yield {
            "id": article["external_id"],
            "text": article.get("text", ""),
            "spans": [[row["start"], row["end"], names[row["label"]]] for row in share.annotations],
            "relations": [
                {"id": n, "from_id": ids[row["from"]], "to_id": ids[row["to"]], "type": names[row["label"]]}
                for n, row in enumerate(share.relations)
            ],
            "cats": _once(names[row["label"]] for row in share.article_labels),
            "rest": ({"annotator": share.annotator} if share.annotator else {}) | stated,
        }


def _once(labels: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(labels))


def _in_form(line: dict[str, Any], met: set[str]) -> Row:
    head, rest = {"id": line["id"], "text": line["text"]}, line["rest"]
    if "relations" in met:
        entities = [
            {"id": n, "start_offset": start, "end_offset": end, "label": label}
            for n, (start, end, label) in enumerate(line["spans"])
        ]
        cats = {"cats": line["cats"]} if "cats" in met else {}
        return head | {"entities": entities, "relations": line["relations"]} | cats | rest
    if "spans" in met and "cats" in met:
        return head | {"entities": line["spans"], "cats": line["cats"]} | rest
    return head | {"label": line["cats" if "cats" in met else "spans"]} | rest
