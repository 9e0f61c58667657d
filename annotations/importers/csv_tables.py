"""What tables hold besides articles: spans, relations, labels on articles, sources, claims with their evidence.

The columns say which it is. Spans and labels beside the table of their articles go with these; alone, they are put
onto articles that the project has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import PurePosixPath
from typing import Any

from django.utils.translation import gettext as _

from annotations.importers.fields import ALIASES, Place
from annotations.importers.json_items import BrokenJson, parse, unusable_value
from annotations.importers.judgements_in_file import JudgementsInFile
from annotations.importers.opening import InputFile
from annotations.importers.records import ImportedArticle, ImportedRecord, Problem, Record
from annotations.importers.side_tables import SideRow, SideTable, beside
from annotations.text.anchoring import anchor
from annotations.text.cells import COLUMN, restore
from annotations.text.spans import Span

Rows = Callable[[InputFile], Iterator[Any]]
SPAN_COLUMNS = {
    "external_id": "article",
    "article_id": "article",
    "doc_id": "article",
    "document": "article",
    "url": "article_url",
    "begin": "start",
    "start_offset": "start",
    "end_offset": "end",
    "exact": "quote",
    "category": "label",
    "comment": "note",
    "user": "annotator",
}
"""Other names of columns that are understood in a table of spans."""
_WHOLE = frozenset({"start", "end", "version", "set"})
_JSON = frozenset({"attributes", "fragments", "metadata", "mentions", "verdicts", "passage"})
_KNOWN = {
    "spans": frozenset(
        [
            "article",
            "article_url",
            "text_sha256",
            "start",
            "end",
            "quote",
            "prefix",
            "suffix",
            "label",
            "annotator",
            "layer",
            "note",
            "attributes",
            "confidence",
            "fragments",
            "key",
            "version",
            "created_at",
            "updated_at",
        ]
    ),
    "relations": frozenset(
        [
            "article",
            "article_url",
            "from",
            "to",
            "label",
            "annotator",
            "layer",
            "note",
            "attributes",
            "key",
            "version",
            "created_at",
            "updated_at",
        ]
    ),
    "labels": frozenset(
        [
            "article",
            "article_url",
            "label",
            "annotator",
            "layer",
            "note",
            "attributes",
            "confidence",
            "key",
            "version",
            "created_at",
            "updated_at",
        ]
    ),
    "sources": frozenset(["url", "canonical_url", "title", "publisher"]),
    "claims": frozenset(
        [
            "key",
            "text",
            "claimant",
            "claim_date",
            "claim_type",
            "check_worthiness",
            "evidence_cutoff",
            "metadata",
            "mentions",
            "verdicts",
            "annotator",
            "version",
            "created_at",
            "updated_at",
        ]
    ),
    "evidence": frozenset(
        [
            "claim",
            "set",
            "stance",
            "url",
            "title",
            "quote",
            "note",
            "question",
            "passage",
            "metadata",
            "key",
            "annotator",
            "version",
            "created_at",
            "updated_at",
        ]
    ),
}
_NEEDED = (
    ("relations", {"from", "to", "label", "article"}),
    ("evidence", {"claim", "stance"}),
    ("claims", {"key", "text", "claimant", "mentions"}),
    ("sources", {"canonical_url", "url"}),
)
_LISTS = {"spans": "annotations", "relations": "relations", "labels": "article_labels"}
_INDEX = {"file", "external_id", "title", "text_sha256"}


def kind_of(header: Iterable[str], names: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """Return which table has these columns, and our names for them; "articles" where it is no other.

    >>> kind_of(["document", "begin", "end", "label"], {})[0], kind_of(["id", "text", "url"], {})[0]
    ('spans', 'articles')
    """
    columns = {column: names.get(column, column) for column in header}
    ours = set(columns.values())
    for kind, needed in _NEEDED:
        if needed <= ours:
            return kind, columns
    if "text" in ours or any(ALIASES.get(column) == "text" for column in ours):
        return "articles", columns
    columns = {column: names.get(column) or SPAN_COLUMNS.get(column.casefold(), column) for column in columns}
    meant = set(columns.values())
    has_article = "article" in meant or "article_url" in meant
    if has_article and ("quote" in meant or {"start", "end"} <= meant):
        return "spans", columns
    if has_article and "label" in meant:
        return "labels", columns
    return ("index" if ours - {COLUMN} == _INDEX else "articles"), columns


def restored(cells: dict[str, str]) -> dict[str, str]:
    """Return the cells of a row as they were before they were neutralised; a column of ours says which were."""
    if COLUMN not in cells:
        return cells
    found = dict(cells)
    for column in found.pop(COLUMN).split():
        if column in found:
            found[column] = restore(found[column])
    return found


# A table that stands alone


def read_other(kind: str, row: SideRow, place: Place) -> Record | None:
    """Return the record of one row of a table that is not of articles."""
    values = values_of(kind, row.cells, place)
    if values is None or place.remarks:
        return None
    if kind == "spans":
        return ImportedRecord("annotation", _with_name(values), row.file, row.line)
    if kind in ("relations", "labels"):
        data: dict[str, Any] = {name: values.pop(name) for name in ("article", "article_url") if name in values}
        data[_LISTS[kind]] = [_with_name(values)]
        return ImportedRecord("judgements", data, row.file, row.line)
    if kind == "sources":
        return ImportedRecord("source", {"type": "source", **values}, row.file, row.line)
    return None


def values_of(kind: str, cells: dict[str, str], place: Place) -> dict[str, Any] | None:
    """Return the values of a row; a cell that is not what its column holds becomes a remark, and there are none."""
    found: dict[str, Any] = {}
    for name, cell in cells.items():
        if cell == "" or name not in _KNOWN[kind]:
            continue
        sentence = unusable_value(cell)
        try:
            found[name] = _value(name, cell)
        except BrokenJson as broken:
            sentence = broken.message
        except ValueError:
            sentence = _("This is not a number.")
        if sentence:
            place.leave_out(_LISTS.get(kind, kind), cell, f"{name}: {sentence}")
            return None
    return found


def unknown_columns(kind: str, columns: Mapping[str, str], source: InputFile) -> Iterator[Problem]:
    """Yield a remark where a table has columns that are not kept."""
    others = [column for column, ours in columns.items() if ours not in _KNOWN[kind] and ours != COLUMN]
    if others:
        message = _("These columns are not known in such a table and not kept. Rename them by a column map.")
        yield Problem(source.name, 1, "", ", ".join(others), message, is_rejection=False)


def _value(name: str, cell: str) -> Any:
    if name in _WHOLE:
        return int(cell)
    if name == "confidence":
        return float(cell)
    return parse(cell.encode("utf-8", "surrogatepass")) if name in _JSON else cell


def _with_name(values: dict[str, Any]) -> dict[str, Any]:
    """Put the label where names of other tools' labels stand: the import adds what the project has not."""
    found = dict(values)
    if "label" in found:
        found["label_name"] = found.pop("label")
    return found


# Tables beside that of the articles


class TablesBeside:
    """The tables beside one table of articles, and what of them belongs to each article."""

    def __init__(self, source: InputFile, rows: Rows, stack: ExitStack) -> None:
        self._tables: dict[str, SideTable] = {}
        self.problems: list[Problem] = []
        suffix = PurePosixPath(source.path).suffix
        for kind in _LISTS if is_main(source, "articles") else ():
            other = beside(source, f"{kind}{suffix}")
            if other:
                self._tables[kind] = stack.enter_context(
                    SideTable((each.cells.get("article", ""), each) for each in self._rows_of(kind, rows(other), other))
                )

    def _rows_of(self, kind: str, rows: Iterator[Any], source: InputFile) -> Iterator[SideRow]:
        yield from side_rows(rows, source, {}, self.problems)

    def onto(self, article: ImportedArticle, raw: str, place: Place) -> ImportedArticle:
        """Return the article with what the tables say of it."""
        if not self._tables:
            return article
        judged = JudgementsInFile(article, raw, place)
        for kind, table in self._tables.items():
            for row in table.take(article.external_id):
                there = Place(row.file, row.line, place.path)
                self._judge(kind, row, judged, raw, there)
                place.remarks += there.remarks
        return judged.onto_article()

    def _judge(self, kind: str, row: SideRow, judged: JudgementsInFile, raw: str, place: Place) -> None:
        values = values_of(kind, row.cells, place)
        if values is None:
            return
        for name in ("article", "article_url", "text_sha256"):
            values.pop(name, None)
        label, key = values.pop("label", None), values.pop("key", "")
        if kind == "labels":
            judged.article_label(label, key=key, **values)
        elif kind == "relations":
            judged.relation(values.pop("from", ""), values.pop("to", ""), label, key=key, **values)
        else:
            span = _span(values, judged, raw, place)
            if span:
                judged.annotation(span, label, key=key, **values)

    def left(self) -> Iterator[Record]:
        """Yield what belongs to no article of the table: it is put onto those that the project has."""
        yield from self.problems
        for kind, table in self._tables.items():
            for row in table.left():
                place = Place(row.file, row.line, "")
                record = read_other(kind, row, place)
                yield from [record] if record else place.remarks


def _span(values: dict[str, Any], judged: JudgementsInFile, raw: str, place: Place) -> Span | None:
    """Return the place of a row in the text: where its offsets say so, if its words stand there, else by its words."""
    start, end = values.pop("start", None), values.pop("end", None)
    exact, prefix, suffix = (values.pop(name, "") for name in ("quote", "prefix", "suffix"))
    if start is not None and end is not None and (not exact or raw[start:end] == exact):
        return judged.span(start, end, "annotations", [start, end])
    found = anchor(judged.text, exact, prefix, suffix) if exact else None
    if found is None or found.span is None:
        n = found.n_places if found else 0
        message = _("The words of this row stand at %(n)s places of the text. Give start and end.") % {"n": n}
        place.leave_out("annotations", exact or [start, end], message)
        return None
    return found.span


def side_rows(
    rows: Iterator[Any], source: InputFile, names: Mapping[str, str], problems: list[Problem]
) -> Iterator[SideRow]:
    """Yield the rows of a table by our names for its columns; what cannot be read goes to `problems`."""
    columns: dict[str, str] = {}
    for row in rows:
        if isinstance(row, Problem):
            problems.append(Problem(row.file, row.line, row.field, row.value, row.message, is_rejection=False))
            continue
        columns = columns or kind_of(row.cells, names)[1]
        yield SideRow(
            {columns.get(name, name): cell for name, cell in restored(row.cells).items()}, source.name, row.line
        )


def is_main(source: InputFile, name: str) -> bool:
    """Say whether a table bears the name by which others beside it belong to it."""
    return PurePosixPath(source.path).stem.casefold() == name


def goes_with_another(kind: str, source: InputFile) -> bool:
    """Say whether a table is read together with the one beside it that it belongs to."""
    main = "claims" if kind == "evidence" else "articles" if kind in _LISTS else ""
    if not main or not is_main(source, kind):
        return False
    return beside(source, f"{main}{PurePosixPath(source.path).suffix}") is not None


# Claims


def read_claims(source: InputFile, rows: Rows, names: Mapping[str, str]) -> Iterator[Record]:
    """Yield the claims of a table, with their evidence where its table stands beside."""
    problems: list[Problem] = []
    with ExitStack() as stack:
        other = beside(source, f"evidence{PurePosixPath(source.path).suffix}") if is_main(source, "claims") else None
        evidence = other and stack.enter_context(
            SideTable((each.cells.get("claim", ""), each) for each in side_rows(rows(other), other, {}, problems))
        )
        for row in side_rows(rows(source), source, names, problems):
            place = Place(row.file, row.line, source.path)
            values = values_of("claims", row.cells, place)
            if values is not None:
                values["evidence_sets"] = _sets(evidence.take(values.get("key", "")) if evidence else [], place)
                yield ImportedRecord("claim", {"type": "claim", **values}, row.file, row.line)
            yield from place.remarks
        for row in evidence.left() if evidence else ():
            message = _("No claim of the table beside has this key. The evidence is left out.")
            yield Problem(row.file, row.line, "claim", row.cells.get("claim", ""), message, False, "evidence")
    yield from problems


def _sets(rows: list[SideRow], place: Place) -> list[dict[str, Any]]:
    sets: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        there = Place(row.file, row.line, place.path)
        values = values_of("evidence", row.cells, there)
        if values is not None:
            values.pop("claim", None)
            sets.setdefault(values.pop("set", 1), []).append({"url": "", **values})
        place.remarks += there.remarks
    return [{"n": n, "items": items} for n, items in sorted(sets.items())]
