"""Correcting an article: its new wording is a new version, and what was judged of the old one is carried over.

What stays certain is copied to the new version as its owner's, under a key derived from the one it had; the old
version keeps what was judged of it. What is not certain waits until its owner places it, or withdraws it: it is
waiting as long as the new version has nothing under the derived key, so that no list of it needs to be kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeVar
from uuid import UUID, uuid5

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from annotations.access import Act, require
from annotations.errors import Conflict, NotThere, Refused
from annotations.models import (
    Annotation,
    Article,
    ArticleLabel,
    ArticleVersion,
    Assignment,
    ClaimMention,
    Fragment,
    Judgement,
    Membership,
    Region,
    Relation,
    SearchBacklog,
    Sentence,
    TextLink,
)
from annotations.text.spans import Span, quote, text_sha256
from annotations.text.wording import Comparison, Piece

from .acts import Request, carry_out_once, record
from .articles import NORMALISER, frozen_text
from .assigning import open_own_assignment
from .counting import count_places
from .discussing import carry_threads
from .judging import check_version, lock_own, refuse_after_submission, supersede

J = TypeVar("J", bound=Judgement)
State = Assignment.State
SAME_OF_ZONES = ("kind", "publisher_id", "url", "created_by_id", "created_by_job_id", "created_at")
"""What a zone takes along to the next wording; its earlier states stay with the wording they were of."""
CARRIED = ("annotations", "relations", "article_labels", "regions", "links", "sentences")


@dataclass(frozen=True, slots=True)
class Correction:
    """What a new wording changes, and how much of what lies on the old one is certain to go along.

    `version` is None where it was only looked at.
    """

    version: ArticleVersion | None
    pieces: tuple[Piece, ...]
    carried: dict[str, int]
    uncertain: dict[str, int]


@dataclass(frozen=True, slots=True)
class Unplaced:
    """An annotation of an earlier wording that waits for its owner, with the places that are proposed."""

    annotation: Annotation
    old_text: str
    new_text: str
    candidates: tuple[Span, ...]


def look_at_correction(article: Article, text: str, *, by: Membership) -> Correction:
    """Say what correcting the text would do; nothing is written. Raises `Forbidden`, `Refused`."""
    require(by, Act.EDIT_ARTICLES)
    source = _present_text(article)
    plan = _Plan(source, _changed_text(source, text))
    return Correction(None, plan.comparison.pieces, plan.counted(), plan.left_behind())


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
        source = _present_text(locked)
        if source.uuid != base_version:
            message = _("The text was corrected by somebody else in the meantime. Load the page again.")
            raise Conflict("stale_version", message, current=locked, field="base_version")
        plan = _Plan(source, _changed_text(source, text))
        target = _freeze_next(locked, source, plan.comparison.new)
        plan.write(target)
        assignments = _carry_assignments(source, target, {row.created_by_id for row in plan.uncertain})
        done = Correction(target, plan.comparison.pieces, plan.counted(), plan.left_behind())
        after = {"version": target.n, "carried": done.carried, "uncertain": done.uncertain, "reopened": assignments}
        before = {"version": source.n}
        record(by, "article.corrected", "article", locked.uuid, before=before, after=after, request=request)
        return done

    def find() -> Correction | None:
        rows = ArticleVersion.objects.filter(article_id=article.pk)
        found = list(rows.filter(n__gte=1).order_by("-n")[:2])
        if len(found) < 2:
            return None
        plan = _Plan(found[1], found[0].text)
        return Correction(found[0], plan.comparison.pieces, plan.counted(), plan.left_behind())

    require(by, Act.EDIT_ARTICLES)
    return carry_out_once(by, request, act, find)


def count_unplaced(article: Article, *, by: Membership) -> int:
    """Count what waits for the membership to place it; no query for an article with one version."""
    return len(_waiting(article, by))


def unplaced(article: Article, *, by: Membership) -> list[Unplaced]:
    """List what the membership judged of earlier wordings and has still to place, in the order of the old text."""
    rows = _waiting(article, by)
    if not rows:
        return []
    target = _present_text(article)
    texts = dict(ArticleVersion.objects.filter(pk__in={row.version_id for row in rows}).values_list("pk", "text"))
    compared = {pk: Comparison(text, target.text) for pk, text in texts.items()}
    found = []
    for row in rows:
        carried = compared[row.version_id].carry(Span(row.start, row.end))
        places = (carried.span,) if carried.span is not None else carried.candidates
        found.append(Unplaced(row, texts[row.version_id], target.text, places))
    return found


def place_annotation(
    article: Article, key: UUID, span: Span, words: str, *, by: Membership, request: Request | None = None
) -> Annotation:
    """Put one's own annotation of an earlier wording where it belongs in the present one; its parts become one.

    Raises `NotThere` where nothing of this key waits, `Refused` for a quote that does not stand there, or work that
    was handed in.
    """

    def act() -> Annotation:
        target = _present_text(Article.objects.get(pk=article.pk))
        waiting = {row.key: row for row in _waiting(article, by)}
        if key not in waiting:
            raise NotThere("not_waiting", _("This annotation does not wait to be placed."))
        open_own_assignment(target.uuid, by=by)
        refuse_after_submission(by, target)
        if span.end > target.length or span.text_of(target.text) != words:
            message = _("The text does not read “%(sent)s” at %(start)s to %(end)s.")
            values = {"sent": words[:80], "start": span.start, "end": span.end}
            raise Refused("quote_mismatch", message % values, field="quote")
        made = _annotation_at(waiting[key], target, span)
        made.save(force_insert=True)
        ClaimMention.objects.bulk_create(_mentions({waiting[key].pk: made}, target))
        carry_threads(waiting[key].version_id, target, {waiting[key].pk: made})
        before = {"annotation": str(key), "start": waiting[key].start, "end": waiting[key].end}
        after = {"start": span.start, "end": span.end}
        record(by, "annotation.placed", "annotation", made.key, before=before, after=after, request=request)
        return made

    def find() -> Annotation | None:
        version = Article.objects.values_list("current_version__uuid", flat=True).get(pk=article.pk)
        return Annotation.objects.filter(project_id=by.project_id, created_by=by, key=carried_key(key, version)).first()

    require(by, Act.ANNOTATE)
    return carry_out_once(by, request, act, find)


def drop_unplaced(
    article: Article, key: UUID, *, by: Membership, base_version: int, request: Request | None = None
) -> Annotation:
    """Withdraw one's own annotation of an earlier wording that has no place in the present one."""

    def act() -> Annotation:
        if key not in {row.key for row in _waiting(article, by)}:
            raise NotThere("not_waiting", _("This annotation does not wait to be placed."))
        assert article.current_version is not None
        refuse_after_submission(by, article.current_version)
        row = lock_own(Annotation.objects.select_related("label__label_set"), by=by, key=key)
        check_version(row, base_version)
        supersede(row, by=by, withdrawn_at=timezone.now())
        record(by, "annotation.withdrawn", "annotation", key, after={"withdrawn": True}, request=request)
        return row

    require(by, Act.ANNOTATE)
    return carry_out_once(
        by, request, act, lambda: Annotation.objects.filter(project_id=by.project_id, created_by=by, key=key).first()
    )


def carried_key(key: UUID, version: UUID) -> UUID:
    """Return the key that a judgement has on another version."""
    return uuid5(key, str(version))


def _waiting(article: Article, by: Membership) -> list[Annotation]:
    """Follow one's own annotations from version to version; those with no successor wait; at most 2 queries.

    Versions that an import made carried nothing over, so all of what was judged before them waits.
    """
    if article.current_version is None or article.current_version.n < 2:
        return []
    versions = list(ArticleVersion.objects.filter(article=article).order_by("n").values_list("pk", "uuid"))
    rows = Annotation.objects.filter(version__article=article, created_by=by).select_related("label", "created_by")
    on: dict[int, list[Annotation]] = {}
    for row in rows.order_by("version_id", "start", "end", "pk"):
        on.setdefault(row.version_id, []).append(row)
    keys = {row.key for each in on.values() for row in each}
    waiting: list[Annotation] = []
    for pk, uuid in versions:
        waiting = [row for row in waiting if carried_key(row.key, uuid) not in keys]
        if pk != article.current_version_id:
            waiting += [row for row in on.get(pk, ()) if row.withdrawn_at is None]
    return waiting


def _present_text(article: Article) -> ArticleVersion:
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


def _carry_assignments(source: ArticleVersion, target: ArticleVersion, with_uncertain: set[int]) -> int:
    """Give the new version to everybody who had the old one; return how many handed-in ones are open again.

    What was still open on the old version ends there as skipped: nobody is asked for work on words that are replaced.
    """
    rows = list(Assignment.objects.select_for_update().filter(version=source).order_by("pk"))
    made, reopened = [], 0
    for row in rows:
        state = State.OPEN if row.annotator_id in with_uncertain and row.state in Assignment.HANDED_IN else row.state
        reopened += state != row.state
        made.append(
            Assignment(
                project_id=row.project_id,
                version=target,
                annotator_id=row.annotator_id,
                state=state,
                submitted_at=row.submitted_at if state in Assignment.HANDED_IN else None,
                lease_until=row.lease_until,
                skipped_at=row.skipped_at,
                skip_reason=row.skip_reason,
                skip_note=row.skip_note,
                returned_at=row.returned_at,
                return_note=row.return_note,
            )
        )
    Assignment.objects.bulk_create(made, batch_size=500)
    Assignment.objects.filter(version=source, state__in=Assignment.WRITABLE).update(
        state=State.SKIPPED, state_number=F("state_number") + 1
    )
    count_places([target.article_id])
    return reopened


class _Plan:
    """What lies on the old version, each with its place in the new wording or none."""

    def __init__(self, source: ArticleVersion, text: str) -> None:
        self.source, self.comparison = source, Comparison(source.text, text)
        rows = Annotation.objects.filter(version=source, withdrawn_at__isnull=True).prefetch_related("fragments")
        self.annotations = [(row, self._parts(row)) for row in rows.order_by("start", "end", "pk")]
        self.uncertain = [row for row, parts in self.annotations if not parts]
        self.regions = self._placed(Region.objects.filter(version=source, withdrawn_at__isnull=True))
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
            "regions": sum(place is not None for _row, place in self.regions),
            "links": sum(place is not None for _row, place in self.links),
            "sentences": sum(place is not None for _row, place in self.sentences),
        }

    def left_behind(self) -> dict[str, int]:
        """Count what is not certain."""
        of_all = {name: len(getattr(self, name)) for name in CARRIED}
        return dict(Counter(of_all) - Counter(self.counted()))

    def write(self, target: ArticleVersion) -> None:
        """Copy what is certain to the new version."""
        made = {
            row.pk: _annotation_at(row, target, Span(parts[0].start, parts[-1].end))
            for row, parts in self.annotations
            if parts
        }
        Annotation.objects.bulk_create(made.values(), batch_size=500)
        stored = Annotation.objects.filter(version=target).values_list("key", "pk")
        ids = dict(stored)
        for annotation in made.values():
            annotation.pk = ids[annotation.key]
        Fragment.objects.bulk_create(self._fragments(made, target), batch_size=500)
        ClaimMention.objects.bulk_create(_mentions(made, target), batch_size=500)
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
        self._write_zones(target)

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


def _annotation_at(row: Annotation, target: ArticleVersion, span: Span) -> Annotation:
    words = quote(target.text, span)
    return _copy(
        row, target, start=span.start, end=span.end, quote=words.exact, prefix=words.prefix, suffix=words.suffix
    )


def _mentions(made: dict[int, Annotation], target: ArticleVersion) -> list[ClaimMention]:
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


def _ends(row: Relation, made: dict[int, Annotation]) -> dict[str, Annotation]:
    return {"from_annotation": made[row.from_annotation_id], "to_annotation": made[row.to_annotation_id]}


def _copy(row: J, target: ArticleVersion, **values: Any) -> J:
    """Return the same judgement of the same person on another version, not yet saved."""
    left_out = {"id", "key", "version", "length", "version_number", "stored_at", "created_by_job", *values}
    fields = [field for field in row._meta.concrete_fields if field.name not in left_out]
    same = {field.attname: getattr(row, field.attname) for field in fields}
    key = carried_key(row.key, target.uuid)
    return type(row)(key=key, version=target, length=target.length, **same, **values)
