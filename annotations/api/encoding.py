"""JSON in and out, by orjson: strict UTF-8, no NaN, no half surrogates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, ClassVar, cast

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


@dataclass(frozen=True, slots=True)
class SentRows:
    """A body of many records that is not read yet: a JSON list, or a value a line."""

    stream: BinaryIO
    is_lines: bool


class RowsParser(BaseParser):
    """Hand on the stream of a JSON list; the view reads as much of it as it answers at once."""

    media_type = "application/json"
    is_lines: ClassVar[bool] = False

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        """Return `SentRows`; nothing is read yet."""
        return SentRows(cast(BinaryIO, stream), self.is_lines)


class LinesParser(RowsParser):
    """Hand on the stream of JSON Lines."""

    media_type = "application/x-ndjson"
    is_lines = True


class JsonlParser(LinesParser):
    """JSON Lines by their other name."""

    media_type = "application/jsonl"
