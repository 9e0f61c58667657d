"""What people say about articles and spans: threads and comments, and where one is called."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import F
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.access import Act, present_parts_of
from annotations.api import shapes
from annotations.api.pagination import PARAMETERS, page_of, reply
from annotations.api.representations import Json, call_json, comment_json, thread_json, utc
from annotations.api.serializers import (
    AnnouncementInput,
    Based,
    CommentChangeInput,
    NewClaimThreadInput,
    NewCommentInput,
    NewThreadInput,
    Nothing,
    ReadInput,
)
from annotations.models import ApiToken, Article, Claim, CommentThread, Membership, User
from annotations.workflow.announcing import announce, announced_to, note_announcements
from annotations.workflow.discussing import (
    NewThread,
    answer,
    begin_thread,
    claims_talked_of,
    comment_rows,
    edit_comment,
    hide_in_calls,
    mentions_of,
    people_to_call,
    read_mentions,
    remove_comment,
    reopen_thread,
    resolve_thread,
    thread_rows,
    threads_about,
    threads_on,
)
from annotations.workflow.judging import find_visible

from .base import ApiView, JudgementView, find_article, read, span_of
from .changes import ChangesView

TALK = {"GET": Act.VIEW, "POST": Act.DISCUSS, "PATCH": Act.DISCUSS}


class ArticleThreads(JudgementView):
    """The threads on an article's present text."""

    tag = "comments"
    acts: ClassVar = TALK

    @extend_schema(responses=shapes.TalkShape)
    def get(self, request: Request, slug: str, uuid: UUID) -> Response:
        """List the threads with their comments, and whom one can call; nothing where work is hidden. Not paged."""
        return Response(talk_json(find_article(self.membership, uuid), self.membership))

    @extend_schema(request=NewThreadInput, responses={201: shapes.ThreadShape})
    def post(self, request: Request, slug: str, uuid: UUID) -> Response:
        """Begin a thread about an annotation, words or the article. `@` and a pseudonym in a comment calls a member.

        A question (`is_question`) calls the managers; in a blind project only they, the reviewers and who asked see it.
        """
        sent = read(NewThreadInput, request)
        words = sent["span"]
        new = NewThread(
            *(sent["key"], sent["comment"], sent["text"], uuid, sent["annotation"], sent["is_question"]),
            span=span_of(words) if words else None,
            quote=words["quote"] if words else "",
        )
        made = begin_thread(new, by=self.membership, request=self.request_once())
        return Response(thread_json(made, self.membership), status=201)


class ClaimThreads(JudgementView):
    """The threads about a claim, and about those merged into it."""

    tag = "comments"
    acts: ClassVar = TALK

    @extend_schema(responses=shapes.TalkShape)
    def get(self, request: Request, slug: str, key: UUID) -> Response:
        """List the threads with their comments, and whom one can call; nothing where work is hidden. Not paged."""
        by = self.membership
        threads = [
            thread_json(row, by)
            for row in threads_about(claims_talked_of(find_visible(Claim.objects.all(), by=by, key=key), by), by)
        ]
        return Response({"threads": threads, "people": people_to_call(by)})

    @extend_schema(request=NewClaimThreadInput, responses={201: shapes.ThreadShape})
    def post(self, request: Request, slug: str, key: UUID) -> Response:
        """Begin a thread about a claim. `@` and a pseudonym in a comment calls a member."""
        sent = read(NewClaimThreadInput, request)
        new = NewThread(sent["key"], sent["comment"], sent["text"], None, claim=key)
        made = begin_thread(new, by=self.membership, request=self.request_once())
        return Response(thread_json(made, self.membership), status=201)


def talk_json(article: Article, by: Membership) -> dict[str, Any]:
    """Return the threads on the present text, and whom the member can call; nothing where work is hidden."""
    version = article.current_version
    threads = threads_on(version, by) if version is not None else ()
    return {"threads": [thread_json(row, by) for row in threads], "people": people_to_call(by)}


class ThreadComments(JudgementView):
    """The comments of a thread."""

    tag = "comments"
    acts: ClassVar = {"POST": Act.DISCUSS}

    @extend_schema(request=NewCommentInput, responses={201: shapes.CommentShape})
    def post(self, request: Request, slug: str, key: UUID) -> Response:
        """Say something in a thread."""
        sent = read(NewCommentInput, request)
        made = answer(key, sent["key"], sent["text"], by=self.membership, request=self.request_once())
        return Response(comment_json(made, self.membership), status=201)


class ThreadResolution(JudgementView):
    """Settling a thread."""

    tag = "comments"
    acts: ClassVar = {"POST": Act.DISCUSS}
    act: ClassVar[Callable[..., CommentThread]] = staticmethod(resolve_thread)

    @extend_schema(request=Based, responses=shapes.ThreadShape)
    def post(self, request: Request, slug: str, key: UUID) -> Response:
        """Settle a thread, or open it again. Doing so twice is no error."""
        base_version = read(Based, request)["base_version"]
        thread = type(self).act(key, by=self.membership, base_version=base_version, request=self.request_once())
        return Response(thread_json(thread, self.membership))


class ThreadReopening(ThreadResolution):
    """Opening a settled thread again."""

    act = staticmethod(reopen_thread)


class ThreadAnnouncement(JudgementView):
    """Making the answer to a question known to all."""

    tag = "comments"
    acts: ClassVar = {"POST": Act.EDIT_GUIDELINES}

    @extend_schema(request=AnnouncementInput, responses=shapes.ThreadShape)
    def post(self, request: Request, slug: str, key: UUID) -> Response:
        """Append an example to the guidelines, as a new version that all members are told of; once for a question."""
        sent = read(AnnouncementInput, request)
        thread = announce(
            key, sent["text"], by=self.membership, base_version=sent["base_version"], request=self.request_once()
        )
        return Response(thread_json(thread, self.membership))


class CommentDetail(JudgementView):
    """One comment."""

    tag = "comments"
    acts: ClassVar = {"PATCH": Act.DISCUSS}

    @extend_schema(request=CommentChangeInput, responses=shapes.CommentShape)
    def patch(self, request: Request, slug: str, key: UUID) -> Response:
        """Say one's own comment in other words."""
        sent = read(CommentChangeInput, request)
        changed = edit_comment(
            key, sent["text"], by=self.membership, base_version=sent["base_version"], request=self.request_once()
        )
        return Response(comment_json(changed, self.membership))


class CommentRemoval(JudgementView):
    """Removing a comment."""

    tag = "comments"
    acts: ClassVar = {"POST": Act.DISCUSS}

    @extend_schema(request=Based, responses=shapes.CommentShape)
    def post(self, request: Request, slug: str, key: UUID) -> Response:
        """Take one's own words out of a thread. That something stood there is kept; doing so twice is no error."""
        base_version = read(Based, request)["base_version"]
        gone = remove_comment(key, by=self.membership, base_version=base_version, request=self.request_once())
        return Response(comment_json(gone, self.membership))


# Lists of changes


class ThreadChanges(ChangesView):
    """The threads of a project."""

    tag = "comments"

    @staticmethod
    def of() -> Any:
        """Return threads with their texts."""
        return _with_text(thread_rows(), "version")

    @extend_schema(parameters=shapes.CHANGES, responses=shapes.changes(shapes.ThreadInProjectShape))
    def get(self, request: Request, slug: str) -> Response:
        """List the threads one may see; with changed_since those begun, settled or opened again later."""
        return self._reply(request)

    @staticmethod
    def represent(row: Any, by: Membership) -> Json:
        """Return a thread with its text."""
        return thread_json(row, by) | _of_text(row)


class CommentChanges(ChangesView):
    """The comments of a project."""

    tag = "comments"

    @staticmethod
    def of() -> Any:
        """Return comments with the texts of their threads."""
        about = {"of_annotation": F("thread__annotation__key"), "of_claim": F("thread__claim__key")}
        rows: Any = comment_rows().annotate(**about)
        return _with_text(rows, "thread__version")

    @extend_schema(parameters=shapes.CHANGES, responses=shapes.changes(shapes.CommentInProjectShape))
    def get(self, request: Request, slug: str) -> Response:
        """List the comments one may see, removed ones too; with changed_since those stored later."""
        return self._reply(request)

    @staticmethod
    def represent(row: Any, by: Membership) -> Json:
        """Return a comment with the text and the annotation it is about."""
        annotation = {"annotation": str(row.of_annotation) if row.of_annotation else None}
        claim = {"claim": str(row.of_claim) if row.of_claim else None}
        return comment_json(row, by) | annotation | claim | _of_text(row)


def _with_text(rows: Any, version: str) -> Any:
    return rows.annotate(
        of_article=F(f"{version}__article__uuid"), of_n=F(f"{version}__n"), of_sha256=F(f"{version}__text_sha256")
    )


def _of_text(row: Any) -> Json:
    """Name the text; what is said about a claim has none."""
    of_text = {"article": str(row.of_article) if row.of_article else None, "article_version": row.of_n}
    return of_text | {"text_sha256": bytes(row.of_sha256).hex() if row.of_sha256 else None}


# One's own mentions


class OwnMentions(ApiView):
    """Where one is called."""

    tag = "comments"
    parameters = PARAMETERS

    @extend_schema(responses=shapes.page(shapes.CallShape), parameters=shapes.PAGING)
    def get(self, request: Request) -> Response:
        """List the comments that call one, in all one's projects, the newest first."""
        calls, following = page_of(self._calls(), request, order="-pk")
        hide_in_calls(self.user, calls)
        return Response(reply([call_json(call) for call in calls], following))

    def _calls(self) -> Any:
        calls = mentions_of(self.user, project_id=self.token.project_id if self.token else None)
        return calls.annotate(uuid=F("comment__key"))  # by which a cursor names its place


class OwnMentionsRead(ApiView):
    """Noting what one has read."""

    tag = "comments"

    @extend_schema(request=ReadInput, responses=shapes.ReadShape)
    def post(self, request: Request) -> Response:
        """Note that one has read some comments that call one, or all. Doing so twice is no error."""
        comments = read(ReadInput, request).get("comments")
        bound = self.token.project_id if self.token else None
        return Response({"read": read_mentions(self.user, comments, project_id=bound)})


class OwnAnnouncements(ApiView):
    """What was announced of the guidelines."""

    tag = "comments"

    @extend_schema(responses=shapes.AnnouncementsShape)
    def get(self, request: Request) -> Response:
        """List what was announced of the guidelines since one joined, in all one's projects, the newest 50 first."""
        return Response(
            {
                "results": [
                    {
                        "project": each.member.project.slug,
                        "version": each.guidelines.version,
                        "text": each.guidelines.announcement,
                        "created_at": utc(each.guidelines.created_at),
                        "is_unread": each.is_unread,
                    }
                    for each in announced_to(parts_of(self.user, self.token))
                ]
            }
        )


class OwnAnnouncementsRead(ApiView):
    """Noting what one has read."""

    tag = "comments"

    @extend_schema(request=None, responses=shapes.ReadShape)
    def post(self, request: Request) -> Response:
        """Note that one has read what was announced; `read` counts the projects with something new."""
        read(Nothing, request)
        project = self.token.project_id if self.token else None
        return Response({"read": note_announcements(self.user, project_id=project)})


def parts_of(user: User, token: ApiToken | None) -> list[Membership]:
    """Return a person's parts, in the one project that their key is for where it is for one."""
    rows = present_parts_of(user)
    return list(rows.filter(project_id=token.project_id) if token and token.project_id else rows)
