"""What full-text search reads: passages of texts, and which texts are still to be read into it.

The words of a passage stand beside the model's columns, as each database keeps them: on PostgreSQL in a column `words`
(a `tsvector`), on SQLite in the FTS5 table `SQLITE_WORDS`. Migration 0018 makes both; a guard clears away after rows.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .articles import ArticleVersion
from .constraints import check, unique
from .projects import Project

SQLITE_WORDS = "annotations_searchwords"


class SearchPassage(models.Model):
    """One row is the n-th stretch of a version's words, as search finds it; offsets are code points."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="+", db_index=False)
    version = models.ForeignKey(ArticleVersion, models.PROTECT, related_name="passages", db_index=False)
    n = models.PositiveIntegerField()
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()

    class Meta:
        constraints = [
            unique("search_passage_n", "version", "n", message="The text has this passage already."),
            check("search_passage_span", Q(end__gt=F("start")), "A passage ends before it starts."),
        ]


class SearchBacklogManager(models.Manager["SearchBacklog"]):
    """Notes which texts search is still to read."""

    def note(self, project_id: int, versions: Iterable[int]) -> None:
        """Note new texts by their ids, in the transaction that writes them; 1 query, however many they are."""
        ids = list(versions)
        if ids:
            self.create(project_id=project_id, first=min(ids), last=max(ids))


class SearchBacklog(models.Model):
    """One row says that texts of a project with ids from `first` to `last` may not have been read for search yet.

    Other texts of these ids are then looked at too and left alone: a row for each text would cost an import more.
    """

    project = models.ForeignKey(Project, models.PROTECT, related_name="+")
    first = models.PositiveBigIntegerField()
    last = models.PositiveBigIntegerField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = SearchBacklogManager()

    class Meta:
        verbose_name = _("texts to be read for search")
        verbose_name_plural = _("texts to be read for search")
        ordering = ["id"]
        constraints = [check("search_backlog_range", Q(last__gte=F("first")), "A range ends before it starts.")]
