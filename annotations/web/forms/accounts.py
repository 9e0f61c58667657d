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

from .fields import LanguageChoiceField

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
        fields = ["display_name", "email", "language"]
        labels = {"display_name": _("Name shown to colleagues"), "email": _("E-mail")}


class NewPasswordForm(PasswordChangeForm):
    """The old password and a new one of at least 12 characters, twice. The page says the rules once, above."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["new_password2"].label = _("New password, once more")
        for field in self.fields.values():
            field.help_text = ""


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
