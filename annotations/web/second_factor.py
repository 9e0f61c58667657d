"""The second factor: asked for at log-in, set up and turned off on one's own account."""

from __future__ import annotations

import logging
from typing import Any

import segno
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from annotations.access.login import attempt_of, forget, seconds_to_wait
from annotations.errors import Refused, TooMany, WorkbenchError
from annotations.models import User
from annotations.workflow.second_factor import (
    NewFactor,
    begin_second_factor,
    check_second_factor,
    confirm_second_factor,
    renew_recovery_codes,
    state_of,
    turn_off_second_factor,
    waiting_factor,
)

from .doors import person, refused
from .entering import finish, keep_session, who_enters
from .forms.accounts import CodeForm, OwnPasswordForm
from .forms.fields import put_refusal

logger = logging.getLogger("annotations.accounts")


@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
def login_code(request: HttpRequest) -> HttpResponse:
    """Ask who has shown a password for a code of their app, or a recovery code, and let them in."""
    found = who_enters(request)
    if found is None:
        messages.info(request, _("Log in again: there was no code for ten minutes."))
        return redirect("annotations:login")
    user, target = found
    form = CodeForm(request.POST or None)
    status, wait = 200, None
    if request.method == "POST" and form.is_valid():
        try:
            check_second_factor(user, form.cleaned_data["code"])
            return finish(request, user, target, is_verified=True)
        except TooMany as refusal:
            status, wait = 429, refusal
        except WorkbenchError as refusal:
            logger.warning("a code was wrong", extra={"address": request.META.get("REMOTE_ADDR", "")})
            put_refusal(form, refusal)
    status = 422 if form.errors else status
    response = render(request, "annotations/login_code.html", {"form": form, "wait": wait}, status=status)
    if wait is not None:
        response["Retry-After"] = str(wait.seconds)
    return response


@login_required
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def second_factor(request: HttpRequest) -> HttpResponse:
    """Show where one stands; begin to set a factor up, with one's password."""
    form = OwnPasswordForm(request.POST or None, person=person(request))
    if request.method == "POST":
        try:
            _check_password(request, form)
            if form.is_valid():
                return _setting_up(request, begin_second_factor(person(request)), CodeForm())
        except WorkbenchError as refusal:
            return _page(request, refusal=refusal)
    return _page(request, form=form)


@login_required
@never_cache
@sensitive_post_parameters("code")
@require_POST
def confirm(request: HttpRequest) -> HttpResponse:
    """Turn the factor on with a first code; the recovery codes are in this reply only."""
    form, user = CodeForm(request.POST), person(request)
    try:
        if form.is_valid():
            codes = confirm_second_factor(user, form.cleaned_data["code"])
            keep_session(request, user, is_verified=True)
            return _page(request, codes=codes)
    except TooMany as refusal:
        return refused(request, refusal)
    except WorkbenchError as refusal:
        if refusal.code != "code_wrong":
            return _page(request, refusal=refusal)
        put_refusal(form, refusal)
    return _setting_up(request, waiting_factor(user), form)


@login_required
@never_cache
@sensitive_post_parameters("code")
@require_POST
def renew_codes(request: HttpRequest) -> HttpResponse:
    """Make new recovery codes; they are in this reply only."""
    try:
        return _page(request, codes=renew_recovery_codes(person(request), _code(request)))
    except WorkbenchError as refusal:
        return _page(request, refusal=refusal)


@login_required
@never_cache
@sensitive_post_parameters("code")
@require_POST
def turn_off(request: HttpRequest) -> HttpResponse:
    """Turn one's own factor off."""
    user = person(request)
    try:
        turn_off_second_factor(user, _code(request))
    except WorkbenchError as refusal:
        return _page(request, refusal=refusal)
    keep_session(request, user, is_verified=False)
    messages.success(request, _("Your second factor is off. Everywhere else you are logged out."))
    return redirect("annotations:second_factor")


def _code(request: HttpRequest) -> str:
    return request.POST.get("code", "")[:100]


def _check_password(request: HttpRequest, form: OwnPasswordForm) -> None:
    """Count the attempt before the password is looked at, under the same waits as at the door."""
    attempt = attempt_of(request, person(request).get_username())
    seconds = seconds_to_wait(attempt)
    if seconds:
        raise TooMany("too_many_attempts", _("There were too many attempts. Try again later."), seconds=seconds)
    if form.is_valid():
        forget(attempt)


def _setting_up(request: HttpRequest, new: NewFactor, form: CodeForm) -> HttpResponse:
    context = {"new": new, "picture": picture_of(new.uri), "form": form}
    return render(request, "annotations/second_factor_new.html", context, status=422 if form.errors else 200)


def _page(
    request: HttpRequest,
    *,
    form: OwnPasswordForm | None = None,
    codes: list[str] | None = None,
    refusal: WorkbenchError | None = None,
) -> HttpResponse:
    user: User = person(request)
    context: dict[str, Any] = {
        "form": form or OwnPasswordForm(person=user),
        "state": state_of(user),
        "codes": codes,
        "refusal": refusal,
    }
    is_refused = isinstance(refusal, Refused) or (form is not None and form.errors)
    status = 429 if isinstance(refusal, TooMany) else 422 if is_refused else 200
    response = render(request, "annotations/second_factor.html", context, status=status)
    if isinstance(refusal, TooMany):
        response["Retry-After"] = str(refusal.seconds)
    return response


def picture_of(text: str) -> dict[str, Any]:
    """Draw a QR code: the size of its square, quiet zone included, and the path of its dark fields."""
    matrix = segno.make(text, micro=False).matrix
    border = 4
    path = "".join(
        f"M{x + border} {y + border}h1v1h-1z"
        for y, row in enumerate(matrix)
        for x, is_dark in enumerate(row)
        if is_dark
    )
    return {"size": len(matrix) + 2 * border, "path": path}
