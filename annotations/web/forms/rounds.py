"""Forms of rounds, of giving by rule, of passing an article on, and of what the dashboard is narrowed to."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from annotations.agreement.dashboard import MOST_DAYS, Asked
from annotations.models import Membership, Round
from annotations.workflow.giving import MOST_SEED, Rule
from annotations.workflow.opening import MOST_NAME, NewRound
from annotations.workflow.projects import current_labels
from annotations.workflow.rounds import rounds_of

from .articles import assignable
from .fields import FormKeyField


class RoundForm(forms.Form):
    """A round that is to be opened over the articles that match, or over those of another round again."""

    form_key = FormKeyField()
    name = forms.CharField(label=gettext_lazy("Name"), max_length=MOST_NAME)
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=Round.Kind.choices, initial=Round.Kind.MAIN)
    annotators_per_article = forms.IntegerField(
        label=gettext_lazy("Annotators per article"), min_value=1, max_value=1000
    )
    repeats = forms.ModelChoiceField(
        label=gettext_lazy("Annotate again"),
        queryset=Round.objects.none(),
        to_field_name="uuid",
        required=False,
        empty_label=gettext_lazy("no: the articles that match"),
    )

    def __init__(self, *args: Any, by: Membership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["annotators_per_article"].initial = by.project.annotators_per_article
        rows = Round.objects.filter(project_id=by.project_id).order_by("number")
        self.fields["repeats"].queryset = rows  # type: ignore[attr-defined]
        self.fields["repeats"].widget.attrs["aria-describedby"] = "repeats_help"

    def new_round(self) -> NewRound:
        """Return what was filled in."""
        sent = self.cleaned_data
        return NewRound(sent["name"], sent["kind"], sent["annotators_per_article"], sent["repeats"])


class GivingForm(forms.Form):
    """Giving by rule: how many people an article, who, and the seed of the order."""

    form_key = FormKeyField()
    each = forms.IntegerField(label=gettext_lazy("Annotators per article"), min_value=1, max_value=1000)
    annotators = forms.ModelMultipleChoiceField(
        label=gettext_lazy("People"), queryset=Membership.objects.none(), to_field_name="uuid"
    )
    seed = forms.IntegerField(label=gettext_lazy("Seed"), min_value=0, max_value=MOST_SEED, initial=1)

    def __init__(self, *args: Any, by: Membership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["each"].initial = by.project.annotators_per_article
        self.fields["annotators"].queryset = assignable(by)  # type: ignore[attr-defined]
        self.fields["seed"].widget.attrs["aria-describedby"] = "seed_help"

    def rule(self) -> Rule:
        """Return what was filled in."""
        sent = self.cleaned_data
        return Rule(sent["each"], tuple(sent["annotators"]), sent["seed"])


class PassOnForm(forms.Form):
    """To whom an article is passed on."""

    form_key = FormKeyField()
    to = forms.ModelChoiceField(
        label=gettext_lazy("Pass on to"), queryset=Membership.objects.none(), to_field_name="uuid"
    )

    def __init__(self, *args: Any, by: Membership, but: Membership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].queryset = assignable(by).exclude(pk=but.pk)  # type: ignore[attr-defined]


class DashboardForm(forms.Form):
    """What the charts are narrowed to."""

    first = forms.DateField(
        label=gettext_lazy("From"), required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )
    last = forms.DateField(
        label=gettext_lazy("To"), required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )
    person = forms.ModelChoiceField(
        label=gettext_lazy("Person"),
        queryset=Membership.objects.none(),
        to_field_name="uuid",
        required=False,
        empty_label=gettext_lazy("everybody"),
    )
    label = forms.ChoiceField(label=gettext_lazy("Label"), required=False)
    round = forms.ModelChoiceField(
        label=gettext_lazy("Round"),
        queryset=Round.objects.none(),
        to_field_name="uuid",
        required=False,
        empty_label=gettext_lazy("all rounds"),
    )

    def __init__(self, data: Any, *, by: Membership) -> None:
        super().__init__(data)
        self.by = by
        people = Membership.objects.filter(project_id=by.project_id).order_by("pseudonym")
        self.fields["person"].queryset = people  # type: ignore[attr-defined]
        labels = [(label.key, label.name) for label in current_labels(by.project)]
        self.fields["label"].choices = [("", _("all labels")), *labels]  # type: ignore[attr-defined]
        rounds = Round.objects.filter(pk__in=[each.pk for each in rounds_of(by.project)])
        self.fields["round"].queryset = rounds.order_by("number")  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Fill in the last thirty days, and hold the period to what a chart can show."""
        sent = super().clean() or {}
        last = sent.get("last") or timezone.now().date()
        first = sent.get("first") or last - timedelta(days=29)
        if first > last:
            self.add_error("first", _("The period ends before it begins."))
        elif (last - first).days >= MOST_DAYS:
            self.add_error("first", _("Choose at most %(most)s days.") % {"most": MOST_DAYS})
        return sent | {"first": first, "last": last}

    def asked(self) -> Asked:
        """Return what the charts are narrowed to; what cannot be read narrows nothing."""
        sent = self.cleaned_data if self.is_valid() else {}
        last = sent.get("last") or timezone.now().date()
        first = sent.get("first") or last - timedelta(days=29)
        return Asked(self.by.project, first, last, sent.get("person"), sent.get("label") or "", sent.get("round"))
