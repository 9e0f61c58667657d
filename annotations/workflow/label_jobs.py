"""The job of labels: merges one into another, or undoes such a merge where it names one."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from annotations.access import Act
from annotations.jobs.leases import Held
from annotations.jobs.running import Kind
from annotations.models import Job

from . import merging_labels, undoing_merges
from .labels import PUT_ON

Stage = Callable[[Held], None]


def _stage(merging: Stage, undoing: Stage) -> Stage:
    return lambda held: (undoing if held.job.undoes_id else merging)(held)


def _finish(job: Job) -> str:
    return undoing_merges.finish(job) if job.undoes_id else merging_labels.finish(job)


LABELS = Kind(
    act=Act.EDIT_LABELS,
    stages=(
        _stage(merging_labels.plan, undoing_merges.plan),
        *(
            _stage(partial(merging_labels.move, model=model), partial(undoing_merges.give_back, model=model))
            for model in PUT_ON
        ),
        _stage(merging_labels.move_suggestions, undoing_merges.give_back_suggestions),
    ),
    finish=_finish,
)
