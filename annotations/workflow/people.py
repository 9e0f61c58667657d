"""Making an account for somebody who is to have a part in a project."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from annotations.access import Act, require
from annotations.access.creating import require_creation_of_accounts
from annotations.errors import Refused
from annotations.models import Membership, User

from .projects import add_member

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account just made; the password is known here only and is handed on once."""

    member: Membership
    password: str


@transaction.atomic
def add_new_account(username: str, role: str, *, by: Membership) -> NewAccount:
    """Make an account with a password nobody chose, and give it a part in the project.

    Raises `Forbidden` where this installation leaves accounts to its staff, `Refused` for a name that is taken
    or not allowed.
    """
    require(by, Act.MANAGE_MEMBERS)
    assert by.user is not None  # a part known from a file only can do nothing
    require_creation_of_accounts(by.user)
    user = User(username=username.strip())
    password = _password()
    user.set_password(password)
    try:
        user.full_clean()
    except ValidationError as error:
        messages = " ".join(message for messages in error.message_dict.values() for message in messages)
        raise Refused("account_invalid", messages or _("This name cannot be used."), field="person") from None
    user.save()
    return NewAccount(add_member(user, role, by=by), password)


def _password() -> str:
    """Return four groups of five letters and digits that look like no others: about 98 bits."""
    return "-".join("".join(secrets.choice(_LETTERS) for _place in range(5)) for _group in range(4))
