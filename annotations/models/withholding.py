"""What was withheld on somebody's demand: which article or capture, who demanded it, why, and who did it."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .articles import Article
from .constraints import check, unique
from .projects import Membership, Project
from .sources import Capture


class Withholding(models.Model):
    """One row says that the words of an article, or of one capture, were erased. It is never taken back.

    The texts say so themselves by `withheld_at`; captures that went with their article have no row of their own.
    `counts` says how many rows of each kind lost words. `made_by` is empty where a file said it without a name.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, models.PROTECT, related_name="+")
    article = models.OneToOneField(Article, models.PROTECT, null=True, blank=True, related_name="withholding")
    capture = models.OneToOneField(Capture, models.PROTECT, null=True, blank=True, related_name="withholding")
    demanded_by = models.CharField(_("demanded by"), max_length=300)
    reason = models.TextField(_("reason"))
    made_by = models.ForeignKey(Membership, models.PROTECT, null=True, blank=True, related_name="+")
    counts = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(_("withheld"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("withholding")
        verbose_name_plural = _("withholdings")
        ordering = ["-created_at", "-id"]
        constraints = [
            check(
                "withholding_of_one",
                Q(article__isnull=False, capture__isnull=True) | Q(article__isnull=True, capture__isnull=False),
                "A withholding is of an article or of a capture.",
            ),
            unique("withholding_in_project", "id", "project", message="One row a withholding."),
        ]

    def __str__(self) -> str:
        return self.demanded_by
