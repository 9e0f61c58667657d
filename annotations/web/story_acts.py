"""What the forms on the pages of stories do: each act checks its form and calls one function of `workflow`.

A form names its act by the button that sent it, and where it is about one question or article, that by `key`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from annotations.access import Act, require
from annotations.access.requests import Request
from annotations.errors import Forbidden, NotThere, TooMany, WorkbenchError
from annotations.models import Membership, Story
from annotations.stories.asking import Filled, fill_row
from annotations.workflow.answering import RowChange, add_row, change_row, find_row
from annotations.workflow.stories import StoryChange, change_articles, change_story, merge_stories, part_story

from .forms.claims import KeyedForm
from .forms.fields import put_refusal
from .forms.stories import RowForm, StoryForm
from .once import request_of


@dataclass(frozen=True, slots=True)
class Refused:
    """A form that was sent and not carried out: the act, the row it was about, and why."""

    act: str
    key: str
    form: KeyedForm | None
    error: WorkbenchError | None


@dataclass(frozen=True, slots=True)
class Sent:
    """A filled form: who sent it, about which story, and what makes it known when it comes again."""

    post: Any
    story: Story
    member: Membership
    once: Request | None

    @property
    def key(self) -> UUID:
        """Return the question or article that the form is about. Raises `NotThere`."""
        try:
            return UUID(self.post.get("key", ""))
        except ValueError:
            raise NotThere("not_found", _("There is nothing under this key, or you may not see it.")) from None


def carry_out(request: HttpRequest, story: Story, member: Membership) -> Refused | None:
    """Carry out the act that was sent; return its form where it was refused. What one may not do at all is raised."""
    require(member, Act.EDIT_STORIES)
    name = request.POST.get("act", "")
    act = _ACTS.get(name)
    if act is None:
        raise NotThere("act_unknown", _("There is no such act on a story."))
    form: KeyedForm | None = None
    error: WorkbenchError | None = None
    try:
        form, do = act(Sent(request.POST, story, member, request_of(request)))
        if form.is_valid():
            messages.success(request, do())
            return None
    except (Forbidden, NotThere, TooMany):
        raise
    except WorkbenchError as refusal:
        error = refusal
        if form is not None:
            put_refusal(form, refusal)
        messages.error(request, refusal.message)
    return Refused(name, request.POST.get("key", ""), form, error)


Carried = tuple[KeyedForm, Callable[[], str]]


def _change(sent: Sent) -> Carried:
    form = StoryForm(sent.post, auto_id="story-%s")

    def do() -> str:
        change = StoryChange(name=form.cleaned_data["name"], note=form.cleaned_data["note"])
        base = form.base_or(sent.story.version_number)
        change_story(sent.story.key, change, by=sent.member, base_version=base, request=sent.once)
        return _("Saved.")

    return form, do


def _withdraw(sent: Sent, withdrawn: bool) -> Carried:
    form = KeyedForm(sent.post)

    def do() -> str:
        base = form.base_or(sent.story.version_number)
        change = StoryChange(withdrawn=withdrawn)
        change_story(sent.story.key, change, by=sent.member, base_version=base, request=sent.once)
        return _("The story is withdrawn.") if withdrawn else _("The story is back.")

    return form, do


def _articles(sent: Sent, how: str) -> Carried:
    form, key = KeyedForm(sent.post), sent.key

    def do() -> str:
        given: dict[str, Any] = {how: (key,)}
        change_articles(sent.story.key, by=sent.member, request=sent.once, **given)
        if how == "remove":
            return _("The article is taken out of the story.")
        return _("The article is in the story.") if how == "add" else _("The article stands beside the story.")

    return form, do


def _merge(sent: Sent) -> Carried:
    form, into = KeyedForm(sent.post), sent.key

    def do() -> str:
        base = form.base_or(sent.story.version_number)
        merge_stories(sent.story.key, into, by=sent.member, base_version=base, request=sent.once)
        return _("The other story stands for this one now.")

    return form, do


def _part(sent: Sent) -> Carried:
    form = KeyedForm(sent.post)

    def do() -> str:
        base = form.base_or(sent.story.version_number)
        part_story(sent.story.key, by=sent.member, base_version=base, request=sent.once)
        return _("The story stands for itself again.")

    return form, do


def _add_row(sent: Sent) -> Carried:
    form = RowForm(sent.post, auto_id="row-%s")

    def do() -> str:
        values = form.cleaned_data
        key = sent.once.key if sent.once else uuid4()
        row = add_row(
            sent.story.key, key, values["text"], values["kind"], by=sent.member, cues=values["cues"], request=sent.once
        )
        if not sent.post.get("fill"):
            return _("The question is asked.")
        return _filled(fill_row(find_row(sent.member, row.key), by=sent.member))

    return form, do


def _change_row(sent: Sent) -> Carried:
    form, key = RowForm(sent.post, auto_id=f"{sent.key}-%s"), sent.key

    def do() -> str:
        values = form.cleaned_data
        change = RowChange(text=values["text"], kind=values["kind"], cues=values["cues"])
        base = form.base_or(find_row(sent.member, key).version_number)
        change_row(key, change, by=sent.member, base_version=base, request=sent.once)
        return _("Saved.")

    return form, do


def _move_row(sent: Sent, change: RowChange) -> Carried:
    form, key = KeyedForm(sent.post), sent.key

    def do() -> str:
        row = find_row(sent.member, key)
        wanted = change
        if "place" in sent.post and change.withdrawn is None:
            wanted = RowChange(position=int(sent.post["place"]) if sent.post["place"].isdecimal() else 1)
        change_row(key, wanted, by=sent.member, base_version=form.base_or(row.version_number), request=sent.once)
        if change.withdrawn is None:
            return _("The question has its new place.")
        return _("The question is withdrawn.") if change.withdrawn else _("The question is back.")

    return form, do


def _propose(sent: Sent) -> Carried:
    form, key = KeyedForm(sent.post), sent.key

    def do() -> str:
        return _filled(fill_row(find_row(sent.member, key), by=sent.member, request=sent.once))

    return form, do


def _filled(found: Filled) -> str:
    """Say how many answers were read, and for which languages there are no rules."""
    said = _("Nothing was found in the texts that are without an answer.")
    if found.n:
        said = ngettext(
            "%(n)s answer was read from its text. Look it over.",
            "%(n)s answers were read from the texts. Look them over.",
            found.n,
        ) % {"n": found.n}
    elif found.not_read:
        said = ""
    return f"{said} {not_read(found.not_read)}".strip()


def not_read(languages: Mapping[str, int]) -> str:
    """Say for which languages nothing is proposed; nothing where there are rules for all."""
    if not languages:
        return ""
    n = sum(languages.values())
    sentence = ngettext(
        "Nothing is proposed for %(n)s article, as there are no rules for its language (%(languages)s).",
        "Nothing is proposed for %(n)s articles, as there are no rules for their languages (%(languages)s).",
        n,
    )
    return sentence % {"n": n, "languages": ", ".join(languages)}


_ACTS: dict[str, Callable[[Sent], Carried]] = {
    "story-change": _change,
    "story-withdraw": lambda sent: _withdraw(sent, True),
    "story-restore": lambda sent: _withdraw(sent, False),
    "articles-add": lambda sent: _articles(sent, "add"),
    "articles-relate": lambda sent: _articles(sent, "relate"),
    "articles-remove": lambda sent: _articles(sent, "remove"),
    "same-merge": _merge,
    "same-part": _part,
    "row-add": _add_row,
    "row-change": _change_row,
    "row-move": lambda sent: _move_row(sent, RowChange()),
    "row-withdraw": lambda sent: _move_row(sent, RowChange(withdrawn=True)),
    "row-restore": lambda sent: _move_row(sent, RowChange(withdrawn=False)),
    "row-propose": _propose,
}
