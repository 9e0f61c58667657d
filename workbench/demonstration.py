"""The demonstration's accounts, whose password is public, and the check that keeps them out of production."""

from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.checks import Error, register
from django.db import DatabaseError

from workbench.safety import UnsafeSettings

ACCOUNTS = ("ada", "ben", "rosa", "mia")
PASSWORD = "read-annotate-check"  # noqa: S105 - public on purpose; production refuses it


def accounts_with_the_public_password() -> list[str]:
    """Name the accounts that anyone who read this file could enter; at most one query and four password checks."""
    people = get_user_model()._default_manager.filter(username__in=ACCOUNTS, is_active=True)
    try:
        return sorted(person.get_username() for person in people if person.check_password(PASSWORD))
    except DatabaseError:  # not migrated yet, or not reachable: nobody can log in either
        return []


def refuse_public_passwords() -> None:
    """Stop a production server that still has demonstration log-ins; called where servers start."""
    if settings.WORKBENCH_MODE != "production":
        return
    faults = [_sentence(name) for name in accounts_with_the_public_password()]
    if faults:
        raise UnsafeSettings(faults)


@register(deploy=True)
def check_public_passwords(**kwargs: Any) -> list[Error]:
    """Say the same in `workbench check --deploy`."""
    return [Error(_sentence(name), id="workbench.E001") for name in accounts_with_the_public_password()]


def _sentence(name: str) -> str:
    return (
        f'The account "{name}" still has the demonstration\'s public password. '
        f"Set another with `workbench changepassword {name}`, or make the account inactive."
    )
