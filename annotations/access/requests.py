"""What makes a repeated request known."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson


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
