"""What waits for a person in all their projects: comments, questions, work given back, claims given to them.

Mentions have rows of their own; the rest are notices. Whether somebody may see what an item is about is asked each time
it is read: an item that is about something hidden by now is not shown, not counted and not mailed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from annotations.access import Act, has_role_for, hide_outlets, may_see, present_parts_of
from annotations.models import Article, Assignment, Claim, ClaimDesk, CommentMention, Membership, Notice, User

from .discussing import count_unread, mentions_seen_by, read_mentions

MENTION, CLAIM_MENTION, QUESTION, ANSWER = "mention", "claim_mention", "question", "answer"
"""What calls a person: a comment, one on a claim, a question to the managers, or what was said to their own."""
ABOUT_CLAIMS = (CLAIM_MENTION, Notice.Kind.CLAIM.value)
Kind = Notice.Kind


@dataclass(frozen=True, slots=True)
class Item:
    """One thing in an inbox. `uuid` is the comment's key, or the notice's; `about` names the article or claim."""

    kind: str
    uuid: UUID
    member: Membership
    about: UUID
    title: str
    words: str
    by: str
    told_at: datetime
    read_at: datetime | None
    thread: UUID | None = None


def tell(member: Membership, kind: str, key: UUID) -> None:
    """Put something into a member's inbox, in the transaction of the act; told again, it is new again; 2 queries."""
    Notice.objects.update_or_create(
        member=member,
        kind=kind,
        object_key=key,
        defaults={"project_id": member.project_id, "told_at": timezone.now(), "read_at": None},
    )


def parts_of(user: User, *, project_id: int | None = None) -> list[Membership]:
    """Return the parts a person has, in all projects or in one; 1 query."""
    rows = present_parts_of(user).order_by("pk")
    return list(rows if project_id is None else rows.filter(project_id=project_id))


def inbox_of(
    parts: Iterable[Membership], *, most: int, before: Item | None = None, is_unread: bool = False
) -> list[Item]:
    """Return what waits for a person by these parts of theirs, the newest first; at most 5 queries.

    `before` is the item after which to go on.
    """
    members = {part.pk: part for part in parts}
    mentions = mentions_seen_by(members.values()).select_related(
        "comment__created_by", "comment__thread__version__article__publisher", "comment__thread__claim"
    )
    mentions = mentions.defer("comment__thread__version__text").annotate(told=F("comment__created_at"))
    notices = _notices(members.values()).annotate(told=F("told_at"))
    if is_unread:
        mentions, notices = mentions.filter(read_at__isnull=True), notices.filter(read_at__isnull=True)
    if before is not None:
        mentions = mentions.filter(_after(before, "comment__key"))
        notices = notices.filter(_after(before, "uuid"))
    called = _mentions(list(mentions.order_by("-told", "-comment__key")[:most]), members)
    told = _shown(list(notices.order_by("-told", "-uuid")[:most]), members)
    return sorted((*called, *told), key=lambda item: (item.told_at, item.uuid), reverse=True)[:most]


def item_of(parts: Iterable[Membership], uuid: UUID) -> Item | None:
    """Find one item, by which a list goes on; at most 5 queries."""
    members = {part.pk: part for part in parts}
    mention = mentions_seen_by(members.values()).filter(comment__key=uuid)
    mention = mention.select_related(
        "comment__created_by", "comment__thread__version__article__publisher", "comment__thread__claim"
    )
    found = list(mention.defer("comment__thread__version__text")[:1])
    if found:
        return _mentions(found, members)[0]
    shown = _shown(list(_notices(members.values()).filter(uuid=uuid)), members)
    return shown[0] if shown else None


def count_unread_items(parts: Iterable[Membership]) -> int:
    """Count what a person has not read; at most 5 queries."""
    listed = list(parts)
    members = {part.pk: part for part in listed}
    unread = list(_notices(listed).filter(read_at__isnull=True))
    return count_unread(listed) + len(_shown(unread, members))


def read_items(user: User, items: Iterable[UUID] | None = None, *, project_id: int | None = None) -> int:
    """Note that a person has read these items, or all; return how many were new."""
    keys = None if items is None else list(items)
    read = read_mentions(user, keys, project_id=project_id)
    notices = Notice.objects.filter(member__in=parts_of(user, project_id=project_id), read_at__isnull=True)
    return read + (notices if keys is None else notices.filter(uuid__in=keys)).update(read_at=timezone.now())


def claims_awaiting(parts: Iterable[Membership], *, most: int) -> list[ClaimDesk]:
    """Return the claims a person has to work on, the soonest due first; 1 query."""
    judging = [part.pk for part in parts if has_role_for(part, Act.JUDGE_CLAIMS)]
    at_work = (ClaimDesk.State.NEW, ClaimDesk.State.IN_CHECK, ClaimDesk.State.IN_SECOND_REVIEW)
    rows = ClaimDesk.objects.filter(assignee__in=judging, state__in=at_work, merged_into__isnull=True)
    rows = rows.filter(claim__withdrawn_at__isnull=True).select_related("claim", "project")
    return list(rows.order_by(F("due_on").asc(nulls_last=True), "pk")[:most])


def _after(item: Item, key: str) -> Q:
    return Q(told__lt=item.told_at) | Q(told=item.told_at, **{f"{key}__lt": item.uuid})


def _notices(parts: Iterable[Membership]) -> QuerySet[Notice]:
    """Return the notices of these parts, without claims for who may not judge them any more."""
    listed = list(parts)
    judging = [part.pk for part in listed if has_role_for(part, Act.JUDGE_CLAIMS)]
    return Notice.objects.filter(Q(member__in=listed) & (~Q(kind=Kind.CLAIM) | Q(member__in=judging)))


def _mentions(rows: list[CommentMention], members: dict[int, Membership]) -> list[Item]:
    talked = ((row.member_id, row.comment.thread.article) for row in rows)
    _hide(((member, article) for member, article in talked if article is not None), members)
    return [_mention(row, members) for row in rows]


def _hide(articles: Iterable[tuple[int, Article]], members: dict[int, Membership]) -> None:
    """Hide, in memory, the outlets of articles that a member, by their id, may not see yet; 1 query a project."""
    of_member: dict[int, list[Article]] = defaultdict(list)
    for member, article in articles:
        of_member[member].append(article)
    for member, found in of_member.items():
        hide_outlets(members[member], found)


def _mention(row: CommentMention, members: dict[int, Membership]) -> Item:
    comment, thread = row.comment, row.comment.thread
    article, claim = thread.article, thread.claim
    if article is not None:
        about, title = article.uuid, article.title
    else:
        assert claim is not None
        about, title = claim.key, claim.text
    return Item(
        _how_it_calls(row) if article is not None else CLAIM_MENTION,
        comment.key,
        members[row.member_id],
        about,
        title,
        comment.text,
        comment.created_by.pseudonym,
        comment.created_at,
        row.read_at,
        comment.thread.key,
    )


def _how_it_calls(row: CommentMention) -> str:
    """Tell a question, and an answer to who asked, from a comment that names somebody."""
    thread = row.comment.thread
    if not thread.is_question:
        return MENTION
    return ANSWER if row.member_id == thread.created_by_id else QUESTION


Found = dict[tuple[int, UUID], tuple[UUID, str, str]]
"""Project and key of an object → what it is about, its title, its words."""


def _shown(notices: list[Notice], members: dict[int, Membership]) -> list[Item]:
    """Look up what notices are about; those whose object is not there for the person are left out."""
    found = {
        kind: look({row.object_key for row in notices if row.kind == kind}, members) for kind, look in _LOOK.items()
    }
    items = []
    for row in notices:
        known = found[row.kind].get((row.project_id, row.object_key))
        if known is not None:
            about, title, words = known
            member = members[row.member_id]
            items.append(Item(row.kind, row.uuid, member, about, title, words, "", row.told_at, row.read_at))
    return items


def _returned(keys: set[UUID], members: dict[int, Membership]) -> Found:
    if not keys:
        return {}
    found = Assignment.objects.filter(uuid__in=keys, annotator__in=members)
    rows = list(found.select_related("version__article__publisher").defer("version__text"))
    _hide(((row.annotator_id, row.version.article) for row in rows), members)
    return {
        (row.project_id, row.uuid): (row.version.article.uuid, row.version.article.title, row.return_note)
        for row in rows
    }


def _claims(keys: set[UUID], members: dict[int, Membership]) -> Found:
    if not keys:
        return {}
    seen = Q(pk__in=())
    for member in members.values():
        seen |= may_see(member, Claim)
    rows = Claim.objects.filter(seen, key__in=keys, withdrawn_at__isnull=True, desk__assignee__in=members)
    return {(row.project_id, row.key): (row.key, row.text, "") for row in rows}


_LOOK: dict[str, Callable[[set[UUID], dict[int, Membership]], Found]] = {
    Kind.RETURNED: _returned,
    Kind.CLAIM: _claims,
}
