"""What clients send: types, required fields, formats. Whether something may happen is asked of `workflow/`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import orjson
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from annotations.exporters.formats import WRITERS
from annotations.importers.formats import READERS
from annotations.jobs.export_options import LAYERS, LICENCE_LENGTH
from annotations.jobs.starting import ON_CONFLICT, ON_DUPLICATE
from annotations.models import QuoteDecision, QuoteLink, Region, Round, Ruling, SuggestionDecision
from annotations.search.saved_filters import NAME_LENGTH
from annotations.workflow.inviting import MOST_DAYS, MOST_PEOPLE, USUAL_DAYS
from annotations.workflow.parts import MOST_PARTS
from annotations.workflow.suggesting import MOST_AT_ONCE

LARGEST = 2**31 - 1
"""Largest whole number that a column of offsets holds."""
MOST_BYTES_OF_ATTRIBUTES = 10_000


class StrictSerializer(serializers.Serializer):
    """Refuses fields it does not know, so that a misspelt name is told and nothing is stored by chance."""

    default_error_messages = {"unknown_field": _("There is no such field here.")}

    def to_internal_value(self, data: Any) -> Any:
        """Check the names first, then the values."""
        if isinstance(data, Mapping):
            writable = {name for name, field in self.fields.items() if not field.read_only}
            unknown = [str(name)[:100] for name in data if name not in writable]
            if unknown:
                message = self.error_messages["unknown_field"]
                raise serializers.ValidationError(
                    {name: [serializers.ErrorDetail(str(message), code="unknown_field")] for name in unknown}
                )
        return super().to_internal_value(data)


class Text(serializers.CharField):
    """A text kept as it is sent: spaces at its ends are part of it, and only a JSON string is a text."""

    def __init__(self, **values: Any) -> None:
        values.setdefault("trim_whitespace", False)
        values.setdefault("allow_blank", True)
        super().__init__(**values)

    def to_internal_value(self, data: Any) -> str:
        """Refuse numbers, which would be turned into texts."""
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Whole(serializers.IntegerField):
    """A whole number from 0 that a column can hold; only a JSON number is one."""

    def __init__(self, **values: Any) -> None:
        values.setdefault("min_value", 0)
        values.setdefault("max_value", LARGEST)
        super().__init__(**values)

    def to_internal_value(self, data: Any) -> int:
        """Refuse texts, true and false, which would be turned into numbers."""
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return super().to_internal_value(data)


class Sha256(serializers.RegexField):
    """A SHA-256 in hexadecimal; becomes bytes."""

    default_error_messages = {"invalid": _("Send a SHA-256 as 64 hexadecimal digits.")}

    def __init__(self, **values: Any) -> None:
        super().__init__(r"\A[0-9a-fA-F]{64}\Z", **values)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """Check the digits, then turn them into bytes."""
        value = super().run_validation(data)
        return bytes.fromhex(value) if isinstance(value, str) else value


BEGIN_WITH = "Left out, they are what the attributes of the label begin with."


class Attributes(serializers.DictField):
    """An object of JSON values that every database can keep: no NUL, no infinite number, not too large."""

    default_error_messages = {
        "too_large": _("At most {most} bytes of JSON are kept here."),
        "unstorable": _("A NUL character or an infinite number cannot be kept."),
    }

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Check all values, however deep."""
        values = super().to_internal_value(data)
        if len(orjson.dumps(values)) > MOST_BYTES_OF_ATTRIBUTES:
            self.fail("too_large", most=MOST_BYTES_OF_ATTRIBUTES)
        if not _is_storable(values):
            self.fail("unstorable")
        return values


def _is_storable(value: Any) -> bool:
    match value:
        case str():
            return "\x00" not in value
        case float():
            return math.isfinite(value)
        case dict():
            return all(_is_storable(key) and _is_storable(inner) for key, inner in value.items())
        case list():
            return all(map(_is_storable, value))
    return True


class Based(StrictSerializer):
    """A change names the version it was made on, so that it never silently replaces another."""

    base_version = Whole(min_value=1)


class PartInput(StrictSerializer):
    """One stretch of an annotation that leaves words out."""

    start = Whole()
    end = Whole()
    quote = Text()


class NewAnnotationInput(StrictSerializer):
    """One label on one span. Offsets are code points of the version's text.

    With `fragments` the words between them are not meant; `start`, `end` and `quote` go from the first to the last.
    """

    key = serializers.UUIDField()
    version_uuid = serializers.UUIDField()
    text_sha256 = Sha256()
    start = Whole()
    end = Whole()
    quote = Text()
    label = Text(max_length=50, allow_blank=False)  # type: ignore[assignment]
    note = Text(default="")
    attributes = Attributes(required=False, help_text=BEGIN_WITH)
    fragments = PartInput(many=True, default=list, max_length=MOST_PARTS)  # type: ignore[call-arg]


class GoldSpanInput(StrictSerializer):
    """Where gold is to stand, in code points, and with which label. The quote is checked where it is given."""

    start = Whole()
    end = Whole()
    quote = Text(required=False)
    label = Text(max_length=50, allow_blank=False)  # type: ignore[assignment]


class GoldLabelInput(StrictSerializer):
    """What a gold relation, or a gold label on the article, is to say."""

    label = Text(max_length=50, allow_blank=False)  # type: ignore[assignment]
    attributes = serializers.DictField(default=None, allow_null=True)


class GoldClaimInput(StrictSerializer):
    """The wording that a shared claim is to have, and the stance that the article takes to it."""

    text = Text(max_length=2_000, allow_blank=False)
    claimant = Text(default="", max_length=300)
    claim_date = serializers.DateField(default=None, allow_null=True)
    stance = Text(default="asserts")


class NewRulingInput(StrictSerializer):
    """How one unit is settled. `person` is whose version is chosen, or which was edited, by the membership's UUID.

    `span` comes with spans that are edited or merged, `given` with a relation or a label on the article that is edited,
    `claim` with a claim that is edited, `stance` with evidence that is.
    """

    key = serializers.UUIDField()
    unit = Text(max_length=32, allow_blank=False)
    outcome = Text(max_length=10, allow_blank=False)
    person = serializers.UUIDField(default=None, allow_null=True)
    span = GoldSpanInput(default=None, allow_null=True)
    given = GoldLabelInput(default=None, allow_null=True)
    claim = GoldClaimInput(default=None, allow_null=True)
    stance = Text(default="")
    error_category = serializers.ChoiceField(Ruling.ErrorCategory.choices, default="", allow_blank=True)
    guideline_unclear = serializers.BooleanField(default=False)
    note = Text(default="")
    replaces = serializers.UUIDField(
        default=None, allow_null=True, help_text="Key of the ruling that one saw, or null where there was none."
    )


class ReturnInput(StrictSerializer):
    """What the annotator is to do."""

    note = Text(allow_blank=False, max_length=2_000)


class NewZoneInput(StrictSerializer):
    """One zone. Offsets are code points of the version's text.

    `publisher` and `url` say what an excerpt quotes; `url` is also where a citation marker leads.
    """

    key = serializers.UUIDField()
    version_uuid = serializers.UUIDField()
    text_sha256 = Sha256()
    kind = serializers.ChoiceField(Region.Kind.choices)
    start = Whole()
    end = Whole()
    quote = Text()
    publisher = Text(default="", max_length=200)
    url = Text(default="", max_length=10_000)


class ZoneChangeInput(Based):
    """What is to be different; `start`, `end` and `quote` come together. An empty name or address takes it away."""

    kind = serializers.ChoiceField(Region.Kind.choices, required=False)
    start = Whole(required=False)
    end = Whole(required=False)
    quote = Text(required=False)
    publisher = Text(required=False, max_length=200)
    url = Text(required=False, max_length=10_000)

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        """Refuse half a span."""
        missing = [name for name in ("start", "end", "quote") if name not in values]
        if 0 < len(missing) < 3:
            message = _("To move a zone send start, end and quote together.")
            raise serializers.ValidationError(dict.fromkeys(missing, message), code="required")
        return values


class PassageInput(StrictSerializer):
    """A passage of an article's present text, of whole lines."""

    version_uuid = serializers.UUIDField()
    start = Whole()
    end = Whole()
    quote = Text()
    preview = serializers.BooleanField(default=False)


class DecisionInput(StrictSerializer):
    """What one decides about one suggestion. `start`, `end` and `quote` come together, to accept it on another span."""

    suggestion = serializers.UUIDField()
    state = serializers.ChoiceField(SuggestionDecision.State.choices)
    base_version = Whole(
        min_value=0, required=False, help_text="The version of the decision that one saw; 0 where there was none."
    )
    annotation = serializers.UUIDField(required=False, help_text="Key of the annotation that accepting makes.")
    label = Text(max_length=50, allow_blank=False, required=False)  # type: ignore[assignment]
    start = Whole(required=False)
    end = Whole(required=False)
    quote = Text(required=False)

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        """Refuse half a span."""
        missing = [name for name in ("start", "end", "quote") if name not in values]
        if 0 < len(missing) < 3:
            message = _("To accept it on another span send start, end and quote together.")
            raise serializers.ValidationError(dict.fromkeys(missing, message), code="required")
        return values


class SuggestingInput(StrictSerializer):
    """Which label stands for each kind of suggestion; left out, labels of the same key or name are taken."""

    labels = serializers.DictField(child=Text(max_length=50), required=False)


class AgreementInput(StrictSerializer):
    """What is measured; left out, all labels that were used and everybody. The same seed gives the same intervals."""

    labels = serializers.ListField(child=Text(max_length=50), required=False, max_length=500)
    people = serializers.ListField(child=serializers.UUIDField(), required=False, max_length=1000)
    seed = serializers.IntegerField(required=False, min_value=0, max_value=2**31 - 1)
    round = serializers.UUIDField(required=False, help_text="Of the work of this round; left out, of what stands.")


class DecisionsInput(StrictSerializer):
    """Decisions about suggestions: all are taken, or none."""

    decisions = serializers.ListField(child=DecisionInput(), allow_empty=False, max_length=MOST_AT_ONCE)
    base_version = Whole(
        default=0, allow_null=True, help_text="Of each decision that names none; 0, or null, where there was none."
    )


class AnnotationChangeInput(Based):
    """What is to be different. `start`, `end` and `quote` come together, and `fragments` with them.

    An annotation that has fragments moves only with them; an empty list makes it one piece.
    """

    label = Text(max_length=50, allow_blank=False, required=False)  # type: ignore[assignment]
    start = Whole(required=False)
    end = Whole(required=False)
    quote = Text(required=False)
    note = Text(required=False)
    attributes = Attributes(required=False)
    fragments = PartInput(many=True, required=False, max_length=MOST_PARTS)  # type: ignore[call-arg]

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        """Refuse half a span."""
        missing = [name for name in ("start", "end", "quote") if name not in values]
        if 0 < len(missing) < 3 or (missing and "fragments" in values):
            message = _("To move an annotation send start, end and quote together.")
            raise serializers.ValidationError(dict.fromkeys(missing, message), code="required")
        return values


class OfLabelInput(StrictSerializer):
    """A label with its note and attributes."""

    key = serializers.UUIDField()
    label = Text(max_length=50, allow_blank=False)  # type: ignore[assignment]
    note = Text(default="")
    attributes = Attributes(required=False, help_text=BEGIN_WITH)


#: `from` is no name that a class can be written with
NewRelationInput = type(
    "NewRelationInput",
    (OfLabelInput,),
    {
        "__doc__": "A link from one annotation to another on the same text.",
        "__module__": __name__,
        "from": serializers.UUIDField(),
        "to": serializers.UUIDField(),
    },
)


class NewArticleLabelInput(OfLabelInput):
    """A label on the whole text of a version."""

    version_uuid = serializers.UUIDField()


class LabelChangeInput(Based):
    """What is to be different; the place stays."""

    label = Text(max_length=50, allow_blank=False, required=False)  # type: ignore[assignment]
    note = Text(required=False)
    attributes = Attributes(required=False)


class NewClaimInput(StrictSerializer):
    """A claim and, if given, the annotation that expresses it."""

    key = serializers.UUIDField()
    text = Text()
    claimant = Text(default="", max_length=300)
    claim_date = serializers.DateField(default=None, allow_null=True)
    claim_type = Text(default="", max_length=16)
    check_worthiness = Text(default="", max_length=16)
    evidence_cutoff = serializers.DateField(default=None, allow_null=True)
    annotation = serializers.UUIDField(required=False)
    mention_key = serializers.UUIDField(required=False)
    stance = Text(default="asserts")

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        """Refuse an annotation without a key for the mention that is made."""
        if ("annotation" in values) != ("mention_key" in values):
            missing = "mention_key" if "annotation" in values else "annotation"
            message = _("Send annotation and mention_key together.")
            raise serializers.ValidationError({missing: message}, code="required")
        return values


class ClaimChangeInput(Based):
    """What is to be different about a claim."""

    text = Text(required=False)
    claimant = Text(required=False, max_length=300)
    claim_date = serializers.DateField(required=False, allow_null=True)
    claim_type = Text(required=False, max_length=16)
    check_worthiness = Text(required=False, max_length=16)
    evidence_cutoff = serializers.DateField(required=False, allow_null=True)


class DeskInput(StrictSerializer):
    """Where a claim is to stand, who is to have it (by UUID; empty: nobody), until when (null: at no time)."""

    base_version = Whole(help_text="Version of the desk; 0 before the first change.")
    state = Text(required=False, max_length=20)
    assignee = Text(required=False, max_length=36)
    note = Text(default="", max_length=10_000, help_text="For readers, where a page that stands is published anew.")
    due_on = serializers.DateField(required=False, allow_null=True)


class ClaimMergeInput(StrictSerializer):
    """The claim that is to stand for this one."""

    base_version = Whole(help_text="Version of this claim's desk; 0 before the first change.")
    into = serializers.UUIDField()


class ClaimPartInput(StrictSerializer):
    """A claim that is to stand for itself again."""

    base_version = Whole(help_text="Version of the claim's desk.")


class MergedSetInput(StrictSerializer):
    """An evidence set of a claim that is merged into the one in question, by its number there."""

    claim = serializers.UUIDField()
    n = Whole(min_value=1)


class NewVerdictInput(StrictSerializer):
    """A verdict; `supersedes` is the key of the one that stands, null where there is none."""

    key = serializers.UUIDField()
    value = Text(max_length=50)
    rationale = Text()
    evidence_sets = serializers.ListField(child=Whole(min_value=1), default=list, max_length=1000)
    merged_sets = MergedSetInput(many=True, default=list, max_length=1000)  # type: ignore[call-arg]
    supersedes = serializers.UUIDField(default=None, allow_null=True)
    correction_note = Text(default="", help_text="For readers, where the verdict before was published.")


class ScaleValueInput(StrictSerializer):
    """One value of a verdict scale; `maps` says what it is in other schemes, such as {"fever": "SUPPORTS"}."""

    key = Text(max_length=50, allow_blank=False)
    name = Text(max_length=100, allow_blank=False)
    description = Text(default="", max_length=10_000)
    rating = serializers.FloatField(default=None, allow_null=True)
    maps = serializers.DictField(child=Text(max_length=200), default=dict)


class ScaleInput(StrictSerializer):
    """The whole scale as it is to be; its order is that of the list."""

    base_version = Whole(help_text="Version of the scale it was made on; 0 where there is none.")
    name = Text(default="", max_length=100)
    values = ScaleValueInput(many=True, max_length=100)  # type: ignore[call-arg]


class ThreadSpanInput(StrictSerializer):
    """Words of the article's present text, in code points."""

    start = Whole(min_value=0)
    end = Whole(min_value=1)
    quote = Text(help_text="text[start:end], which is checked.")


class NewThreadInput(StrictSerializer):
    """A thread about an annotation or words of the text, or about the whole article, with its first comment."""

    key = serializers.UUIDField()
    comment = serializers.UUIDField(help_text="Key of the first comment.")
    annotation = serializers.UUIDField(required=False, allow_null=True, default=None)
    span = ThreadSpanInput(required=False, allow_null=True, default=None)
    is_question = serializers.BooleanField(
        default=False, help_text="It asks the managers; in a blind project the others see nothing of it."
    )
    text = Text(help_text="A member is called by @ and their pseudonym.")


class NewClaimThreadInput(StrictSerializer):
    """A thread about a claim with its first comment."""

    key = serializers.UUIDField()
    comment = serializers.UUIDField(help_text="Key of the first comment.")
    text = Text(help_text="A member is called by @ and their pseudonym.")


class AnnouncementInput(StrictSerializer):
    """The answer to a question as an example of the guidelines, in Markdown."""

    text = Text(help_text="The words in question, and how to treat them; nobody is named.")
    base_version = Whole(min_value=0, help_text="Version of the guidelines it was written on.")


class NewCommentInput(StrictSerializer):
    """A comment in a thread."""

    key = serializers.UUIDField()
    text = Text(help_text="A member is called by @ and their pseudonym.")


class CommentChangeInput(Based):
    """One's own comment in other words."""

    text = Text()


class ReadInput(StrictSerializer):
    """The comments that one has read; left out, all of them."""

    comments = serializers.ListField(child=serializers.UUIDField(), required=False, max_length=500)


class PresenceInput(StrictSerializer):
    """A page that is open, or closes."""

    tab = serializers.UUIDField(help_text="Made by you, one for each open page.")
    closes = serializers.BooleanField(default=False)


class NewMentionInput(StrictSerializer):
    """Another annotation that expresses a claim, and the stance its article takes."""

    key = serializers.UUIDField()
    annotation = serializers.UUIDField()
    stance = Text(default="asserts")


class MentionChangeInput(Based):
    """The new stance of a mention."""

    stance = Text()


class CitedPassageInput(StrictSerializer):
    """A place in the present text of an article, or in a capture."""

    article = serializers.UUIDField(required=False, allow_null=True, default=None)
    capture = serializers.UUIDField(required=False, allow_null=True, default=None)
    start = Whole(help_text="Offset in code points.")
    end = Whole(help_text="Offset in code points, not included.")


class NewEvidenceInput(StrictSerializer):
    """A source link, or a passage, for a claim or for an annotation whose claim is made if need be."""

    key = serializers.UUIDField()
    claim = serializers.UUIDField(required=False)
    annotation = serializers.UUIDField(required=False)
    claim_key = serializers.UUIDField(required=False)
    mention_key = serializers.UUIDField(required=False)
    evidence_set = Whole(default=1, help_text="What it holds together with; 0 begins a new set, an alternative.")
    url = Text(default="", max_length=4000)
    source = serializers.UUIDField(  # type: ignore[assignment]  # a field of that name, not where its value is
        required=False, allow_null=True, help_text="A source in place of its address, which it need not have."
    )
    passage = CitedPassageInput(required=False, allow_null=True, help_text="Instead of url and quote.")
    title = Text(default="")
    stance = Text(default="supports")
    quote = Text(default="", help_text="Of an enquiry the answer; empty where there is none.")
    note = Text(default="")
    question = Text(default="", help_text="What was asked, of the source or of somebody.")
    strength = Text(default="", max_length=6, help_text="weak, fair or strong; empty where nobody said.")
    origin = Text(default="", max_length=200, help_text="Its origin: pieces with the same one are not independent.")
    is_enquiry = serializers.BooleanField(default=False, help_text="Somebody was asked: there is no address.")
    asked_whom = Text(default="", max_length=300)
    asked_on = serializers.DateField(default=None, allow_null=True)
    answer_by = serializers.DateField(default=None, allow_null=True, help_text="Until when an answer was asked for.")
    answered_on = serializers.DateField(default=None, allow_null=True)


class NewSourceInput(StrictSerializer):
    """The address of a page; or, of what has none, a title and what else is known of it."""

    url = Text(max_length=4000, default="")
    key = serializers.UUIDField(required=False, help_text="Yours; names what has no address, so that it is made once.")
    title = Text(max_length=1000, default="", help_text="Of a source without an address, as the rest.")
    author = Text(max_length=500, default="")
    publisher = Text(max_length=200, default="")
    medium = Text(max_length=8, default="", help_text="What it is: book, document, spoken, print, …")
    published_at = Text(max_length=40, default=None, allow_null=True, help_text="A day, or a time with its zone.")


class SourceChangeInput(Based):
    """What is known of a source; what is left out stays."""

    title = Text(max_length=1000, required=False)
    author = Text(max_length=500, required=False)
    publisher = Text(max_length=200, required=False)
    medium = Text(max_length=8, required=False)
    published_at = Text(
        max_length=40, required=False, allow_null=True, help_text="A day, or a time with its zone; null takes it away."
    )


class NotHeldInput(StrictSerializer):
    """Whether a source cannot be captured, and why."""

    not_held = serializers.BooleanField()
    note = Text(default="", max_length=1000)


class PasteInput(StrictSerializer):
    """The text of a source as somebody copied it."""

    text = Text()
    title = Text(default="", max_length=1000)


class CaptureFileInput(StrictSerializer):
    """A page as somebody saved it: PDF, HTML or text."""

    file = serializers.FileField()


class ArchiveInput(Based):
    """Where an archive keeps what was captured; empty takes it away."""

    archive_url = Text(max_length=4000)


class EvidenceChangeInput(Based):
    """What is to be different about a piece of evidence."""

    url = Text(max_length=4000, required=False)
    title = Text(required=False)
    stance = Text(required=False)
    quote = Text(required=False)
    note = Text(required=False)
    question = Text(required=False)
    strength = Text(required=False, max_length=6)
    origin = Text(required=False, max_length=200)
    asked_whom = Text(required=False, max_length=300)
    asked_on = serializers.DateField(required=False, allow_null=True)
    answer_by = serializers.DateField(required=False, allow_null=True)
    answered_on = serializers.DateField(required=False, allow_null=True)


class PageInput(StrictSerializer):
    """A page for readers that is to be published or corrected; the note tells them what changed."""

    base_version = Whole(help_text="Version of the claim's desk.")
    note = Text(default="", max_length=10_000)


class PageWithdrawalInput(StrictSerializer):
    """A page that is to be withdrawn; its address then gives the note."""

    base_version = Whole(help_text="Version of the claim's desk.")
    note = Text(allow_blank=False, max_length=10_000)


class NewPreviewInput(StrictSerializer):
    """A link that shows a claim's page as it would be, to whoever has it."""

    key = serializers.UUIDField()
    name = Text(default="", max_length=100, help_text="For whom it is.")
    expires_at = serializers.DateTimeField(help_text="At most 30 days from now.")


class NewArticleInput(StrictSerializer):
    """A text to be frozen as a new article, with what is known of it."""

    title = Text(max_length=1000)
    text = Text()
    publisher = Text(default="", max_length=200, help_text="Name; made where it is not known yet.")
    url = Text(default="", max_length=4000)
    published_at = Text(required=False, allow_null=True, max_length=40, help_text="A day, or a time with its zone.")
    language = Text(default="", max_length=35)
    external_id = Text(default="", max_length=500)
    key = serializers.UUIDField(
        required=False, help_text="Made by you; becomes the article's uuid. Sent again, it makes nothing twice."
    )


class MetadataInput(StrictSerializer):
    """What is to be set. An empty publisher or language, or a date of null, says "not known"."""

    publisher = Text(required=False, max_length=200)
    published_at = Text(required=False, allow_null=True, max_length=40)
    language = Text(required=False, max_length=35)


class ArticleChangeInput(MetadataInput):
    """What is to be different about one article, as seen at `base_revision`."""

    base_revision = Whole(min_value=1)
    title = Text(required=False, max_length=1000)
    url = Text(required=False, max_length=4000)


class Filters(serializers.DictField):
    """Filters of articles, as the list takes them."""

    child = Text(max_length=40_000)


class Chosen(StrictSerializer):
    """Either the UUIDs of articles or filters: all articles that match."""

    articles = serializers.ListField(child=serializers.UUIDField(), required=False, min_length=1, max_length=1000)
    filters = Filters(required=False)

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        """Refuse both and neither."""
        if ("articles" in values) == ("filters" in values):
            message = _("Send articles (UUIDs) or filters (an empty object means all articles), not both.")
            raise serializers.ValidationError({"articles": message}, code="choice")
        return values


class BulkMetadataInput(Chosen):
    """What is to be set for many articles at once."""

    changes = MetadataInput()


class BulkAssignInput(Chosen):
    """Members, by UUID, whom articles are given to."""

    annotators = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=100)
    goes_beyond = serializers.BooleanField(
        default=False, help_text="Give them even where an article then has more annotators than its round wants."
    )


class GivingInput(Chosen):
    """A rule by which articles are given; with `preview` it is only counted what that comes to."""

    annotators = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=1000)
    each = Whole(min_value=1, max_value=1000, help_text="People an article, of those its round wants at most.")
    seed = serializers.IntegerField(required=False, default=1, min_value=0, max_value=2**31 - 1)
    preview = serializers.BooleanField(default=False)


class ReassignInput(StrictSerializer):
    """The member, by UUID, to whom an article is passed on."""

    to = serializers.UUIDField()


class RoundInput(StrictSerializer):
    """A round over articles, those that match filters or, with `repeats`, those of another round again."""

    name = Text(max_length=100)
    kind = serializers.ChoiceField(Round.Kind.choices, default=Round.Kind.MAIN)
    annotators_per_article = Whole(min_value=1, max_value=1000)
    articles = serializers.ListField(child=serializers.UUIDField(), required=False, max_length=1000)
    filters = Filters(required=False)
    repeats = serializers.UUIDField(required=False, help_text="UUID of a round whose articles are annotated again.")
    preview = serializers.BooleanField(default=False, help_text="Say what it would take, and open nothing.")

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        """Refuse more than one choice of articles, and none."""
        if sum(name in values for name in ("articles", "filters", "repeats")) != 1:
            message = _("Send one of: articles (UUIDs), filters (an empty object means all articles), repeats.")
            raise serializers.ValidationError({"articles": message}, code="choice")
        return values


class MergeInput(StrictSerializer):
    """The article to be kept."""

    into = serializers.UUIDField(help_text="UUID of the article that is kept.")


class CorrectionInput(StrictSerializer):
    """The new wording of an article, made from its present version."""

    base_version = serializers.UUIDField(help_text="UUID of the version that was corrected.")
    text = Text()
    preview = serializers.BooleanField(default=False, help_text="Say what it would change, and write nothing.")


class PlaceInput(StrictSerializer):
    """Where an annotation of an earlier wording stands in the present text. Offsets are code points."""

    start = Whole(min_value=0)
    end = Whole(min_value=0)
    quote = Text()


class PassageDecisionInput(StrictSerializer):
    """What one thinks of a shared passage; an empty relation or direction is as it was found."""

    state = serializers.ChoiceField(QuoteDecision.State.choices)
    base_version = Whole(help_text="The version of the decision that one saw; 0 where there was none.")
    relation = serializers.ChoiceField(QuoteLink.Relation.choices, default="", allow_blank=True)
    direction = serializers.ChoiceField(QuoteLink.Direction.choices, default="", allow_blank=True)
    note = Text(default="")


class LinkInput(StrictSerializer):
    """Two passages linked by hand; the second stands in a version or in a capture. Offsets are code points."""

    key = serializers.UUIDField()
    from_version = serializers.UUIDField(help_text="UUID of the version in which the first passage stands.")
    from_start = Whole()
    from_end = Whole()
    from_quote = Text()
    to_version = serializers.UUIDField(default=None, help_text="UUID of the version where the second passage stands.")
    to_capture = serializers.UUIDField(default=None, help_text="UUID of the capture in which it stands instead.")
    to_start = Whole()
    to_end = Whole()
    to_quote = Text()
    relation = serializers.ChoiceField(QuoteLink.Relation.choices, default=QuoteLink.Relation.PARAPHRASED)
    direction = serializers.ChoiceField(QuoteLink.Direction.choices, default=QuoteLink.Direction.UNKNOWN)
    note = Text(default="")


class ReuseInput(StrictSerializer):
    """How to look for shared passages."""

    again = serializers.BooleanField(default=False, help_text="Compare all articles, not only what is new.")


class WhereElseQuery(serializers.Serializer):
    """What is asked for: words, or a part of an article."""

    text = serializers.CharField(required=False)
    article = serializers.UUIDField(required=False)
    start = serializers.IntegerField(required=False, min_value=0, max_value=LARGEST)
    end = serializers.IntegerField(required=False, min_value=0, max_value=LARGEST)

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        """Refuse both, neither, or half a span."""
        of_article = [name for name in ("article", "start", "end") if name in values]
        if ("text" in values) == bool(of_article) or len(of_article) in (1, 2):
            message = _("Send text, or article, start and end together.")
            raise serializers.ValidationError({"text": message}, code="required")
        return values


class ImportInput(StrictSerializer):
    """Files to be imported, and what is set for all of them."""

    files = serializers.ListField(child=serializers.FileField(), min_length=1)
    format = serializers.ChoiceField(sorted(READERS), default="", allow_blank=True, help_text="Guessed where empty.")
    on_conflict = serializers.ChoiceField(ON_CONFLICT, default="skip")
    on_duplicate = serializers.ChoiceField(ON_DUPLICATE, default="keep", help_text="Known under another external id.")
    publisher = serializers.CharField(default="", allow_blank=True, max_length=200)
    language = serializers.CharField(default="", allow_blank=True, max_length=35)
    published_at = serializers.CharField(default="", allow_blank=True, max_length=40)
    is_trial = serializers.BooleanField(default=False, help_text="A dry run: say what would happen, change nothing.")


class SavedFilterInput(StrictSerializer):
    """A filter of articles and the name it is kept under."""

    name = Text(max_length=NAME_LENGTH)
    filters = Filters()


class ExportInput(StrictSerializer):
    """What is exported: the articles that match the filters, in a format."""

    format = serializers.ChoiceField(sorted(WRITERS), default="native")
    with_text = serializers.BooleanField(default=True)
    as_json_object = serializers.BooleanField(default=False)
    filters = Filters(required=False, help_text="Left out, all articles.")
    saved_filter = serializers.UUIDField(required=False, help_text="One that you keep, in place of filters.")
    layer = serializers.ChoiceField(LAYERS, default="all")
    submitted_only = serializers.BooleanField(default=False, help_text="Only the work that is handed in.")
    licence = Text(default="", max_length=LICENCE_LENGTH, help_text="Stands in the header of the file.")
    split = Text(default="", max_length=11, help_text="Per cent of train, dev and test, such as 80/10/10.")
    seed = Whole(default=0, min_value=0, help_text="The same seed gives the same split.")
    with_files = serializers.BooleanField(
        default=False, help_text="A .zip: the native format with what was captured of sources, byte for byte."
    )

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        """Refuse two scopes."""
        if "filters" in values and "saved_filter" in values:
            message = _("Send filters or the uuid of a saved filter, not both.")
            raise serializers.ValidationError({"saved_filter": message}, code="choice")
        return values


class NewProjectInput(StrictSerializer):
    """A project to be made; its maker manages it."""

    name = Text(max_length=200)
    slug = Text(default="", max_length=60)
    description = Text(default="", max_length=10_000)
    language = Text(default="", max_length=35)
    visibility = Text(default="blind", max_length=8)
    starter = Text(default="news_claims", max_length=50)


class SubmitRuleInput(StrictSerializer):
    """One thing that has to be there when an article is submitted, and what happens where it is not."""

    rule = Text(max_length=40, allow_blank=False)
    level = Text(default="error", max_length=7)
    label = Text(default="", max_length=50)  # type: ignore[assignment]
    attribute = Text(default="", max_length=50)


class ProjectChangeInput(StrictSerializer):
    """What is to be different about a project."""

    base_revision = Whole(min_value=1, help_text="Revision of the project it was made on.")
    name = Text(required=False, max_length=200)
    description = Text(required=False, max_length=10_000)
    language = Text(required=False, max_length=35)
    visibility = Text(required=False, max_length=8)
    hides_outlets = serializers.BooleanField(required=False)
    annotators_per_article = Whole(required=False, min_value=1, max_value=1000)
    overlaps = Text(required=False, max_length=12)
    queue_order = Text(required=False, max_length=8)
    queue_seed = Whole(required=False, min_value=0, max_value=2**31 - 1)
    lease_hours = Whole(required=False, min_value=0, max_value=8760)
    skip_reasons = serializers.ListField(
        child=Text(max_length=200, allow_blank=False), required=False, allow_empty=True, max_length=30
    )
    submit_rules = SubmitRuleInput(many=True, required=False, max_length=50)  # type: ignore[call-arg]
    publishes = serializers.BooleanField(required=False, help_text="Whether anybody can read published claims.")
    published_as = Text(required=False, max_length=200, help_text="Name that readers see; empty: the project's.")
    published_from = Text(required=False, max_length=2000, help_text="Address of the newsroom's own site.")


class SubmissionInput(StrictSerializer):
    """Handing in; `sets_warnings_aside` once what is missing was seen and none of it is an error."""

    sets_warnings_aside = serializers.BooleanField(default=False)


class SkipInput(StrictSerializer):
    """Why an article is skipped: a reason of the project's list, a note, or both."""

    reason = Text(default="", max_length=200)
    note = Text(default="", max_length=2000)


class GivingBackInput(StrictSerializer):
    """A skipped assignment."""

    assignment = serializers.UUIDField()


class DayInput(StrictSerializer):
    """A day and how many seconds of it a visit has counted so far."""

    day = serializers.DateField()
    seconds = Whole(max_value=86_400)


class TimeInput(StrictSerializer):
    """What one visit to the article page has counted; `visit` is made by the page when it comes."""

    visit = serializers.UUIDField()
    days = DayInput(many=True, max_length=8)  # type: ignore[call-arg]


class NewMemberInput(StrictSerializer):
    """A person, by log-in name, and their part; `creates_account` makes an account for a new name."""

    username = Text(max_length=150, allow_blank=False)
    role = Text(max_length=10)
    pseudonym = Text(default="", max_length=100)
    creates_account = serializers.BooleanField(default=False)


class NewInvitationInput(StrictSerializer):
    """A link to hand out; `sends` mails it to `memo` as well, where that is an e-mail address."""

    role = Text(max_length=10)
    memo = Text(default="", max_length=254)
    days = serializers.IntegerField(default=USUAL_DAYS, min_value=1, max_value=MOST_DAYS)
    most_uses = serializers.IntegerField(default=1, min_value=1, max_value=MOST_PEOPLE)
    sends = serializers.BooleanField(default=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Ask for an address where the link is to be sent."""
        if attrs["sends"]:
            try:
                validate_email(attrs["memo"])
            except ValidationError:
                message = _("“%(value)s” is no e-mail address.") % {"value": attrs["memo"]}
                raise serializers.ValidationError({"memo": message}, code="email") from None
        return attrs


class TakenInvitationInput(StrictSerializer):
    """The secret of a link: what stands at the end of its address."""

    token = Text(max_length=200, allow_blank=False)


class NewPersonInput(TakenInvitationInput):
    """Somebody who has no account yet and makes one with a link."""

    username = Text(max_length=150, allow_blank=False)
    password = serializers.CharField(max_length=1_000, trim_whitespace=False)
    display_name = Text(default="", max_length=150)
    email = serializers.EmailField(default="", allow_blank=True, max_length=254)


class CodeInput(StrictSerializer):
    """A code of an app, or a recovery code."""

    code = Text(max_length=100, allow_blank=False)


class OwnPasswordInput(StrictSerializer):
    """One's own password; empty for who has none."""

    password = serializers.CharField(max_length=1_000, trim_whitespace=False, allow_blank=True)


class ForgottenInput(StrictSerializer):
    """Whose password was forgotten: a user name or an e-mail."""

    name = Text(max_length=254, allow_blank=False)


class NewPasswordInput(StrictSerializer):
    """The secret of a link, what stands at the end of its address, and a new password."""

    token = Text(max_length=200, allow_blank=False)
    password = serializers.CharField(max_length=1_000, trim_whitespace=False)


class InboxReadInput(StrictSerializer):
    """The items that one has read; left out, all of them."""

    items = serializers.ListField(child=serializers.UUIDField(), required=False, max_length=500)


class DigestInput(StrictSerializer):
    """Whether one wants the daily mail."""

    wants_digest = serializers.BooleanField()


class MatchInput(StrictSerializer):
    """The person that an annotator known from a file is, by log-in name."""

    username = Text(max_length=150, allow_blank=False)


class ShortcutsInput(StrictSerializer):
    """The keys that differ from the usual ones: command → key. None brings back the usual ones."""

    own = serializers.DictField(child=Text(max_length=4), allow_empty=True)


class ReadingInput(StrictSerializer):
    """How the text of articles is set, and what is folded away; an empty value is the usual."""

    face = Text(max_length=10, allow_blank=True, help_text="Empty (serif), or sans.")
    size = Text(max_length=10, allow_blank=True, help_text="small, empty, large or larger.")
    measure = Text(max_length=10, allow_blank=True, help_text="narrow, empty or wide.")
    folds = serializers.ListField(
        child=Text(max_length=20), max_length=10, help_text="Kinds of zones: boilerplate, caption."
    )


class RoleInput(StrictSerializer):
    """Another role."""

    role = Text(max_length=10)


class LabelInput(StrictSerializer):
    """One label of a set; `parent` is the key of another label of the set."""

    key = Text(max_length=50, allow_blank=False)
    name = Text(max_length=100, allow_blank=False)
    color = Text(default="#5d4037", max_length=7)
    shortcut = Text(default="", max_length=1)
    description = Text(default="", max_length=10_000)
    parent = Text(default=None, allow_null=True, max_length=50)  # type: ignore[assignment]
    applies_to = Text(default="span", max_length=8)
    attributes = serializers.ListField(child=Attributes(), default=list, max_length=50)


class LabelSetInput(StrictSerializer):
    """The whole label set as it is to be; its order is that of the list."""

    base_version = Whole(help_text="Version of the label set it was made on.")
    name = Text(default="", max_length=100)
    labels = LabelInput(many=True, max_length=500)  # type: ignore[call-arg]


#: `from` is no name that a class can be written with
LabelMergeInput = type(
    "LabelMergeInput",
    (StrictSerializer,),
    {
        "__doc__": "Which label goes into which, by their keys; the first may be retired.",
        "__module__": __name__,
        "base_version": Whole(help_text="Version of the label set it was decided on."),
        "from": Text(max_length=50, allow_blank=False),
        "into": Text(max_length=50, allow_blank=False),
        "preview": serializers.BooleanField(default=False),
    },
)


class GuidelinesInput(StrictSerializer):
    """A new wording of the guidelines, in Markdown."""

    base_version = Whole(help_text="Version of the guidelines it was made on; 0 where there are none.")
    text = Text(max_length=200_000)


class NewTokenInput(StrictSerializer):
    """A key for one's own programs."""

    name = Text(max_length=100)
    expires_at = serializers.DateTimeField()
    is_read_only = serializers.BooleanField(default=False)
    project = Text(default=None, allow_null=True, max_length=60, help_text="Slug of the only project it opens.")


class WithholdInput(StrictSerializer):
    """On whose demand something is withheld, and why. `title` is typed as it stands: nothing brings the words back."""

    title = serializers.CharField(max_length=2000)
    demanded_by = serializers.CharField(max_length=300)
    reason = serializers.CharField(max_length=4_000)
    deletes_files = serializers.BooleanField(
        default=False, help_text="Delete stored files that hold other articles too; these articles stay."
    )


class DeletionInput(StrictSerializer):
    """The name of the project, typed as it stands."""

    name = serializers.CharField(max_length=200)


class ErasureInput(StrictSerializer):
    """The log-in name of whoever is to be erased, typed as it stands."""

    username = serializers.CharField(max_length=150)


class OwnErasureInput(StrictSerializer):
    """Whether one asks to be erased."""

    asks = serializers.BooleanField()


class Nothing(StrictSerializer):
    """An act that needs no more than its address."""
