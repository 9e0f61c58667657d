"""What people say to each other: threads about articles, annotations and words, questions to the managers among them.

To be looked at: who said something says it otherwise, on the pages. Rows come through `visible_to`.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from annotations.models import Comment, CommentThread

from .base import ReadOnlyInline, WorkbenchAdmin
from .filters import ProjectFilter
from .judgements import LONG_OF_VERSION, SHORT
from .sight import Sight


class SettledFilter(admin.SimpleListFilter):
    """By whether a talk is settled."""

    title = _("settled")
    parameter_name = "settled"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Offer open and settled."""
        return [("no", _("open")), ("yes", _("settled"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Narrow to the choice."""
        if self.value() not in ("no", "yes"):
            return queryset
        return queryset.filter(resolved_at__isnull=self.value() == "no")


class CommentInline(ReadOnlyInline):
    """What was said, in order."""

    model = Comment
    fields = ("created_by", "created_at", "text", "version_number", "withdrawn_at")
    verbose_name_plural = _("comments")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Bring along who said it."""
        return super().get_queryset(request).select_related("created_by").order_by("created_at", "pk")


@admin.register(CommentThread)
class CommentThreadAdmin(WorkbenchAdmin):
    """Questions to the managers and other talk."""

    list_display = ("about", "article", "is_question", "project", "created_by", "created_at", "is_answered", "settled")
    list_filter: ClassVar[Any] = (ProjectFilter, "is_question", SettledFilter)
    list_select_related = ("version__article", "annotation", "project", "created_by")
    search_fields = ("quote", "annotation__quote", "version__article__title", "created_by__pseudonym")
    ordering = ("-id",)
    fields = (
        *("key", "project", "article", "about", "is_question", "created_by", "created_at"),
        *("resolved_at", "resolved_by", "announced_in", "version_number"),
    )
    readonly_fields = fields
    inlines = (CommentInline,)
    audit_type = "thread"
    audit_key = "key"

    def rows(self, sight: Sight, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Ask the one rule: while work is blind, who asked sees their own question only."""
        said = Comment.objects.filter(thread=OuterRef("pk"), withdrawn_at__isnull=True)
        answers = said.exclude(created_by=OuterRef("created_by"))
        return sight.judgements(rows).annotate(has_answer=Exists(answers))

    def list_rows(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Leave long texts out."""
        return rows.defer(*LONG_OF_VERSION, "project__description")

    @admin.display(description=_("about"))
    def about(self, thread: CommentThread) -> str:
        """Show the words, or say that it is about the whole."""
        words = thread.annotation.quote if thread.annotation else thread.quote
        return words[:SHORT] or str(_("the whole article"))

    @admin.display(description=_("article"), ordering="version__article__title")
    def article(self, thread: CommentThread) -> str:
        """Lead to where it is answered."""
        article = thread.version.article
        page = "questions" if thread.is_question else "annotate"
        args = [thread.project.slug] if thread.is_question else [thread.project.slug, article.uuid]
        address = reverse(f"annotations:{page}", args=args) + (f"#q-{thread.key}" if thread.is_question else "")
        return format_html('<a href="{}" dir="auto">{}</a>', address, article.title[:SHORT] or str(article.uuid))

    @admin.display(description=_("answered"), boolean=True)
    def is_answered(self, thread: Any) -> bool:
        """Tell whether somebody else said something."""
        return bool(thread.has_answer)

    @admin.display(description=_("settled"), boolean=True, ordering="resolved_at")
    def settled(self, thread: CommentThread) -> bool:
        """Tell whether it is settled."""
        return thread.resolved_at is not None
