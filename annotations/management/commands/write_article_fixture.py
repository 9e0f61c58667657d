"""Write `fixtures/articles.json` anew from the demonstration's raw files."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from annotations.demonstration.fixture import article_fixture
from workbench.environment import BASE_DIR


class Command(BaseCommand):
    """`workbench write_article_fixture`; afterwards `workbench loaddata articles`."""

    help = "Write the demonstration's articles as a Django fixture. Nothing stays in the database."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--output", type=Path, default=BASE_DIR / "fixtures" / "articles.json")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the file."""
        options["output"].write_text(article_fixture(), encoding="utf-8")
        self.stdout.write(f"Written: {options['output']}")
