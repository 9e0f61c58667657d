"""Two articles that are one: what people judged of the one is kept on the other, and its id leads there."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from annotations.access import Act, require
from annotations.errors import NotThere, Refused
from annotations.models import (
    Adjudication,
    Annotation,
    Article,
    ArticleLabel,
    ArticleVersion,
    Assignment,
    Attribution,
    CommentThread,
    EvidenceItem,
    Fragment,
    Membership,
    Relation,
    RulingSource,
    Suggestion,
)
from annotations.models.guards import moving_annotations
from annotations.models.removals import KIND_OF

from .acts import record
from .counting import count_places
from .differing import note_changed
from .moving_passages import move_passages, move_zones
from .queueing import lease_end

PAST = Q(past_round__isnull=False)
"""Work of a round that is past: kept, and nobody's to go on with."""


@transaction.atomic
def merge_articles(keep: Article, other: Article, *, by: Membership) -> Article:
    """Merge `other` into `keep`: it leaves the lists, and its id, in the project and in files, leads to the one kept.

    Where their texts are equal, all judgements of the other's text move, with their history; a label that a person
    gave both stays where it is, and so does an assignment of a person who has the kept text already. Zones by hand and
    what was said of shared passages move too. Where the texts differ, nothing can move: the other's text and judgements
    can still be read and exported.
    Work still open on the other's text ends as skipped. Raises `Forbidden`, `Refused`, `NotThere`.
    """
    require(by, Act.EDIT_ARTICLES)
    kept, gone = _lock(keep, other, by)
    source, target = _text_of(gone), _text_of(kept)
    if source.withheld_at is not None or target.withheld_at is not None:
        raise Refused("text_withheld", _("The text of one of these articles is withheld. They stay apart."))
    is_same_text = bytes(source.text_sha256) == bytes(target.text_sha256)
    moved = _move_judgements(source, target) if is_same_text else {}
    skipped = _skip_open_work(gone)
    now = timezone.now()  # programs that keep up with the project are told of the articles and of what moved
    Article.objects.filter(merged_into=gone).update(merged_into=kept, revision=F("revision") + 1, stored_at=now)
    Article.objects.filter(pk=kept.pk, repost_of=gone).update(repost_of=None)
    Article.objects.filter(pk__in=[kept.pk, gone.pk]).update(revision=F("revision") + 1, stored_at=now)
    Article.objects.filter(pk=gone.pk).update(merged_into=kept, repost_of=None)
    after: dict[str, Any] = {"article": str(kept.uuid), "is_same_text": is_same_text, "skipped": skipped, **moved}
    record(by, "article.merged", "article", gone.uuid, after=after)
    count_places([kept.pk, gone.pk])
    note_changed([source.pk, target.pk], by.project_id)
    kept.refresh_from_db()
    return kept


@transaction.atomic
def split_articles(other: Article, *, by: Membership) -> Article:
    """Undo a merge in which nothing moved, as the texts differ. Raises `Refused` for any other article."""
    require(by, Act.EDIT_ARTICLES)
    locked = Article.objects.select_for_update().get(pk=other.pk, project_id=by.project_id)
    kept = locked.merged_into
    if kept is None:
        raise Refused("not_merged", _("This article is not merged into another."))
    if bytes(_text_of(locked).text_sha256) == bytes(_text_of(kept).text_sha256):
        message = _("Both articles have the same text, and the judgements were moved. Such a merge cannot be undone.")
        raise Refused("judgements_moved", message)
    locked.merged_into = None
    locked.revision += 1
    locked.stored_at = timezone.now()
    locked.save(update_fields=["merged_into", "revision", "stored_at"])
    record(by, "article.split", "article", locked.uuid, before={"article": str(kept.uuid)})
    return locked


def article_named(name: str, *, by: Membership) -> Article:
    """Find an article of the project by its external id, its UUID, or the address of its page."""
    wanted = name.strip()
    rows = Article.objects.filter(project_id=by.project_id)
    found = rows.filter(external_id=wanted).first()
    for part in [] if found else reversed(wanted.split("/")):
        try:
            found = rows.filter(uuid=UUID(part)).first()
        except ValueError:
            continue
        break
    if found is None:
        message = _("There is no article “%(name)s” in this project. Give its external id, or the address of its page.")
        raise NotThere("article_not_found", message % {"name": wanted[:200]}, field="into")
    return found


def _lock(keep: Article, other: Article, by: Membership) -> tuple[Article, Article]:
    """Lock both, the one with the lower id first, so that two who merge crosswise wait for each other."""
    if keep.pk == other.pk:
        raise Refused("merged_into_itself", _("This is the same article. Choose another."), field="into")
    rows = Article.objects.select_for_update().filter(pk__in=[keep.pk, other.pk], project_id=by.project_id)
    found = {row.pk: row for row in rows.order_by("pk")}
    if len(found) != 2:
        raise NotThere("article_not_found", _("There is no such article in this project."), field="into")
    kept, gone = found[keep.pk], found[other.pk]
    if gone.merged_into_id is not None:
        raise Refused("merged_already", _("This article is merged into another already."))
    if kept.merged_into_id is not None:
        message = _("“%(title)s” is merged into another article. Choose that one.")
        raise Refused("merged_already", message % {"title": kept.title}, field="into")
    return kept, gone


def _text_of(article: Article) -> ArticleVersion:
    rows = ArticleVersion.objects.defer("text")
    found = rows.filter(pk=article.current_version_id).first() if article.current_version_id else None
    if found is None:
        raise NotThere("version_not_found", _("This article has no text yet."))
    return found


def _move_judgements(source: ArticleVersion, target: ArticleVersion) -> dict[str, int]:
    """Move everything that was judged of one text to the other, which is equal to the letter.

    At most 14 queries, and 6 for each shared passage that somebody decided about.
    """
    with moving_annotations():
        annotations = _move(Annotation, source, target)
        _move(Fragment, source, target)
        relations = _move(Relation, source, target)
        _move(CommentThread, source, target)
        _move(Attribution, source, target)
    same = ArticleLabel.objects.filter(  # of past work there may be any number
        version=target,
        label_id=OuterRef("label_id"),
        created_by_id=OuterRef("created_by_id"),
        layer=OuterRef("layer"),
        withdrawn_at__isnull=True,
    )
    labels = _move(ArticleLabel, source, target, Q(withdrawn_at__isnull=False) | PAST | ~Q(Exists(same)))
    suggestions = _move(Suggestion, source, target)
    _move(EvidenceItem, source, target)
    theirs = Assignment.objects.filter(version=target, annotator_id=OuterRef("annotator_id"))
    past = Assignment.every.filter(
        version=target, annotator_id=OuterRef("annotator_id"), past_round=OuterRef("past_round")
    )
    _reopen_where_work_is_open(source, target)
    _move(Assignment, source, target, (PAST & ~Q(Exists(past))) | (~PAST & ~Q(Exists(theirs))))
    RulingSource.objects.filter(version=source).update(version=target)
    _move(Adjudication, source, target, PAST | ~Q(Exists(Adjudication.objects.filter(version=target))))
    return {
        "annotations": annotations,
        "relations": relations,
        "article_labels": labels,
        "suggestions": suggestions,
        "zones": move_zones(source, target),
        "passages": move_passages(source, target),
    }


def _move(model: type[models.Model], source: ArticleVersion, target: ArticleVersion, condition: Q | None = None) -> int:
    rows = model._base_manager.filter(condition or Q(), version=source)
    told = {"stored_at": timezone.now()} if model in KIND_OF else {}
    return rows.order_by().update(version=target, **told)


def _reopen_where_work_is_open(source: ArticleVersion, target: ArticleVersion) -> None:
    """Whoever handed the kept text in, but not the other's, has work that nobody may see as handed in: reopen it."""
    unfinished = Assignment.objects.filter(version=source, state__in=Assignment.WRITABLE)
    own = Annotation.objects.filter(version=target, created_by_id=OuterRef("annotator_id"), withdrawn_at__isnull=True)
    people = unfinished.filter(Exists(own)).values_list("annotator_id", flat=True)
    handed_in = Assignment.objects.filter(version=target, state=Assignment.State.SUBMITTED)
    theirs = handed_in.filter(annotator_id__in=list(people))
    # a lease may have run out since the work was handed in
    theirs.filter(lease_until__isnull=False).update(lease_until=lease_end(target.project))
    theirs.update(state=Assignment.State.OPEN, state_number=F("state_number") + 1, submitted_at=None)


def _skip_open_work(gone: Article) -> int:
    """End what is open on the texts of an article that leaves the lists."""
    rows = Assignment.objects.filter(version__article=gone, state__in=Assignment.WRITABLE)
    return rows.update(state=Assignment.State.SKIPPED, state_number=F("state_number") + 1)
