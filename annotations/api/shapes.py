"""What the API answers, described for the OpenAPI document. The values are built in `representations.py`."""

from __future__ import annotations

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, PolymorphicProxySerializer
from rest_framework import serializers

from annotations.access import Act
from annotations.models import (
    Annotation,
    Article,
    Assignment,
    Capture,
    Claim,
    ClaimDesk,
    ClaimMention,
    Edition,
    EvidenceItem,
    Job,
    JobProblem,
    Label,
    Membership,
    Notice,
    Project,
    Publication,
    Publisher,
    QuoteDecision,
    QuoteLink,
    Region,
    Round,
    Ruling,
    Source,
    SourceCheck,
    SuggestionDecision,
)
from annotations.search.article_filters import FIELDS, MINE, SORTS, STATES
from annotations.search.claim_filters import NONE
from annotations.search.everywhere import KINDS

from .pagination import MOST, USUAL


class Time(serializers.DateTimeField):
    """A time in UTC with microseconds and Z."""


PIECE_KINDS = ("same", "gone", "new")
"""What became of a piece of one text in another."""


class Shape(serializers.Serializer):
    """A description only: nothing is serialised by it."""


class ProblemShape(Shape):
    code = serializers.CharField(help_text="Stable; for programs.")
    message = serializers.CharField(help_text="A sentence that says what would be right.")
    field = serializers.CharField(allow_null=True, help_text="The input it is about, nested ones with dots.")


class ProblemsShape(Shape):
    problems = ProblemShape(many=True)
    request_id = serializers.CharField(required=False, help_text="Under which the log tells more.")


class ConflictShape(Shape):
    problems = ProblemShape(many=True)
    current = serializers.DictField(allow_null=True, help_text="The object as it is now.")


class JudgementShape(Shape):
    annotator = serializers.CharField(help_text="Pseudonym.")
    is_mine = serializers.BooleanField()
    version = serializers.IntegerField(help_text="Send it as base_version with a change.")
    created_at = Time()
    updated_at = Time()
    withdrawn_at = Time(allow_null=True)


class FragmentShape(Shape):
    n = serializers.IntegerField()
    start = serializers.IntegerField()
    end = serializers.IntegerField()
    quote = serializers.CharField()


class AnnotationShape(JudgementShape):
    key = serializers.UUIDField()
    start = serializers.IntegerField(help_text="Offset in code points.")
    end = serializers.IntegerField(help_text="Offset in code points, not included.")
    quote = serializers.CharField()
    prefix = serializers.CharField()
    suffix = serializers.CharField()
    label = serializers.CharField(help_text="Key of the label.")  # type: ignore[assignment]
    note = serializers.CharField()
    attributes = serializers.DictField()
    confidence = serializers.FloatField(allow_null=True)
    layer = serializers.ChoiceField(Annotation.Layer.choices)
    fragments = FragmentShape(many=True)


class OfTextShape(Shape):
    article = serializers.UUIDField()
    article_version = serializers.IntegerField(help_text="The text it is on, counted from 1.")
    text_sha256 = serializers.CharField(help_text="Of that text; GET texts/{sha256}/ gives it.")


class AnnotationInProjectShape(AnnotationShape, OfTextShape):
    pass


class _LabelFields(JudgementShape):
    key = serializers.UUIDField()
    label = serializers.CharField(help_text="Key of the label.")  # type: ignore[assignment]
    note = serializers.CharField()
    attributes = serializers.DictField()
    layer = serializers.ChoiceField(Annotation.Layer.choices)


#: `from` is no name that a class can be written with
RelationShape = type(
    "RelationShape",
    (_LabelFields,),
    {
        "from": serializers.UUIDField(help_text="Key of an annotation."),
        "to": serializers.UUIDField(help_text="Key of an annotation."),
    },
)
RelationInProjectShape = type("RelationInProjectShape", (RelationShape, OfTextShape), {})


class ArticleLabelShape(_LabelFields):
    confidence = serializers.FloatField(allow_null=True)


class ArticleLabelInProjectShape(ArticleLabelShape, OfTextShape):
    pass


class RelatedShape(Shape):
    relations = RelationShape(many=True)
    article_labels = ArticleLabelShape(many=True)


class CommentShape(JudgementShape):
    key = serializers.UUIDField()
    thread = serializers.UUIDField(help_text="Key of the thread.")
    text = serializers.CharField(help_text="Empty where it was removed.")
    calls = serializers.ListField(child=serializers.CharField(), help_text="Pseudonyms of those it calls.")
    is_unread = serializers.BooleanField(help_text="Whether it calls you, and you have not read it.")


class OfTextOrClaimShape(Shape):
    article = serializers.UUIDField(allow_null=True, help_text="Null for what is said about a claim.")
    article_version = serializers.IntegerField(allow_null=True, help_text="The text it is on, counted from 1.")
    text_sha256 = serializers.CharField(allow_null=True, help_text="Of that text; GET texts/{sha256}/ gives it.")


class CommentInProjectShape(CommentShape, OfTextOrClaimShape):
    annotation = serializers.UUIDField(allow_null=True, help_text="What the thread is about; null: the article.")
    claim = serializers.UUIDField(allow_null=True, help_text="The claim that the thread is about.")


class ThreadSpanShape(Shape):
    start = serializers.IntegerField(help_text="Offset in code points.")
    end = serializers.IntegerField()
    quote = serializers.CharField()
    is_earlier = serializers.BooleanField(
        help_text="Whether they stand in an earlier wording: in the present text they have no certain place."
    )


class ThreadShape(Shape):
    key = serializers.UUIDField()
    annotation = serializers.UUIDField(allow_null=True, help_text="The annotation it is about, if any.")
    span = ThreadSpanShape(
        allow_null=True,
        help_text="The words it is about, if any. Without these it is about the whole article, or a claim.",
    )
    claim = serializers.UUIDField(allow_null=True, help_text="The claim that it is about.")
    is_question = serializers.BooleanField(help_text="Whether it asks the managers.")
    announced_in = serializers.IntegerField(
        allow_null=True, help_text="Version of the guidelines that its answer became an example of."
    )
    version = serializers.IntegerField()
    created_at = Time()
    resolved_at = Time(allow_null=True)
    resolved_by = serializers.CharField(allow_null=True)
    comments = CommentShape(many=True)


class ThreadInProjectShape(ThreadShape, OfTextOrClaimShape):
    pass


class TalkShape(Shape):
    threads = ThreadShape(many=True)
    people = serializers.ListField(child=serializers.CharField(), help_text="Pseudonyms of those you can call.")


class CallShape(Shape):
    project = serializers.CharField()
    comment = serializers.UUIDField()
    thread = serializers.UUIDField()
    article = serializers.UUIDField(allow_null=True)
    claim = serializers.UUIDField(allow_null=True)
    title = serializers.CharField(help_text="Of the article; of a claim, its words.")
    annotation = serializers.UUIDField(allow_null=True)
    quote = serializers.CharField()
    text = serializers.CharField()
    by = serializers.CharField(help_text="Pseudonym.")
    created_at = Time()
    read_at = Time(allow_null=True)


class AnnouncementShape(Shape):
    project = serializers.CharField()
    version = serializers.IntegerField(help_text="Of the guidelines.")
    text = serializers.CharField(help_text="Markdown.")
    created_at = Time()
    is_unread = serializers.BooleanField()


class AnnouncementsShape(Shape):
    results = AnnouncementShape(many=True)


class ReadShape(Shape):
    read = serializers.IntegerField(help_text="How many were new to you.")


class PresentShape(Shape):
    people = serializers.ListField(child=serializers.CharField(), help_text="Others who have the article open.")


class SuggestionDecisionShape(serializers.Serializer):
    decided_by = serializers.CharField(allow_null=True, help_text="Pseudonym.")
    state = serializers.ChoiceField(SuggestionDecision.State.choices)
    annotation = serializers.UUIDField(allow_null=True, help_text="What it became when they accepted it.")
    decided_at = Time()


class OwnSuggestionShape(serializers.Serializer):
    key = serializers.UUIDField()
    start = serializers.IntegerField(help_text="Offset in code points.")
    end = serializers.IntegerField(help_text="Offset in code points, not included.")
    quote = serializers.CharField()
    label = serializers.CharField(help_text="Key of the label.")  # type: ignore[assignment]
    attributes = serializers.DictField()
    suggested_by = serializers.CharField(help_text="The tool, with its version.")
    score = serializers.FloatField(allow_null=True)
    state = serializers.ChoiceField(SuggestionDecision.State.choices, help_text="What one decided oneself.")
    version = serializers.IntegerField(help_text="How often one decided about it; 0 where never.")
    annotation = serializers.UUIDField(allow_null=True, help_text="What it became when one accepted it.")
    decisions = SuggestionDecisionShape(
        many=True, help_text="What was decided, as far as one may see it; only one's own where work is blind."
    )
    created_at = Time()


class SuggestionsShape(serializers.Serializer):
    results = OwnSuggestionShape(many=True)


class SuggestionShape(OwnSuggestionShape, OfTextShape):
    """A suggestion with its text."""


class MentionShape(JudgementShape):
    key = serializers.UUIDField()
    claim = serializers.UUIDField(help_text="Key of the claim.")
    annotation = serializers.UUIDField(help_text="Key of the annotation.")
    stance = serializers.ChoiceField(ClaimMention.Stance.choices)


class PassageOfEvidenceShape(Shape):
    article = serializers.UUIDField(allow_null=True)
    capture = serializers.UUIDField(allow_null=True, help_text="Of two one is given: article or capture.")
    start = serializers.IntegerField(help_text="Offset in code points.")
    end = serializers.IntegerField(help_text="Offset in code points, not included.")


class EvidenceShape(JudgementShape):
    key = serializers.UUIDField()
    claim = serializers.UUIDField(help_text="Key of the claim.")
    evidence_set = serializers.IntegerField(help_text="What is in one set holds together; sets are alternatives.")
    url = serializers.CharField(help_text="Empty for a passage, and for what was asked of somebody.")
    passage = PassageOfEvidenceShape(allow_null=True)
    source = serializers.UUIDField(  # type: ignore[assignment]  # a field of that name, not where its value is
        allow_null=True, help_text="The page that url leads to, as a source."
    )
    title = serializers.CharField()
    stance = serializers.ChoiceField(EvidenceItem.Stance.choices)
    quote = serializers.CharField()
    note = serializers.CharField()
    question = serializers.CharField()
    strength = serializers.CharField()
    origin = serializers.CharField()
    asked_whom = serializers.CharField()
    asked_on = serializers.DateField(allow_null=True)
    answer_by = serializers.DateField(allow_null=True)
    answered_on = serializers.DateField(allow_null=True)


class EditionShape(Shape):
    n = serializers.IntegerField()
    kind = serializers.ChoiceField(Edition.Kind.choices)
    note = serializers.CharField()
    at = Time()


class PageShape(Shape):
    address = serializers.URLField(help_text="Where anybody reads it; it stays.")
    state = serializers.ChoiceField(Publication.State.choices)
    edition = serializers.IntegerField()
    editions = EditionShape(many=True, help_text="The newest first.")
    desk_version = serializers.IntegerField(help_text="Send it as base_version.")
    html = serializers.CharField(help_text="For a page of the newsroom's own; empty where nothing is shown.")
    claim_review = serializers.DictField(allow_null=True, help_text="ClaimReview, JSON-LD.")
    claim_review_for_search = serializers.DictField(
        allow_null=True, help_text="The same with the properties alone that Google documents for fact checks."
    )


class PreviewShape(Shape):
    uuid = serializers.UUIDField()
    name = serializers.CharField()
    expires_at = Time()
    revoked_at = Time(allow_null=True)


class NewPreviewShape(PreviewShape):
    address = serializers.CharField(help_text="Shown once; empty where the request came a second time.")


class PreviewsShape(Shape):
    results = PreviewShape(many=True)


class ClaimShape(JudgementShape):
    key = serializers.UUIDField()
    text = serializers.CharField()
    claimant = serializers.CharField()
    claim_date = serializers.DateField(allow_null=True)
    claim_type = serializers.ChoiceField([("", ""), *Claim.Type.choices])
    check_worthiness = serializers.ChoiceField([("", ""), *Claim.CheckWorthiness.choices])
    evidence_cutoff = serializers.DateField(
        allow_null=True, help_text="Evidence that was published later does not count."
    )
    mentions = MentionShape(many=True)
    evidence = EvidenceShape(many=True)


class SourceShape(Shape):
    uuid = serializers.UUIDField()
    url = serializers.CharField()
    canonical_url = serializers.CharField()
    title = serializers.CharField()
    author = serializers.CharField()
    publisher = serializers.CharField()
    published_at = Time(allow_null=True)
    published_precision = serializers.ChoiceField(Article.Precision.choices)
    medium = serializers.CharField(help_text="Empty where it is not known.")
    state = serializers.ChoiceField(Source.State.choices)
    checked_at = Time(allow_null=True, help_text="When somebody last looked at the page.")
    version = serializers.IntegerField(help_text="0 where one may not change what is known of it.")


class SourceLineShape(SourceShape):
    captures = serializers.IntegerField()
    evidence = serializers.IntegerField(help_text="How many pieces of evidence cite it.")


class CaptureShape(Shape):
    uuid = serializers.UUIDField()
    source = serializers.UUIDField()  # type: ignore[assignment]  # a field of that name, not where its value is
    how = serializers.ChoiceField(Capture.How.choices)
    fetched_at = Time()
    final_url = serializers.CharField()
    status = serializers.IntegerField(allow_null=True)
    media_type = serializers.CharField()
    size = serializers.IntegerField(help_text="Bytes.")
    sha256 = serializers.CharField(help_text="Of the bytes, in hex.")
    length = serializers.IntegerField(help_text="Code points of the text.")
    text_sha256 = serializers.CharField(help_text="Of the text in UTF-8, in hex.")
    title = serializers.CharField()
    author = serializers.CharField()
    publisher = serializers.CharField()
    published_at = Time(allow_null=True)
    published_precision = serializers.ChoiceField(Article.Precision.choices)
    language = serializers.CharField()
    archive_url = serializers.CharField()
    withheld = serializers.BooleanField()
    requested_by = serializers.CharField(allow_null=True, help_text="Pseudonym.")
    has_file = serializers.BooleanField()
    version = serializers.IntegerField()


class PieceOfCaptureShape(Shape):
    kind = serializers.ChoiceField(PIECE_KINDS)
    text = serializers.CharField()


class CaptureTextShape(CaptureShape):
    text = serializers.CharField(help_text="Empty where it is withheld, or none was found.")
    before = serializers.UUIDField(allow_null=True, help_text="The capture before this one.")
    difference = PieceOfCaptureShape(
        many=True, help_text="Against the capture before; empty where the words are the same."
    )


class CapturesShape(Shape):
    results = CaptureShape(many=True)


class LookShape(Shape):
    uuid = serializers.UUIDField()
    outcome = serializers.ChoiceField(SourceCheck.Outcome.choices)
    status = serializers.IntegerField(allow_null=True)
    final_url = serializers.CharField()
    hops = serializers.ListField(child=serializers.DictField(), help_text="Addresses that led on, with status.")
    capture = serializers.UUIDField(allow_null=True)
    note = serializers.CharField()
    requested_by = serializers.CharField(allow_null=True)
    checked_at = Time()


class LooksShape(Shape):
    results = LookShape(many=True)


class MergedSetShape(Shape):
    claim = serializers.UUIDField(help_text="Key of the claim that the set is of.")
    n = serializers.IntegerField(help_text="Its number there.")


class VerdictShape(JudgementShape):
    key = serializers.UUIDField()
    claim = serializers.UUIDField(help_text="Key of the claim.")
    value = serializers.CharField(help_text="Key of a value of the scale.")
    scale = serializers.IntegerField(help_text="Version of the scale.")
    rationale = serializers.CharField()
    evidence_sets = serializers.ListField(child=serializers.IntegerField())
    merged_sets = MergedSetShape(many=True, help_text="Of claims that are, or were, merged into this one.")
    supersedes = serializers.UUIDField(allow_null=True)
    published_at = Time(allow_null=True)
    correction_note = serializers.CharField()


class AssigneeShape(Shape):
    uuid = serializers.UUIDField()
    pseudonym = serializers.CharField()


class DeskShape(Shape):
    state = serializers.ChoiceField(ClaimDesk.State.choices)
    assignee = AssigneeShape(allow_null=True)
    due_on = serializers.DateField(allow_null=True)
    merged_into = serializers.UUIDField(allow_null=True, help_text="Key of the claim that stands for this one.")
    version = serializers.IntegerField(help_text="Send it as base_version with a change; 0 before the first.")


class WholeClaimShape(ClaimShape):
    verdicts = VerdictShape(many=True, help_text="The newest first.")
    desk = DeskShape(allow_null=True, help_text="Null where one may not know of others' work.")


class ClaimMatchShape(Shape):
    key = serializers.UUIDField()
    text = serializers.CharField()
    claimant = serializers.CharField()
    share = serializers.FloatField(
        help_text="From 0 to 1: how much of the claim's words the other has; rarer words weigh more."
    )
    shared = serializers.ListField(child=serializers.CharField(), help_text="Words of the other claim that both have.")
    numbers_here = serializers.ListField(child=serializers.CharField(), help_text="Numbers that the other lacks.")
    numbers_there = serializers.ListField(child=serializers.CharField(), help_text="Numbers that only the other has.")
    has_same_claimant = serializers.BooleanField()


class ClaimMatchesShape(Shape):
    results = ClaimMatchShape(many=True)


class ScaleValueShape(Shape):
    key = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    rating = serializers.FloatField(allow_null=True)
    maps = serializers.DictField(help_text="What the value is in other schemes, by their names.")


class ScaleShape(Shape):
    name = serializers.CharField()
    version = serializers.IntegerField()
    values = ScaleValueShape(many=True)


class WorkShape(Shape):
    results = AnnotationShape(many=True)
    claims = ClaimShape(many=True)
    next = serializers.IntegerField(allow_null=True, help_text="Send it as from to go on; null where the text ends.")


class BriefFragmentShape(Shape):
    n = serializers.IntegerField()
    start = serializers.IntegerField()
    end = serializers.IntegerField()


class BriefAnnotationShape(Shape):
    key = serializers.UUIDField()
    start = serializers.IntegerField(help_text="Offset in code points.")
    end = serializers.IntegerField(help_text="Offset in code points, not included.")
    label = serializers.CharField(help_text="Key of the label.")  # type: ignore[assignment]
    annotator = serializers.CharField()
    version = serializers.IntegerField()
    is_mine = serializers.BooleanField(required=False)
    note = serializers.CharField(required=False)
    attributes = serializers.DictField(required=False)
    confidence = serializers.FloatField(required=False)
    layer = serializers.ChoiceField(Annotation.Layer.choices, required=False)
    withdrawn_at = Time(required=False)
    fragments = BriefFragmentShape(many=True, required=False)


class BriefWorkShape(Shape):
    results = BriefAnnotationShape(many=True)
    claims = ClaimShape(many=True)
    next = serializers.IntegerField(allow_null=True, help_text="Send it as from to go on; null where the text ends.")


WORK = PolymorphicProxySerializer(
    component_name="WorkInFullOrBrief", serializers=[WorkShape, BriefWorkShape], resource_type_field_name=None
)


class MentionAndClaimShape(Shape):
    mention = MentionShape()
    claim = ClaimShape()


class EvidenceAndClaimShape(Shape):
    evidence = EvidenceShape()
    claim = ClaimShape()


class AssignmentShape(Shape):
    state = serializers.ChoiceField(Assignment.State.choices)
    submitted_at = Time(allow_null=True)
    version = serializers.IntegerField()
    return_note = serializers.CharField(required=False, help_text="What is to be done, where it was given back.")
    reopened_at = Time(required=False, help_text="When its annotator last took it back.")
    is_late = serializers.BooleanField(
        required=False, help_text="Whether it was handed in after its time: the managers decide whether it is taken in."
    )


class LiveShape(Shape):
    version = serializers.UUIDField(allow_null=True, help_text="The present text; another one means: load it anew.")
    round = serializers.UUIDField(allow_null=True, help_text="The round that the article is in; null: the first.")
    since = serializers.CharField(help_text="Send it as since next time.")
    annotations = AnnotationShape(many=True)
    claims = ClaimShape(many=True)
    relations = RelationShape(many=True)
    article_labels = ArticleLabelShape(many=True)
    threads = ThreadShape(many=True)
    removed = serializers.ListField(child=serializers.UUIDField(), help_text="Annotations that are gone.")
    removed_too_many = serializers.BooleanField(help_text="Too many are gone to name them: load the work anew.")
    states = serializers.DictField(
        child=serializers.ChoiceField(Assignment.State.choices),
        help_text="How far those are whose annotations are shown, by pseudonym.",
    )


class OwnAssignmentShape(Shape):
    assignment = AssignmentShape()


class OneMissingShape(Shape):
    rule = serializers.CharField()
    level = serializers.ChoiceField([("error", "refuses"), ("warning", "asks")])
    message = serializers.CharField()
    kind = serializers.ChoiceField(["article", "annotation", "relation", "article_label", "suggestion"])
    key = serializers.CharField(help_text="Key of the annotation or suggestion, or empty.")


class MissingShape(Shape):
    missing = OneMissingShape(many=True)
    can_be_set_aside = serializers.BooleanField(help_text="Whether nothing of it is an error.")


class IncompleteShape(MissingShape):
    problems = ProblemShape(many=True)


class ReasonsShape(Shape):
    reasons = serializers.ListField(child=serializers.CharField())


class SkippedShape(Shape):
    uuid = serializers.UUIDField(help_text="Of the assignment.")
    article = serializers.UUIDField()
    title = serializers.CharField()
    annotator = serializers.CharField(help_text="Pseudonym.")
    reason = serializers.CharField()
    note = serializers.CharField()
    skipped_at = Time()


class ReasonCountShape(Shape):
    reason = serializers.CharField(help_text="Empty where there is only a note.")
    count = serializers.IntegerField()


class KeptShape(Shape):
    assignment = AssignmentShape(allow_null=True)
    round = serializers.UUIDField(allow_null=True, help_text="The round that the article is in; null: the first.")


class TimeShape(Shape):
    day = serializers.DateField()
    annotator = serializers.CharField(help_text="Pseudonym.")
    article = serializers.UUIDField()
    seconds = serializers.IntegerField()


class TimesShape(Shape):
    results = TimeShape(many=True)


class NextArticleShape(Shape):
    article = serializers.UUIDField(allow_null=True)
    assignment = AssignmentShape(allow_null=True)


class RevisionShape(Shape):
    version = serializers.IntegerField()
    label = serializers.CharField(help_text="Key of the label.")  # type: ignore[assignment]
    label_set_version = serializers.IntegerField()
    start = serializers.IntegerField()
    end = serializers.IntegerField()
    quote = serializers.CharField()
    note = serializers.CharField()
    attributes = serializers.DictField()
    confidence = serializers.FloatField(allow_null=True)
    withdrawn_at = Time(allow_null=True)
    replaced_at = Time()
    replaced_by = serializers.CharField(help_text="Pseudonym.")


class HistoryShape(Shape):
    annotation = AnnotationShape()
    results = RevisionShape(many=True)


class PublisherNameShape(Shape):
    uuid = serializers.UUIDField()
    name = serializers.CharField()


class PublisherShape(PublisherNameShape):
    domain = serializers.CharField()
    kind = serializers.ChoiceField(Publisher.Kind.choices)


class ArticleHeadShape(Shape):
    uuid = serializers.UUIDField()
    external_id = serializers.CharField()
    title = serializers.CharField()
    outlet_hidden = serializers.BooleanField(
        help_text="What tells of publisher, author and date is left out until you hand the article in."
    )
    publisher = PublisherNameShape(allow_null=True)
    url = serializers.CharField()
    published_at = serializers.CharField(allow_null=True, help_text="A day or a time in UTC, as precise as is known.")
    posted_at = serializers.CharField(allow_null=True)
    language = serializers.CharField()
    direction = serializers.ChoiceField(Article.Direction.choices)
    revision = serializers.IntegerField(help_text="Send it as base_revision with a change.")
    created_at = Time()


class VersionShape(Shape):
    uuid = serializers.UUIDField()
    n = serializers.IntegerField()
    length = serializers.IntegerField(help_text="Code points.")
    text_sha256 = serializers.CharField()
    normaliser = serializers.CharField()
    withheld_at = Time(allow_null=True)


class TextShape(VersionShape):
    text = serializers.CharField()


class RegionShape(Shape):
    key = serializers.UUIDField()
    kind = serializers.ChoiceField(Region.Kind.choices)
    start = serializers.IntegerField()
    end = serializers.IntegerField()
    publisher = serializers.CharField(allow_null=True, help_text="Whom an excerpt quotes.")
    url = serializers.CharField(help_text="The page an excerpt quotes, or to which a citation marker leads.")
    marked_by = serializers.CharField(
        allow_null=True, help_text="Pseudonym; null where it was found, came with a file, or is not for you to know."
    )
    version = serializers.IntegerField(help_text="Send it as base_version with a change.")
    created_at = Time()
    withdrawn_at = Time(allow_null=True)


class RegionInProjectShape(RegionShape, OfTextShape):
    pass


class RegionListShape(Shape):
    results = RegionShape(many=True)


class RegionStateShape(Shape):
    version = serializers.IntegerField()
    kind = serializers.ChoiceField(Region.Kind.choices)
    start = serializers.IntegerField()
    end = serializers.IntegerField()
    publisher = serializers.CharField(allow_null=True)
    url = serializers.CharField()
    withdrawn_at = Time(allow_null=True)
    replaced_at = Time()
    replaced_by = serializers.CharField(allow_null=True, help_text="Pseudonym; null where it is not for you to know.")


class RegionHistoryShape(Shape):
    zone = RegionShape()
    results = RegionStateShape(many=True)


class BoilerplateCountShape(Shape):
    publisher = serializers.CharField()
    articles = serializers.IntegerField(help_text="All of this publisher.")
    found = serializers.IntegerField(help_text="Those that have the passage on lines of its own.")
    marked = serializers.IntegerField(help_text="Those of them in which it is marked already.")


class TextLinkShape(Shape):
    start = serializers.IntegerField()
    end = serializers.IntegerField()
    url = serializers.CharField()


class ArticleShape(ArticleHeadShape):
    repost_of = serializers.UUIDField(allow_null=True, help_text="The article that this one is the same text of.")
    merged_into = serializers.UUIDField(allow_null=True, help_text="The article that holds the work on this one.")
    metadata = serializers.DictField()
    version = TextShape(allow_null=True)
    regions = RegionShape(many=True)
    links = TextLinkShape(many=True)
    assignment = AssignmentShape(allow_null=True)


class ArticleRowShape(ArticleHeadShape):
    version = VersionShape(allow_null=True)
    my_state = serializers.ChoiceField(Assignment.State.choices, allow_null=True)
    states = serializers.DictField(
        child=serializers.IntegerField(), allow_null=True, help_text="For people who see everybody's work."
    )
    annotation_count = serializers.IntegerField(help_text="Those one may see.")


class ChangedArticleShape(ArticleHeadShape):
    merged_into = serializers.UUIDField(allow_null=True, help_text="The article that holds the work on this one.")
    version = VersionShape(allow_null=True)


class SentArticleShape(Shape):
    """The fields of an article in a file; others are kept in its metadata."""

    external_id = serializers.CharField(required=False, help_text="Where left out, the address is the id.")
    title = serializers.CharField(required=False)
    text = serializers.CharField()
    publisher = serializers.CharField(required=False)
    published_at = serializers.CharField(required=False, help_text="YYYY-MM-DD, or a time with its zone.")
    posted_at = serializers.CharField(required=False)
    url = serializers.CharField(required=False)
    language = serializers.CharField(required=False)
    metadata = serializers.DictField(required=False)
    regions = serializers.ListField(child=serializers.DictField(), required=False)
    links = serializers.ListField(child=serializers.DictField(), required=False)
    annotations = serializers.ListField(
        child=serializers.DictField(), required=False, help_text="As in the native format."
    )


class RowProblemShape(Shape):
    field = serializers.CharField()
    value = serializers.CharField()
    message = serializers.CharField()


class PutResultShape(Shape):
    status = serializers.ChoiceField(["created", "updated", "unchanged"])
    external_id = serializers.CharField()
    uuid = serializers.UUIDField()
    version = serializers.IntegerField(help_text="The number of its present text.")
    text_sha256 = serializers.CharField()
    revision = serializers.IntegerField()
    problems = RowProblemShape(many=True)


class RowResultShape(Shape):
    row = serializers.IntegerField(help_text="Counted from 1.")
    status = serializers.ChoiceField(["created", "updated", "unchanged", "rejected"])
    external_id = serializers.CharField(allow_null=True)
    uuid = serializers.UUIDField(allow_null=True)
    version = serializers.IntegerField(allow_null=True)
    text_sha256 = serializers.CharField(allow_null=True)
    revision = serializers.IntegerField(allow_null=True)
    problems = RowProblemShape(many=True)


class RowCountsShape(Shape):
    read = serializers.IntegerField()
    created = serializers.IntegerField()
    updated = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    rejected = serializers.IntegerField()


class RowResultsShape(Shape):
    job = serializers.UUIDField(help_text="The import, as the list of jobs shows it.")
    counts = RowCountsShape()
    results = RowResultShape(many=True)


class AssignmentRowShape(Shape):
    uuid = serializers.UUIDField()
    article = serializers.UUIDField()
    version = serializers.UUIDField()
    annotator = serializers.CharField(help_text="Pseudonym.")
    assignment = AssignmentShape()


class WordingPieceShape(Shape):
    kind = serializers.ChoiceField(PIECE_KINDS)
    text = serializers.CharField()


class DroppedSuggestionsShape(Shape):
    gone = serializers.IntegerField(help_text="Their words stand in the new text no more.")
    unclear = serializers.IntegerField(help_text="It is not certain where their words stand in it.")


class CorrectionShape(Shape):
    version = VersionShape(allow_null=True, help_text="Null where it was only looked at.")
    pieces = WordingPieceShape(many=True)
    carried = serializers.DictField(child=serializers.IntegerField())
    uncertain = serializers.DictField(child=serializers.IntegerField())
    dropped_suggestions = DroppedSuggestionsShape(help_text="Suggestions that do not go along, by reason.")


class PlaceShape(Shape):
    start = serializers.IntegerField()
    end = serializers.IntegerField()
    quote = serializers.CharField()
    prefix = serializers.CharField()
    suffix = serializers.CharField()


class UnplacedShape(Shape):
    key = serializers.UUIDField()
    becomes = serializers.UUIDField(help_text="The key it has in the present text once it is placed.")
    version_number = serializers.IntegerField()
    label = serializers.CharField()  # type: ignore[assignment]
    note = serializers.CharField()
    is_mine = serializers.BooleanField()
    annotator = serializers.CharField()
    quote = serializers.CharField()
    prefix = serializers.CharField()
    suffix = serializers.CharField()
    candidates = PlaceShape(many=True)


class UnplacedZoneShape(Shape):
    key = serializers.UUIDField()
    becomes = serializers.UUIDField(help_text="The key under which to mark it in the present text.")
    version_number = serializers.IntegerField()
    kind = serializers.ChoiceField(Region.Kind.choices)
    publisher = serializers.CharField(help_text="Name of the publisher that an excerpt quotes, or empty.")
    url = serializers.CharField()
    quote = serializers.CharField()
    prefix = serializers.CharField()
    suffix = serializers.CharField()
    candidates = PlaceShape(many=True)


class UnplacedListShape(Shape):
    results = UnplacedShape(many=True)
    zones = UnplacedZoneShape(many=True)


class ChangedShape(Shape):
    changed = serializers.IntegerField()


class AssignedShape(Shape):
    created = serializers.IntegerField()


class GivenShape(Shape):
    created = serializers.IntegerField(required=False, help_text="Assignments that were made at once.")
    job = serializers.UUIDField(required=False, allow_null=True, help_text="The job that gives them, where many.")
    articles = serializers.IntegerField(required=False, help_text="Of a preview, as are the following.")
    with_room = serializers.IntegerField(required=False)
    assignments = serializers.IntegerField(required=False, help_text="At most.")
    each_person = serializers.IntegerField(required=False)


class RoundShape(Shape):
    uuid = serializers.UUIDField()
    number = serializers.IntegerField()
    kind = serializers.ChoiceField(Round.Kind.choices)
    name = serializers.CharField()
    takes_new = serializers.BooleanField(help_text="Whether it takes whatever comes in, and follows the project.")
    annotators_per_article = serializers.IntegerField()
    label_set_version = serializers.IntegerField(allow_null=True)
    guidelines_version = serializers.IntegerField(allow_null=True)
    repeats = serializers.UUIDField(allow_null=True)
    articles = serializers.IntegerField(help_text="How many it took when it was opened.")
    states = serializers.DictField(child=serializers.IntegerField(), allow_null=True)
    opened_at = Time()
    closed_at = Time(allow_null=True)


class RoundsShape(Shape):
    results = RoundShape(many=True)


class OpenedRoundShape(Shape):
    round = RoundShape(required=False)
    job = serializers.UUIDField(required=False, allow_null=True)
    would_take = serializers.DictField(child=serializers.IntegerField(), required=False, help_text="Of a preview.")


class CellShape(Shape):
    assignment = serializers.UUIDField()
    annotator = serializers.CharField(help_text="Pseudonym.")
    state = serializers.ChoiceField(Assignment.State.choices)
    submitted_at = Time(allow_null=True)
    is_past = serializers.BooleanField()


class ProgressRowShape(Shape):
    article = serializers.UUIDField()
    title = serializers.CharField()
    assignments = CellShape(many=True)


class PersonCountsShape(Shape):
    annotator = serializers.CharField(help_text="Pseudonym.")
    states = serializers.DictField(child=serializers.IntegerField())


class ProgressShape(Shape):
    round = serializers.UUIDField()
    articles = serializers.IntegerField()
    full = serializers.IntegerField(help_text="With as many annotators as the round wants.")
    untouched = serializers.IntegerField()
    people = PersonCountsShape(many=True)
    results = ProgressRowShape(many=True)
    next = serializers.UUIDField(allow_null=True, help_text="Send it as after for the next page.")


class ChartShape(Shape):
    name = serializers.CharField()
    title = serializers.CharField()
    about = serializers.CharField()
    columns = serializers.ListField(child=serializers.CharField())
    rows = serializers.ListField(child=serializers.ListField())
    not_narrowed_by = serializers.ListField(
        child=serializers.CharField(), help_text="What was asked for and does not narrow it: period, person or label."
    )


class DashboardShape(Shape):
    charts = ChartShape(many=True)
    hours = serializers.ListField(child=serializers.ListField(), help_text="Day, pseudonym, seconds without idle time.")


class PartShape(Shape):
    uuid = serializers.UUIDField()
    role = serializers.ChoiceField(Membership.Role.choices)
    pseudonym = serializers.CharField()
    acts = serializers.ListField(child=serializers.ChoiceField([(act.value, act.value) for act in Act]))


class SubmitRuleShape(Shape):
    rule = serializers.CharField()
    level = serializers.ChoiceField([("error", "refuses"), ("warning", "asks")])
    label = serializers.CharField(help_text="Key of the label that it is about, or empty.")  # type: ignore[assignment]
    attribute = serializers.CharField(help_text="Key of the label's attribute, or empty.")


class ProjectShape(Shape):
    slug = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    language = serializers.CharField()
    visibility = serializers.ChoiceField(Project.Visibility.choices)
    hides_outlets = serializers.BooleanField(
        help_text="Publisher, author and date are kept from annotators until they hand an article in."
    )
    annotators_per_article = serializers.IntegerField()
    overlaps = serializers.ChoiceField(
        Project.Overlaps.choices, help_text="Which spans of one person may overlap; files may bring others."
    )
    queue_order = serializers.ChoiceField(Project.QueueOrder.choices)
    queue_seed = serializers.IntegerField()
    lease_hours = serializers.IntegerField(help_text="0 where a place is kept for good.")
    skip_reasons = serializers.ListField(child=serializers.CharField())
    submit_rules = SubmitRuleShape(many=True)
    publishes = serializers.BooleanField(help_text="Whether anybody can read published claims.")
    published_as = serializers.CharField()
    published_from = serializers.CharField()
    revision = serializers.IntegerField()
    created_at = Time()
    archived_at = Time(allow_null=True)
    revealed_at = Time(allow_null=True, help_text="When a blind project was opened; it does not become blind again.")
    me = PartShape()


class OwnProjectShape(Shape):
    slug = serializers.CharField()
    name = serializers.CharField()
    me = PartShape()


class StarterLabelShape(Shape):
    key = serializers.CharField()
    name = serializers.CharField()


class StarterShape(Shape):
    key = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    labels = StarterLabelShape(many=True)


class StartersShape(Shape):
    results = StarterShape(many=True)


class LabelShape(Shape):
    key = serializers.CharField()
    name = serializers.CharField()
    color = serializers.CharField()
    shortcut = serializers.CharField()
    description = serializers.CharField()
    parent = serializers.CharField(allow_null=True)  # type: ignore[assignment]
    applies_to = serializers.ChoiceField(Label.AppliesTo.choices)
    attributes = serializers.ListField(child=serializers.DictField())


class LabelSetShape(Shape):
    name = serializers.CharField()
    version = serializers.IntegerField()
    labels = LabelShape(many=True)


class LabelUseShape(Shape):
    key = serializers.CharField()
    name = serializers.CharField()
    color = serializers.CharField()
    applies_to = serializers.ChoiceField(Label.AppliesTo.choices)
    is_retired = serializers.BooleanField(help_text="In force no more; what stands under it keeps it.")
    used = serializers.IntegerField(help_text="How many annotations, relations and labels on articles stand under it.")


class LabelsUseShape(Shape):
    version = serializers.IntegerField()
    labels = LabelUseShape(many=True)
    near_colors = serializers.ListField(
        child=serializers.ListField(child=serializers.CharField()),
        help_text="Keys of every two labels whose colours are hard to tell apart.",
    )
    offered_colors = serializers.ListField(
        child=serializers.CharField(), help_text="Colours that can be told apart on light and on dark pages."
    )
    free_shortcuts = serializers.ListField(child=serializers.CharField())


class LabelMergeCountShape(Shape):
    annotations = serializers.IntegerField()
    relations = serializers.IntegerField()
    article_labels = serializers.IntegerField()
    withdrawn = serializers.IntegerField(help_text="Those of them that are withdrawn; they go along.")
    articles = serializers.IntegerField()
    people = serializers.IntegerField()
    unfitting = serializers.IntegerField(help_text="Those with a value that the other label does not allow; it goes.")
    doubled = serializers.IntegerField(help_text="Annotations that would stand twice on the same words.")
    already = serializers.IntegerField(
        help_text="Labels on articles that are withdrawn, as the other is there already."
    )
    suggestions = serializers.IntegerField(help_text="Suggestions that propose the other one then.")
    children = serializers.IntegerField(help_text="Labels that come below the other one.")
    retires = serializers.BooleanField(
        help_text="Whether the label is in force still, so that a new version retires it."
    )


class GuidelinesShape(Shape):
    version = serializers.IntegerField()
    text = serializers.CharField(help_text="Markdown.")
    created_at = Time(allow_null=True)


class GuidelinesPieceShape(Shape):
    kind = serializers.ChoiceField([("same", "the same"), ("gone", "only before"), ("new", "only now")])
    text = serializers.CharField()


class ComparedGuidelinesShape(GuidelinesShape):
    changes = GuidelinesPieceShape(many=True, allow_null=True)


class CurrentGuidelinesShape(GuidelinesShape):
    versions = serializers.ListField(child=serializers.IntegerField())


class MemberShape(Shape):
    uuid = serializers.UUIDField()
    role = serializers.ChoiceField(Membership.Role.choices)
    pseudonym = serializers.CharField()
    username = serializers.CharField(allow_null=True)
    name = serializers.CharField(allow_null=True)
    created_at = Time()
    ended_at = Time(allow_null=True)


class NewMemberShape(MemberShape):
    password = serializers.CharField(allow_null=True, help_text="Of an account made with it; shown once.")


class InvitationShape(Shape):
    uuid = serializers.UUIDField()
    role = serializers.ChoiceField(Membership.Role.choices)
    memo = serializers.CharField(help_text="For whom it is meant.")
    created_by = serializers.CharField(help_text="Pseudonym.")
    created_at = Time()
    expires_at = Time()
    most_uses = serializers.IntegerField()
    use_count = serializers.IntegerField()
    withdrawn_at = Time(allow_null=True)


class NewInvitationShape(InvitationShape):
    link = serializers.CharField(help_text="Shown once.")
    is_sent = serializers.BooleanField(help_text="Whether the mail server took the mail.")


class JoinedShape(Shape):
    project = serializers.CharField(help_text="Slug.")
    me = MemberShape()


class InboxItemShape(Shape):
    kind = serializers.ChoiceField(["mention", "question", "answer", *Notice.Kind.values])
    uuid = serializers.UUIDField()
    project = serializers.CharField(help_text="Slug.")
    article = serializers.UUIDField(allow_null=True)
    thread = serializers.UUIDField(allow_null=True, help_text="The talk that the comment stands in.")
    claim = serializers.UUIDField(allow_null=True)
    title = serializers.CharField(help_text="Of the article, or the words of the claim.")
    text = serializers.CharField(help_text="The comment, or what the reviewer wrote.")
    by = serializers.CharField(allow_null=True, help_text="Pseudonym of who calls.")
    told_at = Time()
    read_at = Time(allow_null=True)


class DigestShape(Shape):
    wants_digest = serializers.BooleanField()


class NothingShape(Shape):
    """An answer that says no more than its status."""


class SecondFactorShape(Shape):
    is_on = serializers.BooleanField()
    since = Time(allow_null=True)
    codes_left = serializers.IntegerField(help_text="Recovery codes that were not used.")
    is_required = serializers.BooleanField(help_text="Whether this installation asks it of the person.")


class NewSecondFactorShape(Shape):
    secret = serializers.CharField(help_text="To type into an app.")
    uri = serializers.CharField(help_text="The same as an address of the form otpauth://, for a QR code.")


class RecoveryCodesShape(Shape):
    recovery_codes = serializers.ListField(child=serializers.CharField(), help_text="Shown once; each works once.")


class IdentityShape(Shape):
    uuid = serializers.UUIDField()
    issuer = serializers.CharField()
    subject = serializers.CharField()
    name = serializers.CharField(help_text="Shown to the person; binds nothing.")
    linked_at = Time()
    last_used_at = Time(allow_null=True)


class AccountShape(Shape):
    uuid = serializers.UUIDField()
    username = serializers.CharField()
    name = serializers.CharField()
    email = serializers.CharField()
    is_active = serializers.BooleanField()
    is_staff = serializers.BooleanField()
    is_superuser = serializers.BooleanField()
    date_joined = Time()
    last_login = Time(allow_null=True)


class ResetLinkShape(Shape):
    link = serializers.CharField(help_text="Shown once.")


class CheckpointShape(Shape):
    hash = serializers.CharField(help_text="Of the last seal, hexadecimal.")
    sealed_at = Time(allow_null=True)


class RestoredShape(Shape):
    object_type = serializers.CharField()
    object_key = serializers.UUIDField()
    version_number = serializers.IntegerField(help_text="Of the new state; of an article, its revision.")


class AuditShape(Shape):
    uuid = serializers.UUIDField()
    verb = serializers.CharField()
    object_type = serializers.CharField()
    object_key = serializers.CharField()
    actor = serializers.CharField(allow_null=True, help_text="Pseudonym.")
    acting_for = serializers.CharField(
        allow_null=True, help_text="Pseudonym of whose work it was, where somebody else did it for them."
    )
    via = serializers.CharField(help_text="page, api, admin, job or command; empty for acts of earlier releases.")
    before = serializers.DictField()
    after = serializers.DictField()
    text = serializers.DictField()
    request_id = serializers.CharField()
    created_at = Time()


class TokenShape(Shape):
    uuid = serializers.UUIDField()
    name = serializers.CharField()
    hint = serializers.CharField(help_text="How the secret begins.")
    is_read_only = serializers.BooleanField()
    project = serializers.CharField(allow_null=True, help_text="Slug of the only project it opens.")
    created_at = Time()
    expires_at = Time()
    last_used_at = Time(allow_null=True)
    revoked_at = Time(allow_null=True)


class NewTokenShape(TokenShape):
    secret = serializers.CharField(help_text="Shown once.")


class MeShape(Shape):
    uuid = serializers.UUIDField()
    username = serializers.CharField()
    name = serializers.CharField()
    language = serializers.CharField()
    token = TokenShape(allow_null=True)
    projects = OwnProjectShape(many=True)


class ShortcutsShape(Shape):
    shortcuts = serializers.DictField(child=serializers.CharField(), help_text="Command → key, as they are.")
    own = serializers.DictField(child=serializers.CharField(), help_text="Those that differ from the usual ones.")


class ReadingShape(Shape):
    face = serializers.CharField(help_text="Empty (serif), or sans.")
    size = serializers.CharField(help_text="small, empty, large or larger.")
    measure = serializers.CharField(help_text="narrow, empty or wide.")
    folds = serializers.ListField(child=serializers.CharField(), help_text="Kinds of zones that are folded away.")


class JobCountsShape(Shape):
    read = serializers.IntegerField()
    created = serializers.IntegerField()
    updated = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    rejected = serializers.IntegerField()
    problems = serializers.IntegerField()


class JobResultShape(Shape):
    name = serializers.CharField()
    size = serializers.IntegerField(allow_null=True, help_text="Bytes.")
    sha256 = serializers.CharField(allow_null=True)
    expires_at = Time(allow_null=True)
    manifest = serializers.DictField(
        allow_null=True, help_text="Of an export: counts of each kind, what was left out, when the snapshot was taken."
    )


class JobShape(Shape):
    uuid = serializers.UUIDField()
    kind = serializers.ChoiceField(Job.Kind.choices)
    state = serializers.ChoiceField(Job.State.choices)
    has_ended = serializers.BooleanField()
    is_trial = serializers.BooleanField(help_text="A dry run: it changes nothing.")
    undoes = serializers.UUIDField(allow_null=True, help_text="The import that this job undoes.")
    requested_by = serializers.CharField(allow_null=True, help_text="Pseudonym.")
    done = serializers.IntegerField()
    total = serializers.IntegerField(allow_null=True)
    rate = serializers.FloatField(allow_null=True, help_text="Records a second, while it can be told.")
    seconds_left = serializers.IntegerField(allow_null=True)
    counts = JobCountsShape()
    message = serializers.CharField()
    result = JobResultShape(allow_null=True)
    created_at = Time()
    started_at = Time(allow_null=True)
    finished_at = Time(allow_null=True)


class JobProblemShape(Shape):
    severity = serializers.ChoiceField(JobProblem.Severity.choices)
    file = serializers.CharField()
    line = serializers.IntegerField(allow_null=True)
    field = serializers.CharField()
    value = serializers.CharField()
    message = serializers.CharField()


def page(shape: type[Shape]) -> type[Shape]:
    """Describe a page of a list."""
    cursor = "Send it as the parameter cursor; null where the list ends."
    fields = {
        "results": shape(many=True),
        "next": serializers.CharField(allow_null=True, help_text=cursor),
        "previous": serializers.CharField(allow_null=True, help_text=cursor),
    }
    return type(f"PageOf{shape.__name__}", (Shape,), fields)


class SkippedPageShape(page(SkippedShape)):  # type: ignore[misc]
    counts = ReasonCountShape(many=True)


class AgreementQuestionShape(Shape):
    key = serializers.CharField(help_text="label, label.attribute or label.attribute=value")
    name = serializers.CharField()
    kind = serializers.CharField(help_text="label, one, many, yes_no, ordinal, number or text")
    values = serializers.ListField(child=serializers.CharField(), help_text="In their order; a number has none.")
    is_measured = serializers.BooleanField(help_text="Free text is not.")


class AgreementRunShape(Shape):
    uuid = serializers.UUIDField()
    job = serializers.UUIDField()
    state = serializers.ChoiceField(Job.State.choices)
    requested_by = serializers.CharField(allow_null=True, help_text="Pseudonym.")
    options = serializers.DictField(help_text="What narrowed the run: labels, people, round.")
    seed = serializers.IntegerField()
    code_version = serializers.CharField()
    label_set_version = serializers.IntegerField(allow_null=True)
    labels = serializers.ListField(child=serializers.CharField())
    people = serializers.ListField(child=serializers.CharField(), help_text="Pseudonyms; pairs name their places.")
    questions = AgreementQuestionShape(many=True, help_text="What labels on articles ask, a value of many-of each.")
    texts = serializers.IntegerField()
    texts_compared = serializers.IntegerField(help_text="Handed in by two people or more.")
    texts_with_gold = serializers.IntegerField()
    left_out = serializers.DictField(child=serializers.IntegerField())
    created_at = Time()
    measured_at = Time(allow_null=True)


class AgreementFigureShape(Shape):
    uuid = serializers.UUIDField()
    measure = serializers.CharField()
    unit = serializers.CharField()
    scope = serializers.CharField(help_text="all, label:…, pair:…/…, gold:… or time:…")
    question = serializers.CharField(allow_null=True, help_text="Key of the question; null for a figure of spans.")
    value = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True, help_text="95 % over articles.")
    high = serializers.FloatField(allow_null=True)
    observed = serializers.FloatField(allow_null=True)
    expected = serializers.FloatField(allow_null=True)
    n_items = serializers.IntegerField()
    n_annotators = serializers.IntegerField()
    undefined = serializers.CharField(
        required=False, help_text="Why there is no value: no_pairs, no_variation or unequal_numbers."
    )
    matrix = serializers.ListField(
        child=serializers.ListField(), help_text="Rows of label or answer, that of the other, how often."
    )


class AgreementWholeShape(AgreementRunShape):
    figures = AgreementFigureShape(many=True)


class AgreementAnswerShape(Shape):
    by = serializers.CharField(allow_null=True, help_text="Pseudonym; null for gold.")
    answer = serializers.CharField()


class AgreementTextShape(Shape):
    article = serializers.UUIDField()
    title = serializers.CharField()
    version = serializers.UUIDField()
    people = serializers.IntegerField()
    spans = serializers.IntegerField()
    f1_exact = serializers.FloatField(allow_null=True)
    f1_overlap = serializers.FloatField(allow_null=True)
    f1_character = serializers.FloatField(allow_null=True)
    alpha_nominal = serializers.FloatField(allow_null=True)
    handed_in_at = Time(allow_null=True)
    f1_exact_of_two = serializers.FloatField(
        required=False, allow_null=True, help_text="Of the two people of the figure that was asked for."
    )
    apart = serializers.FloatField(
        required=False, allow_null=True, help_text="How far answers to its question are apart, the mean over all two."
    )
    answers = AgreementAnswerShape(many=True, required=False, help_text="To the question of the figure.")


class AgreementSpanShape(Shape):
    label = serializers.CharField(help_text="Key of the label.")  # type: ignore[assignment]
    start = serializers.IntegerField(help_text="Offset in code points.")
    end = serializers.IntegerField(help_text="Offset in code points, not included.")


class AgreementAlignedShape(Shape):
    state = serializers.ChoiceField(
        [(each, each) for each in ("same", "bounds", "label", "both", "one", "other")], help_text="How the two stand."
    )
    one = AgreementSpanShape(allow_null=True)
    other = AgreementSpanShape(allow_null=True)
    quote = serializers.CharField()


class AgreementAnsweredShape(Shape):
    question = serializers.CharField(help_text="Key of the question.")
    state = serializers.ChoiceField([(each, each) for each in ("same", "answer", "one", "other")])
    one = serializers.CharField(allow_null=True)
    other = serializers.CharField(allow_null=True)


class AgreementOpenedShape(AgreementTextShape):
    has_changed = serializers.BooleanField(help_text="Whether anything that was counted changed since the run.")
    pair = serializers.ListField(child=serializers.CharField())
    pairs = serializers.ListField(child=serializers.ListField(child=serializers.CharField()))
    aligned = AgreementAlignedShape(many=True)
    answers = AgreementAnsweredShape(many=True)  # type: ignore[assignment]


class WaitingShape(Shape):
    article = serializers.UUIDField()
    title = serializers.CharField()
    state = serializers.CharField(help_text="new, open (under review) or finished (adjudicated).")
    people = serializers.IntegerField(help_text="How many handed it in.")
    given = serializers.IntegerField(help_text="All that they marked, labelled, linked and claimed.")
    missing = serializers.IntegerField(help_text="What of it somebody has and another has not.")
    disagreement = serializers.FloatField(help_text="Those divided by all marks there would be, from 0 to 1.")


class RulingShape(Shape):
    key = serializers.UUIDField()
    outcome = serializers.ChoiceField(Ruling.Outcome.choices)
    person = serializers.UUIDField(allow_null=True, help_text="Whose version was chosen or edited.")
    error_category = serializers.ChoiceField(Ruling.ErrorCategory.choices, allow_blank=True)
    guideline_unclear = serializers.BooleanField()
    note = serializers.CharField()
    reviewer = serializers.CharField(help_text="Pseudonym.")
    version = serializers.IntegerField(help_text="Send it as base_version to take it back.")
    created_at = Time()
    withdrawn_at = Time(allow_null=True)


class ReviewedClaimShape(Shape):
    key = serializers.UUIDField()
    text = serializers.CharField()
    claimant = serializers.CharField()
    claim_date = serializers.DateField(allow_null=True)
    stance = serializers.ChoiceField(ClaimMention.Stance.choices)


class ReviewedEvidenceShape(Shape):
    stance = serializers.ChoiceField(EvidenceItem.Stance.choices)
    url = serializers.CharField()
    title = serializers.CharField()
    question = serializers.CharField()
    asked_whom = serializers.CharField()
    strength = serializers.ChoiceField(EvidenceItem.Strength.choices, allow_blank=True)
    origin = serializers.CharField()
    evidence_set = serializers.IntegerField()


class _ReviewedRowShape(Shape):
    key = serializers.UUIDField()
    version = serializers.IntegerField()
    start = serializers.IntegerField(allow_null=True, help_text="Offset in code points; null where it is no span.")
    end = serializers.IntegerField(allow_null=True, help_text="Offset in code points, not included.")
    quote = serializers.CharField()
    label = serializers.CharField(help_text="Key of the label; empty where there is none.")  # type: ignore[assignment]
    note = serializers.CharField()
    attributes = serializers.DictField()
    claim = ReviewedClaimShape(allow_null=True, help_text="Of a mention: the claim, and the article's stance.")
    evidence = ReviewedEvidenceShape(allow_null=True)


ReviewedRowShape = type(
    "ReviewedRowShape",
    (_ReviewedRowShape,),
    {
        "from": serializers.UUIDField(allow_null=True, help_text="Of a relation: the annotation that it leads from."),
        "to": serializers.UUIDField(allow_null=True, help_text="Of a relation: the annotation that it leads to."),
    },
)


class ReviewVersionShape(Shape):
    person = serializers.UUIDField()
    annotations = ReviewedRowShape(many=True)


class ReviewUnitShape(Shape):
    unit = serializers.CharField(help_text="Names these states of these annotations: another state, another name.")
    kind = serializers.CharField(help_text="span, article_label, relation, claim or evidence.")
    is_agreed = serializers.BooleanField(help_text="All have it alike.")
    is_settled = serializers.BooleanField()
    was_changed = serializers.BooleanField(help_text="It was settled, but its annotations changed since.")
    start = serializers.IntegerField()
    end = serializers.IntegerField()
    versions = ReviewVersionShape(many=True)
    ruling = RulingShape(allow_null=True)
    gold = ReviewedRowShape(many=True)


class ReviewPersonShape(Shape):
    uuid = serializers.UUIDField()
    pseudonym = serializers.CharField()


class ReviewShape(Shape):
    article = serializers.UUIDField()
    version_uuid = serializers.UUIDField()
    state = serializers.CharField(help_text="new, open (under review) or finished (adjudicated).")
    finished_by = serializers.CharField(allow_null=True, help_text="Pseudonym.")
    finished_at = Time(allow_null=True)
    people = ReviewPersonShape(many=True)
    differing = serializers.IntegerField()
    settled = serializers.IntegerField()
    agreed = serializers.IntegerField()
    taken_over = serializers.IntegerField()
    other_gold = serializers.IntegerField(
        help_text="Gold that came from no ruling: from a file, or an earlier wording."
    )
    pending = serializers.IntegerField(help_text="Relations, claims and evidence that wait for what they rest on.")
    units = ReviewUnitShape(many=True)


class SettledShape(Shape):
    count = serializers.IntegerField()
    review = ReviewShape()


class HitShape(Shape):
    start = serializers.IntegerField(help_text="Code points of the text.")
    end = serializers.IntegerField()


class SnippetShape(HitShape):
    text = serializers.CharField(help_text="What stands there: the text from start to end.")
    hits = HitShape(many=True, help_text="What was looked for.")


class FoundShape(ArticleHeadShape):
    title_hits = HitShape(many=True, help_text="What was looked for in the title; code points of that.")
    snippets = SnippetShape(many=True, help_text="The first places in the text, at most three.")


class SearchShape(page(FoundShape)):  # type: ignore[misc]
    is_behind = serializers.BooleanField(help_text="Whether some texts came in just now and are not found yet.")


class FieldSnippetShape(SnippetShape):
    field = serializers.CharField(help_text="Which of its texts the snippet is of; offsets are code points of that.")


class FoundRowShape(Shape):
    kind = serializers.ChoiceField(KINDS[1:])
    key = serializers.UUIDField(help_text="Its key; of a source or capture its uuid, of a note that of the annotation.")
    claim = serializers.UUIDField(allow_null=True, help_text="The claim that it is, or is about.")
    article = serializers.UUIDField(allow_null=True, help_text="Of a note: the article that the annotation is in.")
    source = serializers.UUIDField(  # type: ignore[assignment]  # a field of that name, not where its value is
        allow_null=True, help_text="Of a capture: the source that it is of."
    )
    start = serializers.IntegerField(allow_null=True, help_text="Of a note or a capture: the first place in the text.")
    end = serializers.IntegerField(allow_null=True)
    by = serializers.CharField(allow_null=True, help_text="The pseudonym of who made it.")
    made_at = Time(allow_null=True)
    heading = serializers.CharField(help_text="The claim, the title of the source, or of the article.")
    heading_hits = HitShape(many=True)
    snippets = FieldSnippetShape(many=True)


class FoundRowsShape(page(FoundRowShape)):  # type: ignore[misc]
    is_cut = serializers.BooleanField(
        help_text="Whether there were more than the newest 5,000 of the kind, of captures 4 million characters."
    )


SEARCH = PolymorphicProxySerializer(
    component_name="SearchReply", serializers=[SearchShape, FoundRowsShape], resource_type_field_name=None
)


class SavedFilterShape(Shape):
    uuid = serializers.UUIDField()
    name = serializers.CharField()
    filters = serializers.DictField(
        child=serializers.CharField(), help_text="As the list of articles takes them, or the search."
    )
    created_at = Time()


class RemovedShape(Shape):
    key = serializers.UUIDField(help_text="The key that the row had; of an article its uuid.")
    removed_at = Time()


def changes(shape: type[Shape]) -> type[Shape]:
    """Describe a page of what was stored."""
    fields = {
        "removed": RemovedShape(
            many=True, help_text="Rows that are gone, as an import was undone. Forget them before you take the results."
        ),
        "results": shape(many=True),
        "changed_since": serializers.CharField(
            help_text="Keep it, and send it as the parameter changed_since: at once while has_more, else next time."
        ),
        "has_more": serializers.BooleanField(),
    }
    return type(f"ChangesOf{shape.__name__}", (Shape,), fields)


def _query(name: str, description: str, choices: tuple[str, ...] = ()) -> OpenApiParameter:
    return OpenApiParameter(name, OpenApiTypes.STR, description=description, enum=choices or None)


SOURCE_FILTERS = [
    _query("q", "Words in address, title, author or publisher."),
    _query("state", "live, changed, gone, never_captured or not_held."),
]
PAGING = [
    _query("cursor", "Where to go on: next or previous of an earlier reply."),
    OpenApiParameter("limit", OpenApiTypes.INT, description=f"Rows a page: {USUAL} unless told, at most {MOST}."),
]
DAYS = [
    OpenApiParameter("from", OpenApiTypes.DATE, description="First day; 31 days before the last where it is left out."),
    OpenApiParameter("to", OpenApiTypes.DATE, description="Last day; today where it is left out."),
]
STRETCH = [
    OpenApiParameter("from", OpenApiTypes.INT, description="Only annotations that begin at this code point or later."),
    OpenApiParameter(
        "most", OpenApiTypes.INT, description="About so many annotations; those of one place stay together."
    ),
    OpenApiParameter("brief", OpenApiTypes.INT, description="1: without what the text tells and what is as usual."),
]
CHANGES = [
    _query("changed_since", "From an earlier reply; left out, the list begins with what was stored first."),
    PAGING[1],
]
_DESCRIBED: dict[str, tuple[str, tuple[str, ...]]] = {
    "q": ("Words of the title, the address or the external id.", ()),
    "text": ('What the text or the title holds: words, "words in a row", OR, NOT, brackets, word*.', ()),
    "publisher": ("UUID of a publisher, or none.", ()),
    "language": ("Language tag, or none.", ()),
    "state": ("Where the work stands; for people who see everybody's work.", STATES),
    "mine": ("One's own state, or none.", MINE),
    "published_after": ("Day, YYYY-MM-DD, included.", ()),
    "published_before": ("Day, YYYY-MM-DD, included.", ()),
    "has_annotations": ("Whether there are annotations one may see.", ("yes", "no")),
    "open_suggestions": ("Whether anything is suggested that one has not decided about.", ("yes", "no")),
    "round": ("UUID of a round: articles that are in it, or were worked on in it.", ()),
    "articles_named": ("UUIDs of articles, with commas between.", ()),
    "sort": ("Order; unknown values stand last.", SORTS),
}
CLAIM_FILTERS = [
    _query("q", "Words of the claim or its claimant."),
    _query("state", "Where the work stands; for people who see everybody's work.", tuple(ClaimDesk.State.values)),
    _query("verdict", "Key of the value of the verdict that stands, or none; for people who see everybody's work."),
    _query("claimant", "Name of the claimant, or none."),
    _query("claim_type", "Type of claim, or none.", (*Claim.Type.values, NONE)),
    _query("check_worthiness", "Whether it is worth checking, or none.", (*Claim.CheckWorthiness.values, NONE)),
    _query("mine", "Made by oneself, given to oneself, or either.", ("made", "given", "either")),
    _query("evidence", "Whether there is evidence one may see.", ("yes", "no")),
]
SEARCH_FILTERS = [
    _query("what", "What is looked for; articles if left out.", KINDS),
    _query("label", "The key of a label: of annotations in articles, of notes, of mentions of claims."),
    _query("person", "The pseudonym of who made it; for those who see everybody’s work."),
    _query("in_state", "Where claims stand, the stance of evidence, the state of sources, the value of verdicts."),
]
FILTERS = [_query(name, *_DESCRIBED.get(name, ("", ()))) for name in FIELDS]


class DecidedShape(serializers.Serializer):
    results = OwnSuggestionShape(many=True, help_text="The suggestions as they are now.")
    annotations = AnnotationShape(many=True, help_text="What was made of them, or withdrawn again.")


class PassageArticleShape(Shape):
    uuid = serializers.UUIDField()
    title = serializers.CharField()
    publisher = serializers.CharField(allow_null=True)
    published_at = Time(allow_null=True)


class PlacedArticleShape(PassageArticleShape):
    start = serializers.IntegerField(help_text="Offset in code points.")
    end = serializers.IntegerField(help_text="Offset in code points, not included.")


class PlacedCaptureShape(Shape):
    uuid = serializers.UUIDField()
    source = serializers.UUIDField()  # type: ignore[assignment]  # a field of that name, not where its value is
    url = serializers.CharField(help_text="The source’s address.")
    title = serializers.CharField()
    fetched_at = Time()
    start = serializers.IntegerField(help_text="Offset in code points.")
    end = serializers.IntegerField(help_text="Offset in code points, not included.")


class PassageDecisionShape(Shape):
    annotator = serializers.CharField(help_text="Pseudonym.")
    state = serializers.ChoiceField(QuoteDecision.State.choices)
    relation = serializers.CharField(help_text="Empty: as it was found.")
    direction = serializers.CharField(help_text="Empty: as it was found.")
    note = serializers.CharField()
    version = serializers.IntegerField(help_text="Send it as base_version with a change.")
    decided_at = Time()


class PassageShape(Shape):
    key = serializers.UUIDField()
    start = serializers.IntegerField(help_text="Offset in code points, in the text one looks from.")
    end = serializers.IntegerField(help_text="Offset in code points, not included.")
    other = PlacedArticleShape(
        allow_null=True, help_text="The other article, and where the passage stands in it; null for one in a capture."
    )
    capture = PlacedCaptureShape(
        allow_null=True, help_text="The capture, and where the passage stands in it; null for one in an article."
    )
    is_source = serializers.BooleanField(help_text="Whether one looks from the first text; direction counts from it.")
    n_words = serializers.IntegerField(help_text="Equal words; 0 where it was linked by hand.")
    score = serializers.FloatField(allow_null=True, help_text="Share of equal words, 0 to 1.")
    relation = serializers.ChoiceField(QuoteLink.Relation.choices)
    direction = serializers.ChoiceField(QuoteLink.Direction.choices)
    ground = serializers.ChoiceField(QuoteLink.Ground.choices, help_text="What the direction rests on.")
    found_by = serializers.CharField()
    made_by = serializers.CharField(allow_null=True, help_text="Pseudonym of whoever linked it by hand.")
    parts = serializers.ListField(
        child=serializers.ListField(child=serializers.IntegerField()),
        help_text="The runs of a joined quotation: start and end in the first text, then in the second.",
    )
    state = serializers.ChoiceField(QuoteDecision.State.choices)
    own = PassageDecisionShape(allow_null=True)
    others = PassageDecisionShape(many=True, help_text="What others decided, where one may see it.")


class SignShape(Shape):
    start = serializers.IntegerField()
    end = serializers.IntegerField()
    n_articles = serializers.IntegerField()
    n_sources = serializers.IntegerField(help_text="Sources in captures of which it stands.")
    passages = serializers.ListField(child=serializers.UUIDField())


class PassagesShape(Shape):
    signs = SignShape(many=True)
    not_held = serializers.ListField(
        child=serializers.DictField(),
        required=False,
        help_text="Sources that are named where passages stand, and are not here; only in this list.",
    )
    results = PassageShape(many=True)


class BesideShape(Shape):
    related = RelatedShape()
    talk = TalkShape()
    passages = PassagesShape()
    live = LiveShape(allow_null=True)
    people = serializers.ListField(
        child=serializers.CharField(), allow_null=True, help_text="Others who have the article open."
    )


class NotHeldShape(Shape):
    key = serializers.UUIDField(help_text="Of the source in this project.")
    name = serializers.CharField()
    url = serializers.CharField()
    cited_by = serializers.ListField(child=serializers.DictField(), help_text="The articles that name it.")


class CapturePlaceShape(Shape):
    capture = PlacedCaptureShape()
    quote = serializers.CharField()
    asked_start = serializers.IntegerField()
    asked_end = serializers.IntegerField()
    n_words = serializers.IntegerField()
    score = serializers.FloatField()
    relation = serializers.ChoiceField(QuoteLink.Relation.choices)


class GroupShape(Shape):
    key = serializers.UUIDField(help_text="Of one of its pairs, that of most words.")
    n_articles = serializers.IntegerField()
    n_sources = serializers.IntegerField(help_text="Sources in captures of which it stands, beside the articles.")
    n_words = serializers.IntegerField(help_text="Equal words of that pair; 0 where it was linked by hand.")
    quote = serializers.CharField(help_text="As the earliest article has it.")
    articles = PlacedArticleShape(many=True, help_text="The earliest first, at most 100, and where it stands in them.")
    captures = PlacedCaptureShape(many=True, help_text="The same of captures, of each source the newest as a rule.")
    not_held = NotHeldShape(many=True, help_text="Sources that are named where it stands, and are not in the corpus.")


class GroupsShape(Shape):
    total = serializers.IntegerField()
    is_cut = serializers.BooleanField(help_text="Whether there are more pairs than were looked at.")
    results = GroupShape(many=True)


class PassagePairShape(PassageShape):
    article = PassageArticleShape()
    quote = serializers.CharField()
    other_quote = serializers.CharField()
    pieces = WordingPieceShape(many=True)
    other_pieces = WordingPieceShape(many=True)


class FoundPlaceShape(Shape):
    article = PlacedArticleShape()
    version_uuid = serializers.UUIDField()
    quote = serializers.CharField()
    asked_start = serializers.IntegerField(help_text="Which part of what was asked for stands there.")
    asked_end = serializers.IntegerField()
    n_words = serializers.IntegerField(help_text="Equal words.")
    score = serializers.FloatField(help_text="Share of equal words, 0 to 1.")
    relation = serializers.ChoiceField(QuoteLink.Relation.choices)


class PlacesShape(Shape):
    n_common = serializers.IntegerField(help_text="Runs that are too common to look at.")
    results = FoundPlaceShape(many=True)
    captures = CapturePlaceShape(many=True, help_text="Where it stands in captures that one may see.")
    not_held = NotHeldShape(many=True, help_text="Sources that are named where it stands, and are not in the corpus.")


class SameTextShape(Shape):
    uuid = serializers.UUIDField()
    title = serializers.CharField()


class ReachShape(Shape):
    texts = serializers.IntegerField()
    captures = serializers.IntegerField()
    exports = serializers.IntegerField(help_text="Results of exports that may hold the words, and expire.")
    files_removed = serializers.ListField(child=serializers.CharField(), help_text="Stored files that hold only it.")
    files_kept = serializers.ListField(
        child=serializers.CharField(),
        help_text="Stored files that hold other articles too, and keep its words unless `deletes_files` is sent.",
    )
    same_text = SameTextShape(many=True, help_text="Other articles of the project that hold one of its very texts.")


class WithholdingShape(Shape):
    uuid = serializers.UUIDField()
    demanded_by = serializers.CharField()
    reason = serializers.CharField()
    created_at = Time()
    counts = serializers.DictField(child=serializers.IntegerField(), help_text="Rows that lost words, by their kind.")


class DeletedProjectShape(Shape):
    uuid = serializers.UUIDField()
    slug = serializers.CharField()
    name = serializers.CharField()
    deleted_at = Time()
    until = Time(help_text="So long it can be restored.")


class DeletedProjectsShape(Shape):
    results = DeletedProjectShape(many=True)


class RestoredProjectShape(Shape):
    uuid = serializers.UUIDField()
    slug = serializers.CharField()
    name = serializers.CharField()


class PlaceNamingShape(Shape):
    kind = serializers.CharField(help_text="What the text is: a comment, a claim, the guidelines and so on.")
    words = serializers.CharField()
    key = serializers.CharField(help_text="UUID of the row; of guidelines, their version.")
    article = serializers.UUIDField(allow_null=True)
    claim = serializers.UUIDField(allow_null=True)
    by = serializers.CharField(allow_null=True, help_text="Pseudonym of its writer.")


class PlacesNamingShape(Shape):
    results = PlaceNamingShape(many=True)


class ErasureShape(Shape):
    uuid = serializers.UUIDField()
    pseudonym = serializers.CharField()
    ordered_at = Time()
    finished_at = Time(allow_null=True)
    receipt = serializers.DictField(help_text="What was erased, how much and when. Empty while it is under way.")
    sha256 = serializers.CharField(allow_null=True, help_text="Of the receipt as JSON with sorted keys, no spaces.")


class OwnDataShape(Shape):
    uuid = serializers.UUIDField()
    state = serializers.ChoiceField(Job.State.choices)
    is_ready = serializers.BooleanField()
    bytes = serializers.IntegerField(allow_null=True)
    until = Time(allow_null=True)


class OwnErasureShape(Shape):
    asked_at = Time(allow_null=True)
