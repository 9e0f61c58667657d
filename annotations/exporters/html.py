"""Pages to read in a .zip: one an article, its spans marked, everything in the page itself and no script.

Spans that overlap are cut at each other's ends: every piece of text stands in one <mark> for each span over it.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from html import escape
from typing import Any

from annotations.text.blocks import blocks

from .archive import archive
from .corpus import Corpus, Row
from .label_names import LabelNames
from .text import FileNames, Index

CARRIES = frozenset({"annotations", "annotators", "fragments", "overlaps", "notes", "links", "layers"})
_IN_MEMORY = 1024 * 1024
_COLOUR = re.compile(r"#[0-9a-fA-F]{3,8}")
_LANGUAGE = re.compile(r"[A-Za-z0-9-]{1,35}")
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_STYLE = """
:root { color-scheme: light dark; }
body { font: 1.1rem/1.6 Georgia, serif; max-width: 42rem; margin: 2rem auto; padding: 0 1rem; }
article[data-facts]::before { content: attr(data-facts); display: block; font: 0.85rem sans-serif; opacity: 0.7; }
h1 { line-height: 1.25; }
mark { color: inherit; background: color-mix(in srgb, var(--label, #f2c14e) 25%, transparent);
  border-bottom: 2px solid var(--label, #f2c14e); padding-bottom: 1px; }
mark mark { padding-bottom: 4px; }
mark.last::after { content: attr(data-label); font: 0.65rem sans-serif; vertical-align: super; opacity: 0.8;
  padding-left: 0.15em; }
"""


def write(corpus: Corpus, write_bytes: Callable[[bytes], None]) -> None:
    """Write the archive; the index waits in a scratch file until the pages are written."""
    header = corpus.header()
    names, style = LabelNames.of(header), _STYLE + _colours(header)
    files = FileNames(".html")
    with archive(write_bytes) as made, tempfile.SpooledTemporaryFile(_IN_MEMORY) as waiting:
        index = Index(waiting.write)
        for article in corpus.articles():
            name = files.for_article(article)
            made.add(name, "".join(_page(article, names, style)).encode())
            index.add(name, article)
        waiting.seek(0)
        with made.member("index.csv") as write_member:
            for part in iter(partial(waiting.read, _IN_MEMORY), b""):
                write_member(part)


def _colours(header: Row) -> str:
    label_set = header["label_set"] or {"labels": [], "former_labels": []}
    rules = [
        f'mark[data-key="{label["key"]}"] {{ --label: {label["color"]}; }}'
        for label in [*label_set["labels"], *label_set["former_labels"]]
        if _COLOUR.fullmatch(label.get("color") or "") and re.fullmatch(r"\w+", label["key"])
    ]
    return "\n".join([*rules, ""])


def _page(article: Row, names: LabelNames, style: str) -> Iterator[str]:
    language = article["language"] if _LANGUAGE.fullmatch(article["language"] or "") else ""
    yield f'<!doctype html>\n<html lang="{language}" dir="{escape(article["direction"])}">\n<head>\n'
    yield '<meta charset="utf-8">\n'
    yield f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
    yield '<meta name="viewport" content="width=device-width">\n<meta name="referrer" content="no-referrer">\n'
    yield f"<title>{escape(article['title'])}</title>\n"
    if article["publisher"]:
        yield f'<meta property="og:site_name" content="{escape(article["publisher"])}">\n'
    if article["published_at"]:
        yield f'<meta property="article:published_time" content="{escape(article["published_at"])}">\n'
    if article["url"]:
        yield f'<link rel="canonical" href="{escape(article["url"])}">\n'
    facts = " · ".join(filter(None, (article["publisher"], article["published_at"], article["url"])))
    yield f'<style>{style}</style>\n</head>\n<body>\n<article data-facts="{escape(facts)}">\n'
    yield from _paragraphs(article, names)
    yield "</article>\n</body>\n</html>\n"


def _paragraphs(article: Row, names: LabelNames) -> Iterator[str]:
    text, title = article.get("text", ""), article["title"]
    parts = _Parts(article, names)
    for block in blocks(text):
        is_title = block.n == 0 and " ".join(text[block.start : block.end].split()) == " ".join(title.split())
        tag = "h1" if is_title else "p"
        yield f"<{tag}>{''.join(parts.within(block.start, block.end))}</{tag}>\n"


class _Parts:
    """The pieces of one text between all places where a span or a link begins or ends."""

    def __init__(self, article: Row, names: LabelNames) -> None:
        self._text = article.get("text", "")
        self._names = names
        opened: list[tuple[int, int, int, str, Row]] = []
        for row in article["annotations"]:
            for part in row.get("fragments") or (row,):
                opened.append((part["start"], -part["end"], 1, row["key"], row))
        opened += [(link["start"], -link["end"], 0, link["url"], link) for link in article["links"]]
        self._waiting = sorted(opened, key=lambda each: each[:4], reverse=True)
        self._over: list[tuple[int, int, int, str, Row]] = []

    def within(self, start: int, end: int) -> Iterator[str]:
        """Yield the pieces of a paragraph; paragraphs are asked for in order."""
        at = start
        while at < end:
            while self._waiting and self._waiting[-1][0] <= at:
                self._over.append(self._waiting.pop())
            self._over = [each for each in self._over if -each[1] > at]
            stop = min([end, *(-each[1] for each in self._over), *(each[0] for each in self._waiting[-1:])])
            yield self._piece(at, stop)
            at = stop

    def _piece(self, start: int, stop: int) -> str:
        words = escape(self._text[start:stop]).replace("\n", "<br>\n")
        links = [each for each in self._over if each[2] == 0][:1]
        for each in sorted((each for each in self._over if each[2] == 1), key=lambda each: each[:4], reverse=True):
            words = self._mark(each[4], words, is_last=-each[1] == stop)
        for each in links:
            words = f'<a href="{escape(each[3])}" rel="noopener noreferrer nofollow">{words}</a>'
        return words

    def _mark(self, row: Row, words: str, *, is_last: bool) -> str:
        label = self._names[row["label"]]
        title = ": ".join(filter(None, (f"{label} ({row['annotator']})" if row["annotator"] else label, row["note"])))
        values: dict[str, Any] = {
            "class": "last" if is_last else "",
            "title": title,
            "data-label": label,
            "data-key": row["label"],
            "data-annotation": row["key"],
            "data-annotator": row["annotator"],
            "data-layer": row["layer"],
            "data-start": row["start"],
            "data-end": row["end"],
        }
        attributes = " ".join(f'{name}="{escape(str(value))}"' for name, value in values.items() if value != "")
        return f"<mark {attributes}>{words}</mark>"
