"""Pages and the API wait a few seconds for a statement, jobs and commands longer. PostgreSQL alone can stop one."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created


def limit_statements() -> None:
    """Limit every connection that this process opens from now on; for processes that answer people."""
    connection_created.connect(_limit, dispatch_uid="workbench.statement_limit")


def was_too_slow(error: BaseException) -> bool:
    """Tell whether the database stopped a statement for its time."""
    return getattr(error.__cause__, "sqlstate", "") == "57014"


def _limit(connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    if connection.vendor == "postgresql" and settings.WORKBENCH_STATEMENT_SECONDS:
        with connection.cursor() as cursor:
            cursor.execute(f"SET statement_timeout = {settings.WORKBENCH_STATEMENT_SECONDS * 1000:d}")
