"""Finding the person of a session, at every request, and whether they must have shown a second factor."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.db.models import BigIntegerField

from annotations.models import Membership, User
from workbench.ready_query import Given, ReadyQuery

_PERSON = ReadyQuery(lambda: User.objects.filter(pk=Given("user", BigIntegerField())))


class PeopleBackend(ModelBackend):
    """Django's check of names and passwords; reads who is logged in by a ready query."""

    def get_user(self, user_id: Any) -> User | None:
        """Return the person, or None where there is none or they may no longer log in."""
        found = _PERSON.first(user=user_id)
        return found if found is not None and self.user_can_authenticate(found) else None


def must_have_second_factor(user: User) -> bool:
    """Tell whether this installation asks a second factor of the person; at most 1 query.

    `WORKBENCH_SECOND_FACTOR` says of whom: nobody, or administrators, staff and whoever manages a project.
    """
    if settings.WORKBENCH_SECOND_FACTOR != "managers":
        return False
    return user.is_staff or manages_anything(user)


def manages_anything(user: User) -> bool:
    """Tell whether a person administrates the installation or manages a project; at most 1 query."""
    if user.is_superuser:
        return True
    return Membership.objects.filter(user=user, role=Membership.Role.MANAGER, ended_at__isnull=True).exists()
