"""People before the admin: Olga administers the installation, Mia manages a project as staff, Ada annotates."""

from __future__ import annotations

import pytest
from django.test import Client

from annotations.models import Membership, User
from tests import factories


@pytest.fixture
def mia(db) -> Membership:
    """Give the manager of a blind project, who may enter the admin."""
    manager = factories.project("river", manager="mia")
    User.objects.filter(pk=manager.user_id).update(is_staff=True)
    return manager


@pytest.fixture
def ada(mia: Membership) -> Membership:
    """Give an annotator who was made staff."""
    member = factories.member(mia, "ada")
    User.objects.filter(pk=member.user_id).update(is_staff=True)
    return member


@pytest.fixture
def ben(mia: Membership) -> Membership:
    """Give a second annotator."""
    return factories.member(mia, "ben")


@pytest.fixture
def olga(db) -> User:
    """Give the administrator, who has no part in any project."""
    return factories.user("olga", is_staff=True, is_superuser=True)


@pytest.fixture
def logged_in():
    """Give a function that opens a client of a person."""

    def open_client(person: User | Membership) -> Client:
        client = Client()
        client.force_login(User.objects.get(pk=person.user_id if isinstance(person, Membership) else person.pk))
        return client

    return open_client
