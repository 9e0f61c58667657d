"""Every environment variable the workbench reads, in one table, and the functions that read them.

`docs/settings.md` has the same table for people; a test compares the two.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
YES = {"1", "true", "yes", "on"}


@dataclass(frozen=True, slots=True)
class Variable:
    """One environment variable: its name and what holds while it is unset."""

    name: str
    default: str = ""


VARIABLES = {
    variable.name: variable
    for variable in (
        Variable("WORKBENCH_MODE", "demo"),
        Variable("SECRET_KEY"),
        Variable("ALLOWED_HOSTS"),
        Variable("DATABASE_URL"),
        Variable("WORKBENCH_DATABASE_POOL", "0"),
        Variable("CELERY_BROKER_URL"),
        Variable("WORKBENCH_VAR_DIR", "var"),
        Variable("WORKBENCH_MEDIA_ROOT"),
        Variable("WORKBENCH_STATIC_ROOT", "staticfiles"),
        Variable("WORKBENCH_STATIC_COLLECTED"),
        Variable("WORKBENCH_PROJECT_CREATION"),
        Variable("WORKBENCH_INVITATIONS", "anyone"),
        Variable("WORKBENCH_SECOND_FACTOR"),
        Variable("WORKBENCH_URL"),
        Variable("EMAIL_URL"),
        Variable("EMAIL_FROM"),
        Variable("OIDC_ISSUER"),
        Variable("OIDC_CLIENT_ID"),
        Variable("OIDC_CLIENT_SECRET"),
        Variable("OIDC_NAME"),
        Variable("WORKBENCH_TRUSTED_PROXIES"),
        Variable("WORKBENCH_SECURE_COOKIES"),
        Variable("WORKBENCH_HSTS_SECONDS", "31536000"),
        Variable("WORKBENCH_LEASE_SECONDS", "30"),
        Variable("WORKBENCH_LOG_LEVEL", "INFO"),
        Variable("WORKBENCH_IMPORT_MIB", "2048"),
        Variable("WORKBENCH_ARTICLE_MIB", "10"),
        Variable("WORKBENCH_ARCHIVE_MEMBERS", "10000"),
        Variable("WORKBENCH_ARCHIVE_LIST_MIB", "8"),
        Variable("WORKBENCH_ARCHIVE_RATIO", "200"),
        Variable("WORKBENCH_JSON_DEPTH", "100"),
        Variable("WORKBENCH_CSV_COLUMNS", "500"),
        Variable("WORKBENCH_FORM_FILES", "100"),
        Variable("WORKBENCH_FORM_FIELDS", "1000"),
        Variable("WORKBENCH_REQUEST_MIB", "12"),
        Variable("WORKBENCH_DELETED_DAYS", "30"),
        Variable("WORKBENCH_IMPORTS_PER_HOUR", "120"),
        Variable("WORKBENCH_EXPORTS_PER_HOUR", "120"),
        Variable("WORKBENCH_FETCHING", "off"),
        Variable("WORKBENCH_FETCHES_PER_HOUR", "240"),
        Variable("WORKBENCH_FETCH_PORTS", "80,443"),
        Variable("WORKBENCH_FETCH_PROXY"),
        Variable("WORKBENCH_FETCH_ROBOTS", "yes"),
        Variable("WORKBENCH_FETCH_AGENT", "ClaimWorkbench/0.1"),
        Variable("WORKBENCH_CAPTURE_MIB", "20"),
        Variable("WORKBENCH_STATEMENT_SECONDS", "5"),
        Variable("WORKBENCH_FIND_REUSE", "no"),
        Variable("WORKBENCH_PUBLIC_URL"),
        Variable("WORKBENCH_FAILPOINTS"),
        Variable("DEBUG"),
    )
}


@dataclass(frozen=True, slots=True)
class Environment:
    """The variables of one process, read by declared names only."""

    values: Mapping[str, str]

    def text(self, name: str) -> str:
        """Give the value with surrounding spaces removed, or the default.

        >>> Environment({"WORKBENCH_MODE": " production "}).text("WORKBENCH_MODE")
        'production'
        """
        default = VARIABLES[name].default
        return self.values.get(name, "").strip() or default

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Tell whether the variable says yes; unset gives the default."""
        value = self.text(name)
        return value.lower() in YES if value else default

    def number(self, name: str) -> int:
        """Give a whole number; anything else is an error that names the variable."""
        value = self.text(name)
        if not value.isdecimal():
            raise ValueError(f'{name} is "{value}". Give a whole number, zero or more.')
        return int(value)

    def names(self, name: str) -> list[str]:
        """Split a comma-separated value.

        >>> Environment({"ALLOWED_HOSTS": "a.example, b.example"}).names("ALLOWED_HOSTS")
        ['a.example', 'b.example']
        """
        return [part.strip() for part in self.text(name).split(",") if part.strip()]

    def folder(self, name: str, *, default: Path | None = None) -> Path:
        """Give a path; a relative one starts at the project's folder."""
        value = self.text(name)
        return BASE_DIR / value if value or default is None else default


environment = Environment(os.environ)
