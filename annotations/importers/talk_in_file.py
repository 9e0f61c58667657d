"""Comment threads of a native file: written with their comments, as they were said. An import calls nobody.

A thread that is there already stays as it is, with what was said in it since.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from annotations.models import Comment, CommentMention, CommentThread
from annotations.workflow.discussing import MOST_WORDS

from . import checking
from .checking import BadValue
from .context import PSEUDONYM_LENGTH, Context, ignores_conflicts
from .placing import Place, name_of_annotator
from .records import ImportedRecord, Problem
from .tally import Tally

MOST_COMMENTS = 10_000
FindAnnotation = Callable[[Place, dict[str, Any]], int]


@dataclass(frozen=True, slots=True)
class _Said:
    """A comment that can be written: its values, who said it, whom it calls."""

    values: dict[str, Any]
    by: str
    calls: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Thread:
    """A thread that can be written, with its comments; `about` are the columns of what it is about."""

    about: dict[str, Any]
    at: tuple[str, int | None, int]
    values: dict[str, Any]
    by: str
    resolved_by: str
    comments: tuple[_Said, ...]

    @property
    def people(self) -> set[str]:
        """Return everybody it names."""
        named = {self.by, self.resolved_by} | {said.by for said in self.comments}
        return {name for name in named.union(*(said.calls for said in self.comments)) if name}


def write_threads(places: list[Place], find: FindAnnotation, context: Context, tally: Tally) -> None:
    """Write what is new of the threads of a chunk; at most 8 queries, none where there is none.

    `find` returns the annotation of a text that a thread names, or raises `BadValue`.
    """
    _write_new(list(_checked(places, find, context, tally)), context, tally)


def write_claim_threads(
    found: Iterable[tuple[ImportedRecord, int, list[dict[str, Any]]]], context: Context, tally: Tally
) -> None:
    """Write what is new of the threads about claims: the record of each claim, its id, and the threads; 8 queries."""
    checked = []
    for record, claim, rows in found:
        for number, data in enumerate(rows):
            at = (record.file, record.line, number)
            try:
                checked.append(_thread(data, {"claim_id": claim}, at, None, context))
            except BadValue as bad:
                tally.leave_out("threads", _problem(at, bad.field, bad))
    _write_new(checked, context, tally)


def _write_new(checked: list[_Thread], context: Context, tally: Tally) -> None:
    if not checked:
        return
    new = _without_known(checked, context, tally)
    context.meet({name for thread in new for name in thread.people})
    _write(new, context)
    tally.others["threads_created"] += len(new)
    tally.wrote(*(thread.values["key"] for thread in new))


def _checked(places: list[Place], find: FindAnnotation, context: Context, tally: Tally) -> Iterator[_Thread]:
    for place in places:
        for number, data in enumerate(place.article.threads):
            at = (place.article.file, place.article.line, number)
            about = {"version_id": place.version_id, "length": place.length}
            try:
                annotation = find(place, data) if data.get("annotation") is not None else None
                yield _thread(data, {**about, **_words(data, place)}, at, annotation, context)
            except BadValue as bad:
                tally.leave_out("threads", _problem(at, bad.field, bad))


def _thread(
    data: dict[str, Any],
    about: dict[str, Any],
    at: tuple[str, int | None, int],
    annotation: int | None,
    context: Context,
) -> _Thread:
    resolved_at = checking.moment(data, "resolved_at")
    resolved_by = checking.text(data, "resolved_by", most=PSEUDONYM_LENGTH, default="").strip()
    if (resolved_at is None) != (not resolved_by):
        raise BadValue("resolved_by", resolved_by, _("A thread that is settled says when and by whom."))
    values = {
        "key": checking.key(data, "key"),
        "annotation_id": annotation,
        "is_question": data.get("question") is True and "claim_id" not in about,
        "version_number": checking.whole(data, "version", least=1, default=1),
        "created_at": checking.moment(data, "created_at", context.now),
        "resolved_at": resolved_at,
    }
    comments = tuple(_said(each, context) for each in checking.listed(data, "comments")[:MOST_COMMENTS])
    if len({said.values["key"] for said in comments}) < len(comments):
        raise BadValue("comments", len(comments), _("Two comments of the thread have the same key."))
    return _Thread(about, at, values, name_of_annotator(data), resolved_by, comments)


def _words(data: dict[str, Any], place: Place) -> dict[str, Any]:
    """Return the words that a thread is about, which have to stand in the text where it says."""
    if data.get("start") is None:
        return {}
    if data.get("annotation") is not None:
        raise BadValue("annotation", data["annotation"], _("A thread is about an annotation or about words, not both."))
    start = checking.whole(data, "start", least=0)
    end = checking.whole(data, "end", least=start + 1)
    there = place.article.text[start:end]
    if end > place.length:
        raise BadValue("end", end, _("The text has %(length)s characters.") % {"length": place.length})
    quote = checking.text(data, "quote", most=place.length, default=there)
    if quote != there:
        raise BadValue("quote", quote, _("These words do not stand there in the text."))
    return {"start": start, "end": end, "quote": there}


def _said(data: dict[str, Any], context: Context) -> _Said:
    withdrawn_at = checking.moment(data, "withdrawn_at")
    words = checking.text(data, "text", most=MOST_WORDS, default="") if withdrawn_at is None else ""
    if withdrawn_at is None and not words:
        raise BadValue("comments.text", "", _("A comment has words until it is removed."))
    created_at = checking.moment(data, "created_at", context.now)
    values = {
        "key": checking.key(data, "key"),
        "text": words,
        "version_number": checking.whole(data, "version", least=1, default=1),
        "created_at": created_at,
        "updated_at": checking.moment(data, "updated_at", created_at),
        "withdrawn_at": withdrawn_at,
    }
    calls = data.get("calls") or ()
    named = dict.fromkeys(str(name)[:PSEUDONYM_LENGTH] for name in calls if isinstance(name, str) and name)
    return _Said(values, name_of_annotator(data), tuple(named))


def _without_known(checked: list[_Thread], context: Context, tally: Tally) -> list[_Thread]:
    """Leave out threads that are there already, and those of which a comment is, which is a problem; 2 queries."""
    keys = {thread.values["key"] for thread in checked}
    known = set(CommentThread.objects.filter(project=context.project, key__in=keys).values_list("key", flat=True))
    said = {comment.values["key"] for thread in checked for comment in thread.comments}
    taken = set(Comment.objects.filter(project=context.project, key__in=said).values_list("key", flat=True))
    new: list[_Thread] = []
    for thread in checked:
        key: uuid.UUID = thread.values["key"]
        own = {comment.values["key"] for comment in thread.comments}
        if key in known:
            tally.others["threads_unchanged"] += 1
        elif own & taken:
            bad = BadValue("comments.key", str(min(own & taken)), _("This key is taken in another thread."))
            tally.leave_out("threads", _problem(thread.at, bad.field, bad))
        else:
            known.add(key)
            taken |= own
            new.append(thread)
    return new


def _write(new: list[_Thread], context: Context) -> None:
    made: dict[str, Any] = {"project": context.project, "created_by_job_id": context.job.pk}
    CommentThread.objects.bulk_create(
        [
            CommentThread(
                **made,
                **thread.about,
                created_by_id=context.person(thread.by),
                resolved_by_id=context.person(thread.resolved_by) if thread.resolved_by else None,
                **thread.values,
            )
            for thread in new
        ],
        batch_size=500,
        ignore_conflicts=ignores_conflicts(),
    )
    threads = _ids(CommentThread, [thread.values["key"] for thread in new], context)
    said = [(threads[thread.values["key"]], each) for thread in new for each in thread.comments]
    Comment.objects.bulk_create(
        [Comment(**made, thread_id=pk, created_by_id=context.person(each.by), **each.values) for pk, each in said],
        batch_size=500,
        ignore_conflicts=ignores_conflicts(),
    )
    comments = _ids(Comment, [each.values["key"] for _pk, each in said if each.calls], context)
    CommentMention.objects.bulk_create(
        [
            CommentMention(
                project=context.project,
                comment_id=comments[each.values["key"]],
                member_id=context.person(name),
                read_at=context.now,
            )
            for _pk, each in said
            for name in each.calls
        ],
        batch_size=500,
        ignore_conflicts=ignores_conflicts(),
    )


def _ids(model: Any, keys: list[uuid.UUID], context: Context) -> dict[uuid.UUID, int]:
    rows = model.objects.filter(project=context.project, key__in=keys) if keys else model.objects.none()
    return dict(rows.values_list("key", "pk"))


def _problem(at: tuple[str, int | None, int], field: str, bad: BadValue) -> Problem:
    file, line, number = at
    return Problem(file, line, f"threads.{number}.{field}", bad.value, bad.message, is_rejection=False)
