"""Forms about articles: pasting one, what is known of one, bulk acts on many."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from annotations.models import Article, Membership
from annotations.workflow.articles import MetadataChange, NewArticle

from .fields import LanguageField, PublishedField


class ArticleForm(forms.Form):
    """A pasted text with what is known of it."""

    title = forms.CharField(label=gettext_lazy("Title"), max_length=1000)
    publisher = forms.CharField(label=gettext_lazy("Publisher"), max_length=200, required=False)
    published_at = PublishedField()
    language = LanguageField()
    url = forms.CharField(label=gettext_lazy("Address"), max_length=2000, required=False)
    text = forms.CharField(label=gettext_lazy("Text"), widget=forms.Textarea(attrs={"rows": 18}), strip=False)
    #: of the page as it was opened, so that pressing Save twice makes one article
    key = forms.UUIDField(widget=forms.HiddenInput, required=False, initial=uuid.uuid4)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["publisher"].widget.attrs |= {"list": "publishers", "autocomplete": "off"}
        self.fields["url"].widget.attrs |= {"inputmode": "url", "placeholder": "https://", "autocomplete": "off"}
        self.fields["text"].widget.attrs["dir"] = "auto"

    def new_article(self) -> NewArticle:
        """Return what `add_article` takes."""
        return NewArticle(**{name: self.cleaned_data[name] for name in self.fields})


class DetailsForm(forms.Form):
    """What is known of one article. An empty field says "not known"."""

    title = forms.CharField(label=gettext_lazy("Title"), max_length=1000)
    publisher = forms.CharField(label=gettext_lazy("Publisher"), max_length=200, required=False)
    published_at = PublishedField()
    language = LanguageField()
    url = forms.CharField(label=gettext_lazy("Address"), max_length=2000, required=False)
    revision = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["publisher"].widget.attrs |= {"list": "publishers", "autocomplete": "off"}

    @staticmethod
    def initial_of(article: Article) -> dict[str, Any]:
        """Return the present values as the form shows them."""
        published = ""
        if article.published_at:
            is_day = article.published_precision == Article.Precision.DAY
            published = article.published_at.strftime("%Y-%m-%d" if is_day else "%Y-%m-%d %H:%M:%S")
        return {
            "title": article.title,
            "publisher": article.publisher.name if article.publisher else "",
            "published_at": published,
            "language": article.language,
            "url": article.url,
            "revision": article.revision,
        }

    def change(self) -> MetadataChange:
        """Return what `edit_article` takes: only what the person changed, so that nothing else is rounded."""
        data, changed = self.cleaned_data, set(self.changed_data)
        values: dict[str, Any] = {
            name: data[name] for name in ("title", "publisher", "language", "url") if name in changed
        }
        if "published_at" in changed:
            values["published_at"] = data["published_at"]
            values["clears_published_at"] = data["published_at"] is None
        return MetadataChange(**values)


class BulkMetadataForm(forms.Form):
    """What to set for many articles; an empty field leaves it as it is."""

    set_publisher = forms.CharField(label=gettext_lazy("Publisher"), max_length=200, required=False)
    set_published_at = PublishedField()
    set_language = LanguageField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["set_publisher"].widget.attrs |= {"list": "publishers", "autocomplete": "off"}

    def said(self) -> list[tuple[str, str]]:
        """Return what is filled in, as it was written."""
        return [(str(field.label), field.value()) for field in self if field.value()]

    def change(self) -> MetadataChange:
        """Return what `set_metadata` takes."""
        data = self.cleaned_data
        return MetadataChange(
            publisher=data["set_publisher"] or None,
            published_at=data["set_published_at"],
            language=data["set_language"] or None,
        )


class BulkAssignForm(forms.Form):
    """Whom to give articles to."""

    annotators = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Give to"), queryset=Membership.objects.none(), to_field_name="uuid"
    )

    def __init__(self, *args: Any, by: Membership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["annotators"].queryset = assignable(by)  # type: ignore[attr-defined]
        self.fields["annotators"].error_messages["required"] = _("Choose whom to give the articles to.")

    def said(self) -> list[tuple[str, str]]:
        """Return who is chosen, by name."""
        names = ", ".join(person.user.get_full_name() for person in self.cleaned_data["annotators"])
        return [(str(self.fields["annotators"].label), names)]


def assignable(by: Membership) -> Any:
    """Return the members whom articles can be given to."""
    working = [Membership.Role.ANNOTATOR, Membership.Role.REVIEWER, Membership.Role.MANAGER]
    rows = Membership.objects.filter(project_id=by.project_id, ended_at__isnull=True, user__isnull=False)
    return rows.filter(role__in=working).select_related("user").order_by("user__username")
