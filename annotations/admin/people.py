"""Accounts, API keys and log-in waits: for superusers only. Accounts are deactivated, never deleted."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from annotations.errors import WorkbenchError
from annotations.models import ApiToken, Erasure, ExternalIdentity, LoginThrottle, Membership, SecondFactor, User
from annotations.removing.persons import erase_person
from annotations.web.forms.fields import LanguageChoiceField
from annotations.web.forms.removing import EraseForm
from annotations.workflow.administrating import (
    end_access,
    end_token,
    lift_wait,
    lift_wait_of,
    note_account_change,
    set_active,
)
from annotations.workflow.identities import unlink_identity
from annotations.workflow.resetting import make_reset_link
from annotations.workflow.second_factor import remove_second_factor

from .base import ReadOnlyInline, WorkbenchAdmin, as_digest, as_json
from .filters import AskedToBeErasedFilter, RevokedFilter
from .sight import Sight, sight_of
from .typed import ask_to_type

MOST_LINKS = 20
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
    list_display = (
        "username",
        "display_name",
        "email",
        "is_active",
        "is_staff",
        "is_superuser",
        "last_login",
        "erasure_asked_at",
    )
    list_filter = (*RIGHTS, AskedToBeErasedFilter)
    search_fields = ("username", "display_name", "email")
    filter_horizontal = ()
    actions = ("deactivate", "activate", "end_waits", "make_link", "erase")
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

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save the account; one that is shut out by it loses its sessions and keys."""
        super().save_model(request, obj, form, change)
        if change and "is_active" in form.changed_data and not obj.is_active:
            end_access(obj, by=sight_of(request).user)

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

    @admin.action(description=gettext_lazy("Make a link for a new password"))
    def make_link(self, request: HttpRequest, queryset: QuerySet[User]) -> HttpResponse | None:
        """Show links for new passwords, in this reply only; each works once, for an hour."""
        links = []
        for person in queryset[:MOST_LINKS]:
            try:
                secret = make_reset_link(person, by=sight_of(request).user)
            except WorkbenchError as refusal:
                self.message_refused(request, refusal)
                continue
            links.append((person, request.build_absolute_uri(reverse("annotations:reset_link", args=[secret]))))
        if not links:
            return None
        context = self.admin_site.each_context(request) | {
            "title": _("Links for new passwords"),
            "opts": self.opts,
            "links": links,
        }
        response = TemplateResponse(request, "admin/reset_links.html", context)
        add_never_cache_headers(response)
        return response

    @admin.action(description=gettext_lazy("Erase…"))
    def erase(self, request: HttpRequest, queryset: QuerySet[User]) -> HttpResponse | None:
        """Ask for the log-in name of the one person chosen, and have them erased for good."""

        def carry(person: User, form: Any) -> str:
            made = erase_person(person, form.cleaned_data["username"], by=sight_of(request).user)
            return _("A job erases the person. What they judged stays under “%(name)s”.") % {"name": made.pseudonym}

        def said(person: User) -> list[str]:
            parts = Membership.objects.filter(user=person).count()
            return [
                ngettext("They have a part in %d project.", "They have parts in %d projects.", parts) % parts,
                _("Name, addresses, keys, sessions, filters and inbox go; what they judged stays under a pseudonym."),
                _("Nobody can undo it."),
            ]

        return ask_to_type(request, queryset, EraseForm, carry, title=_("Erase the person"), said=said)

    def _set_active(self, request: HttpRequest, people: QuerySet[User], *, is_active: bool) -> None:
        done = 0
        for person in people:
            try:
                done += set_active(person, is_active, by=sight_of(request).user)
            except WorkbenchError as refusal:
                self.message_refused(request, refusal)
        self.message_done(request, ngettext("%d account is changed.", "%d accounts are changed.", done) % done)


@admin.register(Erasure)
class ErasureAdmin(WorkbenchAdmin):
    """Receipts: what was erased of whom, who is named by a pseudonym only."""

    for_superusers_only = True
    list_display = ("pseudonym", "created_at", "finished_at")
    search_fields = ("pseudonym",)
    fields = ("uuid", "pseudonym", "ordered_by", "created_at", "finished_at", "receipt_shown", "digest")
    readonly_fields = fields

    def rows(self, sight: Sight, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Receipts belong to no project."""
        return rows

    @admin.display(description=gettext_lazy("receipt"))
    def receipt_shown(self, erasure: Erasure) -> str:
        """Show the receipt readably."""
        return as_json(erasure.receipt)

    @admin.display(description=gettext_lazy("SHA-256 of the receipt"))
    def digest(self, erasure: Erasure) -> str:
        """Show the hash as people compare it."""
        return as_digest(erasure.sha256)


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
        names = {
            "account": _("account name"),
            "address": _("network address"),
            "device": _("known browser"),
            "factor": _("second factor"),
            "reset": _("asking for a new password"),
        }
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


@admin.register(SecondFactor)
class SecondFactorAdmin(WorkbenchAdmin):
    """Who is asked for a code at log-in. Secrets are sealed, and shown nowhere."""

    for_superusers_only = True
    list_display = ("user", "confirmed_at")
    list_select_related = ("user",)
    search_fields = ("user__username",)
    actions = ("turn_off",)
    fields = ("user", "created_at", "confirmed_at")
    readonly_fields = fields

    def rows(self, sight: Sight, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Codes belong to people."""
        return rows

    @admin.action(description=gettext_lazy("Turn off, for who lost app and recovery codes"))
    def turn_off(self, request: HttpRequest, queryset: QuerySet[SecondFactor]) -> None:
        """Let people in by their password alone; where it is required, they set up another."""
        people = [row.user for row in queryset]
        done = sum(remove_second_factor(person, by=sight_of(request).user) for person in people)
        self.message_done(request, ngettext("%d is turned off.", "%d are turned off.", done) % done)


@admin.register(ExternalIdentity)
class ExternalIdentityAdmin(WorkbenchAdmin):
    """Which identity at a provider is which person here."""

    for_superusers_only = True
    list_display = ("user", "name", "issuer", "subject", "linked_at", "last_used_at")
    list_select_related = ("user",)
    search_fields = ("user__username", "name", "subject")
    actions = ("unlink",)
    fields = list_display
    readonly_fields = fields

    def rows(self, sight: Sight, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Identities belong to people."""
        return rows

    @admin.action(description=gettext_lazy("Unlink from the account"))
    def unlink(self, request: HttpRequest, queryset: QuerySet[ExternalIdentity]) -> None:
        """Take identities off their accounts."""
        done = sum(unlink_identity(row, by=sight_of(request).user) for row in queryset.select_related("user"))
        self.message_done(request, ngettext("%d is unlinked.", "%d are unlinked.", done) % done)
