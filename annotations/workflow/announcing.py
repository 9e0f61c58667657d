"""Answers that become examples of the guidelines, announced to all members, and who has noted them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from annotations.access import Act, require
from annotations.errors import Conflict, Refused
from annotations.models import CommentThread, GuidelinesVersion, Membership, User

from .acts import Request, carry_out_once, record
from .discussing import find_thread, thread_rows
from .projects import current_guidelines, publish_guidelines

LONGEST = 4_000


@dataclass(frozen=True, slots=True)
class Announced:
    """One announced wording of the guidelines, as one member finds it among what is new."""

    member: Membership
    guidelines: GuidelinesVersion

    @property
    def is_unread(self) -> bool:
        """Tell whether the member has not noted it."""
        return self.guidelines.version > self.member.guidelines_read


def announce(
    question: UUID, example: str, *, by: Membership, base_version: int, request: Request | None = None
) -> CommentThread:
    """Make the answer to a question an example of the guidelines, in a new version, and tell all members.

    `example` is Markdown as the manager words it; nobody is named. Raises `Conflict` (`stale_version`) where another
    version of the guidelines than `base_version` is in force, `Refused` for what is no question, or was announced.
    """

    def act() -> CommentThread:
        thread = find_thread(question, by=by, rows=CommentThread.objects.select_for_update())
        if not thread.is_question:
            raise Refused("no_question", _("Only the answer to a question to the managers can be announced."))
        if thread.announced_in_id is not None:
            raise Conflict("announced_already", _("This question is an example of the guidelines already."))
        current = current_guidelines(by.project)
        words = _checked(example)
        text = with_example(current.text if current else "", words)
        made = publish_guidelines(text, by=by, base_version=base_version, announcement=words)
        thread.announced_in = made
        thread.save(update_fields=["announced_in"])
        record(by, "question.announced", "thread", question, after={"version": made.version}, request=request)
        return find_thread(question, by=by)

    require(by, Act.EDIT_GUIDELINES)
    return carry_out_once(
        by, request, act, lambda: thread_rows().filter(project_id=by.project_id, key=question).first()
    )


def with_example(guidelines: str, example: str) -> str:
    """Return the guidelines with one more example under the heading that is for them."""
    heading = "## " + _("Examples from questions")
    text = guidelines.rstrip()
    if heading not in text.splitlines():
        text = f"{text}\n\n{heading}".lstrip()
    return f"{text}\n\n{example}\n"


def draft_of(thread: CommentThread) -> str:
    """Return an example to begin with: the words in question, then what was asked and what was answered last."""
    said = [comment for comment in thread.comments.all() if comment.withdrawn_at is None]
    asked = [comment.text for comment in said if comment.created_by_id == thread.created_by_id][:1]
    answered = [comment.text for comment in said if comment.created_by_id != thread.created_by_id][-1:]
    words = thread.annotation.quote if thread.annotation else thread.quote
    quoted = [f"> {line}" for line in words.splitlines()]
    return "\n\n".join(["\n".join(quoted), *(f"*{each}*" for each in asked), *answered]).strip()


def announced_to(parts: Iterable[Membership], *, most: int = 50) -> list[Announced]:
    """Return what was announced to a person since they joined, by these parts of theirs, the newest first; 1 query."""
    by_project = {part.project_id: part for part in parts}
    rows = _announced(by_project.values()).order_by("-created_at", "-pk")[:most]
    return [Announced(by_project[row.project_id], row) for row in rows.select_related("project")]


def count_unread_announcements(parts: Iterable[Membership]) -> int:
    """Count what was announced and not noted yet; 1 query."""
    return sum(1 for each in announced_to(parts) if each.is_unread)


def note_announcements(user: User, *, project_id: int | None = None) -> int:
    """Note that a person has read what was announced; return in how many projects something was new."""
    parts = Membership.objects.filter(user=user, ended_at__isnull=True)
    if project_id is not None:
        parts = parts.filter(project_id=project_id)
    newest: dict[int, int] = {}
    for each in announced_to(parts, most=1000):
        if each.is_unread:
            newest[each.member.pk] = max(newest.get(each.member.pk, 0), each.guidelines.version)
    for pk, version in newest.items():
        Membership.objects.filter(pk=pk, guidelines_read__lt=version).update(guidelines_read=version)
    return len(newest)


def _announced(parts: Iterable[Membership]) -> QuerySet[GuidelinesVersion]:
    since = Q(pk__in=())
    for part in parts:
        since |= Q(project_id=part.project_id, created_at__gte=part.created_at)
    return GuidelinesVersion.objects.filter(since).exclude(announcement="")


def _checked(example: str) -> str:
    words = example.strip()
    if not words:
        raise Refused(
            "example_empty", _("Write the example: the words in question, and how to treat them."), field="text"
        )
    if len(words) > LONGEST:
        message = _("An example has at most %(most)s characters; this one has %(found)s.")
        raise Refused("example_too_long", message % {"most": LONGEST, "found": len(words)}, field="text")
    return words
