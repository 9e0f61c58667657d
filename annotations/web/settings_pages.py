"""What a project is set up with: guidelines and settings; and the record of acts."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.forms import BaseFormSet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from annotations.access import Act
from annotations.errors import Conflict, Refused
from annotations.models import GuidelinesVersion, Membership
from annotations.text.wording import Comparison
from annotations.workflow.projects import (
    archive_project,
    change_project,
    current_guidelines,
    current_labels,
    find_guidelines,
    guidelines_fixed_for,
    publish_guidelines,
    restore_project,
)
from annotations.workflow.skipping import USUAL_REASONS

from .doors import page, project_page
from .forms.fields import put_refusal
from .forms.projects import GuidelinesForm, ProjectForm
from .forms.rules import BaseRuleFormSet, RuleFormSet
from .markdown import render_markdown

ACTS_A_PAGE = 100


@require_safe
@project_page(Act.VIEW)
def guidelines(request: HttpRequest, member: Membership) -> HttpResponse:
    """Show the guidelines in force, those first that a member's round fixes, and the earlier wordings."""
    rows = GuidelinesVersion.objects.filter(project_id=member.project_id).order_by("-version")
    versions = list(rows.defer("text").select_related("created_by"))
    newest, fixed = current_guidelines(member.project), guidelines_fixed_for(member)
    current = fixed or newest
    html = render_markdown(current.text if current else "")
    context = {"current": current, "html": html, "versions": versions, "newest": newest if fixed else None}
    return page(request, "guidelines.html", member, context)


@require_safe
@project_page(Act.VIEW)
def guidelines_version(request: HttpRequest, member: Membership, *, version: int) -> HttpResponse:
    """Show one wording of the guidelines; with `against` what it changes of another, with what stayed."""
    found = find_guidelines(member, version)
    raw = request.GET.get("against", "")
    against = find_guidelines(member, int(raw)) if raw.isascii() and raw.isdecimal() and len(raw) < 10 else None
    others = GuidelinesVersion.objects.filter(project_id=member.project_id).exclude(pk=found.pk).order_by("-version")
    context = {
        "current": found,
        "html": render_markdown(found.text),
        "is_earlier": True,
        "against": against,
        "others": list(others.values_list("version", flat=True)),
        "pieces": Comparison(against.text, found.text).pieces if against else (),
    }
    return page(request, "guidelines.html", member, context)


@require_safe
@project_page(Act.VIEW)
def guidelines_text(request: HttpRequest, member: Membership, *, version: int) -> HttpResponse:
    """Send one wording alone, as the article page shows it beside each article; kept by the browser for a week."""
    found = find_guidelines(member, version)
    response = page(request, "guidelines_text.html", member, {"html": render_markdown(found.text)})
    response["Cache-Control"] = "private, max-age=604800, immutable"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@project_page(Act.EDIT_GUIDELINES)
def edit_guidelines(request: HttpRequest, member: Membership) -> HttpResponse:
    """Write a new wording, look at it, put it in force."""
    current = current_guidelines(member.project)
    now = current.version if current else 0
    form = GuidelinesForm(request.POST or None, initial={"text": current.text if current else ""})
    theirs = None
    if request.method == "POST" and form.is_valid() and "save" in request.POST:
        try:
            made = publish_guidelines(form.cleaned_data["text"], by=member, base_version=base_of(request, now))
            messages.success(request, _("Version %(n)s of the guidelines is in force.") % {"n": made.version})
            return redirect("annotations:guidelines", member.project.slug)
        except Conflict as conflict:
            put_refusal(form, conflict)
            theirs = current
    text = form.cleaned_data.get("text") if form.is_bound else form["text"].initial
    base = now if theirs or not form.is_bound else base_of(request, now)
    context = {"form": form, "html": render_markdown(text or ""), "base": base, "theirs": theirs}
    is_part = bool(getattr(request, "htmx", False))
    name = "_guidelines_preview.html" if is_part else "guidelines_edit.html"
    return page(request, name, member, context, status=409 if theirs else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@project_page(Act.MANAGE_PROJECT)
def project_settings(request: HttpRequest, member: Membership) -> HttpResponse:
    """Change the project's name, description, language, visibility, and how people work on its articles."""
    project = member.project
    form = ProjectForm(request.POST or None, instance=project)
    rules = cast(BaseRuleFormSet, _rules_of(request, member))
    base, theirs = base_of(request, project.revision), None
    if request.method == "POST" and form.is_valid() and rules.is_valid():
        project.refresh_from_db()
        try:
            changes = form.changes() | {"submit_rules": rules.rules()}
            change_project(project, changes, by=member, base_revision=base)
            messages.success(request, _("Saved."))
            return redirect("annotations:settings", member.project.slug)
        except Conflict as conflict:
            put_refusal(form, conflict)
            theirs = conflict.current
            base = theirs.revision
        except Refused as refusal:
            if not rules.put_refusal(refusal):
                put_refusal(form, refusal)
    is_refused = bool(form.errors) or has_errors(rules)
    if is_refused:
        project.refresh_from_db()
    status = 409 if theirs else 422 if is_refused else 200
    context = {"form": form, "rules": rules, "base": base, "theirs": theirs, "usual_reasons": USUAL_REASONS}
    return page(request, "settings.html", member, context, status=status)


def _rules_of(request: HttpRequest, member: Membership) -> BaseFormSet:
    """Return the checks as they were sent, else as they are; a form without any of them leaves them as they are."""
    stored = [dict(rule) for rule in member.project.submit_rules]
    labels = {"labels": current_labels(member.project)}
    sent: Any = request.POST if "rules-TOTAL_FORMS" in request.POST else None
    if request.method == "POST" and sent is None:
        filled = {f"rules-{n}-{part}": rule[part] for n, rule in enumerate(stored) for part in rule}
        sent = filled | {"rules-TOTAL_FORMS": len(stored), "rules-INITIAL_FORMS": len(stored)}
    return RuleFormSet(sent, initial=stored, prefix="rules", form_kwargs=labels)


@require_POST
@project_page(Act.MANAGE_PROJECT)
def archive(request: HttpRequest, member: Membership) -> HttpResponse:
    """Put the project into the archive, or take it out again."""
    if "restore" in request.POST:
        restore_project(by=member)
        messages.success(request, _("The project is out of the archive. Work on it goes on."))
    else:
        archive_project(by=member)
        messages.success(request, _("The project is archived. It can be read and exported."))
    return redirect("annotations:settings", member.project.slug)


def base_of(request: HttpRequest, now: int) -> int:
    """Return the version that a form was filled from; the present one where it was not sent."""
    sent = request.POST.get("base", "")
    return int(sent) if sent.isdecimal() and len(sent) < 10 else now


def has_errors(formset: BaseFormSet) -> bool:
    return formset.is_bound and any(form.errors for form in formset.forms)
