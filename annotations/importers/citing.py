"""Evidence of merged claims on which verdicts of a file rest, tied to them once all claims of the file are there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from annotations.models import EvidenceSet, Verdict

from . import checking
from .checking import BadValue
from .context import Context, ignores_conflicts
from .records import ImportedRecord, Problem
from .tally import Tally

KIND = "citation"
"""What this is called in the spool. No file has lines of it: there it stands with the verdict, as `merged_sets`."""
FIELD = "merged_sets"


def citations_of(record: ImportedRecord) -> Iterator[ImportedRecord]:
    """Yield what the verdicts of a claim say of other claims' evidence; whether it is well-formed is asked later."""
    verdicts = record.data.get("verdicts") if record.kind == "claim" else None
    for row in verdicts if isinstance(verdicts, list) else ():
        if isinstance(row, dict) and row.get("key") and row.get(FIELD):
            yield ImportedRecord(KIND, {"verdict": row["key"], FIELD: row[FIELD]}, record.file, record.line)


def write_citations(records: Sequence[ImportedRecord], context: Context, tally: Tally) -> None:
    """Tie the verdicts that this import has made to evidence sets of other claims; at most 3 queries."""
    named: list[tuple[ImportedRecord, UUID, list[tuple[UUID, int]]]] = []
    for record in records:
        try:
            sets = [_set(row) for row in checking.listed(record.data, FIELD)]
            named.append((record, checking.key(record.data, "verdict"), sets))
        except BadValue as bad:
            tally.leave_out("citations", _problem(record, bad.value, bad.message))
    if not named:
        return
    made = Verdict.objects.filter(created_by_job=context.job, key__in={key for _record, key, _sets in named})
    verdicts = dict(made.values_list("key", "pk"))
    claims = {claim for _record, _key, sets in named for claim, _n in sets}
    rows = EvidenceSet.objects.filter(project=context.project, claim__key__in=claims)
    ids = {(claim, n): pk for pk, claim, n in rows.values_list("pk", "claim__key", "n")}
    through = Verdict.evidence_sets.through
    ties = []
    for record, key, sets in named:
        for claim, n in sets if key in verdicts else ():
            if (claim, n) in ids:
                ties.append(through(verdict_id=verdicts[key], evidenceset_id=ids[claim, n]))
            else:
                message = _("The project has no claim of this key with an evidence set of this number.")
                tally.leave_out("citations", _problem(record, f"{claim} {n}", message))
    through.objects.bulk_create(ties, batch_size=500, ignore_conflicts=ignores_conflicts())


def _set(row: dict[str, Any]) -> tuple[UUID, int]:
    return checking.key(row, "claim"), checking.whole(row, "n", least=1)


def _problem(record: ImportedRecord, value: Any, message: str) -> Problem:
    return Problem(record.file, record.line, f"verdicts.{FIELD}", str(value)[:200], message, is_rejection=False)
