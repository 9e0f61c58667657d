"""The form that asks for an export."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from annotations.exporters.formats import FORMATS, WITH_FILES, Format
from annotations.exporters.losses import EVERYTHING, FEATURES
from annotations.models import SavedFilter

from .fields import FormKeyField

TEXTS = (
    ("with", gettext_lazy("with the texts of the articles")),
    ("without", gettext_lazy("without them and their quotes: ids, addresses, hashes and offsets")),
)
LAYERS = (
    ("all", gettext_lazy("everything")),
    ("gold", gettext_lazy("gold: what was adjudicated")),
    ("annotators", gettext_lazy("what each annotator did")),
)
AS_OBJECT = "native.json"
"""The native format as one JSON object, beside the formats of the table."""
FILES = "native.zip"
"""The native format with the files of captures."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A format as the page offers it: its suffix, and in words what it carries and what it has no place for."""

    value: str
    title: str
    suffix: str
    carries: list[str]
    lacks: list[str]
    extra: str
    carries_everything: bool
    """Nothing is lost that any format has a place for."""


def offers() -> list[Offer]:
    """Return every format that can be written; the native one in both its shapes."""
    native = next(each for each in FORMATS if each.name == "native")
    others = [each for each in FORMATS if each is not native]
    as_object = _offer(native, AS_OBJECT, _("Claim Workbench: one JSON object, for reading and small corpora"), ".json")
    return [_offer(native), as_object, _offer(WITH_FILES, FILES), *map(_offer, others)]


def _offer(format: Format, value: str = "", title: str = "", suffix: str = "") -> Offer:
    carries = [str(words) for feature, words in FEATURES.items() if feature in format.carries]
    lacks = [str(words) for feature, words in FEATURES.items() if feature not in format.carries]
    return Offer(
        value or format.name,
        title or str(format.title),
        suffix or format.suffix,
        carries,
        lacks,
        format.extra,
        format.carries >= EVERYTHING,
    )


def _choices() -> list[tuple[str, str]]:
    return [(each.value, f"{each.title} ({each.suffix})") for each in offers()]


class ExportForm(forms.Form):
    """In which format, with or without texts, and which part of the work."""

    form_key = FormKeyField()
    format = forms.ChoiceField(
        label=gettext_lazy("Format"), choices=_choices, widget=forms.RadioSelect, initial="native"
    )
    texts = forms.ChoiceField(label=gettext_lazy("Texts"), choices=TEXTS, widget=forms.RadioSelect, initial="with")
    layer = forms.ChoiceField(
        label=gettext_lazy("Layer"), choices=LAYERS, widget=forms.RadioSelect, initial="all", required=False
    )
    submitted_only = forms.BooleanField(label=gettext_lazy("only work that was handed in"), required=False)
    licence = forms.CharField(label=gettext_lazy("Licence"), max_length=500, required=False)
    split = forms.CharField(label=gettext_lazy("Split"), max_length=20, required=False)
    seed = forms.IntegerField(label=gettext_lazy("Seed"), min_value=0, max_value=2**31 - 1, required=False, initial=0)

    def __init__(self, *args: Any, saved: Iterable[SavedFilter] = (), **kwargs: Any) -> None:
        """Offer also the filters that the person keeps, in place of the one in the address."""
        super().__init__(*args, **kwargs)
        kept = [(str(one.uuid), one.name) for one in saved]
        if kept:
            choices = [("", ""), *kept]
            self.fields["saved_filter"] = forms.ChoiceField(choices=choices, widget=forms.RadioSelect, required=False)
        self.fields["licence"].widget.attrs |= {"placeholder": "CC BY 4.0", "autocomplete": "off"}
        self.fields["split"].widget.attrs |= {"placeholder": "80/10/10", "autocomplete": "off", "inputmode": "text"}

    def values(self) -> dict[str, Any]:
        """Return what `start_export` takes."""
        data = self.cleaned_data
        is_object = data["format"] == AS_OBJECT
        values = {
            "format": "native" if data["format"] in (AS_OBJECT, FILES) else data["format"],
            "as_json_object": is_object,
            "with_files": data["format"] == FILES,
            "with_text": data["texts"] == "with",
        }
        options = {name: data[name] for name in ("submitted_only", "licence", "split")}
        return {**values, **options, "layer": data["layer"] or "all", "seed": data["seed"] or 0}

    @property
    def chosen_filter(self) -> str:
        """Return the UUID of the saved filter that was chosen, or nothing."""
        return str(self.cleaned_data.get("saved_filter", ""))

    def options(self) -> list[tuple[Any, Offer]]:
        """Return each format's radio button with what is said of it."""
        return list(zip(self["format"], offers(), strict=True))
