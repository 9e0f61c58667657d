"""The account matrix as a table: one line a statement, one for an article that says nothing, no cell a formula."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator

from annotations.text.cells import neutralise

from .reading import Cell, Row, StoryView

COLUMNS = (
    *("question", "kind", "publisher", "article", "title", "state", "checked", "statement", "voice", "said_by"),
    *("as_of", "value", "quote", "start", "end", "note", "missing", "added", "common"),
)


def matrix_csv(view: StoryView) -> str:
    """Return the matrix as CSV with a byte order mark, as spreadsheet programs ask for one."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(COLUMNS)
    for row in view.rows:
        for cell in row.cells:
            for line in _lines(row, cell):
                writer.writerow([neutralise(each) for each in line])
    return "\ufeff" + buffer.getvalue()


def _lines(row: Row, cell: Cell) -> Iterator[list[str]]:
    article = cell.article
    begin = [
        row.row.text,
        row.row.kind,
        article.publisher.name if article.publisher else "",
        article.external_id,
        article.title,
        cell.state,
        "yes" if cell.is_checked else "no",
    ]
    end = [
        cell.cell.note if cell.cell else "",
        "; ".join(cell.missing),
        "; ".join(cell.added),
        row.reading.common.text if row.reading.common else "",
    ]
    for each in cell.statements:
        value = json.dumps(each.value, ensure_ascii=False, sort_keys=True) if each.value else ""
        place = [str(each.start), str(each.end)] if each.start is not None else ["", ""]
        yield [*begin, each.text, each.voice, each.said_by, each.as_of, value, each.quote, *place, *end]
    if not cell.statements:
        yield [*begin, *[""] * 8, *end]
