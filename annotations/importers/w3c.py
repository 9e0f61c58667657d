"""Web Annotations in JSON-LD: a page or collection, a list, one, or one a line.

They hold no texts. Each goes to the article whose address or external id its target names, in the same import or in the
project, or to a page or text that lies beside the file; the place is found by position and quote together, else by the
quote. Annotations of one article that follow one another are loaded together.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote

from django.utils.translation import gettext as _

from annotations.importers import html, plain_text
from annotations.importers.attaching import JUDGEMENTS
from annotations.importers.fields import shown
from annotations.importers.json_items import Item, read_document, read_lines, unusable_value
from annotations.importers.native import is_lines, parsed
from annotations.importers.opening import InputFile
from annotations.importers.records import FileRefused, ImportedArticle, ImportedRecord, Problem, Record
from annotations.importers.w3c_claims import claim_in, passage_in
from annotations.importers.web_annotation import (
    CONTEXT,
    OURS,
    Pointed,
    has_context,
    key_of,
    listed,
    pointed,
    refusal_of,
    said_by,
    uuid_in,
)

MOST_AT_ONCE = 1_000
"""Judgements that are loaded as one record."""
_TEXTS = {".html": html.read, ".htm": html.read, ".xhtml": html.read, ".txt": plain_text.read}
_CONTAINERS = frozenset({"AnnotationPage", "AnnotationCollection"})
Row = dict[str, Any]


def looks_like(source: InputFile) -> bool:
    """Say whether a file is JSON that begins with the context of Web Annotations."""
    start = source.head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    return start in (b"{", b"[") and CONTEXT.encode() in source.head


def read(source: InputFile) -> Iterator[Record]:
    """Yield the annotations. A page or text that is read with them, by the name of this format, is its article."""
    suffix = PurePosixPath(source.path.casefold()).suffix
    if suffix in _TEXTS:
        yield from _TEXTS[suffix](source)
        return
    yield from _Reading(source).records()


class _Reading:
    """One file."""

    def __init__(self, source: InputFile) -> None:
        self._source = source
        self._is_in_container = False
        self._beside = list(_articles_beside(source))
        self._reference: Row = {}
        self._held: dict[str, list[Row]] = {}
        self._line: int | None = None

    def records(self) -> Iterator[Record]:
        with self._source.open() as stream:
            items = (
                read_lines(stream, self._source.name)
                if is_lines(self._source)
                else read_document(stream, self._source.name, ("items",), ("first",))
            )
            for item in items:
                if isinstance(item, Problem):
                    yield item
                    continue
                given = parsed(item, self._source.name)
                yield from [given] if isinstance(given, Problem) else self._take(given, item)
        yield from self._flushed()

    def _take(self, given: Row, item: Item) -> Iterator[Record]:
        kinds = {each for each in listed(given.get("type")) if isinstance(each, str)}
        if item.within == "header" or (kinds & _CONTAINERS and not item.within):
            yield from self._meet_container(given, item, kinds)
            return
        sentence = unusable_value(given) or refusal_of(given, is_in_container=self._is_in_container)
        if sentence:
            yield Problem(self._source.name, item.line, "", shown(given.get("id")), sentence)
            return
        yield from self._annotations(given, item)

    def _meet_container(self, given: Row, item: Item, kinds: set[str]) -> Iterator[Problem]:
        self._is_in_container = self._is_in_container or has_context(given.get("@context"))
        if not self._is_in_container or not kinds & _CONTAINERS:
            message = _("This is no page or collection of Web Annotations: its type or its context says otherwise.")
            yield Problem(self._source.name, item.line, "type", shown(given.get("type")), message)
        elif item.within != "header" and not isinstance(given.get("first"), dict):
            message = _("The annotations of this collection are not in the file. Give its pages.")
            yield Problem(self._source.name, item.line, "first", shown(given.get("first")), message, False)

    def _annotations(self, given: Row, item: Item) -> Iterator[Record]:
        apart = claim_in(given, self._source.name, item.line) or passage_in(given, self._source.name, item.line)
        if apart is not None:
            yield apart
            return
        targets = [pointed(each) for each in listed(given["target"])]
        said = {**said_by(given), "line": item.line}
        own_article = given.get("workbench:article")
        if uuid_in(targets[0].source) and uuid_in(_iri_of_body(given)):
            ends = {"from": uuid_in(targets[0].source), "to": uuid_in(_iri_of_body(given))}
            said["attributes"].pop("links", None)
            yield from self._hold("relations", {**said, **ends, "key": key_of(given, 0, 1)}, own_article or "", {})
            return
        if given.get("workbench:discontinuous") is True:
            whole = _whole(targets)
            if whole is not None:
                row = {**said, **whole, "key": key_of(given, 0, 1)}
                yield from self._hold("annotations", row, own_article or targets[0].source, targets[0].target)
                return
        for number, target in enumerate(targets):
            row = {**said, "key": key_of(given, number, len(targets))}
            if target.passage is not None:
                row |= target.passage
                yield from self._hold("annotations", row, own_article or target.source, target.target)
            elif target.others:
                message = _("The target is no passage of text (%(kinds)s). It is left out.")
                kinds = ", ".join(target.others)[:80]
                yield Problem(
                    self._source.name,
                    item.line,
                    "target",
                    target.source,
                    message % {"kinds": kinds},
                    False,
                    leaves_out="annotations",
                )
            else:
                yield from self._hold("article_labels", row, own_article or target.source, target.target)

    def _hold(self, name: str, row: Row, iri: str, target: Row) -> Iterator[Record]:
        """Keep a judgement with those of the same article; let them go when another article's begin."""
        reference: Row = {"article": _external_id(iri)}
        if self._beside:
            reference["articles_beside"] = self._beside
        states = [each for each in listed(target.get("state")) if isinstance(each, dict)]
        digest = next((each["workbench:textSha256"] for each in states if "workbench:textSha256" in each), None)
        if digest and name == "annotations" and not row.get("quote"):
            reference["text_sha256"] = digest
        if reference != self._reference or sum(map(len, self._held.values())) >= MOST_AT_ONCE:
            yield from self._flushed()
            self._reference, self._line = reference, row.get("line")
        self._held.setdefault(name, []).append({key: value for key, value in row.items() if value is not None})

    def _flushed(self) -> Iterator[ImportedRecord]:
        if self._held:
            yield ImportedRecord(JUDGEMENTS, {**self._reference, **self._held}, self._source.name, self._line)
        self._held = {}


def _iri_of_body(given: Row) -> Any:
    bodies = listed(given.get("body"))
    first = bodies[0] if bodies else None
    return first.get("source", first.get("id")) if isinstance(first, dict) else first


def _external_id(iri: str) -> str:
    """Return the external id in an IRI of ours; any other IRI as it is.

    >>> _external_id("urn:claim-workbench:article:K%C3%B6ln%2F1")
    'Köln/1'
    """
    prefix = f"{OURS}article:"
    return unquote(iri.removeprefix(prefix)) if iri.startswith(prefix) else iri


def _whole(targets: list[Pointed]) -> Row | None:
    """Return one annotation whose fragments the targets are; None where one of them has no offsets."""
    passages = [each.passage or {} for each in targets]
    if not all("start" in each and "end" in each for each in passages):
        return None
    ordered = sorted(passages, key=lambda each: int(each["start"]))
    fragments = [{name: each[name] for name in ("start", "end", "quote") if name in each} for each in ordered]
    return {"start": ordered[0]["start"], "end": ordered[-1]["end"], "fragments": fragments}


def _articles_beside(source: InputFile) -> Iterator[str]:
    """Yield the external ids of the page or text that lies beside: of the same name, or the folder's index.html."""
    path = PurePosixPath(source.path)
    stems = dict.fromkeys([path.stem, path.name.split(".")[0], "index"])
    for stem in stems:
        for suffix, read_text in _TEXTS.items():
            found = source.beside(str(path.with_name(f"{stem}{suffix}"))) if stem else None
            if found is None:
                continue
            try:
                yield from (each.external_id for each in read_text(found) if isinstance(each, ImportedArticle))
            except FileRefused:
                continue  # said where that file is read itself
