"""Finding a person for a command, which knows only their log-in name."""

from __future__ import annotations

from django.utils.translation import gettext as _

from annotations.errors import NotThere
from annotations.models import User


def user_named(username: str) -> User:
    """Find a person who can log in, or raise `NotThere`."""
    user = User.objects.filter(username=username, is_active=True).first()
    if user is None:
        raise NotThere("user_not_found", _("There is nobody with the log-in name “%(name)s”.") % {"name": username})
    return user
