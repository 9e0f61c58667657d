"""The formats that can be read, by name, and the one way in: from paths to records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from annotations.importers import (
    averitec,
    brat,
    claimreview,
    conll,
    csv,
    doccano,
    fever,
    html,
    label_studio,
    native,
    parquet,
    passim,
    plain_text,
    scifact,
    spacy,
    uima_xmi,
    w3c,
    webanno_tsv,
    wordpress,
    wxr,
)
from annotations.importers.columns import Column, columns_of_json
from annotations.importers.guess import UNKNOWN_XML, guess_format
from annotations.importers.opening import Find, InputFile, Upload, open_inputs, refuse_binary
from annotations.importers.records import CapturedFile, FileRefused, Problem, Record
from annotations.importers.repeated import refuse_repeated
from annotations.importers.texts_apart import TextsApart
from annotations.text.captured_files import digest_in

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

Reader = Callable[..., Iterator[Record]]


@dataclass(frozen=True, slots=True)
class Format:
    """A format that can be read: its name in commands, addresses and files, and what a person reads of it.

    `read` takes an `InputFile`, and `names` (the map of its columns or fields to ours) where there are `columns`: they
    tell what a file has to be mapped. It takes `texts` (those that come apart from their articles) where `takes_texts`.
    `looks_like` tells from a file's name and beginning, and from what lies beside it, that it has this format;
    formats without one are told apart by `guess.py`. `extra` is the optional dependency that it needs.
    `is_binary` says that its files need not be text.
    """

    name: str
    title: StrPromise
    read: Reader
    columns: Callable[[InputFile], list[Column]] | None = None
    takes_texts: bool = False
    looks_like: Callable[[InputFile], bool] | None = None
    extra: str = ""
    is_binary: bool = False


FORMATS = (
    Format(
        "native",
        gettext_lazy("Claim Workbench: JSON or JSON Lines"),
        native.read,
        columns=columns_of_json,
        takes_texts=True,
    ),
    Format("csv", gettext_lazy("CSV or TSV"), csv.read, columns=csv.columns),
    Format("text", gettext_lazy("plain text, a file an article"), plain_text.read),
    Format("html", gettext_lazy("web pages"), html.read),
    Format("wordpress", gettext_lazy("WordPress posts, REST JSON"), wordpress.read),
    Format("wxr", gettext_lazy("WordPress export, WXR"), wxr.read, looks_like=wxr.looks_like),
    Format(
        "claimreview",
        gettext_lazy("ClaimReview of schema.org, JSON-LD"),
        claimreview.read,
        looks_like=claimreview.looks_like,
    ),
    Format("webanno-tsv", gettext_lazy("WebAnno TSV 3"), webanno_tsv.read, looks_like=webanno_tsv.looks_like),
    Format("w3c", gettext_lazy("Web Annotations, JSON-LD"), w3c.read, looks_like=w3c.looks_like),
    Format("uima-xmi", gettext_lazy("UIMA CAS: XMI, JSON"), uima_xmi.read, looks_like=uima_xmi.looks_like, extra="cas"),
    Format("brat", gettext_lazy("brat: .txt with .ann"), brat.read, looks_like=brat.looks_like),
    Format(
        "doccano",
        gettext_lazy("doccano, JSON Lines"),
        doccano.read,
        columns=columns_of_json,
        looks_like=doccano.looks_like,
    ),
    Format("fever", gettext_lazy("FEVER: claims and pages"), fever.read, looks_like=fever.looks_like),
    Format("averitec", gettext_lazy("AVeriTeC: claims with questions"), averitec.read, looks_like=averitec.looks_like),
    Format("scifact", gettext_lazy("SciFact: claims and abstracts"), scifact.read, looks_like=scifact.looks_like),
    Format(
        "passim",
        gettext_lazy("passim: articles and the passages they share"),
        passim.read,
        looks_like=passim.looks_like,
    ),
    Format(
        "spacy",
        gettext_lazy("spaCy: DocBin, Prodigy's JSON Lines, pairs of text and labels"),
        spacy.read,
        columns=spacy.columns,
        looks_like=spacy.looks_like,
        extra="spacy",
        is_binary=True,
    ),
    Format(
        "parquet",
        gettext_lazy("Parquet with a text column"),
        parquet.read,
        columns=parquet.columns,
        looks_like=parquet.looks_like,
        extra="parquet",
        is_binary=True,
    ),
    Format("conll", gettext_lazy("CoNLL: 2003, BIO, CoNLL-U"), conll.read, looks_like=conll.looks_like),
    Format(
        "label-studio",
        gettext_lazy("Label Studio, JSON"),
        label_studio.read,
        columns=label_studio.columns,
        looks_like=label_studio.looks_like,
    ),
)
"""Every format that can be read; in this order those with `looks_like` are asked about a file."""
READERS: dict[str, Format] = {each.name: each for each in FORMATS}


def read_inputs(
    paths: Iterable[str | Path | Upload],
    *,
    format_name: str | None = None,
    names: Mapping[str, str] | None = None,
    find: Find | None = None,
    texts: TextsApart | None = None,
) -> Iterator[Record]:
    """Yield the records of files, folders and archives. Left out, the format is guessed for each file.

    `find` gives an upload by its name, for formats that need two files. `texts` are for articles that come without.
    """
    opened = open_inputs(paths, find) if find else open_inputs(paths)
    found = (
        record
        for source in opened
        for record in ([source] if isinstance(source, Problem) else _records(source, format_name, names, texts))
    )
    return refuse_repeated(found)


def _records(
    source: InputFile, format_name: str | None, names: Mapping[str, str] | None, texts: TextsApart | None
) -> Iterator[Record]:
    captured = captured_file(source)
    return iter([captured]) if captured else read_input(source, format_name, names, texts)


def captured_file(source: InputFile) -> CapturedFile | None:
    """Return a file as what was captured of a source, where its path says that it is that."""
    sha256 = digest_in(source.path)
    return CapturedFile(sha256, source.name, source.open) if sha256 else None


def read_input(
    source: InputFile,
    format_name: str | None = None,
    names: Mapping[str, str] | None = None,
    texts: TextsApart | None = None,
) -> Iterator[Record]:
    """Yield the records of one file; what cannot be read of it becomes a Problem."""
    try:
        name = format_name or format_of(source)
        reader = _reader(name, names, texts)
        if not READERS[name].is_binary:
            refuse_binary(source)
        yield from reader(source)
    except FileRefused as refusal:
        yield refusal.as_problem(source.name)


def format_of(source: InputFile) -> str:
    """Return the name of the format that a file seems to have."""
    for each in FORMATS:
        if each.looks_like is not None and each.looks_like(source):
            return each.name
    return guess_format(source.path, source.head)


def _reader(name: str, names: Mapping[str, str] | None, texts: TextsApart | None) -> Reader:
    if name == UNKNOWN_XML:
        raise FileRefused(_("XML of this kind is not read. To have it with its tags, name the format: text."))
    if name not in READERS:
        message = _("There is no format of this name. Name one of: %s.") % ", ".join(sorted(READERS))
        raise FileRefused(message, field="format", value=name)
    found = READERS[name]
    options: dict[str, Any] = {"names": names} if names and found.columns else {}
    if texts is not None and found.takes_texts:
        options["texts"] = texts
    return partial(found.read, **options) if options else found.read
