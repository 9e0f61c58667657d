"""How projects, members, labels, guidelines, keys and acts look in JSON."""

from __future__ import annotations

from annotations.access import Act, allows
from annotations.models import (
    ApiToken,
    AuditEvent,
    ExternalIdentity,
    GuidelinesVersion,
    Invitation,
    Label,
    LabelSet,
    Membership,
    Project,
    Publisher,
    User,
)
from annotations.workflow.projects import Starter
from annotations.workflow.sealing import Checkpoint

from .representations import Json, utc


def project_json(by: Membership) -> Json:
    """Represent a project as one of its members sees it; the project is loaded already."""
    project = by.project
    return {
        "slug": project.slug,
        "name": project.name,
        "description": project.description,
        "language": project.language,
        "visibility": project.visibility,
        "hides_outlets": project.hides_outlets,
        "annotators_per_article": project.annotators_per_article,
        "overlaps": project.overlaps,
        "queue_order": project.queue_order,
        "queue_seed": project.queue_seed,
        "lease_hours": project.lease_hours,
        "skip_reasons": project.skip_reasons,
        "submit_rules": project.submit_rules,
        "publishes": project.publishes,
        "published_as": project.published_as,
        "published_from": project.published_from,
        "revision": project.revision,
        "created_at": utc(project.created_at),
        "archived_at": utc(project.archived_at),
        "revealed_at": utc(project.revealed_at),
        "me": part_json(by),
    }


def part_json(by: Membership) -> Json:
    """Represent one's own part in a project, with what it allows."""
    acts = [act.value for act in Act if allows(by, act)]
    return {"uuid": str(by.uuid), "role": by.role, "pseudonym": by.pseudonym, "acts": acts}


def member_json(member: Membership) -> Json:
    """Represent a member, for managers; the user is loaded already."""
    return {
        "uuid": str(member.uuid),
        "role": member.role,
        "pseudonym": member.pseudonym,
        "username": member.user.get_username() if member.user else None,
        "name": member.user.get_full_name() if member.user else None,
        "created_at": utc(member.created_at),
        "ended_at": utc(member.ended_at),
    }


def invitation_json(invitation: Invitation) -> Json:
    """Represent an invitation, for managers; who made it is loaded already."""
    return {
        "uuid": str(invitation.uuid),
        "role": invitation.role,
        "memo": invitation.memo,
        "created_by": invitation.created_by.pseudonym,
        "created_at": utc(invitation.created_at),
        "expires_at": utc(invitation.expires_at),
        "most_uses": invitation.most_uses,
        "use_count": invitation.use_count,
        "withdrawn_at": utc(invitation.withdrawn_at),
    }


def identity_json(row: ExternalIdentity) -> Json:
    """Represent one's own identity at a provider."""
    return {
        "uuid": str(row.uuid),
        "issuer": row.issuer,
        "subject": row.subject,
        "name": row.name,
        "linked_at": utc(row.linked_at),
        "last_used_at": utc(row.last_used_at),
    }


def account_json(user: User) -> Json:
    """Represent an account, for administrators."""
    return {
        "uuid": str(user.uuid),
        "username": user.get_username(),
        "name": user.get_full_name(),
        "email": user.email,
        "is_active": user.is_active,
        "is_staff": user.is_staff,
        "is_superuser": user.is_superuser,
        "date_joined": utc(user.date_joined),
        "last_login": utc(user.last_login),
    }


def label_set_json(label_set: LabelSet | None, labels: list[Label]) -> Json:
    """Represent a label set with its labels; their parents are loaded already."""
    return {
        "name": label_set.name if label_set else "",
        "version": label_set.version if label_set else 0,
        "labels": [label_json(label) for label in labels],
    }


def label_json(label: Label) -> Json:
    """Represent a label."""
    return {
        "key": label.key,
        "name": label.name,
        "color": label.color,
        "shortcut": label.shortcut,
        "description": label.description,
        "parent": label.parent.key if label.parent else None,
        "applies_to": label.applies_to,
        "attributes": label.attributes,
    }


def guidelines_json(guidelines: GuidelinesVersion | None) -> Json:
    """Represent a wording of the guidelines; version 0 where there are none."""
    if guidelines is None:
        return {"version": 0, "text": "", "created_at": None}
    return {"version": guidelines.version, "text": guidelines.text, "created_at": utc(guidelines.created_at)}


def publisher_json(publisher: Publisher) -> Json:
    """Represent a publisher."""
    return {
        "uuid": str(publisher.uuid),
        "name": publisher.name,
        "domain": publisher.domain,
        "kind": publisher.kind,
    }


def starter_json(starter: Starter) -> Json:
    """Represent a label set to start a project with."""
    labels = [{"key": label.key, "name": label.name} for label in starter.labels]
    return {"key": starter.key, "name": starter.name, "description": starter.description, "labels": labels}


def audit_json(event: AuditEvent) -> Json:
    """Represent an act; its actor, whom it was done for, and its text are loaded already."""
    text = getattr(event, "text", None)
    return {
        "uuid": str(event.uuid),
        "verb": event.verb,
        "object_type": event.object_type,
        "object_key": event.object_key,
        "actor": event.actor.pseudonym if event.actor else None,
        "acting_for": event.acting_for.pseudonym if event.acting_for else None,
        "via": event.via,
        "before": event.before,
        "after": event.after,
        "text": text.values if text else {},
        "request_id": event.request_id,
        "created_at": utc(event.created_at),
    }


def checkpoint_json(found: Checkpoint) -> Json:
    """Represent where the chain of seals ends; how many acts this installation has is nobody's matter in a project."""
    return {"hash": found.hex, "sealed_at": utc(found.sealed_at)}


def token_json(token: ApiToken) -> Json:
    """Represent one's own key, without its secret; the project is loaded already."""
    project: Project | None = token.project
    return {
        "uuid": str(token.uuid),
        "name": token.name,
        "hint": token.hint,
        "is_read_only": token.is_read_only,
        "project": project.slug if project else None,
        "created_at": utc(token.created_at),
        "expires_at": utc(token.expires_at),
        "last_used_at": utc(token.last_used_at),
        "revoked_at": utc(token.revoked_at),
    }


def me_json(user: User, parts: list[Membership], token: ApiToken | None) -> Json:
    """Represent who is asking, and their parts in projects; those are loaded already."""
    return {
        "uuid": str(user.uuid),
        "username": user.get_username(),
        "name": user.get_full_name(),
        "language": user.language,
        "token": token_json(token) if token else None,
        "projects": [{"slug": part.project.slug, "name": part.project.name, "me": part_json(part)} for part in parts],
    }
