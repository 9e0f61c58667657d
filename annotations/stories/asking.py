"""Questions and answers beside the texts: proposing answers for a row, and one answer with both texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from annotations.access import hide_outlets
from annotations.access.requests import Request
from annotations.models import AccountCell, AccountRow, Article, ArticleVersion, Membership, Statement, Story
from annotations.workflow.answering import cell_rows, put_proposed
from annotations.workflow.stories import ids_of

from .proposing import RULES, propose_answers, without_rules
from .reading import Cell, Row, articles_of, by_article, merged_of, read_cells

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


@dataclass(frozen=True, slots=True)
class Filled:
    """How many answers were proposed, and for how many articles none could be, by languages that have no rules."""

    n: int
    not_read: dict[str, int]


def fill_row(row: AccountRow, *, by: Membership, request: Request | None = None) -> Filled:
    """Propose answers for the articles of a story that have none yet, by the rules of their languages."""
    told, _related = articles_of(story_ids(row), by)
    merged = merged_of(told)
    answered = set(AccountCell.objects.filter(row=row).values_list("article_id", flat=True))
    answered |= {merged[pk] for pk in answered if pk in merged}
    pks = [each.article.pk for each in told if each.article.pk not in answered]
    rows = Article.objects.filter(pk__in=pks, current_version__withheld_at__isnull=True)
    articles = list(rows.select_related("current_version").defer("metadata", "candidates"))
    language = by.project.language
    proposed = propose_answers(row, articles, language)
    n = put_proposed(row.key, list(proposed), RULES, by=by, request=request)
    return Filled(n, without_rules(articles, language))


def language_without_rules(cell: Cell, by: Membership) -> str:
    """Return the language of an article for which nothing can be proposed; empty where there are rules."""
    return next(iter(without_rules([cell.article], by.project.language)), "")


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
    merged = merged_of(told)
    ids = [*(each.pk for each in articles), *merged]
    cells = cell_rows().filter(row=row, article__in=ids, withdrawn_at__isnull=True).order_by("pk")
    standing = by_article({cell.article_id: cell for cell in cells}, merged)
    return read_cells(row, articles, {each.pk: standing.get(each.pk) for each in articles})


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
        if version is not None and _is_of(each, version) and each.start is not None and each.end is not None
    ]
    return sorted(found)


def _is_of(statement: Statement, version: ArticleVersion) -> bool:
    """Tell whether a passage stands in a text, or in the equal one of an article that is merged into this."""
    if statement.version is None or statement.version_id == version.pk:
        return statement.version_id == version.pk
    return bytes(statement.version.text_sha256) == bytes(version.text_sha256)
