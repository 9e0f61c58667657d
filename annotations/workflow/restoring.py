"""Making what was there before an act current again: as a new state, so that nothing of the history is lost.

Who may change a thing may do this, by the same rules: its owner, before the article is handed in; what is known of an
article, whoever edits articles; a zone, whoever marks zones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from annotations.access import Act, allows
from annotations.errors import NotThere, Refused
from annotations.models import (
    Annotation,
    Article,
    ArticleLabel,
    AuditEvent,
    Claim,
    ClaimMention,
    EvidenceItem,
    Membership,
    Region,
    Relation,
)

from .acts import Request
from .annotating import revert_annotation
from .articles import revert_details
from .claiming import may_change, revert_claim, revert_mention
from .evidence import revert_evidence
from .relating import revert_article_label, revert_relation
from .zoning import revert_zone


@dataclass(frozen=True, slots=True)
class Restored:
    """What is current again: the kind of thing, its key, and the number of its new state."""

    kind: str
    key: UUID
    version: int


CHANGES = ("changed", "withdrawn", "reverted")
_BY_STATE: dict[str, Callable[..., Any]] = {
    "annotation": revert_annotation,
    "relation": revert_relation,
    "article_label": revert_article_label,
    "claim": revert_claim,
    "mention": revert_mention,
    "evidence": revert_evidence,
    "zone": revert_zone,
}
_ROWS: dict[str, tuple[type[Any], str, str]] = {
    "annotation": (Annotation, "key", "version_number"),
    "relation": (Relation, "key", "version_number"),
    "article_label": (ArticleLabel, "key", "version_number"),
    "claim": (Claim, "key", "version_number"),
    "mention": (ClaimMention, "key", "version_number"),
    "evidence": (EvidenceItem, "key", "version_number"),
    "zone": (Region, "uuid", "version_number"),
    "article": (Article, "uuid", "revision"),
}


def keeps_earlier(event: AuditEvent) -> bool:
    """Tell whether an act kept what was there before it, and that stood; its text is loaded already."""
    if event.object_type == "article":
        text = getattr(event, "text", None)
        return event.verb in ("article.changed", "article.reverted") and text is not None and "earlier" in text.values
    is_change = event.object_type in _BY_STATE and event.verb.partition(".")[2] in CHANGES
    return is_change and "version" in event.before and not event.before.get("withdrawn")


def restore_before(event: UUID, *, by: Membership, base_version: int, request: Request | None = None) -> Restored:
    """Make what was there before an act current again; `base_version` is the state that the client knows of.

    Raises `NotThere` for an act one may not see, `Refused` for one that kept nothing, and what changing its thing does.
    """
    found = AuditEvent.objects.select_related("text").filter(project_id=by.project_id, uuid=event).first()
    if found is None:
        raise NotThere("act_not_found", _("There is no such act, or you may not see it."))
    if found.object_type == "article" and keeps_earlier(found):
        article = revert_details(UUID(found.object_key), found, by=by, base_revision=base_version, request=request)
        return Restored("article", article.uuid, article.revision)
    revert = _BY_STATE.get(found.object_type)
    if revert is None or not keeps_earlier(found):
        if found.actor_id != by.pk and not allows(by, Act.SEE_AUDIT):
            raise NotThere("act_not_found", _("There is no such act, or you may not see it."))
        raise Refused("nothing_to_restore", _("This act kept nothing that could be brought back."))
    key = UUID(found.object_key)
    row = revert(key, found.before["version"], by=by, base_version=base_version, request=request)
    return Restored(found.object_type, key, row.version_number)


def present_versions(events: Iterable[AuditEvent], by: Membership) -> dict[UUID, int]:
    """Return for acts whose before can be brought back the present state's number of their things, by the act's UUID.

    Only those that the membership may change are named; at most 8 queries, one a kind of thing.
    """
    asked: dict[str, dict[str, list[UUID]]] = {}
    for event in events:
        if keeps_earlier(event):
            asked.setdefault(event.object_type, {}).setdefault(event.object_key, []).append(event.uuid)
    found: dict[UUID, int] = {}
    for kind, named in asked.items():
        model, key, number = _ROWS[kind]
        rows = model.objects.filter(project_id=by.project_id, **{f"{key}__in": list(named)})
        for row in rows.select_related("project") if kind == "claim" else rows:
            if _may_change(kind, row, by):
                for uuid in named[str(getattr(row, key))]:
                    found[uuid] = getattr(row, number)
    return found


def _may_change(kind: str, row: Any, by: Membership) -> bool:
    if kind == "article":
        return allows(by, Act.EDIT_ARTICLES)
    if kind == "zone":
        return allows(by, Act.MARK_ZONES)
    if kind == "claim":
        return may_change(row, by)
    return row.created_by_id == by.pk and allows(by, Act.ANNOTATE)
