"""Accounts, API keys and log-in waits: for superusers only. Accounts are deactivated, never deleted."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from annotations.errors import WorkbenchError
from annotations.models import ApiToken, LoginThrottle, Membership, User
from annotations.web.forms.fields import LanguageChoiceField
from annotations.workflow.administrating import end_token, lift_wait, lift_wait_of, note_account_change, set_active

from .base import ReadOnlyInline, WorkbenchAdmin
from .filters import RevokedFilter
from .sight import Sight, sight_of

RIGHTS = ("is_active", "is_staff", "is_superuser")


class NewAccountForm(AdminUserCreationForm):
    """A name and a password, checked as everywhere."""

    class Meta:
        model = User
        fields = ["username", "display_name", "email"]


class AccountForm(UserChangeForm):
    """What is known of a person, and what they may in the whole installation."""

    sight: Sight
    language = LanguageChoiceField()

    class Meta:
        model = User
        fields = ["username", "display_name", "email", "language", *RIGHTS]

    def clean(self) -> dict[str, Any]:
        """Keep administrators from locking themselves out."""
        data = super().clean() or {}
        if self.instance.pk == self.sight.user.pk:
            for name in RIGHTS:
                if not data.get(name):
                    self.add_error(name, _("You cannot take this from yourself. Ask another administrator."))
        return data


class PartInline(ReadOnlyInline):
    """The parts a person has."""

    model = Membership
    fields = ("project", "role", "pseudonym", "created_at", "ended_at")
    fk_name = "user"
    verbose_name_plural = gettext_lazy("Projects")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Bring the project along."""
        return super().get_queryset(request).select_related("project")


@admin.register(User)
class AccountAdmin(WorkbenchAdmin, UserAdmin):
    """Accounts: made, renamed, given a password, deactivated."""

    for_superusers_only = True
    form = AccountForm
    add_form = NewAccountForm
    list_display = ("username", "display_name", "email", "is_active", "is_staff", "is_superuser", "last_login")
    list_filter = RIGHTS
    search_fields = ("username", "display_name", "email")
    filter_horizontal = ()
    actions = ("deactivate", "activate", "end_waits")
    readonly_fields = ("last_login", "date_joined", "uuid")
    fieldsets = (
        (None, {"fields": ("username", "password", "display_name", "email", "language")}),
        (gettext_lazy("Rights in the whole installation"), {"fields": RIGHTS}),
        (gettext_lazy("Circumstances"), {"fields": ("last_login", "date_joined", "uuid")}),
    )
    add_fieldsets = (
        (
            None,
            {"fields": ("username", "display_name", "email", "usable_password", "password1", "password2")},
        ),
    )
    audit_type = "user"

    def rows(self, sight: Sight, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Accounts belong to no project."""
        return rows

    def get_inlines(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show the parts of a person who is there already."""
        return (PartInline,) if obj else ()

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Let administrators make accounts."""
        return self.has_view_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let administrators change accounts."""
        return self.has_view_permission(request, obj)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Tell the form who is at work."""
        form = super().get_form(request, obj, change=change, **kwargs)
        return type(form.__name__, (form,), {"sight": sight_of(request)})

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """Set a password; saving and recording are one transaction."""
        with transaction.atomic():
            return super().user_change_password(request, id, form_url)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Record the new account. This is called inside the transaction that saves it."""
        note_account_change(obj, message, by=sight_of(request).user, is_new=True)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Record the names of the changed fields; a new password comes here too."""
        if message:
            note_account_change(obj, message, by=sight_of(request).user)

    @admin.action(description=gettext_lazy("Deactivate: log out and stop API keys"))
    def deactivate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Shut people out at once."""
        self._set_active(request, queryset, is_active=False)

    @admin.action(description=gettext_lazy("Activate"))
    def activate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Let people in again."""
        self._set_active(request, queryset, is_active=True)

    @admin.action(description=gettext_lazy("Let them log in without waiting"))
    def end_waits(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Forget failed log-ins of these accounts."""
        for person in queryset:
            lift_wait_of(person, by=sight_of(request).user)
        self.message_done(request, _("Their failed log-ins are forgotten."))

    def _set_active(self, request: HttpRequest, people: QuerySet[User], *, is_active: bool) -> None:
        done = 0
        for person in people:
            try:
                done += set_active(person, is_active, by=sight_of(request).user)
            except WorkbenchError as refusal:
                self.message_refused(request, refusal)
        self.message_done(request, ngettext("%d account is changed.", "%d accounts are changed.", done) % done)


@admin.register(ApiToken)
class ApiTokenAdmin(WorkbenchAdmin):
    """Keys of programs. Their secrets are nowhere; people make their own on their account page."""

    for_superusers_only = True
    list_display = ("name", "hint", "user", "project", "is_read_only", "expires_at", "last_used_at", "revoked_at")
    list_filter = (RevokedFilter, "is_read_only")
    list_select_related = ("user", "project")
    search_fields = ("name", "hint", "user__username")
    actions = ("revoke",)
    fields = (*list_display, "created_at")
    audit_type = "token"

    def rows(self, sight: Sight, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Keys belong to people."""
        return rows

    @admin.action(description=gettext_lazy("Revoke at once"))
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        """End the keys chosen."""
        done = sum(end_token(token, by=sight_of(request).user) for token in queryset)
        self.message_done(request, ngettext("%d key is revoked.", "%d keys are revoked.", done) % done)


@admin.register(LoginThrottle)
class LoginThrottleAdmin(WorkbenchAdmin):
    """Who has to wait before the next log-in. Names and addresses are stored as digests only."""

    for_superusers_only = True
    list_display = ("kind", "short_digest", "failures", "waits_until", "last_at")
    list_filter = ("subject",)
    ordering = ("-waits_until",)
    actions = ("lift",)
    fields = ("kind", "short_digest", "failures", "waits_until", "last_at")
    readonly_fields = fields

    def rows(self, sight: Sight, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Log-ins belong to no project."""
        return rows

    @admin.display(description=gettext_lazy("counted by"), ordering="subject")
    def kind(self, throttle: LoginThrottle) -> str:
        """Say what is counted."""
        names = {"account": _("account name"), "address": _("network address"), "device": _("known browser")}
        return names.get(throttle.subject, throttle.subject)

    @admin.display(description=gettext_lazy("digest"))
    def short_digest(self, throttle: LoginThrottle) -> str:
        """Show enough of the digest to tell rows apart."""
        return bytes(throttle.digest).hex()[:12]

    @admin.action(description=gettext_lazy("Forget the failures"))
    def lift(self, request: HttpRequest, queryset: QuerySet[LoginThrottle]) -> None:
        """Let them try again at once."""
        throttles = list(queryset)
        for throttle in throttles:
            lift_wait(throttle, by=sight_of(request).user)
        n = len(throttles)
        self.message_done(request, ngettext("%d wait is lifted.", "%d waits are lifted.", n) % n)
