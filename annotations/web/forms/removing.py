"""What is asked before something is taken away for good: each form has the name or title typed again."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy

from annotations.removing.withholding import MOST_DEMANDED_BY, MOST_REASON, Demand

from .fields import FormKeyField


class WithholdForm(forms.Form):
    """On whose demand something is withheld, why, and its title."""

    demanded_by = forms.CharField(label=gettext_lazy("Demanded by"), max_length=MOST_DEMANDED_BY)
    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=MOST_REASON, widget=forms.Textarea(attrs={"rows": 4})
    )
    title = forms.CharField(
        label=gettext_lazy("Type the title"), max_length=2000, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    deletes_files = forms.BooleanField(
        label=gettext_lazy("Delete stored files that hold other articles too"), required=False
    )
    form_key = FormKeyField()

    def demand(self) -> Demand:
        """Return what the act takes."""
        names = ("title", "demanded_by", "reason", "deletes_files")
        return Demand(**{name: self.cleaned_data[name] for name in names})


class DeleteProjectForm(forms.Form):
    """The project's name, typed again."""

    name = forms.CharField(
        label=gettext_lazy("Type the name of the project"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class EraseForm(forms.Form):
    """The log-in name of whoever is erased, typed again."""

    username = forms.CharField(
        label=gettext_lazy("Type the log-in name"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class NamedForm(forms.Form):
    """A name to look for in what people wrote."""

    name = forms.CharField(label=gettext_lazy("Name, or e-mail address"), max_length=200)
