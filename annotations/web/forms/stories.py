"""Forms about stories: name, questions, answers with their statements, what is said to a suggested one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from annotations.models import AccountCell, AccountRow, Annotation, Statement, Story
from annotations.workflow.answering import MAX_STATEMENT, MAX_TEXT, MOST_STATEMENTS, NewStatement
from annotations.workflow.stories import MAX_NAME, MAX_NOTE

from .claims import KeyedForm


class StoryForm(KeyedForm):
    """The name of a story, and a note on it."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=MAX_NAME)
    note = forms.CharField(
        label=gettext_lazy("Note"), max_length=MAX_NOTE, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, story: Story | None = None, **kwargs: Any) -> None:
        """Fill in what is there."""
        if story is not None:
            kwargs["initial"] = {"name": story.name, "note": story.note, "base": story.version_number}
        super().__init__(*args, **kwargs)
        for name in ("name", "note"):
            self.fields[name].widget.attrs["dir"] = "auto"


class RowForm(KeyedForm):
    """A question, its kind and the words by which its sentences are known."""

    text = forms.CharField(label=gettext_lazy("Question"), max_length=MAX_TEXT)
    kind = forms.ChoiceField(label=gettext_lazy("Answered by"), choices=AccountRow.Kind.choices)
    cues = forms.CharField(
        label=gettext_lazy("Cue words"),
        max_length=MAX_TEXT,
        required=False,
        help_text=gettext_lazy("Parted by commas; without any, the words of the question are taken."),
    )

    def __init__(self, *args: Any, row: AccountRow | None = None, **kwargs: Any) -> None:
        """Fill in what is there."""
        if row is not None:
            kwargs["initial"] = {"text": row.text, "kind": row.kind, "cues": row.cues, "base": row.version_number}
        super().__init__(*args, **kwargs)
        for name in ("text", "cues"):
            self.fields[name].widget.attrs["dir"] = "auto"


class CellForm(KeyedForm):
    """How an answer stands to the others, and a note."""

    state = forms.ChoiceField(
        label=pgettext_lazy("of an answer", "State"), choices=AccountCell.State.choices, required=True
    )
    note = forms.CharField(
        label=gettext_lazy("Note"),
        max_length=MAX_NOTE,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "dir": "auto"}),
    )


class StatementForm(forms.Form):
    """One thing that an article says."""

    text = forms.CharField(label=gettext_lazy("What it says"), max_length=MAX_STATEMENT, required=False)
    voice = forms.ChoiceField(label=gettext_lazy("Voice"), choices=Statement.Voice.choices, required=False)
    said_by = forms.CharField(label=gettext_lazy("Who says it"), max_length=200, required=False)
    as_of = forms.CharField(label=gettext_lazy("As of"), max_length=10, required=False)
    quote = forms.CharField(
        label=gettext_lazy("Words of the article it stands on"),
        max_length=20_000,
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 2, "dir": "auto"}),
    )
    annotation = forms.ChoiceField(label=gettext_lazy("or an annotation"), required=False)
    start = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0)
    version = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, annotations: Sequence[Annotation] = (), **kwargs: Any) -> None:
        """Offer the annotations of the text."""
        super().__init__(*args, **kwargs)
        choices = [("", _("none"))]
        choices += [(str(each.key), f"{each.label.name}: {each.quote[:60]}") for each in annotations]
        known = self.initial.get("annotation")
        if known and known not in {value for value, _name in choices}:
            choices.append((known, _("the one chosen before")))
        self.fields["annotation"].choices = choices  # type: ignore[attr-defined]
        self.fields["as_of"].widget.attrs["placeholder"] = "2024-05-31"
        for name in ("text", "said_by"):
            self.fields[name].widget.attrs["dir"] = "auto"

    def clean(self) -> dict[str, Any]:
        """Say that a passage without words of one's own is no statement."""
        sent = super().clean() or {}
        if not sent.get("text") and (sent.get("quote", "").strip() or sent.get("annotation")):
            self.add_error("text", _("Say what the article says here."))
        return sent

    def statement(self) -> NewStatement | None:
        """Return what `answer` takes; None where nothing was filled in."""
        sent = self.cleaned_data
        if not sent.get("text"):
            return None
        return NewStatement(
            text=sent["text"],
            voice=sent["voice"] or Statement.Voice.OWN,
            said_by=sent["said_by"],
            as_of=sent["as_of"],
            quote=sent["quote"].replace("\r\n", "\n"),
            start=sent["start"],
            version=sent["version"],
            annotation=sent["annotation"] or None,
        )


def statement_forms(
    data: Any, statements: Sequence[Statement], annotations: Sequence[Annotation]
) -> forms.BaseFormSet[StatementForm]:
    """Return the forms of an answer's statements, with an empty one at the end."""
    made: Any = forms.formset_factory(StatementForm, extra=1, max_num=MOST_STATEMENTS, validate_max=True)
    initial = [
        {
            "text": each.text,
            "voice": each.voice,
            "said_by": each.said_by,
            "as_of": each.as_of,
            "quote": each.quote if each.annotation_id is None else "",
            "annotation": str(each.annotation.key) if each.annotation else "",
            "start": each.start if each.annotation_id is None else None,
            "version": each.version.uuid if each.version and each.annotation_id is None else None,
        }
        for each in statements
    ]
    found: forms.BaseFormSet[StatementForm] = made(
        data, initial=initial, prefix="s", form_kwargs={"annotations": annotations}
    )
    return found
