"""Stories, their questions and answers, and suggested ones. To be looked at; rows come through `visible_to`."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from annotations.models import (
    AccountCell,
    AccountCellRevision,
    AccountRow,
    AccountRowRevision,
    Statement,
    Story,
    StoryArticle,
    StoryRevision,
    StorySuggestion,
    SuggestedArticle,
)

from .base import ReadOnlyInline, WorkbenchAdmin, as_json
from .filters import ProjectFilter, WithdrawnFilter
from .judgements import EARLIER, HEAD, SHORT, JudgementAdmin, RevisionInline
from .sight import Sight

MOST_SHOWN = 200


class StoryRevisionInline(RevisionInline):
    """The earlier states of a story."""

    model = StoryRevision
    fields = (*EARLIER, "name", "note", "merged_into")


@admin.register(Story)
class StoryAdmin(JudgementAdmin):
    """Articles that tell the same events."""

    list_display = ("short_name", "project", "created_by", "version_number", "updated_at", "withdrawn_at")
    list_select_related = ("project", "created_by")
    search_fields = ("name", "created_by__pseudonym")
    fields = (*HEAD, "name", "note", "merged_into", "told")
    readonly_fields = fields
    inlines = (StoryRevisionInline,)
    audit_type = "story"

    def list_rows(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Leave long texts out."""
        return rows.defer("note", "project__description")

    @admin.display(description=_("name"))
    def short_name(self, story: Story) -> str:
        """Show how the name begins."""
        return story.name[:SHORT]

    @admin.display(description=_("articles"))
    def told(self, story: Story) -> str:
        """List its articles."""
        rows = StoryArticle.objects.filter(story=story, withdrawn_at__isnull=True).select_related("article")
        titles = [(each.article.title[:SHORT],) for each in rows.order_by("pk")[:MOST_SHOWN]]
        return format_html("<ul>{}</ul>", format_html_join("", '<li dir="auto">{}</li>', titles)) if titles else "–"


class AccountRowRevisionInline(RevisionInline):
    """The earlier states of a question."""

    model = AccountRowRevision
    fields = (*EARLIER, "position", "kind", "text", "cues")


@admin.register(AccountRow)
class AccountRowAdmin(JudgementAdmin):
    """Questions of stories."""

    list_display = ("text", "kind", "story_name", "position", "project", "created_by", "updated_at", "withdrawn_at")
    list_filter = (ProjectFilter, WithdrawnFilter, "kind")
    list_select_related = ("project", "created_by", "story")
    search_fields = ("text", "story__name")
    fields = (*HEAD, "story", "position", "kind", "text", "cues")
    readonly_fields = fields
    inlines = (AccountRowRevisionInline,)
    audit_type = "account_row"

    def list_rows(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Leave long texts out."""
        return rows.defer("story__note", "project__description")

    @admin.display(description=_("name"))
    def story_name(self, row: AccountRow) -> str:
        """Name the story."""
        return row.story.name[:SHORT]


class AccountCellRevisionInline(RevisionInline):
    """The earlier states of an answer."""

    model = AccountCellRevision
    fields = (*EARLIER, "state", "note", "proposed_by", "as_they_were")
    readonly_fields = ("as_they_were",)

    @admin.display(description=_("statements"))
    def as_they_were(self, state: AccountCellRevision) -> str:
        """Show the statements."""
        return as_json(state.statements)


class StatementInline(ReadOnlyInline):
    """What the article says."""

    model = Statement
    fields = ("n", "text", "voice", "said_by", "as_of", "start", "end", "quote")
    verbose_name_plural = _("Statements")


@admin.register(AccountCell)
class AccountCellAdmin(JudgementAdmin):
    """What articles answer."""

    list_display = ("question", "title", "state", "proposed_by", "project", "created_by", "updated_at", "withdrawn_at")
    list_filter = (ProjectFilter, WithdrawnFilter, "state")
    list_select_related = ("project", "created_by", "row", "article")
    search_fields = ("row__text", "article__title")
    fields = (*HEAD, "row", "title", "state", "note", "proposed_by")
    readonly_fields = fields
    inlines = (AccountCellRevisionInline,)
    audit_type = "account_cell"

    def get_inlines(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show the statements where there are any."""
        statements = (StatementInline,) if obj is not None and obj.statements.exists() else ()
        return (*statements, *super().get_inlines(request, obj))

    def list_rows(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Leave long texts out."""
        return rows.defer("note", "article__metadata", "article__candidates", "project__description")

    @admin.display(description=_("question"))
    def question(self, cell: AccountCell) -> str:
        """Show the question."""
        return cell.row.text[:SHORT]

    @admin.display(description=_("article"))
    def title(self, cell: AccountCell) -> str:
        """Name the article."""
        return cell.article.title[:SHORT]


@admin.register(StorySuggestion)
class StorySuggestionAdmin(WorkbenchAdmin):
    """Stories that were suggested."""

    list_display = ("key", "project", "state", "found_by", "decided_by", "decided_at", "created_at")
    list_filter = (ProjectFilter, "state")
    list_select_related = ("project", "decided_by")
    ordering = ("-id",)
    fields = (
        *("key", "project", "story", "state", "found_by", "created_at", "decided_by", "decided_at"),
        *("version_number", "suggested"),
    )
    readonly_fields = fields
    audit_type = "story_suggestion"
    audit_key = "key"

    def rows(self, sight: Sight, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Ask the one rule of who sees what."""
        return sight.judgements(rows)

    def list_rows(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Leave long texts out."""
        return rows.defer("project__description")

    @admin.display(description=_("articles"))
    def suggested(self, suggestion: StorySuggestion) -> str:
        """List its articles with the ground of each."""
        rows = SuggestedArticle.objects.filter(suggestion=suggestion).select_related("article").order_by("pk")
        lines = [(each.article.title[:SHORT], as_json(each.ground)) for each in rows[:MOST_SHOWN]]
        return format_html("<ul>{}</ul>", format_html_join("", '<li dir="auto">{} {}</li>', lines)) if lines else "–"
