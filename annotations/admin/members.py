"""The parts of people in projects: giving one, changing its role, ending it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from annotations.errors import WorkbenchError
from annotations.models import Invitation, Membership, Project, User
from annotations.web.forms.projects import ROLES
from annotations.workflow.inviting import withdraw_invitation
from annotations.workflow.people import match_person
from annotations.workflow.projects import add_member, change_role, end_membership

from .base import ActForm, WorkbenchAdmin
from .filters import LeftFilter, ProjectFilter, WithdrawnFilter
from .sight import sight_of


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
    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=ROLES, initial=Membership.Role.ANNOTATOR)
    pseudonym = forms.CharField(
        label=gettext_lazy("Pseudonym"),
        max_length=100,
        required=False,
        help_text=gettext_lazy("Made up where it is left empty. It stands in exports and cannot be changed later."),
    )

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


class AddMemberForm(NewMemberForm, ActForm):
    """The same for a project to be chosen."""

    project = forms.ModelChoiceField(label=gettext_lazy("Project"), queryset=Project.objects.none())

    class Meta(NewMemberForm.Meta):
        fields = ["project", "role", "pseudonym"]


class MemberForm(ActForm):
    """Which role a member has, and whether they have left."""

    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=ROLES)
    has_left = forms.BooleanField(
        label=gettext_lazy("Has left the project"),
        required=False,
        help_text=gettext_lazy("Ends the part at once. The work stays, and the part can be given back."),
    )

    class Meta:
        model = Membership
        fields = ["role"]

    person = PersonField(
        required=False,
        help_text=gettext_lazy("For an annotator known from a file only: the person whose work it is."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["has_left"] = self.instance.ended_at is not None


@admin.register(Membership)
class MembershipAdmin(WorkbenchAdmin):
    """The parts of people in projects."""

    form = MemberForm
    add_form = AddMemberForm
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
        who = "user" if obj.user_id is not None else "person"
        return ("project", who, "pseudonym", "role", "has_left", "uuid", "created_at", "ended_at")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Keep who it is."""
        if obj is None:
            return ()
        kept = ("project", "pseudonym", "uuid", "created_at", "ended_at")
        return ("user", *kept) if obj.user_id is not None else kept

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:
        """Add the member, or do what was changed: end the part, give it back, change the role."""
        data = form.cleaned_data
        by = sight_of(request).part_in(obj.project)
        if not change:
            obj.pk = form.act(by).pk
            return
        stored = Membership.objects.select_related("project", "user").get(pk=obj.pk)
        if data.get("person") is not None:
            match_person(stored, data["person"], by=by)
        elif data["has_left"]:
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


@admin.register(Invitation)
class InvitationAdmin(WorkbenchAdmin):
    """Links by which people come into a project. Their secrets are nowhere; they are made on the page of members."""

    list_display = ("memo", "project", "role", "created_by", "use_count", "most_uses", "expires_at", "withdrawn_at")
    list_filter = (ProjectFilter, "role", WithdrawnFilter)
    list_select_related = ("project", "created_by")
    search_fields = ("memo",)
    actions = ("withdraw",)
    fields = (*list_display, "created_at", "uuid")
    readonly_fields = fields
    audit_type = "invitation"

    @admin.action(description=gettext_lazy("Withdraw at once"))
    def withdraw(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> None:
        """Make the links chosen worthless."""
        done = 0
        for row in queryset.filter(withdrawn_at__isnull=True).select_related("project"):
            try:
                withdraw_invitation(row.uuid, by=sight_of(request).part_in(row.project))
                done += 1
            except WorkbenchError as refusal:
                self.message_refused(request, refusal)
        if done:
            self.message_done(
                request, ngettext("%d invitation is withdrawn.", "%d invitations are withdrawn.", done) % done
            )
