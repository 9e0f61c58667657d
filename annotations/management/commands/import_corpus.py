"""Import files, folders and archives into a project, in the foreground, by the functions that background jobs use."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from functools import partial
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotations.errors import WorkbenchError
from annotations.importers.commanding import ImportOrder, import_paths
from annotations.importers.formats import READERS
from annotations.jobs.starting import ON_CONFLICT, ON_DUPLICATE
from annotations.management.progress import progress_bar
from annotations.models import Job


class Command(BaseCommand):
    """`workbench import_corpus PATH… --project SLUG`."""

    help = "Import articles, with annotations and claims where the format has them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("paths", nargs="+", metavar="PATH", help="files, folders, .zip or .gz")
        parser.add_argument("--project", required=True, metavar="SLUG")
        parser.add_argument("--create-project", action="store_true", help="make the project where there is none")
        parser.add_argument("--format", choices=sorted(READERS), help="left out, it is guessed for each file")
        parser.add_argument(
            "--map", type=Path, metavar="FILE", help="JSON object: names in the file to our field names"
        )
        parser.add_argument(
            "--on-conflict", choices=ON_CONFLICT, default="skip", help="when a known article has another text"
        )
        parser.add_argument(
            "--on-duplicate", choices=ON_DUPLICATE, default="keep", help="when a new article is here under another id"
        )
        parser.add_argument(
            "--texts",
            type=Path,
            metavar="DIR",
            help="files with the texts of articles that come without; each is joined by its hash",
        )
        parser.add_argument("--publisher", help="publisher of articles that state none")
        parser.add_argument("--language", help="language of articles that state none")
        parser.add_argument("--published-at", help="date of articles that state none")
        parser.add_argument("--dry-run", action="store_true", help="read and check everything, write nothing")
        parser.add_argument("--json", action="store_true", help="end with one JSON object on standard output")
        parser.add_argument("--as", dest="username", help="whose import it is; left out, the operator's")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import, say what happened, and exit with 1 where nothing could be read or the job failed."""
        order = ImportOrder(
            paths=tuple(options["paths"]),
            slug=options["project"],
            creates_project=options["create_project"],
            format=options["format"],
            names=_read_map(options["map"]),
            on_conflict=options["on_conflict"],
            on_duplicate=options["on_duplicate"],
            defaults={name: options[name] for name in ("publisher", "language", "published_at") if options[name]},
            username=options["username"],
            watch=partial(progress_bar, self.stderr),
            is_trial=options["dry_run"],
            texts=options["texts"],
        )
        try:
            report = import_paths(order)
        except WorkbenchError as refusal:
            raise CommandError(refusal.message) from None
        for problem in report.problems:
            where = ", ".join(str(part) for part in (problem["file"], _line(problem), problem["field"]) if part)
            self.stderr.write(f"{where}: {problem['message']}")
        self.stdout.write(report.message)
        if options["json"]:
            self.stdout.write(json.dumps(report.as_dict(), ensure_ascii=False))
        nothing_read = report.read == report.rejected
        if report.state == Job.State.FAILED or nothing_read:
            sys.exit(1)


def _line(problem: dict[str, Any]) -> str:
    return f"line {problem['line']}" if problem["line"] else ""


def _read_map(path: Path | None) -> dict[str, str]:
    if path is None:
        return {}
    try:
        names = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CommandError(f'{path}: {error}. Give a JSON object such as {{"headline": "title"}}.') from None
    if not isinstance(names, dict) or not all(isinstance(ours, str) for ours in names.values()):
        raise CommandError(f'{path}: give a JSON object such as {{"headline": "title"}}.')
    return names
