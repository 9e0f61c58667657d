"""Tells Django what the application is called."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AnnotationsConfig(AppConfig):
    """The one application of the workbench."""

    name = "annotations"
    verbose_name = _("Claim Workbench")
