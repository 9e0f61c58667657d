"""What anybody may read without logging in: the pages that projects publish."""

from __future__ import annotations

from uuid import UUID

from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from annotations.errors import NotThere
from annotations.models import Edition, Project, Publication


def publishing_project(uuid: UUID) -> Project:
    """Find a project that publishes, or raise `NotThere`; 1 query. One that does not is as one that is not there."""
    found = Project.objects.filter(uuid=uuid, publishes=True, deleted_at__isnull=True).first()
    if found is None:
        raise NotThere("page_not_found", _("There is no such page."))
    return found


def published_page(uuid: UUID) -> Publication:
    """Find a page by its address, withdrawn or not, or raise `NotThere`; 1 query."""
    rows = Publication.objects.select_related("project", "claim").filter(
        project__publishes=True, project__deleted_at__isnull=True
    )
    found = rows.filter(uuid=uuid).first()
    if found is None:
        raise NotThere("page_not_found", _("There is no such page."))
    return found


def standing_pages(project: Project) -> QuerySet[Publication]:
    """Return the pages of a project that stand, the newest first; none where it does not publish."""
    rows = Publication.objects.filter(project=project, project__publishes=True, state=Publication.State.STANDS)
    return rows.order_by("-created_at", "-pk")


def present_editions(pages: list[Publication]) -> dict[int, Edition]:
    """Return the newest edition of each page, by the page's id; 1 query."""
    rows = Edition.objects.filter(publication__in=pages, n=F("publication__edition"))
    return {edition.publication_id: edition for edition in rows}
