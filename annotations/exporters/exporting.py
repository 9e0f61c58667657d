"""An export as a job: one snapshot, streamed into a scratch file, stored when complete. A crash starts it anew."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Any

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from annotations.access import Act, visible_to
from annotations.jobs.files import scratch_file
from annotations.jobs.leases import Held
from annotations.jobs.running import Kind
from annotations.models import Annotation, AuditEvent, Job

from .corpus import Corpus
from .formats import format_named
from .losses import Losses, sentence_of
from .scope import Scope, snapshot

KEPT_FOR = timedelta(days=7)
WROTE = "export.written"


def write(held: Held) -> None:
    """Write the whole file. Its row says where it is only once every byte is stored."""
    job = held.job
    chosen = format_named(
        job.parameters.get("format", "native"), as_json_object=job.parameters.get("as_json_object", False)
    )
    scope = Scope.of(job.project, job.requested_by, job.parameters.get("filters") or {})
    with held.kept(), scratch_file() as scratch:
        with snapshot():
            total = scope.articles().count()
            held.tick(done=0, total=total)
            corpus = Corpus(
                scope,
                Losses(chosen.carries),
                with_text=job.parameters.get("with_text", True),
                tick=lambda done: held.tick(done=done, total=total),
            )
            chosen.write(corpus, scratch.write)
            counts = corpus.counts
            counts.left_out = corpus.losses.as_dict() | _left_out(scope)
        sha256, size = scratch.sha256, scratch.size
        stored = scratch.keep(f"results/{job.uuid}{chosen.suffix}")
    with held.finishing():
        Job.objects.filter(pk=job.pk).update(
            result=stored,
            result_name=f"{job.project.slug}{chosen.suffix}",
            result_sha256=sha256,
            result_size=size,
            done=counts.articles,
            total=counts.articles,
            expires_at=timezone.now() + KEPT_FOR,
        )
        AuditEvent.objects.create(
            project_id=job.project_id,
            actor_id=job.requested_by_id,
            verb=WROTE,
            object_type="job",
            object_key=str(job.uuid),
            after={**asdict(counts), "sha256": sha256.hex(), "bytes": size},
        )


def finish(job: Job) -> str:
    """Say what is in the file and what its format could not carry."""
    facts = counts_of(job)
    contents = ", ".join(
        (
            ngettext("%(n)s article", "%(n)s articles", facts["articles"]) % {"n": facts["articles"]},
            ngettext("%(n)s annotation", "%(n)s annotations", facts["annotations"]) % {"n": facts["annotations"]},
            ngettext("%(n)s claim", "%(n)s claims", facts["claims"]) % {"n": facts["claims"]},
            ngettext("%(n)s source", "%(n)s sources", facts["sources"]) % {"n": facts["sources"]},
        )
    )
    return f"{contents}. {loss_report(job, facts)}"


def counts_of(job: Job) -> dict[str, Any]:
    """Return what the audit says went into the file."""
    events = AuditEvent.objects.filter(object_type="job", object_key=str(job.uuid), verb=WROTE)
    return dict(events.values_list("after", flat=True).first() or {})


def loss_report(job: Job, facts: dict[str, Any]) -> str:
    """Say what the format could not carry of what was asked for."""
    left_out = {feature: count for feature, count in facts["left_out"].items() if count}
    parts = [_("Left out: %(what)s.") % {"what": sentence_of(left_out)}] if left_out else []
    if not job.parameters.get("with_text", True):
        parts.append(_("Left out, as asked: the texts. Such a file cannot be imported again."))
    return " ".join(parts) or _("Nothing was lost: this format carries all of it.")


def _left_out(scope: Scope) -> dict[str, int]:
    rows = visible_to(scope.membership, Annotation.objects.all())
    earlier = rows.filter(version__article__in=scope.articles().values("pk")).exclude(
        version_id=F("version__article__current_version_id")
    )
    return {"annotations_on_earlier_texts": earlier.count()}


EXPORT = Kind(act=Act.EXPORT, stages=(write,), finish=finish)
