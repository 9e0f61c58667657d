"""Claims, where articles express them, and the evidence gathered for and against them."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .articles import ArticleVersion, Source
from .constraints import check, made_by_job, one_of, unique, web_address
from .judgements import Annotation, Judgement, Revision
from .projects import Membership, Project
from .sources import Capture


class Claim(Judgement):
    """One row is a checkable statement in normal form.

    Empty means that nobody said it. `claim_type` has AVeriTeC's types and some that newsrooms name besides;
    `check_worthiness` is what ClaimBuster tells apart: no facts to check (NFS), facts that matter little (UFS), facts
    worth checking (CFS). Evidence that was published after `evidence_cutoff` does not count.
    """

    class Type(models.TextChoices):
        EVENT = "event", _("event or property")
        NUMERICAL = "numerical", _("numbers")
        CAUSAL = "causal", _("cause and effect")
        QUOTATION = "quotation", _("who said what")
        POSITION = "position", _("somebody’s position")
        MEDIA = "media", _("picture, film or document")
        PREDICTION = "prediction", _("prediction")
        OPINION = "opinion", _("opinion")

    class CheckWorthiness(models.TextChoices):
        NOT_CHECKABLE = "not_checkable", _("not checkable")
        UNIMPORTANT = "unimportant", _("checkable, but unimportant")
        WORTH_CHECKING = "worth_checking", _("worth checking")

    text = models.TextField(_("claim"))
    claimant = models.CharField(_("claimant"), max_length=300, blank=True)
    claim_date = models.DateField(_("date of the claim"), null=True, blank=True)
    claim_type = models.CharField(_("type of claim"), max_length=16, choices=Type, blank=True, db_default="")
    check_worthiness = models.CharField(
        _("check-worthiness"), max_length=16, choices=CheckWorthiness, blank=True, db_default=""
    )
    evidence_cutoff = models.DateField(_("evidence until"), null=True, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    created_by_job = made_by_job()

    class Meta:
        verbose_name = _("claim")
        verbose_name_plural = _("claims")
        ordering = ["project_id", "id"]
        constraints = [
            unique("claim_key", "project", "key", message="A claim has this key already."),
            unique("claim_in_project", "id", "project", message="One row a claim."),
            check("claim_text_given", ~Q(text=""), "A claim needs a text."),
            one_of(
                "claim_type",
                "claim_type",
                ["", "event", "numerical", "causal", "quotation", "position", "media", "prediction", "opinion"],
            ),
            one_of(
                "claim_check_worthiness", "check_worthiness", ["", "not_checkable", "unimportant", "worth_checking"]
            ),
        ]

    def __str__(self) -> str:
        return self.text[:80]


class ClaimDesk(models.Model):
    """One row is where the work on a claim stands: a claim without one is new, nobody's, and due at no time.

    Kept apart from the claim, whose owner need not learn in a blind project that others work on it. `merged_into` is
    the key of the claim that stands for this one; `version_number` counts every change, a new verdict too.
    """

    class State(models.TextChoices):
        NEW = "new", _("new")
        IN_CHECK = "in_check", _("in check")
        IN_SECOND_REVIEW = "in_second_review", _("in second review")
        PUBLISHED = "published", pgettext_lazy("state of a claim", "published")
        CORRECTED = "corrected", _("corrected")
        DROPPED = "dropped", _("dropped")

    project = models.ForeignKey(Project, models.PROTECT, related_name="+")
    claim = models.OneToOneField(Claim, models.PROTECT, related_name="desk")
    state = models.CharField(_("state"), max_length=16, choices=State, default=State.NEW)
    assignee = models.ForeignKey(Membership, models.PROTECT, null=True, blank=True, related_name="+")
    due_on = models.DateField(_("due"), null=True, blank=True)
    merged_into = models.UUIDField(null=True, blank=True)
    version_number = models.PositiveIntegerField(default=1)
    changed_by = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("work on a claim")
        verbose_name_plural = _("work on claims")
        ordering = ["claim_id"]
        constraints = [
            one_of(
                "claim_desk_state",
                "state",
                ["new", "in_check", "in_second_review", "published", "corrected", "dropped"],
            ),
        ]
        indexes = [
            models.Index(fields=["project", "state"], name="claim_desk_by_state"),
            models.Index(
                fields=["project", "merged_into"],
                name="claim_desk_by_merge",
                condition=Q(merged_into__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.state


class ClaimMention(Judgement):
    """One row says that an annotation expresses a claim, and the stance its article takes."""

    class Stance(models.TextChoices):
        ASSERTS = "asserts", _("asserts")
        REPORTS = "reports", _("reports")
        DENIES = "denies", _("denies")

    claim = models.ForeignKey(Claim, models.PROTECT, related_name="mentions")
    annotation = models.ForeignKey(Annotation, models.PROTECT, related_name="mentions")
    stance = models.CharField(max_length=8, choices=Stance, default=Stance.ASSERTS)
    created_by_job = made_by_job()

    class Meta:
        verbose_name = _("mention of a claim")
        verbose_name_plural = _("mentions of claims")
        ordering = ["claim_id", "id"]
        constraints = [
            unique("claim_mention_key", "project", "key", message="A mention has this key already."),
            unique("claim_mention_in_project", "id", "project", message="One row a mention."),
            unique(
                "claim_mention_once",
                "claim",
                "annotation",
                "created_by",  # one of another's must not show through in a blind project
                message=_("This annotation expresses the claim already."),
                condition=Q(withdrawn_at__isnull=True),
            ),
            one_of("claim_mention_stance", "stance", ["asserts", "reports", "denies"]),
        ]


class EvidenceSet(models.Model):
    """One row is a set of evidence that holds together; the sets of a claim are alternatives."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="+")
    claim = models.ForeignKey(Claim, models.PROTECT, related_name="evidence_sets")
    n = models.PositiveSmallIntegerField(default=1)

    class Meta:
        ordering = ["claim_id", "n"]
        constraints = [
            unique("evidence_set_n", "claim", "n", message="The claim has this evidence set already."),
            unique("evidence_set_in_project", "id", "project", message="One row an evidence set."),
        ]


class EvidenceItem(Judgement):
    """One row is evidence for, against or neutral to a claim: a source with what it says, a passage, or an enquiry.

    A passage stands in a version of an article, or in a capture of the source; `length`, `start`, `end` are of that.

    `title` is what its owner calls the page; what the page itself says belongs to the source. `question` is what was
    asked, of a source or, where there is none, of somebody; `quote` then holds the answer. Who was asked, and when,
    who had to answer by when, and did, stands in `asked_*` and `answer*`. Pieces with the same `origin` come from one
    origin, and count as one that is independent.
    """

    class Strength(models.TextChoices):
        WEAK = "weak", pgettext_lazy("strength of evidence", "weak")
        FAIR = "fair", pgettext_lazy("strength of evidence", "fair")
        STRONG = "strong", pgettext_lazy("strength of evidence", "strong")

    class Stance(models.TextChoices):
        SUPPORTS = "supports", _("supports")
        REFUTES = "refutes", _("refutes")
        NEUTRAL = "neutral", _("unclear")

    evidence_set = models.ForeignKey(EvidenceSet, models.PROTECT, related_name="items")
    source = models.ForeignKey(Source, models.PROTECT, null=True, blank=True, related_name="evidence")
    url = models.URLField(_("address"), max_length=2000, blank=True)
    version = models.ForeignKey(ArticleVersion, models.PROTECT, null=True, blank=True, related_name="used_as_evidence")
    capture = models.ForeignKey(Capture, models.PROTECT, null=True, blank=True, related_name="evidence")
    length = models.PositiveIntegerField(null=True, blank=True)
    start = models.PositiveIntegerField(null=True, blank=True)
    end = models.PositiveIntegerField(null=True, blank=True)
    title = models.CharField(_("title"), max_length=1000, blank=True)
    stance = models.CharField(_("stance"), max_length=8, choices=Stance, default=Stance.SUPPORTS)
    quote = models.TextField(_("quote"), blank=True)
    note = models.TextField(_("note"), blank=True)
    question = models.TextField(_("question"), blank=True)
    strength = models.CharField(_("strength"), max_length=6, choices=Strength, blank=True, db_default="")
    origin = models.CharField(_("origin"), max_length=200, blank=True, db_default="")
    asked_whom = models.CharField(_("asked whom"), max_length=300, blank=True, db_default="")
    asked_on = models.DateField(_("asked on"), null=True, blank=True)
    answer_by = models.DateField(_("answer asked for by"), null=True, blank=True)
    answered_on = models.DateField(_("answered on"), null=True, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    created_by_job = made_by_job()

    class Meta:
        verbose_name = _("evidence")
        verbose_name_plural = _("evidence")
        ordering = ["evidence_set_id", "id"]
        constraints = [
            unique("evidence_item_key", "project", "key", message="Evidence has this key already."),
            unique("evidence_item_in_project", "id", "project", message="One row a piece of evidence."),
            web_address("evidence_item_url_scheme", may_be_empty=True),
            one_of("evidence_item_stance", "stance", ["supports", "refutes", "neutral"]),
            one_of("evidence_item_strength", "strength", ["", "weak", "fair", "strong"]),
            check(
                "evidence_item_points_somewhere",
                Q(source__isnull=False, version__isnull=True)
                | Q(source__isnull=True, version__isnull=False)
                | (Q(source__isnull=True, version__isnull=True) & ~Q(question="")),
                "Evidence is a source, a passage of an article, or an enquiry with its question.",
            ),
            check(
                "evidence_item_span",
                Q(version__isnull=True, capture__isnull=True, length__isnull=True, start__isnull=True, end__isnull=True)
                | Q(
                    Q(version__isnull=False) | Q(capture__isnull=False),
                    length__isnull=False,
                    start__gte=0,
                    start__lt=F("end"),
                    end__lte=F("length"),
                ),
                "The passage lies outside its text: 0 <= start < end <= length.",
            ),
            check(
                "evidence_item_capture_of_source",
                Q(capture__isnull=True)
                | Q(
                    Q(end=F("start") + Length("quote")) | Q(quote=""),
                    source__isnull=False,
                    version__isnull=True,
                ),
                "A passage of a capture names its source, and its quote is as long as its span.",
            ),
        ]


class ClaimRevision(Revision):
    """One row is a superseded state of a claim."""

    claim = models.ForeignKey(Claim, models.PROTECT, related_name="revisions")
    text = models.TextField()
    claimant = models.CharField(max_length=300, blank=True)
    claim_date = models.DateField(null=True, blank=True)
    claim_type = models.CharField(max_length=16, blank=True, db_default="")
    check_worthiness = models.CharField(max_length=16, blank=True, db_default="")
    evidence_cutoff = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["claim_id", "version_number"]
        constraints = [
            unique(
                "claim_revision_number",
                "claim",
                "version_number",
                message="This state of the claim is kept already.",
            )
        ]


class MentionRevision(Revision):
    """One row is a superseded state of a mention of a claim."""

    mention = models.ForeignKey(ClaimMention, models.PROTECT, related_name="revisions")
    stance = models.CharField(max_length=8)

    class Meta:
        ordering = ["mention_id", "version_number"]
        constraints = [
            unique(
                "mention_revision_number",
                "mention",
                "version_number",
                message="This state of the mention is kept already.",
            )
        ]


class EvidenceRevision(Revision):
    """One row is a superseded state of a piece of evidence."""

    evidence = models.ForeignKey(EvidenceItem, models.PROTECT, related_name="revisions")
    source = models.ForeignKey(Source, models.PROTECT, null=True, blank=True, related_name="+")
    url = models.URLField(max_length=2000, blank=True)
    title = models.CharField(max_length=1000, blank=True)
    stance = models.CharField(max_length=8)
    quote = models.TextField(blank=True)
    note = models.TextField(blank=True)
    question = models.TextField(blank=True)
    strength = models.CharField(max_length=6, blank=True, db_default="")
    origin = models.CharField(max_length=200, blank=True, db_default="")
    asked_whom = models.CharField(max_length=300, blank=True, db_default="")
    asked_on = models.DateField(null=True, blank=True)
    answer_by = models.DateField(null=True, blank=True)
    answered_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["evidence_id", "version_number"]
        constraints = [
            unique(
                "evidence_revision_number",
                "evidence",
                "version_number",
                message="This state of the evidence is kept already.",
            )
        ]
