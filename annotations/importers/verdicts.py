"""Verdicts on claims of a file, each on a value of the project's scale, those that supersede others after them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from annotations.models import Verdict, VerdictValue
from annotations.workflow.verdicts import MAX_RATIONALE

from . import checking
from .checking import BadValue
from .context import Context, ignores_conflicts
from .records import Problem
from .tally import Tally

IN_WORDS = "claimreview"
Verdicts = dict[UUID, dict[str, Any]]


def gather_verdict(claim: UUID, data: dict[str, Any], sets: set[int]) -> dict[str, Any]:
    """Check what a verdict has besides what every judgement has. `sets` are the claim's evidence sets.

    Raises `BadValue`.
    """
    numbers = data.get("evidence_sets") or []
    if not isinstance(numbers, list) or not all(type(n) is int and n in sets for n in numbers):
        raise BadValue("evidence_sets", numbers, _("Write the numbers of evidence sets of this claim."))
    return {
        "key": checking.key(data, "key"),
        "claim": claim,
        "value": checking.text(data, "value", most=100),
        "scale": checking.whole(data, "scale", default=0),
        "scheme": checking.text(data, "scheme", most=50, default=""),
        "rationale": checking.text(data, "rationale", most=MAX_RATIONALE, default=""),
        "sets": sorted(set(numbers)),
        "supersedes": checking.key(data, "supersedes") if data.get("supersedes") is not None else None,
        "published_at": checking.moment(data, "published_at"),
        "correction_note": checking.text(data, "correction_note", most=MAX_RATIONALE, default=""),
    }


def write_verdicts(
    verdicts: Verdicts,
    claims: dict[UUID, int],
    sets: dict[tuple[UUID, int], int],
    context: Context,
    tally: Tally,
) -> None:
    """Write new verdicts; those that cannot be are left out of `verdicts` and named; 4 queries, and 2 a round.

    A round takes the verdicts whose predecessor is there.
    """
    if not verdicts:
        return
    _find_values(verdicts, context, tally)
    rows = Verdict.objects.filter(project=context.project, claim__in=claims.values())
    ids = {key: (pk, claim) for key, pk, claim in rows.values_list("key", "pk", "claim_id")}
    superseded = set(rows.filter(supersedes__isnull=False).values_list("supersedes_id", flat=True))
    waiting = dict(verdicts)
    while ready := [
        key for key, values in waiting.items() if values["supersedes"] is None or values["supersedes"] in ids
    ]:
        made: Verdicts = {}
        for key in ready:
            values = waiting.pop(key)
            before = ids[values["supersedes"]] if values["supersedes"] else None
            if before is None or (before[1] == claims[values["claim"]] and before[0] not in superseded):
                made[key] = {**values, "before": before[0] if before else None}
                superseded.add(before[0] if before else 0)
            else:
                _leave_out(verdicts, key, _("This verdict is superseded already, or it is on another claim."), tally)
        ids |= _insert(made, claims, context)
    for key in waiting:
        _leave_out(verdicts, key, _("The verdict that this one supersedes is not there."), tally)
    _tie_to_sets(verdicts, ids, sets)


def _find_values(verdicts: Verdicts, context: Context, tally: Tally) -> None:
    """Find each verdict's value: of the version of the scale it names, else of the newest that has it.

    A verdict in the words of another scheme has the first value that maps to its word in the newest scale with one;
    where everybody has words of their own (`IN_WORDS`), a value of the same name will do.
    """
    rows = VerdictValue.objects.filter(project=context.project).order_by("scale__version", "-position", "-id")
    known: dict[tuple[str, int], int] = {}
    mapped: dict[tuple[str, Any], int] = {}
    for pk, name, version, maps, words in rows.values_list("pk", "key", "scale__version", "maps", "name"):
        known[name, version] = known[name, 0] = pk
        mapped[IN_WORDS, words.casefold()] = pk
        mapped |= {(scheme, word): pk for scheme, word in maps.items() if isinstance(word, str)}
    for key, values in list(verdicts.items()):
        value, scheme = values["value"], values["scheme"]
        by_key = known.get((value, values["scale"]), known.get((value, 0)))
        found = mapped.get((scheme, value)) if scheme else by_key
        if found is None and scheme == IN_WORDS:
            found = mapped.get((scheme, value.casefold()))
        if found is None and scheme:
            message = _("No value of the verdict scale maps to this word of %(scheme)s. Add one, then import again.")
            shown = {"scheme": scheme}
            _leave_out(verdicts, key, message % shown, tally, field="verdicts.value", value=value)
        elif found is None:
            message = _("The verdict scale has no such value. Add it to the scale, then import again.")
            _leave_out(verdicts, key, message, tally, field="verdicts.value", value=value)
        values["value_id"] = found


def _leave_out(
    verdicts: Verdicts, key: UUID, message: str, tally: Tally, *, field: str = "verdicts.supersedes", value: str = ""
) -> None:
    values = verdicts.pop(key)
    record = values["record"]
    shown = value or str(values["supersedes"])
    tally.leave_out("verdicts", Problem(record.file, record.line, field, shown, message, is_rejection=False))


def _insert(made: Verdicts, claims: dict[UUID, int], context: Context) -> dict[UUID, tuple[int, int]]:
    names = (
        "value_id",
        "rationale",
        "published_at",
        "correction_note",
        "version_number",
        "created_at",
        "updated_at",
        "withdrawn_at",
    )
    Verdict.objects.bulk_create(
        [
            Verdict(
                key=key,
                project=context.project,
                claim_id=claims[values["claim"]],
                supersedes_id=values["before"],
                created_by_id=context.person(values["annotator"]),
                created_by_job_id=context.job.pk,
                **{name: values[name] for name in names},
            )
            for key, values in made.items()
        ],
        batch_size=500,
        ignore_conflicts=ignores_conflicts(),
    )
    rows = Verdict.objects.filter(project=context.project, key__in=made)
    return {key: (pk, claim) for key, pk, claim in rows.values_list("key", "pk", "claim_id")}


def _tie_to_sets(verdicts: Verdicts, ids: dict[UUID, tuple[int, int]], sets: dict[tuple[UUID, int], int]) -> None:
    through = Verdict.evidence_sets.through
    through.objects.bulk_create(
        [
            through(verdict_id=ids[key][0], evidenceset_id=sets[values["claim"], n])
            for key, values in verdicts.items()
            for n in values["sets"]
        ],
        batch_size=500,
        ignore_conflicts=ignores_conflicts(),
    )
