"""Replies made for one person, compressed: pages and JSON. Static files are compressed when they are collected."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

TYPES = (
    "text/html",
    "application/json",
    "application/problem+json",
    "application/ld+json",
    "text/css",
    "text/javascript",
    "text/csv",
    "image/svg+xml",
)


class CompressionMiddleware(GZipMiddleware):
    """Compress what is whole and made of text; leave streams alone, whose parts have to arrive one by one.

    Django adds random bytes to each reply, so that its length does not betray what stands in it (BREACH).
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Compress a reply where that is worth it and the browser understands it."""
        if response.streaming or not response.headers.get("Content-Type", "").startswith(TYPES):
            return response
        return super().process_response(request, response)
