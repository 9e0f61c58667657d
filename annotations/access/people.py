"""Finding the person of a session, at every request."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.db.models import BigIntegerField

from annotations.models import User
from workbench.ready_query import Given, ReadyQuery

_PERSON = ReadyQuery(lambda: User.objects.filter(pk=Given("user", BigIntegerField())))


class PeopleBackend(ModelBackend):
    """Django's check of names and passwords; reads who is logged in by a ready query."""

    def get_user(self, user_id: Any) -> User | None:
        """Return the person, or None where there is none or they may no longer log in."""
        found = _PERSON.first(user=user_id)
        return found if found is not None and self.user_can_authenticate(found) else None
