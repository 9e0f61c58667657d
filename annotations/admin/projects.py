"""Projects: making one, its settings, how far it is set up. Members, labels, guidelines stand in other modules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from annotations.access import may_create
from annotations.agreement.running import start_measuring
from annotations.errors import WorkbenchError
from annotations.models import Article, GuidelinesVersion, Job, Membership, Project, User
from annotations.removing.projects import contents_of, delete_project, kept_for, restore_deleted
from annotations.suggesters.proposing import start_suggesting
from annotations.web.forms.fields import LanguageField, LinesField
from annotations.web.forms.projects import VISIBILITIES
from annotations.web.forms.removing import DeleteProjectForm
from annotations.web.forms.rules import RulesField
from annotations.workflow.projects import (
    FOR_READERS,
    HOW_TO_WORK,
    NewProject,
    archive_project,
    change_project,
    create_project,
    current_label_set,
    current_labels,
    restore_project,
    starters,
)
from annotations.workflow.submit_checks import RULES

from . import exchange
from .base import ActForm, WorkbenchAdmin
from .filters import ArchivedFilter, DeletedFilter
from .members import NewMembersInline
from .sight import Sight, sight_of
from .typed import ask_to_type

MOST_SHOWN = 12


class ProjectForm(ActForm):
    """A project's own settings."""

    language = LanguageField(label=gettext_lazy("Language of most articles"))
    visibility = forms.ChoiceField(
        label=gettext_lazy("Who sees whose work"), choices=VISIBILITIES, widget=forms.RadioSelect, initial="blind"
    )

    class Meta:
        model = Project
        fields = ["name", "description", "language", "visibility", "hides_outlets", "annotators_per_article"]
        widgets = {"description": forms.Textarea(attrs={"rows": 3})}


class ChangeProjectForm(ProjectForm):
    """A change of the settings, made on the revision that the form was filled from."""

    skip_reasons = LinesField(
        label=gettext_lazy("Reasons to skip an article"),
        help_text=gettext_lazy("One a line; empty for the usual ones."),
    )
    published_from = forms.CharField(label=gettext_lazy("Address of the newsroom"), max_length=2000, required=False)
    submit_rules = RulesField(
        label=gettext_lazy("Checks before submitting"),
        help_text=gettext_lazy(
            "One a line: the rule, then error or warning, then the keys of a label and of its attribute where it is "
            "about one. There are: %(rules)s."
        )
        % {"rules": ", ".join(RULES)},
    )
    base_revision = forms.IntegerField(widget=forms.HiddenInput)

    class Meta(ProjectForm.Meta):
        fields = [*ProjectForm.Meta.fields, *HOW_TO_WORK, *FOR_READERS]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["base_revision"] = self.instance.revision
        for name in HOW_TO_WORK:
            self.fields[name].required = False


class NewProjectForm(ProjectForm):
    """A new project: its address and the label set it starts from are asked once."""

    slug = forms.SlugField(
        label=gettext_lazy("Short name in addresses"),
        max_length=60,
        required=False,
        help_text=gettext_lazy("Made from the name where it is left empty. It cannot be changed later."),
    )
    starter = forms.ChoiceField(
        label=gettext_lazy("Label set to start with"), widget=forms.RadioSelect, initial="news_claims"
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = sorted(starters().values(), key=lambda one: one.key != "news_claims")
        self.fields["starter"].choices = [(one.key, one.name) for one in known]  # type: ignore[attr-defined]

    def new_project(self) -> NewProject:
        """Return what `create_project` takes."""
        names = ("name", "slug", "language", "visibility", "description", "starter")
        return NewProject(**{name: self.cleaned_data[name] for name in names})


@admin.register(Project)
class ProjectAdmin(WorkbenchAdmin):
    """Making a project and changing its settings."""

    form = ChangeProjectForm
    add_form = NewProjectForm
    list_display = ("name", "slug", "visibility", "language", "people", "created_at", "archived_at", "deleted_at")
    list_filter = ("visibility", ArchivedFilter, DeletedFilter)
    search_fields = ("name", "slug")
    actions = (
        "export_projects",
        "measure_agreement",
        "suggest_labels",
        "archive_projects",
        "restore_projects",
        "delete_one",
        "undelete",
    )
    inlines = (NewMembersInline,)
    project_path = "pk"
    audit_type, audit_key = "project", "slug"
    change_form_template = "admin/annotations/project/change_form.html"

    def list_rows(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Count the members."""
        active = Q(memberships__ended_at__isnull=True, memberships__user__isnull=False)
        return rows.annotate(n_people=Count("memberships", filter=active)).defer("description")

    @admin.display(description=gettext_lazy("members"), ordering="n_people")
    def people(self, project: Any) -> int:
        """Say how many people work in it."""
        return int(project.n_people)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let all staff in: whoever has no project may make one."""
        return bool(request.user.is_active and request.user.is_staff)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Ask the one rule of who makes projects."""
        return self.has_view_permission(request) and may_create(cast(User, request.user))

    has_change_permission = has_view_permission

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Ask for the starter once, and show what cannot be changed afterwards."""
        common = ("name", "slug", "language", "visibility", "hides_outlets", "annotators_per_article", "description")
        if obj is None:
            return (*common[:4], "starter", "description")
        more = ("base_revision", "uuid", "created_at", "archived_at", "revealed_at")
        return (*common, *HOW_TO_WORK, *FOR_READERS, *more)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Keep the address."""
        return ("slug", "uuid", "created_at", "archived_at", "revealed_at") if obj else ()

    def save_model(self, request: HttpRequest, obj: Project, form: Any, change: bool) -> None:
        """Make the project, or change what was changed."""
        if not change:
            made = create_project(form.new_project(), user=sight_of(request).user).project
            obj.pk, obj.slug, obj.uuid = made.pk, made.slug, made.uuid
            return
        revision = form.cleaned_data["base_revision"]
        said = [name for name in form.changed_data if name not in HOW_TO_WORK or name in request.POST]
        changes = {name: form.cleaned_data[name] for name in said if name != "base_revision"}
        if changes:
            by = sight_of(request).part_in(obj)
            project = by.project  # not `obj`, on which the form has put the new values
            change_project(project, changes, by=by, base_revision=revision)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Give each new member their part."""
        filled = [row for row in formset.forms if row.has_changed()]
        if filled:
            by = sight_of(request).part_in(form.instance)
            for row in filled:
                row.act(by)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show beside the settings how far the project is set up."""
        project = self.get_object(request, object_id)
        setup = {"setup": _setup(project, sight_of(request))} if project else {}
        return super().change_view(request, object_id, form_url, setup | (extra_context or {}))

    @admin.action(description=gettext_lazy("Export…"))
    def export_projects(self, request: HttpRequest, queryset: QuerySet[Project]) -> HttpResponse:
        """Ask how to export the projects chosen."""
        query = "&".join(f"project={pk}" for pk in queryset.values_list("pk", flat=True)[: exchange.MOST_PROJECTS])
        return HttpResponseRedirect(f"{reverse('admin:annotations_project_export')}?{query}")

    @admin.action(description=gettext_lazy("Measure agreement"))
    def measure_agreement(self, request: HttpRequest, queryset: QuerySet[Project]) -> None:
        """Start a run of everything in each of those chosen."""
        if done := self._started(request, queryset, start_measuring):
            self.message_done(request, ngettext("%d run was started.", "%d runs were started.", done) % done)

    @admin.action(description=gettext_lazy("Suggest labels"))
    def suggest_labels(self, request: HttpRequest, queryset: QuerySet[Project]) -> None:
        """Start the built-in suggester in each of those chosen, for the kinds that have a label of their name."""
        if done := self._started(request, queryset, start_suggesting):
            self.message_done(request, ngettext("%d job was started.", "%d jobs were started.", done) % done)

    def _started(self, request: HttpRequest, queryset: QuerySet[Project], start: Callable[[Membership], object]) -> int:
        """Start something in each project as its member, say where it was refused, and return in how many it began."""
        done = 0
        for project in queryset[: exchange.MOST_PROJECTS]:
            try:
                start(sight_of(request).part_in(project))
                done += 1
            except WorkbenchError as refusal:
                self.message_refused(request, refusal)
        return done

    @admin.action(description=gettext_lazy("Archive"))
    def archive_projects(self, request: HttpRequest, queryset: QuerySet[Project]) -> None:
        """End the work on those chosen; they can be read and exported."""
        self._act_on(request, queryset.filter(archived_at__isnull=True), archive_project)

    @admin.action(description=gettext_lazy("Take out of the archive"))
    def restore_projects(self, request: HttpRequest, queryset: QuerySet[Project]) -> None:
        """Let work on those chosen go on."""
        self._act_on(request, queryset.filter(archived_at__isnull=False), restore_project)

    @admin.action(description=gettext_lazy("Delete…"))
    def delete_one(self, request: HttpRequest, queryset: QuerySet[Project]) -> HttpResponse | None:
        """Ask for the name of the one project chosen, and delete it: it can be restored for some time."""

        def carry(project: Project, form: Any) -> str:
            until = delete_project(form.cleaned_data["name"], by=sight_of(request).part_in(project)).until
            day = date_format(until, "SHORT_DATE_FORMAT")
            return _("The project “%(name)s” is deleted. It can be restored until %(day)s.") % {
                "name": project.name,
                "day": day,
            }

        def said(project: Project) -> list[str]:
            held = contents_of(project)
            counts = {name: getattr(held, name) for name in ("articles", "annotations", "claims", "people")}
            return [
                _("It holds %(articles)s articles, %(annotations)s annotations, %(claims)s claims.") % counts,
                _("Nobody finds it any more. It can be restored for %(n)s days, then all of it is removed.")
                % {"n": kept_for().days},
                _("Take an export first: in the native format it holds everything."),
            ]

        return ask_to_type(request, queryset, DeleteProjectForm, carry, title=_("Delete the project"), said=said)

    @admin.action(description=gettext_lazy("Restore deleted ones"))
    def undelete(self, request: HttpRequest, queryset: QuerySet[Project]) -> None:
        """Bring those chosen back that were deleted."""
        done = 0
        for project in queryset.filter(deleted_at__isnull=False):
            try:
                restore_deleted(project.uuid, user=sight_of(request).user)
                done += 1
            except WorkbenchError as refusal:
                self.message_refused(request, refusal)
        self.message_done(request, ngettext("%d project is restored.", "%d projects are restored.", done) % done)

    def _act_on(self, request: HttpRequest, projects: QuerySet[Project], act: Callable[..., Project]) -> None:
        done = 0
        for project in projects:
            try:
                act(by=sight_of(request).part_in(project))
                done += 1
            except WorkbenchError as refusal:
                self.message_refused(request, refusal)
        if done:
            self.message_done(request, ngettext("%d project has changed.", "%d projects have changed.", done) % done)

    def get_urls(self) -> list[Any]:
        """Add the pages that start jobs."""
        wrap = self.admin_site.admin_view
        return [
            path("import/", wrap(exchange.import_page), name="annotations_project_import"),
            path("export/", wrap(exchange.export_page), name="annotations_project_export"),
            *super().get_urls(),
        ]


def _setup(project: Project, sight: Sight) -> dict[str, Any]:
    """Return how far a project is set up; 8 queries, each bounded."""
    members = Membership.objects.filter(project=project, ended_at__isnull=True, user__isnull=False)
    return {
        "members": members.select_related("user").order_by("pk")[:MOST_SHOWN],
        "n_members": members.count(),
        "label_set": current_label_set(project),
        "labels": current_labels(project),
        "guidelines": GuidelinesVersion.objects.filter(project=project).defer("text").order_by("-version").first(),
        "n_articles": Article.objects.filter(project=project).count(),
        "n_running": sight.records(Job.objects.filter(project=project), "project").exclude(state__in=Job.ENDED).count(),
    }
