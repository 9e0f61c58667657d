"""Fields and forms that take files."""

from __future__ import annotations

import json
from pathlib import PurePosixPath
from typing import Any, BinaryIO, cast

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from annotations.importers.opening import is_junk

from .fields import LanguageField, PublishedField

FORMATS = (
    ("", _("tell it from the file")),
    ("text", _("plain text")),
    ("html", _("HTML page")),
    ("wordpress", _("WordPress REST (JSON)")),
    ("native", _("our own JSON or JSON Lines")),
    ("csv", _("CSV")),
)
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


class ImportForm(forms.Form):
    """What to import, and what holds for all of it."""

    uploads = FilesField(label=_("Files"), required=False)
    folder = FilesField(label=_("Or a whole folder"), required=False)
    folder_paths = forms.CharField(required=False, widget=forms.HiddenInput)
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
        self.fields["folder"].widget.attrs["webkitdirectory"] = True
        self.fields["publisher"].widget.attrs |= {"list": "publishers", "autocomplete": "off"}

    def clean(self) -> dict[str, Any]:
        """Ask for at least one file."""
        data = super().clean() or {}
        data["on_duplicate"] = data.get("on_duplicate") or "keep"
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

    def defaults(self) -> dict[str, Any]:
        """Return what is to be set for the whole import."""
        names = ("publisher", "published_at", "language")
        return {name: self.cleaned_data[name] for name in names if self.cleaned_data[name]}


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
