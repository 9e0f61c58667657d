"""How an act is carried out once and recorded: the client's request key, the audit, the replay."""

from __future__ import annotations

import logging
import random
import re
import time
from collections.abc import Callable
from typing import Any, TypeVar

from django.db import IntegrityError, OperationalError, connection, transaction
from django.utils.translation import gettext as _

from annotations.access.requests import Request, earlier_act
from annotations.errors import Conflict, WorkbenchError
from annotations.failpoints import failpoint
from annotations.models import AuditEvent, AuditText, Membership, Project, User

T = TypeVar("T")
logger = logging.getLogger(__name__)
MOST_TRIES = 3
PAUSE = 0.05
IN_THE_WAY = frozenset({"40001", "40P01"})
"""PostgreSQL rolled a transaction back for another's sake, wholly: it could not be serialised, or both waited."""
_KEY = re.compile(r'"\w+_key"|\.(?:key|uuid)\b')
"""How both databases name in an error the unique column that holds a client's key."""


def record(
    by: Membership | None,
    verb: str,
    object_type: str,
    object_key: Any,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    text: dict[str, Any] | None = None,
    request: Request | None = None,
    project: Project | None = None,
    user: User | None = None,
    acting_for: Membership | None = None,
) -> AuditEvent:
    """Write one act, in the act's own transaction; 1 or 2 queries.

    Free and personal text goes into `text`. `acting_for` is whose work it was, where somebody else did it for them.
    """
    failpoint("act.between_writes")
    event = AuditEvent.objects.create(
        project_id=by.project_id if by else project.pk if project else None,
        actor_id=by.pk if by else None,
        acting_for_id=acting_for.pk if acting_for and acting_for != by else None,
        user_uuid=user.uuid if user else None,
        verb=verb,
        object_type=object_type,
        object_key=str(object_key),
        before=before or {},
        after=after or {},
        request_key=request.key if request else None,
        request_digest=request.digest if request else None,
    )
    if text:
        AuditText.objects.create(event=event, values=text)
    return event


def carry_out_once(by: Membership, request: Request | None, act: Callable[[], T], find: Callable[[], T | None]) -> T:
    """Run `act` in one transaction; where this request was carried out before, answer with `find`.

    A repeated request fails on a unique key, a stale version or a state that has moved on; only then
    is the earlier act looked up, so that the usual case costs nothing. Raises `Conflict` (`key_reused`)
    where the key came with another body, and (`key_taken`) where another request, or somebody else, took it.
    """
    try:
        return _carried_out(act)
    except (IntegrityError, WorkbenchError) as error:
        done_before, found = earlier_act(by, request) is not None, find()
        if done_before and found is not None:
            return found
        if isinstance(error, IntegrityError) and (found is not None or _KEY.search(str(error))):
            raise Conflict("key_taken", _("This key names something else already. Make a new key.")) from None
        raise


def _carried_out(act: Callable[[], T]) -> T:
    """Run an act in a transaction of its own; again, a few times, where it got in another's way (FT-4)."""
    for tries_left in range(MOST_TRIES - 1, -1, -1):
        try:
            with transaction.atomic():
                result = act()
                failpoint("act.before_commit")
            failpoint("act.after_commit")
            return result
        except OperationalError as error:
            is_within_another = connection.in_atomic_block
            if is_within_another or not tries_left or getattr(error.__cause__, "sqlstate", "") not in IN_THE_WAY:
                raise
            logger.info("act met another", extra={"sqlstate": getattr(error.__cause__, "sqlstate", "")})
            time.sleep(random.uniform(0, PAUSE))  # noqa: S311 -- so that the two do not meet again
    raise AssertionError("unreachable")


def counted_before(by: Membership, request: Request | None, name: str) -> int | None:
    """Return the count that the act of this request was recorded with, or None where there was none; 1 query."""
    if request is None:
        return None
    counts = AuditEvent.objects.filter(actor=by, request_key=request.key).values_list(f"after__{name}", flat=True)
    return counts.first()
