"""What the API answers, described for the OpenAPI document. The values are built in `representations.py`."""

from __future__ import annotations

from rest_framework import serializers

from annotations.models import Annotation, Assignment, ClaimMention, EvidenceItem


class Time(serializers.DateTimeField):
    """A time in UTC with microseconds and Z."""


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


class MentionShape(JudgementShape):
    key = serializers.UUIDField()
    claim = serializers.UUIDField(help_text="Key of the claim.")
    annotation = serializers.UUIDField(help_text="Key of the annotation.")
    stance = serializers.ChoiceField(ClaimMention.Stance.choices)


class EvidenceShape(JudgementShape):
    key = serializers.UUIDField()
    claim = serializers.UUIDField(help_text="Key of the claim.")
    url = serializers.CharField()
    title = serializers.CharField()
    stance = serializers.ChoiceField(EvidenceItem.Stance.choices)
    quote = serializers.CharField()
    note = serializers.CharField()


class ClaimShape(JudgementShape):
    key = serializers.UUIDField()
    text = serializers.CharField()
    mentions = MentionShape(many=True)
    evidence = EvidenceShape(many=True)


class WorkShape(Shape):
    results = AnnotationShape(many=True)
    claims = ClaimShape(many=True)


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


class OwnAssignmentShape(Shape):
    assignment = AssignmentShape()
