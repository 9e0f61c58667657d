"""Taking away for good: withholding, deleting and restoring projects, erasing people; one's own data."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import FileResponse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.access import Act
from annotations.api import shapes
from annotations.api.representations import utc
from annotations.api.serializers import DeletionInput, ErasureInput, Nothing, OwnErasureInput, WithholdInput
from annotations.errors import NotThere
from annotations.models import Erasure, Job, Withholding
from annotations.removing.naming import places_naming
from annotations.removing.own_data import Download, find_own_result, own_download, start_own_data
from annotations.removing.persons import ask_to_be_erased, erase_person, take_back_asking
from annotations.removing.projects import Deleted, delete_project, deleted_projects, restore_deleted
from annotations.removing.withholding import (
    Demand,
    Reach,
    reach_of_article,
    reach_of_capture,
    withhold_article,
    withhold_capture,
)
from annotations.web.downloads import result_reply
from annotations.workflow.administrating import account_for
from annotations.workflow.source_sight import find_capture

from .base import PersonView, ProjectView, find_article, read
from .jobs import AnyAccept


class ArticleWithholding(ProjectView):
    """Withholding an article on a rights-holder's demand."""

    tag = "articles"
    acts = {"GET": Act.WITHHOLD, "POST": Act.WITHHOLD}
    takes_key = True

    @extend_schema(responses=shapes.ReachShape)
    def get(self, request: Request, slug: str, uuid: UUID) -> Response:
        """Say what withholding it would take away, and which stored files would keep its words."""
        return Response(_reach_json(reach_of_article(find_article(self.membership, uuid))))

    @extend_schema(request=WithholdInput, responses=shapes.WithholdingShape)
    def post(self, request: Request, slug: str, uuid: UUID) -> Response:
        """Erase its words everywhere, for good. Places, hashes and judgements stay."""
        demand, once = Demand(**read(WithholdInput, request)), self.request_if_keyed()
        made = withhold_article(find_article(self.membership, uuid), demand, by=self.membership, request=once)
        return Response(_withholding_json(made))


class CaptureWithholding(ProjectView):
    """Withholding one capture."""

    tag = "sources"
    acts = {"GET": Act.WITHHOLD, "POST": Act.WITHHOLD}
    takes_key = True

    @extend_schema(responses=shapes.ReachShape)
    def get(self, request: Request, slug: str, uuid: UUID) -> Response:
        """Say what withholding it would take away."""
        return Response(_reach_json(reach_of_capture(find_capture(self.membership, uuid))))

    @extend_schema(request=WithholdInput, responses=shapes.WithholdingShape)
    def post(self, request: Request, slug: str, uuid: UUID) -> Response:
        """Erase its words and its file, for good; the title of its source is typed, else its address."""
        demand, once = Demand(**read(WithholdInput, request)), self.request_if_keyed()
        made = withhold_capture(find_capture(self.membership, uuid), demand, by=self.membership, request=once)
        return Response(_withholding_json(made))


class ProjectDeletion(ProjectView):
    """Deleting a project."""

    tag = "projects"
    acts = {"POST": Act.MANAGE_PROJECT}

    @extend_schema(request=DeletionInput, responses=shapes.DeletedProjectShape)
    def post(self, request: Request, slug: str) -> Response:
        """Delete a project: nobody finds it any more. Its managers can restore it until the time in the reply."""
        return Response(_deleted_json(delete_project(read(DeletionInput, request)["name"], by=self.membership)))


class DeletedProjects(PersonView):
    """Deleted projects that can be restored."""

    tag = "projects"

    @extend_schema(responses=shapes.DeletedProjectsShape)
    def get(self, request: Request) -> Response:
        """List the deleted projects that one managed, the last first."""
        return Response({"results": [_deleted_json(each) for each in deleted_projects(self.user)]})


class ProjectUndeletion(PersonView):
    """Restoring a deleted project."""

    tag = "projects"

    @extend_schema(request=Nothing, responses=shapes.RestoredProjectShape)
    def post(self, request: Request, uuid: UUID) -> Response:
        """Bring a deleted project back as it was."""
        read(Nothing, request)
        restored = restore_deleted(uuid, user=self.user)
        return Response({"uuid": str(restored.uuid), "slug": restored.slug, "name": restored.name})


class PlacesNaming(ProjectView):
    """Where somebody is named."""

    tag = "projects"
    acts = {"GET": Act.MANAGE_MEMBERS}
    parameters = frozenset({"name"})

    @extend_schema(
        responses=shapes.PlacesNamingShape,
        parameters=[OpenApiParameter("name", str, required=True, description="A name or an address; in any letters.")],
    )
    def get(self, request: Request, slug: str) -> Response:
        """List the texts of people that hold a name. None is altered: its writer edits or withdraws it."""
        places = places_naming(request.query_params.get("name", ""), by=self.membership)
        return Response({"results": [_place_json(place) for place in places]})


class AccountErasure(PersonView):
    """Erasing a person, for administrators."""

    tag = "accounts"

    @extend_schema(responses=shapes.ErasureShape)
    def get(self, request: Request, uuid: UUID) -> Response:
        """Give the receipt: what was erased, and its hash. Empty while it is under way."""
        found = Erasure.objects.filter(user=account_for(self.user, uuid)).first()
        if found is None:
            raise NotThere("erasure_not_found", _("This person was not erased."))
        return Response(_erasure_json(found))

    @extend_schema(request=ErasureInput, responses={202: shapes.ErasureShape})
    def post(self, request: Request, uuid: UUID) -> Response:
        """Erase a person, for good: a pseudonym stands for them everywhere, what they judged stays. A job does it."""
        person, sent = account_for(self.user, uuid), read(ErasureInput, request)
        return Response(_erasure_json(erase_person(person, sent["username"], by=self.user)), status=202)


class OwnData(PersonView):
    """One's own data."""

    @extend_schema(responses=shapes.OwnDataShape)
    def get(self, request: Request) -> Response:
        """Tell where the newest download of one's own data stands."""
        found = own_download(self.user)
        if found is None:
            raise NotThere("own_data_not_found", _("You have not asked for your data."))
        return Response(_download_json(found))

    @extend_schema(request=Nothing, responses={202: shapes.OwnDataShape})
    def post(self, request: Request) -> Response:
        """Have one's own data gathered by a job; while one runs, that is it."""
        read(Nothing, request)
        return Response(_download_json(Download(start_own_data(self.user))), status=202)


class OwnDataFile(PersonView):
    """The file with one's own data."""

    content_negotiation_class = AnyAccept

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    def get(self, request: Request, uuid: UUID) -> FileResponse:
        """Send the file, as an attachment that no browser opens in our pages."""
        return result_reply(find_own_result(self.user, uuid))


class OwnErasure(PersonView):
    """Asking to be erased."""

    @extend_schema(request=OwnErasureInput, responses=shapes.OwnErasureShape)
    def post(self, request: Request) -> Response:
        """Ask the administrators to be erased, or take that back. Either twice is no error."""
        act = ask_to_be_erased if read(OwnErasureInput, request)["asks"] else take_back_asking
        act(self.user)
        self.user.refresh_from_db(fields=["erasure_asked_at"])
        return Response({"asked_at": utc(self.user.erasure_asked_at)})


def _reach_json(reach: Reach) -> dict[str, Any]:
    return {
        "texts": len(reach.versions),
        "captures": len(reach.captures),
        "exports": reach.results,
        "files_removed": [each.name for each in reach.removable],
        "files_kept": [each.name for each in reach.shared],
        "same_text": [{"uuid": str(each.uuid), "title": each.title} for each in reach.same_text],
    }


def _withholding_json(made: Withholding) -> dict[str, Any]:
    return {
        "uuid": str(made.uuid),
        "demanded_by": made.demanded_by,
        "reason": made.reason,
        "created_at": utc(made.created_at),
        "counts": made.counts,
    }


def _deleted_json(deleted: Deleted) -> dict[str, Any]:
    project = deleted.project
    return {
        "uuid": str(project.uuid),
        "slug": project.slug,
        "name": project.name,
        "deleted_at": utc(project.deleted_at),
        "until": utc(deleted.until),
    }


def _place_json(place: Any) -> dict[str, Any]:
    return {
        "kind": place.kind,
        "words": place.words,
        "key": place.key,
        "article": place.article or None,
        "claim": place.claim or None,
        "story": place.story or None,
        "by": place.by or None,
    }


def _erasure_json(made: Erasure) -> dict[str, Any]:
    return {
        "uuid": str(made.uuid),
        "pseudonym": made.pseudonym,
        "ordered_at": utc(made.created_at),
        "finished_at": utc(made.finished_at),
        "receipt": made.receipt,
        "sha256": bytes(made.sha256).hex() if made.sha256 else None,
    }


def _download_json(download: Download) -> dict[str, Any]:
    job: Job = download.job
    return {
        "uuid": str(job.uuid),
        "state": job.state,
        "is_ready": download.is_ready,
        "bytes": job.result_size if download.is_ready else None,
        "until": utc(job.expires_at) if download.is_ready else None,
    }
