"""Correcting the text of an article, and placing what was judged of its earlier wording."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.access import Act
from annotations.api import shapes
from annotations.api.representations import Json, annotation_json, version_json
from annotations.api.serializers import Based, CorrectionInput, PlaceInput
from annotations.models import Membership
from annotations.text.spans import Span, quote
from annotations.workflow.annotating import annotation_rows
from annotations.workflow.correcting import Correction, correct_article, look_at_correction
from annotations.workflow.placing import (
    Unplaced,
    UnplacedZone,
    drop_unplaced,
    place_annotation,
    unplaced,
    unplaced_zones,
    wait_again,
)

from .base import JudgementView, ProjectView, find_article, read, span_of


class ArticleCorrection(ProjectView):
    """A new wording of an article."""

    tag = "articles"
    acts = {"POST": Act.EDIT_ARTICLES}
    takes_key = True

    @extend_schema(request=CorrectionInput, responses=shapes.CorrectionShape)
    def post(self, request: Request, slug: str, uuid: UUID) -> Response:
        """Freeze a new wording as the next version and carry over what is certain; 409 where the text moved on.

        With `preview` nothing is written: see the pieces that change, and what would go along or have to be placed.
        """
        sent, by = read(CorrectionInput, request), self.membership
        article = find_article(by, uuid)
        if sent["preview"]:
            return Response(_correction_json(look_at_correction(article, sent["text"], by=by)))
        once = self.request_if_keyed()
        done = correct_article(article, sent["text"], by=by, base_version=sent["base_version"], request=once)
        return Response(_correction_json(done))


class UnplacedList(ProjectView):
    """What waits to be placed."""

    tag = "judgements"

    @extend_schema(responses=shapes.UnplacedListShape)
    def get(self, request: Request, slug: str, uuid: UUID) -> Response:
        """List what of earlier wordings has no certain place in the present text and is for the person to place.

        That is one's own annotations; where one sees everybody's work, also those of people who cannot log in. Zones
        are for whoever may mark some: mark one under the key it `becomes`, or remove it under its own.
        """
        article, by = find_article(self.membership, uuid), self.membership
        zones = [_unplaced_zone_json(one) for one in unplaced_zones(article, by=by)]
        return Response({"results": [_unplaced_json(one, by) for one in unplaced(article, by=by)], "zones": zones})


class Placing(JudgementView):
    """Placing an annotation of an earlier wording."""

    @extend_schema(request=PlaceInput, responses={201: shapes.AnnotationShape})
    def post(self, request: Request, slug: str, uuid: UUID, key: UUID) -> Response:
        """Put an annotation where it belongs in the present text: a candidate, or any other place."""
        sent, by = read(PlaceInput, request), self.membership
        article, once = find_article(by, uuid), self.request_once()
        made = place_annotation(article, key, span_of(sent), sent["quote"], by=by, request=once)
        return Response(annotation_json(annotation_rows().get(pk=made.pk), by), status=201)


class Dropping(JudgementView):
    """Withdrawing an annotation that has no place any more."""

    @extend_schema(request=Based, responses=shapes.AnnotationShape)
    def post(self, request: Request, slug: str, uuid: UUID, key: UUID) -> Response:
        """Withdraw an annotation of an earlier wording; it stays in the history of that version."""
        base, by = read(Based, request)["base_version"], self.membership
        article, once = find_article(by, uuid), self.request_once()
        row = drop_unplaced(article, key, by=by, base_version=base, request=once)
        return Response(annotation_json(annotation_rows().get(pk=row.pk), by))


class WaitingAgain(JudgementView):
    """Undoing that an annotation of an earlier wording was placed or dropped."""

    @extend_schema(request=Based, responses=shapes.AnnotationShape)
    def post(self, request: Request, slug: str, uuid: UUID, key: UUID) -> Response:
        """Let an annotation wait again. `base_version` is that of the placed annotation, or of the dropped one."""
        base, by = read(Based, request)["base_version"], self.membership
        article, once = find_article(by, uuid), self.request_once()
        row = wait_again(article, key, by=by, base_version=base, request=once)
        return Response(annotation_json(annotation_rows().get(pk=row.pk), by))


def _correction_json(done: Correction) -> Json:
    return {
        "version": version_json(done.version) if done.version else None,
        "pieces": [{"kind": piece.kind.value, "text": piece.text} for piece in done.pieces],
        "carried": done.carried,
        "uncertain": done.uncertain,
        "dropped_suggestions": {reason: done.dropped.get(reason, 0) for reason in ("gone", "unclear")},
    }


def _unplaced_json(one: Unplaced, by: Membership) -> Json:
    row = one.annotation
    return {
        "key": str(row.key),
        "becomes": str(one.becomes),
        "version_number": row.version_number,
        "label": row.label.key,
        "note": row.note,
        "is_mine": row.created_by_id == by.pk,
        "annotator": row.created_by.pseudonym,
        "quote": row.quote,
        "prefix": row.prefix,
        "suffix": row.suffix,
        "candidates": [_place_json(one.new_text, place) for place in one.candidates],
    }


def _unplaced_zone_json(one: UnplacedZone) -> Json:
    zone, words = one.zone, quote(one.old_text, Span(one.zone.start, one.zone.end))
    return {
        "key": str(zone.uuid),
        "becomes": str(one.becomes),
        "version_number": zone.version_number,
        "kind": zone.kind,
        "publisher": zone.publisher.name if zone.publisher else "",
        "url": zone.url,
        "quote": words.exact,
        "prefix": words.prefix,
        "suffix": words.suffix,
        "candidates": [_place_json(one.new_text, place) for place in one.candidates],
    }


def _place_json(text: str, place: Span) -> Json:
    words = quote(text, place)
    return {
        "start": place.start,
        "end": place.end,
        "quote": words.exact,
        "prefix": words.prefix,
        "suffix": words.suffix,
    }
