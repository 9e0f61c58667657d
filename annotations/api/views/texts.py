"""The text of a version, plain, by its hash: what offsets count in."""

from __future__ import annotations

import re

from django.http import HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from annotations.errors import NotThere
from annotations.models import ArticleVersion

from .base import ProjectView
from .jobs import AnyAccept

SHA256 = re.compile(r"[0-9a-f]{64}")
YEAR = 365 * 24 * 3600


class TextByHash(ProjectView):
    """A frozen text."""

    tag = "articles"
    content_negotiation_class = AnyAccept

    @extend_schema(responses={(200, "text/plain"): OpenApiTypes.STR, 304: None})
    def get(self, request: Request, slug: str, sha256: str) -> HttpResponseBase:
        """Give the text whose SHA-256 (of its UTF-8, in lower-case hex) this is; it never changes."""
        text = self._text(sha256)
        etag = f'"{sha256}"'
        is_known = etag in parse_etags(request.headers.get("If-None-Match", ""))
        reply: HttpResponse = HttpResponseNotModified() if is_known else HttpResponse(text.encode())
        if not is_known:
            reply["Content-Type"] = "text/plain; charset=utf-8"
        reply["ETag"] = etag
        reply["Cache-Control"] = f"private, max-age={YEAR}, immutable"
        reply["X-Content-Type-Options"] = "nosniff"
        reply["Content-Security-Policy"] = "sandbox; default-src 'none'"
        patch_vary_headers(reply, ("Cookie", "Authorization"))
        return reply

    def _text(self, sha256: str) -> str:
        found = None
        if SHA256.fullmatch(sha256):
            rows = ArticleVersion.objects.filter(project_id=self.membership.project_id, withheld_at__isnull=True)
            found = rows.filter(text_sha256=bytes.fromhex(sha256)).values_list("text", flat=True).first()
        if found is None:
            raise NotThere("text_not_found", _("There is no text with this SHA-256 in this project."))
        return found
