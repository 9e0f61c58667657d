"""Identities at a provider (OpenID Connect) and the accounts they are linked to.

An identity is its issuer and its subject, and nothing else. An e-mail, verified there or not, never finds an account:
somebody logged in links the two, knowingly.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from annotations.errors import Refused
from annotations.models import ExternalIdentity, User

from .acts import record


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom a provider vouches for; `name` is shown to the person, and binds nothing."""

    issuer: str
    subject: str
    name: str = ""


def person_of(identity: Identity) -> User | None:
    """Find whose account an identity is linked to, and note that it was used; at most 2 queries.

    An account that was shut out is nobody's.
    """
    rows = ExternalIdentity.objects.filter(issuer=identity.issuer, subject=identity.subject)
    row = rows.select_related("user").filter(user__is_active=True).first()
    if row is None:
        return None
    ExternalIdentity.objects.filter(pk=row.pk).update(last_used_at=timezone.now())
    return row.user


def is_linked(identity: Identity) -> bool:
    """Tell whether an identity has an account, shut out or not; 1 query."""
    return ExternalIdentity.objects.filter(issuer=identity.issuer, subject=identity.subject).exists()


def link_identity(identity: Identity, user: User) -> ExternalIdentity:
    """Link an identity to an account. Doing so twice is no error; one that is another's is `Refused`."""
    found = ExternalIdentity.objects.filter(issuer=identity.issuer, subject=identity.subject).first()
    if found is not None and found.user_id == user.pk:
        return found
    try:
        with transaction.atomic():
            row = ExternalIdentity.objects.create(
                user=user, issuer=identity.issuer, subject=identity.subject, name=identity.name[:254]
            )
            after = {"issuer": identity.issuer}
            record(None, "identity.linked", "user", user.uuid, after=after, text={"name": row.name}, user=user)
            return row
    except IntegrityError:
        message = _("This identity belongs to another account, or your account has one there already.")
        raise Refused("identity_taken", message) from None


@transaction.atomic
def unlink_identity(row: ExternalIdentity, *, by: User) -> bool:
    """Take an identity off its account. Raises `Refused` where it is the person's own last way in."""
    if by.pk == row.user_id and not row.user.has_usable_password():
        message = _("You have no password, so this is your only way in. Ask an administrator for a password first.")
        raise Refused("last_way_in", message)
    deleted, _rows = ExternalIdentity.objects.filter(pk=row.pk).delete()
    if deleted:
        record(None, "identity.unlinked", "user", row.user.uuid, before={"issuer": row.issuer}, user=by)
    return bool(deleted)
