"""Making an account for somebody who is to have a part in a project; matching annotators of files to people."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, Model, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from annotations.access import Act, require
from annotations.access.creating import require_creation_of_accounts
from annotations.errors import Refused
from annotations.models import (
    AccountCell,
    AccountRow,
    Annotation,
    ArticleLabel,
    Assignment,
    Attribution,
    Claim,
    ClaimDesk,
    ClaimMention,
    Comment,
    CommentMention,
    EvidenceItem,
    Invitation,
    Job,
    Judgement,
    Membership,
    Notice,
    Project,
    QuotationDecision,
    QuotationMatch,
    QuoteDecision,
    QuoteLink,
    Relation,
    SavedFilter,
    Story,
    StoryArticle,
    StorySuggestion,
    SuggestionDecision,
    User,
    Verdict,
)

from .acts import record
from .counting import count_places
from .differing import note_changed
from .projects import add_member

JUDGEMENTS: tuple[type[Judgement], ...] = (
    Annotation,
    ArticleLabel,
    AccountCell,
    AccountRow,
    Attribution,
    Claim,
    ClaimMention,
    Comment,
    EvidenceItem,
    Relation,
    Story,
    Verdict,
)
DECISIONS: tuple[tuple[type[Model], str], ...] = (
    (SuggestionDecision, "decided_by"),
    (QuoteDecision, "decided_by"),
    (QuoteLink, "made_by"),
    (StoryArticle, "added_by"),
    (StorySuggestion, "decided_by"),
    (QuotationDecision, "decided_by"),
    (QuotationMatch, "made_by"),
)
"""What people decide without making a judgement of their own, and the column of who did."""
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account just made; the password is known here only and is handed on once."""

    member: Membership
    password: str


@transaction.atomic
def add_new_account(username: str, role: str, *, by: Membership) -> NewAccount:
    """Make an account with a password nobody chose, and give it a part in the project.

    Raises `Forbidden` where this installation leaves accounts to its staff, `Refused` for a name that is taken
    or not allowed.
    """
    require(by, Act.MANAGE_MEMBERS)
    assert by.user is not None  # a part known from a file only can do nothing
    require_creation_of_accounts(by.user)
    password = _password()
    user = make_account(username, password, field="person")
    return NewAccount(add_member(user, role, by=by), password)


def make_account(
    username: str, password: str | None, *, display_name: str = "", email: str = "", field: str = "username"
) -> User:
    """Write a new account in the caller's transaction; without a password it is entered by a provider only.

    Raises `Refused` for a name that is taken, in whatever letters, or not allowed.
    """
    user = User(username=username.strip(), display_name=display_name.strip(), email=email.strip())
    user.set_password(password)
    try:
        user.full_clean(exclude=["password"])
    except ValidationError as error:
        messages = " ".join(message for messages in error.message_dict.values() for message in messages)
        raise Refused("account_invalid", messages or _("This name cannot be used."), field=field) from None
    if User.objects.filter(username__iexact=user.username).exists():
        raise Refused("account_invalid", _("An account has this name already. Choose another."), field=field)
    user.save()
    return user


@transaction.atomic
def match_person(member: Membership, user: User, *, by: Membership) -> Membership:
    """Say that an annotator known from a file only is this person: the work of the file is theirs from now on.

    A part that the person has already is given up where it holds no judgement: its role and assignments pass over.
    Raises `Refused` where the annotator has an account, or the person has judged under another pseudonym.
    """
    require(by, Act.MANAGE_MEMBERS)
    Project.objects.select_for_update().get(pk=by.project_id)
    locked = Membership.objects.select_for_update().get(pk=member.pk, project_id=by.project_id)
    if locked.user_id is not None:
        raise Refused("matched_already", _("This annotator has an account already."), field="username")
    if not user.is_active:
        raise Refused("account_inactive", _("This account is not active."), field="username")
    earlier = Membership.objects.select_for_update().filter(project_id=by.project_id, user=user).first()
    if earlier is not None:
        _give_up(earlier, locked)
    locked.user = user
    locked.save(update_fields=["user", "role", "ended_at"])
    after = {"role": locked.role, "given_up": str(earlier.uuid) if earlier else ""}
    record(by, "member.matched", "membership", locked.uuid, after=after)
    return locked


def _give_up(earlier: Membership, member: Membership) -> None:
    """Pass a part without judgements over to the annotator that its person turned out to be."""
    judged = (*((model, "created_by") for model in JUDGEMENTS), *DECISIONS)
    if any(model._base_manager.filter(**{column: earlier}).exists() for model, column in judged):
        message = _("This person has judgements of their own as “%(pseudonym)s”. Both parts stay as they are.")
        raise Refused("has_judgements", message % {"pseudonym": earlier.pseudonym}, field="username")
    member.role, member.ended_at = earlier.role, earlier.ended_at
    given = Assignment.objects.filter(annotator=earlier).values_list("version__article_id", "version_id")
    articles, texts = set(), set()
    for article, text in given:
        articles.add(article)
        texts.add(text)
    taken = Assignment.objects.filter(annotator=member).values("version")
    Assignment.objects.filter(annotator=earlier).exclude(version__in=taken).update(annotator=member)
    _pass_past_work_over(earlier, member)
    Assignment.objects.filter(annotator=earlier, state__in=Assignment.WRITABLE).update(state=Assignment.State.SKIPPED)
    count_places(articles)
    note_changed(texts, member.project_id)
    called = CommentMention.objects.filter(member=member).values("comment")
    CommentMention.objects.filter(member=earlier).exclude(comment__in=called).update(member=member)
    Job.objects.filter(requested_by=earlier).update(requested_by=member)
    for part in ("assignee", "changed_by"):
        ClaimDesk.objects.filter(**{part: earlier}).update(**{part: member})
    told = Notice.objects.filter(member=member).values("object_key")
    Notice.objects.filter(member=earlier).exclude(object_key__in=told).update(member=member)
    Invitation.objects.filter(created_by=earlier).update(created_by=member)
    SavedFilter.objects.filter(owner=earlier).update(owner=member)
    earlier.user, earlier.ended_at = None, timezone.now()
    earlier.save(update_fields=["user", "ended_at"])


def _pass_past_work_over(earlier: Membership, member: Membership) -> None:
    """Work of past rounds is nobody's to do any more: what the other has had too stays with who gave up their part."""
    theirs = Assignment.every.filter(
        version=OuterRef("version"), past_round=OuterRef("past_round"), annotator=member, past_round__isnull=False
    )
    past = Assignment.every.filter(annotator=earlier, past_round__isnull=False)
    past.filter(~Exists(theirs)).update(annotator=member)


def _password() -> str:
    """Return four groups of five letters and digits that look like no others: about 98 bits."""
    return "-".join("".join(secrets.choice(_LETTERS) for _place in range(5)) for _group in range(4))
