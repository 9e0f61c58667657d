"""Files that take the most memory of those that are read or refused, by name: what UP-2 is measured with."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Callable

from tests.importers.inputs import zipped

MIB = 1024 * 1024
SENTENCE = "Der Damm steht noch, sagte Ada am Freitag. "
TEXT = SENTENCE * (9 * MIB // len(SENTENCE))


def lines_of(count: int) -> bytes:
    """Give JSON Lines of so many short articles; twenty thousand are 20 MiB."""
    return b"".join(json.dumps({"id": f"a{n}", "text": SENTENCE * 24 + str(n)}).encode() + b"\n" for n in range(count))


def doccano(count: int) -> bytes:
    """Give one article with so many spans."""
    label = [[5 * n, 5 * n + 4, "X"] for n in range(count)]
    return json.dumps({"label": label, "text": "Damm " * count}).encode()


def columns_of_conll() -> bytes:
    return b"-DOCSTART- -X- -X- O\n\n" + b"".join(
        b"w%d N I O\n" % n + b"\n" * (n % 10 == 0) for n in range(9 * MIB // 14)
    )


def webanno() -> bytes:
    rows, size, n = [b"#FORMAT=WebAnno TSV 3.3\n#T_SP=webanno.custom.X|value\n\n\n"], 0, 0
    while size < 9 * MIB:
        n, at = n + 1, 10 * n
        rows.append(
            f"#Text=Damm Damm\n{n}-1\t{at}-{at + 4}\tDamm\tX[{n}]\t\n{n}-2\t{at + 5}-{at + 9}\tDamm\t_\t\n\n".encode()
        )
        size += len(rows[-1])
    return b"".join(rows)


def parquet(*texts: str) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    out = io.BytesIO()
    pq.write_table(pa.table({"text": texts}), out, compression="none")
    return out.getvalue()


def doc_bin(words: int) -> bytes:
    import spacy
    from spacy.tokens import Doc, DocBin

    made = DocBin()
    made.add(Doc(spacy.blank("xx").vocab, words=["x"] * words))
    return made.to_bytes()


REFUSED: dict[str, Callable[[], bytes]] = {
    "ratio.zip": lambda: zipped([("a.jsonl", b'{"text": "' + b" " * 80_000_000 + b'"}')]),
    "ratio.jsonl.gz": lambda: gzip.compress(b'{"text": "' + b" " * 80_000_000),
    "line.json": lambda: b'[{"text": "' + b"x" * 40_000_000,
    "values.json": lambda: b'[{"text": "x", "a": [' + b"[]," * 3_000_000 + b"0]}]",
    "tags.html": lambda: b"<article>" + b"<b>a</b>" * 1_100_000,
}
READ: dict[str, Callable[[], bytes]] = {
    "lines.jsonl": lambda: lines_of(20_000),
    "list.json": lambda: b"[" + lines_of(20_000).strip().replace(b"\n", b",") + b"]",
    "members.zip": lambda: zipped([(f"{n}.txt", f"{SENTENCE}{n}".encode()) for n in range(9_000)]),
    "large.zip": lambda: zipped([(f"{n}.jsonl", lines_of(2_000)) for n in range(20)], zipfile.ZIP_STORED),
    "text.txt": TEXT.encode,
    "page.html": lambda: b"<article>" + f"<p>{SENTENCE * 11}</p>".encode() * 19_500,
    "spans.jsonl": lambda: doccano(160_000),
    "columns.conll": columns_of_conll,
    "table.tsv": webanno,
    "rows.parquet": lambda: parquet(*(f"{TEXT}{n}" for n in range(13))),
    "words.spacy": lambda: doc_bin(1_000_000),
}
SMALL: dict[str, Callable[[], bytes]] = {
    "small.jsonl": lambda: lines_of(1),
    "small.parquet": lambda: parquet("Rain in Ulm."),
    "small.spacy": lambda: doc_bin(3),
    "small.html": lambda: b"<p>Rain in Ulm.</p>",
}
