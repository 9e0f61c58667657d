"""passim's JSON Lines: the articles as documents that it reads, and the shared passages as clusters that it writes.

An article's series is its publisher, so that an outlet's own boilerplate is no reuse. What somebody rejected, and what
was linked by hand and is not confirmed, is in no cluster. The words of all clusters are held in memory.

`src` lists the passages that one was taken from, as far as that is known here; `pboiler` is the share of a cluster's
passages that were taken from another one of their own series, its first one not counted; where passim itself found the
cluster, its own figure is kept.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from hashlib import blake2b
from typing import Any

import orjson

from annotations.text.spans import Span

from .archive import archive
from .corpus import Corpus, Row, Shared

CARRIES = frozenset({"passages"})


def write(corpus: Corpus, write_bytes: Callable[[bytes], None]) -> None:
    """Write the archive: the articles first, then the passages in their clusters."""
    clusters = corpus.shared_passages()
    wanted: dict[str, list[Row]] = defaultdict(list)
    for n, shared in enumerate(clusters, start=1):
        spans = dict(shared.places)
        for name, span in shared.places:
            src = [_source(source, spans[source]) for source in shared.sources.get(name, ())]
            row = {"cluster": n, "size": len(spans), "begin": span.start, "end": span.end, "src": src}
            wanted[name].append(row)
    with archive(write_bytes) as made:
        with made.member("articles.jsonl") as write_lines:
            for article in corpus.articles():
                document = _document(article)
                write_lines(orjson.dumps(document) + b"\n")
                for row in wanted.get(article["external_id"], ()):
                    row |= _words(row, document)
        rows = [row for places in wanted.values() for row in places if "id" in row]
        _put_boilerplate(rows, clusters)
        with made.member("passages.jsonl") as write_lines:
            for row in sorted(rows, key=lambda each: (each["cluster"], each["date"] or "9", each["id"])):
                write_lines(orjson.dumps(row) + b"\n")


def _source(article: str, span: Span) -> Row:
    return {"uid": uid(article, span), "begin": span.start, "end": span.end}


def _put_boilerplate(rows: list[Row], clusters: list[Shared]) -> None:
    """Give each passage the share of its cluster's that were taken from one of the same series."""
    series = {row["id"]: row["series"] for row in rows}
    own = Counter(
        row["cluster"]
        for row in rows
        for sources in [clusters[row["cluster"] - 1].sources.get(row["id"], ())]
        if row["series"] is not None and any(series.get(source) == row["series"] for source in sources)
    )
    for row in rows:
        kept = clusters[row["cluster"] - 1].boilerplate_share
        row["pboiler"] = own[row["cluster"]] / (row["size"] - 1) if kept is None else kept


def _document(article: Row) -> Row:
    written = article["published_at"] or ""
    more = {"published_at": written if len(written) > 10 else None, "posted_at": article["posted_at"]}
    more |= {name: article[name] for name in ("url", "language")}
    return {
        "id": article["external_id"],
        "series": article["publisher"],
        "date": written[:10] or None,
        "title": article["title"],
        **{name: value for name, value in more.items() if value},
        "text": article.get("text", ""),
    }


def _words(row: Row, document: Row) -> dict[str, Any]:
    span = Span(row["begin"], row["end"])
    return {
        "uid": uid(document["id"], span),
        "id": document["id"],
        "series": document["series"],
        "date": document["date"],
        "text": span.text_of(document["text"]),
    }


def uid(article: str, span: Span) -> int:
    """Return the number of a passage, the same in every export.

    >>> uid("a", Span(0, 2)) == uid("a", Span(0, 2)), uid("a", Span(0, 2)) == uid("a", Span(0, 3))
    (True, False)
    """
    name = f"{article}\x1f{span.start}\x1f{span.end}".encode()
    return int.from_bytes(blake2b(name, digest_size=8).digest(), "big") >> 1
