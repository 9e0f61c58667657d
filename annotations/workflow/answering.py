"""The account matrix of a story: its questions, and what each article says to them.

An answer is saved whole, with its statements; the state before is kept as a revision, statements and all. Every act
locks the question, so that two who write the first answer of an article do not both make it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid5

from django.db.models import F, Max, Prefetch, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from annotations.access import Act, require, visible_to
from annotations.errors import Conflict, NotThere, Refused
from annotations.models import (
    AccountCell,
    AccountRow,
    Annotation,
    Article,
    ArticleVersion,
    Membership,
    Statement,
    Story,
    StoryArticle,
)
from annotations.text.accounts import Value, value_of
from annotations.text.spans import Span

from .acts import Request, carry_out_once, record
from .annotating import check_note
from .judging import check_version, find_visible, supersede
from .stories import ids_of

MAX_TEXT = 300
MOST_ROWS = 200
MOST_STATEMENTS = 20
MAX_STATEMENT = 1_000
_AS_OF = re.compile(r"(?:1[5-9]|20)\d\d(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01]))?)?")
State = AccountCell.State


@dataclass(frozen=True, slots=True)
class RowChange:
    """What is to be different about a question; None leaves it as it is. `position` counts from 1."""

    text: str | None = None
    kind: str | None = None
    cues: str | None = None
    position: int | None = None
    withdrawn: bool | None = None


@dataclass(frozen=True, slots=True)
class NewStatement:
    """What an article says, as a client sends it.

    The passage is named by its words, by their place where they stand more than once, and by the version where that is
    not the present one; an annotation brings its own. Neither is no passage.
    """

    text: str
    voice: str = Statement.Voice.OWN
    said_by: str = ""
    as_of: str = ""
    quote: str = ""
    start: int | None = None
    version: UUID | None = None
    annotation: UUID | None = None


@dataclass(frozen=True, slots=True)
class NewAnswer:
    """What an article says to a question, whole; `base_version` is 0 where there was no answer."""

    state: str
    base_version: int
    statements: Sequence[NewStatement] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Proposed:
    """An answer that a program read from a text: statements with the spans they stand on."""

    article_id: int
    version: ArticleVersion
    statements: Sequence[tuple[NewStatement, Span, Value]] = field(default_factory=tuple)


# Questions


def find_row(by: Membership, key: UUID) -> AccountRow:
    """Find a question one may see, or raise `NotThere`; 1 query."""
    found = visible_to(by, AccountRow.objects.select_related("story__project", "created_by")).filter(key=key).first()
    if found is None:
        raise NotThere("row_not_found", _("There is no such question, or you may not see it."))
    return found


def add_row(
    story: UUID, key: UUID, text: str, kind: str, *, by: Membership, cues: str = "", request: Request | None = None
) -> AccountRow:
    """Ask a story one more question; it comes last."""

    def act() -> AccountRow:
        found = _lock_story(story, by)
        rows = AccountRow.objects.filter(story__in=ids_of(found))
        if rows.filter(withdrawn_at__isnull=True).count() >= MOST_ROWS:
            message = _("A story has at most %(most)s questions.")
            raise Refused("too_many_rows", message % {"most": MOST_ROWS}, field="text")
        last = rows.aggregate(last=Max("position"))["last"] or 0
        row = AccountRow.objects.create(
            key=key,
            project_id=by.project_id,
            created_by=by,
            story=found,
            position=last + 1,
            kind=_checked_kind(kind),
            text=_checked_text(text),
            cues=_cues(cues),
        )
        after = {"story": str(story), "kind": kind}
        record(by, "account_row.created", "account_row", key, after=after, text={"text": row.text}, request=request)
        return row

    require(by, Act.EDIT_STORIES)
    return carry_out_once(by, request, act, lambda: _row(by, key))


def change_row(
    key: UUID, change: RowChange, *, by: Membership, base_version: int, request: Request | None = None
) -> AccountRow:
    """Reword a question, give it another kind, move it to another place, withdraw it or bring it back."""

    def act() -> AccountRow:
        row = _lock_row(key, by, may_be_withdrawn=change.withdrawn is not None)
        check_version(row, base_version)
        new: dict[str, Any] = {}
        if change.text is not None and _checked_text(change.text) != row.text:
            new["text"] = _checked_text(change.text)
        if change.kind is not None and _checked_kind(change.kind) != row.kind:
            new["kind"] = change.kind
        if change.cues is not None and _cues(change.cues) != row.cues:
            new["cues"] = _cues(change.cues)
        if change.position is not None and (place := _moved(row, change.position)) != row.position:
            new["position"] = place
        if change.withdrawn is not None and change.withdrawn != (row.withdrawn_at is not None):
            new["withdrawn_at"] = timezone.now() if change.withdrawn else None
        if new:
            supersede(row, by=by, **new)
            if "kind" in new:
                _read_values_anew(row)
            verb = "account_row.changed"
            if "withdrawn_at" in new:
                verb = "account_row.withdrawn" if change.withdrawn else "account_row.restored"
            after: dict[str, Any] = {name: new[name] for name in ("kind", "position") if name in new}
            text: dict[str, Any] = {name: new[name] for name in ("text", "cues") if name in new}
            record(by, verb, "account_row", key, after=after, text=text or None, request=request)
        return row

    require(by, Act.EDIT_STORIES)
    return carry_out_once(by, request, act, lambda: _row(by, key))


def _moved(row: AccountRow, wanted: int) -> int:
    """Make room at a place among the questions that stand, and return the position there; at most 3 queries."""
    story = Story.objects.get(pk=row.story_id)
    others = AccountRow.objects.filter(story__in=ids_of(story), withdrawn_at__isnull=True).exclude(pk=row.pk)
    standing = list(others.order_by("position", "pk").values_list("pk", "position"))
    place = min(max(wanted, 1), len(standing) + 1)
    if place == 1 + sum(1 for pk, position in standing if (position, pk) < (row.position, row.pk)):
        return row.position
    if place == len(standing) + 1:
        return standing[-1][1] + 1
    position = standing[place - 1][1]
    behind = [pk for pk, _position in standing[place - 1 :]]
    AccountRow.objects.filter(pk__in=behind).update(position=F("position") + 1)
    return position


def _read_values_anew(row: AccountRow) -> None:
    """Normalise the values of a question's answers as its kind says now; what was written stays; 2 queries."""
    changed = list(Statement.objects.filter(cell__row=row))
    for statement in changed:
        statement.value = value_of(row.kind, statement.text)
    Statement.objects.bulk_update(changed, ["value"], batch_size=500)


# Answers


def cell_rows() -> QuerySet[AccountCell]:
    """Return answers with their statements, without texts; 2 queries."""
    statements = Statement.objects.select_related("version", "annotation").defer("version__text")
    return AccountCell.objects.select_related("created_by").prefetch_related(Prefetch("statements", statements))


def answer(row: UUID, article: UUID, new: NewAnswer, *, by: Membership, request: Request | None = None) -> AccountCell:
    """Say what an article says to a question, in place of what was said before; at most 20 queries.

    Raises `Conflict` where somebody answered meanwhile, `Refused` where words do not stand in the article.
    """

    def act() -> AccountCell:
        found = _lock_row(row, by)
        told = _article_of(found, article, by)
        statements = _checked_statements(new.statements, found, told, by)
        state, note = _checked_state(new.state), check_note(new.note)
        cell = AccountCell.objects.select_for_update().filter(row=found, article=told).first()
        shown = cell or _answer_of_merged(found, told)
        number = shown.version_number if shown else 0
        if number != new.base_version:
            message = _("Somebody answered this meanwhile. Look at what is there now.")
            raise Conflict("stale_version", message, current=shown, field="base_version")
        values = {"state": state, "note": note, "proposed_by": "", "withdrawn_at": None}
        before = {"state": cell.state} if cell else {}
        if cell is None:
            key = uuid5(found.key, str(told.uuid))
            cell = AccountCell.objects.create(
                key=key, project_id=by.project_id, created_by=by, row=found, article=told, **values
            )
        else:
            supersede(cell, by=by, **values)
            cell.statements.all().delete()
        _write_statements(cell, statements)
        after = {"state": state, "article": str(article), "version": cell.version_number, "statements": len(statements)}
        text = {"note": note} if note else None
        record(
            by,
            "account_cell.answered",
            "account_cell",
            cell.key,
            before=before,
            after=after,
            text=text,
            request=request,
        )
        return cell

    require(by, Act.EDIT_STORIES)
    rows = visible_to(by, cell_rows()).filter(row__key=row, article__uuid=article)
    return carry_out_once(by, request, act, rows.first)


def put_proposed(
    row: UUID, proposed: Iterable[Proposed], rules: str, *, by: Membership, request: Request | None = None
) -> int:
    """Write what a program read for articles that have no answer yet; return how many. What people said stays."""

    def act() -> int:
        found = _lock_row(row, by)
        known = set(AccountCell.objects.filter(row=found).values_list("article_id", flat=True))
        new = [each for each in proposed if each.article_id not in known and each.statements]
        articles = {article.pk: article for article in Article.objects.filter(pk__in=[n.article_id for n in new])}
        for each in new:
            cell = AccountCell.objects.create(
                key=uuid5(found.key, str(articles[each.article_id].uuid)),
                project_id=by.project_id,
                created_by=by,
                row=found,
                article_id=each.article_id,
                proposed_by=rules,
            )
            rows = [_statement(sent, value, each.version, span, None) for sent, span, value in each.statements]
            _write_statements(cell, rows)
        after = {"n": len(new), "rules": rules}
        record(by, "account_row.proposed", "account_row", row, after=after, request=request)
        return len(new)

    require(by, Act.EDIT_STORIES)
    return carry_out_once(by, request, act, lambda: 0)


def _write_statements(cell: AccountCell, statements: list[Statement]) -> None:
    for n, statement in enumerate(statements):
        statement.cell, statement.project_id, statement.n = cell, cell.project_id, n
    Statement.objects.bulk_create(statements)


def _checked_statements(
    sent: Sequence[NewStatement], row: AccountRow, article: Article, by: Membership
) -> list[Statement]:
    if len(sent) > MOST_STATEMENTS:
        message = _("An answer has at most %(most)s statements.")
        raise Refused("too_many_statements", message % {"most": MOST_STATEMENTS}, field="statements")
    made = []
    for n, each in enumerate(sent):
        text = " ".join(each.text.split())
        where = f"statements.{n}"
        if not text or len(text) > MAX_STATEMENT:
            message = _("Say in 1 to %(most)s characters what the article says.")
            raise Refused("statement_text", message % {"most": MAX_STATEMENT}, field=f"{where}.text")
        if each.voice not in Statement.Voice.values:
            raise Refused("voice_unknown", _("There is no such voice."), field=f"{where}.voice")
        if each.as_of and not _AS_OF.fullmatch(each.as_of):
            message = _("“%(given)s” is not a date. Write YYYY, YYYY-MM or YYYY-MM-DD.")
            raise Refused("as_of", message % {"given": each.as_of[:40]}, field=f"{where}.as_of")
        version, span, annotation = _passage(each, article, by, where)
        made.append(_statement(each, value_of(row.kind, text), version, span, annotation, text=text))
    return made


def _statement(
    sent: NewStatement,
    value: Value,
    version: ArticleVersion | None,
    span: Span | None,
    annotation: Annotation | None,
    *,
    text: str = "",
) -> Statement:
    return Statement(
        voice=sent.voice,
        said_by=sent.said_by.strip()[:200],
        as_of=sent.as_of,
        text=text or " ".join(sent.text.split())[:MAX_STATEMENT],
        value=value,
        version=version,
        length=version.length if version and span else None,
        start=span.start if span else None,
        end=span.end if span else None,
        quote=span.text_of(version.text) if version and span and version.withheld_at is None else "",
        annotation=annotation,
    )


def _passage(
    sent: NewStatement, article: Article, by: Membership, where: str
) -> tuple[ArticleVersion | None, Span | None, Annotation | None]:
    """Return the passage that a statement stands on: that of an annotation, or the words sent. Raises `Refused`."""
    if sent.annotation is not None:
        rows = visible_to(by, Annotation.every.select_related("version"))
        found = rows.filter(key=sent.annotation, version__article=article).first()
        if found is None:
            raise NotThere(
                "annotation_not_found", _("The article has no such annotation."), field=f"{where}.annotation"
            )
        return found.version, Span(found.start, found.end), found
    if not sent.quote:
        return None, None, None
    rows_of_texts = ArticleVersion.objects.filter(article=article)
    version = rows_of_texts.filter(uuid=sent.version).first() if sent.version is not None else article.current_version
    if version is None:
        raise NotThere("version_not_found", _("This article has no text yet."), field=f"{where}.version")
    quote, start = sent.quote, sent.start
    if start is None or version.text[start : start + len(quote)] != quote:
        quote = quote.strip()
        start = version.text.find(quote) if quote else -1
    if start < 0:
        message = _("These words do not stand in the article: “%(words)s”. Copy them as they are there.")
        raise Refused("quote_mismatch", message % {"words": quote[:80]}, field=f"{where}.quote")
    return version, Span(start, start + len(quote)), None


# Shared


def _lock_story(key: UUID, by: Membership) -> Story:
    story = find_visible(Story.objects.select_for_update(of=("self",)), by=by, key=key)
    if story.withdrawn_at is not None or story.merged_into is not None:
        raise Refused("story_closed", _("This story was withdrawn, or merged into another."))
    return story


def _lock_row(key: UUID, by: Membership, *, may_be_withdrawn: bool = False) -> AccountRow:
    row = find_visible(AccountRow.objects.select_for_update(of=("self",)), by=by, key=key)
    if row.withdrawn_at is not None and not may_be_withdrawn:
        raise Refused("row_withdrawn", _("This question was withdrawn."))
    return row


def _article_of(row: AccountRow, article: UUID, by: Membership) -> Article:
    """Return an article of the question's story, or of the one that stands for it; for one that is merged, that one.

    Raises `NotThere`; at most 5 queries.
    """
    story = Story.objects.get(pk=row.story_id)
    if story.merged_into is not None:
        story = Story.objects.filter(project_id=by.project_id, key=story.merged_into).first() or story
    rows = Article.objects.filter(project_id=by.project_id).defer("metadata", "candidates")
    found = rows.filter(uuid=article).first()
    if found is not None and found.merged_into_id is not None:
        found = rows.get(pk=found.merged_into_id)
    told = StoryArticle.objects.filter(story__in=ids_of(story), withdrawn_at__isnull=True)
    if found is not None and not told.filter(Q(article=found) | Q(article__merged_into=found)).exists():
        found = None
    if found is None:
        raise NotThere("article_not_found", _("This article does not belong to the story."), field="article")
    return found


def _answer_of_merged(row: AccountRow, article: Article) -> AccountCell | None:
    """Return the answer that shows for an article without one: that of an article merged into it; 1 query."""
    rows = AccountCell.objects.filter(row=row, article__merged_into=article, withdrawn_at__isnull=True)
    return rows.order_by("pk").first()


def _checked_text(text: str) -> str:
    text = " ".join(text.split())
    if not text or len(text) > MAX_TEXT:
        message = _("A question has 1 to %(most)s characters.")
        raise Refused("question_text", message % {"most": MAX_TEXT}, field="text")
    return text


def _checked_kind(kind: str) -> str:
    if kind not in AccountRow.Kind.values:
        message = _("“%(kind)s” is no kind of a question. Send one of: %(all)s.")
        values = {"kind": kind[:40], "all": ", ".join(AccountRow.Kind.values)}
        raise Refused("kind_unknown", message % values, field="kind")
    return kind


def _checked_state(state: str) -> str:
    if state not in State.values:
        message = _("“%(state)s” is no state of an answer. Send one of: %(all)s.")
        raise Refused("state_unknown", message % {"state": state[:40], "all": ", ".join(State.values)}, field="state")
    return state


def _cues(cues: str) -> str:
    return ", ".join(dict.fromkeys(part.strip() for part in cues.split(",") if part.strip()))[:MAX_TEXT]


def _row(by: Membership, key: UUID) -> AccountRow | None:
    return visible_to(by, AccountRow.objects.select_related("story", "created_by")).filter(key=key).first()
