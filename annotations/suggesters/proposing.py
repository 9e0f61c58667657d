"""Suggestions as a job: which label stands for each kind, then text by text, some articles in a chunk."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping

from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from annotations.access import Act, require, require_taken
from annotations.access.requests import Request
from annotations.access.starts import count_start
from annotations.errors import Refused
from annotations.jobs.leases import Held
from annotations.jobs.recording import record_chunk
from annotations.jobs.running import Kind
from annotations.jobs.starting import queue_job
from annotations.models import Article, Chunk, Job, Label, Membership, Project, Region, Suggestion
from annotations.text.spans import Span
from annotations.workflow.projects import current_labels

from . import rules
from .english import propose

ARTICLES_IN_A_CHUNK = 50
NAMESPACE = uuid.UUID("5b1c7f0e-3d5e-4f0a-9d0c-6f4a8a2f7c11")
ENGLISH = "en"


def guessed_labels(project: Project) -> dict[str, str]:
    """Return the label for each kind that has one of the same key or name; 1 query."""
    labels = span_labels(project)
    by_key = {label.key: label.key for label in labels}
    by_name = {label.name.casefold().replace(" ", "_"): label.key for label in labels}
    found = {kind: by_key.get(kind) or by_name.get(kind) for kind in rules.KINDS}
    return {kind: key for kind, key in found.items() if key}


def start_suggesting(
    by: Membership | None,
    labels: Mapping[str, str] | None = None,
    *,
    project: Project | None = None,
    request: Request | None = None,
) -> Job:
    """Queue suggestions for the texts in English, or of no stated language; `labels` names the label of each kind.

    Left out, labels are guessed. Raises `Forbidden`, and `Refused` for a kind or label that is not there, or for none.
    """
    if by is not None:
        require(by, Act.ADD_ARTICLES)
        project = by.project
    elif project is None:
        raise ValueError("Without a membership, name the project.")
    require_taken(project, Act.ADD_ARTICLES)
    count_start(by, Job.Kind.IMPORT)
    chosen = guessed_labels(project) if labels is None else {kind: key for kind, key in labels.items() if key}
    known = {label.key for label in span_labels(project)}
    for kind, key in chosen.items():
        if kind not in rules.KINDS or key not in known:
            message = _("“%(key)s” for “%(kind)s” is no label for spans in this project, or no kind of suggestion.")
            raise Refused("label_unknown", message % {"key": key[:80], "kind": kind[:80]}, field="labels")
    if not chosen:
        raise Refused("no_labels", _("Choose a label for at least one kind of suggestion."), field="labels")
    parameters = {"labels": chosen, "tool": rules.TOOL}
    return queue_job(by, project, Job.Kind.SUGGEST, parameters, parameters, request=request)


def span_labels(project: Project) -> list[Label]:
    """Return the labels in force that can be put on a span; 1 query."""
    return [label for label in current_labels(project) if label.applies_to == Label.AppliesTo.SPAN]


def plan(held: Held) -> None:
    """Cut the articles into chunks."""
    ids = list(_articles(held.job).values_list("pk", flat=True))
    parts = [ids[first : first + ARTICLES_IN_A_CHUNK] for first in range(0, len(ids), ARTICLES_IN_A_CHUNK)]
    with held.finishing():
        held.chunk.count = 0
        Chunk.objects.bulk_create(
            [
                Chunk(job=held.job, n=n, stage=1, start=part[0], end=part[-1], count=len(part))
                for n, part in enumerate(parts, start=1)
            ],
            batch_size=500,
        )
        Job.objects.filter(pk=held.job.pk).update(
            done=0, total=len(ids), stage="writing", stage_at=timezone.now(), stage_done=0
        )


def _articles(job: Job) -> QuerySet[Article]:
    rows = Article.objects.filter(project_id=job.project.pk, current_version__isnull=False, merged_into__isnull=True)
    return (rows.filter(language="") | rows.filter(language__istartswith=ENGLISH)).order_by("pk")


def suggest(held: Held) -> None:
    """Propose for the articles of one chunk; what was proposed before stays as it is."""
    job, chunk = held.job, held.chunk
    ids = {label.key: label.pk for label in span_labels(job.project)}
    labels = {kind: ids[key] for kind, key in job.parameters["labels"].items() if key in ids}
    rows = _articles(job).filter(pk__gte=chunk.start, pk__lte=chunk.end)
    articles = list(rows.select_related("current_version"))
    zones: dict[int, list[Span]] = {}
    versions = [article.current_version_id for article in articles]
    left_out = Region.objects.filter(version__in=versions, withdrawn_at__isnull=True, kind__in=rules.LEFT_OUT)
    for version, start, end in left_out.values_list("version_id", "start", "end"):
        zones.setdefault(version, []).append(Span(start, end))
    made: dict[uuid.UUID, Suggestion] = {}
    for article in articles:
        held.tick()
        for each in _suggestions(article, labels, zones, job):
            made[each.key] = each
    with held.finishing():
        known = set(Suggestion.objects.filter(project=job.project, version__in=versions).values_list("key", flat=True))
        new = [each for key, each in made.items() if key not in known]
        Suggestion.objects.bulk_create(new, batch_size=500)
        chunk.facts = {"suggestions_created": len(new), "suggestions_unchanged": len(made) - len(new)}
        Job.objects.filter(pk=job.pk).update(
            done=F("done") + chunk.count,
            n_read=F("n_read") + len(articles),
            n_created=F("n_created") + len(new),
            n_unchanged=F("n_unchanged") + len(made) - len(new),
        )
        facts = {**chunk.facts, "tool": job.parameters["tool"]}
        record_chunk(chunk, "suggestions.made", [each.key for each in new], facts)


def _suggestions(
    article: Article, labels: Mapping[str, int], zones: Mapping[int, list[Span]], job: Job
) -> Iterator[Suggestion]:
    version = article.current_version
    assert version is not None
    for one in propose(version.text, kinds=labels, left_out=zones.get(version.pk, [])):
        yield Suggestion(
            key=uuid.uuid5(
                NAMESPACE, f"{version.uuid}/{rules.TOOL}/{one.kind}/{labels[one.kind]}/{one.start}/{one.end}"
            ),
            project_id=job.project.pk,
            version=version,
            length=version.length,
            label_id=labels[one.kind],
            start=one.start,
            end=one.end,
            quote=version.text[one.start : one.end],
            attributes=dict(one.attributes),
            suggested_by=rules.TOOL,
            created_by_job_id=job.pk,
        )


def finish(job: Job) -> str:
    """Say what was proposed."""
    message = ngettext("%(n)s suggestion is new", "%(n)s suggestions are new", job.n_created) % {"n": job.n_created}
    return f"{message}; {_('%(n)s were there already') % {'n': job.n_unchanged}}."


SUGGEST = Kind(act=Act.ADD_ARTICLES, stages=(plan, suggest), finish=finish)
