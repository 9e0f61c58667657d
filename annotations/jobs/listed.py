"""Jobs over a list of articles that stands in their parameters."""

from __future__ import annotations

from django.utils import timezone

from annotations.models import Chunk, Job

from .leases import Held


def plan_listed(held: Held, *, size: int) -> None:
    """Cut the list into chunks of so many articles; `start` and `end` of each are places in it."""
    n_all = len(held.job.parameters["articles"])
    with held.finishing():
        held.chunk.count = 0
        chunks = []
        for n, first in enumerate(range(0, n_all, size), start=1):
            end = min(n_all, first + size)
            chunks.append(Chunk(job=held.job, n=n, stage=1, start=first, end=end, count=end - first))
        Chunk.objects.bulk_create(chunks, batch_size=500)
        Job.objects.filter(pk=held.job.pk).update(
            done=0, total=n_all, stage="writing", stage_at=timezone.now(), stage_done=0
        )
