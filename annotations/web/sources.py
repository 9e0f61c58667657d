"""Sources: the list, one source with its captures and looks, one capture with its text and what is cited of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from annotations.access import Act, allows, require, sees_all_work, visible_to
from annotations.errors import Forbidden, NotThere, Refused, WorkbenchError
from annotations.jobs.workers import a_worker_is_alive
from annotations.models import Capture, EvidenceItem, Membership, Publisher, Source
from annotations.search.source_lists import SourceFilters, lines_of
from annotations.text.blocks import blocks
from annotations.text.wording import Comparison
from annotations.workflow.source_sight import (
    capture_before,
    captures_of,
    find_capture,
    find_source,
    looks_at,
    shown,
)
from annotations.workflow.sources import add_source, add_source_without_address, may_change_facts, unended_fetch

from .correcting import shortened
from .doors import STATUS, page, project_page, refused
from .downloads import raw_reply
from .forms.claims import KeyedForm
from .forms.fields import put_refusal
from .forms.sources import (
    AddressForm,
    ArchiveForm,
    CaptureFileForm,
    CitingForm,
    FactsForm,
    NotHeldForm,
    PassageForm,
    PasteForm,
    SameForm,
    WithoutAddressForm,
)
from .marking import Marked, marked_blocks
from .once import request_of
from .problems import page_number
from .source_acts import RefusedAct, carry_out, carry_out_on_capture, claims_offered

ROWS_A_PAGE = 50
MOST_LOOKS = 50
MOST_CAPTURES = 100
MOST_CITED = 200


@require_http_methods(["GET", "HEAD", "POST"])
@project_page(Act.VIEW)
def sources(request: HttpRequest, member: Membership) -> HttpResponse:
    """List the sources that match, by address; add one. At most 13 queries."""
    form, nameless = AddressForm(auto_id="new-%s"), WithoutAddressForm(auto_id="nameless-%s")
    if request.method == "POST":
        require(member, Act.ANNOTATE)
        is_nameless = request.POST.get("act") == "add-nameless"
        sent: KeyedForm
        if is_nameless:
            sent = nameless = WithoutAddressForm(request.POST, auto_id="nameless-%s")
        else:
            sent = form = AddressForm(request.POST, auto_id="new-%s")
        if sent.is_valid():
            try:
                made = _added(sent, is_nameless, member, request)
                return redirect("annotations:source", member.project.slug, made.uuid)
            except Forbidden:
                raise
            except WorkbenchError as refusal:
                put_refusal(sent, refusal)
    try:
        filters = SourceFilters.parse(request.GET)
    except Refused as refusal:
        messages.warning(request, refusal.message)
        filters = SourceFilters()
    found = filters.sources(member)
    total = found.count()
    last = max(1, -(-total // ROWS_A_PAGE))
    number = min(page_number(request), last)
    rows = list(found[(number - 1) * ROWS_A_PAGE : number * ROWS_A_PAGE])
    context = {
        "form": form,
        "nameless": nameless,
        "filters": filters,
        "counts": filters.state_counts(member),
        "lines": lines_of(rows, member),
        "total": total,
        "sees_all": sees_all_work(member),
        "fetches": settings.WORKBENCH_FETCHING,
        "previous_query": filters.as_query(page=str(number - 1)) if number > 1 else "",
        "next_query": filters.as_query(page=str(number + 1)) if number < last else "",
    }
    return page(request, "sources.html", member, context, status=422 if form.errors or nameless.errors else 200)


def _added(sent: KeyedForm, is_nameless: bool, member: Membership, request: HttpRequest) -> Source:
    data, once = sent.cleaned_data, request_of(request)
    if not is_nameless:
        return add_source(data["url"], by=member, request=once)
    facts = {name: data[name] for name in ("title", "author", "publisher", "medium", "published_at")}
    return add_source_without_address(once.key if once else uuid4(), facts, by=member, request=once)


@require_http_methods(["GET", "HEAD", "POST"])
@project_page(Act.VIEW)
def source(request: HttpRequest, member: Membership, *, source: UUID) -> HttpResponse:
    """Show one source; carry out one act on it. At most 16 queries."""
    found = find_source(member, source)
    failed: RefusedAct | None = None
    if request.method == "POST":
        failed = carry_out(request, found, member)
        if failed is None:
            return redirect("annotations:source", member.project.slug, found.uuid)
        found = find_source(member, source)
    return _answer(request, "source.html", member, _source_context(found, member, failed), failed)


def _source_context(found: Source, member: Membership, failed: RefusedAct | None) -> dict[str, Any]:
    (known,) = shown([found], member)
    captures = list(captures_of(found, member)[: MOST_CAPTURES + 1])
    may_work = allows(member, Act.ANNOTATE)
    waiting = unended_fetch(found, member)
    claims = claims_offered(member) if may_work else []
    forms: dict[str, Any] = {
        "file": CaptureFileForm(auto_id="file-%s"),
        "paste": PasteForm(auto_id="paste-%s"),
        "hold": NotHeldForm(auto_id="hold-%s"),
        "fetch": NotHeldForm(auto_id=""),
        "facts": FactsForm(known=known, auto_id="facts-%s") if may_change_facts(member) else None,
        "cite": CitingForm(claims=claims, auto_id="cite-%s") if claims else None,
    }
    if failed is not None and failed.form is not None and forms.get(failed.act) is not None:
        forms[failed.act] = failed.form
    return {
        "source": found,
        "known": known,
        "captures": captures[:MOST_CAPTURES],
        "looks": looks_at(found, member)[:MOST_LOOKS],
        "items": _cited_from(found, member),
        "forms": forms,
        "failed": failed,
        "may_work": may_work,
        "waiting": waiting,
        "no_worker": waiting is not None and not a_worker_is_alive(),
        "fetches": settings.WORKBENCH_FETCHING,
        "has_address": bool(found.url),
        "most_mib": settings.WORKBENCH_CAPTURE_MAX_SIZE // (1024 * 1024),
        "publishers": _publishers(member) if forms["facts"] else (),
    }


def _publishers(member: Membership) -> list[str]:
    rows = visible_to(member, Publisher.objects.filter(project_id=member.project_id))
    return list(rows.order_by("name").values_list("name", flat=True)[:500])


def _cited_from(found: Source, member: Membership) -> list[EvidenceItem]:
    """Return the evidence that cites a source, as far as one may see it; 1 query."""
    rows = EvidenceItem.objects.filter(source=found, withdrawn_at__isnull=True)
    rows = rows.select_related("evidence_set__claim", "capture", "created_by").defer("capture__text")
    return list(visible_to(member, rows).order_by("-pk")[:MOST_CITED])


@require_http_methods(["GET", "HEAD", "POST"])
@project_page(Act.VIEW)
def capture(request: HttpRequest, member: Membership, *, source: UUID, capture: UUID) -> HttpResponse:
    """Show what a page looked like, with the passages cited and the change since the capture before. 13 queries."""
    found = _capture_of(member, source, capture)
    failed: RefusedAct | None = None
    if request.method == "POST":
        failed = carry_out_on_capture(request, found, member)
        if failed is None:
            return redirect(request.path)
        found = _capture_of(member, source, capture)
    return _answer(request, "capture.html", member, _capture_context(found, member, failed), failed)


def _capture_of(member: Membership, source: UUID, capture: UUID) -> Capture:
    found = find_capture(member, capture)
    if found.source.uuid != source:
        raise NotThere("capture_not_found", _("There is no such capture, or you may not see it."))
    return found


def _capture_context(found: Capture, member: Membership, failed: RefusedAct | None) -> dict[str, Any]:
    (known,) = shown([found.source], member)
    before = capture_before(found, member)
    pieces = Comparison(before.text, found.text).pieces if before else ()
    items = list(
        visible_to(member, EvidenceItem.objects.filter(capture=found, withdrawn_at__isnull=True))
        .select_related("evidence_set__claim", "created_by")
        .order_by("start", "end", "pk")[:MOST_CITED]
    )
    marks = [Marked(item.start or 0, item.end or 0, "", "", n) for n, item in enumerate(items, start=1)]
    text_blocks = blocks(found.text)
    may_work = allows(member, Act.ANNOTATE) and found.withheld_at is None
    claims = claims_offered(member) if may_work and found.text else []
    forms: dict[str, Any] = {
        "archive": ArchiveForm(
            initial={"archive_url": found.archive_url, "base": found.version_number}, auto_id="archive-%s"
        ),
        "cite": PassageForm(claims=claims, auto_id="cite-%s"),
        "same": SameForm(auto_id="same-%s") if may_work and found.text else None,
    }
    if failed is not None and failed.form is not None:
        forms[failed.act] = failed.form
    return {
        "source": found.source,
        "capture": found,
        "known": known,
        "sha256": bytes(found.sha256).hex(),
        "text_sha256": bytes(found.text_sha256).hex(),
        "look": looks_at(found.source, member).filter(capture=found).order_by("checked_at").first(),
        "before": before,
        "is_same": before is not None and bytes(before.text_sha256) == bytes(found.text_sha256),
        "pieces": shortened(pieces),
        "paragraphs": zip(text_blocks, marked_blocks(found.text, text_blocks, marks), strict=True),
        "cited": list(enumerate(items, start=1)),
        "claims": claims,
        "forms": forms,
        "failed": failed,
        "may_work": may_work,
    }


@require_safe
@project_page(Act.VIEW)
def capture_file(request: HttpRequest, member: Membership, *, source: UUID, capture: UUID) -> HttpResponseBase:
    """Send the bytes that were captured, to be kept, never to be opened in our pages."""
    found = _capture_of(member, source, capture)
    if found.raw_file is None or found.withheld_at is not None:
        raise NotThere("file_not_found", _("This capture has no file."))
    return raw_reply(found)


def _answer(
    request: HttpRequest, template: str, member: Membership, context: dict[str, Any], failed: RefusedAct | None
) -> HttpResponse:
    if failed is None:
        return page(request, template, member, context)
    error = failed.error
    status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 422)
    if status == 429 and error is not None:
        return refused(request, error, member)
    return page(request, template, member, context, status=status)
