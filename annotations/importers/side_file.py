"""DOC.article.json, which our own exports put beside a text: what its format has no place for, and whose work it is."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from annotations.importers.attaching import JUDGEMENTS, LISTS
from annotations.importers.fields import Place
from annotations.importers.json_items import BrokenJson, parse
from annotations.importers.opening import InputFile
from annotations.importers.plain_text import read_whole
from annotations.importers.records import ImportedArticle, ImportedRecord
from annotations.text.spans import text_sha256

SUFFIX = ".article.json"
Row = dict[str, Any]


def stem_of(path: str) -> str:
    """Return a path without its suffix, or without that of a side file.

    >>> stem_of("ada/a.b.txt"), stem_of("ada/a.b.article.json")
    ('ada/a.b', 'ada/a.b')
    """
    return path.removesuffix(SUFFIX if path.endswith(SUFFIX) else PurePosixPath(path).suffix)


def is_side_file(source: InputFile, *suffixes: str) -> bool:
    """Say whether a file is the side file of one that ends in a suffix."""
    return source.path.endswith(SUFFIX) and any(
        source.beside(stem_of(source.path) + suffix) is not None for suffix in suffixes
    )


def read_about(source: InputFile, place: Place) -> Row:
    """Return what the side file of a text says; {} where there is none."""
    found = source.beside(stem_of(source.path) + SUFFIX)
    if found is None:
        return {}
    try:
        value = parse(read_whole(found))
    except BrokenJson as broken:
        place.remark("article", found.path, broken.message)
        return {}
    return value if isinstance(value, dict) else {}


def stated_in(about: Row) -> Row:
    """Return the fields of the article that a side file states."""
    stated = about.get("article")
    return stated if isinstance(stated, dict) else {}


def owner_in(about: Row) -> Row:
    """Return whose work it is and in which layer, where a side file says so."""
    annotator, layer = about.get("annotator"), about.get("layer")
    return {"annotator": annotator if isinstance(annotator, str) else ""} | (
        {"layer": layer} if layer in ("annotator", "gold", "imported") else {}
    )


def as_told(article: ImportedArticle, about: Row) -> ImportedArticle | ImportedRecord:
    """Return the article; of a further copy its judgements alone, for the article that the same export holds."""
    if about.get("is_copy") is not True:
        return article
    data = {"article": article.external_id, "text_sha256": text_sha256(article.text).hex()}
    judgements = {name: list(getattr(article, name)) for name in LISTS}
    return ImportedRecord(JUDGEMENTS, data | judgements, article.file, None)
