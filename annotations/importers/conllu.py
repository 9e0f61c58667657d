"""CoNLL-U: the text and the sentences of a treebank. Lemmas, parts of speech and dependencies are no annotations here.

The text of a sentence is rebuilt from its words (multiword tokens, SpaceAfter=No) and compared with its `# text`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.translation import gettext as _

from annotations.importers import limits
from annotations.importers.composing import raw_pointer
from annotations.importers.fields import Place, read_fields
from annotations.importers.opening import InputFile
from annotations.importers.records import FileRefused, ImportedArticle, Problem, Record
from annotations.importers.text_lines import Line, read_text_lines
from annotations.text.ids import id_from_path
from annotations.text.urls import BadUrl, check_source_url

_WORD = re.compile(rb"(?:#[^\n]*\n|\s)*\d+(?:[-.]\d+)?\t(?:[^\t\n]*\t){8}[^\t\n]*(?:\n|$)")
_MOST_LINES = 100_000
_ID = re.compile(r"(\d+)(?:([-.])(\d+))?")
_OF_DOCUMENT = re.compile(r"newdoc\b|global\.|meta::")


def is_conllu(head: bytes) -> bool:
    """Say whether the first line that is no comment has the ten columns of CoNLL-U."""
    start = head.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n")
    return bool(_WORD.match(start)) or start.startswith((b"# newdoc", b"# sent_id", b"# global."))


@dataclass(slots=True)
class Sentence:
    """One sentence as it is read: comments, surface words, and how many words, multiword tokens and empty nodes."""

    line: int
    start: int
    comments: list[tuple[str, str]] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)
    data: list[bytes] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    covered_to: int = 0
    ends_with_space: bool = True
    n_words: int = 0
    n_multiword: int = 0
    n_empty: int = 0

    def take(self, line: Line, file: str) -> None:
        """Take one line of the sentence; one that is malformed is named and left out."""
        self.data.append(line.data)
        if line.text.startswith("#"):
            name, _equals, value = line.text[1:].partition("=")
            self.comments.append((name.strip(), value.strip()))
            return
        columns = line.text.split("\t")
        found = _ID.fullmatch(columns[0]) if len(columns) == 10 else None
        if found is None:
            message = _("This line has not the ten columns of CoNLL-U with a number first. It is left out.")
            self.problems.append(Problem(file, line.number, "", line.text[:100], message, is_rejection=False))
            return
        first, mark, last = int(found.group(1)), found.group(2), found.group(3)
        self.n_words += mark is None
        self.n_multiword += mark == "-"
        self.n_empty += mark == "."
        if mark == "." or first <= self.covered_to:
            return
        self.covered_to = int(last) if mark == "-" else first
        self.ends_with_space = "SpaceAfter=No" not in columns[9].split("|")
        self.parts.append(columns[1] + (" " if self.ends_with_space else ""))

    def refuse_endless(self) -> None:
        """Raise FileRefused where no empty line has come for longer than a document may be."""
        if len(self.data) > _MOST_LINES:
            raise FileRefused(_("No empty line ends this sentence. Is the file cut?"), line=self.line)

    @property
    def rebuilt(self) -> str:
        """Return the words put together."""
        return "".join(self.parts).strip(" ")

    @property
    def stated(self) -> str | None:
        """Return what `# text` says."""
        return next((value for name, value in self.comments if name == "text"), None)


def sentences_of(source: InputFile) -> Iterator[Sentence | Problem]:
    """Yield the sentences of a file, and a Problem for each line that cannot be decoded."""
    held: Sentence | None = None
    for line in read_text_lines(source):
        if isinstance(line, Problem):
            yield line
        elif not line.text.strip():
            if held:
                yield held
            held = None
        else:
            held = held or Sentence(line.number, line.start)
            held.take(line, source.name)
            held.refuse_endless()
    if held:
        yield held


def read_conllu(source: InputFile) -> Iterator[Record]:
    """Yield an article for each document, which begins with `# newdoc`."""
    document: list[Sentence] = []
    size = 0
    line = None
    for found in sentences_of(source):
        if isinstance(found, Problem):
            yield found
            continue
        line = line or found.line
        if document and _begins_another(found, document[0]):
            yield from _article(document, source)
            document, size = [], 0
        document.append(found)
        size += sum(map(len, found.data))
        if size > limits.ARTICLE_BYTES:
            message = _("The document is longer than %(size)s MiB. Divide it by lines with # newdoc.")
            raise FileRefused(message % {"size": limits.ARTICLE_BYTES // limits.MIB}, line=document[0].line)
    if document:
        yield from _article(document, source)
        message = _("Kept are texts and sentences. Lemmas, parts of speech, features and dependencies are not.")
        yield Problem(source.name, line, "columns", "", message, is_rejection=False)


def _begins_another(sentence: Sentence, first: Sentence) -> bool:
    """Say whether a new document begins here. Some treebanks say so anew, with the same id, for each sentence."""
    stated = [each for each in sentence.comments if each[0].startswith("newdoc")]
    return bool(stated) and (stated[0][1] == "" or stated[0] not in first.comments)


def _article(document: list[Sentence], source: InputFile) -> Iterator[Record]:
    place = Place(source.name, document[0].line, source.path, is_one_of_many=True)
    text, spans = _text_of(document, place)
    about = dict(each for sentence in document for each in sentence.comments if _OF_DOCUMENT.match(each[0]))
    name = next((value for key, value in about.items() if key.startswith("newdoc") and value), "")
    metadata: dict[str, Any] = {key: value for key, value in about.items() if value}
    of_sentences = [
        {key: value for key, value in sentence.comments if key != "text" and not _OF_DOCUMENT.match(key)}
        for sentence in document
    ]
    if any(of_sentences):
        metadata["sentences"] = of_sentences
    fields = {
        "external_id": id_from_path(f"{source.path}#{name}" if name else source.path),
        "title": about.get("meta::title"),
        "text": text,
        "url": _url(about.get("meta::sourceURL", "")),
        "metadata": metadata,
    }
    data = b"".join(line for sentence in document for line in sentence.data)
    end = document[-1].start + sum(map(len, document[-1].data))
    found = read_fields(fields, place, raw_pointer(source, data, document[0].start, end))
    article = found[0]
    if isinstance(article, ImportedArticle):
        yield replace(article, sentences=tuple(spans))
        yield from found[1:]
    else:
        yield from found
    for sentence in document:
        yield from sentence.problems


def _text_of(document: list[Sentence], place: Place) -> tuple[str, list[tuple[int, int]]]:
    """Return the text of the document and the places of its sentences. New paragraphs begin after an empty line."""
    parts: list[str] = []
    spans: list[tuple[int, int]] = []
    length, between = 0, ""
    for sentence in document:
        words = sentence.rebuilt if sentence.stated is None else sentence.stated
        if sentence.stated not in (None, sentence.rebuilt) and not sentence.problems:
            message = _("The words put together are not what # text says; # text was taken.")
            place.remark("text", sentence.rebuilt, message)
        if not words:
            continue
        if parts and any(name.startswith("newpar") for name, _value in sentence.comments):
            between = "\n\n"
        parts += [between, words]
        length += len(between)
        spans.append((length, length + len(words)))
        length += len(words)
        between = " " if sentence.ends_with_space else ""
    return "".join(parts), spans


def _url(written: str) -> str | None:
    try:
        return check_source_url(written) if written else None
    except BadUrl:
        return None
