"""What the forms on the page of a claim do: each act checks its form, calls one function of `workflow`, says so.

A form names its act by the button that sent it, `evidence-add`, and where it is about one row, that row by `key`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4, uuid5

from django.contrib import messages
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from annotations.access import Act, require, visible_to
from annotations.access.requests import Request
from annotations.errors import Conflict, NotThere, Refused, WorkbenchError
from annotations.models import Annotation, Claim, ClaimMention, CommentThread, EvidenceItem, Judgement, Membership
from annotations.workflow.claiming import (
    NewMention,
    change_claim,
    change_mention,
    mention_claim,
    set_claim_withdrawn,
    set_mention_withdrawn,
)
from annotations.workflow.desk import DeskChange, change_desk, desk_of, merge_claims, part_claim, standing_verdict
from annotations.workflow.discussing import (
    NewThread,
    answer,
    begin_thread,
    edit_comment,
    read_mentions,
    remove_comment,
    reopen_thread,
    resolve_thread,
)
from annotations.workflow.evidence import (
    NewEvidence,
    Passage,
    SourceLink,
    attach_source,
    change_evidence,
    set_evidence_withdrawn,
    shown_sets,
)
from annotations.workflow.publishing import NewPreview, make_preview, publish_page, revoke_preview, withdraw_page
from annotations.workflow.scales import current_scale
from annotations.workflow.verdicts import MergedSet, NewVerdict, reach_verdict, sets_of_merged

from .claim_view import RefusedForm, form_for
from .forms.claims import (
    ClaimForm,
    DeskForm,
    EnquiryForm,
    EvidenceForm,
    KeyedForm,
    MentionForm,
    PageForm,
    PreviewForm,
    TalkForm,
    VerdictForm,
)
from .forms.fields import put_refusal
from .once import request_of

_PLACE = re.compile(r"at=(\d{1,9})-(\d{1,9})")
_SOURCE = re.compile(r"([0-9a-f-]{36})/")
_CAPTURE = re.compile(r"[0-9a-f-]{36}/captures/([0-9a-f-]{36})/")
_ANNOTATION = re.compile(r"a=([0-9a-fA-F-]{36})")


@dataclass(frozen=True, slots=True)
class Sent:
    """A filled form: who sent it, about which claim, and the key that makes it known when it comes again."""

    post: Any
    host: str
    claim: Claim
    member: Membership
    once: Request | None
    secrets: list[str]

    @property
    def new_key(self) -> UUID:
        """Return the key of what the form makes: the same where it is sent twice."""
        return self.once.key if self.once else uuid4()

    @property
    def key(self) -> UUID:
        """Return the row that the form is about. Raises `NotThere`."""
        return self.uuid("key")

    def uuid(self, name: str) -> UUID:
        """Return a key that was sent. Raises `NotThere`."""
        try:
            return UUID(self.post.get(name, ""))
        except ValueError:
            raise NotThere("not_found", _("There is nothing under this key, or you may not see it.")) from None


def carry_out(request: HttpRequest, claim: Claim, member: Membership) -> RefusedForm | str:
    """Carry out the act that was sent; return its form where it was refused, else what is to be shown once, mostly "".

    What one may not do at all is raised.
    """
    name = request.POST.get("act", "")
    require(member, _needed(name.partition("-")[0]))
    sent = Sent(request.POST, request.get_host(), claim, member, request_of(request), [])
    act = _ACTS.get(name)
    if act is None:
        raise NotThere("act_unknown", _("There is no such act on a claim."))
    form: KeyedForm | None = None
    error: WorkbenchError | None = None
    try:
        form, do = act(sent)
        if form.is_valid():
            messages.success(request, do())
            return "".join(sent.secrets)
    except NotThere:
        raise
    except WorkbenchError as refusal:
        error = refusal
    if error is not None and form is not None:
        put_refusal(form, error)
        if isinstance(error, Conflict):
            _put_present_state(form, error)  # who sends it again has read what is there now
    if error is not None:
        messages.error(request, error.message)
    key = request.POST.get("key", "") if name in _ON_ROWS else ""
    return RefusedForm(name.partition("-")[0], key, form, error, is_withdrawal=name == "page-withdraw")


def _needed(act: str) -> Act:
    return Act.JUDGE_CLAIMS if act in _JUDGING else Act.DISCUSS if act == "talk" else Act.ANNOTATE


def _put_present_state(form: KeyedForm, conflict: Conflict) -> None:
    data: Any = form.data.copy()  # type: ignore[attr-defined]  # it is a QueryDict
    if "base" in form.fields and hasattr(conflict.current, "version_number") and "supersedes" not in form.fields:
        data["base"] = conflict.current.version_number
    if "supersedes" in form.fields:
        data["supersedes"] = str(conflict.current.key) if conflict.current is not None else ""
    form.data = data


Carried = tuple[KeyedForm, Callable[[], str]]


def _change_claim(sent: Sent) -> Carried:
    form = ClaimForm(sent.post, claim=sent.claim, auto_id="claim-%s")

    def do() -> str:
        base = form.base_or(sent.claim.version_number)
        change_claim(sent.claim.key, form.changes(), by=sent.member, base_version=base, request=sent.once)
        return _("Saved.")

    return form, do


def _set_claim_withdrawn(withdrawn: bool) -> Callable[[Sent], Carried]:
    def act(sent: Sent) -> Carried:
        form = KeyedForm(sent.post)

        def do() -> str:
            base = form.base_or(sent.claim.version_number)
            set_claim_withdrawn(sent.claim.key, withdrawn, by=sent.member, base_version=base, request=sent.once)
            return _("The claim is withdrawn. You can bring it back here.") if withdrawn else _("The claim is back.")

        return form, do

    return act


def _add_mention(sent: Sent) -> Carried:
    form = MentionForm(sent.post)

    def do() -> str:
        new = NewMention(sent.new_key, sent.uuid("annotation"), form.cleaned_data["stance"])
        mention_claim(sent.claim.key, new, by=sent.member, request=sent.once)
        return _("The annotation expresses the claim.")

    return form, do


def _change_mention(sent: Sent) -> Carried:
    row = _find(ClaimMention, sent)
    form = MentionForm(sent.post, auto_id=f"{row.key}-%s")

    def do() -> str:
        base = form.base_or(row.version_number)
        change_mention(row.key, form.cleaned_data["stance"], by=sent.member, base_version=base, request=sent.once)
        return _("Saved.")

    return form, do


def _set_row_withdrawn(kind: type[Judgement], set_withdrawn: Any, withdrawn: bool) -> Callable[[Sent], Carried]:
    def act(sent: Sent) -> Carried:
        row = _find(kind, sent)
        form = KeyedForm(sent.post)

        def do() -> str:
            base = form.base_or(row.version_number)
            set_withdrawn(row.key, withdrawn, by=sent.member, base_version=base, request=sent.once)
            return _("Withdrawn. You can bring it back here.") if withdrawn else _("Brought back.")

        return form, do

    return act


def _add_evidence(sent: Sent) -> Carried:
    sets = tuple(shown_sets(sent.claim, sent.member))
    form = EvidenceForm(sent.post, sets=sets, auto_id="evidence-%s")

    def do() -> str:
        data = form.cleaned_data
        passage = passage_of(data["url"], sent.member, sent.host)
        source = source_named(data["url"], sent.member, sent.host)
        link = SourceLink(
            "" if passage or source else data["url"],
            data["title"],
            data["stance"],
            "" if passage else data["quote"],
            data["note"],
            **{name: data[name] for name in form.details},
            source=source,
        )
        new = NewEvidence(
            sent.new_key,
            link,
            passage=passage,
            evidence_set=1 if data["evidence_set"] == "" else data["evidence_set"],
            claim=sent.claim.key,
        )
        attach_source(new, by=sent.member, request=sent.once)
        return _("The evidence is added.")

    return form, do


def _add_enquiry(sent: Sent) -> Carried:
    sets = tuple(shown_sets(sent.claim, sent.member))
    form = EnquiryForm(sent.post, sets=sets, auto_id="enquiry-%s")

    def do() -> str:
        data = form.cleaned_data
        names = ("stance", "quote", "note", *(name for name in form.details if name in data))
        new = NewEvidence(
            sent.new_key,
            SourceLink(**{name: data[name] for name in names}),
            is_enquiry=True,
            evidence_set=1 if data["evidence_set"] == "" else data["evidence_set"],
            claim=sent.claim.key,
        )
        attach_source(new, by=sent.member, request=sent.once)
        return _("The enquiry is added.")

    return form, do


def source_named(url: str, member: Membership, host: str) -> UUID | None:
    """Return the source whose own page here an address is; it may be one that has no address of its own."""
    try:
        parts = urlsplit(url.strip())
        found = _SOURCE.fullmatch(parts.path.removeprefix(reverse("annotations:sources", args=[member.project.slug])))
        return UUID(found[1]) if found and parts.netloc in ("", host) else None
    except ValueError:
        return None


def passage_of(url: str, member: Membership, host: str) -> Passage | None:
    """Return the passage that the link of an article, or of a capture, names; None where it is another address.

    An annotation that it names counts as a passage. Raises `Refused` where it names no place.
    """
    try:
        parts = urlsplit(url.strip())
        start = reverse("annotations:articles", args=[member.project.slug]) + "articles/"
        if parts.netloc not in ("", host):
            return None
        sources = reverse("annotations:sources", args=[member.project.slug])
        if parts.path.startswith(sources) and (captured := _CAPTURE.fullmatch(parts.path.removeprefix(sources))):
            return _passage_of_capture(UUID(captured[1]), parts.fragment)
        if not parts.path.startswith(start):
            return None
        article = UUID(parts.path.removeprefix(start).partition("/")[0])
    except ValueError:
        return None
    place, annotation = _PLACE.fullmatch(parts.fragment), _ANNOTATION.fullmatch(parts.fragment)
    if place is not None:
        return Passage(article, int(place[1]), int(place[2]))
    if annotation is not None:
        rows = visible_to(member, Annotation.objects.filter(version__article__uuid=article))
        span = rows.filter(key=annotation[1]).values_list("start", "end").first()
        if span is not None:
            return Passage(article, *span)
    message = _("This link names an article, but no passage of it. Copy the link of the passage.")
    raise Refused("passage_missing", message, field="url")


def _passage_of_capture(capture: UUID, fragment: str) -> Passage:
    place = _PLACE.fullmatch(fragment)
    if place is None:
        message = _("This link names a capture, but no passage of it. Copy the link of the passage.")
        raise Refused("passage_missing", message, field="url")
    return Passage(None, int(place[1]), int(place[2]), capture=capture)


def _change_evidence(sent: Sent) -> Carried:
    row = _find(EvidenceItem, sent)
    form = form_for(row)(sent.post, item=row, auto_id=f"{row.key}-%s")

    def do() -> str:
        base = form.base_or(row.version_number)
        change_evidence(row.key, form.changes(), by=sent.member, base_version=base, request=sent.once)
        return _("Saved.")

    return form, do


def _reach_verdict(sent: Sent) -> Carried:
    before = standing_verdict(sent.claim, sent.member)
    sets = [(n, 1) for n in shown_sets(sent.claim, sent.member)]
    scale = current_scale(sent.member.project)
    of_merged = [(each, 1) for each in sets_of_merged(sent.claim, sent.member)]
    form = VerdictForm(sent.post, scale=scale, sets=sets, of_merged=of_merged, before=before, auto_id="verdict-%s")

    def do() -> str:
        data = form.cleaned_data
        reach_verdict(
            NewVerdict(
                sent.new_key,
                sent.claim.key,
                data["value"],
                data["rationale"],
                tuple(data.get("evidence_sets", ())),
                data["supersedes"],
                data.get("correction_note", ""),
                tuple(map(_merged_set, data.get("merged_sets", ()))),
            ),
            by=sent.member,
            request=sent.once,
        )
        return _("The verdict is reached.")

    return form, do


def _merged_set(value: str) -> MergedSet:
    claim, _colon, n = value.partition(":")
    return MergedSet(UUID(claim), int(n))


def _give(sent: Sent) -> Carried:
    desk = desk_of(sent.claim)
    form = DeskForm(sent.post, desk=desk, by=sent.member, auto_id="desk-%s")

    def do() -> str:
        person, due_on = form.cleaned_data["assignee"], form.cleaned_data["due_on"]
        change = DeskChange(assignee=str(person.uuid) if person else "", due_on=due_on or "")
        base = form.base_or(desk.version_number)
        change_desk(sent.claim.key, change, by=sent.member, base_version=base, request=sent.once)
        return _("Saved.")

    return form, do


def _move(sent: Sent) -> Carried:
    form = KeyedForm(sent.post)

    def do() -> str:
        change = DeskChange(state=sent.post.get("state", ""), note=sent.post.get("note", ""))
        base = form.base_or(desk_of(sent.claim).version_number)
        desk = change_desk(sent.claim.key, change, by=sent.member, base_version=base, request=sent.once)
        return _("The claim is now: %(state)s.") % {"state": desk.get_state_display()}

    return form, do


def _begin_talk(sent: Sent) -> Carried:
    form = TalkForm(sent.post, auto_id="talk-%s")

    def do() -> str:
        key = sent.new_key
        comment = uuid5(sent.claim.key, str(key))  # the same where the form is sent twice
        new = NewThread(key, comment, form.cleaned_data["text"], None, claim=sent.claim.key)
        begin_thread(new, by=sent.member, request=sent.once)
        return _("Said.")

    return form, do


def _answer(sent: Sent) -> Carried:
    form = TalkForm(sent.post, auto_id=f"{sent.key}-%s")

    def do() -> str:
        answer(sent.key, sent.new_key, form.cleaned_data["text"], by=sent.member, request=sent.once)
        return _("Said.")

    return form, do


def _edit_comment(sent: Sent) -> Carried:
    form = TalkForm(sent.post, auto_id=f"{sent.key}-%s")

    def do() -> str:
        words, base = form.cleaned_data["text"], form.base_or(0)
        edit_comment(sent.key, words, by=sent.member, base_version=base, request=sent.once)
        return _("Saved.")

    return form, do


def _remove_comment(sent: Sent) -> Carried:
    form = KeyedForm(sent.post)

    def do() -> str:
        remove_comment(sent.key, by=sent.member, base_version=form.base_or(0), request=sent.once)
        return _("Your comment is removed.")

    return form, do


def _resolve(move: Callable[..., CommentThread]) -> Callable[[Sent], Carried]:
    def act(sent: Sent) -> Carried:
        form = KeyedForm(sent.post)

        def do() -> str:
            thread = move(sent.key, by=sent.member, base_version=form.base_or(0), request=sent.once)
            return _("The thread is settled.") if thread.resolved_at else _("The thread is open again.")

        return form, do

    return act


def _note_read(sent: Sent) -> Carried:
    form = KeyedForm(sent.post)

    def do() -> str:
        assert sent.member.user is not None
        read_mentions(sent.member.user, [sent.key], project_id=sent.member.project_id)
        return _("Noted as read.")

    return form, do


def _merge(sent: Sent) -> Carried:
    form = KeyedForm(sent.post)

    def do() -> str:
        base = form.base_or(desk_of(sent.claim).version_number)
        into = sent.uuid("into")
        merge_claims(sent.claim.key, into, by=sent.member, base_version=base, request=sent.once)
        return _("The claim is merged. The other one stands for it.")

    return form, do


def _part(sent: Sent) -> Carried:
    form = KeyedForm(sent.post)

    def do() -> str:
        base = form.base_or(desk_of(sent.claim).version_number)
        part_claim(sent.claim.key, by=sent.member, base_version=base, request=sent.once)
        return _("The claim stands for itself again.")

    return form, do


def _publish_page(sent: Sent) -> Carried:
    form = PageForm(sent.post, auto_id="page-%s")

    def do() -> str:
        base = form.base_or(desk_of(sent.claim).version_number)
        note = form.cleaned_data["note"]
        page = publish_page(sent.claim.key, note, by=sent.member, base_version=base, request=sent.once)
        return _("Readers see edition %(n)s.") % {"n": page.edition}

    return form, do


def _withdraw_page(sent: Sent) -> Carried:
    form = PageForm(sent.post, needs_note=True, auto_id="withdrawal-%s")

    def do() -> str:
        base = form.base_or(desk_of(sent.claim).version_number)
        note = form.cleaned_data["note"]
        withdraw_page(sent.claim.key, note, by=sent.member, base_version=base, request=sent.once)
        return _("The page is withdrawn. Its address says so, and why.")

    return form, do


def _make_preview(sent: Sent) -> Carried:
    form = PreviewForm(sent.post, auto_id="preview-%s")

    def do() -> str:
        data = form.cleaned_data
        expires_at = timezone.now() + timedelta(days=data["days"]) - timedelta(minutes=1)
        new = NewPreview(sent.new_key, sent.claim.key, expires_at, data["name"])
        _link, secret = make_preview(new, by=sent.member, request=sent.once)
        sent.secrets.append(secret)
        return _("The link is made.")

    return form, do


def _revoke_preview(sent: Sent) -> Carried:
    form = KeyedForm(sent.post)

    def do() -> str:
        revoke_preview(sent.key, by=sent.member, request=sent.once)
        return _("The link does not work any more.")

    return form, do


def _find(kind: type[Judgement], sent: Sent) -> Any:
    """Find the row that a form is about; 1 query. Whether it may be changed is asked of `workflow`."""
    found = visible_to(sent.member, kind._default_manager.filter(key=sent.key)).first()
    if found is None:
        raise NotThere("not_found", _("There is nothing under this key, or you may not see it."))
    return found


_ACTS: dict[str, Callable[[Sent], Carried]] = {
    "claim-change": _change_claim,
    "claim-withdraw": _set_claim_withdrawn(True),
    "claim-restore": _set_claim_withdrawn(False),
    "mention-add": _add_mention,
    "mention-change": _change_mention,
    "mention-withdraw": _set_row_withdrawn(ClaimMention, set_mention_withdrawn, True),
    "mention-restore": _set_row_withdrawn(ClaimMention, set_mention_withdrawn, False),
    "evidence-add": _add_evidence,
    "evidence-change": _change_evidence,
    "evidence-withdraw": _set_row_withdrawn(EvidenceItem, set_evidence_withdrawn, True),
    "evidence-restore": _set_row_withdrawn(EvidenceItem, set_evidence_withdrawn, False),
    "verdict-reach": _reach_verdict,
    "desk-give": _give,
    "desk-move": _move,
    "enquiry-add": _add_enquiry,
    "page-publish": _publish_page,
    "page-withdraw": _withdraw_page,
    "preview-make": _make_preview,
    "preview-revoke": _revoke_preview,
    "talk-begin": _begin_talk,
    "talk-answer": _answer,
    "talk-edit": _edit_comment,
    "talk-remove": _remove_comment,
    "talk-resolve": _resolve(resolve_thread),
    "talk-reopen": _resolve(reopen_thread),
    "talk-read": _note_read,
    "same-merge": _merge,
    "same-part": _part,
}
_JUDGING = frozenset({"verdict", "desk", "same", "page", "preview"})
_ON_ROWS = frozenset({"mention-change", "evidence-change", "talk-answer", "talk-edit"})
