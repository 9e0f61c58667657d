"""Django's sessions in the database, read by a ready query and noted by one statement."""

from __future__ import annotations

from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.models import Session
from django.db.models import CharField, DateTimeField
from django.utils import timezone

from workbench.ready_query import Given, ReadyQuery

LIVE_SESSION = ReadyQuery(
    lambda: Session.objects.filter(session_key=Given("key", CharField()), expire_date__gt=Given("now", DateTimeField()))
)


class SessionStore(db.SessionStore):
    """Where sessions are kept."""

    def _get_session_from_db(self) -> Session | None:
        found = LIVE_SESSION.first(key=self.session_key, now=timezone.now())
        if found is None:
            self._session_key = None
        return found

    def save(self, must_create: bool = False) -> None:
        """Write the session; a change of one that is there is a single statement, so it needs no transaction."""
        if must_create or self.session_key is None:
            super().save(must_create)
            return
        row = self.create_model_instance(self._get_session())  # type: ignore[attr-defined]
        changed = Session.objects.filter(pk=row.pk).update(session_data=row.session_data, expire_date=row.expire_date)
        if not changed:
            raise UpdateError  # it was ended in another request; saving must not bring it back
