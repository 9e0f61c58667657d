"""Forms about oneself: log-in, name, password, API keys."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from annotations.models import Project, User
from annotations.workflow.inviting import NewPerson

from .fields import LanguageChoiceField

MOST_CHARACTERS = 1_000
"""Longest password that is looked at; none is cut."""
LIVES = ((30, _("30 days")), (90, _("90 days")), (365, _("one year")))


class LoginForm(AuthenticationForm):
    """Name and password. The message is the same for every failure."""

    error_messages = {
        "invalid_login": _("Name and password do not fit. Mind capital letters in both."),
        "inactive": _("Name and password do not fit. Mind capital letters in both."),
    }


class ProfileForm(forms.ModelForm):
    """What colleagues see of a person, and the language in which the person sees the pages."""

    language = LanguageChoiceField()

    class Meta:
        model = User
        fields = ["display_name", "email", "language", "wants_digest"]
        labels = {
            "display_name": _("Name shown to colleagues"),
            "email": _("E-mail"),
            "wants_digest": _("Mail me once a day what is new in my inbox"),
        }


class NewPasswordForm(PasswordChangeForm):
    """The old password and a new one of at least 12 characters, twice. The page says the rules once, above."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["new_password2"].label = _("New password, once more")
        for field in self.fields.values():
            field.help_text = ""


class ResetForm(forms.Form):
    """A new password, twice. Which are good enough is said by the act."""

    password = forms.CharField(
        label=_("Password"),
        max_length=MOST_CHARACTERS,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label=_("The same password again"),
        max_length=MOST_CHARACTERS,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean_again(self) -> str:
        """Hold the second against the first."""
        if "password" in self.cleaned_data and self.cleaned_data["again"] != self.cleaned_data["password"]:
            raise forms.ValidationError(_("The two passwords differ."))
        return str(self.cleaned_data["again"])


class AskForLinkForm(forms.Form):
    """Whose password was forgotten."""

    name = forms.CharField(label=_("User name or e-mail"), max_length=254)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].widget.attrs |= {
            "autocomplete": "username",
            "autocapitalize": "none",
            "spellcheck": "false",
        }


class CodeForm(forms.Form):
    """A code of an app, or a recovery code."""

    code = forms.CharField(label=_("Code"), max_length=100)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs |= {
            "autocomplete": "one-time-code",
            "autocapitalize": "none",
            "spellcheck": "false",
        }


class OwnPasswordForm(forms.Form):
    """One's own password, so that a browser left open is not enough; who has none is not asked."""

    password = forms.CharField(
        label=_("Your password"),
        max_length=MOST_CHARACTERS,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person
        if not person.has_usable_password():
            del self.fields["password"]

    def clean_password(self) -> str:
        """Check it."""
        if not self.person.check_password(self.cleaned_data["password"]):
            raise forms.ValidationError(_("This is not your password."))
        return str(self.cleaned_data["password"])


class NewPersonForm(ResetForm):
    """What somebody who is invited says of themselves: a name to log in with, a password, what colleagues call them."""

    username = forms.CharField(label=_("User name"), max_length=150)
    display_name = forms.CharField(label=_("Name shown to colleagues"), max_length=150, required=False)
    email = forms.EmailField(label=_("E-mail"), required=False)

    def __init__(self, *args: Any, needs_password: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].widget.attrs |= {
            "autocomplete": "username",
            "autocapitalize": "none",
            "spellcheck": "false",
        }
        if not needs_password:
            del self.fields["password"], self.fields["again"]

    def new_person(self) -> NewPerson:
        """Return what `take_invitation_anew` takes."""
        data = self.cleaned_data
        return NewPerson(data["username"], data.get("password"), data["display_name"], data["email"])


class TokenForm(forms.Form):
    """What an API key is for, how long it lives and how much it may."""

    name = forms.CharField(label=_("Name"), max_length=100)
    days = forms.TypedChoiceField(label=_("Works for"), choices=LIVES, coerce=int, initial=90)
    project = forms.ModelChoiceField(
        label=_("Only for the project"),
        queryset=Project.objects.none(),
        required=False,
        to_field_name="uuid",
        empty_label=_("all my projects"),
    )
    is_read_only = forms.BooleanField(label=_("May only read"), required=False)

    def __init__(self, *args: Any, projects: QuerySet[Project], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["project"].queryset = projects  # type: ignore[attr-defined]

    def values(self) -> dict[str, Any]:
        """Return what `issue_token` takes."""
        data = self.cleaned_data
        return {
            "name": data["name"],
            "expires_at": timezone.now() + timedelta(days=data["days"]),
            "is_read_only": data["is_read_only"],
            "project": data["project"],
        }
