"""Web Annotations: one AnnotationPage in JSON-LD, part of a collection, without the texts that it is about.

A label is a classifying and a tagging body, a note a commenting one, an address in the attribute `links` a linking one.
Each target has quote, position and the state of its text. Discontinuous annotations have a target a piece, relations
are linking annotations between annotations. Claims and shared passages follow (`w3c_claims.py`). What the vocabulary
has no word for stands under our own prefix.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote as quoted

import orjson

from annotations.text.spans import Span, quote

from .corpus import Corpus, Row
from .label_names import LabelNames
from .w3c_claims import claim_annotations, passage_annotations

CARRIES = frozenset(
    {
        "annotations",
        "annotators",
        "layers",
        "fragments",
        "overlaps",
        "notes",
        "attributes",
        "confidence",
        "relations",
        "article_labels",
        "claims",
        "evidence",
        "verdicts",
        "passages",
    }
)
OURS = "urn:claim-workbench:"
CONTEXT = ["http://www.w3.org/ns/anno.jsonld", {"workbench": OURS, "workbench:attributes": {"@type": "@json"}}]
_ADDRESS = re.compile(r"https?://[^\s<>\"{}|\\^`]+")
_IN_MEMORY = 1024 * 1024


def write(corpus: Corpus, write_bytes: Callable[[bytes], None]) -> None:
    """Write the page; the annotations are held in a scratch file until their number is known."""
    header = corpus.header()
    names = LabelNames.of(header)
    iris: dict[str, str] = {}
    n = 0

    def keep(each: Row) -> None:
        nonlocal n
        scratch.write((b",\n" if n else b"\n") + orjson.dumps(each))
        n += 1

    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as scratch:
        for article in corpus.articles():
            corpus.losses.lose("texts", "text" in article)
            iris[article["external_id"]] = source_of(article)
            for each in _annotations(article, names):
                keep(each)
        for each in claim_annotations(corpus, iris):
            keep(each)
        for each in passage_annotations(corpus, iris):
            keep(each)
        write_bytes(orjson.dumps(_page(header["project"], n))[:-1] + b',"items":[')
        scratch.seek(0)
        while data := scratch.read(_IN_MEMORY):
            write_bytes(data)
    write_bytes(b"\n]}\n")


def _page(project: Row, n: int) -> Row:
    collection = f"{OURS}project:{quoted(project['slug'], safe='')}"
    return {
        "@context": CONTEXT,
        "id": f"{collection}:page:1",
        "type": "AnnotationPage",
        "partOf": {"id": collection, "type": "AnnotationCollection", "label": project["name"], "total": n},
        "startIndex": 0,
    }


def _annotations(article: Row, names: LabelNames) -> Iterator[Row]:
    for row in article["annotations"]:
        pieces = row.get("fragments") or [row]
        targets = [_passage(article, row, Span(each["start"], each["end"])) for each in pieces]
        made = _annotation(row, names, article) | {"target": targets[0] if len(targets) == 1 else targets}
        yield made | ({"workbench:discontinuous": True} if len(targets) > 1 else {})
    for row in article.get("article_labels", ()):
        yield _annotation(row, names, article) | {"target": source_of(article)}
    for row in article.get("relations", ()):
        made = _annotation(row, names, article)
        made["body"].insert(0, {"type": "SpecificResource", "source": _iri(row["to"]), "purpose": "linking"})
        yield made | {"motivation": "linking", "target": _iri(row["from"])}


def source_of(article: Row) -> str:
    """Return the IRI of an article: its address, else one of ours."""
    return str(article["url"]) or f"{OURS}article:{quoted(article['external_id'], safe='')}"


def _iri(key: str) -> str:
    return f"urn:uuid:{key}"


def _passage(article: Row, row: Row, span: Span) -> Row:
    text = article.get("text")
    words = quote(text, span) if text is not None else None
    exact = words.exact if words else row["quote"]
    before, after = (words.prefix, words.suffix) if words else (row["prefix"], row["suffix"])
    state: Row = {"type": "TimeState", "sourceDate": row["created_at"]}
    if article.get("text_sha256"):
        state["workbench:textSha256"] = article["text_sha256"]
    return {
        "type": "SpecificResource",
        "source": source_of(article),
        "selector": [
            {"type": "TextQuoteSelector", "exact": exact, "prefix": before, "suffix": after},
            {"type": "TextPositionSelector", "start": span.start, "end": span.end},
        ],
        "state": state,
    }


def _annotation(row: Row, names: LabelNames, article: Row) -> Row:
    name = names[row["label"]]
    bodies: list[Row] = [
        {
            "type": "SpecificResource",
            "source": f"{OURS}label:{quoted(row['label'], safe='')}",
            "purpose": "classifying",
        },
        {"type": "TextualBody", "value": name, "purpose": "tagging"},
    ]
    if row["note"]:
        bodies.append({"type": "TextualBody", "value": row["note"], "format": "text/plain", "purpose": "commenting"})
    attributes = dict(row["attributes"])
    if _are_addresses(attributes.get("links")):
        bodies += [
            {"type": "SpecificResource", "source": each, "purpose": "linking"} for each in attributes.pop("links")
        ]
    made: Row = {
        "id": _iri(row["key"]),
        "type": "Annotation",
        "motivation": "classifying",
        "created": row["created_at"],
        "modified": row["updated_at"],
        "body": bodies,
        "workbench:article": article["external_id"],
        "workbench:layer": row["layer"],
    }
    if row["annotator"]:
        made["creator"] = {
            "id": f"{OURS}annotator:{quoted(row['annotator'], safe='')}",
            "type": "Person",
            "nickname": row["annotator"],
        }
    if row.get("confidence") is not None:
        made["workbench:confidence"] = row["confidence"]
    return made | ({"workbench:attributes": attributes} if attributes else {})


def _are_addresses(value: Any) -> bool:
    is_list = isinstance(value, list) and bool(value)
    return is_list and all(isinstance(each, str) and _ADDRESS.fullmatch(each) for each in value)
