"""What was taken away, so that programs which keep up with the work learn of it."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .articles import Article, Region
from .comments import Comment, CommentThread
from .constraints import one_of, unique
from .judgements import Annotation
from .projects import Membership, Project
from .relations import ArticleLabel, Relation
from .suggestions import Suggestion

TOLD_FOR = timedelta(days=90)
"""So long a removal is told. Whoever has not read a list for longer begins anew."""


class RemovedRow(models.Model):
    """One row names a row that undoing an import took away.

    It says as much as is needed to tell only those of it who could see the row: its owner, or the one person whom a
    suggestion was offered to (nobody where all members could see it), and whether the work was handed in.
    """

    class Kind(models.TextChoices):
        ARTICLE = "article", _("article")
        ANNOTATION = "annotation", _("annotation")
        RELATION = "relation", _("relation")
        ARTICLE_LABEL = "article_label", _("label on an article")
        SUGGESTION = "suggestion", _("suggestion")
        REGION = "region", _("region")
        THREAD = "thread", _("comment thread")
        COMMENT = "comment", _("comment")

    # project and owner are copied from a row that was checked, and never deleted: a million checks would buy nothing
    project = models.ForeignKey(Project, models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    kind = models.CharField(max_length=13, choices=Kind)
    key = models.UUIDField()
    owner = models.ForeignKey(
        Membership, models.PROTECT, null=True, blank=True, related_name="+", db_constraint=False, db_index=False
    )
    was_handed_in = models.BooleanField(default=False)
    stored_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            unique("removed_row_key", "project", "kind", "key", message="The removal of this row is noted already."),
            one_of(
                "removed_row_kind",
                "kind",
                ["article", "annotation", "relation", "article_label", "suggestion", "region", "thread", "comment"],
            ),
        ]
        indexes = [models.Index(fields=["project", "kind", "stored_at", "id"], name="removed_row_by_stored")]


KIND_OF: dict[type[models.Model], str] = {
    Article: RemovedRow.Kind.ARTICLE.value,
    Annotation: RemovedRow.Kind.ANNOTATION.value,
    Relation: RemovedRow.Kind.RELATION.value,
    ArticleLabel: RemovedRow.Kind.ARTICLE_LABEL.value,
    Suggestion: RemovedRow.Kind.SUGGESTION.value,
    Region: RemovedRow.Kind.REGION.value,
    CommentThread: RemovedRow.Kind.THREAD.value,
    Comment: RemovedRow.Kind.COMMENT.value,
}
"""What is noted when it goes: that of which there are lists of changes."""
