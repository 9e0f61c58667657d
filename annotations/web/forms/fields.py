"""What several forms share: how a refusal is put beside its field, a date with or without a time, a language."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from annotations.errors import WorkbenchError
from annotations.text.language import language_tag

#: languages offered by name; any other tag can be typed
LANGUAGES = (
    ("ar", gettext_lazy("Arabic")),
    ("de", gettext_lazy("German")),
    ("en", gettext_lazy("English")),
    ("es", gettext_lazy("Spanish")),
    ("fa", gettext_lazy("Persian")),
    ("fr", gettext_lazy("French")),
    ("he", gettext_lazy("Hebrew")),
    ("it", gettext_lazy("Italian")),
    ("ja", gettext_lazy("Japanese")),
    ("nl", gettext_lazy("Dutch")),
    ("pl", gettext_lazy("Polish")),
    ("pt", gettext_lazy("Portuguese")),
    ("ru", gettext_lazy("Russian")),
    ("tr", gettext_lazy("Turkish")),
    ("ug", gettext_lazy("Uyghur")),
    ("uk", gettext_lazy("Ukrainian")),
    ("zh", gettext_lazy("Chinese")),
)


def put_refusal(form: forms.BaseForm, refusal: WorkbenchError) -> None:
    """Show a refusal at the field it is about, or above the form where the form has no such field."""
    form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)


class FormKeyField(forms.UUIDField):
    """The key that a form is given when it is shown, so that sending it twice starts one job; none is no error."""

    widget = forms.HiddenInput

    def __init__(self) -> None:
        super().__init__(required=False, initial=uuid4)
        self.widget.attrs |= {"autocomplete": "off"}  # else a browser puts back the key of the form before

    def clean(self, value: Any) -> UUID | None:
        """Return the key, or None for what is none."""
        try:
            return super().clean(value)
        except forms.ValidationError:
            return None


class LanguageChoiceField(forms.ChoiceField):
    """A language of the interface, each by its own name; empty is the browser's."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", gettext_lazy("Language of the pages"))
        kwargs.setdefault("required", False)
        super().__init__(choices=[("", gettext_lazy("as the browser asks")), *settings.LANGUAGES], **kwargs)


class LanguageField(forms.CharField):
    """A language tag such as `en` or `de-AT`; empty is "not known"."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", gettext_lazy("Language"))
        kwargs.setdefault("required", False)
        kwargs.setdefault("max_length", 35)
        super().__init__(**kwargs)
        self.widget.attrs |= {"list": "languages", "autocomplete": "off", "placeholder": "en"}

    def clean(self, value: Any) -> str:
        """Return the tag in its usual spelling."""
        raw = super().clean(value)
        if not raw:
            return ""
        tag = language_tag(raw)
        if tag is None:
            raise forms.ValidationError(
                _("“%(value)s” is not a language tag. Write one such as en, de or pt-BR."), params={"value": raw}
            )
        return tag


class PublishedField(forms.CharField):
    """A day (YYYY-MM-DD) or a time; a time without a zone is taken as UTC."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", gettext_lazy("Published"))
        kwargs.setdefault("required", False)
        super().__init__(**kwargs)
        self.widget.attrs |= {"placeholder": "2024-05-31", "autocomplete": "off"}

    def clean(self, value: Any) -> datetime | date | None:
        """Return a date, an aware time, or nothing."""
        raw = super().clean(value)
        return parse_published(raw) if raw else None


def parse_published(raw: str) -> datetime | date:
    """Read a day or a time. Raises ValidationError with the value and the right form.

    >>> parse_published("2024-02-29").isoformat()
    '2024-02-29'
    """
    try:
        if len(raw) == 10:
            return date.fromisoformat(raw)
        found = datetime.fromisoformat(raw.replace(" ", "T", 1))
    except ValueError:
        message = _("“%(value)s” is not a date. Write YYYY-MM-DD, or YYYY-MM-DD HH:MM for a time in UTC.")
        raise forms.ValidationError(message, params={"value": raw[:40]}) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


class LinesField(forms.CharField):
    """A list of words, one a line."""

    widget = forms.Textarea(attrs={"rows": 5})

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        """Show a list as lines."""
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        """Return the lines in which something stands."""
        return [line.strip() for line in str(value or "").splitlines() if line.strip()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Tell whether other words stand there."""
        return bool(self.to_python(data) != (initial or []))
