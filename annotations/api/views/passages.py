"""Passages that articles share: those of an article, a pair side by side, where else, and what one makes of them."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar
from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.access import Act
from annotations.api import shapes
from annotations.api.job_json import job_json
from annotations.api.representations import Json
from annotations.api.serializers import LinkInput, PassageDecisionInput, ReuseInput, WhereElseQuery
from annotations.errors import NotThere, Refused
from annotations.jobs.starting import start_once
from annotations.models import Article, ArticleVersion, Capture, QuoteDecision
from annotations.reuse.asking import CapturePlace, Place, where_else
from annotations.reuse.finding import start_finding
from annotations.reuse.grouping import Group, fill, groups_in
from annotations.reuse.originals import Missing, missing_originals
from annotations.reuse.showing import (
    Shown,
    SideBySide,
    passages_of,
    shown_one,
    side_by_side,
    signs_of,
    stretches_of,
)
from annotations.text.spans import Span
from annotations.workflow.passages import NewLink, PassageDecision, Quoted, decide_passage, find_passage, link_passages

from .base import JudgementView, ProjectView, find_article, read, span_of

MOST_GROUPS = 100
MOST_PLACES = 100


class ArticlePassages(ProjectView):
    """What an article shares with others."""

    tag = "passages"

    @extend_schema(responses=shapes.PassagesShape)
    def get(self, request: Request, slug: str, uuid: UUID) -> Response:
        """List the passages that the present text shares with other articles, and with captures of sources that one
        may see: at most 500, in its order. Not paged.

        `signs` joins those that overlap, for a margin: “also in 3 articles”. What one rejected counts in none. Of one
        source the newest capture that has a stretch is listed, and those that somebody decided about.
        """
        article, by = find_article(self.membership, uuid), self.membership
        shown = passages_of(article, by)
        (missing,) = missing_originals([stretches_of(shown)], by)
        return Response({**passages_json(shown), "not_held": [not_held_json(each) for each in missing]})


def passages_json(shown: list[Shown]) -> dict[str, Any]:
    """Represent the passages of an article, as somebody sees them, with the signs that they make."""
    signs = [
        {
            "start": sign.start,
            "end": sign.end,
            "n_articles": sign.n_articles,
            "n_sources": sign.n_sources,
            "passages": list(sign.keys),
        }
        for sign in signs_of(shown)
    ]
    return {"signs": signs, "results": [passage_json(each) for each in shown]}


class PassageDetail(ProjectView):
    """A shared passage."""

    tag = "passages"

    @extend_schema(responses=shapes.PassagePairShape)
    def get(self, request: Request, slug: str, key: UUID) -> Response:
        """Show both passages, with the words that differ: pieces that are the same, gone from the first, or new."""
        shown = shown_one(find_passage(self.membership, key), self.membership)
        (pair,) = side_by_side([shown])
        return Response(_pair_json(shown, pair))


class PassageDecisions(JudgementView):
    """Deciding about a shared passage."""

    @extend_schema(request=PassageDecisionInput, responses=shapes.PassageShape)
    def post(self, request: Request, slug: str, key: UUID) -> Response:
        """Confirm, reject or reopen it, as one's own judgement, with another relation or direction where it has one.

        Nobody's decision changes what others see of it, but where their work may be seen. Also answers 409 with
        `stale_version` where one decided in another window meanwhile.
        """
        sent, by = read(PassageDecisionInput, request), self.membership
        decide_passage(key, PassageDecision(**sent), by=by, request=self.request_once())
        return Response(passage_json(shown_one(find_passage(by, key), by)))


class PassageLinks(JudgementView):
    """The passages of a project, and linking two by hand."""

    @extend_schema(responses=shapes.GroupsShape)
    def get(self, request: Request, slug: str) -> Response:
        """List the passages that stand in most articles, at most 100, those in most first. Not paged.

        Pairs are brought together where their stretches of a text overlap by more than half; what one rejected counts
        in none. Captures in which one may see the passage are counted apart. `is_cut` says that the project has more
        pairs than were looked at.
        """
        groups, is_cut = groups_in(self.membership)
        shown = groups[:MOST_GROUPS]
        fill(shown, self.membership)
        results = [_group_json(group) for group in shown]
        return Response({"total": len(groups), "is_cut": is_cut, "results": results})

    @extend_schema(request=LinkInput, responses={201: shapes.PassageShape})
    def post(self, request: Request, slug: str) -> Response:
        """Say that a passage of an article is the same as one of another, or of a capture, as one's own judgement."""
        sent, by = read(LinkInput, request), self.membership
        if (sent["to_version"] is None) == (sent["to_capture"] is None):
            message = _("Name the second text: either by to_version or by to_capture.")
            raise Refused("one_text_needed", message, field="to_version")
        target = _quoted(sent["to_version"] or sent["to_capture"], sent, "to", is_captured=bool(sent["to_capture"]))
        new = NewLink(
            sent["key"],
            _quoted(sent["from_version"], sent, "from"),
            target,
            sent["relation"],
            sent["direction"],
            sent["note"],
        )
        link = link_passages(new, by=by, request=self.request_once())
        return Response(passage_json(shown_one(link, by)), status=201)


class WhereElse(ProjectView):
    """Where a passage stands too."""

    tag = "passages"
    parameters = frozenset({"text", "article", "start", "end"})

    @extend_schema(
        parameters=[
            OpenApiParameter("text", OpenApiTypes.STR, description="Words of at least eight; or else:"),
            OpenApiParameter("article", OpenApiTypes.UUID, description="Of it `start` to `end` is meant."),
            OpenApiParameter("start", OpenApiTypes.INT, description="Offset in code points."),
            OpenApiParameter("end", OpenApiTypes.INT, description="Offset in code points, not included."),
        ],
        responses=shapes.PlacesShape,
    )
    def get(self, request: Request, slug: str) -> Response:
        """Say where else words stand, or a part of an article: the longest first, of the fifty articles most like it.

        Runs of eight words are certain to be found, once their article is in the index. `n_common` runs of the
        passage stand in more than a thousand articles and were not looked at.
        """
        asked = WhereElseQuery(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        sent = asked.validated_data
        if "text" in sent:
            answer = where_else(self.membership, text=sent["text"])
        else:
            version = _current_version(find_article(self.membership, sent["article"]))
            answer = where_else(self.membership, version=version, span=span_of(sent))
        return Response(
            {
                "n_common": answer.n_common,
                "results": [_place_json(place) for place in answer.places],
                "captures": [_captured_json(place) for place in answer.captures],
                "not_held": [not_held_json(each) for each in answer.not_held],
            }
        )


class ReuseRun(ProjectView):
    """Finding shared passages."""

    tag = "jobs"
    acts: ClassVar[dict[str, Act]] = {"POST": Act.ADD_ARTICLES}
    takes_key = True

    @extend_schema(request=ReuseInput, responses={202: shapes.JobShape})
    def post(self, request: Request, slug: str) -> Response:
        """Look for shared passages in what is new since the last time, or with `again` in all; a job.

        Where the installation says so, workers do so by themselves when articles come or are corrected.
        """
        sent = read(ReuseInput, request)
        start = partial(start_finding, self.membership, again=sent["again"])
        return Response(job_json(start_once(self.membership, self.request_if_keyed(), start)), status=202)


def passage_json(shown: Shown) -> Json:
    """Represent a shared passage, seen from one of its texts."""
    return {
        "key": str(shown.link.key),
        "start": shown.here.start,
        "end": shown.here.end,
        "other": {**_article_json(shown.article), **_span_json(shown.there)} if shown.article else None,
        "capture": {**_capture_json(shown.capture), **_span_json(shown.there)} if shown.capture else None,
        "is_source": shown.is_source,
        "n_words": shown.link.n_words,
        "score": shown.link.score,
        "relation": shown.relation,
        "direction": shown.direction,
        "ground": shown.link.ground,
        "found_by": shown.link.found_by,
        "made_by": shown.link.made_by.pseudonym if shown.link.made_by else None,
        "parts": shown.link.parts,
        "state": shown.state,
        "own": _decision_json(shown.own) if shown.own else None,
        "others": [_decision_json(each) for each in shown.others],
    }


def _group_json(group: Group) -> Json:
    return {
        "key": group.key,
        "n_articles": group.n_articles,
        "n_sources": group.n_sources,
        "n_words": group.n_words,
        "quote": group.quote,
        "articles": [
            {**_article_json(version.article), "start": span.start, "end": span.end}
            for version, span in group.articles[:MOST_PLACES]
        ],
        "captures": [{**_capture_json(capture), **_span_json(span)} for capture, span in group.captures[:MOST_PLACES]],
        "not_held": [not_held_json(each) for each in group.missing],
    }


def _decision_json(decision: QuoteDecision) -> Json:
    return {
        "annotator": decision.decided_by.pseudonym,
        "state": decision.state,
        "relation": decision.relation,
        "direction": decision.direction,
        "note": decision.note,
        "version": decision.version_number,
        "decided_at": decision.decided_at,
    }


def _pair_json(shown: Shown, pair: SideBySide) -> Json:
    def pieces(side: Any) -> list[Json]:
        return [{"kind": piece.kind.value, "text": piece.text} for piece in side]

    return {
        **passage_json(shown),
        "article": _article_json(shown.link.from_version.article),
        "quote": pair.first_quote,
        "other_quote": pair.second_quote,
        "pieces": pieces(pair.first),
        "other_pieces": pieces(pair.second),
    }


def not_held_json(node: Missing) -> Json:
    """Represent a source that is not held, with what hangs from it."""
    articles = [{"uuid": str(each.article.uuid), "title": each.article.title} for each in node.cited_by]
    return {"key": str(node.key), "name": node.name, "url": node.url, "cited_by": articles}


def _met_json(place: Place | CapturePlace) -> Json:
    """Represent what was met at a place; offsets in code points."""
    return {
        "quote": place.quote,
        "asked_start": place.asked.start,
        "asked_end": place.asked.end,
        "n_words": place.n_words,
        "score": place.score,
        "relation": place.relation,
    }


def _captured_json(place: CapturePlace) -> Json:
    capture = place.capture
    return {
        "capture": {**_capture_json(capture), **_span_json(place.span)},
        **_met_json(place),
    }


def _place_json(place: Place) -> Json:
    return {
        "article": {**_article_json(place.article), "start": place.span.start, "end": place.span.end},
        "version_uuid": place.version_uuid,
        **_met_json(place),
    }


def _capture_json(capture: Capture) -> Json:
    return {
        "uuid": str(capture.uuid),
        "source": str(capture.source.uuid),
        "url": capture.source.canonical_url if capture.source.url else "",
        "title": capture.title if capture.source.url else capture.name,
        "fetched_at": capture.fetched_at,
    }


def _span_json(span: Span) -> Json:
    return {"start": span.start, "end": span.end}


def _article_json(article: Article) -> Json:
    return {
        "uuid": str(article.uuid),
        "title": article.title,
        "publisher": article.publisher.name if article.publisher else None,
        "published_at": article.published_at,
    }


def _current_version(article: Article) -> ArticleVersion:
    if article.current_version is None:
        raise NotThere("version_not_found", _("This article has no text yet."))
    return article.current_version


def _quoted(text: UUID, sent: dict[str, Any], side: str, *, is_captured: bool = False) -> Quoted:
    span = span_of({"start": sent[f"{side}_start"], "end": sent[f"{side}_end"]})
    return Quoted(text, span, sent[f"{side}_quote"], is_captured)
