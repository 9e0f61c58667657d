"""Articles and their immutable texts, with what was found in them: zones and links."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length, Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .constraints import check, made_by_job, one_of, span_bounds, unique, web_address
from .projects import Membership, Project


class Publisher(models.Model):
    """One row is an outlet, wire service or aggregator, as one project knows it."""

    class Kind(models.TextChoices):
        OUTLET = "outlet", _("outlet")
        WIRE = "wire", _("wire service")
        AGGREGATOR = "aggregator", _("aggregator")
        UNKNOWN = "unknown", _("not known")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, models.PROTECT, related_name="publishers")
    name = models.CharField(_("name"), max_length=200)
    domain = models.CharField(_("domain"), max_length=253, blank=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.UNKNOWN)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("publisher")
        verbose_name_plural = _("publishers")
        ordering = ["name", "id"]
        constraints = [
            unique("publisher_name", "project", "name", message=_("This publisher is known already.")),
            unique("publisher_in_project", "id", "project", message="One row a publisher."),
            one_of("publisher_kind", "kind", ["outlet", "wire", "aggregator", "unknown"]),
            check("publisher_name_given", ~Q(name=""), "A publisher needs a name."),
        ]

    def __str__(self) -> str:
        return self.name


class RawFile(models.Model):
    """One row is a file as it was uploaded, kept once per project under its SHA-256.

    `last_sent_at` is when somebody last gave it to us; a file that only a dry run read is removed some days later.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, models.PROTECT, related_name="raw_files")
    sha256 = models.BinaryField(max_length=32)
    name = models.CharField(max_length=500)
    size = models.PositiveBigIntegerField(_("bytes"))
    file = models.FileField(upload_to="raw/", max_length=300)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_sent_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            unique("raw_file_sha256", "project", "sha256", message="This file is stored already."),
            unique("raw_file_in_project", "id", "project", message="One row a file."),
        ]

    def __str__(self) -> str:
        return self.name


class Article(models.Model):
    """One row is the record of an article; its texts are its versions.

    `places_taken` counts who works on the present text or handed it in, `is_full` tells whether that is as many as its
    round wants; the queue finds by them what is free, and counts the assignments before it gives one (`counting`).

    `url_sha256` is of the canonical address. An article that `repost_of` links is the same text posted again; one that
    was `merged_into` another keeps its row, and its judgements were moved there. `round` is the phase of the work it is
    in, empty for the one that takes what is new.
    """

    class Precision(models.TextChoices):
        DAY = "day", _("day")
        SECOND = "second", _("time")

    class Direction(models.TextChoices):
        LTR = "ltr", _("left to right")
        RTL = "rtl", _("right to left")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, models.PROTECT, related_name="articles")
    external_id = models.CharField(_("external id"), max_length=500)
    title = models.CharField(_("title"), max_length=1000)
    publisher = models.ForeignKey(Publisher, models.PROTECT, null=True, blank=True, related_name="articles")
    url = models.URLField(_("address"), max_length=2000, blank=True)
    published_at = models.DateTimeField(_("published"), null=True, blank=True)
    published_precision = models.CharField(max_length=6, choices=Precision, default=Precision.SECOND)
    posted_at = models.DateTimeField(_("posted"), null=True, blank=True)
    posted_precision = models.CharField(max_length=6, choices=Precision, default=Precision.SECOND)
    language = models.CharField(_("language"), max_length=35, blank=True)
    direction = models.CharField(_("direction"), max_length=3, choices=Direction, default=Direction.LTR)
    metadata = models.JSONField(default=dict, blank=True)
    candidates = models.JSONField(default=dict, blank=True)
    current_version = models.ForeignKey(
        "annotations.ArticleVersion", models.PROTECT, null=True, blank=True, related_name="+"
    )
    created_by_job = models.ForeignKey(
        "annotations.Job", models.SET_NULL, null=True, blank=True, related_name="articles"
    )
    url_sha256 = models.BinaryField(max_length=32, null=True, blank=True, editable=False)
    repost_of = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="reposts")
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="merged_from")
    revision = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    stored_at = models.DateTimeField(default=timezone.now, db_default=Now(), editable=False)
    places_taken = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    is_full = models.BooleanField(default=False, db_default=False, editable=False)
    round = models.ForeignKey(
        "annotations.Round", models.PROTECT, null=True, blank=True, related_name="articles", db_index=False
    )

    #: what is known of its outlet was emptied in memory for a reader who may not see it yet (`access.outlets`)
    outlet_hidden = False

    class Meta:
        verbose_name = _("article")
        verbose_name_plural = _("articles")
        ordering = ["project_id", "id"]
        constraints = [
            unique(
                "article_external_id",
                "project",
                "external_id",
                message=_("This external id is taken in the project."),
            ),
            unique("article_in_project", "id", "project", message="One row an article."),
            one_of("article_direction", "direction", ["ltr", "rtl"]),
            one_of("article_published_precision", "published_precision", ["day", "second"]),
            one_of("article_posted_precision", "posted_precision", ["day", "second"]),
            web_address("article_url_scheme", may_be_empty=True),
            check("article_external_id_given", ~Q(external_id=""), "An article needs an external id."),
            check(
                "article_repost_of_another",
                Q(repost_of__isnull=True) | ~Q(repost_of=F("id")),
                "An article is no repost of itself.",
            ),
            check(
                "article_merged_into_another",
                Q(merged_into__isnull=True) | ~Q(merged_into=F("id")),
                "An article is not merged into itself.",
            ),
        ]
        indexes = [
            models.Index(fields=["project", "title", "id"], name="article_by_title"),
            models.Index(fields=["project", "published_at", "id"], name="article_by_published_at"),
            models.Index(fields=["project", "publisher", "id"], name="article_by_publisher"),
            models.Index(fields=["project", "stored_at", "id"], name="article_by_stored"),
            models.Index(fields=["project", "language", "id"], name="article_by_language"),
            models.Index(
                fields=["project", "url_sha256"], name="article_by_url", condition=Q(url_sha256__isnull=False)
            ),
            models.Index(fields=["project", "round", "current_version"], name="article_by_round"),
            models.Index(fields=["project", "id"], name="article_free", condition=Q(is_full=False)),
            models.Index(
                fields=["project", "published_at", "id"], name="article_free_by_age", condition=Q(is_full=False)
            ),
            models.Index(
                fields=["project", "places_taken", "id"], name="article_free_by_taken", condition=Q(is_full=False)
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store the row; one that was emptied for a reader is never stored."""
        if self.outlet_hidden:
            raise ValueError("This article was emptied for a reader; load it anew to change it.")
        super().save(*args, **kwargs)


class ArticleVersion(models.Model):
    """One row is one immutable text of an article; `length` counts code points.

    The database refuses any change of `text`, `length` and `text_sha256`; only withholding may
    empty the text. `raw_*` point to the bytes it was read from.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, models.PROTECT, related_name="+")
    article = models.ForeignKey(Article, models.PROTECT, related_name="versions")
    n = models.PositiveIntegerField(_("version"), default=1)
    text = models.TextField()
    length = models.PositiveIntegerField(_("code points"))
    text_sha256 = models.BinaryField(max_length=32)
    normaliser = models.CharField(max_length=60)
    extractor = models.CharField(max_length=60, blank=True)
    raw_file = models.ForeignKey(RawFile, models.PROTECT, null=True, blank=True, related_name="versions")
    raw_member = models.CharField(max_length=500, blank=True)
    raw_start = models.PositiveBigIntegerField(null=True, blank=True)
    raw_end = models.PositiveBigIntegerField(null=True, blank=True)
    raw_sha256 = models.BinaryField(max_length=32, null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    withheld_at = models.DateTimeField(null=True, blank=True)
    created_by_job = made_by_job()

    class Meta:
        verbose_name = _("article version")
        verbose_name_plural = _("article versions")
        ordering = ["article_id", "n"]
        constraints = [
            unique("article_version_n", "article", "n", message="This version of the article exists."),
            unique("article_version_length", "id", "length", "project", message="One row a version."),
            unique("article_version_in_project", "id", "project", message="One row a version."),
            unique("article_version_of_article", "id", "article", message="One row a version."),
            check("article_version_not_empty", Q(length__gt=0), "An article needs a text."),
            check(
                "article_version_length_counts",
                Q(length=Length("text")) | Q(withheld_at__isnull=False),
                "The length is not the number of code points of the text.",
            ),
            check(
                "article_version_sha256",
                Q(text_sha256__isnull=False),
                "A version needs the SHA-256 of its text.",
            ),
            check(
                "article_version_raw_range",
                Q(raw_start__isnull=True, raw_end__isnull=True) | Q(raw_end__gte=F("raw_start")),
                "The byte range in the raw file ends before it starts.",
            ),
        ]
        indexes = [
            models.Index(fields=["project", "text_sha256"], name="article_version_by_text"),
            models.Index(fields=["created_by_job"], name="article_version_added_by_job", condition=Q(n__gt=1)),
        ]

    def __str__(self) -> str:
        return f"{self.uuid} · {self.n}"


class TextLink(models.Model):
    """One row is a link that the original put on a span of its text."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="+")
    version = models.ForeignKey(ArticleVersion, models.PROTECT, related_name="links")
    length = models.PositiveIntegerField()
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    url = models.URLField(max_length=2000)

    class Meta:
        verbose_name = _("link in a text")
        verbose_name_plural = _("links in texts")
        ordering = ["version_id", "start", "end", "id"]
        constraints = [span_bounds("text_link_span"), web_address("text_link_url_scheme")]


class Region(models.Model):
    """One row is a zone of a version's text; zones mark, they never cut.

    It belongs to the text, not to a person: `created_by` is empty for one that was found by its shape or came with a
    file, and whoever may mark zones may change it. `uuid` is made by whoever marks it. `publisher` and `url` name what
    an excerpt quotes; `url` is also where a citation marker leads.
    """

    class Kind(models.TextChoices):
        HEADLINE = "headline", _("headline")
        BYLINE = "byline", _("byline")
        DATE_LINE = "date_line", _("date line")
        BODY = "body", _("body")
        CAPTION = "caption", _("caption")
        EXCERPT = "excerpt", _("excerpt")
        CITATION_MARKER = "citation_marker", _("citation marker")
        EDITORS_INSERTION = "editors_insertion", _("editor's insertion")
        BOILERPLATE = "boilerplate", _("boilerplate")

    uuid = models.UUIDField(default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, models.PROTECT, related_name="+")
    version = models.ForeignKey(ArticleVersion, models.PROTECT, related_name="regions")
    length = models.PositiveIntegerField()
    kind = models.CharField(max_length=20, choices=Kind)
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    publisher = models.ForeignKey(Publisher, models.PROTECT, null=True, blank=True, related_name="quoted_in")
    url = models.URLField(_("address"), max_length=2000, blank=True, db_default="")
    version_number = models.PositiveIntegerField(default=1, db_default=1)
    created_by = models.ForeignKey(Membership, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    created_by_job = made_by_job()
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    stored_at = models.DateTimeField(default=timezone.now, db_default=Now(), editable=False)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("region")
        verbose_name_plural = _("regions")
        ordering = ["version_id", "start", "-end", "id"]
        constraints = [
            unique("region_key", "project", "uuid", message="A zone has this key already."),
            span_bounds("region_span"),
            one_of(
                "region_kind",
                "kind",
                [
                    "headline",
                    "byline",
                    "date_line",
                    "body",
                    "caption",
                    "excerpt",
                    "citation_marker",
                    "editors_insertion",
                    "boilerplate",
                ],
            ),
            web_address("region_url_scheme", may_be_empty=True),
            check("region_version_positive", Q(version_number__gte=1), "Versions count from 1."),
        ]
        indexes = [
            models.Index(fields=["project", "stored_at", "id"], name="region_by_stored"),
            models.Index(fields=["created_by_job"], name="region_by_job", condition=Q(created_by_job__isnull=False)),
        ]


class Sentence(models.Model):
    """One row is the n-th sentence of a version, as `splitter` (a name with its version, or "file") cut it."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="+")
    version = models.ForeignKey(ArticleVersion, models.PROTECT, related_name="sentences")
    length = models.PositiveIntegerField()
    n = models.PositiveIntegerField()
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    splitter = models.CharField(max_length=60)

    class Meta:
        ordering = ["version_id", "n"]
        constraints = [
            unique("sentence_n", "version", "n", message="The text has this sentence already."),
            span_bounds("sentence_span"),
        ]


class Source(models.Model):
    """One row is a page that evidence points to, known by its canonical address.

    What has none (a book, a call, a paper in a drawer) is known by a name of its own, `urn:uuid:…`, and `url` is empty.
    `state` and `checked_at` follow from its looks (`SourceCheck`); what is known of the page is filled from its
    captures where nobody has written it.
    """

    class State(models.TextChoices):
        NEVER_CAPTURED = "never_captured", _("never captured")
        LIVE = "live", pgettext_lazy("state of a page", "live")
        CHANGED = "changed", pgettext_lazy("state of a page", "changed")
        GONE = "gone", pgettext_lazy("state of a page", "gone")
        NOT_HELD = "not_held", _("not held")

    class Medium(models.TextChoices):
        UNKNOWN = "", _("not known")
        WEB_TEXT = "web_text", _("web page")
        PDF = "pdf", "PDF"
        TABLE = "table", _("table")
        IMAGE = "image", _("picture")
        AUDIO = "audio", _("sound recording")
        VIDEO = "video", _("film")
        PRINT = "print", _("print")
        BOOK = "book", _("book")
        DOCUMENT = "document", _("document")
        SPOKEN = "spoken", _("conversation")
        OTHER = "other", _("something else")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, models.PROTECT, related_name="sources")
    url = models.URLField(_("address"), max_length=2000, blank=True)
    canonical_url = models.URLField(_("canonical address"), max_length=2000)
    url_sha256 = models.BinaryField(max_length=32)
    title = models.CharField(_("title"), max_length=1000, blank=True)
    publisher = models.ForeignKey(Publisher, models.PROTECT, null=True, blank=True, related_name="sources")
    author = models.CharField(_("author"), max_length=500, blank=True, db_default="")
    published_at = models.DateTimeField(_("published"), null=True, blank=True)
    published_precision = models.CharField(
        max_length=6, choices=Article.Precision, default=Article.Precision.SECOND, db_default="second"
    )
    medium = models.CharField(
        _("medium"), max_length=8, choices=Medium, default=Medium.UNKNOWN, blank=True, db_default=""
    )
    state = models.CharField(
        _("state"), max_length=14, choices=State, default=State.NEVER_CAPTURED, db_default="never_captured"
    )
    checked_at = models.DateTimeField(_("last looked at"), null=True, blank=True)
    version_number = models.PositiveIntegerField(default=1, db_default=1)
    created_by_job = made_by_job()
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("source")
        verbose_name_plural = _("sources")
        ordering = ["project_id", "id"]
        constraints = [
            unique("source_url", "project", "url_sha256", message="This source is known already."),
            unique("source_in_project", "id", "project", message="One row a source."),
            web_address("source_url_scheme", may_be_empty=True),
            check(
                "source_has_a_name",
                ~Q(url="") | Q(canonical_url__startswith="urn:uuid:") & ~Q(title=""),
                "A source without an address has a title, and a name of its own.",
            ),
            one_of("source_state", "state", ["live", "changed", "gone", "never_captured", "not_held"]),
            one_of(
                "source_medium",
                "medium",
                [
                    *("", "web_text", "pdf", "table", "image", "audio", "video", "print", "book", "document"),
                    *("spoken", "other"),
                ],
            ),
            one_of("source_published_precision", "published_precision", ["day", "second"]),
        ]
        indexes = [
            models.Index(fields=["project", "canonical_url", "id"], name="source_by_address"),
            models.Index(fields=["project", "state"], name="source_by_state"),
        ]

    def __str__(self) -> str:
        return self.title or self.url or self.canonical_url
