"""What the forms on the pages of a source and of a capture do: each act checks its form and calls one function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _

from annotations.access import Act, require, sees_all_work, visible_to
from annotations.errors import Conflict, Forbidden, NotThere, Refused, WorkbenchError
from annotations.jobs.starting import start_once
from annotations.models import Capture, Claim, Membership, Source
from annotations.text.spans import Span
from annotations.workflow.evidence import NewEvidence, Passage, SourceLink, attach_source
from annotations.workflow.passages import NewLink, Quoted, link_passages
from annotations.workflow.source_sight import shown
from annotations.workflow.sources import (
    capture_file,
    change_source,
    paste_capture,
    set_archive_address,
    set_not_held,
    start_fetching,
)

from .forms.claims import KeyedForm
from .forms.fields import put_refusal
from .forms.sources import (
    MOST_CLAIMS,
    ArchiveForm,
    CaptureFileForm,
    CitingForm,
    FactsForm,
    NotHeldForm,
    PassageForm,
    PasteForm,
    SameForm,
)
from .once import request_of


@dataclass(frozen=True, slots=True)
class RefusedAct:
    """A form that was sent and not carried out: the act, and why."""

    act: str
    form: KeyedForm | None
    error: WorkbenchError | None


Carried = tuple[KeyedForm, Callable[[], str]]


def carry_out(request: HttpRequest, source: Source, member: Membership) -> RefusedAct | None:
    """Carry out the act on a source that was sent; return its form where it was refused."""
    require(member, Act.ANNOTATE)
    return _carry_out(request, _ON_SOURCES, source, member)


def carry_out_on_capture(request: HttpRequest, capture: Capture, member: Membership) -> RefusedAct | None:
    """Carry out the act on a capture that was sent; return its form where it was refused."""
    require(member, Act.ANNOTATE)
    return _carry_out(request, _ON_CAPTURES, capture, member)


def _carry_out(request: HttpRequest, acts: dict[str, Any], thing: Any, member: Membership) -> RefusedAct | None:
    name = request.POST.get("act", "")
    if name not in acts:
        raise NotThere("act_unknown", _("There is no such act on a source."))
    form, do = acts[name](request, thing, member)
    error: WorkbenchError | None = None
    try:
        if form.is_valid():
            messages.success(request, do())
            return None
    except (NotThere, Forbidden):
        raise
    except WorkbenchError as refusal:
        error = refusal
        put_refusal(form, refusal)
        if isinstance(refusal, Conflict) and hasattr(refusal.current, "version_number"):
            data: Any = form.data.copy()  # who sends it again has read what is there now
            data["base"] = refusal.current.version_number
            form.data = data
    return RefusedAct(name.partition("-")[0], form, error)


def _fetch(request: HttpRequest, source: Source, member: Membership) -> Carried:
    def do() -> str:
        def start(*, request: Any) -> Any:
            return start_fetching(source.uuid, by=member, request=request)

        start_once(member, request_of(request), start)
        return _("The page is being fetched. What becomes of it shows here.")

    return NotHeldForm(request.POST, auto_id=""), do


def _upload(request: HttpRequest, source: Source, member: Membership) -> Carried:
    form = CaptureFileForm(request.POST, request.FILES, auto_id="file-%s")

    def do() -> str:
        file = form.cleaned_data["file"]

        def start(*, request: Any) -> Any:
            return capture_file(source.uuid, file.name, cast(Any, file), by=member, request=request)

        start_once(member, request_of(request), start)
        return _("The file is stored and being read. What is found in it shows here.")

    return form, do


def _paste(request: HttpRequest, source: Source, member: Membership) -> Carried:
    form = PasteForm(request.POST, auto_id="paste-%s")

    def do() -> str:
        data = form.cleaned_data
        once = request_of(request)
        paste_capture(source.uuid, data["text"], title=data["title"], by=member, request=once)
        return _("The text is kept as a capture.")

    return form, do


def _change_facts(request: HttpRequest, source: Source, member: Membership) -> Carried:
    (known,) = shown([source], member)
    form = FactsForm(request.POST, known=known, auto_id="facts-%s")

    def do() -> str:
        base = form.base_or(source.version_number)
        change_source(source.uuid, form.changes(), by=member, base_version=base, request=request_of(request))
        return _("Saved.")

    return form, do


def _set_not_held(is_held_back: bool) -> Callable[[HttpRequest, Source, Membership], Carried]:
    def act(request: HttpRequest, source: Source, member: Membership) -> Carried:
        form = NotHeldForm(request.POST, auto_id="hold-%s")

        def do() -> str:
            note = form.cleaned_data["note"]
            set_not_held(source.uuid, is_held_back, by=member, note=note, request=request_of(request))
            return _("Saved.")

        return form, do

    return act


def _archive(request: HttpRequest, capture: Capture, member: Membership) -> Carried:
    form = ArchiveForm(request.POST, auto_id="archive-%s")

    def do() -> str:
        base = form.base_or(capture.version_number)
        once = request_of(request)
        try:
            set_archive_address(
                capture.uuid, form.cleaned_data["archive_url"], by=member, base_version=base, request=once
            )
        except Refused as refusal:
            raise Refused(refusal.code, refusal.message, field="archive_url") from None
        return _("Saved.")

    return form, do


def _cite(request: HttpRequest, capture: Capture, member: Membership) -> Carried:
    form = PassageForm(request.POST, claims=claims_offered(member), auto_id="cite-%s")

    def do() -> str:
        data, once = form.cleaned_data, request_of(request)
        start, end = place_in(capture.text, data["words"], data["start"], data["end"])
        new = NewEvidence(
            once.key if once else uuid4(),
            SourceLink("", stance=data["stance"], note=data["note"]),
            passage=Passage(None, start, end, capture=capture.uuid),
            claim=UUID(data["claim"]),
        )
        attach_source(new, by=member, request=once)
        return _("The evidence is added.")

    return form, do


def _link(request: HttpRequest, capture: Capture, member: Membership) -> Carried:
    form = SameForm(request.POST, auto_id="same-%s")

    def do() -> str:
        data, once = form.cleaned_data, request_of(request)
        start, end = place_in(capture.text, data["words"], data["start"], data["end"])
        span = Span(data["from_start"], data["from_end"])
        new = NewLink(
            once.key if once else uuid4(),
            Quoted(data["from_version"], span, data["from_quote"].replace("\r\n", "\n")),
            Quoted(capture.uuid, Span(start, end), capture.text[start:end], is_captured=True),
        )
        link_passages(new, by=member, request=once)
        return _("The passages are linked. The sign at the article’s passage leads here.")

    return form, do


def place_in(text: str, words: str, start: int | None, end: int | None) -> tuple[int, int]:
    """Return where the words stand: at the place that was sent, where they stand there, else where they stand once.

    >>> place_in("It held. It broke.", "It broke.", None, None)
    (9, 18)
    """
    words = words.replace("\r\n", "\n").replace("\r", "\n")
    if start is not None and end is not None and text[start:end] == words:
        return start, end
    wanted = words.strip()
    found = text.find(wanted) if wanted else -1
    if found < 0:
        raise Refused("passage_missing", _("These words do not stand in the text. Copy them from it."), field="words")
    if text.find(wanted, found + 1) >= 0:
        message = _("These words stand there more than once. Take some of the words around them along.")
        raise Refused("passage_ambiguous", message, field="words")
    return found, found + len(wanted)


def claims_offered(member: Membership) -> list[tuple[str, str]]:
    """Return the claims that evidence can be put to, those last worked on first; 1 query."""
    rows = visible_to(member, Claim.objects.filter(withdrawn_at__isnull=True))
    if sees_all_work(member):  # that somebody merged one's claim tells of their work
        rows = rows.exclude(desk__merged_into__isnull=False)
    found = rows.order_by("-updated_at", "-pk").values_list("key", "text")[:MOST_CLAIMS]
    return [(str(key), text if len(text) <= 120 else f"{text[:119]}…") for key, text in found]


def _cite_source(request: HttpRequest, source: Source, member: Membership) -> Carried:
    form = CitingForm(request.POST, claims=claims_offered(member), auto_id="cite-%s")

    def do() -> str:
        data, once = form.cleaned_data, request_of(request)
        link = SourceLink(stance=data["stance"], quote=data["quote"], note=data["note"], source=source.uuid)
        new = NewEvidence(once.key if once else uuid4(), link, claim=UUID(data["claim"]))
        attach_source(new, by=member, request=once)
        return _("The evidence is added.")

    return form, do


_ON_SOURCES: dict[str, Callable[[HttpRequest, Source, Membership], Carried]] = {
    "fetch-now": _fetch,
    "file-upload": _upload,
    "paste-text": _paste,
    "facts-change": _change_facts,
    "cite-source": _cite_source,
    "hold-not": _set_not_held(True),
    "hold-again": _set_not_held(False),
}
_ON_CAPTURES: dict[str, Callable[[HttpRequest, Capture, Membership], Carried]] = {
    "archive-set": _archive,
    "cite-passage": _cite,
    "same-passage": _link,
}
