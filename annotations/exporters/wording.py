"""What a project says of words, as records: spellings that count as one, and what is boilerplate or is not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from annotations.models import BoilerplateRuling, Spelling
from annotations.workflow.wordless import GONE

from .losses import Losses
from .scope import Scope, ids_in_order
from .values import moment

Row = dict[str, Any]


def spelling_records(scope: Scope) -> Iterator[Row]:
    """Yield the lists of spellings by key."""
    if not scope.holds(Spelling):
        return
    for ids in ids_in_order(scope.spellings(), "key"):
        rows = {row.pk: row for row in Spelling.objects.filter(pk__among=ids)}
        for row in (rows[pk] for pk in ids):
            yield {
                "type": "spelling",
                "key": str(row.key),
                "words": row.words,
                "version": row.version_number,
                "created_at": moment(row.created_at),
                "withdrawn_at": moment(row.withdrawn_at),
            }


def boilerplate_records(scope: Scope, losses: Losses, *, with_text: bool) -> Iterator[Row]:
    """Yield what was said of boilerplate, by its words: where texts are left out, so is all of it."""
    if not scope.holds(BoilerplateRuling):
        return
    if not with_text:
        losses.lose("wording_rules", scope.boilerplate_rulings().filter(is_boilerplate__isnull=False).count())
        return
    for ids in ids_in_order(scope.boilerplate_rulings().exclude(quote=GONE), "quote"):
        rows = BoilerplateRuling.objects.select_related("decided_by").in_bulk(ids)
        for row in (rows[pk] for pk in ids):
            by = row.decided_by.pseudonym if row.decided_by and scope.tells_of_others_work else None
            yield {
                "type": "boilerplate",
                "quote": row.quote,
                "boilerplate": row.is_boilerplate,
                **({"decided_by": by} if by else {}),
                "version": row.version_number,
                "decided_at": moment(row.decided_at),
            }
