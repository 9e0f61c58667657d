"""Correcting the text of an article, the difference shown first, and placing what was judged of earlier wordings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from annotations.access import Act, require
from annotations.errors import NotThere, Refused, WorkbenchError
from annotations.models import Annotation, Article, Membership
from annotations.text.anchoring import anchor
from annotations.text.spans import Quote, Span, quote
from annotations.text.wording import Kind, Piece
from annotations.workflow.correcting import CARRIED, Correction, correct_article, look_at_correction
from annotations.workflow.placing import Unplaced, drop_unplaced, place_annotation, unplaced

from .doors import page, project_page, say
from .forms.fields import FormKeyField, put_refusal
from .once import request_of
from .reading import article_address, find_article, version_of

SHOWN_AROUND = 120
"""So many characters of unchanged text are shown on either side of a change."""


class CorrectionForm(forms.Form):
    """The corrected text, and the version it was made from."""

    text = forms.CharField(label=gettext_lazy("Text"), widget=forms.Textarea(attrs={"rows": 24}), strip=False)
    base = forms.UUIDField(widget=forms.HiddenInput)
    form_key = FormKeyField()


@dataclass(frozen=True, slots=True)
class Counted:
    """A line of what goes along: what it is, how many do, and how many do not."""

    name: str
    carried: int
    uncertain: int


@dataclass(frozen=True, slots=True)
class Choice:
    """A place proposed for an annotation, with what stands around it."""

    value: str
    words: Quote


@dataclass(frozen=True, slots=True)
class Waiting:
    """An annotation that waits, with the places proposed for it."""

    annotation: Annotation
    choices: tuple[Choice, ...]
    is_others: bool


@require_http_methods(["GET", "HEAD", "POST"])
@project_page(Act.EDIT_ARTICLES)
def correct(request: HttpRequest, member: Membership, *, article: UUID) -> HttpResponse:
    """Take a corrected text, show what it changes, and save it as a new version."""
    found = find_article(member, article, "current_version")
    version = version_of(found)
    form = CorrectionForm(request.POST or None, initial={"text": version.text, "base": version.uuid})
    seen: Correction | None = None
    if request.method == "POST" and form.is_valid():
        text = form.cleaned_data["text"]
        try:
            if "save" in request.POST:
                base = form.cleaned_data["base"]
                done = correct_article(found, text, by=member, base_version=base, request=request_of(request))
                messages.success(request, _said(done))
                return HttpResponseRedirect(article_address(member, found.uuid))
            seen = look_at_correction(found, text, by=member)
        except WorkbenchError as refusal:
            put_refusal(form, refusal)
    context = {
        "article": found,
        "form": form,
        "seen": seen,
        "pieces": shortened(seen.pieces) if seen else (),
        "counted": _counted(seen) if seen else (),
        "dropped": list(_dropped(seen)) if seen else (),
    }
    return page(request, "article_correct.html", member, context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@project_page(Act.VIEW)
def placing(request: HttpRequest, member: Membership, *, article: UUID) -> HttpResponse:
    """List the annotations of earlier wordings that the person may place, and place or withdraw one."""
    found = find_article(member, article, "current_version")
    if request.method == "POST":
        require(member, Act.ANNOTATE)
        try:
            messages.success(request, _place(request, member, found))
        except WorkbenchError as refusal:
            say(request, refusal)
        return HttpResponseRedirect(reverse("annotations:placing", args=[member.project.slug, found.uuid]))
    waiting = [_waiting(one, member) for one in unplaced(found, by=member)]
    return page(request, "placing.html", member, {"article": found, "waiting": waiting})


def shortened(pieces: tuple[Piece, ...]) -> list[Piece]:
    """Leave out what is unchanged and far from any change.

    >>> [len(piece.text) for piece in shortened((Piece(Kind.SAME, "a" * 1000), Piece(Kind.NEW, "b")))]
    [123, 1]
    """
    shown = []
    for n, piece in enumerate(pieces):
        text, head, tail = piece.text, n > 0, n < len(pieces) - 1
        if piece.kind == Kind.SAME and len(text) > (head + tail) * SHOWN_AROUND + 10:
            before = text[:SHOWN_AROUND] if head else ""
            after = text[-SHOWN_AROUND:] if tail else ""
            piece = Piece(Kind.SAME, f"{before} … {after}")
        shown.append(piece)
    return shown


def _said(done: Correction) -> str:
    said = [_("The corrected text is saved as version %(n)d.") % {"n": done.version.n if done.version else 0}]
    if waiting := done.uncertain.get("annotations", 0):
        rest = ngettext(
            "%(n)d annotation waits for its annotator to place it.",
            "%(n)d annotations wait for their annotators to place them.",
            waiting,
        )
        said.append(rest % {"n": waiting})
    return " ".join([*said, *_dropped(done)])


def _dropped(seen: Correction) -> Iterator[str]:
    """Say how many suggestions do not go along, and why."""
    if gone := seen.dropped.get("gone", 0):
        sentence = ngettext(
            "%(n)d suggestion is dropped, as its words do not stand in the new text.",
            "%(n)d suggestions are dropped, as their words do not stand in the new text.",
            gone,
        )
        yield sentence % {"n": gone}
    if unclear := seen.dropped.get("unclear", 0):
        sentence = ngettext(
            "%(n)d suggestion is dropped, as it is not certain where its words stand now.",
            "%(n)d suggestions are dropped, as it is not certain where their words stand now.",
            unclear,
        )
        yield sentence % {"n": unclear}


def _counted(seen: Correction) -> list[Counted]:
    names = {
        "annotations": _("Annotations"),
        "relations": _("Relations"),
        "article_labels": _("Labels on the article"),
        "suggestions": _("Suggestions"),
        "regions": _("Zones"),
        "links": _("Links of the original"),
        "sentences": _("Sentences"),
    }
    rows = [Counted(names[name], seen.carried.get(name, 0), seen.uncertain.get(name, 0)) for name in CARRIED]
    return [row for row in rows if row.carried or row.uncertain]


def _waiting(one: Unplaced, member: Membership) -> Waiting:
    choices = tuple(Choice(f"{place.start}-{place.end}", quote(one.new_text, place)) for place in one.candidates)
    return Waiting(one.annotation, choices, one.annotation.created_by_id != member.pk)


def _place(request: HttpRequest, member: Membership, article: Article) -> str:
    """Do what the pressed button says; return the sentence that says what was done."""
    try:
        key = UUID(request.POST.get("key", ""))
    except ValueError:
        raise NotThere("not_waiting", _("This annotation does not wait to be placed.")) from None
    if "withdraw" in request.POST:
        base = request.POST.get("version", "")
        drop_unplaced(article, key, by=member, base_version=int(base) if base.isdecimal() else 0)
        return _("The annotation is withdrawn.")
    text = version_of(article).text
    span = _chosen_span(request.POST.get("place", ""), text) or _span_of_words(request.POST.get("words", ""), text)
    place_annotation(article, key, span, span.text_of(text), by=member)
    return _("The annotation is placed.")


def _chosen_span(value: str, text: str) -> Span | None:
    start, _dash, end = value.partition("-")
    if not (start.isdecimal() and end.isdecimal() and int(start) < int(end) <= len(text)):
        return None
    return Span(int(start), int(end))


def _span_of_words(words: str, text: str) -> Span:
    """Find the words that a person typed or pasted; they have to stand once."""
    found = anchor(text, words.strip())
    if found.span is None:
        message = _("These words stand at %(n)d places of the text. Give as many words as make them stand once.")
        raise Refused("words_not_found", message % {"n": found.n_places}, field="words")
    return found.span
