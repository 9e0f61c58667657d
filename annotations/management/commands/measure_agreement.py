"""Measure the agreement of a project's annotators on spans, in the foreground."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotations.agreement.measuring import Run, measure
from annotations.models import Project


class Command(BaseCommand):
    """`workbench measure_agreement --project SLUG`."""

    help = "Measure how far annotators agree on spans: over all labels, for each label and each pair of people."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--project", required=True, metavar="SLUG")
        parser.add_argument("--seed", type=int, default=1, metavar="N", help="the same seed gives the same intervals")
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")

    def handle(self, *args: Any, **options: Any) -> None:
        """Measure and print."""
        project = Project.objects.filter(slug=options["project"]).first()
        if project is None:
            raise CommandError(f"There is no project “{options['project']}”.")
        runs = measure(project, seed=options["seed"])
        if options["json"]:
            self.stdout.write(json.dumps({"runs": [run.as_dict() for run in runs]}, ensure_ascii=False))
            return
        self.stdout.write(f"{'measure':<14} {'unit':<10} {'of':<34} {'value':>7}  95 % over articles   items  people")
        for run in runs:
            self.stdout.write(_line(run))
        for name, count in (runs[0].left_out if runs else {}).items():
            self.stdout.write(f"Left out: {count} {name.replace('_', ' ')}.")


def _line(run: Run) -> str:
    figure = run.figure
    value = f"{figure.value:7.3f}" if figure.value is not None else "      –"
    interval = f"{figure.low:6.3f} to {figure.high:6.3f}" if figure.low is not None and figure.high is not None else ""
    why = f"  undefined: {figure.why.replace('_', ' ')}" if figure.value is None else ""
    of = f"{run.measure:<14} {run.unit:<10} {run.scope:<34}"
    return f"{of} {value}  {interval:<18} {figure.n_items:>7} {figure.n_annotators:>7}{why}"
