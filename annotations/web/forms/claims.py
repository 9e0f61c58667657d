"""Forms about claims: wording, evidence, verdict, desk; and the rows of a verdict scale."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from annotations.models import (
    Claim,
    ClaimDesk,
    ClaimMention,
    EvidenceItem,
    EvidenceSet,
    Membership,
    Verdict,
    VerdictScale,
)
from annotations.workflow.desk import assignable_to_claims
from annotations.workflow.discussing import MOST_WORDS
from annotations.workflow.judging import CLAIM_DETAILS
from annotations.workflow.scales import NewValue

from .fields import FormKeyField

NEW_SET = 0
MOST_OF_A_CLAIM = 100


class KeyedForm(forms.Form):
    """A form that is carried out once, however often a browser sends it; `base` is the state it was filled from."""

    form_key = FormKeyField()
    base = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0)

    def base_or(self, now: int) -> int:
        """Return the version that the form was filled from; the present one where it was not sent."""
        sent = self.cleaned_data["base"]
        return now if sent is None else int(sent)


class TalkForm(KeyedForm):
    """What somebody says about a claim."""

    text = forms.CharField(
        label=gettext_lazy("Comment"),
        max_length=MOST_WORDS,
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
        help_text=gettext_lazy("@ and a name calls a colleague."),
    )


class ClaimForm(KeyedForm):
    """A claim in normal form, who made it and when, of what type it is, and what evidence counts."""

    names: ClassVar[tuple[str, ...]] = ("text", "claimant", "claim_date", *CLAIM_DETAILS)
    text = forms.CharField(label=gettext_lazy("Claim"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))
    claimant = forms.CharField(label=gettext_lazy("Claimant"), max_length=300, required=False)
    claim_date = forms.DateField(
        label=gettext_lazy("Date of the claim"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
    )
    claim_type = forms.ChoiceField(
        label=gettext_lazy("Type of claim"), choices=[("", "–"), *Claim.Type.choices], required=False
    )
    check_worthiness = forms.ChoiceField(
        label=gettext_lazy("Check-worthiness"), choices=[("", "–"), *Claim.CheckWorthiness.choices], required=False
    )
    evidence_cutoff = forms.DateField(
        label=gettext_lazy("Evidence until"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
        help_text=gettext_lazy("What was published later does not count."),
    )

    def __init__(self, *args: Any, claim: Claim | None = None, **kwargs: Any) -> None:
        """Fill in what is there."""
        if claim is not None:
            kwargs["initial"] = {name: getattr(claim, name) for name in self.names} | {"base": claim.version_number}
        super().__init__(*args, **kwargs)
        self.fields["text"].widget.attrs["dir"] = "auto"
        self.fields["claimant"].widget.attrs |= {"list": "claimants", "autocomplete": "off", "dir": "auto"}

    def changes(self) -> dict[str, Any]:
        """Return what `change_claim` takes."""
        return {name: self.cleaned_data[name] for name in self.names}


_DAY: dict[str, Any] = {"input_formats": ["%Y-%m-%d"]}


class EvidenceForm(KeyedForm):
    """A source, or a passage of an article by its link, with what it says of the claim."""

    details: tuple[str, ...] = ("strength", "origin", "question")
    url = forms.CharField(label=gettext_lazy("Address"), max_length=4000)
    title = forms.CharField(label=gettext_lazy("Title"), max_length=1000, required=False)
    stance = forms.ChoiceField(label=gettext_lazy("Stance"), choices=EvidenceItem.Stance.choices)
    evidence_set = forms.TypedChoiceField(label=gettext_lazy("Holds"), coerce=int, required=False, empty_value="")
    quote = forms.CharField(
        label=gettext_lazy("Quote"),
        max_length=10_000,
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 2, "dir": "auto"}),
    )
    note = forms.CharField(
        label=gettext_lazy("Note"),
        max_length=10_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "dir": "auto"}),
    )
    strength = forms.ChoiceField(
        label=gettext_lazy("Strength"), choices=[("", "–"), *EvidenceItem.Strength.choices], required=False
    )
    origin = forms.CharField(label=gettext_lazy("Origin"), max_length=200, required=False)
    question = forms.CharField(
        label=gettext_lazy("Question that it answers"),
        max_length=10_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "dir": "auto"}),
    )

    def __init__(self, *args: Any, sets: tuple[int, ...] = (), item: EvidenceItem | None = None, **kwargs: Any) -> None:
        """Offer the sets there are and a new one; or fill in what is there, without what cannot change."""
        names = ("url", "title", "stance", "quote", "note", *self.details)
        if item is not None:
            kwargs["initial"] = {name: getattr(item, name) for name in names} | {"base": item.version_number}
        super().__init__(*args, **kwargs)
        self.fields["url"].widget.attrs |= {"inputmode": "url", "autocomplete": "off"}
        self.fields["title"].widget.attrs["dir"] = "auto"
        self.fields["origin"].widget.attrs |= {"list": "origins", "autocomplete": "off", "dir": "auto"}
        field = self.fields["evidence_set"]
        assert isinstance(field, forms.TypedChoiceField)
        field.choices = [(n, _("together with set %(n)s") % {"n": place}) for place, n in enumerate(sets, start=1)]
        field.choices = [*field.choices, (NEW_SET, _("by itself: another set"))]
        if item is not None:
            is_fixed = item.version_id or item.capture_id
            gone = ["evidence_set", *(["url", "quote"] if is_fixed else [] if item.url else ["url"])]
            for name in gone:
                del self.fields[name]

    def changes(self) -> dict[str, Any]:
        """Return what `change_evidence` takes: what was sent; a form without further details leaves them."""
        names = [name for name in ("url", "title", "stance", "quote", "note") if name in self.fields]
        more = [name for name in self.details if name in self.fields and name in self.data]
        return {name: self.cleaned_data[name] for name in (*names, *more)}


class EnquiryForm(EvidenceForm):
    """What was asked of somebody, and what they answered: the right of reply."""

    details = ("strength", "origin", "question", "asked_whom", "asked_on", "answer_by", "answered_on")
    asked_whom = forms.CharField(label=gettext_lazy("Asked whom"), max_length=300)
    asked_on = forms.DateField(label=gettext_lazy("Asked on"), required=False, **_DAY)
    answer_by = forms.DateField(label=gettext_lazy("Answer asked for by"), required=False, **_DAY)
    answered_on = forms.DateField(label=gettext_lazy("Answered on"), required=False, **_DAY)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Ask for no address; the quote is the answer, and there may be none."""
        super().__init__(*args, **kwargs)
        for name in ("url", "title", "origin"):
            self.fields.pop(name, None)
        for name in ("asked_on", "answer_by", "answered_on"):
            self.fields[name].widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        self.fields["quote"].label = _("Answer")
        self.fields["question"].label = _("What was asked")
        self.fields["question"].required = True
        self.fields["asked_whom"].widget.attrs["dir"] = "auto"


class MentionForm(KeyedForm):
    """How an article that expresses a claim stands to it."""

    stance = forms.ChoiceField(label=gettext_lazy("Stance"), choices=ClaimMention.Stance.choices)


class VerdictForm(KeyedForm):
    """A verdict on the scale in force, with the evidence it rests on."""

    value = forms.ChoiceField(label=gettext_lazy("Verdict"), widget=forms.RadioSelect)
    evidence_sets = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Rests on"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    merged_sets = forms.MultipleChoiceField(
        label=gettext_lazy("Rests on evidence of merged claims"), required=False, widget=forms.CheckboxSelectMultiple
    )
    rationale = forms.CharField(
        label=gettext_lazy("Rationale"),
        max_length=100_000,
        widget=forms.Textarea(attrs={"rows": 6, "dir": "auto"}),
    )
    correction_note = forms.CharField(
        label=gettext_lazy("Correction, for readers"),
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 2, "dir": "auto"}),
    )
    supersedes = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def __init__(
        self,
        *args: Any,
        scale: VerdictScale | None,
        sets: list[tuple[int, int]],
        of_merged: list[tuple[EvidenceSet, int]],
        before: Verdict | None,
        **kwargs: Any,
    ) -> None:
        """Offer the values of the scale, and the sets as (number, pieces of evidence) it may rest on.

        `of_merged` are those of claims merged into this one, with how many pieces are in each.
        """
        cited = list(before.evidence_sets.all()) if before else []
        rests_on_before = [each.n for each in cited if before and each.claim_id == before.claim_id]
        on_others = [_name_of(each) for each in cited if before and each.claim_id != before.claim_id]
        chosen = rests_on_before or ([sets[0][0]] if len(sets) == 1 and not on_others else [])
        kwargs["initial"] = {"supersedes": before.key if before else None, "evidence_sets": chosen}
        kwargs["initial"]["merged_sets"] = on_others
        super().__init__(*args, **kwargs)
        value, rests_on = self.fields["value"], self.fields["evidence_sets"]
        assert isinstance(value, forms.ChoiceField)
        assert isinstance(rests_on, forms.TypedMultipleChoiceField)
        value.choices = [(one.key, one.name) for one in scale.values.all()] if scale else []
        rests_on.choices = [(n, _set_name(place, count)) for place, (n, count) in enumerate(sets, start=1)]
        others = self.fields["merged_sets"]
        assert isinstance(others, forms.MultipleChoiceField)
        others.choices = [(_name_of(each), _name_of_merged(each, count)) for each, count in of_merged]
        if not of_merged:
            del self.fields["merged_sets"]
        if before is None or before.published_at is None:
            del self.fields["correction_note"]
        if not sets:
            del self.fields["evidence_sets"]


def _name_of(each: EvidenceSet) -> str:
    return f"{each.claim.key}:{each.n}"


def _name_of_merged(each: EvidenceSet, count: int) -> str:
    words = each.claim.text if len(each.claim.text) <= MOST_OF_A_CLAIM else f"{each.claim.text[:MOST_OF_A_CLAIM]}…"
    return _("“%(claim)s”, %(set)s") % {"claim": words, "set": _set_name(each.n, count)}


def _set_name(place: int, count: int) -> str:
    text = ngettext("set %(place)s (%(n)s piece of evidence)", "set %(place)s (%(n)s pieces of evidence)", count)
    return text % {"place": place, "n": count}


class PageForm(KeyedForm):
    """What readers are told of a change to a page: of a correction, or why it is withdrawn."""

    note = forms.CharField(
        label=gettext_lazy("Note for readers"),
        max_length=10_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "dir": "auto"}),
    )

    def __init__(self, *args: Any, needs_note: bool = False, **kwargs: Any) -> None:
        """Ask for the note where there has to be one."""
        super().__init__(*args, **kwargs)
        self.fields["note"].required = needs_note


DAYS = (
    (1, gettext_lazy("1 day")),
    (3, gettext_lazy("3 days")),
    (7, gettext_lazy("7 days")),
    (30, gettext_lazy("30 days")),
)


class PreviewForm(KeyedForm):
    """A link for somebody outside: for whom, and for how long."""

    name = forms.CharField(label=gettext_lazy("For whom"), max_length=100, required=False)
    days = forms.TypedChoiceField(label=gettext_lazy("Works for"), coerce=int, choices=DAYS, initial=3)


class PersonField(forms.ModelChoiceField):
    """A member, by the name that the project knows."""

    def label_from_instance(self, obj: Any) -> str:
        """Return the pseudonym."""
        return str(obj.pseudonym)


class DeskForm(KeyedForm):
    """Who works on a claim, and until when."""

    assignee = PersonField(
        label=gettext_lazy("Given to"),
        queryset=Membership.objects.none(),
        to_field_name="uuid",
        required=False,
        empty_label=gettext_lazy("nobody"),
    )
    due_on = forms.DateField(
        label=gettext_lazy("Due"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
    )

    def __init__(self, *args: Any, desk: ClaimDesk, by: Membership, **kwargs: Any) -> None:
        """Offer who may have it."""
        assignee = desk.assignee.uuid if desk.assignee else None
        kwargs["initial"] = {"assignee": assignee, "due_on": desk.due_on, "base": desk.version_number}
        super().__init__(*args, **kwargs)
        field = self.fields["assignee"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = assignable_to_claims(by)


class ValueForm(forms.Form):
    """One value of a scale; a row with nothing written in it is none."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=100, required=False)
    key = forms.CharField(label=gettext_lazy("Key"), max_length=50, required=False)
    rating = forms.FloatField(label=gettext_lazy("Rating"), required=False)
    description = forms.CharField(
        label=gettext_lazy("Description"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "dir": "auto"}),
    )
    maps = forms.CharField(widget=forms.HiddenInput, required=False, max_length=10_000)
    position = forms.IntegerField(label=gettext_lazy("Order"), min_value=1, max_value=999, required=False)
    is_removed = forms.BooleanField(label=gettext_lazy("Remove"), required=False)

    def clean(self) -> dict[str, Any]:
        """Ask for a name and a key where either is given."""
        data = super().clean() or {}
        if not data.get("is_removed") and bool(data.get("name")) != bool(data.get("key")):
            missing = "key" if data.get("name") else "name"
            self.add_error(missing, _("Give each value a name and a key."))
        return data

    def clean_maps(self) -> dict[str, str]:
        """Return what the value is in other schemes, as it was shown."""
        try:
            found = json.loads(self.cleaned_data["maps"] or "{}")
        except ValueError:
            found = {}
        return found if isinstance(found, dict) else {}


class BaseScaleFormSet(forms.BaseFormSet):
    """All values of a scale, in their order."""

    def new_values(self) -> list[NewValue]:
        """Return what `revise_scale` takes."""
        rows = [
            (form.cleaned_data.get("position") or 999, place, form.cleaned_data)
            for place, form in enumerate(self.forms)
            if form.cleaned_data.get("name") and not form.cleaned_data["is_removed"]
        ]
        return [
            NewValue(data["key"], data["name"], data["description"], data["rating"], data["maps"])
            for _position, _place, data in sorted(rows, key=lambda row: row[:2])
        ]


ScaleFormSet = forms.formset_factory(ValueForm, formset=BaseScaleFormSet, extra=0, max_num=100, validate_max=True)
