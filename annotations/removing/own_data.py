"""Everything of one person's as one .zip of JSON Lines: what they did and decided, and nobody else's data.

Each table that names a person or a part is either listed here with the column of its owner, or named as not their own,
with the reason; a test holds the two lists against the tables there are.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from operator import attrgetter
from typing import Any
from uuid import UUID

import orjson
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import ForeignKey, Model, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from annotations.access import Act
from annotations.access.starts import count_start_of
from annotations.errors import NotThere
from annotations.exporters.archive import archive
from annotations.exporters.scope import snapshot
from annotations.jobs.dispatch import dispatch
from annotations.jobs.files import scratch_file
from annotations.jobs.leases import Held
from annotations.jobs.running import Kind
from annotations.models import (
    AccountCell,
    AccountCellRevision,
    AccountRow,
    AccountRowRevision,
    Adjudication,
    Annotation,
    AnnotationRevision,
    ApiToken,
    ArticleLabel,
    ArticleLabelRevision,
    Assignment,
    Attribution,
    AttributionRevision,
    AuditEvent,
    BoilerplateRuling,
    Capture,
    Chunk,
    Claim,
    ClaimMention,
    ClaimRevision,
    Comment,
    CommentMention,
    CommentThread,
    Edition,
    Erasure,
    EvidenceItem,
    EvidenceRevision,
    ExternalIdentity,
    Fragment,
    GuidelinesVersion,
    Invitation,
    Job,
    Membership,
    MentionRevision,
    Notice,
    Presence,
    PreviewLink,
    Project,
    QuotationDecision,
    QuotationDecisionRevision,
    QuotationMatch,
    QuoteDecision,
    QuoteDecisionRevision,
    QuoteLink,
    RecoveryCode,
    Region,
    RegionRevision,
    Relation,
    RelationRevision,
    ReviewOpening,
    Round,
    Ruling,
    SavedFilter,
    SecondFactor,
    SourceCheck,
    SpeakerRevision,
    StartCounter,
    Statement,
    Story,
    StoryArticle,
    StoryRevision,
    StorySuggestion,
    SuggestionDecision,
    TimeSpent,
    User,
    Verdict,
    WaitingUpload,
    Withholding,
)

from .persons import IN_EVENTS

KEPT_FOR = timedelta(days=7)
SECRETS = frozenset({"password", "digest", "sealed_secret", "hint", "session_round", "request_digest"})
"""Columns that are never written, their owner's own or not."""
READ_ONLY_ONCE = 2_000

#: each kind of row that is a person's own, with the columns that lead to their membership
OF_PARTS: tuple[tuple[type[Model], str], ...] = (
    (Annotation, "created_by"),
    (AnnotationRevision, "annotation__created_by"),
    (Fragment, "annotation__created_by"),
    (Relation, "created_by"),
    (RelationRevision, "relation__created_by"),
    (ArticleLabel, "created_by"),
    (ArticleLabelRevision, "article_label__created_by"),
    (Claim, "created_by"),
    (ClaimRevision, "claim__created_by"),
    (ClaimMention, "created_by"),
    (MentionRevision, "mention__created_by"),
    (EvidenceItem, "created_by"),
    (EvidenceRevision, "evidence__created_by"),
    (Verdict, "created_by"),
    (Ruling, "created_by"),
    (Adjudication, "created_by"),
    (ReviewOpening, "member"),
    (SuggestionDecision, "decided_by"),
    (QuoteLink, "made_by"),
    (QuoteDecision, "decided_by"),
    (QuoteDecisionRevision, "decision__decided_by"),
    (Comment, "created_by"),
    (CommentThread, "created_by"),
    (CommentMention, "member"),
    (Region, "created_by"),
    (RegionRevision, "replaced_by"),
    (Capture, "requested_by"),
    (SourceCheck, "requested_by"),
    (Assignment, "annotator"),
    (TimeSpent, "assignment__annotator"),
    (Edition, "created_by"),
    (PreviewLink, "created_by"),
    (GuidelinesVersion, "created_by"),
    (Round, "created_by"),
    (Invitation, "created_by"),
    (SavedFilter, "owner"),
    (Notice, "member"),
    (Presence, "member"),
    (Job, "requested_by"),
    (WaitingUpload, "sent_by"),
    (Withholding, "made_by"),
    (Story, "created_by"),
    (StoryRevision, "replaced_by"),
    (StoryArticle, "added_by"),
    (StorySuggestion, "decided_by"),
    (AccountRow, "created_by"),
    (AccountRowRevision, "replaced_by"),
    (AccountCell, "created_by"),
    (AccountCellRevision, "replaced_by"),
    (Statement, "cell__created_by"),
    (Attribution, "created_by"),
    (AttributionRevision, "attribution__created_by"),
    (SpeakerRevision, "replaced_by"),
    (QuotationMatch, "made_by"),
    (QuotationDecision, "decided_by"),
    (QuotationDecisionRevision, "decision__decided_by"),
    (BoilerplateRuling, "decided_by"),
    (AuditEvent, "actor"),
)
OF_ACCOUNT: tuple[tuple[type[Model], str], ...] = (
    (Membership, "user"),
    (ApiToken, "user"),
    (ExternalIdentity, "user"),
    (SecondFactor, "user"),
    (RecoveryCode, "user"),
    (StartCounter, "user"),
    (Erasure, "user"),
)
NOT_OWN: dict[str, str] = {
    "removedrow.owner": "names rows that are gone, for programs of whoever could see them",
    "suggestion.offered_to": "a machine's proposal, which is the project's",
    "claimdesk.assignee": "where the work on a claim stands, which is the project's",
    "claimdesk.changed_by": "where the work on a claim stands, which is the project's",
    "ruling.chosen": "what a reviewer decided about somebody's work, which is the reviewer's",
    "adjudication.finished_by": "the reviewer's who began it",
    "commentthread.resolved_by": "a talk that somebody else began",
    "agreementrun.requested_by": "figures of everybody's work; the job that measured them is there",
    "workcount.annotator": "a counter of assignments, which are there",
}
"""Columns that name a part or an account, of rows that are not that person's own, with the reason."""


@dataclass(frozen=True, slots=True)
class Download:
    """Where somebody's download stands: the job, and whether its file can be taken."""

    job: Job

    @property
    def is_ready(self) -> bool:
        """Tell whether there is a file that can be taken now."""
        job = self.job
        return bool(job.result) and job.expires_at is not None and job.expires_at > timezone.now()


def start_own_data(user: User) -> Job:
    """Queue the download of a person's own data; while one is being made, that is it. Raises `TooMany`."""
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=user.pk)
        going_on = _jobs_of(user).exclude(state__in=Job.ENDED).first()
        if going_on is not None:
            return going_on
        count_start_of(user, Job.Kind.EXPORT)
        job = Job.objects.create(project=None, kind=Job.Kind.OWN_DATA, parameters={"user": str(user.uuid)})
        Chunk.objects.create(job=job, n=0, stage=0)
        AuditEvent.objects.create(
            verb="own_data.requested", object_type="job", object_key=str(job.uuid), user_uuid=user.uuid
        )
        dispatch(job.pk)
    return job


def own_download(user: User) -> Download | None:
    """Return the newest download that a person asked for; 1 query."""
    job = _jobs_of(user).first()
    return Download(job) if job is not None else None


def find_own_result(user: User, uuid: UUID) -> Job:
    """Find a download of one's own that can be taken now, or raise `NotThere`; 1 query."""
    job = _jobs_of(user).filter(uuid=uuid).first()
    if job is None or not Download(job).is_ready:
        raise NotThere("result_not_found", _("There is no such file, or its time is over. Ask for it again."))
    return job


def _jobs_of(user: User) -> QuerySet[Job]:
    return Job.objects.filter(kind=Job.Kind.OWN_DATA, parameters__user=str(user.uuid)).order_by("-pk")


# The file


def write(held: Held) -> None:
    """Write all of it in one snapshot; its row says where it is only once every byte is stored."""
    user = User.objects.get(uuid=held.job.parameters["user"])
    with held.kept(), scratch_file() as scratch:
        with snapshot():
            parts = list(Membership.objects.filter(user=user).values_list("pk", flat=True))
            counts: dict[str, int] = {}
            with archive(scratch.write) as made:
                for name, rows in _tables(user, parts):
                    with made.member(f"{name}.jsonl") as write_member:
                        n = 0
                        for row in _written(rows, parts, user):
                            write_member(row)
                            n += 1
                            if n % READ_ONLY_ONCE == 0:
                                held.tick(done=sum(counts.values()) + n)
                    counts[name] = n
                made.add("contents.json", orjson.dumps(counts, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS))
        sha256, size = scratch.sha256, scratch.size
        stored = scratch.keep(f"results/{held.job.uuid}.zip")
    with held.finishing():
        n_rows = sum(counts.values())
        Job.objects.filter(pk=held.job.pk).update(
            result=stored,
            result_name="own-data.zip",
            result_sha256=sha256,
            result_size=size,
            done=n_rows,
            total=n_rows,
            expires_at=timezone.now() + KEPT_FOR,
        )


def _tables(user: User, parts: list[int]) -> Iterator[tuple[str, QuerySet[Any]]]:
    """Yield each kind of row with the name of its file, in the order of their ids."""
    yield "profile", User.objects.filter(pk=user.pk)
    yield "projects", Project.objects.filter(memberships__in=parts).distinct()
    for model, owner in OF_ACCOUNT:
        yield _name_of(model), model._base_manager.filter(**{owner: user}).order_by("pk")
    for model, owner in OF_PARTS:
        rows = model._base_manager.filter(**{f"{owner}__in": parts})
        if model is AuditEvent:
            rows = AuditEvent.objects.filter(Q(actor__in=parts) | Q(user_uuid=user.uuid)).select_related("text")
        yield _name_of(model), rows.order_by("pk")
    yield "sessions", _sessions_of(user)


def _name_of(model: type[Model]) -> str:
    return str(model._meta.model_name)


def _sessions_of(user: User) -> QuerySet[Session]:
    """Return the person's sessions; each has to be read for that."""
    rows = Session.objects.filter(expire_date__gt=timezone.now()).order_by("pk").iterator(chunk_size=500)
    mine = [row.pk for row in rows if str(row.get_decoded().get("_auth_user_id")) == str(user.pk)]
    return Session.objects.filter(pk__in=mine).order_by("pk")


def _written(rows: QuerySet[Any], parts: list[int], user: User) -> Iterator[bytes]:
    model = rows.model
    values = _columns_of(model)
    for row in rows.iterator(chunk_size=500):
        written = {name: value(row) for name, value in values.items()}
        for name, column in _people_in(model).items():
            written[name] = _whose(getattr(row, column), name, parts, user)
        written |= _beside(row, user)
        yield orjson.dumps(written, default=_plain, option=orjson.OPT_APPEND_NEWLINE)


def _columns_of(model: type[Model]) -> dict[str, Callable[[Any], Any]]:
    """Return how each column is read: a reference is the number that the row has within this file's world."""
    if model is Session:
        return {"expires_at": lambda row: row.expire_date}
    people = _people_in(model)
    return {
        field.name: attrgetter(field.attname)
        for field in model._meta.concrete_fields
        if field.name not in SECRETS and field.name not in people
    }


def _people_in(model: type[Model]) -> dict[str, str]:
    """Return the columns that name a part or an account, by their fields."""
    return {
        field.name: field.attname
        for field in model._meta.concrete_fields
        if isinstance(field, ForeignKey) and field.remote_field.model in (Membership, User)
    }


def _whose(pk: int | None, name: str, parts: list[int], user: User) -> str | None:
    """Say "me", or "somebody else" without who."""
    if pk is None:
        return None
    return "me" if pk in parts or (name == "user" and pk == user.pk) else "somebody else"


def _beside(row: Any, user: User) -> dict[str, Any]:
    """Return what stands in another table and belongs to the row; whom an account or invitation is for, does not."""
    if isinstance(row, AuditEvent):
        is_of_others = row.verb.startswith(IN_EVENTS) and row.object_key != str(user.uuid)
        return {"text": row.text.values if hasattr(row, "text") and not is_of_others else {}}
    return {"memo": ""} if isinstance(row, Invitation) else {}


def _plain(value: Any) -> Any:
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(bytes(value)).decode()
    if isinstance(value, UUID | datetime | date):
        return str(value)
    return str(value)


def finish(job: Job) -> str:
    """Say how many rows there are."""
    return _("Your data is ready: %(n)s rows.") % {"n": job.done}


OWN_DATA = Kind(act=Act.VIEW, stages=(write,), finish=finish)
