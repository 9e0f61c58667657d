"""One's own data: all of it, and of nobody else."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta

import pytest
from django.apps import apps
from django.db.models import ForeignKey, ManyToManyField
from django.test import Client
from django.utils import timezone

from annotations.errors import NotThere
from annotations.models import AuditEvent, Invitation, Job, Membership, User
from annotations.removing.own_data import (
    NOT_OWN,
    OF_ACCOUNT,
    OF_PARTS,
    SECRETS,
    find_own_result,
    own_download,
    start_own_data,
)
from annotations.workflow.accounts import issue_token
from annotations.workflow.administrating import note_account_change
from annotations.workflow.inviting import NewInvitation, invite
from tests import factories
from tests.corpora import exported

from .work import done, worked

pytestmark = pytest.mark.django_db
OTHERS = "Quarzkolibri"


@pytest.fixture
def mia():
    return factories.project("river", visibility="open")


@pytest.fixture
def ada(mia):
    """Return somebody who worked beside a colleague who left a canary word in everything of theirs."""
    made = factories.member(mia, "ada")
    ben = factories.member(mia, "ben")
    User.objects.filter(pk=ben.user_id).update(display_name=f"Ben {OTHERS}", email=f"{OTHERS}@news.example")
    Membership.objects.filter(pk=ben.pk).update(pseudonym=f"{OTHERS}-1")
    worked(mia, made, Membership.objects.get(pk=ben.pk))
    for model, owner in OF_PARTS:
        for column in ("note", "text", "rationale"):
            if any(field.name == column for field in model._meta.concrete_fields):
                rows = model._base_manager.filter(**{owner: ben})
                rows.update(**{column: f"{OTHERS} schrieb das."})
    issue_token(made.user, "nachts", expires_at=timezone.now() + timedelta(days=3))
    client = Client()
    client.force_login(made.user)
    return made


def contents(job: Job) -> dict[str, list[dict]]:
    with job.result.open("rb") as stream:
        packed = zipfile.ZipFile(io.BytesIO(stream.read()))
    names = [name for name in packed.namelist() if name.endswith(".jsonl")]
    return {name.removesuffix(".jsonl"): [json.loads(row) for row in packed.read(name).splitlines()] for name in names}


def test_it_is_complete_by_the_rows_there_are(ada):
    job = done(start_own_data(ada.user))

    found = contents(job)

    for model, owner in OF_PARTS:
        if model is not AuditEvent:
            rows = model._base_manager.filter(**{owner: ada}).count()
            assert len(found[model._meta.model_name]) == rows, model
    acts = AuditEvent.objects.filter(actor=ada).count() + AuditEvent.objects.filter(user_uuid=ada.user.uuid).count()
    assert len(found["auditevent"]) == acts > 5
    assert [row["email"] for row in found["profile"]] == ["ada@newsroom.example"]
    assert len(found["annotation"]) == 2
    assert found["annotation"][0]["note"] == "Notiz 0"
    assert [row["text"] for row in found["comment"]] == ["Frage 0", "Noch etwas."]
    assert len(found["apitoken"]) == 1
    assert len(found["sessions"]) == 1
    assert found["membership"][0]["pseudonym"] == ada.pseudonym


def test_it_holds_nothing_of_anybody_else_and_no_secret(ada):
    job = done(start_own_data(ada.user))

    with job.result.open("rb") as stream:
        packed = zipfile.ZipFile(io.BytesIO(stream.read()))
    words = "".join(packed.read(name).decode() for name in packed.namelist())

    assert OTHERS not in words
    assert "somebody else" not in json.dumps(contents(job)["annotation"])
    assert ada.user.password not in words
    for rows in contents(job).values():
        for row in rows:
            assert not SECRETS & row.keys()


def test_a_manager_takes_no_names_of_whom_they_invited_along(mia):
    invite(NewInvitation(role="annotator", memo=f"{OTHERS} <q@news.example>"), by=mia)
    note_account_change(factories.user("ben", last_name=OTHERS), ["last_name"], by=mia.user, is_new=True)

    found = contents(done(start_own_data(mia.user)))

    assert OTHERS not in json.dumps(found)
    assert len(found["invitation"]) == Invitation.objects.count() == 1


def test_every_column_that_names_a_person_is_own_or_said_not_to_be():
    owned = {(model._meta.model_name, path) for model, path in (*OF_PARTS, *OF_ACCOUNT)}
    unsaid = []
    for model in apps.get_app_config("annotations").get_models():
        own = {path for name, path in owned if name == model._meta.model_name}
        for field in model._meta.get_fields():
            is_person = isinstance(field, ForeignKey | ManyToManyField) and field.related_model in (Membership, User)
            if (
                is_person
                and field.name not in own
                and not own
                and f"{model._meta.model_name}.{field.name}" not in NOT_OWN
            ):
                unsaid.append(f"{model._meta.model_name}.{field.name}")
    assert unsaid == []


def test_while_one_is_made_asking_again_gives_that_one_and_only_its_owner_takes_it(ada, mia):
    job = start_own_data(ada.user)

    assert start_own_data(ada.user) == job
    assert not own_download(ada.user).is_ready
    done(job)
    assert own_download(ada.user).is_ready
    assert find_own_result(ada.user, job.uuid) == job
    with pytest.raises(NotThere):
        find_own_result(mia.user, job.uuid)
    Job.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(NotThere):
        find_own_result(ada.user, job.uuid)


def test_in_a_blind_project_it_tells_nothing_of_others(mia):
    blind = factories.project("delta", manager="tom")
    ada, ben = factories.member(blind, "ada"), factories.member(blind, "ben")
    made = factories.article(blind)
    factories.annotation(ben, made, 2, 12, note=f"{OTHERS}")
    factories.annotation(ada, made, 2, 12)

    found = contents(done(start_own_data(ada.user)))

    assert OTHERS not in json.dumps(found)
    assert len(found["annotation"]) == 1
    assert str(ben.uuid) not in json.dumps(found)


@pytest.mark.parametrize("format", ["native", "csv", "label-studio", "w3c"])
def test_exports_name_people_by_their_pseudonyms_only(mia, format):
    ada = factories.member(mia, "ada")
    User.objects.filter(pk=ada.user_id).update(username="kolibri-a", display_name=OTHERS, email="q@kolibri.example")
    ada.refresh_from_db()
    worked(mia, ada, factories.member(mia, "ben"))

    found = exported(mia, format=format)
    if format == "csv":
        packed = zipfile.ZipFile(io.BytesIO(found))
        found = b"".join(packed.read(name) for name in packed.namelist())

    for name in (OTHERS, "kolibri-a", "kolibri.example"):
        assert name.encode() not in found
    assert format == "w3c" or ada.pseudonym.encode() in found
