"""Passages that stand in two texts, what each member decided about them, and the index by which they are found."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .articles import ArticleVersion
from .constraints import check, made_by_job, one_of, unique
from .projects import Membership, Project
from .sources import Capture


class Fingerprint(models.Model):
    """One row says that a text holds a run of words, or a block, by its hash, in which the project is mixed.

    Written and read by `reuse.index` alone. No foreign key: there are two hundred rows a text. What is no longer a
    current text is passed over. Captures have their ids counted down from zero.
    """

    pk = models.CompositePrimaryKey("hash", "version_id")
    hash = models.BigIntegerField()
    version_id = models.BigIntegerField()

    class Meta:
        db_table = "annotations_fingerprint"


class IndexedTextManager(models.Manager["IndexedText"]):
    """Notes which texts are to be indexed anew."""

    def outdate(self, version_ids: Iterable[int]) -> None:
        """Let texts be indexed and compared anew by the next job, as what is left out of them changed; 1 query."""
        self.filter(pk__in=list(version_ids)).update(method="")


class IndexedText(models.Model):
    """One row says that a text is in the index, by which method, and under which hashes (whole numbers of 8 bytes).

    The text of a capture has its capture's id, counted down from zero. Without a method it is to be indexed anew.
    `quotations_by` names the rule by which the quotations in it were looked up, empty where they were not.
    """

    version_id = models.BigIntegerField(primary_key=True)
    project = models.ForeignKey(Project, models.PROTECT, related_name="+")
    method = models.CharField(max_length=40)
    hashes = models.BinaryField()
    indexed_at = models.DateTimeField(default=timezone.now, editable=False)
    quotations_by = models.CharField(max_length=40, blank=True, default="", db_default="")

    objects = IndexedTextManager()

    def __str__(self) -> str:
        return self.method


class QuoteLink(models.Model):
    """One row says that a passage of one text stands in another too, or in a capture: that is always the second.

    Spans in code points, half-open, of either text; `parts` lists the runs of a joined quotation, each as the four
    offsets from, from, to, to. With `made_by` a member linked them by hand, else `found_by` names the method; with
    `created_by_job` it was another tool's. The row does not change; what people think of it are its decisions.
    `direction` forward: the second text took it from the first. `boilerplate_share` is how much of another
    tool's cluster was printed again by its own outlet, where that tool said so.
    """

    class Relation(models.TextChoices):
        VERBATIM = "verbatim", _("verbatim")
        TRIMMED = "trimmed", _("trimmed")
        JOINED = "joined", _("joined")
        ALTERED = "altered", _("altered")
        PARAPHRASED = "paraphrased", _("paraphrased")
        REATTRIBUTED = "re-attributed", _("attributed to somebody else")
        TRANSLATED = "translated", _("differently translated")

    class Direction(models.TextChoices):
        UNKNOWN = "unknown", _("not known who took it from whom")
        FORWARD = "forward", _("the second took it from the first")
        BACKWARD = "backward", _("the first took it from the second")
        COMMON = "common", _("both took it from elsewhere")

    class Ground(models.TextChoices):
        NONE = "", _("no ground")
        CITATION = "citation", _("the excerpt names its publisher")
        LINK = "link", _("it links to the article")
        DATE = "date", _("it is dated later")
        PERSON = "person", _("a person said so")

    key = models.UUIDField(default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, models.PROTECT, related_name="+")
    from_version = models.ForeignKey(ArticleVersion, models.PROTECT, related_name="passages_from")
    from_length = models.PositiveIntegerField()
    from_start = models.PositiveIntegerField()
    from_end = models.PositiveIntegerField()
    to_version = models.ForeignKey(ArticleVersion, models.PROTECT, null=True, blank=True, related_name="passages_to")
    to_capture = models.ForeignKey(Capture, models.PROTECT, null=True, blank=True, related_name="passages")
    to_length = models.PositiveIntegerField()
    to_start = models.PositiveIntegerField()
    to_end = models.PositiveIntegerField()
    parts = models.JSONField(default=list, blank=True)
    n_words = models.PositiveIntegerField(_("equal words"), default=0)
    score = models.FloatField(_("score"), null=True, blank=True)
    relation = models.CharField(_("relation"), max_length=13, choices=Relation)
    direction = models.CharField(_("direction"), max_length=8, choices=Direction, default=Direction.UNKNOWN)
    ground = models.CharField(_("ground"), max_length=8, choices=Ground, default=Ground.NONE, blank=True)
    found_by = models.CharField(_("found by"), max_length=40, blank=True)
    boilerplate_share = models.FloatField(_("share of boilerplate"), null=True, blank=True)
    made_by = models.ForeignKey(Membership, models.PROTECT, null=True, blank=True, related_name="+")
    created_by_job = models.ForeignKey(
        "annotations.Job", models.PROTECT, null=True, blank=True, related_name="+", db_index=False, db_constraint=False
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("shared passage")
        verbose_name_plural = _("shared passages")
        ordering = ["from_version_id", "from_start", "id"]
        constraints = [
            unique("quote_link_key", "project", "key", message="A shared passage has this key already."),
            unique("quote_link_in_project", "id", "project", message="One row a shared passage."),
            check(
                "quote_link_from_span",
                Q(from_start__gte=0, from_start__lt=F("from_end"), from_end__lte=F("from_length")),
                "The first passage lies outside its text.",
            ),
            check(
                "quote_link_to_span",
                Q(to_start__gte=0, to_start__lt=F("to_end"), to_end__lte=F("to_length")),
                "The second passage lies outside its text.",
            ),
            check(
                "quote_link_one_target",
                Q(to_version__isnull=False, to_capture__isnull=True)
                | Q(to_version__isnull=True, to_capture__isnull=False),
                "A passage stands in another text or in a capture.",
            ),
            check("quote_link_two_texts", ~Q(from_version=F("to_version")), "A passage is linked to another text."),
            one_of(
                "quote_link_relation",
                "relation",
                ["verbatim", "trimmed", "joined", "altered", "paraphrased", "re-attributed", "translated"],
            ),
            one_of("quote_link_direction", "direction", ["unknown", "forward", "backward", "common"]),
            one_of("quote_link_ground", "ground", ["", "citation", "link", "date", "person"]),
            check(
                "quote_link_says_by_whom",
                Q(made_by__isnull=True) & ~Q(found_by="") | Q(made_by__isnull=False, found_by=""),
                "A shared passage was found by a method or made by a person.",
            ),
        ]

    def __str__(self) -> str:
        return str(self.key)


class QuoteDecision(models.Model):
    """One row is what one member thinks of a shared passage; no row, or `open`, is no decision yet.

    `relation` and `direction` are theirs where they differ from what was found, else empty. The states before are its
    revisions.
    """

    class State(models.TextChoices):
        OPEN = "open", _("open")
        CONFIRMED = "confirmed", _("confirmed")
        REJECTED = "rejected", _("rejected")

    project = models.ForeignKey(Project, models.PROTECT, related_name="+", db_index=False)
    link = models.ForeignKey(QuoteLink, models.PROTECT, related_name="decisions", db_index=False)
    decided_by = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    state = models.CharField(_("state"), max_length=10, choices=State)
    relation = models.CharField(_("relation"), max_length=13, choices=QuoteLink.Relation, blank=True)
    direction = models.CharField(_("direction"), max_length=8, choices=QuoteLink.Direction, blank=True)
    note = models.TextField(_("note"), blank=True)
    version_number = models.PositiveIntegerField(default=1)
    decided_at = models.DateTimeField(default=timezone.now)
    created_by_job = made_by_job()

    class Meta:
        verbose_name = _("decision about a shared passage")
        verbose_name_plural = _("decisions about shared passages")
        constraints = [
            unique(
                "quote_decision_once",
                "link",
                "decided_by",
                message="This person has decided about this passage already.",
            ),
            one_of("quote_decision_state", "state", ["open", "confirmed", "rejected"]),
            check("quote_decision_version", Q(version_number__gte=1), "Versions count from 1."),
        ]

    def __str__(self) -> str:
        return self.state


class QuoteDecisionRevision(models.Model):
    """One row is a superseded state of a decision about a shared passage."""

    decision = models.ForeignKey(QuoteDecision, models.PROTECT, related_name="revisions")
    version_number = models.PositiveIntegerField()
    state = models.CharField(max_length=10)
    relation = models.CharField(max_length=13, blank=True)
    direction = models.CharField(max_length=8, blank=True)
    note = models.TextField(blank=True)
    decided_at = models.DateTimeField()
    replaced_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["decision_id", "version_number"]
        constraints = [
            unique(
                "quote_decision_revision_number",
                "decision",
                "version_number",
                message="This state of the decision is kept already.",
            )
        ]

    def __str__(self) -> str:
        return str(self.version_number)
