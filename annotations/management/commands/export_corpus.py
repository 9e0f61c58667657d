"""Export a project into a file, in the foreground, by the functions that background jobs use."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from functools import partial
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotations.errors import WorkbenchError
from annotations.exporters.commanding import ExportOrder, export_to
from annotations.exporters.formats import WRITERS
from annotations.jobs.export_options import LAYERS
from annotations.management.progress import progress_bar


class Command(BaseCommand):
    """`workbench export_corpus --project SLUG --format native --output PATH`."""

    help = "Export articles with annotations, claims, evidence and sources."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--project", required=True, metavar="SLUG")
        parser.add_argument("--format", choices=sorted(WRITERS), default="native")
        parser.add_argument(
            "--output", required=True, type=Path, metavar="PATH", help=".jsonl, or .json for one JSON object"
        )
        parser.add_argument(
            "--filter",
            action="append",
            default=[],
            metavar="NAME=VALUE",
            help="as in the address of the article list, for instance language=de; may be repeated",
        )
        parser.add_argument(
            "--no-text",
            "--without-text",
            dest="no_text",
            action="store_true",
            help="leave texts and quotes out: ids, addresses, hashes and offsets stay (native alone)",
        )
        parser.add_argument(
            "--layer", choices=LAYERS, default="all", help="gold, what each annotator did, or all; left out, all"
        )
        parser.add_argument("--submitted-only", action="store_true", help="only the work that is handed in")
        parser.add_argument("--licence", default="", metavar="TEXT", help="one line for the header of the file")
        parser.add_argument(
            "--split",
            default="",
            metavar="80/10/10",
            help="per cent of train, dev and test; articles that share a passage stay together",
        )
        parser.add_argument("--seed", type=int, default=0, metavar="N", help="the same seed gives the same split")
        parser.add_argument(
            "--with-files",
            action="store_true",
            help="a .zip with what was captured of sources, byte for byte (native alone)",
        )
        parser.add_argument("--json", action="store_true", help="end with one JSON object on standard output")
        parser.add_argument("--as", dest="username", help="whose view is exported; left out, everything")

    def handle(self, *args: Any, **options: Any) -> None:
        """Export and say what is in the file."""
        order = ExportOrder(
            slug=options["project"],
            output=options["output"],
            format=options["format"],
            filters=dict(_pair(given) for given in options["filter"]),
            with_text=not options["no_text"],
            username=options["username"],
            options={name: options[name] for name in _OPTIONS},
            watch=partial(progress_bar, self.stderr),
        )
        try:
            report = export_to(order)
        except WorkbenchError as refusal:
            raise CommandError(refusal.message) from None
        self.stdout.write(f"{report['articles']} articles written to {report['output']}. {report['message']}")
        if options["json"]:
            self.stdout.write(json.dumps(report, ensure_ascii=False))


_OPTIONS = ("layer", "submitted_only", "licence", "split", "seed", "with_files")


def _pair(given: str) -> tuple[str, str]:
    name, equals, value = given.partition("=")
    if not equals:
        raise CommandError(f"--filter {given}: write NAME=VALUE, for instance language=de.")
    return name, value
