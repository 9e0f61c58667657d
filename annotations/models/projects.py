"""A team's work on a corpus: the project, its people, its guidelines and its labels."""

from __future__ import annotations

import uuid

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .constraints import check, one_of, unique, web_address

hex_colour = RegexValidator(r"\A#[0-9a-f]{6}\Z", _("Write a colour as #rrggbb in small letters."))
label_key = RegexValidator(
    r"\A[a-z][a-z0-9_]{0,49}\Z", _("A key has small letters, digits and _, and begins with a letter.")
)


class Project(models.Model):
    """One row is a team's work on a corpus.

    `revealed_at` is when a blind project was opened, which is not taken back: what people change afterwards is marked,
    and left out of agreement. `hides_outlets` keeps publisher, author and date of an article from annotators until they
    hand it in.

    `queue_*`, `lease_hours`, `skip_reasons` and `submit_rules` say how people get their next article, how long one is
    kept for them, why they may skip it, and what has to be there when they hand it in. Only where it `publishes` are
    there pages that anybody can read; `published_as` and `published_from` are the newsroom's name and site on them.
    One with `deleted_at` is as one that is not there, can be restored for some time, and then goes for good.
    """

    class Visibility(models.TextChoices):
        BLIND = "blind", _("blind: annotators see their own work only")
        OPEN = "open", _("open: everybody sees everybody's work")

    class QueueOrder(models.TextChoices):
        NONE = "none", _("only what was given to them")
        LISTED = "listed", _("in the order they were added")
        OLDEST = "oldest", _("oldest publication first")
        SHUFFLED = "shuffled", _("shuffled, for each person differently")
        FEWEST = "fewest", _("fewest annotators first")

    class Overlaps(models.TextChoices):
        ANY = "any", _("spans of one person may overlap")
        OTHER_LABELS = "other_labels", _("only spans with different labels may overlap")
        NONE = "none", _("spans of one person never overlap")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    slug = models.SlugField(_("short name in addresses"), max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=200)
    description = models.TextField(_("description"), blank=True)
    language = models.CharField(_("language"), max_length=35, blank=True)
    visibility = models.CharField(_("visibility"), max_length=8, choices=Visibility, default=Visibility.BLIND)
    annotators_per_article = models.PositiveSmallIntegerField(_("annotators per article"), default=2)
    revealed_at = models.DateTimeField(_("revealed"), null=True, blank=True, editable=False)
    hides_outlets = models.BooleanField(_("outlets hidden until handed in"), default=False, db_default=False)
    overlaps = models.CharField(
        _("overlapping spans"), max_length=12, choices=Overlaps, default=Overlaps.ANY, db_default="any"
    )
    queue_order = models.CharField(_("order of the queue"), max_length=8, choices=QueueOrder, default=QueueOrder.LISTED)
    queue_seed = models.PositiveIntegerField(_("seed of the shuffling"), default=1)
    lease_hours = models.PositiveSmallIntegerField(_("hours that a place is kept"), default=24)
    skip_reasons = models.JSONField(_("reasons to skip"), default=list, blank=True)
    submit_rules = models.JSONField(_("checks before submitting"), default=list, blank=True)
    publishes = models.BooleanField(_("publishes claims for readers"), default=False, db_default=False)
    published_as = models.CharField(_("name that readers see"), max_length=200, blank=True, db_default="")
    published_from = models.URLField(_("address of the newsroom"), max_length=2000, blank=True, db_default="")
    revision = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    archived_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(_("deleted"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("project")
        verbose_name_plural = _("projects")
        ordering = ["name", "id"]
        constraints = [
            one_of("project_visibility", "visibility", ["blind", "open"]),
            one_of("project_overlaps", "overlaps", ["any", "other_labels", "none"]),
            one_of("project_queue_order", "queue_order", ["none", "listed", "oldest", "shuffled", "fewest"]),
            check(
                "project_annotators_positive",
                Q(annotators_per_article__gte=1),
                "An article needs at least one annotator.",
            ),
            web_address("project_published_from_scheme", "published_from", may_be_empty=True),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_blind(self) -> bool:
        """Tell whether annotators are kept from each other's work."""
        return self.visibility == self.Visibility.BLIND


class Membership(models.Model):
    """One row is a person's part in a project; every judgement points to one.

    `user` is empty for an annotator known only from an imported file. `name_in_files` is what files call somebody who
    became known by one, so that a later file finds the same membership, even if it was matched to a person since.
    `guidelines_read` is the newest announced version of the guidelines that the person has noted.
    """

    class Role(models.TextChoices):
        ANNOTATOR = "annotator", _("annotator")
        REVIEWER = "reviewer", _("reviewer")
        MANAGER = "manager", _("manager")
        VIEWER = "viewer", _("viewer")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, models.PROTECT, related_name="memberships")
    user = models.ForeignKey("annotations.User", models.PROTECT, null=True, blank=True, related_name="memberships")
    role = models.CharField(_("role"), max_length=10, choices=Role, default=Role.ANNOTATOR)
    pseudonym = models.CharField(_("pseudonym"), max_length=100)
    name_in_files = models.CharField(_("name in files"), max_length=100, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    ended_at = models.DateTimeField(_("left"), null=True, blank=True)
    guidelines_read = models.PositiveIntegerField(default=0, db_default=0, editable=False)

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        ordering = ["project_id", "pseudonym"]
        constraints = [
            unique(
                "membership_pseudonym",
                "project",
                "pseudonym",
                message=_("This pseudonym is taken in the project."),
            ),
            unique(
                "membership_user",
                "project",
                "user",
                message=_("This person is a member of the project already."),
                condition=Q(user__isnull=False),
            ),
            unique(
                "membership_name_in_files",
                "project",
                "name_in_files",
                message="Another member has this name in files.",
                condition=~Q(name_in_files=""),
            ),
            unique("membership_in_project", "id", "project", message="One row a membership."),
            one_of("membership_role", "role", ["annotator", "reviewer", "manager", "viewer"]),
            check("membership_pseudonym_given", ~Q(pseudonym=""), "A membership needs a pseudonym."),
        ]

    def __str__(self) -> str:
        return self.pseudonym


class GuidelinesVersion(models.Model):
    """One row is one wording of a project's guidelines, in Markdown; of some, all are told an `announcement`."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="guidelines_versions")
    version = models.PositiveIntegerField()
    text = models.TextField(_("guidelines (Markdown)"), blank=True)
    announcement = models.TextField(_("announced to all members"), blank=True, default="", db_default="")
    created_by = models.ForeignKey(Membership, models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("guidelines version")
        verbose_name_plural = _("guidelines versions")
        ordering = ["project_id", "-version"]
        constraints = [
            unique("guidelines_version", "project", "version", message="This version of the guidelines exists."),
            unique("guidelines_in_project", "id", "project", message="One row a version."),
        ]

    def __str__(self) -> str:
        return f"{self.project} · {self.version}"


class LabelSet(models.Model):
    """One row is one version of a project's scheme of labels; the highest version is in force."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="label_sets")
    name = models.CharField(_("name"), max_length=100)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("label set")
        verbose_name_plural = _("label sets")
        ordering = ["project_id", "-version"]
        constraints = [
            unique("label_set_version", "project", "version", message="This version of the label set exists."),
            unique("label_set_in_project", "id", "project", message="One row a label set."),
        ]

    def __str__(self) -> str:
        return f"{self.name} · {self.version}"


class Label(models.Model):
    """One row is a category of one label set version."""

    class AppliesTo(models.TextChoices):
        SPAN = "span", _("a span")
        ARTICLE = "article", _("a whole article")
        RELATION = "relation", _("a relation")

    project = models.ForeignKey(Project, models.PROTECT, related_name="labels")
    label_set = models.ForeignKey(LabelSet, models.PROTECT, related_name="labels")
    key = models.CharField(_("key"), max_length=50, validators=[label_key])
    name = models.CharField(_("name"), max_length=100)
    color = models.CharField(_("colour"), max_length=7, default="#5d4037", validators=[hex_colour])
    shortcut = models.CharField(_("shortcut"), max_length=1, blank=True)
    description = models.TextField(_("description"), blank=True)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    applies_to = models.CharField(_("applies to"), max_length=8, choices=AppliesTo, default=AppliesTo.SPAN)
    attributes = models.JSONField(_("attributes"), default=list, blank=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("label")
        verbose_name_plural = _("labels")
        ordering = ["label_set_id", "position", "id"]
        constraints = [
            unique("label_key", "label_set", "key", message=_("This key is taken in the label set.")),
            unique(
                "label_shortcut",
                "label_set",
                "shortcut",
                message=_("This shortcut is taken in the label set."),
                condition=~Q(shortcut=""),
            ),
            unique("label_in_project", "id", "project", message="One row a label."),
            unique("label_in_set", "id", "label_set", message="One row a label."),
            check(
                "label_parent_another",
                Q(parent__isnull=True) | ~Q(parent=F("id")),
                "A label does not stand below itself.",
            ),
            check(
                "label_color_hex",
                Q(color__regex=r"^#[0-9a-f]{6}$"),
                "Write a colour as #rrggbb in small letters.",
            ),
            check(
                "label_key_plain",
                Q(key__regex=r"^[a-z][a-z0-9_]*$"),
                "A key has small letters, digits and _, and begins with a letter.",
            ),
            one_of("label_applies_to", "applies_to", ["span", "article", "relation"]),
        ]

    def __str__(self) -> str:
        return self.name
