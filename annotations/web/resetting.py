"""A forgotten password: asking for a link by mail, and setting another with a link."""

from __future__ import annotations

import logging

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from annotations.access.login import attempt_on, seconds_to_wait
from annotations.errors import TooMany, WorkbenchError
from annotations.workflow.mailing import sends_mail
from annotations.workflow.resetting import mail_reset_links, person_of_link, reset_password

from .doors import refused
from .forms.accounts import AskForLinkForm, ResetForm
from .forms.fields import put_refusal
from .links import forget_secret, secret_of, take_secret

logger = logging.getLogger("annotations.accounts")
LINK = "reset"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ask_for_link(request: HttpRequest) -> HttpResponse:
    """Send a link to whoever is meant; the answer is the same whether there is anybody."""
    form = AskForLinkForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            ask(request, form.cleaned_data["name"])
        except WorkbenchError as refusal:
            return refused(request, refusal)
        messages.success(request, _("If there is such an account with an e-mail, a link is on its way to it."))
        return redirect("annotations:login")
    context = {"form": form, "sends_mail": sends_mail()}
    return render(request, "annotations/reset_ask.html", context, status=422 if form.errors else 200)


def ask(request: HttpRequest, name: str) -> None:
    """Have links mailed, so many times in a while from one address and for one name."""
    for subject in (request.META.get("REMOTE_ADDR", ""), f"name {name.strip().casefold()}"):
        seconds = seconds_to_wait(attempt_on("reset", subject))
        if seconds:
            message = _("A link was asked for too often. Try again later.")
            raise TooMany("too_many_attempts", message, seconds=seconds)
    address = request.build_absolute_uri(reverse("annotations:reset_link", args=["SECRET"]))
    mail_reset_links(name, address)


@never_cache
@require_safe
def reset_link(request: HttpRequest, secret: str) -> HttpResponse:
    """Take a link's secret out of the address."""
    return take_secret(LINK, secret, reverse("annotations:reset_new"))


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def reset_new(request: HttpRequest) -> HttpResponse:
    """Set a new password; the person then logs in with it, second factor and all."""
    secret = secret_of(request, LINK)
    form = ResetForm(request.POST or None)
    try:
        user = person_of_link(secret)
        if request.method == "POST" and form.is_valid():
            reset_password(secret, form.cleaned_data["password"])
            logger.info("password reset", extra={"user": str(user.uuid)})
            messages.success(request, _("Your password is changed. Log in with it now."))
            return forget_secret(redirect("annotations:login"), LINK)
    except WorkbenchError as refusal:
        if refusal.field not in form.fields:
            return refused(request, refusal)
        put_refusal(form, refusal)
    context = {"form": form, "name": user.get_username()}
    return render(request, "annotations/reset_new.html", context, status=422 if form.errors else 200)
