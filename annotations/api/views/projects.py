"""Projects and how they are set up: settings, guidelines, publishers, acts."""

from __future__ import annotations

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.access import Act, visible_to
from annotations.api import shapes
from annotations.api.pagination import PARAMETERS, page_of, reply
from annotations.api.project_json import (
    guidelines_json,
    project_json,
    publisher_json,
    starter_json,
)
from annotations.api.serializers import GuidelinesInput, NewProjectInput, Nothing, ProjectChangeInput
from annotations.errors import NotThere
from annotations.models import GuidelinesVersion, Publisher
from annotations.text.wording import Comparison
from annotations.workflow.projects import (
    NewProject,
    archive_project,
    change_project,
    create_project,
    current_guidelines,
    find_guidelines,
    publish_guidelines,
    restore_project,
    starters,
)

from .base import ApiView, ProjectView, read


class StarterList(ApiView):
    """Label sets to start a project with."""

    tag = "projects"

    @extend_schema(responses=shapes.StartersShape)
    def get(self, request: Request) -> Response:
        """List the label sets that a new project can start with."""
        return Response({"results": [starter_json(starter) for starter in starters().values()]})


class ProjectList(ApiView):
    """One's projects."""

    tag = "projects"
    parameters = PARAMETERS

    @extend_schema(responses=shapes.page(shapes.ProjectShape), parameters=shapes.PAGING)
    def get(self, request: Request) -> Response:
        """List the projects one has a part in."""
        parts, following = page_of(self.parts(), request, order="pk")
        return Response(reply([project_json(part) for part in parts], following))

    @extend_schema(request=NewProjectInput, responses={201: shapes.ProjectShape})
    def post(self, request: Request) -> Response:
        """Make a project with a starter label set; whoever makes it manages it."""
        if self.token is not None and self.token.project_id is not None:
            raise PermissionDenied(_("This key opens one project only."), code="token_bound")
        return Response(project_json(create_project(NewProject(**read(NewProjectInput, request)), user=self.user)), 201)


class ProjectDetail(ProjectView):
    """One project."""

    tag = "projects"
    acts = {"GET": Act.VIEW, "PATCH": Act.MANAGE_PROJECT}

    @extend_schema(responses=shapes.ProjectShape)
    def get(self, request: Request, slug: str) -> Response:
        """Tell about a project and one's own part in it."""
        return Response(project_json(self.membership))

    @extend_schema(request=ProjectChangeInput, responses=shapes.ProjectShape)
    def patch(self, request: Request, slug: str) -> Response:
        """Change name, description, language, visibility or the number of annotators per article."""
        changes = read(ProjectChangeInput, request)
        base_revision = changes.pop("base_revision")
        change_project(self.membership.project, changes, by=self.membership, base_revision=base_revision)
        return Response(project_json(self.membership))


class ProjectArchive(ProjectView):
    """Ending the work on a project."""

    tag = "projects"
    acts = {"POST": Act.MANAGE_PROJECT}

    @extend_schema(request=Nothing, responses=shapes.ProjectShape)
    def post(self, request: Request, slug: str) -> Response:
        """Archive a project: it is read and exported, and work on it is refused as project_archived."""
        read(Nothing, request)
        archive_project(by=self.membership)
        return Response(project_json(self.membership))


class ProjectRestore(ProjectView):
    """Going on with an archived project."""

    tag = "projects"
    acts = {"POST": Act.MANAGE_PROJECT}

    @extend_schema(request=Nothing, responses=shapes.ProjectShape)
    def post(self, request: Request, slug: str) -> Response:
        """Take a project out of the archive."""
        read(Nothing, request)
        restore_project(by=self.membership)
        return Response(project_json(self.membership))


class Guidelines(ProjectView):
    """The guidelines in force."""

    tag = "projects"
    acts = {"GET": Act.VIEW, "PUT": Act.EDIT_GUIDELINES}

    @extend_schema(responses=shapes.CurrentGuidelinesShape)
    def get(self, request: Request, slug: str) -> Response:
        """Give the guidelines in force, and the numbers of all versions."""
        return self._answer()

    @extend_schema(request=GuidelinesInput, responses=shapes.CurrentGuidelinesShape)
    def put(self, request: Request, slug: str) -> Response:
        """Put a new wording in force; the same wording makes no new version."""
        sent = read(GuidelinesInput, request)
        publish_guidelines(sent["text"], by=self.membership, base_version=sent["base_version"])
        return self._answer()

    def _answer(self) -> Response:
        project = self.membership.project
        versions = GuidelinesVersion.objects.filter(project=project).order_by("version")
        current = guidelines_json(current_guidelines(project))
        return Response(current | {"versions": list(versions.values_list("version", flat=True))})


class GuidelinesDetail(ProjectView):
    """One wording of the guidelines."""

    tag = "projects"
    parameters = frozenset({"against"})

    @extend_schema(
        parameters=[OpenApiParameter("against", OpenApiTypes.INT, description="Another version to compare with.")],
        responses=shapes.ComparedGuidelinesShape,
    )
    def get(self, request: Request, slug: str, version: int) -> Response:
        """Give one version of the guidelines; with `against` also what it changes of another, piece by piece."""
        found, raw = find_guidelines(self.membership, version), request.query_params.get("against", "")
        if not raw:
            return Response(guidelines_json(found) | {"changes": None})
        if not (raw.isascii() and raw.isdecimal() and len(raw) < 10):
            raise NotThere("guidelines_not_found", _("There is no such version of the guidelines."))
        pieces = Comparison(find_guidelines(self.membership, int(raw)).text, found.text).pieces
        changes = [{"kind": piece.kind.value, "text": piece.text} for piece in pieces]
        return Response(guidelines_json(found) | {"changes": changes})


class PublisherList(ProjectView):
    """The publishers of a project's articles."""

    tag = "articles"
    parameters = PARAMETERS

    @extend_schema(responses=shapes.page(shapes.PublisherShape), parameters=shapes.PAGING)
    def get(self, request: Request, slug: str) -> Response:
        """List the publishers by name."""
        rows = visible_to(self.membership, Publisher.objects.all())
        publishers, following = page_of(rows, request, order="name")
        return Response(reply([publisher_json(publisher) for publisher in publishers], following))
