"""The OpenAPI document, and the page that shows it to people. Both are open to everybody: they hold no data."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from annotations.api.documentation import document, groups, shapes


@require_safe
def schema(request: HttpRequest) -> HttpResponse:
    """Send the OpenAPI document as JSON."""
    return HttpResponse(document(), content_type="application/json")


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """Show the same as a page without scripts, under the policy of all pages."""
    return render(request, "annotations/api_docs.html", {"groups": groups(), "shapes": shapes()})
