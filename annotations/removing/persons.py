"""Erasing a person on request: who they were goes from every table and file, what they judged stays under a pseudonym.

A job does it part by part, each in one transaction together with the count of what went, so that it may stop anywhere:
whoever goes on finds each part done or not. The receipt says what was erased and names nobody.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

import orjson
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Model, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from annotations.access import Act
from annotations.access.login import forget_name
from annotations.errors import NotThere, Refused
from annotations.jobs.dispatch import dispatch
from annotations.jobs.leases import Held
from annotations.jobs.running import Kind
from annotations.models import (
    AccountCell,
    AccountCellRevision,
    AccountRow,
    AccountRowRevision,
    AgreementFigure,
    AgreementRun,
    Annotation,
    AnnotationRevision,
    ApiToken,
    ArticleLabel,
    ArticleLabelRevision,
    Assignment,
    Attribution,
    AttributionRevision,
    AuditEvent,
    AuditText,
    Chunk,
    Claim,
    ClaimRevision,
    Comment,
    Edition,
    Erasure,
    EvidenceItem,
    EvidenceRevision,
    ExternalIdentity,
    GuidelinesVersion,
    Invitation,
    Job,
    JobFile,
    JobProblem,
    Membership,
    Notice,
    Presence,
    PreviewLink,
    QuotationDecision,
    QuotationDecisionRevision,
    QuoteDecision,
    QuoteDecisionRevision,
    RawFile,
    RecoveryCode,
    Relation,
    RelationRevision,
    Ruling,
    SavedFilter,
    SecondFactor,
    SourceCheck,
    SpeakerRevision,
    StartCounter,
    Statement,
    Story,
    StoryRevision,
    User,
    Verdict,
    WaitingFile,
    WaitingUpload,
    Withholding,
)
from annotations.workflow.acts import record
from annotations.workflow.administrating import require_superuser
from annotations.workflow.projects import free_pseudonym
from annotations.workflow.queueing import free_places_of
from annotations.workflow.sealing import HOLDS_WORDS, replace_personal

SHORTEST = 3
"""A name of fewer characters is not looked for in texts: it would stand in half of all words."""
IN_EVENTS = ("account.", "identity.", "invitation.", "member.", "token.", "login.", "second_factor.", "password.")
"""Acts whose texts are about accounts: of this person's, or of those that name them, nothing is kept."""

#: what people wrote themselves: the table, the column of whoever wrote it, and the columns of the words
OWN_WORDS: tuple[tuple[type[Model], str, tuple[str, ...]], ...] = (
    (Annotation, "created_by", ("note",)),
    (AnnotationRevision, "annotation__created_by", ("note",)),
    (Relation, "created_by", ("note",)),
    (RelationRevision, "relation__created_by", ("note",)),
    (ArticleLabel, "created_by", ("note",)),
    (ArticleLabelRevision, "article_label__created_by", ("note",)),
    (Comment, "created_by", ("text",)),
    (Claim, "created_by", ("text", "claimant")),
    (ClaimRevision, "claim__created_by", ("text", "claimant")),
    (EvidenceItem, "created_by", ("note", "question", "title", "asked_whom", "origin")),
    (EvidenceRevision, "evidence__created_by", ("note", "question", "title", "asked_whom", "origin")),
    (Verdict, "created_by", ("rationale", "correction_note")),
    (Ruling, "created_by", ("note",)),
    (QuoteDecision, "decided_by", ("note",)),
    (QuoteDecisionRevision, "decision__decided_by", ("note",)),
    (Assignment, "annotator", ("skip_note", "skip_reason")),
    (GuidelinesVersion, "created_by", ("text", "announcement")),
    (PreviewLink, "created_by", ("name",)),
    (Edition, "created_by", ("note",)),
    (SourceCheck, "requested_by", ("note",)),
    (Withholding, "made_by", ("reason", "demanded_by")),
    (Story, "created_by", ("name", "note")),
    (StoryRevision, "story__created_by", ("name", "note")),
    (AccountRow, "created_by", ("text", "cues")),
    (AccountRowRevision, "row__created_by", ("text", "cues")),
    (AccountCell, "created_by", ("note",)),
    (AccountCellRevision, "cell__created_by", ("note", "statements")),
    (Statement, "cell__created_by", ("text", "said_by", "value")),
    (Attribution, "created_by", ("note", "speaker_name", "voice_name")),
    (AttributionRevision, "attribution__created_by", ("note", "speaker_name", "voice_name")),
    (SpeakerRevision, "replaced_by", ("name", "note")),
    (QuotationDecision, "decided_by", ("note",)),
    (QuotationDecisionRevision, "decision__decided_by", ("note",)),
)


@dataclass(frozen=True, slots=True)
class Erased:
    """Whom a job erases: the account, its parts, and every name that they are known by, the longest first."""

    user: User
    parts: tuple[Membership, ...]
    names: tuple[str, ...]
    pseudonym: str

    def without_names(self, text: str) -> str:
        """Return a text in which the pseudonym stands for each of the names, as whole words, in any letters."""
        return _pattern(self.names).sub(self.pseudonym, text) if self.names and text else text

    def is_named_in(self, text: str) -> bool:
        """Tell whether a text holds one of the names."""
        return bool(self.names) and _pattern(self.names).search(text) is not None


def ask_to_be_erased(user: User) -> None:
    """Note that a person asks to be erased; an administrator does it. Asking twice is no error."""
    with transaction.atomic():
        changed = User.objects.filter(pk=user.pk, erasure_asked_at__isnull=True).update(erasure_asked_at=timezone.now())
        if changed:
            record(None, "erasure.asked", "user", user.uuid, user=user)


def take_back_asking(user: User) -> None:
    """Note that a person does not ask any more. Harmless where they did not."""
    with transaction.atomic():
        if User.objects.filter(pk=user.pk, erasure_asked_at__isnull=False).update(erasure_asked_at=None):
            record(None, "erasure.not_asked", "user", user.uuid, user=user)


@transaction.atomic
def erase_person(user: User, username: str, *, by: User | None) -> Erasure:
    """Queue the erasing of a person, whose log-in name is typed; `by` is None for the operator. It cannot be undone.

    The account is shut at once. Raises `Forbidden`, and `Refused` for one's own account, or a name that is not theirs.
    """
    if by is not None:
        require_superuser(by)
        if by.pk == user.pk:
            raise Refused("own_account", _("You cannot erase yourself. Ask another administrator."))
    locked = User.objects.select_for_update().get(pk=user.pk)
    found = Erasure.objects.filter(user=locked).first()
    if found is not None:
        raise Refused("erased_already", _("This person is erased already, or is being erased."))
    if username.strip() != locked.username:
        raise Refused(
            "username_differs", _("This is not the log-in name. Type it as it stands above."), field="username"
        )
    pseudonym = f"erased-{secrets.token_hex(6)}"
    User.objects.filter(pk=locked.pk).update(is_active=False, session_round=locked.session_round + 1)
    job = Job.objects.create(project=None, kind=Job.Kind.ERASING, parameters={"user": str(locked.uuid)})
    Chunk.objects.bulk_create(Chunk(job=job, n=n, stage=stage) for n, stage in enumerate(range(len(PARTS))))
    made = Erasure.objects.create(user=locked, job=job, pseudonym=pseudonym, ordered_by=by.uuid if by else None)
    record(None, "erasure.ordered", "user", locked.uuid, user=by)
    dispatch(job.pk)
    return made


def account_to_erase(uuid: UUID) -> User:
    """Find an account by its identifier, or raise `NotThere`; 1 query."""
    found = User.objects.filter(uuid=uuid).first()
    if found is None:
        raise NotThere("user_not_found", _("There is no such account."))
    return found


# The parts, each harmless when repeated


def _memberships(who: Erased) -> dict[str, int]:
    """End the parts; give those another pseudonym whose own one, or whose name in files, is a name of the person."""
    changed = 0
    for part in who.parts:
        if part.ended_at is None:
            part.ended_at = timezone.now()
            free_places_of(part)
        if who.is_named_in(part.pseudonym) or (part.name_in_files and part.name_in_files == part.pseudonym):
            before, part.pseudonym = part.pseudonym, free_pseudonym(part.project)
            _rename_in_runs(part, before)
            changed += 1
        part.name_in_files = ""
        part.save(update_fields=["ended_at", "pseudonym", "name_in_files"])
    return {"memberships": len(who.parts), "pseudonyms": changed}


def _rename_in_runs(part: Membership, before: str) -> None:
    """Call the person by the new pseudonym in agreement that was measured; its figures stay as they are."""
    for run in AgreementRun.objects.filter(project=part.project):
        people = [
            {**each, "pseudonym": part.pseudonym} if each.get("pseudonym") == before else each for each in run.people
        ]
        if people != run.people:
            run.people = people
            run.save(update_fields=["people"])
        figures = []
        for figure in AgreementFigure.objects.filter(run=run, scope__contains=before).only("pk", "scope"):
            figure.scope = figure.scope.replace(before, part.pseudonym)
            figures.append(figure)
        AgreementFigure.objects.bulk_update(figures, ["scope"], batch_size=500)


def _own_words(who: Erased) -> dict[str, int]:
    """Put the pseudonym where the person named themselves in notes and comments of their own."""
    changed = 0
    for model, owner, columns in OWN_WORDS:
        changed += _change_words(model, Q(**{f"{owner}__in": who.parts}), columns, who)
    return {"own_texts": changed}


def _mentions(who: Erased) -> dict[str, int]:
    """Put the pseudonym where others called the person by @ and a name; all else that others wrote is theirs."""
    called = Comment.objects.filter(mentions__member__in=who.parts)
    changed = []
    for row in called.only("pk", "text").order_by("pk"):
        text = _called(who.names).sub(f"@{who.pseudonym}", row.text) if who.names else row.text
        if text != row.text:
            row.text = text
            changed.append(row)
    Comment.objects.bulk_update(changed, ["text"], batch_size=500)
    return {"mentions": len(changed)}


def _change_words(model: type[Model], which: Q, columns: tuple[str, ...], who: Erased) -> int:
    named = Q()
    for column in columns:
        for name in who.names:
            named |= Q(**{f"{column}__icontains": name})
    if not named:
        return 0
    changed = []
    for row in model._base_manager.filter(which & named).only("pk", *columns).order_by("pk"):
        for column in columns:
            most = getattr(model._meta.get_field(column), "max_length", None)
            setattr(row, column, _each_text(getattr(row, column), partial(_cut, most=most, who=who)))
        changed.append(row)
    model._base_manager.bulk_update(changed, columns, batch_size=500)
    return len(changed)


def _cut(text: str, *, most: int | None, who: Erased) -> str:
    return who.without_names(text)[:most]


def _files(who: Erased) -> dict[str, int]:
    """Let results go that may name the person, and take their names out of the names of files."""
    projects = [part.project_id for part in who.parts]
    own = Q(kind=Job.Kind.OWN_DATA, parameters__user=str(who.user.uuid))
    results = list(
        Job.objects.filter(Q(kind=Job.Kind.EXPORT, project__in=projects) | own)
        .exclude(result="")
        .values_list("pk", "result")
    )
    Job.objects.filter(pk__in=[pk for pk, _name in results]).update(result="", expires_at=timezone.now())
    for _pk, name in results:
        transaction.on_commit(partial(default_storage.delete, name))
    waiting = WaitingUpload.objects.filter(sent_by__in=who.parts)
    n_waiting = waiting.count()
    waiting.delete()
    renamed = 0
    for model, which in (
        (RawFile, Q(project__in=projects)),
        (JobFile, Q(job__project__in=projects)),
        (WaitingFile, Q(upload__project__in=projects)),
        (JobProblem, Q(job__project__in=projects)),
    ):
        columns = ("file", "value", "message") if model is JobProblem else ("name",)
        renamed += _change_words(model, which, columns, who)
    return {"results": len(results), "waiting_uploads": n_waiting, "file_names": renamed}


def _invitations(who: Erased) -> dict[str, int]:
    """Empty for whom invitations were meant, where that is this person, and what this person noted of others."""
    memos = Q(created_by__in=who.parts)
    for name in who.names:
        memos |= Q(memo__icontains=name)
    return {"invitations": Invitation.objects.filter(memos).exclude(memo="").update(memo="")}


def _own_rows(who: Erased) -> dict[str, int]:
    """Delete what is nobody else's: keys, factors, identities, filters, inbox, presence, counters."""
    found = {}
    for name, rows in (
        ("tokens", ApiToken.objects.filter(user=who.user)),
        ("second_factors", SecondFactor.objects.filter(user=who.user)),
        ("recovery_codes", RecoveryCode.objects.filter(user=who.user)),
        ("identities", ExternalIdentity.objects.filter(user=who.user)),
        ("filters", SavedFilter.objects.filter(owner__in=who.parts)),
        ("notices", Notice.objects.filter(member__in=who.parts)),
        ("presence", Presence.objects.filter(member__in=who.parts)),
        ("counters", StartCounter.objects.filter(user=who.user)),
        ("admin_log", LogEntry.objects.filter(user_id=who.user.pk)),
    ):
        found[name] = rows.delete()[0]
    return found


def _sessions(who: Erased) -> dict[str, int]:
    """Delete the sessions, which hold the account's number; each has to be read for that."""
    mine = [
        row.pk
        for row in Session.objects.order_by("pk").iterator(chunk_size=500)
        if str(row.get_decoded().get("_auth_user_id")) == str(who.user.pk)
    ]
    return {"sessions": Session.objects.filter(pk__in=mine).delete()[0]}


def forget_in_audit(who: Erased) -> dict[str, int]:
    """Take what names the person out of the record of acts: who did what, when and to what stays.

    The one place that knows where the record keeps personal text.
    """
    parts = {part.pk for part in who.parts}
    about = Q(event__user_uuid=who.user.uuid) | Q(event__actor__in=parts) | Q(event__acting_for__in=parts)
    about |= Q(event__object_type="user", event__object_key=str(who.user.uuid))
    of_accounts = Q()
    for prefix in IN_EVENTS:
        of_accounts |= Q(event__verb__startswith=prefix)
    changed: list[tuple[AuditText, dict[str, Any]]] = []
    rows = AuditText.objects.select_for_update(of=("self",)).select_related("event").order_by("pk")
    for row in rows.filter(HOLDS_WORDS, about | of_accounts).iterator():
        is_about = (
            row.event.user_uuid == who.user.uuid
            or not parts.isdisjoint((row.event.actor_id, row.event.acting_for_id))
            or row.event.object_key == str(who.user.uuid)
        )
        is_of_account = row.event.verb.startswith(IN_EVENTS)
        if is_of_account and (is_about or who.is_named_in(_words_of(row.values))):
            changed.append((row, {}))
        elif is_about and who.is_named_in(_words_of(row.values)):
            changed.append((row, _each_text(row.values, who.without_names)))
    return {"acts": replace_personal(changed) + _forget_calls_in_audit(who)}


def _forget_calls_in_audit(who: Erased) -> int:
    """Do in what the record keeps of comments what is done in comments: whoever called the person calls a pseudonym."""
    said = Q(event__verb__startswith="comment.") | Q(event__verb__startswith="thread.")
    said |= Q(event__verb__startswith="question.")
    rows = AuditText.objects.select_for_update(of=("self",)).filter(HOLDS_WORDS, said)
    rows = rows.filter(event__project__in=[part.project_id for part in who.parts]).order_by("pk")
    changed = []
    for row in rows.iterator() if who.names else ():
        values = _each_text(row.values, lambda text: _called(who.names).sub(f"@{who.pseudonym}", text))
        if values != row.values:
            changed.append((row, values))
    return replace_personal(changed)


def _account(who: Erased) -> dict[str, int]:
    """Empty the account: nobody can log in, and its name is the pseudonym. The last part: names are read from it."""
    forget_name(who.user.username)
    user = who.user
    user.username = who.pseudonym
    user.first_name = user.last_name = user.display_name = user.email = user.language = ""
    user.is_active = user.is_staff = user.is_superuser = False
    user.reading = {}
    user.shortcuts, user.last_login, user.digested_at, user.wants_digest = {}, None, None, False
    user.erasure_asked_at = None
    user.set_unusable_password()
    user.save()
    user.groups.clear()
    user.user_permissions.clear()
    return {"accounts": 1}


PARTS: tuple[Callable[[Erased], dict[str, int]], ...] = (
    _mentions,
    _own_words,
    _invitations,
    _files,
    forget_in_audit,
    _sessions,
    _own_rows,
    _memberships,
    _account,
)
"""In this order: names are known from the parts and the account, which are emptied last."""


def _stage(number: int) -> Callable[[Held], None]:
    def stage(held: Held) -> None:
        with held.kept(), held.finishing():
            held.chunk.facts = PARTS[number](_whom(held.job))
            Chunk.objects.filter(pk=held.chunk.pk).update(facts=held.chunk.facts)
            Job.objects.filter(pk=held.job.pk).update(done=number + 1, total=len(PARTS))

    return stage


def _whom(job: Job) -> Erased:
    user = User.objects.get(uuid=job.parameters["user"])
    parts = tuple(Membership.objects.select_related("project").filter(user=user).order_by("pk"))
    pseudonym = Erasure.objects.values_list("pseudonym", flat=True).get(job=job)
    return Erased(user, parts, names_of(user), pseudonym)


def names_of(user: User) -> tuple[str, ...]:
    """Return what a person is known by: names, addresses, and what files and providers call them; the longest first."""
    found = {user.username, user.display_name, user.email, user.first_name, user.last_name}
    found.add(f"{user.first_name} {user.last_name}".strip())
    for identity in ExternalIdentity.objects.filter(user=user):
        found |= {identity.name, identity.subject}
    found |= set(Membership.objects.filter(user=user).values_list("name_in_files", flat=True))
    found.discard(Erasure.objects.filter(user=user).values_list("pseudonym", flat=True).first())
    return tuple(sorted((name for name in found if len(name) >= SHORTEST), key=lambda name: (-len(name), name)))


def finish(job: Job) -> str:
    """Write the receipt: what was erased, how much, when, and the hash of just that."""
    counts: dict[str, int] = {}
    for facts in job.chunks.order_by("n").values_list("facts", flat=True):
        counts |= facts
    made = Erasure.objects.select_for_update().get(job=job)
    made.finished_at = timezone.now()
    made.receipt = {
        "erasure": str(made.uuid),
        "pseudonym": made.pseudonym,
        "ordered_at": made.created_at.isoformat(),
        "finished_at": made.finished_at.isoformat(),
        "erased": dict(sorted(counts.items())),
    }
    made.sha256 = receipt_digest(made.receipt)
    made.save(update_fields=["finished_at", "receipt", "sha256"])
    AuditEvent.objects.create(
        verb="erasure.done",
        object_type="user",
        object_key=str(made.user.uuid),
        user_uuid=made.ordered_by,
        after={"erased": made.receipt["erased"], "sha256": made.sha256.hex()},
    )
    return _("The person is erased. What they judged stays under “%(name)s”.") % {"name": made.pseudonym}


def receipt_digest(receipt: dict[str, Any]) -> bytes:
    """Return the SHA-256 of a receipt as JSON with sorted keys and no spaces."""
    return hashlib.sha256(orjson.dumps(receipt, option=orjson.OPT_SORT_KEYS)).digest()


def _pattern(names: Iterable[str]) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, names))})(?!\w)", re.IGNORECASE)


def _called(names: Iterable[str]) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)@(?:{'|'.join(map(re.escape, names))})(?!\w)", re.IGNORECASE)


def _words_of(value: Any) -> str:
    return orjson.dumps(value).decode()


def _each_text(value: Any, change: Callable[[str], str]) -> Any:
    """Return a value with each text in it changed."""
    if isinstance(value, dict):
        return {name: _each_text(each, change) for name, each in value.items()}
    if isinstance(value, list):
        return [_each_text(each, change) for each in value]
    return change(value) if isinstance(value, str) else value


ERASING = Kind(act=Act.VIEW, stages=tuple(map(_stage, range(len(PARTS)))), finish=finish)
