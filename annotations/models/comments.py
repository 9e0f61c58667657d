"""What people say to each other about an article, a span or a claim: threads, their comments, and who is called."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .articles import Article, ArticleVersion
from .claims import Claim
from .constraints import check, made_by_job, quote_fits, unique
from .judgements import Annotation, Judgement
from .projects import GuidelinesVersion, Membership, Project


class CommentThread(models.Model):
    """One row is a talk about one annotation, about words of the text, about the whole article, or about a claim.

    One about a claim has no text. Another lies on the text it was begun on, and goes along to a corrected one; one
    about words that have no certain place there stays where it is. `version_number` counts how often it was resolved
    and opened again; comments have their own. A question to the managers is seen, while work is blind, by who asked it
    and by those who see all work; `announced_in` names the guidelines that its answer became an example of.
    """

    key = models.UUIDField(default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, models.PROTECT, related_name="+")
    version = models.ForeignKey(ArticleVersion, models.PROTECT, null=True, blank=True, related_name="threads")
    length = models.PositiveIntegerField(null=True, blank=True)
    claim = models.ForeignKey(Claim, models.PROTECT, null=True, blank=True, related_name="threads")
    annotation = models.ForeignKey(Annotation, models.PROTECT, null=True, blank=True, related_name="threads")
    #: the words it is about, in code points; empty where it is about an annotation or the whole article
    start = models.PositiveIntegerField(null=True, blank=True)
    end = models.PositiveIntegerField(null=True, blank=True)
    quote = models.TextField(_("words it is about"), blank=True, default="", db_default="")
    created_by = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    version_number = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    stored_at = models.DateTimeField(default=timezone.now, db_default=Now(), editable=False)
    resolved_at = models.DateTimeField(_("resolved"), null=True, blank=True)
    resolved_by = models.ForeignKey(Membership, models.PROTECT, null=True, blank=True, related_name="+")
    is_question = models.BooleanField(_("asks the managers"), default=False, db_default=False)
    announced_in = models.ForeignKey(
        GuidelinesVersion,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("became an example in"),
    )
    created_by_job = made_by_job()

    class Meta:
        verbose_name = _("comment thread")
        verbose_name_plural = _("comment threads")
        ordering = ["version_id", "id"]
        constraints = [
            unique("comment_thread_key", "project", "key", message="A thread has this key already."),
            unique("comment_thread_in_project", "id", "project", message="One row a thread."),
            check(
                "comment_thread_resolved",
                Q(resolved_at__isnull=True, resolved_by__isnull=True)
                | Q(resolved_at__isnull=False, resolved_by__isnull=False),
                "A resolved thread says when and by whom.",
            ),
            check(
                "comment_thread_span",
                Q(start__isnull=True, end__isnull=True, quote="")
                | Q(start__gte=0, start__lt=F("end"), end__lte=F("length"), annotation__isnull=True),
                "A thread about words says where they stand: 0 <= start < end <= length. It names no annotation.",
            ),
            quote_fits("comment_thread_quote_length"),
            check("comment_thread_version", Q(version_number__gte=1), "Versions count from 1."),
            check(
                "comment_thread_about",
                Q(claim__isnull=True, version__isnull=False, length__isnull=False)
                | Q(
                    claim__isnull=False,
                    version__isnull=True,
                    length__isnull=True,
                    annotation__isnull=True,
                    start__isnull=True,
                    is_question=False,
                ),
                "A thread is about a text or about a claim.",
            ),
        ]
        indexes = [models.Index(fields=["project", "stored_at", "id"], name="comment_thread_by_stored")]

    def __str__(self) -> str:
        return str(self.key)

    @property
    def article(self) -> Article | None:
        """Return the article that it is about; None where it is about a claim."""
        return self.version.article if self.version is not None else None

    @property
    def is_on_present_text(self) -> bool:
        """Tell whether it lies on the present text of its article, not on an earlier wording."""
        return self.version is not None and self.version_id == self.version.article.current_version_id


class Comment(Judgement):
    """One row is what one person said in a thread. A removed one keeps its place, without its words."""

    thread = models.ForeignKey(CommentThread, models.PROTECT, related_name="comments")
    text = models.TextField(_("text"), blank=True)
    created_by_job = made_by_job()

    class Meta:
        verbose_name = _("comment")
        verbose_name_plural = _("comments")
        ordering = ["thread_id", "created_at", "id"]
        constraints = [
            unique("comment_key", "project", "key", message="A comment has this key already."),
            unique("comment_in_project", "id", "project", message="One row a comment."),
            check(
                "comment_words",
                (Q(withdrawn_at__isnull=True) & ~Q(text="")) | Q(withdrawn_at__isnull=False, text=""),
                "A comment has words until it is removed.",
            ),
            check("comment_version_positive", Q(version_number__gte=1), "Versions count from 1."),
        ]
        indexes = [models.Index(fields=["project", "stored_at", "id"], name="comment_by_stored")]

    def __str__(self) -> str:
        return self.text[:80]


class CommentMention(models.Model):
    """One row says that a comment calls a member, and whether they have read it."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="+", db_index=False)
    comment = models.ForeignKey(Comment, models.PROTECT, related_name="mentions", db_index=False)
    member = models.ForeignKey(Membership, models.PROTECT, related_name="comment_mentions")
    read_at = models.DateTimeField(_("read"), null=True, blank=True)

    class Meta:
        verbose_name = _("mention in a comment")
        verbose_name_plural = _("mentions in comments")
        constraints = [unique("comment_mention_once", "comment", "member", message="A comment calls a person once.")]


class Presence(models.Model):
    """One row is one open page of an article. It is written when the page opens and about once a minute after that.

    A page that closes takes it away; one that ends without a word is gone at `until`.
    """

    tab = models.UUIDField(unique=True)
    project = models.ForeignKey(Project, models.PROTECT, related_name="+", db_index=False)
    article = models.ForeignKey(Article, models.PROTECT, related_name="+")
    member = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    until = models.DateTimeField(db_index=True)
