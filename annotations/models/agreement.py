"""Agreement that was measured: a run, its figures, and what each text said in it."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .articles import ArticleVersion
from .constraints import check, unique
from .jobs import Job
from .projects import LabelSet, Membership, Project
from .rounds import Round


class AgreementRun(models.Model):
    """One row is one measuring of a project's agreement: what was asked, by which code, and what was left out.

    `labels`, `people` and `questions` say what was measured, in the order in which matrices, texts and answers number
    them; people are named as they were called then. With a `round` it is of the work of that round, else of the work
    that stands. `measured_at` is empty until the job has summed up.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, models.PROTECT, related_name="agreement_runs")
    job = models.OneToOneField(Job, models.PROTECT, related_name="agreement_run")
    requested_by = models.ForeignKey(Membership, models.PROTECT, null=True, blank=True, related_name="+")
    label_set = models.ForeignKey(LabelSet, models.PROTECT, null=True, blank=True, related_name="+")
    round = models.ForeignKey(Round, models.PROTECT, null=True, blank=True, related_name="+")
    options = models.JSONField(_("options"), default=dict, blank=True)
    seed = models.PositiveIntegerField(_("seed"), default=1)
    code_version = models.CharField(_("code version"), max_length=60)
    labels = models.JSONField(default=list, blank=True)
    people = models.JSONField(default=list, blank=True)
    questions = models.JSONField(default=list, blank=True, db_default=models.Value([], models.JSONField()))
    n_texts = models.PositiveIntegerField(default=0)
    n_compared = models.PositiveIntegerField(default=0)
    n_with_gold = models.PositiveIntegerField(default=0)
    left_out = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    measured_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("agreement run")
        verbose_name_plural = _("agreement runs")
        ordering = ["-id"]
        constraints = [unique("agreement_run_in_project", "id", "project", message="One row a run.")]

    def __str__(self) -> str:
        return str(self.uuid)


class AgreementFigure(models.Model):
    """One row is one figure of a run; `value` is empty where the measure is undefined, and `why` says the reason.

    `scope` is "all", or of what the figure is: "label:KEY", "pair:ONE/OTHER", "gold:ONE" or "time:PERIOD".
    `matrix` holds rows of own label, other's label and how often; an empty label is "marked nothing". One of a question
    about articles names its number among those of the run; its matrix holds answers, and that of numbers is empty.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    run = models.ForeignKey(AgreementRun, models.PROTECT, related_name="figures")
    n = models.PositiveIntegerField()
    measure = models.CharField(max_length=20)
    unit = models.CharField(max_length=10)
    scope = models.CharField(max_length=220)
    value = models.FloatField(null=True, blank=True)
    low = models.FloatField(null=True, blank=True)
    high = models.FloatField(null=True, blank=True)
    observed = models.FloatField(null=True, blank=True)
    expected = models.FloatField(null=True, blank=True)
    n_items = models.PositiveBigIntegerField(default=0)
    n_annotators = models.PositiveIntegerField(default=0)
    why = models.CharField(max_length=20, blank=True)
    matrix = models.JSONField(default=list, blank=True)
    question = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        verbose_name = _("figure of agreement")
        verbose_name_plural = _("figures of agreement")
        ordering = ["run_id", "n"]
        constraints = [
            unique("agreement_figure_n", "run", "n", message="The run has this figure already."),
            check(
                "agreement_figure_undefined",
                Q(value__isnull=False, why="") | (Q(value__isnull=True) & ~Q(why="")),
                "A figure has a value, or the reason why there is none.",
            ),
            check(
                "agreement_figure_interval",
                Q(low__isnull=True, high__isnull=True) | Q(low__lte=F("high")),
                "An interval ends where it begins, or after.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.measure} {self.scope}"


class AgreementText(models.Model):
    """One row is one text of a run: who counted (their numbers between commas), how they agreed, and a mark of it all.

    `digest` changes when anything changes that was counted. `of_pairs` holds the exact F1 of each two who have spans.
    """

    run = models.ForeignKey(AgreementRun, models.PROTECT, related_name="texts")
    project = models.ForeignKey(Project, models.PROTECT, related_name="+")
    version = models.ForeignKey(ArticleVersion, models.PROTECT, related_name="+")
    n_people = models.PositiveIntegerField()
    n_spans = models.PositiveIntegerField(default=0)
    has_gold = models.BooleanField(default=False)
    exact = models.FloatField(null=True, blank=True)
    overlap = models.FloatField(null=True, blank=True)
    character = models.FloatField(null=True, blank=True)
    alpha = models.FloatField(null=True, blank=True)
    people = models.TextField(blank=True)
    labels = models.TextField(blank=True)
    of_pairs = models.TextField(blank=True, default="", db_default="")
    digest = models.BinaryField(max_length=32)
    handed_in_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("text of an agreement run")
        verbose_name_plural = _("texts of agreement runs")
        ordering = ["run_id", "overlap", "exact", "id"]
        constraints = [unique("agreement_text_once", "run", "version", message="The run has this text already.")]
        indexes = [models.Index(fields=["run", "overlap", "exact", "id"], name="agreement_text_hardest")]


class AgreementAnswer(models.Model):
    """One row is what people answered to one question on one text of a run, and how far they are apart.

    `answers` has the number of each person after a "p", or "g" for gold, and the place of the value among those of the
    question; of a number, its millionths. A no-or-yes question has rows only where anybody says yes.
    """

    text = models.ForeignKey(AgreementText, models.PROTECT, related_name="answers")
    question = models.PositiveIntegerField()
    n_people = models.PositiveIntegerField()
    apart = models.FloatField(null=True, blank=True)
    answers = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name = _("answers to a question, as measured")
        verbose_name_plural = _("answers to questions, as measured")
        ordering = ["text_id", "question"]
        constraints = [unique("agreement_answer_once", "text", "question", message="One row a text and question.")]


class AgreementPart(models.Model):
    """One row is what some texts of a run added up to, kept until the run is summed up."""

    run = models.ForeignKey(AgreementRun, models.PROTECT, related_name="parts")
    n = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        ordering = ["run_id", "n"]
        constraints = [unique("agreement_part_n", "run", "n", message="The run has this part already.")]
