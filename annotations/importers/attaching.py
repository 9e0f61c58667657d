"""Judgements that come apart from their articles: put onto the texts that the project has.

A record of the kind "annotation" is one annotation; one of the kind "judgements" has lists of `annotations`,
`relations` and `article_labels`, so that relations stay in one chunk with their ends. Either names its article by
`article` (external id, or the address that stands for it), `article_url`, or `text_sha256` (hex), which also picks
among an article's texts; `articles_beside` lists external ids to try where nothing else is found. The other fields are
those of the native format; an annotation without offsets, or with offsets where other words stand, is put where its
`quote` stands, told apart by `prefix` and `suffix`, then by its offsets.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from django.utils.translation import gettext as _

from annotations.models import Article, ArticleVersion
from annotations.text.anchoring import anchor
from annotations.text.urls import BadUrl, canonical_url, check_source_url, url_sha256
from annotations.workflow.differing import note_changed

from . import checking
from .checking import BadValue
from .context import Context
from .linking import write_beside
from .placing import Place, write_annotations
from .records import ImportedArticle, ImportedRecord, Problem
from .tally import Tally

ANNOTATION, JUDGEMENTS = "annotation", "judgements"
KINDS = frozenset({ANNOTATION, JUDGEMENTS})
LISTS = ("annotations", "relations", "article_labels")
_REFERENCES = ("article", "article_url", "articles_beside", "text_sha256")
_CODE_POINTS_AT_ONCE = 4_000_000


@dataclass(frozen=True, slots=True)
class Text:
    """A frozen text that the project has."""

    pk: int
    article: str
    sha256: bytes
    is_current: bool


@dataclass(slots=True)
class Texts:
    """The texts that the records of a chunk may mean, by what a record can name them by."""

    by_id: dict[str, list[Text]] = field(default_factory=lambda: defaultdict(list))
    by_url: dict[bytes, list[Text]] = field(default_factory=lambda: defaultdict(list))
    by_digest: dict[bytes, list[Text]] = field(default_factory=lambda: defaultdict(list))


def attach(records: Sequence[ImportedRecord], context: Context, tally: Tally) -> None:
    """Write the judgements of a chunk's records; what names no text here is left out and named."""
    if not records:
        return
    texts = _texts_of(records, context)
    meant: dict[int, list[ImportedRecord]] = defaultdict(list)
    for record in records:
        try:
            meant[_text_of(record.data, texts).pk].append(record)
        except BadValue as bad:
            _leave_out(record, bad, tally)
    places: list[Place] = []
    size = 0
    rows = ArticleVersion.objects.filter(pk__in=sorted(meant)).order_by("pk")
    found = rows.values_list("pk", "text", "length", "article__external_id")
    for pk, text, length, external_id in found.iterator(chunk_size=20):
        for record in meant[pk]:
            places += _places(record, external_id, text, pk, tally)
        size += length
        if size > _CODE_POINTS_AT_ONCE:
            _write(places, context, tally)
            places, size = [], 0
    _write(places, context, tally)


def _write(places: list[Place], context: Context, tally: Tally) -> None:
    if places:
        write_annotations(places, context, tally)
        write_beside(places, context, tally)
        note_changed((place.version_id for place in places), context.project.pk)


# Which text


def _texts_of(records: Iterable[ImportedRecord], context: Context) -> Texts:
    """Find all texts that may be meant; at most 3 queries."""
    ids, addresses, digests = set(), set(), set()
    for record in records:
        ids |= set(_ids(record.data))
        addresses |= set(_addresses(record.data))
        digest = _digest(record.data.get("text_sha256"))
        digests |= {digest} if digest else set()
    texts = Texts()
    articles = Article.objects.filter(project=context.project, merged_into__isnull=True)
    if ids:
        for row in _rows(articles.filter(external_id__in=ids)):
            texts.by_id[row.article].append(row)
    if addresses:
        pairs = articles.filter(url_sha256__in=addresses).values_list("external_id", "url_sha256")
        digest_of = {external_id: bytes(sha256) for external_id, sha256 in pairs if sha256}
        for row in _rows(articles.filter(external_id__in=digest_of)):
            texts.by_url[digest_of[row.article]].append(row)
    if digests:
        for row in _rows(articles.filter(versions__text_sha256__in=digests)):
            if row.sha256 in digests:
                texts.by_digest[row.sha256].append(row)
    return texts


def _rows(articles: Any) -> Iterator[Text]:
    rows = ArticleVersion.objects.filter(article__in=articles.values("pk")).order_by("-n")
    for pk, article, sha256, current in rows.values_list(
        "pk", "article__external_id", "text_sha256", "article__current_version_id"
    ):
        yield Text(pk, article, bytes(sha256), pk == current)


def _text_of(data: dict[str, Any], texts: Texts) -> Text:
    """Return the text that a record means. Raises `BadValue`."""
    digest = _digest(data.get("text_sha256"))
    named = [*_ids(data), *_addresses(data)]
    candidates = next((found for found in _found(data, texts) if found), [])
    if not candidates and digest and not named:
        candidates = texts.by_digest.get(digest, [])
    if not candidates:
        message = _("The project has no article of this id, address or hash. Import the article too.")
        raise BadValue("article", _shown_reference(data), message)
    if digest:
        candidates = [each for each in candidates if each.sha256 == digest]
        if not candidates:
            message = _("The article has another text than the one this was made on.")
            raise BadValue("text_sha256", data["text_sha256"], message)
    if len({each.article for each in candidates}) > 1:
        message = _("Several articles are meant by this. Name one by its external id in the field “article”.")
        raise BadValue("article", _shown_reference(data), message)
    return next((each for each in candidates if each.is_current), candidates[0])


def _found(data: dict[str, Any], texts: Texts) -> Iterator[list[Text]]:
    """Yield the texts by each way of naming them, the surest first."""
    if isinstance(data.get("article"), str):
        yield texts.by_id.get(data["article"], [])
    for address in _addresses(data):
        yield texts.by_url.get(address, [])
    beside = data.get("articles_beside")
    for external_id in beside if isinstance(beside, list) else []:
        yield texts.by_id.get(external_id, [])


def _ids(data: dict[str, Any]) -> list[str]:
    beside = data.get("articles_beside")
    return [each for each in (data.get("article"), *(beside if isinstance(beside, list) else ())) if _is_id(each)]


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 500 and "\x00" not in value


def _addresses(data: dict[str, Any]) -> Iterator[bytes]:
    """Yield the hash of each web address that names the article."""
    for name in ("article_url", "article"):
        value = data.get(name)
        if isinstance(value, str) and value.startswith(("http://", "https://", "HTTP")):
            try:
                yield url_sha256(canonical_url(check_source_url(value)))
            except BadUrl:
                continue


def _digest(value: Any) -> bytes | None:
    try:
        digest = bytes.fromhex(value) if isinstance(value, str) else b""
    except ValueError:
        return None
    return digest if len(digest) == 32 else None


def _shown_reference(data: dict[str, Any]) -> str:
    return str(next((data[name] for name in ("article", "article_url", "text_sha256") if data.get(name)), ""))


# Which place


def _places(record: ImportedRecord, external_id: str, text: str, pk: int, tally: Tally) -> Iterator[Place]:
    """Yield a place for each line of the file: its problems then name the line."""
    data = record.data
    given = {"annotations": [_without_references(data)]} if record.kind == ANNOTATION else data
    for name in LISTS:
        for row in _listed(given, name, record, tally):
            try:
                values = _anchored(row, text, record, tally) if name == "annotations" else row
            except BadValue as bad:
                _leave_out(record, bad, tally, name)
                continue
            line, lists = row.get("line"), cast(Any, {name: (values,)})
            article = ImportedArticle(
                external_id=external_id,
                title="",
                text=text,
                file=record.file,
                line=line if isinstance(line, int) else record.line,
                **lists,
            )
            yield Place(pk, len(text), article)


def _without_references(data: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name not in _REFERENCES}


def _listed(given: dict[str, Any], name: str, record: ImportedRecord, tally: Tally) -> list[dict[str, Any]]:
    try:
        return checking.listed(given, name)
    except BadValue as bad:
        _leave_out(record, bad, tally, name)
        return []


def _anchored(row: dict[str, Any], text: str, record: ImportedRecord, tally: Tally) -> dict[str, Any]:
    """Return an annotation with the span it has in the text. Raises `BadValue`."""
    exact, start, end = row.get("quote"), row.get("start"), row.get("end")
    if row.get("fragments") or not isinstance(exact, str) or not exact:
        return row
    if isinstance(start, int) and isinstance(end, int) and 0 <= start < end and text[start:end] == exact:
        return row
    near = start if isinstance(start, int) else None
    found = anchor(text, exact, _context(row, "prefix"), _context(row, "suffix"), near=near)
    if found.span is None:
        raise BadValue("quote", exact, _not_found(found.n_places))
    if start is not None:
        message = _("At these offsets stand other words; the annotation was put where its quote stands, at %(start)s.")
        tally.take(_problem(record, "start", str(start), message % {"start": found.span.start}, row))
    words = found.span.text_of(text)
    return {**row, "start": found.span.start, "end": found.span.end, "quote": words}


def _context(row: dict[str, Any], name: str) -> str:
    value = row.get(name)
    return value if isinstance(value, str) else ""


def _not_found(n_places: int) -> str:
    if n_places == 0:
        return _("These words do not stand in the text of the article.")
    message = _(
        "These words stand at %(n)s places of the text, and nothing tells which is meant. Give prefix or suffix."
    )
    return message % {"n": n_places}


def _problem(record: ImportedRecord, name: str, value: str, message: str, row: dict[str, Any] | None = None) -> Problem:
    line = (row or {}).get("line")
    return Problem(
        record.file, line if isinstance(line, int) else record.line, name, value, message, is_rejection=False
    )


def _leave_out(record: ImportedRecord, bad: BadValue, tally: Tally, name: str = "annotations") -> None:
    tally.leave_out(name, _problem(record, bad.field, bad.value, bad.message))
