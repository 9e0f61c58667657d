"""The publishers that a file names, found or made together."""

from __future__ import annotations

from annotations.models import Publisher

from .context import Context, ignores_conflicts


def publishers_named(names: set[str], context: Context) -> dict[str, int]:
    """Return the ids of publishers by name, making those that are missing; at most 3 queries."""
    if not names:
        return {}
    rows = Publisher.objects.filter(project=context.project, name__in=names)
    found = dict(rows.values_list("name", "pk"))
    missing = sorted(names - found.keys())
    if missing:
        Publisher.objects.bulk_create(
            [Publisher(project=context.project, name=name) for name in missing], ignore_conflicts=ignores_conflicts()
        )
        found = dict(rows.all().values_list("name", "pk"))
    return found
