"""Evidence for and against claims: attach a source, change it, withdraw it, bring it back."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from annotations.access import Act, require, sees_all_work, visible_to
from annotations.errors import NotThere, Refused
from annotations.models import (
    Annotation,
    ArticleVersion,
    Claim,
    EvidenceItem,
    EvidenceSet,
    Membership,
    Ruling,
    RulingSource,
    Source,
)

from .acts import Request, carry_out_once, record
from .claiming import claim_of, refuse_if_settled, refuse_where_submitted
from .differing import note_claims_changed
from .judging import (
    EVIDENCE_DETAILS,
    check_version,
    find_visible,
    lock_own,
    refuse_after_submission,
    state_of,
    supersede,
)
from .source_sight import find_capture, find_source
from .sources import checked_address, find_or_make_source, look_quietly

MAX_QUOTE = 10_000
MAX_TITLE = 1_000
MAX_ORIGIN = 200
MAX_ASKED = 300
MOST_SETS = 1_000


@dataclass(frozen=True, slots=True)
class SourceLink:
    """What a person says of a source: where it is, what it is called, how it stands to the claim.

    `origin` names the origin of what it says; pieces with the same one are not independent. `question` is what it
    answers. An enquiry has no address: it says who was asked what and when, and by when an answer was asked for; the
    answer stands in `quote`, or there is none.
    """

    url: str = ""
    title: str = ""
    stance: str = EvidenceItem.Stance.SUPPORTS
    quote: str = ""
    note: str = ""
    question: str = ""
    strength: str = ""
    origin: str = ""
    asked_whom: str = ""
    asked_on: date | None = None
    answer_by: date | None = None
    answered_on: date | None = None
    source: UUID | None = None
    """Names a source that one may see in place of an address, which it need not have."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A place in the present text of an article, or in a capture: start and end in code points, half-open."""

    article: UUID | None
    start: int
    end: int
    capture: UUID | None = None


@dataclass(frozen=True, slots=True)
class NewEvidence:
    """A source link for a claim, or for an annotation whose claim is made where there is none.

    `claim_key` and `mention_key` name the claim and the mention that may have to be made. With a `passage` the link
    has no address, and its quote is the text there; `is_enquiry` says that somebody was asked. `evidence_set` is the
    number of the set that it holds together with; 0 begins a new one, an alternative to those there are.
    """

    key: UUID
    link: SourceLink
    passage: Passage | None = None
    is_enquiry: bool = False
    evidence_set: int = 1
    claim: UUID | None = None
    annotation: UUID | None = None
    claim_key: UUID | None = None
    mention_key: UUID | None = None


def attach_source(new: NewEvidence, *, by: Membership, request: Request | None = None) -> EvidenceItem:
    """Attach a source link as evidence. Raises `Refused` for a bad address, stance or length."""

    def act() -> EvidenceItem:
        claim = _claim_for(new, by)
        names_source = new.passage is not None or new.link.source is not None
        values = _checked(new.link, names_source=names_source, is_enquiry=new.is_enquiry, is_new=True)
        if new.passage is not None:
            values |= _place_of(new.passage, by)
        elif new.link.source is not None:
            source = find_source(by, new.link.source)
            values |= {"source": source, "url": _address_of(source)}
        elif not new.is_enquiry:
            values["source"] = source = find_or_make_source(by.project_id, values["url"])
            look_quietly(source, by)
        evidence = EvidenceItem.objects.create(
            key=new.key,
            project_id=by.project_id,
            created_by=by,
            evidence_set=_set_of(claim, new.evidence_set, by),
            **values,
        )
        note_claims_changed([claim.pk])
        record(
            by,
            "evidence.created",
            "evidence",
            new.key,
            after={"claim": str(claim.key), "stance": evidence.stance},
            text={name: _told(value) for name in _WORDS if (value := getattr(evidence, name))},
            request=request,
        )
        return evidence

    require(by, Act.ANNOTATE)
    return carry_out_once(by, request, act, lambda: _own(by, new.key))


def change_evidence(
    key: UUID, changes: dict[str, Any], *, by: Membership, base_version: int, request: Request | None = None
) -> EvidenceItem:
    """Change one's own evidence; `changes` may name the fields of a `SourceLink`."""

    def act() -> EvidenceItem:
        evidence = _lock(key, by)
        check_version(evidence, base_version)
        link = SourceLink(**{name: changes.get(name, getattr(evidence, name)) for name in _FIELDS})
        names_source = evidence.version_id is not None or _has_no_address(evidence)
        new = _checked(link, names_source=names_source, is_enquiry=_is_enquiry(evidence), is_new=False)
        if _has_no_address(evidence) and new["url"]:
            message = _("This source has no address. Withdraw the evidence and cite the other source.")
            raise Refused("source_has_no_address", message, field="url")
        if evidence.version_id is not None and new["quote"] != evidence.quote:
            message = _("This quote is the text of its article. Withdraw the evidence and cite the other passage.")
            raise Refused("quote_is_passage", message, field="quote")
        if evidence.capture_id is not None and (new["quote"] != evidence.quote or new["url"] != evidence.url):
            message = _("This is a passage of a capture. Withdraw the evidence and cite the other passage.")
            raise Refused("quote_is_passage", message, field="quote" if new["quote"] != evidence.quote else "url")
        changed: dict[str, Any] = {name: value for name, value in new.items() if value != getattr(evidence, name)}
        if not changed:
            return evidence
        if "stance" in changed:
            refuse_if_settled(evidence)
        if changed.get("url"):
            changed["source"] = find_or_make_source(by.project_id, changed["url"])
            look_quietly(changed["source"], by)
        _record_change("evidence.changed", evidence, changed, by, request)
        return evidence

    require(by, Act.ANNOTATE)
    return carry_out_once(by, request, act, lambda: _own(by, key))


def revert_evidence(
    key: UUID, version: int, *, by: Membership, base_version: int, request: Request | None = None
) -> EvidenceItem:
    """Make an earlier state of one's own evidence current again, as a new one; one that was withdrawn stands again.

    Raises `NotThere` for a state that is not kept.
    """

    def act() -> EvidenceItem:
        evidence = _lock(key, by)
        check_version(evidence, base_version)
        state = state_of(evidence.revisions.select_related("source"), version)
        kept = {name: getattr(state, name) for name in _FIELDS if getattr(state, name) != getattr(evidence, name)}
        if state.source_id != evidence.source_id:
            kept["source"] = state.source
        if evidence.withdrawn_at is not None:
            kept["withdrawn_at"] = None
        if kept:
            _record_change("evidence.reverted", evidence, kept, by, request)
        return evidence

    require(by, Act.ANNOTATE)
    return carry_out_once(by, request, act, lambda: _own(by, key))


def _record_change(
    verb: str, evidence: EvidenceItem, new: dict[str, Any], by: Membership, request: Request | None
) -> None:
    names = [name for name in new if name in _WORDS]
    before, earlier = _state(evidence), {name: _told(getattr(evidence, name)) for name in names}
    supersede(evidence, by=by, **new)
    text = {name: _told(new[name]) for name in names} | {"earlier": earlier} if names else None
    record(by, verb, "evidence", evidence.key, before=before, after=_state(evidence), text=text, request=request)


def _state(evidence: EvidenceItem) -> dict[str, Any]:
    """Return what a record of a change says of evidence before or after it, beside its texts."""
    is_withdrawn = evidence.withdrawn_at is not None
    return {"stance": evidence.stance, "version": evidence.version_number, "withdrawn": is_withdrawn}


def _told(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def set_evidence_withdrawn(
    key: UUID, withdrawn: bool, *, by: Membership, base_version: int, request: Request | None = None
) -> EvidenceItem:
    """Withdraw one's own evidence, or bring it back. Doing so twice is no error."""

    def act() -> EvidenceItem:
        evidence = _lock(key, by)
        if (evidence.withdrawn_at is not None) == withdrawn:
            return evidence
        check_version(evidence, base_version)
        refuse_if_settled(evidence)
        before = _state(evidence)
        supersede(evidence, by=by, withdrawn_at=timezone.now() if withdrawn else None)
        verb = "evidence.withdrawn" if withdrawn else "evidence.restored"
        record(by, verb, "evidence", key, before=before, after=_state(evidence), request=request)
        return evidence

    require(by, Act.ANNOTATE)
    return carry_out_once(by, request, act, lambda: _own(by, key))


_FIELDS = ("url", "title", "stance", "quote", "note", *EVIDENCE_DETAILS)
_WORDS = tuple(name for name in _FIELDS if name != "stance")


def _is_enquiry(evidence: EvidenceItem) -> bool:
    return evidence.version_id is None and evidence.source_id is None


def _has_no_address(evidence: EvidenceItem) -> bool:
    return evidence.source_id is not None and not evidence.url


def _address_of(source: Source) -> str:
    """Return the address that evidence from a source has; none where the source has none."""
    return source.canonical_url if source.url else ""


def count_independent(items: Iterable[EvidenceItem]) -> int:
    """Count the origins of pieces of evidence: what names the same one, or cites the same page or text, counts once.

    Their source and text are known by their ids alone, so this costs no query.
    """
    listed = list(items)
    places = [_place_in_world(item) for item in listed]
    origins = {place: origin for item, place in zip(listed, places, strict=True) if (origin := _folded(item.origin))}
    return len({origins.get(place) or place for place in places})


def without_settled(items: QuerySet[EvidenceItem], claim: int, cited: Collection[int] = ()) -> QuerySet[EvidenceItem]:
    """Leave out evidence of merged claims that a ruling settled: what became of it stands on the claim itself.

    `cited` are the ids of sets on which a verdict rests, of which nothing is left out.
    """
    settled = RulingSource.objects.filter(evidence=OuterRef("pk"), ruling__withdrawn_at__isnull=True)
    settled = settled.exclude(ruling__outcome=Ruling.Outcome.NOTED)
    return items.exclude(Exists(settled), ~Q(evidence_set__claim=claim), ~Q(evidence_set__in=list(cited)))


def _place_in_world(item: EvidenceItem) -> str:
    if item.source_id is not None:
        return f"source {item.source_id}"
    return f"text {item.version_id}" if item.version_id is not None else f"enquiry {item.pk}"


def _folded(origin: str) -> str:
    """Write an origin in one way: two that differ in case and spaces are one."""
    return f"origin {' '.join(origin.split()).casefold()}" if origin.strip() else ""


def evidence_rows() -> QuerySet[EvidenceItem]:
    """Return evidence with what its representation needs."""
    rows = EvidenceItem.objects.select_related(
        "evidence_set__claim", "created_by", "version__article", "source", "capture"
    )
    return rows.defer("version__text", "version__article__metadata", "capture__text")


def _claim_for(new: NewEvidence, by: Membership) -> Claim:
    if new.claim is not None:
        claim = find_visible(Claim.objects.all(), by=by, key=new.claim)
        refuse_where_submitted(claim, by)
        return claim
    if new.annotation is None or new.claim_key is None or new.mention_key is None:
        message = _("Name a claim, or an annotation with keys for the claim and the mention to be made.")
        raise Refused("claim_missing", message, field="claim")
    annotation = find_visible(Annotation.objects.all(), by=by, key=new.annotation)
    refuse_after_submission(by, annotation.version_id)
    return claim_of(annotation, key=new.claim_key, mention_key=new.mention_key, by=by)


def _lock(key: UUID, by: Membership) -> EvidenceItem:
    """Lock assignment, then evidence, in this order everywhere."""
    found = _own(by, key)
    if found is not None:
        refuse_where_submitted(found.evidence_set.claim, by)
    return lock_own(evidence_rows(), by=by, key=key)


def _checked(link: SourceLink, *, names_source: bool, is_enquiry: bool, is_new: bool) -> dict[str, Any]:
    """Return the columns of a link. A passage, a named source, and what was asked of somebody have no address."""
    for field, choices in (("stance", EvidenceItem.Stance.values), ("strength", ["", *EvidenceItem.Strength.values])):
        if getattr(link, field) not in choices:
            message = _("“%(value)s” is not known here. Send one of: %(all)s.")
            values = {"value": getattr(link, field)[:40], "all": ", ".join(filter(None, choices))}
            raise Refused(f"{field}_unknown", message % values, field=field)
    for field, most in _LONGEST:
        if len(getattr(link, field)) > most:
            message = _("At most %(most)s characters are kept here; you sent %(found)s.")
            found = len(getattr(link, field))
            raise Refused(f"{field}_too_long", message % {"most": most, "found": found}, field=field)
    if is_enquiry:
        _check_enquiry(link, must_name=is_new)
    elif any(getattr(link, name) for name in _OF_ENQUIRIES):
        field = next(name for name in _OF_ENQUIRIES if getattr(link, name))
        raise Refused("not_an_enquiry", _("Only an enquiry says who was asked, and when."), field=field)
    has_address = not is_enquiry and not (names_source and not link.url)
    return {**{name: getattr(link, name) for name in _FIELDS}, "url": checked_address(link.url) if has_address else ""}


_LONGEST = (
    ("title", MAX_TITLE),
    ("quote", MAX_QUOTE),
    ("note", MAX_QUOTE),
    ("question", MAX_QUOTE),
    ("origin", MAX_ORIGIN),
    ("asked_whom", MAX_ASKED),
)
_OF_ENQUIRIES = ("asked_whom", "asked_on", "answer_by", "answered_on")


def _check_enquiry(link: SourceLink, *, must_name: bool) -> None:
    """Refuse an enquiry that does not say what was asked, of whom, or whose days are in no order.

    One that came with a dataset names nobody.
    """
    if must_name and not link.asked_whom.strip():
        raise Refused("asked_whom_empty", _("Say who was asked: readers are told that, too."), field="asked_whom")
    if not link.question.strip():
        raise Refused("question_empty", _("Say what was asked."), field="question")
    if link.answered_on is not None and not link.quote.strip():
        raise Refused("answer_empty", _("There is a day of the answer, but no answer. Write it down."), field="quote")
    for field in ("answer_by", "answered_on"):
        day = getattr(link, field)
        if day is not None and link.asked_on is not None and day < link.asked_on:
            message = _("%(day)s is before the day of the question, %(asked)s.")
            values = {"day": day.isoformat(), "asked": link.asked_on.isoformat()}
            raise Refused("day_before_question", message % values, field=field)


def _place_of(passage: Passage, by: Membership) -> dict[str, Any]:
    """Return the columns of a passage of the project's own articles, or of a capture one may see; 1 query."""
    if passage.capture is not None:
        capture = find_capture(by, passage.capture)
        if capture.withheld_at is not None:
            raise Refused("text_withheld", _("The text of this capture is withheld."), field="passage")
        source = {"source": capture.source, "capture": capture, "url": _address_of(capture.source)}
        return {**source, **_span_in(capture.text, passage)}
    if passage.article is None:
        message = _("Name the article, or the capture, that the passage stands in.")
        raise Refused("passage_missing", message, field="passage")
    rows = ArticleVersion.objects.filter(project_id=by.project_id, article__uuid=passage.article)
    version = rows.filter(article__current_version=F("pk")).first()
    if version is None:
        raise NotThere("article_not_found", _("There is no such article in this project."))
    if version.withheld_at is not None:
        raise Refused("text_withheld", _("The text of this article is withheld."), field="passage")
    return {"version": version, **_span_in(version.text, passage)}


def _span_in(text: str, passage: Passage) -> dict[str, Any]:
    """Return the columns of a span with its quote. Raises `Refused` where it lies outside the text or is too long."""
    if not 0 <= passage.start < passage.end <= len(text):
        message = _("The span %(start)s to %(end)s does not lie in its text of %(length)s characters.")
        values = {"start": passage.start, "end": passage.end, "length": len(text)}
        raise Refused("span_outside", message % values, field="passage")
    if passage.end - passage.start > MAX_QUOTE:
        message = _("At most %(most)s characters are kept here; you sent %(found)s.")
        values = {"most": MAX_QUOTE, "found": passage.end - passage.start}
        raise Refused("quote_too_long", message % values, field="passage")
    place = {"start": passage.start, "end": passage.end, "length": len(text)}
    return {**place, "quote": text[passage.start : passage.end]}


def _set_of(claim: Claim, n: int, by: Membership) -> EvidenceSet:
    """Find or make an evidence set of a claim by its number; 0 makes one that comes after those one may see."""
    if n == 1:
        return EvidenceSet.objects.get_or_create(project_id=by.project_id, claim=claim, n=1)[0]
    Claim.objects.select_for_update().get(pk=claim.pk)  # of two new sets the second is to get another number
    shown = shown_sets(claim, by)
    if n not in shown and n != 0:
        raise Refused("evidence_set_unknown", _("Name evidence sets of this claim."), field="evidence_set")
    number = n or max(shown) + 1
    if number > MOST_SETS:
        message = _("A claim has at most %(most)s evidence sets.")
        raise Refused("evidence_sets_full", message % {"most": MOST_SETS}, field="evidence_set")
    return EvidenceSet.objects.get_or_create(project_id=by.project_id, claim=claim, n=number)[0]


def shown_sets(claim: Claim, by: Membership) -> list[int]:
    """Return the numbers of the evidence sets that a membership may know of; 1 query.

    Where one sees only one's own work these are the first and those that one put evidence into.
    """
    rows = EvidenceSet.objects.filter(claim=claim)
    if not sees_all_work(by):
        items = visible_to(by, EvidenceItem.objects.all())
        rows = rows.filter(pk__in=items.filter(evidence_set__claim=claim).values("evidence_set"))
    return sorted({1, *rows.values_list("n", flat=True)})


def _own(by: Membership, key: UUID) -> EvidenceItem | None:
    return evidence_rows().filter(project_id=by.project_id, created_by=by, key=key).first()
