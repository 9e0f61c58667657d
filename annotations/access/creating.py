"""Who may make projects, and accounts for others: the one rule that stands outside any project.

An account can be handed to anybody, and whoever makes a project may make accounts in it: so both are one question.
`WORKBENCH_PROJECT_CREATION` answers it for an installation.
"""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import gettext as _

from annotations.errors import Forbidden
from annotations.models import User

ANYONE = "anyone"


def may_create(user: User) -> bool:
    """Tell whether a person may make projects and accounts: anyone who can log in, or staff only."""
    if not user.is_active:
        return False
    return settings.WORKBENCH_PROJECT_CREATION == ANYONE or user.is_staff or user.is_superuser


def require_creation_of_projects(user: User) -> None:
    """Raise `Forbidden` where the person may not make projects here."""
    if not may_create(user):
        message = _("Only the staff of this installation make projects. Ask them for one, or to be added to one.")
        raise Forbidden("creation_not_allowed", message)


def require_creation_of_accounts(user: User) -> None:
    """Raise `Forbidden` where the person may not make accounts here."""
    if not may_create(user):
        message = _("Only the staff of this installation make accounts. People who have one can be added here.")
        raise Forbidden("creation_not_allowed", message)
