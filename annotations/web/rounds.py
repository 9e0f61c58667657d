"""Rounds: which there are and how far each is, opening one over articles or over those of another one again."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from annotations.access import Act, allows, require
from annotations.errors import Forbidden, NotThere, TooMany, WorkbenchError
from annotations.models import Assignment, Membership, Round
from annotations.workflow.opening import Taken, changed_since, open_round, preview_round
from annotations.workflow.progress import counts_of_rounds
from annotations.workflow.rounds import close_round, reopen_round, rounds_of

from .articles import read_filters
from .doors import page, project_page, say
from .forms.fields import put_refusal
from .forms.rounds import RoundForm
from .once import request_of


@require_http_methods(["GET", "HEAD", "POST"])
@project_page(Act.SEE_ALL_WORK)
def rounds(request: HttpRequest, member: Membership) -> HttpResponse:
    """List the rounds; open one, first with what it would take; close one, or open it again."""
    filters, sentences = read_filters(request, member)
    if request.method == "POST":
        require(member, Act.ASSIGN)
    if request.method == "POST" and request.POST.get("act") in ("close", "reopen"):
        return _close_or_reopen(request, member)
    is_sent = request.method == "POST"
    repeats = request.GET.get("repeats", "")
    form = RoundForm(request.POST if is_sent else None, by=member, initial=_begin_with(repeats, member))
    taken: Taken | None = None
    if is_sent and form.is_valid():
        try:
            if "open" in request.POST:
                return _open(request, member, form)
            taken = preview_round(form.new_round(), filters.articles(member), by=member)
        except (Forbidden, TooMany):
            raise
        except WorkbenchError as refusal:
            put_refusal(form, refusal)
    counts = counts_of_rounds(member.project)
    context = {
        "form": form,
        "taken": taken,
        "sentences": sentences,
        "rows": [_row(each, counts.get(each.pk, {})) for each in _rounds(member)],
        "query": filters.as_query(),
        "narrows": filters.narrows,
        "total": filters.articles(member).count(),
        "may_open": allows(member, Act.ASSIGN),
    }
    return page(request, "rounds.html", member, context, status=422 if form.errors else 200)


def _rounds(member: Membership) -> list[Round]:
    known = {each.pk: each for each in rounds_of(member.project)}
    rows = Round.objects.filter(pk__in=known).select_related("label_set", "guidelines", "repeats", "project")
    return list(rows.order_by("number"))


def _row(found: Round, counts: dict[str, int]) -> dict[str, Any]:
    labels, guidelines = changed_since(found)
    return {
        "round": found,
        "given": sum(counts.values()),
        "handed_in": sum(counts.get(state, 0) for state in Assignment.HANDED_IN),
        "newer_labels": labels,
        "newer_guidelines": guidelines,
    }


def _begin_with(repeats: str, member: Membership) -> dict[str, Any]:
    """Begin the form with a round that is to be repeated, as the button beside it asks."""
    found = next((each for each in rounds_of(member.project) if str(each.uuid) == repeats), None)
    if found is None:
        return {}
    names = {"name": _("%(name)s, again") % {"name": found.name}, "kind": found.kind, "repeats": found.uuid}
    n = found.annotators_per_article or member.project.annotators_per_article
    return names | {"annotators_per_article": n}


def _open(request: HttpRequest, member: Membership, form: RoundForm) -> HttpResponse:
    filters, _sentences = read_filters(request, member)
    opened = open_round(form.new_round(), filters.articles(member), by=member, request=request_of(request))
    if opened.job is not None:
        return redirect("annotations:job", member.project.slug, opened.job.uuid)
    n = Round.objects.values_list("n_articles", flat=True).get(pk=opened.round.pk)
    message = ngettext("“%(name)s” is open with %(n)s article.", "“%(name)s” is open with %(n)s articles.", n)
    messages.success(request, message % {"name": opened.round.name, "n": n})
    return redirect("annotations:rounds", member.project.slug)


def _close_or_reopen(request: HttpRequest, member: Membership) -> HttpResponse:
    try:
        if request.POST["act"] == "close":
            found = close_round(_named(request), by=member)
            messages.success(request, _("“%(name)s” is closed: the queue serves it no more.") % {"name": found.name})
        else:
            found = reopen_round(_named(request), by=member)
            messages.success(request, _("“%(name)s” is open again.") % {"name": found.name})
    except WorkbenchError as refusal:
        say(request, refusal)
    return redirect("annotations:rounds", member.project.slug)


def _named(request: HttpRequest) -> UUID:
    try:
        return UUID(request.POST.get("round", ""))
    except ValueError:
        raise NotThere("round_not_found", _("There is no such round in this project.")) from None
