"""What a reviewer looks at: the units of one text with how each is settled.

Only work that was handed in counts: of people known from a file alone, who have no assignment, what came with it.
Nothing is written here, but that a reviewer has opened a text.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from django.db.models import Exists, Max, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from annotations.access import Act, allows
from annotations.errors import NotThere
from annotations.models import (
    Adjudication,
    Annotation,
    Article,
    ArticleLabel,
    ArticleVersion,
    Assignment,
    ClaimMention,
    EvidenceItem,
    Membership,
    Relation,
    ReviewOpening,
    Ruling,
    RulingSource,
)
from annotations.text.units import SPAN, Marked, Unit, units, units_about, units_tied

Row = Annotation | Relation | ArticleLabel | ClaimMention | EvidenceItem
ARTICLE_LABEL, RELATION, CLAIM, EVIDENCE = "article_label", "relation", "claim", "evidence"
KINDS: dict[str, type[Any]] = {
    SPAN: Annotation,
    ARTICLE_LABEL: ArticleLabel,
    RELATION: Relation,
    CLAIM: ClaimMention,
    EVIDENCE: EvidenceItem,
}
"""What can be settled, in the order in which a reviewer goes through it."""
GOLD = Annotation.Layer.GOLD
NOTED = Ruling.Outcome.NOTED


@dataclass(slots=True)
class Standing:
    """A ruling that nobody withdrew, with the states it looked at by the ids of rows, and its gold rows' ids.

    All are of one `kind`; `gold_of` leads from what was looked at to what it became.
    """

    ruling: Ruling
    kind: str = SPAN
    sources: dict[int, int] = field(default_factory=dict)
    gold: set[int] = field(default_factory=set)
    gold_of: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class UnitState:
    """A unit with the ruling that settles it; `former` were made when its spans were other ones."""

    unit: Unit
    standing: Standing | None
    former: tuple[Standing, ...] = ()

    @property
    def ruling(self) -> Ruling | None:
        """Return the ruling on exactly this, or None."""
        return self.standing.ruling if self.standing else None

    @property
    def is_settled(self) -> bool:
        """Tell whether it is decided, and not only remarked on."""
        return self.standing is not None and self.standing.ruling.outcome != NOTED


@dataclass(frozen=True, slots=True)
class Review:
    """One text as its reviewer has it before them. `people` are in the order in which they are numbered from 1.

    `rows` are what counts, under the keys of the units' spans; `gold` is by kind and id. `ends` are the ids of
    the gold that relations lead from and to, `spots` those of the gold spans that claims stand on, by the ids of their
    mentions, `shared` those of the gold claims that evidence belongs to. `pending` counts relations, claims and
    evidence that rest on what is not settled yet, `kept` are the rulings on these.
    """

    version: ArticleVersion
    adjudication: Adjudication | None
    people: list[Membership]
    rows: dict[str, Row]
    gold: dict[str, dict[int, Row]]
    units: list[UnitState]
    baseless: list[Standing]
    ends: dict[str, tuple[int, int]] = field(default_factory=dict)
    spots: dict[int, int] = field(default_factory=dict)
    shared: dict[str, int] = field(default_factory=dict)
    pending: int = 0
    kept: tuple[Standing, ...] = ()

    @property
    def differing(self) -> list[UnitState]:
        """Return what has to be settled one by one."""
        return [each for each in self.units if not each.unit.is_agreed]

    @property
    def agreed(self) -> list[UnitState]:
        """Return what all have alike."""
        return [each for each in self.units if each.unit.is_agreed]

    @property
    def is_finished(self) -> bool:
        """Tell whether the text is adjudicated."""
        return self.adjudication is not None and self.adjudication.state == Adjudication.State.FINISHED

    @property
    def other_gold(self) -> list[Row]:
        """Return gold rows that came from no ruling that stands: from a file, or from an earlier wording."""
        ruled = {(each.kind, pk) for each in self.standing() for pk in each.gold}
        return [row for kind in KINDS for pk, row in self.gold[kind].items() if (kind, pk) not in ruled]

    def gold_from(self, standing: Standing | None) -> list[Any]:
        """Return the gold rows that came from a ruling, as far as they stand."""
        there = self.gold[standing.kind] if standing else {}
        return [there[pk] for pk in sorted(standing.gold if standing else ()) if pk in there]

    def named(self, name: str) -> UnitState | None:
        """Find a unit by its name."""
        return next((each for each in self.units if each.unit.name == name), None)

    def ends_of(self, unit: Unit) -> tuple[int, int] | None:
        """Return the ids of the gold that a relation leads from and to; of other kinds None."""
        return self.ends.get(unit.spans[0].key)

    def rows_of(self, spans: Iterable[Marked]) -> list[Any]:
        """Return the rows of spans: annotations, or what else their unit is of."""
        return [self.rows[span.key] for span in spans]

    def counted(self) -> dict[str, int]:
        """Count what is there and what of it is settled."""
        differing, agreed = self.differing, self.agreed
        return {
            "differing": len(differing),
            "settled": sum(each.is_settled for each in differing),
            "agreed": len(agreed),
            "taken_over": sum(each.is_settled for each in agreed),
        }

    def standing(self) -> list[Standing]:
        """Return all rulings that stand on the text, each once."""
        found = {each.ruling.pk: each for each in self._standing()}
        return list(found.values())

    def _standing(self) -> Iterable[Standing]:
        for each in self.units:
            yield from (each.standing,) if each.standing else ()
            yield from each.former
        yield from self.baseless
        yield from self.kept


def review_of(version: ArticleVersion) -> Review:
    """Return the units of a text and how each is settled; 13 queries, and one more where claims were made.

    What people linked is settled once both ends are: by the gold that these became, relations are compared. So are
    claims, by the gold spans that express them, and evidence, by the gold claims that it is for or against.
    """
    states = dict(Assignment.objects.filter(version=version).values_list("annotator_id", "state"))
    counted: dict[str, Row] = {}
    gold: dict[str, dict[int, Row]] = {kind: {} for kind in KINDS}

    def sort_in(kind: str, rows: Iterable[Any]) -> None:
        for row in rows:
            if _is_gold(row):
                gold[kind][row.pk] = row
            elif _counts(row, states.get(row.created_by_id)):
                counted[_name(kind, row)] = row

    for kind in (SPAN, ARTICLE_LABEL, RELATION):
        sort_in(kind, _rows(kind, version))
    numbers = {pk for pk, state in states.items() if state in Assignment.HANDED_IN}
    numbers |= {row.created_by_id for row in counted.values()}
    sort_in(CLAIM, (row for row in _mentions(version) if _is_gold(row) or row.created_by_id in numbers))
    mentions = [row for row in (*counted.values(), *gold[CLAIM].values()) if isinstance(row, ClaimMention)]
    evidence = _evidence({row.claim_id for row in mentions})
    sort_in(EVIDENCE, (row for row in evidence if _is_gold(row) or row.created_by_id in numbers))
    people = list(Membership.objects.filter(pk__in=numbers).order_by("pseudonym", "pk"))
    items = [row.pk for row in counted.values() if isinstance(row, EvidenceItem)]
    standing = [each for kind in KINDS for each in _standing_on(version, kind, items)]
    spans = units([_marked(row) for row in counted.values() if isinstance(row, Annotation)], numbers)
    settled, _others = _settled(spans, counted, standing)
    became = _became(settled, counted, gold[SPAN])
    labels = [row for row in counted.values() if isinstance(row, ArticleLabel)]
    about = [(row.label.key, _said(ARTICLE_LABEL, row, 0, version.length)) for row in labels]
    linked, waiting_links = _linked(became, counted, gold[SPAN])
    expressed, waiting_claims = _expressed(became, counted)
    spots = {counted[said.key].pk: pk for pk, said in expressed}
    ties = [((f"span {pk}", f"claim {counted[said.key].claim_id}"), said) for pk, said in expressed]  # type: ignore[union-attr]
    claims = units_tied(ties, numbers, CLAIM)
    settled, _others = _settled(claims, counted, standing)
    open_claims = waiting_claims | spots.keys()
    gathered, waiting_evidence = _gathered(_became(settled, counted, gold[CLAIM]), open_claims, counted, gold[CLAIM])
    shared = {said.key: claim for (claim, _place), said in gathered}
    pending = {RELATION: waiting_links, CLAIM: waiting_claims, EVIDENCE: waiting_evidence}
    aligned = [
        *spans,
        *units_about(about, numbers, ARTICLE_LABEL),
        *units_about(linked, numbers, RELATION),
        *claims,
        *units_about(gathered, (), EVIDENCE),
    ]
    settled, unmet = _settled(aligned, counted, standing)
    kept = tuple(each for each in unmet if not pending.get(each.kind, frozenset()).isdisjoint(each.sources))
    baseless = [each for each in unmet if each not in kept]
    return Review(
        version,
        Adjudication.objects.select_related("finished_by").filter(version=version).first(),
        people,
        counted,
        gold,
        settled,
        baseless,
        ends={said.key: sides for sides, said in linked},
        spots=spots,
        shared=shared,
        pending=sum(map(len, pending.values())),
        kept=kept,
    )


def note_opened(version: ArticleVersion, *, by: Membership) -> None:
    """Keep that a reviewer has seen what was handed in of a text; 2 queries, and 2 more where there is anything new."""
    if not allows(by, Act.ADJUDICATE):
        return
    handed_in = Assignment.objects.filter(version=version, state__in=Assignment.HANDED_IN)
    newest = handed_in.exclude(annotator=by).aggregate(at=Max("submitted_at"))["at"]
    seen = ReviewOpening.objects.filter(version=version, member=by).values_list("opened_at", flat=True).first()
    if newest is not None and (seen is None or seen < newest):
        ReviewOpening.objects.update_or_create(
            version=version, member=by, defaults={"project_id": by.project_id, "opened_at": timezone.now()}
        )


def text_to_review(article: Article) -> ArticleVersion:
    """Return the text of an article that can be reviewed, or raise `NotThere`."""
    if article.current_version is None or article.merged_into_id is not None:
        raise NotThere("version_not_found", _("This article has no text to review."))
    return article.current_version


def _rows(kind: str, version: ArticleVersion) -> QuerySet[Any]:
    """Return what stands of a kind on a text, in its order, with what is shown of it; 1 query, 2 for annotations."""
    rows = KINDS[kind]._default_manager.filter(version=version, withdrawn_at__isnull=True)
    rows = rows.select_related("label__label_set", "created_by")
    if kind == SPAN:
        return rows.prefetch_related("fragments").order_by("start", "end", "pk")
    return (rows.select_related("from_annotation", "to_annotation") if kind == RELATION else rows).order_by("pk")


def _name(kind: str, row: Row) -> str:
    return str(row.key) if kind == SPAN else f"{kind}:{row.key}"


def _said(kind: str, row: Relation | ArticleLabel, start: int, end: int) -> Marked:
    more = orjson.dumps(row.attributes, option=orjson.OPT_SORT_KEYS).decode() if row.attributes else ""
    return Marked(_name(kind, row), row.version_number, row.created_by_id, row.label.key, start, end, more)


def _became(spans: list[UnitState], counted: dict[str, Row], gold: dict[int, Row]) -> dict[int, int | None]:
    """Return the id of the gold that each settled row became, by the row's id; None where it became nothing.

    The one gold row of a difference stands for all its versions.
    """
    found: dict[int, int | None] = {}
    for state in spans:
        if state.standing is None or not state.is_settled:
            continue
        became = {pk: gone for pk, gone in state.standing.gold_of.items() if gone in gold}
        only = next(iter(became.values())) if len(set(became.values())) == 1 else None
        for span in state.unit.spans:
            pk = counted[span.key].pk
            found[pk] = became.get(pk, only)
    return found


def _linked(
    ends: dict[int, int | None], counted: dict[str, Row], gold: dict[int, Row]
) -> tuple[list[tuple[tuple[int, int], Marked]], set[int]]:
    """Return each relation with the gold that it leads from and to, and the ids of those whose ends are not settled.

    Where an end became no gold, or both ends one, there is nothing left to link.
    """
    inside = {row.pk for row in counted.values() if isinstance(row, Annotation)}
    found, pending = [], set()
    for row in counted.values():
        if not isinstance(row, Relation) or not {row.from_annotation_id, row.to_annotation_id} <= inside:
            continue
        sides = [ends[pk] for pk in (row.from_annotation_id, row.to_annotation_id) if pk in ends]
        if None in sides:
            continue
        if len(sides) < 2:
            pending.add(row.pk)
        elif sides[0] != sides[1]:
            start, end = (mark for pk in sides if pk is not None and isinstance(mark := gold[pk], Annotation))
            places = sorted([start.start, start.end, end.start, end.end])
            found.append(((start.pk, end.pk), _said(RELATION, row, places[0], places[-1])))
    return found, pending


# Claims, evidence


def _mentions(version: ArticleVersion) -> QuerySet[ClaimMention]:
    """Return where a text expresses claims, as far as claim, annotation and mention stand."""
    there = {"annotation__version": version, "annotation__past_round__isnull": True}
    rows = ClaimMention.objects.filter(
        **there, withdrawn_at__isnull=True, claim__withdrawn_at__isnull=True, annotation__withdrawn_at__isnull=True
    )
    return rows.select_related("claim", "annotation__label", "created_by").order_by("pk")


def _evidence(claims: set[int]) -> Iterable[EvidenceItem]:
    """Return the evidence that stands on claims, and whether a ruling made it; at most 1 query."""
    if not claims:
        return ()
    rows = EvidenceItem.objects.filter(evidence_set__claim__in=claims, withdrawn_at__isnull=True)
    rows = rows.select_related("evidence_set", "source", "version__article", "capture", "created_by")
    rows = rows.defer("version__text", "version__article__metadata", "capture__text")
    made_here = Exists(RulingSource.objects.filter(gold_evidence=OuterRef("pk")))
    return rows.annotate(is_from_ruling=made_here).order_by("pk")


def _is_gold(row: Any) -> bool:
    if isinstance(row, EvidenceItem):
        return bool(row.is_from_ruling)  # type: ignore[attr-defined]
    return bool((row.annotation if isinstance(row, ClaimMention) else row).layer == GOLD)


def state_number(row: Row) -> int:
    """Return the number of the state that a row is in; a mention is in another when its claim is."""
    return row.version_number + row.claim.version_number - 1 if isinstance(row, ClaimMention) else row.version_number


def wording(mention: ClaimMention) -> tuple[str, str, str, str]:
    """Return what is the same where two people made the same claim of a passage: the normal form, and the stance."""
    claim = mention.claim
    return claim.text, claim.claimant, claim.claim_date.isoformat() if claim.claim_date else "", mention.stance


def _expressed(ends: dict[int, int | None], counted: dict[str, Row]) -> tuple[list[tuple[int, Marked]], set[int]]:
    """Return each mention with the gold span it stands on, and the ids of those whose span is not settled.

    Where the span became no gold, the text expresses no claim there.
    """
    inside = {row.pk for row in counted.values() if isinstance(row, Annotation)}
    found, pending = [], set()
    for row in counted.values():
        if not isinstance(row, ClaimMention) or row.annotation_id not in inside:
            continue
        spot = ends.get(row.annotation_id)
        if row.annotation_id not in ends:
            pending.add(row.pk)
        elif spot is not None:
            place, said = row.annotation, orjson.dumps(wording(row)).decode()
            label = place.label.key
            number = state_number(row)
            one = Marked(_name(CLAIM, row), number, row.created_by_id, label, place.start, place.end, said)
            found.append((spot, one))
    return found, pending


def place_of_evidence(item: EvidenceItem) -> str:
    """Name what a piece of evidence rests on: a page, a text, or what somebody was asked."""
    if item.source_id is not None:
        return f"source {item.source_id}"
    if item.version_id is not None:
        return f"text {item.version_id}"
    return "asked " + " ".join(f"{item.question} {item.asked_whom}".split()).casefold()


def _gathered(
    became: dict[int, int | None], open_claims: set[int], counted: dict[str, Row], gold: dict[int, Row]
) -> tuple[list[tuple[tuple[int, str], Marked]], set[int]]:
    """Return each piece of evidence with the gold claim it is on and what it rests on; the ids of those that wait.

    What is for or against a claim that became none falls away.
    """
    claims: dict[int, tuple[int, int, int]] = {}
    pending: set[int] = set()
    for row in counted.values():
        if not isinstance(row, ClaimMention):
            continue
        spot = became.get(row.pk)
        mention = gold[spot] if spot is not None else None
        if isinstance(mention, ClaimMention):
            place = mention.annotation
            claims.setdefault(row.claim_id, (mention.claim_id, place.start, place.end))
        elif row.pk in open_claims and row.pk not in became:
            pending.add(row.claim_id)
    found, waiting_items = [], set()
    for row in counted.values():
        if not isinstance(row, EvidenceItem):
            continue
        claim = row.evidence_set.claim_id
        if claim in claims:
            shared, start, end = claims[claim]
            one = Marked(_name(EVIDENCE, row), row.version_number, row.created_by_id, "", start, end, row.stance)
            found.append(((shared, place_of_evidence(row)), one))
        elif claim in pending:
            waiting_items.add(row.pk)
    return found, waiting_items


def _counts(row: Row, state: str | None) -> bool:
    return state in Assignment.HANDED_IN or (state is None and row.created_by_job_id is not None)


def _marked(row: Annotation) -> Marked:
    parts = [[part.start, part.end] for part in sorted(row.fragments.all(), key=lambda part: part.n)]
    more = [row.attributes, parts] if row.attributes or parts else []
    said = orjson.dumps(more, option=orjson.OPT_SORT_KEYS).decode() if more else ""
    return Marked(str(row.key), row.version_number, row.created_by_id, row.label.key, row.start, row.end, said)


def _standing_on(version: ArticleVersion, kind: str, items: Sequence[int]) -> list[Standing]:
    """Return the rulings of a kind that stand on a text, in the order in which they were made; 1 query.

    Evidence, by its ids, may have been settled on another text that expresses the same claim.
    """
    column, gold = RulingSource.COLUMNS[kind]
    if kind == EVIDENCE:
        claim = "evidence__evidence_set__claim_id"
        present = ClaimMention.objects.filter(annotation__version=version, annotation__past_round__isnull=True)
        on_it = Q(Exists(present.filter(claim=OuterRef(claim))), version=version) | Q(evidence__in=items)
    else:
        text = RulingSource.TEXTS[kind]
        on_it = Q(**{text: version, f"{text.removesuffix('version')}past_round__isnull": True})
    rows = RulingSource.objects.filter(on_it, ruling__withdrawn_at__isnull=True)
    found: dict[int, Standing] = {}
    for row in rows.select_related("ruling__created_by", "ruling__chosen").order_by("ruling_id", "pk"):
        standing = found.setdefault(row.ruling_id, Standing(row.ruling, kind))
        looked_at, became = getattr(row, f"{column}_id"), getattr(row, f"{gold}_id")
        standing.sources[looked_at] = row.annotation_version
        if became is not None:
            standing.gold.add(became)
            standing.gold_of[looked_at] = became
    return list(found.values())


def _settled(
    aligned: list[Unit], rows: dict[str, Row], standing: list[Standing]
) -> tuple[list[UnitState], list[Standing]]:
    """Find the ruling on each unit; also return those whose rows are all gone, or not handed in any more."""
    by_row: dict[tuple[str, int], list[Standing]] = defaultdict(list)
    for each in standing:
        for pk in each.sources:
            by_row[each.kind, pk].append(each)
    states: list[UnitState] = []
    used: set[int] = set()
    for unit in aligned:
        sources = {rows[span.key].pk: span.version for span in unit.spans}
        touching = {each.ruling.pk: each for pk in sources for each in by_row[unit.kind, pk]}
        current = [each for each in touching.values() if each.sources == sources]
        last = current[-1] if current else None
        former = tuple(each for each in touching.values() if each is not last)
        states.append(UnitState(unit, last, former))
        used |= touching.keys()
    return states, [each for each in standing if each.ruling.pk not in used]
