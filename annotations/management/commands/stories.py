"""List the stories of a project, suggest some, or write the account matrix of one."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from annotations.access import membership_of
from annotations.access.finding import user_named
from annotations.errors import WorkbenchError
from annotations.jobs.leases import owner_name
from annotations.jobs.running import run_to_the_end
from annotations.models import Job, Membership, Project
from annotations.stories.finding import STORIES, start_finding_stories
from annotations.stories.reading import story_view
from annotations.stories.suggested import Suggested, SuggestedOne, suggested_stories
from annotations.stories.table import matrix_csv, matrix_json
from annotations.workflow.stories import counted_stories, find_story


class Command(BaseCommand):
    """`workbench stories --project SLUG`, `… suggest`, `… matrix KEY --format csv --output PATH`."""

    help = "List the stories of a project; or suggest some from what is new; or write the account matrix of one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("act", nargs="?", choices=["list", "suggest", "matrix"], default="list")
        parser.add_argument("story", nargs="?", type=UUID, metavar="KEY", help="the story, for its matrix")
        parser.add_argument("--project", required=True, metavar="SLUG")
        parser.add_argument("--again", action="store_true", help="suggest from all articles, not only from what is new")
        parser.add_argument("--format", choices=["csv", "json"], default="csv", help="of the matrix")
        parser.add_argument("--output", type=Path, metavar="PATH", help="of the matrix; left out, standard output")
        parser.add_argument("--json", action="store_true", help="end with one line of JSON")
        parser.add_argument("--as", dest="username", help="who does this; left out, the operator")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do what was asked; exit with 1 where it was refused or failed."""
        project = Project.objects.filter(slug=options["project"], deleted_at__isnull=True).first()
        if project is None:
            raise CommandError(f"There is no project “{options['project']}”.")
        try:
            person = membership_of(user_named(options["username"]), project.slug) if options["username"] else None
            # the operator sees what a manager does, and is nobody's member
            by = person or Membership(project=project, role=Membership.Role.MANAGER)
            if options["act"] == "suggest":
                job = start_finding_stories(person, again=options["again"], project=project)
                self._suggest(job, by, as_json=options["json"])
            elif options["act"] == "matrix":
                self._matrix(by, **options)
            else:
                self._list(by, as_json=options["json"])
        except WorkbenchError as refusal:
            raise CommandError(refusal.message) from None

    def _list(self, by: Membership, *, as_json: bool) -> None:
        rows = [
            {"key": str(each.key), "name": each.name, "articles": each.n_articles, "questions": each.n_rows}
            for each in counted_stories(by)
        ]
        if as_json:
            self.stdout.write(json.dumps({"stories": rows}, ensure_ascii=False))
            return
        for row in rows:
            self.stdout.write(f"{row['key']}  {row['articles']} articles  {row['questions']} questions  {row['name']}")

    def _suggest(self, job: Job, by: Membership, *, as_json: bool) -> None:
        run_to_the_end(job.pk, {Job.Kind.STORIES: STORIES}, owner=owner_name())
        job.refresh_from_db()
        self.stdout.write(job.message)
        if job.state != Job.State.DONE:
            raise CommandError(f"The job ended as “{job.get_state_display()}”.")
        suggested, _total, _refused = suggested_stories(by)
        if as_json:
            found = [_as_json(each) for each in suggested]
            counts = {"created": job.n_created, "updated": job.n_updated}
            self.stdout.write(json.dumps({**counts, "suggestions": found}, ensure_ascii=False))
            return
        for each in suggested:
            self.stdout.write(f"{each.suggestion.key}  {each.name}")
            for one in each.told:
                self.stdout.write(f"    {one.article.external_id}: {_ground(one)}")
            for one in each.related:
                self.stdout.write(f"    related: {one.article.external_id}: {_ground(one)}")

    def _matrix(self, by: Membership, **options: Any) -> None:
        if options["story"] is None:
            raise CommandError("Name the story by its key, which `workbench stories --project SLUG` lists.")
        view = story_view(find_story(by, options["story"]), by)
        if options["format"] == "csv":
            written = matrix_csv(view)
        else:
            written = json.dumps(matrix_json(view), ensure_ascii=False, indent=2) + "\n"
        if options["output"] is None:
            self.stdout.write(written, ending="")
            return
        options["output"].write_text(written, encoding="utf-8", newline="")
        self.stdout.write(f"{len(view.rows)} questions and {len(view.told)} articles written to {options['output']}.")
        if options["json"]:
            report = {"output": str(options["output"]), "questions": len(view.rows), "articles": len(view.told)}
            self.stdout.write(json.dumps(report, ensure_ascii=False))


def _as_json(each: Suggested) -> dict[str, Any]:
    return {
        "key": str(each.suggestion.key),
        "story": str(each.suggestion.story.key) if each.suggestion.story else None,
        "name": each.name,
        "articles": [
            {
                "article": one.article.external_id,
                "is_related": one.is_related,
                "words": max((ground.n_words for ground in one.grounds), default=0),
                "names": sorted({name for ground in one.grounds for name in ground.names}),
            }
            for one in (*each.told, *each.related)
        ],
    }


def _ground(one: SuggestedOne) -> str:
    if not one.grounds:
        return "no ground"
    best = one.grounds[0]
    parts = [f"{best.n_words} shared words"] if best.n_words else []
    parts += [f"{len(best.names)} rare names ({', '.join(best.names[:5])})"] if best.names else []
    parts += [f"{best.days} days apart"] if best.days is not None else []
    if best.other is not None:
        parts.append(f"with {best.other.external_id}")
    return ", ".join(parts)
