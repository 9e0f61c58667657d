"""Correcting an article: its new wording is a new version, and what was judged of the old one is carried over.

What stays certain is copied to the new version as its owner's, under a key derived from the one it had; the old
version keeps what was judged of it. What is not certain waits to be placed (`placing.py`): it is waiting as long as the
new version has nothing under the derived key, so that no list of it needs to be kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeVar
from uuid import UUID, uuid5

from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from annotations.access import Act, require
from annotations.errors import Conflict, NotThere, Refused
from annotations.models import (
    Annotation,
    AnnotationRevision,
    Article,
    ArticleLabel,
    ArticleVersion,
    Assignment,
    Attribution,
    ClaimMention,
    Fragment,
    Judgement,
    Membership,
    Region,
    Relation,
    SearchBacklog,
    Sentence,
    Suggestion,
    SuggestionDecision,
    TextLink,
)
from annotations.text.spans import Span, quote, text_sha256
from annotations.text.wording import Comparison, Piece

from .acts import Request, carry_out_once, record
from .articles import NORMALISER, frozen_text
from .carrying_passages import attributions_on, carry_passages, carry_quotations
from .counting import count_places
from .differing import note_changed
from .discussing import carry_questions, carry_threads
from .queueing import lease_end

J = TypeVar("J", bound=Judgement)
State = Assignment.State
SAME_OF_SUGGESTIONS = ("label_id", "attributes", "suggested_by", "score", "offered_to_id", "created_at")
SAME_OF_ZONES = ("kind", "publisher_id", "url", "created_by_id", "created_by_job_id", "created_at")
"""What a zone takes along to the next wording; its earlier states stay with the wording they were of."""
CARRIED = ("annotations", "relations", "article_labels", "suggestions", "regions", "links", "sentences")


@dataclass(frozen=True, slots=True)
class Correction:
    """What a new wording changes, and how much of what lies on the old one is certain to go along.

    `version` is None where it was only looked at. Suggestions without a certain place are proposals of a machine, which
    nobody is asked to place: they are dropped, `dropped` counts them by reason.
    """

    version: ArticleVersion | None
    pieces: tuple[Piece, ...]
    carried: dict[str, int]
    uncertain: dict[str, int]
    dropped: dict[str, int]


def look_at_correction(article: Article, text: str, *, by: Membership) -> Correction:
    """Say what correcting the text would do; nothing is written. Raises `Forbidden`, `Refused`."""
    require(by, Act.EDIT_ARTICLES)
    source = present_text(article)
    plan = _Plan(source, _changed_text(source, text))
    return Correction(None, plan.comparison.pieces, plan.counted(), plan.left_behind(), plan.dropped())


def correct_article(
    article: Article, text: str, *, by: Membership, base_version: UUID, request: Request | None = None
) -> Correction:
    """Freeze a new wording of an article as its next version and carry over what is certain; about 20 queries.

    Work that was handed in stays handed in where all of it was carried; else it is open again for its annotator, as
    what they judged has to be placed by them. Raises `Conflict` where the present version is no longer the one that
    was corrected, `Refused` for a text that is unusable, unchanged or withheld.
    """

    def act() -> Correction:
        locked = Article.objects.select_for_update().get(pk=article.pk, project_id=by.project_id)
        if locked.merged_into_id is not None:
            raise Refused("article_merged", _("This article is merged into another. Correct that one."))
        source = present_text(locked)
        if source.uuid != base_version:
            message = _("The text was corrected by somebody else in the meantime. Load the page again.")
            raise Conflict("stale_version", message, current=locked, field="base_version")
        plan = _Plan(source, _changed_text(source, text))
        target = _freeze_next(locked, source, plan.comparison.new)
        plan.write(target)
        assignments = _carry_assignments(source, target, _who_place({row.created_by_id for row in plan.uncertain}))
        done = Correction(target, plan.comparison.pieces, plan.counted(), plan.left_behind(), plan.dropped())
        after = {"version": target.n, "carried": done.carried, "uncertain": done.uncertain, "reopened": assignments}
        if done.dropped:
            after["suggestions_dropped"] = done.dropped
        before = {"version": source.n}
        record(by, "article.corrected", "article", locked.uuid, before=before, after=after, request=request)
        return done

    def find() -> Correction | None:
        rows = ArticleVersion.objects.filter(article_id=article.pk)
        found = list(rows.filter(n__gte=1).order_by("-n")[:2])
        if len(found) < 2:
            return None
        plan = _Plan(found[1], found[0].text)
        return Correction(found[0], plan.comparison.pieces, plan.counted(), plan.left_behind(), plan.dropped())

    require(by, Act.EDIT_ARTICLES)
    return carry_out_once(by, request, act, find)


def is_absent(path: str = "") -> Q:
    """Match memberships of people who cannot log in: others do for them what they cannot. `path` leads there."""
    nobody = Q(**{f"{path}user__isnull": True})
    return nobody | Q(**{f"{path}user__is_active": False}) | Q(**{f"{path}ended_at__isnull": False})


def carried_key(key: UUID, version: UUID) -> UUID:
    """Return the key that a judgement has on another version."""
    return uuid5(key, str(version))


def present_text(article: Article) -> ArticleVersion:
    pk = article.current_version_id
    found = ArticleVersion.objects.filter(pk=pk).first() if pk is not None else None
    if found is None:
        raise NotThere("version_not_found", _("This article has no text yet."))
    if found.withheld_at is not None:
        raise Refused("text_withheld", _("The text of this article is withheld."))
    return found


def _changed_text(source: ArticleVersion, raw: str) -> str:
    text = frozen_text(raw)
    if text == source.text:
        raise Refused("text_unchanged", _("This is the present text. Change its words, then save."), field="text")
    return text


def _freeze_next(article: Article, source: ArticleVersion, text: str) -> ArticleVersion:
    target = ArticleVersion.objects.create(
        project_id=article.project_id,
        article=article,
        n=source.n + 1,
        text=text,
        length=len(text),
        text_sha256=text_sha256(text),
        normaliser=NORMALISER,
    )
    SearchBacklog.objects.note(article.project_id, [target.pk])
    Article.objects.filter(pk=article.pk).update(
        current_version=target, revision=F("revision") + 1, stored_at=timezone.now()
    )
    return target


def _who_place(owners: set[int]) -> set[int]:
    """Return the owners of what is uncertain who can place it themselves: only their work is opened again."""
    absent = Membership.objects.filter(is_absent(), pk__in=owners).values_list("pk", flat=True)
    return owners - set(absent)


def _carry_assignments(source: ArticleVersion, target: ArticleVersion, with_uncertain: set[int]) -> int:
    """Give the new version to everybody who had the old one; return how many handed-in ones are open again.

    What was still open on the old version ends there as skipped: nobody is asked for work on words that are replaced.
    """
    rows = list(Assignment.objects.select_for_update().filter(version=source).order_by("pk"))
    made, reopened = [], 0
    for row in rows:
        state = State.OPEN if row.annotator_id in with_uncertain and row.state in Assignment.HANDED_IN else row.state
        is_reopened = state != row.state
        reopened += is_reopened
        made.append(
            Assignment(
                project_id=row.project_id,
                version=target,
                annotator_id=row.annotator_id,
                round_id=row.round_id,
                state=state,
                late_at=row.late_at if state == State.LAPSED else None,
                in_before_reveal=row.in_before_reveal,
                submitted_at=row.submitted_at if state in Assignment.HANDED_IN or row.in_before_reveal else None,
                # a lease may have run out since the work was handed in
                lease_until=lease_end(target.project) if is_reopened and row.lease_until else row.lease_until,
                skipped_at=row.skipped_at,
                skip_reason=row.skip_reason,
                skip_note=row.skip_note,
                reopened_at=row.reopened_at,
                returned_at=row.returned_at,
                return_note=row.return_note,
            )
        )
    Assignment.objects.bulk_create(made, batch_size=500)
    Assignment.objects.filter(version=source, state__in=Assignment.WRITABLE).update(
        state=State.SKIPPED, state_number=F("state_number") + 1
    )
    count_places([target.article_id])
    note_changed([target.pk], target.project_id)
    return reopened


class _Plan:
    """What lies on the old version, each with its place in the new wording or none."""

    def __init__(self, source: ArticleVersion, text: str) -> None:
        self.source, self.comparison = source, Comparison(source.text, text)
        rows = Annotation.objects.filter(version=source, withdrawn_at__isnull=True).prefetch_related("fragments")
        self.annotations = [(row, self._parts(row)) for row in rows.order_by("start", "end", "pk")]
        self.uncertain = [row for row, parts in self.annotations if not parts]
        self.taken_back = self._taken_back_since_reveal()
        self.regions = self._placed(Region.objects.filter(version=source, withdrawn_at__isnull=True))
        self.suggestions = self._placed(Suggestion.objects.filter(version=source).order_by("pk"))
        self.links = self._placed(TextLink.objects.filter(version=source))
        self.sentences = self._placed(Sentence.objects.filter(version=source))
        self.article_labels = list(ArticleLabel.objects.filter(version=source, withdrawn_at__isnull=True))
        self.relations = list(Relation.objects.filter(version=source, withdrawn_at__isnull=True))
        self.certain_ids = {row.pk for row, parts in self.annotations if parts}

    def counted(self) -> dict[str, int]:
        """Count what goes along."""
        return {
            "annotations": len(self.certain_ids),
            "relations": sum(self._goes_along(row) for row in self.relations),
            "article_labels": len(self.article_labels),
            "suggestions": sum(place is not None for _row, place in self.suggestions),
            "regions": sum(place is not None for _row, place in self.regions),
            "links": sum(place is not None for _row, place in self.links),
            "sentences": sum(place is not None for _row, place in self.sentences),
        }

    def left_behind(self) -> dict[str, int]:
        """Count what is not certain."""
        of_all = {name: len(getattr(self, name)) for name in CARRIED}
        return dict(Counter(of_all) - Counter(self.counted()))

    def dropped(self) -> dict[str, int]:
        """Count the suggestions that end here: their words are `gone`, or it is `unclear` where they stand now."""
        text = self.comparison.new
        rows = [row for row, place in self.suggestions if place is None]
        return dict(Counter("unclear" if row.quote in text else "gone" for row in rows))

    def write(self, target: ArticleVersion) -> None:
        """Copy what is certain to the new version."""
        made = {
            row.pk: annotation_at(row, target, Span(parts[0].start, parts[-1].end))
            for row, parts in self.annotations
            if parts
        }
        standing = dict(made)
        for row, parts in self.taken_back:
            made[row.pk] = annotation_at(row, target, Span(parts[0].start, parts[-1].end))
        states = states_at_reveal(made)
        Annotation.objects.bulk_create(made.values(), batch_size=500)
        stored = Annotation.objects.filter(version=target).values_list("key", "pk")
        ids = dict(stored)
        for annotation in made.values():
            annotation.pk = ids[annotation.key]
        rows = {row.pk: row for row, _parts in (*self.annotations, *self.taken_back)}
        write_states_at_reveal(states, rows, made, target, lambda span: self.comparison.carry(span).span)
        made = standing
        Fragment.objects.bulk_create(self._fragments(made, target), batch_size=500)
        ClaimMention.objects.bulk_create(mentions_of(made, target), batch_size=500)
        relations = [row for row in self.relations if self._goes_along(row)]
        Relation.objects.bulk_create(
            (
                _copy(
                    row, target, from_annotation=made[row.from_annotation_id], to_annotation=made[row.to_annotation_id]
                )
                for row in relations
            ),
            batch_size=500,
        )
        ArticleLabel.objects.bulk_create((_copy(row, target) for row in self.article_labels), batch_size=500)
        carry_threads(self.source.pk, target, made)
        carry_questions(target)
        Attribution.objects.bulk_create(attributions_on(made, target, carried_key, self.comparison), batch_size=500)
        carry_passages(self.comparison, self.source, target, carried_key)
        carry_quotations(self.comparison, self.source, target, made)
        self._write_suggestions(target, made)
        self._write_zones(target)

    def _write_suggestions(self, target: ArticleVersion, made: dict[int, Annotation]) -> None:
        """Copy suggestions with what each member decided, so that open ones stay open and no other is asked again.

        Where the accepted annotation waits to be placed, the decision names it as it was until it has its place.
        """
        rows = {row.pk: (row, place) for row, place in self.suggestions if place is not None}
        copies = {
            pk: Suggestion(
                key=carried_key(row.key, target.uuid),
                project_id=target.project_id,
                version=target,
                length=target.length,
                start=place.start,
                end=place.end,
                quote=place.text_of(target.text),
                **{name: getattr(row, name) for name in SAME_OF_SUGGESTIONS},
            )
            for pk, (row, place) in rows.items()
        }
        Suggestion.objects.bulk_create(copies.values(), batch_size=500)
        ids = dict(Suggestion.objects.filter(version=target).values_list("key", "pk"))
        decisions = SuggestionDecision.objects.filter(suggestion__version=self.source).order_by("pk")
        SuggestionDecision.objects.bulk_create(
            (
                SuggestionDecision(
                    project_id=target.project_id,
                    suggestion_id=ids[copies[row.suggestion_id].key],
                    decided_by_id=row.decided_by_id,
                    state=row.state,
                    decided_at=row.decided_at,
                    annotation=made.get(row.annotation_id or 0) or row.annotation,
                )
                for row in decisions.select_related("annotation")
                if row.suggestion_id in copies
            ),
            batch_size=500,
        )

    def _write_zones(self, target: ArticleVersion) -> None:
        same: dict[str, Any] = {"project_id": target.project_id, "version": target, "length": target.length}
        Region.objects.bulk_create(
            Region(
                **same,
                uuid=carried_key(row.uuid, target.uuid),
                start=place.start,
                end=place.end,
                **{name: getattr(row, name) for name in SAME_OF_ZONES},
            )
            for row, place in self.regions
            if place is not None
        )
        TextLink.objects.bulk_create(
            TextLink(**same, start=place.start, end=place.end, url=row.url)
            for row, place in self.links
            if place is not None
        )
        placed = sorted((place.start, place.end, row) for row, place in self.sentences if place is not None)
        Sentence.objects.bulk_create(
            Sentence(**same, n=n, start=start, end=end, splitter=row.splitter)
            for n, (start, end, row) in enumerate(placed)
        )

    def _taken_back_since_reveal(self) -> list[tuple[Annotation, list[Span]]]:
        """Return what stood when the project was revealed and was taken back since, where its place is certain."""
        revealed_at = self.source.project.revealed_at
        if revealed_at is None:
            return []
        rows = Annotation.objects.filter(version=self.source, withdrawn_at__gte=revealed_at)
        found = [(row, self._parts(row)) for row in rows.prefetch_related("fragments").order_by("pk")]
        return [(row, parts) for row, parts in found if parts]

    def _parts(self, row: Annotation) -> list[Span]:
        """Return where the parts of an annotation stand, in order; none where one of them is not certain."""
        spans = [Span(part.start, part.end) for part in row.fragments.all()] or [Span(row.start, row.end)]
        found = [place for span in spans if (place := self.comparison.carry(span).span) is not None]
        in_order = all(left.end <= right.start for left, right in pairwise(found))
        return found if len(found) == len(spans) and in_order else []

    def _placed(self, rows: Iterable[Any]) -> list[tuple[Any, Span | None]]:
        return [(row, self.comparison.carry(Span(row.start, row.end)).span) for row in rows]

    def _goes_along(self, row: Relation) -> bool:
        return {row.from_annotation_id, row.to_annotation_id} <= self.certain_ids

    def _fragments(self, made: dict[int, Annotation], target: ArticleVersion) -> Iterator[Fragment]:
        for row, parts in self.annotations:
            for n, (_part, place) in enumerate(zip(row.fragments.all(), parts, strict=False)):
                yield Fragment(
                    annotation=made[row.pk],
                    version=target,
                    project_id=target.project_id,
                    length=target.length,
                    n=n,
                    start=place.start,
                    end=place.end,
                    quote=place.text_of(target.text),
                )


def states_at_reveal(made: dict[int, Annotation]) -> dict[int, AnnotationRevision]:
    """Return what annotations were when the project was revealed, by their ids, where they changed since; 1 query.

    `made` has their copies, not yet saved, which thereby have an earlier state.
    """
    if not made or next(iter(made.values())).project.revealed_at is None:
        return {}
    changed = AnnotationRevision.objects.filter(annotation__in=list(made), after_reveal=True)
    states = {state.annotation_id: state for state in changed.order_by("-version_number")}
    for pk in states:
        made[pk].version_number = 2
    return states


def write_states_at_reveal(
    states: dict[int, AnnotationRevision],
    rows: dict[int, Annotation],
    made: dict[int, Annotation],
    target: ArticleVersion,
    carry: Callable[[Span], Span | None],
) -> None:
    """Keep with copies what they were when the project was revealed: that alone is compared afterwards.

    Where that had no certain place in the present words, it is kept as what did not stand in them.
    """
    AnnotationRevision.objects.bulk_create(
        (_state_on(state, rows[pk], made[pk], target, carry) for pk, state in states.items()), batch_size=500
    )


def _state_on(
    state: AnnotationRevision,
    row: Annotation,
    copy: Annotation,
    target: ArticleVersion,
    carry: Callable[[Span], Span | None],
) -> AnnotationRevision:
    is_moved = (state.start, state.end) != (row.start, row.end) or bool(state.fragments)
    place = carry(Span(state.start, state.end)) if is_moved else Span(copy.start, copy.end)
    parts = [(part["n"], carry(Span(part["start"], part["end"]))) for part in state.fragments]
    is_certain = place is not None and all(span is not None for _n, span in parts)
    there = place if place is not None and is_certain else Span(copy.start, copy.end)
    fragments = [
        {"n": n, "start": span.start, "end": span.end, "quote": span.text_of(target.text)}
        for n, span in parts
        if is_certain and span is not None
    ]
    same = ("label_id", "label_set_version", "note", "attributes", "confidence", "replaced_by_id", "replaced_at")
    return AnnotationRevision(
        annotation=copy,
        version_number=1,
        after_reveal=True,
        withdrawn_at=state.withdrawn_at if is_certain else state.withdrawn_at or state.replaced_at,
        start=there.start,
        end=there.end,
        quote=there.text_of(target.text),
        fragments=fragments,
        **{name: getattr(state, name) for name in same},
    )


def annotation_at(row: Annotation, target: ArticleVersion, span: Span) -> Annotation:
    words = quote(target.text, span)
    return _copy(
        row, target, start=span.start, end=span.end, quote=words.exact, prefix=words.prefix, suffix=words.suffix
    )


def mentions_of(made: dict[int, Annotation], target: ArticleVersion) -> list[ClaimMention]:
    """Tie the claims that annotations express to their copies; one query."""
    rows = ClaimMention.objects.filter(annotation__in=list(made), withdrawn_at__isnull=True)
    same = ("claim_id", "stance", "project_id", "created_by_id", "created_at")
    return [
        ClaimMention(
            key=carried_key(row.key, target.uuid),
            annotation=made[row.annotation_id],
            **{name: getattr(row, name) for name in same},
        )
        for row in rows
    ]


def _copy(row: J, target: ArticleVersion, **values: Any) -> J:
    """Return the same judgement of the same person on another version, not yet saved."""
    left_out = {"id", "key", "version", "length", "version_number", "stored_at", "created_by_job", *values}
    fields = [field for field in row._meta.concrete_fields if field.name not in left_out]
    same = {field.attname: getattr(row, field.attname) for field in fields}
    key = carried_key(row.key, target.uuid)
    return type(row)(key=key, version=target, length=target.length, **same, **values)
