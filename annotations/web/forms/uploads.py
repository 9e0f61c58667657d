"""Fields and forms that take files."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Any, BinaryIO, cast

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from annotations.importers import formats as importers
from annotations.importers.opening import is_junk
from annotations.importers.preview import MOST_COLUMNS, Column, field_names

from .fields import FormKeyField, LanguageField, PublishedField

FORMATS = (("", _("tell it from the file")), *((each.name, each.title) for each in importers.FORMATS))
ON_CONFLICT = (
    ("skip", _("Keep what is here – the file’s text is left out")),
    ("version", _("Add the file’s text as a new version")),
    ("reject", _("Refuse the article and list it as a problem")),
)
ON_DUPLICATE = (
    ("keep", _("Keep both, and say so")),
    ("repost", _("Keep both, the new one linked as a repost")),
    ("skip", _("Leave the new one out")),
)


class FilesInput(forms.ClearableFileInput):
    """A control that takes several files."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files, which may be none."""

    widget = FilesInput

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        """Return the list of files; an empty file is the importer's to refuse, with its name."""
        given = data if isinstance(data, list | tuple) else [data]
        files = [file for file in given if file]
        if self.required and not files:
            raise forms.ValidationError(self.error_messages["required"], code="required")
        return files


class AnswersForm(forms.Form):
    """How files are to be read, and what holds for all of them."""

    form_key = FormKeyField()
    format = forms.ChoiceField(label=_("Format"), choices=FORMATS, required=False)
    on_conflict = forms.ChoiceField(
        label=_("If an article is here already, with another text"),
        choices=ON_CONFLICT,
        widget=forms.RadioSelect,
        initial="skip",
    )
    on_duplicate = forms.ChoiceField(
        label=_("If a new article is here under another id, by its text or address"),
        choices=ON_DUPLICATE,
        widget=forms.RadioSelect,
        initial="keep",
        required=False,
    )
    publisher = forms.CharField(label=_("Publisher"), max_length=200, required=False)
    published_at = PublishedField()
    language = LanguageField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["publisher"].widget.attrs |= {"list": "publishers", "autocomplete": "off"}

    def clean_on_duplicate(self) -> str:
        """Keep both where nothing was chosen."""
        return self.cleaned_data["on_duplicate"] or "keep"

    def defaults(self) -> dict[str, Any]:
        """Return what is to be set for the whole import."""
        names = ("publisher", "published_at", "language")
        return {name: self.cleaned_data[name] for name in names if self.cleaned_data[name]}


class ImportForm(AnswersForm):
    """What to import, and what holds for all of it."""

    uploads = FilesField(label=_("Files"), required=False)
    folder = FilesField(label=_("Or a whole folder"), required=False)
    folder_paths = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["folder"].widget.attrs["webkitdirectory"] = True

    def clean(self) -> dict[str, Any]:
        """Ask for at least one file."""
        data = super().clean() or {}
        if not self.errors and not self.named():
            self.add_error("uploads", _("Choose at least one file."))
        return data

    def named(self) -> list[tuple[str, BinaryIO]]:
        """Name the files. Django drops the folder from the name of a file; the page's script sends it beside.

        What an operating system leaves in folders, and nobody chose, stays out, as it does from archives.
        """
        uploads, folder = self.cleaned_data["uploads"], self.cleaned_data["folder"]
        paths = _plain_paths(self.cleaned_data["folder_paths"])
        names = paths if len(paths) == len(folder) else [str(file.name) for file in folder]
        in_folder = [(name, file) for name, file in zip(names, folder, strict=True) if not is_junk(name)]
        pairs = [(str(file.name), file) for file in uploads] + in_folder
        return [(name, cast(BinaryIO, file)) for name, file in pairs]


class PreviewForm(AnswersForm):
    """The answers for files that were looked at, with one choice a column."""

    def offer_columns(self, columns: Iterable[Column]) -> None:
        """Add a choice for each column. What was sent for another column is left alone."""
        ours = field_names()
        kept = _("kept in the metadata")
        for number, column in enumerate(columns):
            usual = ours.get(column.becomes, kept)
            choices = [("", _("%(usual)s (as it is)") % {"usual": usual}), *ours.items()]
            field = forms.ChoiceField(label=column.name, choices=choices, required=False)
            self.fields[f"becomes_{number}"] = field
            self.fields[f"column_{number}"] = forms.CharField(
                required=False, initial=column.name, widget=forms.HiddenInput, strip=False
            )
            self.fields[f"becomes_{number}"].help_text = column.example

    def columns(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        """Return the pairs of fields, for the page."""
        n_columns = sum(name.startswith("becomes_") for name in self.fields)
        return [(self[f"becomes_{n}"], self[f"column_{n}"]) for n in range(n_columns)]

    @property
    def has_answers_for_columns(self) -> bool:
        """Tell whether any column was given a meaning, or has been refused."""
        return bool(self.column_map()) or any(name.startswith("becomes_") for name in self.errors)

    def column_map(self) -> dict[str, str]:
        """Return what each column becomes, where that was said."""
        return PreviewForm.answers_of(self)[1]

    @staticmethod
    def answers_of(form: PreviewForm) -> tuple[str, dict[str, str]]:
        """Return the format and the map that were sent, before their columns are known; others are left out."""
        sent = form.data
        format = sent.get("format", "")
        names: dict[str, str] = {}
        for n in range(MOST_COLUMNS):
            column, ours = sent.get(f"column_{n}", ""), sent.get(f"becomes_{n}", "")
            if column and ours in field_names():
                names[column] = ours
        return (format if format in importers.READERS else ""), names

    def clean(self) -> dict[str, Any]:
        """Refuse one meaning for two columns, of which one would be lost."""
        data = super().clean() or {}
        seen: dict[str, str] = {}
        for column, ours in self.column_map().items():
            if ours in seen:
                message = _("“%(one)s” and “%(two)s” cannot both be the %(field)s. Choose one of them.")
                said = {"one": seen[ours], "two": column, "field": field_names()[ours]}
                raise forms.ValidationError(message, params=said, code="column_twice")
            seen[ours] = column
        return data


def _plain_paths(raw: str) -> list[str]:
    """Read the list of paths; anything but plain relative paths is dropped."""
    try:
        found = json.loads(raw or "[]")
    except ValueError:
        return []
    if not isinstance(found, list) or not all(isinstance(path, str) and _is_plain(path) for path in found):
        return []
    return found


def _is_plain(path: str) -> bool:
    parts = PurePosixPath(path).parts
    return bool(parts) and len(path) <= 500 and ".." not in parts and not path.startswith("/")
