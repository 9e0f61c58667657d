"""Posts as the WordPress REST interface gives them: one or a list; the whole of `content.rendered` is the text."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext as _

from annotations.importers import limits
from annotations.importers.composing import raw_pointer
from annotations.importers.fields import Place, parse_date, unusable_sentence
from annotations.importers.json_items import Item, unusable_value
from annotations.importers.markup import MarkedText, drop_unseen, parse_fragment, plain_words, read_tree
from annotations.importers.native import items_of, parsed
from annotations.importers.opening import InputFile
from annotations.importers.page_article import Stated, article_from_markup
from annotations.importers.records import FileRefused, ImportedArticle, Problem, rejected
from annotations.text.ids import id_from_path
from annotations.text.language import language_tag
from annotations.text.normalise import UnusableText, refuse_unusable
from annotations.text.urls import BadUrl, canonical_url, check_source_url


def read(source: InputFile) -> Iterator[ImportedArticle | Problem]:
    """Yield the article of each post."""
    for item in items_of(source):
        if isinstance(item, Problem):
            yield item
            continue
        post = parsed(item, source.name)
        if isinstance(post, Problem):
            yield post
            continue
        place = Place(source.name, item.line, source.path)
        article = _article(post, item, source, place)
        if article is not None:
            yield article
        yield from rejected(place.problems)


def _article(post: dict[str, Any], item: Item, source: InputFile, place: Place) -> ImportedArticle | None:
    url = _url(post, place)
    title = " ".join(plain_words(_rendered(post, "title")).split())[: limits.TITLE_LENGTH]
    marked = _content(post, url, place)
    published_at = _date(post, place)
    metadata = _metadata(post, place)
    if marked is None or place.problems:
        return None
    return article_from_markup(
        marked,
        Stated(
            external_id=_external_id(post, url, place.path),
            title=title,
            publisher=_site_name(post),
            byline=_author(post),
            published_at=published_at,
            posted_at=published_at,
            has_date=True,
            url=url,
            language=_language(post),
            metadata=metadata,
        ),
        raw_pointer(source, item.data, item.start),
        place,
    )


def _rendered(post: dict[str, Any], name: str) -> str:
    """Return the HTML of a field, which is an object with `rendered`, or a string in some exports."""
    value = post.get(name)
    if isinstance(value, dict):
        value = value.get("rendered") or value.get("raw")
    return value if isinstance(value, str) else ""


def _content(post: dict[str, Any], url: str, place: Place) -> MarkedText | None:
    fragment = _rendered(post, "content")
    content = post.get("content")
    if not fragment.strip():
        is_protected = isinstance(content, dict) and content.get("protected")
        message = _("The post is protected by a password.") if is_protected else _("The post has no text.")
        place.refuse("content.rendered", content, message)
        return None
    try:
        refuse_unusable(fragment)
        tree = parse_fragment(fragment)
    except UnusableText as error:
        place.refuse("content.rendered", fragment[max(0, error.offset - 20) :][:40], unusable_sentence(error))
        return None
    except FileRefused as refusal:
        place.refuse("content.rendered", "", refusal.message)
        return None
    drop_unseen(tree)
    return read_tree(tree, url)


def _url(post: dict[str, Any], place: Place) -> str:
    link = post.get("link")
    if link in (None, ""):
        return ""
    try:
        return check_source_url(link if isinstance(link, str) else "")
    except BadUrl as error:
        place.refuse("link", link, error.message)
        return ""


def _external_id(post: dict[str, Any], url: str, path: str) -> str:
    if url:
        return id_from_path(canonical_url(url))
    name = _rendered(post, "guid") or f"{path}#{post.get('id', '')}"
    return id_from_path(name)


def _date(post: dict[str, Any], place: Place) -> Any:
    """Return the post's time in UTC, or its date where only local time is given."""
    stated = post.get("date_gmt") or post.get("date")
    if stated in (None, "") or str(stated).startswith("0000"):
        return None
    found = parse_date(stated) if isinstance(stated, str) else None
    if found is None:
        message = _('"%(value)s" is not a date. Write YYYY-MM-DD.') % {"value": str(stated)[:40]}
        place.refuse("date_gmt" if post.get("date_gmt") else "date", stated, message)
        return None
    if post.get("date_gmt"):
        return _in_gmt(str(stated)) or found
    return found


def _in_gmt(stated: str) -> datetime | None:
    try:
        clock = datetime.fromisoformat(stated)
    except ValueError:
        return None
    return clock.replace(tzinfo=UTC) if clock.tzinfo is None else clock.astimezone(UTC)


def _site_name(post: dict[str, Any]) -> str:
    """Return the site's name where the data states it; WordPress itself does not."""
    head = post.get("yoast_head_json")
    stated = head.get("og_site_name") if isinstance(head, dict) else None
    value = stated or post.get("site_name")
    return plain_words(value)[: limits.PUBLISHER_LENGTH] if isinstance(value, str) else ""


def _author(post: dict[str, Any]) -> str:
    embedded = post.get("_embedded")
    authors = embedded.get("author") if isinstance(embedded, dict) else None
    first = authors[0] if isinstance(authors, list) and authors else None
    name = first.get("name") if isinstance(first, dict) else None
    return plain_words(name) if isinstance(name, str) else ""


def _language(post: dict[str, Any]) -> str | None:
    head = post.get("yoast_head_json")
    stated = post.get("lang") or (head.get("og_locale") if isinstance(head, dict) else None)
    return language_tag(stated) if isinstance(stated, str) else None


def _metadata(post: dict[str, Any], place: Place) -> dict[str, Any]:
    """Return the fields that are not kept elsewhere."""
    kept = {name: value for name, value in post.items() if name not in ("title", "content", "link")}
    for name, value in kept.items():
        sentence = unusable_value([name, value])
        if sentence:
            place.refuse(name, value, sentence)
    return kept
