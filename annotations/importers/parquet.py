"""Parquet: tables with a text column, ours with all that lies on the texts, and ours of claims and the like.

Read through a temporary file, some rows at a time.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import chain
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from annotations.importers import limits
from annotations.importers.columns import Column, columns_of
from annotations.importers.fields import ALIASES, FIELDS, Place, read_fields
from annotations.importers.json_items import BrokenJson, parse, unusable_value
from annotations.importers.judgements_in_file import JudgementsInFile
from annotations.importers.opening import InputFile
from annotations.importers.records import (
    CorpusHeader,
    FileRefused,
    ImportedArticle,
    ImportedRecord,
    Problem,
    Record,
)
from annotations.importers.side_tables import SideRow, SideTable, beside

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

MAGIC = b"PAR1"
_MANIFEST = b'"claim-workbench-parquet"'
_MARK = b"claim_workbench"
_ROWS_AT_ONCE = 16
"""So few, since a row may be as long as an article may, and be repeated by a dictionary; fewer where rows are long."""
_ROWS_OF_A_PAGE = 1024
_AT_ONCE = 1024 * 1024
_TEXT = ("text", "content", "body")
_SPANS = ("annotations", "spans", "entities")
_OF_A_CLAIM = ("evidence", "verdicts")
_Rows = Iterator[tuple[int, dict[str, Any]]]


def looks_like(source: InputFile) -> bool:
    """Say whether a file is Parquet, or the manifest of our own export."""
    return source.head.startswith(MAGIC) or _MANIFEST in source.head[:200]


def read(source: InputFile, names: Mapping[str, str] | None = None) -> Iterator[Record]:
    """Yield what a file holds. `names` maps its columns to ours."""
    if _MANIFEST in source.head[:200]:
        yield from _read_manifest(source)
        return
    with _opened(source) as (file, rows):
        kind = _kind_of(file.schema_arrow)
        if kind == "claims":
            yield from _read_claims(source, rows)
        elif kind in _OF_A_CLAIM:
            if beside(source, "claims.parquet") is None:
                message = _("This table is read together with its claims. Put claims.parquet beside it.")
                raise FileRefused(message)
        elif kind in _APART:
            yield from _read_apart(kind, source, rows)
        else:
            yield from _read_documents(file.schema_arrow, rows, source, names or {})


def columns(source: InputFile) -> list[Column]:
    """Return the columns of a table of texts but for those of spans, also where it has no row."""
    if _MANIFEST in source.head[:200]:
        return []
    with _opened(source) as (file, rows):
        schema = file.schema_arrow
        if _kind_of(schema) in (*_OF_A_CLAIM, *_APART, "claims"):
            return []
        names = [name for name in schema.names if name not in _lists_in(schema)]
        first = ({name: _plain(row[name]) for name in names} for _n, row in rows)
        text = _usual_text_column(schema)
        return columns_of(chain([dict.fromkeys(names)], first), {text: "text"} if text else {})


def _kind_of(schema: pa.Schema) -> str:
    """Return what a table of ours says that it holds; empty for tables of others."""
    return (schema.metadata or {}).get(_MARK, b"").decode("utf-8", "replace")


def _read_manifest(source: InputFile) -> Iterator[Record]:
    with source.open() as stream:
        data = stream.read(limits.ARTICLE_BYTES)
    try:
        header = parse(data).get("header")
    except (BrokenJson, AttributeError):
        header = None
    if not isinstance(header, dict) or unusable_value(header):
        raise FileRefused(_("The manifest cannot be read."))
    yield CorpusHeader(header)


@contextmanager
def _opened(source: InputFile) -> Iterator[tuple[pq.ParquetFile, _Rows]]:
    """Open a file by a copy of it, since Parquet is read from its end. Raises FileRefused."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise FileRefused(_("To read this format, install claim-workbench[parquet]."), field="format") from None
    if not source.head.startswith(MAGIC):
        raise FileRefused(_("The file is not Parquet."))
    with tempfile.TemporaryFile() as copy, source.open() as stream:
        size = 0
        while data := stream.read(_AT_ONCE):
            size += len(data)
            copy.write(data)
        copy.seek(0)
        try:
            file = pq.ParquetFile(copy, buffer_size=_AT_ONCE)
            _refuse_bomb(file, size)
            yield file, _rows(file, source.whole_bytes)
        except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
            reason = str(error).partition("\n")[0][:200]
            raise FileRefused(_("The Parquet file cannot be read further: %(reason)s") % {"reason": reason}) from error


def _refuse_bomb(file: pq.ParquetFile, size: int) -> None:
    unpacked = _unpacked(file)
    if unpacked > limits.TOTAL_BYTES or (unpacked > limits.RATIO_FROM and unpacked > limits.RATIO * size):
        message = _("The file unpacks to more than %(ratio)s times its size. It is refused as a compression bomb.")
        raise FileRefused(message % {"ratio": limits.RATIO})
    if len(file.schema_arrow.names) > limits.CSV_COLUMNS:
        message = _("The table has %(count)s columns; %(most)s are the most.")
        raise FileRefused(message % {"count": len(file.schema_arrow.names), "most": limits.CSV_COLUMNS})


def _unpacked(file: pq.ParquetFile) -> int:
    facts = file.metadata
    return sum(facts.row_group(n).total_byte_size for n in range(facts.num_row_groups))


def _largest_page(file: pq.ParquetFile) -> int:
    """Return what a page has at most, as writers make them: they look at its size after so many rows."""
    facts = file.metadata
    groups = [facts.row_group(n) for n in range(facts.num_row_groups)]
    return max(
        (
            each.total_byte_size * min(_ROWS_OF_A_PAGE, each.num_rows) // each.num_rows
            for each in groups
            if each.num_rows
        ),
        default=0,
    )


def _rows(file: pq.ParquetFile, most_bytes: int) -> _Rows:
    """Yield the rows with their numbers. Raises FileRefused where what is read at once is more than may be held."""
    if _largest_page(file) > most_bytes:
        message = _("The rows of this file stand in pieces of more than %(size)s MiB. Write it in smaller row groups.")
        raise FileRefused(message % {"size": most_bytes // limits.MIB})
    n = 0
    length = _unpacked(file) // max(1, file.metadata.num_rows)
    at_once = min(_ROWS_AT_ONCE, max(1, _AT_ONCE // max(1, length)))
    for batch in file.iter_batches(batch_size=at_once, use_threads=False):
        for row in _rows_of(batch, n + 1):
            n += 1
            yield n, row


def _rows_of(batch: pa.RecordBatch, first: int) -> list[dict[str, Any]]:
    """Return the rows of a batch; what is said to be text and is no UTF-8 stays bytes, as in a column of bytes.

    Raises FileRefused, naming the rows from number `first`, where such text stands within lists or objects.
    """
    try:
        return batch.to_pylist()
    except UnicodeDecodeError:
        pass
    try:
        values = [_of_column(batch.column(n)) for n in range(batch.num_columns)]
    except UnicodeDecodeError as error:
        message = _("Rows %(first)s to %(last)s hold text that is not UTF-8.")
        numbers = {"first": first, "last": first + batch.num_rows - 1}
        raise FileRefused(message % numbers) from error
    return [dict(zip(batch.schema.names, row, strict=True)) for row in zip(*values, strict=True)]


def _of_column(column: pa.Array) -> list[Any]:
    import pyarrow as pa

    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return column.to_pylist()
    as_bytes = column.cast(pa.large_binary()).to_pylist()
    return [value if value is None or (found := _decoded(value)) is None else found for value in as_bytes]


# Documents


def _read_documents(schema: pa.Schema, rows: _Rows, source: InputFile, names: Mapping[str, str]) -> Iterator[Record]:
    text = _text_column(schema, names)
    is_ours = _MARK in (schema.metadata or {})
    taken, classes = _lists_in(schema), _classes(schema, _span_columns(schema))
    ours = {**{text: "text"}, **names}
    for n, row in rows:
        place = Place(source.name, n, source.path, is_one_of_many=True)
        lists = {name: row.pop(name) for name in taken}
        yield from _document(row, text, lists, classes, ours, place, is_ours=is_ours)


def _text_column(schema: pa.Schema, names: Mapping[str, str]) -> str:
    """Return the column that holds the texts. Raises FileRefused, naming the columns, where none does."""
    mapped = next((written for written, ours in names.items() if ours == "text" and written in schema.names), "")
    found = mapped or _usual_text_column(schema, names)
    if not found:
        message = _("The table has no column with the text. Name one by a column map. Its columns are: %(columns)s.")
        columns = ", ".join(schema.names)[:500]
        raise FileRefused(message % {"columns": columns}, field="text", value=columns)
    return found


def _usual_text_column(schema: pa.Schema, names: Collection[str] = ()) -> str:
    return next((name for name in _TEXT if name in schema.names and name not in names), "")


def _lists_in(schema: pa.Schema) -> tuple[str, ...]:
    """Return the columns that hold what lies on the texts."""
    ours = ("article_labels", "sentences") if _MARK in (schema.metadata or {}) else ()
    return (*_span_columns(schema), *(name for name in ours if name in schema.names))


def _span_columns(schema: pa.Schema) -> tuple[str, ...]:
    """Return the columns that are lists of objects with a start and an end."""
    import pyarrow.types as kinds

    found = []
    for name in _SPANS:
        kind = schema.field(name).type if name in schema.names else None
        if kind is not None and (kinds.is_list(kind) or kinds.is_large_list(kind)):
            inner = kind.value_type
            if kinds.is_struct(inner) and {"start", "end"} <= {inner.field(n).name for n in range(inner.num_fields)}:
                found.append(name)
    return tuple(found)


def _classes(schema: pa.Schema, spans: tuple[str, ...]) -> dict[str, list[str]]:
    """Return for columns of spans the names that their numbered labels stand for, as Hugging Face declares them."""
    try:
        features = parse((schema.metadata or {}).get(b"huggingface", b"{}"))["info"]["features"]
    except (BrokenJson, KeyError, TypeError):
        return {}
    found: dict[str, list[str]] = {}
    for name in spans:
        feature = features.get(name) if isinstance(features, dict) else None
        feature = feature.get("feature", feature) if isinstance(feature, dict) else feature
        feature = feature[0] if isinstance(feature, list) and feature else feature
        label = feature.get("label") if isinstance(feature, dict) else None
        listed = label.get("names") if isinstance(label, dict) else None
        if isinstance(listed, list):
            found[name] = [str(each) for each in listed]
    return found


def _document(
    row: dict[str, Any],
    text: str,
    lists: dict[str, Any],
    classes: Mapping[str, list[str]],
    names: Mapping[str, str],
    place: Place,
    *,
    is_ours: bool,
) -> Iterator[Record]:
    given = {column: _plain(value) for column, value in row.items() if value is not None or column in _UNSTATED}
    if isinstance(row.get(text), bytes):
        given[text] = _decoded(row[text])
    if is_ours:
        _parse_json(given, place)
    for column in given.keys() - {text}:
        ours = names.get(column) or (column if column in FIELDS else ALIASES.get(column, ""))
        if ours in ("external_id", "title", "publisher", "url") and not isinstance(given[column], str | None):
            given[column] = str(given[column])
    found = read_fields(given, place, None, names)
    article = found[0]
    if not isinstance(article, ImportedArticle):
        yield from found
        return
    judged = JudgementsInFile(article, given[text], place)
    for name, rows in lists.items():
        for each in rows or ():
            _judge(name, each, judged, classes.get(name, []), place, given[text])
    sentences = tuple((each["start"], each["end"]) for each in lists.get("sentences") or ())
    yield replace(judged.onto_article(), sentences=sentences)
    yield from place.remarks


def _decoded(value: bytes) -> str | None:
    """Return a text that stands in a column of bytes; None, which is refused as missing, where it is no UTF-8."""
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return None


_UNSTATED = ("published_at", "posted_at")
"""Columns whose nulls say that nothing was stated; dates are then not looked for in the text."""


def _judge(name: str, each: Any, judged: JudgementsInFile, classes: list[str], place: Place, raw: str) -> None:
    if name == "sentences" or not isinstance(each, dict):
        return
    values = {field: _plain(value) for field, value in each.items() if value is not None}
    _parse_json(values, place)
    label = values.pop("label", None)
    if isinstance(label, int) and 0 <= label < len(classes):
        label = classes[label]
    if unusable_value(values):
        place.remark(name, values, _("These values cannot be stored and are left out."))
        return
    if name == "article_labels":
        judged.article_label(label, **values)
        return
    start, end = values.pop("start", None), values.pop("end", None)
    for field in ("quote", "prefix", "suffix"):
        value = values.pop(field, None)
        if field == "quote" and isinstance(value, str) and isinstance(start, int) and raw[start:end] != value:
            place.remark(name, each, _("At these offsets stand other words than the quote."))
            return
    if not values.get("fragments"):
        values.pop("fragments", None)
    known = {field: value for field, value in values.items() if field in _KNOWN}
    others = {field: value for field, value in values.items() if field not in _KNOWN}
    if others:
        known["attributes"] = {**known.get("attributes", {}), **others}
    span = judged.span(start, end, name, each)
    if span:
        judged.annotation(span, label, **known)


_KNOWN = frozenset(
    {"key", "annotator", "layer", "note", "attributes", "confidence", "fragments", "version", "created_at"}
    | {"updated_at"}
)


def _parse_json(values: dict[str, Any], place: Place) -> None:
    """Read the columns of ours that hold JSON."""
    for name in ("metadata", "attributes", "merged_sets"):
        if isinstance(values.get(name), str):
            try:
                values[name] = parse(values[name].encode("utf-8", "surrogatepass"))
            except BrokenJson as broken:
                place.remark(name, values.pop(name), broken.message)


def _plain(value: Any) -> Any:
    """Return a value as JSON has it."""
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, datetime):
        in_utc = value.astimezone(UTC) if value.tzinfo else value
        return in_utc.isoformat(timespec="microseconds").replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace").replace("\x00", "\\x00")
    return value if isinstance(value, str | int | float | bool | None) else str(value)


# Claims and the like


def _relation(values: dict[str, Any]) -> ImportedRecord:
    article = values.pop("article", "")
    row = {**values, "label_name": values.pop("label", "")}
    return ImportedRecord("judgements", {"article": article, "relations": [row]}, "")


def _source(values: dict[str, Any]) -> ImportedRecord:
    return ImportedRecord("source", {"type": "source", **values}, "")


_APART: dict[str, Callable[[dict[str, Any]], ImportedRecord]] = {"relations": _relation, "sources": _source}


def _read_apart(kind: str, source: InputFile, rows: _Rows) -> Iterator[Record]:
    for n, row in rows:
        place = Place(source.name, n, source.path)
        values = _values(row, place)
        if values is not None:
            yield replace(_APART[kind](values), file=source.name, line=n)
        yield from place.remarks


def _values(row: dict[str, Any], place: Place) -> dict[str, Any] | None:
    """Return the values of a row that are stated; None, with a remark, where one cannot be stored."""
    values = _stated({name: _plain(value) for name, value in row.items()})
    _parse_json(values, place)
    sentence = unusable_value(values)
    if sentence:
        place.leave_out("claims", values, sentence)
        return None
    return values


def _stated(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _stated(each) for name, each in value.items() if each is not None}
    return [_stated(each) for each in value] if isinstance(value, list) else value


def _read_claims(source: InputFile, rows: _Rows) -> Iterator[Record]:
    with ExitStack() as stack:
        tables: dict[str, SideTable] = {}
        for name in _OF_A_CLAIM:
            other = beside(source, f"{name}.parquet")
            if other:
                tables[name] = stack.enter_context(SideTable(_side_rows(other)))
        for n, row in rows:
            place = Place(source.name, n, source.path)
            values = _values(row, place)
            if values is not None:
                for name, table in tables.items():
                    taken = [each.cells for each in table.take(str(values.get("key", "")))]
                    values |= _nested(name, taken)
                yield ImportedRecord("claim", {"type": "claim", **values}, source.name, n)
            yield from place.remarks
        for name, table in tables.items():
            for left in table.left():
                message = _("No claim of the table beside has this key.")
                yield Problem(left.file, left.line, "claim", str(left.cells.get("claim", "")), message, False, name)


def _side_rows(source: InputFile) -> Iterator[tuple[str, SideRow]]:
    with _opened(source) as (_file, rows):
        for n, row in rows:
            values = _values(row, Place(source.name, n, source.path))
            if values is not None:
                yield str(values.get("claim", "")), SideRow(values, source.name, n)


def _nested(name: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    if name == "verdicts":
        return {"verdicts": [{key: row[key] for key in row if key != "claim"} for row in rows]} if rows else {}
    sets: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        item = {key: row[key] for key in row if key not in ("claim", "set")}
        sets.setdefault(row.get("set", 1), []).append({"url": "", **item})
    return {"evidence_sets": [{"n": n, "items": items} for n, items in sorted(sets.items())]}
