"""Filters of the article list that people keep under a name."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .constraints import check, unique
from .projects import Membership, Project


class SavedFilter(models.Model):
    """One row is a filter of a project's articles that one member keeps under a name, for nobody but themselves."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, models.PROTECT, related_name="+")
    owner = models.ForeignKey(Membership, models.PROTECT, related_name="saved_filters")
    name = models.CharField(_("name"), max_length=100)
    filters = models.JSONField(_("filter"), default=dict)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("saved filter")
        verbose_name_plural = _("saved filters")
        ordering = ["owner_id", "name"]
        constraints = [
            unique("saved_filter_name", "owner", "name", message=_("You have a filter of this name.")),
            check("saved_filter_name_given", ~Q(name=""), "A saved filter needs a name."),
        ]

    def __str__(self) -> str:
        return self.name
