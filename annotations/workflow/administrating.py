"""What an administrator of this installation does: rescue projects, keep accounts, end keys, lift waits.

Acts inside a project need a membership. `manager_part_of` is the one rule by which the admin gets it.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from annotations.access.login import forget_name
from annotations.errors import Forbidden, NotThere, Refused
from annotations.models import ApiToken, LoginThrottle, Membership, Project, User

from .acts import record
from .projects import free_pseudonym
from .second_factor import end_sessions

_TEXT = ("username", "display_name", "email", "first_name", "last_name")


@transaction.atomic
def manager_part_of(user: User, project: Project) -> Membership:
    """Return the part through which a person manages the project from the admin.

    Whoever manages it already acts through that part. A superuser without a part joins as a manager on the
    first act: a membership like any other, seen by the team and recorded as `member.joined_as_admin`. A part
    of another role is never raised, because an annotator of a blind project must not look behind it.
    """
    Project.objects.select_for_update().get(pk=project.pk)  # two first acts at once must make one part
    part = Membership.objects.select_related("project").filter(project=project, user=user).first()
    if part is not None and part.ended_at is None:
        if part.role == Membership.Role.MANAGER:
            return part
        message = _("In this project you are %(role)s, so you do not manage it. Ask one of its managers.")
        raise Forbidden("not_manager", message % {"role": part.get_role_display()})
    if not (user.is_superuser and user.is_active):
        raise NotThere("project_not_found", _("There is no such project, or you have no part in it."))
    return _join(part or Membership(project=project, user=user, pseudonym=free_pseudonym(project)))


@transaction.atomic
def note_account_change(person: User, fields: list[str], *, by: User, is_new: bool = False) -> None:
    """Record that an account was made or changed; call it in the transaction that saves the row."""
    after: dict[str, Any] = {"fields": sorted(fields)}
    after |= {name: getattr(person, name) for name in ("is_active", "is_staff", "is_superuser")}
    text = {name: getattr(person, name) for name in _TEXT if is_new or name in fields}
    verb = "account.added" if is_new else "account.changed"
    record(None, verb, "user", person.uuid, after=after, text=text, user=by)


@transaction.atomic
def set_active(person: User, is_active: bool, *, by: User) -> bool:
    """Let a person in again, or shut them out at once: sessions and API keys stop. Return whether that is news."""
    if person.pk == by.pk and not is_active:
        raise Refused("own_account", _("You cannot deactivate your own account. Ask another administrator."))
    locked = User.objects.select_for_update().get(pk=person.pk)
    if locked.is_active == is_active:
        return False
    locked.is_active = is_active
    locked.save(update_fields=["is_active"])
    note_account_change(locked, ["is_active"], by=by)
    if not is_active:
        end_access(locked, by=by)
    return True


def end_access(person: User, *, by: User) -> None:
    """End sessions and API keys of an account that was shut out, in the caller's transaction.

    They do not come back with it: whoever is let in again logs in, and makes new keys.
    """
    end_sessions(person)
    for token in ApiToken.objects.filter(user=person, revoked_at__isnull=True):
        end_token(token, by=by)


def account_for(by: User, uuid: UUID) -> User:
    """Find an account for an administrator. Raises `Forbidden` for anybody else, `NotThere`."""
    require_superuser(by)
    found = User.objects.filter(uuid=uuid).first()
    if found is None:
        raise NotThere("user_not_found", _("There is no such account."))
    return found


def require_superuser(user: User) -> None:
    """Raise `Forbidden` where somebody does not administrate this installation."""
    if not (user.is_active and user.is_superuser):
        raise Forbidden("superuser_needed", _("Only administrators of this installation may do this."))


@transaction.atomic
def end_token(token: ApiToken, *, by: User) -> bool:
    """Revoke anybody's API key; return whether it still worked."""
    if ApiToken.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=timezone.now()) == 0:
        return False
    record(None, "token.revoked", "token", token.uuid, user=by)
    return True


@transaction.atomic
def lift_wait(throttle: LoginThrottle, *, by: User) -> None:
    """Forget the failed log-ins that one counter holds."""
    record(None, "login.wait_lifted", "login_throttle", throttle.pk, before={"failures": throttle.failures}, user=by)
    throttle.delete()


@transaction.atomic
def lift_wait_of(person: User, *, by: User) -> None:
    """Forget the failed log-ins that were counted against an account."""
    failures = forget_name(person.get_username())
    record(None, "login.wait_lifted", "user", person.uuid, before={"failures": failures}, user=by)


def _join(part: Membership) -> Membership:
    part.role, part.ended_at = Membership.Role.MANAGER, None
    part.save()
    record(part, "member.joined_as_admin", "membership", part.uuid, after={"role": part.role})
    return part
