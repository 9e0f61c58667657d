"""The form that asks for an export."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

SHAPES = (
    ("jsonl", _("JSON Lines – one article a line, for programs and large corpora")),
    ("json", _("JSON – one object, for reading and small corpora")),
)
TEXTS = (
    ("with", _("with the texts of the articles")),
    ("without", _("without them and their quotes: ids, addresses, hashes and offsets")),
)


class ExportForm(forms.Form):
    """In which shape, and with or without texts."""

    shape = forms.ChoiceField(label=_("Shape"), choices=SHAPES, widget=forms.RadioSelect, initial="jsonl")
    texts = forms.ChoiceField(label=_("Texts"), choices=TEXTS, widget=forms.RadioSelect, initial="with")

    def values(self) -> dict[str, Any]:
        """Return what `start_export` takes."""
        data = self.cleaned_data
        return {"as_json_object": data["shape"] == "json", "with_text": data["texts"] == "with"}
