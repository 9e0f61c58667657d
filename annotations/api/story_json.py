"""Stories as the API gives them."""

from __future__ import annotations

from typing import Any

from annotations.models import AccountRow, Article, Statement, Story, StorySuggestion
from annotations.stories.reading import Cell, Node, Row, StoryView, Taking

from .representations import Json, utc


def story_json(story: Story) -> Json:
    """Represent a story without what is in it."""
    return {
        "key": str(story.key),
        "name": story.name,
        "note": story.note,
        "merged_into": str(story.merged_into) if story.merged_into else None,
        "annotator": story.created_by.pseudonym,
        "version": story.version_number,
        "created_at": utc(story.created_at),
        "updated_at": utc(story.updated_at),
        "withdrawn_at": utc(story.withdrawn_at),
    }


def whole_story_json(view: StoryView) -> Json:
    """Represent a story with its articles, its matrix, and who took what from whom."""
    return {
        **story_json(view.story),
        "articles": [article_json(each.article) for each in view.told],
        "related": [article_json(each.article) for each in view.related],
        "merged": [story_json(each) for each in view.merged],
        "rows": [row_json(row) for row in view.rows],
        "takings": [_taking_json(each) for each in view.takings],
    }


def article_json(article: Article) -> Json:
    """Represent an article of a story."""
    return {
        "uuid": str(article.uuid),
        "title": article.title,
        "publisher": article.publisher.name if article.publisher else None,
        "published_at": utc(article.published_at),
        "posted_at": utc(article.posted_at),
    }


def row_head_json(row: AccountRow) -> Json:
    """Represent a question without its answers."""
    return {
        "key": str(row.key),
        "text": row.text,
        "kind": row.kind,
        "cues": row.cues,
        "annotator": row.created_by.pseudonym,
        "version": row.version_number,
        "withdrawn_at": utc(row.withdrawn_at),
    }


def row_json(row: Row) -> Json:
    """Represent a question with what each article says."""
    return {
        **row_head_json(row.row),
        "common": row.reading.common.text if row.reading.common else None,
        "n_common": row.reading.n_common,
        "n_answers": row.reading.n_answers,
        "cells": [cell_json(cell) for cell in row.cells],
    }


def cell_json(cell: Cell) -> Json:
    """Represent what an article says to a question."""
    return {
        "article": str(cell.article.uuid),
        "state": cell.state,
        "is_checked": cell.is_checked,
        "proposed_state": cell.proposed_state,
        "proposed_by": cell.cell.proposed_by if cell.cell else "",
        "note": cell.cell.note if cell.cell else "",
        "annotator": cell.cell.created_by.pseudonym if cell.cell else None,
        "version": cell.cell.version_number if cell.cell else 0,
        "missing": cell.missing,
        "added": cell.added,
        "statements": [_statement_json(each) for each in cell.statements],
    }


def suggestion_json(suggestion: StorySuggestion) -> Json:
    """Represent a suggested story with its ground."""
    return {
        "key": str(suggestion.key),
        "story": str(suggestion.story.key) if suggestion.story else None,
        "state": suggestion.state,
        "found_by": suggestion.found_by,
        "created_at": utc(suggestion.created_at),
        "decided_by": suggestion.decided_by.pseudonym if suggestion.decided_by else None,
        "decided_at": utc(suggestion.decided_at),
        "version": suggestion.version_number,
        "articles": [
            {**article_json(each.article), "is_related": each.is_related, "ground": each.ground}
            for each in suggestion.articles.all()
        ],
    }


def _statement_json(statement: Statement) -> dict[str, Any]:
    return {
        "text": statement.text,
        "voice": statement.voice,
        "said_by": statement.said_by,
        "as_of": statement.as_of,
        "value": statement.value,
        "version": str(statement.version.uuid) if statement.version else None,
        "start": statement.start,
        "end": statement.end,
        "quote": statement.quote,
        "annotation": str(statement.annotation.key) if statement.annotation else None,
    }


def _taking_json(taking: Taking) -> Json:
    source, taker = taking.source.article, taking.taker.article
    return {
        "giver": str(source.uuid) if source else None,
        "giver_name": source.title if source else taking.source.name,
        "giver_page": _page_json(taking.source),
        "taker": str(taker.uuid) if taker else None,
        "taker_page": _page_json(taking.taker),
        "is_known": taking.is_known,
        "n_words": taking.n_words,
        "n_passages": taking.n_passages,
        "grounds": sorted(taking.grounds),
        "passage": taking.passage or None,
    }


def _page_json(node: Node) -> Json | None:
    page = node.capture
    if page is None:
        return None
    return {
        "source": str(page.source.uuid),
        "capture": str(page.uuid),
        "name": page.name,
        "published_at": utc(page.published_at),
        "fetched_at": utc(page.fetched_at),
    }
