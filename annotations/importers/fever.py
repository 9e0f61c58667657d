"""FEVER's JSON Lines: claims with evidence sets of sentences of Wikipedia pages, and pages with their sentences.

A page that lies beside the claims (in pages.jsonl) is an article, and its sentence a passage; any other page is a
source at its address on Wikipedia, the number of the sentence in the metadata.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

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
from annotations.importers.json_items import Item, unusable_value
from annotations.importers.opening import InputFile
from annotations.importers.records import Problem, Record

SCHEME = "fever"
STANCES = {"SUPPORTS": "supports", "REFUTES": "refutes", "NOT ENOUGH INFO": "neutral"}
PAGES = "pages.jsonl"
_CLAIM_FIELDS = ("claim", "label", "evidence")
_PAGE_FIELDS = ("id", "text", "lines", "external_id", "title")
_SIGNS = {"-LRB-": "(", "-RRB-": ")", "-LSB-": "[", "-RSB-": "]", "-LCB-": "{", "-RCB-": "}", "-COLON-": ":"}
_SIGN = re.compile("|".join(_SIGNS))
_PREDICTED = re.compile(rb'"predicted_label"\s*:')
_LABELLED = re.compile(rb'"label"\s*:\s*"(?:SUPPORTS|REFUTES|NOT ENOUGH INFO)"|"verifiable"\s*:')
_PAGE = re.compile(rb'"lines"\s*:\s*"0\\t')
Row = dict[str, Any]


def looks_like(source: InputFile) -> bool:
    """Say whether a file begins with a claim or a page of FEVER."""
    head = source.head.removeprefix(b"\xef\xbb\xbf").lstrip()
    first = head.partition(b"\n")[0]
    is_claim = b'"claim"' in first and bool(_LABELLED.search(first))
    return head.startswith(b"{") and (is_claim or bool(_PAGE.search(first)) or bool(_PREDICTED.search(first)))


def read(source: InputFile) -> Iterator[Record]:
    """Yield the claims of a file, or its pages as articles; nothing of predictions, which have no claim's words."""
    beside: SentencePlaces | None = None
    for row in rows_of(source):
        if isinstance(row, Problem):
            yield row
            continue
        given, item = row
        if "predicted_label" in given and "claim" not in given:
            continue  # what FEVER's scorer takes: a claim by its number alone, without its words
        if "lines" in given:
            yield from _page(given, item, source)
        else:
            beside = sentences_beside(source, PAGES, _note) if beside is None else beside
            yield from _claim(given, Place(source.name, item.line, source.path), beside)


# Claims


def _claim(given: Row, place: Place, beside: SentencePlaces) -> Iterator[Record]:
    key = key_of(SCHEME, given.get("id"), given.get("claim"))
    label = given.get("label")
    sets, without_page = _evidence(given.get("evidence"), key, STANCES.get(str(label), "neutral"), place, beside)
    about = rest_of(given, _CLAIM_FIELDS) | ({"without_page": without_page} if without_page else {})
    gathered = [each["n"] for each in sets if each["items"]]
    yield from claim_record(
        {
            "key": key,
            "text": given.get("claim"),
            "metadata": {SCHEME: about} if about else {},
            "evidence_sets": sets,
            "verdicts": verdict(SCHEME, label, STANCES, key, place, evidence_sets=gathered),
        },
        place,
    )


def _evidence(
    value: Any, claim: str, stance: str, place: Place, beside: SentencePlaces
) -> tuple[list[Row], list[list[Any]]]:
    """Return the evidence sets, and what names no page as [set, annotation id, evidence id]."""
    sets: list[Row] = []
    without_page: list[list[Any]] = []
    for n, group in enumerate(_listed(value, place), start=1):
        items: list[Row] = []
        listed = _listed(group, place)
        for number, each in enumerate(listed):
            if not isinstance(each, list) or len(each) != 4:
                place.remark("evidence", each, _("Evidence is [annotation id, evidence id, page, sentence]."))
            elif each[2] is None:
                without_page.append([n, *each[:2]])
            else:
                n_before = listed[:number].count(each)
                items += _item(each, key_of("evidence", claim, n, *each, n_before), stance, place, beside)
        sets.append({"n": n, "items": items})
    return sets, without_page


def _listed(value: Any, place: Place) -> list[Any]:
    if isinstance(value, list):
        return value
    if value is not None:
        place.remark("evidence", value, _("This is not a list. Write it in square brackets."))
    return []


def _item(each: list[Any], key: str, stance: str, place: Place, beside: SentencePlaces) -> list[Row]:
    annotation_id, evidence_id, page, sentence = each
    if not isinstance(page, str) or not page.strip() or unusable_value(page):
        place.remark("evidence", each, _("The page of this evidence is not a title."))
        return []
    ids = {"annotation_id": annotation_id, "evidence_id": evidence_id, "page": page, "sentence": sentence}
    made: Row = {"key": key, "stance": stance, "metadata": {SCHEME: ids}}
    if page in beside:
        span = beside.place(page, sentence)
        if span is None:
            place.remark("evidence", each, _("The page beside has no sentence of this number."))
            return []
        return [made | {"passage": {"article": page, "start": span[0], "end": span[1]}}]
    return [made | {"url": page_address(page), "title": page_title(page)}]


def page_title(page: str) -> str:
    """Return the title of a page as people read it.

    >>> page_title("Soul_Food_-LRB-film-RRB-")
    'Soul Food (film)'
    """
    return _SIGN.sub(lambda found: _SIGNS[found.group()], page).replace("_", " ")


def page_address(page: str) -> str:
    """Return the address of a page on Wikipedia.

    >>> page_address("Soul_Food_-LRB-film-RRB-")
    'https://en.wikipedia.org/wiki/Soul_Food_(film)'
    """
    title = unicodedata.normalize("NFC", page_title(page)).replace(" ", "_")
    return "https://en.wikipedia.org/wiki/" + quote(title, safe="/:()!*',;@")


# Pages


def _page(given: Row, item: Item, source: InputFile) -> Iterator[Record]:
    place = Place(source.name, item.line, source.path, is_one_of_many=True)
    text, spans = text_and_sentences(given)
    name = given.get("id")
    fields = rest_of(given, _PAGE_FIELDS) | {
        "external_id": given.get("external_id") or name,
        "title": given.get("title") or (page_title(name) if isinstance(name, str) else None),
        "text": text,
        "sentences": [[*span] for span in spans if span],
    }
    yield from read_fields(fields, place, raw_pointer(source, item.data, item.start))


def text_and_sentences(given: Row) -> tuple[str, list[tuple[int, int] | None]]:
    """Return the text of a page and the places of its lines by number; a line that is empty has none."""
    lines = given.get("lines")
    kept = with_plain_line_ends(lines) if isinstance(lines, str) else ""
    written = [line.split("\t") for line in kept.split("\n")]
    sentences = [parts[1] if len(parts) > 1 else "" for parts in written if parts[0].isdigit()]
    text = given.get("text")
    if isinstance(text, str):
        text = with_plain_line_ends(text)
        places = sentences_within(text, sentences)
        if places is not None:
            return text, places
    return joined(sentences)


def _note(places: SentencePlaces, page: Row) -> None:
    places.add(str(page.get("external_id") or page.get("id")), text_and_sentences(page)[1])
