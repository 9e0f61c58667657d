"""Keys with which a person's programs speak to the API: issue, find, revoke."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from annotations.access import projects_of
from annotations.errors import NotThere, Refused
from annotations.models import ApiToken, Project, User

from .acts import record
from .administrating import note_account_change

PREFIX = "cw_"
LONGEST_LIFE = timedelta(days=366)
USE_IS_NOTED_EVERY = timedelta(minutes=1)


@transaction.atomic
def issue_token(
    user: User, name: str, *, expires_at: datetime, is_read_only: bool = False, project: Project | None = None
) -> tuple[ApiToken, str]:
    """Make a key; return its row and its secret, which is shown once and never stored."""
    if not name.strip():
        raise Refused("name_empty", _("Name the key, so that you know it again."), field="name")
    if not timezone.now() < expires_at <= timezone.now() + LONGEST_LIFE:
        raise Refused("expires_at_range", _("A key ends between now and a year from now."), field="expires_at")
    if project is not None and not projects_of(user).filter(pk=project.pk).exists():
        raise NotThere("project_not_found", _("There is no such project, or you have no part in it."))
    secret = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        user=user,
        name=name.strip()[:100],
        digest=_digest(secret),
        hint=secret[:8],
        is_read_only=is_read_only,
        project=project,
        expires_at=expires_at,
    )
    record(None, "token.issued", "token", token.uuid, after={"read_only": is_read_only}, user=user, project=project)
    return token, secret


@transaction.atomic
def revoke_token(token: ApiToken, *, user: User) -> None:
    """End one's own key at once. Revoking twice is no error."""
    if token.user_id != user.pk:
        raise NotThere("token_not_found", _("You have no such key."))
    if token.revoked_at is None:
        token.revoked_at = timezone.now()
        token.save(update_fields=["revoked_at"])
        record(None, "token.revoked", "token", token.uuid, user=user)


@transaction.atomic
def change_own_account(user: User, fields: Iterable[str]) -> None:
    """Save what a person changed of their own account; `fields` name the columns, which are set on the row already."""
    changed = sorted(fields)
    if changed:
        user.save(update_fields=changed)
        note_account_change(user, changed, by=user)


def token_of(secret: str) -> ApiToken | None:
    """Find the key a secret belongs to, if it is valid now; 1 query, and 1 more at most once a minute."""
    now = timezone.now()
    token = (
        ApiToken.objects.select_related("user", "project")
        .filter(digest=_digest(secret), revoked_at__isnull=True, expires_at__gt=now, user__is_active=True)
        .first()
    )
    if token is not None and (token.last_used_at is None or now - token.last_used_at > USE_IS_NOTED_EVERY):
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return token


def _digest(secret: str) -> bytes:
    """Digest a secret. It is random and long, so a plain hash is enough."""
    return hashlib.sha256(secret.encode()).digest()
