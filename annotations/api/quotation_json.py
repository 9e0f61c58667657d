"""Quotations, attributions, speakers and what a project says of words, as the API shows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from annotations.access import sees_all_work
from annotations.api.serializers import Based, StrictSerializer, Text, Whole
from annotations.api.shapes import Shape, Time, WordingPieceShape
from annotations.models import (
    Attribution,
    BoilerplateRuling,
    Membership,
    Quotation,
    QuotationDecision,
    Speaker,
    Spelling,
)
from annotations.quoting.showing import Compared, ShownPlace, ShownQuotation
from annotations.workflow.attributing import speaker_of, standing_for

Json = dict[str, Any]

# What is sent


class PlaceDecisionInput(StrictSerializer):
    """What one thinks of a place of a quotation."""

    state = serializers.ChoiceField(QuotationDecision.State.choices)
    base_version = Whole(help_text="The version of the decision that one saw; 0 where there was none.")
    note = Text(default="")


class NewPlaceInput(StrictSerializer):
    """A place that one shows: in the text of an article, or in a capture. Offsets are code points."""

    key = serializers.UUIDField()
    version = serializers.UUIDField(default=None, allow_null=True, help_text="UUID of an article's version; or else:")
    capture = serializers.UUIDField(default=None, allow_null=True, help_text="UUID of a capture.")
    start = Whole()
    end = Whole()
    quote = Text(help_text="text[start:end]")
    note = Text(default="")


class SaidInput(StrictSerializer):
    """Who says something and through whom."""

    speaker_name = Text(default="", help_text="Empty for somebody who is not named.")
    cue = Text(default="", help_text="The words of saying, such as “said” or “according to”.")
    cue_start = Whole(default=None, allow_null=True, help_text="Where the cue stands, in code points.")
    cue_end = Whole(default=None, allow_null=True)
    mode = serializers.ChoiceField(Attribution.Mode.choices, default="direct")
    voice = serializers.ChoiceField(Attribution.Voice.choices, default="own")
    voice_name = Text(default="", help_text="The outlet or source that carries it.")
    note = Text(default="")


class NewAttributionInput(SaidInput):
    """A new attribution of an annotation's content."""

    key = serializers.UUIDField()
    annotation = serializers.UUIDField()


class AttributionChangeInput(Based):
    """What is to be different; what is left out stays."""

    speaker_name = Text(required=False)
    cue = Text(required=False)
    cue_start = Whole(required=False, allow_null=True)
    cue_end = Whole(required=False, allow_null=True)
    mode = serializers.ChoiceField(Attribution.Mode.choices, required=False)
    voice = serializers.ChoiceField(Attribution.Voice.choices, required=False)
    voice_name = Text(required=False)
    note = Text(required=False)


class SpeakerChangeInput(Based):
    """What is to be different of a speaker."""

    name = Text(required=False)
    note = Text(required=False)


class SpeakerMergeInput(Based):
    """Who is to stand for a speaker."""

    into = serializers.UUIDField()


class NewSpellingInput(StrictSerializer):
    """Words that count as one."""

    key = serializers.UUIDField()
    words = serializers.ListField(child=Text(), max_length=50)


class SpellingChangeInput(Based):
    """The words anew; none takes the list away."""

    words = serializers.ListField(child=Text(), max_length=50)


class BoilerplateInput(StrictSerializer):
    """Whether words are boilerplate wherever they stand; null takes back what was said."""

    quote = Text()
    is_boilerplate = serializers.BooleanField(allow_null=True)


# What is answered


class PlaceDecisionShape(Shape):
    """What somebody decided about a place."""

    annotator = serializers.CharField(help_text="Pseudonym.")
    state = serializers.ChoiceField(QuotationDecision.State.choices)
    note = serializers.CharField()
    version = serializers.IntegerField()
    decided_at = Time()


class QuotedPlaceShape(Shape):
    """Where a quotation stands too."""

    key = serializers.UUIDField()
    article = serializers.DictField(allow_null=True)
    capture = serializers.DictField(allow_null=True)
    start = serializers.IntegerField()
    end = serializers.IntegerField()
    is_verbatim = serializers.BooleanField()
    score = serializers.FloatField()
    made_by = serializers.CharField(allow_null=True, help_text="Pseudonym of whoever showed it.")
    state = serializers.ChoiceField(QuotationDecision.State.choices)
    own = PlaceDecisionShape(allow_null=True)
    others = PlaceDecisionShape(many=True)
    quote = serializers.CharField(required=False)
    pieces = WordingPieceShape(many=True, required=False)
    other_pieces = WordingPieceShape(many=True, required=False)


class QuotationShape(Shape):
    """A quotation with its state as one sees it."""

    key = serializers.UUIDField()
    article = serializers.DictField()
    start = serializers.IntegerField()
    end = serializers.IntegerField()
    quote = serializers.CharField()
    n_words = serializers.IntegerField()
    origin = serializers.ChoiceField(Quotation.Origin.choices)
    annotation = serializers.UUIDField(allow_null=True)
    speaker = serializers.CharField(help_text="As the text seems to say; what people say stands in attributions.")
    named = serializers.CharField(help_text="The source that stands beside it.")
    state = serializers.ChoiceField(Quotation.State.choices)
    rule = serializers.CharField()
    checked_at = Time()
    places = QuotedPlaceShape(many=True)


class QuotationsShape(Shape):
    """Quotations."""

    results = QuotationShape(many=True)


class QuotationPageShape(QuotationsShape):
    """A page of quotations."""

    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)


class SpeakerNameShape(Shape):
    """Who speaks."""

    key = serializers.UUIDField()
    name = serializers.CharField()


class AttributionShape(Shape):
    """Who says what an annotation marks, and through whom."""

    key = serializers.UUIDField()
    annotation = serializers.UUIDField()
    annotator = serializers.CharField(help_text="Pseudonym.")
    is_mine = serializers.BooleanField()
    speaker = SpeakerNameShape(allow_null=True)
    speaker_name = serializers.CharField(help_text="The name as it was written here.")
    cue = serializers.CharField()
    cue_start = serializers.IntegerField(allow_null=True)
    cue_end = serializers.IntegerField(allow_null=True)
    mode = serializers.ChoiceField(Attribution.Mode.choices)
    voice = serializers.ChoiceField(Attribution.Voice.choices)
    voice_name = serializers.CharField()
    note = serializers.CharField()
    version = serializers.IntegerField()
    created_at = Time()
    withdrawn_at = Time(allow_null=True)


class AttributionsShape(Shape):
    """Attributions."""

    results = AttributionShape(many=True)


class AttributionHistoryShape(Shape):
    """An attribution and the states before, the oldest first."""

    attribution = AttributionShape()
    results = serializers.ListField(child=serializers.DictField())


class SpeakerShape(Shape):
    """A speaker."""

    key = serializers.UUIDField()
    name = serializers.CharField()
    note = serializers.CharField()
    n_said = serializers.IntegerField(help_text="Attributions that one may see.")
    merged = serializers.ListField(child=serializers.DictField(), help_text="Those for whom they stand.")
    version = serializers.IntegerField()


class SpeakersShape(Shape):
    """Speakers, by name."""

    results = SpeakerShape(many=True)


class SpeakerDetailShape(SpeakerShape):
    """A speaker with what they say across articles."""

    said = serializers.ListField(child=serializers.DictField())


class SpellingShape(Shape):
    """Words that count as one."""

    key = serializers.UUIDField()
    words = serializers.ListField(child=serializers.CharField())
    version = serializers.IntegerField()


class SpellingsShape(Shape):
    """The lists of a project."""

    results = SpellingShape(many=True)


class BoilerplateShape(Shape):
    """What was said of words."""

    quote = serializers.CharField()
    is_boilerplate = serializers.BooleanField(allow_null=True)
    decided_by = serializers.CharField(allow_null=True)
    version = serializers.IntegerField()


class BoilerplatesShape(Shape):
    """What was said of words, the newest first."""

    results = BoilerplateShape(many=True)


def quotation_json(shown: ShownQuotation, pieces: Mapping[int, Compared] | None = None) -> Json:
    """Represent a quotation; with the words that differ where they are given, by the ids of places."""
    row, article = shown.row, shown.row.version.article
    return {
        "key": str(row.key),
        "article": {"uuid": str(article.uuid), "title": article.title},
        "start": row.start,
        "end": row.end,
        "quote": row.quote,
        "n_words": row.n_words,
        "origin": row.origin,
        "annotation": str(row.annotation.key) if row.annotation else None,
        "speaker": row.speaker,
        "named": shown.named,
        "state": shown.state,
        "rule": row.rule,
        "checked_at": row.checked_at,
        "places": [_place_json(place, pieces) for place in shown.places],
    }


def _place_json(place: ShownPlace, pieces: Mapping[int, Compared] | None) -> Json:
    match, article, capture = place.match, place.article, place.match.capture
    beside = pieces[match.pk] if pieces is not None else None
    return {
        "key": str(match.key),
        "article": {
            "uuid": str(article.uuid),
            "title": article.title,
            "publisher": article.publisher.name if article.publisher else None,
            "published_at": article.published_at,
        }
        if article
        else None,
        "capture": {
            "uuid": str(capture.uuid),
            "source": str(capture.source.uuid),
            "url": capture.source.canonical_url if capture.source.url else "",
            "title": capture.title,
        }
        if capture
        else None,
        "start": match.start,
        "end": match.end,
        "is_verbatim": match.is_verbatim,
        "score": match.score,
        "made_by": match.made_by.pseudonym if match.made_by else None,
        "state": place.state,
        "own": _decision_json(place.own) if place.own else None,
        "others": [_decision_json(each) for each in place.others],
        **(
            {
                "quote": beside.quote,
                "pieces": [{"kind": piece.kind.value, "text": piece.text} for piece in beside.quotation],
                "other_pieces": [{"kind": piece.kind.value, "text": piece.text} for piece in beside.place],
            }
            if beside
            else {}
        ),
    }


def _decision_json(decision: QuotationDecision) -> Json:
    return {
        "annotator": decision.decided_by.pseudonym,
        "state": decision.state,
        "note": decision.note,
        "version": decision.version_number,
        "decided_at": decision.decided_at,
    }


def attributions_json(rows: list[Attribution], by: Membership) -> list[Json]:
    """Represent attributions; at most 1 query."""
    standing = standing_for(by.project) if sees_all_work(by) else {}
    return [attribution_json(row, by, standing) for row in rows]


def attribution_json(row: Attribution, by: Membership, standing: dict[int, Speaker]) -> Json:
    """Represent an attribution; its speaker is the one who stands for them, as far as one may know."""
    speaker = speaker_of(row, by, standing)
    return {
        "key": str(row.key),
        "annotation": str(row.annotation.key),
        "annotator": row.created_by.pseudonym,
        "is_mine": row.created_by_id == by.pk,
        "speaker": {"key": str(speaker.key), "name": speaker.name} if speaker else None,
        **{name: getattr(row, name) for name in ("speaker_name", "cue", "cue_start", "cue_end", "mode", "voice")},
        "voice_name": row.voice_name,
        "note": row.note,
        "version": row.version_number,
        "created_at": row.created_at,
        "withdrawn_at": row.withdrawn_at,
    }


def spelling_json(row: Spelling) -> Json:
    """Represent words that count as one."""
    return {"key": str(row.key), "words": row.words if row.withdrawn_at is None else [], "version": row.version_number}


def boilerplate_json(row: BoilerplateRuling) -> Json:
    """Represent what was said of words."""
    return {
        "quote": row.quote,
        "is_boilerplate": row.is_boilerplate,
        "decided_by": row.decided_by.pseudonym if row.decided_by else None,
        "version": row.version_number,
    }
