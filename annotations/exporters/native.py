"""The native format: JSON Lines with everything the project holds, the same as one JSON object, or with files beside.

Canonical: the same rows give the same bytes, whatever the database. Nothing volatile stands in it. The contract
is `docs/native-format.schema.json`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain

import orjson

from annotations.text.captured_files import path_of

from .archive import archive
from .corpus import Corpus

BLOCK = 1024 * 1024


def write_lines(corpus: Corpus, write: Callable[[bytes], object]) -> None:
    """Write one JSON object a line."""
    write(orjson.dumps(corpus.header(), option=orjson.OPT_APPEND_NEWLINE))
    for article in corpus.articles_as_json():
        write(article)
        write(b"\n")
    attached = chain.from_iterable(records for _name, records in corpus.attached())
    for record in chain(corpus.sources(), corpus.claims(), corpus.stories(), corpus.rulings(), attached):
        write(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE))


def write_with_files(corpus: Corpus, write: Callable[[bytes], None]) -> None:
    """Write the lines, and behind them what was captured of sources, each file once under its SHA-256."""
    with archive(write) as made:
        with made.member("corpus.jsonl") as write_line:
            write_lines(corpus, write_line)
        for sha256, stream in corpus.captured_files():
            with stream, made.member(path_of(sha256), is_packed=False) as write_block:
                while block := stream.read(BLOCK):
                    write_block(block)


def write_object(corpus: Corpus, write: Callable[[bytes], None]) -> None:
    """Write one JSON object: the header's fields, then the lists of articles and of all that comes after them."""
    write(orjson.dumps(corpus.header())[:-1])
    lists: Iterable[tuple[str, Iterator[bytes]]] = (
        ("articles", corpus.articles_as_json()),
        ("sources", map(orjson.dumps, corpus.sources())),
        ("claims", map(orjson.dumps, corpus.claims())),
        ("stories", map(orjson.dumps, corpus.stories())),
        ("rulings", map(orjson.dumps, corpus.rulings())),
    )
    attached = ((name, map(orjson.dumps, records)) for name, records in corpus.attached())
    for name, records in chain(lists, attached):
        write(b",\n" + orjson.dumps(name) + b":[\n")
        for n, record in enumerate(records):
            write((b",\n" if n else b"") + record)
        write(b"]")
    write(b"}\n")
