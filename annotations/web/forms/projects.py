"""Forms about a project: making one, its settings, guidelines, labels, members."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from annotations.models import Label, Membership, Project, User
from annotations.models.projects import hex_colour, label_key
from annotations.workflow.projects import HOW_TO_WORK, NewLabel, NewProject, starters

from .fields import LanguageField, LinesField
from .uploads import FilesField

BLIND, OPEN = Project.Visibility.BLIND, Project.Visibility.OPEN
VISIBILITIES = (
    (BLIND, gettext_lazy("Blind – annotators see only their own work until it is compared.")),
    (OPEN, gettext_lazy("Open – everybody in the project sees everybody’s work at once.")),
)
QUEUE_ORDERS = (
    (Project.QueueOrder.LISTED, gettext_lazy("From the queue, in the order they were added")),
    (Project.QueueOrder.OLDEST, gettext_lazy("From the queue, the oldest publication first")),
    (Project.QueueOrder.SHUFFLED, gettext_lazy("From the queue, shuffled for each person differently")),
    (Project.QueueOrder.FEWEST, gettext_lazy("From the queue, those with the fewest annotators first")),
    (Project.QueueOrder.NONE, gettext_lazy("Only what a manager gave them")),
)
ROLES = (
    (Membership.Role.ANNOTATOR, gettext_lazy("annotator – reads and annotates")),
    (Membership.Role.REVIEWER, gettext_lazy("reviewer – annotates, and sees everybody’s work")),
    (Membership.Role.MANAGER, gettext_lazy("manager – sets the project up, imports, assigns")),
    (Membership.Role.VIEWER, gettext_lazy("viewer – reads what was handed in")),
)


class NewProjectForm(forms.Form):
    """Everything that is asked when a project is made."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)
    starter = forms.ChoiceField(
        label=gettext_lazy("Label set to start with"), widget=forms.RadioSelect, initial="news_claims"
    )
    language = LanguageField(label=gettext_lazy("Language of most articles"))
    visibility = forms.ChoiceField(
        label=gettext_lazy("Who sees whose work"), choices=VISIBILITIES, widget=forms.RadioSelect, initial=BLIND
    )
    uploads = FilesField(label=gettext_lazy("First files"), required=False)
    text_title = forms.CharField(label=gettext_lazy("Title of the pasted text"), max_length=1000, required=False)
    text = forms.CharField(label=gettext_lazy("Or paste a text"), widget=forms.Textarea, required=False, strip=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = sorted(starters().values(), key=lambda one: (one.key != "news_claims", not one.labels))
        self.fields["starter"].choices = [(one.key, one.name) for one in choices]  # type: ignore[attr-defined]
        self.fields["text"].widget.attrs["rows"] = 6

    def new_project(self) -> NewProject:
        """Return what `create_project` takes."""
        data = self.cleaned_data
        return NewProject(
            name=data["name"], language=data["language"], visibility=data["visibility"], starter=data["starter"]
        )

    def title_of_text(self) -> str:
        """Return the title given, else the first line of the text."""
        first_line = self.cleaned_data["text"].strip().partition("\n")[0].strip()
        return self.cleaned_data["text_title"] or first_line[:200]


class ProjectForm(forms.ModelForm):
    """What can be changed of a project afterwards; its address stays."""

    visibility = forms.ChoiceField(
        label=gettext_lazy("Who sees whose work"), choices=VISIBILITIES, widget=forms.RadioSelect
    )
    language = LanguageField(label=gettext_lazy("Language of most articles"))

    queue_order = forms.ChoiceField(
        label=gettext_lazy("Where the next article comes from"),
        choices=QUEUE_ORDERS,
        widget=forms.RadioSelect,
        required=False,
    )
    skip_reasons = LinesField(label=gettext_lazy("Reasons to skip an article, one a line"))

    class Meta:
        model = Project
        fields = [
            "name",
            "description",
            "language",
            "visibility",
            "annotators_per_article",
            "queue_order",
            "queue_seed",
            "lease_hours",
            "skip_reasons",
        ]
        widgets = {"description": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in HOW_TO_WORK:
            if name in self.fields:
                self.fields[name].required = False

    def changes(self) -> dict[str, Any]:
        """Return what the form says; how people work is left as it is where the form does not say it."""
        said = {name for name in HOW_TO_WORK if self.cleaned_data.get(name) not in (None, "") and name in self.data}
        return {name: value for name, value in self.cleaned_data.items() if name not in HOW_TO_WORK or name in said}


class GuidelinesForm(forms.Form):
    """A new wording of the guidelines."""

    text = forms.CharField(
        label=gettext_lazy("Guidelines (Markdown)"),
        widget=forms.Textarea(attrs={"rows": 28}),
        required=False,
        strip=False,
        max_length=200_000,
    )

    def clean_text(self) -> str:
        """Return the text with one kind of line end."""
        return str(self.cleaned_data["text"]).replace("\r\n", "\n").replace("\r", "\n")


class ColourField(forms.CharField):
    """A colour as #rrggbb; capital letters are taken too."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", gettext_lazy("Colour"))
        super().__init__(validators=[hex_colour], widget=forms.TextInput(attrs={"type": "color"}), **kwargs)

    def to_python(self, value: Any) -> str:
        """Return the colour in small letters."""
        return str(super().to_python(value)).lower()


class LabelForm(forms.Form):
    """One label of the set; a row with nothing written in it is none."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=100, required=False)
    key = forms.CharField(label=gettext_lazy("Key"), max_length=50, required=False, validators=[label_key])
    color = ColourField(initial="#5d4037")
    shortcut = forms.CharField(label=gettext_lazy("Shortcut"), max_length=1, required=False)
    description = forms.CharField(
        label=gettext_lazy("Description"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    parent = forms.CharField(required=False, widget=forms.HiddenInput)
    position = forms.IntegerField(label=gettext_lazy("Order"), min_value=1, max_value=999, required=False)
    is_removed = forms.BooleanField(label=gettext_lazy("Remove"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["shortcut"].widget.attrs |= {"autocomplete": "off", "size": 2}

    def clean_shortcut(self) -> str:
        """Return a digit or a letter. Letters are typed with Shift; the plain ones are commands."""
        shortcut = str(self.cleaned_data["shortcut"])
        if shortcut and not re.fullmatch(r"[0-9A-Za-z]", shortcut):
            raise forms.ValidationError(_("A shortcut is one digit, or one letter that is typed with Shift."))
        return shortcut.upper()

    def clean(self) -> dict[str, Any]:
        """Ask for a name where anything else is given, and make a key from it where none is."""
        data = super().clean() or {}
        is_begun = any(data.get(field) for field in ("key", "shortcut", "description"))
        if is_begun and not data.get("name") and not data.get("is_removed"):
            self.add_error("name", _("Give the label a name, or tick “Remove”."))
        if data.get("name") and not data.get("key") and "key" not in self.errors:
            data["key"] = _key_from(data["name"])
        return data


class BaseLabelFormSet(forms.BaseFormSet):
    """All labels of a set: no key and no shortcut twice."""

    def clean(self) -> None:
        """Say at the second of two labels what it shares with the first."""
        taken: dict[tuple[str, str], str] = {}
        for form in self._kept():
            for field in ("key", "shortcut"):
                value = form.cleaned_data.get(field)
                if value and (field, value) in taken:
                    message = _("“%(value)s” belongs to the label “%(other)s” already.")
                    form.add_error(field, message % {"value": value, "other": taken[field, value]})
                elif value:
                    taken[field, value] = form.cleaned_data["name"]

    def new_labels(self, stored: dict[str, Label]) -> list[NewLabel]:
        """Return the labels in their new order; what the form does not show is taken from the stored ones."""
        kept = sorted(self._kept(), key=lambda form: form.cleaned_data.get("position") or 1000)
        keys = {form.cleaned_data["key"] for form in kept}
        return [_new_label(form.cleaned_data, stored.get(form.cleaned_data["key"]), keys) for form in kept]

    def _kept(self) -> list[forms.Form]:
        filled = [form for form in self.forms if getattr(form, "cleaned_data", None)]
        return [form for form in filled if form.cleaned_data.get("name") and not form.cleaned_data.get("is_removed")]


LabelFormSet = forms.formset_factory(LabelForm, formset=BaseLabelFormSet, extra=0, max_num=200, validate_max=True)


def _new_label(data: dict[str, Any], stored: Label | None, keys: set[str]) -> NewLabel:
    parent = stored.parent.key if stored and stored.parent and stored.parent.key in keys else None
    return NewLabel(
        key=data["key"],
        name=data["name"],
        color=data["color"],
        shortcut=data["shortcut"],
        description=data["description"],
        parent=parent,
        applies_to=stored.applies_to if stored else Label.AppliesTo.SPAN,
        attributes=stored.attributes if stored else [],
    )


def _key_from(name: str) -> str:
    """Make a key of a name.

    >>> _key_from("Loaded wording"), _key_from("4 %")
    ('loaded_wording', 'label_4')
    """
    plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    return (plain if re.match(r"[a-z]", plain) else f"label_{plain}")[:50].strip("_")


class MemberForm(forms.Form):
    """A person who has an account, by name or e-mail, or a new one; and their role."""

    person = forms.CharField(label=gettext_lazy("User name or e-mail"), max_length=254)
    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=ROLES)
    creates = forms.BooleanField(label=gettext_lazy("Make a new account with this user name"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].widget.attrs |= {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}

    def find(self) -> User | None:
        """Find who is meant; an e-mail that two accounts share means nobody."""
        asked = self.cleaned_data["person"].strip()
        by_name = User.objects.filter(username=asked, is_active=True).first()
        if by_name or "@" not in asked:
            return by_name
        found = list(User.objects.filter(email__iexact=asked, is_active=True)[:2])
        return found[0] if len(found) == 1 else None


class RoleForm(forms.Form):
    """Another role for a member."""

    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=Membership.Role.choices)
