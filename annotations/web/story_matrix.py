"""The account matrix as HTML: the cells of each question, and its line in the small picture of the whole.

They are written here and not by a template, as a large story has many hundred of them: each byte and each step of a
cell counts as often. For the same reason a cell stands in the page under its place (`c3-7`), and its link names the
question and the article by the ends of their keys; the view of the story leads from there to the answer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from annotations.errors import NotThere
from annotations.models import AccountCell, AccountRow, Article, Statement
from annotations.stories.reading import SIGNS, Cell, Row, StoryView

LENGTH_OF_AN_END = 6
MOST_STATEMENTS, MOST_ITEMS = 3, 8
LONGEST_STATEMENT, LONGEST_VOICE = 160, 60
AT = "at"
"""Under which name that cell stands in the page which its address asks for."""


@dataclass(frozen=True, slots=True)
class DrawnRow:
    """A question with its cells, and its line in the small picture, which leads to them."""

    row: Row
    cells: SafeString
    glance: SafeString


@dataclass(frozen=True, slots=True)
class _Words:
    """What the cells say in the language of the page, looked up once."""

    states: dict[str, str]
    signs: dict[str, str]
    voices: dict[str, str]
    proposed: str
    no_passage: str
    as_of: str
    lacks: str
    has_besides: str


def name_of_cell(row: AccountRow, article: Article) -> str:
    """Return the short name of a cell: the ends of the keys of its question and its article."""
    return f"{row.key.hex[-LENGTH_OF_AN_END:]}-{article.uuid.hex[-LENGTH_OF_AN_END:]}"


def place_of_cell(slug: str, row: AccountRow, article: Article) -> str:
    """Return the address of a story that leads to one cell of its matrix."""
    return f"{reverse('annotations:story', args=[slug, row.story.key])}?at={name_of_cell(row, article)}#{AT}"


def find_cell(name: str, rows: Sequence[AccountRow], articles: Iterable[Article]) -> tuple[UUID, UUID]:
    """Return the keys of the question and the article that a short name means. Raises `NotThere`."""
    found = [(row.key, each.uuid) for each in articles for row in rows if name_of_cell(row, each) == name]
    if len(found) != 1:
        raise NotThere("cell_not_found", _("There is nothing under this key, or you may not see it."))
    return found[0]


def drawn_rows(view: StoryView, slug: str, at: str = "") -> list[DrawnRow]:
    """Write the cells of a story; `at` is the short name of the one that the address of the page asks for."""
    words = _words()
    names = Counter(name_of_cell(cell.row, cell.article) for row in view.rows for cell in row.cells)
    drawn = []
    for y, row in enumerate(view.rows, start=1):
        cells, glance = [], []
        for x, cell in enumerate(row.cells, start=1):
            name = name_of_cell(cell.row, cell.article)
            anchor = AT if name == at else f"c{y}-{x}"
            cells.append((_looks(cell), _address(cell, slug, name, names[name] == 1), anchor, _said(cell, words)))
            glance.append((_looks(cell), anchor, words.signs[cell.state]))
        drawn.append(
            DrawnRow(
                row,
                format_html_join("", '<td class="{}"><a href="{}" id="{}">{}</a></td>', cells),
                format_html_join("", '<a class="{}" tabindex="-1" href="#{}">{}</a>', glance),
            )
        )
    return drawn


def _words() -> _Words:
    return _Words(
        states={str(value): str(name) for value, name in AccountCell.State.choices},
        signs={str(state): sign for state, sign in SIGNS.items()},
        voices={str(value): str(name) for value, name in Statement.Voice.choices},
        proposed=_("proposed"),
        no_passage=_("no passage"),
        as_of=_("as of %(day)s"),
        lacks=_("lacks:"),
        has_besides=_("has besides:"),
    )


def _looks(cell: Cell) -> str:
    return f"state-{cell.state} is-outlier" if cell.is_outlier else f"state-{cell.state}"


def _address(cell: Cell, slug: str, name: str, is_only: bool) -> str:
    if is_only:
        return f"?cell={name}"
    return reverse("annotations:story_cell", args=[slug, cell.row.key, cell.article.uuid])


def _said(cell: Cell, words: _Words) -> SafeString:
    """Say the state of an answer, then what it says; the signs of states and the direction of words are by style."""
    is_proposed = not cell.is_checked and cell.state != AccountCell.State.UNCHECKED
    state = words.states[cell.state]
    parts: list[str] = [format_html("{} <small>{}</small>", state, words.proposed) if is_proposed else state]
    parts += [_statement(each, words) for each in cell.statements[:MOST_STATEMENTS]]
    if len(cell.statements) > MOST_STATEMENTS:
        parts.append(format_html("<p><small>{}</small></p>", "…"))
    for title, items in ((words.lacks, cell.missing), (words.has_besides, cell.added)):
        if items:
            more = " …" if len(items) > MOST_ITEMS else ""
            said = ", ".join(items[:MOST_ITEMS])
            parts.append(format_html('<p class="account-lacks">{} <bdi>{}</bdi>{}</p>', title, said, more))
    return format_html_join("", "{}", ((part,) for part in parts))


def _statement(statement: Statement, words: _Words) -> SafeString:
    about: list[str] = []
    if statement.voice != Statement.Voice.OWN:
        who = _short(statement.said_by, LONGEST_VOICE)
        voice = words.voices.get(statement.voice, "")
        about.append(format_html("<bdi>{}</bdi>", who) if who else voice)
    if statement.as_of:
        about.append(words.as_of % {"day": statement.as_of})
    if statement.start is None:
        about.append(words.no_passage)
    text = _short(statement.text, LONGEST_STATEMENT)
    return format_html("<p>{}{}</p>", text, format_html_join("", " <small>{}</small>", ((a,) for a in about)))


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else Truncator(text).chars(most)
