"""Forms about a project's labels: the rows of a label set, and merging one label into another."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from annotations.errors import WorkbenchError
from annotations.models import Label
from annotations.models.projects import hex_colour, label_key
from annotations.workflow.label_checks import SHORTCUT, say_free
from annotations.workflow.labels import Retired
from annotations.workflow.merging_labels import LabelMerge
from annotations.workflow.projects import NewLabel, new_label_of

LONGEST_JSON = 100_000
COLOURS = {
    "#b26a00": gettext_lazy("amber"),
    "#1565c0": gettext_lazy("blue"),
    "#2e7d32": gettext_lazy("green"),
    "#00838f": gettext_lazy("teal"),
    "#c62828": gettext_lazy("red"),
    "#7b1fa2": gettext_lazy("purple"),
    "#5d4037": gettext_lazy("brown"),
    "#ad1457": gettext_lazy("raspberry"),
    "#6d6a00": gettext_lazy("olive"),
    "#455a64": gettext_lazy("slate"),
    "#304ffe": gettext_lazy("ultramarine"),
    "#c700e8": gettext_lazy("magenta"),
}
"""What people call the colours that are offered."""
USUAL_COLOUR = "#5d4037"
KINDS = (
    ("one", gettext_lazy("one of these")),
    ("ordinal", gettext_lazy("one of these, in their order")),
    ("many", gettext_lazy("any of these")),
    ("yes_no", gettext_lazy("yes or no")),
    ("number", gettext_lazy("a number")),
    ("text", gettext_lazy("a text")),
)
"""What people call the kinds of attributes."""


class ColourField(forms.CharField):
    """A colour as #rrggbb; capital letters are taken too."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", gettext_lazy("Colour"))
        widget = forms.TextInput(attrs={"type": "color", "list": "offered-colours"})
        super().__init__(validators=[hex_colour], widget=widget, **kwargs)

    def to_python(self, value: Any) -> str:
        """Return the colour in small letters."""
        return str(super().to_python(value)).lower()


class AttributesField(forms.CharField):
    """Definitions of attributes as JSON, which the page's script writes; empty is none."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.Textarea(attrs={"rows": 2, "spellcheck": "false", "class": "code"})
        super().__init__(required=False, max_length=LONGEST_JSON, widget=widget, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        """Show a list as JSON, and none as nothing."""
        if isinstance(value, list):
            return json.dumps(value, ensure_ascii=False) if value else ""
        return value

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Tell whether other attributes stand there, however they are written."""
        try:
            return bool((json.loads(data) if data else []) != (initial or []))
        except (ValueError, RecursionError):
            return True

    def clean(self, value: Any) -> Any:
        """Return the list; each of its entries is looked at by the act."""
        written = super().clean(value)
        try:
            found = json.loads(written) if written else []
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
            raise forms.ValidationError(_("Write a list of attributes as JSON, each with a key and a kind."))
        return found


class ParentField(forms.CharField):
    """The key of the label above; the page offers the labels there are."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, max_length=50, widget=forms.Select(choices=[("", _("none"))]), **kwargs)


class LabelForm(forms.Form):
    """One label of the set; a row with nothing written in it is none."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=100, required=False)
    key = forms.CharField(label=gettext_lazy("Key"), max_length=50, required=False, validators=[label_key])
    color = ColourField(initial=USUAL_COLOUR)
    shortcut = forms.CharField(label=gettext_lazy("Shortcut"), max_length=1, required=False)
    applies_to = forms.ChoiceField(label=gettext_lazy("For"), choices=Label.AppliesTo.choices, required=False)
    parent = ParentField(label=gettext_lazy("Below"))
    description = forms.CharField(
        label=gettext_lazy("Description"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    attributes = AttributesField(label=gettext_lazy("Attributes"))
    position = forms.IntegerField(label=gettext_lazy("Order"), min_value=1, max_value=999, required=False)
    is_removed = forms.BooleanField(label=gettext_lazy("Retire"), required=False)

    def __init__(self, *args: Any, parents: Iterable[tuple[str, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["shortcut"].widget.attrs |= {"autocomplete": "off", "autocapitalize": "characters", "size": 2}
        self.fields["key"].widget.attrs |= {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        if self.initial.get("key"):
            self.fields["key"].widget.attrs["readonly"] = True
        chosen = str(self["parent"].value() or "")
        offered = [("", _("none")), *parents]
        if chosen not in dict(offered):
            offered.append((chosen, chosen))
        self.fields["parent"].widget.choices = offered

    @property
    def is_new(self) -> bool:
        """Tell whether the label is not stored yet."""
        return not self.initial.get("key")

    @property
    def changed_data(self) -> list[str]:
        """Name the fields that differ; one that the page did not show does not."""
        return [name for name in super().changed_data if name == "is_removed" or self.says(name)]

    def says(self, name: str) -> bool:
        """Tell whether the page showed a field; one that it did not show leaves the label as it is."""
        return self.add_prefix(name) in self.data

    def clean_shortcut(self) -> str:
        """Return a digit or a letter. Letters are typed with Shift; the plain ones are commands."""
        shortcut = str(self.cleaned_data["shortcut"])
        if shortcut and not SHORTCUT.fullmatch(shortcut):
            raise forms.ValidationError(_("A shortcut is one digit, or one letter that is typed with Shift."))
        return shortcut.upper()

    def clean(self) -> dict[str, Any]:
        """Ask for a name where anything else is given, and make a key from it where none is."""
        data = super().clean() or {}
        is_begun = any(data.get(field) for field in ("key", "shortcut", "description", "attributes"))
        if is_begun and not data.get("name") and not data.get("is_removed"):
            self.add_error("name", _("Give the label a name, or tick “Retire”."))
        if data.get("name") and not data.get("key") and "key" not in self.errors:
            data["key"] = _key_from(data["name"])
        return data


class BaseLabelFormSet(forms.BaseFormSet):
    """All labels of a set: no key and no shortcut twice."""

    def clean(self) -> None:
        """Say at the second of two labels what it shares with the first, and which shortcuts are free."""
        taken: dict[tuple[str, str], str] = {}
        kept = self._kept()
        shortcuts = [str(form.cleaned_data.get("shortcut") or "") for form in kept]
        for form in kept:
            for field in ("key", "shortcut"):
                value = form.cleaned_data.get(field)
                if value and (field, value) in taken:
                    message = _("“%(value)s” belongs to the label “%(other)s” already.")
                    said = message % {"value": value, "other": taken[field, value]}
                    form.add_error(field, f"{said} {say_free(shortcuts)}" if field == "shortcut" else said)
                elif value:
                    taken[field, value] = form.cleaned_data["name"]

    def new_labels(self, stored: dict[str, Label]) -> list[NewLabel]:
        """Return the labels in their new order; what the form does not show is taken from the stored ones."""
        kept = self.in_order()
        keys = {form.cleaned_data["key"] for form in kept}
        return [_new_label(form, stored.get(form.cleaned_data["key"]), keys) for form in kept]

    def in_order(self) -> list[LabelForm]:
        """Return the rows that stay, in the order they are to have."""
        return sorted(self._kept(), key=lambda form: form.cleaned_data.get("position") or 1000)

    def put_refusal(self, refusal: WorkbenchError) -> None:
        """Show a refusal at the label it is about; its field reads `labels.3.key`, by the order they are to have."""
        _labels, _dot, rest = refusal.field.partition(".")
        place, _dot, name = rest.partition(".")
        kept = self.in_order()
        form = kept[int(place)] if place.isdecimal() and int(place) < len(kept) else self.forms[0]
        field = name.partition(".")[0]
        form.add_error(field if field in form.fields else None, refusal.message)

    def _kept(self) -> list[LabelForm]:
        filled = [form for form in self.forms if getattr(form, "cleaned_data", None)]
        return [form for form in filled if form.cleaned_data.get("name") and not form.cleaned_data.get("is_removed")]


LabelFormSet = forms.formset_factory(LabelForm, formset=BaseLabelFormSet, extra=0, max_num=200, validate_max=True)


class MergeForm(forms.Form):
    """Which label is merged into which; retired ones can be merged, none can be merged into a retired one."""

    from_label = forms.ChoiceField(label=gettext_lazy("This label"))
    into_label = forms.ChoiceField(label=gettext_lazy("is merged into"))

    def __init__(self, *args: Any, labels: Iterable[Label], retired: Iterable[Retired], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        in_force = [_choice(label) for label in labels]
        former = [_choice(each.label) for each in retired]
        choices: list[Any] = [("", _("choose")), *in_force]
        grouped = [*choices, *([(_("Retired"), former)] if former else [])]
        self.fields["from_label"].choices = grouped  # type: ignore[attr-defined]
        self.fields["into_label"].choices = choices  # type: ignore[attr-defined]

    def merge(self) -> LabelMerge:
        """Return what the act takes."""
        return LabelMerge(self.cleaned_data["from_label"], self.cleaned_data["into_label"])

    def put_refusal(self, refusal: WorkbenchError) -> None:
        """Show a refusal at the label it is about."""
        field = f"{refusal.field}_label"
        self.add_error(field if field in self.fields else None, refusal.message)


def rows_of(labels: Iterable[Label], spare: int) -> list[dict[str, Any]]:
    """Return the labels as the form shows them, and empty rows for more."""
    names = ("name", "key", "color", "shortcut", "applies_to", "description", "attributes")
    rows: list[dict[str, Any]] = [
        {name: getattr(label, name) for name in names}
        | {"parent": label.parent.key if label.parent else "", "position": place}
        for place, label in enumerate(labels, start=1)
    ]
    return rows + [{"color": USUAL_COLOUR, "position": len(rows) + 1}] * spare


def _choice(label: Label) -> tuple[str, str]:
    return label.key, _("%(name)s (%(kind)s)") % {"name": label.name, "kind": label.get_applies_to_display()}


def _new_label(form: LabelForm, stored: Label | None, keys: set[str]) -> NewLabel:
    data: Mapping[str, Any] = form.cleaned_data
    kept = new_label_of(stored) if stored is not None else NewLabel(data["key"], data["name"])
    parent = data["parent"] if form.says("parent") else kept.parent
    return NewLabel(
        key=data["key"],
        name=data["name"],
        color=data["color"],
        shortcut=data["shortcut"],
        description=data["description"],
        parent=parent if parent in keys else None,
        applies_to=data["applies_to"] or kept.applies_to,
        attributes=data["attributes"] if form.says("attributes") else kept.attributes,
    )


def _key_from(name: str) -> str:
    """Make a key of a name.

    >>> _key_from("Loaded wording"), _key_from("4 %")
    ('loaded_wording', 'label_4')
    """
    plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    return (plain if re.match(r"[a-z]", plain) else f"label_{plain}")[:50].strip("_")
