"""What the page of one claim shows: everything about it that its reader may see, and the forms for what they may do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.http import HttpRequest
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from annotations.access import Act, allows, hide_outlets, hides_outlets, sees_all_work, visible_to
from annotations.errors import NotThere, WorkbenchError
from annotations.models import (
    Annotation,
    Claim,
    ClaimDesk,
    ClaimMention,
    Comment,
    CommentThread,
    Edition,
    EvidenceItem,
    EvidenceSet,
    Membership,
    Publication,
    Verdict,
)
from annotations.search.claim_filters import LONGEST_QUERY, MOST_WORDS, similar_claims
from annotations.search.claim_matches import matching_claims
from annotations.text.claim_review import script_text
from annotations.workflow.claiming import may_change
from annotations.workflow.desk import MOVES, desk_of
from annotations.workflow.discussing import people_to_call, threads_about
from annotations.workflow.editions import numbers_of, page_of, without_withheld
from annotations.workflow.evidence import count_independent, shown_sets, without_settled
from annotations.workflow.histories import acts_on_claim, hide_values
from annotations.workflow.publishing import PUBLISHED, previews_of
from annotations.workflow.scales import current_scale
from annotations.workflow.source_sight import shown as shown_sources
from annotations.workflow.verdicts import verdict_rows
from annotations.workflow.wording_rules import ways_to_write

from .acts import Told, tell
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
from .readers import address_of, search_review_of, snippet

MOST_MENTIONS = 200
MOST_ACTS = 50
MOST_FOUND = 20


@dataclass(frozen=True, slots=True)
class RefusedForm:
    """A form that was sent and not carried out: the act, the row it was about, and why."""

    act: str
    key: str
    form: KeyedForm | None
    error: WorkbenchError | None
    is_withdrawal: bool = False


@dataclass(slots=True)
class Row:
    """A mention or a piece of evidence, with the form that changes it where its reader may."""

    item: Any
    form: KeyedForm | None = None
    key_form: KeyedForm | None = None
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """A comment, with the form that changes it where it is one's own; `is_new` says that it calls one, unread."""

    comment: Comment
    form: KeyedForm | None
    is_new: bool


@dataclass(frozen=True, slots=True)
class Thread:
    """A thread about the claim, with the form that answers in it."""

    thread: CommentThread
    comments: list[Said]
    form: KeyedForm


@dataclass(slots=True)
class SetOfEvidence:
    """An evidence set as it is shown: `place` counts those shown, from 1."""

    n: int
    place: int
    rows: list[Row] = field(default_factory=list)
    is_cited: bool = False


@dataclass(slots=True)
class SetOfAnother:
    """An evidence set of another claim: one merged into this one, or one that was when a verdict came to rest on it."""

    set: EvidenceSet
    is_merged: bool
    is_cited: bool
    rows: list[Row] = field(default_factory=list)


def find_claim(member: Membership, key: UUID) -> Claim:
    """Find a claim one may see, or raise `NotThere`; 1 query."""
    rows = Claim.objects.select_related("created_by", "project")
    found = visible_to(member, rows).filter(key=key).first()
    if found is None:
        raise NotThere("claim_not_found", _("There is no such claim, or you may not see it."))
    return found


def claim_context(
    request: HttpRequest, claim: Claim, member: Membership, refused: RefusedForm | None
) -> dict[str, Any]:
    """Gather the page; at most 36 queries, however much there is."""
    sees_all = sees_all_work(member)
    desk = desk_of(claim) if sees_all else ClaimDesk(claim=claim, version_number=0)
    verdicts = list(visible_to(member, verdict_rows().filter(claim=claim)))
    standing = next((each for each in verdicts if not _is_over(each, verdicts)), None)
    merged = _merged(claim, member) if sees_all else []
    ids = [claim.pk, *(each.pk for each in merged)]
    is_open = claim.withdrawn_at is None and desk.merged_into is None
    may_work = allows(member, Act.ANNOTATE) and is_open
    may_judge = allows(member, Act.JUDGE_CLAIMS) and is_open
    mentions = _mentions(ids, member)
    numbers = shown_sets(claim, member)
    cited_sets = {each.pk: each for verdict in verdicts for each in verdict.evidence_sets.all()}
    items = _items(ids, set(cited_sets), member)
    for item in items:
        item.is_after_cutoff = _is_later(item, claim.evidence_cutoff)
    if sees_all:
        gone = {each.claim_id for each in cited_sets.values()} - set(ids)
        places = numbers_of(ids + sorted(gone), member)
        for item in items:
            item.n = places[item.pk]
    sets = _sets(claim, numbers, items, member, refused, cited=standing)
    others = _sets_of_others(claim, set(ids), items, member, refused, cited=standing)
    rests_on = [each.rows for each in sets if each.is_cited] + [each.rows for each in others if each.is_cited]
    cited = [row.item for rows in rests_on for row in rows if row.item.withdrawn_at is None]
    filled = [(each.n, len(each.rows)) for each in sets if each.rows]
    of_merged = [(each.set, len(each.rows)) for each in others if each.is_merged]
    scale = current_scale(member.project) if may_judge else None
    forms: dict[str, KeyedForm | None] = {
        "claim": ClaimForm(claim=claim, auto_id="claim-%s") if may_change(claim, member) and is_open else None,
        "evidence": EvidenceForm(sets=tuple(numbers), auto_id="evidence-%s") if may_work else None,
        "verdict": VerdictForm(scale=scale, sets=filled, of_merged=of_merged, before=standing, auto_id="verdict-%s")
        if may_judge
        else None,
        "desk": DeskForm(desk=desk, by=member, auto_id="desk-%s") if may_judge else None,
        "mention": MentionForm(auto_id="") if may_work else None,
    }
    forms["talk"] = TalkForm(auto_id="talk-%s") if sees_all and allows(member, Act.DISCUSS) and is_open else None
    talk = _talk(ids, member, refused) if sees_all else []
    page = page_of(claim) if sees_all else None
    is_shown = page is not None and page.state == Publication.State.STANDS
    may_publish = may_judge and member.project.publishes
    forms |= {
        "enquiry": EnquiryForm(sets=tuple(numbers), auto_id="enquiry-%s") if may_work else None,
        "page": PageForm(needs_note=is_shown, initial={"base": desk.version_number}, auto_id="page-%s")
        if may_publish
        else None,
        "withdrawal": PageForm(needs_note=True, initial={"base": desk.version_number}, auto_id="withdrawal-%s")
        if allows(member, Act.JUDGE_CLAIMS)
        else None,
        "preview": PreviewForm(auto_id="preview-%s") if may_publish else None,
    }
    if refused is not None and refused.form is not None and not refused.key:
        name = "withdrawal" if refused.is_withdrawal else refused.act
        forms[name] = refused.form if forms.get(name) is not None else None
    return {
        "claim": claim,
        "is_mine": claim.created_by_id == member.pk,
        "is_open": is_open,
        "sees_all": sees_all,
        "desk": desk,
        "kept": _kept(desk, member),
        "merged": merged,
        "mentions": [_row(each, member, refused, "mention", is_open) for each in mentions[:MOST_MENTIONS]],
        "has_more_mentions": len(mentions) > MOST_MENTIONS,
        "n_articles": len({each.annotation.version.article_id for each in mentions}),
        "sets": [each for each in sets if each.rows],
        "others": [each for each in others if each.is_merged],
        "parted": [each for each in others if not each.is_merged],
        "n_evidence": sum(item.withdrawn_at is None and item.of_claim in ids for item in items),
        "verdicts": verdicts,
        "standing": standing,
        "is_own_verdict": standing is not None and standing.created_by_id == member.pk,
        "moves": [ClaimDesk.State(each) for each in MOVES[desk.state]] if may_judge else [],
        "scale": scale,
        "forms": forms,
        "refused": refused,
        "may_work": may_work,
        "may_judge": may_judge,
        "talk": talk,
        "shows_talk": bool(talk) or (sees_all and is_open),
        "may_talk": sees_all and allows(member, Act.DISCUSS) and claim.withdrawn_at is None,
        "people": people_to_call(member),
        "key_form": KeyedForm(initial={"base": claim.version_number}, auto_id=""),
        "desk_key_form": KeyedForm(initial={"base": desk.version_number}, auto_id=""),
        **(_looked_for(request, claim, member, mentions) if is_open else {}),
        "shows_page": page is not None or (sees_all and (member.project.publishes or may_judge)),
        "may_publish_page": standing is not None
        and standing.published_at is not None
        and standing.created_by_id != member.pk
        and desk.state in PUBLISHED,
        "previews": previews_of(claim, member) if may_publish else [],
        "origins": sorted({item.origin for item in items if item.origin}),
        "n_cited": len(cited),
        "n_independent": count_independent(cited),
        "questions": _questions(items),
        **(_page_facts(request, page) if page is not None else {}),
        "acts": _acts(claim, member),
    }


def _talk(claims: list[int], member: Membership, refused: RefusedForm | None) -> list[Thread]:
    """Return what was said about some claims, with the forms that go on with it; 3 queries."""

    def form(key: Any, **initial: Any) -> KeyedForm:
        if refused is not None and refused.act == "talk" and refused.key == str(key) and refused.form is not None:
            return refused.form
        return TalkForm(initial=initial, auto_id=f"{key}-%s")

    def said(comment: Comment) -> Said:
        is_mine = comment.created_by_id == member.pk and comment.withdrawn_at is None
        is_new = any(call.member_id == member.pk and call.read_at is None for call in comment.mentions.all())
        edit = form(comment.key, text=comment.text, base=comment.version_number) if is_mine else None
        return Said(comment, edit, is_new)

    return [
        Thread(thread, [said(comment) for comment in thread.comments.all()], form(thread.key))
        for thread in threads_about(claims, member)
    ]


def form_for(item: EvidenceItem) -> type[EvidenceForm]:
    """Return the form that changes a piece of evidence: an enquiry has another than a source or a passage."""
    return EnquiryForm if item.version_id is None and item.source_id is None else EvidenceForm


def _page_facts(request: HttpRequest, page: Publication) -> dict[str, Any]:
    """Return what is said of a page for readers; at most 4 queries."""
    editions = list(page.editions.select_related("created_by").order_by("n"))
    is_shown = page.state == Publication.State.STANDS and page.project.publishes
    return {
        "page": page,
        "address": address_of(request, page),
        "editions": editions[::-1],
        "copied_html": snippet(request, page, editions) if is_shown else "",
        "copied_review": _for_search(request, page, editions) if is_shown else "",
    }


def _for_search(request: HttpRequest, page: Publication, editions: list[Edition]) -> str:
    """Return the ClaimReview alone, as search engines document it, in a script element to be copied; 1 query."""
    [contents] = without_withheld([editions[-1].contents])
    review = search_review_of(request, page, editions, contents)
    return f'<script type="application/ld+json">{script_text(review)}</script>\n'


def _questions(items: list[Any]) -> list[tuple[str, list[Any]]]:
    """Group what stands by the questions that it answers, in the order in which they were asked first."""
    found: dict[str, list[Any]] = {}
    for item in items:
        if item.question and item.withdrawn_at is None:
            found.setdefault(item.question.strip(), []).append(item)
    return list(found.items())


def _is_over(verdict: Verdict, verdicts: Iterable[Verdict]) -> bool:
    return verdict.withdrawn_at is not None or any(each.supersedes_id == verdict.pk for each in verdicts)


def _merged(claim: Claim, member: Membership) -> list[Claim]:
    """Return the claims for which this one stands; 1 query."""
    rows = Claim.objects.filter(desk__merged_into=claim.key).select_related("created_by", "desk")
    return list(visible_to(member, rows).order_by("pk"))


def _kept(desk: ClaimDesk, member: Membership) -> Claim | None:
    """Return the claim that stands for this one; at most 1 query."""
    if desk.merged_into is None:
        return None
    return visible_to(member, Claim.objects.filter(key=desk.merged_into)).first()


def _mentions(claims: list[int], member: Membership) -> list[ClaimMention]:
    """Return where the claims are expressed: what stands, and what one took back oneself; 1 query."""
    rows = ClaimMention.objects.filter(claim__in=claims).select_related(
        "annotation__version__article__publisher", "annotation__version__article__current_version", "created_by"
    )
    rows = rows.defer(
        "annotation__version__text",
        "annotation__version__article__current_version__text",
        "annotation__version__article__metadata",
    )
    shown = Q(withdrawn_at__isnull=True) | Q(created_by=member)
    found = list(visible_to(member, rows).filter(shown).order_by("pk")[: MOST_MENTIONS + 1])
    hide_outlets(member, [each.annotation.version.article for each in found])
    return found


def _items(claims: list[int], cited: set[int], member: Membership) -> list[Any]:
    """Return the evidence on the claims, and of sets on which verdicts rest; 1 query, 3 where blind.

    It is what stands, and what one took back oneself.
    """
    about = Q(evidence_set__claim__in=claims) | Q(evidence_set__in=cited)
    rows = without_settled(EvidenceItem.objects.filter(about), claims[0], cited).select_related(
        "evidence_set__claim", "source__publisher", "capture", "version__article__publisher", "created_by"
    )
    rows = rows.defer("version__text", "version__article__metadata", "capture__text")
    shown = Q(withdrawn_at__isnull=True) | Q(created_by=member)
    found: list[Any] = list(visible_to(member, rows).filter(shown).order_by("pk"))
    known = {each.source.pk: each for each in shown_sources([item.source for item in found if item.source], member)}
    hide_outlets(member, [item.version.article for item in found if item.version])
    for item in found:
        item.of_claim, item.published_at = item.evidence_set.claim_id, None
        if item.source is not None:
            as_known = known[item.source.pk]
            item.source_title, item.source_state = as_known.title, as_known.state
            item.source_state_name, item.published_at = as_known.state_name, as_known.published_at
        item.is_present = item.version is not None and item.version.pk == item.version.article.current_version_id
    return found


def _is_later(item: Any, cutoff: date | None) -> bool:
    """Tell whether a piece of evidence was published, or an enquiry answered, after a day; no date is not later."""
    if cutoff is None:
        return False
    published = item.version.article.published_at if item.version else item.published_at
    day = localdate(published) if published else item.answered_on
    return day is not None and day > cutoff


def _sets(
    claim: Claim,
    numbers: list[int],
    items: list[Any],
    member: Membership,
    refused: RefusedForm | None,
    *,
    cited: Verdict | None,
) -> list[SetOfEvidence]:
    sets = {n: SetOfEvidence(n, place) for place, n in enumerate(numbers, start=1)}
    is_open = claim.withdrawn_at is None
    for item in items:
        if item.of_claim == claim.pk:
            sets[item.evidence_set.n].rows.append(_row(item, member, refused, "evidence", is_open))
    for each in cited.evidence_sets.all() if cited else ():
        if each.claim_id == claim.pk and each.n in sets:
            sets[each.n].is_cited = True
    return list(sets.values())


def _sets_of_others(
    claim: Claim,
    merged: set[int],
    items: list[Any],
    member: Membership,
    refused: RefusedForm | None,
    *,
    cited: Verdict | None,
) -> list[SetOfAnother]:
    """Group the evidence of other claims by its sets."""
    rests_on = {each.pk for each in cited.evidence_sets.all()} if cited else set()
    sets: dict[int, SetOfAnother] = {}
    for item in items:
        if item.of_claim != claim.pk:
            each = item.evidence_set
            found = sets.setdefault(each.pk, SetOfAnother(each, item.of_claim in merged, each.pk in rests_on))
            found.rows.append(_row(item, member, refused, "evidence", False))
    return sorted(sets.values(), key=lambda found: (found.set.claim_id, found.set.n))


def _row(item: Any, member: Membership, refused: RefusedForm | None, kind: str, is_open: bool) -> Row:
    """Put beside a row the forms that change it, for its owner."""
    if item.created_by_id != member.pk or not is_open or not allows(member, Act.ANNOTATE):
        return Row(item)
    key_form = KeyedForm(initial={"base": item.version_number}, auto_id="")
    if refused is not None and refused.key == str(item.key) and refused.form is not None:
        return Row(item, refused.form, key_form, is_open=True)
    form: KeyedForm
    if kind == "evidence":
        form = form_for(item)(item=item, auto_id=f"{item.key}-%s")
    else:
        initial = {"stance": item.stance, "base": item.version_number}
        form = MentionForm(initial=initial, auto_id=f"{item.key}-%s")
    return Row(item, form, key_form)


def _looked_for(request: HttpRequest, claim: Claim, member: Membership, mentions: list[ClaimMention]) -> dict[str, Any]:
    """Look for annotations that may express the claim, and for claims that may be the same; at most 13 queries."""
    find = request.GET.get("find", "").strip()[:LONGEST_QUERY].replace("\x00", "")
    same = request.GET.get("same", "").strip()[:LONGEST_QUERY].replace("\x00", "")
    context: dict[str, Any] = {"find": find, "same": same, "matches": matching_claims(claim, member)}
    if find:
        tied = [each.annotation_id for each in mentions if each.withdrawn_at is None]
        rows = Annotation.objects.filter(withdrawn_at__isnull=True).exclude(pk__in=tied)
        for ways in ways_to_write(find, member.project_id)[:MOST_WORDS]:
            rows = rows.filter(reduce(or_, (Q(quote__icontains=word) for word in ways)))
        rows = rows.select_related("version__article__publisher", "label", "created_by").defer("version__text")
        context["found"] = list(visible_to(member, rows).order_by("-pk")[:MOST_FOUND])
        hide_outlets(member, [each.version.article for each in context["found"]])
    if same and allows(member, Act.JUDGE_CLAIMS):
        context["similar"] = similar_claims(claim, same, member)
    return context


def _acts(claim: Claim, member: Membership) -> list[Told]:
    """Return the newest acts on the claim; where work is blind, one's own only; at most 4 queries."""
    rows = acts_on_claim(claim, member).select_related("actor", "text").order_by("-pk")
    return tell(hide_values(list(rows[:MOST_ACTS]), member), hides_titles=hides_outlets(member))
