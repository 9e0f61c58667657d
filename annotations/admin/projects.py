"""Projects, their members and their guidelines. A project is set up here as a whole: labels are in `labels.py`."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from annotations.errors import WorkbenchError
from annotations.models import Article, GuidelinesVersion, Job, Membership, Project, User
from annotations.web.forms.fields import LanguageField
from annotations.web.forms.projects import ROLES, VISIBILITIES
from annotations.workflow.projects import (
    NewProject,
    add_member,
    change_project,
    change_role,
    create_project,
    current_guidelines,
    current_label_set,
    current_labels,
    end_membership,
    publish_guidelines,
    starters,
)

from . import exchange
from .base import ActForm, WorkbenchAdmin
from .filters import LeftFilter, ProjectFilter, number
from .sight import Sight, sight_of

MOST_SHOWN = 12


class ProjectForm(ActForm):
    """A project's own settings, for a new one with the label set it starts from."""

    slug = forms.SlugField(
        label=gettext_lazy("Short name in addresses"),
        max_length=60,
        required=False,
        help_text=gettext_lazy("Made from the name where it is left empty. It cannot be changed later."),
    )
    language = LanguageField(label=gettext_lazy("Language of most articles"))
    visibility = forms.ChoiceField(
        label=gettext_lazy("Who sees whose work"), choices=VISIBILITIES, widget=forms.RadioSelect, initial="blind"
    )
    starter = forms.ChoiceField(
        label=gettext_lazy("Label set to start with"), widget=forms.RadioSelect, initial="news_claims", required=False
    )

    class Meta:
        model = Project
        fields = ["name", "slug", "description", "language", "visibility", "annotators_per_article"]
        widgets = {"description": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "starter" in self.fields:
            known = sorted(starters().values(), key=lambda one: one.key != "news_claims")
            self.fields["starter"].choices = [(one.key, one.name) for one in known]  # type: ignore[attr-defined]


class PersonField(forms.CharField):
    """A person by user name: a list of all accounts would tell each manager who else works here."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(label=gettext_lazy("User name"), max_length=150, **kwargs)
        self.widget.attrs |= {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}

    def clean(self, value: Any) -> User | None:
        """Return the account, which must be active."""
        name = super().clean(value)
        found = User.objects.filter(username=name, is_active=True).first()
        if name and found is None:
            raise forms.ValidationError(
                _("There is no active account “%(name)s”. An administrator can make one."), params={"name": name}
            )
        return found


class NewMemberForm(forms.ModelForm):
    """A person who gets a part in the project."""

    person = PersonField()
    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=ROLES)
    pseudonym = forms.CharField(label=gettext_lazy("Pseudonym"), max_length=100, required=False)

    class Meta:
        model = Membership
        fields = ["role", "pseudonym"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["pseudonym"].widget.attrs |= {"placeholder": _("made up where empty"), "autocomplete": "off"}

    def act(self, by: Membership) -> Membership:
        """Give the person the part."""
        data = self.cleaned_data
        return add_member(data["person"], data["role"], by=by, pseudonym=data["pseudonym"].strip())


class NewMembersInline(admin.TabularInline):
    """Empty rows for new members; those there already are shown beside, with a link."""

    model = Membership
    form = NewMemberForm
    fields = ("person", "role", "pseudonym")
    extra = 3
    max_num = 20
    can_delete = False
    verbose_name = gettext_lazy("new member")
    verbose_name_plural = gettext_lazy("New members")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may open the form may add."""
        return True

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Show no rows that are there."""
        return False

    has_change_permission = has_delete_permission = has_view_permission


@admin.register(Project)
class ProjectAdmin(WorkbenchAdmin):
    """Making a project and changing its settings."""

    form = ProjectForm
    list_display = ("name", "slug", "visibility", "language", "people", "created_at")
    list_filter = ("visibility",)
    search_fields = ("name", "slug")
    actions = ("export_projects",)
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

    has_add_permission = has_view_permission
    has_change_permission = has_view_permission

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Ask for the starter once, and show what cannot be changed afterwards."""
        common = ("name", "slug", "language", "visibility", "annotators_per_article", "description")
        return (*common, "uuid", "created_at") if obj else (*common[:4], "starter", "description")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Keep the address."""
        return ("slug", "uuid", "created_at") if obj else ()

    def save_model(self, request: HttpRequest, obj: Project, form: Any, change: bool) -> None:
        """Make the project, or change what was changed."""
        data = form.cleaned_data
        if change:
            changes = {name: data[name] for name in form.changed_data}
            if changes:
                change_project(obj, changes, by=sight_of(request).part_in(obj))
            return
        new = NewProject(
            name=data["name"],
            slug=data["slug"],
            language=data["language"],
            visibility=data["visibility"],
            description=data["description"],
            starter=data["starter"] or "news_claims",
        )
        made = create_project(new, user=sight_of(request).user).project
        for field in Project._meta.concrete_fields:
            setattr(obj, field.attname, getattr(made, field.attname))

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
        setup = {"setup": _setup(project)} if project else {}
        return super().change_view(request, object_id, form_url, setup | (extra_context or {}))

    @admin.action(description=gettext_lazy("Export…"))
    def export_projects(self, request: HttpRequest, queryset: QuerySet[Project]) -> HttpResponse:
        """Ask how to export the projects chosen."""
        query = "&".join(f"project={pk}" for pk in queryset.values_list("pk", flat=True)[: exchange.MOST_PROJECTS])
        return HttpResponseRedirect(f"{reverse('admin:annotations_project_export')}?{query}")

    def get_urls(self) -> list[Any]:
        """Add the pages that start jobs."""
        wrap = self.admin_site.admin_view
        return [
            path("import/", wrap(exchange.import_page), name="annotations_project_import"),
            path("export/", wrap(exchange.export_page), name="annotations_project_export"),
            *super().get_urls(),
        ]


class MemberForm(ActForm):
    """A member: on adding, who; later, which role, and whether they have left."""

    person = PersonField(required=False)
    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=ROLES)
    pseudonym = forms.CharField(
        label=gettext_lazy("Pseudonym"),
        max_length=100,
        required=False,
        help_text=gettext_lazy("Made up where it is left empty. It stands in exports and cannot be changed later."),
    )
    has_left = forms.BooleanField(
        label=gettext_lazy("Has left the project"),
        required=False,
        help_text=gettext_lazy("Ends the part at once. The work stays, and the part can be given back."),
    )

    class Meta:
        model = Membership
        fields = ["project", "role", "pseudonym"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "has_left" in self.fields:
            self.initial["has_left"] = self.instance.ended_at is not None
        if "person" in self.fields:
            self.fields["person"].required = True


@admin.register(Membership)
class MembershipAdmin(WorkbenchAdmin):
    """The parts of people in projects."""

    form = MemberForm
    list_display = ("pseudonym", "user", "project", "role", "created_at", "ended_at")
    list_filter = (ProjectFilter, "role", LeftFilter)
    list_select_related = ("user", "project")
    search_fields = ("pseudonym", "user__username", "user__display_name")
    actions = ("end_parts",)
    audit_type = "membership"

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Let whoever sees a project add to it."""
        return self.has_view_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let whoever sees a part change it; `manager_part_of` has the last word."""
        return self.has_view_permission(request, obj)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Ask who on adding; show who afterwards."""
        if obj is None:
            return ("project", "person", "role", "pseudonym")
        return ("project", "user", "pseudonym", "role", "has_left", "uuid", "created_at", "ended_at")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Keep who it is."""
        return ("project", "user", "pseudonym", "uuid", "created_at", "ended_at") if obj else ()

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:
        """Add the member, or do what was changed: end the part, give it back, change the role."""
        data = form.cleaned_data
        by = sight_of(request).part_in(obj.project)
        if not change:
            obj.pk = add_member(data["person"], data["role"], by=by, pseudonym=data["pseudonym"].strip()).pk
            return
        stored = Membership.objects.select_related("project", "user").get(pk=obj.pk)
        if data["has_left"]:
            end_membership(stored, by=by)
        elif stored.ended_at is not None and stored.user is not None:
            add_member(stored.user, data["role"], by=by)
        elif "role" in form.changed_data:
            change_role(stored, data["role"], by=by)

    @admin.action(description=gettext_lazy("End the membership"))
    def end_parts(self, request: HttpRequest, queryset: QuerySet[Membership]) -> None:
        """End the parts of those chosen; their work stays."""
        done = 0
        for member in queryset.filter(ended_at__isnull=True).select_related("project"):
            try:
                end_membership(member, by=sight_of(request).part_in(member.project))
                done += 1
            except WorkbenchError as refusal:
                self.message_refused(request, refusal)
        if done:
            self.message_done(request, ngettext("%d part has ended.", "%d parts have ended.", done) % done)


class GuidelinesForm(ActForm):
    """A new wording."""

    text = forms.CharField(
        label=gettext_lazy("Guidelines (Markdown)"),
        widget=forms.Textarea(attrs={"rows": 28}),
        required=False,
        strip=False,
        max_length=200_000,
    )

    class Meta:
        model = GuidelinesVersion
        fields = ["project", "text"]

    def clean_text(self) -> str:
        """Return the text with one kind of line end."""
        return str(self.cleaned_data["text"]).replace("\r\n", "\n").replace("\r", "\n")


@admin.register(GuidelinesVersion)
class GuidelinesAdmin(WorkbenchAdmin):
    """The wordings of the guidelines; a change is a new wording, earlier ones stay."""

    form = GuidelinesForm
    list_display = ("project", "version", "created_by", "created_at")
    list_filter = (ProjectFilter,)
    list_select_related = ("project", "created_by")
    audit_type, audit_key = "guidelines", "version"
    fields = ("project", "text")

    def list_rows(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Leave the texts out."""
        return rows.defer("text", "project__description")

    def rows(self, sight: Sight, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Bring the project along: a wording is named by it."""
        return super().rows(sight, rows).select_related("project")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Let whoever sees a project write for it."""
        return self.has_view_permission(request)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show a stored wording with its circumstances."""
        return ("project", "version", "wording", "created_by", "created_at") if obj else ("project", "text")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Keep stored wordings."""
        return ("project", "version", "wording", "created_by", "created_at") if obj else ()

    @admin.display(description=gettext_lazy("guidelines"))
    def wording(self, guidelines: GuidelinesVersion) -> str:
        """Show the text as it was written."""
        return format_html('<pre class="reading" dir="auto">{}</pre>', guidelines.text)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Start from the wording in force."""
        initial = super().get_changeform_initial_data(request)
        asked = number(initial.get("project"))
        project = None if asked is None else sight_of(request).projects().filter(pk=asked).first()
        current = current_guidelines(project) if project else None
        return {"project": project.pk if project else None, "text": current.text if current else ""}

    def save_model(self, request: HttpRequest, obj: GuidelinesVersion, form: Any, change: bool) -> None:
        """Publish the wording."""
        made = publish_guidelines(form.cleaned_data["text"], by=sight_of(request).part_in(obj.project))
        obj.pk, obj.version = made.pk, made.version


def _setup(project: Project) -> dict[str, Any]:
    """Return how far a project is set up; 8 queries, each bounded."""
    members = Membership.objects.filter(project=project, ended_at__isnull=True, user__isnull=False)
    return {
        "members": members.select_related("user").order_by("pk")[:MOST_SHOWN],
        "n_members": members.count(),
        "label_set": current_label_set(project),
        "labels": current_labels(project),
        "guidelines": GuidelinesVersion.objects.filter(project=project).defer("text").order_by("-version").first(),
        "n_articles": Article.objects.filter(project=project).count(),
        "n_running": Job.objects.filter(project=project).exclude(state__in=Job.ENDED).count(),
    }
