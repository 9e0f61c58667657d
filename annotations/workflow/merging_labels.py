"""Merging one label into another: counted before, then done as a job; what stands under it gets the other label.

Every state before is kept as a revision with the label it had, so that nothing is lost. The merged label is retired at
once, so that nobody gives it any more while the job runs. Each chunk notes which rows it moved, from which version, so
that `undoing_merges` can give them their label back.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from annotations.access import Act, require
from annotations.access.requests import Request
from annotations.access.starts import count_start
from annotations.errors import Refused
from annotations.jobs.leases import Held
from annotations.jobs.recording import record_chunk
from annotations.jobs.starting import queue_job
from annotations.models import (
    Annotation,
    AnnotationRevision,
    ArticleLabel,
    ArticleLabelRevision,
    Chunk,
    Fragment,
    Job,
    Label,
    Membership,
    Project,
    Relation,
    RelationRevision,
    Suggestion,
)
from annotations.text.attributes import fitting

from .differing import note_changed
from .labels import PUT_ON
from .projects import NewLabel, current_labels, lock_label_set, new_label_of, put_in_force

ROWS_IN_A_CHUNK = 500
MOVED: tuple[type[Any], ...] = (*PUT_ON, Suggestion)
"""What gets the other label, in the order of the stages."""


@dataclass(frozen=True, slots=True)
class LabelMerge:
    """Which label is to go into which, by their keys; the first may be retired already."""

    from_key: str
    into_key: str


@dataclass(frozen=True, slots=True)
class MergeCount:
    """What a merge would do: how much stands under the label, by kind, withdrawn or not, and in how many articles.

    `unfitting` have a value of an attribute that the other label does not allow, which goes; `doubled` annotations
    would stand twice on the same words, both by one person; of `already` the article has the other label from the same
    person, so that the merged one is withdrawn. `suggestions` come to propose the other label.
    """

    annotations: int
    relations: int
    article_labels: int
    withdrawn: int
    articles: int
    people: int
    unfitting: int
    doubled: int
    already: int
    suggestions: int
    children: int
    retires: bool

    @property
    def total(self) -> int:
        """Return how many rows are given the other label."""
        return self.annotations + self.relations + self.article_labels


def count_label_merge(merge: LabelMerge, *, by: Membership) -> MergeCount:
    """Say what merging would do; nothing is written. Raises `Forbidden`, `Refused`; about 10 queries."""
    require(by, Act.EDIT_LABELS)
    labels = current_labels(by.project)
    _from, into = _checked(merge, by.project, labels)
    rows = {model: rows_under(by.project_id, merge.from_key, model) for model in PUT_ON}
    articles, people = set[int](), set[int]()
    for found in rows.values():
        articles |= set(found.order_by().values_list("version__article_id", flat=True).distinct())
        people |= set(found.order_by().values_list("created_by_id", flat=True).distinct())
    return MergeCount(
        annotations=rows[Annotation].count(),
        relations=rows[Relation].count(),
        article_labels=rows[ArticleLabel].count(),
        withdrawn=sum(found.filter(withdrawn_at__isnull=False).count() for found in rows.values()),
        articles=len(articles),
        people=len(people),
        unfitting=sum(_count_unfitting(found, into) for found in rows.values()),
        doubled=_twice(rows[Annotation], merge.into_key, "start", "end").count(),
        already=_twice(rows[ArticleLabel], merge.into_key).count(),
        suggestions=rows_under(by.project_id, merge.from_key, Suggestion).count(),
        children=sum(label.parent is not None and label.parent.key == merge.from_key for label in labels),
        retires=any(label.key == merge.from_key for label in labels),
    )


def start_merging_labels(
    merge: LabelMerge, *, by: Membership, base_version: int | None = None, request: Request | None = None
) -> Job:
    """Retire a label and queue the job that gives what stands under it another one.

    Labels below it come under the other one, and checks before submitting ask for the other one. Raises `Forbidden`,
    `Conflict` where another version of the labels is in force, `Refused` for labels that cannot be merged, `TooMany`.
    """
    require(by, Act.EDIT_LABELS)
    count_start(by, Job.Kind.IMPORT)
    return _start(merge, by, base_version, request)


def _start(merge: LabelMerge, by: Membership, base_version: int | None, request: Request | None) -> Job:
    with transaction.atomic():
        current = lock_label_set(by, base_version)
        labels = current_labels(by.project)
        former, into = _checked(merge, by.project, labels)
        parameters: dict[str, Any] = {
            "from": merge.from_key,
            "into": merge.into_key,
            "names": [former.name, into.name],
        }
        if any(label.key == merge.from_key for label in labels):
            parameters["retired"] = _place_of(merge, labels)
            current = put_in_force(current, list(_without(merge, labels)), by=by)
            parameters["rules"] = _ask_for_the_other(merge, by.project)
        assert current is not None
        facts = {"from": merge.from_key, "into": merge.into_key, "version": current.version}
        return queue_job(by, by.project, Job.Kind.LABELS, parameters, facts, request=request)


def plan(held: Held) -> None:
    """Cut what stands under the label into chunks, kind by kind; ids alone are read."""
    job, chunks = held.job, list[Chunk]()
    with held.kept():
        for stage, model in enumerate(MOVED, start=1):
            for part in parts_of(rows_under(job.project.pk, job.parameters["from"], model)):
                held.tick()
                n = len(chunks) + 1
                chunks.append(Chunk(job=job, n=n, stage=stage, start=part[0], end=part[-1], count=len(part)))
    with held.finishing():
        held.chunk.count = 0
        Chunk.objects.bulk_create(chunks, batch_size=500)
        total = sum(chunk.count for chunk in chunks)
        Job.objects.filter(pk=job.pk).update(
            done=0, total=total, stage="writing", stage_at=timezone.now(), stage_done=0
        )


def move(held: Held, model: type[Any]) -> None:
    """Give the rows of one chunk the other label; the states before are kept as revisions."""
    job, chunk = held.job, held.chunk
    with held.finishing():
        if model is ArticleLabel:  # two chunks must not both find that a person's label is not there yet
            Project.objects.select_for_update(no_key=True).get(pk=job.project.pk)
        into = current_label(job.project, job.parameters["into"])
        found = rows_under(job.project.pk, job.parameters["from"], model).filter(pk__gte=chunk.start, pk__lte=chunk.end)
        rows = list(found.select_for_update(of=("self",)).select_related("label__label_set").order_by("pk"))
        noted = [[row.pk, row.version_number] for row in rows]
        counts = _move(model, rows, into, job)
        chunk.facts = {"kind": model._meta.model_name, **counts, "rows": noted}
        Job.objects.filter(pk=job.pk).update(
            done=F("done") + chunk.count, n_read=F("n_read") + len(rows), n_updated=F("n_updated") + len(rows)
        )
        before, after = {"label": job.parameters["from"]}, {"label": job.parameters["into"], **counts}
        record_chunk(chunk, "labels.merged", [row.key for row in rows], after, before=before)


def move_suggestions(held: Held) -> None:
    """Let the suggestions of one chunk propose the other label; at most 8 queries and one for each 100 refitted."""
    job, chunk = held.job, held.chunk
    with held.finishing():
        into = current_label(job.project, job.parameters["into"])
        found = rows_under(job.project.pk, job.parameters["from"], Suggestion)
        rows = list(found.filter(pk__gte=chunk.start, pk__lte=chunk.end).select_for_update().order_by("pk"))
        noted = []
        for row in rows:
            fitted = fitting(into.attributes, row.attributes)
            noted.append([row.pk, row.attributes if fitted != row.attributes else None])
            row.attributes = fitted
        propose(into, rows, [row for row, (_pk, before) in zip(rows, noted, strict=True) if before is not None])
        chunk.facts = {"kind": "suggestion", "moved": len(rows), "rows": noted}
        Job.objects.filter(pk=job.pk).update(done=F("done") + chunk.count)
        before, after = {"label": job.parameters["from"]}, {"label": job.parameters["into"], "suggestions": len(rows)}
        record_chunk(chunk, "labels.merged", [row.key for row in rows], after, before=before)


def propose(label: Label, rows: list[Suggestion], refitted: list[Suggestion]) -> None:
    """Let suggestions propose a label, and tell whoever follows changes."""
    Suggestion.objects.bulk_update(refitted, ["attributes"], batch_size=100)
    Suggestion.objects.filter(pk__in=[row.pk for row in rows]).update(label=label, stored_at=timezone.now())


def finish(job: Job) -> str:
    """Say what was merged."""
    before, after = job.parameters["names"]
    count = ngettext("%(n)s judgement", "%(n)s judgements", job.n_updated) % {"n": job.n_updated}
    message = _("%(count)s of “%(before)s” now have the label “%(after)s”. What they had before is in their history.")
    said = message % {"count": count, "before": before, "after": after}
    if n := count_in_chunks(job, Suggestion):
        sentence = ngettext(
            "%(n)s suggestion proposes the other label now.", "%(n)s suggestions propose the other label now.", n
        )
        said = f"{said} {sentence % {'n': n}}"
    return said


def count_in_chunks(job: Job, model: type[Any]) -> int:
    """Return how many rows of a kind the job moved; 1 query."""
    chunks = job.chunks.filter(stage=MOVED.index(model) + 1)
    return sum(n or 0 for n in chunks.values_list("facts__moved", flat=True))


def current_label(project: Project, key: str) -> Label:
    """Return a label in force by its key; raise `Refused` where there is none, as it was retired meanwhile."""
    found = next((label for label in current_labels(project) if label.key == key), None)
    if found is None:
        message = _("“%(key)s” is no label in force. Choose one of the label set.")
        raise Refused("label_unknown", message % {"key": key[:80]}, field="into")
    return found


def _checked(merge: LabelMerge, project: Project, labels: list[Label]) -> tuple[Label, Label]:
    into = current_label(project, merge.into_key)
    rows = Label.objects.filter(project=project, key=merge.from_key).order_by("-label_set__version")
    former = next((label for label in labels if label.key == merge.from_key), None) or rows.first()
    if former is None:
        message = _("“%(key)s” is no label of this project.")
        raise Refused("label_unknown", message % {"key": merge.from_key[:80]}, field="from")
    if former.key == into.key:
        raise Refused("merge_with_itself", _("A label is merged into another one."), field="into")
    if former.applies_to != into.applies_to:
        message = _("“%(one)s” is for %(kind)s, “%(other)s” is for %(another)s: they cannot be merged.")
        values = {
            "one": former.name,
            "kind": former.get_applies_to_display(),
            "other": into.name,
            "another": into.get_applies_to_display(),
        }
        raise Refused("merge_of_two_kinds", message % values, field="into")
    return former, into


def _place_of(merge: LabelMerge, labels: list[Label]) -> dict[str, Any]:
    """Return what is needed to put the merged label where it was: its place, what was below it, where the other was."""
    keys = [label.key for label in labels]
    parents = {label.key: label.parent.key if label.parent else None for label in labels}
    children = [key for key, parent in parents.items() if parent == merge.from_key]
    return {"position": keys.index(merge.from_key), "children": children, "parent_of_other": parents[merge.into_key]}


def _without(merge: LabelMerge, labels: list[Label]) -> Iterator[NewLabel]:
    """Yield the labels but the merged one; those below it come under the other, which takes its place if it was too."""
    new = {label.key: new_label_of(label) for label in labels}
    above_both = new[merge.from_key].parent
    if is_below(merge.into_key, merge.from_key, new):
        new[merge.into_key] = replace(new[merge.into_key], parent=above_both)
    for label in new.values():
        if label.key != merge.from_key:
            yield replace(label, parent=merge.into_key) if label.parent == merge.from_key else label


def is_below(key: str, above: str, labels: dict[str, NewLabel]) -> bool:
    parent = labels[key].parent
    for _step in labels:
        if parent == above:
            return True
        parent = labels[parent].parent if parent in labels else None
    return False


def _ask_for_the_other(merge: LabelMerge, project: Project) -> list[dict[str, Any]]:
    """Let the checks before submitting ask for the label that takes the place of the merged one; return them before."""
    project.refresh_from_db(fields=["submit_rules", "revision"])
    before = project.submit_rules
    rules = [
        rule | {"label": merge.into_key} if rule.get("label") == merge.from_key else rule
        for rule in project.submit_rules
    ]
    if rules != project.submit_rules:
        once = [rule for n, rule in enumerate(rules) if rule not in rules[:n]]
        project.submit_rules, project.revision = once, project.revision + 1
        project.save(update_fields=["submit_rules", "revision"])
    return before


def rows_under(project_id: int, key: str, model: type[Any]) -> QuerySet[Any]:
    """Return what stands under any version of a label; withdrawn ones too, which may be brought back."""
    labels = Label.objects.filter(project_id=project_id, key=key)
    return model._default_manager.filter(project_id=project_id, label__in=labels.values("pk"))


def parts_of(rows: QuerySet[Any]) -> Iterator[list[int]]:
    """Yield the ids in parts; one part is in memory at a time."""
    after = 0
    while part := list(rows.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:ROWS_IN_A_CHUNK]):
        after = part[-1]
        yield part


def _count_unfitting(rows: QuerySet[Any], into: Label) -> int:
    if not into.attributes:
        return 0
    given = rows.exclude(attributes={}).order_by().values_list("attributes", flat=True)
    return sum(fitting(into.attributes, values) != values for values in given.iterator(chunk_size=500))


def _twice(rows: QuerySet[Any], into: str, *same: str) -> QuerySet[Any]:
    """Narrow standing rows to those beside which the same person has one with the other label."""
    others = rows.model._default_manager.filter(
        version=OuterRef("version"),
        created_by=OuterRef("created_by"),
        layer=OuterRef("layer"),
        withdrawn_at__isnull=True,
        label__key=into,
        **{name: OuterRef(name) for name in same},
    )
    return rows.filter(Exists(others), withdrawn_at__isnull=True)


def _move(model: type[Any], rows: list[Any], into: Label, job: Job) -> dict[str, int]:
    by, now = job.requested_by, timezone.now()
    assert by is not None
    superfluous = superfluous_among(rows, into) if model is ArticleLabel else set()
    keep_revisions(model, rows, by)
    refitted = [row for row in rows if fitting(into.attributes, row.attributes) != row.attributes]
    for row in refitted:
        row.attributes = fitting(into.attributes, row.attributes)
    model._default_manager.bulk_update(refitted, ["attributes"], batch_size=100)
    locked = model._default_manager.filter(pk__in=[row.pk for row in rows])
    locked.filter(pk__in=superfluous).update(withdrawn_at=now)
    locked.update(label=into, version_number=F("version_number") + 1, updated_at=now, stored_at=now)
    note_changed((row.version_id for row in rows), job.project.pk)
    return {"moved": len(rows), "attributes_dropped": len(refitted), "withdrawn": len(superfluous)}


def superfluous_among(rows: list[ArticleLabel], into: Label) -> set[int]:
    """Return the rows of which the text has the other label from the same person; of two merged ones the second."""
    versions = {row.version_id for row in rows}
    there = ArticleLabel.objects.filter(version__in=versions, label__key=into.key, withdrawn_at__isnull=True)
    taken = set(there.values_list("version_id", "created_by_id", "layer"))
    superfluous = set()
    for row in rows:
        place = (row.version_id, row.created_by_id, row.layer)
        if row.withdrawn_at is None and place in taken:
            superfluous.add(row.pk)
        elif row.withdrawn_at is None:
            taken.add(place)
    return superfluous


def keep_revisions(model: type[Any], rows: list[Any], by: Membership) -> None:
    if model is Annotation:
        fragments: dict[int, list[dict[str, Any]]] = {row.pk: [] for row in rows}
        parts = Fragment.objects.filter(annotation__in=rows)
        names = ("n", "start", "end", "quote")
        for pk, *values in parts.order_by("annotation_id", "n").values_list("annotation_id", *names):
            fragments[pk].append(dict(zip(names, values, strict=True)))
        AnnotationRevision.objects.bulk_create(
            AnnotationRevision(
                **_state(row, by),
                annotation=row,
                start=row.start,
                end=row.end,
                quote=row.quote,
                confidence=row.confidence,
                fragments=fragments[row.pk],
            )
            for row in rows
        )
    elif model is Relation:
        RelationRevision.objects.bulk_create(RelationRevision(**_state(row, by), relation=row) for row in rows)
    else:
        ArticleLabelRevision.objects.bulk_create(
            ArticleLabelRevision(**_state(row, by), article_label=row, confidence=row.confidence) for row in rows
        )


def _state(row: Any, by: Membership) -> dict[str, Any]:
    return {
        "version_number": row.version_number,
        "replaced_by": by,
        "withdrawn_at": row.withdrawn_at,
        "label_id": row.label_id,
        "label_set_version": row.label.label_set.version,
        "note": row.note,
        "attributes": row.attributes,
    }
