"""Settling what annotators of one text differ on: rulings, the gold rows they lead to, finishing and reopening.

Gold rows belong to the reviewer who ruled, and name the annotations they came from. Two reviewers of one text take
turns; whoever rules on what was settled or changed in the meantime is refused, and shown what is there now.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4, uuid5

from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from annotations.access import Act, require
from annotations.errors import Conflict, NotThere, Refused
from annotations.models import (
    Adjudication,
    Annotation,
    Article,
    ArticleLabel,
    ArticleVersion,
    Assignment,
    ClaimMention,
    EvidenceItem,
    Label,
    Membership,
    Relation,
    Ruling,
    RulingSource,
)
from annotations.text.spans import Span, quote
from annotations.text.units import SPAN, Marked

from .acts import Request, carry_out_once, counted_before, record
from .annotating import check_note
from .gold_claims import (
    EvidenceWanted,
    GoldClaim,
    MentionWanted,
    bring_together,
    claims_alike,
    claims_apart,
    claims_chosen,
    claims_joined,
    evidence_wanted,
    leave_claims,
    still_expressed,
)
from .gold_labels import GoldLabel, GoldWanted, labelled, labelled_by_all, labelled_like
from .judging import check_version, supersede
from .labels import label_ids_on
from .parts import Part, add_parts
from .reviewing import (
    ARTICLE_LABEL,
    CLAIM,
    EVIDENCE,
    GOLD,
    KINDS,
    RELATION,
    Review,
    Row,
    Standing,
    UnitState,
    review_of,
    state_number,
    text_to_review,
)

Outcome = Ruling.Outcome
State = Adjudication.State
BY_HAND = (Outcome.CHOSEN, Outcome.EDITED, Outcome.MERGED, Outcome.APART, Outcome.REJECTED, Outcome.NOTED)
WITH_SPAN = (Outcome.EDITED, Outcome.MERGED)


@dataclass(frozen=True, slots=True)
class GoldSpan:
    """Where gold is to stand, and with which label. Offsets are code points; the quote is checked where it is given."""

    span: Span
    label: str
    quote: str | None = None


@dataclass(frozen=True, slots=True)
class NewRuling:
    """What a client sends to settle one unit. `replaces` is the ruling on it that the client knows of.

    `person` is whose version is chosen, or was edited. Of spans `span` is where gold is to stand if it is edited or
    merged; of a label on the article and of a relation `given` is what gold is to say if it is edited, of a claim
    `claim`, of evidence `stance`.
    """

    key: UUID
    unit: str
    outcome: str
    person: UUID | None = None
    span: GoldSpan | None = None
    given: GoldLabel | None = None
    claim: GoldClaim | None = None
    stance: str = ""
    error_category: str = ""
    guideline_unclear: bool = False
    note: str = ""
    replaces: UUID | None = None


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A gold row that there is to be, like an annotation that is there or at a place of its own."""

    like: Annotation
    sources: tuple[Annotation, ...]
    label: Label
    span: Span
    is_edited: bool = False

    @property
    def model(self) -> type[Annotation]:
        return Annotation

    @property
    def attributes(self) -> dict[str, Any]:
        return self.like.attributes if self.like.label.key == self.label.key else {}

    @property
    def parts(self) -> list[Part]:
        rows = [] if self.is_edited else sorted(self.like.fragments.all(), key=lambda row: row.n)
        return [Part(Span(row.start, row.end), row.quote) for row in rows]

    def is_there(self, gold: Annotation) -> bool:
        parts = [(row.start, row.end) for row in sorted(gold.fragments.all(), key=lambda row: row.n)]
        return (
            (gold.start, gold.end) == (self.span.start, self.span.end)
            and gold.label_id == self.label.pk
            and gold.attributes == self.attributes
            and parts == [(part.span.start, part.span.end) for part in self.parts]
        )


Wanted = _Wanted | GoldWanted | MentionWanted | EvidenceWanted
Planned = Sequence[tuple[Ruling, UnitState, Sequence[Wanted]]]
"""Rulings on units, with the gold that each asks for."""


def settle(article: Article, new: NewRuling, *, by: Membership, request: Request | None = None) -> Ruling:
    """Rule on one unit of an article's present text; about 20 queries, a few more for each gold row it replaces.

    Raises `Conflict` (`unit_changed`, `ruling_stale`) where the unit or the ruling on it is not what the client saw,
    `Refused` for an outcome that does not fit, one's own work, or a text that is finished.
    """

    def act() -> Ruling:
        _find_named(new, by)
        review = _begin(article, by)
        state = review.named(new.unit)
        if state is None:
            message = _("What you settled has changed in the meantime. Load the page again.")
            raise Conflict("unit_changed", message, field="unit")
        present = state.ruling
        if (present.key if present else None) != new.replaces:
            raise Conflict("ruling_stale", _("Somebody else has settled this in the meantime."), current=present)
        wanted, chosen = _wanted(review, state, new)
        ruling = Ruling(
            key=new.key,
            project_id=by.project_id,
            created_by=by,
            outcome=new.outcome,
            chosen=chosen,
            error_category=_known_category(new.error_category),
            guideline_unclear=new.guideline_unclear,
            note=check_note(new.note.strip()),
        )
        gold = _write(review, [(ruling, state, wanted)], by)
        after = {
            "ruling": str(ruling.key),
            "outcome": ruling.outcome,
            "error_category": ruling.error_category,
            "guideline_unclear": ruling.guideline_unclear,
            "annotators": [str(chosen.uuid)] if chosen else [],
            "gold": [str(key) for key in gold],
        }
        before = {"outcome": present.outcome} if present else None
        text = {"note": ruling.note} if ruling.note else None
        record(by, "ruling.made", "article", article.uuid, before=before, after=after, text=text, request=request)
        return ruling

    require(by, Act.ADJUDICATE)
    if new.outcome not in BY_HAND:
        message = _("This is no outcome. Write one of: %(all)s.")
        raise Refused("outcome_unknown", message % {"all": ", ".join(BY_HAND)}, field="outcome")
    return carry_out_once(by, request, act, lambda: _own(new.key, by))


def withdraw_ruling(key: UUID, *, by: Membership, base_version: int, request: Request | None = None) -> Ruling:
    """Take anybody's ruling back: its gold is withdrawn, and the unit is to be settled again. Twice is no error.

    Raises `Conflict` (`stale_version`), `NotThere`, `Refused` for a text that is finished.
    """

    def act() -> Ruling:
        article = _article_of(key, by)
        review = _begin(article, by)
        ruling = _find(key, by)
        if ruling.withdrawn_at is not None:
            return ruling
        check_version(ruling, base_version)
        standing = [each for each in review.standing() if each.ruling.pk == ruling.pk]
        if not standing:
            raise Refused("other_text", _("This was ruled on an earlier wording of the article."))
        _withdraw(review, standing, set(), by)
        ruling = _find(key, by)
        before, after = {"outcome": ruling.outcome}, {"ruling": str(key)}
        record(by, "ruling.withdrawn", "article", article.uuid, before=before, after=after, request=request)
        return ruling

    require(by, Act.ADJUDICATE)
    return carry_out_once(by, request, act, lambda: _own(key, by, anybodys=True))


def take_over(article: Article, *, by: Membership, request: Request | None = None) -> int:
    """Make gold of everything that all annotators have alike; return how many units that settled. One act.

    Gold whose annotations were all taken back, or are no longer handed in, is withdrawn along with it.
    """

    def act() -> int:
        review = _begin(article, by)
        n_withdrawn, count = len(review.baseless), 0
        _withdraw(review, review.baseless, set(), by)
        while planned := [(_agreed(by), each, _alike(review, each)) for each in review.agreed if not each.is_settled]:
            _write(review, planned, by)
            count += len(planned)
            review = review_of(review.version)  # what rests on what was just taken over may be alike too
        after = {"count": count, "withdrawn": n_withdrawn}
        record(by, "adjudication.taken_over", "article", article.uuid, after=after, request=request)
        return count

    require(by, Act.ADJUDICATE)
    return carry_out_once(by, request, act, lambda: counted_before(by, request, "count"))


def undo_take_over(article: Article, *, by: Membership, request: Request | None = None) -> int:
    """Withdraw the gold that was taken over because all agreed; return how many units are to be settled again."""

    def act() -> int:
        review = _begin(article, by)
        taken = [each for each in review.standing() if each.ruling.outcome == Outcome.AGREED]
        taken = _without_shared(review, taken)
        _withdraw(review, taken, set(), by)
        after = {"count": len(taken)}
        record(by, "adjudication.take_over_undone", "article", article.uuid, after=after, request=request)
        return len(taken)

    require(by, Act.ADJUDICATE)
    return carry_out_once(by, request, act, lambda: counted_before(by, request, "count"))


def _without_shared(review: Review, standing: list[Standing]) -> list[Standing]:
    """Leave out evidence on claims that another text expresses too, where it is settled; at most 1 query."""
    claims = {
        each.ruling.pk: row.evidence_set.claim_id
        for each in standing
        if each.kind == EVIDENCE
        for row in review.gold_from(each)
    }
    elsewhere = still_expressed(claims.values(), without=review.version.pk) if claims else set()
    return [each for each in standing if claims.get(each.ruling.pk) not in elsewhere]


def finish(article: Article, *, by: Membership, request: Request | None = None) -> Adjudication:
    """Mark a text as adjudicated, once everything in it is settled; doing so twice is no error.

    What was handed in is accepted. Raises `Refused` (`not_settled`, `not_taken_over`) while anything is open.
    """

    def act() -> Adjudication:
        review = _begin(article, by, may_be_finished=True)
        adjudication = review.adjudication
        assert adjudication is not None
        if review.is_finished:
            return adjudication
        _require_settled(review)
        submitted = Assignment.objects.filter(version=review.version, state=Assignment.State.SUBMITTED)
        accepted = submitted.update(state=Assignment.State.ACCEPTED, state_number=F("state_number") + 1)
        adjudication.state, adjudication.finished_by, adjudication.finished_at = State.FINISHED, by, timezone.now()
        adjudication.state_number += 1
        adjudication.save(update_fields=["state", "finished_by", "finished_at", "state_number"])
        gold = {kind: {pk for each in review.standing() if each.kind == kind for pk in each.gold} for kind in KINDS}
        after = {
            **review.counted(),
            "gold": len(gold[SPAN]),
            "relations": len(gold[RELATION]),
            "article_labels": len(gold[ARTICLE_LABEL]),
            "claims": len(gold[CLAIM]),
            "evidence": len(gold[EVIDENCE]),
            "accepted": accepted,
        }
        record(by, "adjudication.finished", "article", article.uuid, after=after, request=request)
        return adjudication

    require(by, Act.ADJUDICATE)
    return carry_out_once(by, request, act, lambda: _adjudication_of(article))


def reopen_adjudication(article: Article, *, by: Membership, request: Request | None = None) -> Adjudication:
    """Let a text that is adjudicated be settled differently; its gold stays until it is. Twice is no error.

    A review that nobody began begins by it.
    """

    def act() -> Adjudication:
        is_other = not Adjudication.objects.filter(version=text_to_review(article)).exists()
        adjudication = _begin(article, by, may_be_finished=True).adjudication
        assert adjudication is not None
        if adjudication.state == State.FINISHED:
            adjudication.state, adjudication.state_number = State.OPEN, adjudication.state_number + 1
            adjudication.save(update_fields=["state", "state_number"])
            is_other = True
        if is_other:
            record(by, "adjudication.reopened", "article", article.uuid, request=request)
        return adjudication

    require(by, Act.ADJUDICATE)
    return carry_out_once(by, request, act, lambda: _adjudication_of(article))


def _begin(article: Article, by: Membership, *, may_be_finished: bool = False) -> Review:
    """Lock the text's adjudication, which is made where there is none, and read the text: reviewers take turns."""
    version = text_to_review(article)
    if version.project_id != by.project_id:
        raise NotThere("article_not_found", _("There is no such article in this project."))
    if version.withheld_at is not None:
        raise Refused("text_withheld", _("The text of this article is withheld."))
    Adjudication.objects.get_or_create(version=version, defaults={"project_id": by.project_id, "created_by": by})
    Adjudication.objects.select_for_update().get(version=version)
    review = review_of(version)
    if any(person.pk == by.pk for person in review.people):
        message = _("You annotated this article yourself. Somebody else has to settle it.")
        raise Refused("own_work", message)
    if not review.people:
        raise Refused("nothing_handed_in", _("Nobody has handed this article in."))
    if review.is_finished and not may_be_finished:
        message = _("This article is adjudicated. Reopen it to settle something differently.")
        raise Refused("adjudication_finished", message)
    return review


def _find_named(new: NewRuling, by: Membership) -> None:
    """Raise `NotThere` for a person or a ruling that this project has not; at most 2 queries."""
    if new.person and not Membership.objects.filter(project_id=by.project_id, uuid=new.person).exists():
        raise NotThere("not_found", _("There is no such person in this project."), field="person")
    if new.replaces and not Ruling.objects.filter(project_id=by.project_id, key=new.replaces).exists():
        raise NotThere("not_found", _("There is no such ruling in this project."), field="replaces")


def _wanted(review: Review, state: UnitState, new: NewRuling) -> tuple[Sequence[Wanted], Membership | None]:
    """Return the gold that a ruling asks for, and whose version it is."""
    kind = state.unit.kind
    person = next((one for one in review.people if one.uuid == new.person), None)
    if person is None and (new.person is not None or new.outcome == Outcome.CHOSEN):
        raise Refused("person_unknown", _("Say whose version is chosen: somebody who handed this in."), field="person")
    _refuse_what_does_not_fit(kind, new)
    if new.outcome in (Outcome.REJECTED, Outcome.NOTED):
        return [], person
    if kind == CLAIM:
        return _wanted_claims(review, state, new, person), person
    if kind == EVIDENCE:
        own = {span.more for span in state.unit.of(person.pk)} if person else set()
        stances = own if new.outcome == Outcome.CHOSEN else None
        return evidence_wanted(review, state, stances=stances, stance=new.stance), person
    spans = state.unit.spans
    if new.outcome == Outcome.CHOSEN and person is not None:
        alike: dict[Any, list[Marked]] = {span.what: [] for span in state.unit.of(person.pk)}
        for span in spans:
            if span.what in alike:
                alike[span.what].append(span)
        return [_gold_like(review, state, review.rows_of(same)) for same in alike.values()], person
    if new.given is not None:
        own_spans = state.unit.of(person.pk) if person else ()
        rows = review.rows_of(own_spans or spans)
        return [labelled(review.version, rows, new.given, review.ends_of(state.unit))], person
    if new.span is not None:
        return [_edited(review, state, new.span, person)], person
    return [labelled_by_all(review.rows_of(spans), review.ends_of(state.unit))], person


def _wanted_claims(
    review: Review, state: UnitState, new: NewRuling, person: Membership | None
) -> Sequence[MentionWanted]:
    if new.outcome == Outcome.CHOSEN and person is not None:
        return claims_chosen(review, state, person)
    return claims_apart(review, state) if new.outcome == Outcome.APART else claims_joined(review, state, new.claim)


def _refuse_what_does_not_fit(kind: str, new: NewRuling) -> None:
    """Raise `Refused` for values, or an outcome, that belong to another kind of difference."""
    is_edited = new.outcome == Outcome.EDITED
    if (new.span is not None) != (kind == SPAN and new.outcome in WITH_SPAN):
        message = _("A place belongs to what is edited or merged, and to nothing else.")
        raise Refused("span_does_not_fit", message, field="span")
    if (new.given is not None) != (kind in (ARTICLE_LABEL, RELATION) and is_edited):
        message = _("A label of its own belongs to a relation or a label on the article that is edited.")
        raise Refused("label_does_not_fit", message, field="given")
    if (new.claim is not None) != (kind == CLAIM and is_edited):
        raise Refused("claim_does_not_fit", _("A wording belongs to a claim that is edited."), field="claim")
    if bool(new.stance) != (kind == EVIDENCE and is_edited):
        raise Refused("stance_does_not_fit", _("A stance belongs to evidence that is edited."), field="stance")
    if new.stance and new.stance not in EvidenceItem.Stance.values:
        message = _("“%(value)s” is not known here. Send one of: %(all)s.")
        values = {"value": new.stance[:40], "all": ", ".join(EvidenceItem.Stance.values)}
        raise Refused("stance_unknown", message % values, field="stance")
    if new.outcome == Outcome.APART and kind not in (CLAIM, EVIDENCE):
        message = _("Only claims and evidence can be kept apart.")
        raise Refused("outcome_does_not_fit", message, field="outcome")
    if new.outcome == Outcome.MERGED and kind == EVIDENCE:
        message = _("Evidence of different stance cannot be merged. Choose one, or keep them apart.")
        raise Refused("outcome_does_not_fit", message, field="outcome")


def _agreed(by: Membership) -> Ruling:
    return Ruling(key=uuid4(), project_id=by.project_id, created_by=by, outcome=Outcome.AGREED)


def _alike(review: Review, state: UnitState) -> Sequence[Wanted]:
    """Return the gold of a unit that all have alike."""
    if state.unit.kind == CLAIM:
        return claims_alike(review, state)
    if state.unit.kind == EVIDENCE:
        return evidence_wanted(review, state)
    return [_gold_like(review, state, review.rows_of(state.unit.spans))]


def _gold_like(review: Review, state: UnitState, rows: Sequence[Any]) -> _Wanted | GoldWanted:
    return _like(rows) if state.unit.kind == SPAN else labelled_like(rows, review.ends_of(state.unit))


def _like(rows: Sequence[Annotation]) -> _Wanted:
    return _Wanted(rows[0], tuple(rows), rows[0].label, Span(rows[0].start, rows[0].end))


def _edited(review: Review, state: UnitState, gold: GoldSpan, person: Membership | None) -> _Wanted:
    span, text = gold.span, review.version.text
    if span.end > review.version.length:
        message = _("The span %(start)s to %(end)s ends outside its text of %(length)s characters.")
        values = {"start": span.start, "end": span.end, "length": review.version.length}
        raise Refused("span_outside_text", message % values, field="end")
    if gold.quote is not None and gold.quote != span.text_of(text):
        message = _("The text at %(start)s to %(end)s reads “%(there)s”, not “%(sent)s”.")
        there, sent = span.text_of(text)[:80], gold.quote[:80]
        reading = {"start": span.start, "end": span.end, "there": there, "sent": sent}
        raise Refused("quote_mismatch", message % reading, field="quote")
    own = state.unit.of(person.pk) if person else ()
    rows = review.rows_of(own or state.unit.spans)
    sources = [row for row in rows if row.start < span.end and span.start < row.end]
    if not sources:
        message = _("Gold has to lie on what somebody marked here.")
        raise Refused("span_elsewhere", message, field="start")
    label = _label(review, sources, gold.label)
    first = next((row for row in sources if row.label_id == label.pk), sources[0])
    same_place = next((row for row in sources if (row.start, row.end) == (span.start, span.end)), None)
    return _Wanted(same_place or first, tuple(sources), label, span, is_edited=same_place is None)


def _label(review: Review, rows: Sequence[Annotation], key: str) -> Label:
    """Return the label as one of these annotations has it, else from the label set in force."""
    used = next((row.label for row in rows if row.label.key == key), None)
    if used is not None:
        return used
    found = Label.objects.select_related("label_set").filter(
        label_set__in=label_ids_on(review.version.pk, review.version.project_id),
        key=key,
        applies_to=Label.AppliesTo.SPAN,
    )
    label = found.first()
    if label is None:
        message = _("“%(key)s” is no label for spans in this project's label set.")
        raise Refused("label_unknown", message % {"key": key[:80]}, field="label")
    return label


def _known_category(category: str) -> str:
    if category not in Ruling.ErrorCategory.values:
        message = _("This kind of error is not known. Write one of: %(all)s.")
        known = ", ".join(filter(None, Ruling.ErrorCategory.values))
        raise Refused("error_category_unknown", message % {"all": known}, field="error_category")
    return category


def _write(review: Review, planned: Planned, by: Membership) -> list[UUID]:
    """Write rulings with their gold, whose keys it returns; what stands is kept, what they replace withdrawn."""
    replaced = [
        standing
        for _ruling, state, _gold in planned
        for standing in (*((state.standing,) if state.standing else ()), *state.former)
    ]
    free = [row for each in replaced for row in review.gold_from(each)] + review.other_gold
    _refuse_second(review, planned, free)
    held = _brought_together(review, planned, replaced, by)
    made: list[tuple[Row, Wanted]] = []
    links: list[tuple[Ruling, UnitState, list[tuple[Row, Wanted]]]] = []
    kept: set[tuple[str, int]] = set()
    for ruling, state, gold in planned:
        rows: list[tuple[Row, Wanted]] = []
        for n, wanted in enumerate(gold):
            there = next((row for row in free if _fits(row, wanted, state.unit.kind, kept)), None)
            if there is None:
                there = _new_gold(review.version, uuid5(ruling.key, str(n)), wanted, by)
                made.append((there, wanted))
            else:
                kept.add((state.unit.kind, there.pk))
            rows.append((there, wanted))
        links.append((ruling, state, rows))
    given = {row.label.key for row, _wanted in made if isinstance(row, ArticleLabel)}
    for row in review.other_gold if given else ():
        if isinstance(row, ArticleLabel) and row.label.key in given and (ARTICLE_LABEL, row.pk) not in kept:
            supersede(row, by=by, withdrawn_at=timezone.now())
    _withdraw(review, replaced, kept, by, held)  # before there is anything new: a text has a label once
    Ruling.objects.bulk_create([ruling for ruling, _state, _rows in links], batch_size=500)
    for model in KINDS.values():
        model._default_manager.bulk_create([row for row, _wanted in made if type(row) is model], batch_size=500)
    for row, wanted in made:
        if isinstance(row, Annotation) and isinstance(wanted, _Wanted):
            add_parts(row, wanted.parts)
    RulingSource.objects.bulk_create(
        (
            _source(
                review.version,
                ruling,
                state,
                source,
                next((gold for gold, wanted in rows if source in wanted.sources), None),
            )
            for ruling, state, rows in links
            for source in review.rows_of(state.unit.spans)
        ),
        batch_size=500,
    )
    return [gold.key for _ruling, _state, rows in links for gold, _wanted in rows]


def _brought_together(review: Review, planned: Planned, replaced: Sequence[Standing], by: Membership) -> frozenset[int]:
    """Merge the drafts of claims into shared ones; return the ids of all claims that are to stay as they are."""
    rows = {each.ruling.pk for each in replaced}
    taken = {
        mention.claim_id
        for each in review.standing()
        if each.kind == CLAIM and each.ruling.pk not in rows
        for mention in review.gold_from(each)
    }
    held: set[int] = set()
    for ruling, state, gold in planned:
        if state.unit.kind == CLAIM:
            wanted = [each for each in gold if isinstance(each, MentionWanted)]
            bring_together(wanted, ruling.key, taken, by)
            held |= {pk for each in wanted for pk in (*each.shared.drafts, each.shared.claim.pk)}  # type: ignore[union-attr]
    return frozenset(held)


def _refuse_second(review: Review, planned: Planned, free: Sequence[Row]) -> None:
    """Refuse a label that the text has in gold already, from something else that was settled."""
    there = [row for row in review.gold[ARTICLE_LABEL].values() if isinstance(row, ArticleLabel)]
    taken = {row.label.key for row in there if row not in free}
    wanted = [each for _ruling, _state, gold in planned for each in gold if isinstance(each, GoldWanted)]
    if any(each.label.key in taken for each in wanted if each.model is ArticleLabel):
        raise Refused("already_there", _("The article has this label in gold already."), field="given.label")


def _fits(row: Row, wanted: Wanted, kind: str, kept: set[tuple[str, int]]) -> bool:
    return type(row) is wanted.model and (kind, row.pk) not in kept and wanted.is_there(row)  # type: ignore[arg-type]


def _source(version: ArticleVersion, ruling: Ruling, state: UnitState, source: Row, gold: Row | None) -> RulingSource:
    looked_at, became = RulingSource.COLUMNS[state.unit.kind]
    values: dict[str, Any] = {looked_at: source, became: gold, "annotation_version": state_number(source)}
    if state.unit.kind == EVIDENCE:
        values["version"] = version
    return RulingSource(project_id=ruling.project_id, ruling=ruling, **values)


def _new_gold(version: ArticleVersion, key: UUID, wanted: Wanted, by: Membership) -> Row:
    if not isinstance(wanted, _Wanted):
        return wanted.made(version, key, by)
    words = quote(version.text, wanted.span)
    return Annotation(
        key=key,
        project_id=by.project_id,
        created_by=by,
        layer=GOLD,
        version=version,
        length=version.length,
        label=wanted.label,
        start=wanted.span.start,
        end=wanted.span.end,
        quote=words.exact,
        prefix=words.prefix,
        suffix=words.suffix,
        attributes=wanted.attributes,
    )


def _withdraw(
    review: Review,
    standing: Iterable[Standing],
    kept: set[tuple[str, int]],
    by: Membership,
    held: frozenset[int] = frozenset(),
) -> None:
    """Withdraw rulings and the gold that came from nothing else; what is in `kept` stays, and claims in `held`.

    What rests on gold that goes is withdrawn with it, and the rulings that it came from: relations of a gold span and
    the claims that it expresses, the evidence on a claim.
    """
    gone = {each.ruling.pk: each for each in standing}
    if not gone:
        return
    now = timezone.now()
    spans = {row.pk for row in _only_from(review, gone, kept) if isinstance(row, Annotation)}
    for each in review.standing() if spans else ():
        if any(_rests_on(row, spans) for row in review.gold_from(each)):
            gone[each.ruling.pk] = each
    loose = [row for row in review.other_gold if _rests_on(row, spans)]
    claims = {row.claim_id for row in (*_only_from(review, gone, kept), *loose) if isinstance(row, ClaimMention)}
    left = _left_without_span(review, gone, kept, loose, claims - held)
    for each in review.standing() if left else ():
        if each.kind == EVIDENCE and any(row.evidence_set.claim_id in left for row in review.gold_from(each)):
            gone[each.ruling.pk] = each
    Ruling.objects.filter(pk__in=gone).update(
        withdrawn_at=now, updated_at=now, stored_at=now, version_number=F("version_number") + 1
    )
    going = [*_only_from(review, gone, kept), *loose]
    for row in sorted(going, key=lambda row: isinstance(row, Annotation)):  # what leads to a span before it
        supersede(row, by=by, withdrawn_at=now)
    mentions = [pk for each in gone.values() if each.kind == CLAIM for pk in each.sources]
    if mentions:
        drafts = set(ClaimMention.objects.filter(pk__in=mentions).order_by().values_list("claim_id", flat=True))
        leave_claims(claims, drafts, by, held)


def _left_without_span(
    review: Review, gone: dict[int, Standing], kept: set[tuple[str, int]], loose: Sequence[Row], claims: set[int]
) -> set[int]:
    """Return those of some claims that no gold span expresses once rulings are withdrawn; 1 query where there are any.

    The evidence on these goes along.
    """
    going = {row.pk for row in (*_only_from(review, gone, kept), *loose) if isinstance(row, ClaimMention)}
    here = {row.claim_id for pk, row in review.gold[CLAIM].items() if pk not in going}  # type: ignore[union-attr]
    left = claims - here
    return left - still_expressed(left, without=review.version.pk) if left else left


def _rests_on(row: Row, spans: set[int]) -> bool:
    return _leads_to(row, spans) or (isinstance(row, ClaimMention) and row.annotation_id in spans)


def _leads_to(row: Row, spans: set[int]) -> bool:
    return isinstance(row, Relation) and not spans.isdisjoint({row.from_annotation_id, row.to_annotation_id})


def _only_from(review: Review, gone: dict[int, Standing], kept: set[tuple[str, int]]) -> list[Row]:
    """Return the gold rows that came from these rulings and from no other that stands."""
    held = {(each.kind, pk) for each in review.standing() if each.ruling.pk not in gone for pk in each.gold} | kept
    found = {(each.kind, row.pk): row for each in gone.values() for row in review.gold_from(each)}
    return [row for what, row in found.items() if what not in held]


def _require_settled(review: Review) -> None:
    counted = review.counted()
    left = counted["differing"] - counted["settled"]
    if left:
        message = _("%(left)s of %(all)s differences are still to be settled.")
        raise Refused("not_settled", message % {"left": left, "all": counted["differing"]})
    if counted["taken_over"] < counted["agreed"] or review.baseless:
        raise Refused("not_taken_over", _("Take over first what all agree on."))


def _article_of(key: UUID, by: Membership) -> Article:
    rows = RulingSource.objects.filter(ruling__project_id=by.project_id, ruling__key=key)
    articles = [f"{text}__article_id" for text in RulingSource.TEXTS.values()]
    named = next((pk for pk in rows.values_list(*articles).first() or () if pk is not None), 0)
    found = Article.objects.select_related("current_version").filter(pk=named).first()
    if found is None:
        raise NotThere("not_found", _("There is nothing under this key, or you may not see it."))
    return found


def _find(key: UUID, by: Membership) -> Ruling:
    return Ruling.objects.select_related("created_by", "chosen").get(project_id=by.project_id, key=key)


def _own(key: UUID, by: Membership, *, anybodys: bool = False) -> Ruling | None:
    rows = Ruling.objects.select_related("created_by", "chosen").filter(project_id=by.project_id, key=key)
    return rows.filter(Q() if anybodys else Q(created_by=by)).first()


def _adjudication_of(article: Article) -> Adjudication | None:
    return Adjudication.objects.filter(version_id=article.current_version_id).first()
