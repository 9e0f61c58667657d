"""Opening a round: which articles it takes, what it fixes, and what becomes of the work that stood on them.

A few articles are taken at once, many by a job in chunks. What stood on an article that is taken belongs from then on
to the round it was made in: it is kept as it is, and read by whoever asks for that round, and by exports.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, F, Max, Model, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from annotations.access import Act, has_role_for, require
from annotations.access.starts import count_start
from annotations.errors import Refused
from annotations.jobs.leases import Held
from annotations.jobs.listed import plan_listed
from annotations.jobs.recording import note_articles, record_chunk
from annotations.jobs.running import Kind
from annotations.jobs.starting import queue_job
from annotations.models import (
    Adjudication,
    Annotation,
    Article,
    ArticleLabel,
    Assignment,
    AuditEvent,
    GuidelinesVersion,
    Job,
    LabelSet,
    Membership,
    Project,
    Relation,
    Round,
    SuggestionDecision,
)

from .acts import Request, carry_out_once, record
from .counting import count_places, lock_articles
from .differing import note_changed
from .projects import current_guidelines, current_label_set
from .rounds import find_round, first_round

AT_ONCE = 200
"""So many articles are taken within the request; more by a job."""
ARTICLES_IN_A_CHUNK = 500
MOST_NAME = 100
JUDGED: tuple[type[Model], ...] = (Annotation, Relation, ArticleLabel)


@dataclass(frozen=True, slots=True)
class NewRound:
    """What a round is to be. With `repeats` it takes that round's articles, and gives them to the same people again."""

    name: str
    kind: str = Round.Kind.MAIN
    annotators_per_article: int = 2
    repeats: Round | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """What opening a round would do: how many articles it takes, how many it cannot, and what stands on them."""

    articles: int
    without_text: int
    without_gold: int
    with_work: int
    assignments: int
    people: int

    @property
    def is_by_job(self) -> bool:
        """Tell whether there are so many that a job takes them."""
        return self.articles > AT_ONCE


@dataclass(frozen=True, slots=True)
class Opened:
    """A round that was opened, and the job that takes its articles where they are many."""

    round: Round
    job: Job | None


def articles_of_round(found: Round) -> QuerySet[Article]:
    """Return the articles that are in a round now, or on which somebody worked in it."""
    own = Q(round__isnull=True) if found.takes_new else Q(round=found)
    worked = Assignment.every.filter(round=found, version__article=OuterRef("pk"))
    rows = Article.objects.filter(project_id=found.project_id, merged_into__isnull=True)
    return rows.filter(own | Q(Exists(worked)))


def preview_round(new: NewRound, articles: QuerySet[Article], *, by: Membership) -> Taken:
    """Count what opening a round would take, and change nothing; 4 queries."""
    require(by, Act.ASSIGN)
    rows = articles if new.repeats is None else articles_of_round(new.repeats)
    takes = _takeable(rows, new.kind)
    all_of_them, n = rows.count(), takes.count()
    with_text = rows.filter(current_version__isnull=False).count() if n != all_of_them else all_of_them
    work = Assignment.objects.filter(version__article__in=takes.values("pk"))
    given = _again(new.repeats, by.project_id).filter(version__article__in=takes.values("pk")) if new.repeats else None
    return Taken(
        articles=n,
        without_text=all_of_them - with_text,
        without_gold=with_text - n,
        with_work=work.values("version_id").distinct().count(),
        assignments=given.count() if given is not None else 0,
        people=given.values("annotator_id").distinct().count() if given is not None else 0,
    )


def open_round(new: NewRound, articles: QuerySet[Article], *, by: Membership, request: Request | None = None) -> Opened:
    """Open a round over articles, under the label set and the guidelines that are in force now, which it fixes.

    Raises `Forbidden`, and `Refused` for a name that is missing or too long, or where no article can be taken.
    """
    require(by, Act.ASSIGN)
    name = " ".join(new.name.split())
    if not name or len(name) > MOST_NAME:
        message = _("Give the round a name of at most %(most)s characters.")
        raise Refused("name_invalid", message % {"most": MOST_NAME}, field="name")
    if new.annotators_per_article < 1:
        raise Refused(
            "annotators_invalid", _("An article needs at least one annotator."), field="annotators_per_article"
        )

    def act() -> Opened:
        Project.objects.select_for_update(no_key=True).values_list("pk").get(pk=by.project_id)
        rows = articles if new.repeats is None else articles_of_round(new.repeats)
        ids = list(_takeable(rows, new.kind).order_by("pk").values_list("pk", flat=True))
        if not ids:
            message = _("No article can be taken: choose some with a text.")
            if new.kind == Round.Kind.CALIBRATION:
                message = _("No article can be taken: a calibration takes articles that have gold annotations.")
            raise Refused("no_articles", message, field="articles")
        made = _make(new, name, by)
        facts = {"name": name, "kind": new.kind, "articles": len(ids)}
        facts |= {"repeats": str(new.repeats.uuid)} if new.repeats else {}
        event = record(by, "round.opened", "round", made.uuid, after=facts, request=request)
        if len(ids) <= AT_ONCE:
            take_into(made, ids)
            note_articles(event, ids)
            return Opened(made, None)
        count_start(by, Job.Kind.IMPORT)
        parameters = {"round": made.pk, "articles": ids}
        return Opened(made, queue_job(by, by.project, Job.Kind.ROUND, parameters, facts | {"round": str(made.uuid)}))

    return carry_out_once(by, request, act, lambda: _opened_before(by, request))


def _opened_before(by: Membership, request: Request | None) -> Opened | None:
    if request is None:
        return None
    acts = AuditEvent.objects.filter(actor=by, request_key=request.key, verb="round.opened")
    uuid = acts.values_list("object_key", flat=True).first()
    if uuid is None:
        return None
    found = find_round(by, uuid)
    jobs = Job.objects.filter(project_id=by.project_id, kind=Job.Kind.ROUND, parameters__round=found.pk)
    return Opened(found, jobs.first())


def _make(new: NewRound, name: str, by: Membership) -> Round:
    first_round(by.project_id)
    label_set, guidelines = current_label_set(by.project), current_guidelines(by.project)
    numbers = Round.objects.filter(project_id=by.project_id).aggregate(last=Max("number"))
    return Round.objects.create(
        project_id=by.project_id,
        number=(numbers["last"] or 0) + 1,
        kind=new.kind,
        name=name,
        label_set=label_set,
        guidelines=guidelines,
        annotators_per_article=new.annotators_per_article,
        repeats=new.repeats,
        created_by=by,
    )


def _takeable(rows: QuerySet[Article], kind: str) -> QuerySet[Article]:
    """Return the articles that a round of a kind can take: with a text, and with gold where people are held to it."""
    rows = rows.filter(current_version__isnull=False, merged_into__isnull=True).order_by()
    if kind != Round.Kind.CALIBRATION:
        return rows
    gold = Annotation.objects.filter(version=OuterRef("current_version"), layer=Annotation.Layer.GOLD)
    return rows.filter(Exists(gold.filter(withdrawn_at__isnull=True)))


def _again(found: Round, project_id: int) -> QuerySet[Assignment]:
    """Return the assignments of a round whose people can be asked again: they worked on it, and are still here."""
    people = [
        person.pk
        for person in Membership.objects.filter(project_id=project_id, ended_at__isnull=True)
        if has_role_for(person, Act.ANNOTATE)
    ]
    present = Q(version__article__current_version=F("version"))
    return Assignment.every.filter(present, round=found, annotator__in=people, state__in=Assignment.HOLDING)


def take_into(found: Round, ids: Sequence[int]) -> dict[str, int]:
    """Take articles into a round, in the caller's transaction; those that are in it stay as they are. About 20 queries.

    What stood on them belongs to the rounds it was made in. Where the round repeats another one, its people get the
    articles again.
    """
    # whoever begins or takes an article of the project waits, and then finds the round it is in
    Project.objects.select_for_update(no_key=True).values_list("pk").get(pk=found.project_id)
    lock_articles(sorted(ids))
    rows = Article.objects.filter(Q(round__isnull=True) | ~Q(round=found), pk__among=sorted(ids))
    earlier: dict[int | None, list[int]] = defaultdict(list)
    for pk, before in rows.values_list("pk", "round_id"):
        earlier[before].append(pk)
    taken = sorted(pk for some in earlier.values() for pk in some)
    again = _again(found.repeats, found.project_id) if found.repeats else Assignment.every.none()
    people = list(again.filter(version__article__in=taken).order_by("pk").values_list("version_id", "annotator_id"))
    first = first_round(found.project_id)
    set_aside = sum(_set_aside(some, before or first.pk, found) for before, some in earlier.items())
    Article.objects.filter(pk__in=taken).update(round=found)
    made = [
        Assignment(project_id=found.project_id, version_id=version, annotator_id=person, round=found)
        for version, person in dict.fromkeys(people)
    ]
    Assignment.objects.bulk_create(made, ignore_conflicts=True, batch_size=500)
    Round.objects.filter(pk=found.pk).update(n_articles=F("n_articles") + len(taken))
    count_places(taken)
    texts = Article.objects.filter(pk__in=taken, current_version__isnull=False)
    note_changed(texts.values_list("current_version_id", flat=True), found.project_id)
    return {"taken": len(taken), "given": len(made), "set_aside": set_aside}


def _set_aside(articles: Iterable[int], before: int, found: Round) -> int:
    """Leave what stands on articles to the round in which it was made; gold stays where people are to be held to it."""
    on_them = {"version__article__in": list(articles)}
    Assignment.objects.filter(**on_them).update(past_round=F("round"))
    Adjudication.objects.filter(**on_them).update(past_round=before)
    decided = SuggestionDecision.objects.filter(suggestion__version__article__in=on_them["version__article__in"])
    decided.update(past_round=before)
    n, now = 0, timezone.now()  # programs that keep up with the project are told of what is set aside
    for model in JUDGED:
        rows: QuerySet[Any] = model.objects.filter(**on_them)  # type: ignore[attr-defined]
        if found.kind == Round.Kind.CALIBRATION:
            rows = rows.exclude(layer=Annotation.Layer.GOLD)
        n += rows.update(past_round=before, stored_at=now)
    return n


# As a job


def plan(held: Held) -> None:
    """Cut the articles into chunks."""
    plan_listed(held, size=ARTICLES_IN_A_CHUNK)


def take(held: Held) -> None:
    """Take the articles of one chunk."""
    job, chunk = held.job, held.chunk
    found = Round.objects.select_related("repeats").get(pk=job.parameters["round"])
    ids = job.parameters["articles"][chunk.start : chunk.end]
    with held.finishing():
        chunk.facts = take_into(found, ids)
        Job.objects.filter(pk=job.pk).update(
            done=F("done") + chunk.count,
            n_read=F("n_read") + len(ids),
            n_updated=F("n_updated") + chunk.facts["taken"],
            n_created=F("n_created") + chunk.facts["given"],
        )
        record_chunk(chunk, "round.taken", ids, chunk.facts, what=("round", found.uuid), articles=ids)


def finish(job: Job) -> str:
    """Say what was taken, and forget the list of articles, which may be long."""
    Job.objects.filter(pk=job.pk).update(parameters={"round": job.parameters["round"]})
    articles = ngettext("The round has %(n)s article", "The round has %(n)s articles", job.n_updated)
    given = ngettext("%(n)s assignment was given again", "%(n)s assignments were given again", job.n_created)
    return f"{articles % {'n': job.n_updated}}; {given % {'n': job.n_created}}."


ROUND = Kind(act=Act.ASSIGN, stages=(plan, take), finish=finish)


def changed_since(found: Round) -> tuple[LabelSet | None, GuidelinesVersion | None]:
    """Return the label set and the guidelines that came into force since a round fixed its own; 2 queries."""
    project = found.project
    label_set, guidelines = current_label_set(project), current_guidelines(project)
    newer_labels = label_set if label_set and found.label_set_id not in (None, label_set.pk) else None
    newer_guidelines = guidelines if guidelines and found.guidelines_id not in (None, guidelines.pk) else None
    return newer_labels, newer_guidelines
