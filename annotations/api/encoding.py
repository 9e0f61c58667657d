"""JSON in and out, by orjson: strict UTF-8, no NaN, no half surrogates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from django.http import HttpRequest
from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer


class JSONRenderer(BaseRenderer):
    """Write a reply as JSON."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        """Return the bytes; nothing for a reply without a body."""
        return b"" if data is None else orjson.dumps(data, default=str)


class JSONParser(BaseParser):
    """Read a request's body as JSON."""

    media_type = "application/json"

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the value. Through `body`, which refuses more than DATA_UPLOAD_MAX_MEMORY_SIZE."""
        raw = stream.body if isinstance(stream, HttpRequest) else stream.read()
        try:
            return orjson.loads(raw)
        except orjson.JSONDecodeError as error:
            message = _("The body is not JSON in UTF-8: %(reason)s.") % {"reason": error}
            raise ParseError(message) from None
