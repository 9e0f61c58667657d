"""Log events as one JSON object a line: line breaks escaped, secrets blotted out, the request's identifier beside."""

import json
import logging
import re
import traceback
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote, urlsplit

from workbench.request_id import current_request_id

STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
PLAIN_TYPES = (str, int, float, bool, type(None))
BLOT = "[hidden]"
SECRET_PATTERNS = (
    re.compile(r"(?i)\b(authorization|cookie|set-cookie)(['\"]?\s*[:=]\s*)[^\r\n]+"),
    re.compile(r"(?i)\b(\w*(?:password|passwd|secret|token|sessionid|api_?key))(['\"]?\s*[:=]\s*)[^\s&,;)}]+"),
    re.compile(r"(?i)(\b\w{1,30}://[^\s:/@]*)(:)[^\s/@]+(?=@)"),
)
INVISIBLE = {
    code: f"\\u{code:04x}"
    for code in (*range(0x7F, 0xA0), 0x200E, 0x200F, 0x2028, 0x2029, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
}
"""Controls that JSON leaves as they are but a terminal or a log viewer would obey."""


class EventFormatter(logging.Formatter):
    """Write a record as JSON: time, level, logger, event, request id, then what came in `extra`."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        super().__init__()
        self.secrets = sorted({secret for secret in secrets if len(secret) >= 8}, key=len, reverse=True)

    def format(self, record: logging.LogRecord) -> str:
        """Give one line without line breaks inside."""
        event: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "event": self.without_secrets(record.getMessage()),
            "request_id": current_request_id(),
        }
        for name, value in vars(record).items():
            if name not in STANDARD and isinstance(value, PLAIN_TYPES):
                event[name] = self.without_secrets(value) if isinstance(value, str) else value
        if record.exc_info and record.exc_info[0]:
            event["error"] = self.without_secrets("".join(traceback.format_exception(*record.exc_info)))
        return json.dumps(event, ensure_ascii=False).translate(INVISIBLE)

    def without_secrets(self, text: str) -> str:
        """Blot out the program's own secrets and whatever stands after a name like `password=`."""
        for secret in self.secrets:
            text = text.replace(secret, BLOT)
        for pattern in SECRET_PATTERNS:
            text = pattern.sub(rf"\1\2{BLOT}", text)
        return text


def password_of(url: str) -> str:
    """Give the password inside an address such as DATABASE_URL, or nothing.

    >>> password_of("postgres://web:s%40fe@db/workbench")
    's@fe'
    """
    return unquote(urlsplit(url).password or "")


def logging_settings(*, level: str, secrets: Iterable[str]) -> dict[str, Any]:
    """Give Django's LOGGING (and gunicorn's): everything to standard error, in one format."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"event": {"()": EventFormatter, "secrets": list(secrets)}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "event"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"handlers": [], "level": level, "propagate": True},
            "django.server": {"handlers": [], "level": level, "propagate": True},
            "gunicorn.error": {"handlers": [], "level": level, "propagate": True},
            "gunicorn.access": {"handlers": [], "level": level, "propagate": True},
        },
    }
