"""Who says a quotation and through whom; where its words stand too; and what a project counts as one spelling."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .articles import ArticleVersion, Publisher
from .constraints import check, made_by_job, one_of, quote_fits, span_bounds, unique, web_address
from .judgements import Annotation, Judgement, Revision
from .projects import Membership, Project
from .sources import Capture


class Speaker(models.Model):
    """One row is somebody who is quoted, known in a project by name.

    The key follows from project and folded name, so that naming somebody tells nobody whether they were known before.
    `merged_into` is who stands for them. Where work is blind they are seen through attributions that one may see.
    """

    key = models.UUIDField(default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, models.PROTECT, related_name="speakers")
    name = models.CharField(_("name"), max_length=300)
    note = models.TextField(_("note"), blank=True)
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="merged")
    version_number = models.PositiveIntegerField(default=1)
    created_by_job = made_by_job()
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("speaker")
        verbose_name_plural = _("speakers")
        ordering = ["name", "id"]
        constraints = [
            unique("speaker_key", "project", "key", message="This speaker is known already."),
            unique("speaker_in_project", "id", "project", message="One row a speaker."),
            check("speaker_name_given", ~Q(name=""), "A speaker has a name."),
            check(
                "speaker_merged_into_another",
                Q(merged_into__isnull=True) | ~Q(merged_into=F("id")),
                "A speaker is not merged into themselves.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class SpeakerRevision(models.Model):
    """One row is a superseded state of a speaker: name, note, and into whom they were merged."""

    speaker = models.ForeignKey(Speaker, models.PROTECT, related_name="revisions")
    version_number = models.PositiveIntegerField()
    name = models.CharField(max_length=300)
    note = models.TextField(blank=True)
    merged_into = models.ForeignKey(Speaker, models.PROTECT, null=True, blank=True, related_name="+")
    replaced_by = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    replaced_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["speaker_id", "version_number"]
        constraints = [
            unique(
                "speaker_revision_number",
                "speaker",
                "version_number",
                message="This state of the speaker is kept already.",
            )
        ]

    def __str__(self) -> str:
        return str(self.version_number)


class Attribution(Judgement):
    """One row says who says the content of an annotation, by which words, and in whose voice the article has it.

    `speaker_name` is the name as it was written here; no speaker is one who is not named. `cue` are the words of
    saying; their place is empty where they do not stand in the text any more.
    """

    class Mode(models.TextChoices):
        DIRECT = "direct", _("direct speech")
        INDIRECT = "indirect", _("indirect speech")
        MIXED = "mixed", _("direct and indirect speech")

    class Voice(models.TextChoices):
        OWN = "own", _("the article itself")
        EXCERPT = "excerpt", _("an excerpt from another outlet")
        NAMED_SOURCE = "named_source", _("a source that is named")

    annotation = models.ForeignKey(Annotation, models.PROTECT, related_name="attributions")
    version = models.ForeignKey(ArticleVersion, models.PROTECT, related_name="attributions")
    length = models.PositiveIntegerField()
    speaker = models.ForeignKey(Speaker, models.PROTECT, null=True, blank=True, related_name="attributions")
    speaker_name = models.CharField(_("speaker"), max_length=300, blank=True)
    cue = models.CharField(_("cue"), max_length=300, blank=True)
    cue_start = models.PositiveIntegerField(null=True, blank=True)
    cue_end = models.PositiveIntegerField(null=True, blank=True)
    mode = models.CharField(_("speech"), max_length=8, choices=Mode, default=Mode.DIRECT)
    voice = models.CharField(_("carried by"), max_length=12, choices=Voice, default=Voice.OWN)
    voice_name = models.CharField(_("name of the source"), max_length=300, blank=True)
    note = models.TextField(_("note"), blank=True)
    created_by_job = made_by_job()

    class Meta:
        verbose_name = _("attribution")
        verbose_name_plural = _("attributions")
        ordering = ["version_id", "id"]
        constraints = [
            unique("attribution_key", "project", "key", message="An attribution has this key already."),
            unique(
                "attribution_once",
                "annotation",
                "created_by",
                message=_("This person has said already who says this."),
                condition=Q(withdrawn_at__isnull=True),
            ),
            one_of("attribution_mode", "mode", ["direct", "indirect", "mixed"]),
            one_of("attribution_voice", "voice", ["own", "excerpt", "named_source"]),
            check(
                "attribution_cue_span",
                Q(cue_start__isnull=True, cue_end__isnull=True)
                | Q(cue_start__gte=0, cue_start__lt=F("cue_end"), cue_end__lte=F("length")),
                "The cue lies outside its text.",
            ),
            check("attribution_version_positive", Q(version_number__gte=1), "Versions count from 1."),
        ]
        indexes = [models.Index(fields=["project", "stored_at", "id"], name="attribution_by_stored")]

    def __str__(self) -> str:
        return self.speaker_name


class AttributionRevision(Revision):
    """One row is a superseded state of an attribution."""

    attribution = models.ForeignKey(Attribution, models.PROTECT, related_name="revisions")
    speaker = models.ForeignKey(Speaker, models.PROTECT, null=True, blank=True, related_name="+")
    speaker_name = models.CharField(max_length=300, blank=True)
    cue = models.CharField(max_length=300, blank=True)
    cue_start = models.PositiveIntegerField(null=True, blank=True)
    cue_end = models.PositiveIntegerField(null=True, blank=True)
    mode = models.CharField(max_length=8)
    voice = models.CharField(max_length=12)
    voice_name = models.CharField(max_length=300, blank=True)
    note = models.TextField(blank=True)

    class Meta:
        ordering = ["attribution_id", "version_number"]
        constraints = [
            unique(
                "attribution_revision_number",
                "attribution",
                "version_number",
                message="This state of the attribution is kept already.",
            )
        ]


class Quotation(models.Model):
    """One row is a quotation that was looked up by a rule: an annotation, a zone, or one found by the marks around it.

    What was found are its matches; the state follows from those that somebody may see. `named_…` is the source that
    stands beside it, `is_held` that an article of this source is in the corpus. `long_words` are hashes of its two
    longest words, by which short quotations are found from texts that come later.
    """

    class Origin(models.TextChoices):
        ANNOTATION = "annotation", _("annotation")
        ZONE = "zone", _("excerpt")
        RULE = "rule", _("quotation marks")

    class State(models.TextChoices):
        VERBATIM = "verbatim", _("found verbatim")
        ALTERED = "altered", _("altered")
        NOT_FOUND = "not_found", _("not found")
        NOT_HELD = "not_held", _("not held")

    key = models.UUIDField(default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, models.PROTECT, related_name="quotations")
    version = models.ForeignKey(ArticleVersion, models.PROTECT, related_name="quotations")
    length = models.PositiveIntegerField()
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    quote = models.TextField(_("quotation"))
    n_words = models.PositiveIntegerField(_("words"))
    origin = models.CharField(_("found as"), max_length=10, choices=Origin)
    annotation = models.ForeignKey(Annotation, models.PROTECT, null=True, blank=True, related_name="quotations")
    speaker = models.CharField(_("speaker"), max_length=300, blank=True)
    named_publisher = models.ForeignKey(Publisher, models.PROTECT, null=True, blank=True, related_name="+")
    named_url = models.URLField(max_length=2000, blank=True)
    named_url_sha256 = models.BinaryField(max_length=32, null=True, blank=True)
    is_held = models.BooleanField(default=False)
    long_word = models.BigIntegerField(null=True, blank=True)
    long_word_too = models.BigIntegerField(null=True, blank=True)
    rule = models.CharField(_("rule"), max_length=40)
    checked_at = models.DateTimeField(_("looked up"), default=timezone.now)

    class Meta:
        verbose_name = _("quotation")
        verbose_name_plural = _("quotations")
        ordering = ["version_id", "start", "-end", "id"]
        constraints = [
            unique("quotation_key", "project", "key", message="A quotation has this key already."),
            unique("quotation_in_project", "id", "project", message="One row a quotation."),
            span_bounds("quotation_span"),
            quote_fits("quotation_quote_length"),
            one_of("quotation_origin", "origin", ["annotation", "zone", "rule"]),
            check(
                "quotation_of_annotation",
                Q(origin="annotation", annotation__isnull=False) | ~Q(origin="annotation") & Q(annotation__isnull=True),
                "A quotation that was annotated names its annotation.",
            ),
            web_address("quotation_named_url_scheme", "named_url", may_be_empty=True),
        ]
        indexes = [
            models.Index(fields=["project", "version", "start"], name="quotation_in_text"),
            models.Index(fields=["project", "long_word"], name="quotation_by_word"),
            models.Index(fields=["project", "long_word_too"], name="quotation_by_word_too"),
        ]

    def __str__(self) -> str:
        return self.quote[:80]


class QuotationMatch(models.Model):
    """One row says where the words of a quotation stand too: in an article's text or in a capture.

    Found by the rule, or, with `made_by`, shown by a person. `score` is the share of equal words.
    """

    key = models.UUIDField(default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, models.PROTECT, related_name="+")
    quotation = models.ForeignKey(Quotation, models.PROTECT, related_name="matches")
    version = models.ForeignKey(ArticleVersion, models.PROTECT, null=True, blank=True, related_name="+")
    capture = models.ForeignKey(Capture, models.PROTECT, null=True, blank=True, related_name="+")
    length = models.PositiveIntegerField()
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    is_verbatim = models.BooleanField(_("verbatim"))
    score = models.FloatField(_("score"))
    made_by = models.ForeignKey(Membership, models.PROTECT, null=True, blank=True, related_name="+")
    created_by_job = made_by_job()
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("place of a quotation")
        verbose_name_plural = _("places of quotations")
        ordering = ["quotation_id", "-is_verbatim", "-score", "id"]
        constraints = [
            unique("quotation_match_key", "quotation", "key", message="This place is known already."),
            unique("quotation_match_in_project", "id", "project", message="One row a place."),
            span_bounds("quotation_match_span"),
            check(
                "quotation_match_one_place",
                Q(version__isnull=False, capture__isnull=True) | Q(version__isnull=True, capture__isnull=False),
                "A quotation stands in a text or in a capture.",
            ),
            check("quotation_match_score", Q(score__gte=0, score__lte=1), "A score lies between 0 and 1."),
        ]


class QuotationDecision(models.Model):
    """One row is what one member thinks of a place: the original of the quotation, or not; `open` is no decision."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        ORIGINAL = "original", _("this is the original")
        NOT_ORIGINAL = "not_original", _("this is not the original")

    project = models.ForeignKey(Project, models.PROTECT, related_name="+", db_index=False)
    match = models.ForeignKey(QuotationMatch, models.PROTECT, related_name="decisions", db_index=False)
    decided_by = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    state = models.CharField(_("state"), max_length=12, choices=State)
    note = models.TextField(_("note"), blank=True)
    version_number = models.PositiveIntegerField(default=1)
    decided_at = models.DateTimeField(default=timezone.now)
    created_by_job = made_by_job()

    class Meta:
        verbose_name = _("decision about the place of a quotation")
        verbose_name_plural = _("decisions about places of quotations")
        constraints = [
            unique("quotation_decision_once", "match", "decided_by", message="This person has decided about it."),
            one_of("quotation_decision_state", "state", ["open", "original", "not_original"]),
            check("quotation_decision_version", Q(version_number__gte=1), "Versions count from 1."),
        ]

    def __str__(self) -> str:
        return self.state


class QuotationDecisionRevision(models.Model):
    """One row is a superseded state of a decision about the place of a quotation."""

    decision = models.ForeignKey(QuotationDecision, models.PROTECT, related_name="revisions")
    version_number = models.PositiveIntegerField()
    state = models.CharField(max_length=12)
    note = models.TextField(blank=True)
    decided_at = models.DateTimeField()
    replaced_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["decision_id", "version_number"]
        constraints = [
            unique(
                "quotation_decision_revision_number",
                "decision",
                "version_number",
                message="This state of the decision is kept already.",
            )
        ]

    def __str__(self) -> str:
        return str(self.version_number)


class Spelling(models.Model):
    """One row is words that a project counts as one: spellings of a name, as they are written; the first leads."""

    key = models.UUIDField(default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, models.PROTECT, related_name="spellings")
    words = models.JSONField(_("spellings"))
    version_number = models.PositiveIntegerField(default=1)
    created_by_job = made_by_job()
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("equivalent spellings")
        verbose_name_plural = _("equivalent spellings")
        ordering = ["project_id", "id"]
        constraints = [unique("spelling_key", "project", "key", message="Spellings have this key already.")]

    def __str__(self) -> str:
        return ", ".join(self.words)


class BoilerplateRuling(models.Model):
    """One row says of words, by their hash in the project, that they are boilerplate in any text of it, or are not."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="+")
    hash = models.BigIntegerField()
    quote = models.TextField(_("words"))
    is_boilerplate = models.BooleanField(_("boilerplate"), null=True)
    version_number = models.PositiveIntegerField(default=1)
    decided_by = models.ForeignKey(Membership, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(default=timezone.now)
    created_by_job = made_by_job()

    class Meta:
        verbose_name = _("ruling about boilerplate")
        verbose_name_plural = _("rulings about boilerplate")
        ordering = ["project_id", "id"]
        constraints = [unique("boilerplate_ruling_once", "project", "hash", message="These words are ruled about.")]

    def __str__(self) -> str:
        return self.quote[:80]
