"""WordPress exports (WXR: RSS 2.0 with WordPress's own elements), streamed post by post.

Published posts become articles. Drafts, pages and what else an export holds are left out and named.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, BinaryIO, cast

from django.utils.translation import gettext as _
from lxml import etree

from annotations.importers import limits
from annotations.importers.fields import Place, parse_date, unusable_sentence
from annotations.importers.json_items import unusable_value
from annotations.importers.markup import MarkedText, drop_unseen, parse_fragment, plain_words, read_tree
from annotations.importers.opening import InputFile
from annotations.importers.page_article import Stated, article_from_markup
from annotations.importers.records import FileRefused, ImportedArticle, Problem, RawPointer, rejected
from annotations.importers.safe_xml import stream_elements
from annotations.text.ids import id_from_path
from annotations.text.language import language_tag
from annotations.text.normalise import UnusableText, refuse_unusable
from annotations.text.urls import BadUrl, canonical_url, check_source_url

_POST = "post"
_PUBLISHED = "publish"
_LONGEST_LIST = 5_000
_LOOKS = re.compile(rb"<rss\b[^>]{0,4000}(?:wordpress\.org/export/|purl\.org/rss/1\.0/modules/content)", re.I)
_BLOCK = re.compile(
    r"</?(?:p|div|section|article|aside|header|footer|h[1-6]|blockquote|pre|figure|figcaption|table|thead|tbody|tr"
    r"|td|th|ul|ol|li|dl|dt|dd|hr|form|details|summary|address|script|style|iframe|!--)\b",
    re.I,
)
_HAS_PARAGRAPHS = re.compile(r"<p[\s>]|<!--\s+wp:", re.I)
_KEPT_WHOLE = re.compile(r"(<(pre|script|style|textarea)\b.*?</\2\s*>)", re.I | re.S)
_CAPTION = re.compile(r"\[caption\b[^\]]{0,1000}\](.*?)\[/caption\]", re.S)


def looks_like(source: InputFile) -> bool:
    """Say whether a file begins as an RSS feed with WordPress's elements."""
    return bool(_LOOKS.search(source.head))


def read(source: InputFile) -> Iterator[ImportedArticle | Problem]:
    """Yield the article of each published post; what else the export holds is a remark."""
    left_out: Counter[str] = Counter()
    with source.open() as opened:
        stream = _Counting(opened)
        before = 0
        site: Site | None = None
        try:
            for item in stream_elements(stream, "item"):  # type: ignore[arg-type]
                site = site or _site_of(item)
                raw = RawPointer(source.sha256, source.member, before, stream.given)
                yield from _records(item, source, raw, site, left_out)
                before = stream.behind()
        except FileRefused as refusal:
            yield refusal.as_problem(source.name)
    yield from _notice(left_out, source)


class _Counting:
    """A stream that knows how many bytes were taken from it."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.given = 0

    def read(self, size: int) -> bytes:
        data = self._stream.read(size)
        self.given += len(data)
        return data

    def behind(self) -> int:
        """Return a place that lies before all that the parser has not passed yet; it looks ahead in pieces."""
        return max(0, self.given - 2 * limits.HEAD_BYTES)


@dataclass(frozen=True, slots=True)
class Site:
    """What an export says before its first post. `names` has by login how a person is shown; e-mail is not kept."""

    title: str = ""
    language: str = ""
    names: dict[str, str] = field(default_factory=dict)


def _site_of(item: etree._Element) -> Site:
    facts: dict[str, str] = {}
    names: dict[str, str] = {}
    for element in item.itersiblings(preceding=True):
        name = etree.QName(element).localname
        if name == "author":
            found = {etree.QName(child).localname: _text(child).strip() for child in element}
            names[found.get("author_login", "")] = found.get("author_display_name", "")
        elif element.prefix is None and name in ("title", "language"):
            facts[name] = _text(element).strip()[:1000]
    return Site(names=names, **facts)


def _text(element: etree._Element) -> str:
    return "".join(map(str, element.itertext()))


def _fields(item: etree._Element) -> dict[str, str]:
    """Return the simple elements of a post; `content` and `excerpt` by their namespace, the first of each counts."""
    found: dict[str, str] = {}
    for child in item:
        name = etree.QName(child)
        local = name.localname
        if local == "encoded":
            local = "excerpt" if "excerpt" in (name.namespace or "") else "content"
        if len(child) == 0 and local != "category":
            found.setdefault(local, _text(child))
    return found


def _records(
    item: etree._Element,
    source: InputFile,
    raw: RawPointer,
    site: Site,
    left_out: Counter[str],
) -> Iterator[ImportedArticle | Problem]:
    fields = _fields(item)
    line = cast("int | None", item.sourceline)
    kind, status = fields.get("post_type") or _POST, fields.get("status") or _PUBLISHED
    if kind not in (_POST, "page"):
        left_out[kind[:50]] += 1
        return
    if kind != _POST or status != _PUBLISHED:
        message = _("Left out: of a WordPress export the published posts are read. This is a %(kind)s, %(status)s.")
        title = plain_words(fields.get("title", ""))[:200]
        values = {"kind": kind, "status": status[:40]}
        yield Problem(source.name, line, "status", title, message % values, is_rejection=False)
        return
    place = Place(source.name, line, source.path)
    article = _article(item, fields, raw, site, place)
    if article is not None:
        yield article
    yield from rejected(place.problems)
    yield from place.remarks if article is not None else ()


def _article(
    item: etree._Element,
    fields: dict[str, str],
    raw: RawPointer,
    site: Site,
    place: Place,
) -> ImportedArticle | None:
    url = _url(fields, place)
    marked = _content(fields, url, place)
    published_at = _date(fields, place)
    metadata = _metadata(item, fields)
    for name, value in metadata.items():
        sentence = unusable_value([name, value])
        if sentence:
            place.refuse(name, value, sentence)
    if marked is None or place.problems:
        return None
    creator = fields.get("creator", "").strip()
    return article_from_markup(
        marked,
        Stated(
            external_id=_external_id(fields, url, place.path),
            title=" ".join(plain_words(fields.get("title", "")).split())[: limits.TITLE_LENGTH],
            publisher=plain_words(site.title)[: limits.PUBLISHER_LENGTH],
            byline=(site.names.get(creator) or creator)[:200],
            published_at=published_at,
            posted_at=published_at,
            has_date=True,
            url=url,
            language=language_tag(site.language),
            metadata=metadata,
        ),
        raw,
        place,
    )


def _url(fields: dict[str, str], place: Place) -> str:
    link = fields.get("link", "").strip()
    if not link:
        return ""
    try:
        return check_source_url(link)
    except BadUrl as error:
        place.refuse("link", link, error.message)
        return ""


def _external_id(fields: dict[str, str], url: str, path: str) -> str:
    if url:
        return id_from_path(canonical_url(url))
    return id_from_path(fields.get("guid", "").strip() or f"{path}#{fields.get('post_id', '')}")


def _content(fields: dict[str, str], url: str, place: Place) -> MarkedText | None:
    content = fields.get("content", "")
    if fields.get("post_password", "").strip():
        place.refuse("post_password", "", _("The post is protected by a password."))
        return None
    if not content.strip():
        place.refuse("content:encoded", "", _("The post has no text."))
        return None
    try:
        refuse_unusable(content)
        tree = parse_fragment(in_paragraphs(_CAPTION.sub(r"<figure><figcaption>\1</figcaption></figure>", content)))
    except UnusableText as error:
        place.refuse("content:encoded", content[max(0, error.offset - 20) :][:40], unusable_sentence(error))
        return None
    except FileRefused as refusal:
        place.refuse("content:encoded", "", refusal.message)
        return None
    drop_unseen(tree)
    return read_tree(tree, url)


def in_paragraphs(content: str) -> str:
    """Return a post as WordPress shows it: where it has no paragraphs of its own, empty lines part them.

    >>> in_paragraphs("One\\ntwo\\n\\nThree")
    '<p>One<br>two</p>\\n<p>Three</p>'
    """
    if _HAS_PARAGRAPHS.search(content):
        return content
    pieces = []
    for number, part in enumerate(_KEPT_WHOLE.split(content.replace("\r\n", "\n").replace("\r", "\n"))):
        if number % 3 == 1:
            pieces.append(part)
        elif number % 3 == 0:
            pieces += [_paragraph(each) for each in re.split(r"\n[ \t]*\n\s*", part) if each.strip()]
    return "\n".join(pieces)


def _paragraph(piece: str) -> str:
    return piece if _BLOCK.match(piece.lstrip()) else f"<p>{piece.strip().replace(chr(10), '<br>')}</p>"


def _date(fields: dict[str, str], place: Place) -> Any:
    """Return the post's time in UTC, or its date where only local time is given."""
    in_gmt = fields.get("post_date_gmt", "").strip()
    if in_gmt and not in_gmt.startswith("0000"):
        try:
            clock = datetime.fromisoformat(in_gmt)
            return clock.replace(tzinfo=UTC) if clock.tzinfo is None else clock.astimezone(UTC)
        except (ValueError, OverflowError):
            message = _('"%(value)s" is not a date. Write YYYY-MM-DD.') % {"value": in_gmt[:40]}
            place.refuse("post_date_gmt", in_gmt, message)
            return None
    local = fields.get("post_date", "").strip()
    if local and not local.startswith("0000"):
        return parse_date(local)
    try:
        stated = parsedate_to_datetime(fields.get("pubDate", "").strip())
        return stated.astimezone(UTC) if stated.tzinfo and stated.year > 1 else None
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


_KEPT_ELSEWHERE = frozenset({"title", "link", "content", "post_password", "post_date_gmt"})


def _metadata(item: etree._Element, fields: dict[str, str]) -> dict[str, Any]:
    """Return what is not kept elsewhere: simple elements, categories and tags, fields of plugins.

    Comments are other people's words with their addresses; only their number is kept.
    """
    found: dict[str, Any] = {
        name: value for name, value in fields.items() if name not in _KEPT_ELSEWHERE and value.strip()
    }
    lists: dict[str, list[str]] = {}
    custom: dict[str, str] = {}
    n_comments = 0
    for child in item:
        local = etree.QName(child).localname
        if local == "category":
            domain = {"category": "categories", "post_tag": "tags"}.get(child.get("domain") or "category")
            lists.setdefault(domain or str(child.get("domain"))[:100], []).append(_text(child).strip())
        elif local == "postmeta":
            pair = {etree.QName(each).localname: _text(each) for each in child}
            if pair.get("meta_key") and len(custom) < _LONGEST_LIST:
                custom[pair["meta_key"][:200]] = pair.get("meta_value", "")
        elif local == "comment":
            n_comments += 1
    found |= {name: sorted(set(values)) for name, values in lists.items()}
    if custom:
        found["postmeta"] = custom
    if n_comments:
        found["n_comments"] = n_comments
    return found


def _notice(left_out: Counter[str], source: InputFile) -> Iterator[Problem]:
    for kind, count in sorted(left_out.items()):
        message = _("Left out: %(count)s of the type “%(kind)s”. Of a WordPress export the published posts are read.")
        yield Problem(source.name, None, "post_type", kind, message % {"count": count, "kind": kind}, False)
