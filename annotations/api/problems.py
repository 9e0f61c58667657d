"""The one shape of every refusal, `{"problems": [{"code", "message", "field"}]}`, and the HTTP status it gets."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.core.exceptions import (
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.db import InterfaceError, OperationalError
from django.http import Http404
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.response import Response

from annotations.errors import Conflict, Forbidden, NotThere, Refused, TooMany, WorkbenchError
from annotations.models import Attribution, GuidelinesVersion, LabelSet, Membership, Ruling
from annotations.workflow.submit_checks import Incomplete
from workbench.statement_limit import was_too_slow
from workbench.uploads import too_large

from .project_json import guidelines_json, label_set_json
from .quotation_json import attributions_json
from .representations import Json, represent
from .review_json import ruling_json

logger = logging.getLogger(__name__)

STATUS: dict[type[WorkbenchError], int] = {Refused: 422, NotThere: 404, Forbidden: 403, Conflict: 409, TooMany: 429}
MOST_PROBLEMS = 50
RETRY_AFTER = 5
"""Seconds after which a client may ask again when the database was not reached."""


def answer(error: Exception, context: dict[str, Any]) -> Response | None:
    """Turn an exception of a view into a reply; None for an unknown failure, which becomes a logged 500."""
    match error:
        case WorkbenchError():
            return _refusal(error, context)
        case Http404():
            return one(404, "not_found", _("There is nothing here, or you may not see it."))
        case PermissionDenied():
            return one(403, "not_allowed", _("You may not do this."))
        case RequestDataTooBig() | TooManyFieldsSent() | TooManyFilesSent():
            return one(413, "too_large", str(too_large(error)))
        case MultiPartParserError():
            return one(400, "bad_request", _("The form data could not be read. Send multipart/form-data."))
        case SuspiciousOperation():
            return one(400, "bad_request", _("This request could not be understood."))
        case OperationalError() if was_too_slow(error):
            logger.warning("statement stopped")
            message = _("This took longer than %(most)s seconds and was stopped. Ask for less: narrow the filter.")
            return one(503, "too_slow", message % {"most": settings.WORKBENCH_STATEMENT_SECONDS})
        case OperationalError() | InterfaceError():
            logger.exception("database not reached")
            response = one(503, "busy", _("The database cannot be reached just now. Nothing was changed. Try again."))
            response["Retry-After"] = str(RETRY_AFTER)
            return response
        case exceptions.APIException():
            return _api_exception(error)
    return None


def one(status: int, code: str, message: str, field: str | None = None) -> Response:
    """Build the reply of a single problem."""
    return Response({"problems": [{"code": code, "message": message, "field": field}]}, status=status)


def _refusal(error: WorkbenchError, context: dict[str, Any]) -> Response:
    status = next(status for kind, status in STATUS.items() if isinstance(error, kind))
    response = one(status, error.code, error.message, error.field or None)
    if isinstance(error, TooMany):
        response["Retry-After"] = str(error.seconds)
    if isinstance(error, Incomplete):
        response.data["problems"] = [
            {"code": each.rule, "message": each.message, "field": f"{each.kind}.{each.key}" if each.key else None}
            for each in error.missing
        ]
        response.data["missing"] = [asdict(each) for each in error.missing]
        response.data["can_be_set_aside"] = error.can_be_set_aside
    if isinstance(error, Conflict):
        by = getattr(context["view"], "membership", None)
        response.data["current"] = _present(error.current, by) if by else None
    return response


def _present(current: Any, by: Membership) -> Json | None:
    match current:
        case LabelSet():
            labels = current.labels.select_related("parent").order_by("position", "id")
            return label_set_json(current, list(labels))
        case GuidelinesVersion():
            return guidelines_json(current)
        case Attribution():
            return attributions_json([current], by)[0]
        case Ruling():
            return ruling_json(current)
    return represent(current, by)


def _api_exception(error: exceptions.APIException) -> Response:
    problems = list(_flatten(error.detail))
    left_out = len(problems) - MOST_PROBLEMS
    if left_out > 0:
        message = _("%(count)s more problems are not shown.") % {"count": left_out}
        problems = [*problems[:MOST_PROBLEMS], {"code": "more_problems", "message": message, "field": None}]
    response = Response({"problems": problems}, status=error.status_code)
    if header := getattr(error, "auth_header", None):
        response["WWW-Authenticate"] = header
    if wait := getattr(error, "wait", None):
        response["Retry-After"] = str(int(wait) + 1)
    return response


def _flatten(detail: Any, path: tuple[str, ...] = ()) -> Iterator[dict[str, str | None]]:
    """Yield one problem per message; nested fields are named with dots: `labels.2.key`."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            yield from _flatten(inner, path if name == "non_field_errors" else (*path, str(name)))
    elif isinstance(detail, list):
        nested = any(isinstance(inner, dict | list) for inner in detail)
        for n, inner in enumerate(detail):
            yield from _flatten(inner, (*path, str(n)) if nested else path)
    else:
        code = getattr(detail, "code", "invalid")
        yield {"code": code, "message": str(detail), "field": ".".join(path) or None}
