"""An export as a job: one snapshot, streamed into a scratch file, stored when complete. A crash starts it anew."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Any

from django.core.files.storage import default_storage
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from annotations.access import Act
from annotations.errors import Refused
from annotations.jobs.export_options import PARTS, ExportOptions
from annotations.jobs.files import scratch_file
from annotations.jobs.garbage import rare_collections
from annotations.jobs.leases import Held, Interrupted
from annotations.jobs.running import Kind
from annotations.models import AuditEvent, Job, Project, Withholding

from .corpus import Corpus
from .formats import format_named
from .losses import Losses, sentence_of
from .rulings import n_rulings_on_claims
from .scope import Scope, snapshot
from .stories import n_stories
from .values import moment

KEPT_FOR = timedelta(days=7)
WROTE = "export.written"
MANIFEST = "manifest"
"""Under this name a finished job keeps among its parameters what is in its file, and when the snapshot was taken."""


def write(held: Held) -> None:
    """Write the whole file. Its row says where it is only once every byte is stored."""
    job = held.job
    options = ExportOptions.of(job.parameters)
    chosen = format_named(
        job.parameters.get("format", "native"),
        as_json_object=job.parameters.get("as_json_object", False),
        with_files=options.with_files,
    )
    with_text = job.parameters.get("with_text", True)
    if not (with_text or chosen.can_lack_texts):
        raise Refused("texts_needed", _("This format cannot do without the texts. Export them, or choose native."))
    scope = Scope.of(job.project, job.requested_by, job.parameters.get("filters") or {}, options)
    with held.kept(), scratch_file() as scratch:
        with snapshot() as snapshot_name:
            snapshot_at = timezone.now()
            withheld = _count_withheld(job)
            total = scope.articles().count()
            held.tick(done=0, total=total)
            corpus = Corpus(
                scope,
                Losses(chosen.carries, keeps_past=bool(scope.filters.round)),
                with_text=with_text,
                snapshot_name=snapshot_name,
                tick=lambda done: held.tick(done=done, total=total),
            )
            with rare_collections():
                chosen.write(corpus, scratch.write)
            for feature, count in scope.without_a_place().items():
                corpus.losses.lose(feature, 0 if feature in chosen.carries else count)
            if "captures" not in chosen.carries:
                corpus.losses.lose("captures", scope.captures().count())
            if "stories" not in chosen.carries:
                corpus.losses.lose("stories", n_stories(scope))
            if "rulings" not in chosen.carries:
                corpus.losses.lose("rulings", n_rulings_on_claims(scope))
            counts = corpus.counts
            counts.left_out = corpus.losses.as_dict()
        sha256, size = scratch.sha256, scratch.size
        manifest = {
            **asdict(counts),
            "snapshot_at": moment(snapshot_at),
            **({"split": corpus.split.facts} if corpus.split else {}),
        }
        stored = scratch.keep(f"results/{job.uuid}{chosen.suffix}")
    with held.finishing():
        Project.objects.select_for_update(no_key=True).get(pk=job.project.pk)  # nobody withholds in this moment
        if _count_withheld(job) != withheld:
            default_storage.delete(stored)
            raise Interrupted  # words that were in the snapshot are withheld since: it begins anew
        Job.objects.filter(pk=job.pk).update(
            result=stored,
            result_name=f"{job.project.slug}{chosen.suffix}",
            result_sha256=sha256,
            result_size=size,
            done=counts.articles,
            total=counts.articles,
            expires_at=timezone.now() + KEPT_FOR,
            parameters={**job.parameters, MANIFEST: manifest},
        )
        AuditEvent.objects.create(
            project_id=job.project_id,
            actor_id=job.requested_by_id,
            verb=WROTE,
            object_type="job",
            object_key=str(job.uuid),
            after={**manifest, "sha256": sha256.hex(), "bytes": size},
        )


def _count_withheld(job: Job) -> int:
    return Withholding.objects.filter(project_id=job.project.pk).count()


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
    parts = [f"{contents}.", loss_report(job, facts)]
    if "split" in facts:
        parts.append(split_sentence(facts["split"]))
    return " ".join(parts)


def split_sentence(split: dict[str, Any]) -> str:
    """Say how many articles each part has, and what repeats the split."""
    sizes = ", ".join(f"{name} {split['sizes'][name]}" for name in PARTS)  # a database may keep them in another order
    message = _("Split: %(sizes)s; %(groups)s groups share no passage; seed %(seed)s.")
    return message % {"sizes": sizes, "groups": split["groups"], "seed": split["seed"]}


def counts_of(job: Job) -> dict[str, Any]:
    """Return what the audit says went into the file."""
    events = AuditEvent.objects.filter(object_type="job", object_key=str(job.uuid), verb=WROTE)
    return dict(events.values_list("after", flat=True).first() or {})


def loss_report(job: Job, facts: dict[str, Any]) -> str:
    """Say what the format could not carry of what was asked for."""
    left_out = {feature: count for feature, count in facts["left_out"].items() if count}
    parts = [_("Left out: %(what)s.") % {"what": sentence_of(left_out)}] if left_out else []
    if not job.parameters.get("with_text", True):
        parts.append(_("Left out, as asked: the texts and quotes. To import such a file, give the texts with it."))
    options = ExportOptions.of(job.parameters)
    if options.layer == "gold":
        parts.append(_("Left out, as asked: what is not gold."))
    elif options.layer == "annotators":
        parts.append(_("Left out, as asked: gold."))
    if options.submitted_only:
        parts.append(_("Left out, as asked: work that is not handed in."))
    return " ".join(parts) or _("Nothing was lost: this format carries all of it.")


EXPORT = Kind(act=Act.EXPORT, stages=(write,), finish=finish)
