"""Inviting people by a link: making one, taking it with an account or making one with it, withdrawing it.

The secret of a link is shown once and never stored; its digest finds the row. Whoever holds a link may take it, so it
ends by itself, is counted, and is worth nothing once its maker may no longer invite.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from annotations.access import Act, allows, require
from annotations.access.creating import may_create
from annotations.errors import Forbidden, NotThere, Refused
from annotations.models import Invitation, Membership, Project, User

from .acts import record
from .identities import Identity, link_identity
from .people import make_account
from .projects import check_role, create_membership

USUAL_DAYS, MOST_DAYS = 7, 90
MOST_PEOPLE = 500


@dataclass(frozen=True, slots=True)
class NewInvitation:
    """What a manager says of a link: the part it gives, for whom, how long, how many people may take it."""

    role: str
    memo: str = ""
    days: int = USUAL_DAYS
    most_uses: int = 1


@dataclass(frozen=True, slots=True)
class NewPerson:
    """What somebody without an account says of themselves. Without a password a provider vouches for them."""

    username: str
    password: str | None
    display_name: str = ""
    email: str = ""


@transaction.atomic
def invite(new: NewInvitation, *, by: Membership) -> tuple[Invitation, str]:
    """Make a link that gives a part in the project; return its row and its secret, which is stored nowhere."""
    require(by, Act.MANAGE_MEMBERS)
    check_role(new.role)
    if not 1 <= new.days <= MOST_DAYS:
        message = _("A link works for 1 to %(most)s days, not %(value)s.")
        raise Refused("days_range", message % {"most": MOST_DAYS, "value": new.days}, field="days")
    if not 1 <= new.most_uses <= MOST_PEOPLE:
        message = _("A link is for 1 to %(most)s people, not %(value)s.")
        raise Refused("most_uses_range", message % {"most": MOST_PEOPLE, "value": new.most_uses}, field="most_uses")
    secret = secrets.token_urlsafe(32)
    row = Invitation.objects.create(
        project_id=by.project_id,
        role=new.role,
        memo=new.memo.strip()[:254],
        digest=_digest(secret),
        created_by=by,
        expires_at=timezone.now() + timedelta(days=new.days),
        most_uses=new.most_uses,
    )
    after = {"role": row.role, "days": new.days, "most_uses": row.most_uses}
    record(by, "invitation.made", "invitation", row.uuid, after=after, text={"memo": row.memo} if row.memo else None)
    return row, secret


@transaction.atomic
def withdraw_invitation(uuid: UUID, *, by: Membership) -> Invitation:
    """Make a link worthless at once. Doing so twice is no error."""
    require(by, Act.MANAGE_MEMBERS)
    rows = Invitation.objects.select_for_update(of=("self",)).select_related("created_by__user")
    row = rows.filter(project_id=by.project_id, uuid=uuid).first()
    if row is None:
        raise NotThere("invitation_not_found", _("There is no such invitation in this project."))
    if row.withdrawn_at is None:
        row.withdrawn_at = timezone.now()
        row.save(update_fields=["withdrawn_at"])
        record(by, "invitation.withdrawn", "invitation", row.uuid, after={"use_count": row.use_count})
    return row


def invitations_of(project: Project) -> QuerySet[Invitation]:
    """Return the links of a project that can still be taken, the newest first."""
    rows = Invitation.objects.select_related("created_by__user").filter(project=project, withdrawn_at__isnull=True)
    return rows.filter(expires_at__gt=timezone.now(), use_count__lt=F("most_uses")).order_by("-pk")


def invitation_by(secret: str, user: User | None = None) -> Invitation:
    """Find the link that a secret belongs to and that can be taken now; 1 or 2 queries.

    For a member it is found when it was taken, so that who sends the form twice is told that they are in.

    Raises `NotThere` for a wrong secret, `Refused` saying why for a link that is over.
    """
    return _usable(Invitation.objects.all(), secret, user)


def part_of(user: User, invitation: Invitation) -> Membership | None:
    """Return the part that a person has, or had, in the project they are invited to; 1 query."""
    return Membership.objects.filter(project_id=invitation.project_id, user=user).first()


@transaction.atomic
def take_invitation(secret: str, user: User) -> Membership:
    """Join the project with an account one has. Who is a member keeps the role they have, and the link is not spent.

    Raises `Refused` for somebody whose part was ended: a manager gives it back, not a link handed out earlier.
    """
    row = _locked(secret, user)
    earlier = part_of(user, row)
    if earlier is not None and earlier.ended_at is None:
        return earlier
    if earlier is not None:
        message = _("Your part in this project was ended. Ask one of its managers to add you again.")
        raise Refused("part_ended", message)
    return _join(row, user)


@transaction.atomic
def take_invitation_anew(secret: str, person: NewPerson, identity: Identity | None = None) -> Membership:
    """Make an account and join with it. Raises `Refused` by field, and keeps the link for the next try.

    Whom a provider vouches for gets an account that `identity` opens, and no password.
    """
    row = _locked(secret)
    require_new_people(row)
    if identity is None:
        _check_password(person)
    user = make_account(person.username, person.password, display_name=person.display_name[:150], email=person.email)
    text = {"username": user.username, "display_name": user.display_name, "email": user.email}
    record(None, "account.added", "user", user.uuid, after={"fields": ["username"]}, text=text, user=user)
    if identity is not None:
        link_identity(identity, user)
    return _join(row, user)


def require_new_people(invitation: Invitation) -> None:
    """Raise `Forbidden` where this installation leaves accounts to its staff, and none of them invited."""
    maker = invitation.created_by.user
    if settings.WORKBENCH_INVITATIONS == "known" and not (maker is not None and may_create(maker)):
        message = _("Here the staff make accounts. Ask them for one, log in, and open the link again.")
        raise Forbidden("account_needed", message)


def _join(row: Invitation, user: User) -> Membership:
    part = create_membership(row.project, user, row.role)
    row.use_count += 1
    row.save(update_fields=["use_count"])
    after = {"role": row.role, "invitation": str(row.uuid)}
    record(part, "member.joined", "membership", part.uuid, after=after)
    return part


def _locked(secret: str, user: User | None = None) -> Invitation:
    """Lock the project, then the link: of two who take the last place at once, the second is told."""
    row = invitation_by(secret, user)
    Project.objects.select_for_update().get(pk=row.project_id)
    return _usable(Invitation.objects.select_for_update(of=("self",)), secret, user)


def _usable(rows: QuerySet[Invitation], secret: str, user: User | None = None) -> Invitation:
    rows = rows.select_related("project", "created_by__project", "created_by__user")
    row = rows.filter(digest=_digest(secret)).first()
    if row is None:
        message = _("This is no invitation. Check that you have the whole link, or ask for a new one.")
        raise NotThere("invitation_unknown", message)
    maker = row.created_by
    may_invite = maker.user is not None and maker.user.is_active and allows(maker, Act.MANAGE_MEMBERS)
    if row.withdrawn_at is not None or not may_invite:
        raise Refused("invitation_withdrawn", _("This invitation was withdrawn. Ask for a new one."))
    if row.use_count >= row.most_uses and not (user is not None and _is_member(user, row)):
        raise Refused("invitation_used", _("This invitation was taken already. Ask for a new one."))
    if row.expires_at <= timezone.now():
        raise Refused("invitation_expired", _("The time of this invitation is over. Ask for a new one."))
    return row


def _is_member(user: User, row: Invitation) -> bool:
    part = part_of(user, row)
    return part is not None and part.ended_at is None


def _check_password(person: NewPerson) -> None:
    try:
        validate_password(
            person.password or "", User(username=person.username, email=person.email, display_name=person.display_name)
        )
    except ValidationError as error:
        raise Refused("password_weak", " ".join(error.messages), field="password") from None


def _digest(secret: str) -> bytes:
    """Digest a secret. It is random and long, so a plain hash is enough."""
    return hashlib.sha256(secret.encode()).digest()
