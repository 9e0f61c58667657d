"""A new password for who forgot theirs: by a link that works once and for an hour.

The link is Django's: it is made of the old password's hash and the last log-in, so it is stored nowhere, and is worth
nothing after either changed. It gives no session: whoever used it logs in, second factor and all.
"""

from __future__ import annotations

import logging
import threading
from uuid import UUID

from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from annotations.errors import NotThere, Refused, WorkbenchError
from annotations.models import User

from .acts import record
from .administrating import require_superuser
from .mailing import send_mail, sends_mail

logger = logging.getLogger("annotations.accounts")
Letter = tuple[str, str, str]
"""To whom, about what, and the words."""
MOST_ACCOUNTS = 5
"""So many accounts with one e-mail get a mail; more would be a flood."""


class _Links(PasswordResetTokenGenerator):
    key_salt = "annotations.workflow.resetting"


_links = _Links()


@transaction.atomic
def make_reset_link(person: User, *, by: User) -> str:
    """Return the secret of a link for somebody's new password, to hand on; for administrators."""
    require_superuser(by)
    if not person.is_active:
        raise Refused("account_inactive", _("This account is not active."))
    record(None, "password.link_made", "user", person.uuid, user=by)
    return _secret_of(person)


def accounts_to_mail(name: str) -> list[User]:
    """Return whose password is meant by a user name or an e-mail: active accounts that have both."""
    active = User.objects.filter(is_active=True).exclude(email="")
    asked = name.strip()
    found = active.filter(username=asked) or (active.filter(email__iexact=asked) if "@" in asked else active.none())
    return [user for user in found[:MOST_ACCOUNTS] if user.has_usable_password()]


def mail_reset_links(name: str, address_of_link: str) -> None:
    """Mail a link to whoever is meant, beside the request: how long it takes must not tell whether there is anybody.

    `address_of_link` holds `SECRET` where the secret belongs.
    """
    if not sends_mail():
        raise Refused("no_mail_server", _("No mail server is set up here. Ask an administrator for a link."))
    letters = [_letter(user, address_of_link) for user in accounts_to_mail(name)]
    threading.Thread(target=_send, args=(letters,), daemon=True).start()


def person_of_link(secret: str) -> User:
    """Find whose password a link is for; 1 query. Raises `NotThere` for a wrong, used or late one."""
    return _person(secret, is_locked=False)


@transaction.atomic
def reset_password(secret: str, password: str) -> User:
    """Set the password that a link is for; all sessions of the person end. Of two who use it at once, one does."""
    user = _person(secret, is_locked=True)
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Refused("password_weak", " ".join(error.messages), field="password") from None
    user.set_password(password)
    user.save(update_fields=["password"])
    record(None, "password.reset", "user", user.uuid, user=user)
    return user


def _letter(user: User, address_of_link: str) -> Letter:
    link = address_of_link.replace("SECRET", _secret_of(user))
    with override(user.language or None):
        text = _(
            "Somebody, probably you, asked for a new password for “%(name)s”. Set it here within the hour:\n\n"
            "%(link)s\n\nIf it was not you, leave this mail: nothing is changed."
        )
        return user.email, _("A new password"), text % {"name": user.get_username(), "link": link}


def _send(letters: list[Letter]) -> None:
    for letter in letters:
        try:
            send_mail(*letter)
        except WorkbenchError:
            logger.warning("a link for a new password was not sent")


def _secret_of(user: User) -> str:
    return f"{user.uuid.hex}.{_links.make_token(user)}"


def _person(secret: str, *, is_locked: bool) -> User:
    name, _dot, token = secret.partition(".")
    rows = User.objects.select_for_update() if is_locked else User.objects.all()
    try:
        user = rows.filter(uuid=UUID(name), is_active=True).first()
    except ValueError:
        user = None
    if user is None or not _links.check_token(user, token):
        message = _("This link was used already, its hour is over, or it is not whole. Ask for a new one.")
        raise NotThere("link_over", message)
    return user
