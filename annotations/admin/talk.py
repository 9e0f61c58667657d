"""What people say about articles, spans and claims: threads with their comments, to be looked at."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from annotations.models import Comment, CommentThread

from .base import ReadOnlyInline, WorkbenchAdmin
from .filters import AboutFilter, ProjectFilter, ResolvedFilter
from .judgements import SHORT
from .sight import Sight


class CommentInline(ReadOnlyInline):
    """What was said, in order; a removed comment has no words."""

    model = Comment
    fields = ("text", "created_by", "created_at", "version_number", "withdrawn_at")
    ordering = ("created_at", "pk")
    verbose_name_plural = _("Comments")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Bring along who said it."""
        return super().get_queryset(request).select_related("created_by")


@admin.register(CommentThread)
class CommentThreadAdmin(WorkbenchAdmin):
    """Threads. People talk on the pages; here one looks for what was said."""

    list_display = ("about", "n_said", "is_question", "project", "created_by", "created_at", "resolved_at")
    list_filter = (ProjectFilter, AboutFilter, ResolvedFilter, "is_question")
    list_select_related = ("version__article", "claim", "project", "created_by")
    search_fields = ("comments__text", "created_by__pseudonym")
    ordering = ("-id",)
    fields = (
        *("place", "quote", "is_question", "created_by", "created_at", "resolved_at", "resolved_by"),
        *("version_number", "project", "key"),
    )
    readonly_fields = fields
    inlines = (CommentInline,)
    audit_type = "thread"
    audit_key = "key"

    def rows(self, sight: Sight, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Ask the one rule of who sees what."""
        return sight.judgements(rows)

    def list_rows(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Leave long texts out, and count what stands."""
        long = ("version__text", "version__article__metadata", "version__article__candidates", "project__description")
        return rows.defer(*long).annotate(said=Count("comments", filter=Q(comments__withdrawn_at=None), distinct=True))

    @admin.display(description=_("about"))
    def about(self, thread: CommentThread) -> str:
        """Name the article or the claim."""
        if thread.claim is not None:
            return thread.claim.text[:SHORT]
        return thread.article.title[:SHORT] if thread.article is not None else "–"

    @admin.display(description=_("comments"))
    def n_said(self, thread: Any) -> int:
        """Count the comments that stand."""
        return int(thread.said)

    @admin.display(description=_("about"))
    def place(self, thread: CommentThread) -> str:
        """Lead to where it is said."""
        slug = thread.project.slug
        if thread.claim is not None:
            address = reverse("annotations:claim", args=[slug, thread.claim.key])
            return format_html('<a href="{}#t-{}" dir="auto">{}</a>', address, thread.key, thread.claim.text)
        assert thread.article is not None
        address = reverse("annotations:annotate", args=[slug, thread.article.uuid])
        return format_html('<a href="{}" dir="auto">{}</a>', address, thread.article.title or thread.article.uuid)

    @admin.display(description=_("quote"))
    def quote(self, thread: CommentThread) -> str:
        """Show the words that it is about."""
        return thread.annotation.quote[:SHORT] if thread.annotation is not None else "–"
