"""Taking away for good: withholding, deleting a project and restoring it, finding a name; one's own data."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from annotations.access import Act
from annotations.errors import NotThere, WorkbenchError
from annotations.jobs.workers import a_worker_is_alive
from annotations.models import Membership
from annotations.removing.naming import Place, places_naming
from annotations.removing.own_data import find_own_result, start_own_data
from annotations.removing.persons import ask_to_be_erased, take_back_asking
from annotations.removing.projects import contents_of, delete_project, deleted_projects, kept_for, restore_deleted
from annotations.removing.withholding import (
    reach_of_article,
    reach_of_capture,
    title_of_capture,
    withhold_article,
    withhold_capture,
)
from annotations.workflow.source_sight import find_capture

from .doors import page, person, project_page, refused, say
from .downloads import result_reply
from .forms.fields import put_refusal
from .forms.removing import DeleteProjectForm, NamedForm, WithholdForm
from .once import request_of
from .reading import article_address, find_article


@require_http_methods(["GET", "HEAD", "POST"])
@project_page(Act.WITHHOLD)
def withhold(request: HttpRequest, member: Membership, *, article: UUID) -> HttpResponse:
    """Say what withholding an article would take away, ask for its title, and do it."""
    found = find_article(member, article, "current_version")
    form = WithholdForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            withhold_article(found, form.demand(), by=member, request=request_of(request))
            messages.success(request, _("The article is withheld. Its words are gone; what was judged is kept."))
            return HttpResponseRedirect(article_address(member, found.uuid))
        except WorkbenchError as refusal:
            put_refusal(form, refusal)
    back = reverse("annotations:details", args=[member.project.slug, found.uuid])
    context = {"form": form, "reach": reach_of_article(found), "title": found.title, "back": back, "is_article": True}
    return page(request, "withhold.html", member, context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@project_page(Act.WITHHOLD)
def withhold_one_capture(request: HttpRequest, member: Membership, *, source: UUID, capture: UUID) -> HttpResponse:
    """Do the same with one capture of a source."""
    found = find_capture(member, capture)
    if found.source.uuid != source:
        raise NotThere("capture_not_found", _("There is no such capture, or you may not see it."))
    back = reverse("annotations:capture", args=[member.project.slug, source, capture])
    form = WithholdForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            withhold_capture(found, form.demand(), by=member, request=request_of(request))
            messages.success(request, _("The capture is withheld. Its words and its file are gone."))
            return HttpResponseRedirect(back)
        except WorkbenchError as refusal:
            put_refusal(form, refusal)
    context = {"form": form, "reach": reach_of_capture(found), "title": title_of_capture(found), "back": back}
    return page(request, "withhold.html", member, context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@project_page(Act.MANAGE_PROJECT)
def delete(request: HttpRequest, member: Membership) -> HttpResponse:
    """Offer an export, ask for the project's name, and delete it."""
    form = DeleteProjectForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            delete_project(form.cleaned_data["name"], by=member)
            messages.success(request, _("The project “%(name)s” is deleted.") % {"name": member.project.name})
            return redirect("annotations:deleted_projects")
        except WorkbenchError as refusal:
            put_refusal(form, refusal)
    context = {"form": form, "contents": contents_of(member.project), "days": kept_for().days}
    return page(request, "project_delete.html", member, context, status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def deleted(request: HttpRequest) -> HttpResponse:
    """List the deleted projects that one managed, and restore one."""
    if request.method == "POST":
        try:
            restored = restore_deleted(_uuid(request.POST.get("project", "")), user=person(request))
        except WorkbenchError as refusal:
            return refused(request, refusal)
        messages.success(request, _("The project “%(name)s” is back as it was.") % {"name": restored.name})
        return redirect("annotations:articles", restored.slug)
    return render(request, "annotations/deleted_projects.html", {"projects": deleted_projects(person(request))})


@require_safe
@project_page(Act.MANAGE_MEMBERS)
def named(request: HttpRequest, member: Membership) -> HttpResponse:
    """List where somebody is named in what people wrote, with links."""
    form = NamedForm(request.GET or None)
    found: list[tuple[Place, Any, str]] = []
    if form.is_bound and form.is_valid():
        try:
            places = places_naming(form.cleaned_data["name"], by=member)
            found = [(place, KINDS[place.kind], _address_of(place, member)) for place in places]
        except WorkbenchError as refusal:
            put_refusal(form, refusal)
    context = {"form": form, "found": found, "has_looked": form.is_bound and not form.errors}
    return page(request, "named.html", member, context, status=422 if form.errors else 200)


KINDS: dict[str, Any] = {
    "annotation": gettext_lazy("note on an annotation"),
    "article_label": gettext_lazy("note on a label of an article"),
    "relation": gettext_lazy("note on a relation"),
    "comment": gettext_lazy("comment"),
    "claim": gettext_lazy("claim"),
    "evidence": gettext_lazy("evidence"),
    "verdict": gettext_lazy("verdict"),
    "ruling": gettext_lazy("ruling of a review"),
    "passage": gettext_lazy("decision about a shared passage"),
    "assignment": gettext_lazy("note on work that was skipped or returned"),
    "guidelines": gettext_lazy("guidelines"),
    "article": gettext_lazy("title of an article"),
    "story": pgettext_lazy("articles that tell the same events", "story"),
    "account_row": gettext_lazy("question of a story"),
    "account_cell": gettext_lazy("answer of an article"),
    "statement": gettext_lazy("statement"),
    "attribution": gettext_lazy("attribution"),
    "speaker": gettext_lazy("speaker"),
    "quotation_place": gettext_lazy("decision about the place of a quotation"),
}


def _address_of(place: Place, member: Membership) -> str:
    slug = member.project.slug
    if place.kind == "guidelines":
        return reverse("annotations:guidelines_version", args=[slug, int(place.key)])
    if place.claim:
        return reverse("annotations:claim", args=[slug, place.claim])
    if place.story:
        return reverse("annotations:story", args=[slug, place.story])
    if place.kind == "annotation":
        return article_address(member, UUID(place.article), f"#annotation={place.key}")
    return article_address(member, UUID(place.article)) if place.article else ""


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)


# One's own account


@login_required
@never_cache
@require_POST
def own_data(request: HttpRequest) -> HttpResponse:
    """Have one's own data gathered."""
    try:
        start_own_data(person(request))
        messages.success(request, _("Your data is being gathered. Come back in a moment."))
        if not a_worker_is_alive():
            messages.warning(request, _("No worker is running at the moment. It begins as soon as one is."))
    except WorkbenchError as refusal:
        say(request, refusal)
    return HttpResponseRedirect(reverse("annotations:account") + "#own-data")


@login_required
@never_cache
@require_safe
def own_data_file(request: HttpRequest, job: UUID) -> HttpResponseBase:
    """Send the file to whom it is about."""
    try:
        return result_reply(find_own_result(person(request), job))
    except WorkbenchError as refusal:
        return refused(request, refusal)


@login_required
@require_POST
def ask_erasing(request: HttpRequest) -> HttpResponse:
    """Ask the administrators to be erased, or take that back."""
    if request.POST.get("ask") == "no":
        take_back_asking(person(request))
        messages.success(request, _("You do not ask to be erased any more."))
    else:
        ask_to_be_erased(person(request))
        messages.success(request, _("The administrators are told that you ask to be erased."))
    return HttpResponseRedirect(reverse("annotations:account") + "#own-data")
