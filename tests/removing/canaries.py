"""Looking for a word everywhere: in every column of every table by plain SQL, and in every stored file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

NO_TABLES_OF_OURS = ("sqlite_", "django_migrations", "auth_permission", "django_content_type")


def places_with(word: str, *, but: tuple[str, ...] = ()) -> list[str]:
    """Return each table's column, and each file, that holds the word in any letters; but those named."""
    return [*(found for found in columns_with(word) if found not in but), *files_with(word)]


def columns_with(word: str) -> list[str]:
    """Look at all columns as texts, so that none is left out by its type."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if table.startswith(NO_TABLES_OF_OURS):
                continue
            for column, text in _columns(cursor, table):
                cursor.execute(f'SELECT count(*) FROM "{table}" WHERE lower({text}) LIKE %s', [f"%{word.lower()}%"])
                if cursor.fetchone()[0]:
                    found.append(f"{table.removeprefix('annotations_')}.{column}")
    return found


def _columns(cursor: Any, table: str) -> list[tuple[str, str]]:
    """Return the columns of a table, each with the SQL that reads it as a text."""
    if connection.vendor == "sqlite":
        cursor.execute(f'PRAGMA table_info("{table}")')
        return [(row[1], f'CAST("{row[1]}" AS TEXT)') for row in cursor.fetchall()]
    cursor.execute(
        "SELECT column_name, data_type FROM information_schema.columns"
        " WHERE table_name = %s AND table_schema = 'public'",
        [table],
    )
    as_text = {"bytea": "encode(\"{}\", 'escape')"}
    return [(name, as_text.get(kind, '"{}"::text').format(name)) for name, kind in cursor.fetchall()]


def files_with(word: str) -> list[str]:
    """Read every file below the media folder, its name included."""
    root = Path(settings.MEDIA_ROOT)
    named = word.lower()
    paths = [path for path in root.rglob("*") if path.is_file()]
    return [
        str(path.relative_to(root))
        for path in paths
        if named.encode() in path.read_bytes().lower() or named in path.name.lower()
    ]
