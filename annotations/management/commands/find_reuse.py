"""Find the passages that articles of a project share, in the foreground."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotations.errors import WorkbenchError
from annotations.jobs.leases import owner_name
from annotations.jobs.running import run_to_the_end
from annotations.models import Article, Job, Project, QuoteLink
from annotations.quoting.running import REUSE
from annotations.reuse.aligning import LEAST
from annotations.reuse.finding import start_finding
from annotations.reuse.showing import passages_among


class Command(BaseCommand):
    """`workbench find_reuse --project SLUG`."""

    help = "Find passages that articles share, in what came since the last time, and list them all."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--project", required=True, metavar="SLUG")
        parser.add_argument(
            "--min-words",
            type=int,
            default=LEAST,
            help=f"list passages with so many equal words; shorter than {LEAST} none are found",
        )
        parser.add_argument("--again", action="store_true", help="compare all articles anew")
        parser.add_argument("--json", action="store_true", help="end with one line of JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Find, and say what was found; exit with 1 where the job failed."""
        project = Project.objects.filter(slug=options["project"]).first()
        if project is None:
            raise CommandError(f"There is no project “{options['project']}”.")
        try:
            job = start_finding(None, again=options["again"], project=project)
        except WorkbenchError as error:
            raise CommandError(str(error)) from error
        run_to_the_end(job.pk, {Job.Kind.REUSE: REUSE}, owner=owner_name())
        job.refresh_from_db()
        self.stdout.write(job.message)
        if job.state != Job.State.DONE:
            raise CommandError(f"The job ended as “{job.get_state_display()}”.")
        rows = passages_among(project.pk).filter(n_words__gte=options["min_words"])
        if options["json"]:
            links = [_as_json(link) for link in rows.iterator(chunk_size=500)]
            self.stdout.write(json.dumps({"links": links}, ensure_ascii=False))
            return
        for link in rows.iterator(chunk_size=500):
            one, other = link.from_version.article, _other(link)
            places = f"{one.external_id} {link.from_start}–{link.from_end}"
            there = f"{other.external_id} {link.to_start}–{link.to_end}"
            self.stdout.write(f"{link.n_words} words, {link.relation}: {places}; {there}")


def _other(link: QuoteLink) -> Article:
    assert link.to_version is not None  # those in captures are not among them
    return link.to_version.article


def _as_json(link: QuoteLink) -> dict[str, Any]:
    return {
        "from": {
            "article": link.from_version.article.external_id,
            "start": link.from_start,
            "end": link.from_end,
        },
        "to": {"article": _other(link).external_id, "start": link.to_start, "end": link.to_end},
        "words": link.n_words,
        "relation": link.relation,
        "score": link.score,
    }
