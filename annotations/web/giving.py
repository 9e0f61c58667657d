"""Giving articles by rule, first with what it comes to; and one assignment, to be passed on to somebody else."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from annotations.access import Act, allows, require
from annotations.errors import Forbidden, TooMany, WorkbenchError
from annotations.models import Assignment, Membership
from annotations.workflow.assigning import confirm_late
from annotations.workflow.giving import Expected, give_by_rule, preview_giving
from annotations.workflow.reassigning import PASSED_ON_FROM, find_assignment, reassign

from .articles import read_filters, said_of_assigning
from .doors import page, project_page, say
from .forms.fields import put_refusal
from .forms.rounds import GivingForm, PassOnForm
from .once import request_of


@require_http_methods(["GET", "HEAD", "POST"])
@project_page(Act.ASSIGN)
def give(request: HttpRequest, member: Membership) -> HttpResponse:
    """Give the articles that match to chosen people by a rule; first show how many that are."""
    filters, sentences = read_filters(request, member)
    form = GivingForm(request.POST if request.method == "POST" else None, by=member)
    expected: Expected | None = None
    if request.method == "POST" and form.is_valid():
        try:
            if "give" in request.POST:
                given = give_by_rule(form.rule(), filters.articles(member), by=member, request=request_of(request))
                if given.job is not None:
                    return redirect("annotations:job", member.project.slug, given.job.uuid)
                messages.success(request, said_of_assigning(given.created))
                return redirect("annotations:progress", member.project.slug)
            expected = preview_giving(form.rule(), filters.articles(member), by=member)
        except (Forbidden, TooMany):
            raise
        except WorkbenchError as refusal:
            put_refusal(form, refusal)
    context = {
        "form": form,
        "expected": expected,
        "sentences": sentences,
        "query": filters.as_query(),
        "narrows": filters.narrows,
        "total": filters.articles(member).count(),
    }
    return page(request, "give.html", member, context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@project_page(Act.SEE_ALL_WORK)
def assignment(request: HttpRequest, member: Membership, *, assignment: UUID) -> HttpResponse:
    """Show one assignment with its times, pass it on to somebody else, or take in what was handed in late."""
    if request.method == "POST":
        require(member, Act.ASSIGN)
    found = find_assignment(assignment, member)
    if request.method == "POST" and request.POST.get("act") == "confirm":
        return _confirm(request, member, found)
    form = PassOnForm(request.POST if request.method == "POST" else None, by=member, but=found.annotator)
    if request.method == "POST" and form.is_valid():
        try:
            second = reassign(found.uuid, form.cleaned_data["to"], by=member, request=request_of(request))
            values = {"title": found.version.article.title, "name": second.annotator.pseudonym}
            messages.success(request, _("“%(title)s” is passed on to %(name)s.") % values)
            return redirect("annotations:progress", member.project.slug)
        except Forbidden:
            raise
        except WorkbenchError as refusal:
            put_refusal(form, refusal)
    context = {
        "assignment": found,
        "article": found.version.article,
        "form": form,
        "may_pass_on": allows(member, Act.ASSIGN) and found.state in PASSED_ON_FROM and not found.is_late,
        "may_confirm": allows(member, Act.ASSIGN) and found.is_late,
        "minutes": round(found.seconds_spent / 60, 1),
    }
    return page(request, "assignment.html", member, context, status=422 if form.errors else 200)


def _confirm(request: HttpRequest, member: Membership, found: Assignment) -> HttpResponse:
    """Take in what was handed in late, or say why not."""
    try:
        confirm_late(found.uuid, by=member, request=request_of(request))
        messages.success(request, _("The work of %(name)s is taken in.") % {"name": found.annotator.pseudonym})
    except Forbidden:
        raise
    except WorkbenchError as refusal:
        say(request, refusal)
    return redirect("annotations:assignment", member.project.slug, found.uuid)
