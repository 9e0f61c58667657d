"""The verdict scale of a project: read by everybody, changed by managers."""

from __future__ import annotations

import json
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from annotations.access import Act, allows, require
from annotations.errors import Conflict, Forbidden, WorkbenchError
from annotations.models import Membership, VerdictScale
from annotations.workflow.scales import current_scale, revise_scale

from .doors import page, project_page
from .forms.claims import BaseScaleFormSet, KeyedForm, ScaleFormSet
from .once import request_of


@require_http_methods(["GET", "HEAD", "POST"])
@project_page(Act.VIEW)
def verdict_scale(request: HttpRequest, member: Membership) -> HttpResponse:
    """Show the values in force; saving other ones puts a new version in force."""
    if request.method == "POST":
        require(member, Act.EDIT_SCALE)
    scale = current_scale(member.project)
    now = scale.version if scale else 0
    formset = cast(BaseScaleFormSet, ScaleFormSet(request.POST or None, initial=_rows(scale), prefix="values"))
    form = KeyedForm(request.POST or None, initial={"base": now}, auto_id="scale-%s")
    status = 200
    if request.method == "POST" and form.is_valid() and formset.is_valid():
        try:
            name = request.POST.get("scale_name", "")[:100]
            made = revise_scale(
                formset.new_values(),
                by=member,
                name=name,
                base_version=form.base_or(now),
                request=request_of(request),
            )
            messages.success(request, _("Version %(n)s of the scale is in force.") % {"n": made.version})
            return redirect("annotations:verdict_scale", member.project.slug)
        except Forbidden:
            raise
        except WorkbenchError as refusal:
            status = 409 if isinstance(refusal, Conflict) else 422
            _put_refusal(formset, refusal)
    elif form.is_bound:
        status = 422
    context: dict[str, Any] = {
        "scale": scale,
        "formset": formset,
        "key_form": KeyedForm(initial={"base": now}, auto_id="scale-%s"),  # who saves again has read that it changed
        "may_edit": allows(member, Act.EDIT_SCALE),
        "scale_name": request.POST.get("scale_name", scale.name if scale else _("Verdicts")),
    }
    return page(request, "verdict_scale.html", member, context, status=status)


def _rows(scale: VerdictScale | None) -> list[dict[str, Any]]:
    """Return the values as the form shows them, and an empty row for one more."""
    rows: list[dict[str, Any]] = [
        {
            "name": value.name,
            "key": value.key,
            "rating": value.rating,
            "description": value.description,
            "maps": json.dumps(value.maps),
            "position": place,
        }
        for place, value in enumerate(scale.values.all() if scale else (), start=1)
    ]
    return [*rows, {"position": len(rows) + 1}]


def _put_refusal(formset: BaseScaleFormSet, refusal: WorkbenchError) -> None:
    """Show a refusal at the value it is about; its field reads `values.3.key`, counted without those taken away."""
    place, _dot, field = refusal.field.removeprefix("values.").partition(".")
    kept = [form for form in formset.forms if form.cleaned_data.get("name") and not form.cleaned_data.get("is_removed")]
    form = kept[int(place)] if place.isdecimal() and int(place) < len(kept) else formset.forms[0]
    form.add_error(field if field in form.fields else None, refusal.message)
