"""Logging in and out, one's password, one's API keys."""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth import logout, update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.translation import get_language, ngettext, override
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from annotations.access import projects_of
from annotations.access.login import attempt_of, forget, seconds_to_wait
from annotations.access.people import manages_anything
from annotations.errors import NotThere, WorkbenchError
from annotations.fetching.provider import provider
from annotations.models import ApiToken, ExternalIdentity
from annotations.removing.own_data import own_download
from annotations.workflow.accounts import change_own_account, issue_token, revoke_token
from annotations.workflow.acts import record
from annotations.workflow.mailing import sends_mail

from . import languages
from .doors import person, refused
from .entering import enter, safe_target
from .forms.accounts import LoginForm, NewPasswordForm, ProfileForm, TokenForm
from .forms.fields import put_refusal

logger = logging.getLogger("annotations.accounts")


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def log_in(request: HttpRequest) -> HttpResponse:
    """Ask for name and password; every attempt is counted before its password is looked at."""
    target = safe_target(request)
    if request.user.is_authenticated:
        return HttpResponseRedirect(target)
    form = LoginForm(request, data=request.POST or None)
    if request.method != "POST":
        return render(request, "annotations/login.html", _login_context(form, target))
    attempt = attempt_of(request, request.POST.get("username", ""))
    wait = seconds_to_wait(attempt)
    if wait:
        logger.warning("log-in must wait", extra={"address": request.META.get("REMOTE_ADDR", ""), "seconds": wait})
        return _must_wait(request, target, wait)
    if not form.is_valid():
        logger.warning("log-in failed", extra={"address": request.META.get("REMOTE_ADDR", "")})
        return render(request, "annotations/login.html", _login_context(form, target), status=422)
    forget(attempt)
    return enter(request, form.get_user(), target)


@require_POST
def log_out(request: HttpRequest) -> HttpResponse:
    """End the session on the server too."""
    logout(request)
    messages.success(request, _("You are logged out."))
    return redirect("annotations:login")


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    """Show one's name, language and API keys; change name and language."""
    form = ProfileForm(request.POST or None, instance=person(request))
    if request.method == "POST" and form.is_valid():
        change_own_account(form.instance, form.changed_data)
        with override(form.instance.language or get_language()):
            messages.success(request, _("Saved."))
        response = redirect("annotations:account")
        languages.keep(response, form.instance.language)
        return response
    return _account_page(request, form, TokenForm(projects=projects_of(person(request))))


@login_required
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def change_password(request: HttpRequest) -> HttpResponse:
    """Change one's password; all other sessions end. The old one is asked for under the same waits as at the door."""
    attempt = attempt_of(request, person(request).get_username())
    wait = seconds_to_wait(attempt) if request.method == "POST" else 0
    if wait:
        context = {"form": NewPasswordForm(person(request)), "wait": _wait_sentence(wait)}
        response = render(request, "annotations/password.html", context, status=429)
        response["Retry-After"] = str(wait)
        return response
    form = NewPasswordForm(person(request), request.POST or None)
    if request.method == "POST" and "old_password" not in form.errors:
        forget(attempt)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            user = form.save()
            record(None, "password.changed", "user", user.uuid, user=user)
        update_session_auth_hash(request, user)
        messages.success(request, _("Your password is changed. Everywhere else you are logged out."))
        return redirect("annotations:account")
    return render(request, "annotations/password.html", {"form": form}, status=422 if form.errors else 200)


@login_required
@never_cache
@require_POST
def make_token(request: HttpRequest) -> HttpResponse:
    """Make an API key; the reply to this request is the only place that ever shows its secret."""
    form = TokenForm(request.POST, projects=projects_of(person(request)))
    secret = None
    if form.is_valid():
        try:
            _token, secret = issue_token(person(request), **form.values())
            form = TokenForm(projects=projects_of(person(request)))
        except WorkbenchError as refusal:
            put_refusal(form, refusal)
    profile = ProfileForm(instance=person(request))
    return _account_page(request, profile, form, secret=secret, status=200 if secret else 422)


@login_required
@require_POST
def end_token(request: HttpRequest, token: str) -> HttpResponse:
    """Revoke one's own API key at once."""
    found = ApiToken.objects.filter(user=person(request), uuid=token).first()
    if found is None:
        return refused(request, NotThere("token_not_found", _("You have no such key.")))
    revoke_token(found, user=person(request))
    messages.success(request, _("The key “%(name)s” no longer works.") % {"name": found.name})
    return redirect("annotations:account")


def _account_page(
    request: HttpRequest, profile: ProfileForm, token_form: TokenForm, *, secret: str | None = None, status: int = 200
) -> HttpResponse:
    at, identities = provider(), list(ExternalIdentity.objects.filter(user=person(request)))
    context = {
        "form": profile,
        "token_form": token_form,
        "secret": secret,
        "sends_mail": sends_mail(),
        "may_test_mail": manages_anything(person(request)),
        "download": own_download(person(request)),
        "provider": at,
        "identities": identities,
        "is_linked": at is not None and any(one.issuer == at.issuer for one in identities),
        "tokens": ApiToken.objects.filter(user=person(request), revoked_at__isnull=True).select_related("project"),
    }
    return render(request, "annotations/account.html", context, status=422 if profile.errors else status)


def _login_context(form: LoginForm, target: str) -> dict[str, Any]:
    return {"form": form, "next": target, "next_query": urlencode({"next": target}), "provider": provider()}


def _must_wait(request: HttpRequest, target: str, seconds: int) -> HttpResponse:
    """Say the same for a known and an unknown name."""
    form = LoginForm(request, initial={"username": request.POST.get("username", "")})
    context = _login_context(form, target) | {"wait": _wait_sentence(seconds)}
    response = render(request, "annotations/login.html", context, status=429)
    response["Retry-After"] = str(seconds)
    return response


def _wait_sentence(seconds: int) -> str:
    return ngettext(
        "There were too many attempts. Try again in %(n)d second.",
        "There were too many attempts. Try again in %(n)d seconds.",
        seconds,
    ) % {"n": seconds}
