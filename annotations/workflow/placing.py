"""Placing what a correction left without a certain place: annotations by their owners, zones by whoever may mark some.

Nothing is listed anywhere: what lies on an earlier wording waits as long as the present one has nothing under the key
derived from its own. The earlier row stays where it is. A placed annotation that is to wait again is withdrawn, and the
earlier one gets a new state after that: what was only withdrawn is younger than its earlier row, and does not wait.

Annotations of people who cannot log in, as those from a file, are placed by those who see everybody's work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from annotations.access import Act, allows, require
from annotations.errors import NotThere, Refused
from annotations.models import (
    Annotation,
    Article,
    ArticleVersion,
    Attribution,
    ClaimMention,
    CommentThread,
    Membership,
    Region,
    SuggestionDecision,
)
from annotations.text.spans import Span, quote
from annotations.text.wording import Comparison

from .acts import Request, carry_out_once, record
from .assigning import open_own_assignment
from .carrying_passages import attributions_on
from .correcting import (
    annotation_at,
    carried_key,
    is_absent,
    mentions_of,
    present_text,
    states_at_reveal,
    write_states_at_reveal,
)
from .differing import note_changed
from .discussing import carry_threads
from .judging import check_version, refuse_after_submission, supersede


@dataclass(frozen=True, slots=True)
class Unplaced:
    """An annotation of an earlier wording that waits, with the places that are proposed; `becomes` is its next key."""

    annotation: Annotation
    becomes: UUID
    old_text: str
    new_text: str
    candidates: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class UnplacedZone:
    """A zone of an earlier wording that waits, with the places that are proposed; `becomes` is its next key."""

    zone: Region
    becomes: UUID
    old_text: str
    new_text: str
    candidates: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class _Version:
    pk: int
    uuid: UUID
    raw_file: int | None
    job: int | None

    @property
    def is_imported(self) -> bool:
        return self.raw_file is not None or self.job is not None


def count_unplaced(article: Article, *, by: Membership) -> int:
    """Count what of one's own waits for the membership to place it; no query for an article with one version."""
    return len(_waiting(article, Q(created_by=by)))


def count_waiting(article: Article, *, by: Membership) -> tuple[int, int]:
    """Count the annotations and the zones that the membership may place; at most 3 queries, none for one version.

    A zone that was placed and then removed waits without being counted, as that takes comparing the wordings.
    """
    if not _may_wait(article):
        return 0, 0
    versions = _versions(article)
    annotations = len(_waiting(article, _placed_by(by), versions)) if allows(by, Act.ANNOTATE) else 0
    return annotations, len(_waiting_zones(article, versions)) if allows(by, Act.MARK_ZONES) else 0


def unplaced(article: Article, *, by: Membership) -> list[Unplaced]:
    """List the annotations of earlier wordings that the membership may place, in the order of the old text."""
    rows = _waiting(article, _placed_by(by))
    if not rows:
        return []
    target = present_text(article)
    compared = _compared(rows, target)
    return [
        Unplaced(
            row,
            carried_key(row.key, target.uuid),
            compared[row.version_id].old,
            target.text,
            _places(compared[row.version_id], row),
        )
        for row in rows
    ]


def unplaced_zones(article: Article, *, by: Membership) -> list[UnplacedZone]:
    """List the zones that corrections left without a certain place, for whoever may mark zones.

    Placing one is marking it under the key it becomes; dropping it is removing it where it is.
    """
    if not allows(by, Act.MARK_ZONES) or not _may_wait(article):
        return []
    target = present_text(article)
    rows = _waiting_zones(article, _versions(article), lambda row: _certain_place(row, target) is None)
    compared = _compared(rows, target)
    return [
        UnplacedZone(
            row,
            carried_key(row.uuid, target.uuid),
            compared[row.version_id].old,
            target.text,
            _places(compared[row.version_id], row),
        )
        for row in rows
    ]


def place_annotation(
    article: Article, key: UUID, span: Span, words: str, *, by: Membership, request: Request | None = None
) -> Annotation:
    """Put an annotation of an earlier wording where it belongs in the present one; its parts become one.

    Raises `NotThere` where nothing of this key waits, `Refused` for a quote that does not stand there, or work of one's
    own that was handed in.
    """

    def act() -> Annotation:
        target = present_text(Article.objects.get(pk=article.pk))
        row = _waiting_row(article, key, by)
        if row.created_by_id == by.pk:
            open_own_assignment(target.uuid, by=by)
            refuse_after_submission(by, target)
        if span.end > target.length or span.text_of(target.text) != words:
            message = _("The text does not read “%(sent)s” at %(start)s to %(end)s.")
            values = {"sent": words[:80], "start": span.start, "end": span.end}
            raise Refused("quote_mismatch", message % values, field="quote")
        made = _put(row, target, span, by)
        carry_threads(row.version_id, target, {row.pk: made})
        SuggestionDecision.objects.filter(suggestion__version=target, annotation=row).update(annotation=made)
        before = {"annotation": str(key), "start": row.start, "end": row.end}
        after = {"start": span.start, "end": span.end}
        record(
            by,
            "annotation.placed",
            "annotation",
            made.key,
            before=before,
            after=after,
            request=request,
            acting_for=row.created_by,
        )
        return made

    require(by, Act.ANNOTATE)
    return carry_out_once(by, request, act, lambda: _copy_of(article, key, by))


def drop_unplaced(
    article: Article, key: UUID, *, by: Membership, base_version: int, request: Request | None = None
) -> Annotation:
    """Withdraw an annotation of an earlier wording that has no place in the present one."""

    def act() -> Annotation:
        found = _waiting_row(article, key, by)
        if found.created_by_id == by.pk and article.current_version is not None:
            refuse_after_submission(by, article.current_version)
        row = _locked(found.key, by)
        assert row is not None
        check_version(row, base_version)
        supersede(row, by=by, withdrawn_at=timezone.now())
        after = {"withdrawn": True}
        whose = row.created_by
        record(by, "annotation.withdrawn", "annotation", key, after=after, request=request, acting_for=whose)
        return row

    require(by, Act.ANNOTATE)
    return carry_out_once(by, request, act, lambda: _row(key, by))


def wait_again(
    article: Article, key: UUID, *, by: Membership, base_version: int, request: Request | None = None
) -> Annotation:
    """Undo the placing or dropping of an annotation of an earlier wording: it waits again.

    Returns the row that changed, of which `base_version` is the version that was seen: the placed annotation, which is
    withdrawn, or the dropped one, which is brought back.
    """

    def act() -> Annotation:
        target = present_text(Article.objects.get(pk=article.pk))
        row = _locked(key, by)
        if row is None or row.version_id == target.pk or row.version.article_id != article.pk:
            raise NotThere("not_waiting", _("This annotation does not wait to be placed."))
        if row.created_by_id == by.pk:
            refuse_after_submission(by, target)
        if row.withdrawn_at is not None:
            check_version(row, base_version)
            supersede(row, by=by, withdrawn_at=None)
            after, whose = {"withdrawn": False}, row.created_by
            record(by, "annotation.waits", "annotation", key, after=after, request=request, acting_for=whose)
            return row
        copy = _locked(carried_key(key, target.uuid), by)
        if copy is None:
            raise NotThere("not_placed", _("This annotation was not placed in the present text."))
        if _waits(row, copy):
            return copy
        check_version(copy, base_version)
        if copy.withdrawn_at is None:
            supersede(copy, by=by, withdrawn_at=timezone.now())
        supersede(row, by=by)
        note_changed([target.pk], by.project_id)
        CommentThread.objects.filter(annotation=copy).update(
            annotation=row, version=row.version_id, length=row.length, stored_at=timezone.now()
        )
        SuggestionDecision.objects.filter(suggestion__version=target, annotation=copy).update(annotation=row)
        before, whose = {"annotation": str(copy.key)}, row.created_by
        record(by, "annotation.waits", "annotation", key, before=before, request=request, acting_for=whose)
        return copy

    require(by, Act.ANNOTATE)
    return carry_out_once(by, request, act, lambda: _copy_of(article, key, by) or _row(key, by))


def _put(row: Annotation, target: ArticleVersion, span: Span, by: Membership) -> Annotation:
    """Make the annotation of the present text, or bring back the one that was made before."""
    made = annotation_at(row, target, span)
    note_changed([target.pk], target.project_id)
    before = _locked(made.key, by)
    if before is None:
        states = states_at_reveal({row.pk: made})
        made.save(force_insert=True)
        write_states_at_reveal(states, {row.pk: row}, {row.pk: made}, target, lambda _span: None)
        ClaimMention.objects.bulk_create(mentions_of({row.pk: made}, target))
        Attribution.objects.bulk_create(attributions_on({row.pk: made}, target, carried_key))
        return made
    words = quote(target.text, span)
    moved = {"start": span.start, "end": span.end, "quote": words.exact, "prefix": words.prefix, "suffix": words.suffix}
    supersede(before, by=by, withdrawn_at=None, **moved)
    before.fragments.all().delete()  # the state that is kept has them
    return before


def _may_wait(article: Article) -> bool:
    return article.current_version is not None and article.current_version.n > 1


def _placed_by(by: Membership) -> Q:
    """Match the annotations that the membership places: its own, and where it sees all work those of absent people."""
    own = Q(created_by=by)
    return own | is_absent("created_by__") if allows(by, Act.SEE_ALL_WORK) else own


def _waiting_row(article: Article, key: UUID, by: Membership) -> Annotation:
    for row in _waiting(article, _placed_by(by)):
        if row.key == key:
            return row
    raise NotThere("not_waiting", _("This annotation does not wait to be placed."))


def _rows(by: Membership) -> Q:
    return Q(project_id=by.project_id) & _placed_by(by)


def _row(key: UUID, by: Membership) -> Annotation | None:
    return Annotation.objects.filter(_rows(by), key=key).first()


def _locked(key: UUID, by: Membership) -> Annotation | None:
    rows = Annotation.objects.select_for_update(of=("self",)).select_related(
        "label__label_set", "version", "created_by"
    )
    return rows.defer("version__text").filter(_rows(by), key=key).first()


def _copy_of(article: Article, key: UUID, by: Membership) -> Annotation | None:
    version = Article.objects.values_list("current_version__uuid", flat=True).get(pk=article.pk)
    return _row(carried_key(key, version), by)


def _versions(article: Article) -> list[_Version]:
    """Return the versions of an article in order; 1 query."""
    rows = ArticleVersion.objects.filter(article=article).order_by("n")
    return [_Version(*row) for row in rows.values_list("pk", "uuid", "raw_file", "created_by_job")]


def _waiting(article: Article, whose: Q, versions: list[_Version] | None = None) -> list[Annotation]:
    """Follow annotations from version to version; those with no successor wait; at most 2 queries.

    Versions that an import made carried nothing over, so all of what was judged before them waits.
    """
    if not _may_wait(article):
        return []
    rows = Annotation.objects.filter(whose, version__article=article).select_related("label", "created_by")
    on: dict[int, list[Annotation]] = {}
    copies: dict[UUID, Annotation] = {}
    for row in rows.order_by("version_id", "start", "end", "pk"):
        on.setdefault(row.version_id, []).append(row)
        copies[row.key] = row
    waiting: list[Annotation] = []
    for version in (versions or _versions(article)) if on else ():
        waiting = [row for row in waiting if _waits(row, copies.get(carried_key(row.key, version.uuid)))]
        if version.pk != article.current_version_id:
            waiting += [row for row in on.get(version.pk, ()) if row.withdrawn_at is None]
    return waiting


def _waits(row: Annotation, copy: Annotation | None) -> bool:
    return copy is None or (copy.withdrawn_at is not None and row.updated_at >= copy.withdrawn_at)


def _waiting_zones(
    article: Article, versions: list[_Version], is_uncertain: Callable[[Region], bool] = lambda _row: False
) -> list[Region]:
    """Follow zones from version to version as corrections made them; 1 query, but for `is_uncertain`.

    Those of a version that an import made are found in it anew, so that none from before waits. One whose copy was
    removed waits where it had no certain place, so that placing it can be undone; dropping it is removing it itself.
    """
    rows = list(Region.objects.filter(version__article=article).select_related("publisher").order_by("start", "-end"))
    copies = {row.uuid: row for row in rows}
    waiting: list[Region] = []
    for version in versions:
        kept = () if version.is_imported else waiting
        waiting = []
        for row in kept:
            copy = copies.get(carried_key(row.uuid, version.uuid))
            is_last = version.pk == article.current_version_id
            if copy is None or (is_last and copy.withdrawn_at is not None and is_uncertain(row)):
                waiting.append(row)
        if version.pk != article.current_version_id:
            waiting += [row for row in rows if row.version_id == version.pk and row.withdrawn_at is None]
    return waiting


def _compared(rows: Iterable[Annotation | Region], target: ArticleVersion) -> dict[int, Comparison]:
    texts = ArticleVersion.objects.filter(pk__in={row.version_id for row in rows}).values_list("pk", "text")
    return {pk: Comparison(text, target.text) for pk, text in texts}


def _places(compared: Comparison, row: Annotation | Region) -> tuple[Span, ...]:
    carried = compared.carry(Span(row.start, row.end))
    return (carried.span,) if carried.span is not None else carried.candidates


def _certain_place(row: Region, target: ArticleVersion) -> Span | None:
    text = ArticleVersion.objects.values_list("text", flat=True).get(pk=row.version_id)
    return Comparison(text, target.text).carry(Span(row.start, row.end)).span
