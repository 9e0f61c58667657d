"""Imports and exports: ask for one, watch it, read its problems, take its result away."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any, cast
from uuid import UUID

from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.access import Act
from annotations.access.jobs import find_job, find_result, visible_jobs
from annotations.access.requests import Request as RequestOnce
from annotations.access.requests import sha256_of
from annotations.api import shapes
from annotations.api.job_json import job_json, problem_json
from annotations.api.pagination import PARAMETERS, Cursor, cursor_of, limit_of, page_of, reply
from annotations.api.serializers import ExportInput, ImportInput, Nothing
from annotations.jobs.starting import start_export, start_import, start_once, start_tried_import, start_undo
from annotations.jobs.steering import cancel_job, continue_job
from annotations.search.article_filters import ArticleFilters
from annotations.search.saved_filters import filters_of, find_saved
from annotations.web.downloads import result_reply

from .articles import read_filters
from .base import ProjectView, read


class AnyAccept(BaseContentNegotiation):
    """Takes every Accept header, for views that send files."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser:
        """Take the first parser."""
        return next(iter(parsers))

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """Take the first renderer, for problems."""
        first = next(iter(renderers))
        return first, str(first.media_type)


class ImportList(ProjectView):
    """Imports."""

    tag = "jobs"
    acts = {"POST": Act.ADD_ARTICLES}
    parser_classes = (MultiPartParser,)
    takes_key = True

    @extend_schema(request={"multipart/form-data": ImportInput}, responses={202: shapes.JobShape})
    def post(self, request: Request, slug: str) -> Response:
        """Store files and start their import, or a dry run of it; a worker does it, the job says how far it is."""
        sent = read(ImportInput, request)
        once = self._request_once(sent)
        start = partial(
            start_import,
            self.membership,
            [(file.name, cast(Any, file)) for file in sent["files"]],
            format=sent["format"] or None,
            on_conflict=sent["on_conflict"],
            on_duplicate=sent["on_duplicate"],
            defaults={name: sent[name] for name in ("publisher", "language", "published_at")},
            is_trial=sent["is_trial"],
        )
        return Response(job_json(start_once(self.membership, once, start)), status=202)

    def _request_once(self, sent: dict[str, Any]) -> RequestOnce | None:
        """Return the request's key with a digest of the answers and the files, where a key was sent."""
        key = self.sent_key()
        if key is None:
            return None
        files = [(file.name, sha256_of(file)) for file in sent["files"]]
        return RequestOnce.of(key, "imports", sent | {"files": files})


class ExportList(ProjectView):
    """Exports."""

    tag = "jobs"
    acts = {"POST": Act.EXPORT}
    takes_key = True

    @extend_schema(request=ExportInput, responses={202: shapes.JobShape})
    def post(self, request: Request, slug: str) -> Response:
        """Start an export of what one may see of the articles that match."""
        sent = read(ExportInput, request)
        sent["filters"] = self._scope(sent).as_params()
        key = self.sent_key()
        once = RequestOnce.of(key, "exports", sent) if key else None
        job = start_once(self.membership, once, partial(start_export, self.membership, **sent))
        return Response(job_json(job), status=202)

    def _scope(self, sent: dict[str, Any]) -> ArticleFilters:
        """Return the filter that was sent, or that is kept under the UUID that was."""
        saved = sent.pop("saved_filter", None)
        if saved is not None:
            return filters_of(find_saved(self.membership, saved), self.membership)
        return read_filters(sent.get("filters", {}), self.membership)


class JobList(ProjectView):
    """Imports and exports that one may see."""

    tag = "jobs"
    acts = {"GET": Act.SEE_JOBS}
    parameters = PARAMETERS

    @extend_schema(responses=shapes.page(shapes.JobShape), parameters=shapes.PAGING)
    def get(self, request: Request, slug: str) -> Response:
        """List one's own jobs, the newest first; for managers also the imports of others."""
        jobs, following = page_of(visible_jobs(self.membership), request, order="-pk")
        return Response(reply([job_json(job) for job in jobs], following))


class JobDetail(ProjectView):
    """One job."""

    tag = "jobs"
    acts = {"GET": Act.SEE_JOBS}

    @extend_schema(responses=shapes.JobShape)
    def get(self, request: Request, slug: str, uuid: UUID) -> Response:
        """Tell how far a job is and what it did."""
        return Response(job_json(find_job(self.membership, uuid)))


class JobCancel(ProjectView):
    """Stopping a job."""

    tag = "jobs"
    acts = {"POST": Act.SEE_JOBS}

    @extend_schema(request=Nothing, responses=shapes.JobShape)
    def post(self, request: Request, slug: str, uuid: UUID) -> Response:
        """Cancel a job: an import within two chunks, an export at its next step. What was written stays."""
        read(Nothing, request)
        return Response(job_json(cancel_job(self.membership, find_job(self.membership, uuid))))


class JobContinue(ProjectView):
    """Going on with a job that failed or was cancelled."""

    tag = "jobs"
    acts = {"POST": Act.SEE_JOBS}

    @extend_schema(request=Nothing, responses={202: shapes.JobShape})
    def post(self, request: Request, slug: str, uuid: UUID) -> Response:
        """Let an import go on with its unfinished parts, and an export begin again."""
        read(Nothing, request)
        return Response(job_json(continue_job(self.membership, find_job(self.membership, uuid))), status=202)


class JobUndo(ProjectView):
    """Undoing an import."""

    tag = "jobs"
    acts = {"POST": Act.ADD_ARTICLES}
    takes_key = True

    @extend_schema(request=Nothing, responses={202: shapes.JobShape})
    def post(self, request: Request, slug: str, uuid: UUID) -> Response:
        """Start a job that removes what the import wrote and nobody judged or changed; it lists what it keeps."""
        read(Nothing, request)
        start = partial(start_undo, self.membership, find_job(self.membership, uuid))
        return Response(job_json(start_once(self.membership, self.request_if_keyed(), start)), status=202)


class JobImport(ProjectView):
    """Importing what a dry run tried."""

    tag = "jobs"
    acts = {"POST": Act.ADD_ARTICLES}
    takes_key = True

    @extend_schema(request=Nothing, responses={202: shapes.JobShape})
    def post(self, request: Request, slug: str, uuid: UUID) -> Response:
        """Start the import that a dry run tried, of the same files with the same answers."""
        read(Nothing, request)
        start = partial(start_tried_import, self.membership, find_job(self.membership, uuid))
        return Response(job_json(start_once(self.membership, self.request_if_keyed(), start)), status=202)


class JobProblems(ProjectView):
    """What a person should know about the rows of a job's files."""

    tag = "jobs"
    acts = {"GET": Act.SEE_JOBS}
    parameters = PARAMETERS

    @extend_schema(responses=shapes.page(shapes.JobProblemShape), parameters=shapes.PAGING)
    def get(self, request: Request, slug: str, uuid: UUID) -> Response:
        """List the problems of a job by file, line and field."""
        job, size, cursor = find_job(self.membership, uuid), limit_of(request), cursor_of(request)
        start = min(cursor.uuid.int, 10**9) if cursor else 0
        found = list(job.problems.order_by("id")[start : start + size + 1])
        following = str(Cursor(UUID(int=start + size))) if len(found) > size else None
        return Response(reply([problem_json(problem) for problem in found[:size]], following))


class JobResult(ProjectView):
    """The file that an export made."""

    tag = "jobs"
    acts = {"GET": Act.EXPORT}
    content_negotiation_class = AnyAccept

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    def get(self, request: Request, slug: str, uuid: UUID) -> FileResponse:
        """Send the file, as an attachment that no browser opens in our pages."""
        return result_reply(find_result(self.membership, uuid))
