"""Parquet in a .zip laid out as Hugging Face reads it: a row a document, tables beside it, a card and a manifest.

Row groups are written as they fill, into temporary files that are then copied into the archive.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from functools import partial
from typing import IO, TYPE_CHECKING, Any

import orjson
from django.utils.translation import gettext as _

from annotations.errors import Refused

from .archive import Archive, archive
from .corpus import Corpus, Row
from .label_names import LabelNames
from .parquet_tables import DOCUMENTS, TABLES, Kind, arrow_schema, card_features, value_of

if TYPE_CHECKING:
    import pyarrow as pa

FORMAT = "claim-workbench-parquet"
FORMAT_VERSION = 1
CARRIES = frozenset({"annotations", "annotators", "layers", "fragments", "overlaps", "notes", "attributes"}) | {
    "confidence",
    "relations",
    "article_labels",
    "regions",
    "links",
    "sentences",
    "metadata",
    "claims",
    "mentions",
    "evidence",
    "verdicts",
}
_SPLIT = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")
_ROWS = 1_000
_CODE_POINTS = 4_000_000
_AT_ONCE = 1024 * 1024


def write(corpus: Corpus, write_bytes: Callable[[bytes], None]) -> None:
    """Write the archive. Raises `Refused` without the extra."""
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError:
        message = _("This format needs another package. Install claim-workbench[parquet].")
        raise Refused("extra_missing", message, field="format") from None
    header = corpus.header()
    files: dict[str, Row] = {}
    languages: Counter[str] = Counter()
    with archive(write_bytes) as made, ExitStack() as stack:
        tables = {name: _Table(name, columns, stack) for name, columns in TABLES.items()}
        splits: dict[str, _Table] = {}
        for article in _articles(corpus, LabelNames.of(header), tables["relations"]):
            split = _split_of(article)
            if split not in splits:
                splits[split] = _Table("documents", DOCUMENTS, stack)
            splits[split].add(article)
            languages[article["language"] or ""] += 1
        for source in corpus.sources():
            tables["sources"].add(source)
        _write_claims(corpus, tables)
        if not splits:
            splits["train"] = _Table("documents", DOCUMENTS, stack)
        for split, table in sorted(splits.items()):
            table.into(made, f"data/{split}-00000-of-00001.parquet", files)
        for name, table in tables.items():
            table.into(made, f"tables/{name}.parquet", files)
        made.add("README.md", _card(header, files, languages).encode())
        manifest = {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "offset_unit": "unicode code points, from 0, end exclusive",
            "files": files,
            "header": header,
        }
        made.add("manifest.json", orjson.dumps(manifest, option=orjson.OPT_INDENT_2))


def _split_of(article: Row) -> str:
    stated = str(article.get("split") or "")
    return stated if _SPLIT.fullmatch(stated) else "train"


def _articles(corpus: Corpus, names: LabelNames, relations: _Table) -> Iterator[Row]:
    for article in corpus.articles():
        for kind in ("annotations", "article_labels"):
            article[kind] = [{**row, "label": names[row["label"]]} for row in article.get(kind, ())]
        for row in article.get("relations", ()):
            relations.add({**row, "article": article["external_id"], "label": names[row["label"]]})
        yield article


def _write_claims(corpus: Corpus, tables: Mapping[str, _Table]) -> None:
    for claim in corpus.claims():
        tables["claims"].add(claim)
        for verdict in claim.get("verdicts", ()):
            tables["verdicts"].add({**verdict, "claim": claim["key"]})
        for each in claim["evidence_sets"]:
            for item in each["items"]:
                tables["evidence"].add({**item, "claim": claim["key"], "set": each["n"]})


class _Table:
    """One Parquet file in the making; at most one row group is in memory."""

    def __init__(self, name: str, columns: Mapping[str, Kind], stack: ExitStack) -> None:
        import pyarrow.parquet as pq

        self._columns = columns
        self._schema: pa.Schema = arrow_schema(name, columns)
        self._file: IO[bytes] = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115
        self._writer = stack.enter_context(pq.ParquetWriter(self._file, self._schema, compression="zstd"))
        self._rows: list[Row] = []
        self._size = self.n_rows = 0

    def add(self, row: Row) -> None:
        self._rows.append({name: value_of(kind, row.get(name)) for name, kind in self._columns.items()})
        self._size += len(row.get("text") or "")
        self.n_rows += 1
        if len(self._rows) >= _ROWS or self._size >= _CODE_POINTS:
            self._flush()

    def _flush(self) -> None:
        import pyarrow as pa

        if self._rows:
            self._writer.write_table(pa.Table.from_pylist(self._rows, schema=self._schema))
        self._rows, self._size = [], 0

    def into(self, made: Archive, path: str, files: dict[str, Row]) -> None:
        """Finish the file, copy it into the archive, and note in `files` what the manifest says of it."""
        self._flush()
        self._writer.close()
        self._file.seek(0)
        digest, size = hashlib.sha256(), 0
        with made.member(path) as write_member:
            for part in iter(partial(self._file.read, _AT_ONCE), b""):
                digest.update(part)
                size += len(part)
                write_member(part)
        files[path] = {"rows": self.n_rows, "bytes": size, "sha256": digest.hexdigest()}


# The card


def _card(header: Row, files: Mapping[str, Row], languages: Counter[str]) -> str:
    """Return README.md: facts in YAML, then the same for people."""
    licence = header.get("licence")
    spoken = sorted({tag.partition("-")[0] for tag in languages if tag})
    lines = ["---", f"pretty_name: {_quoted(header['project']['name'])}"]
    lines += [f"license: {_quoted(str(licence))}"] if licence else []
    lines += ["language:", *(f"- {tag}" for tag in spoken)] if spoken else []
    lines += ["task_categories:", "- token-classification", "configs:", *_config("default", _data(files))]
    for path in files:
        if path.startswith("tables/"):
            lines += _config(path.removeprefix("tables/").removesuffix(".parquet"), {"train": path})
    lines += ["dataset_info:", "- config_name: default", "  features:", *card_features(DOCUMENTS)]
    lines += ["  splits:", *(line for split, path in _data(files).items() for line in _split(split, files[path]))]
    for name, columns in TABLES.items():
        lines += [f"- config_name: {name}", "  features:", *card_features(columns)]
    labels = (header["label_set"] or {}).get("labels", [])
    lines += ["---", "", f"# {header['project']['name']}", ""]
    lines += ["Written by Claim Workbench. One row of `data/` is one article with its annotations; `tables/` holds"]
    lines += ["relations, sources, claims, evidence and verdicts. Offsets count Unicode code points from 0, the end is"]
    lines += ["not included: `text[start:end] == quote`. `metadata` and `attributes` are JSON.", "", "Labels:", ""]
    lines += [f"- {' '.join(str(label['name']).split())} ({label['applies_to']})" for label in labels]
    return "\n".join([*lines, ""])


def _data(files: Mapping[str, Row]) -> dict[str, str]:
    paths = [path for path in files if path.startswith("data/")]
    return {path.removeprefix("data/").partition("-")[0]: path for path in paths}


def _config(name: str, paths: Mapping[str, str]) -> list[str]:
    lines = [f"- config_name: {name}", "  data_files:"]
    for split, path in paths.items():
        lines += [f"  - split: {split}", f"    path: {path}"]
    return lines


def _split(name: str, facts: Row) -> list[str]:
    return [f"  - name: {name}", f"    num_examples: {facts['rows']}", f"    num_bytes: {facts['bytes']}"]


def _quoted(value: Any) -> str:
    """Write a string so that YAML reads it as one: JSON's strings are YAML's."""
    return orjson.dumps(value).decode()
