"""What full-text search reads: passages of texts and titles, and which are still to be read into it.

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
FIRST_OF_TITLE = 1_000_000_000
"""Passages are numbered from 0 in a text, and from here in the title of its article: no text has so many."""


class SearchPassage(models.Model):
    """One row is the n-th stretch of a version's words, as search finds it; offsets are code points.

    Those from FIRST_OF_TITLE on are of the title that its article has, with offsets in that.
    """

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

    def note_titles(self, project_id: int, articles: Iterable[int]) -> None:
        """Note that articles have another title than was read, in the transaction that writes it; 3 queries.

        From then on they are not found by the old one, and soon by the new one.
        """
        versions = ArticleVersion.objects.filter(article__in=list(articles)).values_list("pk", flat=True)
        ids = list(versions)
        rows = SearchPassage.objects.filter(version__in=ids, n__gte=FIRST_OF_TITLE)
        rows._raw_delete(rows.db)
        self.note(project_id, ids)


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
