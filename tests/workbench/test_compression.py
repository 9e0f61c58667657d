"""Pages and JSON are compressed; what comes piece by piece or is compressed already is left alone."""

import gzip

import pytest
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import Client

from workbench.compression import CompressionMiddleware

LONG = b"<p>a sentence that comes again</p>" * 100


def answered(response: HttpResponse | StreamingHttpResponse) -> HttpResponse | StreamingHttpResponse:
    """Pass a reply through the middleware for a browser that understands gzip."""
    request = HttpRequest()
    request.META["HTTP_ACCEPT_ENCODING"] = "gzip"
    return CompressionMiddleware(lambda _request: response)(request)


@pytest.mark.django_db
def test_a_page_is_compressed_for_browsers_that_understand_it_only():
    small = Client(headers={"accept-encoding": "gzip"}).get("/login/")
    plain = Client().get("/login/")

    assert (small["Content-Encoding"], plain.get("Content-Encoding")) == ("gzip", None)
    assert b"<form" in gzip.decompress(small.content)
    assert b"<form" in plain.content
    assert "Accept-Encoding" in small["Vary"]


@pytest.mark.parametrize("kind", ["application/octet-stream", "image/png", "application/zip"])
def test_what_is_no_text_is_left_alone(kind):
    assert "Content-Encoding" not in answered(HttpResponse(LONG, content_type=kind))


def test_a_stream_is_left_alone():
    response = answered(StreamingHttpResponse(iter([LONG]), content_type="text/html"))

    assert "Content-Encoding" not in response
    assert b"".join(response) == LONG  # type: ignore[arg-type]
