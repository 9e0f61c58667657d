"""Measure the agreement of a project's annotators on spans and on questions about articles, in the foreground."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotations.agreement.results import figure_json, question_of
from annotations.agreement.running import AGREEMENT, DEFAULT_SEED, start_measuring
from annotations.errors import WorkbenchError
from annotations.jobs.leases import owner_name
from annotations.jobs.running import run_to_the_end
from annotations.models import AgreementFigure, AgreementRun, Job, Project


class Command(BaseCommand):
    """`workbench measure_agreement --project SLUG`."""

    help = "Measure how far annotators agree: on spans, for each label and pair of people, and on article questions."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--project", required=True, metavar="SLUG")
        parser.add_argument(
            "--seed", type=int, default=DEFAULT_SEED, metavar="N", help="the same seed gives the same intervals"
        )
        parser.add_argument("--label", action="append", metavar="KEY", help="only this label; may be repeated")
        parser.add_argument("--person", action="append", metavar="UUID", help="only this member; may be repeated")
        parser.add_argument("--round", metavar="UUID", help="only the work of this round, past or not")
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")

    def handle(self, *args: Any, **options: Any) -> None:
        """Measure as a job of this machine's operator, and print; exit with 1 where it failed."""
        project = Project.objects.filter(slug=options["project"]).first()
        if project is None:
            raise CommandError(f"There is no project “{options['project']}”.")
        try:
            job = start_measuring(
                None,
                project=project,
                seed=options["seed"],
                labels=options["label"],
                people=options["person"],
                of_round=options["round"],
            )
        except WorkbenchError as error:
            raise CommandError(str(error)) from error
        run_to_the_end(job.pk, {Job.Kind.AGREEMENT: AGREEMENT}, owner=owner_name())
        job.refresh_from_db()
        if job.state != Job.State.DONE:
            raise CommandError(f"The job ended as “{job.get_state_display()}”. {job.message}")
        self._print(AgreementRun.objects.get(job=job), as_json=options["json"])

    def _print(self, run: AgreementRun, *, as_json: bool) -> None:
        figures = run.figures.defer("matrix").order_by("n")
        if as_json:
            runs = [figure_json(each) | {"left_out": run.left_out} for each in figures]
            self.stdout.write(json.dumps({"run": str(run.uuid), "runs": runs}, ensure_ascii=False))
            return
        self.stdout.write(f"{'measure':<14} {'unit':<10} {'of':<34} {'value':>7}  95 % over articles   items  people")
        for figure in figures:
            self.stdout.write(_line(figure))
        for name, count in run.left_out.items():
            self.stdout.write(f"Left out: {count} {name.replace('_', ' ')}.")


def _line(figure: AgreementFigure) -> str:
    value = f"{figure.value:7.3f}" if figure.value is not None else "      –"
    interval = f"{figure.low:6.3f} to {figure.high:6.3f}" if figure.low is not None and figure.high is not None else ""
    why = f"  undefined: {figure.why.replace('_', ' ')}" if figure.value is None else ""
    question = question_of(figure)
    scope = f"{question.key} {figure.scope}" if question is not None else figure.scope
    of = f"{figure.measure:<14} {figure.unit:<10} {scope:<34}"
    return f"{of} {value}  {interval:<18} {figure.n_items:>7} {figure.n_annotators:>7}{why}"
