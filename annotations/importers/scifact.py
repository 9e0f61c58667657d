"""SciFact's JSON Lines: claims whose evidence are sentences of abstracts, and the abstracts (corpus.jsonl) as articles.

A claim without evidence says nothing more: SciFact means that there is not enough information, but has no word for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from annotations.importers.claims_in_file import (
    SentencePlaces,
    claim_record,
    joined,
    key_of,
    rest_of,
    rows_of,
    sentences_beside,
    sentences_within,
    verdict,
    with_plain_line_ends,
)
from annotations.importers.composing import raw_pointer
from annotations.importers.fields import Place, read_fields
from annotations.importers.json_items import Item
from annotations.importers.opening import InputFile
from annotations.importers.records import Problem, Record

SCHEME = "scifact"
STANCES = {"SUPPORT": "supports", "CONTRADICT": "refutes"}
CORPUS = "corpus.jsonl"
_CLAIM_FIELDS = ("claim", "evidence")
_DOCUMENT_FIELDS = ("doc_id", "title", "abstract", "external_id", "text")
_CLAIM = re.compile(rb'"cited_doc_ids"\s*:\s*\[|"evidence"\s*:\s*\{\s*(?:\}|"[^"]+"\s*:\s*\[)')
_DOCUMENT = re.compile(rb'"abstract"\s*:\s*\[')
Row = dict[str, Any]


def looks_like(source: InputFile) -> bool:
    """Say whether a file begins with a claim or an abstract of SciFact."""
    head = source.head.removeprefix(b"\xef\xbb\xbf").lstrip()
    first = head.partition(b"\n")[0]
    is_claim = b'"claim"' in first and bool(_CLAIM.search(first))
    return head.startswith(b"{") and (is_claim or (b'"doc_id"' in first and bool(_DOCUMENT.search(first))))


def read(source: InputFile) -> Iterator[Record]:
    """Yield the claims of a file, or its abstracts as articles."""
    beside: SentencePlaces | None = None
    for row in rows_of(source):
        if isinstance(row, Problem):
            yield row
            continue
        given, item = row
        if "doc_id" in given:
            yield from _document(given, item, source)
        else:
            beside = sentences_beside(source, CORPUS, _note) if beside is None else beside
            yield from _claim(given, Place(source.name, item.line, source.path), beside)


# Claims


def _claim(given: Row, place: Place, beside: SentencePlaces) -> Iterator[Record]:
    key = key_of(SCHEME, given.get("id"), given.get("claim"))
    sets: list[Row] = []
    homeless: Row = {}
    labels: set[str] = set()
    for document, entries in _documents(given.get("evidence"), place):
        for entry in entries:
            label = entry.get("label")
            if not isinstance(label, str) or label not in STANCES:
                place.remark("evidence", label, _("This label is not known. Write SUPPORT or CONTRADICT."))
                homeless.setdefault(document, []).append(entry)
                continue
            labels.add(label)
            items = _items(entry, document, (key, len(sets) + 1), beside)
            if items is None:
                homeless.setdefault(document, []).append(entry)
            else:
                sets.append({"n": len(sets) + 1, "items": items})
    if homeless:
        message = _("The abstracts with this evidence do not lie beside, in corpus.jsonl; it is kept as metadata.")
        place.remark("evidence", sorted(homeless), message)
    if len(labels) > 1:
        place.remark("evidence", sorted(labels), _("Abstracts contradict each other; no verdict was made of them."))
    about = rest_of(given, _CLAIM_FIELDS) | ({"evidence": homeless} if homeless else {})
    word = next(iter(labels)) if len(labels) == 1 else None
    yield from claim_record(
        {
            "key": key,
            "text": given.get("claim"),
            "metadata": {SCHEME: about} if about else {},
            "evidence_sets": sets,
            "verdicts": verdict(SCHEME, word, STANCES, key, place, evidence_sets=[each["n"] for each in sets]),
        },
        place,
    )


def _documents(evidence: Any, place: Place) -> Iterator[tuple[str, list[Row]]]:
    """Yield the abstracts that evidence names with their entries; a prediction has one that stands in no list."""
    if evidence in (None, ""):
        return
    if not isinstance(evidence, dict):
        place.remark("evidence", evidence, _("The evidence is not an object with abstracts by their ids."))
        return
    for document, value in evidence.items():
        entries = [value] if isinstance(value, dict) else value
        if isinstance(entries, list) and all(isinstance(each, dict) for each in entries):
            yield document, entries
        else:
            place.remark("evidence", value, _("This is not a list of objects."))


def _items(entry: Row, document: str, number: tuple[str, int], beside: SentencePlaces) -> list[Row] | None:
    """Return a passage for each sentence of an entry; None where the abstract or one of them is not there."""
    article = beside.articles.get(document) or external_id(document)
    items = []
    numbers = entry.get("sentences")
    for n in numbers if isinstance(numbers, list) else []:
        span = beside.place(document, n)
        if span is None:
            return None
        items.append(
            {
                "key": key_of("evidence", *number, article, n),
                "stance": STANCES[entry["label"]],
                "passage": {"article": article, "start": span[0], "end": span[1]},
                "metadata": {SCHEME: {"sentence": n}},
            }
        )
    return items or None


def external_id(document: Any) -> str:
    """Return the id of the article that an abstract becomes; ids are numbers in lists and strings as keys.

    >>> external_id(4983), external_id("4983")
    ('scifact/4983', 'scifact/4983')
    """
    return f"{SCHEME}/{document}"


# Abstracts


def _document(given: Row, item: Item, source: InputFile) -> Iterator[Record]:
    place = Place(source.name, item.line, source.path, is_one_of_many=True)
    if not _is_abstract(given):
        yield Problem(source.name, item.line, "abstract", "", _("The abstract is not a list of sentences."))
        return
    text, spans = text_and_sentences(given)
    fields = {
        "external_id": given.get("external_id") or external_id(given["doc_id"]),
        "title": given.get("title"),
        "text": text,
        "metadata": {SCHEME: {"doc_id": given["doc_id"]} | rest_of(given, _DOCUMENT_FIELDS)},
        "sentences": [[*span] for span in spans if span],
    }
    yield from read_fields(fields, place, raw_pointer(source, item.data, item.start))


def _is_abstract(given: Row) -> bool:
    abstract = given.get("abstract")
    return isinstance(abstract, list) and all(isinstance(each, str) for each in abstract)


def text_and_sentences(given: Row) -> tuple[str, list[tuple[int, int] | None]]:
    """Return the text of an abstract and the places of its sentences by number, without spaces at their edges."""
    if isinstance(given.get("text"), str):
        text = with_plain_line_ends(given["text"])
        places = sentences_within(text, map(with_plain_line_ends, given["abstract"]))
        if places is not None:
            return text, places
    return joined(" ".join(written.split()) for written in given["abstract"])


def _note(places: SentencePlaces, document: Row) -> None:
    if _is_abstract(document):
        spans = text_and_sentences(document)[1]
        places.add(str(document.get("doc_id")), spans, article=document.get("external_id"))
