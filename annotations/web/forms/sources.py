"""Forms about sources: an address, what is known of a page, a file or a text of it, and a passage as evidence."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from annotations.models import EvidenceItem, Source
from annotations.workflow.source_sight import ShownSource
from annotations.workflow.sources import MOST_NOTE, MOST_PASTED

from .claims import KeyedForm
from .fields import PublishedField

MOST_CLAIMS = 50


class AddressForm(KeyedForm):
    """The address of a page."""

    url = forms.CharField(label=gettext_lazy("Address"), max_length=4000)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["url"].widget.attrs |= {"inputmode": "url", "autocomplete": "off", "placeholder": "https://"}


class WithoutAddressForm(KeyedForm):
    """A source that has no address: what it is, and what is known of it."""

    title = forms.CharField(label=gettext_lazy("Title"), max_length=1000)
    medium = forms.ChoiceField(label=gettext_lazy("What it is"), choices=Source.Medium.choices, required=False)
    author = forms.CharField(label=gettext_lazy("Author"), max_length=500, required=False)
    publisher = forms.CharField(label=gettext_lazy("Publisher"), max_length=200, required=False)
    published_at = PublishedField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("title", "author", "publisher"):
            self.fields[name].widget.attrs |= {"dir": "auto", "autocomplete": "off"}


class FactsForm(KeyedForm):
    """What is known of a source."""

    title = forms.CharField(label=gettext_lazy("Title"), max_length=1000, required=False)
    author = forms.CharField(label=gettext_lazy("Author"), max_length=500, required=False)
    publisher = forms.CharField(label=gettext_lazy("Publisher"), max_length=200, required=False)
    published_at = PublishedField()
    medium = forms.ChoiceField(label=gettext_lazy("Medium"), choices=Source.Medium.choices, required=False)

    def __init__(self, *args: Any, known: ShownSource, **kwargs: Any) -> None:
        """Fill in what is known."""
        is_day = known.published_precision == "day"
        published = (
            known.published_at.strftime("%Y-%m-%d" if is_day else "%Y-%m-%d %H:%M:%S") if known.published_at else ""
        )
        kwargs["initial"] = {
            **{name: getattr(known, name) for name in ("title", "author", "publisher", "medium")},
            "published_at": published,
            "base": known.version_number,
        }
        super().__init__(*args, **kwargs)
        for name in ("title", "author", "publisher"):
            self.fields[name].widget.attrs["dir"] = "auto"
        self.fields["publisher"].widget.attrs |= {"list": "publishers", "autocomplete": "off"}

    def changes(self) -> dict[str, Any]:
        """Return what `change_source` takes: only what the person changed, so that nothing else is rounded."""
        names = ("title", "author", "publisher", "published_at", "medium")
        return {name: self.cleaned_data[name] for name in names if name in self.changed_data}


class CaptureFileForm(KeyedForm):
    """A page as somebody saved it."""

    file = forms.FileField(label=gettext_lazy("File"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].widget.attrs["accept"] = ".pdf,.html,.htm,.txt,application/pdf,text/html,text/plain"


class PasteForm(KeyedForm):
    """The text of a page as somebody copied it."""

    title = forms.CharField(label=gettext_lazy("Title"), max_length=1000, required=False)
    text = forms.CharField(
        label=gettext_lazy("Text of the page"),
        max_length=MOST_PASTED,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 6, "dir": "auto"}),
    )


class NotHeldForm(KeyedForm):
    """Why a source cannot be captured."""

    note = forms.CharField(label=gettext_lazy("Why it is not held"), max_length=MOST_NOTE, required=False)


class ArchiveForm(KeyedForm):
    """Where an archive keeps the page."""

    archive_url = forms.CharField(label=gettext_lazy("Address in an archive"), max_length=4000, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["archive_url"].widget.attrs |= {
            "inputmode": "url",
            "autocomplete": "off",
            "placeholder": "https://",
        }


class CitingForm(KeyedForm):
    """A source as evidence for a claim, with what it says."""

    claim = forms.ChoiceField(label=gettext_lazy("Claim"))
    stance = forms.ChoiceField(label=gettext_lazy("Stance"), choices=EvidenceItem.Stance.choices)
    quote = forms.CharField(
        label=gettext_lazy("Quote"),
        max_length=10_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
    )
    note = forms.CharField(
        label=gettext_lazy("Note"),
        max_length=10_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "dir": "auto"}),
    )

    def __init__(self, *args: Any, claims: list[tuple[str, str]], **kwargs: Any) -> None:
        """Offer claims, the one last worked on first."""
        super().__init__(*args, **kwargs)
        field = self.fields["claim"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = claims


class WordsForm(KeyedForm):
    """A passage of a capture: its words, and its place where a script knows it."""

    words = forms.CharField(
        label=gettext_lazy("Words of the passage"),
        max_length=10_000,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
    )
    start = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0)
    end = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0)


class PassageForm(WordsForm, CitingForm):
    """A passage of a capture as evidence for a claim."""

    quote = None  # type: ignore[assignment]  # how a form leaves out a field of its base
    field_order = ("key", "words", "start", "end", "claim", "stance", "note")


class SameForm(WordsForm):
    """A passage of a capture that is the same as one of an article, which the script kept there."""

    from_version = forms.UUIDField(widget=forms.HiddenInput)
    from_start = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    from_end = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    from_quote = forms.CharField(widget=forms.HiddenInput, strip=False)
