"""CoNLL columns: a token a line, its tag last, an empty line after each sentence, -DOCSTART- before each article.

IOB1, IOB2, BIOES and BILOU are read alike. The text is put together from the tokens with single spaces; where the side
file of our own export lies beside, it is the exact text again. CoNLL-U is read by `conllu.py`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from django.utils.translation import gettext as _

from annotations.importers import limits
from annotations.importers.composing import raw_pointer
from annotations.importers.conllu import is_conllu, read_conllu
from annotations.importers.fields import Place, read_fields
from annotations.importers.joining import join_annotators
from annotations.importers.json_items import BrokenJson, parse, read_lines
from annotations.importers.judgements_in_file import JudgementsInFile
from annotations.importers.opening import InputFile
from annotations.importers.records import FileRefused, ImportedArticle, Problem, Record
from annotations.importers.text_lines import Line, read_text_lines
from annotations.text.ids import id_from_path
from annotations.text.spans import Span

SIDE_SUFFIX = ".offsets.jsonl"
DOCUMENT_START = "-DOCSTART-"
_SUFFIXES = frozenset({".conll", ".conllu", ".conll03", ".conll2003", ".bio", ".bioes", ".iob", ".iob1", ".iob2"})
_TAG = re.compile(r"O|[BIESLU]-\S+")
_COREFERENCE = re.compile(r"#begin document|# begin document")
_EMPTY_COLUMNS = frozenset({"_", "-X-", "-", "O"})
Row = dict[str, Any]


def looks_like(source: InputFile) -> bool:
    """Say whether a file has the name or the first line of CoNLL."""
    path = source.path.casefold()
    is_named = PurePosixPath(path).suffix in _SUFFIXES or path.endswith(SIDE_SUFFIX)
    return is_named or source.head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(DOCUMENT_START.encode())


def read(source: InputFile) -> Iterator[Record]:
    """Yield an article for each document. A side file is read with the file that it lies beside."""
    if source.path.casefold().endswith(SIDE_SUFFIX):
        return
    if is_conllu(source.head):
        yield from read_conllu(source)
        return
    reader = _Reader(source)
    yield from join_annotators(reader.documents())


@dataclass(slots=True)
class _Document:
    """What has been read of one document: its sentences as (token, tag) and its lines."""

    start: int = 0
    line: int | None = None
    sentences: list[list[tuple[str, str]]] = field(default_factory=lambda: [[]])
    data: bytearray = field(default_factory=bytearray)
    comments: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    is_stated: bool = False

    def end_sentence(self) -> None:
        if self.sentences[-1]:
            self.sentences.append([])

    def tokens(self) -> list[tuple[str, str]]:
        return [each for sentence in self.sentences for each in sentence]


class _Reader:
    """One pass over a file, and over its side file in step."""

    def __init__(self, source: InputFile) -> None:
        self._source = source
        self._n = 0
        self._columns = 0
        self._side = _side_rows(source)

    def documents(self) -> Iterator[tuple[str, list[Record]]]:
        document = _Document()
        for line in read_text_lines(self._source):
            if isinstance(line, Problem):
                document.problems.append(line)
                continue
            if line.text.split()[:1] == [DOCUMENT_START]:
                yield from self._finished(document)
                document = _Document(line.start, line.number, is_stated=True)
            self._take(line, document)
        yield from self._finished(document)
        if self._columns:
            message = _("The columns between a token and its tag (such as part of speech) are not kept.")
            yield "", [Problem(self._source.name, self._columns, "columns", "", message, is_rejection=False)]

    def _take(self, line: Line, document: _Document) -> None:
        document.data += line.data
        if len(document.data) > limits.ARTICLE_BYTES:
            message = _("The document is longer than %(size)s MiB. Divide it by lines with -DOCSTART-.")
            raise FileRefused(message % {"size": limits.ARTICLE_BYTES // limits.MIB}, line=document.line)
        if line.text.strip():
            document.line = document.line or line.number
        columns = [each.strip() for each in line.text.rstrip().split("\t")] if "\t" in line.text else line.text.split()
        if not line.text.strip():
            document.end_sentence()
        elif _COREFERENCE.match(line.text):
            message = _(
                "This is CoNLL coreference, not named entities. Import its article from another of its formats."
            )
            raise FileRefused(message, line=line.number)
        elif columns[0] == DOCUMENT_START:
            return
        elif len(columns) > 1 and columns[0] and not _has_space(columns[0]) and _TAG.fullmatch(columns[-1]):
            document.sentences[-1].append((sys.intern(columns[0]), sys.intern(columns[-1])))
            if len(columns) > 2 and not self._columns and not _EMPTY_COLUMNS.issuperset(columns[1:-1]):
                self._columns = line.number
        elif line.text.startswith("# "):
            document.comments.append(line.text[2:].strip())
        else:
            message = _(
                "This line has no token with a tag such as O, B-PER or I-PER as its last column. It is left out."
            )
            problem = Problem(self._source.name, line.number, "", line.text[:100], message, is_rejection=False)
            document.problems.append(problem)

    def _finished(self, document: _Document) -> Iterator[tuple[str, list[Record]]]:
        tokens = document.tokens()
        if not tokens and not document.problems and not document.is_stated:
            return
        self._n += 1
        side = next(self._side, {})
        place = Place(self._source.name, document.line, self._source.path, is_one_of_many=True)
        text, spans, sentences = _from_side(side, tokens, place) or _put_together(document.sentences)
        stated = side if text == side.get("text") else {}
        yield self._article(document, stated, (text, spans, sentences), place)

    def _article(
        self, document: _Document, side: Row, made: tuple[str, list[Span], tuple[tuple[int, int], ...]], place: Place
    ) -> tuple[str, list[Record]]:
        text, spans, sentences = made
        path = self._source.path
        own_id = f"{path}#{self._n}" if document.is_stated or self._n > 1 else path
        fields: Row = {"external_id": id_from_path(own_id), "text": text, **side.get("article", {})}
        fields["sentences"] = [[*pair] for pair in sentences]
        if document.comments:
            fields["comments"] = document.comments
        found = read_fields(fields, place, raw_pointer(self._source, bytes(document.data), document.start))
        article = found[0]
        if not isinstance(article, ImportedArticle):
            return "", [*found, *document.problems]
        annotator = side.get("annotator") or ""
        judged = JudgementsInFile(article, text, place)
        for first, last, label in entities(document.sentences):
            span = judged.span(spans[first].start, spans[last].end, "tokens", label)
            if span:
                judged.annotation(span, label, annotator=annotator)
        return annotator, [judged.onto_article(), *place.remarks, *document.problems]


def _has_space(token: str) -> bool:
    return len(token.split()) != 1


def entities(sentences: list[list[tuple[str, str]]]) -> Iterator[tuple[int, int, str]]:
    """Yield the entities as (first token, last token, label), tokens counted through all sentences.

    An entity begins at B, S, U, and wherever another label or none came before: so IOB1 is read like IOB2.

    >>> list(entities([[("New", "I-LOC"), ("York", "I-LOC"), ("Ada", "B-PER")], [("Ulm", "S-LOC")]]))
    [(0, 1, 'LOC'), (2, 2, 'PER'), (3, 3, 'LOC')]
    """
    n = 0
    for sentence in sentences:
        first, label, is_open = n, "", False
        for _token, tag in sentence:
            mark, _dash, new = tag.partition("-")
            if is_open and (mark in "OBSU" or new != label):
                yield first, n - 1, label
                is_open = False
            if mark != "O" and not is_open:
                first, label, is_open = n, new, True
            if is_open and mark in "ESLU":
                yield first, n, label
                is_open = False
            n += 1
        if is_open:
            yield first, n - 1, label


def _put_together(
    sentences: list[list[tuple[str, str]]],
) -> tuple[str, list[Span], tuple[tuple[int, int], ...]]:
    """Return the text of the tokens, a space between them and a line end after each sentence, and their spans."""
    parts: list[str] = []
    spans: list[Span] = []
    stated: list[tuple[int, int]] = []
    place = 0
    for sentence in sentences:
        first = place
        for token, _tag in sentence:
            spans.append(Span(place, place + len(token)))
            parts.append(token + " ")
            place += len(token) + 1
        if sentence:
            parts[-1] = parts[-1][:-1] + "\n"
            stated.append((first, place - 1))
    return "".join(parts).removesuffix("\n"), spans, tuple(stated)


# The side file of our own export


def _side_rows(source: InputFile) -> Iterator[Row]:
    """Yield the rows of the side file, one a document; none where there is no side file."""
    stem = source.path.removesuffix(PurePosixPath(source.path).suffix)
    side = source.beside(stem + SIDE_SUFFIX)
    if side is None:
        return
    with side.open() as stream:
        for item in read_lines(stream, side.name):
            try:
                row = {} if isinstance(item, Problem) else parse(item.data)
            except BrokenJson:
                row = {}
            yield row if isinstance(row, dict) else {}


def _from_side(
    side: Row, tokens: list[tuple[str, str]], place: Place
) -> tuple[str, list[Span], tuple[tuple[int, int], ...]] | None:
    """Return text, spans of the tokens and stated sentences of a side row; None where it does not fit the tokens."""
    if not side:
        return None
    text, offsets = side.get("text"), side.get("tokens")
    fits = (
        isinstance(text, str)
        and isinstance(offsets, list)
        and len(offsets) == len(tokens)
        and all(
            _is_pair(pair) and text[pair[0] : pair[1]] == token
            for pair, (token, _tag) in zip(offsets, tokens, strict=True)
        )
    )
    if not fits or not isinstance(text, str) or not isinstance(offsets, list):
        message = _("The side file with the offsets does not fit this document; the text was put together anew.")
        place.remark("offsets", side.get("article"), message)
        return None
    listed = side.get("sentences") if side.get("splitter") == "stated" else []
    sentences = tuple((pair[0], pair[1]) for pair in listed or () if _is_pair(pair) and pair[1] <= len(text))
    return text, [Span(*pair) for pair in offsets], sentences


def _is_pair(pair: Any) -> bool:
    is_whole = isinstance(pair, list) and len(pair) == 2 and all(type(each) is int for each in pair)
    return is_whole and 0 <= pair[0] < pair[1]
