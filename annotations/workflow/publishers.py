"""Mending what is known of a publisher: its name, domain and kind."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction

from annotations.access import Act, require
from annotations.models import Membership, Publisher

from .acts import record
from .checked import check_row


@dataclass(frozen=True, slots=True)
class PublisherChange:
    """What is to be set; `None` leaves it as it is."""

    name: str | None = None
    domain: str | None = None
    kind: str | None = None


@transaction.atomic
def change_publisher(publisher: Publisher, change: PublisherChange, *, by: Membership) -> Publisher:
    """Set the name, domain or kind of a publisher; all its articles follow, as they point to the row."""
    require(by, Act.EDIT_ARTICLES)
    locked = Publisher.objects.select_for_update().get(pk=publisher.pk, project_id=by.project_id)
    values = {name: getattr(change, name) for name in ("name", "domain", "kind") if getattr(change, name) is not None}
    if not values:
        return locked
    before = {"kind": locked.kind} if "kind" in values else {}
    for name, value in values.items():
        setattr(locked, name, value.strip())
    check_row(locked)
    locked.save(update_fields=list(values))
    after = {"fields": sorted(values)} | ({"kind": locked.kind} if "kind" in values else {})
    text = {name: value for name, value in values.items() if name != "kind"}
    record(by, "publisher.changed", "publisher", locked.uuid, before=before, after=after, text=text)
    return locked
