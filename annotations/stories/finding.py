"""Suggesting stories as a job: names of new texts are noted, then what ties their articles to others is looked at.

What it costs depends on what changed: articles that were stored, and passages that were found, since the last time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import ngettext

from annotations.access import Act, require, require_taken
from annotations.access.requests import Request
from annotations.access.starts import count_start
from annotations.jobs.leases import Held
from annotations.jobs.recording import record_chunk
from annotations.jobs.running import Kind
from annotations.jobs.starting import queue_job
from annotations.models import (
    Article,
    Chunk,
    Job,
    Membership,
    Project,
    QuoteLink,
    StoryArticle,
    StorySuggestion,
    SuggestedArticle,
)

from .grounds import Known, Pair, Tie, ties_of
from .names import note_names

METHOD = "stories-1"
TEXTS_IN_A_CHUNK = 50
NAMING, TYING = 1, 2
OVERLAP = timedelta(minutes=10)
"""So far before the last time it is looked: a transaction that was open then may have written since."""
MOST_IN_A_STORY = 200
"""A suggested story has at most so many articles; further ones would be of a template, not of events."""
MOST_RELATED = 20
State = StorySuggestion.State


def start_finding_stories(
    by: Membership | None, *, again: bool = False, project: Project | None = None, request: Request | None = None
) -> Job:
    """Queue the suggesting of stories from what is new, or with `again` from all articles.

    `by` is None where nobody asked; then `project` is named. Raises `Forbidden`, `TooMany`.
    """
    if by is not None:
        require(by, Act.EDIT_STORIES)
        project = by.project
    elif project is None:
        raise ValueError("Without a membership, name the project.")
    require_taken(project, Act.EDIT_STORIES)
    count_start(by, Job.Kind.IMPORT)
    parameters = {"again": bool(again), "method": METHOD}
    return queue_job(by, project, Job.Kind.STORIES, parameters, parameters, request=request)


def start_where_due() -> int:
    """Queue a job for each project whose passages workers looked for by themselves since the last one."""
    if not settings.WORKBENCH_FIND_REUSE:
        return 0
    jobs = Job.objects.filter(project=OuterRef("pk"))
    last = jobs.filter(kind=Job.Kind.STORIES).order_by("-created_at").values("created_at")[:1]
    found = jobs.filter(kind=Job.Kind.REUSE, state=Job.State.DONE)
    going_on = jobs.filter(kind__in=(Job.Kind.REUSE, Job.Kind.STORIES)).exclude(state__in=Job.ENDED)
    due = (
        Project.objects.filter(archived_at__isnull=True)
        .annotate(looked_at=Subquery(last))
        .filter(~Exists(going_on))
        .filter(Q(looked_at__isnull=True) & Exists(found) | Exists(found.filter(finished_at__gt=OuterRef("looked_at"))))
    )
    projects = list(due)
    for project in projects:
        with transaction.atomic():
            Project.objects.select_for_update().get(pk=project.pk)  # two workers sweep: one queues
            if not Job.objects.filter(project=project, kind=Job.Kind.STORIES).exclude(state__in=Job.ENDED).exists():
                start_finding_stories(None, project=project)
    return len(projects)


def plan(held: Held) -> None:
    """List the texts whose ties may be new, and cut them into chunks; one more chunk brings the ties together."""
    job = held.job
    since = None if job.parameters.get("again") else _looked_until(job)
    ids = list(_changed(job, since).values_list("current_version_id", flat=True))
    parts = [ids[first : first + TEXTS_IN_A_CHUNK] for first in range(0, len(ids), TEXTS_IN_A_CHUNK)]
    with held.finishing():
        held.chunk.count = 0
        rows = [
            Chunk(job=job, n=n, stage=NAMING, start=part[0], end=part[-1], count=len(part), facts={"texts": part})
            for n, part in enumerate(parts, start=1)
        ]
        if ids:
            whole = {"texts": ids}
            rows.append(Chunk(job=job, n=len(parts) + 1, stage=TYING, start=0, end=0, count=len(ids), facts=whole))
        Chunk.objects.bulk_create(rows, batch_size=500)
        Job.objects.filter(pk=job.pk).update(
            done=0, total=2 * len(ids), stage="writing", stage_at=timezone.now(), stage_done=0
        )


def _looked_until(job: Job) -> datetime | None:
    earlier = Job.objects.filter(
        project_id=job.project.pk,
        kind=Job.Kind.STORIES,
        state=Job.State.DONE,
        pk__lt=job.pk,
        parameters__method=METHOD,
    )
    latest = earlier.order_by("-pk").first()
    return latest.created_at - OVERLAP if latest is not None else None


def _changed(job: Job, since: datetime | None) -> QuerySet[Article]:
    rows = Article.objects.filter(project_id=job.project.pk, current_version__isnull=False, merged_into__isnull=True)
    if since is not None:
        new = QuoteLink.objects.filter(project_id=job.project.pk, created_at__gte=since)
        tied = Exists(new.filter(from_version=OuterRef("current_version_id"))) | Exists(
            new.filter(to_version=OuterRef("current_version_id"))
        )
        rows = rows.filter(Q(stored_at__gte=since) | Q(tied))
    return rows.order_by("current_version_id")


def note_new_names(held: Held) -> None:
    """Note the names of the texts of a chunk."""
    with held.finishing():
        note_names(held.chunk.facts["texts"])
        held.chunk.facts = {}
        Job.objects.filter(pk=held.job.pk).update(done=F("done") + held.chunk.count)


def suggest_stories(held: Held) -> None:
    """Bring the ties of the texts together, and write what is suggested."""
    job, ids = held.job, held.chunk.facts["texts"]
    ties: dict[Pair, Tie] = {}
    known: dict[int, Known] = {}
    for first in range(0, len(ids), TEXTS_IN_A_CHUNK):
        held.tick()
        some, who = ties_of(ids[first : first + TEXTS_IN_A_CHUNK], job.project.pk)
        ties |= {pair: tie for pair, tie in some.items() if tie.relates}
        known |= who
    with held.finishing():
        Project.objects.select_for_update().get(pk=job.project.pk)  # two jobs of a project do not suggest the same
        n_new, n_more = _write(ties, known, job)
        held.chunk.facts = {"suggestions_created": n_new, "suggestions_updated": n_more}
        Job.objects.filter(pk=job.pk).update(
            done=F("done") + held.chunk.count,
            n_read=F("n_read") + held.chunk.count,
            n_created=F("n_created") + n_new,
            n_updated=F("n_updated") + n_more,
        )
        record_chunk(held.chunk, "stories.suggested", ids, {**held.chunk.facts, "method": METHOD})


@dataclass(slots=True)
class _There:
    """What is there already: the stories of articles, what is open, what was refused together."""

    stories: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    taken_out: set[Pair] = field(default_factory=set)
    open_ones: dict[int, int] = field(default_factory=dict)
    open_articles: dict[int, dict[int, bool]] = field(default_factory=lambda: defaultdict(dict))
    refused: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    refused_for: set[Pair] = field(default_factory=set)


def _there(articles: Iterable[int], project_id: int) -> _There:
    """Look up what people and earlier jobs made of some articles; 3 queries for 500 of them."""
    found, ids = _There(), sorted(articles)
    for first in range(0, len(ids), 500):
        some = ids[first : first + 500]
        some_or_merged = Q(article__in=some) | Q(article__merged_into__in=some)
        rows = StoryArticle.objects.filter(some_or_merged, project_id=project_id, story__withdrawn_at__isnull=True)
        for article, story, is_related, withdrawn_at in rows.annotate(
            standing=Coalesce("article__merged_into_id", "article_id")
        ).values_list("standing", "story_id", "is_related", "withdrawn_at"):
            if withdrawn_at is not None:
                found.taken_out.add((article, story))
            elif not is_related:
                found.stories[article].add(story)
        suggested = SuggestedArticle.objects.filter(some_or_merged, project_id=project_id)
        suggested = suggested.annotate(standing=Coalesce("article__merged_into_id", "article_id"))
        for article, suggestion, state, story, is_related, story_gone in suggested.values_list(
            "standing",
            "suggestion_id",
            "suggestion__state",
            "suggestion__story_id",
            "is_related",
            "suggestion__story__withdrawn_at",
        ):
            if state == State.OPEN:
                found.open_articles[suggestion][article] = is_related
                if not is_related and story is None:
                    found.open_ones[article] = suggestion
            elif is_related:
                continue
            elif state == State.REFUSED and story is not None:
                found.refused_for.add((article, story))
            elif state == State.REFUSED or story_gone is not None:
                found.refused[article].add(suggestion)
    return found


class _Together:
    """Articles that are joined one tie after the other, the strongest first, but none of what was refused together."""

    def __init__(self, there: _There) -> None:
        self._there = there
        self._groups: dict[int, set[int]] = {}

    def join(self, one: int, other: int) -> None:
        first, second = self._groups.get(one, {one}), self._groups.get(other, {other})
        if first is second or len(first) + len(second) > MOST_IN_A_STORY:
            return
        refused = self._there.refused
        if {each for a in first for each in refused.get(a, ())} & {each for a in second for each in refused.get(a, ())}:
            return
        joined = first | second
        for article in joined:
            self._groups[article] = joined

    def groups(self) -> list[set[int]]:
        """Return the groups, by their smallest article."""
        found = {id(group): group for group in self._groups.values()}
        return sorted(found.values(), key=min)


def _write(ties: dict[Pair, Tie], known: dict[int, Known], job: Job) -> tuple[int, int]:
    """Write new suggestions and what is new in open ones; return how many of either."""
    there = _there(known, job.project.pk)
    together = _Together(there)
    joining = [pair for pair, tie in ties.items() if tie.joins]
    for one, other in sorted(joining, key=lambda pair: (ties[pair].strength, -pair[0], -pair[1]), reverse=True):
        together.join(one, other)
    by_article: dict[int, list[Pair]] = defaultdict(list)
    for pair in ties:
        by_article[pair[0]].append(pair)
        by_article[pair[1]].append(pair)
    n_new = n_more = 0
    for group in together.groups():
        made, more = _write_group(group, ties, by_article, known, there, job)
        n_new, n_more = n_new + made, n_more + more
    return n_new, n_more


def _write_group(
    group: set[int],
    ties: dict[Pair, Tie],
    by_article: dict[int, list[Pair]],
    known: dict[int, Known],
    there: _There,
    job: Job,
) -> tuple[bool, bool]:
    """Suggest a group as a story, as more of an open suggestion, or as more of a story that is there."""
    in_stories = [story for article in group for story in there.stories.get(article, ())]
    story = max(sorted(set(in_stories)), key=in_stories.count) if in_stories else None
    members = set(group)
    if story is not None:
        shut = there.taken_out | there.refused_for
        members = {each for each in group if not there.stories.get(each) and (each, story) not in shut}
        if not members:
            return False, False
    suggestion = _open_one(members, story, there, job)
    is_new = suggestion is None
    if suggestion is None:
        suggestion = StorySuggestion.objects.create(
            project_id=job.project.pk, story_id=story, found_by=METHOD, created_by_job_id=job.pk
        )
    beside = _related(group, ties, by_article, there, story)
    has_more = False
    known_articles = dict(suggestion.articles.values_list("article_id", "pk"))
    for article in [*sorted(members), *beside]:
        # the ground of one that joins a story is told beside those that are in it
        tied = [pair for pair in by_article[article] if _other(pair, article) in group]
        ranked = sorted(tied, key=lambda pair: ties[pair].strength, reverse=True)
        ground = [ties[pair].as_json(known[_other(pair, article)].uuid) for pair in ranked[:MOST_RELATED]]
        pk = known_articles.get(article)
        if pk is None:
            has_more = True
            SuggestedArticle.objects.create(
                project_id=job.project.pk,
                suggestion=suggestion,
                article_id=article,
                is_related=article in beside,
                ground=ground,
            )
        elif article in members:
            SuggestedArticle.objects.filter(pk=pk).update(ground=ground, is_related=False)
    if has_more and not is_new:
        StorySuggestion.objects.filter(pk=suggestion.pk).update(version_number=F("version_number") + 1)
    return is_new, has_more and not is_new


def _open_one(members: set[int], story: int | None, there: _There, job: Job) -> StorySuggestion | None:
    """Return the open suggestion that a group belongs to; at most 1 query."""
    rows = StorySuggestion.objects.filter(project_id=job.project.pk, state=State.OPEN)
    if story is not None:
        return rows.filter(story_id=story).first()
    ids = [there.open_ones[each] for each in members if each in there.open_ones]
    return rows.filter(pk=max(sorted(set(ids)), key=ids.count)).first() if ids else None


def _related(
    group: set[int], ties: dict[Pair, Tie], by_article: dict[int, list[Pair]], there: _There, story: int | None
) -> list[int]:
    """Return articles beside the group that something weaker ties to it, those with the strongest ties first."""
    strongest: dict[int, tuple[int, int]] = {}
    for article in group:
        for pair in by_article[article]:
            other = _other(pair, article)
            is_shut = story is not None and ((other, story) in there.taken_out or (other, story) in there.refused_for)
            if other not in group and not is_shut and story not in there.stories.get(other, ()):
                strongest[other] = max(strongest.get(other, (0, 0)), ties[pair].strength)
    return sorted(strongest, key=lambda each: (strongest[each], -each), reverse=True)[:MOST_RELATED]


def _other(pair: Pair, article: int) -> int:
    return pair[1] if pair[0] == article else pair[0]


def finish(job: Job) -> str:
    """Say what was suggested."""
    message = ngettext("%(n)s story is suggested", "%(n)s stories are suggested", job.n_created) % {"n": job.n_created}
    more = ngettext("%(n)s suggestion has more articles now", "%(n)s suggestions have more articles now", job.n_updated)
    return f"{message}; {more % {'n': job.n_updated}}."


STORIES = Kind(
    act=Act.EDIT_STORIES,
    stages=(plan, note_new_names, suggest_stories),
    finish=finish,
    start_where_due=start_where_due,
)
