"""Agreement as a job: list the texts, count them some at a time, then draw once for all measures and store figures.

What a chunk counted is kept until the run is summed up, so that a killed worker costs one chunk, and the memory of
none grows with the corpus.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import UTC
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from annotations.access import Act, require, require_taken
from annotations.access.requests import Request
from annotations.access.starts import count_start
from annotations.errors import NotThere, Refused
from annotations.jobs.leases import Held
from annotations.jobs.recording import record_chunk
from annotations.jobs.running import Kind
from annotations.jobs.starting import queue_job
from annotations.models import (
    AgreementAnswer,
    AgreementFigure,
    AgreementPart,
    AgreementRun,
    AgreementText,
    Chunk,
    Job,
    LabelSet,
    Membership,
    Project,
    Round,
)

from .counting import COUNTS, GOLD, REALS, Counts, count
from .naming import answer_key, pair_mark
from .parts import Part
from .questions import BINARY, Question, apart
from .summing import Measured, Totals, alpha_value, summed_up
from .texts import Person, Read, Scope, articles_of, read_texts, scope_of

CODE_VERSION = "workbench-agreement/4"
"""Raised with every change that can change a figure; stored with each run."""
TEXTS_IN_A_CHUNK = 100
MOST_SEED = 2**31 - 1
DEFAULT_SEED = 1


def start_measuring(
    by: Membership | None,
    *,
    labels: Iterable[str] | None = None,
    people: Iterable[Any] | None = None,
    seed: int = DEFAULT_SEED,
    of_round: UUID | str | None = None,
    project: Project | None = None,
    request: Request | None = None,
) -> Job:
    """Queue a run over all texts; `labels` (keys) and `people` (UUIDs of memberships) narrow it, left out they do not.

    With `of_round`, a UUID, it is of the work of that round. `by` is None for the operator of this machine, who names
    the project. Raises `Forbidden`, `TooMany`, and `Refused` for a label that nobody used, none of either chosen, or a
    seed that is none; `NotThere` for who is no member, or no round.
    """
    if by is not None:
        require(by, Act.MEASURE_AGREEMENT)
        project = by.project
    elif project is None:
        raise ValueError("Without a membership, name the project.")
    require_taken(project, Act.MEASURE_AGREEMENT)
    count_start(by, Job.Kind.EXPORT)
    if not 0 <= seed <= MOST_SEED:
        message = _("A seed is a whole number from 0 to %(most)s.")
        raise Refused("seed_invalid", message % {"most": MOST_SEED}, field="seed")
    found = _round(project, of_round) if of_round else None
    options = _checked(project, labels, people, found)
    parameters = options | {"seed": seed, "code_version": CODE_VERSION}
    with transaction.atomic():
        job = queue_job(by, project, Job.Kind.AGREEMENT, parameters, parameters, request=request)
        AgreementRun.objects.create(
            project=project,
            job=job,
            requested_by=by,
            round=found,
            label_set=LabelSet.objects.filter(project=project).order_by("-version").first(),
            options=options,
            seed=seed,
            code_version=CODE_VERSION,
        )
    return job


def _round(project: Project, uuid: UUID | str) -> Round:
    found = Round.objects.filter(project=project, uuid=uuid).first()
    if found is None:
        raise NotThere("round_not_found", _("There is no such round in this project."), field="round")
    return found


def _checked(
    project: Project, labels: Iterable[str] | None, people: Iterable[Any] | None, found: Round | None
) -> dict[str, Any]:
    """Return the options as they are stored: only what narrows the run."""
    whole = scope_of(project, of_round=found.pk if found else None)
    options: dict[str, Any] = {}
    if found is not None:
        options["round"] = str(found.uuid)
    asked = {
        "labels": (labels, whole.keys, _("“%(given)s” is no label that anybody used here.")),
        "people": (people, [each.uuid for each in whole.people], _("“%(given)s” is no member of this project.")),
    }
    for name, (given, known, message) in asked.items():
        if given is None:
            continue
        chosen = sorted({str(each) for each in given})
        for each in chosen:
            if each not in known:
                refusal = NotThere if name == "people" else Refused
                raise refusal(f"{name}_unknown", message % {"given": each[:80]}, field=name)
        if not chosen:
            raise Refused(f"no_{name}", _("Choose at least one, or leave this out for all."), field=name)
        options[name] = chosen
    return options


def plan(held: Held) -> None:
    """Cut the texts into chunks, and one more that sums up; what an earlier try left is removed."""
    run, project = _run_of(held.job), held.job.project
    scope = scope_of(project, labels=run.options.get("labels"), people=run.options.get("people"), of_round=run.round_id)
    ids = list(articles_of(project.pk, run.round_id).order_by("pk").values_list("pk", flat=True))
    parts = [ids[first : first + TEXTS_IN_A_CHUNK] for first in range(0, len(ids), TEXTS_IN_A_CHUNK)]
    with held.finishing():
        held.chunk.count = 0
        AgreementAnswer.objects.filter(text__run=run).delete()
        for model in (AgreementFigure, AgreementText, AgreementPart):
            model._default_manager.filter(run=run).delete()
        chunks = [
            Chunk(job=held.job, n=n, stage=1, start=part[0], end=part[-1], count=len(part))
            for n, part in enumerate(parts, start=1)
        ]
        chunks.append(Chunk(job=held.job, n=len(parts) + 1, stage=2, count=len(ids)))
        Chunk.objects.bulk_create(chunks, batch_size=500)
        run.labels = list(scope.labels)
        run.people = [{"id": each.id, "uuid": each.uuid, "pseudonym": each.pseudonym} for each in scope.people]
        run.questions = [asdict(each) for each in scope.questions]
        run.measured_at = None
        run.save(update_fields=["labels", "people", "questions", "measured_at"])
        Job.objects.filter(pk=held.job.pk).update(
            done=0, total=2 * len(ids), stage="writing", stage_at=timezone.now(), stage_done=0
        )


def count_texts(held: Held) -> None:
    """Count the texts of one chunk."""
    run, chunk = _run_of(held.job), held.chunk
    scope = scope_of_run(run)
    rows = articles_of(run.project_id, run.round_id).filter(pk__gte=chunk.start, pk__lte=chunk.end).order_by("pk")
    versions = [pk for pk in rows.values_list("current_version_id", flat=True) if pk is not None]
    part, left_out = Part(), Counter[str]()
    texts: list[AgreementText] = []
    answers: list[AgreementAnswer] = []
    with held.kept():
        for read in read_texts(scope, versions, left_out):
            held.tick()
            counts = count(read.text, scope.labels, part.confusion)
            part.add(counts, read.handed_in_at.date().isoformat() if read.handed_in_at else "", read.answers)
            texts.append(_text_row(run, read, counts))
            answers += _answer_rows(scope, texts[-1], read)
        part.left_out.update(left_out)
        content = part.packed()
    with held.finishing():
        AgreementText.objects.bulk_create(texts, batch_size=500)
        AgreementAnswer.objects.bulk_create(answers, batch_size=500)
        AgreementPart.objects.create(run=run, n=chunk.n, content=content)
        chunk.facts = {"texts": len(texts)}
        Job.objects.filter(pk=held.job.pk).update(
            done=F("done") + chunk.count, n_read=F("n_read") + chunk.count, n_unchanged=F("n_unchanged") + len(texts)
        )


def sum_up(held: Held) -> None:
    """Add everything up, draw the resamples, and store the figures."""
    run, before = _run_of(held.job), held.chunk.count
    with held.kept():

        def tick(done: int) -> None:
            held.tick(done=before + min(before, done))

        days = run.texts.datetimes("handed_in_at", "day", tzinfo=UTC)
        named = [day.date().isoformat() for day in days]
        totals = Totals(run.labels, _parts_of(run), questions_of_run(run), days=named)
        names = [person["pseudonym"] for person in run.people]
        found = summed_up(totals, lambda: _parts_of(run), names, seed=run.seed, tick=tick)
    with held.finishing():
        AgreementFigure.objects.bulk_create(
            [_figure_row(run, n, measured) for n, measured in enumerate(found)], batch_size=200
        )
        AgreementPart.objects.filter(run=run).delete()
        run.n_texts, run.n_compared, run.n_with_gold = totals.n_texts, totals.n_compared, totals.n_with_gold
        run.left_out = {name: n for name, n in sorted(totals.left_out.items()) if n}
        run.measured_at = timezone.now()
        run.save(update_fields=["n_texts", "n_compared", "n_with_gold", "left_out", "measured_at"])
        Job.objects.filter(pk=held.job.pk).update(done=2 * before, n_created=len(found))
        facts = {"texts": run.n_texts, "figures": len(found), "code_version": run.code_version}
        rows = AgreementFigure.objects.filter(run=run).order_by("n").values_list("uuid", flat=True)
        record_chunk(held.chunk, "agreement.measured", rows, facts)


def finish(job: Job) -> str:
    """Say how much was measured."""
    run = _run_of(job)
    message = ngettext(
        "%(n)s text that several people handed in was measured.",
        "%(n)s texts that several people handed in were measured.",
        run.n_compared,
    )
    return message % {"n": run.n_compared}


def scope_of_run(run: AgreementRun) -> Scope:
    """Return what the run measures, as it was when it began."""
    people = tuple(Person(each["id"], each["uuid"], each["pseudonym"]) for each in run.people)
    return Scope(
        run.project_id, tuple(run.labels), people, run.round_id, run.project.revealed_at, questions_of_run(run)
    )


def questions_of_run(run: AgreementRun) -> tuple[Question, ...]:
    """Return what the run asked of each text."""
    return tuple(question_of_run(run, n) for n in range(len(run.questions)))


def question_of_run(run: AgreementRun, n: int) -> Question:
    """Return one of the questions by its number."""
    return Question(**{**run.questions[n], "values": tuple(run.questions[n]["values"])})


def _run_of(job: Job) -> AgreementRun:
    return AgreementRun.objects.get(job_id=job.pk)


def _parts_of(run: AgreementRun) -> Iterator[Part]:
    """Yield the parts one by one, so that no two are in memory together."""
    for n in list(run.parts.order_by("n").values_list("n", flat=True)):
        yield Part.unpacked(bytes(run.parts.values_list("content", flat=True).get(n=n)))


def _text_row(run: AgreementRun, read: Read, counts: Counts) -> AgreementText:
    untouched = len(run.labels) - len(counts.labels)
    sums = dict(zip((*REALS, *COUNTS), map(sum, zip(*counts.labels.values(), strict=True)), strict=False))
    none = sums.get("none", 0.0) + untouched * counts.n_sentences * counts.n_people
    is_compared = counts.n_people > 1
    shares = {
        name: sums[name] / sums[f"{name}_of"] if sums.get(f"{name}_of") else None
        for name in ("exact", "overlap", "character")
    }
    return AgreementText(
        run=run,
        project_id=run.project_id,
        version_id=read.version_id,
        n_people=counts.n_people,
        n_spans=counts.n_spans.total(),
        has_gold=read.text.gold is not None,
        alpha=alpha_value(sums.get("both", 0.0), sums.get("one", 0.0), none) if is_compared else None,
        people="".join(f",{person}" for person in sorted(read.text.spans)) + ",",
        labels="".join(f",{label}" for label in counts.labels) + ",",
        of_pairs="".join(
            f"{pair_mark(pair)}{numbers[0] / numbers[1]:.4f}" for pair, numbers in counts.pairs.items() if numbers[1]
        ),
        digest=read.digest,
        handed_in_at=read.handed_in_at,
        **shares,
    )


def _answer_rows(scope: Scope, text: AgreementText, read: Read) -> Iterator[AgreementAnswer]:
    """Yield a row for each question that two answered on a text; of a no or yes, only where anybody says yes."""
    for n, given in sorted(read.answers.items()):
        question = scope.questions[n]
        if question.metric is None or (question.kind in BINARY and not any(given.values())):
            continue
        of_people = [answer for person, answer in given.items() if person != GOLD]
        yield AgreementAnswer(
            text=text,
            question=n,
            n_people=len(of_people),
            apart=apart(question, of_people),
            answers={answer_key(person): answer for person, answer in sorted(given.items())},
        )


def _figure_row(run: AgreementRun, n: int, measured: Measured) -> AgreementFigure:
    figure = measured.figure
    return AgreementFigure(
        run=run,
        n=n,
        measure=measured.measure,
        unit=measured.unit,
        scope=measured.scope,
        value=figure.value,
        low=figure.low,
        high=figure.high,
        observed=figure.observed,
        expected=figure.expected,
        n_items=figure.n_items,
        n_annotators=figure.n_annotators,
        why=figure.why,
        matrix=measured.matrix,
        question=measured.question,
    )


AGREEMENT = Kind(act=Act.MEASURE_AGREEMENT, stages=(plan, count_texts, sum_up), finish=finish)
