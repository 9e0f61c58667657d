"""Forms about a project: making one, its settings, guidelines, members."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from annotations.models import Membership, Project, User
from annotations.workflow.projects import HOW_TO_WORK, NewProject, starters

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
            "hides_outlets",
            "annotators_per_article",
            "overlaps",
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
