"""What sources looked like: each look at a page, and what was captured of it."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Length, Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .articles import Article, RawFile, Source
from .constraints import check, made_by_job, one_of, unique, web_address
from .jobs import Job
from .projects import Membership, Project


class Capture(models.Model):
    """One row is what a source looked like once: the bytes by their hash, and the text in them, which never changes.

    `how` it came: fetched, or given by hand as a file or as text. `title`, `author` and the like are what this very
    page states. `requested_by` asked for it: where work is blind, nobody else learns of it.
    """

    class How(models.TextChoices):
        FETCHED = "fetched", _("fetched")
        UPLOADED = "uploaded", _("uploaded by hand")
        PASTED = "pasted", _("pasted by hand")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, models.PROTECT, related_name="+")
    source = models.ForeignKey(Source, models.PROTECT, related_name="captures")
    requested_by = models.ForeignKey(Membership, models.PROTECT, null=True, blank=True, related_name="+")
    how = models.CharField(_("how"), max_length=8, choices=How)
    fetched_at = models.DateTimeField(_("fetched"), default=timezone.now)
    final_url = models.URLField(_("final address"), max_length=2000, blank=True)
    status = models.PositiveSmallIntegerField(_("status"), null=True, blank=True)
    media_type = models.CharField(_("media type"), max_length=100, blank=True)
    raw_file = models.ForeignKey(RawFile, models.PROTECT, null=True, blank=True, related_name="captures")
    sha256 = models.BinaryField(max_length=32)
    size = models.PositiveBigIntegerField(_("bytes"))
    text = models.TextField(blank=True)
    length = models.PositiveIntegerField(_("code points"))
    text_sha256 = models.BinaryField(max_length=32)
    normaliser = models.CharField(max_length=60)
    extractor = models.CharField(max_length=60, blank=True)
    title = models.CharField(_("title"), max_length=1000, blank=True)
    publisher_name = models.CharField(_("publisher"), max_length=200, blank=True)
    author = models.CharField(_("author"), max_length=500, blank=True)
    published_at = models.DateTimeField(_("published"), null=True, blank=True)
    published_precision = models.CharField(max_length=6, choices=Article.Precision, default=Article.Precision.SECOND)
    language = models.CharField(_("language"), max_length=35, blank=True)
    archive_url = models.URLField(_("address in an archive"), max_length=2000, blank=True)
    version_number = models.PositiveIntegerField(default=1)
    created_by_job = made_by_job()
    stored_at = models.DateTimeField(default=timezone.now, db_default=Now(), editable=False)
    withheld_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("capture")
        verbose_name_plural = _("captures")
        ordering = ["source_id", "fetched_at", "id"]
        constraints = [
            unique("capture_in_project", "id", "project", message="One row a capture."),
            unique("capture_length", "id", "length", "project", message="One row a capture."),
            unique("capture_of_source", "id", "source", message="One row a capture."),
            one_of("capture_how", "how", ["fetched", "uploaded", "pasted"]),
            one_of("capture_published_precision", "published_precision", ["day", "second"]),
            web_address("capture_final_url_scheme", "final_url", may_be_empty=True),
            web_address("capture_archive_url_scheme", "archive_url", may_be_empty=True),
            check(
                "capture_length_counts",
                Q(length=Length("text")) | Q(withheld_at__isnull=False),
                "The length is not the number of code points of the text.",
            ),
            check(
                "capture_keeps_bytes",
                Q(raw_file__isnull=False)
                | Q(how="pasted")
                | Q(created_by_job__isnull=False)
                | Q(withheld_at__isnull=False),
                "A capture keeps its file; a pasted text, or one that came with a corpus, has none.",
            ),
            check("capture_version_positive", Q(version_number__gte=1), "Versions count from 1."),
        ]
        indexes = [models.Index(fields=["source", "fetched_at", "id"], name="capture_by_time")]

    def __str__(self) -> str:
        return f"{self.fetched_at:%Y-%m-%d %H:%M}"

    @property
    def name(self) -> str:
        """Return what it is called: as it says itself, else by its source's address, else by that source's title."""
        return self.title or self.source.url or self.source.title


class SourceCheck(models.Model):
    """One row is one look at a source, or what a person said of it; the state of a source follows from these alone.

    Nothing but the answers 404 and 410 says that a page is gone. `hops` are the addresses that led on, with status.
    """

    class Outcome(models.TextChoices):
        CAPTURED = "captured", _("captured")
        UNCHANGED = "unchanged", _("as it was")
        GONE = "gone", _("the page is not there any more")
        NOT_GIVEN = "not_given", _("the page was not given to us")
        SERVER_ERROR = "server_error", _("the server had an error")
        TIMEOUT = "timeout", _("no whole answer in time")
        UNREACHABLE = "unreachable", _("the server could not be reached")
        TLS = "tls", _("the connection is not safe")
        REFUSED = "refused", _("this address is not fetched")
        REDIRECTS = "redirects", _("it leads on too often")
        MEDIA_TYPE = "media_type", _("it is no page, text or PDF")
        TOO_LARGE = "too_large", _("it is too large")
        BAD_REPLY = "bad_reply", _("the answer could not be read")
        ROBOTS = "robots", _("the site asks programs not to fetch it")
        BUSY = "busy", _("others were fetching from the site")
        ADDED = "added", _("added")
        NOT_HELD = "not_held", _("said to be not held")
        HOLDABLE = "holdable", _("said to be no longer not held")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, models.PROTECT, related_name="+")
    source = models.ForeignKey(Source, models.PROTECT, related_name="checks")
    requested_by = models.ForeignKey(Membership, models.PROTECT, null=True, blank=True, related_name="+")
    job = models.ForeignKey(Job, models.PROTECT, null=True, blank=True, related_name="+")
    outcome = models.CharField(_("outcome"), max_length=12, choices=Outcome)
    status = models.PositiveSmallIntegerField(_("status"), null=True, blank=True)
    final_url = models.URLField(_("final address"), max_length=2000, blank=True)
    hops = models.JSONField(default=list, blank=True)
    capture = models.ForeignKey(Capture, models.PROTECT, null=True, blank=True, related_name="checks")
    note = models.CharField(_("note"), max_length=1000, blank=True)
    created_by_job = made_by_job()
    checked_at = models.DateTimeField(_("looked at"), default=timezone.now)

    class Meta:
        verbose_name = _("look at a source")
        verbose_name_plural = _("looks at sources")
        ordering = ["source_id", "checked_at", "id"]
        constraints = [
            one_of(
                "source_check_outcome",
                "outcome",
                [
                    *("captured", "unchanged", "gone", "not_given", "server_error", "timeout", "unreachable", "tls"),
                    *("refused", "redirects", "media_type", "too_large", "bad_reply", "robots", "busy"),
                    *("added", "not_held", "holdable"),
                ],
            ),
            check(
                "source_check_capture",
                Q(capture__isnull=False) | ~Q(outcome__in=("captured", "unchanged")),
                "Who says that a page was captured names the capture.",
            ),
            web_address("source_check_url_scheme", "final_url", may_be_empty=True),
        ]
        indexes = [models.Index(fields=["source", "checked_at", "id"], name="source_check_by_time")]

    def __str__(self) -> str:
        return self.checked_at.isoformat()


class FetchHost(models.Model):
    """One row is a host that pages are fetched from: who asks it now, when it is free again, what it asks of programs.

    `host` is a name, or scheme and host for which `robots` is kept. It belongs to no project.
    """

    host = models.CharField(max_length=300, unique=True)
    held_by = models.UUIDField(null=True, blank=True)
    free_at = models.DateTimeField(null=True, blank=True)
    robots = models.TextField(blank=True)
    robots_until = models.DateTimeField(null=True, blank=True)
