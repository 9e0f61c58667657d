"""Articles, their immutable texts with the zones found in them, publishers and sources."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from annotations.models import Article, ArticleVersion, Project, Publisher, Source
from annotations.web.forms.articles import ArticleForm, DetailsForm
from annotations.workflow.articles import NewArticle, add_article, edit_article
from annotations.workflow.publishers import PublisherChange, change_publisher

from . import article_acts
from .base import ActForm, FreeActForm, ReadOnlyInline, WorkbenchAdmin, as_digest, as_json, as_link
from .filters import HasAnnotationsFilter, LanguageFilter, ProjectFilter, PublisherFilter
from .sight import Sight, sight_of

MOST_SHOWN = 200
DETAILS = ("title", "publisher", "published_at", "language", "url")


class EditArticleForm(DetailsForm, FreeActForm):
    """What is known of an article, with the fields of the page of details."""

    class Meta:
        model = Article
        fields: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["initial"] = DetailsForm.initial_of(kwargs["instance"])
        super().__init__(*args, **kwargs)


class NewArticleForm(ArticleForm, FreeActForm):
    """A pasted text for a project."""

    project = forms.ModelChoiceField(label=_("Project"), queryset=Project.objects.none())

    class Meta:
        model = Article
        fields: tuple[str, ...] = ()

    def new_article(self) -> NewArticle:
        """Return what `add_article` takes."""
        return NewArticle(**{name: self.cleaned_data[name] for name in ArticleForm.base_fields})


class VersionInline(ReadOnlyInline):
    """The texts of an article, without the texts."""

    model = ArticleVersion
    fields = ("n", "length", "normaliser", "created_at", "reading")
    readonly_fields = fields
    fk_name = "article"
    verbose_name_plural = _("Versions")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Leave the texts out."""
        return super().get_queryset(request).defer("text").order_by("-n")

    @admin.display(description=_("text"))
    def reading(self, version: ArticleVersion) -> str:
        """Link to the text."""
        address = reverse("admin:annotations_articleversion_change", args=[version.pk])
        return format_html('<a href="{}">{}</a>', address, _("Read the text and its regions"))


@admin.register(Article)
class ArticleAdmin(WorkbenchAdmin):
    """The records of articles, and the acts on many of them."""

    form = EditArticleForm
    add_form = NewArticleForm
    list_display = ("title", "project", "publisher", "published", "language", "created_at")
    list_filter = (ProjectFilter, PublisherFilter, LanguageFilter, HasAnnotationsFilter)
    list_select_related = ("project", "publisher")
    search_fields = ("title", "url", "external_id")
    date_hierarchy = "published_at"
    ordering = ("-id",)
    inlines = (VersionInline,)
    actions = ("assign_articles", "set_what_is_known", "merge_articles", "export_articles", "withhold_articles")
    audit_type = "article"
    change_list_template = "admin/annotations/article/change_list.html"

    def list_rows(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Leave out what no list shows."""
        return rows.defer("metadata", "candidates", "url", "external_id", "project__description")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Let whoever sees a project paste a text into it."""
        return self.has_view_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let whoever sees an article mend what is known of it."""
        return self.has_view_permission(request, obj)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show what can be mended first, then what was found."""
        if obj is None:
            return [(None, {"fields": ("project", *DETAILS, "text")})]
        kept = ("project", "external_id", "uuid", "direction", "posted", "created_by_job", "created_at")
        return [
            (None, {"fields": (*DETAILS, "revision", "in_the_workbench")}),
            (_("As imported"), {"fields": (*kept, "metadata_shown", "candidates_shown"), "classes": ("collapse",)}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Keep what was imported."""
        if obj is None:
            return ()
        columns = ("project", "external_id", "uuid", "direction", "created_by_job", "created_at")
        return (*columns, "posted", "metadata_shown", "candidates_shown", "in_the_workbench")

    def get_inlines(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show versions where there are any."""
        return self.inlines if obj else ()

    @admin.display(description=_("published"), ordering="published_at")
    def published(self, article: Article) -> str:
        """Show a day as a day and a time as a time."""
        return _moment(article.published_at, article.published_precision)

    @admin.display(description=_("posted"))
    def posted(self, article: Article) -> str:
        """Show when the aggregator posted it."""
        return _moment(article.posted_at, article.posted_precision)

    @admin.display(description=_("metadata"))
    def metadata_shown(self, article: Article) -> str:
        """Show what the file said besides."""
        return as_json(article.metadata)

    @admin.display(description=_("candidates"))
    def candidates_shown(self, article: Article) -> str:
        """Show possible publishers and dates with their places."""
        return as_json(article.candidates)

    @admin.display(description=_("in the workbench"))
    def in_the_workbench(self, article: Article) -> str:
        """Link to the page on which it is annotated; it opens for members."""
        address = reverse("annotations:annotate", args=[article.project.slug, article.uuid])
        return format_html('<a href="{}">{}</a>', address, _("Read and annotate (for members)"))

    def save_model(self, request: HttpRequest, obj: Article, form: Any, change: bool) -> None:
        """Freeze the text, or set what was changed."""
        sight = sight_of(request)
        if not change:
            made = add_article(form.new_article(), by=sight.part_in(form.cleaned_data["project"]))
            obj.pk, obj.title = made.pk, made.title
        elif form.has_changed():
            revision = form.cleaned_data["revision"]
            edit_article(obj, form.change(), by=sight.part_in(obj.project), base_revision=revision)

    @admin.action(description=_("Assign…"))
    def assign_articles(self, request: HttpRequest, queryset: QuerySet[Article]) -> HttpResponse | None:
        """Ask whom to give the articles to."""
        acts = article_acts
        return acts.ask_then(request, queryset, acts.assign_form, acts.carry_assign, title=_("Assign articles"))

    @admin.action(description=_("Set publisher, date, language…"))
    def set_what_is_known(self, request: HttpRequest, queryset: QuerySet[Article]) -> HttpResponse | None:
        """Ask what to set."""
        acts = article_acts
        return acts.ask_then(request, queryset, acts.metadata_form, acts.carry_metadata, title=_("Set what is known"))

    @admin.action(description=_("Merge into one…"))
    def merge_articles(self, request: HttpRequest, queryset: QuerySet[Article]) -> HttpResponse | None:
        """Ask which one to keep."""
        acts = article_acts
        return acts.ask_then(request, queryset, acts.merge_form, acts.carry_merge, title=_("Merge into one article"))

    @admin.action(description=_("Withhold on a rights-holder’s demand…"))
    def withhold_articles(self, request: HttpRequest, queryset: QuerySet[Article]) -> HttpResponse | None:
        """Say what it reaches, and ask on whose demand, and for the title."""
        acts, title = article_acts, _("Withhold an article")
        tell = acts.reach_of_chosen
        return acts.ask_then(request, queryset, acts.withhold_form, acts.carry_withhold, title=title, tell=tell)

    @admin.action(description=_("Export…"))
    def export_articles(self, request: HttpRequest, queryset: QuerySet[Article]) -> HttpResponse | None:
        """Ask how to export them."""
        acts = article_acts
        return acts.ask_then(request, queryset, acts.export_form, acts.carry_export, title=_("Export articles"))


@admin.register(ArticleVersion)
class ArticleVersionAdmin(WorkbenchAdmin):
    """The immutable texts, to be read; with the zones and links found in them."""

    list_display = ("article", "n", "length", "project", "normaliser", "created_at", "withheld_at")
    list_filter = (ProjectFilter,)
    list_select_related = ("article", "project")
    search_fields = ("article__title",)
    ordering = ("-id",)
    fields = (
        *("article", "n", "project", "length", "digest", "normaliser", "extractor", "raw", "created_at"),
        *("withheld_at", "wording", "regions", "links"),
    )
    readonly_fields = fields

    def list_rows(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Leave the texts out."""
        return rows.defer("text", "article__metadata", "article__candidates", "project__description")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Name the article above its text."""
        version = self.get_object(request, object_id)
        subtitle = {"subtitle": f"{version.article.title} · {version.n}"} if version else {}
        return super().change_view(request, object_id, form_url, subtitle | (extra_context or {}))

    @admin.display(description=_("SHA-256 of the text"))
    def digest(self, version: ArticleVersion) -> str:
        """Show the digest."""
        return as_digest(version.text_sha256)

    @admin.display(description=_("read from"))
    def raw(self, version: ArticleVersion) -> str:
        """Name the file and the bytes it was read from."""
        if version.raw_file is None:
            return "–"
        place = f"{version.raw_start}–{version.raw_end}" if version.raw_start is not None else ""
        return " · ".join(filter(None, (version.raw_file.name, version.raw_member, place)))

    @admin.display(description=_("text"))
    def wording(self, version: ArticleVersion) -> str:
        """Show the text, line by line as it is stored."""
        return format_html('<pre class="reading" dir="auto">{}</pre>', version.text)

    @admin.display(description=_("regions"))
    def regions(self, version: ArticleVersion) -> str:
        """List the zones with their words."""
        rows = version.regions.select_related("publisher")[:MOST_SHOWN]
        return _passages((row, row.get_kind_display(), version.text[row.start : row.end]) for row in rows)

    @admin.display(description=_("links"))
    def links(self, version: ArticleVersion) -> str:
        """List the links of the original with the words they stood on."""
        rows = version.links.all()[:MOST_SHOWN]
        return _passages((row, row.url, version.text[row.start : row.end]) for row in rows)


class PublisherForm(ActForm):
    """Name, domain and kind."""

    class Meta:
        model = Publisher
        fields = ["name", "domain", "kind"]


@admin.register(Publisher)
class PublisherAdmin(WorkbenchAdmin):
    """Publishers as each project knows them."""

    form = PublisherForm
    list_display = ("name", "domain", "kind", "project", "created_at")
    list_filter = (ProjectFilter, "kind")
    list_select_related = ("project",)
    search_fields = ("name", "domain")
    fields = ("name", "domain", "kind", "project", "uuid", "created_at")
    readonly_fields = ("project", "uuid", "created_at")
    audit_type = "publisher"

    def rows(self, sight: Sight, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Ask the one rule: a publisher is known through what names it."""
        return sight.judgements(rows)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let whoever sees a publisher mend it."""
        return self.has_view_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: Publisher, form: Any, change: bool) -> None:
        """Set what was changed."""
        values = {name: form.cleaned_data[name] for name in form.changed_data}
        change_publisher(obj, PublisherChange(**values), by=sight_of(request).part_in(obj.project))


@admin.register(Source)
class SourceAdmin(WorkbenchAdmin):
    """The pages that evidence cites; read-only, as judgements point at them."""

    list_display = ("title_or_address", "same_page", "state", "checked_at", "project", "publisher")
    list_filter = (ProjectFilter, "state")
    list_select_related = ("project", "publisher")
    search_fields = ("title", "canonical_url")
    fields = (
        *("title", "address", "same_page", "publisher", "author", "published_at", "medium", "state", "checked_at"),
        *("project", "uuid", "created_at"),
    )
    readonly_fields = fields

    def rows(self, sight: Sight, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Show a source where all work is shown: its row tells what others found out about it."""
        return sight.records(rows, "project")

    @admin.display(description=_("source"), ordering="title")
    def title_or_address(self, source: Source) -> str:
        """Name the page."""
        return str(source)[:120]

    @admin.display(description=_("address"))
    def address(self, source: Source) -> str:
        """Link to the page."""
        return as_link(source.url)

    @admin.display(description=_("canonical address"), ordering="canonical_url")
    def same_page(self, source: Source) -> str:
        """Link to the page in the form that is equal for all addresses of it."""
        return as_link(source.canonical_url)


def _moment(value: Any, precision: str) -> str:
    if value is None:
        return "–"
    return str(value.strftime("%Y-%m-%d" if precision == "day" else "%Y-%m-%d %H:%M"))


def _passages(rows: Any) -> str:
    items = format_html_join(
        "",
        '<li><span class="place">{}–{}</span> <b>{}</b> <q dir="auto">{}</q></li>',
        ((row.start, row.end, name, words[:200]) for row, name, words in rows),
    )
    return format_html('<ul class="passages">{}</ul>', items) if items else "–"
