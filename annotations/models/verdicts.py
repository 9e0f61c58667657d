"""How claims are judged: the ordered values of a project's scale, and the reasoned judgements on it."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .claims import Claim, EvidenceSet
from .constraints import check, made_by_job, unique
from .judgements import Judgement
from .projects import Project, label_key


class VerdictScale(models.Model):
    """One row is one version of a project's scale of verdicts; the highest version is in force."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="verdict_scales")
    name = models.CharField(_("name"), max_length=100)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("verdict scale")
        verbose_name_plural = _("verdict scales")
        ordering = ["project_id", "-version"]
        constraints = [
            unique("verdict_scale_version", "project", "version", message="This version of the scale exists."),
            unique("verdict_scale_in_project", "id", "project", message="One row a scale."),
        ]

    def __str__(self) -> str:
        return f"{self.name} · {self.version}"


class VerdictValue(models.Model):
    """One row is one value of a scale, in the order of `position`.

    `rating` is its place on the number line from `worst` to `best` of the scale, where it has one. `maps` says what it
    is in other schemes, such as {"fever": "SUPPORTS"}.
    """

    project = models.ForeignKey(Project, models.PROTECT, related_name="+")
    scale = models.ForeignKey(VerdictScale, models.PROTECT, related_name="values")
    key = models.CharField(_("key"), max_length=50, validators=[label_key])
    name = models.CharField(_("name"), max_length=100)
    description = models.TextField(_("description"), blank=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    rating = models.FloatField(_("rating"), null=True, blank=True)
    maps = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name = _("value of a verdict scale")
        verbose_name_plural = _("values of verdict scales")
        ordering = ["scale_id", "position", "id"]
        constraints = [
            unique("verdict_value_key", "scale", "key", message=_("This key is taken in the scale.")),
            unique("verdict_value_in_project", "id", "project", message="One row a value."),
            check(
                "verdict_value_key_plain",
                Q(key__regex=r"^[a-z][a-z0-9_]*$"),
                "A key has small letters, digits and _, and begins with a letter.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Verdict(Judgement):
    """One row is a reasoned judgement on a claim. A later one supersedes it.

    None is changed but by publication, which sets its time once, and by withdrawal.
    """

    claim = models.ForeignKey(Claim, models.PROTECT, related_name="verdicts")
    value = models.ForeignKey(VerdictValue, models.PROTECT, related_name="verdicts")
    rationale = models.TextField(_("rationale"), blank=True)
    evidence_sets = models.ManyToManyField(EvidenceSet, blank=True, related_name="verdicts")
    supersedes = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="superseded_by_verdict"
    )
    published_at = models.DateTimeField(_("published"), null=True, blank=True)
    correction_note = models.TextField(_("correction note"), blank=True)
    created_by_job = made_by_job()

    class Meta:
        verbose_name = _("verdict")
        verbose_name_plural = _("verdicts")
        ordering = ["claim_id", "id"]
        constraints = [
            unique("verdict_key", "project", "key", message="A verdict has this key already."),
            unique("verdict_in_claim", "id", "claim", message="One row a verdict."),
            check(
                "verdict_supersedes_another",
                Q(supersedes__isnull=True) | ~Q(supersedes=F("id")),
                "A verdict does not supersede itself.",
            ),
        ]

    def __str__(self) -> str:
        return str(self.key)
