"""Filters of the article list, and searches, that one keeps under a name."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.access import Act
from annotations.api import shapes
from annotations.api.pagination import PARAMETERS, page_of, reply
from annotations.api.representations import Json, utc
from annotations.api.serializers import Nothing, SavedFilterInput
from annotations.models import SavedFilter
from annotations.search.saved_filters import SEARCH, find_saved, kept, remove_saved, save_filter

from .articles import read_filters
from .base import ProjectView, read
from .searching import read_search


class SavedFilterList(ProjectView):
    """One's saved filters."""

    tag = "articles"
    acts = {"GET": Act.VIEW, "POST": Act.SAVE_FILTERS}
    parameters = PARAMETERS

    @extend_schema(responses=shapes.page(shapes.SavedFilterShape), parameters=shapes.PAGING)
    def get(self, request: Request, slug: str) -> Response:
        """List the filters and searches that one keeps oneself, the oldest first; a search names `what`."""
        found, following = page_of(kept(self.membership), request, order="pk")
        return Response(reply([_saved_json(one) for one in found], following))

    @extend_schema(request=SavedFilterInput, responses={201: shapes.SavedFilterShape})
    def post(self, request: Request, slug: str) -> Response:
        """Keep a filter under a name; one of that name is replaced. An export takes it as saved_filter.

        With `what` in it, it is a search: send its parameters.
        """
        sent = read(SavedFilterInput, request)
        is_search = SEARCH in sent["filters"]
        filters = (read_search if is_search else read_filters)(sent["filters"], self.membership)
        return Response(_saved_json(save_filter(sent["name"], filters, by=self.membership)), status=201)


class SavedFilterRemoval(ProjectView):
    """Removing a saved filter."""

    tag = "articles"
    acts = {"POST": Act.SAVE_FILTERS}

    @extend_schema(request=Nothing, responses={204: None})
    def post(self, request: Request, slug: str, uuid: UUID) -> Response:
        """Remove a filter that one keeps; exports made with it stay as they are."""
        read(Nothing, request)
        remove_saved(find_saved(self.membership, uuid), by=self.membership)
        return Response(status=204)


def _saved_json(saved: SavedFilter) -> Json:
    return {
        "uuid": str(saved.uuid),
        "name": saved.name,
        "filters": saved.filters,
        "created_at": utc(saved.created_at),
    }
