"""Originals that are not in the corpus: sources that texts name where a passage stands, each a node of its own.

A wire report that three outlets cite is one node, and what they have of it hangs from it. A source is named by the
excerpt around the passage, by a citation marker behind it, or by a link in its paragraph or those beside it. It is held
where an article has its address, or is of its publisher, or where one may see a capture of it.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from annotations.access import hides_outlets, visible_to
from annotations.models import Article, ArticleVersion, Capture, Membership, Region, TextLink
from annotations.text.spans import Span
from annotations.text.urls import canonical_url, url_sha256

NODES = uuid.UUID("5d2a3f0a-90f7-4b55-b0a5-8a2b1de0b7a4")
NEAR = 400
"""So many code points around a passage a link or a marker still stands by it."""
Stretch = tuple[int, Span]
"""A stretch of a text: the version's id and the span."""


@dataclass(slots=True)
class Missing:
    """A source that is not held: its key in the project, what it is called, and the texts that name it."""

    key: uuid.UUID
    name: str
    url: str
    cited_by: list[ArticleVersion] = field(default_factory=list)


def missing_originals(groups: Sequence[Sequence[Stretch]], by: Membership) -> list[list[Missing]]:
    """Return, for each passage, the named sources that are not held, those of most texts first; at most 6 queries.

    Nothing where outlets are hidden from the membership: they would be told by it.
    """
    versions = {version for group in groups for version, _span in group}
    if not versions or hides_outlets(by):
        return [[] for _group in groups]
    named = _named(versions)
    if not named:
        return [[] for _group in groups]
    rows = ArticleVersion.objects.select_related("article").defer("text").in_bulk(named)
    held_urls, held_publishers = _held(named, by)
    return [_of_group(group, named, rows, held_urls, held_publishers, by) for group in groups]


Source = tuple[int | None, str, str]
"""What names a source: the publisher's id, its name, and the address."""
Named = dict[int, list[tuple[int, int, Source]]]


def _named(versions: set[int]) -> Named:
    found: Named = defaultdict(list)
    kinds = (Region.Kind.EXCERPT, Region.Kind.CITATION_MARKER)
    zones = Region.objects.filter(version__in=versions, kind__in=kinds, withdrawn_at__isnull=True).order_by("pk")
    for version, kind, start, end, publisher, name, url in zones.values_list(
        "version_id", "kind", "start", "end", "publisher_id", "publisher__name", "url"
    ):
        if publisher or url:
            near = 0 if kind == Region.Kind.EXCERPT else NEAR
            found[version].append((start - near, end, (publisher, name or "", url)))
    links = TextLink.objects.filter(version__in=versions).order_by("pk")
    for version, start, end, url in links.values_list("version_id", "start", "end", "url"):
        found[version].append((start - NEAR, end + NEAR, (None, "", url)))
    return found


def _digest(url: str) -> bytes:
    return url_sha256(canonical_url(url))


def _held(named: Named, by: Membership) -> tuple[set[bytes], set[int]]:
    sources = [source for rows in named.values() for _start, _end, source in rows]
    urls = {_digest(url) for _publisher, _name, url in sources if url}
    publishers = {publisher for publisher, _name, _url in sources if publisher}
    articles = Article.objects.filter(project_id=by.project_id, merged_into__isnull=True)
    captures = visible_to(by, Capture.objects.filter(source__url_sha256__in=urls, length__gt=0))
    known = {bytes(url) for url in articles.filter(url_sha256__in=urls).values_list("url_sha256", flat=True) if url}
    known |= {bytes(url) for url in captures.values_list("source__url_sha256", flat=True)}
    of = articles.filter(publisher__in=publishers).values_list("publisher_id", flat=True).distinct()
    return known, {pk for pk in of if pk is not None}


def _of_group(
    group: Sequence[Stretch],
    named: Named,
    rows: dict[int, ArticleVersion],
    held_urls: set[bytes],
    held_publishers: set[int],
    by: Membership,
) -> list[Missing]:
    found: dict[uuid.UUID, Missing] = {}
    for version, span in group:
        row = rows.get(version)
        for start, end, (publisher, name, url) in named.get(version, ()):
            if row is None or not (start < span.end and span.start < end):
                continue
            is_own = publisher is not None and publisher == row.article.publisher_id
            is_held = (publisher in held_publishers) or (bool(url) and _digest(url) in held_urls)
            if is_own or is_held:
                continue
            known_as = name or urlsplit(url).hostname or url
            key = uuid.uuid5(NODES, f"{by.project_id}/{url and _digest(url).hex()}/{name if not url else ''}")
            node = found.setdefault(key, Missing(key, known_as, url))
            if row not in node.cited_by:
                node.cited_by.append(row)
    return sorted(found.values(), key=lambda node: (-len(node.cited_by), node.name, node.url))
