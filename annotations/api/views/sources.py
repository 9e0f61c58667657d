"""Sources: list and add them, look at them, give captures by hand, read captures; articles by their address."""

from __future__ import annotations

from datetime import date, datetime
from functools import partial
from typing import Any, cast
from uuid import UUID

from django.http import FileResponse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.access import Act
from annotations.access.requests import Request as RequestOnce
from annotations.access.requests import sha256_of
from annotations.api import shapes
from annotations.api.job_json import job_json
from annotations.api.pagination import PARAMETERS, page_of, reply
from annotations.api.serializers import (
    ArchiveInput,
    CaptureFileInput,
    NewSourceInput,
    NotHeldInput,
    Nothing,
    PasteInput,
    SourceChangeInput,
)
from annotations.api.source_json import capture_json, line_json, look_json, source_json
from annotations.errors import NotThere
from annotations.jobs.starting import parse_date, start_once
from annotations.models import Source
from annotations.search.source_lists import FIELDS, SourceFilters, lines_of
from annotations.text.wording import Comparison
from annotations.web.downloads import raw_reply
from annotations.workflow.source_sight import (
    capture_before,
    captures_of,
    find_capture,
    find_source,
    looks_at,
    shown,
)
from annotations.workflow.sources import (
    add_source,
    add_source_without_address,
    capture_file,
    change_source,
    paste_capture,
    set_archive_address,
    set_not_held,
    start_article_by_address,
    start_fetching,
)

from .base import JudgementView, ProjectView, read
from .jobs import AnyAccept

MOST_LOOKS = 200


class SourceView(JudgementView):
    """A view of sources: every write carries a key of its own."""

    tag = "sources"

    def reply_with(self, source: Source, status: int = 200) -> Response:
        """Reply with a source as the asker may know it."""
        (known,) = shown([find_source(self.membership, source.uuid)], self.membership)
        return Response(source_json(known), status=status)


class SourceList(SourceView):
    """The sources of a project."""

    parameters = PARAMETERS | set(FIELDS)

    @extend_schema(responses=shapes.page(shapes.SourceLineShape), parameters=[*shapes.SOURCE_FILTERS, *shapes.PAGING])
    def get(self, request: Request, slug: str) -> Response:
        """List the sources that match, by address. Where work is blind, those that one cited or added oneself."""
        asked = {name: request.query_params[name] for name in FIELDS if name in request.query_params}
        found = SourceFilters.parse(asked).sources(self.membership)
        rows, following = page_of(found, request, order="canonical_url")
        return Response(reply([line_json(line) for line in lines_of(rows, self.membership)], following))

    @extend_schema(request=NewSourceInput, responses={201: shapes.SourceShape})
    def post(self, request: Request, slug: str) -> Response:
        """Add a source by its address. Whether it was there already is not told. Fetched where the server does that.

        What has no address (a book, a call, a paper) is added by a `key` of yours and its title.
        """
        sent = read(NewSourceInput, request)
        once = self.request_once()
        if sent.get("key") and not sent["url"]:
            facts: dict[str, Any] = {name: sent[name] for name in ("title", "author", "publisher", "medium")}
            facts["published_at"] = _moment(sent["published_at"])
            made = add_source_without_address(sent["key"], facts, by=self.membership, request=once)
        else:
            made = add_source(sent["url"], by=self.membership, request=once)
        return self.reply_with(made, 201)


class SourceDetail(SourceView):
    """One source."""

    @extend_schema(responses=shapes.SourceShape)
    def get(self, request: Request, slug: str, uuid: UUID) -> Response:
        """Tell what is known of a source."""
        return self.reply_with(find_source(self.membership, uuid))

    @extend_schema(request=SourceChangeInput, responses=shapes.SourceShape)
    def patch(self, request: Request, slug: str, uuid: UUID) -> Response:
        """Say what is known of a source, to all who see it. Also answers 409 with `stale_version`."""
        sent = read(SourceChangeInput, request)
        names = ("title", "author", "publisher", "medium")
        changes: dict[str, Any] = {name: sent[name] for name in names if name in sent}
        if "published_at" in sent:
            changes["published_at"] = _moment(sent["published_at"])
        base = sent["base_version"]
        change_source(uuid, changes, by=self.membership, base_version=base, request=self.request_once())
        return self.reply_with(find_source(self.membership, uuid))


class SourceFetching(SourceView):
    """Looking at a source."""

    @extend_schema(request=Nothing, responses={202: shapes.JobShape})
    def post(self, request: Request, slug: str, uuid: UUID) -> Response:
        """Have a worker look at the page now. Also answers 429, and `fetching_off` where the server fetches none."""
        read(Nothing, request)
        start = partial(start_fetching, uuid, by=self.membership)
        return Response(job_json(start_once(self.membership, self.request_once(), start)), status=202)


class SourceHolding(SourceView):
    """Sources that cannot be captured."""

    @extend_schema(request=NotHeldInput, responses=shapes.SourceShape)
    def post(self, request: Request, slug: str, uuid: UUID) -> Response:
        """Say that a source is not held (on paper, behind a wall), or that it can be captured after all."""
        sent = read(NotHeldInput, request)
        once = self.request_once()
        set_not_held(uuid, sent["not_held"], by=self.membership, note=sent["note"], request=once)
        return self.reply_with(find_source(self.membership, uuid))


class SourceLooks(ProjectView):
    """The looks at a source."""

    tag = "sources"

    @extend_schema(responses=shapes.LooksShape)
    def get(self, request: Request, slug: str, uuid: UUID) -> Response:
        """List the looks at a source, the newest first, at most 200. Not paged."""
        rows = looks_at(find_source(self.membership, uuid), self.membership)[:MOST_LOOKS]
        return Response({"results": [look_json(look) for look in rows]})


class SourceCaptures(SourceView):
    """The captures of a source."""

    @extend_schema(responses=shapes.CapturesShape)
    def get(self, request: Request, slug: str, uuid: UUID) -> Response:
        """List the captures of a source, the newest first, at most 200, without their texts. Not paged."""
        rows = captures_of(find_source(self.membership, uuid), self.membership).select_related("source")
        return Response({"results": [capture_json(capture) for capture in rows[:MOST_LOOKS]]})

    @extend_schema(request=PasteInput, responses={201: shapes.CaptureShape})
    def post(self, request: Request, slug: str, uuid: UUID) -> Response:
        """Keep the text of a source as somebody copied it."""
        sent = read(PasteInput, request)
        made = paste_capture(uuid, sent["text"], title=sent["title"], by=self.membership, request=self.request_once())
        return Response(capture_json(find_capture(self.membership, made.uuid)), status=201)


class SourceFiles(SourceView):
    """Captures that somebody saved as a file."""

    parser_classes = (MultiPartParser,)

    @extend_schema(request={"multipart/form-data": CaptureFileInput}, responses={202: shapes.JobShape})
    def post(self, request: Request, slug: str, uuid: UUID) -> Response:
        """Store a PDF, page or text of a source; a worker reads it, and the job says what was found."""
        find_source(self.membership, uuid)
        file = cast(Any, read(CaptureFileInput, request)["file"])
        key = self.request_once().key
        once = RequestOnce.of(key, request.path, file.name, sha256_of(file))
        start = partial(capture_file, uuid, file.name, file, by=self.membership)
        return Response(job_json(start_once(self.membership, once, start)), status=202)


class CaptureDetail(SourceView):
    """One capture."""

    @extend_schema(responses=shapes.CaptureTextShape)
    def get(self, request: Request, slug: str, uuid: UUID) -> Response:
        """Tell what was captured, with its text, and what changed since the capture before."""
        capture = find_capture(self.membership, uuid)
        before = capture_before(capture, self.membership)
        pieces = Comparison(before.text, capture.text).pieces if before else ()
        differs = any(piece.kind != "same" for piece in pieces)
        return Response(
            {
                **capture_json(capture, with_text=True),
                "before": str(before.uuid) if before else None,
                "difference": [{"kind": piece.kind.value, "text": piece.text} for piece in pieces] if differs else [],
            }
        )

    @extend_schema(request=ArchiveInput, responses=shapes.CaptureShape)
    def patch(self, request: Request, slug: str, uuid: UUID) -> Response:
        """Say where an archive keeps the page. Also answers 409 with `stale_version`."""
        sent = read(ArchiveInput, request)
        base, once = sent["base_version"], self.request_once()
        changed = set_archive_address(uuid, sent["archive_url"], by=self.membership, base_version=base, request=once)
        return Response(capture_json(changed))


class CaptureFile(ProjectView):
    """The bytes that were captured."""

    tag = "sources"
    content_negotiation_class = AnyAccept

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    def get(self, request: Request, slug: str, uuid: UUID) -> FileResponse:
        """Send the file, as an attachment that no browser opens in our pages."""
        capture = find_capture(self.membership, uuid)
        if capture.raw_file is None or capture.withheld_at is not None:
            raise NotThere("file_not_found", _("This capture has no file."))
        return raw_reply(capture)


class ArticleByAddress(ProjectView):
    """Articles that are fetched."""

    tag = "articles"
    acts = {"POST": Act.ADD_ARTICLES}
    takes_key = True

    @extend_schema(request=NewSourceInput, responses={202: shapes.JobShape})
    def post(self, request: Request, slug: str) -> Response:
        """Have a worker fetch an article and import it as a page is; `import` of the job names that import."""
        sent = read(NewSourceInput, request)
        start = partial(start_article_by_address, sent["url"], by=self.membership)
        return Response(job_json(start_once(self.membership, self.request_if_keyed(), start)), status=202)


def _moment(written: str | None) -> date | datetime | None:
    """Read a day or a time with its zone; None takes it away. Raises `Refused`."""
    return parse_date(written) if written else None
