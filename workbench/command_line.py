"""The console script `workbench`, which does what `manage.py` does."""

import os
import sys


def main() -> None:
    """Run one of Django's commands; a refusal of the settings is one plain message, not a stack trace."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "workbench.settings")
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        settings.INSTALLED_APPS  # noqa: B018 - reading it loads the settings
    except ImproperlyConfigured as refusal:
        sys.exit(str(refusal))
    execute_from_command_line(sys.argv)
