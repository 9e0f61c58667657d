"""Forms for the checks before submitting: a row for each rule on the page, a line for each in the admin."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from annotations.errors import WorkbenchError
from annotations.models import Label
from annotations.workflow.submit_checks import ERROR, RULES, WARNING

from .fields import LinesField

PARTS = ("rule", "level", "label", "attribute")
LEVELS = ((ERROR, gettext_lazy("refuse to submit")), (WARNING, gettext_lazy("ask before submitting")))
SPARE_RULES = 2


class RuleForm(forms.Form):
    """One rule; a row in which none is chosen is none."""

    rule = forms.ChoiceField(label=gettext_lazy("Check"), required=False)
    level = forms.ChoiceField(label=gettext_lazy("If it is missing"), choices=LEVELS, required=False)
    label = forms.ChoiceField(label=gettext_lazy("Label"), required=False)
    attribute = forms.CharField(label=gettext_lazy("Attribute"), max_length=50, required=False)

    def __init__(self, *args: Any, labels: list[Label], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = [(label.key, label.name) for label in labels if label.applies_to != Label.AppliesTo.RELATION]
        stored = self.initial.get("label")
        if stored and stored not in dict(known):
            known.append((stored, stored))
        self.fields["rule"].choices = [  # type: ignore[attr-defined]
            ("", gettext_lazy("no check")),
            *((rule.name, rule.title) for rule in RULES.values()),
        ]
        self.fields["label"].choices = [("", gettext_lazy("any, or none")), *known]  # type: ignore[attr-defined]
        self.fields["attribute"].widget.attrs |= {"autocomplete": "off", "spellcheck": "false"}


class BaseRuleFormSet(forms.BaseFormSet):
    """All checks of a project, and room for more."""

    def rules(self) -> list[dict[str, str]]:
        """Return the rules that are chosen."""
        return [{part: form.cleaned_data.get(part, "") for part in PARTS} for form in self._chosen()]

    def put_refusal(self, refusal: WorkbenchError) -> bool:
        """Show a refusal at the rule it is about; its field reads `submit_rules.3`. Tell whether it was about one."""
        name, _dot, place = refusal.field.partition(".")
        if name != "submit_rules":
            return False
        chosen = self._chosen()
        form = chosen[int(place)] if place.isdecimal() and int(place) < len(chosen) else self.forms[0]
        form.add_error(None, refusal.message)
        return True

    def _chosen(self) -> list[forms.Form]:
        return [form for form in self.forms if getattr(form, "cleaned_data", {}).get("rule")]


RuleFormSet = forms.formset_factory(RuleForm, formset=BaseRuleFormSet, extra=SPARE_RULES, max_num=50, validate_max=True)


class RulesField(LinesField):
    """Rules as lines: `claims_have_sources error`, `spans_have_note warning claim`; an attribute comes last."""

    def prepare_value(self, value: Any) -> Any:
        """Show rules as lines."""
        rules = value if isinstance(value, list) else None
        return value if rules is None else "\n".join(" ".join(each[part] for part in PARTS).strip() for each in rules)

    def to_python(self, value: Any) -> Any:
        """Return a rule for each line; what it says is checked by the act."""
        lines = [line.split() for line in super().to_python(value)]
        return [dict(zip(PARTS, (*line, *[ERROR, "", "", ""][len(line) - 1 :]), strict=False)) for line in lines]

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Tell whether other rules stand there."""
        return bool(self.to_python(data) != (initial or []))
