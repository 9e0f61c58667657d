"""Read all texts anew for search, in the foreground."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotations.models import Project
from annotations.search.indexing import rebuild


class Command(BaseCommand):
    """`workbench rebuild_search`."""

    help = "Read all texts anew for full-text search; new texts are read by themselves. Harmless at any time."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--project", metavar="SLUG", help="the texts of one project only")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, and say how many texts were read."""
        project = None
        if options["project"]:
            project = Project.objects.filter(slug=options["project"]).first()
            if project is None:
                raise CommandError(f"There is no project “{options['project']}”.")
        self.stdout.write(f"{rebuild(project.pk if project else None)} texts were read.")
