"""Search across the texts and titles of a project."""

from __future__ import annotations

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import ValidationError

from annotations.access import Act, hide_outlets
from annotations.api import shapes
from annotations.api.pagination import PARAMETERS, Cursor, cursor_of, limit_of, reply, unknown_cursor
from annotations.api.representations import Json, article_head
from annotations.search.article_filters import FIELDS, article_page, find_place
from annotations.search.indexing import is_behind
from annotations.search.snippets import Snippet
from annotations.web.searching import found_in

from .articles import read_filters
from .base import ProjectView


class Search(ProjectView):
    """The articles whose texts or titles hold what is looked for."""

    tag = "articles"
    acts = {"GET": Act.VIEW}
    parameters = PARAMETERS | frozenset(FIELDS)

    @extend_schema(responses=shapes.SearchShape, parameters=shapes.PAGING + shapes.FILTERS)
    def get(self, request: Request, slug: str) -> Response:
        """Find articles by the words of their texts and titles, each with the first places; `text` is needed."""
        by = self.membership
        asked = {name: value for name, value in request.query_params.dict().items() if name in FIELDS}
        if not asked.get("text", "").strip():
            raise ValidationError({"text": _("Write at least one word to look for.")}, code="search_query")
        filters, cursor = read_filters(asked, by), cursor_of(request)
        if cursor is not None and find_place(by, str(cursor.uuid)) is None:
            raise unknown_cursor()
        place = {"before" if cursor.is_before else "after": str(cursor.uuid)} if cursor else {}
        rows = filters.articles(by).select_related("publisher").defer("metadata", "candidates")
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


def _snippet_json(snippet: Snippet) -> Json:
    end = snippet.start + len(snippet.text)
    return {"start": snippet.start, "end": end, "text": snippet.text, "hits": _hits_json(snippet)}


def _hits_json(snippet: Snippet) -> list[Json]:
    return [{"start": start, "end": end} for start, end in snippet.hits]
