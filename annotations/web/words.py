"""The words of the article page for its script, as a script of their own, which a browser fetches once a release."""

from __future__ import annotations

from functools import cache
from hashlib import sha256

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import get_language, override
from django.views.decorators.http import require_safe


@require_safe
def words(request: HttpRequest, language: str) -> HttpResponse:
    """Send the words in a language; under an address with their version they never change. Open to everybody."""
    if language not in dict(settings.LANGUAGES):
        raise Http404
    script, version = _words(language)
    response = HttpResponse(script, content_type="text/javascript; charset=utf-8")
    if request.GET.get("v") == version:
        response["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


def words_url() -> str:
    """Return the address of the words in the language of the present page."""
    language = get_language() or settings.LANGUAGE_CODE
    if language not in dict(settings.LANGUAGES):
        language = settings.LANGUAGE_CODE
    return f"{reverse('annotations:words', args=[language])}?v={_words(language)[1]}"


@cache
def _words(language: str) -> tuple[str, str]:
    """Return the script and what names its content."""
    with override(language):
        script = render_to_string("annotations/_annotate_strings.html").strip()
    return script, sha256(script.encode()).hexdigest()[:12]
