"""Giving articles by rule: so many people an article, from those chosen, in turns, shuffled by a seed.

An article never gets more people than its round wants. A few articles are given at once, many by a job in chunks that
come one after the other, so that everybody has as many in the end.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, QuerySet, Sum, Value
from django.db.models.functions import Greatest, Least
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from annotations.access import Act, require
from annotations.access.starts import count_start
from annotations.errors import Refused
from annotations.jobs.leases import Held
from annotations.jobs.listed import plan_listed
from annotations.jobs.recording import note_articles, record_chunk
from annotations.jobs.running import Kind
from annotations.jobs.starting import queue_job
from annotations.models import Article, Assignment, AuditEvent, Job, Membership, Project

from .acts import Request, carry_out_once, record
from .assigning import require_can_annotate
from .counting import count_places, lock_articles, places_wanted
from .rounds import first_round

AT_ONCE = 200
"""So many articles are given within the request; more by a job."""
ARTICLES_IN_A_CHUNK = 500
MOST_SEED = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Rule:
    """How articles are given: up to `each` people an article, those chosen taking turns, in an order the seed makes."""

    each: int
    people: tuple[Membership, ...]
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Expected:
    """What a rule would do: of how many articles, how many have room, and how many assignments come to whom at most."""

    articles: int
    with_room: int
    assignments: int
    each_person: int

    @property
    def is_by_job(self) -> bool:
        """Tell whether there are so many articles that a job gives them."""
        return self.articles > AT_ONCE


@dataclass(frozen=True, slots=True)
class Given:
    """What was given by rule, or the job that gives it."""

    created: int
    job: Job | None


def preview_giving(rule: Rule, articles: QuerySet[Article], *, by: Membership) -> Expected:
    """Count what a rule would give, from the stored counters, and change nothing; 2 queries.

    Who has an article already is not given it again, so that it may become less.
    """
    _check(rule, by)
    rows = _with_text(articles)
    room = Greatest(Value(0), Least(Value(rule.each), places_wanted()) - F("places_taken"))
    found = (
        rows.annotate(room=Least(room, Value(len(rule.people))))
        .filter(room__gt=0)
        .aggregate(n=Count("pk"), all=Sum("room"))
    )
    assignments = found["all"] or 0
    return Expected(rows.count(), found["n"], assignments, -(-assignments // len(rule.people)))


def give_by_rule(rule: Rule, articles: QuerySet[Article], *, by: Membership, request: Request | None = None) -> Given:
    """Give articles to the chosen people by the rule. Once more, it gives only what is missing."""
    _check(rule, by)

    def act() -> Given:
        Project.objects.select_for_update(no_key=True).values_list("pk").get(pk=by.project_id)
        ids = list(_with_text(articles).order_by("pk").values_list("pk", flat=True))
        random.Random(rule.seed).shuffle(ids)  # noqa: S311 -- to be repeated, not to be secret
        facts = {
            "articles": len(ids),
            "each": rule.each,
            "seed": rule.seed,
            "annotators": [str(person.uuid) for person in rule.people],
        }
        if len(ids) <= AT_ONCE:
            made, among = _give(rule, ids, Counter(), by.project_id)
            created = sum(made.values())
            event = record(
                by,
                "assignment.given_by_rule",
                "project",
                by.project.slug,
                after=facts | {"created": created},
                request=request,
            )
            note_articles(event, among)
            return Given(created, None)
        count_start(by, Job.Kind.IMPORT)
        parameters = {
            "each": rule.each,
            "seed": rule.seed,
            "people": [person.pk for person in rule.people],
            "articles": ids,
        }
        job = queue_job(by, by.project, Job.Kind.GIVING, parameters, facts)
        after = facts | {"created": 0, "job": str(job.uuid)}
        record(by, "assignment.given_by_rule", "project", by.project.slug, after=after, request=request)
        return Given(0, job)

    return carry_out_once(by, request, act, lambda: _given_before(by, request))


def _given_before(by: Membership, request: Request | None) -> Given | None:
    acts = AuditEvent.objects.filter(actor=by, request_key=request.key) if request else AuditEvent.objects.none()
    after = acts.values_list("after", flat=True).first()
    if after is None:
        return None
    jobs = Job.objects.filter(project_id=by.project_id, uuid=after["job"]) if after.get("job") else Job.objects.none()
    return Given(after["created"], jobs.first())


def _check(rule: Rule, by: Membership) -> None:
    require(by, Act.ASSIGN)
    require_can_annotate(rule.people, by)
    if not rule.people:
        raise Refused("no_people", _("Choose at least one person."), field="annotators")
    if rule.each < 1:
        raise Refused("annotators_invalid", _("An article needs at least one annotator."), field="each")
    if not 0 <= rule.seed <= MOST_SEED:
        message = _("A seed is a whole number from 0 to %(most)s.")
        raise Refused("seed_invalid", message % {"most": MOST_SEED}, field="seed")


def _with_text(articles: QuerySet[Article]) -> QuerySet[Article]:
    return articles.filter(current_version__isnull=False, merged_into__isnull=True).order_by()


def _give(rule: Rule, ids: Sequence[int], loads: Counter[int], project_id: int) -> tuple[Counter[int], set[int]]:
    """Give articles in this order; `loads` is how many each person got before; 7 queries.

    Return who got how many, and which articles were given.
    """
    lock_articles(sorted(ids))
    rows = Article.objects.filter(pk__among=sorted(ids), current_version__isnull=False).annotate(wanted=places_wanted())
    texts = {pk: (version, place, wanted) for pk, version, place, wanted in rows.values_list(
        "pk", "current_version_id", "round_id", "wanted"
    )}  # fmt: skip
    had: dict[int, set[int]] = defaultdict(set)
    held: Counter[int] = Counter()
    present = Assignment.objects.filter(version__among=sorted(version for version, _place, _wanted in texts.values()))
    for version, person, state in present.values_list("version_id", "annotator_id", "state"):
        had[version].add(person)
        held[version] += state in Assignment.HOLDING
    turn = list(rule.people)
    random.Random(rule.seed).shuffle(turn)  # noqa: S311
    places = {person.pk: n for n, person in enumerate(turn)}
    first, made, given, among = first_round(project_id).pk, [], Counter[int](), set[int]()
    for pk in ids:
        if pk not in texts:
            continue
        version, place, wanted = texts[pk]
        room = min(rule.each, wanted) - held[version]
        free = [person for person in places if person not in had[version]]
        for person in sorted(free, key=lambda one: (loads[one] + given[one], places[one]))[: max(0, room)]:
            given[person] += 1
            among.add(pk)
            made.append(
                Assignment(project_id=project_id, version_id=version, annotator_id=person, round_id=place or first)
            )
    Assignment.objects.bulk_create(made, batch_size=500)
    count_places(ids)
    return given, among


# As a job


def plan(held: Held) -> None:
    """Cut the articles into chunks."""
    plan_listed(held, size=ARTICLES_IN_A_CHUNK)


def give(held: Held) -> None:
    """Give the articles of one chunk, after those of the chunks that are done."""
    job, chunk = held.job, held.chunk
    ids = job.parameters["articles"][chunk.start : chunk.end]
    with held.finishing():
        # chunks come one after the other: each looks how many everybody got before
        Project.objects.select_for_update(no_key=True).values_list("pk").get(pk=job.project.pk)
        rule = _rule_of(job)
        given, among = _give(rule, ids, _loads(job), job.project.pk)
        created = sum(given.values())
        chunk.facts = {"created": created, "given": {str(person): n for person, n in sorted(given.items())}}
        Job.objects.filter(pk=job.pk).update(
            done=F("done") + chunk.count, n_read=F("n_read") + len(ids), n_created=F("n_created") + created
        )
        record_chunk(chunk, "assignment.given_in_part", ids, {"articles": len(ids), "created": created}, articles=among)


def _rule_of(job: Job) -> Rule:
    """Return the rule with those of its people who are still here."""
    rows = Membership.objects.filter(pk__in=job.parameters["people"], ended_at__isnull=True)
    people = {person.pk: person for person in rows}
    stay = tuple(people[pk] for pk in job.parameters["people"] if pk in people)
    return Rule(job.parameters["each"], stay, job.parameters["seed"])


def _loads(job: Job) -> Counter[int]:
    loads: Counter[int] = Counter()
    done: Iterable[dict[str, Any]] = job.chunks.filter(stage=1, done_at__isnull=False).values_list("facts", flat=True)
    for facts in done:
        for person, n in facts.get("given", {}).items():
            loads[int(person)] += n
    return loads


def finish(job: Job) -> str:
    """Say how much was given, and forget the list of articles, which may be long."""
    Job.objects.filter(pk=job.pk).update(parameters={**job.parameters, "articles": []})
    made = ngettext("%(n)s assignment was given", "%(n)s assignments were given", job.n_created) % {"n": job.n_created}
    articles = ngettext("for %(n)s article", "for %(n)s articles", job.n_read) % {"n": job.n_read}
    return f"{made} {articles}."


GIVING = Kind(act=Act.ASSIGN, stages=(plan, give), finish=finish)
