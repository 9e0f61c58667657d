"""The formats that can be written, by name: what each is called, what it carries, and what writes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from annotations.errors import Refused

from . import (
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
    scifact,
    spacy,
    text,
    uima_xmi,
    w3c,
    webanno_tsv,
)
from .corpus import Corpus
from .losses import EVERYTHING

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

Write = Callable[[bytes], None]
Writer = Callable[[Corpus, Write], None]


@dataclass(frozen=True, slots=True)
class Format:
    """A format that can be written: its name in commands and addresses, and what a person reads of it.

    `write` streams the corpus's records into bytes of a file that ends in `suffix`. `carries` names the FEATURES it has
    a place for; all others are counted as lost. `extra` is the optional dependency that it needs. `can_lack_texts` says
    whether the records may come without texts and quotes.
    """

    name: str
    title: StrPromise
    suffix: str
    write: Writer
    carries: frozenset[str] = EVERYTHING
    extra: str = ""
    can_lack_texts: bool = False


FORMATS = (
    Format(
        "native",
        gettext_lazy("Claim Workbench: JSON Lines, everything"),
        ".jsonl",
        native.write_lines,
        can_lack_texts=True,
    ),
    Format("doccano", gettext_lazy("doccano, JSON Lines"), ".jsonl", doccano.write, doccano.CARRIES),
    Format("label-studio", gettext_lazy("Label Studio, JSON"), ".json", label_studio.write, label_studio.CARRIES),
    Format("csv", gettext_lazy("CSV tables in a .zip"), ".zip", csv.write, csv.CARRIES),
    Format("tsv", gettext_lazy("TSV tables in a .zip"), ".zip", csv.write_tsv, csv.CARRIES),
    Format("text", gettext_lazy("plain texts in a .zip"), ".zip", text.write, text.CARRIES),
    Format("html", gettext_lazy("pages to read, spans marked, in a .zip"), ".zip", html.write, html.CARRIES),
    Format("spacy", gettext_lazy("spaCy, DocBin in a .zip"), ".zip", spacy.write, spacy.CARRIES, extra="spacy"),
    Format(
        "parquet",
        gettext_lazy("Parquet in Hugging Face's layout, in a .zip"),
        ".zip",
        parquet.write,
        parquet.CARRIES,
        extra="parquet",
    ),
    Format("conll", gettext_lazy("CoNLL-2003 (IOB2) with offsets beside"), ".zip", conll.write, conll.CARRIES),
    Format("fever", gettext_lazy("FEVER: claims and pages"), ".zip", fever.write, fever.CARRIES),
    Format("averitec", gettext_lazy("AVeriTeC: claims with questions"), ".json", averitec.write, averitec.CARRIES),
    Format(
        "claimreview",
        gettext_lazy("ClaimReview of schema.org, JSON-LD: verdicts"),
        ".jsonld",
        claimreview.write,
        claimreview.CARRIES,
    ),
    Format("scifact", gettext_lazy("SciFact: claims and abstracts"), ".zip", scifact.write, scifact.CARRIES),
    Format(
        "passim", gettext_lazy("passim: articles and the passages they share"), ".zip", passim.write, passim.CARRIES
    ),
    Format("brat", gettext_lazy("brat: .txt with .ann"), ".zip", brat.write, brat.CARRIES),
    Format("w3c", gettext_lazy("Web Annotations, JSON-LD"), ".jsonld", w3c.write, w3c.CARRIES),
    Format("uima-xmi", gettext_lazy("UIMA CAS XMI"), ".zip", uima_xmi.write, uima_xmi.CARRIES, extra="cas"),
    Format("webanno-tsv", gettext_lazy("WebAnno TSV 3.3"), ".zip", webanno_tsv.write, webanno_tsv.CARRIES),
)
"""Every format that can be written, as they are offered."""
WRITERS: dict[str, Format] = {each.name: each for each in FORMATS}
AS_OBJECT = Format(
    "native", gettext_lazy("Claim Workbench: one JSON object"), ".json", native.write_object, can_lack_texts=True
)
WITH_FILES = Format(
    "native",
    gettext_lazy("Claim Workbench: JSON Lines with the files of captures"),
    ".zip",
    native.write_with_files,
    EVERYTHING | {"capture_files"},
)


def format_named(name: str, *, as_json_object: bool = False, with_files: bool = False) -> Format:
    """Find a format by its name. Raises `Refused`."""
    if name not in WRITERS:
        message = _("“%(name)s” is no format that can be exported. Name one of: %(all)s.")
        raise Refused(
            "format_unknown", message % {"name": name[:40], "all": ", ".join(sorted(WRITERS))}, field="format"
        )
    if name == "native" and with_files:
        return WITH_FILES
    return AS_OBJECT if name == "native" and as_json_object else WRITERS[name]
