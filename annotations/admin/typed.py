"""Acts of which the name is typed again before they are done: on one row at a time, with what they would do."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from annotations.errors import WorkbenchError
from annotations.web.forms.fields import put_refusal

from .addresses import chosen_names


def ask_to_type(
    request: HttpRequest,
    rows: QuerySet[Any],
    form_of: type[forms.Form],
    carry: Callable[[Any, Any], str],
    *,
    title: Any,
    said: Callable[[Any], Iterable[Any]],
) -> HttpResponse | None:
    """Show the form for the one row chosen, with what `said` says of it; filled in, carry it out."""
    if rows.count() != 1:
        messages.warning(request, _("Choose one: its name is typed."))
        return None
    row = rows.get()
    is_filled_in = "apply" in request.POST
    form = form_of(request.POST if is_filled_in else None)
    if is_filled_in and form.is_valid():
        try:
            messages.success(request, carry(row, form))
            return None
        except WorkbenchError as refusal:
            put_refusal(form, refusal)
    context = {
        **admin.site.each_context(request),
        "title": title,
        "opts": rows.model._meta,
        "form": form,
        "row": row,
        "said": said(row),
        "action": request.POST.get("action", ""),
        "chosen": chosen_names(request),
        "checkbox_name": ACTION_CHECKBOX_NAME,
    }
    return TemplateResponse(request, "admin/typed_page.html", context, status=422 if form.errors else 200)
