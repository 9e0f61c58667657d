"""Search across a project: articles by texts and titles, and everything else that has words."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import ValidationError

from annotations.access import Act, hide_outlets
from annotations.api import shapes
from annotations.api.pagination import PARAMETERS, Cursor, cursor_of, limit_of, reply, unknown_cursor
from annotations.api.representations import Json, article_head, utc
from annotations.errors import Refused
from annotations.models import Membership
from annotations.search.article_filters import FIELDS, article_page, find_place
from annotations.search.everywhere import ALL, KINDS, OWN, Hit, SearchFilters, find_rows
from annotations.search.indexing import is_behind
from annotations.search.snippets import Snippet
from annotations.web.searching import found_in

from .base import ProjectView


class Search(ProjectView):
    """The articles, or the rows of another kind, that hold what is looked for."""

    tag = "articles"
    acts = {"GET": Act.VIEW}
    parameters = PARAMETERS | frozenset(FIELDS) | frozenset(OWN)

    @extend_schema(responses=shapes.SEARCH, parameters=shapes.PAGING + shapes.FILTERS + shapes.SEARCH_FILTERS)
    def get(self, request: Request, slug: str) -> Response:
        """Find articles by the words of their texts and titles, each with the first places; `text` is needed.

        With another `what` than `articles`, the claims, evidence, verdicts, sources or notes that hold them, the newest
        first; filters of articles beside `publisher` and the days are then not asked.
        """
        by = self.membership
        known = frozenset(FIELDS) | frozenset(OWN)
        params = {name: value for name, value in request.query_params.dict().items() if name in known}
        if not params.get("text", "").strip():
            raise ValidationError({"text": _("Write at least one word to look for.")}, code="search_query")
        asked, cursor = read_search({"what": "articles"} | params, by), cursor_of(request)
        if asked.what == ALL:
            message = _("Name one of: %(all)s.") % {"all": ", ".join(KINDS)}
            raise ValidationError({"what": message}, code="filter_value")
        if asked.what != "articles":
            return _rows(request, asked, by, cursor)
        filters = asked.articles
        if cursor is not None and find_place(by, str(cursor.uuid)) is None:
            raise unknown_cursor()
        place = {"before" if cursor.is_before else "after": str(cursor.uuid)} if cursor else {}
        rows = asked.found_articles(by).select_related("publisher").defer("metadata", "candidates")
        shown = article_page(filters, by, rows=rows, size=limit_of(request), **place)
        hide_outlets(by, shown.articles)
        results = [
            {
                **article_head(one.article),
                "title_hits": _hits_json(one.title),
                "snippets": [_snippet_json(each) for each in one.snippets],
            }
            for one in found_in(shown.articles, by, filters)
        ]
        following = str(Cursor(shown.next)) if shown.next else None
        previous = str(Cursor(shown.previous, True)) if shown.previous else None
        return Response(reply(results, following, previous) | {"is_behind": is_behind(by.project_id)})


def read_search(params: dict[str, str], by: Membership) -> SearchFilters:
    """Read what is looked for; what is unknown or not allowed is a bad request."""
    try:
        asked = SearchFilters.parse(params)
        asked.check(by)
    except Refused as refusal:
        raise ValidationError({refusal.field: refusal.message}, code=refusal.code) from None
    return asked


def _rows(request: Request, asked: SearchFilters, by: Membership, cursor: Cursor | None) -> Response:
    found = find_rows(asked.what, asked, by, after=str(cursor.uuid) if cursor else "", size=limit_of(request))
    following = str(Cursor(UUID(found.next))) if found.next else None
    return Response(reply([_row_json(hit) for hit in found.hits], following) | {"is_cut": found.is_cut})


def _row_json(hit: Hit) -> Json:
    start, end = hit.span or (None, None)
    return {
        "kind": hit.kind,
        "key": hit.key,
        "claim": hit.claim or None,
        "article": hit.article or None,
        "source": hit.source or None,
        "start": start,
        "end": end,
        "by": hit.who or None,
        "made_at": utc(hit.made_at) if hit.made_at else None,
        "heading": hit.heading,
        "heading_hits": _hits_json(hit.title),
        "snippets": [{"field": name} | _snippet_json(each) for name, each in hit.snippets],
    }


def _snippet_json(snippet: Snippet) -> Json:
    end = snippet.start + len(snippet.text)
    return {"start": snippet.start, "end": end, "text": snippet.text, "hits": _hits_json(snippet)}


def _hits_json(snippet: Snippet) -> list[Json]:
    return [{"start": start, "end": end} for start, end in snippet.hits]
