"""What makes a repeated request known, and what it was carried out as before."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from django.core.files.base import File
from django.utils.translation import gettext as _

from annotations.errors import Conflict
from annotations.models import AuditEvent, Membership


@dataclass(frozen=True, slots=True)
class Request:
    """What makes a repeated request known: the client's key and the digest of what it asked for."""

    key: UUID
    digest: bytes

    @classmethod
    def of(cls, key: UUID, *parts: Any) -> Request:
        """Build one from the key and the parts of the request that say what is asked."""
        body = orjson.dumps(parts, option=orjson.OPT_SORT_KEYS, default=str)
        return cls(key, hashlib.sha256(body).digest())


def earlier_act(by: Membership, request: Request | None) -> AuditEvent | None:
    """Find the act that this request was carried out as; 1 query.

    Raises `Conflict` (`key_reused`) where its key came with another body.
    """
    if request is None:
        return None
    found = AuditEvent.objects.select_related("text").filter(actor=by, request_key=request.key).first()
    if found is not None and bytes(found.request_digest or b"") != request.digest:
        message = _("This Idempotency-Key came with another request before. Make a new one.")
        raise Conflict("key_reused", message, field="key")
    return found


def sha256_of(file: File) -> str:
    """Hash an uploaded file, and wind it back."""
    digest = hashlib.sha256()
    for block in file.chunks():
        digest.update(block)
    file.seek(0)
    return digest.hexdigest()
