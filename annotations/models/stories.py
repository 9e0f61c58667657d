"""Stories: articles that tell the same events, what each says to the same questions, and stories that are suggested."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .articles import Article, ArticleVersion
from .constraints import check, made_by_job, one_of, unique
from .judgements import Annotation, Judgement, Revision
from .projects import Membership, Project


class Story(Judgement):
    """One row is a story. `merged_into` is the key of the story that stands for this one."""

    name = models.CharField(_("name"), max_length=300)
    note = models.TextField(_("note"), blank=True)
    merged_into = models.UUIDField(null=True, blank=True)
    created_by_job = made_by_job()

    class Meta:
        verbose_name = pgettext_lazy("articles that tell the same events", "story")
        verbose_name_plural = pgettext_lazy("articles that tell the same events", "stories")
        ordering = ["project_id", "id"]
        constraints = [
            unique("story_key", "project", "key", message="A story has this key already."),
            unique("story_in_project", "id", "project", message="One row a story."),
            check("story_name_given", ~Q(name=""), "A story needs a name."),
        ]
        indexes = [
            models.Index(
                fields=["project", "merged_into"], name="story_by_merge", condition=Q(merged_into__isnull=False)
            )
        ]

    def __str__(self) -> str:
        return self.name


class StoryRevision(Revision):
    """One row is a superseded state of a story."""

    story = models.ForeignKey(Story, models.PROTECT, related_name="revisions")
    name = models.CharField(max_length=300)
    note = models.TextField(blank=True)
    merged_into = models.UUIDField(null=True, blank=True)

    class Meta:
        ordering = ["story_id", "version_number"]
        constraints = [
            unique(
                "story_revision_number", "story", "version_number", message="This state of the story is kept already."
            )
        ]


class StoryArticle(models.Model):
    """One row says that an article tells a story, or is related to it; one taken out again is withdrawn."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="+", db_index=False)
    story = models.ForeignKey(Story, models.PROTECT, related_name="articles", db_index=False)
    article = models.ForeignKey(Article, models.PROTECT, related_name="stories")
    is_related = models.BooleanField(_("related only"), default=False)
    added_by = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("article of a story")
        verbose_name_plural = _("articles of stories")
        ordering = ["story_id", "id"]
        constraints = [unique("story_article_once", "story", "article", message="The story has this article already.")]


class AccountRow(Judgement):
    """One row is a question of a story, such as “how many?”; `position` orders the questions of the story, from 1."""

    class Kind(models.TextChoices):
        NUMBER = "number", _("number")
        DATE = "date", _("date")
        NAME = "name", _("name")
        PLACE = "place", _("place")
        SET = "set", pgettext_lazy("kind of a question", "set")
        YES_NO = "yes_no", _("yes or no")
        QUOTE = "quote", _("quote")

    story = models.ForeignKey(Story, models.PROTECT, related_name="rows")
    position = models.PositiveIntegerField(_("place"), default=1)
    kind = models.CharField(_("kind"), max_length=6, choices=Kind)
    text = models.CharField(_("question"), max_length=300)
    cues = models.CharField(_("cue words"), max_length=300, blank=True)
    created_by_job = made_by_job()

    class Meta:
        verbose_name = _("question of a story")
        verbose_name_plural = _("questions of stories")
        ordering = ["story_id", "position", "id"]
        constraints = [
            unique("account_row_key", "project", "key", message="A question has this key already."),
            unique("account_row_in_project", "id", "project", message="One row a question."),
            one_of("account_row_kind", "kind", ["number", "date", "name", "place", "set", "yes_no", "quote"]),
            check("account_row_text_given", ~Q(text=""), "A question needs words."),
        ]

    def __str__(self) -> str:
        return self.text


class AccountRowRevision(Revision):
    """One row is a superseded state of a question."""

    row = models.ForeignKey(AccountRow, models.PROTECT, related_name="revisions")
    position = models.PositiveIntegerField()
    kind = models.CharField(max_length=6)
    text = models.CharField(max_length=300)
    cues = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["row_id", "version_number"]
        constraints = [
            unique(
                "account_row_revision_number",
                "row",
                "version_number",
                message="This state of the question is kept already.",
            )
        ]


class AccountCell(Judgement):
    """One row is what one article says to a question of a story: its state, and the statements.

    `created_by` made it, `proposed_by` names the rules where a program filled it and no person has looked yet.
    """

    class State(models.TextChoices):
        UNCHECKED = "unchecked", _("not checked")
        AGREES = "agrees", _("agrees")
        DIFFERS = "differs", _("differs")
        CONTRADICTS = "contradicts", _("contradicts")
        OMITS = "omits", _("omits")
        ADDS = "adds", _("adds")
        DIFFERENT_SOURCE = "other_source", _("different source")

    row = models.ForeignKey(AccountRow, models.PROTECT, related_name="cells", db_index=False)
    article = models.ForeignKey(Article, models.PROTECT, related_name="account_cells")
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.UNCHECKED)
    note = models.TextField(_("note"), blank=True)
    proposed_by = models.CharField(_("proposed by"), max_length=60, blank=True)
    created_by_job = made_by_job()

    class Meta:
        verbose_name = _("answer of an article")
        verbose_name_plural = _("answers of articles")
        ordering = ["row_id", "article_id"]
        constraints = [
            unique("account_cell_key", "project", "key", message="An answer has this key already."),
            unique("account_cell_in_project", "id", "project", message="One row an answer."),
            unique("account_cell_once", "row", "article", message="The article has an answer here already."),
            one_of(
                "account_cell_state",
                "state",
                ["unchecked", "agrees", "differs", "contradicts", "omits", "adds", "other_source"],
            ),
        ]


class AccountCellRevision(Revision):
    """One row is a superseded state of an answer, with its statements as they were."""

    cell = models.ForeignKey(AccountCell, models.PROTECT, related_name="revisions")
    state = models.CharField(max_length=12)
    note = models.TextField(blank=True)
    proposed_by = models.CharField(max_length=60, blank=True)
    statements = models.JSONField(default=list, blank=True)

    class Meta:
        ordering = ["cell_id", "version_number"]
        constraints = [
            unique(
                "account_cell_revision_number",
                "cell",
                "version_number",
                message="This state of the answer is kept already.",
            )
        ]


class Statement(models.Model):
    """One row is one thing an article says to a question, numbered from 0: whose voice, as of when, which value.

    `value` is the normalised value of `text.accounts`; `text` is what people read. The passage it stands on, or none,
    is a span in code points of a version of the article, with its `quote`; `annotation` the one it was taken from.
    """

    class Voice(models.TextChoices):
        OWN = "own", _("the article itself")
        EXCERPT = "excerpt", _("quoted excerpt")
        SOURCE = "source", _("named source")

    project = models.ForeignKey(Project, models.PROTECT, related_name="+", db_index=False)
    cell = models.ForeignKey(AccountCell, models.PROTECT, related_name="statements", db_index=False)
    n = models.PositiveSmallIntegerField()
    voice = models.CharField(_("voice"), max_length=7, choices=Voice, default=Voice.OWN)
    said_by = models.CharField(_("who says it"), max_length=200, blank=True)
    as_of = models.CharField(_("as of"), max_length=10, blank=True)
    text = models.CharField(_("what it says"), max_length=1000)
    value = models.JSONField(default=dict, blank=True)
    version = models.ForeignKey(ArticleVersion, models.PROTECT, null=True, blank=True, related_name="+")
    length = models.PositiveIntegerField(null=True, blank=True)
    start = models.PositiveIntegerField(null=True, blank=True)
    end = models.PositiveIntegerField(null=True, blank=True)
    quote = models.TextField(_("quote"), blank=True)
    annotation = models.ForeignKey(Annotation, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("statement")
        verbose_name_plural = _("statements")
        ordering = ["cell_id", "n"]
        constraints = [
            unique("statement_n", "cell", "n", message="The answer has this statement already."),
            one_of("statement_voice", "voice", ["own", "excerpt", "source"]),
            check("statement_text_given", ~Q(text=""), "A statement says something."),
            check(
                "statement_span",
                Q(version__isnull=True, length__isnull=True, start__isnull=True, end__isnull=True)
                | Q(
                    version__isnull=False,
                    length__isnull=False,
                    start__gte=0,
                    start__lt=F("end"),
                    end__lte=F("length"),
                ),
                "The passage lies outside its text: 0 <= start < end <= length.",
            ),
        ]

    def __str__(self) -> str:
        return self.text[:80]


class StorySuggestion(models.Model):
    """One row is a story that was found, with its ground at each article; or more articles for a story that is there.

    What was refused is not suggested again: see `stories.finding`. The decision is the last one; acts keep the others.
    """

    class State(models.TextChoices):
        OPEN = "open", _("open")
        CONFIRMED = "confirmed", _("confirmed")
        REFUSED = "refused", _("refused")

    key = models.UUIDField(default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, models.PROTECT, related_name="+")
    story = models.ForeignKey(Story, models.PROTECT, null=True, blank=True, related_name="suggestions")
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.OPEN)
    found_by = models.CharField(_("found by"), max_length=60)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    decided_by = models.ForeignKey(Membership, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    version_number = models.PositiveIntegerField(default=1)
    created_by_job = made_by_job()

    class Meta:
        verbose_name = _("suggested story")
        verbose_name_plural = _("suggested stories")
        ordering = ["project_id", "id"]
        constraints = [
            unique("story_suggestion_key", "project", "key", message="A suggested story has this key already."),
            unique("story_suggestion_in_project", "id", "project", message="One row a suggested story."),
            one_of("story_suggestion_state", "state", ["open", "confirmed", "refused"]),
            check(
                "story_suggestion_decided",
                Q(state="open") | Q(decided_by__isnull=False, decided_at__isnull=False),
                "What was decided says when and by whom.",
            ),
        ]
        indexes = [models.Index(fields=["project", "state", "id"], name="story_suggestion_by_state")]

    def __str__(self) -> str:
        return str(self.key)


class SuggestedArticle(models.Model):
    """One row is an article of a suggested story, and why: shared passages, rare names, how near the dates are.

    `ground` lists one entry for each other article that it is tied to: uuid, passages with their words, names, days.
    """

    project = models.ForeignKey(Project, models.PROTECT, related_name="+", db_index=False)
    suggestion = models.ForeignKey(StorySuggestion, models.PROTECT, related_name="articles", db_index=False)
    article = models.ForeignKey(Article, models.PROTECT, related_name="story_suggestions")
    is_related = models.BooleanField(_("related only"), default=False)
    ground = models.JSONField(default=list, blank=True)

    class Meta:
        ordering = ["suggestion_id", "id"]
        constraints = [
            unique("suggested_article_once", "suggestion", "article", message="It has this article already."),
        ]


class NameInText(models.Model):
    """One row says that a text has a name, folded. Written and read by `stories.names` alone; no foreign key."""

    pk = models.CompositePrimaryKey("project_id", "name", "version_id")
    project_id = models.BigIntegerField()
    name = models.CharField(max_length=80)
    version_id = models.BigIntegerField(db_index=True)

    class Meta:
        db_table = "annotations_name_in_text"
