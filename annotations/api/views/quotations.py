"""Quotations and where their words stand; who says them; speakers; what a project says of words."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.access import Act, visible_to
from annotations.api import quotation_json as q
from annotations.api import shapes
from annotations.api.pagination import PARAMETERS, Cursor, cursor_of, limit_of, reply, unknown_cursor
from annotations.api.serializers import Based, Nothing
from annotations.errors import NotThere, Refused
from annotations.models import ArticleVersion, Capture, Membership, Quotation
from annotations.quoting.checking import check_article
from annotations.quoting.showing import (
    FILTERS,
    compared,
    narrowed,
    place_of,
    quotations_in,
    shown_quotations,
    with_states,
)
from annotations.quoting.speaking import Spoken, hide_outlets_of, speaker_in, speakers_in
from annotations.reuse.ruling import rule
from annotations.workflow.attributing import (
    Said,
    attribute,
    attribution_rows,
    change_attribution,
    restore_attribution,
    standing_for,
    withdraw_attribution,
)
from annotations.workflow.quotations import PlaceDecision, decide_place, find_quotation, show_place
from annotations.workflow.source_sight import find_capture
from annotations.workflow.speakers import change_speaker, merge_speaker, part_speaker
from annotations.workflow.wording_rules import add_spelling, change_spelling, rulings_of, spellings_of

from .base import JudgementView, ProjectView, find_article, read, span_of

MOST_ON_A_TEXT = 1_000
QUERY = 200


class QuotationList(ProjectView):
    """The quotations of a project."""

    tag = "quotations"
    parameters = PARAMETERS | {"state", "q", "origin"}

    @extend_schema(
        parameters=[
            OpenApiParameter("state", OpenApiTypes.STR, description="A state, or `without`: no original is known."),
            OpenApiParameter("q", OpenApiTypes.STR, description="Words in the quotation or its speaker."),
            OpenApiParameter("origin", OpenApiTypes.STR, description="annotation, zone or rule."),
            *shapes.PAGING,
        ],
        responses=q.QuotationPageShape,
    )
    def get(self, request: Request, slug: str) -> Response:
        """List quotations with their states as one sees them, in the order in which they were first looked up."""
        sent = {name: request.query_params.get(name, "") for name in ("state", "q", "origin")}
        if sent["state"] not in ("", *FILTERS):
            raise Refused("state_unknown", _("There is no such state of a quotation."), field="state")
        if sent["origin"] not in ("", *Quotation.Origin.values):
            raise Refused("origin_unknown", _("Quotations are not found in this way."), field="origin")
        rows = narrowed(
            quotations_in(self.membership), state=sent["state"], words=sent["q"][:QUERY], origin=sent["origin"]
        )
        size, cursor = limit_of(request), cursor_of(request)
        if cursor is not None:
            place = Quotation.objects.filter(project_id=self.membership.project_id, key=cursor.uuid).first()
            if place is None or cursor.is_before:
                raise unknown_cursor()
            rows = rows.filter(pk__gt=place.pk)
        found = list(rows.order_by("pk")[: size + 1])
        results = [q.quotation_json(each) for each in shown_quotations(found[:size], self.membership)]
        after = str(Cursor(found[size - 1].key)) if len(found) > size else None
        return Response(reply(results, after))


class ArticleQuotations(ProjectView):
    """The quotations of an article."""

    tag = "quotations"

    @extend_schema(responses=q.QuotationsShape)
    def get(self, request: Request, slug: str, uuid: UUID) -> Response:
        """List the quotations of the present text that were looked up, in its order, at most 1,000. Not paged."""
        return Response({"results": _of_article(find_article(self.membership, uuid), self.membership)})


class ArticleQuotationCheck(ProjectView):
    """Looking up the quotations of one article now."""

    tag = "quotations"
    acts: ClassVar[dict[str, Act]] = {"POST": Act.ANNOTATE}

    @extend_schema(request=Nothing, responses=q.QuotationsShape)
    def post(self, request: Request, slug: str, uuid: UUID) -> Response:
        """Look up the quotations of the present text, those annotated just now too; repeating it is harmless."""
        read(Nothing, request)
        article = find_article(self.membership, uuid)
        check_article(article, self.membership)
        return Response({"results": _of_article(article, self.membership)})


class QuotationDetail(ProjectView):
    """One quotation."""

    tag = "quotations"

    @extend_schema(responses=q.QuotationShape)
    def get(self, request: Request, slug: str, key: UUID) -> Response:
        """Show a quotation beside the words of its places: pieces that are the same, gone, or new there."""
        return Response(_detail(find_quotation(self.membership, key), self.membership))


class QuotationPlaces(JudgementView):
    """Showing where the original of a quotation stands."""

    tag = "quotations"
    acts: ClassVar[dict[str, Act]] = {"POST": Act.ANNOTATE}

    @extend_schema(request=q.NewPlaceInput, responses={201: q.QuotationShape})
    def post(self, request: Request, slug: str, key: UUID) -> Response:
        """Say where the original stands, in another article or in a capture one may see, as one's own judgement."""
        sent, by = read(q.NewPlaceInput, request), self.membership
        quotation = find_quotation(by, key)
        new = place_of(quotation, sent["key"], _where(sent, by), span_of(sent), sent["quote"], sent["note"])
        show_place(quotation, new, by=by, request=self.request_once())
        return Response(_detail(quotation, by), status=201)


class QuotationDecisions(JudgementView):
    """Deciding about a place of a quotation."""

    tag = "quotations"
    acts: ClassVar[dict[str, Act]] = {"POST": Act.ANNOTATE}

    @extend_schema(request=q.PlaceDecisionInput, responses=q.QuotationShape)
    def post(self, request: Request, slug: str, key: UUID, place: UUID) -> Response:
        """Say that a place is the original, or is not, or take that back. It overrides what was found, and is kept."""
        sent, by = read(q.PlaceDecisionInput, request), self.membership
        decide_place(key, place, PlaceDecision(**sent), by=by, request=self.request_once())
        return Response(_detail(find_quotation(by, key), by))


class ArticleAttributions(ProjectView):
    """Who says what in an article."""

    tag = "quotations"

    @extend_schema(responses=q.AttributionsShape)
    def get(self, request: Request, slug: str, uuid: UUID) -> Response:
        """List the attributions on the present text that one may see, and one's own that were taken back. Not paged."""
        article, by = find_article(self.membership, uuid), self.membership
        rows = visible_to(by, attribution_rows()).filter(version=article.current_version_id)
        rows = rows.filter(Q(withdrawn_at__isnull=True) | Q(created_by=by))
        return Response({"results": q.attributions_json(list(rows.order_by("pk")[:MOST_ON_A_TEXT]), by)})


class Attributions(JudgementView):
    """Saying who says something."""

    tag = "quotations"
    acts: ClassVar[dict[str, Act]] = {"POST": Act.ANNOTATE}

    @extend_schema(request=q.NewAttributionInput, responses={201: q.AttributionShape})
    def post(self, request: Request, slug: str) -> Response:
        """Say who says what an annotation marks, and through whom; once for each annotation, as one's own judgement.

        Speakers are known by name: the answer is the same whether somebody was named before or not.
        """
        sent, by = read(q.NewAttributionInput, request), self.membership
        key, annotation = sent.pop("key"), sent.pop("annotation")
        row = attribute(key, annotation, Said(**_said(sent)), by=by, request=self.request_once())
        return Response(q.attributions_json([row], by)[0], status=201)


class AttributionDetail(JudgementView):
    """One attribution."""

    tag = "quotations"
    acts: ClassVar[dict[str, Act]] = {"GET": Act.VIEW, "PATCH": Act.ANNOTATE}

    @extend_schema(responses=q.AttributionHistoryShape)
    def get(self, request: Request, slug: str, key: UUID) -> Response:
        """Give an attribution as it is, also one taken back, and every state it had before, the oldest first."""
        by = self.membership
        row = visible_to(by, attribution_rows()).filter(key=key).first()
        if row is None:
            raise NotThere("not_found", _("There is nothing under this key, or you may not see it."))
        states = row.revisions.select_related("replaced_by").order_by("version_number")
        names = ("speaker_name", "cue", "cue_start", "cue_end", "mode", "voice", "voice_name", "note", "withdrawn_at")
        results = [
            {
                "version": state.version_number,
                "replaced_by": state.replaced_by.pseudonym,
                "replaced_at": state.replaced_at,
                **{name: getattr(state, name) for name in names},
            }
            for state in states
        ]
        return Response({"attribution": q.attributions_json([row], by)[0], "results": results})

    @extend_schema(request=q.AttributionChangeInput, responses=q.AttributionShape)
    def patch(self, request: Request, slug: str, key: UUID) -> Response:
        """Change one's own attribution. A cue that is sent without its place has none."""
        sent, by = read(q.AttributionChangeInput, request), self.membership
        base_version = sent.pop("base_version")
        once = self.request_once()
        row = change_attribution(key, _said(sent), by=by, base_version=base_version, request=once)
        return Response(q.attributions_json([row], by)[0])


class AttributionWithdrawal(JudgementView):
    """Taking an attribution back."""

    tag = "quotations"
    acts: ClassVar[dict[str, Act]] = {"POST": Act.ANNOTATE}

    @extend_schema(request=Based, responses=q.AttributionShape)
    def post(self, request: Request, slug: str, key: UUID) -> Response:
        """Take one's own attribution back."""
        base_version, once = read(Based, request)["base_version"], self.request_once()
        row = withdraw_attribution(key, by=self.membership, base_version=base_version, request=once)
        return Response(q.attributions_json([row], self.membership)[0])


class AttributionRestoration(JudgementView):
    """Bringing an attribution back."""

    tag = "quotations"
    acts: ClassVar[dict[str, Act]] = {"POST": Act.ANNOTATE}

    @extend_schema(request=Based, responses=q.AttributionShape)
    def post(self, request: Request, slug: str, key: UUID) -> Response:
        """Bring one's own attribution back."""
        base_version, once = read(Based, request)["base_version"], self.request_once()
        row = restore_attribution(key, by=self.membership, base_version=base_version, request=once)
        return Response(q.attributions_json([row], self.membership)[0])


class SpeakerList(ProjectView):
    """The speakers of a project."""

    tag = "quotations"
    parameters = frozenset({"q"})

    @extend_schema(
        parameters=[OpenApiParameter("q", OpenApiTypes.STR, description="Words in the name.")],
        responses=q.SpeakersShape,
    )
    def get(self, request: Request, slug: str) -> Response:
        """List the speakers one may know, by name. Not paged."""
        found = speakers_in(self.membership, request.query_params.get("q", "")[:QUERY])
        return Response({"results": [_speaker_json(each, self.membership) for each in found]})


class SpeakerDetail(JudgementView):
    """One speaker."""

    tag = "quotations"
    acts: ClassVar[dict[str, Act]] = {"GET": Act.VIEW, "PATCH": Act.JUDGE_CLAIMS}

    @extend_schema(responses=q.SpeakerDetailShape)
    def get(self, request: Request, slug: str, key: UUID) -> Response:
        """Show a speaker with what they say across articles, as far as one may see it; at most 1,000 attributions."""
        return Response(_spoken_json(speaker_in(self.membership, key), self.membership))

    @extend_schema(request=q.SpeakerChangeInput, responses=q.SpeakerDetailShape)
    def patch(self, request: Request, slug: str, key: UUID) -> Response:
        """Write name or note of a speaker anew; the attributions keep the name that stands in them."""
        sent, by = read(q.SpeakerChangeInput, request), self.membership
        change_speaker(key, **sent, by=by, request=self.request_once())
        return Response(_spoken_json(speaker_in(by, key), by))


class SpeakerMerging(JudgementView):
    """Letting a speaker stand for another."""

    tag = "quotations"
    acts: ClassVar[dict[str, Act]] = {"POST": Act.JUDGE_CLAIMS}

    @extend_schema(request=q.SpeakerMergeInput, responses=q.SpeakerDetailShape)
    def post(self, request: Request, slug: str, key: UUID) -> Response:
        """Let the speaker `into` stand for this one; answers with the one that stands."""
        sent, by = read(q.SpeakerMergeInput, request), self.membership
        row = merge_speaker(key, sent["into"], by=by, base_version=sent["base_version"], request=self.request_once())
        standing = standing_for(by.project).get(row.pk, row)
        return Response(_spoken_json(speaker_in(by, standing.key), by))


class SpeakerParting(JudgementView):
    """Letting a merged speaker stand for themselves again."""

    tag = "quotations"
    acts: ClassVar[dict[str, Act]] = {"POST": Act.JUDGE_CLAIMS}

    @extend_schema(request=Based, responses=q.SpeakerDetailShape)
    def post(self, request: Request, slug: str, key: UUID) -> Response:
        """Part a speaker from the one that stands for them."""
        base_version, by = read(Based, request)["base_version"], self.membership
        part_speaker(key, by=by, base_version=base_version, request=self.request_once())
        return Response(_spoken_json(speaker_in(by, key), by))


class Spellings(JudgementView):
    """Words that a project counts as one."""

    tag = "quotations"
    acts: ClassVar[dict[str, Act]] = {"GET": Act.VIEW, "POST": Act.EDIT_LABELS}

    @extend_schema(responses=q.SpellingsShape)
    def get(self, request: Request, slug: str) -> Response:
        """List the spellings that count as one in search, shared passages, quotations and marking. Not paged."""
        return Response({"results": [q.spelling_json(row) for row in spellings_of(self.membership.project_id)]})

    @extend_schema(request=q.NewSpellingInput, responses={201: q.SpellingShape})
    def post(self, request: Request, slug: str) -> Response:
        """Let words count as one. Each is a single word, and stands in one list alone."""
        sent = read(q.NewSpellingInput, request)
        row = add_spelling(sent["key"], sent["words"], by=self.membership, request=self.request_once())
        return Response(q.spelling_json(row), status=201)


class SpellingDetail(JudgementView):
    """One list of spellings."""

    tag = "quotations"
    acts: ClassVar[dict[str, Act]] = {"PATCH": Act.EDIT_LABELS}

    @extend_schema(request=q.SpellingChangeInput, responses=q.SpellingShape)
    def patch(self, request: Request, slug: str, key: UUID) -> Response:
        """Write the words of a list anew; an empty list takes it away."""
        sent = read(q.SpellingChangeInput, request)
        row = change_spelling(
            key, sent["words"], by=self.membership, base_version=sent["base_version"], request=self.request_once()
        )
        return Response(q.spelling_json(row))


class Boilerplates(JudgementView):
    """What people said of words: that they are boilerplate, or are not."""

    tag = "quotations"
    acts: ClassVar[dict[str, Act]] = {"GET": Act.VIEW, "POST": Act.MARK_ZONES_EVERYWHERE}

    @extend_schema(responses=q.BoilerplatesShape)
    def get(self, request: Request, slug: str) -> Response:
        """List what was said, the newest first. Not paged."""
        return Response({"results": [q.boilerplate_json(row) for row in rulings_of(self.membership.project_id)]})

    @extend_schema(request=q.BoilerplateInput, responses=q.BoilerplateShape)
    def post(self, request: Request, slug: str) -> Response:
        """Say of words that they are boilerplate in every text, or are not though machines found so; or take it back.

        The texts that hold them are compared anew by the next job that finds shared passages.
        """
        sent, by = read(q.BoilerplateInput, request), self.membership
        row = rule(sent["quote"], sent["is_boilerplate"], by=by, request=self.request_once())
        return Response(q.boilerplate_json(row))


def _of_article(article: Any, by: Membership) -> list[q.Json]:
    rows = list(quotations_in(by, article=article).order_by("start", "-end", "pk")[:MOST_ON_A_TEXT])
    shown = shown_quotations(rows, by)
    pieces = compared(shown)
    return [q.quotation_json(each, pieces) for each in shown]


def _detail(quotation: Quotation, by: Membership) -> q.Json:
    rows = with_states(Quotation.objects.filter(pk=quotation.pk), by)
    rows = rows.select_related("version__article__publisher", "named_publisher", "annotation").defer("version__text")
    shown = shown_quotations(list(rows), by)
    return q.quotation_json(shown[0], compared(shown))


def _where(sent: dict[str, Any], by: Membership) -> ArticleVersion | Capture:
    if sent["capture"] is not None:
        return find_capture(by, sent["capture"])
    found = ArticleVersion.objects.filter(project_id=by.project_id, uuid=sent["version"]).first()
    if found is None:
        raise NotThere("version_not_found", _("There is no such article version in this project."), field="version")
    return found


def _said(sent: dict[str, Any]) -> dict[str, Any]:
    """Return what was sent under the names of `Said`, the place of the cue as a span."""
    if "speaker_name" in sent:
        sent["speaker"] = sent.pop("speaker_name")
    start, end = sent.pop("cue_start", None), sent.pop("cue_end", None)
    if start is not None and end is not None:
        sent["cue_span"] = span_of({"start": start, "end": end})
    elif "cue" in sent:
        sent["cue_span"] = None
    return sent


def _speaker_json(each: Spoken, by: Membership) -> q.Json:
    row = each.row
    return {
        "key": str(each.key),
        "name": each.name,
        "note": row.note if row else "",
        "n_said": len(each.said),
        "merged": [{"key": str(one.key), "name": one.name, "version": one.version_number} for one in each.merged],
        "version": row.version_number if row else 0,
    }


def _spoken_json(each: Spoken, by: Membership) -> q.Json:
    hide_outlets_of([each], by)
    said = each.said[:MOST_ON_A_TEXT]
    told = q.attributions_json(said, by)
    return {
        **_speaker_json(each, by),
        "said": [
            {
                **one,
                "article": {"uuid": str(row.version.article.uuid), "title": row.version.article.title},
                "quote": row.annotation.quote,
                "start": row.annotation.start,
                "end": row.annotation.end,
            }
            for row, one in zip(said, told, strict=True)
        ],
    }
