"""Questions and answers beside the texts: proposing answers for a row, and one answer with both texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from annotations.access import hide_outlets
from annotations.access.requests import Request
from annotations.models import AccountRow, Article, ArticleVersion, Membership, Statement, Story
from annotations.workflow.answering import cell_rows, put_proposed
from annotations.workflow.stories import ids_of

from .proposing import RULES, propose_answers
from .reading import Cell, Row, articles_of, read_cells

LONGEST_SHOWN = 60_000
"""Code points of a text that are shown at once, those around its first passage where it has more."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text; one that a statement stands on is marked and names it, from 1."""

    text: str
    statement: int | None = None


@dataclass(frozen=True, slots=True)
class Pane:
    """A text with the passages of an answer; `offset` is where what is shown begins, in code points."""

    article: Article
    cell: Cell
    pieces: Sequence[Piece]
    offset: int
    is_cut: bool


def fill_row(row: AccountRow, *, by: Membership, request: Request | None = None) -> int:
    """Propose answers for the articles of a story that have none yet; return how many."""
    told, _related = articles_of(story_ids(row), by)
    pks = [each.article.pk for each in told]
    articles = Article.objects.filter(pk__in=pks, current_version__withheld_at__isnull=True)
    proposed = propose_answers(row, articles.select_related("current_version").defer("metadata", "candidates"))
    return put_proposed(row.key, list(proposed), RULES, by=by, request=request)


def story_ids(row: AccountRow) -> list[int]:
    """Return the ids of the stories whose articles are asked a question: that which stands for its story; 2 queries."""
    story = row.story
    if story.merged_into is not None:
        story = Story.objects.filter(project_id=row.project_id, key=story.merged_into).first() or story
    return ids_of(story)


def whole_row(row: AccountRow, by: Membership) -> Row:
    """Return a question with the answers of all articles; about 6 queries."""
    told, _related = articles_of(story_ids(row), by)
    articles = [each.article for each in told]
    cells = cell_rows().filter(row=row, article__in=[each.pk for each in articles], withdrawn_at__isnull=True)
    by_article = {cell.article_id: cell for cell in cells}
    return read_cells(row, articles, {each.pk: by_article.get(each.pk) for each in articles})


def beside(row: Row, cell: Cell, wanted: str = "") -> Cell | None:
    """Return the answer that one is compared with: the one asked for, else one that says what most say, else any."""
    others = [each for each in row.cells if each.article.pk != cell.article.pk]
    for each in others:
        if str(each.article.uuid) == wanted:
            return each
    agreeing = [each for each in others if each.statements and each.proposed_state == "agrees"]
    speaking = [each for each in others if each.statements]
    return next(iter(agreeing or speaking or others), None)


def pane_of(cell: Cell, by: Membership) -> Pane:
    """Return an article's present text with the passages of its answer marked; 1 query."""
    version = cell.article.current_version
    hide_outlets(by, [cell.article])
    text = version.text if version else ""
    spans = _spans(cell.statements, version)
    offset, end = 0, len(text)
    if len(text) > LONGEST_SHOWN:
        middle = spans[0][0] if spans else 0
        offset = max(0, min(middle - LONGEST_SHOWN // 2, len(text) - LONGEST_SHOWN))
        end = offset + LONGEST_SHOWN
    pieces: list[Piece] = []
    at = offset
    for start, stop, n in spans:
        if start < at or stop > end:
            continue  # it overlaps the one before, or lies outside of what is shown
        if start > at:
            pieces.append(Piece(text[at:start]))
        pieces.append(Piece(text[start:stop], n))
        at = stop
    if at < end:
        pieces.append(Piece(text[at:end]))
    return Pane(cell.article, cell, pieces, offset, len(text) > LONGEST_SHOWN)


def _spans(statements: Sequence[Statement], version: ArticleVersion | None) -> list[tuple[int, int, int]]:
    found = [
        (each.start, each.end, each.n + 1)
        for each in statements
        if version is not None and each.version_id == version.pk and each.start is not None and each.end is not None
    ]
    return sorted(found)
