"""Zones of a text: list, mark, move, retype, remove, bring back; boilerplate in every article of a publisher."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.access import Act
from annotations.api import shapes
from annotations.api.job_json import job_json
from annotations.api.representations import region_json, zone_state_json
from annotations.api.serializers import Based, NewZoneInput, PassageInput, ZoneChangeInput
from annotations.jobs.starting import start_once
from annotations.workflow.boilerplate import Boilerplate, count_boilerplate, start_marking_boilerplate
from annotations.workflow.zoning import (
    NewZone,
    ZoneChange,
    change_zone,
    find_zone,
    mark_zone,
    restore_zone,
    withdraw_zone,
    zones_on,
)

from .base import JudgementView, ProjectView, find_article, read, span_of


class ZoneView(JudgementView):
    """What the acts on zones share: each carries a key of its own, so that repeating it is harmless."""

    tag = "articles"
    acts: ClassVar = {"GET": Act.VIEW, "POST": Act.MARK_ZONES, "PATCH": Act.MARK_ZONES}

    def _move(self, act: Any, request: Request, key: UUID) -> Response:
        base_version = read(Based, request)["base_version"]
        zone = act(key, by=self.membership, base_version=base_version, request=self.request_once())
        return Response(region_json(zone, self.membership))


class ArticleZones(ZoneView):
    """The zones of an article's current version."""

    @extend_schema(responses=shapes.RegionListShape)
    def get(self, request: Request, slug: str, uuid: UUID) -> Response:
        """List the zones that stand on the present text, in its order. Not paged."""
        version, by = find_article(self.membership, uuid).current_version, self.membership
        return Response({"results": [region_json(zone, by) for zone in zones_on(version)] if version else []})

    @extend_schema(request=NewZoneInput, responses={201: shapes.RegionShape})
    def post(self, request: Request, slug: str, uuid: UUID) -> Response:
        """Mark a zone. In a blind project only those do who see everybody's work, as all readers are shown zones."""
        sent = read(NewZoneInput, request)
        new = NewZone(
            key=sent["key"],
            version=sent["version_uuid"],
            article=uuid,
            kind=sent["kind"],
            span=span_of(sent),
            quote=sent["quote"],
            publisher=sent["publisher"],
            url=sent["url"],
            text_sha256=sent["text_sha256"],
        )
        zone = mark_zone(new, by=self.membership, request=self.request_once())
        return Response(region_json(zone, self.membership), status=201)


class ZoneDetail(ZoneView):
    """One zone."""

    acts: ClassVar = {"GET": Act.VIEW, "PATCH": Act.MARK_ZONES}

    @extend_schema(responses=shapes.RegionShape)
    def get(self, request: Request, slug: str, key: UUID) -> Response:
        """Give a zone, also one that was removed."""
        return Response(region_json(find_zone(key, by=self.membership), self.membership))

    @extend_schema(request=ZoneChangeInput, responses=shapes.RegionShape)
    def patch(self, request: Request, slug: str, key: UUID) -> Response:
        """Move or retype a zone, or say whom it quotes; anybody's zone, whoever may mark some."""
        sent = read(ZoneChangeInput, request)
        change = ZoneChange(
            kind=sent.get("kind"),
            span=span_of(sent) if "start" in sent else None,
            quote=sent.get("quote"),
            publisher=sent.get("publisher"),
            url=sent.get("url"),
        )
        once = self.request_once()
        zone = change_zone(key, change, by=self.membership, base_version=sent["base_version"], request=once)
        return Response(region_json(zone, self.membership))


class ZoneWithdrawal(ZoneView):
    """Removing a zone."""

    acts: ClassVar = {"POST": Act.MARK_ZONES}

    @extend_schema(request=Based, responses=shapes.RegionShape)
    def post(self, request: Request, slug: str, key: UUID) -> Response:
        """Remove a zone; it can be brought back, and annotations inside it stay as they are."""
        return self._move(withdraw_zone, request, key)


class ZoneRestoration(ZoneView):
    """Bringing a zone back."""

    acts: ClassVar = {"POST": Act.MARK_ZONES}

    @extend_schema(request=Based, responses=shapes.RegionShape)
    def post(self, request: Request, slug: str, key: UUID) -> Response:
        """Bring a removed zone back."""
        return self._move(restore_zone, request, key)


class ZoneHistory(ProjectView):
    """The states a zone had."""

    tag = "articles"

    @extend_schema(responses=shapes.RegionHistoryShape)
    def get(self, request: Request, slug: str, key: UUID) -> Response:
        """Give a zone as it is, and every state it had before, the oldest first."""
        zone, by = find_zone(key, by=self.membership), self.membership
        states = zone.revisions.select_related("publisher", "replaced_by").order_by("version_number")
        return Response({"zone": region_json(zone, by), "results": [zone_state_json(state, by) for state in states]})


class BoilerplateRun(ProjectView):
    """A passage that is boilerplate in every article of its publisher."""

    tag = "jobs"
    acts: ClassVar = {"POST": Act.MARK_ZONES_EVERYWHERE}
    takes_key = True

    @extend_schema(request=PassageInput, responses={200: shapes.BoilerplateCountShape, 202: shapes.JobShape})
    def post(self, request: Request, slug: str, uuid: UUID) -> Response:
        """Start marking a passage as boilerplate wherever the publisher's articles have it on lines of its own.

        With `preview` nothing is written: see how many articles have it. Undoing the job takes all of its zones away.
        """
        sent, by = read(PassageInput, request), self.membership
        passage = Boilerplate(uuid, sent["version_uuid"], span_of(sent), sent["quote"])
        if sent["preview"]:
            count = count_boilerplate(passage, by=by)
            return Response({name: getattr(count, name) for name in ("publisher", "articles", "found", "marked")})
        start = partial(start_marking_boilerplate, passage, by=by)
        return Response(job_json(start_once(by, self.request_if_keyed(), start)), status=202)
