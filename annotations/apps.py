"""Tells Django what the application is called, and keeps the database's guards in place."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class AnnotationsConfig(AppConfig):
    """The one application of the workbench."""

    name = "annotations"
    verbose_name = _("Claim Workbench")

    def ready(self) -> None:
        """Have the guards taken away before a migration and put back after it."""
        from annotations.models import guards

        pre_migrate.connect(guards.remove_triggers, sender=self)
        post_migrate.connect(guards.install_guards, sender=self)
