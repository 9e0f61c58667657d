"""Claims: the list and the board of the desk; one claim with its mentions, its evidence and the verdicts on it."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from annotations.access import Act, allows, sees_all_work
from annotations.errors import Forbidden, WorkbenchError
from annotations.models import Claim, ClaimDesk, Membership
from annotations.search.claim_filters import (
    FIELDS,
    ClaimFilters,
    board,
    claim_page,
    claimants,
    lines_of,
    state_counts,
)
from annotations.workflow.claiming import ClaimDetails, make_claim
from annotations.workflow.judging import CLAIM_DETAILS
from annotations.workflow.scales import current_scale

from .claim_acts import carry_out
from .claim_view import claim_context, find_claim
from .doors import STATUS, page, project_page
from .forms.claims import ClaimForm
from .forms.fields import put_refusal
from .once import request_of

PAGE_SIZE = 50


@require_http_methods(["GET", "HEAD", "POST"])
@project_page(Act.VIEW)
def claims(request: HttpRequest, member: Membership) -> HttpResponse:
    """List the claims that match, or show them on the board; make a new one. At most 14 queries, 20 for the board."""
    form = ClaimForm(request.POST or None, auto_id="new-%s")
    if request.method == "POST" and form.is_valid():
        try:
            made = _make(request, form, member)
            return redirect("annotations:claim", member.project.slug, made.key)
        except Forbidden:
            raise
        except WorkbenchError as refusal:
            put_refusal(form, refusal)
    params = {name: request.GET[name] for name in FIELDS if name in request.GET}
    filters, sentences = ClaimFilters.parse_kindly(params, member)
    for sentence in sentences:
        messages.warning(request, sentence)
    sees_all = sees_all_work(member)
    scale = current_scale(member.project) if sees_all else None
    context: dict[str, Any] = {
        "form": form,
        "filters": filters,
        "query": filters.as_query(),
        "sees_all": sees_all,
        "counts": state_counts(filters, member),
        "total": filters.claims(member).count(),
        "claimants": claimants(member),
        "values": list(scale.values.all()) if scale else [],
        "states": ClaimDesk.State,
        "types": Claim.Type.choices,
        "worths": Claim.CheckWorthiness.choices,
        "is_board": sees_all and request.GET.get("view") == "board",
    }
    if context["is_board"]:
        context["columns"] = board(filters, member)
    else:
        context |= _page(request, filters, member)
    return page(request, "claims.html", member, context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@project_page(Act.VIEW)
def claim(request: HttpRequest, member: Membership, *, key: UUID) -> HttpResponse:
    """Show one claim; carry out one act on it. What is refused is said beside the form, as it was filled."""
    found = find_claim(member, key)
    status, refused, secret = 200, None, ""
    if request.method == "POST":
        done = carry_out(request, found, member)
        if done == "":
            section = request.POST.get("act", "").partition("-")[0]
            asked = request.GET.urlencode()
            return redirect(f"{request.path}{'?' if asked else ''}{asked}#{section}")
        if isinstance(done, str):
            secret = done
        else:
            refused = done
            status = next((code for kind, code in STATUS.items() if isinstance(refused.error, kind)), 422)
        found.refresh_from_db()
    context = claim_context(request, found, member, refused)
    if secret:
        address = request.build_absolute_uri(reverse("annotations:preview"))
        context["secret_link"] = f"{address}?token={secret}"
    return page(request, "claim.html", member, context, status=status)


def _make(request: HttpRequest, form: ClaimForm, member: Membership) -> Claim:
    once = request_of(request)
    values = form.changes()
    return make_claim(
        once.key if once else uuid4(),
        values["text"],
        claimant=values["claimant"],
        claim_date=values["claim_date"],
        details=ClaimDetails(**{name: values[name] for name in CLAIM_DETAILS}),
        by=member,
        request=once,
    )


def _page(request: HttpRequest, filters: ClaimFilters, member: Membership) -> dict[str, Any]:
    shown = claim_page(
        filters, member, after=request.GET.get("after", ""), before=request.GET.get("before", ""), size=PAGE_SIZE
    )
    step = (filters.as_query() or "?") + ("&" if filters.narrows else "")
    return {
        "lines": lines_of(shown.claims, member, filters.q),
        "previous_query": f"{step}before={shown.previous}" if shown.previous else "",
        "next_query": f"{step}after={shown.next}" if shown.next else "",
        "may_make": allows(member, Act.ANNOTATE),
    }
