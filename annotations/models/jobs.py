"""Long runs in the background; these rows are the truth, a broker only wakes workers."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .articles import RawFile
from .constraints import check, one_of, unique
from .projects import Membership, Project

MAY_LACK_PROJECT = bool("for those about a person, or removing a project")
"""Whoever does a job of another kind may rely on its project; so this is no plain True, which types would go by."""


class Job(models.Model):
    """One row is a long background run with its progress. Those of no project are about a person, or remove a project.

    `stage_at` and `stage_done` say when the present stage began and what was done by then: the pace is told from them.
    """

    class Kind(models.TextChoices):
        IMPORT = "import", _("import")
        EXPORT = "export", _("export")
        UNDO = "undo", _("undoing of an import")
        SUGGEST = "suggest", _("suggestions")
        ZONES = "zones", _("zones in many articles")
        AGREEMENT = "agreement", _("agreement")
        REUSE = "reuse", _("shared passages")
        LABELS = "labels", _("merging of labels")
        FETCH = "fetch", _("fetching of a page")
        ROUND = "round", _("articles for a round")
        GIVING = "giving", _("giving of articles")
        ERASING = "erasing", _("erasing of a person")
        OWN_DATA = "own_data", _("download of one’s own data")
        REMOVAL = "removal", _("removal of a project")
        STORIES = "stories", _("suggested stories")

    class State(models.TextChoices):
        QUEUED = "queued", _("waiting")
        RUNNING = "running", _("running")
        CANCELLING = "cancelling", _("being cancelled")
        DONE = "done", _("done")
        DONE_WITH_PROBLEMS = "done_with_problems", _("done, with problems")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    ENDED = (State.DONE, State.DONE_WITH_PROBLEMS, State.FAILED, State.CANCELLED)

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, models.PROTECT, null=MAY_LACK_PROJECT, blank=True, related_name="jobs")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    state = models.CharField(_("state"), max_length=20, choices=State, default=State.QUEUED)
    requested_by = models.ForeignKey(Membership, models.PROTECT, null=True, blank=True, related_name="jobs")
    parameters = models.JSONField(default=dict, blank=True)
    undoes = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="undone_by")
    stage = models.CharField(max_length=20, blank=True)
    done = models.PositiveBigIntegerField(default=0)
    total = models.PositiveBigIntegerField(null=True, blank=True)
    stage_at = models.DateTimeField(null=True, blank=True)
    stage_done = models.PositiveBigIntegerField(default=0)
    n_read = models.PositiveBigIntegerField(default=0)
    n_created = models.PositiveBigIntegerField(default=0)
    n_updated = models.PositiveBigIntegerField(default=0)
    n_unchanged = models.PositiveBigIntegerField(default=0)
    n_rejected = models.PositiveBigIntegerField(default=0)
    n_others = models.PositiveBigIntegerField(default=0, db_default=0)
    """What an import wrote beside articles: without it nobody could tell whether there is something to undo."""
    n_problems = models.PositiveBigIntegerField(default=0)
    message = models.TextField(blank=True)
    spool = models.FileField(upload_to="spool/", max_length=300, blank=True)
    result = models.FileField(upload_to="results/", max_length=300, blank=True)
    result_name = models.CharField(max_length=200, blank=True)
    result_sha256 = models.BinaryField(max_length=32, null=True, blank=True)
    result_size = models.PositiveBigIntegerField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    started_at = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        ordering = ["-id"]
        constraints = [
            unique("job_in_project", "id", "project", message="One row a job."),
            one_of(
                "job_kind",
                "kind",
                [
                    *("import", "export", "undo", "suggest", "zones", "agreement", "reuse", "labels"),
                    *("fetch", "round", "giving", "erasing", "own_data", "removal", "stories"),
                ],
            ),
            one_of(
                "job_state",
                "state",
                [
                    "queued",
                    "running",
                    "cancelling",
                    "done",
                    "done_with_problems",
                    "failed",
                    "cancelled",
                ],
            ),
        ]
        indexes = [models.Index(fields=["state", "id"], name="job_by_state")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.uuid}"

    @property
    def has_ended(self) -> bool:
        """Tell whether nothing more will happen."""
        return self.state in self.ENDED

    @property
    def is_trial(self) -> bool:
        """Tell whether it only says what it would do."""
        return bool(self.parameters.get("is_trial"))


class JobFile(models.Model):
    """One row is a file a job reads, with the name the person gave it."""

    job = models.ForeignKey(Job, models.CASCADE, related_name="files")
    raw_file = models.ForeignKey(RawFile, models.PROTECT, related_name="+")
    name = models.CharField(max_length=500)

    class Meta:
        ordering = ["job_id", "id"]


class Chunk(models.Model):
    """One row is a part of a job that one worker does in one transaction, under a lease; `facts` count what it did."""

    job = models.ForeignKey(Job, models.CASCADE, related_name="chunks")
    n = models.PositiveIntegerField()
    stage = models.PositiveSmallIntegerField(default=0)
    start = models.PositiveBigIntegerField(default=0)
    end = models.PositiveBigIntegerField(default=0)
    count = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    owner = models.CharField(max_length=100, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    done_at = models.DateTimeField(null=True, blank=True)
    facts = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["job_id", "stage", "n"]
        constraints = [
            unique("chunk_n", "job", "n", message="The job has this chunk already."),
            check("chunk_range", Q(end__gte=F("start")), "A chunk ends before it starts."),
        ]
        indexes = [
            models.Index(fields=["job", "stage", "n"], condition=Q(done_at__isnull=True), name="chunk_undone"),
        ]


class JobProblem(models.Model):
    """One row is one thing a person should know about one row of a file."""

    class Severity(models.TextChoices):
        PROBLEM = "problem", _("problem")
        NOTICE = "notice", _("notice")

    job = models.ForeignKey(Job, models.CASCADE, related_name="problems")
    chunk = models.ForeignKey(Chunk, models.CASCADE, null=True, blank=True, related_name="problems")
    severity = models.CharField(max_length=8, choices=Severity, default=Severity.PROBLEM)
    file = models.CharField(max_length=500)
    line = models.PositiveBigIntegerField(null=True, blank=True)
    field = models.CharField(max_length=100, blank=True)
    value = models.CharField(max_length=200, blank=True)
    message = models.TextField()

    class Meta:
        verbose_name = _("problem of a job")
        verbose_name_plural = _("problems of jobs")
        ordering = ["job_id", "id"]


class Worker(models.Model):
    """One row is a worker process; it is alive while `last_seen_at` is fresh."""

    name = models.CharField(max_length=100, unique=True)
    started_at = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("worker")
        verbose_name_plural = _("workers")
        ordering = ["-last_seen_at"]

    def __str__(self) -> str:
        return self.name
