"""How differences were settled, of a native file: how far each text is, the rulings, and where its gold came from.

Comes after the annotations of a chunk, which rulings name by their keys. A text that is being settled here already
keeps its state; a ruling that is there stays as it is.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from django.utils.translation import gettext as _

from annotations.models import (
    Adjudication,
    Annotation,
    ArticleLabel,
    ArticleVersion,
    ClaimMention,
    EvidenceItem,
    Relation,
    Ruling,
    RulingSource,
)
from annotations.workflow.annotating import MAX_NOTE

from . import checking
from .checking import BadValue
from .context import PSEUDONYM_LENGTH, Context, ignores_conflicts
from .placing import Place, name_of_annotator
from .records import ImportedArticle, ImportedRecord, Problem
from .tally import Tally

MOST_SOURCES = 1_000


class Known(Protocol):
    """An annotation that a file names."""

    @property
    def pk(self) -> int:
        """Return the id."""

    @property
    def version_id(self) -> int:
        """Return the id of its text."""

    @property
    def layer(self) -> str:
        """Return its layer."""


Named = Mapping[str, Mapping[str, Known]]
"""What rulings name, by what it is called there and by key."""


@dataclass(frozen=True, slots=True)
class _Source:
    """A row that a ruling looked at, in which state, and the gold one that came from it, of one kind of unit."""

    kind: str
    pk: int
    version: int
    gold: int | None

    text: int | None = None

    def row(self, project: int, ruling: int) -> RulingSource:
        """Return it as a row, not yet saved."""
        looked_at, became = RulingSource.COLUMNS[self.kind]
        values = {f"{looked_at}_id": self.pk, f"{became}_id": self.gold, "annotation_version": self.version}
        values |= {"version_id": self.text}
        return RulingSource(project_id=project, ruling_id=ruling, **values)


@dataclass(frozen=True, slots=True)
class _Ruling:
    """A ruling that can be written: its values, who made it, whose version it chose, what it looked at."""

    values: dict[str, Any]
    by: str
    chosen: str
    sources: tuple[_Source, ...]


@dataclass(frozen=True, slots=True)
class _State:
    """How far the settling of a text is: the values of its row, and its people."""

    values: dict[str, Any]
    by: str
    finished_by: str


def names_in_rulings(article: ImportedArticle) -> Iterator[Any]:
    """Yield the keys by which an article's rulings name annotations, whatever stands there."""
    for ruling in article.rulings:
        sources = ruling.get("sources")
        for source in sources if isinstance(sources, list) else ():
            if isinstance(source, dict):
                yield source.get("annotation")
                yield source.get("gold")


def write_settled(places: list[Place], annotations: Mapping[str, Known], context: Context, tally: Tally) -> None:
    """Write what is new of both; at most 10 queries, none where a chunk has nothing of it."""
    _write_states(list(_states(places, context, tally)), context)
    named = {"annotation": annotations}
    for name, kind in (("relation", Relation), ("article_label", ArticleLabel)):
        named[name] = _named_rows(name, kind, places, context)
    _write_rulings(list(_rulings(places, named, context, tally)), context, tally)


# How far each text is


def _states(places: list[Place], context: Context, tally: Tally) -> Iterator[_State]:
    for place in places:
        for number, data in enumerate(place.article.adjudications):
            try:
                yield _state(data, place, context)
            except BadValue as bad:
                tally.leave_out("adjudications", _problem(place, f"adjudications.{number}.{bad.field}", bad))


def _state(data: dict[str, Any], place: Place, context: Context) -> _State:
    finished_at = checking.moment(data, "finished_at")
    finished_by = checking.text(data, "finished_by", most=PSEUDONYM_LENGTH, default="").strip()
    state = checking.one_of(data, "state", Adjudication.State.values)
    if (finished_at is None) != (not finished_by) or (state == Adjudication.State.FINISHED and finished_at is None):
        raise BadValue("finished_by", finished_by, _("A finished adjudication says when and by whom."))
    values = {
        "version_id": place.version_id,
        "past_round_id": context.round(data, "past_round"),
        "state": state,
        "state_number": checking.whole(data, "version", least=1, default=1),
        "created_at": checking.moment(data, "created_at", context.now),
        "finished_at": finished_at,
    }
    return _State(values, name_of_annotator(data), finished_by)


def _write_states(checked: list[_State], context: Context) -> None:
    if not checked:
        return
    rows = Adjudication.every.filter(version__in={state.values["version_id"] for state in checked})
    known = set(rows.values_list("version_id", "past_round_id"))
    new: list[_State] = []
    for state in checked:
        place = (state.values["version_id"], state.values["past_round_id"])
        if place not in known:
            known.add(place)
            new.append(state)
    context.meet({name for state in new for name in (state.by, state.finished_by) if name})
    Adjudication.every.bulk_create(
        [
            Adjudication(
                project=context.project,
                created_by_id=context.person(state.by),
                finished_by_id=context.person(state.finished_by) if state.finished_by else None,
                created_by_job_id=context.job.pk,
                **state.values,
            )
            for state in new
        ],
        batch_size=500,
        ignore_conflicts=ignores_conflicts(),
    )


# Rulings


def _named_rows(name: str, model: type[Any], places: list[Place], context: Context) -> Mapping[str, Known]:
    """Return the rows of a kind that rulings name by their keys; at most one query."""
    keys: set[uuid.UUID] = set()
    for place in places:
        for ruling in place.article.rulings:
            sources = ruling.get("sources")
            for source in sources if isinstance(sources, list) else ():
                if isinstance(source, dict) and name in source:
                    keys |= set(filter(None, map(_key, (source[name], source.get("gold")))))
    rows = model.every.filter(project=context.project, key__in=keys) if keys else ()
    return {str(row.key): row for row in rows}


def _key(value: Any) -> uuid.UUID | None:
    try:
        return uuid.UUID(value)
    except (ValueError, AttributeError, TypeError):
        return None  # said where the row is checked


def _write_rulings(checked: list[_Ruling], context: Context, tally: Tally) -> None:
    """Write what is new of rulings that were checked; at most 5 queries."""
    if not checked:
        return
    keys = [ruling.values["key"] for ruling in checked]
    known = set(Ruling.objects.filter(project=context.project, key__in=keys).values_list("key", flat=True))
    new: dict[uuid.UUID, _Ruling] = {}
    for ruling in checked:
        if ruling.values["key"] in known or ruling.values["key"] in new:
            tally.others["rulings_unchanged"] += 1
        else:
            new[ruling.values["key"]] = ruling
    if not new:
        return
    context.meet({name for ruling in new.values() for name in (ruling.by, ruling.chosen) if name})
    Ruling.objects.bulk_create(
        [
            Ruling(
                project=context.project,
                created_by_id=context.person(ruling.by),
                chosen_id=context.person(ruling.chosen) if ruling.chosen else None,
                created_by_job_id=context.job.pk,
                **ruling.values,
            )
            for ruling in new.values()
        ],
        batch_size=500,
        ignore_conflicts=ignores_conflicts(),
    )
    # one that somebody else wrote in the same moment has its sources from them
    own = Ruling.objects.filter(project=context.project, key__in=list(new), sources__isnull=True)
    RulingSource.objects.bulk_create(
        [source.row(context.project.pk, pk) for key, pk in own.values_list("key", "pk") for source in new[key].sources],
        batch_size=500,
        ignore_conflicts=ignores_conflicts(),
    )
    tally.others["rulings_created"] += len(new)
    tally.wrote(*new)


def _rulings(places: list[Place], named: Named, context: Context, tally: Tally) -> Iterator[_Ruling]:
    texts_of: dict[str, set[int]] = defaultdict(set)
    for place in places:
        texts_of[place.article.external_id].add(place.version_id)
    for place in places:
        texts = texts_of[place.article.external_id]
        for number, data in enumerate(place.article.rulings):
            try:
                yield _ruling(data, named, texts, context)
            except BadValue as bad:
                tally.leave_out("rulings", _problem(place, f"rulings.{number}.{bad.field}", bad))


def _ruling(data: dict[str, Any], named: Named, texts: set[int], context: Context) -> _Ruling:
    created_at = checking.moment(data, "created_at", context.now)
    values = {
        "key": checking.key(data, "key"),
        "outcome": checking.one_of(data, "outcome", Ruling.Outcome.values),
        "error_category": checking.one_of(data, "error_category", Ruling.ErrorCategory.values, default=""),
        "guideline_unclear": data.get("guideline_unclear") is True,
        "note": checking.text(data, "note", most=MAX_NOTE, default=""),
        "version_number": checking.whole(data, "version", least=1, default=1),
        "created_at": created_at,
        "updated_at": checking.moment(data, "updated_at", created_at),
        "withdrawn_at": checking.moment(data, "withdrawn_at"),
    }
    chosen = checking.text(data, "chosen", most=PSEUDONYM_LENGTH, default="").strip()
    listed = checking.listed(data, "sources")
    if not 0 < len(listed) <= MOST_SOURCES:
        message = _("A ruling names the annotations it looked at, at most %(most)s.") % {"most": MOST_SOURCES}
        raise BadValue("sources", len(listed), message)
    sources = tuple(_source(each, named, texts) for each in listed)
    if len({source.pk for source in sources}) < len(sources):
        raise BadValue("sources", len(sources), _("A ruling looks at it once."))
    if len({source.kind for source in sources}) > 1:
        message = _("A ruling looks at one kind: annotations, relations, labels, mentions of claims or evidence.")
        raise BadValue("sources", len(sources), message)
    return _Ruling(values, name_of_annotator(data), chosen, sources)


def _source(data: dict[str, Any], named: Named, texts: set[int]) -> _Source:
    kinds = ((kind, name) for kind, (name, _gold) in RulingSource.COLUMNS.items() if name in data)
    kind, name = next(kinds, ("span", "annotation"))
    there = named.get(name, {})
    looked_at = _named(data, name, there, texts)
    gold = None if data.get("gold") is None else _named(data, "gold", there, texts)
    if gold is not None and gold.layer != Annotation.Layer.GOLD:
        raise BadValue("sources.gold", data["gold"], _("What has this key is not of the gold layer."))
    number = checking.whole(data, "version", least=1, default=1)
    text = looked_at.version_id if kind == "evidence" else None
    return _Source(kind, looked_at.pk, number, gold.pk if gold else None, text)


def _named(data: dict[str, Any], name: str, annotations: Mapping[str, Known], texts: set[int]) -> Known:
    key = checking.key(data, name)
    found = annotations.get(str(key))
    if found is None or found.version_id not in texts:
        raise BadValue(f"sources.{name}", str(key), _("No text of the article has such a judgement with this key."))
    return found


# Rulings on claims and evidence, which follow these in a file


@dataclass(frozen=True, slots=True)
class _OnText:
    """A mention or a piece of evidence, on the text in whose review it was settled."""

    pk: int
    version_id: int
    layer: str


def write_rulings_on_claims(records: Sequence[ImportedRecord], context: Context, tally: Tally) -> None:
    """Write what is new of rulings on mentions and evidence; at most 9 queries, none where there is none."""
    if not records:
        return
    names = {str(record.data.get("article", ""))[:500] for record in records}
    rows = ArticleVersion.objects.filter(project=context.project, article__external_id__in=names)
    texts = {(name, n): pk for pk, name, n in rows.values_list("pk", "article__external_id", "n")}
    mentions = ClaimMention.objects.filter(project=context.project, key__in=_keys_of("mention", records))
    mentioned = {
        str(key): _OnText(pk, text, layer)
        for key, pk, text, layer in mentions.values_list("key", "pk", "annotation__version_id", "annotation__layer")
    }
    evidence = EvidenceItem.objects.filter(project=context.project, key__in=_keys_of("evidence", records))
    cited = {str(key): pk for key, pk in evidence.values_list("key", "pk")}
    checked = []
    for record in records:
        try:
            name, n = checking.text(record.data, "article", most=500), checking.whole(record.data, "text", least=1)
            text = texts.get((name, n))
            if text is None:
                raise BadValue("article", name, _("There is no such article in this project. Import it too."))
            items = {key: _OnText(pk, text, Annotation.Layer.GOLD) for key, pk in cited.items()}
            checked.append(_ruling(record.data, {"mention": mentioned, "evidence": items}, {text}, context))
        except BadValue as bad:
            problem = Problem(record.file, record.line, bad.field, bad.value, bad.message, is_rejection=False)
            tally.leave_out("rulings", problem)
    _write_rulings(checked, context, tally)


def _keys_of(name: str, records: Sequence[ImportedRecord]) -> set[uuid.UUID]:
    keys: set[uuid.UUID | None] = set()
    for record in records:
        sources = record.data.get("sources")
        for source in sources if isinstance(sources, list) else ():
            if isinstance(source, dict) and name in source:
                keys |= {_key(source[name]), _key(source.get("gold"))}
    return {key for key in keys if key is not None}


def _problem(place: Place, field: str, bad: BadValue) -> Problem:
    return Problem(place.article.file, place.article.line, field, bad.value, bad.message, is_rejection=False)
