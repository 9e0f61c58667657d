"""Quotations with their states, speakers with what they say, and what a project says of words."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from annotations.access import Act, require, sees_all_work
from annotations.errors import Forbidden, NotThere, TooMany, WorkbenchError
from annotations.models import Attribution, Membership, Quotation, QuotationDecision
from annotations.quoting.showing import FILTERS, WITHOUT_ORIGINAL, compared, narrowed, quotations_in, shown_quotations
from annotations.quoting.speaking import hide_outlets_of, speakers_in
from annotations.reuse.ruling import rule
from annotations.workflow.quotations import PlaceDecision, decide_place
from annotations.workflow.speakers import change_speaker, merge_speaker, part_speaker
from annotations.workflow.wording_rules import add_spelling, change_spelling, rulings_of, spellings_of

from .doors import page, project_page, say
from .once import request_of
from .problems import page_number

A_PAGE = 20
SPEAKERS_A_PAGE = 50
MOST_SAID = 20
STATES = {**{value: str(name) for value, name in Quotation.State.choices}}


class PlaceForm(forms.Form):
    """What somebody thinks of a place of a quotation."""

    quotation = forms.UUIDField()
    place = forms.UUIDField()
    base_version = forms.IntegerField(min_value=0)
    state = forms.ChoiceField(choices=QuotationDecision.State.choices)
    note = forms.CharField(required=False, strip=True)


class SpeakerForm(forms.Form):
    """An act on a speaker: another name, another who stands for them, or standing alone again."""

    act = forms.ChoiceField(choices=[("change", ""), ("merge", ""), ("part", "")])
    speaker = forms.UUIDField()
    base_version = forms.IntegerField(min_value=1)
    name = forms.CharField(required=False, max_length=300)
    into = forms.UUIDField(required=False)


class WordsForm(forms.Form):
    """An act on what a project says of words: spellings that count as one, boilerplate."""

    act = forms.ChoiceField(choices=[("add", ""), ("change", ""), ("rule", "")])
    key = forms.UUIDField(required=False)
    base_version = forms.IntegerField(required=False, min_value=1)
    words = forms.CharField(required=False, max_length=2_000)
    quote = forms.CharField(required=False, max_length=5_000, strip=False)
    is_boilerplate = forms.ChoiceField(required=False, choices=[("yes", ""), ("no", ""), ("open", "")])


@require_http_methods(["GET", "HEAD", "POST"])
@project_page(Act.VIEW)
def quotations(request: HttpRequest, member: Membership) -> HttpResponse:
    """List quotations with their states; take a decision about a place. At most 14 queries."""
    query = _query(request)
    if request.method == "POST":
        form = PlaceForm(request.POST)
        require(member, Act.ANNOTATE)
        if not form.is_valid():
            raise NotThere("place_not_found", _("There is no such place of this quotation, or you may not see it."))
        sent: dict[str, Any] = form.cleaned_data
        quotation, place = sent.pop("quotation"), sent.pop("place")
        try:
            decide_place(quotation, place, PlaceDecision(**sent), by=member)
        except (Forbidden, NotThere, TooMany):
            raise
        except WorkbenchError as refusal:
            say(request, refusal)
        return redirect(f"{reverse('annotations:quotations', args=[member.project.slug])}{query}#q-{quotation}")
    every = quotations_in(member)
    state, words, origin = (_asked(request, name) for name in ("state", "q", "origin"))
    found = narrowed(every, state=state, words=words, origin=origin)
    total = found.count()
    last = max(1, -(-total // A_PAGE))
    number = min(page_number(request), last)
    rows = list(found.order_by("version_id", "start", "-end", "pk")[(number - 1) * A_PAGE : number * A_PAGE])
    shown = shown_quotations(rows, member)
    beside = compared(shown)
    context = {
        "lines": [(each, [(place, beside[place.match.pk]) for place in each.places]) for each in shown],
        "total": total,
        "narrows": bool(state or words or origin),
        "q": words,
        "state": state,
        "origin": origin,
        "states": [(WITHOUT_ORIGINAL, _("without an original")), *Quotation.State.choices],
        "origins": Quotation.Origin.choices,
        "sees_all": sees_all_work(member),
        "query": query,
        "previous_query": _query(request, number - 1) if number > 1 else "",
        "next_query": _query(request, number + 1) if number < last else "",
    }
    return page(request, "quotations.html", member, context)


@require_http_methods(["GET", "HEAD", "POST"])
@project_page(Act.VIEW)
def speakers(request: HttpRequest, member: Membership) -> HttpResponse:
    """List speakers with what they say across articles; rename, merge and part them. At most 10 queries."""
    here = reverse("annotations:speakers", args=[member.project.slug])
    if request.method == "POST":
        form = SpeakerForm(request.POST)
        require(member, Act.JUDGE_CLAIMS)
        if not form.is_valid():
            raise NotThere("speaker_not_found", _("There is no such speaker, or you may not see them."))
        sent = form.cleaned_data
        try:
            match sent["act"]:
                case "change":
                    change_speaker(sent["speaker"], name=sent["name"], by=member, base_version=sent["base_version"])
                case "merge":
                    into = sent["into"] or uuid.uuid4()
                    merge_speaker(sent["speaker"], into, by=member, base_version=sent["base_version"])
                case _:
                    part_speaker(sent["speaker"], by=member, base_version=sent["base_version"])
        except (Forbidden, TooMany):
            raise
        except WorkbenchError as refusal:
            say(request, refusal)
        return redirect(f"{here}#s-{sent['speaker']}")
    words = _asked(request, "q")
    every = speakers_in(member, words)
    last = max(1, -(-len(every) // SPEAKERS_A_PAGE))
    number = min(page_number(request), last)
    shown = every[(number - 1) * SPEAKERS_A_PAGE : number * SPEAKERS_A_PAGE]
    hide_outlets_of(shown, member)
    context = {
        "speakers": [(each, [(said, _voice(said)) for said in each.said[:MOST_SAID]]) for each in shown],
        "others": every if len(every) <= 1_000 else shown,
        "total": len(every),
        "q": words,
        "sees_all": sees_all_work(member),
        "previous_query": _query(request, number - 1) if number > 1 else "",
        "next_query": _query(request, number + 1) if number < last else "",
    }
    return page(request, "speakers.html", member, context)


@require_http_methods(["GET", "HEAD", "POST"])
@project_page(Act.VIEW)
def words(request: HttpRequest, member: Membership) -> HttpResponse:
    """Show the spellings that count as one, and what was said to be boilerplate; change either. At most 8 queries."""
    if request.method == "POST":
        form = WordsForm(request.POST)
        if not form.is_valid():
            raise NotThere("not_found", _("There is nothing under this key, or you may not see it."))
        try:
            _say_of_words(form.cleaned_data, member, request)
        except (Forbidden, NotThere, TooMany):
            raise
        except WorkbenchError as refusal:
            say(request, refusal)
        return redirect("annotations:wording", member.project.slug)
    context = {
        "spellings": [(row, ", ".join(row.words)) for row in spellings_of(member.project_id)],
        "rulings": rulings_of(member.project_id)[:500],
    }
    return page(request, "wording.html", member, context)


def _say_of_words(sent: dict[str, Any], member: Membership, request: HttpRequest) -> None:
    if sent["act"] == "rule":
        require(member, Act.MARK_ZONES_EVERYWHERE)
        said = {"yes": True, "no": False}.get(sent["is_boilerplate"])
        rule(sent["quote"], said, by=member, request=request_of(request))
        return
    require(member, Act.EDIT_LABELS)
    written = [each.strip() for each in sent["words"].replace("\n", ",").split(",") if each.strip()]
    if sent["act"] == "add":
        add_spelling(sent["key"] or uuid.uuid4(), written, by=member, request=request_of(request))
    elif sent["key"] is None or sent["base_version"] is None:
        raise NotThere("not_found", _("There is nothing under this key, or you may not see it."))
    else:
        change_spelling(sent["key"], written, by=member, base_version=sent["base_version"])


def _asked(request: HttpRequest, name: str) -> str:
    value = request.GET.get(name, "").strip()[:200].replace("\x00", "")
    if name == "state":
        return value if value in FILTERS else ""
    return value if name != "origin" or value in Quotation.Origin.values else ""


def _query(request: HttpRequest, number: int = 0) -> str:
    asked = {name: _asked(request, name) for name in ("state", "q", "origin")}
    asked["page"] = str(number) if number else ""
    written = urlencode({name: value for name, value in asked.items() if value})
    return f"?{written}" if written else ""


def _voice(said: Attribution) -> str:
    """Say through whom an article has it."""
    through = gettext_lazy("through %(name)s")
    return str(through % {"name": f"\u2068{said.voice_name}\u2069"}) if said.voice_name else ""
