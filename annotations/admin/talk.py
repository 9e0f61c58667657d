"""What people say to each other: threads about articles, annotations, words and claims, questions to the managers too.

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
from .filters import AboutFilter, ProjectFilter, ResolvedFilter
from .judgements import LONG_OF_VERSION, SHORT
from .sight import Sight


class CommentInline(ReadOnlyInline):
    """What was said, in order; a removed comment has no words."""

    model = Comment
    fields = ("created_by", "created_at", "text", "version_number", "withdrawn_at")
    verbose_name_plural = _("comments")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Bring along who said it."""
        return super().get_queryset(request).select_related("created_by").order_by("created_at", "pk")


@admin.register(CommentThread)
class CommentThreadAdmin(WorkbenchAdmin):
    """Questions to the managers and other talk."""

    list_display = (
        "about",
        "place",
        "is_question",
        "project",
        "created_by",
        "created_at",
        "is_answered",
        "resolved_at",
    )
    list_filter: ClassVar[Any] = (ProjectFilter, AboutFilter, ResolvedFilter, "is_question")
    list_select_related = ("version__article", "annotation", "claim", "project", "created_by")
    search_fields = (
        *("quote", "annotation__quote", "version__article__title", "claim__text"),
        *("created_by__pseudonym", "comments__text"),
    )
    ordering = ("-id",)
    fields = (
        *("key", "project", "place", "about", "is_question", "created_by", "created_at"),
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
        if thread.claim is not None:
            return str(_("the claim"))
        words = thread.annotation.quote if thread.annotation else thread.quote
        return words[:SHORT] or str(_("the whole article"))

    @admin.display(description=_("where"))
    def place(self, thread: CommentThread) -> str:
        """Lead to where it is said: the claim, the article, or the questions, where it is answered."""
        slug = thread.project.slug
        if thread.claim is not None:
            address, title = reverse("annotations:claim", args=[slug, thread.claim.key]), thread.claim.text
            address += f"#t-{thread.key}"
        else:
            assert thread.article is not None
            address = reverse("annotations:annotate", args=[slug, thread.article.uuid])
            if thread.is_question:
                address = reverse("annotations:questions", args=[slug]) + f"#q-{thread.key}"
            title = thread.article.title or str(thread.article.uuid)
        return format_html('<a href="{}" dir="auto">{}</a>', address, title[:SHORT])

    @admin.display(description=_("answered"), boolean=True)
    def is_answered(self, thread: Any) -> bool:
        """Tell whether somebody else said something."""
        return bool(thread.has_answer)
