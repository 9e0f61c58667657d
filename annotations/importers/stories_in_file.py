"""Stories of a native file, with their articles, questions and answers, and what was said to suggested ones.

They come after the articles and annotations that they name. A story that is there already stays as it is, with
everything in it; of a new one, what does not fit is left out and named.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from annotations.models import (
    AccountCell,
    AccountCellRevision,
    AccountRow,
    AccountRowRevision,
    Annotation,
    Article,
    ArticleVersion,
    Judgement,
    Statement,
    Story,
    StoryArticle,
    StoryRevision,
    StorySuggestion,
    SuggestedArticle,
)
from annotations.text.accounts import value_of
from annotations.text.spans import Span
from annotations.workflow.answering import MAX_STATEMENT, MAX_TEXT, MOST_ROWS, MOST_STATEMENTS
from annotations.workflow.stories import MAX_NAME, MAX_NOTE
from annotations.workflow.wordless import GONE

from . import checking
from .checking import BadValue
from .context import PSEUDONYM_LENGTH, Context, ignores_conflicts
from .earlier_states import State, read_states, write_states
from .placing import name_of_annotator
from .records import ImportedRecord, Problem
from .tally import Tally

KINDS = frozenset({"story", "story_suggestion"})
Values = dict[str, Any]


@dataclass(slots=True)
class _There:
    """What a chunk's stories name: articles, their texts by (article, number), annotations by key."""

    articles: dict[str, Article] = field(default_factory=dict)
    texts: dict[tuple[int, int], ArticleVersion] = field(default_factory=dict)
    annotations: dict[str, Annotation] = field(default_factory=dict)

    def article(self, data: Values, name: str = "article") -> Article:
        """Return the article that a field names by its external id. Raises `BadValue`."""
        given = checking.text(data, name, most=500)
        if given not in self.articles:
            raise BadValue(name, given, _("There is no such article in this project. Import it too."))
        return self.articles[given]

    def version(self, article: Article, data: Values) -> ArticleVersion:
        """Return the text that a passage lies in: the one numbered, else the present one. Raises `BadValue`."""
        number = checking.whole(data, "version", default=0)
        found = self.texts.get((article.pk, number))
        if found is None:
            raise BadValue("version", number, _("The article has no such text."))
        return found


@dataclass(slots=True)
class _Cell:
    values: Values
    row: UUID
    statements: list[Statement]
    states: list[State]


@dataclass(slots=True)
class _Gathered:
    """What new stories bring, checked, by key."""

    stories: dict[UUID, Values] = field(default_factory=dict)
    articles: list[tuple[UUID, str, Values]] = field(default_factory=list)
    rows: dict[UUID, tuple[UUID, Values]] = field(default_factory=dict)
    cells: dict[UUID, _Cell] = field(default_factory=dict)
    states: dict[UUID, list[State]] = field(default_factory=dict)

    def people(self) -> set[str]:
        """Return everybody whose work this is, and who changed it."""
        owners = {values["annotator"] for values in self.stories.values()}
        owners |= {annotator for _story, annotator, _values in self.articles}
        owners |= {values["annotator"] for _story, values in self.rows.values()}
        owners |= {cell.values["annotator"] for cell in self.cells.values()}
        states = [*self.states.values(), *(cell.states for cell in self.cells.values())]
        return owners | {state.replaced_by for listed in states for state in listed}


def write_stories(records: Sequence[ImportedRecord], context: Context, tally: Tally) -> None:
    """Write what is new of stories and suggested ones; no query where there is none, else about 20."""
    if not records:
        return
    there = _look_up(records, context)
    stories = [each for each in records if each.kind == "story"]
    gathered = _gather(stories, there, context, tally)
    context.meet(gathered.people())
    _write(gathered, context, tally)
    _write_suggestions([each for each in records if each.kind != "story"], there, context, tally)


def _look_up(records: Sequence[ImportedRecord], context: Context) -> _There:
    """Look up everything that the records name; 3 queries."""
    there = _There()
    names: set[str] = set()
    keys: set[UUID] = set()
    for value in _named([record.data for record in records]):
        for name in ("article", "annotation"):
            given = value.get(name)
            if name == "article" and isinstance(given, str):
                names.add(given[:500])
            elif isinstance(given, str):
                try:
                    keys.add(UUID(given))
                except ValueError:
                    continue  # said where the row is checked
    rows = Article.objects.filter(project=context.project, external_id__in=names).defer("metadata")
    there.articles = {article.external_id: article for article in rows}
    by_pk = {article.pk: article for article in there.articles.values()}
    for version in ArticleVersion.objects.filter(article__in=list(by_pk)):
        there.texts[version.article_id, version.n] = version
        if by_pk[version.article_id].current_version_id == version.pk:
            there.texts[version.article_id, 0] = version
    annotations = Annotation.every.filter(project=context.project, key__in=keys) if keys else Annotation.every.none()
    there.annotations = {str(each.key): each for each in annotations.defer("attributes")}
    return there


def _named(value: Any) -> Iterator[Values]:
    if isinstance(value, dict):
        yield value
        for each in value.values():
            yield from _named(each)
    elif isinstance(value, list):
        for each in value:
            yield from _named(each)


# Checked


def _gather(records: Sequence[ImportedRecord], there: _There, context: Context, tally: Tally) -> _Gathered:
    gathered = _Gathered()
    keys = set()
    for record in records:
        try:
            keys.add(checking.key(record.data, "key"))
        except BadValue:
            continue  # said below
    known = set(Story.objects.filter(project=context.project, key__in=keys).values_list("key", flat=True))
    for record in records:
        try:
            key = checking.key(record.data, "key")
            if key in known:
                tally.others["stories_unchanged"] += 1
                continue
            _gather_story(key, record, gathered, there, context, tally)
        except BadValue as bad:
            tally.leave_out("stories", _problem(record, bad.field, bad))
    return gathered


def _gather_story(
    key: UUID, record: ImportedRecord, gathered: _Gathered, there: _There, context: Context, tally: Tally
) -> None:
    data = record.data
    name = checking.text(data, "name", most=MAX_NAME).strip()
    if not name:
        raise BadValue("name", name, _("A story needs a name."))
    gathered.stories[key] = {
        **_judgement(data, context),
        "name": name,
        "note": checking.text(data, "note", most=MAX_NOTE, default=""),
        "merged_into": checking.key(data, "merged_into") if data.get("merged_into") else None,
    }
    gathered.states[key] = read_states(StoryRevision, data, context, _leaver(record, "", tally))
    for n, row in enumerate(checking.listed(data, "articles")):
        try:
            values = {
                "article": there.article(row),
                "is_related": row.get("related") is True,
                "created_at": checking.moment(row, "created_at", context.now),
                "withdrawn_at": checking.moment(row, "withdrawn_at"),
            }
            gathered.articles.append((key, name_of_annotator(row), values))
        except BadValue as bad:
            tally.leave_out("stories", _problem(record, f"articles.{n}.{bad.field}", bad))
    for n, row in enumerate(checking.listed(data, "rows")[:MOST_ROWS]):
        try:
            _gather_row(key, n, row, record, gathered, there, context, tally)
        except BadValue as bad:
            tally.leave_out("stories", _problem(record, f"rows.{n}.{bad.field}", bad))


def _gather_row(
    story: UUID,
    n: int,
    data: Values,
    record: ImportedRecord,
    gathered: _Gathered,
    there: _There,
    context: Context,
    tally: Tally,
) -> None:
    key = checking.key(data, "key")
    kind = checking.one_of(data, "kind", AccountRow.Kind.values)
    text = checking.text(data, "text", most=MAX_TEXT).strip()
    if not text:
        raise BadValue("text", text, _("A question has 1 to %(most)s characters.") % {"most": MAX_TEXT})
    values = {
        **_judgement(data, context),
        "position": checking.whole(data, "position", least=1, default=n + 1),
        "kind": kind,
        "text": text,
        "cues": checking.text(data, "cues", most=MAX_TEXT, default=""),
    }
    gathered.rows[key] = (story, values)
    gathered.states[key] = read_states(AccountRowRevision, data, context, _leaver(record, f"rows.{n}.", tally))
    met: set[int] = set()
    for m, row in enumerate(checking.listed(data, "cells")):
        where = f"rows.{n}.cells.{m}."
        try:
            cell = _cell(key, kind, row, there, context)
            if cell.values["article_id"] in met:
                raise BadValue("article", row.get("article"), _("An article answers a question once."))
            met.add(cell.values["article_id"])
            cell.states = read_states(AccountCellRevision, row, context, _leaver(record, where, tally))
            gathered.cells[checking.key(row, "key")] = cell
        except BadValue as bad:
            tally.leave_out("stories", _problem(record, f"{where}{bad.field}", bad))


def _cell(row: UUID, kind: str, data: Values, there: _There, context: Context) -> _Cell:
    article = there.article(data)
    listed = checking.listed(data, "statements")[:MOST_STATEMENTS]
    values = {
        **_judgement(data, context),
        "article_id": article.pk,
        "state": checking.one_of(data, "state", AccountCell.State.values, default=AccountCell.State.UNCHECKED),
        "note": checking.text(data, "note", most=MAX_NOTE, default=""),
        "proposed_by": checking.text(data, "proposed_by", most=60, default=""),
    }
    statements = [_statement(n, kind, each, article, there, context) for n, each in enumerate(listed)]
    return _Cell(values, row, statements, [])


def _statement(n: int, kind: str, data: Values, article: Article, there: _There, context: Context) -> Statement:
    """Check a statement; where the file has no words of articles, those of its passage are taken."""
    version: ArticleVersion | None = None
    place: Values = {}
    if data.get("start") is not None:
        version = there.version(article, data)
        start, end = checking.whole(data, "start"), checking.whole(data, "end")
        if not start < end <= version.length:
            message = _("The span %(start)s to %(end)s does not lie in its text of %(length)s characters.")
            raise BadValue("statements.end", end, message % {"start": start, "end": end, "length": version.length})
        quote = Span(start, end).text_of(version.text) if version.withheld_at is None else ""
        if data.get("quote") not in (None, "", quote) and version.withheld_at is None:
            message = _("The text has “%(there)s” at this place. Offsets count code points from 0, the end excluded.")
            raise BadValue("statements.quote", data["quote"], message % {"there": quote[:80]})
        place = {"length": version.length, "start": start, "end": end, "quote": quote}
    text = checking.text(data, "text", most=MAX_STATEMENT, default="") or " ".join(place.get("quote", "").split())
    if version is not None and version.withheld_at is not None and text in (data.get("quote") or ""):
        text = GONE
    if not text:
        raise BadValue("statements.text", text, _("A statement says something."))
    annotation = None
    if data.get("annotation"):
        annotation = there.annotations.get(str(checking.key(data, "annotation")))
        if annotation is None:
            raise BadValue("statements.annotation", data["annotation"], _("There is no such annotation."))
    return Statement(
        project=context.project,
        n=n,
        voice=checking.one_of(data, "voice", Statement.Voice.values, default=Statement.Voice.OWN),
        said_by=checking.text(data, "said_by", most=200, default=""),
        as_of=checking.text(data, "as_of", most=10, default=""),
        text=text[:MAX_STATEMENT],
        value=checking.carried(data, "value") if "value" in data else value_of(kind, text),
        version=version,
        annotation=annotation,
        **place,
    )


def _judgement(data: Values, context: Context) -> Values:
    created_at = checking.moment(data, "created_at", context.now)
    return {
        "annotator": name_of_annotator(data),
        "version_number": checking.whole(data, "version", least=1, default=1),
        "created_at": created_at,
        "updated_at": checking.moment(data, "updated_at", created_at),
        "withdrawn_at": checking.moment(data, "withdrawn_at"),
    }


# Written


def _write(gathered: _Gathered, context: Context, tally: Tally) -> None:
    if not gathered.stories:
        return
    _insert(Story, gathered.stories, context)
    stories = _ids(Story, list(gathered.stories), context)
    rows_of_articles = [
        StoryArticle(project=context.project, story_id=stories[story], added_by_id=context.person(annotator), **values)
        for story, annotator, values in gathered.articles
    ]
    StoryArticle.objects.bulk_create(rows_of_articles, batch_size=500, ignore_conflicts=ignores_conflicts())
    _leave_taken(AccountRow, gathered.rows, context, tally)
    _insert(
        AccountRow,
        {key: {**values, "story_id": stories[story]} for key, (story, values) in gathered.rows.items()},
        context,
    )
    rows = _ids(AccountRow, list(gathered.rows), context)
    gathered.cells = {key: cell for key, cell in gathered.cells.items() if cell.row in rows}
    _leave_taken(AccountCell, gathered.cells, context, tally)
    _insert(
        AccountCell,
        {key: {**cell.values, "row_id": rows[cell.row]} for key, cell in gathered.cells.items()},
        context,
    )
    cells = _ids(AccountCell, list(gathered.cells), context)
    statements = []
    for key, pk in cells.items():
        for statement in gathered.cells[key].statements:
            statement.cell_id = pk
            statements.append(statement)
    Statement.objects.bulk_create(statements, batch_size=500, ignore_conflicts=ignores_conflicts())
    n_states = 0
    for revision, owner, ids in (
        (StoryRevision, "story_id", stories),
        (AccountRowRevision, "row_id", rows),
    ):
        n_states += write_states(
            revision, owner, [(pk, gathered.states.get(key, [])) for key, pk in ids.items()], context
        )
    of_cells = [(pk, gathered.cells[key].states) for key, pk in cells.items()]
    n_states += write_states(AccountCellRevision, "cell_id", of_cells, context)
    tally.others["stories_created"] += len(stories)
    tally.others["revisions_created"] += n_states
    tally.wrote(*stories, *rows, *cells)


def _leave_taken(model: type[Judgement], group: dict[UUID, Any], context: Context, tally: Tally) -> None:
    """Leave out what names something of another story by its key."""
    for key in _ids(model, list(group), context):
        del group[key]
        tally.others["stories_unchanged"] += 1


def _insert(model: type[Judgement], group: dict[UUID, Values], context: Context) -> None:
    rows = [
        model(
            key=key,
            project=context.project,
            created_by_id=context.person(values["annotator"]),
            **{name: value for name, value in values.items() if name != "annotator"},
            **{"created_by_job_id": context.job.pk},
        )
        for key, values in group.items()
    ]
    model._base_manager.bulk_create(rows, batch_size=500, ignore_conflicts=ignores_conflicts())


def _ids(model: type[Any], keys: list[UUID], context: Context) -> dict[UUID, int]:
    if not keys:
        return {}
    return dict(model._base_manager.filter(project=context.project, key__in=keys).values_list("key", "pk"))


# Suggested stories


def _write_suggestions(records: Sequence[ImportedRecord], there: _There, context: Context, tally: Tally) -> None:
    checked: dict[UUID, tuple[Values, str, list[tuple[Article, bool, list[Values]]]]] = {}
    for record in records:
        try:
            key, values, by, articles = _suggestion(record.data, there, context)
            checked[key] = (values, by, articles)
        except BadValue as bad:
            tally.leave_out("stories", _problem(record, bad.field, bad))
    if not checked:
        return
    known = _ids(StorySuggestion, list(checked), context)
    new = {key: found for key, found in checked.items() if key not in known}
    tally.others["stories_unchanged"] += len(known)
    stories = _ids(Story, [values["story"] for values, _by, _a in new.values() if values["story"]], context)
    context.meet({by for _values, by, _articles in new.values() if by})
    StorySuggestion.objects.bulk_create(
        [
            StorySuggestion(
                key=key,
                project=context.project,
                story_id=stories.get(values.pop("story")),
                decided_by_id=context.person(by) if by else None,
                created_by_job_id=context.job.pk,
                **values,
            )
            for key, (values, by, _articles) in new.items()
        ],
        batch_size=500,
        ignore_conflicts=ignores_conflicts(),
    )
    ids = _ids(StorySuggestion, list(new), context)
    SuggestedArticle.objects.bulk_create(
        [
            SuggestedArticle(
                project=context.project, suggestion_id=pk, article=article, is_related=is_related, ground=ground
            )
            for key, pk in ids.items()
            for article, is_related, ground in new[key][2]
        ],
        batch_size=500,
        ignore_conflicts=ignores_conflicts(),
    )
    tally.others["story_suggestions_created"] += len(ids)
    tally.wrote(*ids)


def _suggestion(data: Values, there: _There, context: Context) -> Any:
    by = checking.text(data, "decided_by", most=PSEUDONYM_LENGTH, default="").strip()
    state = checking.one_of(data, "state", StorySuggestion.State.values, default=StorySuggestion.State.OPEN)
    decided_at = checking.moment(data, "decided_at")
    if state != StorySuggestion.State.OPEN and (not by or decided_at is None):
        raise BadValue("decided_by", by, _("What was decided says when and by whom."))
    values = {
        "story": checking.key(data, "story") if data.get("story") else None,
        "state": state,
        "found_by": checking.text(data, "found_by", most=60, default="file"),
        "created_at": checking.moment(data, "created_at", context.now),
        "decided_at": decided_at,
        "version_number": checking.whole(data, "version", least=1, default=1),
    }
    articles = []
    for row in checking.listed(data, "articles"):
        ground = [_ground(each, there) for each in checking.listed(row, "ground")]
        articles.append((there.article(row), row.get("related") is True, ground))
    return checking.key(data, "key"), values, by, articles


def _ground(data: Values, there: _There) -> Values:
    passages = data.get("passages") or []
    names = data.get("names") or []
    if not all(isinstance(n, int) for n in passages) or not all(isinstance(name, str) for name in names):
        raise BadValue("ground", repr(passages)[:80], _("A ground lists words of passages, and names."))
    return {
        "article": str(there.article(data).uuid),
        "passages": [{"key": None, "words": n} for n in passages[:20]],
        "words": checking.whole(data, "words", default=0),
        "names": names[:20],
        "days": checking.whole(data, "days") if data.get("days") is not None else None,
    }


def _leaver(record: ImportedRecord, where: str, tally: Tally) -> Any:
    def leave(name: str, bad: BadValue) -> None:
        tally.leave_out("revisions", _problem(record, f"{where}{name}", bad))

    return leave


def _problem(record: ImportedRecord, name: str, bad: BadValue) -> Problem:
    return Problem(record.file, record.line, name, bad.value, bad.message, is_rejection=False)
