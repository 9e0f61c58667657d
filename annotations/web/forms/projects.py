"""Forms about a project: making one, its settings, guidelines, members."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.validators import validate_email
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from annotations.models import Membership, Project, User
from annotations.workflow.inviting import MOST_DAYS, MOST_PEOPLE, USUAL_DAYS, NewInvitation
from annotations.workflow.projects import FOR_READERS, HOW_TO_WORK, NewProject, starters

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
    publishes = forms.BooleanField(
        label=gettext_lazy("Publish claims: their pages can be read by anybody, without logging in"), required=False
    )
    published_from = forms.CharField(
        label=gettext_lazy("Its own site"),
        max_length=2000,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off"}),
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
            "publishes",
            "published_as",
            "published_from",
        ]
        widgets = {"description": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in (*HOW_TO_WORK, *FOR_READERS):
            if name in self.fields:
                self.fields[name].required = False

    def changes(self) -> dict[str, Any]:
        """Return what the form says; how people work is left as it is where the form does not say it."""
        said = {name for name in HOW_TO_WORK if self.cleaned_data.get(name) not in (None, "") and name in self.data}
        if "published_as" in self.data:  # a box that is not ticked is not sent; the field beside it is
            said.update(FOR_READERS)
        optional = {*HOW_TO_WORK, *FOR_READERS}
        return {name: value for name, value in self.cleaned_data.items() if name not in optional or name in said}


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


class InvitationForm(forms.Form):
    """A link to hand out: the part it gives, for whom, how many people, how long."""

    memo = forms.CharField(
        label=gettext_lazy("For whom"),
        max_length=254,
        required=False,
        help_text=gettext_lazy("A name or an e-mail, so that you know it again."),
    )
    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=ROLES)
    most_uses = forms.IntegerField(
        label=gettext_lazy("How many people may take it"), min_value=1, max_value=MOST_PEOPLE, initial=1
    )
    days = forms.IntegerField(label=gettext_lazy("Days it works"), min_value=1, max_value=MOST_DAYS, initial=USUAL_DAYS)
    sends = forms.BooleanField(label=gettext_lazy("Send the link by e-mail too"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.auto_id = "invitation_%s"
        self.fields["memo"].widget.attrs |= {"autocomplete": "off"}

    def clean(self) -> dict[str, Any]:
        """Ask for an address where the link is to be sent."""
        data = super().clean() or {}
        if data.get("sends"):
            try:
                validate_email(data.get("memo", ""))
            except forms.ValidationError:
                self.add_error("memo", _("“%(value)s” is no e-mail address.") % {"value": data.get("memo", "")})
        return data

    def new_invitation(self) -> NewInvitation:
        """Return what `invite` takes."""
        data = self.cleaned_data
        return NewInvitation(data["role"], data["memo"], data["days"], data["most_uses"])


class RoleForm(forms.Form):
    """Another role for a member."""

    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=Membership.Role.choices)
