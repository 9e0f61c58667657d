"""Erasing a person: no name and no address is left anywhere, and no figure changes (check AP-3)."""

from __future__ import annotations

import random
import uuid

import pytest
from django.test import Client
from django.utils import timezone

from annotations.errors import Forbidden, Refused
from annotations.jobs.leases import owner_name
from annotations.jobs.running import run_job
from annotations.models import (
    Annotation,
    ApiToken,
    AuditEvent,
    Chunk,
    Comment,
    CommentThread,
    Erasure,
    Job,
    Membership,
    User,
)
from annotations.removing import persons
from annotations.removing.persons import erase_person, receipt_digest
from annotations.tasks import KINDS
from annotations.workflow.accounts import issue_token
from annotations.workflow.administrating import note_account_change
from annotations.workflow.discussing import answer
from annotations.workflow.identities import Identity
from annotations.workflow.inviting import NewInvitation, make_invitation
from tests import factories
from tests.corpora import annotation, article, exported, imported, lines

from .canaries import places_with
from .work import done, figures, worked

pytestmark = pytest.mark.django_db
NAME, ADDRESS = "Quarzkolibri", "quarz@kolibri.example"
"""Both hold a canary word of their own."""


@pytest.fixture
def mia():
    made = factories.project("river", visibility="open")
    made.user.is_superuser = True
    made.user.save()
    return made


@pytest.fixture
def kim(mia):
    """Return somebody whose name lies everywhere that a name can lie."""
    user = factories.user("kolibri-k", first_name="Kim", last_name=NAME)
    User.objects.filter(pk=user.pk).update(display_name=f"Kim {NAME}", email=ADDRESS)
    user.refresh_from_db()
    note_account_change(user, ["display_name", "email"], by=mia.user, is_new=True)
    invited = NewInvitation(uuid.uuid4(), role="annotator", memo=f"Kim {NAME} <{ADDRESS}>")
    make_invitation(invited, by=mia)
    imported(mia, {f"{NAME}.jsonl": lines(article("a-9", annotations=[annotation("Der Preis stieg um 4 %.", "Preis", annotator=NAME)]))})
    known = Membership.objects.get(name_in_files=NAME)
    known.user = user
    known.save()
    return known
