"""The account matrix as files: a table with one line a statement, no cell a formula; and one JSON object."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

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


def matrix_json(view: StoryView) -> dict[str, Any]:
    """Return the matrix as one object: its articles in the order of the columns, its questions with their answers."""
    return {
        "story": {"key": str(view.story.key), "name": view.story.name, "note": view.story.note},
        "articles": [
            {
                "article": article.external_id,
                "title": article.title,
                "publisher": article.publisher.name if article.publisher else None,
                "published_at": article.published_at.isoformat() if article.published_at else None,
            }
            for article in view.articles
        ],
        "questions": [
            {
                "key": str(row.row.key),
                "question": row.row.text,
                "kind": row.row.kind,
                "common": row.reading.common.text if row.reading.common else None,
                "n_common": row.reading.n_common,
                "n_answers": row.reading.n_answers,
                "answers": [_answer(cell) for cell in row.cells],
            }
            for row in view.rows
        ],
    }


def _answer(cell: Cell) -> dict[str, Any]:
    return {
        "article": cell.article.external_id,
        "state": cell.state,
        "is_checked": cell.is_checked,
        "note": cell.cell.note if cell.cell else "",
        "missing": cell.missing,
        "added": cell.added,
        "statements": [
            {
                "text": each.text,
                "voice": each.voice,
                "said_by": each.said_by,
                "as_of": each.as_of,
                "value": each.value,
                "quote": each.quote,
                "start": each.start,
                "end": each.end,
            }
            for each in cell.statements
        ],
    }


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
