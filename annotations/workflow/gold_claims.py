"""Claims and evidence in gold: the shared claim that drafts are joined to, the spans that express it, its evidence.

A shared claim belongs to the reviewer who ruled; the drafts stay whose they are, and are merged into it as on the desk
of claims. So it keeps its key, its verdicts and its page when it is settled differently, and is reworded.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID, uuid5

from django.db.models import Exists, F, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from annotations.errors import Refused
from annotations.models import (
    Annotation,
    ArticleVersion,
    Claim,
    ClaimDesk,
    ClaimMention,
    EvidenceItem,
    EvidenceSet,
    Membership,
    RulingSource,
)

from .acts import record
from .claiming import ClaimDetails, check_stance, create_claim, reword, said_of
from .desk import desk_of, is_published, join_claim, part_from
from .judging import CLAIM_DETAILS, supersede
from .reviewing import Review, UnitState

GOLD = Annotation.Layer.GOLD
FILLED_IN = ("title", "note", "question", "strength", "origin")
"""What gold evidence takes from an alike piece where its own says nothing."""
SAID = (
    *("source_id", "url", "version_id", "capture_id", "length", "start", "end", "stance", "quote"),
    *("asked_whom", "asked_on", "answer_by", "answered_on", *FILLED_IN),
)


@dataclass(frozen=True, slots=True)
class GoldClaim:
    """The normal form that a reviewer gives a claim, and the stance that the article takes to it."""

    text: str
    claimant: str = ""
    claim_date: date | None = None
    stance: str = ClaimMention.Stance.ASSERTS


@dataclass(slots=True, eq=False)
class Shared:
    """A claim that is to stand for drafts; `claim` is known once these are brought together."""

    said: GoldClaim
    mentions: Sequence[ClaimMention]
    claim: Claim | None = None

    @property
    def drafts(self) -> dict[int, Claim]:
        """Return the claims that it is to stand for, by their ids."""
        return {mention.claim_id: mention.claim for mention in self.mentions}


@dataclass(frozen=True, slots=True)
class MentionWanted:
    """A gold span, by its id, that is to express a shared claim."""

    sources: tuple[ClaimMention, ...]
    spot: int
    stance: str
    shared: Shared
    model: type[Any] = field(default=ClaimMention)

    def is_there(self, gold: ClaimMention) -> bool:
        """Tell whether a gold mention says just this."""
        said = (gold.annotation_id, gold.stance, gold.claim_id)
        return self.shared.claim is not None and said == (self.spot, self.stance, self.shared.claim.pk)

    def made(self, version: ArticleVersion, key: UUID, by: Membership) -> ClaimMention:
        """Return a new row, not yet saved."""
        same = {"annotation_id": self.spot, "stance": self.stance, "claim": self.shared.claim}
        return ClaimMention(key=key, project_id=by.project_id, created_by=by, **same)


@dataclass(frozen=True, slots=True)
class EvidenceWanted:
    """A piece of evidence that a shared claim, by its id, is to have; `n` is the number of its set."""

    sources: tuple[EvidenceItem, ...]
    claim: int
    n: int
    said: dict[str, Any]
    model: type[Any] = field(default=EvidenceItem)

    def is_there(self, gold: EvidenceItem) -> bool:
        """Tell whether a gold piece of evidence says just this."""
        return gold.evidence_set.claim_id == self.claim and all(
            getattr(gold, name) == value for name, value in self.said.items()
        )

    def made(self, version: ArticleVersion, key: UUID, by: Membership) -> EvidenceItem:
        """Return a new row, not yet saved; its set is made where there is none."""
        found, _made = EvidenceSet.objects.get_or_create(project_id=by.project_id, claim_id=self.claim, n=self.n)
        return EvidenceItem(key=key, project_id=by.project_id, created_by=by, evidence_set=found, **self.said)


# Claims


def claims_alike(review: Review, state: UnitState) -> list[MentionWanted]:
    """Return the gold of a claim that all made alike."""
    mentions = review.rows_of(state.unit.spans)
    return _wanted(review, Shared(_said(mentions[0]), mentions))


def claims_chosen(review: Review, state: UnitState, person: Membership) -> list[MentionWanted]:
    """Return the gold that words claims as a person did; the others' drafts come to the one that lies where theirs do.

    None where the person made no claim here.
    """
    mentions: list[ClaimMention] = review.rows_of(state.unit.spans)
    groups = _by_normal_form(mention for mention in mentions if mention.created_by_id == person.pk)
    own = {form: list(group) for form, group in groups.items()}
    for mention in mentions:
        if own and mention.created_by_id != person.pk:
            form = _normal_form(mention)
            nearest = max(own, key=lambda each: (each == form, _shared_words(own[each], mention)))
            groups[nearest].append(mention)
    found = []
    for form, group in groups.items():
        found += _wanted(review, Shared(_said(own[form][0]), group))
    return found


def claims_apart(review: Review, state: UnitState) -> list[MentionWanted]:
    """Return the gold that keeps each wording as a claim of its own."""
    groups = _by_normal_form(review.rows_of(state.unit.spans))
    return [each for group in groups.values() for each in _wanted(review, Shared(_said(group[0]), group))]


def claims_joined(review: Review, state: UnitState, given: GoldClaim | None) -> list[MentionWanted]:
    """Return the gold that makes one claim of all: in given words, or the first's with what others say besides."""
    mentions: list[ClaimMention] = review.rows_of(state.unit.spans)
    if given is not None:
        check_stance(given.stance)
        return _wanted(review, Shared(given, mentions), given.stance)
    first = mentions[0].claim
    claimant = next((each.claim.claimant for each in mentions if each.claim.claimant), "")
    day = next((each.claim.claim_date for each in mentions if each.claim.claim_date), None)
    return _wanted(review, Shared(GoldClaim(first.text, claimant, day), mentions))


def _wanted(review: Review, shared: Shared, stance: str | None = None) -> list[MentionWanted]:
    """Return a gold mention for each gold span that the drafts stand on; the first there says the stance."""
    by_spot: dict[int, list[ClaimMention]] = {}
    for mention in shared.mentions:
        by_spot.setdefault(review.spots[mention.pk], []).append(mention)
    return [
        MentionWanted(tuple(rows), spot, stance or rows[0].stance, shared) for spot, rows in sorted(by_spot.items())
    ]


def _said(mention: ClaimMention) -> GoldClaim:
    claim = mention.claim
    return GoldClaim(claim.text, claim.claimant, claim.claim_date, mention.stance)


def _normal_form(mention: ClaimMention) -> tuple[str, str, date | None]:
    return mention.claim.text, mention.claim.claimant, mention.claim.claim_date


def _by_normal_form(mentions: Iterable[ClaimMention]) -> dict[Any, list[ClaimMention]]:
    groups: dict[Any, list[ClaimMention]] = {}
    for mention in mentions:
        groups.setdefault(_normal_form(mention), []).append(mention)
    return groups


def _shared_words(mentions: Sequence[ClaimMention], other: ClaimMention) -> int:
    there = other.annotation
    return max(min(each.annotation.end, there.end) - max(each.annotation.start, there.start) for each in mentions)


def bring_together(wanted: Iterable[MentionWanted], key: UUID, taken: set[int], by: Membership) -> None:
    """Find or make the shared claims of a ruling, word them, and merge the drafts into them.

    `taken` are claims that stand for others already; those found are added. 4 queries, and up to 6 for each draft that
    is not merged yet. Raises `Refused` where a published claim would have to be reworded or merged.
    """
    claims = list(dict.fromkeys(each.shared for each in wanted))
    drafts = {pk: claim for shared in claims for pk, claim in shared.drafts.items()}
    if not drafts:
        return
    list(Claim.objects.select_for_update().filter(pk__in=sorted(drafts)).order_by("pk").values_list("pk"))
    desks = {desk.claim_id: desk for desk in ClaimDesk.objects.select_for_update().filter(claim__in=drafts)}
    keys = {desk.merged_into for desk in desks.values() if desk.merged_into}
    rows = Claim.objects.filter(project_id=by.project_id, key__in=keys, withdrawn_at__isnull=True)
    kept = {claim.key: claim for claim in _with_origin(rows)}
    joined: set[int] = set()
    for n, shared in enumerate(claims):
        standing = [_stands_for(draft, desks, kept) for draft in shared.drafts.values()]
        shared.claim = _found(standing, taken) or _made(uuid5(key, f"claim {n}"), shared, by)
        taken.add(shared.claim.pk)
        _word(shared.claim, shared.said, by)
        for draft in shared.drafts.values():
            if draft.pk in joined:
                continue
            claim = _to_join(draft, shared.claim, desks, kept)
            if claim is not None and claim.pk not in joined:
                join_claim(claim, desk_of(claim), shared.claim, by)
                joined.add(claim.pk)


def _with_origin(rows: Any) -> Any:
    """Say of claims whether a ruling made them: their writer said in gold alone where they are expressed."""
    own = ClaimMention.objects.filter(claim=OuterRef("pk"), created_by=OuterRef("created_by"))
    drafted = own.exclude(annotation__layer=GOLD)
    return rows.annotate(is_of_rulings=Exists(own.filter(annotation__layer=GOLD)) & ~Exists(drafted))


def _stands_for(draft: Claim, desks: dict[int, ClaimDesk], kept: dict[UUID, Claim]) -> Claim:
    desk = desks.get(draft.pk)
    return kept.get(desk.merged_into, draft) if desk is not None and desk.merged_into is not None else draft


def _found(standing: Sequence[Claim], taken: set[int]) -> Claim | None:
    """Return the claim that goes on: one that is published, else one that an earlier ruling made."""
    free = [claim for claim in standing if claim.pk not in taken]
    published = next((claim for claim in free if is_published(claim, desk_of(claim))), None)
    return published or next((claim for claim in free if getattr(claim, "is_of_rulings", False)), None)


def _made(key: UUID, shared: Shared, by: Membership) -> Claim:
    """Make a claim; what else is known of it is what all drafts say alike, the rest is left to the desk."""
    said = shared.said
    alike = {name: {getattr(draft, name) for draft in shared.drafts.values()} for name in CLAIM_DETAILS}
    details = ClaimDetails(**{name: found.pop() for name, found in alike.items() if len(found) == 1})
    claim = create_claim(key, said.text, by, claimant=said.claimant, claim_date=said.claim_date, details=details)
    record(by, "claim.created", "claim", key, text=said_of(claim))
    return claim


def _word(claim: Claim, said: GoldClaim, by: Membership) -> None:
    wanted = {"text": said.text, "claimant": said.claimant, "claim_date": said.claim_date}
    if all(getattr(claim, name) == value for name, value in wanted.items()):
        return
    if is_published(claim, desk_of(claim)):
        message = _("This claim is published as “%(text)s”. Choose these words, or withdraw its page first.")
        raise Refused("claim_published", message % {"text": claim.text[:200]}, field="claim.text")
    reword(claim, wanted, by)


def _to_join(draft: Claim, shared: Claim, desks: dict[int, ClaimDesk], kept: dict[UUID, Claim]) -> Claim | None:
    """Return what is to be merged for a draft: itself, or what it was merged into before, which takes it along."""
    if draft.pk == shared.pk or (draft.pk in desks and desks[draft.pk].merged_into == shared.key):
        return None
    standing = _stands_for(draft, desks, kept)
    is_merged_by_somebody = standing.pk not in (draft.pk, shared.pk) and not getattr(standing, "is_of_rulings", True)
    return standing if is_merged_by_somebody else draft


def leave_claims(claims: set[int], drafts: set[int], by: Membership, held: frozenset[int] = frozenset()) -> None:
    """Withdraw claims of rulings that no gold span expresses any more, and let drafts that came to nothing be free.

    `held` are claims and drafts that stay as they are. Raises `Refused` where readers find one at its address.
    """
    gone = claims - still_expressed(claims) - held
    for claim in _with_origin(Claim.objects.select_for_update(of=("self",)).filter(pk__in=sorted(gone)).order_by("pk")):
        for desk in ClaimDesk.objects.filter(project_id=by.project_id, merged_into=claim.key).select_related("claim"):
            part_from(desk.claim, desk, by)
        if not claim.is_of_rulings or claim.withdrawn_at is not None:
            continue
        if is_published(claim, desk_of(claim)):
            message = _("The claim “%(text)s” is published and keeps its address. Withdraw its page first.")
            raise Refused("claim_published", message % {"text": claim.text[:200]})
        supersede(claim, by=by, withdrawn_at=timezone.now())
        record(by, "claim.withdrawn", "claim", claim.key)
    there = RulingSource.objects.filter(
        mention__claim=OuterRef("claim"), ruling__withdrawn_at__isnull=True, gold_mention__withdrawn_at__isnull=True
    ).exclude(gold_mention=None)
    alone = ClaimDesk.objects.filter(claim__in=drafts - held, merged_into__isnull=False).exclude(Exists(there))
    made = {claim.key for claim in Claim.objects.filter(pk__in=claims)}
    for desk in alone.select_related("claim").order_by("claim_id"):
        if desk.merged_into in made:
            part_from(desk.claim, desk, by)


def still_expressed(claims: Iterable[int], *, without: int | None = None) -> set[int]:
    """Return those of some claims that a gold span of a present text expresses, one text left out; 1 query."""
    rows = ClaimMention.objects.filter(
        claim__in=list(claims),
        withdrawn_at__isnull=True,
        annotation__layer=GOLD,
        annotation__withdrawn_at__isnull=True,
        annotation__version=F("annotation__version__article__current_version"),
    )
    rows = rows.exclude(annotation__version=without) if without is not None else rows
    return set(rows.order_by().values_list("claim_id", flat=True))


# Evidence


def evidence_wanted(review: Review, state: UnitState, *, stances: set[str] | None = None, stance: str = "") -> Any:
    """Return the gold of what rests on one page, text or enquiry: all of it, of some stances, or all with a given one.

    Pieces that are alike become one; where two quote different words of it, both stay.
    """
    items: list[EvidenceItem] = review.rows_of(state.unit.spans)
    claim = review.shared[state.unit.spans[0].key]
    groups: dict[tuple[str, str, int | None], list[EvidenceItem]] = {}
    for item in sorted(items, key=lambda each: not each.quote):  # those that quote nothing come to one that does
        if stances is not None and item.stance not in stances:
            continue
        said = stance or item.stance
        like = next((key for key in groups if key[0] == said), None) if not item.quote else None
        groups.setdefault(like or (said, item.quote, item.start), []).append(item)
    sets = _numbered_sets(review, claim)
    return [
        EvidenceWanted(
            tuple(rows),
            claim,
            sets[rows[0].evidence_set_id],
            _taken_together(rows) | {"stance": key[0]},
        )
        for key, rows in groups.items()
    ]


def _taken_together(rows: Sequence[EvidenceItem]) -> dict[str, Any]:
    said = {name: getattr(rows[0], name) for name in SAID}
    for name in FILLED_IN:
        said[name] = next((value for row in rows if (value := getattr(row, name))), "")
    return said


def _numbered_sets(review: Review, claim: int) -> dict[int, int]:
    """Number the sets of the drafts that a shared claim stands for: each is an alternative to the others."""
    names = [name for name, shared in review.shared.items() if shared == claim]
    order = {person.pk: n for n, person in enumerate(review.people)}
    rows: list[EvidenceItem] = [review.rows[name] for name in names]  # type: ignore[misc]
    found = {
        row.evidence_set_id: (order.get(row.created_by_id, len(order)), row.evidence_set.claim_id, row.evidence_set.n)
        for row in sorted(rows, key=lambda row: -order.get(row.created_by_id, len(order)))
    }
    return {pk: n for n, pk in enumerate(sorted(found, key=lambda pk: found[pk]), start=1)}
