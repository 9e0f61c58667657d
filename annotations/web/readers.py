"""What anybody reads without logging in: the page of a published claim, a project's list, method and feed; previews.

These pages are in the language of the project, name nobody who worked on them, hold no script, and may be kept by
caches for some minutes; previews by none.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import date
from functools import wraps
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.html import linebreaks
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from annotations.access.readers import present_editions, published_page, publishing_project, standing_pages
from annotations.errors import NotThere
from annotations.models import Edition, Project, Publication, Source
from annotations.text.claim_review import Review, claim_review, data_feed, for_search, script_text
from annotations.workflow.editions import MAX_PASSAGE, Contents, contents_of, newsroom_of, without_withheld
from annotations.workflow.projects import current_guidelines
from annotations.workflow.publishing import preview_of

from .markdown import render_markdown

KEPT_SECONDS = 300
PAGE_SIZE = 50
FEED_SIZE = 100
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
_CITED = re.compile(r"\[(\d{1,4}|[0-9a-f]{4}-\d{1,4})\]")
View = Callable[..., HttpResponse]


def open_to_all(view: View) -> Callable[..., HttpResponseBase]:
    """Let anybody read what a view answers: it may be kept for a while, and asked for again by its hash.

    What is not there, or not published any more, is a page that says so and is kept as long.
    """

    @require_safe
    @wraps(view)
    def entered(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        try:
            response = view(request, **kwargs)
        except NotThere as refusal:
            response = _missing(request, refusal)
        response["Content-Security-Policy"] = POLICY
        response["Cross-Origin-Resource-Policy"] = "cross-origin"
        if response.has_header("Cache-Control"):
            return response
        response["Cache-Control"] = f"public, max-age={KEPT_SECONDS}"
        if response.status_code != 200:
            response["X-Robots-Tag"] = "noindex"
            return response
        etag = f'"{hashlib.sha256(response.content).hexdigest()[:32]}"'
        response["ETag"] = etag
        return get_conditional_response(request, etag=etag, response=response) or response

    return entered


@open_to_all
def claim_page(request: HttpRequest, *, publication: UUID) -> HttpResponse:
    """Show a published claim; 410 where it was withdrawn, with the reason. 4 queries."""
    page = published_page(publication)
    editions = list(Edition.objects.filter(publication=page).order_by("n"))
    present = editions[-1]
    with override(language_of(page.project)):
        if page.state == Publication.State.WITHDRAWN:
            context = {"edition": present, "robots": "noindex"}
            return _rendered(request, "withdrawn_claim.html", page.project, context, status=410)
        return _rendered(request, "published_claim.html", page.project, told(request, page, editions))


@open_to_all
def claim_list(request: HttpRequest, *, project: UUID) -> HttpResponse:
    """List the published claims of a project, the newest first; 4 queries."""
    found = publishing_project(project)
    pages, following = _some_pages(request, found, PAGE_SIZE)
    editions = present_editions(pages)
    with override(language_of(found)):
        rows = [{"page": page, "edition": editions[page.pk]} for page in pages if page.pk in editions]
        context = {"rows": rows, "next": following, "canonical": _absolute(request, "published_list", found.uuid)}
        return _rendered(request, "published_list.html", found, context)


@open_to_all
def method(request: HttpRequest, *, project: UUID) -> HttpResponse:
    """Show by which guidelines a project works, and its scale of verdicts; 4 queries."""
    found = publishing_project(project)
    guidelines = current_guidelines(found)
    scale = found.verdict_scales.prefetch_related("values").order_by("-version").first()
    with override(language_of(found)):
        context = {
            "guidelines": guidelines,
            "html": render_markdown(guidelines.text if guidelines else ""),
            "scale": scale,
            "most": MAX_PASSAGE,
            "canonical": _absolute(request, "method", found.uuid),
        }
        return _rendered(request, "method.html", found, context)


@open_to_all
def claim_feed(request: HttpRequest, *, project: UUID) -> HttpResponse:
    """Give the published claims as ClaimReviews in a DataFeed, in pages; the next one stands in `Link`. 5 queries."""
    found = publishing_project(project)
    pages, following = _some_pages(request, found, FEED_SIZE)
    rows = Edition.objects.filter(publication__in=pages).order_by("publication_id", "n")
    editions: dict[int, list[Edition]] = {}
    for edition in rows:
        editions.setdefault(edition.publication_id, []).append(edition)
    contents = without_withheld([editions[page.pk][-1].contents for page in pages])
    reviews = [review_of(request, page, editions[page.pk], said) for page, said in zip(pages, contents, strict=True)]
    url = _absolute(request, "claim_feed", found.uuid)
    changed = max((page.changed_at for page in pages), default=None)
    data = data_feed(newsroom_of(found), reviews, url=url, modified_at=changed.isoformat() if changed else "")
    response = JsonResponse(data, json_dumps_params={"ensure_ascii": False}, content_type="application/ld+json")
    response["Access-Control-Allow-Origin"] = "*"
    if following:
        response["Link"] = f'<{url}{following}>; rel="next"'
    return response


@open_to_all
def preview(request: HttpRequest) -> HttpResponse:
    """Show a claim as its page would be, to whoever has a link that works. Never kept or listed."""
    try:
        link, verdict = preview_of(request.GET.get("token", ""))
    except NotThere as refusal:
        return _private(_missing(request, refusal))
    [contents] = without_withheld([contents_of(link.claim, verdict, link.created_by)])
    with override(language_of(link.project)):
        context = {**_shown(contents), "preview": link, "robots": "noindex", "published_at": None}
        return _private(_rendered(request, "published_claim.html", link.project, context))


def language_of(project: Project) -> str:
    """Return the language of what a project publishes, as far as this program speaks it."""
    known = dict(settings.LANGUAGES)
    wanted = project.language.lower()
    return next((each for each in (wanted, wanted.partition("-")[0]) if each in known), settings.LANGUAGE_CODE)


def told(request: HttpRequest, page: Publication, editions: list[Edition]) -> dict[str, Any]:
    """Return what the page of a claim shows; 1 query. `editions` are all of it, the oldest first."""
    [contents] = without_withheld([editions[-1].contents])
    review = review_of(request, page, editions, contents)
    return {
        **_shown(contents),
        "published_at": page.created_at,
        "changes": [each for each in reversed(editions) if each.kind != Edition.Kind.PUBLISHED],
        "json_ld": mark_safe(script_text(review)),  # noqa: S308 -- script_text lets nothing end the element
        "canonical": address_of(request, page),
        "method_url": _absolute(request, "method", page.project.uuid),
    }


def snippet(request: HttpRequest, page: Publication, editions: list[Edition]) -> str:
    """Return the claim as HTML with its ClaimReview, to be put into a page of the newsroom's own; 1 query."""
    with override(language_of(page.project)):
        context = {**told(request, page, editions), "project": page.project, "newsroom": newsroom_of(page.project)}
        return render_to_string("annotations/claim_snippet.html", context | {"language": get_language()}).strip() + "\n"


def review_of(request: HttpRequest, page: Publication, editions: list[Edition], contents: Contents) -> dict[str, Any]:
    """Return the ClaimReview of a page; `editions` are all of it, the oldest first, `contents` what may be shown."""
    project = page.project
    corrections = ((each.created_at.isoformat(), each.note) for each in editions if each.kind == Edition.Kind.CORRECTED)
    return claim_review(
        contents,
        Review(
            address_of(request, page),
            newsroom_of(project),
            project.published_from or _absolute(request, "published_list", project.uuid),
            _absolute(request, "method", project.uuid),
            page.created_at.isoformat(),
            page.changed_at.isoformat(),
            tuple(corrections),
        ),
    )


def search_review_of(
    request: HttpRequest, page: Publication, editions: list[Edition], contents: Contents
) -> dict[str, Any]:
    """Return the same in the shape that search engines document; see `text.claim_review.for_search`."""
    return for_search(review_of(request, page, editions, contents))


def address_of(request: HttpRequest, page: Publication) -> str:
    """Return the address of a page with its host."""
    return _absolute(request, "published_claim", page.uuid)


def _absolute(request: HttpRequest, name: str, uuid: UUID) -> str:
    path = reverse(f"annotations:{name}", args=[uuid])
    base = settings.PUBLIC_URL
    return f"{base}{path}" if base else request.build_absolute_uri(path)


def _shown(contents: Contents) -> dict[str, Any]:
    grounds = [[_row(row) for row in rows] for rows in contents["grounds"]]
    others = [_row(row) for row in contents["others"]]
    numbers = {str(row["n"]) for rows in (*grounds, others) for row in rows}
    return {
        "claim": _row(contents["claim"]),
        "verdict": contents["verdict"],
        "rationale": _rationale(contents["verdict"]["rationale"], numbers),
        "grounds": grounds,
        "others": others,
        "n_cited": contents["n_cited"],
        "n_independent": contents["n_independent"],
        "appearances": [_row(row) for row in contents["appearances"]],
        "content_language": contents["language"],
        "most": MAX_PASSAGE,
    }


def _row(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row as templates show it: days as days."""
    shown: dict[str, Any] = {name: _dated(value) if name in _DAYS else value for name, value in row.items()}
    shown["is_of_another_claim"] = isinstance(row.get("n"), str)
    if "capture" in shown:
        shown["capture"] = {**row["capture"], "fetched_at": _dated(row["capture"]["fetched_at"])}
    if row.get("medium") in Source.Medium.values:  # a page that was published by a later release may name another
        shown["medium_name"] = Source.Medium(row["medium"]).label
    return shown


_DAYS = ("date", "asked_on", "answer_by", "answered_on")


def _dated(written: str | None) -> dict[str, Any] | None:
    if not written:
        return None
    return {"iso": written, "day": date.fromisoformat(written[:10])}


def _rationale(words: str, numbers: set[str]) -> SafeString:
    """Return a rationale as paragraphs, in which [3] leads to the third piece of evidence, [4f2a-1] to one of another
    claim.
    """

    def link(found: re.Match[str]) -> str:
        n = found[1]
        return f'<a href="#evidence-{n}">[{n}]</a>' if n in numbers else found[0]

    return mark_safe(_CITED.sub(link, linebreaks(words, autoescape=True)))  # noqa: S308 -- linebreaks escapes it


def _some_pages(request: HttpRequest, project: Project, size: int) -> tuple[list[Publication], str]:
    """Return a page of the list and the query of the next; one begins after the page that `after` names."""
    rows = standing_pages(project).select_related("project", "claim")
    try:
        before = Publication.objects.filter(project=project, uuid=UUID(request.GET.get("after", ""))).first()
    except ValueError:
        before = None
    if before is not None:
        older = rows.filter(created_at__lt=before.created_at)
        rows = older | rows.filter(created_at=before.created_at, pk__lt=before.pk)
    found = list(rows[: size + 1])
    return found[:size], f"?after={found[size - 1].uuid}" if len(found) > size else ""


def _rendered(
    request: HttpRequest, template: str, project: Project, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    frame = {"project": project, "newsroom": newsroom_of(project), "page_language": get_language()}
    response = render(request, f"annotations/{template}", frame | context, status=status)
    response["Content-Language"] = get_language()
    return response


def _missing(request: HttpRequest, refusal: NotThere) -> HttpResponse:
    context = {"refusal": refusal, "page_language": get_language(), "robots": "noindex", "newsroom": _("Not found")}
    return render(request, "annotations/public_missing.html", context, status=404)


def _private(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "no-referrer"
    return response
