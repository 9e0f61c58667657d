"""Undoing a merge of labels as a job: the merged label is in force again, and what it was taken from has it back.

What got the other label from a person since, or another one, stays: theirs is the later word. Every state is kept as a
revision, those of the merge too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from annotations.errors import Refused
from annotations.jobs.leases import Held
from annotations.jobs.recording import record_chunk
from annotations.models import (
    Annotation,
    AnnotationRevision,
    ArticleLabel,
    ArticleLabelRevision,
    Chunk,
    Job,
    Label,
    Membership,
    Project,
    Relation,
    RelationRevision,
    Suggestion,
)
from annotations.text.attributes import fitting

from .merging_labels import (
    count_in_chunks,
    current_label,
    is_below,
    keep_revisions,
    propose,
    superfluous_among,
)
from .projects import NewLabel, current_labels, lock_label_set, new_label_of, put_in_force

REVISIONS: dict[type[Any], tuple[type[Any], str]] = {
    Annotation: (AnnotationRevision, "annotation"),
    Relation: (RelationRevision, "relation"),
    ArticleLabel: (ArticleLabelRevision, "article_label"),
}


def plan(held: Held) -> None:
    """Put the merged label in force again, and take the chunks of the merge, each to be undone by one of its number."""
    job, merge = held.job, _merge_of(held.job)
    done = merge.chunks.filter(stage__gt=0, done_at__isnull=False)
    if done.filter(facts__rows__isnull=True).exists():
        message = _("This merge did not note what it moved, as merges do now. It cannot be undone.")
        raise Refused("merge_too_old", message)
    with held.finishing():
        assert job.requested_by is not None
        _bring_back(merge, job.requested_by)
        held.chunk.count = 0
        chunks = [
            Chunk(job=job, n=n, stage=stage, start=start, end=end, count=count)
            for n, stage, start, end, count in done.values_list("n", "stage", "start", "end", "count")
        ]
        Chunk.objects.bulk_create(chunks, batch_size=500)
        total = sum(chunk.count for chunk in chunks)
        Job.objects.filter(pk=job.pk).update(
            done=0, total=total, stage="writing", stage_at=timezone.now(), stage_done=0
        )


def give_back(held: Held, model: type[Any]) -> None:
    """Give the rows of one chunk the label they had; at most 14 queries, 1 for each 100 whose values come back."""
    job, chunk = held.job, held.chunk
    noted: dict[int, int] = dict(_rows_of(chunk))
    with held.finishing():
        if model is ArticleLabel:  # two chunks must not both find that a person's label is not there yet
            Project.objects.select_for_update(no_key=True).get(pk=job.project.pk)
        former = current_label(job.project, job.parameters["from"])
        others = Label.objects.filter(project=job.project, key=job.parameters["into"])
        found = model._default_manager.filter(pk__in=noted, label__in=others.values("pk"))
        rows = list(found.select_for_update(of=("self",)).select_related("label__label_set").order_by("pk"))
        chosen, before = _since(model, noted, job.parameters["into"])
        back = [row for row in rows if row.pk not in chosen]
        counts = _give_back(model, back, former, before, job)
        chunk.facts = {"kind": model._meta.model_name, **counts, "left": len(noted) - len(back)}
        Job.objects.filter(pk=job.pk).update(
            done=F("done") + chunk.count,
            n_read=F("n_read") + len(noted),
            n_updated=F("n_updated") + len(back),
            n_unchanged=F("n_unchanged") + len(noted) - len(back),
        )
        label, other = job.parameters["from"], job.parameters["into"]
        record_chunk(
            chunk, "labels.parted", [row.key for row in back], {"label": label, **counts}, before={"label": other}
        )


def give_back_suggestions(held: Held) -> None:
    """Let the suggestions of one chunk propose the label they proposed, unless they propose a third one by now."""
    job, chunk = held.job, held.chunk
    noted: dict[int, Any] = dict(_rows_of(chunk))
    with held.finishing():
        former = current_label(job.project, job.parameters["from"])
        others = Label.objects.filter(project=job.project, key=job.parameters["into"])
        found = Suggestion.objects.filter(pk__in=noted, label__in=others.values("pk"))
        rows = list(found.select_for_update().order_by("pk"))
        refitted = [row for row in rows if noted[row.pk] is not None]
        for row in refitted:
            row.attributes = fitting(former.attributes, noted[row.pk])
        propose(former, rows, refitted)
        chunk.facts = {"kind": "suggestion", "moved": len(rows)}
        Job.objects.filter(pk=job.pk).update(done=F("done") + chunk.count)
        label, other = job.parameters["from"], job.parameters["into"]
        record_chunk(
            chunk,
            "labels.parted",
            [row.key for row in rows],
            {"label": label, "suggestions": len(rows)},
            before={"label": other},
        )


def finish(job: Job) -> str:
    """Say what has its label again, and what stays."""
    before, _after = job.parameters["names"]
    sentence = ngettext(
        "%(n)s judgement has the label “%(label)s” again.",
        "%(n)s judgements have the label “%(label)s” again.",
        job.n_updated,
    )
    said = [sentence % {"n": job.n_updated, "label": before}]
    if job.n_unchanged:
        sentence = ngettext(
            "%(n)s was given a label by somebody since and stays as it is.",
            "%(n)s were given a label by somebody since and stay as they are.",
            job.n_unchanged,
        )
        said.append(sentence % {"n": job.n_unchanged})
    if n := count_in_chunks(job, Suggestion):
        sentence = ngettext("%(n)s suggestion proposes it again.", "%(n)s suggestions propose it again.", n)
        said.append(sentence % {"n": n})
    return " ".join(said)


def _merge_of(job: Job) -> Job:
    assert job.undoes is not None
    return job.undoes


def _rows_of(chunk: Chunk) -> list[list[Any]]:
    """Return what the merge noted of the rows of the chunk of the same number: ids, and what belongs to each."""
    facts = _merge_of(chunk.job).chunks.values_list("facts", flat=True).get(n=chunk.n)
    rows: list[list[Any]] = facts["rows"]
    return rows


def _since(model: type[Any], noted: dict[int, int], into: str) -> tuple[set[int], dict[int, Any]]:
    """Return the rows that a person gave a label after the merge, and the states that the merge found; 1 query.

    The states are those of rows that nobody changed since, and come with their attributes and time of withdrawal.
    """
    revision, row_name = REVISIONS[model]
    names = (f"{row_name}_id", "version_number", "label__key", "attributes", "withdrawn_at")
    chosen, before, changed = set[int](), dict[int, Any](), set[int]()
    states = revision._default_manager.filter(**{f"{row_name}__in": list(noted)})
    for pk, version, key, attributes, withdrawn_at in states.values_list(*names):
        if version == noted[pk]:
            before[pk] = (attributes, withdrawn_at)
        elif version > noted[pk]:
            changed.add(pk)
            if key != into:
                chosen.add(pk)
    return chosen, {pk: state for pk, state in before.items() if pk not in changed}


def _give_back(model: type[Any], rows: list[Any], former: Label, before: dict[int, Any], job: Job) -> dict[str, int]:
    assert job.requested_by is not None
    now = timezone.now()
    keep_revisions(model, rows, job.requested_by)
    refitted = []
    for row in rows:
        values, withdrawn_at = before.get(row.pk, (row.attributes, row.withdrawn_at))
        fitted = fitting(former.attributes, values)
        if fitted != row.attributes:
            row.attributes = fitted
            refitted.append(row)
        row.was_withdrawn, row.withdrawn_at = row.withdrawn_at, withdrawn_at
    superfluous = superfluous_among(rows, former) if model is ArticleLabel else set()
    revived = [row.pk for row in rows if row.was_withdrawn and not row.withdrawn_at and row.pk not in superfluous]
    model._default_manager.bulk_update(refitted, ["attributes"], batch_size=100)
    locked = model._default_manager.filter(pk__in=[row.pk for row in rows])
    locked.filter(pk__in=revived).update(withdrawn_at=None)
    locked.filter(pk__in=superfluous, withdrawn_at__isnull=True).update(withdrawn_at=now)
    locked.update(label=former, version_number=F("version_number") + 1, updated_at=now, stored_at=now)
    return {"moved": len(rows), "brought_back": len(revived), "withdrawn": len(superfluous)}


def _bring_back(merge: Job, by: Membership) -> None:
    """Put the label in force again that the merge retired, with what stood below it and the checks that ask for it."""
    current = lock_label_set(by, None)
    labels = current_labels(by.project)
    key, into = merge.parameters["from"], merge.parameters["into"]
    if not any(label.key == key for label in labels):
        rows = Label.objects.filter(project=by.project, key=key).select_related("parent", "label_set")
        former = rows.order_by("-label_set__version").first()
        assert former is not None
        place = merge.parameters.get("retired") or {}
        put_in_force(current, _with(new_label_of(former), place, labels, into), by=by)
    _ask_again(by.project, key, into, merge.parameters.get("rules") or [])


def _with(former: NewLabel, place: dict[str, Any], labels: Iterable[Label], into: str) -> list[NewLabel]:
    """Return the labels with the one that comes back, at its place and above what stood below it."""
    new = {label.key: new_label_of(label) for label in labels}
    if former.parent not in new:
        former = replace(former, parent=None)
    if former.shortcut and former.shortcut.upper() in {label.shortcut.upper() for label in new.values()}:
        former = replace(former, shortcut="")
    order = list(new)
    order.insert(min(place.get("position", len(order)), len(order)), former.key)
    new[former.key] = former
    for child in place.get("children", ()):
        below_other = child in new and (new[child].parent == into or child == into)
        if below_other and not is_below(former.key, child, new):
            new[child] = replace(new[child], parent=former.key)
    return [new[key] for key in order]


def _ask_again(project: Project, key: str, into: str, before: list[dict[str, Any]]) -> None:
    """Let the checks before submitting that asked for the merged label ask for it again, where they stand still."""
    project.refresh_from_db(fields=["submit_rules", "revision"])
    rules = list(project.submit_rules)
    for rule in before:
        other = rule | {"label": into}
        if rule.get("label") != key or rule in rules or other not in rules:
            continue
        if other in before:
            rules.insert(rules.index(other), rule)
        else:
            rules[rules.index(other)] = rule
    if rules != project.submit_rules:
        project.submit_rules, project.revision = rules, project.revision + 1
        project.save(update_fields=["submit_rules", "revision"])
