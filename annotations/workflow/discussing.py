"""Talking about an article, a span or a claim: begin a thread, answer, edit and remove one's own words, resolve, call.

A comment is no judgement: what it said before stands in the record of acts, whose texts can be erased.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Prefetch, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from annotations.access import Act, hide_outlets, may_see, present_parts_of, require, sees_all_work, visible_to
from annotations.access.visibility import who_talk
from annotations.errors import Forbidden, NotThere, Refused
from annotations.models import (
    Annotation,
    Article,
    ArticleVersion,
    Claim,
    ClaimDesk,
    Comment,
    CommentMention,
    CommentThread,
    Membership,
    User,
)
from annotations.text.mentioning import mentioned
from annotations.text.spans import Span
from annotations.text.wording import Comparison

from .acts import Request, carry_out_once, record
from .judging import check_version, find_visible, lock_own

MOST_WORDS = 10_000
"""Longest comment, in characters."""


@dataclass(frozen=True, slots=True)
class NewThread:
    """What a client sends to begin a thread: its key and that of its first comment, and what it is about.

    It is about the claim where one is named, else about the annotation or the words of a span, else the whole article.
    """

    key: UUID
    comment: UUID
    text: str
    article: UUID | None
    annotation: UUID | None = None
    is_question: bool = False
    span: Span | None = None
    quote: str = ""
    claim: UUID | None = None


def begin_thread(new: NewThread, *, by: Membership, request: Request | None = None) -> CommentThread:
    """Begin a thread with its first comment, or ask the managers, whom it calls then; at most 14 queries.

    Raises `Forbidden` where others' work is hidden from the membership, `NotThere` for what it may not see, `Refused`
    for a comment without words, or words that do not stand at their span.
    """

    def act() -> CommentThread:
        words = _words(new.text)
        about: dict[str, Any] = _claim_of(new.claim, by) if new.claim else _text_of(new, by)
        thread = CommentThread.objects.create(
            key=new.key, project_id=by.project_id, created_by=by, is_question=new.is_question, **about
        )
        called = _say(new.comment, words, thread, by)
        after: dict[str, Any] = {"claim": str(new.claim)} if new.claim else {"article": str(new.article)}
        after |= {"comment": str(new.comment), "called": called}
        if thread.annotation is not None:
            after["annotation"] = str(thread.annotation.key)
        if new.span is not None:
            after |= {"start": new.span.start, "end": new.span.end}
        verb = "question.asked" if new.is_question else "thread.created_on_claim" if new.claim else "thread.created"
        record(by, verb, "thread", new.key, after=after, text={"text": words}, request=request)
        return find_thread(new.key, by=by)

    if new.claim is not None and (new.is_question or new.annotation is not None or new.span is not None):
        raise Refused("thread_about", _("A thread is about a claim, or about an article."), field="claim")
    if new.is_question:
        require(by, Act.ASK)
    else:
        _require_talk(by)
    return carry_out_once(by, request, act, lambda: _own_thread(new.key, by))


def answer(thread: UUID, key: UUID, text: str, *, by: Membership, request: Request | None = None) -> Comment:
    """Say something in a thread, resolved or not."""

    def act() -> Comment:
        words, found = _words(text), find_thread(thread, by=by)
        called = _say(key, words, found, by)
        after = {"thread": str(thread), "called": called}
        record(by, "comment.created", "comment", key, after=after, text={"text": words}, request=request)
        return comment_rows().get(project_id=by.project_id, key=key)

    _require_talk_in(by, key=thread)
    return carry_out_once(by, request, act, lambda: _own_comment(key, by))


def edit_comment(key: UUID, text: str, *, by: Membership, base_version: int, request: Request | None = None) -> Comment:
    """Say one's own comment in other words; whom it calls newly is told, who has read it already is not again."""

    def act() -> Comment:
        words, comment = _words(text), _lock_standing(key, by)
        check_version(comment, base_version)
        if words != comment.text:
            before = comment.text
            _change(comment, text=words)
            called = _call(comment, by)
            CommentMention.objects.filter(comment=comment).exclude(member__uuid__in=called).delete()
            after = {"version": comment.version_number, "called": called}
            said = {"earlier_text": before, "text": words}
            record(by, "comment.changed", "comment", key, after=after, text=said, request=request)
        return comment_rows().get(pk=comment.pk)

    _require_talk_in(by, comments__key=key)
    return carry_out_once(by, request, act, lambda: _own_comment(key, by))


def remove_comment(key: UUID, *, by: Membership, base_version: int, request: Request | None = None) -> Comment:
    """Take one's own words out of a thread; that something stood there stays. Removing twice is no error."""

    def act() -> Comment:
        comment = lock_own(Comment.objects.all(), by=by, key=key)
        if comment.withdrawn_at is None:
            check_version(comment, base_version)
            before = comment.text
            _change(comment, text="", withdrawn_at=timezone.now())
            CommentMention.objects.filter(comment=comment).delete()
            after = {"version": comment.version_number}
            record(by, "comment.removed", "comment", key, after=after, text={"earlier_text": before}, request=request)
        return comment_rows().get(pk=comment.pk)

    _require_talk_in(by, comments__key=key)
    return carry_out_once(by, request, act, lambda: _own_comment(key, by))


def resolve_thread(key: UUID, *, by: Membership, base_version: int, request: Request | None = None) -> CommentThread:
    """Say that a thread is settled. Anybody who may talk may do so; doing it twice is no error."""
    return _move(key, True, by, base_version, request)


def reopen_thread(key: UUID, *, by: Membership, base_version: int, request: Request | None = None) -> CommentThread:
    """Open a settled thread again."""
    return _move(key, False, by, base_version, request)


def _move(key: UUID, resolves: bool, by: Membership, base_version: int, request: Request | None) -> CommentThread:
    def act() -> CommentThread:
        thread = find_thread(key, by=by, rows=CommentThread.objects.select_for_update())
        if (thread.resolved_at is not None) == resolves:
            return find_thread(key, by=by)
        check_version(thread, base_version)
        now = timezone.now()
        thread.resolved_at, thread.resolved_by = (now, by) if resolves else (None, None)
        thread.version_number, thread.stored_at = thread.version_number + 1, now
        thread.save(update_fields=["resolved_at", "resolved_by", "version_number", "stored_at"])
        verb = "thread.resolved" if resolves else "thread.reopened"
        record(by, verb, "thread", key, after={"version": thread.version_number}, request=request)
        return find_thread(key, by=by)

    _require_talk_in(by, key=key)
    return carry_out_once(by, request, act, lambda: thread_rows().filter(project_id=by.project_id, key=key).first())


# Reading


def thread_rows() -> QuerySet[CommentThread]:
    """Return threads with their comments and whom these call; 3 queries."""
    comments = comment_rows().order_by("created_at", "pk")
    rows = CommentThread.objects.select_related(
        "annotation", "created_by", "resolved_by", "version__article", "announced_in", "claim"
    )
    return rows.defer("version__text").prefetch_related(Prefetch("comments", comments))


def comment_rows() -> QuerySet[Comment]:
    """Return comments with whom they call; 2 queries."""
    calls = CommentMention.objects.select_related("member").order_by("pk")
    return Comment.objects.select_related("created_by", "thread").prefetch_related(Prefetch("mentions", calls))


def threads_on(version: ArticleVersion, by: Membership) -> QuerySet[CommentThread]:
    """Return the threads on a text that the membership may see and in which a word still stands, the oldest first.

    With it come those about words of an earlier wording that have no certain place in this one.
    """
    standing = Comment.objects.filter(withdrawn_at__isnull=True).values("thread")
    seen = visible_to(by, thread_rows().filter(on_text(version)))
    return seen.filter(pk__in=standing).order_by("created_at", "pk")


def on_text(version: ArticleVersion) -> Q:
    """Match the threads on a text, and those about words of its earlier wordings that were left there."""
    return Q(version=version) | Q(version__article=version.article_id, version__n__lt=version.n, start__isnull=False)


def claims_talked_of(claim: Claim, by: Membership) -> list[int]:
    """Return the ids of a claim and of those merged into it, whose talk shows there too; 1 query."""
    merged = visible_to(by, ClaimDesk.objects.filter(merged_into=claim.key, claim__withdrawn_at__isnull=True))
    return [claim.pk, *merged.order_by("claim_id").values_list("claim_id", flat=True)]


def threads_about(claims: Sequence[int], by: Membership) -> list[CommentThread]:
    """Return the threads about some claims, by their ids, in which a word still stands, the oldest first; 3 queries."""
    standing = Comment.objects.filter(withdrawn_at__isnull=True).values("thread")
    seen = visible_to(by, thread_rows().filter(claim__in=claims))
    return list(seen.filter(pk__in=standing).order_by("created_at", "pk"))


def find_thread(key: UUID, *, by: Membership, rows: QuerySet[CommentThread] | None = None) -> CommentThread:
    """Find a thread the membership may see, or raise `NotThere`."""
    found = visible_to(by, thread_rows() if rows is None else rows).filter(key=key).first()
    if found is None:
        raise NotThere("thread_not_found", _("There is no such thread, or you may not see it."))
    return found


def people_to_call(by: Membership) -> list[str]:
    """Return the pseudonyms that a comment can call; nobody where the membership has no part in the talk; 1 query."""
    if not sees_all_work(by):
        return []
    return list(who_talk(by.project).exclude(pk=by.pk).order_by("pseudonym").values_list("pseudonym", flat=True))


# Mentions


def mentions_of(user: User, *, project_id: int | None = None) -> QuerySet[CommentMention]:
    """Return where a person is called, in all their projects or in one, the newest first; only what they see now."""
    parts = present_parts_of(user)
    if project_id is not None:
        parts = parts.filter(project_id=project_id)
    rows = mentions_seen_by(parts).select_related("project", "comment__created_by", "comment__thread__annotation")
    rows = rows.select_related("comment__thread__version__article__publisher", "comment__thread__claim")
    return rows.defer("comment__thread__version__text")


def hide_in_calls(user: User, calls: Sequence[CommentMention]) -> None:
    """Hide, in memory, the outlets that the person may not see yet in any of their projects; 1 query, and 1 a project
    that hides them.
    """
    for member in present_parts_of(user):
        called = [call.comment.thread.article for call in calls if call.project_id == member.project_id]
        hide_outlets(member, [article for article in called if article is not None])


def count_unread(parts: Iterable[Membership]) -> int:
    """Count where a person, by these parts of theirs, is called and has not read it; 1 query."""
    return mentions_seen_by(parts).filter(read_at__isnull=True).count()


def mentions_seen_by(parts: Iterable[Membership]) -> QuerySet[CommentMention]:
    """Return where a person is called by these parts of theirs, where they see it now."""
    seen = Q(pk__in=())
    for part in parts:
        seen |= Q(member=part) & may_see(part, CommentMention)
    return CommentMention.objects.filter(seen, comment__withdrawn_at__isnull=True)


def read_mentions(user: User, comments: Iterable[UUID] | None = None, *, project_id: int | None = None) -> int:
    """Note that a person has read where they are called: in these comments, or everywhere; return how many were new."""
    rows = mentions_of(user, project_id=project_id).filter(read_at__isnull=True)
    if comments is not None:
        rows = rows.filter(comment__key__in=list(comments))
    ids = list(rows.order_by().values_list("pk", flat=True))
    return CommentMention.objects.filter(pk__in=ids).update(read_at=timezone.now())


# A corrected text


def carry_threads(source: int, target: ArticleVersion, made: dict[int, Annotation]) -> int:
    """Take the threads of a text along to the corrected one: those about the whole, and those whose annotation went.

    `made` names the annotations of the new text by the ids of those they continue.
    """
    told = {"version": target, "length": target.length, "stored_at": timezone.now()}
    of_whole = CommentThread.objects.filter(version=source, annotation__isnull=True, start__isnull=True)
    moved = of_whole.update(**told)
    with_thread = CommentThread.objects.filter(version=source, annotation__in=list(made))
    for annotation in set(with_thread.values_list("annotation_id", flat=True)):
        moved += with_thread.filter(annotation=annotation).update(**told, annotation=made[annotation])
    return moved


def carry_questions(target: ArticleVersion) -> int:
    """Take threads about words of earlier wordings along to where these stand now, if that is certain.

    The others stay where they are, with the words they are about; 1 query where there is none.
    """
    rows = CommentThread.objects.filter(version__article=target.article_id, start__isnull=False)
    waiting: dict[int, list[CommentThread]] = defaultdict(list)
    for row in rows.exclude(version=target).order_by("pk"):
        if row.version_id is not None:
            waiting[row.version_id].append(row)
    told, moved = timezone.now(), []
    texts = ArticleVersion.objects.filter(pk__in=waiting, withheld_at__isnull=True).values_list("pk", "text")
    for version, text in texts:
        comparison = Comparison(text, target.text)
        for row in waiting[version]:
            assert row.start is not None
            assert row.end is not None
            place = comparison.carry(Span(row.start, row.end)).span
            if place is not None:
                row.version, row.length, row.stored_at = target, target.length, told
                row.start, row.end, row.quote = place.start, place.end, place.text_of(target.text)
                moved.append(row)
    columns = ["version", "length", "start", "end", "quote", "stored_at"]
    return CommentThread.objects.bulk_update(moved, columns, batch_size=500)


# Shared


def _require_talk(by: Membership) -> None:
    require(by, Act.DISCUSS)
    if not sees_all_work(by):
        message = _("Work in this project is blind, so only reviewers and managers comment on it.")
        raise Forbidden("work_is_hidden", message)


def _require_talk_in(by: Membership, **thread: Any) -> None:
    """Let who asked the managers go on talking with them, where all other talk is hidden from them."""
    require(by, Act.DISCUSS)
    if (
        not sees_all_work(by)
        and not CommentThread.objects.filter(
            project_id=by.project_id, is_question=True, created_by=by, **thread
        ).exists()
    ):
        _require_talk(by)


def _words(text: str) -> str:
    words = text.strip()
    if not words:
        raise Refused("comment_empty", _("Write something."), field="text")
    if len(words) > MOST_WORDS:
        message = _("A comment has at most %(most)s characters.")
        raise Refused("comment_too_long", message % {"most": MOST_WORDS}, field="text")
    return words


def _claim_of(key: UUID, by: Membership) -> dict[str, Any]:
    """Find the claim that a thread is about. Raises `NotThere`, and `Refused` for one that was withdrawn."""
    claim = find_visible(Claim.objects.all(), by=by, key=key)
    if claim.withdrawn_at is not None:
        raise Refused("claim_withdrawn", _("This claim was withdrawn."))
    return {"claim": claim}


def _text_of(new: NewThread, by: Membership) -> dict[str, Any]:
    if new.article is None:
        raise Refused("thread_about", _("A thread is about a claim, or about an article."), field="article")
    version = _present_text(new.article, by)
    annotation = _annotation(new.annotation, version, by) if new.annotation else None
    return {"version": version, "length": version.length, "annotation": annotation, **_place(new, version)}


def _present_text(article: UUID, by: Membership) -> ArticleVersion:
    """Find the text, and keep it from being corrected meanwhile: a thread on the earlier one nobody would see."""
    rows = Article.objects.select_for_update(of=("self",), no_key=True).select_related("current_version")
    rows = rows.defer("current_version__text")
    found = rows.filter(project_id=by.project_id, uuid=article, merged_into__isnull=True).first()
    if found is None or found.current_version is None:
        raise NotThere("article_not_found", _("There is no such article in this project."))
    return found.current_version


def _annotation(key: UUID, version: ArticleVersion, by: Membership) -> Annotation:
    rows = Annotation.objects.filter(version=version, withdrawn_at__isnull=True, key=key)
    found = visible_to(by, rows).first()
    if found is None:
        raise NotThere("not_found", _("There is nothing under this key, or you may not see it."), field="annotation")
    return found


def _place(new: NewThread, version: ArticleVersion) -> dict[str, Any]:
    """Return the words that a thread is about as its row has them, once they are seen to stand there; 1 query."""
    if new.span is None:
        return {}
    if new.annotation is not None:
        raise Refused("one_subject", _("A thread is about an annotation or about words, not both."), field="annotation")
    text = ArticleVersion.objects.values_list("text", flat=True).get(pk=version.pk)
    if version.withheld_at is not None:
        raise Refused("text_withheld", _("The text of this article is withheld."))
    there = text[new.span.start : new.span.end]
    if new.span.end > version.length or there != new.quote:
        message = _("The text at %(start)s to %(end)s reads “%(there)s”, not “%(sent)s”.")
        reading = {"start": new.span.start, "end": new.span.end, "there": there[:80], "sent": new.quote[:80]}
        raise Refused("quote_mismatch", message % reading, field="quote")
    return {"start": new.span.start, "end": new.span.end, "quote": there}


def _say(key: UUID, words: str, thread: CommentThread, by: Membership) -> list[str]:
    """Write a comment; return the members it calls, by their UUIDs."""
    comment = Comment(key=key, project_id=by.project_id, created_by=by, thread=thread, text=words)
    comment.save(force_insert=True)
    return _call(comment, by)


def _call(comment: Comment, by: Membership) -> list[str]:
    """Note whom a comment calls, of those who may read it; return them by their UUIDs; at most 3 queries."""
    called = _named(comment.text, by)
    if comment.thread.is_question:
        called += [member for member in _asked_or_asking(comment.thread, by) if member not in called]
    if not called:
        return []
    known = set(CommentMention.objects.filter(comment=comment).values_list("member_id", flat=True))
    new = [CommentMention(project_id=by.project_id, comment=comment, member=member) for member in called]
    CommentMention.objects.bulk_create(row for row in new if row.member_id not in known)
    return [str(member.uuid) for member in called]


def _named(text: str, by: Membership) -> list[Membership]:
    """Return the members whom words name; to whom others are hidden names nobody, and learns of no name."""
    if "@" not in text or not sees_all_work(by):
        return []
    members = {member.pseudonym: member for member in who_talk(by.project).exclude(pk=by.pk)}
    return [members[name] for name in mentioned(text, members)]


def _asked_or_asking(question: CommentThread, by: Membership) -> list[Membership]:
    """Return whom a word in a question is for: who asked; if they say it, who answered, else all managers."""
    if question.created_by_id != by.pk:
        return [question.created_by]
    answered = Comment.objects.filter(thread=question).exclude(created_by=by).values("created_by")
    people = Membership.objects.filter(project_id=by.project_id, ended_at__isnull=True, user__isnull=False)
    spoke = list(people.filter(pk__in=answered).order_by("pk"))
    return spoke or list(people.filter(role=Membership.Role.MANAGER).exclude(pk=by.pk).order_by("pk"))


def _lock_standing(key: UUID, by: Membership) -> Comment:
    comment = lock_own(Comment.objects.all(), by=by, key=key)
    if comment.withdrawn_at is not None:
        raise Refused("comment_removed", _("You removed this comment."))
    return comment


def _change(comment: Comment, **changes: Any) -> None:
    for name, value in changes.items():
        setattr(comment, name, value)
    comment.version_number += 1
    comment.updated_at = comment.stored_at = timezone.now()
    comment.save(update_fields=[*changes, "version_number", "updated_at", "stored_at"])


def _own_thread(key: UUID, by: Membership) -> CommentThread | None:
    return thread_rows().filter(project_id=by.project_id, created_by=by, key=key).first()


def _own_comment(key: UUID, by: Membership) -> Comment | None:
    return comment_rows().filter(project_id=by.project_id, created_by=by, key=key).first()
