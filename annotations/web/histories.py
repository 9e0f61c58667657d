"""The history of an article and of a claim: what happened in order, and bringing back what was there before an act."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from annotations.access import Act, hides_outlets, require, sees_all_work
from annotations.errors import WorkbenchError
from annotations.models import Article, ArticleVersion, AuditEvent, Membership
from annotations.search.act_filters import ActFilters
from annotations.text.wording import Comparison, Piece
from annotations.workflow.histories import (
    ARTICLE_KINDS,
    CLAIM_KINDS,
    acts_on_article,
    acts_on_claim,
    hide_values,
    with_before,
)
from annotations.workflow.restoring import present_versions, restore_before

from .acts import Told, tell
from .claim_view import find_claim
from .correcting import shortened
from .doors import page, project_page, say
from .forms.claims import KeyedForm
from .once import request_of
from .reading import find_article

ACTS_A_PAGE = 50
KINDS: dict[str, Promise] = {
    "article": gettext_lazy("the article and its text"),
    "zone": gettext_lazy("zones"),
    "annotation": gettext_lazy("annotations"),
    "relation": gettext_lazy("relations"),
    "article_label": gettext_lazy("labels on articles"),
    "suggestion": gettext_lazy("suggestions"),
    "assignment": gettext_lazy("assignments"),
    "thread": gettext_lazy("threads of comments"),
    "comment": gettext_lazy("comments"),
    "claim": gettext_lazy("claims"),
    "mention": gettext_lazy("where claims are expressed"),
    "evidence": gettext_lazy("evidence"),
    "verdict": gettext_lazy("verdicts"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """An act in words, with the form that brings back what was there before it, where the reader may."""

    told: Told
    form: KeyedForm | None


@dataclass(frozen=True, slots=True)
class Wording:
    """A version of a text, and whether there is one before it to compare it with."""

    version: ArticleVersion
    has_earlier: bool


@require_http_methods(["GET", "HEAD", "POST"])
@project_page(Act.VIEW)
def article_history(request: HttpRequest, member: Membership, *, article: UUID) -> HttpResponse:
    """Show what happened to an article and all that hangs on it; at most 23 queries."""
    found = find_article(member, article)
    here = reverse("annotations:article_history", args=[member.project.slug, found.uuid])
    if request.method == "POST":
        return _restored(request, member, here)
    rows = ArticleVersion.objects.filter(article=found).order_by("n").defer("text")
    versions = list(rows)
    wordings = [Wording(version, place > 0) for place, version in enumerate(versions)][::-1]
    context = {
        "article": found,
        "wordings": wordings,
        **_compared(request, versions),
        **_page(request, member, acts_on_article(found, member), ARTICLE_KINDS, here, of=found),
    }
    return page(request, "history.html", member, context)


@require_http_methods(["GET", "HEAD", "POST"])
@project_page(Act.VIEW)
def claim_history(request: HttpRequest, member: Membership, *, key: UUID) -> HttpResponse:
    """Show what happened to a claim and all that hangs on it; at most 16 queries."""
    found = find_claim(member, key)
    here = reverse("annotations:claim_history", args=[member.project.slug, found.key])
    if request.method == "POST":
        return _restored(request, member, here)
    context = {"claim": found, **_page(request, member, acts_on_claim(found, member), CLAIM_KINDS, here)}
    return page(request, "history.html", member, context)


def acts_page(request: HttpRequest, rows: QuerySet[AuditEvent], by: Membership) -> tuple[list[AuditEvent], UUID | None]:
    """Return a page of acts, the newest first, and the act after which the next one begins; 1 or 2 queries."""
    rows = rows.select_related("actor", "acting_for", "text").order_by("-pk")
    before = _place(rows, request.GET.get("before", ""))
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows[: ACTS_A_PAGE + 1])
    older = found[ACTS_A_PAGE - 1].uuid if len(found) > ACTS_A_PAGE else None
    return found[:ACTS_A_PAGE], older


def people_in(rows: QuerySet[AuditEvent], by: Membership) -> list[Membership]:
    """Return who acted, for the filter; nobody where one must not learn who works here; at most 1 query."""
    if not sees_all_work(by):
        return []
    actors = rows.order_by().filter(actor__isnull=False).values("actor")
    return list(Membership.objects.filter(project_id=by.project_id, pk__in=actors).order_by("pseudonym"))


def _page(
    request: HttpRequest,
    member: Membership,
    rows: QuerySet[AuditEvent],
    kinds: Iterable[str],
    here: str,
    of: Article | None = None,
) -> dict[str, Any]:
    filters, left_out = ActFilters.parse_kindly(request.GET)
    found, older = acts_page(request, filters.of(rows, member), member)
    if of is not None:
        with_before(found, of)
    shown = tell(hide_values(found, member), hides_titles=hides_outlets(member))
    versions = present_versions(found, member)
    return {
        "here": here,
        "filters": filters,
        "left_out": left_out,
        "kinds": [(kind, KINDS[kind]) for kind in kinds],
        "people": people_in(rows, member),
        "sees_all": sees_all_work(member),
        "lines": [Line(told, _form(versions.get(told.event.uuid))) for told in shown],
        "older": filters.as_query(before=str(older)) if older else "",
    }


def _form(version: int | None) -> KeyedForm | None:
    return None if version is None else KeyedForm(initial={"base": version}, auto_id="")


def _restored(request: HttpRequest, member: Membership, here: str) -> HttpResponse:
    """Bring back what was there before the act that a form names, and say so, or why not."""
    require(member, Act.ANNOTATE)
    act, base = request.POST.get("act", ""), request.POST.get("base", "")
    try:
        event, version = UUID(act), int(base)
    except ValueError:
        messages.error(request, _("This form was not complete. Nothing was changed."))
        return redirect(here)
    try:
        restore_before(event, by=member, base_version=version, request=request_of(request))
        messages.success(request, _("What was there before is current again, as a new state."))
    except WorkbenchError as refusal:
        say(request, refusal)
    return redirect(here)


def _place(rows: QuerySet[AuditEvent], raw: str) -> int | None:
    """Find the act that a page ended with; one that is not in the list is none."""
    try:
        return rows.filter(uuid=UUID(raw)).values_list("pk", flat=True).first()
    except ValueError:
        return None


def _compared(request: HttpRequest, versions: list[ArticleVersion]) -> dict[str, Any]:
    """Return what one version changed of the one before it, where the address asks for that; at most 1 query."""
    asked = request.GET.get("text", "")
    place = next((n for n, each in enumerate(versions) if str(each.uuid) == asked and n), None)
    if place is None:
        return {}
    old, new = versions[place - 1], versions[place]
    texts = dict(ArticleVersion.objects.filter(pk__in=(old.pk, new.pk)).values_list("pk", "text"))
    pieces: list[Piece] = shortened(Comparison(texts[old.pk], texts[new.pk]).pieces)
    return {"compared": new, "compared_with": old, "pieces": pieces}
