"""The one filter of claims, their order and what a line of the list counts. Page, board and API read the same.

Only the parameters named in `FIELDS` exist. What is asked about judgements is asked through `visible_to`: a list, and a
count, of one's own drafts where work is blind. A claim that was merged into another is in no list.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import CharField, Count, Exists, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from annotations.access import sees_all_work, visible_to
from annotations.errors import Refused
from annotations.models import Claim, ClaimDesk, ClaimMention, EvidenceItem, Membership, Verdict
from annotations.workflow.desk import standing
from annotations.workflow.wording_rules import ways_to_write

NONE = "none"
MINE = ("made", "given", "either")
LONGEST_QUERY = 200
BOARD_CARDS = 20
MOST_WORDS = 10


@dataclass(frozen=True, slots=True)
class ClaimFilters:
    """What is looked for. Empty means "any"."""

    q: str = ""
    state: str = ""
    verdict: str = ""
    claimant: str = ""
    claim_type: str = ""
    check_worthiness: str = ""
    mine: str = ""
    evidence: str = ""

    @classmethod
    def parse(cls, params: Mapping[str, Any]) -> ClaimFilters:
        """Read parameters; raise `Refused` at the first that is unknown or has an unknown value."""
        unknown = sorted(set(params) - set(FIELDS))
        if unknown:
            message = _("“%(name)s” is no filter of claims. There are: %(all)s.")
            values = {"name": unknown[0][:80], "all": ", ".join(FIELDS)}
            raise Refused("filter_unknown", message % values, field=unknown[0][:80])
        found = cls(**{name: str(value).strip() for name, value in params.items()})
        for name in FIELDS:
            _check(name, getattr(found, name))
        return found

    @classmethod
    def parse_kindly(cls, params: Mapping[str, Any], by: Membership) -> tuple[ClaimFilters, list[str]]:
        """Read parameters and leave out what cannot be read or asked; return a sentence for each left out."""
        left = {name: value for name, value in params.items() if name in FIELDS}
        sentences: list[str] = []
        while True:
            try:
                found = cls.parse(left)
                found.claims(by)
                return found, sentences
            except Refused as refusal:
                sentences.append(refusal.message)
                left = {name: value for name, value in left.items() if name != refusal.field}

    def as_params(self) -> dict[str, str]:
        """Return the parameters that ask for anything."""
        return {name: getattr(self, name) for name in FIELDS if getattr(self, name)}

    def as_query(self, **changes: str) -> str:
        """Return them as the query part of an address, with "?" where there are any."""
        params = replace(self, **changes).as_params()
        return f"?{urlencode(params)}" if params else ""

    @property
    def narrows(self) -> bool:
        """Tell whether anything is asked for."""
        return bool(self.as_params())

    def claims(self, by: Membership) -> QuerySet[Claim]:
        """Return the claims that match, unordered."""
        rows = visible_to(by, Claim.objects.filter(withdrawn_at__isnull=True)).order_by()
        if sees_all_work(by):
            rows = rows.annotate(desk_state=Coalesce("desk__state", Value(ClaimDesk.State.NEW.value)))
            merged = ClaimDesk.objects.filter(claim=OuterRef("pk"), merged_into__isnull=False)
            rows = rows.exclude(Exists(merged))
        for ways in ways_to_write(self.q, by.project_id)[:MOST_WORDS]:
            holds = Q()
            for word in ways:
                holds |= Q(text__icontains=word) | Q(claimant__icontains=word)
            rows = rows.filter(holds)
        if self.claimant:
            rows = rows.filter(claimant=_or_empty(self.claimant))
        if self.claim_type:
            rows = rows.filter(claim_type=_or_empty(self.claim_type))
        if self.check_worthiness:
            rows = rows.filter(check_worthiness=_or_empty(self.check_worthiness))
        if self.state:
            self._refuse_unless(sees_all_work(by), "state")
            rows = rows.filter(Q(**{"desk_state": self.state}))
        if self.verdict:
            self._refuse_unless(sees_all_work(by), "verdict")
            value = standing(visible_to(by, Verdict.objects.filter(claim=OuterRef("pk")))).values("value__key")[:1]
            rows = rows.annotate(standing_value=Coalesce(Subquery(value), Value(NONE), output_field=CharField()))
            rows = rows.filter(standing_value=self.verdict)
        if self.mine:
            made = Q(created_by=by) if self.mine != "given" else Q()
            given = Q(desk__assignee=by) if self.mine != "made" and sees_all_work(by) else Q()
            rows = rows.filter(made | given) if made or given else rows.none()
        if self.evidence:
            items = visible_to(by, EvidenceItem.objects.filter(evidence_set__claim=OuterRef("pk")))
            there = Exists(items.filter(withdrawn_at__isnull=True))
            rows = rows.filter(there if self.evidence == "yes" else ~there)
        return rows

    @staticmethod
    def _refuse_unless(allowed: bool, name: str) -> None:
        """Verdicts and the desk are others' work."""
        if not allowed:
            raise Refused("filter_not_allowed", _("You see your own claims only, and no verdicts on them."), field=name)


FIELDS = tuple(each.name for each in fields(ClaimFilters))
_CHOICES = {
    "state": tuple(ClaimDesk.State.values),
    "claim_type": (*Claim.Type.values, NONE),
    "check_worthiness": (*Claim.CheckWorthiness.values, NONE),
    "mine": MINE,
    "evidence": ("yes", "no"),
}


def _or_empty(value: str) -> str:
    return "" if value == NONE else value


def _check(name: str, value: str) -> None:
    if len(value) > (300 if name == "claimant" else LONGEST_QUERY) or "\x00" in value:
        message = _("%(name)s: write at most %(most)s characters.")
        raise Refused("filter_value", message % {"name": name, "most": LONGEST_QUERY}, field=name)
    choices = _CHOICES.get(name, ())
    if value and choices and value not in choices:
        message = _("%(name)s: “%(value)s” is not known. Choose one of: %(all)s.")
        values = {"name": name, "value": value[:40], "all": ", ".join(choices)}
        raise Refused("filter_value", message % values, field=name)


@dataclass(slots=True)
class ClaimLine:
    """A claim as its line in a list shows it. Counts are of what its reader may see, of claims merged into it too."""

    claim: Claim
    desk: ClaimDesk
    verdict: Verdict | None = None
    n_mentions: int = 0
    n_articles: int = 0
    n_evidence: int = 0
    articles: set[int] = field(default_factory=set)
    spelled: list[str] = field(default_factory=list)
    """Words that were looked for in another spelling, as they stand here."""

    @property
    def is_merged(self) -> bool:
        """Tell whether another claim stands for it."""
        return self.desk.merged_into is not None


@dataclass(frozen=True, slots=True)
class ClaimPage:
    """A page of a list, the newest first, and what lies on either side of it."""

    claims: list[Claim]
    previous: UUID | None
    next: UUID | None


def claim_page(
    filters: ClaimFilters, by: Membership, *, after: str = "", before: str = "", size: int = 50
) -> ClaimPage:
    """Return one page by keyset; 2 queries. A place that is gone, or one may not see, means the first page."""
    rows = filters.claims(by).select_related("created_by", "desk__assignee")
    place = _place(by, after or before)
    if place is not None and not after:
        nearest = list(rows.filter(pk__gt=place).order_by("pk")[: size + 1])
        found = nearest[:size][::-1]
        previous = found[0].key if len(nearest) > size else None
        return ClaimPage(found, previous, found[-1].key if found else None)
    if place is not None:
        rows = rows.filter(pk__lt=place)
    found = list(rows.order_by("-pk")[: size + 1])
    has_more = len(found) > size
    return ClaimPage(
        found[:size],
        found[0].key if place is not None and found else None,
        found[size - 1].key if has_more else None,
    )


def _place(by: Membership, key: str) -> int | None:
    try:
        return visible_to(by, Claim.objects.filter(key=UUID(key))).values_list("pk", flat=True).first()
    except ValueError:
        return None


def lines_of(claims: list[Claim], by: Membership, q: str = "") -> list[ClaimLine]:
    """Put beside each claim its desk, its standing verdict and its counts; 4 queries, however many claims.

    `q` is what was looked for: a line names what was found in another spelling; 1 query more.
    """
    sees_all = sees_all_work(by)
    lines = {
        claim.pk: ClaimLine(
            claim, claim.desk if sees_all and hasattr(claim, "desk") else ClaimDesk(claim=claim, version_number=0)
        )
        for claim in claims
    }
    stands_for = {pk: pk for pk in lines}
    if sees_all and claims:
        keys = {claim.key: claim.pk for claim in claims}
        merged = ClaimDesk.objects.filter(project_id=by.project_id, merged_into__in=keys)
        stands_for |= {pk: keys[key] for pk, key in merged.values_list("claim_id", "merged_into") if key}
    mentions = visible_to(by, ClaimMention.objects.filter(claim__in=stands_for, withdrawn_at__isnull=True))
    for claim, article in mentions.order_by().values_list("claim_id", "annotation__version__article_id"):
        line = lines[stands_for[claim]]
        line.n_mentions += 1
        line.articles.add(article)
        line.n_articles = len(line.articles)
    items = visible_to(by, EvidenceItem.objects.filter(evidence_set__claim__in=stands_for, withdrawn_at__isnull=True))
    counts = items.order_by().values_list("evidence_set__claim").annotate(n=Count("pk"))
    for claim, n in counts:
        lines[stands_for[claim]].n_evidence += n
    verdicts = standing(visible_to(by, Verdict.objects.filter(claim__in=lines))).select_related("value")
    for verdict in verdicts.reverse():  # the newest comes last, and stays
        lines[verdict.claim_id].verdict = verdict
    for ways in ways_to_write(q, by.project_id)[:MOST_WORDS]:
        for line in lines.values():
            line.spelled += _found_otherwise(ways, f"{line.claim.text} {line.claim.claimant}")
    return list(lines.values())


def _found_otherwise(ways: tuple[str, ...], text: str) -> list[str]:
    """Return another spelling as it stands in a text that lacks the one that was looked for.

    >>> _found_otherwise(("Uighur", "Uyghur"), "The uyghur town"), _found_otherwise(("town", "toun"), "The town")
    (['uyghur'], [])
    """
    places = [found for word in ways if (found := re.search(re.escape(word), text, re.IGNORECASE))]
    return [] if not places or places[0][0].casefold() == ways[0].casefold() else [places[0][0]]


def state_counts(filters: ClaimFilters, by: Membership) -> list[tuple[str, str, int]]:
    """Count the claims in each state, the state asked for left aside: (state, name, count); 1 query.

    Empty for those who are not told of the desk.
    """
    if not sees_all_work(by):
        return []
    state: Any = "desk_state"
    rows = replace(filters, state="").claims(by).values_list(state).annotate(n=Count("pk")).order_by()
    counts: dict[str, int] = dict(rows)
    return [(each.value, str(each.label), counts.get(each.value, 0)) for each in ClaimDesk.State]


def board(filters: ClaimFilters, by: Membership) -> list[tuple[str, str, int, list[ClaimLine]]]:
    """Return the newest claims of each state: (state, name, count, lines); 11 queries."""
    shown: list[Claim] = []
    counts = state_counts(filters, by)
    for state, _name, count in counts:
        rows = replace(filters, state=state).claims(by).select_related("created_by", "desk__assignee")
        shown += rows.order_by("desk__due_on", "-pk")[:BOARD_CARDS] if count else ()
    columns: dict[str, list[ClaimLine]] = defaultdict(list)
    for line in lines_of(shown, by, filters.q):
        columns[line.desk.state].append(line)
    return [(state, name, count, columns[state]) for state, name, count in counts]


def claimants(by: Membership, *, most: int = 200) -> list[str]:
    """Return who claimed anything that one may see, by name; 1 query."""
    rows = visible_to(by, Claim.objects.filter(withdrawn_at__isnull=True)).exclude(claimant="").order_by("claimant")
    return list(rows.values_list("claimant", flat=True).distinct()[:most])


def similar_claims(claim: Claim, words: str, by: Membership, *, most: int = 10) -> list[ClaimLine]:
    """Return other claims that hold all of these words, in any spelling that counts as the same; 8 queries."""
    asked = ClaimFilters(q=words[:LONGEST_QUERY])
    rows = asked.claims(by).exclude(pk=claim.pk).select_related("created_by", "desk__assignee")
    return lines_of(list(rows.order_by("-pk")[:most]), by, asked.q)
